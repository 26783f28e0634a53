"""JSON-LD 1.1, compact, with its context inside, so that it is read without a network.

Term names are schema.org's. ``@type`` holds the schema.org type alone, since many consumers read one plain type; the
types of other vocabularies stand under ``alsoA``, which the context defines as ``rdf:type`` too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import orjson

from arrowkg import vocab
from arrowkg.formats.names import Names, by_subject
from arrowkg.formats.writer import Options
from arrowkg.terms import XSD, Triple, iri_of, is_iri, literal_parts

Json: TypeAlias = str | int | bool | list["Json"] | dict[str, "Json"]
_Nodes: TypeAlias = dict[str, dict[str, list[str]]]

# JSON numbers are read as binary64 by many, which holds whole numbers up to here exactly.
_EXACT: Final = 1 << 53
_TO_NODES: Final = (
    vocab.FRBR_PART_OF,
    vocab.DCTERMS_CREATOR,
    vocab.PRO_IS_CONTEXT_FOR,
    vocab.PRO_WITH_ROLE,
    vocab.PRO_IS_HELD_BY,
    vocab.DATACITE_HAS_IDENTIFIER,
    vocab.DATACITE_USES_SCHEME,
    vocab.AK_LISTED_IN,
    vocab.AK_IDENTITY_STATUS,
)


class JsonLdWriter:
    """Writes one document: a list of papers, each with its authorships inside, and of the nodes that they share."""

    between = ",\n"

    def __init__(self, options: Options) -> None:
        self._compact = _Compaction(options.schema_ns)
        self._graph = options.graph

    def start(self, prefixes: set[str] | None) -> str:
        name = f'\n"@id": {_text(self._graph)},' if self._graph else ""
        return f'{{"@context": {_indented(context(self._compact.schema_ns), 0)},{name}\n"@graph": [\n'

    def record(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        found = []
        for nodes in (by_subject(own), *({s: p} for s, p in by_subject(shared).items())):
            used: set[str] = set()
            for subject in nodes:
                if subject not in used:
                    found.append(_indented(self._compact.node(subject, nodes, used), 1))
        return self.between.join([f"  {node}" for node in found])

    def finish(self) -> str:
        return "\n]}\n"


class JsonLinesWriter:
    """Writes one document a line: a paper with everything that its record says, each node where it is first named."""

    between = ""

    def __init__(self, options: Options) -> None:
        self._compact = _Compaction(options.schema_ns)
        self._context = context(options.schema_ns)
        self._graph = options.graph

    def start(self, prefixes: set[str] | None) -> str:
        return ""

    def record(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        document = record_document(own, shared, self._compact.schema_ns)
        if self._graph:
            document = {"@context": self._context, "@id": self._graph, "@graph": [document]}
        else:
            document = {"@context": self._context, **document}
        return orjson.dumps(document).decode() + "\n"

    def finish(self) -> str:
        return ""


def record_document(own: Sequence[Triple], shared: Sequence[Triple], schema_ns: str) -> dict[str, Json]:
    """One record as a compact JSON-LD object without its context: the paper, with its authors in byline order.

    >>> from arrowkg.mapping import record_triples
    >>> from arrowkg.model import Paper
    >>> from arrowkg.settings import Settings
    >>> found = record_document(*record_triples(Paper("On Stones", ("Ada Quill", "Bo Tarn")), Settings()), "https")
    >>> found["@type"], [author["name"] for author in found["author"]]
    ('CreativeWork', ['Ada Quill', 'Bo Tarn'])
    """
    nodes = by_subject([*own, *shared])
    paper = own[0][0]
    return _compaction(schema_ns).node(paper, nodes, set())


def context(schema_ns: str) -> dict[str, Json]:
    """The JSON-LD context of every document that arrowkg writes.

    >>> context("https")["author"]
    {'@type': '@id'}
    """
    names = Names(schema_ns)
    s = vocab.schema(schema_ns)
    terms: dict[str, Json] = {"@vocab": s.namespace, **names.prefixes}
    terms["alsoA"] = {"@id": "rdf:type", "@type": "@vocab"}
    compact = _compaction(schema_ns)
    for predicate in (s.isPartOf, s.author, s.item, s.about, *_TO_NODES):
        terms[compact.key(predicate)] = {"@type": "@id"}
    for predicate in (s.datePublished, vocab.FABIO_PUBLICATION_YEAR):
        terms[compact.key(predicate)] = {"@type": "xsd:gYear"}
    for predicate in (s.url, vocab.FABIO_URL):
        terms[compact.key(predicate)] = {"@type": "xsd:anyURI"}
    return terms


# Naming every term of the vocabularies takes as long as a record; there are two forms of the namespace.
@lru_cache(maxsize=2)
def _compaction(schema_ns: str) -> _Compaction:
    return _Compaction(schema_ns)


class _Compaction:
    """Turns terms and nodes into the values of a compact document; it never changes."""

    def __init__(self, schema_ns: str) -> None:
        self.schema_ns = schema_ns
        self._names = Names(schema_ns).of

    def key(self, term: str) -> str:
        return self._names[term].removeprefix("schema:")

    def node(self, subject: str, nodes: _Nodes, used: set[str]) -> dict[str, Json]:
        """The object of a node, and inside it that of each node that it names and that no other object holds yet."""
        used.add(subject)
        found: dict[str, Json] = {"@id": iri_of(subject)}
        for predicate, values in nodes[subject].items():
            if predicate == vocab.RDF_TYPE:
                found.update(self._types(values))
            else:
                compact = [self._value(value, nodes, used) for value in values]
                found[self.key(predicate)] = compact[0] if len(compact) == 1 else compact
        return found

    def _types(self, values: list[str]) -> Iterator[tuple[str, Json]]:
        of_schema = [self._names[value].removeprefix("schema:") for value in values if self._is_schema(value)]
        others: list[Json] = [self._names[value] for value in values if not self._is_schema(value)]
        if of_schema:
            yield "@type", of_schema[0]
        if others:
            yield "alsoA", others

    def _is_schema(self, term: str) -> bool:
        return self._names[term].startswith("schema:")

    def _value(self, value: str, nodes: _Nodes, used: set[str]) -> Json:
        if is_iri(value):
            if value in nodes and value not in used:
                return self.node(value, nodes, used)
            return self._names.get(value) or iri_of(value)
        lexical, datatype, _ = literal_parts(value)
        if datatype == f"{XSD}integer":
            if abs(int(lexical)) < _EXACT:
                return int(lexical)
            return {"@value": lexical, "@type": "xsd:integer"}
        if datatype == f"{XSD}boolean":
            return lexical == "true"
        return lexical


def _text(value: str) -> str:
    return orjson.dumps(value).decode()


def _indented(value: Json, depth: int) -> str:
    """JSON with an indent of two, texts and numbers of one list on one line."""
    pad = "  " * (depth + 1)
    if isinstance(value, dict):
        inside = ",\n".join([f"{pad}{_text(key)}: {_indented(found, depth + 1)}" for key, found in value.items()])
        if depth and len(value) == 1 and "\n" not in inside:
            return "{" + inside.strip() + "}"
        return "{\n" + inside + "\n" + "  " * depth + "}"
    if isinstance(value, list):
        inside = ",\n".join([pad + _indented(found, depth + 1) for found in value])
        return "[\n" + inside + "\n" + "  " * depth + "]"
    return orjson.dumps(value).decode()
