"""``arrowkg spark`` before there is a cluster: what it refuses, and how it tells of what Spark raises."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from arrowkg.errors import ArrowkgError, InputError, StoreError, UsageError
from arrowkg.scale.spark.session import cluster_errors
from cli import assert_refused, lines, put, run, untouched

COMMON = ("spark", "in.jsonl", "-o", "out")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a listing."""
    put(tmp_path, "in.jsonl", lines(2))
    return tmp_path


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has Spark's library and no Java, so that nothing is ever started."""
    real = importlib.util.find_spec
    there = real("arrowkg")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: there if name == "pyspark" else real(name))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_without_the_extra_it_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "pyspark" else real(name))
    with untouched(folder):
        ran = run(folder, *COMMON, "--master", "local[1]")
    assert_refused(ran, 2, "Spark's library is not installed", "pip install 'arrowkg[spark]'")


@pytest.mark.usefixtures("no_java")
def test_without_java_it_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with untouched(folder):
        ran = run(folder, *COMMON, "--master", "local[1]")
        assert_refused(ran, 2, "Spark needs Java, and there is none", "install Java 17 or 21, or set JAVA_HOME")
        monkeypatch.setenv("JAVA_HOME", "/nowhere")
        ran = run(folder, *COMMON, "--master", "local[1]")
        assert_refused(ran, 2, "Spark needs Java, and JAVA_HOME is /nowhere, and there is no Java", "set JAVA_HOME")


@pytest.mark.usefixtures("no_java")
def test_a_cluster_must_be_named(folder: Path) -> None:
    put(folder, "java", "").chmod(0o755)
    with untouched(folder):
        assert_refused(run(folder, *COMMON), 2, "no cluster is named", "--master URL does it")


@pytest.mark.usefixtures("no_java")
@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--to", "turtle"), "parts cannot be Turtle"),
        (("--to", "nt", "--graph", "https://kg.example.org/g"), "N-Triples has no named graphs"),
        (("--graph", "no IRI"), ""),
        (("--conf", "executor.memory=4g"), "--conf executor.memory=4g: no setting of Spark's"),
        (("--conf", "spark.executor.memory"), "--conf spark.executor.memory: no setting of Spark's"),
        (("--report", "report.doc"), "--report report.doc: the suffix names no report format"),
        (("--report", "r.json", "--no-validate"), "--report and --no-validate exclude each other"),
        (("--rejects", "bad.jsonl"), "--rejects goes with --skip-bad"),
        (("-o", "in.jsonl"), "in.jsonl is an input, and would be overwritten"),
        (("-o", "-"), "a cluster has no standard input and output"),
        (("-o", "hdfs://host/kg", "--skip-bad"), "--skip-bad with an OUT that is no path needs --rejects FILE"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_started(
    folder: Path, options: tuple[str, ...], error: str
) -> None:
    with untouched(folder):
        ran = run(folder, *COMMON, "--master", "local[1]", *options)
    assert_refused(ran, 2, error)
    assert "Java" not in ran.err


class SparkRaised(Exception):
    """What Spark's library raises is known by its module."""

    __module__ = "py4j.protocol"


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        (
            "[PATH_NOT_FOUND] Path does not exist: file:/tmp/a%20b.jsonl. SQLSTATE: 42K03",
            InputError,
            "/tmp/a b.jsonl: there is no such file",
        ),
        ("Could not parse Master URL: 'foo'", UsageError, "--master: no URL that Spark knows"),
        (
            "Job aborted.\nCaused by: java.io.EOFException: Unexpected end of input stream\n",
            InputError,
            "it is damaged or cut off (EOFException: Unexpected end of input stream)",
        ),
        (
            'org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "s3a"\n\tat x',
            UsageError,
            'Spark cannot read this kind of path (No FileSystem for scheme "s3a")',
        ),
        (
            "Traceback (most recent call last):\nModuleNotFoundError: No module named 'arrowkg'\n",
            StoreError,
            "the Python of the workers has no arrowkg",
        ),
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.12 than that in driver: 3.11",
            StoreError,
            "the workers run another version of Python",
        ),
        (
            "Job aborted.\n\tat x\nCaused by: org.apache.spark.SparkException: Python worker exited unexpectedly\n",
            StoreError,
            "the cluster failed: SparkException: Python worker exited unexpectedly",
        ),
    ],
)
def test_what_spark_raises_is_told_in_one_line(text: str, kind: type[ArrowkgError], told: str) -> None:
    with pytest.raises(kind) as found, cluster_errors():
        raise SparkRaised(text)
    assert str(found.value) == told


def test_a_failure_of_arrowkg_in_a_task_is_a_bug() -> None:
    text = 'Traceback (most recent call last):\n  File "arrowkg/mapping.py", line 3\nZeroDivisionError: by zero\n'
    with pytest.raises(RuntimeError, match="ZeroDivisionError: by zero"), cluster_errors():
        raise SparkRaised(text)


@pytest.mark.parametrize("error", [ValueError("x"), UsageError("y"), KeyboardInterrupt()])
def test_what_is_not_sparks_passes(error: Any) -> None:
    with pytest.raises(type(error)) as found, cluster_errors():
        raise error
    assert found.value is error
