"""Shards come together: the parent alone decides, in the order of the input, what is told and what is written."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from operator import itemgetter
from typing import Final

from arrowkg.errors import BadRecord
from arrowkg.formats import Options
from arrowkg.formats.ordering import key_of
from arrowkg.mapping import record_triples
from arrowkg.pipeline import Hooks, Summary, conclude
from arrowkg.repeats import KEY_BYTES, ChunkRepeats, EqualEntries, Written
from arrowkg.scale.chunks import Chunk
from arrowkg.scale.pool import Pool, Task
from arrowkg.scale.shards import SPAN, Shard
from arrowkg.scale.work import Plan
from arrowkg.scale.worker import LENGTH, SORTED
from arrowkg.settings import Settings
from arrowkg.sinks import SortForm, Target
from arrowkg.spool import Spool
from arrowkg.terms import Triple
from arrowkg.validation import Report

_SORTED_CHARACTERS: Final = 1 << 20
_HELD_BYTES: Final = 1 << 18
_KEY: Final = struct.Struct(f"{KEY_BYTES}s")


class Merging:
    """Takes the shards of a run, in order.

    Args:
        target: where and how to write.
        plan: what the chunks were done by.
        hooks: whom to tell.
        stack: closes what holds temporary files.
    """

    def __init__(self, target: Target, plan: Plan, hooks: Hooks, stack: ExitStack) -> None:
        self._output = target.output
        self._settings = plan.settings
        self._hooks = hooks
        self._equal = stack.enter_context(EqualEntries(plan.settings.sort_bytes))
        self._sink = _SortedShards(target, plan.settings, stack) if plan.is_sorted else _JoinedShards(target, plan)
        self._report: Report | None = None
        if plan.is_checked:
            self._report = Report(plan.settings.max_results)
            self._report.skipped_rules += sorted(plan.skipped_shapes)
        self._summary = Summary()
        self._file = ""
        self._papers_of_file = 0

    def take(self, chunk: Chunk, shard: Shard, *, is_cut: bool = False) -> None:
        """Take the next shard; if it is cut, what was told after its last record is left out.

        Raises:
            ArrowkgError: what ended the work on the chunk, or the reading before it.
        """
        self._tell(chunk, shard, is_cut=is_cut or shard.error is not None)
        if shard.error is not None:
            raise shard.error
        for file, count in shard.parsed:
            if file != self._file:
                self._file, self._papers_of_file = file, 0
            self._papers_of_file += count
        for file, line, digest in shard.entries:
            self._equal.add(file, line, digest)
        self._summary.papers += len(shard.entries)
        if self._report is not None:
            self._report.checked += shard.checked - len(shard.found)
            for found in shard.found:
                self._report.add(found.results, found.file, found.line, found.title)
        self._sink.add(chunk, shard)
        if self._hooks.progress and self._papers_of_file:
            self._hooks.progress(chunk.reading, self._papers_of_file)

    def _tell(self, chunk: Chunk, shard: Shard, *, is_cut: bool) -> None:
        """Tell what was told while records were found and while they were done, each in its place."""
        told = [event for event in chunk.told if event[0] <= shard.last] if is_cut else chunk.told
        for _, what in heapq.merge(told, shard.events, key=itemgetter(0)):
            if not isinstance(what, BadRecord):
                self._hooks.notice(what)
            elif self._hooks.bad is None:
                raise what
            else:
                self._hooks.bad(what)

    def finish(self, pool: Pool) -> Summary:
        """End the run.

        Raises:
            InputError: there was no paper at all.
            OutputError: the output cannot be written.
        """
        report = self._report
        checked = None if report is None else lambda: report
        finish = self._sink.finish
        conclude(self._summary, self._equal, checked, lambda: finish(pool), self._output, self._settings, self._hooks)
        return self._summary


class _JoinedShards:
    """Writes the text of shards as they come, less what of shared nodes was written before."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self._output = target.output
        self._settings = plan.settings
        self._writer = target.format.writer(Options(plan.settings.schema_ns, target.graph))
        self._between = self._writer.between.encode()
        self._written = Written()
        self._held = memoryview(bytearray(_HELD_BYTES))
        self._held_size = 0
        self._is_started = False
        self._triples = 0

    def add(self, chunk: Chunk, shard: Shard) -> None:
        """Take the shard of a chunk."""
        text = shard.whole_text
        if not text:
            return
        parts: list[bytes | memoryview] = []
        start = 0
        if not self._is_started:
            self._is_started = True
            parts.append(self._writer.start(None).encode())
            # Nothing stands before the first piece.
            start = len(self._between)
        triples = shard.triples
        # All keys of a chunk at once, since one call a block would cost more than what it asks.
        keys = [key for (key,) in _KEY.iter_unpack(shard.keys)]
        came_before = self._written.came_before(keys)
        first = 0
        for begin, end, count, place, how_many in SPAN.iter_unpack(shard.spans):
            after = first + how_many
            known = came_before.count(1, first, after)
            if not known:
                triples += count
                first = after
                continue
            if start < begin:
                parts.append(text[start:begin])
            start = end
            if known < how_many:
                fresh = [keys[i] for i in range(first, after) if not came_before[i]]
                names = self._names(chunk, place, fresh)
                parts += (self._between, self._writer.record([], names).encode())
                triples += len(names)
            first = after
        parts.append(text[start:])
        self._triples += triples
        self._write(parts)

    def _write(self, parts: list[bytes | memoryview]) -> None:
        """Write parts, small ones gathered first in memory that is used again and again."""
        for part in parts:
            end = self._held_size + len(part)
            if end > _HELD_BYTES:
                self._flush()
                end = len(part)
            if end > _HELD_BYTES:
                self._output.write(part)
            else:
                self._held[self._held_size : end] = part
                self._held_size = end

    def _flush(self) -> None:
        self._output.write(self._held[: self._held_size])
        self._held_size = 0

    def _names(self, chunk: Chunk, place: int, keys: list[bytes]) -> list[Triple]:
        """The triples of a record that have some spellings; they are not worth carrying, since few are asked for."""
        record, source = chunk.records[place]
        settings = self._settings
        paper = source.parse(record, settings, lambda notice: None)
        shared = record_triples(paper, settings, record.capture).shared
        found = dict(pair for block in ChunkRepeats(settings.schema_ns).blocks(shared) for pair in block.spellings())
        return [triple for key in keys for triple in found[key]]

    def finish(self, pool: Pool) -> int:
        """Write what stands at the end; the number of triples."""
        self._write([self._writer.finish().encode()])
        self._flush()
        return self._triples


