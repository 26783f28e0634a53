"""The compiled engine: its parts beside what is not ours, and its results beside those of other engines."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph
import pyshacl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from rdflib import Graph

from arrowkg.errors import InputError
from arrowkg.model import Notice
from arrowkg.terms import Triple, text
from arrowkg.validation import Engine, Shapes, engine_named, load_shapes
from arrowkg.validation.compiled import patterns
from arrowkg.validation.compiled.engine import Checker
from arrowkg.validation.compiled.exact import solutions
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.compiled.paths import walk
from arrowkg.validation.compiled.patterns import NotCompiled, matcher
from arrowkg.validation.compiled.queries import prepared
from arrowkg.validation.compiled.reach import Reached
from arrowkg.validation.compiled.steps import Step, merged, steps_of
from arrowkg.validation.compiled.values import is_well_formed, less
from arrowkg.validation.oxigraph_terms import oxigraph_node, oxigraph_quads, term_of_oxigraph
from arrowkg.validation.rdflib_terms import add_triples, term_of
from arrowkg.validation.report import Path as ShapePath
from arrowkg.validation.report import path_text
from arrowkg.vocab import XSD
from mutations import BASE, differences, mutated_records, plain_result, rows_of, rows_of_graph, rows_of_report
from random_shapes import random_shapes

A: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
PREFIXES: Final = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"


# Paths, beside those of a SPARQL engine

NODES: Final = [f"<a:{number}>" for number in range(4)]
PREDICATES: Final = ["<a:p>", "<a:q>"]


def graphs() -> st.SearchStrategy[list[Triple]]:
    triple = st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from([*NODES, '"text"']))
    return st.lists(triple, max_size=8, unique=True)


def paths() -> st.SearchStrategy[ShapePath]:
    def longer(inner: st.SearchStrategy[ShapePath]) -> st.SearchStrategy[ShapePath]:
        unary = st.tuples(st.sampled_from("^*+?"), inner)
        several = st.tuples(st.sampled_from("/|"), inner, inner)
        return st.one_of(unary, several)

    return st.recursive(st.sampled_from(PREDICATES), longer, max_leaves=4)


@given(graphs(), paths(), st.sampled_from(NODES))
def test_a_path_reaches_what_sparql_reaches(graph: list[Triple], path: ShapePath, node: str) -> None:
    store = pyoxigraph.Store()
    # To this engine a path of no step needs a node that some triple has; to SPARQL, and SHACL, it does not.
    store.extend(oxigraph_quads([*graph, (node, "<a:there>", node)]))
    query = f"SELECT DISTINCT ?value WHERE {{ {node} {path_text(path)} ?value }}"
    found = store.query(query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    reached = walk(path)(Index(graph), node)
    assert sorted(reached) == sorted(term_of_oxigraph(solution["value"]) for solution in found)


# Values

FORMS: Final[dict[str, tuple[str, str]]] = {
    "integer": ("0 -0 +1 007 -12 99999999999999999999999999999999999999", "1.0 1e3 _1 1_000 one ١ --1"),
    "byte": ("127 -128 +0 0000000000000000000000000000000000000127", "128 -129 300 c"),
    "unsignedLong": ("18446744073709551615 -0", "18446744073709551616 -1"),
    "positiveInteger": ("1 +2", "0 -1"),
    "negativeInteger": ("-1", "0 1"),
    "decimal": ("1 1. .5 -1.50 +0.0", ". 1e0 INF 1,5"),
    "double": ("1 1.0E0 -INF +INF INF NaN .5e-3", "inf nan 1e 1e1.5 +NaN"),
    "boolean": ("true false 1 0", "True TRUE yes 2"),
    "date": (
        "2024-02-29 2023-02-28Z -0001-01-01 12024-01-01+14:00 2000-02-29",
        "2023-02-29 1900-02-29 2024-2-1 2024-04-31 24-01-01 2024-01-01+14:30",
    ),
    "dateTime": (
        "2024-02-29T24:00:00 2024-01-01T00:00:00.123Z",
        "2024-01-01T24:00:01 2024-01-01T25:00:00 2024-01-01 2024-01-01T00:00",
    ),
    "dateTimeStamp": ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00"),
    "time": ("23:59:59.5 24:00:00Z", "24:00:01 1:00:00"),
    "gYear": ("2025 0814 -0044 12025 2025Z", "25 MMXXV 02025 2025-01"),
    "gYearMonth": ("2025-12", "2025-13 2025"),
    "gMonth": ("--12", "--13 12"),
    "gDay": ("---31", "---32 31"),
    "gMonthDay": ("--02-29 --12-31", "--02-30 --04-31"),
    "duration": ("P1Y2M3DT4H5M6.7S -P1D PT1S P1M", "P P1YT PT 1Y P1S P-1D"),
    "dayTimeDuration": ("P1DT2H", "P1Y P1M"),
    "yearMonthDuration": ("P1Y2M", "P1D"),
    "hexBinary": ("0aFF", "0aF xx"),
    "base64Binary": ("YQ== YWI= YWJj", "YQ YQ= a Y?=="),
    "language": ("en de-CH x-klingon", "en_GB abcdefghi"),
    "NCName": ("a _b é-1", "1a a:b -a"),
    "anyURI": ("http://example.org/ a%20b", ""),
}


@pytest.mark.parametrize("name", FORMS)
def test_lexical_forms_are_those_of_xml_schema(name: str) -> None:
    good, bad = FORMS[name]
    assert [form for form in good.split() if not is_well_formed(form, XSD + name)] == []
    assert [form for form in bad.split() if is_well_formed(form, XSD + name)] == []
    if name != "anyURI":
        assert not any(is_well_formed(f" {form}", XSD + name) for form in good.split())


@pytest.mark.java
@pytest.mark.parametrize("name", FORMS)
def test_jena_agrees_on_lexical_forms(name: str, tmp_path: Path) -> None:
    from judges.java import topbraid_validate

    good, bad = FORMS[name]
    forms = [*good.split(), *bad.split()]
    (tmp_path / "data.nt").write_text(
        "".join(f"<urn:example:{n}> <urn:example:p> {text(form)}^^<{XSD}{name}> .\n" for n, form in enumerate(forms))
    )
    (tmp_path / "shapes.ttl").write_text(
        PREFIXES
        + "<urn:example:s> a sh:PropertyShape ; sh:targetSubjectsOf <urn:example:p> ; sh:path <urn:example:p> ;"
        + f" sh:datatype xsd:{name} ."
    )
    report = topbraid_validate(tmp_path / "data.nt", tmp_path / "shapes.ttl").ntriples.decode()
    refused = {int(n) for n in re.findall(rf"<{sh('focusNode')[1:-1]}> <urn:example:(\d+)>", report)}
    theirs = {form for n, form in enumerate(forms) if n not in refused}
    assert theirs == {form for form in forms if is_well_formed(form, XSD + name)}


@given(st.dates())
def test_every_day_is_a_date(day: date) -> None:
    assert is_well_formed(day.isoformat(), f"{XSD}date")


def literals() -> st.SearchStrategy[str]:
    numbers = st.one_of(
        st.integers(-3, 3).map(lambda value: f'"{value}"^^<{XSD}integer>'),
        st.integers(-3, 3).map(lambda value: f'"0{abs(value)}.0"^^<{XSD}decimal>'),
        st.sampled_from(["-1.5", "0", "1.0E0", "INF", "NaN"]).map(lambda value: f'"{value}"^^<{XSD}double>'),
        st.sampled_from(["1.5", "-INF"]).map(lambda value: f'"{value}"^^<{XSD}float>'),
        st.sampled_from(["1", "-2"]).map(lambda value: f'"{value}"^^<{XSD}short>'),
        st.just(f'"one"^^<{XSD}integer>'),
    )
    days = st.sampled_from(["2024-01-01", "2024-01-02", "2023-12-31"])
    times = st.sampled_from(["", "Z", "+05:00"])
    dates = st.tuples(days, times).map(lambda found: f'"{found[0]}{found[1]}"^^<{XSD}date>')
    moments = st.tuples(days, times).map(lambda found: f'"{found[0]}T12:00:00{found[1]}"^^<{XSD}dateTime>')
    others = st.sampled_from(
        ['""', '"a"', '"b"', '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>', "<a:iri>", "_:b", '"1"^^<a:type>']
    )
    return st.one_of(numbers, dates, moments, others)


@given(literals(), literals(), st.booleans())
def test_values_compare_as_in_sparql(left: str, right: str, or_equal: bool) -> None:
    # To this engine a term is equal to itself, even if it has no value.
    assume(left != right)
    store = pyoxigraph.Store()
    query = f"ASK {{ VALUES (?l ?r) {{ ({left} {right}) }} FILTER (?l {'<=' if or_equal else '<'} ?r) }}"
    if "_:b" in (left, right):
        assert not less(left, right, or_equal=or_equal)
    else:
        assert less(left, right, or_equal=or_equal) == bool(store.query(query))


@given(st.decimals(-1000, 1000, places=30), st.decimals(-1000, 1000, places=30))
def test_numbers_of_many_digits_compare_exactly(left: Decimal, right: Decimal) -> None:
    one, other = (f'"{value:f}"^^<{XSD}decimal>' for value in (left, right))
    assert less(one, other) == (left < right)


# What queries reach


@st.composite
def queries(draw: st.DrawFn) -> list[list[Step]]:
    """Steps of several queries, each from a variable that is reached before."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        variables, steps = ["this"], []
        for _ in range(draw(st.integers(0, 4))):
            predicate = draw(st.sampled_from(["<a:p>", "<a:q>", None]))
            is_inverse = predicate is not None and draw(st.booleans())
            target = draw(st.sampled_from([*variables, "x", "y"]))
            steps.append(Step(draw(st.sampled_from(variables)), predicate, is_inverse, target))
            variables.append(target)
        found.append(steps)
    return found


