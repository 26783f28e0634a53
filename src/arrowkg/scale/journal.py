"""The journal of a long run: the shards that are finished lie beside the output, so that another run goes on from them.

::

    OUT.journal/
      run.json          what the run reads and how, so that nothing else goes on from it
      lock              held by the run that uses the journal
      00000007.shard    what became of the eighth chunk
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from arrowkg.errors import OutputError, UsageError
from arrowkg.files import STDIN_OR_STDOUT, Input
from arrowkg.scale.work import Plan
from arrowkg.validation import shapes_folder

SUFFIX: Final = ".journal"
_RUN: Final = "run.json"
_LOCK: Final = "lock"
# Settings that change no shard: what is judged at the end, and what other commands are told.
_WITHOUT_EFFECT: Final = ("fail_on", "max_results", "sort_bytes", "batch_records")
_OF_OTHERS: Final = ("load_", "query_", "http_", "push_")


class Journal:
    """A folder of finished shards, a context manager that holds its lock.

    Args:
        output: the file that the run writes.

    Raises:
        OutputError: the folder cannot be made.
        UsageError: the output is no file, the folder is something else, or another run uses it.
    """

    def __init__(self, output: str) -> None:
        path = Path(os.path.realpath(output))
        if output == STDIN_OR_STDOUT or (path.exists() and not path.is_file()):
            raise UsageError("--resume needs a file as output", hint="name one with -o")
        self.folder = path.with_name(path.name + SUFFIX)
        self.name = output + SUFFIX
        try:
            self.folder.mkdir(exist_ok=True)
            if not (self.folder / _RUN).exists() and any(path.name != _LOCK for path in self.folder.iterdir()):
                raise UsageError(f"{self.name} is no journal", hint="move it away, or name another output")
            self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise OutputError(f"it cannot be written ({error.strerror or error})", file=self.name) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise OutputError(f"it cannot be locked ({error.strerror})", file=self.name) from None
            raise UsageError(f"another run uses {self.name}", hint="wait until it is done") from None
        # What a run that was killed had begun, its output too.
        for part in self.folder.glob("*.part"):
            part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def open(self, inputs: Sequence[str], plan: Plan, chunking: Sequence[object]) -> int:
        """Begin the journal of a run, or go on with it; how many shards it has.

        Args:
            inputs: what is read.
            plan: what is done.
            chunking: what decides where chunks end.

        Raises:
            UsageError: the journal is of another run, or an input cannot be read twice.
            InputError: an input cannot be read.
            OutputError: the journal cannot be written.
        """
        run = _described(inputs, plan, chunking)
        path = self.folder / _RUN
        try:
            if path.exists():
                self._compare(json.loads(path.read_text(encoding="utf-8")), run)
            else:
                aside = path.with_suffix(".part")
                aside.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
                aside.replace(path)
            return sum(1 for _ in self.folder.glob("*.shard"))
        except (OSError, ValueError) as error:
            raise OutputError(f"the journal cannot be used ({error})", file=self.name) from None

    def _compare(self, before: Any, run: dict[str, Any]) -> None:
        if before == run:
            return
        changed = "it was made by another run"
        if isinstance(before, dict):
            names = [name for name in run if before.get(name) != run[name]]
            inputs = [one["file"] for one in run["inputs"] if one not in before.get("inputs", [])]
            changed = f"{', '.join(inputs)} changed" if inputs else f"{', '.join(names)} differ"
        raise UsageError(
            f"{self.name} cannot be gone on with: {changed} since",
            hint="remove it to start anew, or run with what it was made with",
        )

    def remove(self) -> None:
        """Remove the journal of a run that is done."""
        with contextlib.suppress(OSError):
            # What makes the folder a journal goes last, so that a kill meanwhile leaves one.
            for path in sorted(self.folder.iterdir(), key=lambda one: (one.name == _LOCK, one.name == _RUN)):
                path.unlink()
            self.folder.rmdir()


def _described(inputs: Sequence[str], plan: Plan, chunking: Sequence[object]) -> dict[str, Any]:
    """What a shard depends on."""
    settings = {
        name: value
        for name, value in asdict(plan.settings).items()
        if name not in _WITHOUT_EFFECT and not name.startswith(_OF_OTHERS)
    }
    return {
        "arrowkg": version("arrowkg"),
        "python": platform.python_version(),
        "settings": settings,
        "options": {**asdict(plan), "settings": None, "skipped_shapes": list(plan.skipped_shapes)},
        "chunks": list(chunking),
        "shapes": _digest_of_shapes() if plan.is_checked else None,
        "inputs": [_input(name, plan) for name in inputs],
    }


def _input(name: str, plan: Plan) -> dict[str, Any]:
    is_missing = name != STDIN_OR_STDOUT and not Path(name).exists()
    if not is_missing and not Path(name).is_file():
        raise UsageError(f"--resume needs files as inputs, and {name} cannot be read twice")
    with Input(name, plan.settings, is_digested=True) as opened:
        return {"file": name, "sha256": opened.sha256()}


def _digest_of_shapes() -> str:
    found = sha256()
    for path in sorted(shapes_folder().glob("*.ttl")):
        found.update(path.read_bytes())
    return found.hexdigest()
