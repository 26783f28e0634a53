"""What a query is, what is refused before it is asked, and terms in the place of its variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from arrowkg.errors import InputError, QueryLimit
from arrowkg.settings import Settings
from arrowkg.sparql_tokens import Token, tokens
from arrowkg.vocab import prefixes

ROWS: Final = "rows"
BOOLEAN: Final = "boolean"
TRIPLES: Final = "triples"

_KINDS: Final = {"SELECT": ROWS, "ASK": BOOLEAN, "CONSTRUCT": TRIPLES, "DESCRIBE": TRIPLES}
_UPDATES: Final = frozenset("INSERT DELETE LOAD CLEAR DROP CREATE ADD MOVE COPY WITH".split())
_escape = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_word_inside = re.compile(r"service|from|load", re.IGNORECASE)
_LOCAL_FILES: Final = "file:"


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was looked over.

    Attributes:
        text: the query.
        kind: what it gives: :data:`ROWS` (SELECT), :data:`BOOLEAN` (ASK) or :data:`TRIPLES` (CONSTRUCT, DESCRIBE).
        name: what it is called in errors: a file, an example, or ``query``.
    """

    text: str
    kind: str
    name: str = "query"


def checked(text: str, settings: Settings, name: str = "query") -> Query:
    """A query after a look at its tokens.

    Args:
        text: the query.
        settings: its limits of size and nesting.
        name: what it is called in errors.

    Raises:
        InputError: it is no query but an update, or it would reach the network or files: SERVICE, FROM <file:…>.
        QueryLimit: it is longer or nested deeper than allowed.

    >>> checked("SELECT * {?s ?p ?o}", Settings()).kind
    'rows'
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InputError("the query is not UTF-8", file=name) from None
    if size > settings.query_text_bytes:
        raise QueryLimit(
            f"the query has {size:,} bytes, more than {settings.query_text_bytes:,}",
            hint="query_text_bytes in arrowkg.toml lets through a longer one",
            file=name,
        )
    found = [token for token in tokens(text, name) if token.kind != "blank"]
    _check_depth(found, settings, name)
    kind = _kind(found, name)
    _check_reach(found, name)
    if _escape.search(text):
        # Some engines resolve such escapes before all else, where they may end a string or spell a word.
        _check_reach([token for token in tokens(_unescaped(text), name) if token.kind != "blank"], name)
    return Query(text, kind, name)


def _unescaped(text: str) -> str:
    def char(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"

    return _escape.sub(char, text)


def _check_depth(found: list[Token], settings: Settings, name: str) -> None:
    depth = 0
    for token in found:
        if token.kind == "open":
            depth += 1
            if depth > settings.query_depth:
                raise QueryLimit(
                    f"the query is nested deeper than {settings.query_depth}",
                    hint="query_depth in arrowkg.toml lets through a deeper one",
                    file=name,
                    line=token.line,
                )
        elif token.kind == "close":
            depth -= 1


def _kind(found: list[Token], name: str) -> str:
    """What the query gives, from its first word after the prologue."""
    for token in _after_prologue(found):
        word = token.text.upper()
        if token.kind == "word" and word in _KINDS:
            return _KINDS[word]
        if token.kind == "word" and word in _UPDATES:
            raise InputError(
                f"{word} is an update, and only queries are asked",
                hint="arrowkg load changes a store",
                file=name,
                line=token.line,
            )
        raise InputError(
            f"not SPARQL: a query starts with SELECT, ASK, CONSTRUCT or DESCRIBE, not with {token.text[:40]!r}",
            file=name,
            line=token.line,
        )
    raise InputError("the query is empty", file=name)


def _after_prologue(found: list[Token]) -> Iterator[Token]:
    """The tokens after BASE, PREFIX and VERSION declarations."""
    place = 0
    lengths = {"BASE": 2, "PREFIX": 3, "VERSION": 2}
    while place < len(found) and found[place].kind == "word" and found[place].text.upper() in lengths:
        place += lengths[found[place].text.upper()]
    yield from found[place:]


def _check_reach(found: list[Token], name: str) -> None:
    """Refuse what would reach beyond the data that is asked."""
    prefixes: dict[str, str] = {}
    base = ""
    for place, token in enumerate(found):
        word = token.text.upper() if token.kind == "word" else ""
        following = found[place + 1 : place + 3]
        if word == "SERVICE":
            raise InputError(
                "SERVICE asks another server, and queries reach no network",
                hint="leave it out",
                file=name,
                line=token.line,
            )
        if word == "LOAD" or (word in _UPDATES and word != "WITH" and place and found[place - 1].text == ";"):
            raise InputError(f"{word} is an update, and only queries are asked", file=name, line=token.line)
        if word == "BASE" and following:
            base = following[0].text.strip("<>")
        if word == "PREFIX" and len(following) == 2:
            prefixes[following[0].text] = following[1].text.strip("<>")
        if word == "FROM" and following:
            source = following[-1] if following[0].text.upper() == "NAMED" else following[0]
            _check_graph(source, prefixes, base, name)
        if token.kind == "iri" and _scheme.match(token.text, 1) is None and _word_inside.search(token.text):
            # «?a<?b)SERVICE…>» reads as an IRI or as a comparison: who reads it the other way would reach the network.
            raise InputError(
                f"{token.text[:60]} may be read in two ways; put blanks around < or write it with a prefix",
                file=name,
                line=token.line,
            )


def _check_graph(source: Token, prefixes: Mapping[str, str], base: str, name: str) -> None:
    if source.kind == "iri":
        iri = source.text.strip("<>")
        iri = iri if ":" in iri else base + iri
    else:
        prefix, colon, local = source.text.partition(":")
        iri = prefixes.get(prefix + colon, "") + local
    if _unescaped(iri).lower().startswith(_LOCAL_FILES):
        raise InputError(
            "FROM names a file, and queries read none", hint="name files with --data", file=name, line=source.line
        )


def with_terms(text: str, terms: Mapping[str, str], name: str = "query") -> str:
    """A query with terms in the place of variables: each token that is such a variable becomes the term's own token.

    Args:
        text: the query.
        terms: by name of the variable, a term in N-Triples form as :mod:`arrowkg.terms` makes them.
        name: what the query is called in errors.

    Raises:
        InputError: something in it is no token of SPARQL.

    >>> with_terms("SELECT ?s {?s ?p ?name} # ?name", {"name": '"Ada"'})
    'SELECT ?s {?s ?p "Ada"} # ?name'
    """
    return "".join(
        terms.get(token.text[1:], token.text) if token.kind == "variable" else token.text
        for token in tokens(text, name)
    )


def with_prefixes(text: str, schema_ns: str, name: str = "query") -> str:
    """A query with a declaration for each prefix of arrowkg's graphs that it uses and does not declare.

    >>> with_prefixes("ASK {?s a ak:Paper}", "https")
    'PREFIX ak: <https://w3id.org/arrowkg/ns#> ASK {?s a ak:Paper}'
    """
    found = [token for token in tokens(text, name) if token.kind != "blank"]
    declared = {
        after.text for token, after in pairwise(found) if token.kind == "word" and token.text.upper() == "PREFIX"
    }
    used = {token.text.partition(":")[0] for token in found if token.kind == "prefixed"}
    added = [
        f"PREFIX {prefix}: <{namespace}> "
        for prefix, namespace in prefixes(schema_ns).items()
        if prefix in used and f"{prefix}:" not in declared
    ]
    # On the first line, so that lines in errors stay as they are.
    return "".join(added) + text


def with_namespace(text: str, old: str, new: str, name: str = "query") -> str:
    """A query with another IRI for a namespace in its PREFIX declarations.

    >>> with_namespace("PREFIX s: <https://schema.org/> ASK {}", "https://schema.org/", "http://schema.org/")
    'PREFIX s: <http://schema.org/> ASK {}'
    """
    return "".join(f"<{new}>" if token.text == f"<{old}>" else token.text for token in tokens(text, name))