REACHABLE: Final = [f"<a:{name}>" for name in "stuv"]


@settings(max_examples=300)
@given(
    queries(),
    st.sets(st.tuples(st.sampled_from(REACHABLE), st.sampled_from(["<a:p>", "<a:q>"]), st.sampled_from(REACHABLE))),
)
def test_merged_steps_reach_what_each_query_reaches(asked: list[list[Step]], triples: set[Triple]) -> None:
    graph = Index(sorted(triples))
    separate: set[Triple] = set()
    for steps in asked:
        reached = Reached()
        assert reached.add(graph, steps, ["<a:s>"])
        separate.update(reached.triples)
    together = Reached()
    assert together.add(graph, merged(asked), ["<a:s>"])
    assert separate <= set(together.triples)
    if all(step.source != step.target for steps in asked for step in steps):
        assert separate == set(together.triples)


# Patterns

PARTS: Final = ["a", "b", "[ab]", "[^a]", ".", r"\w", r"\s", r"\d", "é", "\n", "^", "$", r"\b", r"\B"]


def regular_expressions() -> st.SearchStrategy[str]:
    def longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, inner).map("".join),
            st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "*?", "+?", "{2,}"])).map(
                lambda found: f"(?:{found[0]}){found[1]}"
            ),
            st.tuples(inner, inner).map("|".join).map(lambda found: f"({found})"),
        )

    return st.recursive(st.sampled_from(PARTS), longer, max_leaves=8)


