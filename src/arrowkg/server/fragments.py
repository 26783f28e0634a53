"""Triple Pattern Fragments: the triples that match a pattern, a hundred a page, with what a client needs to go on.

The specification is https://linkeddatafragments.org/specification/triple-pattern-fragments/; the controls are of the
Hydra Core Vocabulary. A client such as Comunica answers SPARQL queries from fragments, so that the server need not.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlencode

import pyoxigraph

from arrowkg.errors import UsageError
from arrowkg.stores.manifest import Manifest
from arrowkg.terms import Triple, integer, iri, text
from arrowkg.vocab import RDF_TYPE

PAGE_SIZE: Final = 100
"""How many triples a page has."""
PARTS: Final = ("subject", "predicate", "object")
"""The parameters of a pattern."""

_HELD_PLACES: Final = 64
_MOST_COUNTED: Final = 10_000
# So many at a time, since nothing else runs while they are passed over.
_STEP: Final = 1000
_MOST_SKIPPED: Final = 1_000_000
_HYDRA: Final = "http://www.w3.org/ns/hydra/core#"
_VOID: Final = "http://rdfs.org/ns/void#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_literal = re.compile(r'"(.*)"(?:@([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)|\^\^<?([^<>"\s]+)>?)?', re.DOTALL)
Term: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.Literal
_Quads: TypeAlias = Iterator[pyoxigraph.Quad]


@dataclass(frozen=True)
class Pattern:
    """A triple pattern; a part that may be anything is ``None``."""

    subject: pyoxigraph.NamedNode | None = None
    predicate: pyoxigraph.NamedNode | None = None
    object: Term | None = None
    is_empty: bool = False

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The pattern as parameters of an address."""
        return [(name, explicit(term)) for name in PARTS if (term := getattr(self, name)) is not None]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a fragment.

    Attributes:
        pattern: what its triples match.
        number: the page, from 1.
        triples: its triples, in N-Triples form.
        count: how many triples the fragment has, or about how many.
        is_last: whether no page follows.
    """

    pattern: Pattern
    number: int
    triples: tuple[Triple, ...]
    count: int
    is_last: bool


def pattern_of(parameters: dict[str, str]) -> Pattern:
    """The pattern that parameters state in the explicit form: an IRI as itself, a literal in quotes.

    Raises:
        UsageError: a parameter is no term.

    >>> pattern_of({"object": '"Ada"@en', "subject": "?s"}).object
    <Literal value=Ada language=en>
    """
    terms = {name: _term(name, parameters.get(name, "")) for name in PARTS}
    if any(isinstance(terms[name], pyoxigraph.Literal) for name in ("subject", "predicate")):
        return Pattern(is_empty=True)
    if any(parameters.get(name, "").startswith("_:") for name in PARTS):
        # A label means nothing outside the document that it stands in.
        return Pattern(is_empty=True)
    return Pattern(**terms)  # type: ignore[arg-type]


def _term(name: str, value: str) -> Term | None:
    if not value or value.startswith(("?", "_:")):
        return None
    try:
        if (match := _literal.fullmatch(value)) is None:
            return pyoxigraph.NamedNode(value[1:-1] if value.startswith("<") and value.endswith(">") else value)
        if match[2]:
            return pyoxigraph.Literal(match[1], language=match[2])
        return pyoxigraph.Literal(match[1], datatype=pyoxigraph.NamedNode(match[3]) if match[3] else None)
    except ValueError as error:
        raise UsageError(
            f"{name} is no term ({error})", hint='write an IRI, or a literal in quotes: "text"@en'
        ) from None


def explicit(term: Term) -> str:
    """A term in the explicit representation (hydra:ExplicitRepresentation).

    >>> explicit(pyoxigraph.Literal("7", datatype=pyoxigraph.NamedNode("urn:number")))
    '"7"^^urn:number'
    """
    if isinstance(term, pyoxigraph.NamedNode):
        return term.value
    if term.language:
        return f'"{term.value}"@{term.language}'
    kind = term.datatype.value
    return f'"{term.value}"' if kind.endswith("XMLSchema#string") else f'"{term.value}"^^{kind}'


class Fragments:
    """The fragments of a graph. One thread uses it at a time.

    Args:
        database: the database of a store's generation.
        manifest: its counts.

    Raises:
        OSError: the database cannot be opened.
    """

    def __init__(self, database: Path, manifest: Manifest) -> None:
        self._store = pyoxigraph.Store.read_only(str(database))
        self._manifest = manifest
        # Who reads a fragment asks for one page after another, so the places where pages ended are kept a while.
        self._places: OrderedDict[tuple[Pattern, int], tuple[_Quads, pyoxigraph.Quad]] = OrderedDict()

    def page(self, pattern: Pattern, number: int) -> Page:
        """A page of the fragment of a pattern.

        Raises:
            UsageError: the page lies so far behind that finding it would take too long.
        """
        if pattern.is_empty:
            return Page(pattern, number, (), 0, True)
        quads, found = self._from(pattern, number)
        found += islice(quads, PAGE_SIZE - len(found))
        following = next(quads, None)
        if following is not None:
            self._places[pattern, number + 1] = quads, following
            while len(self._places) > _HELD_PLACES:
                self._places.popitem(last=False)
        triples = tuple((str(quad.subject), str(quad.predicate), str(quad.object)) for quad in found)
        seen = (number - 1) * PAGE_SIZE + len(found)
        count = seen if following is None and found else self._count(pattern)
        return Page(pattern, number, triples, count if found or number > 1 else 0, following is None)

    def close(self) -> None:
        """Let go of the places that are kept."""
        self._places.clear()

    def _from(self, pattern: Pattern, number: int) -> tuple[_Quads, list[pyoxigraph.Quad]]:
        """The triples from the beginning of a page on, some of them read already."""
        kept = self._places.pop((pattern, number), None)
        if kept is not None:
            return kept[0], [kept[1]]
        quads = self._quads(pattern)
        left = (number - 1) * PAGE_SIZE
        if left > _MOST_SKIPPED:
            raise UsageError(f"page {number} is too far behind to be found", hint="follow the pages one after another")
        while left > 0:
            step = min(left, _STEP)
            if sum(1 for _ in islice(quads, step)) < step:
                break
            left -= step
        return quads, []

    def _quads(self, pattern: Pattern) -> _Quads:
        return self._store.quads_for_pattern(
            pattern.subject, pattern.predicate, pattern.object, pyoxigraph.DefaultGraph()
        )

    def _count(self, pattern: Pattern) -> int:
        """How many triples match: exactly where that is known or quick to count, else as many as are counted."""
        known = self._manifest
        if pattern.subject is None and pattern.object is None:
            if pattern.predicate is None:
                return known.triples
            return known.properties.get(pattern.predicate.value, 0)
        kind = isinstance(pattern.object, pyoxigraph.NamedNode) and pattern.object.value
        is_type = pattern.predicate is not None and f"<{pattern.predicate.value}>" == RDF_TYPE
        if is_type and pattern.subject is None and kind in known.classes:
            return known.classes[str(kind)]
        return sum(1 for _ in islice(self._quads(pattern), _MOST_COUNTED))


@dataclass(frozen=True, slots=True)
class Place:
    """Where fragments are found.

    Attributes:
        address: the address of the fragments, without parameters.
        page: the address that was asked for.
        title: the title of the data.
        dataset: the IRI of the data.
    """

    address: str
    page: str
    title: str
    dataset: str

    def of(self, pattern: Pattern, number: int = 1) -> str:
        """The address of a page of a fragment.

        >>> Place("https://x.org/fragments", "", "", "").of(Pattern(pyoxigraph.NamedNode("urn:x")), 2)
        'https://x.org/fragments?subject=urn%3Ax&page=2'
        """
        parameters = pattern.parameters + ([("page", str(number))] if number > 1 else [])
        return self.address + (f"?{urlencode(parameters)}" if parameters else "")


def controls(page: Page, place: Place) -> list[Triple]:
    """What is said about a page: how many triples the fragment has, the pages beside it, and how to ask for another."""
    this, whole = iri(place.page), iri(f"{place.address}#dataset")
    fragment, search = iri(place.of(page.pattern)), iri(f"{place.address}#search")
    count = integer(page.count)
    found: list[Triple] = [
        (whole, RDF_TYPE, f"<{_VOID}Dataset>"),
        (whole, RDF_TYPE, f"<{_HYDRA}Collection>"),
        (whole, f"<{_VOID}subset>", this),
        (whole, f"<{_HYDRA}search>", search),
        (whole, "<http://purl.org/dc/terms/title>", text(place.title)),
        (whole, "<http://purl.org/dc/terms/source>", iri(place.dataset)),
        (search, f"<{_HYDRA}template>", text(place.address + "{?subject,predicate,object}")),
        (search, f"<{_HYDRA}variableRepresentation>", f"<{_HYDRA}ExplicitRepresentation>"),
    ]
    for name in PARTS:
        mapping = iri(f"{place.address}#{name}")
        found += [
            (search, f"<{_HYDRA}mapping>", mapping),
            (mapping, f"<{_HYDRA}variable>", text(name)),
            (mapping, f"<{_HYDRA}property>", f"<{_RDF}{name}>"),
        ]
    # A client looks for these at the address that it asked.
    found += [
        (this, RDF_TYPE, f"<{_HYDRA}PartialCollectionView>"),
        (this, f"<{_VOID}triples>", count),
        (this, f"<{_HYDRA}totalItems>", count),
        (this, f"<{_HYDRA}itemsPerPage>", integer(PAGE_SIZE)),
        (this, f"<{_HYDRA}first>", fragment),
    ]
    if place.page != place.of(page.pattern):
        found.append((fragment, f"<{_VOID}subset>", this))
    if page.number > 1:
        found.append((this, f"<{_HYDRA}previous>", iri(place.of(page.pattern, page.number - 1))))
    if not page.is_last:
        found.append((this, f"<{_HYDRA}next>", iri(place.of(page.pattern, page.number + 1))))
    return found


def trig(page: Page, place: Place) -> str:
    """A page in TriG: the data in the default graph, what is said about them in a graph of its own."""
    graph, topic = _about(place)
    about = "".join(f"  {s} {p} {o} .\n" for s, p, o in controls(page, place))
    return f"{_lines(page.triples)}{graph} {{\n  {topic}\n{about}}}\n"


def nquads(page: Page, place: Place) -> str:
    """A page in N-Quads, as :func:`trig`."""
    graph, topic = _about(place)
    about = "".join(f"{s} {p} {o} {graph} .\n" for s, p, o in controls(page, place))
    return f"{_lines(page.triples)}{topic[:-1]}{graph} .\n{about}"


def ntriples(page: Page, place: Place) -> str:
    """A page in N-Triples, which is Turtle too: data and what is said about them in one graph."""
    return _lines(page.triples) + _lines(tuple(controls(page, place)))


def _about(place: Place) -> tuple[str, str]:
    graph = iri(f"{place.page}#metadata")
    return graph, f"{graph} <http://xmlns.com/foaf/0.1/primaryTopic> {iri(place.page)} ."


def _lines(triples: tuple[Triple, ...]) -> str:
    return "".join(f"{s} {p} {o} .\n" for s, p, o in triples)
