"""The entities behind the paths of a server: found by address, read from the store, rendered as for the site."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

import pyoxigraph

from arrowkg import vocab
from arrowkg.site.addresses import Addresses
from arrowkg.site.graph import Graph
from arrowkg.site.rendering import Look, Renderer, View
from arrowkg.terms import XSD, iri_of

KINDS: Final = (
    ("paper", vocab.AK_PAPER),
    ("author", vocab.AK_AUTHOR_NAME),
    ("venue", vocab.AK_VENUE),
    ("venue", vocab.AK_VOLUME),
    ("capture", vocab.AK_AUTHOR_PAGE),
)
"""The kinds of entities that have pages, each with its class; what is of several has the page of the first."""
YEAR: Final = "year"

LIGHT: Final = 0
"""How heavy an entity is that is rendered at once."""
MEDIUM: Final = 1
"""How heavy one is for which others should not wait: from about 100 papers, or 300 authors."""
HEAVY: Final = 2
"""How heavy one is that takes so long that a process makes it: from about 600 papers."""

_MEDIUM_PAPERS: Final = 100
_HEAVY_PAPERS: Final = 600
# A paper names an author by schema:author and dcterms:creator, an authorship by schema:item and pro:isHeldBy.
_TRIPLES_A_PAPER: Final = 4
_MEDIUM_BYLINE: Final = 300
_MOST_LINKED_AUTHORS: Final = 20
_suffix = re.compile(r"(?:\.page-[0-9]{1,6})?\.html|\.ttl|\.jsonld|\.nt|\.linkset\.json")
_beyond_ascii = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_year = re.compile(r"year/([0-9]{4})")


@dataclass(frozen=True, slots=True)
class Source:
    """What pages are made from; it can be sent to another process.

    Attributes:
        look: what every page has in common.
        database: the database of a store's generation.
        root: where files that are made ahead, or are too large to be kept in memory, are written.
        addresses: a database of the addresses that do not follow from the IRI, once it is there.
    """

    look: Look
    database: Path
    root: Path
    addresses: Path


@dataclass(frozen=True, slots=True)
class Found:
    """An entity, or a year.

    Attributes:
        kind: ``paper``, ``author``, ``venue``, ``capture`` or ``year``.
        iri: its IRI, or the year in four digits.
        stem: the path of its page without the suffix.
        weight: :data:`LIGHT`, :data:`MEDIUM` or :data:`HEAVY`.
        types: its schema.org classes, as IRIs.
        authors: some of the authors of a paper, as IRIs.
    """

    kind: str
    iri: str
    stem: str
    weight: int
    types: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def stem_of(path: str) -> str | None:
    """The path of an entity's file without its suffix; ``None`` if it has none of those that entities' files have.

    >>> stem_of("author/ada-quill.page-2.html"), stem_of("paper/x.linkset.json"), stem_of("robots.txt")
    ('author/ada-quill', 'paper/x', None)
    """
    for match in _suffix.finditer(path):
        if match.end() == len(path):
            return path[: match.start()]
    return None


class Entities:
    """The entities of a generation. One thread uses it at a time.

    Args:
        source: what pages are made from.

    Raises:
        OSError: the database cannot be opened.
    """

    def __init__(self, source: Source) -> None:
        look = source.look
        self._source = source
        self._store = pyoxigraph.Store.read_only(str(source.database))
        self._schema = vocab.schema(look.schema_ns)
        self._graph = Graph(source.database, look.base_iri, look.schema_ns)
        self._renderer = Renderer(look)
        self._addresses = Addresses(look.base_iri)

    def of_stem(self, stem: str) -> Found | None:
        """The entity whose files have a path."""
        if (match := _year.fullmatch(stem)) is not None:
            return self._of_year(match[1])
        iri = self._source.look.base_iri + stem
        if stem and _is_plain(stem) and self._addresses.stem(iri) == stem:
            found = self.of_iri(iri)
            if found is not None:
                return found
        listed = self._listed(stem)
        return None if listed is None else self.of_iri(listed)

    def of_document(self, rest: str) -> Found | None:
        """The entity whose IRI is the base and a path, or that and a fragment; the first of several of these."""
        for name in dict.fromkeys((rest, _beyond_ascii.sub(_decoded, rest))):
            if not name:
                continue
            found = self.of_iri(self._source.look.base_iri + name)
            if found is not None:
                return found
            if (listed := self._listed(f"{name}#")) is not None:
                return self.of_iri(listed)
            if (paper := self._paper_of(self._source.look.base_iri + name)) is not None:
                return self.of_iri(paper)
        return None

    def _paper_of(self, iri: str) -> str | None:
        """The paper of an authorship or an identifier, which is described with it and has no page of its own."""
        node = _named(iri)
        for predicate in (vocab.PRO_IS_CONTEXT_FOR, vocab.DATACITE_HAS_IDENTIFIER):
            named = pyoxigraph.NamedNode(iri_of(predicate))
            for quad in self._store.quads_for_pattern(None, named, node, pyoxigraph.DefaultGraph()) if node else ():
                if isinstance(quad.subject, pyoxigraph.NamedNode):
                    return quad.subject.value
        return None

    def of_iri(self, iri: str) -> Found | None:
        """The entity of an IRI."""
        node = _named(iri)
        if node is None:
            return None
        types = {f"<{value}>" for value in self._objects(node, vocab.RDF_TYPE)}
        kind = next((kind for kind, of_class in KINDS if of_class in types), None)
        if kind is None:
            return None
        is_paper = kind == "paper"
        linked = list(islice(self._objects(node, self._schema.author), _MEDIUM_BYLINE)) if is_paper else []
        named = len(linked) >= _MEDIUM_BYLINE if is_paper else _weight(self._named(node) // _TRIPLES_A_PAPER)
        of_schema = sorted(iri_of(value) for value in types if "://schema.org/" in value)
        authors = sorted(linked) if len(linked) <= _MOST_LINKED_AUTHORS else ()
        return Found(kind, iri, self._addresses.stem(iri), int(named), tuple(of_schema), tuple(authors))

    def files(self, found: Found) -> Iterator[tuple[str, bytes]]:
        """The files of an entity, each with its path."""
        if found.kind == YEAR:
            yield from self._renderer.year(found.iri, self._graph.year(found.iri))
            return
        read: dict[str, Callable[[str], View]] = {
            "paper": self._graph.paper,
            "author": self._graph.author,
            "venue": self._graph.venue,
            "capture": self._graph.capture,
        }
        yield from self._renderer.entity(read[found.kind](found.iri))

    def _of_year(self, year: str) -> Found | None:
        value = pyoxigraph.Literal(year, datatype=pyoxigraph.NamedNode(f"{XSD}gYear"))
        predicate = pyoxigraph.NamedNode(iri_of(self._schema.datePublished))
        quads = self._store.quads_for_pattern(None, predicate, value, pyoxigraph.DefaultGraph())
        count = sum(1 for _ in islice(quads, _HEAVY_PAPERS))
        return Found(YEAR, year, f"{YEAR}/{year}", _weight(count)) if count else None

    def _named(self, node: pyoxigraph.NamedNode) -> int:
        """How many triples name a node, as far as that matters."""
        named = self._store.quads_for_pattern(None, None, node, pyoxigraph.DefaultGraph())
        return sum(1 for _ in islice(named, _HEAVY_PAPERS * _TRIPLES_A_PAPER))

    def _objects(self, node: pyoxigraph.NamedNode, predicate: str) -> Iterator[str]:
        named = pyoxigraph.NamedNode(iri_of(predicate))
        for quad in self._store.quads_for_pattern(node, named, None, pyoxigraph.DefaultGraph()):
            if isinstance(quad.object, pyoxigraph.NamedNode):
                yield quad.object.value

    def _listed(self, path: str) -> str | None:
        """The IRI of an address that does not follow from it."""
        if not self._source.addresses.exists():
            return None
        with contextlib.closing(sqlite3.connect(f"{self._source.addresses.as_uri()}?mode=ro", uri=True)) as listed:
            row = listed.execute("SELECT iri FROM addresses WHERE path = ?", (path,)).fetchone()
        return None if row is None else str(row[0])


def _weight(papers: int) -> int:
    return LIGHT if papers < _MEDIUM_PAPERS else MEDIUM if papers < _HEAVY_PAPERS else HEAVY


def _decoded(match: re.Match[str]) -> str:
    """Characters beyond ASCII that an address holds in percent-encoded UTF-8; an IRI holds them as themselves."""
    try:
        return unquote_to_bytes(match[0]).decode()
    except UnicodeDecodeError:
        return match[0]


def _is_plain(stem: str) -> bool:
    return stem.isascii() and "#" not in stem and "?" not in stem


def _named(iri: str) -> pyoxigraph.NamedNode | None:
    """The node of an IRI; ``None`` if it is none."""
    try:
        return pyoxigraph.NamedNode(iri)
    except ValueError:
        return None
