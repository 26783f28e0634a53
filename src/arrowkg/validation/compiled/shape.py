"""Compiled shapes, and the constraints that ask whether a node conforms to a shape (SHACL sections 4.6 and 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from arrowkg.validation.compiled.constraints import ONCE, Constraint, Find, Found, Owner
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.paths import Walk
from arrowkg.validation.compiled.sparql import QueryConstraint


@dataclass(slots=True, eq=False)
class Shape:
    """A compiled shape.

    Attributes:
        owner: what its results say of it.
        walk: gives its value nodes, if it is a property shape; a node shape's is the focus node.
        constraints: its constraints; none if it is deactivated.
    """

    owner: Owner
    walk: Walk | None = None
    constraints: list[Constraint] = field(default_factory=list)

    def values(self, graph: Index, focus: str) -> Sequence[str]:
        """The value nodes of a focus node."""
        return (focus,) if self.walk is None else self.walk(graph, focus)

    def check(self, graph: Index, focus: str) -> list[Found]:
        """The results of a focus node."""
        values = self.values(graph, focus)
        results: list[Found] = []
        for constraint in self.constraints:
            found = constraint.find(graph, focus, values)
            if found:
                results += constraint.results(focus, found)
        return results

    def conforms(self, graph: Index, focus: str) -> bool:
        """Whether a focus node has no results (SHACL section 3.6.1)."""
        values = self.values(graph, focus)
        return not any(constraint.find(graph, focus, values) for constraint in self.constraints)


def to_all(shapes: Sequence[Shape]) -> Find:
    """``sh:node`` and ``sh:and``: the values that do not conform to each of the shapes."""
    return lambda graph, focus, values: [
        value for value in values if not all(shape.conforms(graph, value) for shape in shapes)
    ]


def to_any(shapes: Sequence[Shape]) -> Find:
    """``sh:or``: the values that conform to none of the shapes."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        return [value for value in values if not any(shape.conforms(graph, value) for shape in shapes)]

    return find


def to_one(shapes: Sequence[Shape]) -> Find:
    """``sh:xone``: the values that do not conform to exactly one of the shapes."""
    return lambda graph, focus, values: [
        value for value in values if sum(shape.conforms(graph, value) for shape in shapes) != 1
    ]


def to_none(shape: Shape) -> Find:
    """``sh:not``: the values that conform to the shape."""
    return lambda graph, focus, values: [value for value in values if shape.conforms(graph, value)]


def through(shape: Shape) -> Find:
    """``sh:property``: the results of a property shape at each value."""
    return lambda graph, focus, values: [found for value in values for found in shape.check(graph, value)]


def counted(shape: Shape, siblings: Sequence[Shape], least: int | None, most: int | None) -> Find:
    """``sh:qualifiedValueShape``: one result, if too few or many values conform to it and to none of its siblings."""

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[None]:
        count = sum(
            shape.conforms(graph, value) and not any(other.conforms(graph, value) for other in siblings)
            for value in values
        )
        is_wrong = (least is not None and count < least) or (most is not None and count > most)
        return ONCE if is_wrong else ()  # type: ignore[return-value]

    return find


class Program:
    """Everything that is asked of the focus nodes of one target, laid out for speed.

    The property shapes of all its node shapes are grouped by predicate, so that the values of one are looked up once,
    and where there are none, only what may be broken then is asked.

    Args:
        shapes: the shapes that have the target.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        node: list[Constraint] = []
        by_predicate: dict[str, list[Constraint]] = {}
        by_walk: list[tuple[Walk, list[Constraint]]] = []
        waiting = list(shapes)
        for shape in waiting:
            path = shape.owner.path
            if isinstance(path, str):
                by_predicate.setdefault(path, []).extend(shape.constraints)
            elif shape.walk is not None:
                by_walk.append((shape.walk, shape.constraints))
            else:
                for constraint in shape.constraints:
                    inner = inner_shape(constraint)
                    if inner is None:
                        node.append(constraint)
                    else:
                        waiting.append(inner)
        self._node = [(one.find, one) for one in node]
        self._groups = [(path, _pairs(asked), _pairs_without_values(asked)) for path, asked in by_predicate.items()]
        self._walks = [(walk, _pairs(asked)) for walk, asked in by_walk if asked]
        asked = [*node, *(one for group in (*by_predicate.values(), *(found for _, found in by_walk)) for one in group)]
        askings = [one.asking for one in asked if isinstance(one, QueryConstraint) and one.asking is not None]
        self.together = [one for one in askings if one.may_be_together]
        """The queries that may be asked of many graphs at once."""
        self._alone = [one for one in askings if one not in self.together]

    def run(self, graph: Index, nodes: Sequence[str], results: list[Found]) -> None:
        """Add the results of focus nodes."""
        for asking in self._alone:
            asking.prepare(graph, nodes)
        for focus in nodes:
            about = graph.about.get(focus, NOTHING)
            values: Sequence[str] = (focus,)
            for find, constraint in self._node:
                found = find(graph, focus, values)
                if found:
                    results += constraint.results(focus, found)
            for path, with_values, without_values in self._groups:
                if path in about:
                    values = about[path]
                    asked = with_values
                else:
                    values = ()
                    asked = without_values
                for find, constraint in asked:
                    found = find(graph, focus, values)
                    if found:
                        results += constraint.results(focus, found)
            for walk, asked in self._walks:
                values = walk(graph, focus)
                for find, constraint in asked:
                    found = find(graph, focus, values)
                    if found:
                        results += constraint.results(focus, found)


@dataclass(slots=True, eq=False)
class InnerShape(Constraint):
    """``sh:property``: what is found are the results of a property shape.

    Attributes:
        shape: the property shape.
    """

    shape: Shape | None = None

    def results(self, focus: str, found: Sequence[Found]) -> list[Found]:
        """The results, as they are."""
        return list(found)


def inner_shape(constraint: Constraint) -> Shape | None:
    """The property shape of ``sh:property``; ``None`` for any other constraint."""
    return constraint.shape if isinstance(constraint, InnerShape) else None


def _pairs(constraints: Sequence[Constraint]) -> list[tuple[Find, Constraint]]:
    return [(constraint.find, constraint) for constraint in constraints]


def _pairs_without_values(constraints: Sequence[Constraint]) -> list[tuple[Find, Constraint]]:
    return [(constraint.find, constraint) for constraint in constraints if constraint.without_values]
