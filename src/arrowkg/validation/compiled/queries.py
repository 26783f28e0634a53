"""SPARQL queries of shapes: what SHACL allows in them, and variables bound beforehand (SHACL section 5, appendix A).

A variable that is bound beforehand has its value in every group of the query, nested ones too. So each group starts
with a pattern that finds the values in a graph of their own, beside the data. This holds for every kind of term, blank
nodes too, and one query can answer for many focus nodes at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from arrowkg.errors import InputError
from arrowkg.sparql_tokens import Token, tokens
from arrowkg.validation.compiled.screening import Screen, screen_of
from arrowkg.validation.compiled.steps import Step, steps_of
from arrowkg.validation.report import Path, path_text

BOUND: Final = "urn:arrowkg:bound"
"""The graph of the values of variables that are bound beforehand; their predicates are it, a colon and the variable."""
SHAPES_GRAPH: Final = "urn:arrowkg:shapes"
"""The graph that ``$shapesGraph`` names."""

BATCH: Final = 50_000
"""For how many focus nodes a query is asked at once."""
NESTED_BATCH: Final = 100
"""The same where a group inside another names ``$this``: an engine may then pair each focus node with each solution."""

# Escapes of SPARQL 1.1, section 19.2, of code points that there are; IRIREF of section 19.8.
_escape: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})")
_iri: Final = re.compile(r"""<[^<>"{}|^`\\\x00-\x20\ud800-\udfff]*>""")

_OPTIONAL: Final = frozenset({"shapesGraph", "currentShape"})
_FORBIDDEN: Final = frozenset({"MINUS", "VALUES", "SERVICE", "FROM"})
_DEEPEST: Final = 60


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a shape, ready to be asked.

    Attributes:
        text: the query, a SELECT query that gives the variables that are bound beforehand too.
        bound: the variables in it that are bound beforehand.
        most: for how many focus nodes it may be asked at once.
        steps: how all triples that its answer depends on are reached from ``$this``; ``None`` if that is not known.
        screen: tells of a focus node that there is no solution; ``None`` if nothing tells.
    """

    text: str
    bound: tuple[str, ...]
    most: int
    steps: tuple[Step, ...] | None
    screen: Screen | None


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
    >>> query.bound, query.most == BATCH, query.steps
    (('this',), True, (Step(source='this', predicate='<a:p>', is_inverse=False, target='o'),))
    """
    try:
        whole = list(tokens(text))
    except InputError as error:
        raise _wrong(where, f"cannot be read: {error.reason}") from None
    whole, own = _without_prologue(whole)
    whole = [_expanded(token, {**prefixes, **own}, where) for token in _with_path(whole, path, where)]
    found = [token for token in whole if token.kind != "blank"]
    _check(found, kind, prebound, where)
    used = {token.text[1:] for token in found if token.kind == "variable"}
    bound = tuple(name for name in prebound if name in used)
    injected, is_nested = _injected(whole, kind, bound)
    most = (NESTED_BATCH if is_nested else BATCH) if _is_batchable(found) else 1
    screen = screen_of(found) if bound == ("this",) else None
    return Query(injected, bound, most, steps_of(found, bound), screen)


def _without_prologue(whole: list[Token]) -> tuple[list[Token], dict[str, str]]:
    """The tokens after the prefixes that a query declares itself, and these prefixes."""
    own: dict[str, str] = {}
    while True:
        places = [place for place, token in enumerate(whole) if token.kind != "blank"][:3]
        if len(places) < 3 or _word(whole[places[0]]) != "PREFIX" or whole[places[2]].kind != "iri":
            return whole, own
        own[whole[places[1]].text.rstrip(":")] = whole[places[2]].text[1:-1]
        whole = whole[places[2] + 1 :]


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
    if words[:1] != [kind]:
        raise _wrong(where, f"is no {kind} query")
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
    """A token, with the whole IRI for a prefixed name, and without escapes, as the terms of a graph are."""
    if token.kind == "iri" and "\\" in token.text:
        text = _escape.sub(lambda match: chr(int(match[1] or match[2], 16)), token.text)
        if _iri.fullmatch(text) is None:
            raise _wrong(where, f"has {token.text}, which is no IRI")
        return Token("iri", text, token.line)
    if token.kind != "prefixed":
        return token
    prefix, _, local = token.text.partition(":")
    if prefix not in prefixes:
        raise _wrong(where, f"uses the prefix {prefix!r}, which nothing declares")
    if "\\" in local:
        local = local.replace("\\", "")
    return Token("iri", f"<{prefixes[prefix]}{local}>", token.line)


def _injected(whole: list[Token], kind: str, bound: tuple[str, ...]) -> tuple[str, bool]:
    """The text of the query, its groups starting with the values of the variables that are bound beforehand.

    Only the group of a SELECT and those that name such a variable need it. Second comes whether a group inside another
    one has it.
    """
    values = " . ".join(f"<{BOUND}> <{BOUND}:{name}> ?{name}" for name in bound)
    pattern = f" GRAPH <{BOUND}> {{ {values} }} " if bound else ""
    naming = _naming_groups(whole, bound)
    parts: list[str] = []
    for place, token in enumerate(whole):
        if kind == "ASK" and _word(token) == "ASK" and not "".join(parts).strip():
            parts.append(f"SELECT {' '.join(f'?{name}' for name in bound) or '*'}")
        else:
            parts.append(token.text)
        if place in naming:
            parts.append(pattern)
    return "".join(parts) + (" LIMIT 1" if kind == "ASK" else ""), len(naming) > 1


def _naming_groups(whole: list[Token], bound: tuple[str, ...]) -> set[int]:
    """The places of the braces that open a group which is that of a SELECT, or names one of the variables itself."""
    found: set[int] = set()
    inside: list[int] = []
    is_first = True
    for place, token in enumerate(whole):
        word = _word(token)
        if word in ("SELECT", "ASK"):
            is_first = True
        elif token.text == "{":
            inside.append(place)
            following = next((one for one in whole[place + 1 :] if one.kind != "blank"), token)
            if is_first and _word(following) != "SELECT":
                found.add(place)
                is_first = False
        elif token.text == "}":
            inside.pop()
        elif token.kind == "variable" and token.text[1:] in bound and inside:
            found.add(inside[-1])
    # A nested SELECT stands alone in its braces.
    return {
        place
        for place in found
        if _word(next((one for one in whole[place + 1 :] if one.kind != "blank"), whole[place])) != "SELECT"
    }


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
