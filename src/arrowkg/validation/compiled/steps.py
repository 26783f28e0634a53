"""Which triples the answer of a query can depend on, told from its tokens.

Where every triple pattern of a query hangs on ``$this`` through its subject or its object, the answer for a focus node
depends on the triples reached by these patterns alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

from arrowkg.sparql_tokens import Token
from arrowkg.vocab import RDF_TYPE


class Step(NamedTuple):
    """One step of a triple pattern.

    Attributes:
        source: the variable that it starts from.
        predicate: the term of its predicate; ``None`` for every predicate.
        is_inverse: whether it goes from the object to the subject.
        target: the variable that it leads to.
    """

    source: str
    predicate: str | None
    is_inverse: bool
    target: str


Hop: TypeAlias = tuple[str | None, bool]
"""A predicate, ``None`` for every one, and whether it is taken backwards."""


def steps_of(found: list[Token], bound: Collection[str]) -> tuple[Step, ...] | None:
    """The steps of a query, in an order in which each starts from what was reached before.

    Args:
        found: the tokens of a SELECT or ASK query, no white space among them, prefixed names made whole.
        bound: the variables that are bound beforehand.

    >>> from arrowkg.sparql_tokens import tokens
    >>> query = "SELECT $this WHERE { $this <a:p>/^<a:q> ?x . FILTER NOT EXISTS { ?x a <a:C> } }"
    >>> for step in steps_of([token for token in tokens(query) if token.kind != "blank"], ["this"]) or ():
    ...     print(step.source, step.predicate, step.is_inverse, step.target)
    this <a:p> False /1
    /1 <a:q> True x
    x <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> False /2
    """
    if list(bound) != ["this"]:
        return None
    try:
        return tuple(_Reader(found).steps())
    except (_Unknown, IndexError):
        return None


def merged(queries: Iterable[Iterable[Step]]) -> tuple[Step, ...]:
    """Steps that reach what those of all queries reach, each taken once.

    >>> first, second = Step("this", "<a:p>", False, "x"), Step("this", "<a:p>", False, "y")
    >>> len(merged([[first], [second, Step("y", "<a:q>", False, "z")]]))
    2
    """
    targets: dict[tuple[str, str | None, bool], str] = {}
    for steps in queries:
        # A variable of one query stands for the ends of all steps that lead to it.
        ends: dict[str, list[str]] = {"this": ["this"]}
        for source, predicate, is_inverse, target in steps:
            reached = [
                targets.setdefault((end, predicate, is_inverse), str(len(targets))) for end in ends.get(source, ())
            ]
            ends[target] = list(dict.fromkeys([*ends.get(target, ()), *reached]))
    return tuple([Step(*step, target) for step, target in targets.items()])


def both_ways(steps: Iterable[Step]) -> frozenset[str]:
    """The predicates that some step takes forwards and another backwards."""
    ways = {(step.predicate, step.is_inverse) for step in steps}
    return frozenset(
        predicate for predicate, is_inverse in ways if predicate is not None and (predicate, not is_inverse) in ways
    )


class _Unknown(Exception):
    """What a query depends on is not known."""


_NODES: Final = ("variable", "iri", "string", "number")


class _Pattern(NamedTuple):
    """A triple pattern: a subject, the sequences of hops of its path (``None`` for a variable), an object."""

    subject: Token
    paths: list[list[Hop]] | None
    value: Token


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._place = 0
        self._steps: list[Step] = []
        self._fresh = 0

    def steps(self) -> list[Step]:
        while self._place < len(self._tokens):
            token = self._next()
            if token.text == "{":
                self._group({"this"})
            elif token.text.upper() == "EXISTS":
                raise _Unknown
        return self._steps

    def _next(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _peek(self) -> Token:
        return self._tokens[self._place]

    def _group(self, known: set[str]) -> None:
        """A group, after its opening brace; ``known`` are the variables that are certainly bound around it."""
        known = set(known)
        waiting: list[_Pattern] = []
        while True:
            token = self._next()
            word = token.text.upper() if token.kind == "word" else ""
            if token.kind in _NODES or word in ("TRUE", "FALSE"):
                waiting += self._patterns(token)
                waiting = self._followed(waiting, known)
            elif token.text == "}":
                if waiting:
                    raise _Unknown
                return
            elif token.text == "{":
                self._group(known)
            elif word in ("FILTER", "BIND"):
                self._expression(known)
            elif word == "SELECT":
                self._nested_select()
            elif word in ("GROUP", "ORDER", "HAVING"):
                self._modifiers()
            elif token.text != "." and word not in ("OPTIONAL", "UNION"):
                raise _Unknown

    def _followed(self, waiting: list[_Pattern], known: set[str]) -> list[_Pattern]:
        """Take the steps of each pattern that hangs on a known variable; the patterns that are left."""
        left = waiting
        while True:
            waiting, left = left, []
            for pattern in waiting:
                if not self._take(pattern, known):
                    left.append(pattern)
            if len(left) in (0, len(waiting)):
                return left

    def _take(self, pattern: _Pattern, known: set[str]) -> bool:
        subject, value = _variable(pattern.subject), _variable(pattern.value)
        if subject in known:
            start, end, paths = subject, value, pattern.paths
        elif value in known and pattern.paths is not None:
            start, end, paths = value, subject, [_reversed(path) for path in pattern.paths]
        else:
            return False
        end = end or self._new()
        if paths is None:
            self._steps.append(Step(start, None, False, end))
        for path in paths or ():
            source = start
            for place, (predicate, is_inverse) in enumerate(path, 1):
                target = end if place == len(path) else self._new()
                self._steps.append(Step(source, predicate, is_inverse, target))
                source = target
        known.add(end)
        return True

    def _new(self) -> str:
        self._fresh += 1
        return f"/{self._fresh}"

    def _nested_select(self) -> None:
        while (token := self._next()).text != "{":
            if token.text.upper() == "EXISTS":
                raise _Unknown
        self._group({"this"})

    def _modifiers(self) -> None:
        """After the group of a nested SELECT, up to the end of the group around it."""
        while self._peek().text != "}":
            if self._next().text == "{":
                raise _Unknown

    def _expression(self, known: set[str]) -> None:
        """A FILTER or BIND: one bracketed expression, call or EXISTS."""
        depth = 0
        while True:
            token = self._next()
            if token.text == "{":
                self._group(known)
                if depth == 0:
                    return
            elif token.kind == "open":
                depth += 1
            elif token.kind == "close":
                depth -= 1
                if depth == 0:
                    return

    def _patterns(self, subject: Token) -> Iterator[_Pattern]:
        """The triple patterns of one subject."""
        while True:
            paths = self._verb()
            while True:
                yield _Pattern(subject, paths, self._object())
                if self._peek().text != ",":
                    break
                self._next()
            if self._peek().text != ";":
                return
            while self._peek().text == ";":
                self._next()
            following = self._peek()
            if following.text in (".", "}") or (following.kind == "word" and following.text != "a"):
                return

    def _object(self) -> Token:
        token = self._next()
        if token.kind not in _NODES and token.text.upper() not in ("TRUE", "FALSE"):
            raise _Unknown
        if self._peek().kind == "language":
            self._next()
        elif self._peek().text == "^^":
            self._next()
            self._next()
        return token

    def _verb(self) -> list[list[Hop]] | None:
        if self._peek().kind == "variable":
            self._next()
            return None
        return self._alternatives()

    def _alternatives(self) -> list[list[Hop]]:
        paths = self._sequence()
        while self._peek().text == "|":
            self._next()
            paths = paths + self._sequence()
        return paths

    def _sequence(self) -> list[list[Hop]]:
        paths = self._element()
        while self._peek().text == "/":
            self._next()
            rest = self._element()
            paths = [[*first, *second] for first in paths for second in rest]
        return paths

    def _element(self) -> list[list[Hop]]:
        token = self._next()
        if token.text == "^":
            return [_reversed(path) for path in self._element()]
        if token.text == "(":
            paths = self._alternatives()
            if self._next().text != ")":
                raise _Unknown
        elif token.kind == "iri":
            paths = [[(token.text, False)]]
        elif token.text == "a":
            paths = [[(RDF_TYPE, False)]]
        else:
            raise _Unknown
        if self._peek().text in ("*", "+", "?"):
            raise _Unknown
        return paths


def _variable(token: Token) -> str:
    return token.text[1:] if token.kind == "variable" else ""


def _reversed(path: list[Hop]) -> list[Hop]:
    return [(predicate, not is_inverse) for predicate, is_inverse in reversed(path)]
