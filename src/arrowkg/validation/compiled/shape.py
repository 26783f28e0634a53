"""Compiled shapes, and the constraints that ask whether a node conforms to a shape (SHACL sections 4.6 and 4.7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from arrowkg.validation.compiled.clauses import Clause, clause, joined
from arrowkg.validation.compiled.constraints import ONCE, Check, Constraint, Find, Found, Owner
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.paths import Walk
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
        kept: a clause that is true of a value node that conforms to it.
    """

    owner: Owner
    walk: Walk | None
    constraints: Sequence[Constraint]
    conforms: Conforms = field(init=False)
    kept: Clause = field(init=False)

    def __post_init__(self) -> None:
        checks = [constraint.check for constraint in self.constraints]
        self.conforms = _conforms(self.walk, [check.find for check in checks])
        self.kept = _kept(self.owner.path, checks) or clause("{conforms}(graph, {value})", conforms=self.conforms)

    def check(self, graph: Index, focus: str) -> list[Found]:
        """The results of a focus node."""
        values: Sequence[str] = (focus,) if self.walk is None else self.walk(graph, focus)
        results: list[Found] = []
        for constraint in self.constraints:
            found = constraint.check.find(graph, focus, values)
            if found:
                results += constraint.results(focus, found)
        return results


def _conforms(walk: Walk | None, finds: Sequence[Find]) -> Conforms:
    def conforms(graph: Index, focus: str) -> bool:
        values: Sequence[str] = (focus,) if walk is None else walk(graph, focus)
        return not any(find(graph, focus, values) for find in finds)

    return conforms


_LONGEST: Final = 120
"""How many parts a clause has at most: those of shapes within shapes grow with every shape around them."""


def _kept(path: Path | None, checks: Sequence[Check]) -> Clause | None:
    """What is true of a value node that conforms to a shape; ``None`` if that takes more than an expression."""
    if path is None:
        values, clauses = clause("({value},)"), [check.of_one for check in checks]
    elif isinstance(path, str) and not any(check.each and not check.together for check in checks):
        values, clauses = clause("{described}.get({path}, ())", path=path), [check.of_all for check in checks]
    else:
        return None
    made = joined([clause("True"), *clauses], "and")
    return _short(made.filled(values=values, focus=clause("{value}"), about=clause("{described}")))


def _short(made: Clause) -> Clause | None:
    return made if len(made.parts) <= _LONGEST else None


def to_all(shapes: Sequence[Shape]) -> Check:
    """``sh:node`` and ``sh:and``: the values that do not conform to each of the shapes."""
    conform = [shape.conforms for shape in shapes]
    return Check(
        lambda graph, focus, values: [
            value for value in values if not all(conforms(graph, value) for conforms in conform)
        ],
        _short(joined([clause("True"), *(shape.kept for shape in shapes)], "and")),
    )


def to_any(shapes: Sequence[Shape]) -> Check:
    """``sh:or``: the values that conform to none of the shapes."""
    conform = [shape.conforms for shape in shapes]
    return Check(
        lambda graph, focus, values: [
            value for value in values if not any(conforms(graph, value) for conforms in conform)
        ],
        _short(joined([clause("False"), *(shape.kept for shape in shapes)], "or")),
    )


def to_one(shapes: Sequence[Shape]) -> Check:
    """``sh:xone``: the values that do not conform to exactly one of the shapes."""
    conform = [shape.conforms for shape in shapes]
    count = joined([clause("0"), *(clause("not not ({kept})").filled(kept=shape.kept) for shape in shapes)], "+")
    return Check(
        lambda graph, focus, values: [
            value for value in values if sum(conforms(graph, value) for conforms in conform) != 1
        ],
        _short(clause("{count} == 1").filled(count=count)),
    )


def to_none(shape: Shape) -> Check:
    """``sh:not``: the values that conform to the shape."""
    conforms = shape.conforms
    return Check(
        lambda graph, focus, values: [value for value in values if conforms(graph, value)],
        _short(clause("not ({kept})").filled(kept=shape.kept)),
    )


def through(shape: Shape) -> Check:
    """``sh:property``: the results of a property shape at each value."""
    return Check(lambda graph, focus, values: [found for value in values for found in shape.check(graph, value)])


def counted(shape: Shape, siblings: Sequence[Shape], least: int | None, most: int | None) -> Check:
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

    if all(one.kept.is_local for one in (shape, *siblings)):
        return Check(find, together=clause("not {find}({nothing}, '', {values})", find=find, nothing=Index(())))
    return Check(find)


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
