"""Writing reports: one module for each rendering, and the table of them."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final, NamedTuple, Protocol

from arrowkg.errors import UsageError
from arrowkg.settings import FailOn
from arrowkg.validation.renderings.html import render_html
from arrowkg.validation.renderings.json import render_json
from arrowkg.validation.renderings.junit import render_junit
from arrowkg.validation.renderings.sarif import render_sarif
from arrowkg.validation.renderings.text import render_text
from arrowkg.validation.renderings.turtle import render_turtle
from arrowkg.validation.report import Report

__all__ = ["RENDERINGS", "Rendering", "render", "rendering_named"]


class Render(Protocol):
    """Writes a report."""

    def __call__(self, report: Report, *, fail_on: FailOn) -> str:
        """The text of a report, which any encoding of Unicode carries."""


class Rendering(NamedTuple):
    """A way to write a report.

    Attributes:
        name: the name, for the command line.
        title: what it is, for people.
        media_type: its media type.
        function: writes a report.
    """

    name: str
    title: str
    media_type: str
    function: Render


RENDERINGS: Final = (
    Rendering("text", "Text for a terminal", "text/plain", render_text),
    Rendering("json", "JSON", "application/json", render_json),
    Rendering("turtle", "SHACL validation report in Turtle", "text/turtle", render_turtle),
    Rendering("html", "Web page", "text/html", render_html),
    Rendering("junit", "JUnit XML", "application/xml", render_junit),
    Rendering("sarif", "SARIF 2.1.0", "application/sarif+json", render_sarif),
)
"""Every way to write a report."""

_NAMES: Final = {found.name: found for found in RENDERINGS}


def rendering_named(name: str) -> Rendering:
    """The rendering of a name.

    Raises:
        UsageError: there is none.

    >>> rendering_named("SARIF").media_type
    'application/sarif+json'
    """
    wanted = name.lower()
    if wanted in _NAMES:
        return _NAMES[wanted]
    near = get_close_matches(wanted, _NAMES, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no report format {name!r}", hint=f"{hint}The report formats are {', '.join(_NAMES)}")


def render(report: Report, name: str, *, fail_on: FailOn) -> str:
    """A report, written.

    The same report always gives the same text.

    Args:
        report: the report.
        name: the name of a rendering.
        fail_on: the least severity that makes the graph non-conforming.

    Raises:
        UsageError: there is no such rendering.

    >>> print(render(Report(), "text", fail_on="violation"), end="")
    Conforms at violation: 0 records, 0 violations, 0 warnings, 0 infos
    """
    return rendering_named(name).function(report, fail_on=fail_on)
