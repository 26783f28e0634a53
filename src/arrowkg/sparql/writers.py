"""The forms of an answer: a table for people, the W3C's result formats, and RDF for what is a graph."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from typing import Final, TypeAlias

from arrowkg.errors import BadText, UsageError
from arrowkg.settings import Settings
from arrowkg.sparql.answer import Answer
from arrowkg.sparql.query import BOOLEAN, ROWS, TRIPLES
from arrowkg.spool import Spool
from arrowkg.terms import is_iri, literal_parts, unsafe_characters
from arrowkg.vocab import prefixes

Write: TypeAlias = Callable[[Answer, Settings], Iterator[bytes]]

_MEASURED_ROWS: Final = 1000
_WIDEST: Final = 60
_beyond_ascii = re.compile(r"[^\x00-\x7f]+")
_XSD_NUMBERS: Final = ("integer>", "decimal>", "double>", "gYear>")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of an answer.

    Attributes:
        name: the name, for ``--format``.
        media_type: its media type.
        kinds: the kinds of answers that it carries.
        write: makes its bytes.
    """

    name: str
    media_type: str
    kinds: tuple[str, ...]
    write: Write


def form_named(name: str | None, kind: str) -> Form:
    """The form of a name for an answer of a kind, the usual one if no name is given.

    Raises:
        UsageError: there is none, or it does not carry such an answer.

    >>> form_named(None, TRIPLES).name, form_named("CSV", ROWS).name
    ('turtle', 'csv')
    """
    fitting = [form for form in FORMS if kind in form.kinds]
    if name is None:
        return fitting[0]
    wanted = name.lower().lstrip(".")
    for form in FORMS:
        if form.name == wanted and form in fitting:
            return form
        if form.name == wanted:
            raise UsageError(
                f"{form.name} does not carry {_KINDS[kind]}", hint=f"use {', '.join(form.name for form in fitting)}"
            )
    near = get_close_matches(wanted, [form.name for form in FORMS], 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"there is no answer format {name!r}", hint=f"{hint}Use {', '.join(form.name for form in fitting)}"
    )


_KINDS: Final = {
    ROWS: "the rows of a SELECT query",
    BOOLEAN: "the yes or no of an ASK query",
    TRIPLES: "the triples of a CONSTRUCT or DESCRIBE query",
}


def _table(answer: Answer, settings: Settings) -> Iterator[bytes]:
    """Columns as wide as the first thousand rows need; numbers flush right, long texts cut with an ellipsis."""
    if answer.truth is not None:
        yield b"yes\n" if answer.truth else b"no\n"
        return
    rows = (tuple(_cell(term) for term in row) for row in answer.rows)
    first = list(islice(rows, _MEASURED_ROWS))
    header = tuple((name, False) for name in answer.variables)
    widths = [max(map(_width, column)) for column in zip(header, *first, strict=True)] if header else []
    right = [bool(first) and all(number or not text for text, number in column) for column in zip(*first, strict=True)]
    columns = list(zip(widths, right or [False] * len(widths), strict=True))
    for row in chain([header], first, rows):
        cells = [_flush(cell[0], width, is_right) for cell, (width, is_right) in zip(row, columns, strict=True)]
        yield "  ".join(cells).rstrip().encode() + b"\n"


def _flush(text: str, width: int, is_right: bool) -> str:
    if not text.isascii():
        width -= _width((text, False)) - len(text)
    return text.rjust(width) if is_right else text.ljust(width)


def _width(cell: tuple[str, bool]) -> int:
    """How many columns of a terminal a text takes (Unicode Standard Annex 11): wide letters take two, marks none."""
    from unicodedata import combining, east_asian_width

    text = cell[0]
    if text.isascii():
        return len(text)
    others = "".join(_beyond_ascii.findall(text))
    odd = sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in others)
    return len(text) - len(others) + odd


def _cell(term: str | None) -> tuple[str, bool]:
    """The text of a term for people, and whether it is a number."""
    if term is None:
        return "", False
    text = term[1:-1] if is_iri(term) else term if term.startswith("_:") else literal_parts(term)[0]
    if not text.isprintable():
        text = "".join([char if char.isprintable() else f"\\u{ord(char):04x}" for char in " ".join(text.split())])
    if len(text) > _WIDEST and not is_iri(term):
        text = text[: _WIDEST - 1] + "…"
    return text, term.endswith(_XSD_NUMBERS) and term[0] == '"'


def _csv(answer: Answer, settings: Settings) -> Iterator[bytes]:
    """SPARQL 1.1 Query Results CSV: plain values, lines that end in CR and LF."""

    def value(term: str | None) -> str:
        if term is None:
            return ""
        return term[1:-1] if is_iri(term) else term if term.startswith("_:") else literal_parts(term)[0]

    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    for row in chain([answer.variables], (tuple(map(value, row)) for row in answer.rows)):
        writer.writerow(row)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _tsv(answer: Answer, settings: Settings) -> Iterator[bytes]:
    """SPARQL 1.1 Query Results TSV: terms as Turtle writes them."""
    yield "\t".join([f"?{name}" for name in answer.variables]).encode() + b"\n"
    for row in answer.rows:
        yield "\t".join([term or "" for term in row]).encode() + b"\n"


