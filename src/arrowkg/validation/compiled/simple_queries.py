"""Queries of a simple kind, read from their tokens: what a screen can be written of (SPARQL 1.1, section 19.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from arrowkg.sparql_tokens import Token
from arrowkg.vocab import RDF_TYPE


class UnknownKind(Exception):
    """The query is of another kind."""


class Pattern(NamedTuple):
    """A triple pattern: a variable, the predicates that lead on and whether backwards, a variable or an IRI."""

    subject: str
    hops: tuple[tuple[str, bool], ...]
    value: str


class Expression(NamedTuple):
    """An expression: what it is, its operands, and the text of a variable, constant, sign or name."""

    kind: str
    text: str
    operands: tuple[Expression, ...] = ()


@dataclass(slots=True)
class Group:
    """A group of a query."""

    patterns: list[Pattern]
    optional: Group | None
    binds: list[tuple[Expression, str]]
    filters: list[Expression]


class Query(NamedTuple):
    """A query: its group, and what is asked of all solutions together, if it is."""

    group: Group
    having: Expression | None


def read_query(found: Sequence[Token]) -> Query:
    """A query, from its tokens without white space, prefixed names made whole.

    Raises:
        UnknownKind: it is of another kind.

    >>> from arrowkg.sparql_tokens import tokens
    >>> found = [token for token in tokens("SELECT $this WHERE { $this <a:p> ?x }") if token.kind != "blank"]
    >>> read_query(found).group.patterns
    [Pattern(subject='this', hops=(('<a:p>', False),), value='x')]
    """
    try:
        return _Parser(found).query()
    except IndexError:
        raise UnknownKind from None


_DEEPEST: Final = 16
"""How deep expressions are nested at most: Python takes 200 brackets."""


class _Parser:
    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._place = 0
        self._depth = 0

    def query(self) -> Query:
        self._take("SELECT")
        while self._tokens[self._place].kind == "variable":
            self._place += 1
        if self._word() == "WHERE":
            self._place += 1
        self._take("{")
        group = self._group(is_outer=True)
        having = None
        if self._place < len(self._tokens):
            for text in ("GROUP", "BY", "$this", "HAVING", "("):
                self._take(text)
            having = self._either()
            self._take(")")
        if self._place < len(self._tokens):
            raise UnknownKind
        return Query(group, having)

    def _word(self) -> str:
        token = self._tokens[self._place]
        return token.text.upper() if token.kind == "word" else token.text

    def _take(self, text: str) -> None:
        if self._next() not in (text, text.replace("$", "?")):
            raise UnknownKind

    def _next(self) -> str:
        self._place += 1
        token = self._tokens[self._place - 1]
        return token.text.upper() if token.kind == "word" and token.text != "a" else token.text

    def _group(self, *, is_outer: bool) -> Group:
        group = Group([], None, [], [])
        while (word := self._word()) != "}":
            token = self._tokens[self._place]
            if token.kind == "variable" and group.optional is None and not group.binds:
                group.patterns += self._triples()
            elif word == "FILTER":
                self._place += 1
                group.filters.append(self._primary())
            elif word == "OPTIONAL" and is_outer and group.optional is None and not group.binds:
                self._place += 1
                self._take("{")
                group.optional = self._group(is_outer=False)
            elif word == "BIND" and is_outer:
                self._place += 1
                self._take("(")
                bound = self._either()
                self._take("AS")
                group.binds.append((bound, self._variable()))
                self._take(")")
            elif word == ".":
                self._place += 1
            else:
                raise UnknownKind
        self._place += 1
        return group

    def _variable(self) -> str:
        token = self._tokens[self._place]
        if token.kind != "variable":
            raise UnknownKind
        self._place += 1
        return token.text[1:]

    def _triples(self) -> Iterator[Pattern]:
        subject = self._variable()
        while True:
            hops = self._hops()
            while True:
                token = self._tokens[self._place]
                self._place += 1
                if token.kind not in ("variable", "iri"):
                    raise UnknownKind
                yield Pattern(subject, hops, token.text[1:] if token.kind == "variable" else token.text)
                if self._word() != ",":
                    break
                self._place += 1
            if self._word() != ";":
                return
            self._place += 1

    def _hops(self) -> tuple[tuple[str, bool], ...]:
        hops = []
        while True:
            is_inverse = self._word() == "^"
            self._place += is_inverse
            token = self._tokens[self._place]
            self._place += 1
            if token.kind != "iri" and token.text != "a":
                raise UnknownKind
            hops.append((RDF_TYPE if token.text == "a" else token.text, is_inverse))
            if self._word() != "|":
                return tuple(hops)
            self._place += 1

    # Expressions

    def _either(self) -> Expression:
        return self._chain("||", lambda: self._chain("&&", self._compared))

    def _chain(self, sign: str, operand: Callable[[], Expression]) -> Expression:
        found = [operand()]
        while self._word() == sign:
            self._place += 1
            found.append(operand())
        return found[0] if len(found) == 1 else Expression("logical", sign, tuple(found))

    def _compared(self) -> Expression:
        left = self._primary()
        sign = self._word()
        if sign in ("=", "!=", "<", ">", "<=", ">="):
            self._place += 1
            return Expression("compared", "==" if sign == "=" else sign, (left, self._primary()))
        if sign == "IN":
            self._place += 1
            return Expression("in", "", (left, *self._arguments()))
        return left

    def _primary(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnknownKind
        try:
            return self._operand()
        finally:
            self._depth -= 1

    def _operand(self) -> Expression:
        token = self._tokens[self._place]
        self._place += 1
        if token.text == "(":
            inner = self._either()
            self._take(")")
            return inner
        if token.text == "!":
            return Expression("not", "", (self._primary(),))
        if token.kind == "variable":
            return Expression("variable", token.text[1:])
        if token.kind == "iri" or (token.kind == "number" and token.text.isdigit() and len(token.text) <= 9):
            return Expression(token.kind, token.text)
        if token.kind == "string" and re.fullmatch(r'"[^"\\]*"', token.text):
            if self._word()[0] in "@^":
                raise UnknownKind
            return Expression("string", token.text[1:-1])
        if token.kind == "word":
            name = token.text.upper()
            if name == "COUNT" and self._tokens[self._place + 1].text.upper() == "DISTINCT":
                self._take("(")
                self._place += 1
                counted = Expression("variable", self._variable())
                self._take(")")
                return Expression("call", "COUNT DISTINCT", (counted,))
            return Expression("call", name, self._arguments())
        raise UnknownKind

    def _arguments(self) -> tuple[Expression, ...]:
        self._take("(")
        found = [self._either()]
        while self._word() == ",":
            self._place += 1
            found.append(self._either())
        self._take(")")
        return tuple(found)
