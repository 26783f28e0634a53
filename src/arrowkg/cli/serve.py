"""``arrowkg serve``: a store as a web site, a SPARQL end point and Triple Pattern Fragments."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import click

from arrowkg.cli.configuration import configured
from arrowkg.cli.console import Console, console_options
from arrowkg.errors import InputError, UsageError

_EXTRA: Final = ("starlette", "uvicorn")


@click.command("serve")
@click.option("--store", required=True, metavar="DIR", help="The embedded store to serve.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 is any free one."
)
@click.option("--title", default="Papers", show_default=True, help="The site's title.")
@click.option("--base-iri", metavar="IRI", help="What the entities' IRIs start with. [default: found out]")
@click.option(
    "--iris",
    type=click.Choice(["303", "hash"]),
    help="Answer for the IRI of an entity with a way to its page, or with the page at once. [default: 303]",
)
@click.option("--timeout", type=click.IntRange(min=1), metavar="SECONDS", help="End a query after so many seconds.")
@click.option("--access-log/--no-access-log", default=True, help="Write a line for each request, or none.")
@console_options
def command(
    store: str,
    host: str,
    port: int,
    title: str,
    base_iri: str | None,
    iris: str | None,
    timeout: int | None,
    access_log: bool,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Serve a store: its pages, its data by content negotiation, SPARQL at /sparql, fragments at /fragments.

    \b
    arrowkg load papers.txt --store kg
    arrowkg serve --store kg

    The server only reads. It listens to this machine alone unless --host says otherwise, and takes up a newly loaded
    graph without a restart. Requests are logged to standard error.
    """
    found = configured({"base_iri": base_iri, "serve_iris": iris, "serve_query_seconds": timeout})
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise UsageError(f"arrowkg serve needs {' and '.join(missing)}: pip install 'arrowkg[serve]'")
    from arrowkg.server.live import Serving
    from arrowkg.server.running import serve

    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    settings = found.settings
    stated = None if found.origins["base_iri"] == "default" else settings.base_iri
    serving = Serving(store, title, stated, settings.serve_cache_bytes, settings.sort_bytes)
    try:
        serve(serving, settings, host, port, console.say, console.say if access_log else None)
    except UsageError as error:
        # What is missing here is an input.
        raise InputError(error.reason, hint=error.hint, file=error.file) from None
    return 0