@settings(max_examples=300)
@given(regular_expressions(), st.text("abA é1\n", max_size=9), st.sampled_from(["", "i", "m", "s", "im"]))
@example("(?:a|b)*$", "ab\n", "")
def test_the_automaton_says_what_re_says(pattern: str, value: str, flags: str) -> None:
    number = 0
    for letter in flags:
        number |= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}[letter]
    compiled = re.compile(pattern, number)
    automaton = patterns._automaton(patterns._parser.parse(pattern, number), pattern, compiled.flags)
    assert automaton is not None
    assert automaton(value) == (compiled.search(value) is not None)
    assert bool(matcher(pattern, flags)(value)) == (compiled.search(value) is not None)


@given(
    st.lists(
        st.sampled_from(["a", "[^b]", ".", "[ab]{2}", "a{0}", "(?:ab){2}", r"\n", r"\s", r"\$", "(?:ab)"]), max_size=4
    ).map("".join),
    st.sampled_from(["$", r"\Z", ""]),
    st.text("ab \n$", max_size=8),
    st.sampled_from(["", "m", "s", "i"]),
)
def test_patterns_that_end_with_the_text_say_what_re_says(pattern: str, end: str, value: str, flags: str) -> None:
    number = {"": 0, "m": re.MULTILINE, "s": re.DOTALL, "i": re.IGNORECASE}[flags]
    assert bool(matcher(pattern + end, flags)(value)) == (re.search(pattern + end, value, number) is not None)


