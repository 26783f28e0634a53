"""Where a command reads and writes: each place is named for one thing only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from arrowkg.errors import UsageError
from arrowkg.files import STDIN_OR_STDOUT


def check_places(inputs: Iterable[str], *outputs: str | None) -> None:
    """Refuse to read standard input twice, to overwrite an input, and to write two things to one place.

    Raises:
        UsageError: a place is named for two things.

    >>> check_places(["page.txt"], "papers.ttl", None)
    """
    named = list(inputs)
    if named.count(STDIN_OR_STDOUT) > 1:
        raise UsageError("standard input is named twice")
    read = {_place(name) for name in named if name != STDIN_OR_STDOUT}
    written: set[str] = set()
    for name in outputs:
        if not name:
            continue
        place = STDIN_OR_STDOUT if name == STDIN_OR_STDOUT else _place(name)
        if place in read:
            raise UsageError(f"{name} is an input, and would be overwritten")
        if place in written:
            raise UsageError(f"{name} is named for two outputs")
        # Nothing is lost in a device that any number of things may be written to.
        if name == STDIN_OR_STDOUT or not Path(name).exists() or Path(name).is_file():
            written.add(place)


def _place(name: str) -> str:
    """The file that a name leads to, links resolved where that can be done."""
    return os.path.realpath(name)
