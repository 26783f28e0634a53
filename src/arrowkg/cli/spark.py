"""``arrowkg spark``: listings of any size to RDF, by a cluster."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import click

from arrowkg.cli.checking import checking_options, report_rendering
from arrowkg.cli.configuration import configured, mapping_options
from arrowkg.cli.console import Console, console_options
from arrowkg.cli.places import check_places
from arrowkg.cli.rejects import Rejects
from arrowkg.errors import UsageError
from arrowkg.files import STDIN_OR_STDOUT, Output
from arrowkg.formats import format_named
from arrowkg.settings import EXAMPLE_BASE_IRI, FailOn
from arrowkg.validation import engine_named, load_shapes

if TYPE_CHECKING:
    from arrowkg.scale.spark.job import Outcome

_COMPRESSIONS: Final = {"gz": ".gz", "zst": ".zst", "none": ""}


@click.command("spark")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", required=True, metavar="OUT", help="A folder for the parts; it is made if need be.")
@click.option("--master", metavar="URL", help="The cluster, such as spark://HOST:7077, yarn or local[*].")
@click.option("--conf", multiple=True, metavar="NAME=VALUE", help="Something of Spark's own configuration.")
@click.option("--from", "from_", type=click.Choice(["jsonl", "parquet"]), help="The input format, if not by suffix.")
@click.option("--to", metavar="FORMAT", help="N-Triples or N-Quads. [default: N-Quads with --graph]")
@click.option("--graph", metavar="IRI", help="The named graph to write into.")
@click.option(
    "--compression", type=click.Choice(list(_COMPRESSIONS)), default="gz", show_default=True, help="Of the parts."
)
@click.option("--parts", type=click.IntRange(min=1), metavar="N", help="How many parts. [default: by size]")
@mapping_options
@checking_options("OUT")
@click.option("--skip-bad", is_flag=True, help="Go on without records that cannot be read or mapped.")
@click.option("--rejects", metavar="FILE", help="Where such records go. [default: OUT.rejects.jsonl]")
@console_options
def command(
    inputs: tuple[str, ...],
    output: str,
    master: str | None,
    conf: tuple[str, ...],
    from_: str | None,
    to: str | None,
    graph: str | None,
    compression: str,
    parts: int | None,
    base_iri: str | None,
    schema_ns: str | None,
    abstracts: bool | None,
    characters: str | None,
    validate: bool,
    fail_on: str | None,
    engine: str | None,
    report: str | None,
    skip_bad: bool,
    rejects: str | None,
    quiet: bool,
    no_progress: bool,
    error_format: str,
    debug: bool,
) -> int:
    """Turn listings of any size into RDF on an Apache Spark cluster.

    INPUT is JSON Lines or Parquet with one paper a line or row: files, folders or patterns that every machine can read
    (local disk, hdfs://, s3a://). OUT is a folder on a disk that all machines share, or an address of a
    folder that is not there yet. It gets the same triples as arrowkg export gives, each once, in parts; and the report,
    counts as VoID, and a manifest.
    """
    from arrowkg.scale.spark.job import Job, carry_out
    from arrowkg.scale.spark.places import FileSystem, SharedFolder, is_address
    from arrowkg.scale.spark.session import spark_session

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
    suffix = _suffix(to, graph, compression)
    if report is not None:
        report_rendering(report)
        if not validate:
            raise UsageError("--report and --no-validate exclude each other")
    if STDIN_OR_STDOUT in (*inputs, output):
        raise UsageError("a cluster has no standard input and output", hint="name files that every machine can reach")
    if is_address(output) and skip_bad and not rejects:
        raise UsageError("--skip-bad with an OUT that is no path needs --rejects FILE")
    bad = Rejects(output, rejects, skip_bad=skip_bad, console=console)
    check_places(inputs, output, report, bad.name if skip_bad else None)
    with ExitStack() as stack:
        session = stack.enter_context(spark_session(master, _conf(conf), shows_progress=console.shows_progress))
        stack.enter_context(bad)
        report_place = stack.enter_context(Output(report)) if report else None
        shapes = load_shapes(None, settings.schema_ns) if validate else None
        if shapes is not None:
            # Each task makes one of its own; whether that can be is told once.
            engine_named(settings.engine, shapes, console.notice)
        job = Job(inputs, from_, settings, graph, shapes, suffix, parts, bad.add if skip_bad else None)
        place = FileSystem(output, session, suffix) if is_address(output) else SharedFolder(output)
        outcome = carry_out(session, job, place)
        if report_place is not None and outcome.report is not None:
            from arrowkg.validation.renderings import render

            rendered = render(outcome.report, report_rendering(report_place.name), fail_on=settings.fail_on)
            report_place.write(rendered.encode())
            report_place.commit()
    return _tell(outcome, output, settings.fail_on, settings.base_iri, bad, console)


def _suffix(to: str | None, graph: str | None, compression: str) -> str:
    """How the names of parts end."""
    chosen = format_named(to) if to else format_named("nquads" if graph else "ntriples")
    if chosen.name not in ("ntriples", "nquads"):
        raise UsageError(f"parts cannot be {chosen.title}", hint="they are N-Triples or N-Quads")
    if graph is not None:
        from arrowkg.stores.remote.endpoint import checked_iri

        if not chosen.has_graphs:
            raise UsageError(f"{chosen.title} has no named graphs", hint="--graph needs N-Quads")
        checked_iri(graph)
    return chosen.suffixes[0] + _COMPRESSIONS[compression]


def _conf(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.startswith("spark."):
            raise UsageError(f"--conf {one}: no setting of Spark's", hint="such as --conf spark.executor.memory=4g")
        found[name] = value
    return found


def _tell(outcome: Outcome, output: str, fail_on: FailOn, base_iri: str, bad: Rejects, console: Console) -> int:
    """Print what was done; the exit code."""
    for notice in outcome.notices:
        console.notice(notice)
    for topic, count in outcome.topics.items():
        shown = sum(notice.topic == topic for notice in outcome.notices)
        if count > shown:
            console.say(f"and {count - shown:,} more of: {topic}")
    if outcome.report is not None:
        from arrowkg.validation.renderings.text import render_summary, render_text

        write = render_summary if outcome.is_written else render_text
        console.say(write(outcome.report, fail_on=fail_on).rstrip("\n"))
    if bad.count:
        console.say(f"left out {bad.count:,} bad record{'' if bad.count == 1 else 's'}, listed in {bad.name}")
    if not outcome.is_written:
        console.say(f"{output} is not written, since the graph does not conform")
        return 1
    papers = f"{outcome.papers:,} paper{'' if outcome.papers == 1 else 's'}"
    parts = f"{outcome.parts:,} part{'' if outcome.parts == 1 else 's'}"
    rate = outcome.papers / max(console.seconds, 0.001)
    console.say(
        f"wrote {output}: {papers}, {outcome.triples:,} triples in {parts} "
        f"in {console.seconds:.1f} s ({rate:,.0f} papers a second)"
    )
    if base_iri == EXAMPLE_BASE_IRI:
        console.say(f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri before you publish")
    return 0
