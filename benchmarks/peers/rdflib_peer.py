"""The graph as a user of rdflib builds it: a ``Graph``, one ``add`` for each triple, ``serialize``.

``python -m benchmarks.peers.rdflib_peer TABLES OUTPUT``: the folder of CSV tables, and the N-Triples file to write.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, SDO, XSD

AK = Namespace("https://w3id.org/arrowkg/ns#")
DATACITE = Namespace("http://purl.org/spar/datacite/")
FABIO = Namespace("http://purl.org/spar/fabio/")
FRBR = Namespace("http://purl.org/vocab/frbr/core#")
LITERAL = Namespace("http://www.essepuntato.it/2010/06/literalreification/")
PRO = Namespace("http://purl.org/spar/pro/")


def rows(folder: Path, table: str) -> Iterator[dict[str, str]]:
    """The rows of a table."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def add_papers(graph: Graph, folder: Path) -> None:
    """Add the papers, their abstracts and their identifiers."""
    for row in rows(folder, "papers"):
        paper, title = URIRef(row["paper"]), Literal(row["title"])
        graph.add((paper, RDF.type, URIRef(row["schema_class"])))
        graph.add((paper, RDF.type, URIRef(row["fabio_class"])))
        graph.add((paper, RDF.type, AK.Paper))
        graph.add((paper, SDO.name, title))
        graph.add((paper, SDO.headline, title))
        graph.add((paper, DCTERMS.title, title))
        if row["year"]:
            year = Literal(row["year"], datatype=XSD.gYear)
            graph.add((paper, SDO.datePublished, year))
            graph.add((paper, FABIO.hasPublicationYear, year))
        if row["part_of"]:
            whole = URIRef(row["part_of"])
            graph.add((paper, SDO.isPartOf, whole))
            graph.add((paper, FRBR.partOf, whole))
        if row["venue"]:
            graph.add((paper, AK.venueAsListed, Literal(row["venue"])))
        if row["kind"]:
            graph.add((paper, AK.kindAsListed, Literal(row["kind"])))
        if row["url"]:
            url = Literal(row["url"], datatype=XSD.anyURI)
            graph.add((paper, SDO.url, url))
            graph.add((paper, FABIO.hasURL, url))
        if row["identifier"]:
            graph.add((paper, SDO.identifier, Literal(row["doi_address"])))
            graph.add((paper, DATACITE.hasIdentifier, URIRef(row["identifier"])))
    for row in rows(folder, "abstracts"):
        paper, abstract = URIRef(row["paper"]), Literal(row["abstract"])
        graph.add((paper, SDO.abstract, abstract))
        graph.add((paper, DCTERMS.abstract, abstract))
    for row in rows(folder, "identifiers"):
        identifier = URIRef(row["identifier"])
        graph.add((identifier, RDF.type, DATACITE.Identifier))
        graph.add((identifier, DATACITE.usesIdentifierScheme, DATACITE.doi))
        graph.add((identifier, LITERAL.hasLiteralValue, Literal(row["doi"])))


def add_authors(graph: Graph, folder: Path) -> None:
    """Add the authorships and the authors."""
    for row in rows(folder, "authorships"):
        authorship, paper, author = URIRef(row["authorship"]), URIRef(row["paper"]), URIRef(row["author"])
        graph.add((paper, SDO.author, author))
        graph.add((paper, DCTERMS.creator, author))
        graph.add((paper, PRO.isDocumentContextFor, authorship))
        graph.add((authorship, RDF.type, SDO.ListItem))
        graph.add((authorship, RDF.type, PRO.RoleInTime))
        graph.add((authorship, RDF.type, AK.Authorship))
        graph.add((authorship, PRO.withRole, PRO.author))
        graph.add((authorship, PRO.isHeldBy, author))
        graph.add((authorship, SDO.item, author))
        graph.add((authorship, SDO.position, Literal(int(row["position"]))))
        graph.add((authorship, AK.nameAsListed, Literal(row["name"])))
    for row in rows(folder, "authors"):
        author = URIRef(row["author"])
        graph.add((author, RDF.type, SDO.Person))
        graph.add((author, RDF.type, FOAF.Agent))
        graph.add((author, RDF.type, AK.AuthorName))
        graph.add((author, AK.identityStatus, URIRef(row["status"])))
        if row["number"]:
            graph.add((author, AK.homonymNumber, Literal(row["number"])))
        else:
            graph.add((author, SDO.disambiguatingDescription, Literal(row["description"])))
    for row in rows(folder, "author_names"):
        author, name = URIRef(row["author"]), Literal(row["name"])
        graph.add((author, SDO.name, name))
        graph.add((author, FOAF.name, name))


def add_venues(graph: Graph, folder: Path) -> None:
    """Add the venues and their volumes."""
    for row in rows(folder, "venues"):
        venue, name = URIRef(row["venue"]), Literal(row["name"])
        graph.add((venue, RDF.type, URIRef(row["schema_class"])))
        graph.add((venue, RDF.type, URIRef(row["fabio_class"])))
        graph.add((venue, RDF.type, AK.Venue))
        graph.add((venue, SDO.name, name))
        graph.add((venue, DCTERMS.title, name))
    for row in rows(folder, "volumes"):
        volume, venue, name = URIRef(row["volume"]), URIRef(row["venue"]), Literal(row["name"])
        graph.add((volume, RDF.type, URIRef(row["schema_class"])))
        graph.add((volume, RDF.type, URIRef(row["fabio_class"])))
        graph.add((volume, RDF.type, AK.Volume))
        graph.add((volume, SDO.name, name))
        graph.add((volume, DCTERMS.title, name))
        graph.add((volume, FABIO.hasPublicationYear, Literal(row["year"], datatype=XSD.gYear)))
        graph.add((volume, SDO.isPartOf, venue))
        graph.add((volume, FRBR.partOf, venue))
        graph.add((volume, AK.isInferred, Literal(True)))


def main() -> None:
    """Build the graph of the tables and write it."""
    folder, output = Path(sys.argv[1]), sys.argv[2]
    csv.field_size_limit(1 << 30)
    graph = Graph()
    add_papers(graph, folder)
    add_authors(graph, folder)
    add_venues(graph, folder)
    graph.serialize(output, format="nt", encoding="utf-8")


if __name__ == "__main__":
    main()
