"""Running the command: in this process where that is enough, and as a process of its own where the process matters."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from unittest import mock

from arrowkg import cli

COMMAND: Final = str(Path(sysconfig.get_path("scripts")) / "arrowkg")
"""The command as it is installed."""
COMMANDS: Final = (
    "export",
    "validate",
    "inspect",
    "listing",
    "load",
    "store info",
    "query",
    "search",
    "site",
    "serve",
    "spark",
    "push",
    "bulk-script",
    "formats",
    "config",
    "completion",
)
HERE: Final = Path(__file__).parent
SEEDS: Final = HERE.parent / "seeds"

PAGE: Final = (SEEDS / "odd" / "one-paper.txt").read_text(encoding="utf-8")
"""An Arrow page of one paper in which nothing is amiss; its paper stands at line 16."""
SOUND: Final[dict[str, Any]] = {
    "title": "On Stones",
    "authors": ["Ada Quill", "Bo Tarn 0001"],
    "venue": "ICLR",
    "kind": "Conference Paper",
    "year": 2024,
    "abstract": "We sort stones.",
}
"""A paper in which nothing is amiss."""

# Whatever a terminal acts upon: C0 controls but the line feed, DEL, C1 controls, marks that turn the direction of text.
_STEERING: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What went to standard output."""
        return self.out.decode()

    @property
    def told(self) -> list[str]:
        """The lines of standard error that are neither warnings nor hints."""
        lines = self.err.splitlines()
        return [line for line in lines if ": warning: " not in line and not line.startswith("  hint: ")]

    @property
    def hints(self) -> list[str]:
        """The hints on standard error."""
        return [line.removeprefix("  hint: ") for line in self.err.splitlines() if line.startswith("  hint: ")]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The objects on standard error of a run with ``--error-format json``."""
        return [json.loads(line) for line in self.err.splitlines()]


class _Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(
    folder: Path,
    *arguments: str | os.PathLike[str],
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    is_terminal: bool = False,
) -> Ran:
    """Run the command in this process.

    Args:
        folder: the working folder.
        arguments: what follows ``arrowkg``.
        stdin: what is on standard input.
        environment: variables of arrowkg's; none others of them are set.
        is_terminal: whether standard error is a terminal.
    """
    out, err = io.BytesIO(), io.BytesIO()
    kind = _Terminal if is_terminal else io.TextIOWrapper
    stdin_ = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    stdout = io.TextIOWrapper(out, encoding="utf-8")
    stderr = kind(err, encoding="utf-8", errors="backslashreplace")
    on_end = signal.getsignal(signal.SIGTERM)
    try:
        with (
            contextlib.chdir(folder),
            mock.patch.multiple(sys, argv=["arrowkg", *_texts(arguments)], stdin=stdin_, stdout=stdout, stderr=stderr),
            mock.patch.dict(os.environ, _variables(environment), clear=True),
        ):
            code = _exit_code()
    finally:
        signal.signal(signal.SIGTERM, on_end)
    stdout.flush()
    stderr.flush()
    return Ran(code, out.getvalue(), err.getvalue().decode())


def _texts(arguments: Iterable[str | os.PathLike[str]]) -> list[str]:
    return [os.fspath(argument) for argument in arguments]


def _exit_code() -> int:
    try:
        cli.main()
    except SystemExit as end:
        assert isinstance(end.code, int), end.code
        return end.code
    raise AssertionError("the command returned")


def spawn(
    folder: Path,
    *arguments: str | os.PathLike[str],
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.PIPE,
    timeout: float = 100,
) -> Ran:
    """Run the command as a process of its own, and end it after so many seconds; arguments as of :func:`run`."""
    return _spawned([COMMAND, *_texts(arguments)], folder, stdin, environment, stdout, timeout)


def spawn_python(
    folder: Path,
    prelude: str,
    *arguments: str | os.PathLike[str],
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run the command as a process of its own that first runs some lines of Python."""
    code = f"{prelude}\nfrom arrowkg.cli import main\nmain()"
    return _spawned([sys.executable, "-c", code, *_texts(arguments)], folder, stdin, environment)


def _spawned(
    line: list[str],
    folder: Path,
    stdin: bytes,
    environment: Mapping[str, str] | None,
    stdout: int | IO[bytes] = subprocess.PIPE,
    timeout: float = 100,
) -> Ran:
    done = subprocess.run(
        line,
        cwd=folder,
        input=stdin,
        env=_variables(environment),
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=timeout,
        check=False,
    )
    return Ran(done.returncode, done.stdout or b"", done.stderr.decode(errors="backslashreplace"))


def start(folder: Path, *arguments: str | os.PathLike[str], in_group: bool = False) -> subprocess.Popen[bytes]:
    """Start the command and give the process, whose standard streams are pipes; in a group of its own if so wanted."""
    return subprocess.Popen(
        [COMMAND, *_texts(arguments)],
        cwd=folder,
        env=_variables(None),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=in_group,
    )


def _variables(environment: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARROWKG_", "_ARROWKG_"))}
    return {**kept, **(environment or {})}


def assert_refused(ran: Ran, code: int, error: str, hint: str | None = None) -> None:
    """A run ended with a code, one line that says why, and perhaps a hint; and with nothing on standard output.

    Args:
        ran: the run.
        code: the exit code that it should have.
        error: how the line begins.
        hint: a part of the hint, empty for no hint at all, ``None`` for any or none.
    """
    assert ran.code == code, ran
    assert not ran.out
    lines = ran.err.splitlines()
    assert "Traceback" not in ran.err
    assert "bug" not in ran.err or code == 5
    assert not _STEERING.search(ran.err), ran.err
    told = [line for line in lines if ": warning: " not in line]
    assert 1 <= len(told) <= 2, ran.err
    assert told[0].startswith(error), ran.err
    assert not told[0].endswith(".") or code == 2
    assert all(line.startswith("  hint: ") for line in told[1:]), ran.err
    if hint is not None:
        assert bool(told[1:]) == bool(hint), ran.err
        assert hint in "".join(told[1:]), ran.err


def assert_steers_no_terminal(ran: Ran) -> None:
    """No character that a terminal acts upon is in what a person reads."""
    assert not _STEERING.search(ran.err), ran.err
    assert not _STEERING.search(ran.text), ran.text


@contextlib.contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """The folder holds the same files before and after, byte for byte, and no other file, whatever its name."""
    before = _contents(folder)
    yield
    assert _contents(folder) == before


def _contents(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found: dict[str, tuple[int, int, bytes]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        is_file = stat.S_ISREG(status.st_mode)
        found[str(path.relative_to(folder))] = (
            status.st_mode,
            status.st_ino,
            path.read_bytes() if is_file else b"",
        )
    return found


def jsonl(*papers: Mapping[str, Any]) -> bytes:
    """Papers as JSON Lines."""
    return b"".join([json.dumps(paper).encode() + b"\n" for paper in papers])


def lines(count: int, **fields: Any) -> bytes:
    """So many sound papers as JSON Lines, each with its own title."""
    return jsonl(*({**SOUND, "title": f"On Stones {number}", **fields} for number in range(1, count + 1)))


def put(folder: Path, name: str, content: bytes | str) -> Path:
    """Write a file and give its path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def graph_of(folder: Path, content: bytes | str = PAGE, name: str = "graph.ttl", *options: str) -> Path:
    """Export a listing to a file without validation and give its path."""
    ran = run(folder, "export", "-", "--no-validate", "-q", "-o", name, *options, stdin=_bytes(content))
    assert (ran.code, ran.err) == (0, ""), ran
    return folder / name


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content
