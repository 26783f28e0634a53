"""The constraint components of SHACL Core that look at values alone (SHACL sections 4.1 to 4.5 and 4.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from arrowkg.terms import iri_of, is_iri, lexical_form, literal_parts
from arrowkg.validation.compiled.clauses import Clause, clause
from arrowkg.validation.compiled.constraints import ONCE, Check
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.compiled.patterns import Matcher
from arrowkg.validation.compiled.values import RDF_LANG_STRING, XSD_STRING, less, recognizer
from arrowkg.vocab import RDF_TYPE

Test = Callable[[str], bool]
"""Whether a term is as a constraint asks."""

_KNOWN: Final = 4096
"""How many terms a test remembers."""


def each(test: Test, kept: Clause | None = None) -> Check:
    """Finds the value nodes that fail a test.

    Args:
        test: the test.
        kept: a clause that says the same of ``value``; it calls the test, if there is none.
    """
    return Check(
        lambda graph, focus, values: [value for value in values if not test(value)],
        kept or clause("{test}({value})", test=test),
    )


def remembered(test: Test) -> Check:
    """Finds the value nodes that fail a test; its last answers are remembered, since years and positions come again."""
    known: dict[str, bool] = {}

    def answer(term: str) -> bool:
        found = known.get(term)
        if found is None:
            if len(known) >= _KNOWN:
                known.clear()
            found = known[term] = test(term)
        return found

    return each(answer, clause("{known}.get({value}) or {answer}({value})", known=known, answer=answer))


def text_of(term: str) -> str:
    """What SPARQL's ``str`` makes of an IRI or a literal."""
    return iri_of(term) if is_iri(term) else lexical_form(term)


# Value types (4.1)


def instances(class_: str) -> Check:
    """``sh:class``."""
    return Check(
        lambda graph, focus, values: [value for value in values if not graph.is_instance(value, class_)],
        clause(
            "{class_} in {described}.get({type_}, ()) or graph.is_instance({value}, {class_})",
            class_=class_,
            type_=RDF_TYPE,
        ),
    )


def of_datatype(datatype: str) -> Check:
    """``sh:datatype``: the datatype itself, and a lexical form that it has."""
    if datatype == XSD_STRING:
        return each(lambda term: term[0] == '"' == term[-1], clause("""{value}[0] == '"' == {value}[-1]"""))
    if datatype == RDF_LANG_STRING:
        return each(lambda term: term[0] == '"' and bool(literal_parts(term)[2]))
    suffix = f'"^^<{datatype}>'
    is_well_formed = recognizer(datatype)
    if is_well_formed is None:
        return each(lambda term: term.endswith(suffix) and term[0] == '"')
    return remembered(lambda term: term.endswith(suffix) and term[0] == '"' and is_well_formed(lexical_form(term)))


NODE_KINDS: Final = {
    sh("IRI"): "<",
    sh("BlankNode"): "_",
    sh("Literal"): '"',
    sh("BlankNodeOrIRI"): "_<",
    sh("BlankNodeOrLiteral"): '_"',
    sh("IRIOrLiteral"): '<"',
}
"""The first characters of the terms of each node kind."""


def of_kind(kind: str) -> Check:
    """``sh:nodeKind``."""
    starts = NODE_KINDS[kind]
    return each(lambda term: term[0] in starts, clause("{value}[0] in {starts}", starts=starts))


# Cardinality (4.2)


def at_least(count: int) -> Check:
    """``sh:minCount``."""
    return Check(
        lambda graph, focus, values: () if len(values) >= count else ONCE,
        together=clause("len({values}) >= {count}", count=count),
    )


def at_most(count: int) -> Check:
    """``sh:maxCount``."""
    return Check(
        lambda graph, focus, values: () if len(values) <= count else ONCE,
        together=clause("len({values}) <= {count}", count=count),
    )


# Ranges (4.3)


def above(limit: str, *, or_equal: bool) -> Check:
    """``sh:minInclusive`` and ``sh:minExclusive``."""
    return remembered(lambda term: less(limit, term, or_equal=or_equal))


