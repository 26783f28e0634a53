"""Reading RDF files back: any notation that arrowkg writes, parsed strictly, from anywhere, within limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import orjson

from arrowkg.errors import InputError
from arrowkg.files import Input
from arrowkg.terms import Triple, text

if TYPE_CHECKING:
    import pyoxigraph

NOTATIONS: Final = {
    "turtle": "TURTLE",
    "ntriples": "N_TRIPLES",
    "nquads": "N_QUADS",
    "trig": "TRIG",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON_LD",
}
"""What the strict parser calls each notation that is read."""


def read_rdf(source: Input, notation: str) -> list[Triple]:
    """Every triple of an RDF file, of all its graphs, each once, in file order; blank nodes are ``_:`` and a label.

    Args:
        source: the input, read as a whole.
        notation: one of the names in :data:`arrowkg.sources.RDF_SUFFIXES`.

    Raises:
        InputError: it is too large, is not of that notation, defines XML entities, or needs a remote context.
    """
    import pyoxigraph

    content = source.whole()
    if notation == "rdfxml" and (b"<!DOCTYPE" in content or b"\x00" in content):
        raise InputError("the RDF/XML has a DOCTYPE or is not UTF-8; neither is read", file=source.name)
    if _nesting(content, notation) > source.max_depth:
        raise InputError(f"the RDF is nested deeper than {source.max_depth}", file=source.name)
    found: list[Triple] = []
    for line, document in _documents(content, notation):
        try:
            quads = pyoxigraph.parse(document, getattr(pyoxigraph.RdfFormat, NOTATIONS[notation]))
            found += [(_term(quad.subject), _term(quad.predicate), _term(quad.object)) for quad in quads]
        except SyntaxError as error:
            number = line + (error.lineno or 1) if error.lineno or line else None
            raise InputError(f"not {notation}: {error.msg}", file=source.name, line=number) from None
        except (ValueError, InputError) as error:
            raise InputError(f"not {notation}: {error}", file=source.name) from None
    return list(dict.fromkeys(found))


def _documents(content: bytes, notation: str) -> Iterator[tuple[int, bytes]]:
    """The documents of a file, each with the number of lines before it; only JSON-LD may have one a line."""
    lines = content.split(b"\n") if notation == "jsonld" else []
    if sum(1 for line in lines if line.strip()) > 1 and _is_json(lines[0]):
        for number, line in enumerate(lines):
            if line.strip():
                yield number, line
    else:
        yield 0, content


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


# What opens or closes something nested in each notation, and what may hold such signs without meaning them.
_TURTLE: Final = re.compile(
    rb'"""(?:[^"\\]|\\.|"(?!""))*"""|'
    rb"'''(?:[^'\\]|\\.|'(?!''))*'''|"
    rb'"(?:[^"\\\n]|\\.)*"|'
    rb"'(?:[^'\\\n]|\\.)*'|"
    rb"<[^<>\s]*>|#[^\n]*|(?P<open>[\[({])|(?P<close>[\])}])",
    re.DOTALL,
)
_JSON: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)
_XML: Final = re.compile(rb"<!--.*?-->|<[?!][^>]*>|(?P<close></[^>]*>)|<[^>]*/>|(?P<open><[^>]*>)", re.DOTALL)


def _nesting(content: bytes, notation: str) -> int:
    """The deepest nesting of a file; parsers that recurse end the process on a file that nests without end."""
    pattern = {"jsonld": _JSON, "rdfxml": _XML}.get(notation, _TURTLE)
    deepest = depth = 0
    for match in pattern.finditer(content):
        if match.lastgroup == "open":
            depth += 1
            deepest = max(deepest, depth)
        elif match.lastgroup == "close":
            depth -= 1
    return deepest


def _term(term: pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple) -> str:
    import pyoxigraph

    if isinstance(term, pyoxigraph.NamedNode):
        return f"<{term.value}>"
    if isinstance(term, pyoxigraph.BlankNode):
        return f"_:{term.value}"
    if isinstance(term, pyoxigraph.Triple):
        raise ValueError("triples inside triples are not read")
    if term.language:
        return f"{text(term.value)}@{term.language}"
    datatype = term.datatype.value
    if datatype == "http://www.w3.org/2001/XMLSchema#string":
        return text(term.value)
    return f"{text(term.value)}^^<{datatype}>"
