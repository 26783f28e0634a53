"""Patterns (``sh:pattern``) in bounded time.

A pattern means what it means to Python's ``re``, as in pySHACL. But ``re`` tries alternatives one after the other, and
a pattern such as ``(a+)+$`` takes time that doubles with each character. So the pattern is looked over first:

- The number of ways through a pattern without a repeat inside a repeat is bounded by a power of the length of the text.
  Texts short enough for that bound are matched by ``re``, and nearly all are.
- All other texts are matched by an automaton that reads each character once (Thompson's construction, its states worked
  out as they are needed). It is slower on easy texts and as fast on hostile ones.
- Back references and look-around have no such automaton: a text beyond the bound is refused, and a pattern without any
  bound is not compiled.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from arrowkg.errors import InputError

# The parser behind re.compile: private, and the only one that reads exactly what re reads. The tests pin its nodes.
_parser: Final[Any] = importlib.import_module("re._parser")
_constants: Final[Any] = importlib.import_module("re._constants")
_compiler: Final[Any] = importlib.import_module("re._compiler")

_WAYS: Final = 20_000_000
"""How many ways through a pattern ``re`` may have to try on one text: some tenths of a second at the worst."""
_MOST_STATES: Final = 20_000
"""How many steps the automaton of one pattern may have."""
_MOST_SETS: Final = 2_000
"""How many sets of states are kept."""


_IS_INSIDE: Final = re.search(r"\B", "") is not None
"""Whether an empty text has a place that is no word boundary: since Python 3.14 it has."""


class NotCompiled(InputError):
    """The shapes hold what this engine cannot carry out, and pySHACL may."""


Matcher: TypeAlias = Callable[[str], object]
"""Gives something true for a text in which a pattern is found."""
_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def matcher(pattern: str, flags: str = "") -> Matcher:
    """A function that tells whether a pattern is found in a text: what it gives is true or not.

    Args:
        pattern: a regular expression.
        flags: any of ``i`` (letter case), ``m`` (lines), ``s`` (a dot is any character), ``x`` (free spacing) and ``q``
            (no character is special), as in SPARQL 1.1, section 17.4.3.14.

    Raises:
        NotCompiled: nothing bounds the time that it takes on any text.
        InputError: it is no regular expression. The function raises it for a text that cannot be matched within bounds.

    >>> is_year = matcher("^[0-9]{4}$")
    >>> bool(is_year("2025")), bool(is_year("25")), bool(matcher("(a+)+$")("a" * 50_000 + "b"))
    (True, False, False)
    """
    if unknown := sorted(set(flags.lower()) - {*_FLAGS, "q"}):
        raise InputError(f"the shapes cannot be used: a sh:flags holds {', '.join(unknown)}, which no pattern knows")
    text = re.escape(pattern) if "q" in flags.lower() else pattern
    number = 0
    for letter in flags.lower():
        number |= _FLAGS.get(letter, 0)
    try:
        compiled = re.compile(text, number)
        tree = _parser.parse(text, number)
    except re.error as error:
        raise InputError(f"the shapes cannot be used: {pattern!r} is no pattern ({error})") from None
    if text == r"\S":
        # The commonest of all patterns; what re calls white space, str.strip does too.
        return str.strip
    cost = _cost(tree)
    search = compiled.search
    if cost.is_fixed:
        width = _width_at_end(tree, compiled.flags)
        return search if width is None else _at_end(compiled.match, width, _last(tree, compiled.flags))
    longest = _longest(cost)
    automaton: list[Matcher] = []
    if longest < 0:
        made = _automaton(tree, pattern, compiled.flags)
        if made is None:
            raise NotCompiled(f"nothing bounds the time that the pattern {pattern!r} takes")
        automaton.append(made)

    def found(value: str) -> object:
        if len(value) <= longest:
            return search(value)
        if not automaton:
            automaton.append(_automaton(tree, pattern, compiled.flags) or _refusing(pattern))
        return automaton[0](value)

    return found


def _width_at_end(tree: Any, flags: int) -> int | None:
    """How many characters a pattern has before the end of the text that it asks for; ``None`` if that is not told."""
    *inside, (last, where) = tree if len(tree) else [("", "")]
    is_plain = all(str(name) in ("LITERAL", "NOT_LITERAL", "ANY", "IN", "MAX_REPEAT") for name, _ in inside)
    least, most = tree.getwidth()
    is_at_end = str(last) == "AT" and str(where) == "AT_END" and not flags & re.MULTILINE
    return int(least) if is_plain and is_at_end and least == most else None


def _last(tree: Any, flags: int) -> Matcher:
    """Whether a character may stand before the end of the text that a pattern asks for."""
    name: Any
    argument: Any
    name, argument = tree[-2] if len(tree) > 1 else ("", None)
    if str(name) == "MAX_REPEAT" and argument[0] and len(argument[2]) == 1:
        name, argument = argument[2][0]
    is_known = str(name) in ("LITERAL", "NOT_LITERAL", "ANY", "IN")
    return _character((name, argument), flags) if is_known else lambda char: True


def _at_end(match: Callable[[str, int], object], width: int, is_last: Matcher) -> Matcher:
    """A matcher that looks at the last characters alone: a search would try each place of the text."""

    def found(value: str) -> bool:
        start = len(value) - width
        # What asks for the end of the text takes the place before a last line feed too.
        end = value[-1:]
        if end == "\n":
            return (start >= 0 and match(value, start) is not None) or (
                start >= 1 and match(value, start - 1) is not None
            )
        return start >= 0 and bool(is_last(end)) and match(value, start) is not None

    return found


@dataclass(frozen=True, slots=True)
class _Cost:
    """A bound on the ways through a part of a pattern: ``factor`` times the length of the text to the power ``degree``.

    Attributes:
        factor: the constant.
        degree: the power; ``None`` where no power bounds it.
        is_fixed: whether there is one way through alone.
    """

    factor: int = 1
    degree: int | None = 0

    @property
    def is_fixed(self) -> bool:
        return self.factor == 1 and self.degree == 0

    def then(self, other: _Cost) -> _Cost:
        degree = None if self.degree is None or other.degree is None else self.degree + other.degree
        return _Cost(min(self.factor * other.factor, 10 * _WAYS), degree)


_UNBOUNDED: Final = _Cost(degree=None)


def _cost(tree: Iterable[Any]) -> _Cost:
    total = _Cost()
    for node in tree:
        total = total.then(_cost_of_node(node))
    return total


def _cost_of_node(node: Any) -> _Cost:
    name, argument = str(node[0]), node[1]
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"):
        return _Cost()
    if name == "GROUPREF":
        # To compare with a group reads as many characters as the group has.
        return _Cost(degree=1)
    if name == "SUBPATTERN":
        return _cost(argument[-1])
    if name == "BRANCH":
        costs = [_cost(choice) for choice in argument[1]]
        if any(cost.degree is None for cost in costs):
            return _UNBOUNDED
        return _Cost(sum(cost.factor for cost in costs), max(cost.degree or 0 for cost in costs))
    if name in ("ASSERT", "ASSERT_NOT"):
        return _cost(argument[1])
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _cost_of_repeat(*argument)
    if name == "ATOMIC_GROUP":
        return _cost(argument)
    return _UNBOUNDED


def _cost_of_repeat(least: int, most: Any, inside: Iterable[Any]) -> _Cost:
    cost = _cost(inside)
    is_endless = most is _constants.MAXREPEAT
    if cost.is_fixed:
        return _Cost(degree=1) if is_endless else _Cost(int(most) - least + 1)
    if is_endless or cost.degree is None or most > 20:
        return _UNBOUNDED
    return _Cost(min((int(most) - least + 1) * cost.factor ** int(most), 10 * _WAYS), cost.degree * int(most))


def _longest(cost: _Cost) -> int:
    """The longest text for which the bound is within what is allowed; a search may start at each of its places."""
    if cost.degree is None or cost.factor > _WAYS:
        return -1
    return int((_WAYS / cost.factor) ** (1 / (cost.degree + 1))) - 1


@dataclass(slots=True)
class _States:
    """An automaton: for each state, the characters that lead on, and the states that are reached without reading."""

    tests: list[tuple[Matcher, int] | None] = field(default_factory=list)
    jumps: list[list[tuple[str, int]]] = field(default_factory=list)

    def new(self) -> int:
        if len(self.tests) >= _MOST_STATES:
            raise _TooLarge
        self.tests.append(None)
        self.jumps.append([])
        return len(self.tests) - 1

    def jump(self, start: int, end: int, where: str = "") -> None:
        self.jumps[start].append((where, end))


class _TooLarge(Exception):
    """A pattern has too many states, or a part that no automaton has."""


def _automaton(tree: Any, pattern: str, flags: int) -> Matcher | None:
    """The matcher that reads each character once; ``None`` for a pattern that has none, or one too large."""
    states = _States()
    start = states.new()
    try:
        end = _build(states, tree, start, flags)
    except _TooLarge:
        return None
    return _Walk(states, start, end, flags).matches


def _refusing(pattern: str) -> Matcher:
    def refuse(value: str) -> bool:
        raise InputError(
            f"the pattern {pattern!r} cannot be matched within bounds on a text of {len(value):,} characters",
            hint="write it without repeats inside repeats, back references and look-around",
        )

    return refuse


def _build(states: _States, tree: Iterable[Any], start: int, flags: int) -> int:
    """Add a part of a pattern, from a state on; the state at its end."""
    for node in tree:
        start = _build_node(states, node, start, flags)
    return start


def _build_node(states: _States, node: Any, start: int, flags: int) -> int:
    name, argument = str(node[0]), node[1]
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        end = states.new()
        states.tests[start] = (_character(node, flags), end)
        return end
    if name == "AT":
        end = states.new()
        where = str(argument)
        if flags & re.MULTILINE and where in ("AT_BEGINNING", "AT_END"):
            where += "_LINE"
        states.jump(start, end, where)
        return end
    if name == "SUBPATTERN":
        if argument[1] or argument[2]:
            raise _TooLarge
        return _build(states, argument[-1], start, flags)
    if name == "BRANCH":
        end = states.new()
        for choice in argument[1]:
            first = states.new()
            states.jump(start, first)
            states.jump(_build(states, choice, first, flags), end)
        return end
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _build_repeat(states, argument, start, flags)
    raise _TooLarge


def _build_repeat(states: _States, argument: Any, start: int, flags: int) -> int:
    least, most, inside = argument
    for _ in range(least):
        start = _build(states, inside, _after(states, start), flags)
    end = states.new()
    if most is _constants.MAXREPEAT:
        loop = _after(states, start)
        states.jump(loop, end)
        first = _after(states, loop)
        states.jump(_build(states, inside, first, flags), loop)
        return end
    for _ in range(most - least):
        states.jump(start, end)
        start = _build(states, inside, _after(states, start), flags)
    states.jump(start, end)
    return end


def _after(states: _States, start: int) -> int:
    """A new state that is reached without reading."""
    state = states.new()
    states.jump(start, state)
    return state


def _character(node: Any, flags: int) -> Matcher:
    """Whether one character is that of a node: ``re`` itself answers, so that it means the same."""
    inside = _parser.SubPattern(_parser.State(), [node])
    inside.state.str, inside.state.flags = "", flags
    found = _compiler.compile(inside, flags & ~re.VERBOSE).fullmatch
    known: dict[str, bool] = {}

    def test(char: str) -> bool:
        if char not in known:
            if len(known) > 10_000:
                known.clear()
            known[char] = found(char) is not None
        return known[char]

    return test


_Place: TypeAlias = frozenset[str]


class _Walk:
    """Walks an automaton through a text, with all states that it may be in at once."""

    def __init__(self, states: _States, start: int, end: int, flags: int) -> None:
        self._states = states
        self._start = start
        self._end = end
        self._is_word: Final = re.compile(r"\w", flags & re.ASCII).fullmatch
        self._has_places: Final = any(where for jumps in states.jumps for where, _ in jumps)
        self._steps: dict[tuple[frozenset[int], str, _Place], frozenset[int]] = {}

    def matches(self, text: str) -> bool:
        """Whether the pattern is found in the text."""
        current: frozenset[int] = frozenset()
        place: _Place = frozenset()
        for position in range(len(text) + 1):
            char = text[position : position + 1]
            if self._has_places:
                place = self._place(text, position)
            key = (current, char, place)
            following = self._steps.get(key)
            if following is None:
                if len(self._steps) > _MOST_SETS:
                    self._steps.clear()
                following = self._steps[key] = self._step(current, char, place)
            if self._end in following:
                return True
            current = following
        return False

    def _step(self, current: frozenset[int], char: str, place: _Place) -> frozenset[int]:
        """The states after a character; the end alone, if it was reached before the character."""
        reached = {*current, self._start}
        waiting = list(reached)
        while waiting:
            for where, end in self._states.jumps[waiting.pop()]:
                if end not in reached and (not where or where in place):
                    reached.add(end)
                    waiting.append(end)
        if self._end in reached:
            return frozenset({self._end})
        tests = [self._states.tests[state] for state in reached] if char else []
        return frozenset(test[1] for test in tests if test is not None and test[0](char))

    def _place(self, text: str, position: int) -> _Place:
        """Which assertions of patterns hold at a place."""
        before, after = text[position - 1 : position] if position else "", text[position : position + 1]
        word_before = bool(before) and self._is_word(before) is not None
        word_after = bool(after) and self._is_word(after) is not None
        holds = ["AT_BOUNDARY"] if word_before != word_after else ["AT_NON_BOUNDARY"] if text or _IS_INSIDE else []
        if not position:
            holds += "AT_BEGINNING", "AT_BEGINNING_STRING", "AT_BEGINNING_LINE"
        elif before == "\n":
            holds.append("AT_BEGINNING_LINE")
        if not after:
            holds += "AT_END", "AT_END_STRING", "AT_END_LINE"
        elif after == "\n":
            holds.append("AT_END_LINE")
            if position == len(text) - 1:
                holds.append("AT_END")
        return frozenset(holds)
