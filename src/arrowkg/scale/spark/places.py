"""Where parts go: a folder of generations on a disk that all machines share, or a folder of any file system of Spark's.

::

    OUT/live/                 a link to the generation that is live
      part-00000.nt.gz …      the graph, each triple in one part alone
      report.json             what validation found
      void.nt                 counts by class and property, described with VoID
      manifest.json           inputs, counts, and of each part its triples, bytes and SHA-256
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from arrowkg import void
from arrowkg.errors import OutputError, UsageError
from arrowkg.generations import Generations
from arrowkg.scale.spark.parts import Part, by_count, chunks, part_name, write_part
from arrowkg.scale.spark.plan import Plan
from arrowkg.scale.spark.session import cluster_errors
from arrowkg.scale.spark.told import Told
from arrowkg.terms import integer, text
from arrowkg.validation import Report
from arrowkg.validation.renderings import render

_ATTEMPTS: Final = "attempts"


class Written(Protocol):
    """An output on its way."""

    def parts(self, context: Any, blocks: Any, shared: Any, plan: Plan) -> Iterable[Part]:
        """Have all parts written; raises what kept one from it."""

    def finish(self, parts: list[Part], plan: Plan, told: Told, report: Report | None) -> None:
        """Write what describes the parts, and put all in its place."""


class Destination(Protocol):
    """A place for parts."""

    name: str

    def building(self) -> contextlib.AbstractContextManager[Written]:
        """An output on its way, which goes at the end unless it was finished."""


class SharedFolder:
    """A folder on a disk that the driver and all workers have under one path.

    A task writes its part under a name that no other task has, and says so when it is done. The driver gives its own
    name to one such file for each part and makes all live at once: so a task that is tried again, or that runs twice,
    doubles nothing.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._generations = Generations(name, "graph in parts")

    @contextlib.contextmanager
    def building(self) -> Iterator[Written]:
        """A new generation."""
        with self._generations.building() as generation:
            yield _Generation(self.name, self._generations, generation)


class _Generation:
    def __init__(self, name: str, generations: Generations, folder: Path) -> None:
        self._name = name
        self._generations = generations
        self._folder = folder

    def parts(self, context: Any, blocks: Any, shared: Any, plan: Plan) -> Iterable[Part]:
        """Have each partition written by a task."""
        attempts = self._folder.absolute() / _ATTEMPTS
        attempts.mkdir()
        where = str(attempts)

        def write(rows: Iterable[tuple[int, bytes]]) -> Iterator[Part]:
            from pyspark import TaskContext

            task = TaskContext.get()
            assert task is not None
            yield write_part((block for _, block in rows), shared.value, task.partitionId(), where)

        found: list[Part] = context.runJob(blocks, write, list(range(plan.parts)))
        for part in found:
            if part.error is not None:
                part.error.file = self._name
                raise part.error
        return found

    def finish(self, parts: list[Part], plan: Plan, told: Told, report: Report | None) -> None:
        """Name the parts, describe them, and make them live."""
        attempts = self._folder / _ATTEMPTS
        try:
            for part in parts:
                (attempts / part.attempt).replace(self._folder / part_name(part.number, plan.suffix))
            shutil.rmtree(attempts)
            for name, content in descriptions(parts, plan, told, report):
                (self._folder / name).write_bytes(content.encode())
        except FileNotFoundError:
            raise OutputError(
                "a part that a worker wrote is not there",
                hint="OUT must be on a disk that the driver and all workers share under one path",
                file=self._name,
            ) from None
        except OSError as error:
            raise OutputError(f"it cannot be written ({error.strerror or error})", file=self._name) from None
        self._generations.make_live(self._folder)


class FileSystem:
    """A folder of any file system that Spark knows, such as ``hdfs://`` or ``s3a://``; it must not be there yet.

    Spark's own committer puts the parts in their place when all tasks are done. ``manifest.json`` is written after all
    else, so whoever finds it finds all. A run that fails removes what it made, if it can.
    """

    def __init__(self, name: str, session: Any, suffix: str) -> None:
        self.name = name
        self._session = session
        if suffix.endswith(".zst"):
            raise UsageError("zst is written to a folder on a disk only", hint="--compression gz is read everywhere")

    @contextlib.contextmanager
    def building(self) -> Iterator[Written]:
        """A new folder."""
        with cluster_errors():
            path = self._session._jvm.org.apache.hadoop.fs.Path(self.name)
            files = path.getFileSystem(self._session.sparkContext._jsc.hadoopConfiguration())
            if files.exists(path):
                raise UsageError(f"{self.name} is there already", hint="name a folder that is not there yet")
        saved = _Saved(self.name, files, self._session)
        try:
            yield saved
        finally:
            if not saved.is_whole:
                with contextlib.suppress(Exception):
                    files.delete(path, True)


