"""Shards: what became of a chunk, as bytes that travel by shared memory or lie in a file.

A shard holds the written text of its records and, beside it, all that must be told or decided in the order of the
input: notices, bad records, results of validation, and where in the text the blocks of shared nodes stand.
"""

from __future__ import annotations

import marshal
import mmap
import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from arrowkg import errors
from arrowkg.errors import ArrowkgError, BadRecord, OutputError
from arrowkg.model import Notice
from arrowkg.validation import Result

_LENGTH: Final = struct.Struct("<Q")
_CHECKSUM: Final = struct.Struct("<I")
SPAN: Final = struct.Struct("<QQIII")
"""A packed :class:`Span`."""

Event: TypeAlias = tuple[int, Notice | BadRecord]
"""What was told of a record, and its place in the chunk."""


class Span(NamedTuple):
    """A block of a shared node in a shard's text.

    Attributes:
        start: where it starts, in bytes.
        end: where it ends.
        triples: how many triples it has.
        place: the place in the chunk of the record that it is of.
        keys: how many keys it has, as of :class:`~arrowkg.repeats.Block`.
    """

    start: int
    end: int
    triples: int
    place: int
    keys: int


class Checked(NamedTuple):
    """What validation found in one record."""

    file: str
    line: int
    title: str
    results: list[Result]


class Shard(NamedTuple):
    """What became of a chunk.

    Attributes:
        parsed: how many papers were read, by file, in order.
        entries: of each paper that was written, file, line and the digest of the paper.
        triples: how many triples are written whatever came before.
        spans: the blocks of shared nodes, in order, each a packed :class:`Span`.
        keys: the keys of all spans in a row.
        prefixes: those that the triples need, if they are to be sorted.
        checked: how many records were checked.
        found: what validation found.
        last: the place in the chunk of the last record that was looked at.
        events: what was told of records, in order.
        error: what ended the work, after these events.
        text: the written records, or texts to be sorted, each a line, in pieces of any size.
    """

    parsed: list[tuple[str, int]]
    entries: list[tuple[str, int, str]]
    triples: int
    spans: bytes
    keys: bytes
    prefixes: list[str]
    checked: int
    found: list[Checked]
    last: int
    events: list[Event]
    error: ArrowkgError | None
    text: list[bytes | memoryview]

    @property
    def whole_text(self) -> memoryview:
        """The text in one piece."""
        return memoryview(self.text[0] if len(self.text) == 1 else b"".join(self.text))


def empty(error: ArrowkgError | None = None) -> Shard:
    """The shard of a chunk of no records, or of one that nothing could be done with."""
    return Shard([], [], 0, b"", b"", [], 0, [], 0, [], error, [])


def to_bytes(shard: Shard) -> list[bytes | memoryview]:
    """A shard as bytes: what stands before its text, and the pieces of the text.

    >>> told = [(0, Notice("a", "b", "p"))]
    >>> shard = Shard([("p", 1)], [("p", 3, "0a")], 9, b"", b"", [], 0, [], 0, told, None, [b"text"])
    >>> from_bytes(memoryview(b"".join(to_bytes(shard)))) == shard
    True
    """
    told = [(place, astuple(what) if isinstance(what, Notice) else _packed(what)) for place, what in shard.events]
    head = marshal.dumps(
        (
            shard.parsed,
            shard.entries,
            shard.triples,
            shard.spans,
            shard.keys,
            shard.prefixes,
            shard.checked,
            [(file, line, title, list(map(astuple, found))) for file, line, title, found in shard.found],
            shard.last,
            told,
            None if shard.error is None else _packed(shard.error),
        )
    )
    return [_LENGTH.pack(len(head)) + head, *shard.text]


def from_bytes(data: memoryview) -> Shard:
    """A shard from its bytes, the text still in their memory."""
    (length,) = _LENGTH.unpack(data[: _LENGTH.size])
    end = _LENGTH.size + length
    head = marshal.loads(data[_LENGTH.size : end])
    parsed, entries, triples, spans, keys, prefixes, checked, found, last, told, error = head
    return Shard(
        parsed,
        entries,
        triples,
        spans,
        keys,
        prefixes,
        checked,
        [Checked(file, line, title, [Result(*one) for one in results]) for file, line, title, results in found],
        last,
        [(place, Notice(*what) if len(what) == 4 else _bad_record(what)) for place, what in told],
        None if error is None else _unpacked(error),
        [data[end:]],
    )


_Packed: TypeAlias = tuple[str, str, str, str | None, int | None, bytes]


def _packed(error: ArrowkgError) -> _Packed:
    record = error.record if isinstance(error, BadRecord) else b""
    return type(error).__name__, error.reason, error.hint, error.file, error.line, record


def _unpacked(packed: _Packed) -> ArrowkgError:
    name, reason, hint, file, line, record = packed
    made: Any = getattr(errors, name)
    error: ArrowkgError = made(reason, hint=hint, file=file, line=line)
    if isinstance(error, BadRecord):
        error.record = record
    return error


def _bad_record(packed: _Packed) -> BadRecord:
    error = _unpacked(packed)
    assert isinstance(error, BadRecord)
    return error


def keep(folder: Path, number: int, parts: Iterable[bytes | memoryview]) -> None:
    """Keep the shard of a chunk as a file, which is there whole or not at all.

    Raises:
        OutputError: the folder cannot be written to.
    """
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    path = _path(folder, number)
    # A worker of a run that was killed may write for a moment yet.
    aside = path.with_suffix(f".{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            file.writelines((_CHECKSUM.pack(checksum), *parts))
        aside.replace(path)
    except OSError as error:
        raise OutputError(f"it cannot be written ({error.strerror or error})", file=str(folder)) from None


def kept(folder: Path, number: int) -> memoryview | None:
    """The shard of a chunk that is kept as a file; ``None`` if there is none, or it is damaged.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     keep(Path(name), 7, [b"one", b"two"])
    ...     bytes(kept(Path(name), 7) or b""), kept(Path(name), 8)
    (b'onetwo', None)
    """
    try:
        with _path(folder, number).open("rb") as file:
            whole = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
    except (OSError, ValueError):
        return None
    data = whole[_CHECKSUM.size :]
    # After a power cut a file may have its name and length and not its bytes.
    return data if whole[: _CHECKSUM.size] == _CHECKSUM.pack(zlib.crc32(data)) else None


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}.shard"
