"""Prefixed names for the terms that arrowkg writes, and the order in which a node's properties are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from arrowkg import vocab
from arrowkg.terms import XSD, Triple

_XSD_SHORT: Final = (f"^^<{XSD}integer>", f"^^<{XSD}boolean>")


class Names:
    """The prefixed name of each term of our vocabularies, under one form of schema.org's namespace.

    >>> Names("https").of[vocab.FABIO_BOOK]
    'fabio:Book'
    """

    def __init__(self, schema_ns: str) -> None:
        self.prefixes = vocab.prefixes(schema_ns)
        self.of: dict[str, str] = {}
        for term in vocab.known_terms(schema_ns):
            prefix, namespace = max(
                ((p, n) for p, n in self.prefixes.items() if term.startswith(f"<{n}")), key=lambda found: len(found[1])
            )
            self.of[term] = f"{prefix}:{term[1 + len(namespace) : -1]}"

    def prefixes_of(self, triples: Iterable[Triple]) -> set[str]:
        """The prefixes that a notation with Turtle's short forms needs for some triples.

        >>> sorted(Names("https").prefixes_of([("<http://example.org/>", vocab.RDF_TYPE, vocab.FABIO_BOOK)]))
        ['fabio']
        """
        used: set[str] = set()
        for _, predicate, value in triples:
            if predicate != vocab.RDF_TYPE:
                used.add(self.of[predicate].partition(":")[0])
            if value in self.of:
                used.add(self.of[value].partition(":")[0])
            elif value[-1] == ">" and value[0] == '"' and not value.endswith(_XSD_SHORT):
                used.add("xsd")
        return used


def property_order(schema_ns: str) -> dict[str, int]:
    """The place of each predicate in the tables of ``docs/model.md``, smaller first.

    >>> order = property_order("https")
    >>> order[vocab.RDF_TYPE] < order[vocab.SCHEMA_HTTPS.name] < order[vocab.DCTERMS_TITLE]
    True
    """
    s = vocab.schema(schema_ns)
    ordered = (
        vocab.RDF_TYPE,
        vocab.PRO_WITH_ROLE,
        vocab.PRO_IS_HELD_BY,
        s.item,
        s.position,
        s.about,
        s.name,
        s.headline,
        vocab.FOAF_NAME,
        vocab.DCTERMS_TITLE,
        s.datePublished,
        vocab.FABIO_PUBLICATION_YEAR,
        s.abstract,
        vocab.DCTERMS_ABSTRACT,
        s.isPartOf,
        vocab.FRBR_PART_OF,
        vocab.AK_IS_INFERRED,
        vocab.AK_VENUE_AS_LISTED,
        vocab.AK_KIND_AS_LISTED,
        s.author,
        vocab.DCTERMS_CREATOR,
        vocab.PRO_IS_CONTEXT_FOR,
        vocab.AK_LISTED_IN,
        s.url,
        vocab.FABIO_URL,
        s.identifier,
        vocab.DATACITE_HAS_IDENTIFIER,
        vocab.DATACITE_USES_SCHEME,
        vocab.LITERAL_VALUE,
        vocab.AK_IDENTITY_STATUS,
        vocab.AK_HOMONYM_NUMBER,
        s.disambiguatingDescription,
        vocab.AK_NAME_AS_LISTED,
        vocab.AK_SHA256,
        vocab.AK_DECLARED_PAPER_COUNT,
        vocab.AK_DECLARED_AUTHOR_ROW_COUNT,
        vocab.AK_LISTED_PAPER_COUNT,
    )
    return {predicate: place for place, predicate in enumerate(ordered)}


def by_subject(triples: Iterable[Triple]) -> dict[str, dict[str, list[str]]]:
    """Triples as a tree: subject, then predicate, then objects, each in order of first appearance.

    >>> by_subject([("<a:>", "<p:>", '"1"'), ("<a:>", "<p:>", '"2"')])
    {'<a:>': {'<p:>': ['"1"', '"2"']}}
    """
    nodes: dict[str, dict[str, list[str]]] = {}
    for subject, predicate, value in triples:
        nodes.setdefault(subject, {}).setdefault(predicate, []).append(value)
    return nodes
