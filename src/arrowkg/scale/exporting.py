"""Exporting with all cores: whether workers pay, and the loop that keeps them busy."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from arrowkg.model import Entry
from arrowkg.pipeline import Hooks, Summary, entry_of, export, read
from arrowkg.scale import shards
from arrowkg.scale.chunks import CHUNK_BYTES, Chunk, chunks, packed, records_of
from arrowkg.scale.journal import Journal
from arrowkg.scale.merging import Merging
from arrowkg.scale.pool import Pool, Task
from arrowkg.scale.work import Plan, Work
from arrowkg.sinks import Target
from arrowkg.sources import Source

# A record takes a worker about a tenth of a millisecond, or half of one if it is checked.
_CHUNK_RECORDS: Final = 300
_CHUNK_RECORDS_CHECKED: Final = 100
# So many chunks one process has done before others have started.
_FEW_CHUNKS: Final = 16


@dataclass(frozen=True, slots=True)
class Job:
    """An export of listings.

    Attributes:
        inputs: paths, or ``-`` for standard input.
        source: the input format; found out from each input if it is ``None``.
        limit: read no more than so many papers.
        target: where and how to write.
        plan: what is done with each record.
        workers: how many processes there are, at most.
        journal: keeps what is finished, for another run to go on from, or ``None``.
    """

    inputs: Sequence[str]
    source: Source | None
    limit: int | None
    target: Target
    plan: Plan
    workers: int
    journal: Journal | None = None


def cores() -> int:
    """How many processors this process may use.

    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def carry_out(job: Job, hooks: Hooks) -> Summary:
    """Do an export, with the same output and the same told for any number of workers.

    Raises:
        BadRecord: a record cannot be read, mapped or written in this notation, and ``hooks.bad`` is ``None``.
        InputError: an input cannot be read, or there is no paper at all.
        OutputError: the output cannot be written.
        UsageError: the journal is of another run.
        WorkerError: a worker was ended twice by one chunk.
    """
    settings = job.plan.settings
    if job.journal is None and job.workers == 1:
        entries = read(*job.inputs, settings=settings, source=job.source, limit=job.limit, hooks=hooks)
        return _alone(entries, job, hooks)
    most = _CHUNK_RECORDS_CHECKED if job.plan.is_checked else _CHUNK_RECORDS
    # Closed here and not by the collector of cycles, since an error that ends the run holds the reading half-done.
    with closing(chunks(job.inputs, settings, job.source, most)) as found:
        if job.journal is not None:
            job.journal.open(job.inputs, job.plan, (most, CHUNK_BYTES))
            return _with_workers(found, job, hooks)
        first = list(islice(found, _FEW_CHUNKS + 1))
        every = chain(first, found)
        if len(first) <= _FEW_CHUNKS or (job.limit is not None and job.limit <= _FEW_CHUNKS * most):
            most_papers = None if job.limit is None else min(job.limit, sys.maxsize)
            return _alone(islice(_entries(every, job.plan, hooks), most_papers), job, hooks)
        return _with_workers(every, job, hooks)


def _alone(entries: Iterator[Entry], job: Job, hooks: Hooks) -> Summary:
    """The export in this process."""
    checking = Work(job.plan).checking() if job.plan.is_checked else None
    return export(entries, job.target, job.plan.settings, checking, hooks)


def _entries(found: Iterator[Chunk], plan: Plan, hooks: Hooks) -> Iterator[Entry]:
    """The papers of chunks, told of as when they are read one by one."""
    file, done = "", 0
    for chunk in found:
        for record, source in records_of(chunk, hooks):
            entry = entry_of(record, source, plan.settings, hooks)
            if entry is None:
                continue
            done = done + 1 if entry.file == file else 1
            file = entry.file
            if hooks.progress and done % 100 == 1:
                hooks.progress(chunk.reading, done)
            yield entry


def _with_workers(found: Iterator[Chunk], job: Job, hooks: Hooks) -> Summary:
    folder = None if job.journal is None else job.journal.folder
    left = job.limit
    with ExitStack() as stack:
        merging = Merging(job.target, job.plan, hooks, stack)
        pool = stack.enter_context(Pool(job.plan, job.workers, folder))
        for chunk, shard in _shards(found, job, pool):
            if left is not None:
                papers = sum(count for _, count in shard.parsed)
                if papers >= left:
                    # The limit lies in this chunk: what comes after it is as if it had not been read.
                    shard = Work(job.plan).shard(chunk.records, left)
                    merging.take(chunk, shard, is_cut=True)
                    break
                left -= papers
            merging.take(chunk, shard)
            if chunk.error is not None:
                raise chunk.error
        summary = merging.finish(pool)
    if job.journal is not None and summary.is_written:
        job.journal.remove()
    return summary


def _shards(found: Iterator[Chunk], job: Job, pool: Pool) -> Iterator[tuple[Chunk, shards.Shard]]:
    """Each chunk with its shard, in order."""
    under_way: dict[int, tuple[Chunk, memoryview | None]] = {}

    def tasks() -> Iterator[Task]:
        for chunk in found:
            kept = None if job.journal is None else shards.kept(job.journal.folder, chunk.number)
            under_way[chunk.number] = chunk, kept
            if not chunk.records or kept is not None:
                yield Task(chunk.number, None)
            else:
                record = chunk.records[0][0]
                yield Task(chunk.number, packed(chunk), file=record.file, line=record.line, place=chunk.place)

    for task, result in pool.results(tasks()):
        chunk, kept = under_way.pop(task.number)
        yield chunk, shards.from_bytes(result if kept is None else kept) if chunk.records else shards.empty()
