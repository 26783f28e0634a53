"""Chunks: some records that follow each other, with all that was told while they were found.

Records are split once, by the parent alone; a chunk is what one worker is given at a time. Where a chunk ends depends
on the records and on nothing else, so that the same input gives the same chunks in any run.
"""

from __future__ import annotations

import marshal
from collections.abc import Generator, Iterator, Sequence
from dataclasses import astuple, dataclass, field
from typing import Final, NamedTuple, TypeAlias

from arrowkg.errors import ArrowkgError, BadRecord
from arrowkg.files import Input
from arrowkg.model import Capture, Notice
from arrowkg.pipeline import Hooks, listing_source
from arrowkg.settings import Settings
from arrowkg.sources import SOURCES, Source
from arrowkg.sources.record import Record

CHUNK_BYTES: Final = 1 << 20
"""A chunk ends once its records have so many bytes."""

Told: TypeAlias = Notice | BadRecord
_BY_NAME: Final = {source.name: source for source in SOURCES}


class Reading(NamedTuple):
    """How far an input is read.

    Attributes:
        name: the input as the user named it.
        size: its bytes as stored, 0 if that cannot be told.
        consumed: how many of them have been read.
    """

    name: str
    size: int
    consumed: int


_NOWHERE: Final = Reading("", 0, 0)


@dataclass(slots=True)
class Chunk:
    """Some records in a row.

    Attributes:
        number: the place of the chunk among all, from 0.
        records: the records, each with its source.
        told: what was told while they were found, each with the number of records before it.
        error: what ended the reading after these records, if anything did.
        reading: how far the input of the last record was read.
    """

    number: int
    records: list[tuple[Record, Source]] = field(default_factory=list)
    told: list[tuple[int, Told]] = field(default_factory=list)
    error: ArrowkgError | None = None
    reading: Reading = _NOWHERE

    @property
    def place(self) -> str:
        """The files and lines of its records, for people.

        >>> chunk = Chunk(0, [(Record("p.jsonl", line, b""), _BY_NAME["jsonl"]) for line in (3, 4, 9)])
        >>> chunk.place
        'p.jsonl, lines 3 to 9'
        """
        first, last = self.records[0][0], self.records[-1][0]
        if first.file == last.file:
            lines = f"line {first.line}" if first.line == last.line else f"lines {first.line} to {last.line}"
            return f"{first.file}, {lines}"
        return f"{first.file}, line {first.line}, to {last.file}, line {last.line}"


def chunks(
    names: Sequence[str], settings: Settings, source: Source | None, most_records: int
) -> Generator[Chunk, None, None]:
    """The records of inputs in chunks; the last one holds the error that ended the reading, if one did.

    >>> [len(chunk.records) for chunk in chunks(["seeds/papers.jsonl"], Settings(), None, 4)]
    [4, 2]
    """
    return _Chunking(settings, source, most_records).chunks(names)


class _Chunking:
    def __init__(self, settings: Settings, source: Source | None, most_records: int) -> None:
        self._settings = settings
        self._source = source
        self._most = most_records
        self._chunk = Chunk(0)
        self._size = 0

    def _told(self, told: Told) -> None:
        self._chunk.told.append((len(self._chunk.records), told))

    def chunks(self, names: Sequence[str]) -> Generator[Chunk, None, None]:
        try:
            for name in names:
                with Input(name, self._settings) as opened:
                    yield from self._of_input(opened)
        except ArrowkgError as error:
            self._chunk.error = error
        yield self._chunk

    def _of_input(self, opened: Input) -> Iterator[Chunk]:
        source = self._source or listing_source(opened)
        for record in source.split(opened, self._settings, self._told):
            if isinstance(record, BadRecord):
                self._told(record)
                continue
            self._chunk.records.append((record, source))
            self._size += len(record.payload)
            if len(self._chunk.records) >= self._most or self._size >= CHUNK_BYTES:
                yield self._ended(opened)
        self._chunk.reading = _reading(opened)

    def _ended(self, opened: Input) -> Chunk:
        ended = self._chunk
        ended.reading = _reading(opened)
        self._chunk, self._size = Chunk(ended.number + 1), 0
        return ended


def _reading(opened: Input) -> Reading:
    return Reading(opened.name, opened.size, opened.consumed)


def packed(chunk: Chunk) -> bytes:
    """The records of a chunk as bytes, for a process of the same program.

    >>> chunk = next(chunks(["seeds/tomer-michaeli.txt"], Settings(), None, 3))
    >>> unpacked(packed(chunk)) == chunk.records
    True
    """
    captures: dict[Capture | None, int] = {}
    rows = [
        (record.file, record.line, record.payload, captures.setdefault(record.capture, len(captures)), source.name)
        for record, source in chunk.records
    ]
    return marshal.dumps((rows, [capture and astuple(capture) for capture in captures]))


def unpacked(data: bytes) -> list[tuple[Record, Source]]:
    """The records of a chunk that was packed."""
    rows, kept = marshal.loads(data)
    captures = [found and Capture(*found) for found in kept]
    return [(Record(file, line, payload, captures[place]), _BY_NAME[name]) for file, line, payload, place, name in rows]


def records_of(chunk: Chunk, hooks: Hooks) -> Iterator[tuple[Record | BadRecord, Source]]:
    """The records of a chunk and the bad ones among them, with what was told; then its error is raised.

    Raises:
        ArrowkgError: the reading ended with it.
    """
    told = iter([*chunk.told, (len(chunk.records) + 1, None)])
    position, what = next(told)
    for count, (record, source) in enumerate(chunk.records):
        while position <= count:
            if isinstance(what, BadRecord):
                yield what, source
            elif what is not None:
                hooks.notice(what)
            position, what = next(told)
        yield record, source
    while what is not None:
        if isinstance(what, BadRecord):
            yield what, SOURCES[0]
        else:
            hooks.notice(what)
        position, what = next(told)
    if chunk.error is not None:
        raise chunk.error
