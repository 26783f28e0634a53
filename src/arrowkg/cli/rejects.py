"""The file of records that were left out."""

from __future__ import annotations

import json
from pathlib import Path

from arrowkg.cli.console import Console
from arrowkg.errors import BadRecord, UsageError
from arrowkg.files import STDIN_OR_STDOUT, Output


class Rejects:
    """The file of records that were left out, one JSON object a line, written only if there is one.

    A context manager; the file is put in its place at its end, also when the run fails.
    """

    def __init__(self, output: str, name: str | None, *, skip_bad: bool, console: Console) -> None:
        if name and not skip_bad:
            raise UsageError("--rejects goes with --skip-bad")
        if skip_bad and not name and output == STDIN_OR_STDOUT:
            raise UsageError("--skip-bad on standard output needs --rejects FILE")
        self.name = name or f"{output}.rejects.jsonl"
        self.count = 0
        self._console = console
        self._is_wanted = skip_bad
        self._place: Output | None = None

    def __enter__(self) -> Rejects:
        if self._is_wanted and Path(self.name).is_file():
            self._place = Output(self.name)
        return self

    def __exit__(self, *error: object) -> None:
        if self._place is not None:
            self._place.commit()

    def add(self, error: BadRecord) -> None:
        """Take a bad record."""
        self.count += 1
        if self._place is None:
            self._place = Output(self.name)
        record = error.record.decode(errors="backslashreplace")
        found = {"file": error.file, "line": error.line, "reason": error.reason, "hint": error.hint, "record": record}
        self._place.write(json.dumps(found).encode() + b"\n")
        if self.count <= 3:
            self._console.error(error)
