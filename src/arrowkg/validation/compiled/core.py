"""The constraint components of SHACL Core that look at values alone (SHACL sections 4.1 to 4.5 and 4.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from arrowkg.terms import iri_of, is_iri, lexical_form, literal_parts
from arrowkg.validation.compiled.constraints import ONCE, Find
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.compiled.patterns import Matcher
from arrowkg.validation.compiled.values import RDF_LANG_STRING, XSD_STRING, less, recognizer
from arrowkg.vocab import RDF_TYPE

Test = Callable[[str], bool]
"""Whether a term is as a constraint asks."""

_KNOWN: Final = 4096
"""How many terms a test remembers."""


def each(test: Test) -> Find:
    """Finds the value nodes that fail a test."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        for value in values:
            if not test(value):
                return _failing(test, values)
        return ()

    return find


def _failing(test: Test, values: Sequence[str]) -> Sequence[str]:
    """The values that fail a test, where one is known to."""
    # Conditions of shapes fail as often as not, mostly on a single value.
    return values if len(values) == 1 else [value for value in values if not test(value)]


def remembered(test: Test) -> Test:
    """A test that remembers its last answers, for values that come again: years, positions, classes."""
    known: dict[str, bool] = {}

    def answer(term: str) -> bool:
        found = known.get(term)
        if found is None:
            if len(known) >= _KNOWN:
                known.clear()
            found = known[term] = test(term)
        return found

    return answer


def text_of(term: str) -> str:
    """What SPARQL's ``str`` makes of an IRI or a literal."""
    return iri_of(term) if is_iri(term) else lexical_form(term)


# Value types (4.1)


def instances(class_: str) -> Find:
    """``sh:class``."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        about = graph.about
        for value in values:
            if class_ not in about.get(value, NOTHING).get(RDF_TYPE, ()):
                return [value for value in values if not graph.is_instance(value, class_)]
        return ()

    return find


def _plain_texts(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
    for value in values:
        if value[0] != '"' or value[-1] != '"':
            return [value for value in values if value[0] != '"' or value[-1] != '"']
    return ()


def of_datatype(datatype: str) -> Find:
    """``sh:datatype``: the datatype itself, and a lexical form that it has."""
    if datatype == XSD_STRING:
        return _plain_texts
    if datatype == RDF_LANG_STRING:
        return each(lambda term: term[0] == '"' and bool(literal_parts(term)[2]))
    suffix = f'"^^<{datatype}>'
    is_well_formed = recognizer(datatype)
    if is_well_formed is None:
        return each(lambda term: term.endswith(suffix) and term[0] == '"')
    return each(
        remembered(lambda term: term.endswith(suffix) and term[0] == '"' and is_well_formed(lexical_form(term)))
    )


NODE_KINDS: Final = {
    sh("IRI"): "<",
    sh("BlankNode"): "_",
    sh("Literal"): '"',
    sh("BlankNodeOrIRI"): "_<",
    sh("BlankNodeOrLiteral"): '_"',
    sh("IRIOrLiteral"): '<"',
}
"""The first characters of the terms of each node kind."""


def of_kind(kind: str) -> Find:
    """``sh:nodeKind``."""
    starts = NODE_KINDS[kind]
    return each(lambda term: term[0] in starts)


# Cardinality (4.2)


def at_least(count: int) -> Find:
    """``sh:minCount``."""
    return lambda graph, focus, values: () if len(values) >= count else ONCE


def at_most(count: int) -> Find:
    """``sh:maxCount``."""
    return lambda graph, focus, values: () if len(values) <= count else ONCE


# Ranges (4.3)


def above(limit: str, *, or_equal: bool) -> Find:
    """``sh:minInclusive`` and ``sh:minExclusive``."""
    return each(remembered(lambda term: less(limit, term, or_equal=or_equal)))


def below(limit: str, *, or_equal: bool) -> Find:
    """``sh:maxInclusive`` and ``sh:maxExclusive``."""
    return each(remembered(lambda term: less(term, limit, or_equal=or_equal)))


# Texts (4.4)


def long_enough(length: int) -> Find:
    """``sh:minLength``; a blank node has no text, yet is long enough for 0."""
    return each(lambda term: length == 0 or (term[0] != "_" and len(text_of(term)) >= length))


def short_enough(length: int) -> Find:
    """``sh:maxLength``."""
    return each(lambda term: term[0] != "_" and len(text_of(term)) <= length)


def like(matches: Matcher) -> Find:
    """``sh:pattern``."""

    def test(term: str) -> bool:
        return term[0] != "_" and bool(matches(text_of(term)))

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        for term in values:
            # Most terms are IRIs or texts without escapes, datatype and language.
            if term[0] == "<" or (term[-1] == '"' and "\\" not in term):
                if matches(term[1:-1]):
                    continue
            elif test(term):
                continue
            return _failing(test, values)
        return ()

    return find


def in_languages(ranges: Iterable[str]) -> Find:
    """``sh:languageIn``, basic filtering as of ``langMatches`` (RFC 4647, section 3.3.1)."""
    wanted = [language.lower() for language in ranges]

    def test(term: str) -> bool:
        tag = literal_parts(term)[2].lower() if term[0] == '"' else ""
        return bool(tag) and any(one in ("*", tag) or tag.startswith(f"{one}-") for one in wanted)

    return each(test)


def one_a_language() -> Find:
    """``sh:uniqueLang``: one result for each language that comes more than once."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[None]:
        if len(values) < 2:
            return ()
        tags = Counter(literal_parts(term)[2].lower() for term in values if term[0] == '"')
        return [None for tag, count in tags.items() if tag and count > 1]

    return find


# Pairs of properties (4.5)


def equal_to(predicate: str) -> Find:
    """``sh:equals``: the values that one of both has alone."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        others = graph.about.get(focus, NOTHING).get(predicate, ())
        if values == others or (not values and not others):
            return ()
        mine, theirs = frozenset(values), frozenset(others)
        return [*(value for value in values if value not in theirs), *(one for one in others if one not in mine)]

    return find


def apart_from(predicate: str) -> Find:
    """``sh:disjoint``."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        others = frozenset(graph.about.get(focus, NOTHING).get(predicate, ()))
        return [value for value in values if value in others]

    return find


def less_than(predicate: str, *, or_equal: bool) -> Find:
    """``sh:lessThan`` and ``sh:lessThanOrEquals``: one result for each pair that is not so."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        others = graph.about.get(focus, NOTHING).get(predicate, ())
        return [value for value in values for other in others if not less(value, other, or_equal=or_equal)]

    return find


# Others (4.8)


def closed(allowed: Iterable[str]) -> Find:
    """``sh:closed``: the predicates and values that no property shape and no ignored property allows."""
    known = frozenset(allowed)

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[Any]:
        for node in values:
            if not known.issuperset(graph.about.get(node, NOTHING)):
                return [
                    (predicate, value)
                    for node in values
                    for predicate, found in graph.about.get(node, NOTHING).items()
                    if predicate not in known
                    for value in found
                ]
        return ()

    return find


def with_value(wanted: str) -> Find:
    """``sh:hasValue``."""
    return lambda graph, focus, values: () if wanted in values else ONCE


def one_of(members: Iterable[str]) -> Find:
    """``sh:in``."""
    known = frozenset(members)

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        return () if known.issuperset(values) else [value for value in values if value not in known]

    return find
