"""SPARQL queries of shapes: what SHACL allows in them, and variables bound beforehand (SHACL section 5, appendix A).

A variable that is bound beforehand has its value in every group of the query, nested ones too. So each group starts
with a pattern that finds the values in a graph of their own, beside the data. This holds for every kind of term, blank
nodes too, and one query can answer for many focus nodes at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from arrowkg.errors import InputError
from arrowkg.sparql_tokens import Token, tokens
from arrowkg.terms import iri_of
from arrowkg.validation.report import Path, path_text
from arrowkg.vocab import RDF_TYPE

BOUND: Final = "urn:arrowkg:bound"
"""The graph of the values of variables that are bound beforehand; their predicates are it, a colon and the variable."""
SHAPES_GRAPH: Final = "urn:arrowkg:shapes"
"""The graph that ``$shapesGraph`` names."""

_OPTIONAL: Final = frozenset({"shapesGraph", "currentShape"})
_FORBIDDEN: Final = frozenset({"MINUS", "VALUES", "SERVICE", "FROM"})
_DEEPEST: Final = 60


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a shape, ready to be asked.

    Attributes:
        text: the query, a SELECT query that gives the variables that are bound beforehand too.
        bound: the variables in it that are bound beforehand.
        is_batchable: whether it may be asked for many focus nodes at once.
        predicates: the terms of all predicates that its answer can depend on; ``None`` if they are not known.
    """

    text: str
    bound: tuple[str, ...]
    is_batchable: bool
    predicates: frozenset[str] | None


def prepared(
    text: str, kind: str, prefixes: Mapping[str, str], prebound: Collection[str], path: Path | None, where: str
) -> Query:
    """A query, checked and prepared.

    Args:
        text: the query as it stands in the shapes.
        kind: ``SELECT`` or ``ASK``.
        prefixes: the prefixes declared for it.
        prebound: the variables that are bound beforehand.
        path: what stands for ``$PATH``, or ``None``.
        where: what the query belongs to, for errors.

    Raises:
        InputError: it is no such query, or has what SHACL does not allow.

    >>> query = prepared("SELECT $this WHERE { $this <a:p> ?o }", "SELECT", {}, ["this"], None, "shape")
    >>> query.bound, query.is_batchable, query.predicates
    (('this',), True, frozenset({'<a:p>'}))
    """
    try:
        whole = list(tokens(text))
    except InputError as error:
        raise _wrong(where, f"cannot be read: {error.reason}") from None
    whole = [_expanded(token, prefixes, where) for token in _with_path(whole, path, where)]
    found = [token for token in whole if token.kind != "blank"]
    _check(found, kind, prebound, where)
    used = {token.text[1:] for token in found if token.kind == "variable"}
    bound = tuple(name for name in prebound if name in used)
    return Query(_injected(whole, kind, bound), bound, _is_batchable(found), Predicates(found).found())


def _wrong(where: str, what: str) -> InputError:
    return InputError(f"the shapes cannot be used: the query of {where} {what}")


def _word(token: Token) -> str:
    return token.text.upper() if token.kind == "word" else ""


def _with_path(found: Iterable[Token], path: Path | None, where: str) -> Iterator[Token]:
    for token in found:
        if token.kind == "variable" and token.text[1:] == "PATH":
            if path is None:
                raise _wrong(where, "has $PATH, but its shape has no path")
            text = path_text(path)
            yield from tokens(text if isinstance(path, str) else f"({text})")
        else:
            yield token


def _check(found: list[Token], kind: str, prebound: Collection[str], where: str) -> None:
    """Refuse what SHACL does not allow in a query with variables that are bound beforehand (SHACL appendix A)."""
    words = [_word(token) for token in found]
    if kind not in words or words[0] not in (kind, "PREFIX", "BASE") or "PREFIX" in words or "BASE" in words:
        raise _wrong(where, f"is no {kind} query, or declares prefixes of its own")
    if forbidden := sorted(_FORBIDDEN & set(words)):
        raise _wrong(where, f"has {', '.join(forbidden)}, which SHACL does not allow here")
    depth = 0
    for place, token in enumerate(found):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth > _DEEPEST:
            raise _wrong(where, f"is nested deeper than {_DEEPEST}")
        if words[place] == "AS" and place + 1 < len(found) and found[place + 1].text[1:] in prebound:
            raise _wrong(where, f"assigns {found[place + 1].text}, which is bound beforehand")
        if words[place] == "SELECT" and depth:
            selected = _selected(found, place)
            missing = [name for name in prebound if name not in selected and name not in _OPTIONAL]
            if missing:
                raise _wrong(where, f"has a nested SELECT without {', '.join(f'${name}' for name in missing)}")


def _selected(found: list[Token], place: int) -> set[str]:
    """The variables that a SELECT names; none for an asterisk."""
    names: set[str] = set()
    for token in found[place + 1 :]:
        if token.text == "{" or _word(token) == "WHERE":
            break
        if token.kind == "variable":
            names.add(token.text[1:])
    return names


def _expanded(token: Token, prefixes: Mapping[str, str], where: str) -> Token:
    """A token, with the whole IRI for a prefixed name that needs no unescaping."""
    if token.kind != "prefixed":
        return token
    prefix, _, local = token.text.partition(":")
    if prefix not in prefixes:
        raise _wrong(where, f"uses the prefix {prefix!r}, which nothing declares")
    if "\\" in local:
        local = local.replace("\\", "")
    return Token("iri", f"<{prefixes[prefix]}{local}>", token.line)


