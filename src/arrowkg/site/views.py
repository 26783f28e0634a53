"""What a page shows: plain values, read from a graph by :mod:`arrowkg.site.graph`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from arrowkg.terms import Triple


class Link(NamedTuple):
    """An entity by its IRI and the name that is shown for it."""

    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper as it stands in a list.

    Attributes:
        iri: the paper.
        title: its title.
        year: its year in four digits or more, if listed.
        venue: its venue as listed, if any.
        kind: its kind as listed, if any.
        byline: each author with the name as listed, in order.
    """

    iri: str
    title: str
    year: str | None
    venue: str | None
    kind: str | None
    byline: tuple[Link, ...]


class PaperLines(Sequence[PaperLine]):
    """Papers in the order of a list, of which only the IRIs are held: a venue may have a hundred thousand.

    Args:
        iris: the papers.
        read: what a list says of a paper.

    >>> lines = PaperLines(["https://kg.example.org/paper/x"], lambda iri: PaperLine(iri, "On Stones", *[None] * 3, ()))
    >>> len(lines), lines[0].title, [line.title for line in lines[:5]]
    (1, 'On Stones', ['On Stones'])
    """

    def __init__(self, iris: Sequence[str], read: Callable[[str], PaperLine]) -> None:
        self._iris = iris
        self._read = read

    def __len__(self) -> int:
        return len(self._iris)

    @overload
    def __getitem__(self, place: int) -> PaperLine: ...

    @overload
    def __getitem__(self, place: slice) -> PaperLines: ...

    def __getitem__(self, place: int | slice) -> PaperLine | PaperLines:
        if isinstance(place, slice):
            return PaperLines(self._iris[place], self._read)
        return self._read(self._iris[place])


@dataclass(frozen=True, slots=True)
class Described:
    """An entity with its own triples.

    Attributes:
        iri: the entity.
        label: the name that is shown for it.
        own: its triples, for a paper also those of its authorships and identifier.
        shared: the triples of the nodes that it names and that have pages of their own.
    """

    iri: str
    label: str
    own: tuple[Triple, ...]
    shared: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class PaperView(Described):
    """A paper.

    Attributes:
        line: what a list says of it.
        abstract: its abstract, if any.
        volume: the proceedings or book that it is in, if any.
        series: the series or journal that it is in, if any.
        is_journal: whether the series is a journal.
        url: its address as listed, if any.
        doi: its DOI without resolver, if any.
        captures: the saved pages that list it.
    """

    line: PaperLine
    abstract: str | None
    volume: Link | None
    series: Link | None
    is_journal: bool
    url: str | None
    doi: str | None
    captures: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class AuthorView(Described):
    """An author name.

    Attributes:
        spellings: the name in each spelling listed.
        number: the homonym number, if the source has one.
        description: what is said of the name.
        lines: its papers, newest first, then by title.
        co_authors: who wrote with it, and on how many papers; most first, then by name.
        homonyms: the other author names of the same spelling.
        captures: the saved pages about the name.
    """

    spellings: tuple[str, ...]
    number: str | None
    description: str | None
    lines: PaperLines
    co_authors: tuple[tuple[Link, int], ...]
    homonyms: tuple[Link, ...]
    captures: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class VenueView(Described):
    """A series, a journal, a volume of proceedings or a book.

    Attributes:
        names: its name in each spelling listed.
        kind: ``series``, ``journal``, ``proceedings`` or ``book``.
        year: of a volume.
        series: of a volume.
        volumes: of a series, newest first, each with its number of papers.
        lines: the papers that are in it itself, newest first, then by title.
    """

    names: tuple[str, ...]
    kind: str
    year: str | None
    series: Link | None
    volumes: tuple[tuple[Link, int], ...]
    lines: PaperLines


@dataclass(frozen=True, slots=True)
class CaptureView(Described):
    """A saved page.

    Attributes:
        name: the author name in its header.
        author: the author name that it is about.
        sha256: of its bytes, in hex.
        declared: the number of papers that its header states.
        listed: the number of entries found on it.
        lines: the papers that it lists, newest first, then by title.
    """

    name: str
    author: Link | None
    sha256: str
    declared: str | None
    listed: str | None
    lines: PaperLines
