"""What is done with a chunk: each record is parsed, mapped, checked and written. Any process does it the same way."""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final

from arrowkg.errors import ArrowkgError, BadRecord
from arrowkg.formats import Options, Writer, format_named
from arrowkg.mapping import RecordTriples
from arrowkg.model import Entry, Notice
from arrowkg.pipeline import Hooks, carried, entry_of, mapped
from arrowkg.repeats import ChunkRepeats, Repeats
from arrowkg.scale.shards import SPAN, Checked, Event, Shard
from arrowkg.settings import Settings
from arrowkg.sinks import SortForm
from arrowkg.sources import Source
from arrowkg.sources.record import Record
from arrowkg.terms import Triple
from arrowkg.validation import Checking, Engine, Report, Result, engine_named, load_shapes


@dataclass(frozen=True, slots=True)
class Plan:
    """What every chunk of a run is done by: plain values, so that any process can be given it.

    Attributes:
        settings: the base IRI and all else.
        format: the name of the notation.
        graph: the IRI of the graph to write into, or ``None``.
        is_sorted: whether records are written as texts to be sorted.
        skip_bad: whether bad records are told of and left out, or end the work.
        is_checked: whether records are validated.
        skipped_shapes: names of shapes whose results are left out.
    """

    settings: Settings
    format: str
    graph: str | None = None
    is_sorted: bool = False
    skip_bad: bool = False
    is_checked: bool = False
    skipped_shapes: tuple[str, ...] = ()


def plan_to_bytes(plan: Plan) -> bytes:
    """A plan as bytes, for a process of the same program.

    >>> plan = Plan(Settings(schema_ns="http"), "turtle", skip_bad=True)
    >>> plan_from_bytes(plan_to_bytes(plan)) == plan
    True
    """
    return marshal.dumps(asdict(plan))


def plan_from_bytes(data: bytes) -> Plan:
    """A plan from its bytes."""
    found = marshal.loads(data)
    return Plan(**{**found, "settings": Settings(**found["settings"])})


class Work:
    """Does chunks, one after another; nothing of one is remembered for the next.

    The engine that validates is made when it is first needed, since that takes long.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._engine: Engine | None = None

    def shard(self, records: Iterable[tuple[Record, Source]], limit: int | None = None) -> Shard:
        """What becomes of the records of a chunk, or of as many as give ``limit`` papers."""
        one = _OneChunk(self._plan, self.checking)
        error = None
        try:
            one.carry_out(records, limit)
        except ArrowkgError as found:
            error = found
        return one.shard(error)

    def sorted_text(self, texts: Iterable[str]) -> tuple[int, bytes]:
        """What is written of texts that are sorted by now, as far as it stands in one notation's order.

        Returns:
            how many triples it holds, and the text, each piece after what stands between two.
        """
        plan = self._plan
        form = SortForm(format_named(plan.format), plan.graph, plan.settings)
        triples, parts = 0, []
        for count, text in form.written(texts):
            triples += count
            parts.append(form.writer.between + text)
        return triples, "".join(parts).encode()

    def checking(self, report: Report | None = None) -> Checking:
        """What checks records, with a report of its own or this one."""
        plan = self._plan
        if self._engine is None:
            self._engine = engine_named(plan.settings.engine, load_shapes(None, plan.settings.schema_ns))
        return Checking(self._engine, plan.settings, report, plan.skipped_shapes)


class _OneChunk:
    """One chunk on its way to a shard."""

    def __init__(self, plan: Plan, checking: Callable[[Report], Checking]) -> None:
        self._plan = plan
        self._format = format_named(plan.format)
        self._events: list[Event] = []
        self._place = 0
        self._parsed: Counter[str] = Counter()
        self._entries: list[tuple[str, int, str]] = []
        self._sink = _Texts(plan) if plan.is_sorted else _Spans(plan)
        self._found = _Found()
        self._checking = checking(self._found) if plan.is_checked else None

    def carry_out(self, records: Iterable[tuple[Record, Source]], limit: int | None) -> None:
        """Do the records; raises what ends the work."""
        hooks = Hooks(notice=self._told, bad=self._told if self._plan.skip_bad else None)
        settings = self._plan.settings
        entries = islice(self._read(records, hooks), limit)
        for entry, record in carried(mapped(entries, settings, hooks), self._format, hooks):
            self._entries.append((entry.file, entry.line, record.own[0][0][-17:-1]))
            if self._checking is not None:
                self._checking.add(entry, record)
            self._sink.add(self._place, record)
        if self._checking is not None and self._entries:
            self._checking.finished()

    def _read(self, records: Iterable[tuple[Record, Source]], hooks: Hooks) -> Iterator[Entry]:
        for place, (record, source) in enumerate(records):
            self._place = place
            entry = entry_of(record, source, self._plan.settings, hooks)
            if entry is not None:
                self._parsed[entry.file] += 1
                yield entry

    def _told(self, what: Notice | BadRecord) -> None:
        self._events.append((self._place, what))

    def shard(self, error: ArrowkgError | None) -> Shard:
        """What became of it."""
        sink, found = self._sink, self._found
        return Shard(
            list(self._parsed.items()),
            self._entries,
            sink.triples,
            b"".join(sink.spans),
            b"".join(sink.keys),
            sorted(sink.prefixes),
            found.checked,
            found.all,
            self._place,
            self._events,
            error,
            sink.text(),
        )


class _Found(Report):
    """A report that keeps what it is given, to be gathered where the records of all chunks come together."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Checked] = []

    def add(self, results: Iterable[Result], file: str, line: int | None, title: str = "") -> None:
        """Keep the results of a record."""
        self.checked += 1
        found = list(results)
        if found:
            assert line is not None
            self.all.append(Checked(file, line, title, found))


