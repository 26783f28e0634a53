"""Starting Spark, and turning what it raises into errors of ours."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from arrowkg.errors import ArrowkgError, InputError, StoreError, UsageError

LOOPBACK: Final = "127.0.0.1"
# What says in a failed task that an input is damaged: decompressors, and the reader of Parquet.
_DAMAGED: Final = re.compile(
    r"ZipException|EOFException|ZlibException|incorrect (?:data|header) check|unexpected end of (?:input )?stream|"
    r"not a gzip file|is not a Parquet file|CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE|Bad compressed|"
    r"invalid (?:block|code)"
)
_READ_FILE: Final = re.compile(r"(?:file|path|of) [`']?((?:file|hdfs|s3a?|gs|abfss?):/\S+?)[`'.,]*\s")
_CAUSE: Final = re.compile(r"^(?:Caused by: )?(?:[\w.$]+\.)?(\w+(?:Exception|Error)): (.*)$", re.MULTILINE)


def check_machine() -> None:
    """See that Spark can be started here.

    Raises:
        UsageError: Spark's library or Java is missing.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError("Spark's library is not installed", hint="pip install 'arrowkg[spark]'")
    # Under spark-submit there is a Java already.
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java") if not home else shutil.which(str(Path(home, "bin", "java")))
    if java is None:
        where = f"JAVA_HOME is {home}, and there is no Java" if home else "there is none"
        raise UsageError(f"Spark needs Java, and {where}", hint="install Java 17 or 21, or set JAVA_HOME")


@contextlib.contextmanager
def spark_session(master: str | None, conf: Mapping[str, str], *, shows_progress: bool) -> Iterator[Any]:
    """A session of Spark, which ends with the context.

    Args:
        master: the URL of the cluster; that of ``spark-submit`` if it is ``None``.
        conf: more of Spark's configuration, which goes before what is set here.
        shows_progress: whether Spark draws its progress on a terminal.

    Raises:
        UsageError: Spark or Java is missing, or the URL is none.
        StoreError: the cluster cannot be reached.
    """
    check_machine()
    if master is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        raise UsageError("no cluster is named", hint="--master URL does it, such as spark://HOST:7077 or local[*]")
    # Without these the workers run whatever `python3` is on their path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    defaults = _defaults(master, shows_progress=shows_progress)
    wanted = {**conf, **({} if master is None else {"spark.master": master})}
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet_logging())
        gateway = None if shows_progress else stack.enter_context(_quiet_gateway({**defaults, **wanted}))
        with cluster_errors(), _interrupts_kept():
            from pyspark import SparkConf, SparkContext
            from pyspark.sql import SparkSession

            found = SparkConf()
            for name, value in defaults.items():
                # What the cluster's own configuration says goes before.
                found.setIfMissing(name, value)
            context = SparkContext(conf=found.setAll(list(wanted.items())), gateway=gateway)
        stack.callback(_stop, context)
        context.setLogLevel("OFF")
        yield SparkSession(context)


@contextlib.contextmanager
def _quiet_logging() -> Iterator[None]:
    """Keep Spark's library from logging tracebacks where nobody has set up logging."""
    silent = logging.NullHandler()
    logging.getLogger().addHandler(silent)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(silent)


@contextlib.contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Undo what Spark's library makes of an interrupt: it asks Java to cancel, over the connection that it interrupts.

    Ending Java, as the session does, cancels as well.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(context: Any) -> None:
    # A cluster that is gone by now has nothing left to be told.
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.stop()


@contextlib.contextmanager
def _quiet_gateway(conf: Mapping[str, str]) -> Iterator[Any]:
    """Spark's Java process, whose warnings go to a file and are told only if it does not start; ``None`` under
    ``spark-submit``, where it runs already."""
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        yield None
        return
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    with tempfile.TemporaryFile() as log:
        try:
            launch: Any = launch_gateway
            gateway = launch(SparkConf().setAll(list(conf.items())), {"stderr": log})
        except Exception as error:
            log.seek(0)
            told = log.read().decode(errors="replace") or str(error)
            if "aster must" in told or "master URL" in told:
                raise _not_a_master() from None
            raise StoreError(f"Spark did not start: {_last_cause(told)}", hint="is its Java 17 or newer?") from error
        try:
            yield gateway
        finally:
            gateway.shutdown()
            SparkContext._gateway = SparkContext._jvm = None
            process = gateway.proc
            # It ends when nobody can write to it any more.
            process.stdin.close()
            process.wait()


