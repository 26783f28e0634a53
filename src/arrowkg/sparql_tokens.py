"""The tokens of a SPARQL query, as section 19.8 of SPARQL 1.1 defines them.

No parser of ours stands behind them: a query is understood by the engine that answers it. Tokens are enough to tell
what kind of query it is, to refuse what must not be asked, and to put a term in a variable's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from arrowkg.errors import InputError

# Any letter beyond ASCII is taken for one of a name: those that are not, the engine refuses. It compiles fast.
_PN_CHARS_BASE: Final = "A-Za-z\x80-\U0010ffff"
_NAME_CHARS: Final = rf"[{_PN_CHARS_BASE}_0-9\-]"
_LOCAL: Final = rf"(?:{_NAME_CHARS}|[:.]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?#@%])"

_token = re.compile(
    "|".join(
        (
            r"(?P<blank>[ \t\r\n]+|#[^\r\n]*)",
            r"""(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''"""
            r"""|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')""",
            r"(?P<iri><[^<>\"{}|^`\x00-\x20]*>)",
            rf"(?P<variable>[?$][{_PN_CHARS_BASE}_0-9][{_PN_CHARS_BASE}_0-9]*)",
            r"(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)",
            rf"(?P<label>_:[{_PN_CHARS_BASE}_0-9](?:[.]*{_NAME_CHARS})*)",
            rf"(?P<prefixed>(?:[{_PN_CHARS_BASE}](?:[.]*{_NAME_CHARS})*)?:(?:{_LOCAL})*)",
            rf"(?P<word>[{_PN_CHARS_BASE}_](?:{_NAME_CHARS})*)",
            r"(?P<number>[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+\.)",
            r"(?P<open>[{(\[]|<<)",
            r"(?P<close>[})\]]|>>)",
            r"(?P<sign>\^\^|&&|\|\||!=|<=|>=|[.,;*/^|+\-!=<>?&~])",
        )
    ),
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a query.

    Attributes:
        kind: one of blank (white space and comments), string, iri, variable, language, label, prefixed, word, number,
            open, close, sign.
        text: its text, as it stands in the query.
        line: the 1-based line at which it starts.
    """

    kind: str
    text: str
    line: int


def tokens(query: str, file: str = "query") -> Iterator[Token]:
    """Every token of a query in order; their texts together are the query.

    Args:
        query: the query.
        file: what it is called in errors.

    Raises:
        InputError: something in it is no token of SPARQL.

    >>> [token.text for token in tokens("ASK {?s a <urn:x>}") if token.kind != "blank"]
    ['ASK', '{', '?s', 'a', '<urn:x>', '}']
    """
    place, line = 0, 1
    while place < len(query):
        match = _token.match(query, place)
        if match is None:
            raise InputError(f"not SPARQL: {query[place : place + 20]!r} is no token of it", file=file, line=line)
        yield Token(match.lastgroup or "", match[0], line)
        line += match[0].count("\n")
        place = match.end()