class _SortedShards:
    """Gathers the texts of shards, then has them written in order."""

    def __init__(self, target: Target, settings: Settings, stack: ExitStack) -> None:
        self._output = target.output
        self._spool = stack.enter_context(Spool(settings.sort_bytes))
        self._form = SortForm(target.format, target.graph, settings)
        self._prefixes: set[str] = set()

    def add(self, chunk: Chunk, shard: Shard) -> None:
        """Take the shard of a chunk."""
        # Only line feeds end a text here; texts hold form feeds and U+2028 as they are.
        whole = bytes(shard.whole_text)
        texts = [text.decode() for text in whole.split(b"\n")]
        texts.pop()
        self._spool.extend(texts, len(whole))
        self._prefixes.update(shard.prefixes)

    def finish(self, pool: Pool) -> int:
        """Write all of it; the number of triples."""
        writer = self._form.writer
        self._output.write(writer.start(self._prefixes).encode())
        triples = 0
        start = len(writer.between.encode())
        for count, text in self._lines() if self._form.is_by_line else _written_by(pool, self._spool.sorted()):
            triples += count
            self._output.write(text[start:])
            start = 0
        self._output.write(writer.finish().encode())
        return triples

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        parts = []
        for _, line in self._form.written(self._spool.sorted()):
            parts.append(line)
            if len(parts) == 1000:
                yield 1000, "".join(parts).encode()
                parts.clear()
        yield len(parts), "".join(parts).encode()


def _written_by(pool: Pool, texts: Iterator[str]) -> Iterator[tuple[int, memoryview]]:
    """What workers write of sorted texts, piece by piece, each with the number of its triples."""
    tasks = (Task(number, data, SORTED) for number, data in enumerate(_pieces(texts)))
    for _, result in pool.results(tasks):
        yield LENGTH.unpack(result[: LENGTH.size])[0], result[LENGTH.size :]


def _pieces(texts: Iterator[str]) -> Iterator[bytes]:
    """Sorted texts in pieces, those of one key in one piece."""
    parts: list[str] = []
    size = 0
    for text in texts:
        if size >= _SORTED_CHARACTERS and key_of(text) != key_of(parts[-1]):
            yield "\n".join([*parts, ""]).encode()
            parts.clear()
            size = 0
        parts.append(text)
        size += len(text)
    if parts:
        yield "\n".join([*parts, ""]).encode()
