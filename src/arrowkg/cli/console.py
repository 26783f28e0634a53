"""What is printed beside the data, all of it to standard error: errors, notices, progress, a summary."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from arrowkg.errors import ArrowkgError, OutputError

if TYPE_CHECKING:
    from arrowkg.model import Notice
    from arrowkg.pipeline import Reading

ERROR_FORMATS: Final = ("text", "json", "github")
_SHOWN_PER_TOPIC: Final = 3
_PROGRESS_AFTER_SECONDS: Final = 1.0
_PROGRESS_EVERY_SECONDS: Final = 0.2

_Command = TypeVar("_Command", bound=Callable[..., Any])


def console_options(command: _Command) -> _Command:
    """The options that every command has."""
    for option in (
        click.option("--debug", is_flag=True, help="Show a traceback with an error."),
        click.option(
            "--error-format",
            type=click.Choice(ERROR_FORMATS),
            default="text",
            show_default=True,
            help="How errors and notices are printed.",
        ),
        click.option("--no-progress", is_flag=True, help="Show no progress."),
        click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
    ):
        command = option(command)
    return command


class Console:
    """Prints to standard error what a run has to tell.

    Args:
        quiet: print errors only.
        no_progress: show no progress.
        error_format: one of :data:`ERROR_FORMATS`.
    """

    def __init__(self, *, quiet: bool, no_progress: bool, error_format: str) -> None:
        self._quiet = quiet
        self._error_format = error_format
        self.shows_progress = not quiet and not no_progress and sys.stderr is not None and sys.stderr.isatty()
        self._topics: Counter[str] = Counter()
        self._started = time.monotonic()
        self._drawn = 0.0
        self._line_open = False

    def say(self, text: str) -> None:
        """Print a line, unless quiet."""
        if not self._quiet:
            self._clear()
            lines: Iterable[str] = map(printable, text.split("\n"))
            if self._error_format == "json":
                lines = (json.dumps({"level": "info", "message": line}) for line in lines if line)
            _tell("\n".join(lines))

    def notice(self, notice: Notice) -> None:
        """Print a notice, the first few of each topic; :meth:`end_notices` tells of the others."""
        self._topics[notice.topic] += 1
        if self._quiet or self._topics[notice.topic] > _SHOWN_PER_TOPIC:
            return
        self._clear()
        _tell(_told("warning", notice.text, notice.file, notice.line, "", self._error_format))

    def end_notices(self) -> None:
        """Tell how many more notices there were of each topic."""
        for topic, count in self._topics.items():
            if count > _SHOWN_PER_TOPIC:
                self.say(f"and {count - _SHOWN_PER_TOPIC:,} more of: {topic}")

    def error(self, error: ArrowkgError) -> None:
        """Print an error that does not end the run."""
        self._clear()
        _tell(_error_text(error, self._error_format))

    def progress(self, source: Reading, papers: int) -> None:
        """Draw how far a run is, on a terminal, if it takes more than a moment."""
        now = time.monotonic()
        if not self.shows_progress or now - self._started < _PROGRESS_AFTER_SECONDS:
            return
        if now - self._drawn < _PROGRESS_EVERY_SECONDS:
            return
        self._drawn = now
        done = f"{100 * source.consumed // source.size:3d} %" if source.size else ""
        rate = papers / (now - self._started)
        name = printable(source.name)
        _tell(f"\r\x1b[K{done} {name}: {papers:,} papers, {rate:,.0f} a second", nl=False)
        self._line_open = True

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def _clear(self) -> None:
        if self._line_open:
            _tell("\r\x1b[K", nl=False)
            self._line_open = False


def fail(error: Exception, arguments: list[str]) -> int:
    """Print the error that ended a run; the exit code that goes with it."""
    if "--debug" in arguments:
        _tell("".join(traceback.format_exception(error)), nl=False)
    error_format = _error_format(arguments)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        _tell("interrupted")
        return 130
    if isinstance(error, BrokenPipeError) or (isinstance(error, OutputError) and error.is_broken_pipe):
        # Nobody reads any more, so there is nobody to tell; the rest of standard output goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OutputError.exit_code
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF):
        # Nothing but printing to standard output raises these; files have errors of their own.
        error = OutputError(f"it cannot be written ({error.strerror})", file="standard output")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return 2
    if isinstance(error, click.ClickException):
        hint = ""
        if isinstance(error, click.UsageError) and error.ctx is not None:
            hint = f"see {error.ctx.command_path} --help"
        _tell(_told("error", error.format_message(), None, None, hint, error_format))
        return 2
    if isinstance(error, ArrowkgError):
        _tell(_error_text(error, error_format))
        return error.exit_code
    text = f"arrowkg has a bug: {type(error).__name__}: {error}"
    hint = "please report it with the command and, if you can, the input; --debug shows where"
    _tell(_told("error", " ".join(text.split()), None, None, hint, error_format))
    return ArrowkgError.exit_code


def _tell(text: str, *, nl: bool = True) -> None:
    """Print to standard error; if nobody can read that, the run goes on all the same."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, nl=nl, err=True)


def _error_format(arguments: list[str]) -> str:
    """The error format that was asked for, even where the arguments cannot be parsed."""
    for i, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--error-format":
            value = value or (arguments[i + 1] if i + 1 < len(arguments) else "")
            return value if value in ERROR_FORMATS else "text"
    return "text"


def _error_text(error: ArrowkgError, error_format: str) -> str:
    return _told("error", error.reason, error.file, error.line, error.hint, error_format)


def _told(level: str, text: str, file: str | None, line: int | None, hint: str, error_format: str) -> str:
    if error_format == "json":
        found = {"level": level, "file": file, "line": line, "message": text, "hint": hint}
        return json.dumps({name: value for name, value in found.items() if value})
    if error_format == "github":
        place = ",".join(
            f"{name}={_github(str(value), ':,')}" for name, value in (("file", file), ("line", line)) if value
        )
        told = f"::{level}{' ' if place else ''}{place}::{_github(text + (f' ({hint})' if hint else ''), '')}"
        return printable(told)
    place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
    mark = "warning: " if level == "warning" else ""
    return printable(f"{place}{mark}{text}") + (f"\n  hint: {printable(hint)}" if hint else "")


def _github(text: str, more: str) -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def printable(text: str) -> str:
    """A text on one line, without characters that would steer a terminal.

    >>> print(printable("a\\x1b[2J\\n"))
    a\\u001b[2J\\u000a
    """
    return "".join([char if char.isprintable() else f"\\u{ord(char):04x}" for char in text])
