"""A line for each request in the combined log format, written by a thread so that nobody holds up the server."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Final

_MOST_WAITING: Final = 10_000
_MOST_CHARACTERS: Final = 500


class AccessLog:
    """Writes lines; a context manager.

    Args:
        write: writes a line.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self.lost = 0
        """How many lines were not written, since they came faster than they could be."""

    def __enter__(self) -> AccessLog:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.add(None)
        # Who does not read it must not keep the server from its end.
        self._thread.join(1)

    def add(self, line: str | None) -> None:
        """Take a line."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self.lost += 1

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            self._write(line)


def line_of(
    client: str, request: str, status: int, size: int, referrer: str, agent: str, seconds: float, now: float
) -> str:
    """A line of the log; the time that the answer took, in seconds, is its last field.

    >>> line_of("127.0.0.1", 'GET /" HTTP/1.1', 200, 12, "", "curl\\n", 0.0042, 0)
    '127.0.0.1 - - [01/Jan/1970:00:00:00 +0000] "GET /\\\\x22 HTTP/1.1" 200 12 "-" "curl\\\\x0a" 0.004'
    """
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
    asked, told = _quoted(request), f"{_quoted(referrer or '-')} {_quoted(agent or '-')}"
    return f"{client} - - [{when}] {asked} {status} {size} {told} {seconds:.3f}"


def _quoted(text: str) -> str:
    """A text that ends no field, starts no line and steers no terminal."""
    kept = text[:_MOST_CHARACTERS]
    safe = [char if " " <= char <= "~" and char not in '"\\' else f"\\x{ord(char):02x}" for char in kept]
    return f'"{"".join(safe)}"'
