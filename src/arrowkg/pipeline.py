"""The loop: read, map, check, write. It alone knows which file and line a failure leads back to."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from os import PathLike, fspath
from typing import Final, TypeAlias

from arrowkg.errors import BadRecord, BadText, InputError, UsageError
from arrowkg.files import Input, Output
from arrowkg.formats import Format, Options, Writer
from arrowkg.formats.names import Names
from arrowkg.formats.ordering import ReadingOrder
from arrowkg.mapping import CLASSES_OF_KIND, RecordTriples, record_triples, texts_of
from arrowkg.model import Entry, Notice, Paper
from arrowkg.repeats import EqualEntries, Repeats
from arrowkg.settings import Settings
from arrowkg.sources import Source, guess
from arrowkg.sources.record import Record
from arrowkg.spool import Spool
from arrowkg.terms import iri, unsafe_characters
from arrowkg.validation import Checking, Report
from arrowkg.vocab import prefixes

OnNotice: TypeAlias = Callable[[Notice], None]
OnBad: TypeAlias = Callable[[BadRecord], None]
OnProgress: TypeAlias = Callable[[Input, int], None]
"""Called with the input that is being read and the number of its papers so far."""

_CHUNK: Final = 1 << 18


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        papers: how many papers were mapped.
        triples: how many triples were written.
        report: what validation found, or ``None`` if there was none.
        is_written: whether the output was put in its place.
    """

    papers: int = 0
    triples: int = 0
    report: Report | None = None
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class Hooks:
    """Whom a run tells what happens.

    Attributes:
        notice: called with each notice.
        bad: called with each bad record, which is then left out; if ``None``, a bad record stops the run.
        progress: called now and then.
    """

    notice: OnNotice = lambda notice: None
    bad: OnBad | None = None
    progress: OnProgress | None = None


def read(
    *inputs: str | PathLike[str],
    settings: Settings | None = None,
    source: Source | None = None,
    limit: int | None = None,
    hooks: Hooks | None = None,
) -> Iterator[Entry]:
    """The papers of listings, each with its file and line.

    Args:
        inputs: paths, or ``-`` for standard input.
        settings: limits, and what becomes of odd characters.
        source: the input format; found out from each input if it is ``None``.
        limit: read no more than so many papers.
        hooks: whom to tell.

    Raises:
        InputError: an input cannot be read.
        BadRecord: a record cannot be read, and ``hooks.bad`` is ``None``.

    >>> entry = next(read("seeds/tomer-michaeli.txt"))
    >>> entry.line, entry.paper.venue, entry.paper.authors[-1], entry.capture.declared_papers
    (16, 'ICML', 'Michael Elad', 32)
    """
    settings = settings or Settings()
    hooks = hooks or Hooks()
    found = _entries([fspath(name) for name in inputs], settings, source, hooks)
    return found if limit is None else islice(found, min(limit, sys.maxsize))


def _entries(names: list[str], settings: Settings, source: Source | None, hooks: Hooks) -> Iterator[Entry]:
    for name in names:
        with Input(name, settings) as opened:
            yield from entries_of(opened, source or _listing_source(opened), settings, hooks)


def entries_of(opened: Input, source: Source, settings: Settings, hooks: Hooks) -> Iterator[Entry]:
    """The papers of one listing that is open already; arguments and errors as :func:`read`."""
    done = 0
    for record in source.split(opened, settings, hooks.notice):
        entry = entry_of(record, source, settings, hooks)
        if entry is not None:
            done += 1
            if hooks.progress and done % 100 == 1:
                hooks.progress(opened, done)
            yield entry


def _listing_source(opened: Input) -> Source:
    found = guess(opened)
    if found.source is None:
        raise InputError(
            f"it is RDF ({found.rdf}) and not a listing",
            hint="arrowkg validate checks it, arrowkg listing turns it back into a page",
            file=opened.name,
        )
    return found.source


