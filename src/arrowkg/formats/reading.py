"""Reading RDF files back: any notation that arrowkg writes, parsed strictly, from anywhere, within limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import orjson

from arrowkg.errors import BadText, InputError
from arrowkg.files import Input
from arrowkg.terms import Triple, refuse_uncarried

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

_WITH_GRAPHS: Final = ("nquads", "trig", "jsonld")
_TOGETHER: Final = 10_000
"""How many triples are turned into text at once."""


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
    if notation in ("ntriples", "nquads"):
        if (place := first_inner_triple(content)) is not None:
            line = content.count(b"\n", 0, place) + 1
            raise InputError(f"not {notation}: triples inside triples are not read", file=source.name, line=line)
    elif _nesting(content, notation) > source.max_depth:
        raise InputError(f"the RDF is nested deeper than {source.max_depth}", file=source.name)
    found: list[Triple] = []
    known: dict[str, str] = {}
    for line, document in _documents(content, notation):
        try:
            quads = pyoxigraph.parse(document, getattr(pyoxigraph.RdfFormat, NOTATIONS[notation]))
            found += _triples(quads, known, has_graphs=notation in _WITH_GRAPHS)
        except SyntaxError as error:
            number = line + (error.lineno or 1) if error.lineno or line else None
            raise InputError(f"not {notation}: {error.msg}", file=source.name, line=number) from None
        except BadText as error:
            number = line + 1 if line else None
            if notation in ("ntriples", "nquads"):
                number = _line_of_uncarried(document, notation)
            raise InputError(error.reason, file=source.name, line=number) from None
        except (ValueError, InputError) as error:
            raise InputError(f"not {notation}: {error}", file=source.name) from None
    return list(dict.fromkeys(found))


def _triples(quads: Iterator[pyoxigraph.Quad], known: dict[str, str], *, has_graphs: bool) -> Iterator[Triple]:
    """The triples of quads, equal terms one object; the parser's own canonical N-Triples is that of
    :mod:`arrowkg.terms`, and is many times as fast to take apart as its objects are.
    """
    import pyoxigraph

    # Without graphs, N-Quads are N-Triples, and a quad need not be asked for its triple.
    statements, form = quads, pyoxigraph.RdfFormat.N_QUADS
    if has_graphs:
        statements, form = map(attrgetter("triple"), quads), pyoxigraph.RdfFormat.N_TRIPLES
    same = known.setdefault
    while lines := pyoxigraph.serialize(islice(statements, _TOGETHER), format=form):
        _refuse_uncarried(lines)
        for line in lines.decode().split("\n")[:-1]:
            subject, predicate, value = line[:-2].split(" ", 2)
            if value.startswith("<<"):
                raise ValueError("triples inside triples are not read")
            yield same(subject, subject), same(predicate, predicate), same(value, value)


def _refuse_uncarried(lines: bytes) -> None:
    """As :func:`~arrowkg.terms.refuse_uncarried`, the error naming the subject of the triple."""
    try:
        refuse_uncarried(lines)
    except BadText:
        for line in lines.split(b"\n"):
            try:
                refuse_uncarried(line)
            except BadText as error:
                raise BadText(f"{error.reason} (it is of {line.partition(b' ')[0].decode()})") from None
        raise


def _line_of_uncarried(content: bytes, notation: str) -> int | None:
    """The first line of N-Triples or N-Quads that :func:`~arrowkg.terms.refuse_uncarried` refuses."""
    import pyoxigraph

    form = getattr(pyoxigraph.RdfFormat, NOTATIONS[notation])
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.isascii() and b"\\" not in line and b"\0" not in line:
            continue
        triples = pyoxigraph.parse(line, form)
        try:
            refuse_uncarried(pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_QUADS) or b"")
        except BadText:
            return number
    return None


_before_blank_node: Final = re.compile(rb"[ \t]*(?:<[^<>\r\n]*>[ \t]*){0,2}")
_before_inner_triple: Final = re.compile(rb"[ \t]*(?:(?:<[^<>\r\n]*>|_:[^ \t\r\n<\"]*)[ \t]*){0,2}")
_line_end: Final = re.compile(rb"[\r\n]")


def first_blank_node(lines: bytes) -> int | None:
    """Where the first blank node stands in whole lines of N-Triples or N-Quads; IRIs and texts may hold its signs too.

    >>> first_blank_node(b'<a:s> <a:p> "_:b" .\\n<a:s> <a:p> _:b .\\n')
    32
    """
    return _first(lines, b"_:", _before_blank_node)


def first_inner_triple(lines: bytes) -> int | None:
    """Where the first triple inside a triple stands in whole lines of N-Triples or N-Quads.

    >>> first_inner_triple(b"_:b <a:p> <<( <a:s> <a:p> <a:o> )>> .\\n")
    10
    """
    return _first(lines, b"<<(", _before_inner_triple)


def _first(lines: bytes, sign: bytes, before: re.Pattern[bytes]) -> int | None:
    """Where a sign first stands as a term of a statement; in time that grows as the lines do, whatever they hold."""
    done = 0
    while (place := lines.find(sign, done)) >= 0:
        start = max(done, lines.rfind(b"\n", done, place) + 1, lines.rfind(b"\r", done, place) + 1)
        found = before.match(lines, start)
        assert found is not None
        if lines.startswith(sign, found.end()):
            return found.end()
        # What else is on the line is an IRI or a text.
        end = _line_end.search(lines, place)
        if end is None:
            return None
        done = end.end()
    return None


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
