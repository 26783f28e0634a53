"""Records to units: the task that parses, maps and checks, and sends what it makes to the partitions that gather it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple
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
from arrowkg.scale.spark.told import Findings, Found, Reject, Told, told_blocks
from arrowkg.scale.spark.trying import tried
from arrowkg.sources import source_named
from arrowkg.sources.jsonl import record_of
from arrowkg.terms import Triple
from arrowkg.validation import Result, engine_named

BETWEEN: Final = "\x1f"
"""What stands between the lines of a unit: no line of N-Triples holds it, since terms escape it."""
# Two digests of 120 bits for each shared node, so about 150 MB; what is forgotten is only sent once more.
_MOST_REMEMBERED: Final = 1_000_000
_MOST_REJECTS: Final = 1000


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


def units(
    records: Iterable[tuple[Place, bytes]], plan: Plan, number: int, *, is_tried_again: bool = False
) -> Iterator[tuple[int, bytes]]:
    """What becomes of the records of one task: blocks, each with the partition that it goes to.

    Args:
        records: the records with their places.
        plan: what to do.
        number: the number of the task.
        is_tried_again: whether the task failed before, so that a record may be the cause.
    """
    mapper = _Mapper(plan)
    probe = _Mapper(plan)
    found = tried(records, probe.probe) if is_tried_again else ((record, "") for record in records)
    try:
        for (place, payload), end in found:
            if end:
                mapper.reject_for_end(place, payload, end)
            else:
                mapper.take(place, payload)
            if mapper.blocks.is_full:
                yield from mapper.blocks.drained()
            if mapper.is_full:
                yield from _sides(told_blocks(*mapper.drained(), plan.sides, number), plan)
        mapper.check()
    except ArrowkgError as error:
        # It is no fault of the machine, so trying again would change nothing; the driver raises it.
        mapper.told.fatal = error
    yield from mapper.blocks.drained()
    yield from _sides(told_blocks(*mapper.drained(), plan.sides, number), plan)


def _sides(blocks: Iterable[tuple[int, bytes]], plan: Plan) -> Iterator[tuple[int, bytes]]:
    return ((plan.parts + side, block) for side, block in blocks)


class _Held(NamedTuple):
    """A record that is mapped and not yet checked."""

    place: Place
    payload: bytes
    title: str
    triples: RecordTriples
    notices: list[Notice]


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
        self._engine = None if plan.shapes is None else engine_named(settings.engine, plan.shapes)
        self._end: Place | None = None
        self._held: list[_Held] = []

    def take(self, place: Place, payload: bytes) -> None:
        """Take a record; after a bad one that ends the run only what comes before it in the inputs matters."""
        if self._end is not None and place >= self._end:
            return
        record = record_of(payload, self._plan.names[place.file], place.line, self._plan.settings)
        if record is None:
            return
        notices: list[Notice] = []
        hooks = Hooks(notice=notices.append)
        try:
            entry = entry_of(record, self._source, self._plan.settings, hooks)
            assert entry is not None
            [(_, triples)] = mapped([entry], self._plan.settings, hooks)
        except BadRecord as error:
            self._reject(place, error.reason, error.hint, error.record, notices)
        except Exception as error:  # one record must not end the work on all others
            self._reject_for_bug(place, payload, error, notices)
        else:
            self._held.append(_Held(place, payload, entry.paper.title, triples, notices))
            if len(self._held) >= self._plan.settings.batch_records:
                self.check()

    def _reject(
        self, place: Place, reason: str, hint: str, record: bytes, notices: list[Notice], *, is_bug: bool = False
    ) -> None:
        for notice in notices:
            self.told.notice(place, notice)
        self.told.bad[place.file] += 1
        self.told.rejects.append(Reject(place, reason, hint, record, is_bug))
        if not self._plan.skip_bad and (self._end is None or place < self._end):
            self._end = place

    def _reject_for_bug(self, place: Place, payload: bytes, error: Exception, notices: list[Notice]) -> None:
        told = " ".join(f"arrowkg has a bug: {type(error).__name__}: {error}".split())
        self._reject(place, told, "please report it with this record", payload, notices, is_bug=True)

    def reject_for_end(self, place: Place, payload: bytes, end: str) -> None:
        """Leave out a record that ended a process."""
        told = f"arrowkg cannot read it: the process that did is gone, {end}"
        self._reject(place, told, "please report it with this record", payload, [], is_bug=True)

    def probe(self, record: tuple[Place, bytes]) -> None:
        """Do all that is done with a record, for nothing."""
        self.take(*record)
        self.check()

    def check(self) -> None:
        """Check the records that are held, and send those that could be checked.

        Raises:
            InputError: the shapes cannot be carried out.
        """
        held, self._held = self._held, []
        if self._engine is None:
            for one in held:
                self._send(one)
            return
        graphs = [[*one.triples.own, *one.triples.shared] for one in held]
        try:
            found = self._engine.check_each(graphs)
        except ArrowkgError:
            raise
        except Exception:  # the record that it is about is looked for
            self._check_one_by_one(held, graphs)
            return
        for one, results in zip(held, found, strict=True):
            self._take_results(one, results)

    def _check_one_by_one(self, held: list[_Held], graphs: list[list[Triple]]) -> None:
        assert self._engine is not None
        for one, graph in zip(held, graphs, strict=True):
            try:
                results = self._engine.check(graph)
            except Exception as error:  # one record must not end the work on all others
                self._reject_for_bug(one.place, one.payload, error, one.notices)
            else:
                self._take_results(one, results)

    def _take_results(self, one: _Held, results: list[Result]) -> None:
        self.findings.place = one.place
        self.findings.add(results, self._plan.names[one.place.file], one.place.line, one.title)
        self._send(one)

    def _send(self, one: _Held) -> None:
        """Send a record's own nodes as one unit, with its place at the end, and each shared node as one."""
        place, triples = one.place, one.triples
        for notice in one.notices:
            self.told.notice(place, notice)
        self.told.papers[place.file] += 1
        own = self._writer.record(triples.own, []).replace("\n", BETWEEN)
        self._add(triples.own[0][0], f"{own}{place.file} {place.line}")
        for node, described in groupby(self._repeats.without(triples.shared), itemgetter(0)):
            self._add(node, self._unit(list(described)))

    def _unit(self, described: list[Triple]) -> str:
        return self._writer.record([], described)[:-1].replace("\n", BETWEEN)

    def _add(self, node: str, unit: str) -> None:
        self.blocks.add(crc32(node.encode()) % self._plan.parts, unit)

    @property
    def is_full(self) -> bool:
        """Whether it is time to drain."""
        return self.findings.is_full or len(self.told.rejects) > _MOST_REJECTS

    def drained(self) -> tuple[Told, list[Found]]:
        """What was told so far, and the findings; nothing of it is held afterwards."""
        told, self.told = self.told, Told()
        told.checked, self.findings.checked = self.findings.checked, 0
        return told, self.findings.drained()
