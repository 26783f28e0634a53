"""``arrowkg push``: listings or RDF into a graph of a triple store."""

from __future__ import annotations

import os
from typing import Literal, cast

import click

from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.settings import EXAMPLE_BASE_IRI
from arrowkg.sources import source_named
from arrowkg.stores.remote.profiles import PROFILES


@click.command("push")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.argument("url", metavar="URL")
@click.option(
    "--graph", metavar="IRI", help="The named graph to send to. [default: the default graph, where there is one]"
)
@click.option(
    "--mode",
    type=click.Choice(["replace", "merge"]),
    required=True,
    help="Whether the graph holds these inputs alone afterwards, or beside what it had.",
)
@click.option("--profile", type=click.Choice(list(PROFILES)), help="The product, if it is not to be found out.")
@click.option("--dry-run", is_flag=True, help="Tell what would be added and removed, and change nothing.")
@click.option("--auth-file", metavar="FILE", help="A file with one line, user:password or Bearer TOKEN.")
@click.option("--journal", metavar="FILE", help="Where to keep how far it has come. [default: in the working folder]")
@click.option("--from", "from_", metavar="FORMAT", help="The format of listings, if it is not to be found out.")
@mapping_options
@console_options
def command(
    inputs: tuple[str, ...],
    url: str,
    graph: str | None,
    mode: str,
    profile: str | None,
    dry_run: bool,
    auth_file: str | None,
    journal: str | None,
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
    """Send listings or RDF files to a graph of a triple store.

    INPUT is what arrowkg export or arrowkg validate reads; URL is the address of the store. A push that broke goes on
    where it stopped when the same command is run again. Credentials are in the file of --auth-file or in the
    variable ARROWKG_AUTH, never in the URL. Nothing is validated here; arrowkg validate does that.
    """
    from arrowkg.pipeline import Hooks
    from arrowkg.statements import statement_lines
    from arrowkg.stores.remote.credentials import read_credentials
    from arrowkg.stores.remote.pushing import Order, Pushed, push

    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    flags = {"base_iri": base_iri, "schema_ns": schema_ns, "abstracts": abstracts, "characters": characters}
    settings = configured(flags).settings
    source = None if from_ is None else source_named(from_)
    check_places([*inputs, *([auth_file] if auth_file else [])], journal)
    credentials = read_credentials(auth_file, os.environ)
    order = Order(url, graph, cast(Literal["replace", "merge"], mode), profile, dry_run, journal)
    hooks = Hooks(notice=console.notice, progress=console.progress)
    lines = statement_lines(inputs, settings, hooks, source=source)
    done: Pushed = push(lines, order, credentials, settings, notice=console.notice)
    console.end_notices()
    where = f"{done.title}, {'the default graph' if graph is None else graph}"
    if dry_run:
        console.say(
            f"would send {done.triples:,} triples to {where}: {done.added:,} added, {done.removed:,} removed; "
            f"it has {done.held:,}; nothing was sent"
        )
        return 0
    if done.resumed:
        console.say(f"went on after {done.resumed:,} batches that an earlier run had sent")
    rate = done.triples / max(console.seconds, 0.001)
    console.say(
        f"sent {done.triples:,} triples to {where}, which now has {done.held:,} "
        f"in {console.seconds:.1f} s ({rate:,.0f} triples a second)"
    )
    if settings.base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
