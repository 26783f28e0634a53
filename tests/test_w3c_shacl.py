"""The test suite of the SHACL recommendation, Core and SPARQL: every test, each published report as a whole."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pyoxigraph
import pyshacl
import pytest
from rdflib import Graph

from arrowkg.errors import InputError
from arrowkg.terms import Triple, iri_of
from arrowkg.validation.compiled.engine import Checker
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.compiled.paths import read_path
from arrowkg.validation.compiled.reading import ShapesGraph
from arrowkg.validation.oxigraph_terms import term_of_oxigraph
from arrowkg.validation.rdflib_terms import add_triples, term_of
from arrowkg.validation.report import path_text

SUITE: Final = Path(__file__).parents[2] / "shared" / "w3c" / "data-shapes"
MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT: Final = "http://www.w3.org/ns/shacl-test#"

FAILURES: Final = {
    "pre-binding-006",
    *(f"unsupported-sparql-00{number}" for number in range(1, 7)),
}
"""The tests that must fail."""


class Found(NamedTuple):
    """What is compared of a result; a shape that is a blank node is told by its place in the file."""

    severity: str
    focus: str
    shape: str
    component: str
    path: str
    value: str
    constraint: str


class Case(NamedTuple):
    """A test of the suite.

    Attributes:
        data: the data graph.
        shapes: the shapes graph.
        expected: the results of the published report; ``None`` if the test must fail.
        is_one_file: whether the report stands in the file of the shapes, and so names blank nodes as they do.
    """

    data: tuple[Triple, ...]
    shapes: tuple[Triple, ...]
    expected: Counter[Found] | None
    is_one_file: bool


@cache
def triples_of(path: Path) -> tuple[Triple, ...]:
    """The triples of a file, its blank nodes named by the file and their place in it."""
    names: dict[str, str] = {}

    def term(node: object) -> str:
        found = term_of_oxigraph(node)
        return names.setdefault(found, f"_:{path.stem}-{len(names)}") if found.startswith("_:") else found

    quads = pyoxigraph.parse(path.read_bytes(), pyoxigraph.RdfFormat.TURTLE, base_iri=path.as_uri())
    return tuple(dict.fromkeys((term(quad.subject), term(quad.predicate), term(quad.object)) for quad in quads))


def cases() -> dict[str, Path]:
    """The file of each test."""
    found = {}
    for path in sorted(SUITE.rglob("*.ttl")):
        for test in Index(triples_of(path)).classes().get(f"<{SHT}Validate>", ()):
            found[f"{path.relative_to(SUITE).parent}/{path.stem}"] = path
            assert iri_of(test).rpartition("/")[2]
    return found


CASES: Final = cases()


@cache
def case_of(name: str) -> Case:
    graph = ShapesGraph(triples_of(CASES[name]))
    (test,) = graph.index.classes()[f"<{SHT}Validate>"]
    (action,) = graph.values(test, f"<{MF}action>")
    (result,) = graph.values(test, f"<{MF}result>")
    data, shapes = (
        triples_of(Path(iri_of(graph.values(action, f"<{SHT}{name}>")[0]).removeprefix("file://")))
        for name in ("dataGraph", "shapesGraph")
    )
    if result == f"<{SHT}Failure>":
        return Case(data, shapes, None, True)
    is_one_file = data == shapes == triples_of(CASES[name])
    expected = results_of(graph, result)
    return Case(data, shapes, expected if is_one_file else without_names(expected), is_one_file)


def results_of(graph: ShapesGraph, report: str) -> Counter[Found]:
    """The results of a report."""

    def of(result: str, name: str) -> str:
        return graph.one(result, name) or ""

    return Counter(
        Found(
            of(result, "resultSeverity"),
            of(result, "focusNode"),
            of(result, "sourceShape"),
            of(result, "sourceConstraintComponent"),
            path_text(read_path(graph, path)) if (path := graph.one(result, "resultPath")) else "",
            of(result, "value"),
            of(result, "sourceConstraint"),
        )
        for result in graph.of(report, "result")
    )


def checked(case: Case) -> Counter[Found]:
    """What the compiled engine finds."""
    return Counter(
        Found(
            found.severity,
            found.focus,
            found.shape,
            found.component,
            "" if found.path is None else path_text(found.path),
            found.value or "",
            found.constraint or "",
        )
        for found in Checker(case.shapes).check(Index(case.data))
    )


def without_names(found: Counter[Found]) -> Counter[Found]:
    """The results with every blank node alike."""
    plain: Counter[Found] = Counter()
    for row, count in found.items():
        plain[Found(*("_:" if part.startswith("_:") else part for part in row))] += count
    return plain


@pytest.mark.shared
def test_the_suite_is_whole() -> None:
    if not CASES:
        pytest.skip("there is no suite beside the checkout")
    failing = {name.rpartition("/")[2] for name in CASES if case_of(name).expected is None}
    assert failing == FAILURES
    parts = Counter(name.partition("/")[0] for name in CASES)
    assert parts == {"core": 98, "sparql": 23}


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_the_report_is_the_published_one(name: str) -> None:
    case = case_of(name)
    if case.expected is None:
        with pytest.raises(InputError, match="the shapes cannot be used"):
            checked(case)
        return
    found = checked(case)
    assert (found if case.is_one_file else without_names(found)) == case.expected


PYSHACL_DIFFERS: Final = {
    # "1" is no way to write true, for sh:uniqueLang at least.
    "core/property/uniqueLang-002",
    # Prefixes that an imported ontology declares in the same graph; $shapesGraph.
    "sparql/node/prefixes-001",
    "sparql/pre-binding/shapesGraph-001",
}
"""The tests of which pySHACL gives another report, or none: the compiled engine follows the suite."""


@pytest.mark.shared
def test_where_pyshacl_differs_from_the_suite_is_known() -> None:
    if not CASES:
        pytest.skip("there is no suite beside the checkout")
    assert {name for name in CASES if not pyshacl_agrees(case_of(name))} == PYSHACL_DIFFERS


def pyshacl_agrees(case: Case) -> bool:
    data, shapes = Graph(), Graph()
    add_triples(data, case.data)
    add_triples(shapes, case.shapes)
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False)
    except Exception:
        return case.expected is None
    if case.expected is None or not isinstance(report, Graph):
        return case.expected is None and not isinstance(report, Graph)
    graph = ShapesGraph((term_of(s), term_of(p), term_of(o)) for s, p, o in report)
    (node,) = graph.index.classes()[sh("ValidationReport")]
    return without_names(results_of(graph, node)) == without_names(case.expected)
