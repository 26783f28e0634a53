"""What is about the whole of a graph, made once for each generation by a process of its own.

It goes through all entities, reads of each no more than a list shows, and writes the files that :mod:`arrowkg.site`
writes for a site of files: home page, lists, search, dump, description, sitemap. The pages that people open first come
first.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pyoxigraph

from arrowkg import vocab
from arrowkg.server.entities import KINDS, Source
from arrowkg.site.addresses import Addresses
from arrowkg.site.dataset import Dump
from arrowkg.site.dumping import dumped
from arrowkg.site.feed import Newest
from arrowkg.site.graph import Graph
from arrowkg.site.place import Place
from arrowkg.site.rendering import PAPERS_ON_A_PAGE, Renderer
from arrowkg.site.search import SearchIndex
from arrowkg.site.views import Link
from arrowkg.site.whole import MOST_NAMES, Whole, overview, with_recent, write_whole
from arrowkg.spool import Spool
from arrowkg.stores.manifest import Manifest
from arrowkg.terms import XSD, iri_of

_four_digits = re.compile("[0-9]{4}")
DONE: Final = "done"
"""A file beside the root, which is there when all is written."""
_FIRST: Final = ("index.html", "venues.html", "statistics.html")


@dataclass(frozen=True, slots=True)
class Survey:
    """What is to be written.

    Attributes:
        source: where entities are read from and files are written to.
        manifest: the counts of the graph.
        day: the day that the graph is of, such as ``2026-01-31``.
        sort_bytes: how much text is sorted in memory.
    """

    source: Source
    manifest: Manifest
    day: str
    sort_bytes: int


class _Row(NamedTuple):
    """What lists show of an entity: its papers, and how many of them stand on its own pages."""

    kind: str
    iri: str
    label: str
    detail: str
    papers: int
    lines: int
    year: str | None


class _RootOfServer(Place):
    """The files that a server makes ahead; a reader finds a whole file or none."""

    def __init__(self, root: Path, day: str) -> None:
        super().__init__(root, None)
        self._day = day

    def write(self, path: str, data: bytes) -> None:
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.part")
        aside.write_bytes(data)
        aside.replace(target)

    def changed(self, path: str) -> str:
        return self._day


def write_entity(source: Source, files: Iterator[tuple[str, bytes]]) -> None:
    """Write the files of an entity that is too large to be kept in memory.

    Raises:
        OSError: a file cannot be written.
    """
    place = _RootOfServer(source.root, "")
    for path, data in files:
        place.write(path, data)


def carry_out(survey: Survey) -> None:
    """Write all files about the whole.

    Raises:
        OSError: a file cannot be written, or the database cannot be read.
    """
    source, look = survey.source, survey.source.look
    place = _RootOfServer(source.root, survey.day)
    totals = _Totals(survey.day)
    with Spool(survey.sort_bytes) as pages, SearchIndex(survey.sort_bytes) as index:
        with _AddressBook(source.addresses, look.base_iri) as book:
            for row in _Rows(source).all():
                stem = book.add(row.iri)
                index.add(row.kind, row.label, row.detail, f"{stem}.html")
                for path in _pages(stem, row.lines):
                    pages.add(path)
                totals.add(row)
        for year, count in totals.years.items():
            if year:
                for path in _pages(f"year/{year}", count):
                    pages.add(path)
        graph = Graph(source.database, look.base_iri, look.schema_ns)
        whole = with_recent(totals.whole(survey, []), graph)
        renderer = Renderer(look)
        for path in _FIRST:
            place.write(path, overview(renderer, whole, path))
        for path, data in index.files():
            place.write(path, data)
        whole = totals.whole(survey, [_dump(survey)])
        write_whole(whole, graph, place, pages.sorted())
    (source.root.parent / DONE).touch()


class _Totals:
    """What the rows come to."""

    def __init__(self, day: str) -> None:
        self._day = day
        self._newest = Newest()
        self.years: Counter[str] = Counter()
        self._venues: list[tuple[Link, int]] = []
        self._names: list[tuple[int, str, str]] = []

    def add(self, row: _Row) -> None:
        if row.kind == "paper":
            self.years[row.year or ""] += 1
            self._newest.add(row.iri, row.year, self._day)
        elif row.kind == "venue" and not row.year:
            self._venues.append((Link(row.iri, row.label), row.papers))
        elif row.kind == "author":
            self._names.append((-row.papers, row.label, row.iri))
            if len(self._names) > 10 * MOST_NAMES:
                self._names = sorted(self._names)[:MOST_NAMES]

    def whole(self, survey: Survey, dumps: list[Dump]) -> Whole:
        listed = sorted((year for year in self.years if year), key=int, reverse=True)
        return Whole(
            look=survey.source.look,
            manifest=survey.manifest,
            years=tuple((year, self.years[year]) for year in listed),
            without_year=self.years[""],
            names=tuple((Link(iri, label), -count) for count, label, iri in sorted(self._names)[:MOST_NAMES]),
            venues=tuple(sorted(self._venues, key=lambda one: (one[0].label, one[0].iri))),
            dumps=dumps,
            newest=self._newest.papers,
        )


def _pages(stem: str, lines: int) -> Iterator[str]:
    yield f"{stem}.html"
    for number in range(2, -(-lines // PAPERS_ON_A_PAGE) + 1):
        yield f"{stem}.page-{number}.html"


class _AddressBook:
    """Writes the addresses that do not follow from the IRI; a context manager."""

    def __init__(self, path: Path, base_iri: str) -> None:
        self._path = path
        self._aside = path.with_name(f"{path.name}.part")
        self._addresses = Addresses(base_iri)
        self._base_iri = base_iri
        self._database = sqlite3.connect(self._aside)
        self._database.execute("CREATE TABLE addresses (path TEXT PRIMARY KEY, iri TEXT) WITHOUT ROWID")

    def __enter__(self) -> _AddressBook:
        return self

    def __exit__(self, *error: object) -> None:
        self._database.commit()
        self._database.close()
        if error[0] is None:
            self._aside.replace(self._path)

    def add(self, iri: str) -> str:
        """Take an entity; the path of its page without suffix."""
        stem, rest = self._addresses.stem(iri), iri[len(self._base_iri) :]
        if stem != rest:
            self._write(stem, iri)
            if "#" in rest:
                self._write(rest.partition("#")[0] + "#", iri)
        return stem

    def _write(self, path: str, iri: str) -> None:
        # Of several entities of one document the one with the least IRI stands for it.
        self._database.execute(
            "INSERT INTO addresses VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET iri = min(iri, excluded.iri)",
            (path, iri),
        )


class _Rows:
    """The rows of all entities. Of each no more is read than the row shows: they are many."""

    def __init__(self, source: Source) -> None:
        look = source.look
        self._store = pyoxigraph.Store.read_only(str(source.database))
        self._base_iri = look.base_iri
        schema = vocab.schema(look.schema_ns)
        self._author, self._part_of, self._published = schema.author, schema.isPartOf, schema.datePublished
        self._headline, self._name = schema.headline, schema.name

    def all(self) -> Iterator[_Row]:
        done: list[str] = []
        for kind, of_class in KINDS:
            for iri in self._subjects(vocab.RDF_TYPE, iri_of(of_class)):
                if iri.startswith(self._base_iri) and not any(self._is_a(iri, other) for other in done):
                    yield self._row(kind, iri)
            done.append(of_class)

    def _row(self, kind: str, iri: str) -> _Row:
        if kind == "paper":
            year, venue = self._year(iri, self._published), self._text(iri, vocab.AK_VENUE_AS_LISTED)
            detail = " ".join(part for part in (venue, year) if part)
            return _Row(kind, iri, self._text(iri, self._headline) or iri, detail, 1, 0, year)
        if kind == "author":
            count = len(self._below(self._subjects(self._author, iri)))
            return _Row(kind, iri, self._label(iri), _papers(count), count, count, None)
        if kind == "venue":
            parts = set(self._subjects(self._part_of, iri))
            is_volume = self._is_a(iri, vocab.AK_VOLUME)
            volumes = {part for part in parts if not is_volume and self._is_a(part, vocab.AK_VOLUME)}
            lines = len(self._below(parts - volumes))
            count = lines + sum(len(set(self._subjects(self._part_of, volume))) for volume in volumes)
            year = self._year(iri, vocab.FABIO_PUBLICATION_YEAR)
            return _Row(kind, iri, self._label(iri), _papers(count), count, lines, year)
        count = len(self._below(self._subjects(vocab.AK_LISTED_IN, iri)))
        return _Row(kind, iri, "", "", count, count, None)

    def _label(self, iri: str) -> str:
        name = self._text(iri, vocab.FOAF_NAME) or self._text(iri, self._headline) or self._text(iri, self._name) or iri
        number = self._text(iri, vocab.AK_HOMONYM_NUMBER)
        return f"{name} {number}" if number else name

    def _text(self, iri: str, predicate: str) -> str | None:
        """The least text of a property."""
        return min((value.value for value in self._literals(iri, predicate)), default=None)

    def _year(self, iri: str, predicate: str) -> str | None:
        years = [
            value.value
            for value in self._literals(iri, predicate)
            if value.datatype.value == f"{XSD}gYear" and _four_digits.fullmatch(value.value)
        ]
        return min(years, default=None)

    def _literals(self, iri: str, predicate: str) -> Iterator[pyoxigraph.Literal]:
        node, named = pyoxigraph.NamedNode(iri), pyoxigraph.NamedNode(iri_of(predicate))
        for quad in self._store.quads_for_pattern(node, named, None, pyoxigraph.DefaultGraph()):
            if isinstance(quad.object, pyoxigraph.Literal):
                yield quad.object

    def _subjects(self, predicate: str, iri: str) -> Iterator[str]:
        named = pyoxigraph.NamedNode(iri_of(predicate))
        for quad in self._store.quads_for_pattern(None, named, pyoxigraph.NamedNode(iri), pyoxigraph.DefaultGraph()):
            if isinstance(quad.subject, pyoxigraph.NamedNode):
                yield quad.subject.value

    def _below(self, iris: Iterator[str] | set[str]) -> set[str]:
        return {iri for iri in iris if iri.startswith(self._base_iri)}

    def _is_a(self, iri: str, of_class: str) -> bool:
        node, kind = pyoxigraph.NamedNode(iri), pyoxigraph.NamedNode(iri_of(vocab.RDF_TYPE))
        named = pyoxigraph.NamedNode(iri_of(of_class))
        return any(self._store.quads_for_pattern(node, kind, named, pyoxigraph.DefaultGraph()))


def _papers(count: int) -> str:
    return f"{count:,} paper{'' if count == 1 else 's'}"


def _dump(survey: Survey) -> Dump:
    """The whole graph in a file, put in its place when it is complete."""
    source = survey.source
    aside = source.root.parent / "dump"
    dump = dumped(source.database, aside, None, survey.sort_bytes).dump
    target = source.root / dump.path
    target.parent.mkdir(parents=True, exist_ok=True)
    (aside / dump.path).replace(target)
    return dump
