"""``arrowkg bulk-script``: the files and the commands of a triple store's own loader."""

from __future__ import annotations

import click

from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.settings import EXAMPLE_BASE_IRI
from arrowkg.sources import source_named
from arrowkg.stores.remote.bulk import LOADERS, SCRIPT


@click.command("bulk-script")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--store", type=click.Choice(list(LOADERS)), required=True, help="The product.")
@click.option("--graph", required=True, metavar="IRI", help="The named graph to load into.")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where to write; a new or an empty folder.")
@click.option("--from", "from_", metavar="FORMAT", help="The format of listings, if it is not to be found out.")
@mapping_options
@console_options
def command(
    inputs: tuple[str, ...],
    store: str,
    graph: str,
    output: str,
    from_: str | None,
    base_iri: str | None,
    schema_ns: str | None,
    abstracts: bool | None,
    characters: str | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Write files and a script that load listings or RDF into a triple store with its own loader.

    INPUT is what arrowkg export or arrowkg validate reads. DIR gets the files and load.sh, which says at its start what
    it needs. Passwords come from the environment when it is run. Nothing is validated here; arrowkg validate does that.
    """
    from arrowkg.pipeline import Hooks
    from arrowkg.statements import statement_lines
    from arrowkg.stores.remote.bulk import write_bulk
    from arrowkg.stores.remote.endpoint import checked_iri
    from arrowkg.stores.remote.payload import payload_of

    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    flags = {"base_iri": base_iri, "schema_ns": schema_ns, "abstracts": abstracts, "characters": characters}
    settings = configured(flags).settings
    source = None if from_ is None else source_named(from_)
    checked_iri(graph)
    hooks = Hooks(notice=console.notice, progress=console.progress)
    with payload_of(statement_lines(inputs, settings, hooks, source=source), settings.sort_bytes) as payload:
        done = write_bulk(payload, LOADERS[store], graph, output)
    console.end_notices()
    count = len(done.files)
    console.say(
        f"wrote {output}: {done.triples:,} triples in {count:,} file{'' if count == 1 else 's'}, and {SCRIPT} "
        f"for {LOADERS[store].title}"
    )
    if settings.base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
