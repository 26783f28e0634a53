"""Screens of queries: where one says that there is no solution, a SPARQL engine finds none."""

from __future__ import annotations

from typing import Final

import pyoxigraph
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arrowkg.sparql_tokens import tokens
from arrowkg.terms import Triple
from arrowkg.validation import load_shapes
from arrowkg.validation.compiled.compiling import Compiler
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.screening import Screen, screen_of
from arrowkg.validation.compiled.sparql import QueryConstraint
from arrowkg.validation.oxigraph_terms import oxigraph_quads
from arrowkg.vocab import XSD
from mutations import mutated_records

NODES: Final = ["<a:x/1>", "<a:x/2>", "<a:y>"]
TERMS: Final = [
    *NODES,
    "_:b",
    '"x/1"',
    '"1"',
    '""',
    '"a\\nb"',
    '"é\\"𐀀"',
    '"t"@en',
    *(f'"{form}"^^<{XSD}{name}>' for form, name in (("1", "integer"), ("2", "integer"), ("3", "integer"))),
    *(f'"{form}"^^<{XSD}{name}>' for form, name in (("1.5", "decimal"), ("1", "int"), ("2020", "gYear"))),
    f'"x"^^<{XSD}anyURI>',
]
PREDICATES: Final = ["<a:p>", "<a:q>", "<a:r>"]
VARIABLES: Final = ["$this", "?x", "?y", "?z", "?w"]


def graphs() -> st.SearchStrategy[list[Triple]]:
    triple = st.tuples(st.sampled_from([*NODES, "_:b"]), st.sampled_from(PREDICATES), st.sampled_from(TERMS))
    return st.lists(triple, max_size=9, unique=True)


def paths() -> st.SearchStrategy[str]:
    hop = st.sampled_from([*PREDICATES, "^<a:p>", "^<a:r>"])
    return st.lists(hop, min_size=1, max_size=2).map("|".join)


def patterns(objects: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(VARIABLES[:4]), paths(), st.sampled_from(objects)).map(
        lambda found: f"{found[0]} {found[1]} {found[2]} . "
    )


def texts() -> st.SearchStrategy[str]:
    def longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            pair.map(lambda two: f"CONCAT({two[0]}, {two[1]})"),
            inner.map(lambda one: f"SUBSTR({one}, 2, 3)"),
            inner.map(lambda one: f'REPLACE({one}, "^.*/", "")'),
            inner.map(lambda one: f'REPLACE({one}, "x/([^/]+)$", "b/$1")'),
            pair.map(lambda two: f"COALESCE({two[0]}, {two[1]})"),
            pair.map(lambda two: f"IF(isIRI(?x), {two[0]}, {two[1]})"),
            pair.map(lambda two: f"IF({two[0]} = {two[1]}, {two[1]}, {two[0]})"),
        )

    simple = st.one_of(
        st.sampled_from(VARIABLES).map(lambda name: f"STR({name})"), st.sampled_from(['"x/1"', '"1"', '"/"', '""'])
    )
    return st.recursive(simple, longer, max_leaves=4)


def conditions() -> st.SearchStrategy[str]:
    variable = st.sampled_from(VARIABLES)
    sign = st.sampled_from(["=", "!=", "<", ">="])
    single = st.one_of(
        st.tuples(st.sampled_from(["isIRI", "isLiteral", "isBlank", "isNumeric"]), variable).map(
            lambda two: f"{two[0]}({two[1]})"
        ),
        st.tuples(texts(), st.sampled_from(["=", "!="]), texts()).map(" ".join),
        st.tuples(st.sampled_from(["STRENDS", "STRSTARTS", "CONTAINS"]), texts(), texts()).map(
            lambda three: f"{three[0]}({three[1]}, {three[2]})"
        ),
        st.tuples(variable, sign, variable).map(" ".join),
        st.tuples(variable, st.sampled_from(["=", "!="]), st.sampled_from(NODES)).map(" ".join),
        variable.map(lambda name: f"{name} IN (<a:y>, <a:x/1>)"),
    )

    def longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda three: f"({' '.join(three)})"),
            inner.map(lambda one: f"!({one})"),
        )

    return st.recursive(single, longer, max_leaves=3)


