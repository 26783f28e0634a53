"""Records to units: the task that parses, maps and checks, and sends what it makes to the partitions that gather it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Final
from zlib import crc32

from arrowkg.errors import ArrowkgError, BadRecord, InputError
from arrowkg.formats import Options
from arrowkg.formats.ntriples import NTriplesWriter
from arrowkg.mapping import RecordTriples
from arrowkg.model import Notice
from arrowkg.pipeline import Hooks, entry_of, mapped
from arrowkg.repeats import Repeats
from arrowkg.scale.spark.blocks import Blocks
from arrowkg.scale.spark.plan import Place, Plan, Row, plain_path
from arrowkg.scale.spark.told import Findings, Reject, Told, told_blocks
from arrowkg.sources import source_named
from arrowkg.sources.jsonl import record_of
from arrowkg.terms import Triple
from arrowkg.validation import Checking, reference_engine

BETWEEN: Final = "\x1f"
"""What stands between the lines of a unit: no line of N-Triples holds it, since terms escape it."""
# Two digests of 120 bits for each shared node, so about 150 MB; what is forgotten is only sent once more.
_MOST_REMEMBERED: Final = 1_000_000


def lines_of(rows: Iterable[Row], plan: Plan) -> Iterator[tuple[Place, bytes]]:
    """The lines of text files with their places; rows of one block of a file come in order, one after another.

    Raises:
        InputError: a file is not what it was when its lines were counted.
    """
    at: tuple[str, int] | None = None
    number = line = 0
    for payload, path, start in rows:
        if at != (path, start):
            at, number = (path, start), plan.numbers.get(plain_path(path), -1)
            first = plan.starts.get((number, start), 1 if start == 0 else None)
            if number < 0 or first is None:
                raise InputError("the file was changed while it was read", file=path)
            line = first
        yield Place(number, line), payload
        line += 1


def rows_of(rows: Iterable[Row], plan: Plan) -> Iterator[tuple[Place, bytes]]:
    """The rows of tables, each as JSON, with their places."""
    at, number = "", 0
    for payload, path, row in rows:
        if path != at:
            at, number = path, plan.numbers[plain_path(path)]
        yield Place(number, row + 1), payload


def units(records: Iterable[tuple[Place, bytes]], plan: Plan, number: int) -> Iterator[tuple[int, bytes]]:
    """What becomes of the records of one task: blocks, each with the partition that it goes to.

    Args:
        records: the records with their places.
        plan: what to do.
        number: the number of the task.
    """
    mapper = _Mapper(plan)
    try:
        for place, payload in records:
            mapper.take(place, payload)
            if mapper.blocks.is_full:
                yield from mapper.blocks.drained()
            if mapper.findings.is_full:
                yield from _sides(told_blocks(Told(), mapper.findings.drained(), plan.sides, number), plan)
        mapper.finish()
    except ArrowkgError as error:
        # It is no fault of the machine, so trying again would change nothing; the driver raises it.
        mapper.told.fatal = error
    yield from mapper.blocks.drained()
    yield from _sides(told_blocks(mapper.told, mapper.findings.drained(), plan.sides, number), plan)


def _sides(blocks: Iterable[tuple[int, bytes]], plan: Plan) -> Iterator[tuple[int, bytes]]:
    return ((plan.parts + side, block) for side, block in blocks)


class _Mapper:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        settings = plan.settings
        self.blocks = Blocks(settings.sort_bytes)
        self.told = Told()
        self.findings = Findings(settings.max_results)
        self._source = source_named("jsonl")
        self._repeats = Repeats(settings.schema_ns, _MOST_REMEMBERED)
        self._writer = NTriplesWriter(Options(settings.schema_ns, plan.graph))
        self._hooks = Hooks(notice=self._notice)
        self._checking: Checking | None = None
        if plan.shapes is not None:
            # One by one, so that a record that cannot be checked is known.
            self._checking = Checking(
                reference_engine(plan.shapes), replace(settings, batch_records=1), report=self.findings
            )
        self._place = Place(0, 0)
        self._end: Place | None = None
        self._notices: list[Notice] = []

    def _notice(self, notice: Notice) -> None:
        self._notices.append(notice)

    def take(self, place: Place, payload: bytes) -> None:
        """Take a record; after a bad one that ends the run only what comes before it in the inputs matters."""
        if self._end is not None and place >= self._end:
            return
        record = record_of(payload, self._plan.names[place.file], place.line, self._plan.settings)
        if record is None:
            return
        self._place = place
        self._notices.clear()
        self.findings.place = place
        try:
            entry = entry_of(record, self._source, self._plan.settings, self._hooks)
            assert entry is not None
            for _, triples in mapped([entry], self._plan.settings, self._hooks):
                if self._checking is not None:
                    self._checking.add(entry, triples)
                self._send(triples)
        except BadRecord as error:
            self._reject(error.reason, error.hint, error.record, is_bug=False)
        except ArrowkgError:
            raise
        except Exception as error:  # one record must not end the work on all others
            told = f"arrowkg has a bug: {type(error).__name__}: {error}"
            self._reject(" ".join(told.split()), "please report it with this record", payload, is_bug=True)
        for notice in self._notices:
            self.told.notice(place, notice)

    def _reject(self, reason: str, hint: str, record: bytes, *, is_bug: bool) -> None:
        self.told.bad[self._place.file] += 1
        self.told.rejects.append(Reject(self._place, reason, hint, record, is_bug))
        if not self._plan.skip_bad:
            self._end = self._place

    def _send(self, triples: RecordTriples) -> None:
        """Send a record's own nodes as one unit, with its place at the end, and each shared node as one."""
        place = self._place
        self.told.papers[place.file] += 1
        own = self._writer.record(triples.own, []).replace("\n", BETWEEN)
        self._add(triples.own[0][0], f"{own}{place.file} {place.line}")
        for node, described in groupby(self._repeats.without(triples.shared), itemgetter(0)):
            self._add(node, self._unit(list(described)))

    def _unit(self, described: list[Triple]) -> str:
        return self._writer.record([], described)[:-1].replace("\n", BETWEEN)

    def _add(self, node: str, unit: str) -> None:
        self.blocks.add(crc32(node.encode()) % self._plan.parts, unit)

    def finish(self) -> None:
        """See that the shapes had something to check."""
        if self._checking is not None and self.told.papers:
            self._checking.finished()
        self.told.checked = self.findings.checked
