"""Sorting any number of texts in bounded memory: sorted pieces go to temporary files, which are merged at the end."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TextIO

from arrowkg.errors import OutputError


class Spool:
    """Collects texts without line feeds and gives them back sorted by code point, which is the order of UTF-8 bytes.

    A context manager: the temporary files, if there are any, go at its end.

    Args:
        most: how many characters are held in memory before they go to a file.

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
            piece.close()

    def add(self, text: str) -> None:
        """Take a text.

        Raises:
            OutputError: the folder for temporary files is full.
        """
        self._held.append(text)
        self._size += len(text)
        if self._size > self._most:
            self._spill()

    def _spill(self) -> None:
        self._held.sort()
        piece = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115, closed by __exit__
        self._pieces.append(piece)
        try:
            piece.writelines([f"{text}\n" for text in self._held])
            piece.flush()
        except OSError as error:
            raise OutputError(
                f"sorting needs more room for temporary files in {tempfile.gettempdir()} ({error.strerror})",
                hint="set TMPDIR to a larger place, or write N-Triples with --no-sort",
            ) from None
        piece.seek(0)
        self._held.clear()
        self._size = 0

    def sorted(self) -> Iterator[str]:
        """Every text that was taken, in order, repeats included."""
        self._held.sort()
        if not self._pieces:
            yield from self._held
            return
        files = [map(_without_line_feed, piece) for piece in self._pieces]
        yield from heapq.merge(*files, self._held)


def _without_line_feed(line: str) -> str:
    return line[:-1]
