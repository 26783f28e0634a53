"""Sorting any number of texts in bounded memory: sorted pieces go to temporary files, which are merged at the end."""

from __future__ import annotations

import contextlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self, TextIO

from arrowkg.errors import OutputError

_MOST_PIECES: Final = 64
# What a text takes beside its characters, which is most of it where texts are short.
_OBJECT_BYTES: Final = 60


class Spool:
    """Collects texts without line feeds and gives them back sorted by code point, which is the order of UTF-8 bytes.

    A context manager: the temporary files, if there are any, go at its end.

    Args:
        most: how many characters are held in memory, and bytes beside them, before they go to a file.

    >>> with Spool(8) as spool:
    ...     for text in ("pebble", "sand", "boulder"):
    ...         spool.add(text)
    ...     list(spool.sorted())
    ['boulder', 'pebble', 'sand']
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[str] = []
        self._size = 0
        self._pieces: list[TextIO] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for piece in self._pieces:
            # What could not be written was told of before, and is not wanted any more.
            with contextlib.suppress(OSError):
                piece.close()

    def add(self, text: str) -> None:
        """Take a text.

        Raises:
            OutputError: the folder for temporary files is full.
        """
        self._held.append(text)
        self._size += len(text) + _OBJECT_BYTES
        if self._size > self._most:
            self._spill()

    def extend(self, texts: Sequence[str], size: int) -> None:
        """Take several texts, ``size`` characters in all; those that are in order already are sorted sooner.

        Raises:
            OutputError: the folder for temporary files is full.
        """
        self._held.extend(texts)
        self._size += size + len(texts) * _OBJECT_BYTES
        if self._size > self._most:
            self._spill()

    def _spill(self) -> None:
        self._held.sort()
        self._write(self._held)
        self._held.clear()
        self._size = 0
        if len(self._pieces) > _MOST_PIECES:
            self._merge_pieces()

    def _write(self, texts: Iterable[str]) -> None:
        """Write sorted texts to a new temporary file."""
        try:
            piece = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115, closed by __exit__
            self._pieces.append(piece)
            piece.writelines(map(_with_line_feed, texts))
            piece.flush()
            piece.seek(0)
        except OSError as error:
            raise OutputError(
                f"sorting cannot use the folder for temporary files ({error.strerror or error})",
                hint="set TMPDIR to a larger place, or write N-Triples with --no-sort",
            ) from None

    def _merge_pieces(self) -> None:
        """Make one piece of all, so that no more files are open than a process may have."""
        old = self._pieces[:]
        self._write(heapq.merge(*(map(_without_line_feed, piece) for piece in old)))
        self._pieces = self._pieces[len(old) :]
        for piece in old:
            piece.close()

    def sorted(self) -> Iterator[str]:
        """Every text that was taken, in order, repeats included."""
        self._held.sort()
        if not self._pieces:
            yield from self._held
            return
        files = [map(_without_line_feed, piece) for piece in self._pieces]
        yield from heapq.merge(*files, self._held)


def _with_line_feed(text: str) -> str:
    return f"{text}\n"


def _without_line_feed(line: str) -> str:
    return line[:-1]