def _injected(whole: list[Token], kind: str, bound: tuple[str, ...]) -> str:
    """The text of the query, each group starting with the values of the variables that are bound beforehand."""
    row = "?arrowkg_row" if len(bound) > 1 else f"<{BOUND}>"
    values = " ; ".join(f"<{BOUND}:{name}> ?{name}" for name in bound)
    pattern = f" GRAPH <{BOUND}> {{ {row} {values} }} " if bound else ""
    parts: list[str] = []
    is_started = False
    for place, token in enumerate(whole):
        if _word(token) == "ASK" and not is_started:
            parts.append(f"SELECT {' '.join(f'?{name}' for name in bound) or '*'}")
        else:
            parts.append(token.text)
        is_started = is_started or token.kind != "blank"
        if token.text == "{" and _word(_following(whole, place)) != "SELECT":
            parts.append(pattern)
    return "".join(parts) + (" LIMIT 1" if kind == "ASK" else "")


def _following(whole: list[Token], place: int) -> Token:
    """The next token that is no white space, or the one at the place."""
    return next((token for token in whole[place + 1 :] if token.kind != "blank"), whole[place])


def _is_batchable(found: list[Token]) -> bool:
    """Whether the answers for many focus nodes together are those for each: no cut, and groups are by ``$this``."""
    words = [_word(token) for token in found]
    if {"LIMIT", "OFFSET", "REDUCED"} & set(words):
        return False
    if {"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "HAVING"} & set(words):
        grouped = [
            place for place, word in enumerate(words) if word == "GROUP" and words[place + 1 : place + 2] == ["BY"]
        ]
        return words.count("SELECT") == 1 and any("this" in _group_variables(found, place + 2) for place in grouped)
    return True


def _group_variables(found: list[Token], place: int) -> set[str]:
    names: set[str] = set()
    for token in found[place:]:
        if token.kind != "variable":
            break
        names.add(token.text[1:])
    return names


class _Unknown(Exception):
    """The predicates of a query are not known."""


class Predicates:
    """Reads the tokens of a query's groups to find every predicate that its answer can depend on.

    Where a predicate may be any (a variable, a negated set, a path that may have no step), nothing is known.

    Args:
        found: the tokens, prefixed names made whole.
    """

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._place = 0
        self._found: set[str] = set()

    def found(self) -> frozenset[str] | None:
        """The terms of the predicates; ``None`` if they are not known."""
        try:
            while self._place < len(self._tokens):
                if self._next().text == "{":
                    self._group()
            return frozenset(self._found)
        except (_Unknown, IndexError):
            return None

    def _next(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _peek(self) -> Token:
        return self._tokens[self._place]

    def _group(self) -> None:
        """A group, after its opening brace."""
        while True:
            token = self._next()
            word = _word(token)
            if token.text == "}":
                return
            if token.text == "{":
                self._group()
            elif token.text == "." or word in ("OPTIONAL", "UNION"):
                continue
            elif word in ("FILTER", "BIND"):
                self._expression()
            elif word == "SELECT":
                self._to_group()
            elif token.kind in ("variable", "iri", "string", "number") or word in ("TRUE", "FALSE"):
                self._predicates_and_objects()
            elif word and self._is_modifier(word):
                continue
            else:
                raise _Unknown

    def _is_modifier(self, word: str) -> bool:
        """After a nested SELECT: what follows its group, up to the end of the group around it."""
        if word not in ("GROUP", "ORDER", "HAVING"):
            return False
        while self._peek().text != "}":
            self._next()
        return True

    def _to_group(self) -> None:
        while self._next().text != "{":
            pass
        self._group()

    def _expression(self) -> None:
        """A FILTER or BIND: one bracketed expression, call or EXISTS."""
        depth = 0
        while True:
            token = self._next()
            if token.text == "{":
                self._group()
                if depth == 0:
                    return
            elif token.kind == "open":
                depth += 1
            elif token.kind == "close":
                depth -= 1
                if depth == 0:
                    return

    def _predicates_and_objects(self) -> None:
        while True:
            self._verb()
            self._objects()
            if self._peek().text != ";":
                return
            while self._peek().text == ";":
                self._next()
            if self._peek().text in (".", "}") or (self._peek().kind == "word" and self._peek().text != "a"):
                return

    def _verb(self) -> None:
        depth = 0
        while True:
            token = self._next()
            if token.kind == "iri":
                self._found.add(f"<{iri_of(token.text)}>")
            elif token.text == "a":
                self._found.add(RDF_TYPE)
            elif token.text in ("(", ")"):
                depth += 1 if token.text == "(" else -1
                if token.text == "(":
                    continue
            elif token.text in ("^", "/", "|"):
                continue
            else:
                raise _Unknown
            following = self._peek()
            while following.text == "+" or (following.text == ")" and depth):
                depth -= following.text == ")"
                self._next()
                following = self._peek()
            if following.text in ("*", "?"):
                raise _Unknown
            if following.text not in ("/", "|") and depth == 0:
                return

    def _objects(self) -> None:
        while True:
            token = self._next()
            if token.kind not in ("variable", "iri", "string", "number") and _word(token) not in ("TRUE", "FALSE"):
                raise _Unknown
            while self._peek().text == "^^" or self._peek().kind == "language":
                if self._next().text == "^^":
                    self._next()
            if self._peek().text != ",":
                return
            self._next()
