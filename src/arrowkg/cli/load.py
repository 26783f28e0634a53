"""``arrowkg load``: listings or RDF into an embedded store."""

from __future__ import annotations

from typing import Literal, cast

import click

from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.cli.rejects import Rejects
from arrowkg.settings import EXAMPLE_BASE_IRI


@click.command("load")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--store", required=True, metavar="DIR", help="The store; it is made if it is not there.")
@click.option(
    "--mode",
    type=click.Choice(["replace", "merge"]),
    default="replace",
    show_default=True,
    help="Whether the store holds these inputs alone afterwards, or beside what it had.",
)
@click.option("--from", "from_", metavar="FORMAT", help="The format of listings, if it is not to be found out.")
@mapping_options
@click.option("--skip-bad", is_flag=True, help="Go on without records that cannot be read or mapped.")
@click.option("--rejects", metavar="FILE", help="Where such records go. [default: DIR.rejects.jsonl]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Map no more than N papers of listings.")
@console_options
def command(
    inputs: tuple[str, ...],
    store: str,
    mode: str,
    from_: str | None,
    base_iri: str | None,
    schema_ns: str | None,
    abstracts: bool | None,
    characters: str | None,
    skip_bad: bool,
    rejects: str | None,
    limit: int | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Load listings or RDF files into an embedded store, which is asked without a server.

    INPUT is what arrowkg export or arrowkg validate reads. The store changes at the end, as a whole: whoever asks it
    meanwhile, or after a failure, finds the old one. Nothing is validated here; arrowkg validate does that.
    """
    from arrowkg.pipeline import Hooks
    from arrowkg.sources import source_named
    from arrowkg.statements import Statements
    from arrowkg.stores.loading import load

    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    flags = {"base_iri": base_iri, "schema_ns": schema_ns, "abstracts": abstracts, "characters": characters}
    settings = configured(flags).settings
    source = None if from_ is None else source_named(from_)
    bad = Rejects(store.rstrip("/"), rejects, skip_bad=skip_bad, console=console)
    check_places(inputs, bad.name if skip_bad else None)
    with bad:
        hooks = Hooks(notice=console.notice, bad=bad.add if skip_bad else None, progress=console.progress)
        statements = Statements(inputs, settings, hooks, source, limit)
        done = load(statements, store, cast(Literal["replace", "merge"], mode))
    console.end_notices()
    if bad.count:
        console.say(f"left out {bad.count:,} bad record{'' if bad.count == 1 else 's'}, listed in {bad.name}")
    triples, before = done.manifest.triples, done.triples_before
    change = "" if before is None else f"; it had {before:,}"
    rate = triples / max(console.seconds, 0.001)
    console.say(
        f"loaded {store}: {triples:,} triples, {done.manifest.names:,} author names{change} "
        f"in {console.seconds:.1f} s ({rate:,.0f} triples a second)"
    )
    if done.papers and settings.base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
