"""Screens of queries: whether a query may have a solution for a focus node, told without a SPARQL engine.

Most focus nodes break nothing, and to learn that from an engine takes a store that is filled first. So a query of a
simple kind becomes a function that looks for its solutions in the index itself: triple patterns that hang on each
other, one OPTIONAL, BIND, FILTER, or groups by ``$this`` with HAVING, over texts, IRIs and whole numbers. It says
"none" only where that is sure. All else, a query of another kind or a term of another type, is left to the engine, and
so are the solutions (SPARQL 1.1, sections 17 and 18).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from arrowkg.sparql_tokens import Token
from arrowkg.terms import lexical_form
from arrowkg.validation.compiled.clauses import Writer
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.simple_queries import Expression, Group, Pattern, Query, UnknownKind, read_query
from arrowkg.vocab import XSD

Screen: TypeAlias = Callable[[Index, str], bool]
"""Whether a query may have a solution in a graph for a focus node."""


def screen_of(found: Sequence[Token]) -> Screen | None:
    """The screen of a query; ``None`` for a query of another kind.

    Args:
        found: the tokens of a SELECT query, no white space among them, prefixed names made whole.

    >>> from arrowkg.sparql_tokens import tokens
    >>> query = "SELECT $this ?value WHERE { $this <a:p> ?value . FILTER (isLiteral(?value)) }"
    >>> screen = screen_of([token for token in tokens(query) if token.kind != "blank"])
    >>> graph = Index([("<a:1>", "<a:p>", "<a:2>"), ("<a:2>", "<a:p>", '"text"')])
    >>> screen and [screen(graph, node) for node in ("<a:1>", "<a:2>")]
    [False, True]
    """
    try:
        return _Source(read_query(found)).function()
    except UnknownKind:
        return None


class Unsure(Exception):
    """Only the engine can tell."""


_AGGREGATES: Final = frozenset({"COUNT", "COUNT DISTINCT", "MIN", "MAX"})
_MOST_PATTERNS: Final = 12
"""How many patterns a query has at most: each is a loop, and Python nests twenty."""
_LONGEST: Final = 4_000
"""How many characters an expression is written in at most: some operands are written more than once."""


_MOST_SOLUTIONS: Final = 100_000
"""How many solutions of its patterns a screen looks at: every pattern may multiply them."""


class Typed(NamedTuple):
    """An expression of Python's for one of SPARQL's.

    Attributes:
        kind: what it gives: a ``term``, a ``string`` that is a simple literal's, a whole ``number``, a ``bool``.
        text: the expression; it may be asked for only where there is no error.
        error: an expression that is true where SPARQL has an error; nothing if it has none.
    """

    kind: str
    text: str
    error: str = ""


class Variable(NamedTuple):
    """A variable: its name in Python, what it holds, whether it may be unbound."""

    name: str
    kind: str
    is_optional: bool


class _Source:
    def __init__(self, query: Query) -> None:
        self._query = query
        self._writer = Writer()
        self._known: dict[str, Variable] = {"this": Variable("this", "term", False)}
        self._lines: list[str] = []
        self._lists: dict[str, str] = {}
        optional = query.group.optional
        every = [*query.group.patterns, *(optional.patterns if optional else ())]
        if len(every) > _MOST_PATTERNS:
            raise UnknownKind
        # What two predicates of a path both lead to, SPARQL counts twice, and not every engine does.
        if query.having and any(len(pattern.hops) > 1 for pattern in every):
            raise UnknownKind

    def function(self) -> Screen:
        """The screen."""
        having = self._true(self._query.having) if self._query.having else ""
        if having and not self._lists:
            raise UnknownKind
        for name in self._lists.values():
            self._write(2, f"{name} = []")
        self._group(self._query.group, 2)
        if having:
            self._write(2, f"return bool({next(iter(self._lists.values()))}) and ({having})")
        else:
            self._write(2, "return False")
        lines = [
            "def screen(graph, this):",
            "    everything = graph.about",
            f"    left = {_MOST_SOLUTIONS}",
            "    try:",
            *self._lines,
            "    except Unsure:",
            "        return True",
        ]
        names = {**self._writer.constants, "nothing": NOTHING, "Unsure": Unsure, "lexical": lexical_form}
        names |= {"whole": _whole, "least": _least, "most": _most, "compare": _compare}
        exec(compile("\n".join(lines), "<query>", "exec"), names)
        screen: Screen = names["screen"]
        return screen

    def _write(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def _group(self, group: Group, depth: int) -> None:
        depth = self._patterns(group.patterns, depth)
        if group.optional is None:
            self._end(group, depth)
            return
        outside = dict(self._known)
        self._write(depth, "is_met = False")
        inside = self._patterns(group.optional.patterns, depth)
        names = [name for name in self._known if name not in outside]
        self._write(inside, f"if {self._all_true(group.optional.filters)}:")
        self._write(inside + 1, "is_met = True")
        # Both ways the same follows, so both must know the same of the variables.
        for name in names:
            self._known[name] = self._known[name]._replace(is_optional=True)
        known = dict(self._known)
        self._end(group, inside + 1)
        self._write(depth, "if not is_met:")
        self._known = known
        for name in names:
            self._write(depth + 1, f"{known[name].name} = None")
        self._end(group, depth + 1)

    def _patterns(self, patterns: list[Pattern], depth: int) -> int:
        """Write a loop for each pattern, in an order in which each hangs on what is known; the depth inside."""
        waiting = list(patterns)
        while waiting:
            for pattern in waiting:
                if pattern.subject in self._known:
                    depth = self._loop(pattern.subject, pattern.hops, pattern.value, depth)
                    break
                if pattern.value in self._known:
                    hops = tuple((predicate, not is_inverse) for predicate, is_inverse in pattern.hops)
                    depth = self._loop(pattern.value, hops, pattern.subject, depth)
                    break
            else:
                raise UnknownKind
            waiting.remove(pattern)
        return depth

    def _loop(self, start: str, hops: tuple[tuple[str, bool], ...], end: str, depth: int) -> int:
        source = self._known[start].name
        reached = [
            f"graph.subjects({self._writer.name(predicate)}, {source})"
            if is_inverse
            else f"everything.get({source}, nothing).get({self._writer.name(predicate)}, ())"
            for predicate, is_inverse in hops
        ]
        found = reached[0] if len(reached) == 1 else f"({', '.join(f'*{one}' for one in reached)})"
        is_new = end not in self._known and end[0] != "<"
        name = f"v{depth}"
        self._write(depth, f"for {name} in {found}:")
        if is_new:
            self._known[end] = Variable(name, "term", False)
            return depth + 1
        other = self._writer.name(end) if end[0] == "<" else self._known[end].name
        self._write(depth + 1, f"if {name} == {other}:")
        return depth + 2

    def _end(self, group: Group, depth: int) -> None:
        """Write what follows each solution of the patterns."""
        self._write(depth, "left -= 1")
        self._write(depth, "if not left:")
        self._write(depth + 1, "raise Unsure")
        for bound, variable in group.binds:
            made = self._typed(bound)
            if variable in self._known:
                raise UnknownKind
            name = f"b{len(self._known)}"
            self._write(depth, f"{name} = {f'None if {made.error} else ' if made.error else ''}{made.text}")
            self._known[variable] = Variable(name, made.kind, bool(made.error))
        self._write(depth, f"if {self._all_true(group.filters)}:")
        if not self._query.having:
            self._write(depth + 1, "return True")
        for variable, name in self._lists.items():
            known = self._known.get(variable)
            if known is None or known.is_optional or known.kind != "term":
                raise UnknownKind
            self._write(depth + 1, f"{name}.append({known.name})")

    def _all_true(self, filters: list[Expression]) -> str:
        return " and ".join(f"({self._true(one)})" for one in filters) or "True"

    def _true(self, found: Expression) -> str:
        """An expression that is true where one of SPARQL's is true, and not an error."""
        if found.kind == "logical":
            word = " and " if found.text == "&&" else " or "
            return word.join(f"({self._true(one)})" for one in found.operands)
        made = self._typed(found)
        if made.kind != "bool":
            raise UnknownKind
        return f"not ({made.error}) and ({made.text})" if made.error else made.text

    def _typed(self, found: Expression) -> Typed:
        made = self._written(found)
        if len(made.text) + len(made.error) > _LONGEST:
            raise UnknownKind
        return made

    def _written(self, found: Expression) -> Typed:
        match found.kind:
            case "variable":
                known = self._known.get(found.text)
                if known is None:
                    raise UnknownKind
                return Typed(known.kind, known.name, f"{known.name} is None" if known.is_optional else "")
            case "iri":
                return Typed("term", self._writer.name(found.text))
            case "string":
                return Typed("string", self._writer.name(found.text))
            case "number":
                return Typed("number", self._writer.name(int(found.text)))
            case "not":
                made = self._typed(found.operands[0])
                if made.kind != "bool":
                    raise UnknownKind
                return Typed("bool", f"not ({made.text})", made.error)
            case "compared":
                return self._compared(found.text, *found.operands)
            case "in":
                asked, *members = found.operands
                made = self._typed(asked)
                if made.kind != "term" or any(one.kind != "iri" for one in members):
                    raise UnknownKind
                known_terms = self._writer.name(frozenset(one.text for one in members))
                return Typed("bool", f"{made.text} in {known_terms}", made.error)
            case "call":
                return self._call(found.text, found.operands)
        raise UnknownKind

    def _compared(self, sign: str, left: Expression, right: Expression) -> Typed:
        one, other = self._typed(left), self._typed(right)
        error = _any(one.error, other.error)
        is_equality = sign in ("==", "!=")
        kinds = {one.kind, other.kind}
        # An IRI equals no literal, whatever that is.
        if kinds == {"number"} or (is_equality and (kinds == {"string"} or "iri" in (left.kind, right.kind))):
            if len(kinds) > 1:
                raise UnknownKind
            return Typed("bool", f"{one.text} {sign} {other.text}", error)
        if kinds == {"term"}:
            return Typed("bool", f"compare({one.text}, {other.text}) {sign} 0", error)
        raise UnknownKind

    def _call(self, name: str, operands: tuple[Expression, ...]) -> Typed:
        if name in _AGGREGATES:
            return self._aggregate(name, operands)
        made = [self._typed(one) for one in operands]
        kinds = [one.kind for one in made]
        error = _any(*(one.error for one in made))
        texts = [one.text for one in made]
        match name, kinds:
            case "STR", ["string"]:
                return made[0]
            case "STR", ["term"]:
                term = texts[0]
                return Typed(
                    "string",
                    f"({term}[1:-1] if {term}[0] == '<' else lexical({term}))",
                    _any(error, f"{term}[0] == '_'"),
                )
            case "ISIRI" | "ISURI", ["term"]:
                return Typed("bool", f"{texts[0]}[0] == '<'", error)
            case "ISLITERAL", ["term"]:
                return Typed("bool", f"{texts[0]}[0] == '\"'", error)
            case "ISBLANK", ["term"]:
                return Typed("bool", f"{texts[0]}[0] == '_'", error)
            case "ISNUMERIC", ["term"]:
                return Typed("bool", f"whole({texts[0]}) is not None", error)
            case "CONCAT", _ if set(kinds) == {"string"}:
                return Typed("string", f"({' + '.join(texts)})", error)
            case "STRENDS", ["string", "string"]:
                return Typed("bool", f"{texts[0]}.endswith({texts[1]})", error)
            case "STRSTARTS", ["string", "string"]:
                return Typed("bool", f"{texts[0]}.startswith({texts[1]})", error)
            case "CONTAINS", ["string", "string"]:
                return Typed("bool", f"{texts[1]} in {texts[0]}", error)
            case "SUBSTR", ["string", "number", "number"] if operands[1].kind == operands[2].kind == "number":
                start, length = int(operands[1].text), int(operands[2].text)
                if start < 1:
                    raise UnknownKind
                return Typed("string", f"{texts[0]}[{start - 1} : {start - 1 + length}]", error)
            case "REPLACE", ["string", "string", "string"]:
                replace = _replacing(operands[1], operands[2])
                return Typed("string", f"{self._writer.name(replace)}({texts[0]})", error)
            case "IF", ["bool", kind, other] if kind == other:
                condition = texts[0]
                chosen = f"({made[1].error or False} if {condition} else {made[2].error or False})"
                error = _any(made[0].error, chosen if made[1].error or made[2].error else "")
                return Typed(kind, f"({texts[1]} if {condition} else {texts[2]})", error)
            case "COALESCE", _ if len(set(kinds)) == 1 and made[-1].error == "":
                text = texts[-1]
                for one in reversed(made[:-1]):
                    text = f"({text} if {one.error or False} else {one.text})"
                return Typed(kinds[0], text)
        raise UnknownKind

    def _aggregate(self, name: str, operands: tuple[Expression, ...]) -> Typed:
        # HAVING is read before the group, so nothing in the group can hold one.
        if self._lines or len(operands) != 1 or operands[0].kind != "variable":
            raise UnknownKind
        found = self._lists.setdefault(operands[0].text, f"l{len(self._lists)}")
        texts = {"COUNT": "len({})", "COUNT DISTINCT": "len(set({}))", "MIN": "least({})", "MAX": "most({})"}
        return Typed("number", texts[name].format(found))


