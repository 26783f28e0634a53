"""The service description of the SPARQL end point (https://www.w3.org/TR/sparql11-service-description/)."""

from __future__ import annotations

from typing import Final

import pyoxigraph

from arrowkg.server.negotiation import Offer
from arrowkg.stores.loading import STATISTICS
from arrowkg.stores.manifest import Manifest
from arrowkg.terms import integer, iri
from arrowkg.vocab import RDF_TYPE

OFFERS: Final = (
    Offer("text/turtle", "turtle", ("application/x-turtle",)),
    Offer("application/n-triples", "nt", ("text/plain",)),
    Offer("application/ld+json", "jsonld", ("application/json",)),
    Offer("application/rdf+xml", "rdfxml", ("application/xml", "text/xml")),
)
"""The notations that it is given in."""

_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_VOID: Final = "http://rdfs.org/ns/void#"
_FORMATS: Final = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
)
_NOTATIONS: Final = {
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}


def described(address: str, base_iri: str, manifest: Manifest, notation: str) -> bytes:
    """The description of an end point.

    Args:
        address: where the end point is.
        base_iri: what the IRIs of the data start with.
        manifest: the counts of the graph.
        notation: the name of one of :data:`OFFERS`.
    """
    service, dataset = iri(address), iri(f"{address}#dataset")
    default, named = iri(f"{address}#default-graph"), iri(f"{address}#statistics")
    triples = [
        (service, RDF_TYPE, f"<{_SD}Service>"),
        (service, f"<{_SD}endpoint>", service),
        (service, f"<{_SD}supportedLanguage>", f"<{_SD}SPARQL11Query>"),
        *((service, f"<{_SD}resultFormat>", f"<http://www.w3.org/ns/formats/{name}>") for name in _FORMATS),
        (service, f"<{_SD}defaultDataset>", dataset),
        (dataset, RDF_TYPE, f"<{_SD}Dataset>"),
        (dataset, f"<{_SD}defaultGraph>", default),
        (default, RDF_TYPE, f"<{_SD}Graph>"),
        (default, f"<{_VOID}triples>", integer(manifest.triples)),
        (default, "<http://purl.org/dc/terms/source>", iri(f"{base_iri}dataset")),
        (dataset, f"<{_SD}namedGraph>", named),
        (named, RDF_TYPE, f"<{_SD}NamedGraph>"),
        (named, f"<{_SD}name>", iri(STATISTICS)),
    ]
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in triples)
    quads = pyoxigraph.parse(lines, pyoxigraph.RdfFormat.N_TRIPLES)
    prefixes = {"sd": _SD, "void": _VOID, "dcterms": "http://purl.org/dc/terms/"}
    written = pyoxigraph.serialize((quad.triple for quad in quads), format=_NOTATIONS[notation], prefixes=prefixes)
    assert written is not None
    return written
