"""Counts of a graph as triples, described with VoID (https://www.w3.org/TR/void/#statistics)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from arrowkg.terms import Triple, integer
from arrowkg.vocab import RDF_TYPE

VOID: Final = "http://rdfs.org/ns/void#"


def counts(
    this: str, part: Callable[[str, int], str], classes: Mapping[str, int], properties: Mapping[str, int]
) -> list[Triple]:
    """The number of triples of a dataset, of the nodes of each class and of the triples of each property.

    Args:
        this: the term of the dataset.
        part: the term of a partition, by its kind (``class`` or ``property``) and its number from 1.
        classes: nodes by the IRI of their class, which comes from a graph and so is one.
        properties: triples by the IRI of their property.

    >>> counts("<d:>", "<d:{}-{}>".format, {}, {"http://example.org/p": 2})[-1]
    ('<d:property-1>', '<http://rdfs.org/ns/void#triples>', '"2"^^<http://www.w3.org/2001/XMLSchema#integer>')
    """
    found = [
        (this, RDF_TYPE, f"<{VOID}Dataset>"),
        (this, f"<{VOID}triples>", integer(sum(properties.values()))),
    ]
    for kind, counted, known in (("class", "entities", classes), ("property", "triples", properties)):
        for number, (what, count) in enumerate(known.items(), 1):
            node = part(kind, number)
            found += [
                (this, f"<{VOID}{kind}Partition>", node),
                (node, f"<{VOID}{kind}>", f"<{what}>"),
                (node, f"<{VOID}{counted}>", integer(count)),
            ]
    return found


def part_of_page(base_iri: str) -> Callable[[str, int], str]:
    """The terms of partitions that the page of a site's dataset describes.

    >>> part_of_page("https://kg.example.org/")("class", 1)
    '<https://kg.example.org/dataset#class-1>'
    """
    return lambda kind, number: f"<{base_iri}dataset#{kind}-{number}>"