def test_what_is_no_white_space_is_what_re_says() -> None:
    is_there = matcher(r"\S")
    assert not is_there("")
    for code in range(sys.maxunicode + 1):
        for value in (chr(code), f" {chr(code)}\n"):
            assert bool(is_there(value)) == (re.search(r"\S", value) is not None)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(a|a)*$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a*)*b", "(x+x+)+y", "(.*)(.*)(.*)(.*)=$"]
)
def test_hostile_patterns_take_a_time_in_proportion_to_the_text(pattern: str) -> None:
    # Python's re would take longer than the universe is old.
    assert not matcher(pattern)("a" * 20_000 + "!x")


def test_patterns_that_no_automaton_has_are_bounded() -> None:
    assert matcher(r"(a)\1")("baa")
    with pytest.raises(InputError, match="within bounds"):
        matcher(r"(.*)x(.*)\1")("a" * 100_000)
    with pytest.raises(NotCompiled, match="nothing bounds"):
        matcher(r"(?:(a+)+\1)$")


@pytest.mark.parametrize(("flags", "value"), [("i", "ABC"), ("q", "a.b"), ("x", "abc"), ("s", "a\nc"), ("m", "x\nabc")])
def test_flags(flags: str, value: str) -> None:
    pattern = {"i": "abc", "q": "a.b", "x": "a b c", "s": "a.c", "m": "^abc$"}[flags]
    assert matcher(pattern, flags)(value)
    assert not matcher(pattern if flags != "q" else "a.c")(value) or flags == "q"


def test_unknown_flags_and_patterns_are_refused() -> None:
    for wrong in (("a", "z"), ("(", ""), ("*", "")):
        with pytest.raises(InputError, match="the shapes cannot be used"):
            matcher(*wrong)


# Shapes within shapes


def checker(shapes: str) -> Checker:
    quads = pyoxigraph.parse(PREFIXES + shapes, pyoxigraph.RdfFormat.TURTLE, base_iri="urn:shapes")
    return Checker([tuple(map(term_of_oxigraph, (q.subject, q.predicate, q.object))) for q in quads])  # type: ignore[misc]


@pytest.mark.parametrize("depth", [1, 30, 31, 150])
def test_a_shape_within_shapes_is_asked_however_deep(depth: int) -> None:
    # Beyond some depth a shape is a call; an expression of Python's may not be nested deeper than 200 brackets.
    inside = "sh:nodeKind sh:IRI"
    for _ in range(depth):
        inside = f"sh:not [ {inside} ]"
    check = checker(f"<a:shape> a sh:NodeShape ; sh:targetNode <a:node> ; {inside} .")
    assert len(check.check(Index([]))) == depth % 2


@pytest.mark.parametrize(("word", "count"), [("and", 500), ("or", 500), ("xone", 500)])
def test_a_shape_of_many_shapes_is_asked(word: str, count: int) -> None:
    members = " ".join(f"[ sh:hasValue <a:{number}> ]" for number in range(count))
    check = checker(f"<a:shape> a sh:NodeShape ; sh:targetNode <a:0>, <a:none> ; sh:{word} ( {members} ) .")
    broken = {"and": {"<a:0>", "<a:none>"}, "or": {"<a:none>"}, "xone": {"<a:none>"}}[word]
    assert {found.focus for found in check.check(Index([]))} == broken