def entry_of(record: Record | BadRecord, source: Source, settings: Settings, hooks: Hooks) -> Entry | None:
    """The entry of a record, or ``None`` for a bad one that was told of.

    Raises:
        BadRecord: it is bad, and ``hooks.bad`` is ``None``.
    """
    try:
        if isinstance(record, BadRecord):
            raise record
        try:
            paper = source.parse(record, settings, hooks.notice)
        except BadRecord as error:
            error.record = record.payload
            raise error.at(record.file, record.line) from None
    except BadRecord as error:
        if hooks.bad is None:
            raise
        hooks.bad(error)
        return None
    _tell_of_odd_characters(paper, record, settings, hooks)
    return Entry(paper, record.file, record.line, record.capture)


def _tell_of_odd_characters(paper: Paper, record: Record, settings: Settings, hooks: Hooks) -> None:
    odd = [char for text in texts_of(paper, record.capture).values() for char in unsafe_characters(text)]
    if not odd or settings.characters == "refuse":
        return
    codes = ", ".join(sorted({f"U+{ord(char):04X}" for char in odd}))
    if settings.characters == "replace":
        notice = Notice("characters replaced", f"U+FFFD stands for {codes}", record.file, record.line)
    else:
        told = f"control characters are kept as escapes: {codes}"
        notice = Notice("control characters kept", told, record.file, record.line)
    hooks.notice(notice)


