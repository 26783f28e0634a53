"""A real cluster of Spark's own kind on this machine: a master and workers, each a process, all on loopback."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

LOOPBACK: Final = "127.0.0.1"
QUICK: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""What has Java start fast and not become as fast as it can."""
_Test = TypeVar("_Test", bound=Callable[..., Any])


@cache
def spark_missing() -> str | None:
    """Why there can be no cluster, or ``None`` where there can."""
    absent = [name for name in ("pyspark", "pyarrow") if importlib.util.find_spec(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (dependency group `spark`)"
    return None if shutil.which("java") else "Java is not installed: no `java` on PATH"


def needs_spark(test: _Test) -> _Test:
    """Decorate a test that needs a cluster; where skips are forbidden it runs, and fails without one."""
    if os.environ.get("NO_SKIP", "0") in ("", "0") and (reason := spark_missing()):
        test = pytest.mark.skipif(True, reason=reason)(test)
    marked: _Test = pytest.mark.spark(test)
    return marked


class Cluster:
    """A master and two workers, each of which takes itself for a machine of two cores.

    Args:
        folder: where they write their logs and keep what they shuffle.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        self._page = _free_port()
        self.url = f"spark://{LOOPBACK}:{_free_port()}"

    def start(self) -> None:
        """Start all, and wait until the master knows the workers."""
        port = self.url.rpartition(":")[2]
        page = str(self._page)
        self._run("master.Master", "--host", LOOPBACK, "--port", port, "--webui-port", page)
        for _ in range(2):
            self.start_worker()
        self.wait_for(2)

    def start_worker(self) -> None:
        """Start a worker more."""
        options = ("--host", LOOPBACK, "--cores", "2", "--memory", "1200m", "--webui-port", "0")
        work = self._folder / f"worker-{len(self._processes)}"
        self.workers.append(self._run("worker.Worker", *options, "--work-dir", str(work), self.url))

    def kill_worker(self, number: int) -> None:
        """End a worker and what it started with SIGKILL, as a machine ends that loses its power."""
        process = self.workers.pop(number)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_for(self, alive: int) -> None:
        """Wait until the master knows so many workers."""
        for _ in range(600):
            if f'"aliveworkers" : {alive}' in self._page_text():
                return
            time.sleep(0.1)
        raise AssertionError(self._told())

    def _page_text(self) -> str:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self._page}/json/", timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            return ""

    def _run(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        spec = importlib.util.find_spec("pyspark")
        assert spec is not None
        assert spec.origin is not None
        home = Path(spec.origin).parent
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK}
        environment |= {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": QUICK}
        with (self._folder / f"{name}-{len(self._processes)}.log").open("wb") as log:
            # A group of its own, so that what it starts can be ended with it.
            process = subprocess.Popen(
                [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _told(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self._folder.glob("*.log")))

    def stop(self) -> None:
        """End every process that was started, whatever became of it."""
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster that runs, and ends with the context."""
    found = Cluster(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