class _Spans:
    """Writes records with the blocks of shared nodes that are new in the chunk, and notes where these stand."""

    def __init__(self, plan: Plan) -> None:
        chosen = format_named(plan.format)
        self._writer: Writer = chosen.writer(Options(plan.settings.schema_ns, plan.graph))
        self._between = self._writer.between
        self._repeats = None if chosen.is_by_record else ChunkRepeats(plan.settings.schema_ns)
        self._parts: list[bytes | memoryview] = []
        self._size = 0
        self.triples = 0
        self.spans: list[bytes] = []
        self.keys: list[bytes] = []
        self.prefixes: set[str] = set()

    def add(self, place: int, record: RecordTriples) -> None:
        """Take a record of a place in the chunk."""
        if self._repeats is None:
            self._write(record.own, record.shared)
            self.triples += len(record.own) + len(record.shared)
            return
        self._write(record.own, [])
        self.triples += len(record.own)
        for keys, triples, _ in self._repeats.blocks(record.shared):
            start = self._size
            self._write([], triples)
            self.spans.append(SPAN.pack(start, self._size, len(triples), place, len(keys)))
            self.keys += keys

    def _write(self, own: Sequence[Triple], shared: Sequence[Triple]) -> None:
        text = (self._between + self._writer.record(own, shared)).encode()
        self._parts.append(text)
        self._size += len(text)

    def text(self) -> list[bytes | memoryview]:
        """The text of all, each piece after what stands between two."""
        return self._parts


class _Texts:
    """Makes of records the texts that are sorted, in order among themselves."""

    triples = 0
    spans: Final[list[bytes]] = []
    keys: Final[list[bytes]] = []

    def __init__(self, plan: Plan) -> None:
        chosen = format_named(plan.format)
        self._form = SortForm(chosen, plan.graph, plan.settings)
        self._repeats = None if chosen.is_by_record else Repeats(plan.settings.schema_ns)
        self._texts: list[str] = []

    def add(self, place: int, record: RecordTriples) -> None:
        """Take a record of a place in the chunk."""
        shared = self._repeats.without(record.shared) if self._repeats else record.shared
        self._texts.extend(self._form.texts(record.own, shared))

    @property
    def prefixes(self) -> set[str]:
        """Those that the records need."""
        return self._form.prefixes

    def text(self) -> list[bytes | memoryview]:
        """The texts, one a line."""
        self._texts.sort()
        # One string of all would take four bytes a character if a single one of them is rare.
        return [f"{text}\n".encode() for text in self._texts]