def _json(answer: Answer, settings: Settings) -> Iterator[bytes]:
    """SPARQL 1.1 Query Results JSON."""
    if answer.truth is not None:
        yield json.dumps({"head": {}, "boolean": answer.truth}).encode() + b"\n"
        return
    head = json.dumps({"vars": list(answer.variables)}, ensure_ascii=False)
    yield f'{{"head": {head}, "results": {{"bindings": ['.encode()
    before = "\n"
    for row in answer.rows:
        found = {name: _json_term(term) for name, term in zip(answer.variables, row, strict=True) if term is not None}
        yield f"{before}{json.dumps(found, ensure_ascii=False)}".encode()
        before = ",\n"
    yield b"\n]}}\n"


def _json_term(term: str) -> dict[str, str]:
    if is_iri(term):
        return {"type": "uri", "value": term[1:-1]}
    if term.startswith("_:"):
        return {"type": "bnode", "value": term[2:]}
    lexical, datatype, language = literal_parts(term)
    found = {"type": "literal", "value": lexical}
    if datatype:
        found["datatype"] = datatype
    if language:
        found["xml:lang"] = language
    return found


def _xml(answer: Answer, settings: Settings) -> Iterator[bytes]:
    """SPARQL Query Results XML.

    Raises:
        BadText: a text holds a character that XML has not.
    """
    yield b'<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'
    names = "".join([f"<variable name={_quoted(name)}/>" for name in answer.variables])
    yield f"<head>{names}</head>\n".encode()
    if answer.truth is not None:
        yield f"<boolean>{str(answer.truth).lower()}</boolean>\n</sparql>\n".encode()
        return
    yield b"<results>\n"
    for row in answer.rows:
        cells = [
            f"<binding name={_quoted(name)}>{_xml_term(term)}</binding>"
            for name, term in zip(answer.variables, row, strict=True)
            if term is not None
        ]
        yield f"<result>{''.join(cells)}</result>\n".encode()
    yield b"</results>\n</sparql>\n"


def _xml_term(term: str) -> str:
    if is_iri(term):
        return f"<uri>{_escaped(term[1:-1])}</uri>"
    if term.startswith("_:"):
        return f"<bnode>{_escaped(term[2:])}</bnode>"
    lexical, datatype, language = literal_parts(term)
    if odd := unsafe_characters(lexical):
        raise BadText(f"a text holds U+{ord(odd[0]):04X}, which XML cannot carry", hint="choose another --format")
    more = f" datatype={_quoted(datatype)}" if datatype else f" xml:lang={_quoted(language)}" if language else ""
    return f"<literal{more}>{_escaped(lexical)}</literal>"


def _escaped(text: str) -> str:
    # A carriage return would be read as a line feed.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _quoted(text: str) -> str:
    escaped = _escaped(text).replace('"', "&quot;")
    return f'"{escaped}"'


def _ntriples(answer: Answer, settings: Settings) -> Iterator[bytes]:
    """N-Triples, sorted, each triple once."""
    for line in _sorted_lines(answer, settings):
        yield line.encode() + b"\n"


def _sorted_lines(answer: Answer, settings: Settings) -> Iterator[str]:
    with Spool(settings.sort_bytes) as spool:
        for triple in answer.triples:
            spool.add(f"{' '.join(triple)} .")
        previous = ""
        for line in spool.sorted():
            if line != previous:
                yield line
                previous = line


def _graph(notation: str) -> Write:
    """A writer for triples of any vocabulary, sorted first, in a notation of pyoxigraph's."""

    def write(answer: Answer, settings: Settings) -> Iterator[bytes]:
        import pyoxigraph

        lines = "".join([f"{line}\n" for line in _sorted_lines(answer, settings)])
        # A label of one answer is as good as any other, so those of the engine may stay.
        quads: Iterable[pyoxigraph.Quad] = pyoxigraph.parse(lines, pyoxigraph.RdfFormat.N_TRIPLES)
        known = {name: iri for name, iri in prefixes(settings.schema_ns).items() if f"<{iri}" in lines}
        form = getattr(pyoxigraph.RdfFormat, notation)
        written = pyoxigraph.serialize((quad.triple for quad in quads), format=form, prefixes=known)
        assert written is not None
        yield written if written.endswith(b"\n") or not written else written + b"\n"

    return write


FORMS: Final = (
    Form("table", "text/plain", (ROWS, BOOLEAN), _table),
    Form("csv", "text/csv", (ROWS,), _csv),
    Form("tsv", "text/tab-separated-values", (ROWS,), _tsv),
    Form("json", "application/sparql-results+json", (ROWS, BOOLEAN), _json),
    Form("xml", "application/sparql-results+xml", (ROWS, BOOLEAN), _xml),
    Form("turtle", "text/turtle", (TRIPLES,), _graph("TURTLE")),
    Form("jsonld", "application/ld+json", (TRIPLES,), _graph("JSON_LD")),
    Form("nt", "application/n-triples", (TRIPLES,), _ntriples),
)
"""Every form of an answer; the first that fits a kind is the usual one."""
