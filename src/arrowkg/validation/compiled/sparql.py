"""SPARQL-based constraints and constraint components (SHACL sections 5 and 6), answered by pyoxigraph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from arrowkg.errors import InputError
from arrowkg.terms import TRUE, Triple, is_iri
from arrowkg.validation.compiled.clauses import Before, clause
from arrowkg.validation.compiled.constraints import Check, Constraint, Found
from arrowkg.validation.compiled.core import text_of
from arrowkg.validation.compiled.exact import is_changed, solutions
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.queries import BOUND, SHAPES_GRAPH, Query
from arrowkg.validation.compiled.reach import Reached
from arrowkg.validation.compiled.steps import Step
from arrowkg.validation.oxigraph_terms import add_to_store, term_of_oxigraph

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


@dataclass(slots=True, eq=False)
class Asking:
    """A query that is asked of graphs.

    Attributes:
        query: the query.
        constants: the values of variables that are the same for all focus nodes.
        shapes: the shapes graph, for queries that look into it.
        where: what the query belongs to, for errors.
    """

    query: Query
    constants: Mapping[str, str]
    shapes: Sequence[Triple]
    where: str

    def __post_init__(self) -> None:
        import pyoxigraph

        try:
            pyoxigraph.Store().query(self.query.text)
        except (SyntaxError, ValueError) as error:
            raise InputError(f"the shapes cannot be used: the query of {self.where} is not SPARQL: {error}") from None

    @property
    def is_batchable(self) -> bool:
        """Whether it may be asked for many focus nodes at once."""
        return self.query.most > 1 and "this" in self.query.bound and "value" not in self.query.bound

    @property
    def may_be_together(self) -> bool:
        """Whether it may be asked of many graphs in one store: not if it asks for every property of a node."""
        steps = self.query.steps
        return self.is_batchable and steps is not None and all(step.predicate is not None for step in steps)

    def rows(self, graph: Index, focus: str, value: str | None = None) -> Sequence[Row]:
        """The solutions for a focus node, and a value node if one is given."""
        known: Mapping[str, Sequence[Row]] | None = graph.memo.get(self)
        if known is not None and focus in known:
            return known[focus]
        if self.query.steps is None:
            return self._ask(_Data.whole(graph), [focus], value)
        reached = Reached()
        reached.add(graph, self.query.steps, [focus])
        return self._ask(_Data(reached.triples), [focus], value)

    def prepare(self, graph: Index, nodes: Sequence[str]) -> None:
        """Ask for many focus nodes at once, if that gives the same answers."""
        if self.is_batchable:
            graph.memo[self] = self.answers(_Data.whole(graph), nodes)

    def answers(self, data: _Data, nodes: Iterable[str]) -> dict[str, list[Row]]:
        """The solutions for each of some focus nodes."""
        found: dict[str, list[Row]] = {node: [] for node in nodes}
        all_nodes = list(found)
        for start in range(0, len(all_nodes), self.query.most):
            for row in self._ask(data, all_nodes[start : start + self.query.most]):
                found[row.terms["this"]].append(row)
        return found

    def _ask(self, data: _Data, nodes: Sequence[str], value: str | None = None) -> list[Row]:
        terms: dict[str, Sequence[str]] = {variable: [term] for variable, term in self.constants.items()}
        terms["this"] = nodes
        if value is not None:
            terms["value"] = [value]
        bound = {variable: terms[variable] for variable in self.query.bound}
        shapes = (SHAPES_GRAPH, self.shapes) if "shapesGraph" in bound else None
        if data.is_changed or any(is_changed(term) for found in bound.values() for term in found):
            rows = solutions(self.query.text, data.triples, bound, shapes)
        else:
            rows = data.solutions(self.query.text, bound, shapes)
        # A query that names the focus node nowhere has the same answer for each.
        given = {"this": nodes[0]} if len(nodes) == 1 else {}
        return [self._row({**given, **row}) for row in rows]

    def _row(self, terms: Mapping[str, str]) -> Row:
        if terms.get("failure") == TRUE:
            raise InputError(f"the shapes cannot be carried out: the query of {self.where} reports a failure")
        path = terms.get("path")
        return Row(path if path is not None and is_iri(path) else None, terms.get("value"), terms)


class _Data:
    """Triples that queries are asked of; a store of pyoxigraph's is made of them when it is needed.

    Args:
        triples: the triples.
        is_changed: whether some literal of them does not go through the store unchanged; looked for if it is ``None``.
    """

    def __init__(self, triples: Sequence[Triple], is_changed: bool | None = None) -> None:
        self.triples = triples
        self.is_changed = _has_changed(triples) if is_changed is None else is_changed
        self._store: pyoxigraph.Store | None = None
        self._has_shapes = False
        self._bound: Mapping[str, Sequence[str]] = {}

    @classmethod
    def whole(cls, graph: Index) -> _Data:
        """All of a graph; it is made once."""
        data: _Data | None = graph.memo.get(cls)
        if data is None:
            data = graph.memo[cls] = cls(list(graph.triples()))
        return data

    def solutions(
        self, text: str, bound: Mapping[str, Sequence[str]], shapes: tuple[str, Sequence[Triple]] | None
    ) -> list[dict[str, str]]:
        """The solutions of a query, given the values of the variables that are bound beforehand."""
        import pyoxigraph

        if self._store is None:
            self._store = pyoxigraph.Store()
            add_to_store(self._store, self.triples)
        if shapes is not None and not self._has_shapes:
            add_to_store(self._store, shapes[1], shapes[0])
            self._has_shapes = True
        if bound != self._bound:
            self._store.clear_graph(pyoxigraph.NamedNode(BOUND))
            values = [(f"<{BOUND}>", f"<{BOUND}:{name}>", term) for name, terms in bound.items() for term in terms]
            add_to_store(self._store, values, BOUND)
            self._bound = bound
        found = self._store.query(text)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        names = [variable.value for variable in found.variables]
        return [
            {name: term_of_oxigraph(node) for name in names if (node := solution[name]) is not None}
            for solution in found
        ]


def _has_changed(triples: Iterable[Triple]) -> bool:
    return any(is_changed(value) for _, _, value in triples)


class Together:
    """Asks queries of many small graphs at once, each as if the graph stood alone.

    One store holds what the queries reach in each graph. A graph that says something else of a node than an earlier one
    does not go in with it: then those before are answered first.

    Args:
        both_ways: the predicates that the steps of the queries take forwards and backwards.
    """

    def __init__(self, both_ways: Collection[str]) -> None:
        self._both_ways = both_ways
        self._reached = Reached(both_ways, is_changed)
        self._waiting: list[tuple[Asking, Index, Sequence[str]]] = []

    def add(self, graph: Index, asked: Sequence[Asking], steps: Sequence[Step], nodes: Sequence[str]) -> None:
        """Take queries to ask of a graph, the steps that reach what they depend on, and their focus nodes.

        A focus node from which a literal is reached that the store would change is left out: it is asked for alone.
        """
        added = self._reached.add(graph, steps, nodes)
        if not added and not self._reached.has_changed:
            self.answer()
            added = self._reached.add(graph, steps, nodes)
        if not added:
            unchanged = [node for node in nodes if Reached((), is_changed).add(graph, steps, [node])]
            self.add(graph, asked, steps, unchanged)
        else:
            self._waiting += [(asking, graph, nodes) for asking in asked]

    def answer(self) -> None:
        """Answer for all graphs taken."""
        together: dict[Asking, dict[str, None]] = {}
        for asking, _, nodes in self._waiting:
            together.setdefault(asking, {}).update(dict.fromkeys(nodes))
        data = _Data(self._reached.triples, is_changed=False)
        answers = {asking: asking.answers(data, nodes) for asking, nodes in together.items()}
        for asking, graph, nodes in self._waiting:
            known: Mapping[str, Sequence[Row]] = graph.memo.get(asking, {})
            graph.memo[asking] = {**known, **{node: answers[asking][node] for node in nodes}}
        self._reached = Reached(self._both_ways, is_changed)
        self._waiting = []


def selecting(asking: Asking) -> Check:
    """Finds the solutions of a SELECT query: each is a result."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[Row]:
        return asking.rows(graph, focus)

    # The answers may be there already, for this focus node or for others.
    known = Before(clause("graph.memo.get({asking}, {nothing})", asking=asking, nothing=NOTHING))
    is_without = "{focus} in {known} and not {known}[{focus}] or not {find}(graph, {focus}, {values})"
    return Check(find, together=clause(is_without, known=known, find=find))


def asking_each(asking: Asking) -> Check:
    """Finds the value nodes for which an ASK query is false."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[Row]:
        return [
            Row(None, value, {"this": focus, "value": value})
            for value in values
            if not asking.rows(graph, focus, value)
        ]

    return Check(find)


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
        """The results of the solutions (SHACL section 5.3.2); of those that say the same, one, as pySHACL has it."""
        owner = self.owner
        constants = self.asking.constants if self.asking else {}
        own_value = focus if owner.path is None else None
        message = self.messages or owner.message or self.default
        results = [
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
        return list(dict.fromkeys(results))


def _filled(message: str, terms: Mapping[str, str]) -> str:
    if "{" not in message:
        return message
    return _braces.sub(lambda match: _shown(terms[match[1]]) if match[1] in terms else match[0], message)


def _shown(term: str) -> str:
    return term if term[0] == "_" else text_of(term)
