"""RDF/XML: one typed element a node. XML 1.0 has no control characters, so a record that holds one is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from arrowkg.errors import BadText
from arrowkg.formats.names import Names, by_subject
from arrowkg.formats.writer import Options
from arrowkg.terms import Triple, iri_of, is_iri, literal_parts
from arrowkg.vocab import RDF_TYPE

# An escape of a control character in a term, whatever number of escaped backslashes stands before it.
_control_escape = re.compile(r"(?:^|[^\\])(?:\\\\)*\\(u00[01][0-9A-F]|[bf])")
# A carriage return would be read as a line feed, so it is written as a reference. (The standard library's own escaping
# imports a web client with it, which costs more than a small export.)
_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class RdfXmlWriter:
    """Writes RDF 1.1 XML.

    >>> writer = RdfXmlWriter(Options())
    >>> print(writer.record([("<a:s>", RDF_TYPE, "<http://purl.org/spar/fabio/Book>")], []))
      <fabio:Book rdf:about="a:s">
      </fabio:Book>
    <BLANKLINE>
    """

    between = ""

    def __init__(self, options: Options) -> None:
        self._names = Names(options.schema_ns)

    def start(self, prefixes: set[str] | None) -> str:
        wanted = None if prefixes is None else (prefixes | {"rdf"}) - {"xsd"}
        namespaces = [
            f"\n    xmlns:{prefix}={_quoted(namespace)}"
            for prefix, namespace in self._names.prefixes.items()
            if (wanted is None and prefix != "xsd") or (wanted is not None and prefix in wanted)
        ]
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{"".join(namespaces)}>\n'

    def record(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        lines = []
        for triples in (own, shared):
            for subject, properties in by_subject(triples).items():
                types = properties.pop(RDF_TYPE, [])
                element = self._names.of[types[0]] if types else "rdf:Description"
                lines.append(f"  <{element} rdf:about={_quoted(iri_of(subject))}>\n")
                lines += [self._property(RDF_TYPE, value) for value in types[1:]]
                lines += [self._property(name, value) for name, values in properties.items() for value in values]
                lines.append(f"  </{element}>\n")
        return "".join(lines)

    def finish(self) -> str:
        return "</rdf:RDF>\n"

    def _property(self, predicate: str, value: str) -> str:
        name = self._names.of[predicate]
        if is_iri(value):
            return f"    <{name} rdf:resource={_quoted(iri_of(value))}/>\n"
        lexical, datatype, _ = literal_parts(value)
        attribute = f" rdf:datatype={_quoted(datatype)}" if datatype else ""
        return f"    <{name}{attribute}>{lexical.translate(_IN_TEXT)}</{name}>\n"


def _quoted(iri: str) -> str:
    """An IRI as an attribute value; no IRI holds a blank, so nothing else needs an escape."""
    return f'"{iri.translate(_IN_ATTRIBUTE)}"'


def refuse_uncarried(triples: Sequence[Triple]) -> None:
    """Refuse a record that RDF/XML cannot carry.

    Raises:
        BadText: a text holds a control character.

    >>> refuse_uncarried([("<a:s>", "<a:p>", '"bell \\\\u0007"')])
    Traceback (most recent call last):
    arrowkg.errors.BadText: the text holds U+0007, which RDF/XML cannot carry
    """
    for _, _, value in triples:
        if value[0] == '"' and "\\" in value and (match := _control_escape.search(value)):
            code = {"b": "u0008", "f": "u000C"}.get(match[1], match[1])
            raise BadText(
                f"the text holds U+{code[1:]}, which RDF/XML cannot carry",
                hint="choose another format, or --characters replace to write U+FFFD in its place",
            )