def test_what_stands_in_shapes_never_becomes_code() -> None:
    hostile = "'+__import__('os').abort()+'"
    check = checker(
        f"""<a:shape> a sh:NodeShape ; sh:targetNode <a:node> ; sh:in ( "{hostile}" ) ; sh:hasValue "{hostile}" ;
        sh:property [ sh:path <a:{hostile}> ; sh:minCount 1 ; sh:equals <a:b{hostile}> ; sh:pattern "{{value}}" ] .
        """
    )
    assert len(check.check(Index([]))) == 3


# Queries

QUERIES: Final = (
    "SELECT $this WHERE { $this <a:p> ?o }",
    "SELECT $this ?value WHERE { $this <a:p>/<a:q> ?value }",
    "SELECT $this ?value WHERE { ?value <a:p>|^<a:q> $this . OPTIONAL { ?value <a:q> ?x } FILTER (!bound(?x)) }",
    "SELECT $this (?v AS ?value) WHERE { $this <a:p> ?v FILTER NOT EXISTS { ?v <a:q> $this } }",
    "SELECT $this WHERE { { $this <a:p> ?x } UNION { $this <a:q> ?x . ?x <a:p> ?y } }",
    "SELECT $this WHERE { $this <a:p> ?x } GROUP BY $this HAVING (COUNT(?x) > 1)",
    "SELECT $this WHERE { { SELECT $this (COUNT(?x) AS ?n) WHERE { $this <a:p> ?x } GROUP BY $this } FILTER (?n = 1) }",
    "SELECT $this ?path ?value WHERE { $this ?path ?value }",
    "SELECT $this WHERE { $this <a:p> ?x } LIMIT 1",
    "SELECT $this ?value WHERE { ?value <a:p> ?other . FILTER (?value = $this) }",
    "SELECT $this WHERE { FILTER EXISTS { ?any <a:q> $this } }",
    "SELECT $this ?value WHERE { $this <a:p>+ ?value }",
    "SELECT $this WHERE { BIND ($this AS ?that) ?that <a:p> ?x ; <a:q> ?y . }",
)


@cache
def query_checker(query: str) -> Checker:
    targets = ", ".join(NODES)
    return checker(f'<a:shape> a sh:NodeShape ; sh:targetNode {targets} ; sh:sparql [ sh:select "{query}" ] .')


@given(st.lists(graphs(), min_size=1, max_size=4), st.sampled_from(QUERIES))
def test_many_graphs_at_once_answer_as_each_alone(found: list[list[Triple]], query: str) -> None:
    check = query_checker(query)
    graphs_of = [Index(graph) for graph in found]
    together = check.check_each(graphs_of)
    alone = [check.check(Index(graph)) for graph in found]
    assert [sorted(map(repr, results)) for results in together] == [sorted(map(repr, results)) for results in alone]
    for graph, results in zip(found, alone, strict=True):
        store = pyoxigraph.Store()
        store.extend(oxigraph_quads(graph))
        expected = {row for node in NODES for row in answers(store, query, node)}
        assert {(result.focus, result.path, result.value) for result in results} == expected


def answers(store: pyoxigraph.Store, query: str, node: str) -> Iterator[tuple[str, str | None, str | None]]:
    """What a SPARQL engine says with the text of the node for the variable, where that is possible."""
    before, _, after = query.partition(" WHERE ")
    head = before.replace("$this", f"({node} AS ?node)", 1)
    body = after.replace("SELECT $this", "SELECT").replace(" GROUP BY $this", "").replace("$this", node)
    solutions = store.query(f"{head} WHERE {body}")
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        path, value = (term_of_oxigraph(solution[name]) if name in names else None for name in ("path", "value"))
        yield node, path, node if value is None else value


