"""``arrowkg listing``: a graph back to an Arrow page."""

from __future__ import annotations

import click

from arrowkg.cli.configuration import configured
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.errors import InputError, UsageError
from arrowkg.files import STDIN_OR_STDOUT, Input, Output
from arrowkg.formats.reading import read_rdf
from arrowkg.listing import Papers, not_kept, page_text, why_not_on_a_page
from arrowkg.model import Listing, Notice
from arrowkg.sources import guess
from arrowkg.terms import Triple


@click.command("listing")
@click.argument("inputs", nargs=-1, required=True, metavar="RDF...")
@click.option("--author", metavar="NAME", help="The author name, whatever its case, if there are pages of several.")
@click.option("-o", "--output", default=STDIN_OR_STDOUT, metavar="FILE", help="Where to write; - is standard output.")
@console_options
def command(
    inputs: tuple[str, ...],
    author: str | None,
    output: str,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Turn a graph that arrowkg wrote back into an Arrow page.

    Several RDF files are read as one graph.
    """
    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    settings = configured({}).settings
    check_places(inputs, output)
    triples: list[Triple] = []
    for name in inputs:
        with Input(name, settings) as opened:
            taken_for = guess(opened)
            if taken_for.rdf is None:
                raise InputError("it is a listing already, not RDF", file=name)
            triples += read_rdf(opened, taken_for.rdf)
    papers = Papers(triples)
    found = papers.listing(author)
    for told in papers.notices:
        console.notice(Notice("several values", told, inputs[0]))
    stated = []
    for paper in found.papers:
        if reason := why_not_on_a_page(paper):
            console.notice(Notice("left off the page", f"{paper.title!r} is left off the page: {reason}", inputs[0]))
        else:
            stated.append(paper)
    if not stated:
        console.end_notices()
        raise UsageError("an Arrow page can state none of the papers", hint="it states conference papers and articles")
    listing = Listing(found.name, found.author_rows, tuple(stated))
    text = page_text(listing)
    for paper, fields in not_kept(listing, text):
        console.notice(
            Notice("not kept on the page", f"{paper.title!r}: the page does not keep its {fields}", inputs[0])
        )
    console.end_notices()
    with Output(output) as place:
        place.write(text.encode())
        place.commit()
    return 0
