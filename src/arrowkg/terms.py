"""RDF terms as text: each term is its canonical N-Triples form, a plain ``str``.

A triple is three such strings. They compare and sort as text, pickle for free, and N-Triples output is a join. The
functions here are the only place where a term is made, escaped, refused or taken apart, so a string that came out of
them is safe to write into any notation.

The escapes are those of the canonical form in RDF 1.2 N-Triples, section "Canonical N-Triples": ``\\b \\t \\n \\f \\r
\\" \\\\`` by name, the other C0 controls and DEL as ``\\u00XX``, everything else as it is.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from arrowkg.errors import BadText

Triple: TypeAlias = tuple[str, str, str]
"""Subject, predicate and object, each in N-Triples form."""

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_GYEAR: Final = f"^^<{XSD}gYear>"
_INTEGER: Final = f"^^<{XSD}integer>"
_ANY_URI: Final = f"^^<{XSD}anyURI>"

# NUL, lone surrogates and the non-characters: XML has none of them, C libraries stop at NUL, UTF-8 has no surrogates.
_UNCARRIED: Final = "\x00\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
# The C0 controls but tab, line feed and carriage return: RDF carries them as escapes, RDF/XML does not at all.
_CONTROLS: Final = "\x01-\x08\x0b\x0c\x0e-\x1f"

# The two non-characters at the end of each higher plane are looked for apart: a class of 16 far ranges makes every
# search ten times as slow, and few texts hold any character beyond the first plane.
_higher_plane = re.compile("[\U00010000-\U0010ffff]")
_higher_noncharacter = re.compile(f"[{''.join(chr(p << 16 | low) for p in range(1, 17) for low in (0xFFFE, 0xFFFF))}]")
_unsafe = re.compile(f"[{_UNCARRIED}{_CONTROLS}]")
_uncarried = re.compile(f"[{_UNCARRIED}]")
# Three of them canonical N-Triples escapes.
_UNCARRIED_ESCAPES: Final = {f"\\u{code:04X}": chr(code) for code in (0, 0xFFFE, 0xFFFF)}
# Of the bytes of canonical N-Triples with any of them in it, some are always these.
_SIGNS: Final = (b"\\u0000", b"\\uFFF", b"\xef\xb7", b"\xbf\xbe", b"\xbf\xbf")
_escapable = re.compile(f'["\\\\\x00-\x1f\x7f{_UNCARRIED}]')
_ESCAPES: Final[dict[str, str]] = {chr(c): f"\\u{c:04X}" for c in (*range(1, 0x20), 0x7F)} | {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
_NAMED: Final = {escape[1]: char for char, escape in _ESCAPES.items() if len(escape) == 2}
_escape_sequence = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
# The IRIREF production of N-Triples, narrowed to an absolute IRI.
_absolute_iri = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\ud800-\udfff]*")


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    escape = _ESCAPES.get(char)
    if escape is None:
        raise BadText(
            f"the text holds U+{ord(char):04X}, which RDF notations cannot carry safely",
            hint="--characters replace writes U+FFFD in its place",
        )
    return escape


def text(value: str) -> str:
    """The plain string literal (``xsd:string``) of a text.

    Raises:
        BadText: the text holds NUL, a lone surrogate or a non-character.

    >>> print(text('two\\nlines, a "quote" and \\x07'))
    "two\\nlines, a \\"quote\\" and \\u0007"
    """
    if '"' not in value and "\\" not in value and value.isprintable():
        # What must be escaped or refused is not printable. Most texts are, which is told several times as fast.
        return f'"{value}"'
    if not value.isascii() and _higher_plane.search(value):
        _higher_noncharacter.sub(_escape, value)
    return f'"{_escapable.sub(_escape, value)}"'


def refuse_uncarried(ntriples: bytes) -> None:
    """Refuse canonical N-Triples from elsewhere that holds what :func:`text` refuses.

    Raises:
        BadText: it holds NUL or a non-character.

    >>> refuse_uncarried('<a:s> <a:p> "\\ufffd, and not the one after it" .\\n'.encode())
    """
    # A plain search is many times as fast as any pattern, and hardly any text has a sign of one.
    if any(sign in ntriples for sign in _SIGNS):
        plain = ntriples.decode().replace("\\\\", "")
        for escape, char in _UNCARRIED_ESCAPES.items():
            plain = plain.replace(escape, char)
        for pattern in (_uncarried, _higher_noncharacter):
            pattern.sub(_escape, plain)


def iri(value: str) -> str:
    """The term of an absolute IRI.

    Raises:
        BadText: it is relative, or holds a character that the IRIREF production of N-Triples has not.

    >>> iri("https://kg.example.org/author/bo-tarn")
    '<https://kg.example.org/author/bo-tarn>'
    """
    if _absolute_iri.fullmatch(value) is None:
        raise BadText(f"not an absolute IRI: {value[:100]!r}")
    return f"<{value}>"


def year(value: int) -> str:
    """The ``xsd:gYear`` literal of a year from 1 to 9999 (four digits, XML Schema 1.1 part 2, section 3.3.10).

    >>> year(814)
    '"0814"^^<http://www.w3.org/2001/XMLSchema#gYear>'
    """
    if not 1 <= value <= 9999:
        raise BadText(f"the year {value} is not one from 1 to 9999")
    return f'"{value:04d}"{_GYEAR}'


def integer(value: int) -> str:
    """The ``xsd:integer`` literal of a whole number.

    >>> integer(3)
    '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'
    """
    return f'"{value:d}"{_INTEGER}'


def any_uri(value: str) -> str:
    """The ``xsd:anyURI`` literal of an address as listed; it is text, so nothing is refused but unsafe characters.

    >>> any_uri("https://example.org/a b")
    '"https://example.org/a b"^^<http://www.w3.org/2001/XMLSchema#anyURI>'
    """
    return text(value) + _ANY_URI


TRUE: Final = f'"true"^^<{XSD}boolean>'
"""The ``xsd:boolean`` literal *true*."""


def unsafe_characters(value: str) -> list[str]:
    """Each character of a text that some RDF notation does not carry: NUL, C0 controls but tab, line feed and
    carriage return, lone surrogates, non-characters.

    >>> unsafe_characters("a\\x07b\\tc")
    ['\\x07']
    """
    if value.isprintable():
        return []
    found = _unsafe.findall(value)
    if not value.isascii() and _higher_plane.search(value):
        found += _higher_noncharacter.findall(value)
    return found


def with_replacements(value: str) -> str:
    """The text with U+FFFD in place of each of its :func:`unsafe_characters`.

    >>> with_replacements("a\\x07b")
    'a\ufffdb'
    """
    value = _unsafe.sub("\ufffd", value)
    return value if value.isascii() else _higher_noncharacter.sub("\ufffd", value)


def is_iri(term: str) -> bool:
    """Whether the term is an IRI.

    >>> is_iri("<http://example.org/>"), is_iri('"text"')
    (True, False)
    """
    return term[0] == "<"


def iri_of(term: str) -> str:
    """The IRI that an IRI term names.

    >>> iri_of("<http://example.org/>")
    'http://example.org/'
    """
    return term[1:-1]


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _NAMED[match[3]]


def literal_parts(term: str) -> tuple[str, str, str]:
    """Lexical form, datatype IRI and language tag of a literal term; the last two are empty where there is none.

    >>> literal_parts('"a\\\\tb"')
    ('a\\tb', '', '')
    >>> literal_parts('"2025"^^<http://www.w3.org/2001/XMLSchema#gYear>')
    ('2025', 'http://www.w3.org/2001/XMLSchema#gYear', '')
    >>> literal_parts('"Rat"@de')
    ('Rat', '', 'de')
    """
    lexical, rest = lexical_form(term), term[term.rindex('"') + 1 :]
    if rest.startswith("^^"):
        return lexical, rest[3:-1], ""
    return lexical, "", rest[1:]


def lexical_form(term: str) -> str:
    """The text of a literal term, without its datatype or language.

    >>> lexical_form(integer(3))
    '3'
    """
    lexical = term[1 : term.rindex('"')]
    return _escape_sequence.sub(_unescape, lexical) if "\\" in lexical else lexical