def _any(*errors: str) -> str:
    return " or ".join(f"({error})" for error in dict.fromkeys(errors) if error)


_integer: Final = re.compile(rf'"(0|-?[1-9][0-9]{{0,15}})"\^\^<{re.escape(XSD)}integer>')
_NO_NUMBERS: Final = tuple(f"^^<{XSD}{name}>" for name in "string anyURI gYear date dateTime boolean".split())


@lru_cache(maxsize=1 << 12)
def _whole(term: str) -> int | None:
    """A whole number in its shortest form; ``None`` for what is surely no number."""
    if term[0] != '"' or term[-1] != ">" or term.endswith(_NO_NUMBERS):
        return None
    match = _integer.fullmatch(term)
    if match is None:
        raise Unsure
    return int(match[1])


def _wholes(terms: Sequence[str]) -> Iterator[int]:
    for term in terms:
        number = _whole(term)
        if number is None:
            raise Unsure
        yield number


def _least(terms: Sequence[str]) -> int:
    return min(_wholes(terms))


def _most(terms: Sequence[str]) -> int:
    return max(_wholes(terms))


def _compare(left: str, right: str) -> int:
    """Below, above or nothing, as the left term is less than, greater than or equal to the right one."""
    one, other = _wholes((left, right))
    return (one > other) - (one < other)


