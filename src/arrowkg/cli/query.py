"""``arrowkg query``: ask a store, files or an end point a SPARQL query."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from textwrap import fill
from typing import TYPE_CHECKING, Final

import click

from arrowkg.cli.configuration import configured
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.errors import InputError, UsageError
from arrowkg.files import STDIN_OR_STDOUT, Input, Output, print_out
from arrowkg.settings import Settings

if TYPE_CHECKING:
    from arrowkg.sparql.places import Place
    from arrowkg.sparql.query import Query

_WIDTH: Final = 80


@click.command("query")
@click.argument("sparql", required=False)
@click.option("--file", "file", metavar="FILE", help="Read the query from a file; - is standard input.")
@click.option("--example", metavar="NAME", help="Ask one of the questions that come with arrowkg.")
@click.option("--examples", is_flag=True, help="List them, with their parameters and columns, and ask nothing.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter of the example.")
@click.option("--store", metavar="DIR", help="Ask an embedded store.")
@click.option("--data", multiple=True, metavar="FILE", help="Ask listings or RDF files; may be given several times.")
@click.option("--endpoint", metavar="URL", help="Ask a SPARQL end point.")
@click.option("--auth-file", metavar="FILE", help="What the end point wants: user:password, or Bearer and a token.")
@click.option("--format", "form", metavar="FORMAT", help="table, csv, tsv, json, xml; for a graph turtle, jsonld, nt.")
@click.option("-o", "--output", default=STDIN_OR_STDOUT, metavar="FILE", help="Where to write; - is standard output.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Give no more than N rows or triples.")
@click.option("--timeout", type=click.IntRange(min=1), metavar="SECONDS", help="End the query after so many seconds.")
@console_options
def command(
    sparql: str | None,
    file: str | None,
    example: str | None,
    examples: bool,
    values: tuple[str, ...],
    store: str | None,
    data: tuple[str, ...],
    endpoint: str | None,
    auth_file: str | None,
    form: str | None,
    output: str,
    limit: int | None,
    timeout: int | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Ask a store, files or an end point a SPARQL query.

    \b
    arrowkg query --example co-authors --set name="Tomer Michaeli" --store kg
    arrowkg query "SELECT ?title { ?paper schema:headline ?title }" --data papers.ttl

    The prefixes of arrowkg's graphs need not be declared. A query runs in a process of its own with limits of time and
    memory; it changes nothing, and reaches neither the network nor files.
    """
    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    settings = configured({"query_seconds": timeout}).settings
    if examples:
        print_out(_listed())
        return 0
    if sum(found is not None for found in (sparql, file, example)) != 1:
        raise UsageError(
            "name one query: as text, with --file or with --example", hint="arrowkg query --examples lists examples"
        )
    if values and example is None:
        raise UsageError("--set goes with --example")
    check_places([*data, *([file] if file else [])], output)
    with _place(store, data, endpoint, auth_file, console, settings) as place:
        from arrowkg.sparql.writers import form_named

        query = _query(sparql, file, example, values, place.schema_ns, settings)
        written = form_named(form, query.kind)
        with Output(output) as out, place.ask(query, limit) as answer:
            for part in written.write(answer, settings):
                out.write(part)
            out.commit()
    console.end_notices()
    if answer.is_cut:
        console.say(f"only the first {limit:,} are given, and there are more; --limit allows others")
    return 0


def _place(
    store: str | None,
    data: tuple[str, ...],
    endpoint: str | None,
    auth_file: str | None,
    console: Console,
    settings: Settings,
) -> AbstractContextManager[Place]:
    from arrowkg.sparql import places

    if sum(map(bool, (store, data, endpoint))) != 1:
        raise UsageError("name what to ask: one of --store DIR, --data FILE and --endpoint URL")
    if auth_file and not endpoint:
        raise UsageError("--auth-file goes with --endpoint")
    if store:
        return places.store_place(store, settings)
    from arrowkg.pipeline import Hooks

    hooks = Hooks(notice=console.notice, progress=console.progress)
    if endpoint:
        return nullcontext(places.endpoint_place(endpoint, auth_file, settings, hooks))
    return nullcontext(places.data_place(data, settings, hooks))


def _query(
    sparql: str | None,
    file: str | None,
    example: str | None,
    values: Iterable[str],
    schema_ns: str,
    settings: Settings,
) -> Query:
    """The query, looked over."""
    from arrowkg.sparql.query import checked, with_prefixes

    if example is not None:
        from arrowkg.sparql.binding import bound
        from arrowkg.sparql.examples import example_named

        given: dict[str, str] = {}
        for value in values:
            name, sign, content = value.partition("=")
            if not sign or name in given:
                raise UsageError(f"--set {value!r} is not NAME=VALUE" if not sign else f"--set {name} is given twice")
            given[name] = content
        return checked(bound(example_named(example), given, schema_ns), settings, example)
    name = file or "query"
    text = sparql if file is None else _content(file, settings)
    return checked(with_prefixes(checked(text or "", settings, name).text, schema_ns, name), settings, name)


def _content(file: str, settings: Settings) -> str:
    """The text of a query's file, one byte more than allowed at most."""
    with Input(file, settings) as opened:
        content = opened.read(settings.query_text_bytes + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.end >= len(content) > settings.query_text_bytes:
            return content.decode("utf-8-sig", errors="replace")
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError("the query is not UTF-8", file=file, line=line) from None


def _listed() -> str:
    from arrowkg.sparql.examples import examples

    blocks = []
    for example in examples():
        told = [f"{example.title}. {example.description}"]
        for one in example.parameters:
            told.append(f'--set {one.name}="{one.example}"  {one.description}')
        told.append(f"columns: {', '.join(column.name for column in example.columns)}")
        lines = [fill(text, _WIDTH, initial_indent="  ", subsequent_indent="    ") for text in told]
        blocks.append("\n".join([example.name, *lines]))
    return "\n\n".join(blocks) + "\n"
