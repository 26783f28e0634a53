"""Listings and RDF files, whatever they are, as N-Triples: what a store is given."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from arrowkg.errors import InputError
from arrowkg.files import Input
from arrowkg.formats.streaming import Piece, ntriples_of
from arrowkg.model import InputRead
from arrowkg.pipeline import Hooks, entries_of, mapped
from arrowkg.repeats import EqualEntries, Repeats
from arrowkg.settings import Settings
from arrowkg.sources import Source, guess

__all__ = ["InputRead", "Piece", "Statements", "statement_lines"]

# Enough to leave out nearly every repeat, and no more memory than some tens of megabytes.
_MOST_REPEATS: Final = 500_000


@dataclass(slots=True)
class Statements:
    """The statements of some inputs, read once, in order. Iterate over :meth:`pieces`; then ask for ``read``.

    Attributes:
        inputs: paths, or ``-`` for standard input.
        settings: the base IRI, limits, and how large a piece may be.
        hooks: whom to tell.
        source: the input format; found out from each input if it is ``None``.
        limit: take no more than so many papers of all listings.
        is_canonical: whether the lines of N-Triples files are brought to canonical form too.
        read: the inputs that were read to their end so far.

    >>> found = Statements(["seeds/tomer-michaeli.txt"], Settings())
    >>> sum(piece.text.count(b"\\n") for piece in found.pieces()), found.read[0].papers
    (2116, 32)
    """

    inputs: Sequence[str]
    settings: Settings
    hooks: Hooks = field(default_factory=Hooks)
    source: Source | None = None
    limit: int | None = None
    is_canonical: bool = False
    read: list[InputRead] = field(default_factory=list)

    def pieces(self) -> Iterator[Piece]:
        """Every statement; one that several records make may come again.

        Raises:
            InputError: an input cannot be read.
            BadRecord: a record cannot be read or mapped, and ``hooks.bad`` is ``None``.
        """
        repeats = Repeats(self.settings.schema_ns, _MOST_REPEATS)
        for name in self.inputs:
            with Input(name, self.settings, is_digested=True) as opened:
                taken_for = None if self.source else guess(opened)
                if taken_for is not None and taken_for.rdf is not None:
                    kind, papers = taken_for.rdf, 0
                    yield from ntriples_of(opened, kind, self.settings.load_bytes, is_canonical=self.is_canonical)
                else:
                    source = self.source or (taken_for.source if taken_for else None)
                    assert source is not None
                    kind = source.name
                    papers = yield from self._mapped(opened, source, repeats)
                self.read.append(InputRead(name, kind, opened.sha256(), papers))

    def _mapped(self, opened: Input, source: Source, repeats: Repeats) -> Generator[Piece, None, int]:
        """The statements of a listing; gives the number of its papers."""
        settings, hooks = self.settings, self.hooks
        papers = sum(found.papers for found in self.read)
        left = sys.maxsize if self.limit is None else max(self.limit - papers, 0)
        count = size = 0
        parts: list[str] = []
        entries = islice(entries_of(opened, source, settings, hooks), left)
        with EqualEntries(settings.sort_bytes) as equal:
            for entry, record in mapped(entries, settings, hooks):
                count += 1
                equal.add(entry.file, entry.line, record.own[0][0][1:-1])
                text = "".join([f"{s} {p} {o} .\n" for s, p, o in record.own])
                text += "".join([f"{s} {p} {o} .\n" for s, p, o in repeats.without(record.shared)])
                parts.append(text)
                size += len(text)
                if size >= settings.load_bytes:
                    yield Piece(opened.name, None, "".join(parts).encode())
                    parts.clear()
                    size = 0
            if parts:
                yield Piece(opened.name, None, "".join(parts).encode())
            for notice in equal.notices():
                hooks.notice(notice)
        return count


def statement_lines(
    inputs: Sequence[str], settings: Settings, hooks: Hooks, *, source: Source | None = None
) -> Iterator[str]:
    """Every statement as a canonical N-Triples line without its line feed; some may come again.

    Raises:
        InputError: an input cannot be read, or there is no statement at all.
        BadRecord: a record cannot be read or mapped, and ``hooks.bad`` is ``None``.

    >>> next(statement_lines(["seeds/tomer-michaeli.txt"], Settings(), Hooks()))[-20:]
    '/ScholarlyArticle> .'
    """
    is_empty = True
    for piece in Statements(inputs, settings, hooks, source, is_canonical=True).pieces():
        is_empty = False
        # Only line feeds end a line here; texts hold form feeds and U+2028 as they are.
        yield from piece.text.decode().removesuffix("\n").split("\n")
    if is_empty:
        raise InputError("no statement was found", hint="so there is nothing to do")
