"""What is sent: the triples of a graph, sorted and each once, in a temporary file, read in batches of bounded size."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Final

from arrowkg.errors import InputError, OutputError
from arrowkg.spool import Spool

_BUFFER: Final = 1 << 18
# A blank node as subject or as object.
_blank = re.compile(r"_:|<[^>]*> <[^>]*> _:")


class Payload:
    """Triples in a temporary file, sorted and unique.

    Attributes:
        count: how many triples there are.
        size: how many bytes they take as N-Triples.
        sha256: the digest of those bytes, in hex.
    """

    def __init__(self, file: IO[bytes], count: int, size: int, sha256: str) -> None:
        self._file = file
        self.count = count
        self.size = size
        self.sha256 = sha256

    def lines(self) -> Iterator[bytes]:
        """Every triple as a line of N-Triples with its line feed."""
        self._file.seek(0)
        yield from self._file

    def batches(self, most_bytes: int, most_lines: int) -> Iterator[list[bytes]]:
        """Whole lines, in batches of no more than so many bytes and lines; a longer line is a batch of its own.

        Args:
            most_bytes: the most bytes of a batch.
            most_lines: the most lines of a batch.

        >>> with payload_of(["<a:a> <a:b> <a:d> .", "<a:a> <a:b> <a:c> ."] * 2, 1 << 20) as payload:
        ...     payload.count, list(payload.batches(30, 9))
        (2, [[b'<a:a> <a:b> <a:c> .\\n'], [b'<a:a> <a:b> <a:d> .\\n']])
        """
        batch: list[bytes] = []
        size = 0
        for line in self.lines():
            if batch and (size + len(line) > most_bytes or len(batch) == most_lines):
                yield batch
                batch, size = [], 0
            batch.append(line)
            size += len(line)
        if batch:
            yield batch


@contextmanager
def payload_of(lines: Iterable[str], sort_bytes: int) -> Iterator[Payload]:
    """The payload of some triples, which goes with its temporary file at the end.

    Args:
        lines: canonical N-Triples lines without line feeds, in any order, repeats allowed.
        sort_bytes: how much text is sorted in memory before it goes to a temporary file.

    Raises:
        InputError: a triple has a blank node, or there is none at all.
        OutputError: the folder for temporary files is full.
    """
    digest = hashlib.sha256()
    count = size = 0
    previous = ""
    with Spool(sort_bytes) as spool:
        for line in lines:
            if _blank.match(line):
                raise InputError(
                    "the graph has a blank node, which a store would make anew at each repeat",
                    hint="give every node an IRI",
                )
            spool.add(line)
        with _temporary_file() as file:
            for line in spool.sorted():
                if line != previous:
                    data = f"{line}\n".encode()
                    digest.update(data)
                    _write(file, data)
                    count += 1
                    size += len(data)
                    previous = line
            if not count:
                raise InputError("there is no triple to send")
            _write(file, b"")
            yield Payload(file, count, size, digest.hexdigest())


@contextmanager
def _temporary_file() -> Iterator[IO[bytes]]:
    try:
        file = tempfile.TemporaryFile(buffering=_BUFFER)  # noqa: SIM115, closed below
    except OSError as error:
        raise _full(error) from None
    try:
        yield file
    finally:
        file.close()


def _write(file: IO[bytes], data: bytes) -> None:
    """Write data, or with none what is still in memory."""
    try:
        if data:
            file.write(data)
        else:
            file.flush()
    except OSError as error:
        raise _full(error) from None


def _full(error: OSError) -> OutputError:
    return OutputError(
        f"the folder for temporary files cannot be used ({error.strerror or error})",
        hint="set TMPDIR to a larger place",
    )
