"""``arrowkg export``: listings to RDF."""

from __future__ import annotations

from contextlib import ExitStack

import click

from arrowkg.cli.checking import PAGE_RULES, checking_options, report_rendering
from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.cli.rejects import Rejects
from arrowkg.errors import UsageError
from arrowkg.files import STDIN_OR_STDOUT, Output
from arrowkg.formats import Format, format_for, format_named
from arrowkg.pipeline import Hooks, Summary
from arrowkg.scale.exporting import Job, carry_out, cores
from arrowkg.scale.journal import Journal
from arrowkg.scale.work import Plan
from arrowkg.settings import EXAMPLE_BASE_IRI, Settings
from arrowkg.sinks import Target
from arrowkg.sources import source_named


@click.command("export")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", default=STDIN_OR_STDOUT, metavar="FILE", help="Where to write; - is standard output.")
@click.option("--from", "from_", metavar="FORMAT", help="The input format, if it is not to be found out.")
@click.option("--to", metavar="FORMAT", help="The output format, if FILE's suffix does not name it; Turtle on -.")
@click.option("--jsonl", is_flag=True, help="With JSON-LD: one document a line, each with a whole record.")
@click.option("--graph", metavar="IRI", help="The named graph to write into (N-Quads, TriG, JSON-LD).")
@mapping_options
@click.option("--sort/--no-sort", default=None, help="Sort, or keep the order of the input. [default: by format]")
@checking_options("FILE")
@click.option("--skip-bad", is_flag=True, help="Go on without records that cannot be read or mapped.")
@click.option("--rejects", metavar="FILE", help="Where such records go. [default: OUTPUT.rejects.jsonl]")
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="Processes that map. [default: the cores there are]"
)
@click.option("--resume", is_flag=True, help="Keep what is done in FILE.journal, and go on from it if it is there.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Read no more than N papers.")
@console_options
def command(
    inputs: tuple[str, ...],
    output: str,
    from_: str | None,
    to: str | None,
    jsonl: bool,
    graph: str | None,
    base_iri: str | None,
    schema_ns: str | None,
    abstracts: bool | None,
    characters: str | None,
    sort: bool | None,
    validate: bool,
    fail_on: str | None,
    engine: str | None,
    report: str | None,
    skip_bad: bool,
    rejects: str | None,
    workers: int | None,
    resume: bool,
    limit: int | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Turn listings into RDF, checked before it is put in its place.

    INPUT is an Arrow author page saved as text or HTML, or JSON Lines with one paper a line; it may be compressed,
    and - is standard input.
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
    chosen = _format(output, to, jsonl=jsonl)
    if report is not None:
        report_rendering(report)
        if not validate:
            raise UsageError("--report and --no-validate exclude each other")
    source = None if from_ is None else source_named(from_)
    bad = Rejects(output, rejects, skip_bad=skip_bad, console=console)
    check_places(inputs, output, report, bad.name if skip_bad else None)
    with ExitStack() as stack:
        stack.enter_context(bad)
        journal = stack.enter_context(Journal(output)) if resume else None
        place = stack.enter_context(Output(output, aside=journal.folder if journal else None))
        # Opened before the work, so that a report that cannot be written is told of before it.
        report_place = stack.enter_context(Output(report)) if report else None
        target = Target(place, chosen, chosen.is_sorted if sort is None else sort, graph)
        hooks = Hooks(notice=console.notice, bad=bad.add if skip_bad else None, progress=console.progress)
        plan = Plan(
            settings,
            chosen.name,
            graph,
            target.is_sorted,
            skip_bad,
            is_checked=validate,
            skipped_shapes=PAGE_RULES if validate and limit is not None else (),
        )
        summary = carry_out(Job(inputs, source, limit, target, plan, workers or cores(), journal), hooks)
        if report_place is not None and summary.report is not None:
            from arrowkg.validation.renderings import render

            name = report_rendering(report_place.name)
            report_place.write(render(summary.report, name, fail_on=settings.fail_on).encode())
            report_place.commit()
    console.end_notices()
    return _tell(summary, output, chosen, settings, bad, console)


def _format(output: str, to: str | None, *, jsonl: bool) -> Format:
    if to is not None:
        chosen = format_named(to)
    elif output == STDIN_OR_STDOUT:
        chosen = format_named("jsonld" if jsonl else "turtle")
    else:
        chosen = format_for(output)
    if jsonl and chosen.name not in ("jsonld", "jsonld-lines"):
        raise UsageError(f"--jsonl goes with JSON-LD, not with {chosen.title}")
    return format_named("jsonld-lines") if jsonl else chosen


def _tell(summary: Summary, output: str, chosen: Format, settings: Settings, bad: Rejects, console: Console) -> int:
    """Print what was done; the exit code."""
    if summary.report is not None:
        from arrowkg.validation.renderings.text import render_summary, render_text

        write = render_summary if summary.is_written else render_text
        console.say(write(summary.report, fail_on=settings.fail_on).rstrip("\n"))
    if bad.count:
        console.say(f"left out {bad.count:,} bad record{'' if bad.count == 1 else 's'}, listed in {bad.name}")
    shown = "standard output" if output == STDIN_OR_STDOUT else output
    if not summary.is_written:
        console.say(f"{shown} is not written, since the graph does not conform")
        return 1
    rate = summary.papers / max(console.seconds, 0.001)
    papers = f"{summary.papers:,} paper{'' if summary.papers == 1 else 's'}"
    console.say(
        f"wrote {shown}: {papers}, {summary.triples:,} triples as {chosen.title} "
        f"in {console.seconds:.1f} s ({rate:,.0f} papers a second)"
    )
    if settings.base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