@pytest.mark.parametrize("form", ["01", "1"])
def test_queries_see_lexical_forms(form: str) -> None:
    """pyoxigraph would give back ``"1"`` for ``"01"``."""
    query = r"SELECT $this ?value WHERE { $this <a:p> ?value FILTER (STR(?value) = '01') }"
    check = checker(f'<a:shape> a sh:NodeShape ; sh:targetNode <a:0>, <a:1> ; sh:sparql [ sh:select "{query}" ] .')
    value = f'"{form}"^^<{XSD}integer>'
    graph = [("<a:0>", "<a:p>", value), ("<a:1>", "<a:p>", f'"1"^^<{XSD}integer>')]
    found = check.check_each([Index(graph), Index([]), Index(graph)])
    assert [[result.value for result in results] for results in found] == (
        [[value], [], [value]] if form == "01" else [[], [], []]
    )


@given(graphs(), st.sampled_from(QUERIES))
def test_rdflib_answers_as_pyoxigraph(graph: list[Triple], query: str) -> None:
    ready = prepared(query, "SELECT", {}, ["this"], None, "shape")
    for node in NODES:
        mine = query_checker(query).check(Index(graph))
        theirs = solutions(ready.text, graph, {"this": [node]}, None)
        assert {found.value for found in mine if found.focus == node} == {row.get("value", node) for row in theirs}


@pytest.mark.parametrize(
    ("query", "is_known"),
    [
        ("SELECT $this WHERE { $this <a:p> ?x . ?x a <a:C> ; <a:q> ?y, ?z . }", True),
        ("SELECT $this WHERE { ?x <a:p> ?y . $this <a:q> ?x }", True),
        ("SELECT $this WHERE { ?x <a:p> ?y }", False),
        ("SELECT $this WHERE { $this <a:p>* ?x }", False),
        ("SELECT $this WHERE { ?x ?p $this }", False),
        ("SELECT $this WHERE { OPTIONAL { ?x <a:p> ?y } $this <a:q> ?x }", False),
        ("SELECT $this WHERE { { $this <a:p> ?x } UNION { ?x <a:q> ?y } }", False),
        ("SELECT $this WHERE { $this <a:p> ?x { SELECT $this (COUNT(?y) AS ?n) WHERE { ?x <a:q> ?y } } }", False),
        ("SELECT $this WHERE { $this <a:p> [ <a:q> 1 ] }", False),
        ("SELECT $this WHERE { GRAPH <a:g> { $this <a:p> ?x } }", False),
        ("SELECT $this WHERE { $this <a:p> ?x FILTER (?x IN (1, 2) && EXISTS { ?x <a:q> ?x }) }", True),
    ],
)
def test_what_a_query_depends_on_is_known_only_if_it_hangs_on_the_focus_node(query: str, is_known: bool) -> None:
    assert (prepared(query, "SELECT", {}, ["this"], None, "shape").steps is not None) is is_known


