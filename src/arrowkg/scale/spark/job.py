"""The run: what Spark is asked to do, in which order, and what becomes of the answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from arrowkg.errors import BadRecord, InputError
from arrowkg.model import Notice
from arrowkg.scale.spark.parts import Part
from arrowkg.scale.spark.places import Destination
from arrowkg.scale.spark.plan import Place, Plan
from arrowkg.scale.spark.reading import Inputs, found_inputs, starts_of
from arrowkg.scale.spark.records import lines_of, rows_of, units
from arrowkg.scale.spark.session import cluster_errors
from arrowkg.scale.spark.told import MergedReport, Reject, Told, gathered
from arrowkg.settings import MIB, Settings
from arrowkg.spool import Spool
from arrowkg.validation import Report, Shapes

OnReject = Callable[[BadRecord], None]
_BYTES_OF_PART: Final = 64 * MIB
# However few the papers are, some machines can work at once; and the number of machines must not change the parts.
_FEWEST_PARTS: Final = 8
# Partitions whose bad records the driver takes at a time.
_MOST_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done.

    Attributes:
        inputs: paths of files, folders or patterns, of any file system that Spark knows.
        source: ``jsonl`` or ``parquet``; by suffix if it is ``None``.
        settings: the base IRI and all else.
        graph: the IRI of the named graph to write into, or ``None``.
        shapes: what records are checked against; ``None`` for no validation.
        suffix: how the names of parts end, such as ``.nt.gz``.
        parts: how many parts are written; by the size of the inputs if it is ``None``.
        on_bad: called with each bad record, in the order of the inputs; if ``None``, the first one ends the run.
    """

    inputs: Sequence[str]
    source: str | None
    settings: Settings
    graph: str | None
    shapes: Shapes | None
    suffix: str
    parts: int | None = None
    on_bad: OnReject | None = None


@dataclass(slots=True)
class Outcome:
    """What was done.

    Attributes:
        papers: how many papers were mapped.
        triples: how many triples were written, each one once.
        parts: how many files they are in.
        report: what validation found, or ``None`` if there was none.
        notices: the first notices of each topic.
        topics: how many notices there are of each topic.
        is_written: whether the output was put in its place.
    """

    papers: int
    triples: int
    parts: int
    report: Report | None
    notices: list[Notice]
    topics: Counter[str]
    is_written: bool


def carry_out(session: Any, job: Job, output: Destination) -> Outcome:
    """Do it all.

    Args:
        session: Spark.
        job: what to do.
        output: where parts go.

    Raises:
        BadRecord: a record cannot be read or mapped, and ``job.on_bad`` is ``None``.
        InputError: an input cannot be read, or there is no paper at all.
        OutputError: the output cannot be written.
        StoreError: the cluster failed.
    """
    inputs = found_inputs(session, job.inputs, job.source)
    plan = _plan(session, job, inputs)
    context = session.sparkContext
    with cluster_errors():
        shared = context.broadcast(plan)
        blocks = _blocks(context, inputs, shared, plan.parts + plan.sides)
    with ExitStack() as stack:
        # Before the work, so that a place that cannot be written is told of before it.
        written = stack.enter_context(output.building())
        rejects = stack.enter_context(Spool(job.settings.sort_bytes))
        told = _told(context, blocks, plan, rejects)
        _end_on_errors(told, plan, job, rejects)
        report = None if job.shapes is None else MergedReport(told, plan.names, job.settings.max_results)
        if report is not None and not report.conforms(job.settings.fail_on):
            return _outcome(told, [], report, is_written=False)
        with cluster_errors():
            parts = list(written.parts(context, blocks, shared, plan))
        for part in parts:
            told.take(part.told, 0)
        written.finish(parts, plan, told, report)
    return _outcome(told, parts, report, is_written=True)


