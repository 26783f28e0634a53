"""What a constraint is: a function that finds what breaks it, and how its results are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from arrowkg.validation.compiled.clauses import Clause, clause
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.report import Path

Find: TypeAlias = Callable[[Index, str, Sequence[str]], Sequence[Any]]
"""Given the graph, the focus node and its value nodes: what breaks the constraint; empty if nothing does."""

ONCE: Final[Sequence[str | None]] = (None,)
"""What a constraint on all value nodes together finds: one result without a value."""


class Check(NamedTuple):
    """What a constraint asks, as a function and as clauses that say the same.

    Attributes:
        find: finds what breaks it.
        each: a clause that is true of a value node; it is kept where this is so for each. Or there is none.
        together: a clause that is true of all value nodes, of none too. Or there is none.
    """

    find: Find
    each: Clause | None = None
    together: Clause | None = None

    @property
    def of_all(self) -> Clause:
        """A clause that is true of all value nodes, by the function if there is no other."""
        return self.together or clause("not {find}(graph, {focus}, {values})", find=self.find)

    @property
    def of_one(self) -> Clause:
        """A clause that is true of a single value node, with the slot ``values`` for a list of it."""
        return self.each or self.of_all


class Found(NamedTuple):
    """A result, all of it terms (SHACL section 3.6.2).

    Attributes:
        severity: the term of its severity, which may be none of SHACL's.
        focus: the focus node.
        shape: the source shape.
        component: the constraint component.
        message: what is wrong.
        path: the path from the focus node to the value, if there is one.
        value: the offending value, if there is one.
        constraint: the SPARQL constraint, if it is one of these.
    """

    severity: str
    focus: str
    shape: str
    component: str
    message: str
    path: Path | None = None
    value: str | None = None
    constraint: str | None = None


class Owner(NamedTuple):
    """The shape that has a constraint.

    Attributes:
        shape: its term.
        severity: the term of its severity.
        message: its messages, or nothing.
        path: its path, if it is a property shape.
    """

    shape: str
    severity: str
    message: str
    path: Path | None


@dataclass(slots=True, eq=False)
class Constraint:
    """A constraint of a shape.

    Attributes:
        owner: the shape that has it.
        component: the term of its component.
        check: what it asks.
        without_values: whether it may be broken where there are no value nodes.
        default: the message, if the shape has none.
    """

    owner: Owner
    component: str
    check: Check
    without_values: bool = False
    default: str = ""

    def results(self, focus: str, found: Sequence[Any]) -> list[Found]:
        """The results of what was found at a focus node: here, the offending values."""
        owner = self.owner
        message = owner.message or self.default
        return [
            Found(owner.severity, focus, owner.shape, self.component, message, owner.path, value) for value in found
        ]


class ClosedConstraint(Constraint):
    """A closed shape: what is found are pairs of a predicate and a value."""

    def results(self, focus: str, found: Sequence[Any]) -> list[Found]:
        """The results: the predicate is the path of each."""
        owner = self.owner
        message = owner.message or self.default
        return [
            Found(owner.severity, focus, owner.shape, self.component, message, path, value) for path, value in found
        ]


def component(name: str) -> str:
    """The term of a constraint component of SHACL's.

    >>> component("MinCount")
    '<http://www.w3.org/ns/shacl#MinCountConstraintComponent>'
    """
    return sh(f"{name}ConstraintComponent")
