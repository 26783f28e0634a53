"""What every notation's writer does, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from arrowkg.terms import Triple


@dataclass(frozen=True, slots=True)
class Options:
    """What a writer is told.

    Attributes:
        schema_ns: which form of schema.org's namespace the triples have.
        graph: the IRI of the graph to write into, or ``None`` for the default graph.
    """

    schema_ns: str = "https"
    graph: str | None = None


class Writer(Protocol):
    """Turns triples into the text of a notation, record by record, so that any amount streams.

    The text is :meth:`start`, then that of each record, with :attr:`between` between them, then :meth:`finish`. The
    triples of one node stand together. Nothing is remembered from one call to the next, so a record and what it
    shares may be written apart, in any process: the text of a record is that of its own nodes and of each shared node,
    joined by :attr:`between`.

    Attributes:
        between: what stands between the texts of two records.
    """

    between: str

    def start(self, prefixes: set[str] | None) -> str:
        """What stands before the first record; ``prefixes`` are those that will be used, ``None`` if not yet known."""

    def record(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        """A paper's own nodes, and nodes that papers share; either may be empty."""

    def finish(self) -> str:
        """What stands after the last record."""
