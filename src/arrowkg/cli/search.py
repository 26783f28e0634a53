"""``arrowkg search``: the papers of an author name, on the terminal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap

import click

from arrowkg.cli.configuration import configured
from arrowkg.cli.console import console_options, printable
from arrowkg.errors import UsageError
from arrowkg.files import print_out
from arrowkg.model import Paper

_NARROWEST = 40
_WIDEST = 100


@click.command("search")
@click.argument("name")
@click.option("--store", required=True, metavar="DIR", help="The embedded store.")
@console_options
def command(name: str, store: str, quiet: bool, no_progress: bool, error_format: str, debug: bool) -> int:
    """Show the papers of an author name, newest first.

    Names are compared whole, whatever their case, as an Arrow page groups them. Near names are told, and never merged.
    """
    from arrowkg.sparql.searching import search

    found = search(name, store, configured({}).settings)
    if found.page is None:
        near = ", ".join(repr(printable(one)) for one in found.near)
        raise UsageError(
            f"{store} has no author {name!r}",
            hint=f"did you mean {near}?" if near else "names are compared whole, whatever their case",
        )
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    papers = found.page.papers
    lines = [found.page.name]
    spellings = f"{len(found.spellings)} spelling{'' if len(found.spellings) == 1 else 's'} of the name"
    lines.append(f"{len(papers):,} paper{'' if len(papers) == 1 else 's'}, {spellings}")
    if len(found.spellings) > 1:
        lines += wrap(f"as {', '.join(found.spellings)}", width)
    lines += wrap("A name may stand for several people; this is no identity profile.", width)
    for year, group in groupby(papers, key=lambda paper: paper.year):
        lines += ["", "no year" if year is None else str(year)]
        for paper in group:
            lines += _lines(paper, width)
    if found.near:
        lines += ["", *wrap(f"Near, and never merged: {', '.join(found.near)}", width)]
    print_out("\n".join(map(printable, lines)) + "\n")
    return 0


def _lines(paper: Paper, width: int) -> Iterator[str]:
    """A paper: its title, its byline, its venue and kind."""
    for text, first, others in ((paper.title, "  ", "    "), (", ".join(paper.authors), "      ", "      ")):
        yield from wrap(text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
    if paper.venue or paper.kind:
        yield f"      {', '.join(filter(None, (paper.venue, paper.kind)))}"
