"""The loop: read, map, check, write. It alone knows which file and line a failure leads back to."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from os import PathLike, fspath
from typing import Protocol, TypeAlias

from arrowkg.errors import BadRecord, InputError
from arrowkg.files import Input, Output
from arrowkg.formats import Format
from arrowkg.mapping import CLASSES_OF_KIND, RecordTriples, record_triples, texts_of
from arrowkg.model import Entry, Notice, Paper
from arrowkg.repeats import EqualEntries
from arrowkg.settings import Settings
from arrowkg.sinks import Sorted, Streamed, Target
from arrowkg.sources import Source, guess
from arrowkg.sources.record import Record
from arrowkg.terms import unsafe_characters
from arrowkg.validation import Checking, Report

OnNotice: TypeAlias = Callable[[Notice], None]
OnBad: TypeAlias = Callable[[BadRecord], None]


class Reading(Protocol):
    """How far an input is read: its name, its bytes as stored (0 if unknown), and how many of them have been read."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def consumed(self) -> int: ...


OnProgress: TypeAlias = Callable[[Reading, int], None]
"""Called with the input that is being read and the number of its papers so far."""


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
            yield from entries_of(opened, source or listing_source(opened), settings, hooks)


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


def listing_source(opened: Input) -> Source:
    """The format of a listing, from how it starts.

    Raises:
        InputError: it is no listing.
    """
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
    if settings.characters == "refuse":
        return
    odd = unsafe_characters(" ".join(texts_of(paper, record.capture).values()))
    if not odd:
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
        sink = Sorted(target, settings, stack) if target.is_sorted else Streamed(target, settings)
        for entry, record in carried(mapped(entries, settings, hooks), target.format, hooks):
            summary.papers += 1
            equal.add(entry.file, entry.line, record.own[0][0][1:-1])
            if checking:
                checking.add(entry, record)
            sink.add(record)
        checked = checking.finished if checking else None
        conclude(summary, equal, checked, sink.finish, target.output, settings, hooks)
    return summary


def conclude(
    summary: Summary,
    equal: EqualEntries,
    checked: Callable[[], Report] | None,
    finish: Callable[[], int],
    output: Output,
    settings: Settings,
    hooks: Hooks,
) -> None:
    """End a run: tell of equal entries, ask for the report, and put the output in its place if the graph conforms.

    Args:
        summary: what the run did so far; it is filled in.
        equal: knows the entries that are equal.
        checked: gives the report, ``None`` for no validation.
        finish: writes what is left and gives the number of triples.
        output: where it is written to.
        settings: what keeps a graph from being written.
        hooks: whom to tell.

    Raises:
        InputError: there was no paper at all.
        OutputError: the output cannot be written.
    """
    for notice in equal.notices():
        hooks.notice(notice)
    if not summary.papers:
        raise InputError("no paper was found", hint="nothing is written")
    summary.report = checked() if checked else None
    if summary.report is None or summary.report.conforms(settings.fail_on):
        summary.triples = finish()
        output.commit()
        summary.is_written = True


def carried(
    records: Iterable[tuple[Entry, RecordTriples]], chosen: Format, hooks: Hooks
) -> Iterator[tuple[Entry, RecordTriples]]:
    """Those records that a notation carries.

    Raises:
        BadRecord: it does not carry one, and ``hooks.bad`` is ``None``.
    """
    for entry, record in records:
        if chosen.refuse is not None:
            try:
                chosen.refuse(record.own)
                chosen.refuse(record.shared)
            except BadRecord as error:
                _set_aside(error, entry, hooks)
                continue
        yield entry, record


def _set_aside(error: BadRecord, entry: Entry, hooks: Hooks) -> None:
    """Tell of an entry that cannot be mapped or written, with its paper as it was read; or stop the run."""
    error.record = json.dumps(asdict(entry.paper), ensure_ascii=True).encode()
    error.at(entry.file, entry.line)
    if hooks.bad is None:
        raise error
    hooks.bad(error)
