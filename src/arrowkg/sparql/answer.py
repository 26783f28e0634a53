"""An answer: rows of terms, a truth, or triples, as they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from arrowkg.terms import Triple

Row: TypeAlias = tuple[str | None, ...]
"""A term in N-Triples form for each variable, ``None`` where it is not bound."""


@dataclass(slots=True)
class Answer:
    """What a query gave. The rows or triples are read once, as they come from the process or server that answers.

    Attributes:
        variables: the names of the columns; empty unless it has rows.
        rows: the rows of a SELECT query.
        truth: the answer of an ASK query, ``None`` for any other.
        triples: the triples of a CONSTRUCT or DESCRIBE query.
        is_cut: whether there are more rows or triples than were asked for; known when all were read.
    """

    variables: tuple[str, ...] = ()
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    truth: bool | None = None
    triples: Iterator[Triple] = field(default_factory=lambda: iter(()))
    is_cut: bool = False
