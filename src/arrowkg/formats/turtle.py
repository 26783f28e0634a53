"""Turtle and TriG, made to be read: one block a node, a paper followed by its authorships."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from arrowkg.formats.names import Names, by_subject
from arrowkg.formats.writer import Options
from arrowkg.terms import XSD, Triple, iri
from arrowkg.vocab import RDF_TYPE

_INTEGER: Final = f'"^^<{XSD}integer>'
_BOOLEAN: Final = f'"^^<{XSD}boolean>'
_OTHER: Final = f'"^^<{XSD}'


class TurtleWriter:
    """Writes RDF 1.1 Turtle, or TriG where a graph is named.

    >>> print(TurtleWriter(Options()).record([("<a:s>", RDF_TYPE, "<http://purl.org/spar/fabio/Book>")], []))
    <a:s>
        a fabio:Book .
    <BLANKLINE>
    <BLANKLINE>
    """

    between = ""

    def __init__(self, options: Options) -> None:
        self._names = Names(options.schema_ns)
        self._short = {**self._names.of, RDF_TYPE: "a"}
        self._graph = iri(options.graph) if options.graph else ""

    def start(self, prefixes: set[str] | None) -> str:
        lines = [
            f"@prefix {prefix}: <{namespace}> .\n"
            for prefix, namespace in self._names.prefixes.items()
            if prefixes is None or prefix in prefixes
        ]
        return "".join(lines) + "\n" + (f"{self._graph} {{\n\n" if self._graph else "")

    def record(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        short = self._short
        blocks = []
        for triples in (own, shared):
            for subject, properties in by_subject(triples).items():
                lines = [
                    f"    {short[predicate]}{self._objects(predicate, values)}"
                    for predicate, values in properties.items()
                ]
                blocks.append(f"{subject}\n" + " ;\n".join(lines) + " .\n\n")
        return "".join(blocks)

    def finish(self) -> str:
        return "}\n" if self._graph else ""

    def _objects(self, predicate: str, values: list[str]) -> str:
        found = [self._object(value) for value in values]
        if len(found) == 1:
            return f" {found[0]}"
        if predicate == RDF_TYPE:
            return " " + " , ".join(found)
        return "\n        " + " ,\n        ".join(found)

    def _object(self, value: str) -> str:
        if value[0] == "<":
            return self._short.get(value, value)
        if value[-1] == ">":
            if value.endswith(_INTEGER):
                return value[1 : -len(_INTEGER)]
            if value.endswith(_BOOLEAN):
                return value[1 : -len(_BOOLEAN)]
            lexical, _, local = value.rpartition(_OTHER)
            return f'{lexical}"^^xsd:{local[:-1]}'
        return value