# What means the same to every engine. Such a pattern never matches an empty text, which engines replace differently.
_PART: Final = r"\.\*|\[\^/\][+]|\(\[\^/\][+]\)"
_PLAIN: Final = "[A-Za-z0-9/_:#-]"
_known_pattern: Final = re.compile(rf"\^?(?:{_PART}|{_PLAIN})*{_PLAIN}(?:{_PART})?\$?")
_MOST_CHARACTERS: Final = 2_000
"""How long a text is at most in which something is replaced."""
_known_replacement: Final = re.compile(rf"(?:{_PLAIN}|\$1(?![0-9A-Za-z_]))*")


def _replacing(pattern: Expression, replacement: Expression) -> Callable[[str], str]:
    if pattern.kind != "string" or replacement.kind != "string":
        raise UnknownKind
    if not _known_pattern.fullmatch(pattern.text) or not _known_replacement.fullmatch(replacement.text):
        raise UnknownKind
    # With one repeat at most, the time grows with the square of a text that is short.
    if pattern.text.count("*") + pattern.text.count("+") > 1:
        raise UnknownKind
    # A dollar is the very end here, as it is in XPath.
    compiled = re.compile(re.sub(r"\$$", r"\\Z", pattern.text))
    if ("$1" in replacement.text) != (compiled.groups == 1):
        raise UnknownKind
    template = replacement.text.replace("$1", r"\g<1>")

    @lru_cache(maxsize=256)
    def replace(text: str) -> str:
        if len(text) > _MOST_CHARACTERS or "\n" in text or "\r" in text:
            raise Unsure
        return compiled.sub(template, text)

    return replace