def numbers() -> st.SearchStrategy[str]:
    counted = st.tuples(st.sampled_from(["COUNT({})", "COUNT(DISTINCT {})", "MIN({})", "MAX({})"]), st.just("?x")).map(
        lambda two: two[0].format(two[1])
    )
    return st.one_of(counted, st.sampled_from(["0", "1", "2"]))


@st.composite
def queries(draw: st.DrawFn) -> str:
    body = draw(st.lists(patterns([*VARIABLES[1:4], "<a:y>"]), min_size=1, max_size=3).map("".join))
    for condition in draw(st.lists(conditions(), max_size=2)):
        body += f"FILTER ({condition}) "
    if draw(st.booleans()):
        inside = draw(patterns(VARIABLES[1:]))
        if draw(st.booleans()):
            inside += f"FILTER ({draw(conditions())}) "
        body += f"OPTIONAL {{ {inside} }} "
    if draw(st.booleans()):
        body += f"BIND ({draw(texts())} AS ?bound) FILTER (?bound != {draw(texts())}) "
    for condition in draw(st.lists(conditions(), max_size=1)):
        body += f"FILTER ({condition}) "
    query = f"SELECT $this WHERE {{ {body}}}"
    if draw(st.integers(0, 3)) == 0:
        compared = st.tuples(numbers(), st.sampled_from(["=", "!=", "<", ">"]), numbers()).map(" ".join)
        query += f" GROUP BY $this HAVING ({' || '.join(draw(st.lists(compared, min_size=1, max_size=3)))})"
    return query


def screened(query: str) -> Screen | None:
    return screen_of([token for token in tokens(query) if token.kind != "blank"])


def has_solution(graph: list[Triple], query: str, node: str) -> bool:
    store = pyoxigraph.Store()
    store.extend(oxigraph_quads(graph))
    solutions = store.query(query.replace("WHERE {", f"WHERE {{ BIND ({node} AS ?this)", 1))
    assert isinstance(solutions, pyoxigraph.QuerySolutions)
    return any(True for _ in solutions)


@settings(max_examples=400)
@given(graphs(), queries(), st.sampled_from(NODES))
@example(
    [("<a:y>", "<a:p>", "<a:x/1>"), ("<a:y>", "<a:r>", "<a:x/1>")],
    "SELECT $this WHERE { $this <a:p>|<a:r> ?x } GROUP BY $this HAVING (COUNT(?x) > 1)",
    "<a:y>",
)
def test_where_a_screen_says_none_an_engine_finds_none(graph: list[Triple], query: str, node: str) -> None:
    try:
        found = has_solution(graph, query, node)
    except SyntaxError:
        # A variable that is bound before cannot be bound again.
        return
    screen = screened(query)
    if screen is not None and not screen(Index(graph), node):
        assert not found


KNOWN: Final = (
    ("SELECT $this WHERE { $this <a:p> ?x }", "<a:p> <a:y>", True),
    ("SELECT $this WHERE { $this <a:p> ?x }", "<a:q> <a:y>", False),
    ("SELECT $this WHERE { $this <a:p> ?x , ?y . FILTER (?x != ?y) }", '<a:p> "1"', True),
    ("SELECT $this WHERE { $this <a:p> ?x , ?y . FILTER (?x != ?y) }", f'<a:p> "1"^^<{XSD}integer>', False),
    ('SELECT $this WHERE { $this <a:p> ?x FILTER (STR(?x) = "1") }', f'<a:p> "01"^^<{XSD}integer>', False),
    ('SELECT $this WHERE { $this <a:p> ?x FILTER (STR(?x) = "01") }', f'<a:p> "01"^^<{XSD}integer>', True),
    ("SELECT $this WHERE { $this <a:p> ?x FILTER isNumeric(?x) }", f'<a:p> "01"^^<{XSD}integer>', True),
    ("SELECT $this WHERE { $this <a:p> ?x FILTER (!isNumeric(?x)) }", f'<a:p> "01"^^<{XSD}integer>', True),
    ("SELECT $this WHERE { $this <a:p> ?x } GROUP BY $this HAVING (MAX(?x) != 1)", f'<a:p> "1"^^<{XSD}integer>', False),
    ("SELECT $this WHERE { $this <a:p> ?x } GROUP BY $this HAVING (MAX(?x) != 1)", '<a:p> "1"', True),
    ("SELECT $this WHERE { $this <a:p> ?x } GROUP BY $this HAVING (COUNT(?x) = 0)", '<a:q> "1"', False),
)


