"""What commands that check what they write have in common: their options, and the form of a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from arrowkg.errors import UsageError

PAGE_RULES: Final = ("Capture-declared-count",)
"""The shapes that need a whole page, and so are not checked when only a part of it is read."""

_REPORT_SUFFIXES: Final = {
    ".txt": "text",
    ".json": "json",
    ".ttl": "turtle",
    ".html": "html",
    ".xml": "junit",
    ".sarif": "sarif",
}


def checking_options(output: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of a command that checks a graph before it writes it.

    Args:
        output: what the help calls the place that it writes to.
    """
    options = (
        click.option("--validate/--no-validate", default=True, show_default=True, help="Check the graph with SHACL."),
        click.option(
            "--fail-on",
            type=click.Choice(["violation", "warning", "info", "never"]),
            help=f"The least severity that keeps {output} from being written.",
        ),
        click.option(
            "--engine",
            type=click.Choice(["compiled", "pyshacl"]),
            help="What checks: arrowkg's own engine, or pySHACL. [default: compiled]",
        ),
        click.option(
            "--report", metavar="FILE", help="Write the validation report; its suffix says how (.html, .json, .ttl, …)."
        ),
    )

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


def report_rendering(report: str) -> str:
    """The report format that a file name asks for."""
    suffix = Path(report).suffix.lower()
    if suffix not in _REPORT_SUFFIXES:
        raise UsageError(
            f"--report {report}: the suffix names no report format", hint=f"use one of {' '.join(_REPORT_SUFFIXES)}"
        )
    return _REPORT_SUFFIXES[suffix]