def is_address(name: str) -> bool:
    """Whether a place is named by a URI, and not by a path.

    >>> is_address("hdfs://host/kg"), is_address("file:/tmp/kg"), is_address("kg"), is_address("/tmp/a:b")
    (True, True, False, False)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", name) is not None


class _Joined:
    """How Spark adds up what tasks count."""

    def zero(self, value: list[Part]) -> list[Part]:
        """Nothing yet."""
        return []

    def addInPlace(self, value1: list[Part], value2: list[Part]) -> list[Part]:
        """Both."""
        return value1 + value2


class _Saved:
    def __init__(self, name: str, files: Any, session: Any) -> None:
        self._name = name
        self._files = files
        self._session = session
        self.is_whole = False

    def parts(self, context: Any, blocks: Any, shared: Any, plan: Plan) -> Iterable[Part]:
        """Have Spark write the partitions, and gather what they count; a task that is tried again counts once."""
        counted = context.accumulator([], _Joined())

        def write(number: int, rows: Iterable[tuple[int, bytes]]) -> Iterator[str]:
            if number < plan_parts:
                part = Part(number)
                for text in chunks((block for _, block in rows), shared.value, part):
                    # Spark puts a line feed behind each value.
                    yield text[:-1].decode()
                counted.add([part])

        plan_parts = plan.parts
        is_gzip = plan.suffix.endswith(".gz")
        codec = "org.apache.hadoop.io.compress.GzipCodec" if is_gzip else None
        blocks.mapPartitionsWithIndex(write).saveAsTextFile(self._name, codec)
        return sorted(counted.value, key=lambda part: part.number)

    def finish(self, parts: list[Part], plan: Plan, told: Told, report: Report | None) -> None:
        """Give parts their names, and write what describes them."""
        ending = ".gz" if plan.suffix.endswith(".gz") else ""
        with cluster_errors():
            for number in range(plan.parts + plan.sides):
                saved = self._path(f"part-{number:05d}{ending}")
                if number >= plan.parts:
                    self._files.delete(saved, False)
                    continue
                named = self._path(part_name(number, plan.suffix))
                self._files.rename(saved, named)
                parts[number].size = int(self._files.getFileStatus(named).getLen())
            for name, content in descriptions(parts, plan, told, report):
                stream = self._files.create(self._path(name), True)
                stream.write(bytearray(content.encode()))
                stream.close()
        self.is_whole = True

    def _path(self, name: str) -> Any:
        return self._session._jvm.org.apache.hadoop.fs.Path(self._name, name)


def descriptions(parts: list[Part], plan: Plan, told: Told, report: Report | None) -> Iterator[tuple[str, str]]:
    """The files beside the parts: their names and their texts. They say nothing of when or where."""
    classes: Counter[str] = Counter()
    properties: Counter[str] = Counter()
    for part in parts:
        classes.update(part.classes)
        properties.update(part.properties)
    if report is not None:
        yield "report.json", render(report, "json", fail_on=plan.settings.fail_on)
    void = void_lines(plan.settings.base_iri, by_count(classes), by_count(properties))
    yield "void.nt", "".join([f"{line}\n" for line in void])
    content = {
        "layout": 1,
        "papers": told.papers.total(),
        "left out": told.bad.total(),
        "triples": sum(part.triples for part in parts),
        "inputs": [
            {"file": name, "papers": told.papers[number], "left out": told.bad[number]}
            for number, name in enumerate(plan.names)
        ],
        "classes": by_count(classes),
        "properties": by_count(properties),
        "parts": [
            {
                "file": part_name(part.number, plan.suffix),
                "triples": part.triples,
                "bytes": part.size,
                # Where Spark writes, nobody sees the bytes.
                **({"sha256": part.sha256} if part.sha256 else {}),
            }
            for part in parts
        ],
    }
    yield "manifest.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def void_lines(base_iri: str, classes: dict[str, int], properties: dict[str, int]) -> list[str]:
    """Counts as sorted lines of N-Triples, described with VoID (https://www.w3.org/TR/void/#statistics).

    >>> void_lines("http://example.org/", {}, {"http://example.org/p": 2})[5]
    '<http://example.org/dataset> <http://rdfs.org/ns/void#triples> "2"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    """
    this = f"<{base_iri}dataset>"
    found = [
        *void.counts(this, void.part_of_page(base_iri), classes, properties),
        (this, f"<{void.VOID}uriSpace>", text(base_iri)),
        (this, f"<{void.VOID}classes>", integer(len(classes))),
        (this, f"<{void.VOID}properties>", integer(len(properties))),
    ]
    return sorted({f"{s} {p} {o} ." for s, p, o in found})
