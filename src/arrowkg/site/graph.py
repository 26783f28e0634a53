"""Reads what pages show from the database of a store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from arrowkg import vocab
from arrowkg.formats.names import Names, property_order
from arrowkg.site.views import AuthorView, CaptureView, Link, PaperLine, PaperLines, PaperView, VenueView
from arrowkg.terms import XSD, Triple, iri_of, is_iri, literal_parts
from arrowkg.vocab import RDF_TYPE

if TYPE_CHECKING:
    import pyoxigraph

_HELD_LINES: Final = 10_000
_HELD_NODES: Final = 20_000
_DOI_RESOLVER: Final = "https://doi.org/"
_LAST: Final = 1 << 60
_four_digits = re.compile(f'"([0-9]{{4}})"\\^\\^<{XSD}gYear>')


class Graph:
    """The entities of a graph whose IRIs start with a base.

    Args:
        database: the database of a store's generation; it is only read.
        base_iri: what the IRIs of the entities start with.
        schema_ns: which form of schema.org's namespace the graph has.

    Raises:
        OSError: the database cannot be opened.
    """

    def __init__(self, database: Path, base_iri: str, schema_ns: str) -> None:
        import pyoxigraph

        self._store = pyoxigraph.Store.read_only(str(database))
        self._base_iri = base_iri
        self._schema = vocab.schema(schema_ns)
        self._order = property_order(schema_ns)
        self._names = Names(schema_ns).of
        # The same papers stand on the pages of all their authors, so what a list says of one is kept a while.
        self._line = lru_cache(maxsize=_HELD_LINES)(self._line_of)
        # So are nodes: a page names its authorships more than once, and many pages name the same authors and venues.
        self._node = lru_cache(maxsize=_HELD_NODES)(self._node_of)
        # A paper of thousands of authors has the names of all of them looked up for each of their pages.
        self._label = lru_cache(maxsize=_HELD_NODES)(self._label_of)

    def members(self, of_class: str, but_not: Collection[str] = ()) -> Iterator[str]:
        """The IRIs below the base that are of a class and of none of some others, in no order."""
        import pyoxigraph

        # The engine finds the few that are of two classes faster than each could be asked for its classes.
        others: set[str] = set()
        for other in but_not:
            found = self._store.query(f"SELECT ?subject {{ ?subject a {of_class} . ?subject a {other} }}")
            assert isinstance(found, pyoxigraph.QuerySolutions)
            others.update(f"<{row['subject'].value}>" for row in found)
        for subject in self._subjects(RDF_TYPE, of_class):
            if subject.startswith(self._base_iri, 1) and subject not in others:
                yield iri_of(subject)

    def paper(self, iri: str) -> PaperView:
        """A paper with all that its page shows."""
        s = self._schema
        subject = f"<{iri}>"
        nodes = self._node(subject)
        found = _by_predicate(nodes)
        own = list(nodes)
        for _, authorship in self._authorships(found):
            own += self._node(authorship)
        for identifier in found.get(vocab.DATACITE_HAS_IDENTIFIER, ()):
            own += self._node(identifier)
        shared: list[Triple] = []
        for author in found.get(s.author, ()):
            shared += self._node(author)
        part_of = _first(found, s.isPartOf)
        volume = series = None
        if part_of is not None:
            whole = self._node(part_of)
            shared += whole
            of_whole = _by_predicate(whole)
            if vocab.AK_VOLUME in of_whole.get(RDF_TYPE, ()):
                volume = part_of
                series = _first(of_whole, s.isPartOf)
                shared += self._node(series) if series else []
            else:
                series = part_of
        for capture in found.get(vocab.AK_LISTED_IN, ()):
            page = self._node(capture)
            shared += page
            shared += self._node(_first(_by_predicate(page), s.about))
        line = self._line(iri)
        doi = _text(found, s.identifier)
        return PaperView(
            iri=iri,
            label=line.title,
            own=tuple(own),
            shared=tuple(dict.fromkeys(shared)),
            line=line,
            abstract=_text(found, s.abstract),
            volume=self._link(volume),
            series=self._link(series),
            is_journal=series is not None and vocab.FABIO_JOURNAL in self._objects(series, RDF_TYPE),
            url=_text(found, s.url),
            doi=doi.removeprefix(_DOI_RESOLVER) if doi and doi.startswith(_DOI_RESOLVER) else None,
            captures=self._links(found.get(vocab.AK_LISTED_IN, ())),
        )

    def author(self, iri: str) -> AuthorView:
        """An author name with all that its page shows."""
        s = self._schema
        subject = f"<{iri}>"
        own = self._node(subject)
        found = _by_predicate(own)
        spellings = sorted(_texts(found, vocab.FOAF_NAME))
        lines = self._lines(self._subjects(s.author, subject))
        together = Counter(other for line in lines for other in {link.iri for link in line.byline} if other != iri)
        co_authors = [(self._link(f"<{other}>"), count) for other, count in together.items()]
        homonyms = {
            other
            for name in found.get(vocab.FOAF_NAME, ())
            for other in self._subjects(vocab.FOAF_NAME, name)
            if other != subject and other.startswith(self._base_iri, 1)
        }
        return AuthorView(
            iri=iri,
            label=self._label(subject),
            own=tuple(own),
            shared=(),
            spellings=tuple(spellings),
            number=_text(found, vocab.AK_HOMONYM_NUMBER),
            description=_text(found, s.disambiguatingDescription),
            lines=lines,
            co_authors=tuple(
                sorted(
                    ((link, count) for link, count in co_authors if link is not None),
                    key=lambda one: (-one[1], one[0].label, one[0].iri),
                )
            ),
            homonyms=self._links(homonyms),
            captures=self._links(self._subjects(s.about, subject)),
        )

    def venue(self, iri: str) -> VenueView:
        """A series, journal, volume or book with all that its page shows."""
        s = self._schema
        subject = f"<{iri}>"
        own = self._node(subject)
        found = _by_predicate(own)
        types = found.get(RDF_TYPE, ())
        is_volume = vocab.AK_VOLUME in types
        series = _first(found, s.isPartOf)
        parts = list(self._subjects(s.isPartOf, subject))
        volumes = {part for part in parts if not is_volume and vocab.AK_VOLUME in self._objects(part, RDF_TYPE)}
        counted = [(link, sum(1 for _ in self._subjects(s.isPartOf, f"<{link.iri}>"))) for link in self._links(volumes)]
        years = {
            link.iri: _year(_by_predicate(self._node(f"<{link.iri}>")), vocab.FABIO_PUBLICATION_YEAR)
            for link, _ in counted
        }
        if is_volume:
            kind = "book" if s.Book in types else "proceedings"
        else:
            kind = "journal" if vocab.FABIO_JOURNAL in types else "series"
        return VenueView(
            iri=iri,
            label=self._label(subject),
            own=tuple(own),
            shared=tuple(self._node(series)) if series else (),
            names=tuple(sorted(_texts(found, s.name))),
            kind=kind,
            year=_year(found, vocab.FABIO_PUBLICATION_YEAR),
            series=self._link(series),
            volumes=tuple(sorted(counted, key=lambda one: (-int(years[one[0].iri] or 0), one[0].label, one[0].iri))),
            lines=self._lines(part for part in parts if part not in volumes),
        )

    def capture(self, iri: str) -> CaptureView:
        """A saved page with all that its page shows."""
        s = self._schema
        subject = f"<{iri}>"
        own = self._node(subject)
        found = _by_predicate(own)
        about = _first(found, s.about)
        return CaptureView(
            iri=iri,
            label=self._label(subject),
            own=tuple(own),
            shared=tuple(self._node(about)) if about else (),
            name=_text(found, vocab.AK_NAME_AS_LISTED) or "",
            author=self._link(about),
            sha256=_text(found, vocab.AK_SHA256) or "",
            declared=_text(found, vocab.AK_DECLARED_PAPER_COUNT),
            listed=_text(found, vocab.AK_LISTED_PAPER_COUNT),
            lines=self._lines(self._subjects(vocab.AK_LISTED_IN, subject)),
        )

    def year(self, year: str) -> PaperLines:
        """The papers that list a year, by title."""
        return self._lines(self._subjects(self._schema.datePublished, f'"{year}"^^<{XSD}gYear>'))

    def together(self, iris: Sequence[str]) -> list[tuple[int, int, int]]:
        """How many papers each two of some author names share, as their places and the number, if there are any."""
        of_paper: dict[str, list[int]] = {}
        for place, iri in enumerate(iris):
            for paper in self._subjects(self._schema.author, f"<{iri}>"):
                of_paper.setdefault(paper, []).append(place)
        counts = Counter(pair for places in of_paper.values() for pair in combinations(places, 2))
        return sorted((one, other, count) for (one, other), count in counts.items())

    def _line_of(self, iri: str) -> PaperLine:
        found = _by_predicate(self._node(f"<{iri}>"))
        byline = []
        for author, authorship in self._authorships(found):
            if author is not None:
                listed = _text(_by_predicate(self._node(authorship)), vocab.AK_NAME_AS_LISTED)
                byline.append(Link(iri_of(author), listed or self._label(author)))
        return PaperLine(
            iri=iri,
            title=_text(found, self._schema.headline) or iri,
            year=_year(found, self._schema.datePublished),
            venue=_text(found, vocab.AK_VENUE_AS_LISTED),
            kind=_text(found, vocab.AK_KIND_AS_LISTED),
            byline=tuple(byline),
        )

    def _lines(self, papers: Iterable[str]) -> PaperLines:
        """Papers below the base, newest first, then by title."""
        lines = (self._line(iri_of(paper)) for paper in set(papers) if paper.startswith(self._base_iri, 1))
        keys = sorted((-int(one.year or 0), one.title, one.iri) for one in lines)
        return PaperLines([iri for _, _, iri in keys], self._line)

    def _authorships(self, found: dict[str, list[str]]) -> list[tuple[str | None, str]]:
        """The author and the authorship of each place in a byline, in order."""
        places = []
        for authorship in found.get(vocab.PRO_IS_CONTEXT_FOR, ()):
            of_place = _by_predicate(self._node(authorship))
            position = _text(of_place, self._schema.position)
            order = int(position) if position and position.isdecimal() else _LAST
            places.append((order, authorship, _first(of_place, vocab.PRO_IS_HELD_BY)))
        return [(author, authorship) for _, authorship, author in sorted(places, key=lambda one: one[:2])]

    def _label_of(self, subject: str) -> str:
        """The name that is shown for a node; the least of several, so that it is the same every time."""
        found = _by_predicate(self._node(subject))
        s = self._schema
        names = _texts(found, vocab.FOAF_NAME) or _texts(found, s.headline) or _texts(found, s.name)
        if not names and (name := _text(found, vocab.AK_NAME_AS_LISTED)):
            return f"Saved page of {name}"
        number = _text(found, vocab.AK_HOMONYM_NUMBER)
        return (min(names) if names else iri_of(subject)) + (f" {number}" if number else "")

    def _link(self, subject: str | None) -> Link | None:
        return None if subject is None else Link(iri_of(subject), self._label(subject))

    def _links(self, subjects: Iterable[str]) -> tuple[Link, ...]:
        links = [link for subject in set(subjects) if (link := self._link(subject)) is not None]
        return tuple(sorted(links, key=lambda link: (link.label, link.iri)))

    def _node_of(self, subject: str | None) -> tuple[Triple, ...]:
        """The triples of a node, in the order of the model's tables; what has no place in them is left out."""
        import pyoxigraph

        if subject is None or not is_iri(subject):
            return ()
        quads = self._store.quads_for_pattern(
            pyoxigraph.NamedNode(iri_of(subject)), None, None, pyoxigraph.DefaultGraph()
        )
        found = [(subject, f"<{quad.predicate.value}>", str(quad.object)) for quad in quads]
        known = [triple for triple in found if triple[1] in self._order and self._has_place(triple)]
        return tuple(sorted(known, key=self._place))

    def _has_place(self, triple: Triple) -> bool:
        return triple[1] != RDF_TYPE or triple[2] in self._names

    def _place(self, triple: Triple) -> tuple[int, int, str]:
        _, predicate, value = triple
        rank = 0
        if predicate == RDF_TYPE:
            name = self._names[value]
            rank = 0 if name.startswith("schema:") else 2 if name.startswith("ak:") else 1
        return self._order[predicate], rank, value

    def _subjects(self, predicate: str, value: str) -> Iterator[str]:
        import pyoxigraph

        target: pyoxigraph.NamedNode | pyoxigraph.Literal
        if is_iri(value):
            target = pyoxigraph.NamedNode(iri_of(value))
        else:
            lexical, datatype, language = literal_parts(value)
            if language:
                target = pyoxigraph.Literal(lexical, language=language)
            else:
                kind = pyoxigraph.NamedNode(datatype) if datatype else None
                target = pyoxigraph.Literal(lexical, datatype=kind)
        named = pyoxigraph.NamedNode(iri_of(predicate))
        for quad in self._store.quads_for_pattern(None, named, target, pyoxigraph.DefaultGraph()):
            if isinstance(quad.subject, pyoxigraph.NamedNode):
                yield f"<{quad.subject.value}>"

    def _objects(self, subject: str, predicate: str) -> list[str]:
        return [value for _, known, value in self._node(subject) if known == predicate]


def _by_predicate(triples: Iterable[Triple]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _, predicate, value in triples:
        found.setdefault(predicate, []).append(value)
    return found


def _first(found: dict[str, list[str]], predicate: str) -> str | None:
    """The first node of a property; literals are none."""
    return next((value for value in found.get(predicate, ()) if is_iri(value)), None)


def _texts(found: dict[str, list[str]], predicate: str) -> list[str]:
    return [literal_parts(value)[0] for value in found.get(predicate, ()) if value.startswith('"')]


def _text(found: dict[str, list[str]], predicate: str) -> str | None:
    return next(iter(_texts(found, predicate)), None)


def _year(found: dict[str, list[str]], predicate: str) -> str | None:
    """The year of a property; other texts may be anything, and a year is sorted as a number and names a file."""
    years = [match[1] for value in found.get(predicate, ()) if (match := _four_digits.fullmatch(value))]
    return next(iter(years), None)