def _plan(session: Any, job: Job, inputs: Inputs) -> Plan:
    parts = job.parts or max(_FEWEST_PARTS, -(-inputs.size // _BYTES_OF_PART))
    return Plan(
        settings=job.settings,
        graph=job.graph,
        shapes=job.shapes,
        skip_bad=job.on_bad is not None,
        parts=parts,
        sides=max(1, parts // 4),
        names=inputs.names,
        numbers=inputs.numbers,
        starts=starts_of(inputs),
        suffix=job.suffix,
    )


def _blocks(context: Any, inputs: Inputs, shared: Any, partitions: int) -> Any:
    """The shuffle: blocks by the partition that they go to. It is kept, so that several jobs read it."""

    def of_lines(number: int, rows: Iterable[Any]) -> Iterator[tuple[int, bytes]]:
        return units(lines_of(rows, shared.value), shared.value, number, is_tried_again=_is_tried_again())

    def of_rows(number: int, rows: Iterable[Any]) -> Iterator[tuple[int, bytes]]:
        return units(rows_of(rows, shared.value), shared.value, number, is_tried_again=_is_tried_again())

    found = []
    if inputs.lines is not None:
        found.append(inputs.lines.rdd.mapPartitionsWithIndex(of_lines, preservesPartitioning=True))
    if inputs.rows is not None:
        found.append(inputs.rows.rdd.mapPartitionsWithIndex(of_rows, preservesPartitioning=True))
    whole = found[0] if len(found) == 1 else context.union(found)
    return whole.partitionBy(partitions, _itself)


def _is_tried_again() -> bool:
    """Whether the task that runs this failed before."""
    from pyspark import TaskContext

    task = TaskContext.get()
    return task is not None and task.attemptNumber() > 0


def _itself(partition: int) -> int:
    return partition


def _told(context: Any, blocks: Any, plan: Plan, rejects: Spool) -> Told:
    """What is told beside the graph; the first of these jobs is the one that maps all records.

    Bad records may be many, so they come from a few partitions at a time and go to a spool.
    """
    most = plan.settings.max_results

    def gather(rows: Iterable[tuple[int, bytes]]) -> Iterator[Told]:
        yield gathered((block for _, block in rows), most)

    whole = Told()
    step = min(_MOST_AT_ONCE, max(1, int(context.defaultParallelism)))
    for first in range(plan.parts, plan.parts + plan.sides, step):
        some = list(range(first, min(first + step, plan.parts + plan.sides)))
        with cluster_errors():
            found = context.runJob(blocks, gather, some)
        for told in found:
            whole.take(told, most)
            for reject in told.rejects:
                rejects.add(_line_of(reject))
    return whole


def _line_of(reject: Reject) -> str:
    file, line = reject.place
    content = [reject.reason, reject.hint, reject.record.decode("latin-1"), reject.is_bug]
    return f"{file:08d} {line:015d} {json.dumps(content)}"


def _end_on_errors(told: Told, plan: Plan, job: Job, rejects: Spool) -> None:
    """Tell of bad records in the order of the inputs, or raise the first; raise what else ends the run."""
    for text in rejects.sorted():
        file, line, content = text.split(" ", 2)
        reason, hint, record, is_bug = json.loads(content)
        error = BadRecord(reason, hint=hint, file=plan.names[int(file)], line=int(line))
        error.record = record.encode("latin-1")
        if job.on_bad is None:
            if is_bug:
                raise RuntimeError(f"{error}")
            raise error
        job.on_bad(error)
    if told.fatal is not None:
        raise told.fatal
    if not told.papers:
        raise InputError("no paper was found", hint="nothing is written")


def _outcome(told: Told, parts: list[Part], report: Report | None, *, is_written: bool) -> Outcome:
    shown: list[tuple[Place, str, Notice]] = [one for topic in told.topics.values() for one in topic.first]
    return Outcome(
        papers=told.papers.total(),
        triples=sum(part.triples for part in parts),
        parts=len(parts),
        report=report,
        notices=[notice for _, _, notice in sorted(shown, key=lambda one: (one[0], one[1]))],
        topics=Counter({name: topic.times for name, topic in sorted(told.topics.items())}),
        is_written=is_written,
    )
