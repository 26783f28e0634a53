"""The reference engine: pySHACL, one record a graph."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from pyparsing import ParseException
from pyshacl import validator as pyshacl_validator
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError
from pyshacl.graph_abstraction import DataGraph
from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result as QueryResult

from arrowkg.errors import InputError
from arrowkg.settings import Severity
from arrowkg.terms import Triple
from arrowkg.validation.compiled.names import SH
from arrowkg.validation.rdflib_terms import add_triples, term_of
from arrowkg.validation.report import Path, Result
from arrowkg.validation.shapes import Shapes

if TYPE_CHECKING:
    from rdflib.term import Node

_SEVERITIES: Final[dict[str, Severity]] = {
    f"{SH}Violation": "violation",
    f"{SH}Warning": "warning",
    f"{SH}Info": "info",
}
_OPERATORS: Final = {
    "inversePath": "^",
    "zeroOrMorePath": "*",
    "oneOrMorePath": "+",
    "zeroOrOnePath": "?",
    "alternativePath": "|",
}


class ReferenceEngine:
    """Checks graphs against shapes with pySHACL.

    The shapes are compiled once and each graph is checked by itself, so a record's results never depend on what stands
    beside it. pySHACL's imports, rules, functions and JavaScript stay off.

    Args:
        shapes: the shapes.

    Raises:
        InputError: pySHACL refuses the shapes.

    >>> from arrowkg.validation.shapes import load_shapes
    >>> engine = ReferenceEngine(load_shapes())
    >>> paper = "<https://kg.example.org/paper/0123456789abcdef>"
    >>> found = engine.check([(paper, "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<https://w3id.org/arrowkg/ns#Paper>")])
    >>> any(result.severity == "violation" for result in found)
    True
    """

    name = "pyshacl"

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._queries: dict[str, Query] = {}
        try:
            self._validator = _ReusedValidator(shapes.graph())
        except (ReportableRuntimeError, ShapeLoadError) as error:
            raise InputError(f"the shapes cannot be used: {_first_line(error)}") from None

    def check(self, triples: Iterable[Triple]) -> list[Result]:
        """The results of one graph.

        Raises:
            InputError: pySHACL cannot carry the shapes out.
        """
        graph = _DataGraph(self._queries)
        add_triples(graph, triples)
        try:
            report = self._validator.report(graph)
        except (ReportableRuntimeError, ShapeLoadError) as error:
            raise InputError(f"the shapes cannot be carried out: {_first_line(error)}") from None
        return [_result(report, node) for node in report.objects(None, URIRef(f"{SH}result"))]

    def check_each(self, graphs: Iterable[Iterable[Triple]]) -> list[list[Result]]:
        """The results of each of several graphs by itself; errors as :meth:`check`."""
        return [self.check(triples) for triples in graphs]


class _DataGraph(Graph):
    """A graph that parses each query of a SPARQL constraint once, since parsing takes longer than all the rest.

    Args:
        queries: the queries parsed so far, by their text; the graphs of one engine share it.
    """

    def __init__(self, queries: dict[str, Query]) -> None:
        super().__init__(bind_namespaces="none")
        self._queries = queries

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> QueryResult:
        """As rdflib's, refusing what would read from elsewhere."""
        if isinstance(query_object, str):
            text = query_object
            query_object = self._queries.get(text) or self._queries.setdefault(text, _prepared(text))
        return super().query(query_object, *args, **kwargs)


def _prepared(text: str) -> Query:
    """A query, parsed.

    Raises:
        ReportableRuntimeError: it reads from another graph or another server.
    """
    try:
        query = prepareQuery(text)
    except ParseException as error:
        raise ReportableRuntimeError(f"a query is not SPARQL: {error}") from None
    if query.algebra.get("datasetClause") or "ServiceGraphPattern" in repr(query.algebra):
        raise ReportableRuntimeError("a query of the shapes has FROM or SERVICE, which could read files or the network")
    return query


class _ReusedValidator(pyshacl_validator.Validator):
    """pySHACL's validator, kept so that the shapes are compiled once and not for each graph."""

    def __init__(self, shapes: Graph) -> None:
        quiet = logging.getLogger("arrowkg.pyshacl")
        quiet.setLevel(logging.CRITICAL)
        super().__init__(
            DataGraph.from_rdflib(Graph()), shacl_graph=shapes, options={"inference": "none", "logger": quiet}
        )
        # Without a target a shape has no focus nodes of its own, and finding that out takes time for each graph.
        targeted = [shape.node for shape in self.shacl_graph.shapes if any(list(found) for found in shape.target())]
        if all(isinstance(node, URIRef) for node in targeted):
            self.options["use_shapes"] = [str(node) for node in targeted]

    def report(self, graph: Graph) -> Graph:
        """The report graph of a data graph."""
        self.data_graph = DataGraph.from_rdflib(graph)
        self._target_graph = None
        _, report, _ = self.run()  # type: ignore[no-untyped-call]
        assert isinstance(report, Graph)
        return report


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).strip().split("\n", 1)[0].rstrip(".")


def _result(report: Graph, node: Node) -> Result:
    def one(local: str) -> Node | None:
        return report.value(node, URIRef(SH + local))

    messages = sorted(str(message) for message in report.objects(node, URIRef(f"{SH}resultMessage")))

    def term(local: str) -> str:
        found = one(local)
        return "_:none" if found is None else term_of(found)

    path, value = one("resultPath"), one("value")
    return Result(
        severity=_SEVERITIES.get(str(one("resultSeverity")), "violation"),
        focus=term("focusNode"),
        shape=term("sourceShape"),
        component=term("sourceConstraintComponent"),
        message=" ".join(messages),
        path=None if path is None else _path(report, path),
        value=None if value is None else term_of(value),
    )


def _path(report: Graph, node: Node) -> Path:
    """A path from its RDF form, SHACL section 2.3.1."""
    if isinstance(node, URIRef):
        return f"<{node}>"
    if (node, RDF.first, None) in report:
        return ("/", *(_path(report, step) for step in Collection(report, node)))
    for local, operator in _OPERATORS.items():
        operand = report.value(node, URIRef(SH + local))
        if operand is None:
            continue
        if operator == "|":
            return ("|", *(_path(report, choice) for choice in Collection(report, operand)))
        return (operator, _path(report, operand))
    return "_:path"
