"""``arrowkg site``: listings or RDF as a web site of files."""

from __future__ import annotations

import os

import click

from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.settings import EXAMPLE_BASE_IRI


@click.command("site")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where sites are kept; it is made if need be.")
@click.option("--title", default="Papers", show_default=True, help="The site's title.")
@click.option("--from", "from_", metavar="FORMAT", help="The format of listings, if it is not to be found out.")
@mapping_options
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes that render. [default: the cores]")
@console_options
def command(
    inputs: tuple[str, ...],
    output: str,
    title: str,
    from_: str | None,
    base_iri: str | None,
    schema_ns: str | None,
    abstracts: bool | None,
    characters: str | None,
    workers: int | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Turn listings or RDF files into a web site: a page for each paper, author name, venue and year.

    INPUT is what arrowkg export or arrowkg validate reads. The site needs no server: a browser opens its index.html,
    and any web server publishes its folder at the base IRI. It changes at the end, as a whole; pages that are as
    before are not written again. Nothing is validated here; arrowkg validate does that.
    """
    from arrowkg.pipeline import Hooks
    from arrowkg.site.building import build
    from arrowkg.sources import source_named
    from arrowkg.statements import Statements

    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    flags = {"base_iri": base_iri, "schema_ns": schema_ns, "abstracts": abstracts, "characters": characters}
    settings = configured(flags).settings
    source = None if from_ is None else source_named(from_)
    check_places(inputs, None)
    hooks = Hooks(notice=console.notice, progress=console.progress)
    statements = Statements(inputs, settings, hooks, source)
    built = build(statements, output, title, workers or os.cpu_count() or 1)
    console.end_notices()
    live = os.path.join(output, "live", built.root.name)  # noqa: PTH118 - as the user wrote it
    console.say(
        f"made {output}: {built.pages:,} pages about {built.papers:,} papers; {built.written:,} files written, "
        f"{built.kept:,} as before, in {console.seconds:.1f} s"
    )
    console.say(f"open {os.path.join(live, 'index.html')}")  # noqa: PTH118
    if settings.base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
