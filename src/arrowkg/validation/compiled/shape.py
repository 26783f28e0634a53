"""Compiled shapes, and the constraints that ask whether a node conforms to a shape (SHACL sections 4.6 and 4.7)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from arrowkg.validation.compiled.constraints import ONCE, Constraint, Find, Found, Owner, component
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.paths import Walk
from arrowkg.validation.compiled.reach import merged
from arrowkg.validation.compiled.sparql import QueryConstraint
from arrowkg.validation.report import Path

Conforms: TypeAlias = Callable[[Index, str], bool]
"""Whether a node has no results (SHACL section 3.6.1)."""


@dataclass(slots=True, eq=False)
class Shape:
    """A compiled shape.

    Attributes:
        owner: what its results say of it.
        walk: gives its value nodes, if it is a property shape; a node shape's is the focus node.
        constraints: its constraints; none if it is deactivated.
        conforms: whether a node conforms to it.
        is_local: whether the focus node alone decides, and not the graph.
    """

    owner: Owner
    walk: Walk | None
    constraints: Sequence[Constraint]
    conforms: Conforms = field(init=False)
    is_local: bool = field(init=False)

    def __post_init__(self) -> None:
        self.conforms = _conforms(self.owner.path, self.walk, [constraint.find for constraint in self.constraints])
        self.is_local = self.walk is None and all(constraint.is_local for constraint in self.constraints)

    def check(self, graph: Index, focus: str) -> list[Found]:
        """The results of a focus node."""
        values: Sequence[str] = (focus,) if self.walk is None else self.walk(graph, focus)
        results: list[Found] = []
        for constraint in self.constraints:
            found = constraint.find(graph, focus, values)
            if found:
                results += constraint.results(focus, found)
        return results


def _conforms(path: Path | None, walk: Walk | None, finds: Sequence[Find]) -> Conforms:
    if walk is None and len(finds) == 1:
        (find,) = finds
        return lambda graph, focus: not find(graph, focus, (focus,))
    if isinstance(path, str) and len(finds) == 1:
        (find,) = finds
        return lambda graph, focus: not find(graph, focus, graph.about.get(focus, NOTHING).get(path, ()))

    def conforms(graph: Index, focus: str) -> bool:
        values: Sequence[str] = (focus,) if walk is None else walk(graph, focus)
        return not any(find(graph, focus, values) for find in finds)

    return conforms


def to_all(shapes: Sequence[Shape]) -> Find:
    """``sh:node`` and ``sh:and``: the values that do not conform to each of the shapes."""
    conform = [shape.conforms for shape in shapes]
    return lambda graph, focus, values: [
        value for value in values if not all(conforms(graph, value) for conforms in conform)
    ]


def to_any(shapes: Sequence[Shape]) -> Find:
    """``sh:or``: the values that conform to none of the shapes."""
    conform = [shape.conforms for shape in shapes]

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        found: list[str] = []
        for value in values:
            for conforms in conform:
                if conforms(graph, value):
                    break
            else:
                found.append(value)
        return found

    return find


def to_one(shapes: Sequence[Shape]) -> Find:
    """``sh:xone``: the values that do not conform to exactly one of the shapes."""
    conform = [shape.conforms for shape in shapes]

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str]:
        found: list[str] = []
        for value in values:
            count = 0
            for conforms in conform:
                if conforms(graph, value):
                    count += 1
            if count != 1:
                found.append(value)
        return found

    return find


def to_none(shape: Shape) -> Find:
    """``sh:not``: the values that conform to the shape."""
    conforms = shape.conforms
    return lambda graph, focus, values: [value for value in values if conforms(graph, value)]


def through(shape: Shape) -> Find:
    """``sh:property``: the results of a property shape at each value."""
    return lambda graph, focus, values: [found for value in values for found in shape.check(graph, value)]


def counted(shape: Shape, siblings: Sequence[Shape], least: int | None, most: int | None) -> Find:
    """``sh:qualifiedValueShape``: one result, if too few or many values conform to it and to none of its siblings."""
    conforms = shape.conforms
    others = [sibling.conforms for sibling in siblings]

    def find(graph: Index, focus: str, values: Sequence[str]) -> Sequence[str | None]:
        count = 0
        for value in values:
            if conforms(graph, value) and not any(other(graph, value) for other in others):
                count += 1
        is_wrong = (least is not None and count < least) or (most is not None and count > most)
        return ONCE if is_wrong else ()

    return find


_TRIED: Final = 2_000
"""After how many values it is decided whether to go on remembering them."""
_REMEMBERED: Final = 20_000
"""How many values are remembered at most."""


class Group:
    """The constraints of a target on the values of one predicate.

    Those that the values alone decide are asked once for each list of values, as long as lists come again: classes and
    years do, titles do not.

    Args:
        path: the predicate.
        constraints: the constraints.
    """

    __slots__ = ("_again", "_fine", "_local", "_tried", "asked", "asked_of_one", "is_remembering", "missing", "path")

    def __init__(self, path: str, constraints: Sequence[Constraint]) -> None:
        self.path = path
        self.missing = _pairs([constraint for constraint in constraints if constraint.without_values])
        """What is asked where there is no value."""
        self._local = _pairs([constraint for constraint in constraints if constraint.is_local])
        self.asked = _pairs([constraint for constraint in constraints if not constraint.is_local])
        """What is asked of values each time."""
        self.asked_of_one: list[tuple[Find, Constraint]] = []
        """What is asked of a single value each time: not how many there are."""
        self._fine: set[Hashable] = set()
        self._tried = self._again = 0
        self.is_remembering = len(self._local) > 1
        """Whether :meth:`check` has something to ask."""
        if not self.is_remembering:
            self._forget()
        self._lay_out()

    def _forget(self) -> None:
        self.asked += self._local
        self._local = []
        self.is_remembering = False
        self._lay_out()

    def _lay_out(self) -> None:
        self.asked_of_one = [(find, constraint) for find, constraint in self.asked if not _is_met_by_one(constraint)]

    def check(self, graph: Index, focus: str, values: Sequence[str], results: list[Found]) -> None:
        """Ask what the values alone decide, unless it was asked before and all was well."""
        key: Hashable = values[0] if len(values) == 1 else tuple(values)
        self._tried += 1
        if key in self._fine:
            self._again += 1
            return
        before = len(results)
        _ask(self._local, graph, focus, values, results)
        if len(results) > before:
            return
        if self._tried >= _TRIED:
            if self._again * 2 < self._tried:
                self._fine.clear()
                self._forget()
                return
            self._tried = self._again = 0
        if len(self._fine) >= _REMEMBERED:
            self._fine.clear()
        self._fine.add(key)


_COUNTS: Final = frozenset((component("MinCount"), component("MaxCount")))


def _is_met_by_one(constraint: Constraint) -> bool:
    """Whether a constraint asks how many values there are, and one is right."""
    return constraint.component in _COUNTS and not constraint.find(Index(()), "", ("",))


def _ask(
    asked: Sequence[tuple[Find, Constraint]], graph: Index, focus: str, values: Sequence[str], results: list[Found]
) -> None:
    for find, constraint in asked:
        found = find(graph, focus, values)
        if found:
            results += constraint.results(focus, found)


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
        by_walk: list[tuple[Walk, Sequence[Constraint]]] = []
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
        self._node = _pairs(node)
        self._groups = [Group(path, constraints) for path, constraints in by_predicate.items() if constraints]
        self._walks = [(walk, _pairs(constraints)) for walk, constraints in by_walk if constraints]
        every = [*node, *(one for group in (*by_predicate.values(), *(found for _, found in by_walk)) for one in group)]
        askings = [one.asking for one in every if isinstance(one, QueryConstraint) and one.asking is not None]
        self.together = [one for one in askings if one.may_be_together]
        """The queries that may be asked of many graphs at once."""
        self.steps = merged([one.query.steps or () for one in self.together])
        """What they reach from a focus node."""
        self._alone = [one for one in askings if one not in self.together]

    def prepare(self, graph: Index, nodes: Sequence[str]) -> None:
        """Ask what is asked of a whole graph, for all its focus nodes."""
        for asking in self._alone:
            asking.prepare(graph, nodes)

    def run(self, graph: Index, nodes: Sequence[str], results: list[Found]) -> None:
        """Add the results of focus nodes, once :meth:`prepare` was called."""
        for focus in nodes:
            about = graph.about.get(focus, NOTHING)
            if self._node:
                _ask(self._node, graph, focus, (focus,), results)
            for group in self._groups:
                path = group.path
                if path in about:
                    values = about[path]
                    if group.is_remembering:
                        group.check(graph, focus, values, results)
                    for find, constraint in group.asked if len(values) > 1 else group.asked_of_one:
                        found = find(graph, focus, values)
                        if found:
                            results += constraint.results(focus, found)
                else:
                    for find, constraint in group.missing:
                        found = find(graph, focus, ())
                        if found:
                            results += constraint.results(focus, found)
            for walk, asked in self._walks:
                _ask(asked, graph, focus, walk(graph, focus), results)


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