def below(limit: str, *, or_equal: bool) -> Check:
    """``sh:maxInclusive`` and ``sh:maxExclusive``."""
    return remembered(lambda term: less(term, limit, or_equal=or_equal))


# Texts (4.4)


def long_enough(length: int) -> Check:
    """``sh:minLength``; a blank node has no text, yet is long enough for 0."""
    return each(lambda term: length == 0 or (term[0] != "_" and len(text_of(term)) >= length))


def short_enough(length: int) -> Check:
    """``sh:maxLength``."""
    return each(lambda term: term[0] != "_" and len(text_of(term)) <= length)


def like(matches: Matcher) -> Check:
    """``sh:pattern``."""

    def test(term: str) -> bool:
        return term[0] != "_" and bool(matches(text_of(term)))

    # Most terms are IRIs or texts without escapes, datatype and language.
    plain = """({value}[0] == '<' or ({value}[-1] == '"' and '\\\\' not in {value}))"""
    return each(
        test, clause(f"{plain} and {{matches}}({{value}}[1:-1]) or {{test}}({{value}})", matches=matches, test=test)
    )


def in_languages(ranges: Iterable[str]) -> Check:
    """``sh:languageIn``, basic filtering as of ``langMatches`` (RFC 4647, section 3.3.1)."""
    wanted = [language.lower() for language in ranges]

    def test(term: str) -> bool:
        tag = literal_parts(term)[2].lower() if term[0] == '"' else ""
        return bool(tag) and any(one in ("*", tag) or tag.startswith(f"{one}-") for one in wanted)

    return each(test)


def one_a_language() -> Check:
    """``sh:uniqueLang``: one result for each language that comes more than once."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[None]:
        tags = Counter(literal_parts(term)[2].lower() for term in values if term[0] == '"')
        return [None for tag, count in tags.items() if tag and count > 1]

    return Check(find, together=clause("len({values}) < 2 or not {find}(graph, {focus}, {values})", find=find))


# Pairs of properties (4.5)


def equal_to(predicate: str) -> Check:
    """``sh:equals``: the values that one of both has alone."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        others = graph.about.get(focus, NOTHING).get(predicate, ())
        mine, theirs = frozenset(values), frozenset(others)
        return [*(value for value in values if value not in theirs), *(one for one in others if one not in mine)]

    same = "{values} == {about}.get({predicate}, ()) or not {find}(graph, {focus}, {values})"
    return Check(find, together=clause(same, predicate=predicate, find=find))


def apart_from(predicate: str) -> Check:
    """``sh:disjoint``."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        others = frozenset(graph.about.get(focus, NOTHING).get(predicate, ()))
        return [value for value in values if value in others]

    return Check(find)


def less_than(predicate: str, *, or_equal: bool) -> Check:
    """``sh:lessThan`` and ``sh:lessThanOrEquals``: one result for each pair that is not so."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        others = graph.about.get(focus, NOTHING).get(predicate, ())
        return [value for value in values for other in others if not less(value, other, or_equal=or_equal)]

    return Check(find)


# Others (4.8)


def closed(allowed: Iterable[str]) -> Check:
    """``sh:closed``: the predicates and values that no property shape and no ignored property allows."""
    known = frozenset(allowed)

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[Any]:
        return [
            (predicate, value)
            for node in values
            for predicate, found in graph.about.get(node, NOTHING).items()
            if predicate not in known
            for value in found
        ]

    return Check(find, clause("{known}.issuperset({described})", known=known))


def with_value(wanted: str) -> Check:
    """``sh:hasValue``."""
    return Check(
        lambda graph, focus, values: () if wanted in values else ONCE,
        together=clause("{wanted} in {values}", wanted=wanted),
    )


def one_of(members: Iterable[str]) -> Check:
    """``sh:in``."""
    known = frozenset(members)

    return Check(
        lambda graph, focus, values: [value for value in values if value not in known],
        clause("{value} in {known}", known=known),
        clause("{known}.issuperset({values})", known=known),
    )