@pytest.mark.parametrize(("query", "data", "may_be"), KNOWN)
def test_what_a_screen_says(query: str, data: str, may_be: bool) -> None:
    """It is sure of what is simple, and unsure of the rest."""
    predicate, value = data.split(" ", 1)
    screen = screened(query)
    assert screen is not None
    assert screen(Index([("<a:x/1>", predicate, value)]), "<a:x/1>") is may_be


@pytest.mark.parametrize(
    "query",
    [
        "SELECT $this WHERE { $this <a:p>/<a:q> ?x }",
        "SELECT $this WHERE { $this <a:p>+ ?x }",
        "SELECT $this WHERE { $this ?p ?x }",
        "SELECT $this WHERE { ?y <a:p> ?x }",
        "SELECT $this WHERE { $this <a:p> 1 }",
        "SELECT $this WHERE { { $this <a:p> ?x } UNION { $this <a:q> ?x } }",
        "SELECT $this WHERE { $this <a:p> ?x } LIMIT 1",
        "SELECT (1 AS ?one) WHERE { $this <a:p> ?x }",
        "SELECT $this WHERE { $this <a:p> ?x . OPTIONAL { ?x <a:q> ?y } ?y <a:p> ?z }",
        "SELECT $this WHERE { $this <a:p> ?x FILTER EXISTS { ?x <a:q> ?y } }",
        "SELECT $this WHERE { $this <a:p> ?x FILTER NOT EXISTS { ?x <a:q> ?y } }",
        "SELECT $this WHERE { $this <a:p> ?x FILTER (?x + 1 = 2) }",
        "SELECT $this WHERE { $this <a:p> ?x FILTER (?x = 1) }",
        "SELECT $this WHERE { $this <a:p> ?x FILTER (?unknown = ?x) }",
        'SELECT $this WHERE { $this <a:p> ?x FILTER regex(?x, "a") }',
        "SELECT $this WHERE { $this <a:p> ?x FILTER (COUNT(?x) = 1) }",
        'SELECT $this WHERE { $this <a:p> ?x FILTER (STR(?x) = "a"@en) }',
        'SELECT $this WHERE { $this <a:p> ?x FILTER (REPLACE(STR(?x), "a*", "") = "") }',
        'SELECT $this WHERE { $this <a:p> ?x FILTER (REPLACE(STR(?x), "a([^/]+)", "$10") = "") }',
        'SELECT $this WHERE { $this <a:p> ?x FILTER (REPLACE(STR(?x), "(a", "") = "") }',
        "SELECT $this WHERE { $this <a:p> ?x } GROUP BY ?x HAVING (COUNT(?x) > 1)",
        "SELECT $this WHERE { $this <a:p> ?x",
        "",
        f"SELECT $this WHERE {{ $this <a:p> ?x FILTER ({'!(' * 40}isIRI(?x){')' * 40}) }}",
        f"SELECT $this WHERE {{ $this <a:p> ?x FILTER ({'!' * 2000}isIRI(?x)) }}",
        f"SELECT $this WHERE {{ $this <a:p> ?x FILTER (CONCAT({', '.join(['STR(?x)'] * 2000)}) = STR(?x)) }}",
        f"SELECT $this WHERE {{ {' '.join(f'$this <a:p> ?x{number} .' for number in range(30))} }}",
    ],
)
def test_other_queries_have_no_screen(query: str) -> None:
    assert screened(query) is None


def test_every_query_of_our_shapes_has_a_screen_that_sound_records_pass() -> None:
    constraints: list[QueryConstraint] = []
    for shape, _ in Compiler(load_shapes().triples).targeted():
        waiting = [shape]
        for one in waiting:
            for constraint in one.constraints:
                if isinstance(constraint, QueryConstraint):
                    constraints.append(constraint)
                waiting += [inner] if (inner := getattr(constraint, "shape", None)) else []
    screens = [found.asking.query.screen for found in constraints if found.asking]
    assert len(screens) == 6
    graphs_of = [Index(triples) for triples in mutated_records(40, seed=20261201)]
    for screen in screens:
        assert screen is not None
        said = [screen(graph, node) for graph in graphs_of for node in graph.about]
        # Some records are damaged where the query looks.
        assert False in said
        assert said.count(True) < len(said) / 10
