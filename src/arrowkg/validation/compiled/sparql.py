"""SPARQL-based constraints and constraint components (SHACL sections 5 and 6), answered by pyoxigraph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from arrowkg.errors import InputError
from arrowkg.terms import TRUE, Triple, is_iri
from arrowkg.validation.compiled.constraints import Constraint, Find, Found
from arrowkg.validation.compiled.core import text_of
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.queries import BOUND, SHAPES_GRAPH, Query
from arrowkg.validation.oxigraph_terms import oxigraph_node, oxigraph_quad, term_of_oxigraph

if TYPE_CHECKING:
    import pyoxigraph

_braces: Final = re.compile(r"\{[?$]([^{}\s]+)\}")


class Row(NamedTuple):
    """A solution of a query.

    Attributes:
        path: the value of ``?path``, if it is an IRI.
        value: the value of ``?value``.
        terms: the value of each variable.
    """

    path: str | None
    value: str | None
    terms: Mapping[str, str]


class Stores:
    """The graphs that queries are asked of: each is made when first needed, with what the queries can depend on.

    Args:
        shapes: the shapes graph, for queries that look into it.
    """

    def __init__(self, shapes: Iterable[Triple]) -> None:
        self._shapes = shapes
        self._predicates: set[str] | None = set()
        self._needs_shapes = False
        self._numbers = 0

    def expect(self, query: Query) -> int:
        """Take note of a query that will be asked; a number for it."""
        self._needs_shapes = self._needs_shapes or "shapesGraph" in query.bound
        if query.predicates is None:
            self._predicates = None
        elif self._predicates is not None:
            self._predicates |= query.predicates
        self._numbers += 1
        return self._numbers

    def of(self, graph: Index) -> pyoxigraph.Store:
        """The store of a graph."""
        import pyoxigraph

        store: pyoxigraph.Store | None = graph.memo.get(self)
        if store is None:
            store = graph.memo[self] = pyoxigraph.Store()
            if self._predicates is None:
                quads = [oxigraph_quad(triple) for triple in graph.triples()]
            else:
                quads = [oxigraph_quad(triple) for triple in graph.triples_with(self._predicates)]
            if self._needs_shapes:
                quads += [oxigraph_quad(triple, SHAPES_GRAPH) for triple in self._shapes]
            store.extend(quads)
        return store


@dataclass(slots=True, eq=False)
class Asking:
    """A query that is asked of graphs.

    Attributes:
        query: the query.
        stores: where it is asked.
        constants: the values of variables that are the same for all focus nodes.
        where: what the query belongs to, for errors.
    """

    query: Query
    stores: Stores
    constants: Mapping[str, str]
    where: str
    number: int = field(init=False)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.number = self.stores.expect(self.query)
        # Each query has its own graph of bound values, so that none is in another's way.
        self.text = self.query.text.replace(f"GRAPH <{BOUND}> ", f"GRAPH <{BOUND}:{self.number}> ")
        self._try()

    def _try(self) -> None:
        import pyoxigraph

        try:
            pyoxigraph.Store().query(self.text)
        except (SyntaxError, ValueError) as error:
            raise InputError(f"the shapes cannot be used: the query of {self.where} is not SPARQL: {error}") from None

    def prepare(self, graph: Index, focus_nodes: Sequence[str]) -> None:
        """Ask for many focus nodes at once, if that gives the same answers."""
        if self.query.is_batchable and "this" in self.query.bound and "value" not in self.query.bound:
            answers: dict[str, list[Row]] = {node: [] for node in focus_nodes}
            for row in self._ask(graph, [{"this": node} for node in focus_nodes]):
                answers[row.terms["this"]].append(row)
            graph.memo[self] = answers

    def rows(self, graph: Index, focus: str, value: str | None = None) -> Sequence[Row]:
        """The solutions for a focus node, and a value node if one is given."""
        known: dict[str, list[Row]] | None = graph.memo.get(self)
        if known is not None and focus in known:
            return known[focus]
        values = {"this": focus} if value is None else {"this": focus, "value": value}
        return self._ask(graph, [values])

    def _ask(self, graph: Index, values: Sequence[Mapping[str, str]]) -> list[Row]:
        import pyoxigraph

        store = self.stores.of(graph)
        bound = self.query.bound
        name = pyoxigraph.NamedNode(f"{BOUND}:{self.number}")
        single = len(bound) == 1
        quads = [
            pyoxigraph.Quad(
                pyoxigraph.NamedNode(BOUND if single else f"{BOUND}:row:{number}"),
                pyoxigraph.NamedNode(f"{BOUND}:{variable}"),
                oxigraph_node(one[variable] if variable in one else self.constants[variable]),
                name,
            )
            for number, one in enumerate(values)
            for variable in bound
        ]
        store.clear_graph(name)
        store.extend(quads)
        found = store.query(self.text)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        variables = [variable.value for variable in found.variables]
        # A query that names the focus node nowhere has the same answer for each.
        one = values[0] if len(values) == 1 else {}
        return [self._row(solution, variables, one) for solution in found]

    def _row(self, solution: pyoxigraph.QuerySolution, variables: list[str], given: Mapping[str, str]) -> Row:
        terms = dict(given)
        for variable in variables:
            node = solution[variable]
            if node is not None:
                terms[variable] = term_of_oxigraph(node)
        if terms.get("failure") == TRUE:
            raise InputError(f"the shapes cannot be carried out: the query of {self.where} reports a failure")
        path = terms.get("path")
        return Row(path if path is not None and is_iri(path) else None, terms.get("value"), terms)


def selecting(asking: Asking) -> Find:
    """Finds the solutions of a SELECT query: each is a result."""
    return lambda graph, focus, values: asking.rows(graph, focus)


def asking_each(asking: Asking) -> Find:
    """Finds the value nodes for which an ASK query is false."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[Row]:
        return [
            Row(None, value, {"this": focus, "value": value})
            for value in values
            if not asking.rows(graph, focus, value)
        ]

    return find


@dataclass(slots=True, eq=False)
class QueryConstraint(Constraint):
    """A constraint that a query carries out: what is found are its solutions.

    Attributes:
        messages: what its results say, with ``{?name}`` for the value of a variable.
        node: the SPARQL constraint, if it is one.
        asking: the query.
    """

    messages: str = ""
    node: str | None = None
    asking: Asking | None = None

    def results(self, focus: str, found: Sequence[Any]) -> list[Found]:
        """The results of the solutions (SHACL section 5.3.2)."""
        owner = self.owner
        constants = self.asking.constants if self.asking else {}
        own_value = focus if owner.path is None else None
        message = self.messages or owner.message or self.default
        return [
            Found(
                owner.severity,
                focus,
                owner.shape,
                self.component,
                _filled(message, {**constants, **row.terms}),
                row.path or owner.path,
                own_value if row.value is None else row.value,
                self.node,
            )
            for row in found
        ]


def _filled(message: str, terms: Mapping[str, str]) -> str:
    if "{" not in message:
        return message
    return _braces.sub(lambda match: _shown(terms[match[1]]) if match[1] in terms else match[0], message)


def _shown(term: str) -> str:
    return term if term[0] == "_" else text_of(term)