def mapped(entries: Iterable[Entry], settings: Settings, hooks: Hooks) -> Iterator[tuple[Entry, RecordTriples]]:
    """Each entry with its triples.

    Raises:
        BadRecord: an entry cannot be mapped, and ``hooks.bad`` is ``None``.

    >>> found = mapped(read("seeds/tomer-michaeli.txt"), Settings(), Hooks())
    >>> len(next(found)[1].own)
    59
    """
    for entry in entries:
        try:
            record = record_triples(entry.paper, settings, entry.capture)
        except BadRecord as error:
            _set_aside(error, entry, hooks)
            continue
        if entry.paper.kind not in CLASSES_OF_KIND:
            told = f"the kind {entry.paper.kind!r} is not known" if entry.paper.kind else "the kind is not stated"
            hooks.notice(Notice("kind not known", f"{told}, so the paper is a CreativeWork", entry.file, entry.line))
        yield entry, record


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a graph is written.

    Attributes:
        output: the place, not yet committed.
        format: the notation.
        is_sorted: whether it is sorted; if not, records go out in input order.
        graph: the IRI of the named graph to write into, or ``None``.

    Raises:
        UsageError: a graph is named, and the notation has none, or its name is no IRI.
    """

    output: Output
    format: Format
    is_sorted: bool
    graph: str | None = None

    def __post_init__(self) -> None:
        if self.graph is None:
            return
        if not self.format.has_graphs:
            raise UsageError(f"{self.format.title} has no named graphs", hint="--graph needs nquads, trig or jsonld")
        try:
            iri(self.graph)
        except BadText as error:
            raise UsageError(f"--graph: {error.reason}") from None
        scheme = self.graph.partition(":")[0]
        if self.format.name.startswith("jsonld") and scheme in prefixes("https"):
            raise UsageError(
                f"the graph cannot be named {self.graph!r}, which JSON-LD reads as a prefixed name",
                hint="name it by an http or urn IRI",
            )


def export(
    entries: Iterable[Entry],
    target: Target,
    settings: Settings,
    checking: Checking | None = None,
    hooks: Hooks | None = None,
) -> Summary:
    """Map entries, check them, and write them; the output is put in its place only if the graph conforms.

    Args:
        entries: the papers, as :func:`read` gives them.
        target: where and how to write.
        settings: all else.
        checking: checks each record; ``None`` for no validation.
        hooks: whom to tell.

    Raises:
        BadRecord: an entry cannot be mapped or written in this notation, and ``hooks.bad`` is ``None``.
        InputError: there is no paper at all.
        OutputError: the output cannot be written.
    """
    hooks = hooks or Hooks()
    summary = Summary()
    with ExitStack() as stack:
        equal = stack.enter_context(EqualEntries(settings.sort_bytes))
        sink = _Sorted(target, settings, stack) if target.is_sorted else _Streamed(target, settings)
        for entry, record in mapped(entries, settings, hooks):
            if not _is_carried(record, entry, target.format, hooks):
                continue
            summary.papers += 1
            equal.add(entry.file, entry.line, record.own[0][0][1:-1])
            if checking:
                checking.add(entry, record)
            sink.add(record)
        for notice in equal.notices():
            hooks.notice(notice)
        if not summary.papers:
            raise InputError("no paper was found", hint="nothing is written")
        summary.report = checking.finished() if checking else None
        if summary.report is None or summary.report.conforms(settings.fail_on):
            summary.triples = sink.finish()
            target.output.commit()
            summary.is_written = True
    return summary


def _is_carried(record: RecordTriples, entry: Entry, chosen: Format, hooks: Hooks) -> bool:
    """Whether the notation carries a record; one that it does not is told of."""
    if chosen.refuse is None:
        return True
    try:
        chosen.refuse(record.own)
        chosen.refuse(record.shared)
    except BadRecord as error:
        _set_aside(error, entry, hooks)
        return False
    return True


def _set_aside(error: BadRecord, entry: Entry, hooks: Hooks) -> None:
    """Tell of an entry that cannot be mapped or written, with its paper as it was read; or stop the run."""
    error.record = json.dumps(asdict(entry.paper), ensure_ascii=True).encode()
    error.at(entry.file, entry.line)
    if hooks.bad is None:
        raise error
    hooks.bad(error)


class _Streamed:
    """Writes records as they come, less what of shared nodes was written before."""

    def __init__(self, target: Target, settings: Settings) -> None:
        self._output = target.output
        self._writer: Writer = target.format.writer(Options(settings.schema_ns, target.graph))
        self._repeats = None if target.format.is_by_record else Repeats(settings.schema_ns)
        self._parts = [self._writer.start(None)]
        self._size = 0
        self._triples = 0

    def add(self, record: RecordTriples) -> None:
        shared = self._repeats.without(record.shared) if self._repeats else record.shared
        self._triples += len(record.own) + len(shared)
        self._write(self._writer.record(record.own, shared))

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text)
        if self._size > _CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._output.write("".join(self._parts).encode())
        self._parts.clear()
        self._size = 0

    def finish(self) -> int:
        self._parts.append(self._writer.finish())
        self._flush()
        return self._triples


class _Sorted:
    """Holds records in a spool until all are there, then writes them in order."""

    def __init__(self, target: Target, settings: Settings, stack: ExitStack) -> None:
        self._target = target
        self._settings = settings
        self._spool = stack.enter_context(Spool(settings.sort_bytes))
        self._is_by_line = target.format.name in ("ntriples", "nquads")
        self._writer: Writer = target.format.writer(Options(settings.schema_ns, target.graph))
        self._repeats = None if target.format.is_by_record else Repeats(settings.schema_ns)
        self._order = ReadingOrder(settings.base_iri, settings.schema_ns, is_by_record=target.format.is_by_record)
        self._names = Names(settings.schema_ns)
        self._prefixes: set[str] = set()

    def add(self, record: RecordTriples) -> None:
        shared = self._repeats.without(record.shared) if self._repeats else record.shared
        if self._is_by_line:
            # Only line feeds end a line here; texts hold form feeds and U+2028 as they are.
            for line in self._writer.record(record.own, shared).split("\n")[:-1]:
                self._spool.add(line)
            return
        self._prefixes |= self._names.prefixes_of(record.own)
        self._prefixes |= self._names.prefixes_of(shared)
        for text in self._order.texts(record.own, shared):
            self._spool.add(text)

    def finish(self) -> int:
        output = self._target.output
        parts = [self._writer.start(self._prefixes)]
        triples = 0
        for count, text in self._texts():
            triples += count
            parts.append(text)
            if len(parts) > 1000:
                output.write("".join(parts).encode())
                parts.clear()
        parts.append(self._writer.finish())
        output.write("".join(parts).encode())
        return triples

    def _texts(self) -> Iterator[tuple[int, str]]:
        if self._is_by_line:
            previous = ""
            for line in self._spool.sorted():
                if line != previous:
                    yield 1, f"{line}\n"
                    previous = line
            return
        for own, shared in self._order.groups(self._spool.sorted()):
            yield len(own) + len(shared), self._writer.record(own, shared)