def _defaults(master: str | None, *, shows_progress: bool) -> dict[str, str]:
    found = {
        "spark.app.name": "arrowkg",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": str(shows_progress).lower(),
        # Everything that is moved is compressed already.
        "spark.shuffle.compress": "false",
        "spark.shuffle.spill.compress": "false",
        "spark.broadcast.compress": "true",
    }
    log = Path(__file__).with_name("log4j2.properties")
    if log.is_file():
        found["spark.driver.extraJavaOptions"] = f"-Dlog4j2.configurationFile={log.as_uri()}"
    # Where all machines are this one, nobody else is to reach the driver.
    if master is not None and re.match(r"local\b|spark://(127\.|localhost\b|\[::1\])", master):
        found |= {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
    return found


@contextlib.contextmanager
def cluster_errors() -> Iterator[None]:
    """Turn what Spark raises into errors of ours.

    Raises:
        InputError: an input is missing or damaged.
        StoreError: the cluster cannot do what was asked.
        UsageError: an address or a setting of Spark is none.
        RuntimeError: arrowkg failed in a task.
    """
    try:
        yield
    except (ArrowkgError, KeyboardInterrupt, SystemExit):
        raise
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark", "py4j")):
            raise
        raise _error(error) from error


def _error(error: Exception) -> Exception:
    text = str(error)
    if "PATH_NOT_FOUND" in text:
        path = re.search(r"Path does not exist: (\S+?)\.?(?:\s|$)", text)
        return InputError("there is no such file", file=_shown(path[1]) if path else None)
    if "No FileSystem for scheme" in text or "ClassNotFoundException: Class org.apache.hadoop.fs" in text:
        told = _first_cause(text)
        return UsageError(f"Spark cannot read this kind of path ({told})", hint="--conf spark.jars.packages=… adds it")
    if "Could not parse Master URL" in text or "Invalid master URL" in text:
        return _not_a_master()
    absent = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", text)
    if absent is not None:
        hint = "install arrowkg[spark] on every machine, or send it along: see docs/scale.md"
        return StoreError(f"the Python of the workers has no {absent[1].partition('.')[0]}", hint=hint)
    if "PYTHON_VERSION_MISMATCH" in text:
        return StoreError("the workers run another version of Python", hint="PYSPARK_PYTHON names what they run")
    if _DAMAGED.search(text):
        path = _READ_FILE.search(text + " ")
        return InputError(f"it is damaged or cut off ({_last_cause(text)})", file=_shown(path[1]) if path else None)
    if "Traceback (most recent call last)" in text and "arrowkg" in text:
        last = [line for line in text.splitlines() if re.match(r"[\w.]+(?:Error|Exception)\b", line)]
        return RuntimeError(last[-1] if last else _first_cause(text))
    return StoreError(f"the cluster failed: {_last_cause(text)}", hint="--debug shows all that Spark told")


def _not_a_master() -> UsageError:
    return UsageError("--master: no URL that Spark knows", hint="such as spark://HOST:7077, yarn or local[*]")


def _first_cause(text: str) -> str:
    found = _CAUSE.search(text)
    return _short(found[2] if found else text)


def _last_cause(text: str) -> str:
    found = _CAUSE.findall(text)
    name, told = found[-1] if found else ("", text)
    return _short(f"{name}: {told}" if name else told)


def _short(text: str) -> str:
    return " ".join(text.split())[:200].rstrip(".")


def _shown(path: str) -> str:
    return shown_path(path.strip("'`"))


def shown_path(path: str) -> str:
    """A path as people write it, from the URI that Spark gives.

    >>> shown_path("file:///tmp/two%20words.jsonl"), shown_path("hdfs://host/papers.jsonl")
    ('/tmp/two words.jsonl', 'hdfs://host/papers.jsonl')
    """
    from urllib.parse import unquote

    scheme, _, rest = path.partition(":")
    return unquote("/" + rest.lstrip("/")) if scheme == "file" else unquote(path)