@pytest.mark.parametrize(
    ("constraint", "reason"),
    [
        ('sh:sparql [ sh:select "ASK { ?s ?p ?o }" ]', "is no SELECT query"),
        ('sh:sparql [ sh:select "SELECT $this WHERE { $this ex:p ?o }" ]', "nothing declares"),
        ('sh:sparql [ sh:select "SELECT $this WHERE { $this $PATH ?o }" ]', r"\$PATH"),
        ('sh:sparql [ sh:select "SELECT $this FROM <file:///etc/passwd> WHERE { $this ?p ?o }" ]', "FROM"),
        ('sh:sparql [ sh:select "SELECT $this WHERE { SERVICE <http://127.0.0.1:1/> { $this ?p ?o } }" ]', "SERVICE"),
        ('sh:sparql [ sh:select "SELECT $this WHERE { $this ?p }" ]', "not SPARQL"),
        ("sh:sparql [ ]", "no sh:select"),
        ("sh:entailment <http://www.w3.org/ns/entailment/RDFS>", "asks for entailment"),
        ("sh:node <a:shape>", "stands within itself"),
        ("sh:not [ sh:or ( [ sh:property [ sh:path <a:p> ; sh:node <a:shape> ] ] ) ]", "stands within itself"),
        ("sh:property [ sh:path ( <a:p> ) ]", "fewer than two"),
        ('sh:property [ sh:path "p" ]', "no property path"),
        ("sh:property <a:none>", "no sh:path"),
        ('sh:property [ sh:path <a:p> ; sh:minCount "one" ]', "no whole number"),
        ("sh:property [ sh:path <a:p> ; sh:minCount 1, 2 ]", "more than one sh:minCount"),
        ("sh:in <a:list>", "no well-formed list"),
        ("sh:nodeKind <a:kind>", "is none"),
        ('sh:deactivated "yes"', "neither true nor false"),
    ],
)
def test_shapes_that_cannot_be_used_are_told(constraint: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        checker(f"<a:shape> a sh:NodeShape ; sh:targetNode <a:n> ; {constraint} .")


def test_a_query_may_declare_prefixes_of_its_own() -> None:
    query = "PREFIX a: <a:> # a comment\\n prefix : <a:> SELECT $this ?value WHERE { $this a:p ?value ; :q a:o }"
    check = checker(f'<a:shape> a sh:NodeShape ; sh:targetNode <a:n> ; sh:sparql [ sh:select "{query}" ] .')
    (found,) = check.check(Index([("<a:n>", "<a:p>", '"text"'), ("<a:n>", "<a:q>", "<a:o>")]))
    assert found.value == '"text"'


@pytest.mark.parametrize(
    "pattern",
    [r"$this <a:\\u0070> ?o", r"$this <a:p> <a:\\u006f>", r"$this <a:\\U00000070>|<a:q> ?o"],
)
def test_iris_of_queries_may_hold_escapes(pattern: str) -> None:
    check = query_checker(f"SELECT $this WHERE {{ {pattern} }}")
    assert [found.focus for found in check.check(Index([(NODES[0], "<a:p>", "<a:o>")]))] == [NODES[0]]


@pytest.mark.parametrize("escape", ["003e", "0022", "0020", "005c", "d800", "00"])
def test_escapes_that_make_no_iri_are_refused(escape: str) -> None:
    with pytest.raises(InputError, match="which is no IRI"):
        query_checker(rf"SELECT $this WHERE {{ $this <a:\\u{escape}> ?o }}")


def test_a_query_may_report_a_failure() -> None:
    query = "SELECT $this (true AS ?failure) WHERE { }"
    failing = checker(f'<a:shape> a sh:NodeShape ; sh:targetNode <a:n> ; sh:sparql [ sh:select "{query}" ] .')
    with pytest.raises(InputError, match="reports a failure"):
        failing.check(Index([]))


def test_messages_hold_the_values_of_variables() -> None:
    check = checker(
        '<a:shape> a sh:NodeShape ; sh:targetNode <a:n> ; sh:sparql [ sh:message "{?value} at {$this}, {?none}" ;'
        ' sh:select "SELECT $this ?value WHERE { $this <a:p> ?value }" ] .'
    )
    (found,) = check.check(Index([("<a:n>", "<a:p>", '"text"')]))
    assert found.message == "text at a:n, {?none}"


# Engines


def loaded(folder: Path, shapes: str) -> Shapes:
    (folder / "s.ttl").write_text(PREFIXES + shapes)
    return load_shapes(folder)


def test_what_is_not_compiled_goes_to_pyshacl_and_is_told(tmp_path: Path) -> None:
    told: list[Notice] = []
    shapes = loaded(tmp_path, r"<a:s> a sh:NodeShape ; sh:targetNode <a:n> ; sh:pattern '(?:(a+)+\\1)$' .")
    engine = engine_named("compiled", shapes, told.append)
    assert engine.name == "pyshacl"
    assert [notice.text.partition(":")[0] for notice in told] == ["pySHACL checks instead"]
    assert [result.focus for result in engine.check([])] == ["<a:n>"]


@pytest.fixture(scope="module")
def engines() -> tuple[Engine, Engine]:
    return engine_named("compiled", load_shapes()), engine_named("pyshacl", load_shapes())


def test_damaged_records_have_the_same_results_as_with_pyshacl(engines: tuple[Engine, Engine]) -> None:
    compiled, pyshacl = engines
    records = list(mutated_records(250, seed=20261126))
    results = 0
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for triples, found in zip(records, compiled.check_each(records), strict=True):
            ours, theirs = rows_of(found), rows_of(pyshacl.check(triples))
            assert [one for one in differences(ours, theirs, "pySHACL") if not one[0]] == []
            results += sum(ours.values())
    assert results > 1000


@pytest.mark.java
def test_damaged_records_have_the_same_results_as_with_topbraid(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    from judges.java import topbraid_validate

    (tmp_path / "shapes.nt").write_text("".join(f"{s} {p} {o} .\n" for s, p, o in load_shapes().triples))
    for triples in mutated_records(40, seed=20261127):
        (tmp_path / "data.nt").write_text("".join(f"{s} {p} {o} .\n" for s, p, o in triples))
        theirs = rows_of_report(topbraid_validate(tmp_path / "data.nt", tmp_path / "shapes.nt").ntriples)
        assert [one for one in differences(rows_of(engines[0].check(triples)), theirs, "TopBraid") if not one[0]] == []


def test_random_shapes_have_the_same_results_as_with_pyshacl() -> None:
    results = 0
    logging.getLogger("pyshacl-validate").setLevel(logging.CRITICAL)
    for turtle, shapes, data in random_shapes(400, seed=20261128):
        found = Checker(shapes).check(Index(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, report, _ = pyshacl.validate(rdflib_graph(data), shacl_graph=rdflib_graph(shapes), inference="none")
        assert isinstance(report, Graph), turtle
        theirs = rows_of_graph((term_of(s), term_of(p), term_of(o)) for s, p, o in report)
        assert rows_of(map(plain_result, found)) == theirs, (turtle, data)
        results += len(found)
    assert results > 400


def rdflib_graph(triples: list[Triple]) -> Graph:
    graph = Graph()
    add_triples(graph, triples)
    return graph


@pytest.mark.java
def test_random_shapes_have_the_same_results_as_with_topbraid(tmp_path: Path) -> None:
    from judges.java import topbraid_validate

    for turtle, shapes, data in random_shapes(60, seed=20261129):
        (tmp_path / "shapes.ttl").write_text(turtle)
        (tmp_path / "data.nt").write_text("".join(f"{s} {p} {o} .\n" for s, p, o in data))
        theirs = rows_of_report(topbraid_validate(tmp_path / "data.nt", tmp_path / "shapes.ttl").ntriples)
        found = Checker(shapes).check(Index(data))
        assert rows_of(map(plain_result, found)) == theirs, (turtle, data)


def test_a_large_graph_has_the_results_of_its_parts(engines: tuple[Engine, Engine]) -> None:
    """Records that share no node say the same in one graph, which is gone through in another order than a small one."""
    compiled, _ = engines
    parts: list[list[Triple]] = []
    for number, triples in enumerate(mutated_records(300, seed=20261130)):

        def own(term: str, number: int = number) -> str:
            return (
                term.replace(f"<{BASE}", f"<{BASE}{number}/") if term[0] == "<" else term.replace("_:", f"_:n{number}")
            )

        part = [(own(s), p, own(o) if o[0] != '"' else o) for s, p, o in triples]
        if all(s.startswith((f"<{BASE}{number}/", "_:")) for s, _, _ in part):
            parts.append(part)
    whole = [triple for part in parts for triple in part]
    assert len({triple[0] for triple in whole}) > 1_500
    apart = [result for results in compiled.check_each(parts) for result in results]
    assert rows_of(compiled.check(whole)) == rows_of(apart)


def test_terms_of_pyoxigraph_and_back() -> None:
    for term in ("<a:iri>", "_:b1", '"a\\n\\"b\\""', '"x"@en', f'"1"^^<{XSD}integer>'):
        assert term_of_oxigraph(oxigraph_node(term)) == term


def test_steps_need_the_focus_node_alone() -> None:
    from arrowkg.sparql_tokens import tokens

    found = [token for token in tokens("SELECT $this WHERE { $this <a:p> $value }") if token.kind != "blank"]
    assert steps_of(found, ["this", "value"]) is None
