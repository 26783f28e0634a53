"""``arrowkg validate``: check RDF or listings."""

from __future__ import annotations

import sys
from itertools import islice

import click

from arrowkg.cli.checking import PAGE_RULES
from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.files import STDIN_OR_STDOUT, Input, Output
from arrowkg.formats.reading import read_rdf
from arrowkg.pipeline import Hooks, OnNotice, entries_of, mapped
from arrowkg.settings import EngineName, Settings
from arrowkg.sources import Source, guess, source_named
from arrowkg.terms import Triple
from arrowkg.validation import Checking, Engine, Report, check_graph, engine_named, load_shapes
from arrowkg.validation.renderings import RENDERINGS, render
from arrowkg.vocab import SCHEMA


@click.command("validate")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o", "--output", default=STDIN_OR_STDOUT, metavar="FILE", help="Where the report goes; - is standard output."
)
@click.option("--from", "from_", metavar="FORMAT", help="The input format, if it is not to be found out.")
@click.option("--shapes", metavar="FOLDER", help="Other shapes: a folder of Turtle files, or one file.")
@click.option(
    "--report-format",
    type=click.Choice([found.name for found in RENDERINGS]),
    default="text",
    show_default=True,
    help="The report's form.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["violation", "warning", "info", "never"]),
    help="The least severity that exits with 1.",
)
@click.option(
    "--engine",
    type=click.Choice(["compiled", "pyshacl"]),
    help="What checks: arrowkg's own engine, or pySHACL. [default: compiled]",
)
@mapping_options
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Read no more than N papers of each listing.")
@console_options
def command(
    inputs: tuple[str, ...],
    output: str,
    from_: str | None,
    shapes: str | None,
    report_format: str,
    fail_on: str | None,
    engine: str | None,
    base_iri: str | None,
    schema_ns: str | None,
    abstracts: bool | None,
    characters: str | None,
    limit: int | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Check RDF or listings against SHACL shapes, and report.

    INPUT is an RDF file, checked as a whole, or a listing, mapped and checked record by record.
    """
    console = Console(quiet=quiet, no_progress=no_progress, error_format=error_format)
    flags = {
        "base_iri": base_iri,
        "schema_ns": schema_ns,
        "abstracts": abstracts,
        "characters": characters,
        "fail_on": fail_on,
        "engine": engine,
    }
    settings = configured(flags).settings
    check_places(inputs, output)
    report = Report(settings.max_results)
    engines = _Engines(settings.engine, shapes, console.notice)
    for name in inputs:
        with Input(name, settings) as opened:
            source = None if from_ is None else source_named(from_)
            taken_for = None if source else guess(opened)
            if taken_for is not None and taken_for.rdf is not None:
                triples = read_rdf(opened, taken_for.rdf)
                form = schema_ns or _form_of(triples) or settings.schema_ns
                check_graph(triples, name, engines.get(form), report)
                continue
            chosen = source or (taken_for.source if taken_for else None)
            assert chosen is not None
            hooks = Hooks(notice=console.notice, progress=console.progress)
            skipped = PAGE_RULES if limit is not None else ()
            checking = Checking(engines.get(settings.schema_ns), settings, report, skipped)
            _check_listing(checking, opened, chosen, settings, hooks, limit)
    console.end_notices()
    with Output(output) as place:
        place.write(render(report, report_format, fail_on=settings.fail_on).encode())
        place.commit()
    return 0 if report.conforms(settings.fail_on) else 1


class _Engines:
    """The engine for each form of schema.org's namespace, made when it is first needed."""

    def __init__(self, name: EngineName, shapes: str | None, notice: OnNotice) -> None:
        self._name: EngineName = name
        self._shapes = shapes
        self._notice = notice
        self._made: dict[str, Engine] = {}

    def get(self, schema_ns: str) -> Engine:
        if schema_ns not in self._made:
            shapes = load_shapes(self._shapes, schema_ns)
            self._made[schema_ns] = engine_named(self._name, shapes, self._notice)
        return self._made[schema_ns]


def _check_listing(
    checking: Checking, opened: Input, source: Source, settings: Settings, hooks: Hooks, limit: int | None
) -> None:
    most = None if limit is None else min(limit, sys.maxsize)
    entries = islice(entries_of(opened, source, settings, hooks), most)
    for entry, record in mapped(entries, settings, hooks):
        checking.add(entry, record)
    checking.finished()


def _form_of(triples: list[Triple]) -> str | None:
    """Which form of schema.org's namespace a graph uses; ``None`` if it uses none or both."""
    forms = [form for form, namespace in SCHEMA.items() if any(p.startswith(f"<{namespace}") for _, p, _ in triples)]
    return forms[0] if len(forms) == 1 else None
