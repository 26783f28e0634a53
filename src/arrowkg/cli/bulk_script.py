"""``arrowkg bulk-script``: listings or RDF as the files and commands of a triple store's own bulk loader."""

from __future__ import annotations

import click

from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.settings import EXAMPLE_BASE_IRI
from arrowkg.sources import source_named
from arrowkg.stores.remote.bulk import LOADERS, SCRIPT, check_folder, write_bulk


@click.command("bulk-script")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--store", type=click.Choice(list(LOADERS)), required=True, help="The product.")
@click.option("--graph", required=True, metavar="IRI", help="The named graph to load into.")
@click.option("-o", "--output", required=True, metavar="DIR", help="Where to write: a folder that is new or empty.")
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
    """Write the files and commands of a triple store's own loader, for where HTTP is too slow.

    INPUT is what arrowkg export or arrowkg validate reads. DIR gets the triples as files, and load.sh, a script for
    any POSIX shell whose first lines say how to run it. No password is written; the script reads it from a variable.
    Nothing is validated here; arrowkg validate does that.
    """
    from arrowkg.pipeline import Hooks
    from arrowkg.statements import statement_lines
    from arrowkg.stores.remote.endpoint import checked_iri
    from arrowkg.stores.remote.payload import payload_of

    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    flags = {"base_iri": base_iri, "schema_ns": schema_ns, "abstracts": abstracts, "characters": characters}
    settings = configured(flags).settings
    source = None if from_ is None else source_named(from_)
    check_places(inputs)
    check_folder(output)
    checked_iri(graph)
    loader = LOADERS[store]
    hooks = Hooks(notice=console.notice, progress=console.progress)
    with payload_of(statement_lines(inputs, settings, hooks, source=source), settings.sort_bytes) as payload:
        load = write_bulk(payload, loader, graph, output)
    console.end_notices()
    files = f"{len(load.files):,} file{'' if len(load.files) == 1 else 's'}"
    console.say(
        f"wrote {output}: {load.triples:,} triples in {files} and {SCRIPT} for {loader.title}; "
        f"its first lines say how to run it"
    )
    if settings.base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
