"""Constraints as source text, so that everything that is asked of a focus node becomes one function.

A call takes longer than most constraints do. The text is made of what stands in this package alone: whatever comes from
a shapes graph, be it an IRI, a number or a pattern, is a constant that the text names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

_slots: Final = re.compile(r"\{(\w+)\}")


class Constant(NamedTuple):
    """A value that the text names."""

    value: Any


class Slot(NamedTuple):
    """A place that an expression goes to."""

    name: str


@dataclass(frozen=True, slots=True)
class Before:
    """What is worked out once for a graph, before its focus nodes."""

    clause: Clause


Part: TypeAlias = str | Constant | Slot | Before


@dataclass(frozen=True, slots=True)
class Clause:
    """An expression of Python's, true of what keeps a constraint.

    ``graph`` in it is the graph, and ``everything`` are its descriptions. Its slots are ``value``, a value node, and
    ``described``, the description of that; ``values``, the value nodes; ``focus``, the focus node, and ``about``, the
    description of that.

    Attributes:
        parts: its parts.
    """

    parts: tuple[Part, ...]

    @property
    def is_local(self) -> bool:
        """Whether the value nodes alone decide, and neither the graph nor the focus node.

        >>> clause("{value} in {known}", known=()).is_local, clause("{find}(graph, {value})", find=len).is_local
        (True, False)
        """
        for part in self.parts:
            if isinstance(part, Before) or (isinstance(part, Slot) and part.name not in ("value", "values")):
                return False
            if isinstance(part, str) and ("graph" in part or "everything" in part):
                return False
        return True

    def filled(self, **slots: Clause) -> Clause:
        """The clause with expressions in some of its slots.

        >>> Writer().text(clause("{value} in {values}").filled(value=clause("one"), values=clause("(two,)")))
        'one in (two,)'
        """
        parts: list[Part] = []
        for part in self.parts:
            if isinstance(part, Slot) and part.name in slots:
                parts += slots[part.name].parts
            else:
                parts.append(part)
        return Clause(tuple(parts))


def clause(text: str, **given: Any) -> Clause:
    """A clause.

    Args:
        text: an expression, with names in braces for constants and slots.
        given: the constants, and what is worked out before; the other names are those of slots.

    >>> clause("{value} in {known}", known=()).parts
    (Slot(name='value'), ' in ', Constant(value=()))
    """
    parts: list[Part] = []
    for place, found in enumerate(_slots.split(text)):
        if place % 2 == 0:
            if found:
                parts.append(found)
        elif found not in given:
            parts.append(Slot(found))
        else:
            value = given[found]
            parts.append(value if isinstance(value, Before) else Constant(value))
    return Clause(tuple(parts))


def joined(clauses: list[Clause], word: str) -> Clause:
    """Clauses with a word between each two, each in brackets.

    >>> Writer().text(joined([clause("one"), clause("two")], "or"))
    '(one) or (two)'
    """
    parts: list[Part] = []
    for place, one in enumerate(clauses):
        parts += f" {word} (" if place else "(", *one.parts, ")"
    return Clause(tuple(parts))


class Writer:
    """Writes clauses as text.

    >>> writer = Writer()
    >>> writer.text(clause("{value} in {known}", known=frozenset("ab")).filled(value=clause("focus")))
    'focus in k0'
    >>> sorted(writer.constants["k0"])
    ['a', 'b']
    """

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        """What the text names."""
        self.before: dict[str, str] = {}
        """The name of each expression that is worked out before."""
        self._names: dict[int, str] = {}

    def name(self, value: Any) -> str:
        """The name of a constant."""
        # A constant is kept, so no other object gets its number.
        name = self._names.setdefault(id(value), f"k{len(self._names)}")
        self.constants[name] = value
        return name

    def text(self, written: Clause) -> str:
        """A clause as text; a slot that is left is a fault of this package."""
        parts = []
        for part in written.parts:
            if isinstance(part, str):
                parts.append(part)
            elif isinstance(part, Constant):
                parts.append(self.name(part.value))
            elif isinstance(part, Before):
                text = self.text(part.clause)
                parts.append(self.before.setdefault(text, f"b{len(self.before)}"))
            else:
                raise AssertionError(f"nothing stands in the slot {part.name}")
        return "".join(parts)
