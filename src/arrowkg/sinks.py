"""Where a graph goes: streamed in the order of the input, or sorted, into an output that is not yet in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from arrowkg.errors import BadText, UsageError
from arrowkg.files import Output
from arrowkg.formats import Format, Options, Writer
from arrowkg.formats.names import Names
from arrowkg.formats.ordering import ReadingOrder
from arrowkg.mapping import RecordTriples
from arrowkg.repeats import Repeats
from arrowkg.settings import Settings
from arrowkg.spool import Spool
from arrowkg.terms import Triple, iri
from arrowkg.vocab import prefixes

_CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a graph is written.

    Attributes:
        output: the place, not yet committed.
        format: the notation.
        is_sorted: whether it is sorted; if not, records go out in input order.
        graph: the IRI of the named graph to write into, or ``None``.

    Raises:
        UsageError: a graph is named, and the notation has none, or its name is no IRI.
    """

    output: Output
    format: Format
    is_sorted: bool
    graph: str | None = None

    def __post_init__(self) -> None:
        if self.graph is None:
            return
        if not self.format.has_graphs:
            raise UsageError(f"{self.format.title} has no named graphs", hint="--graph needs nquads, trig or jsonld")
        try:
            iri(self.graph)
        except BadText as error:
            raise UsageError(f"--graph: {error.reason}") from None
        scheme = self.graph.partition(":")[0]
        if self.format.name.startswith("jsonld") and scheme in prefixes("https"):
            raise UsageError(
                f"the graph cannot be named {self.graph!r}, which JSON-LD reads as a prefixed name",
                hint="name it by an http or urn IRI",
            )


class Streamed:
    """Writes records as they come, less what of shared nodes was written before."""

    def __init__(self, target: Target, settings: Settings) -> None:
        self._output = target.output
        self._writer: Writer = target.format.writer(Options(settings.schema_ns, target.graph))
        self._repeats = None if target.format.is_by_record else Repeats(settings.schema_ns)
        self._parts = [self._writer.start(None).encode()]
        self._between = ""
        self._size = 0
        self._triples = 0

    def add(self, record: RecordTriples) -> None:
        """Take a record."""
        shared = self._repeats.without(record.shared) if self._repeats else record.shared
        self._triples += len(record.own) + len(shared)
        # Encoded one by one: in a join of many, one rare character would make each take two bytes or four.
        text = (self._between + self._writer.record(record.own, shared)).encode()
        self._between = self._writer.between
        self._parts.append(text)
        self._size += len(text)
        if self._size > _CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._output.write(b"".join(self._parts))
        self._parts.clear()
        self._size = 0

    def finish(self) -> int:
        """Write what is left; the number of triples."""
        self._parts.append(self._writer.finish().encode())
        self._flush()
        return self._triples


class SortForm:
    """The texts that stand for records while they are sorted, and what is written of sorted texts.

    Args:
        chosen: the notation.
        graph: the IRI of the graph to write into, or ``None``.
        settings: the base IRI, and schema.org's namespace.

    Attributes:
        writer: the notation's writer.
        is_by_line: whether each text is a line of the output.
        prefixes: those that the records so far need.
    """

    def __init__(self, chosen: Format, graph: str | None, settings: Settings) -> None:
        self.writer: Writer = chosen.writer(Options(settings.schema_ns, graph))
        self.is_by_line = chosen.name in ("ntriples", "nquads")
        self.prefixes: set[str] = set()
        self._order = ReadingOrder(settings.base_iri, settings.schema_ns, is_by_record=chosen.is_by_record)
        self._names = Names(settings.schema_ns)

    def texts(self, own: Sequence[Triple], shared: Sequence[Triple]) -> Iterable[str]:
        """The texts of a record."""
        if self.is_by_line:
            # Only line feeds end a line here; texts hold form feeds and U+2028 as they are.
            return self.writer.record(own, shared).split("\n")[:-1]
        self.prefixes |= self._names.prefixes_of(own)
        self.prefixes |= self._names.prefixes_of(shared)
        return self._order.texts(own, shared)

    def written(self, texts: Iterable[str]) -> Iterator[tuple[int, str]]:
        """What is written of sorted texts, piece by piece, each with the number of its triples."""
        if self.is_by_line:
            for line, _ in groupby(texts):
                yield 1, f"{line}\n"
            return
        for own, shared in self._order.groups(texts):
            yield len(own) + len(shared), self.writer.record(own, shared)


class Sorted:
    """Holds records in a spool until all are there, then writes them in order."""

    def __init__(self, target: Target, settings: Settings, stack: ExitStack) -> None:
        self._output = target.output
        self._spool = stack.enter_context(Spool(settings.sort_bytes))
        self._form = SortForm(target.format, target.graph, settings)
        self._repeats = None if target.format.is_by_record else Repeats(settings.schema_ns)

    def add(self, record: RecordTriples) -> None:
        """Take a record."""
        shared = self._repeats.without(record.shared) if self._repeats else record.shared
        for text in self._form.texts(record.own, shared):
            self._spool.add(text)

    def finish(self) -> int:
        """Write all of it; the number of triples."""
        writer = self._form.writer
        parts = [writer.start(self._form.prefixes)]
        triples = 0
        between = ""
        for count, text in self._form.written(self._spool.sorted()):
            triples += count
            parts.append(between + text)
            between = writer.between
            if len(parts) > 1000:
                self._output.write("".join(parts).encode())
                parts.clear()
        parts.append(writer.finish())
        self._output.write("".join(parts).encode())
        return triples
