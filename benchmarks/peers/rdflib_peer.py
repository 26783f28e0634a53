"""The graph as a user of rdflib builds it: a ``Graph``, one ``add`` for each triple, ``serialize``.

``python -m benchmarks.peers.rdflib_peer TABLES OUTPUT``: the folder of CSV tables, and the N-Triples file to write.
Terms that never change are made once, as a careful user does.
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

TYPE = RDF.type
GYEAR, ANY_URI = XSD.gYear, XSD.anyURI
NAME, HEADLINE, PUBLISHED, ABSTRACT, PART_OF = SDO.name, SDO.headline, SDO.datePublished, SDO.abstract, SDO.isPartOf
AUTHOR, URL, IDENTIFIER, ITEM, POSITION = SDO.author, SDO.url, SDO.identifier, SDO.item, SDO.position
DESCRIPTION, PERSON, LIST_ITEM = SDO.disambiguatingDescription, SDO.Person, SDO.ListItem
TITLE, CREATOR, DC_ABSTRACT = DCTERMS.title, DCTERMS.creator, DCTERMS.abstract
AGENT, FOAF_NAME = FOAF.Agent, FOAF.name
PUBLICATION_YEAR, HAS_URL = FABIO.hasPublicationYear, FABIO.hasURL
FRBR_PART_OF = FRBR.partOf
CONTEXT_FOR, ROLE_IN_TIME, WITH_ROLE = PRO.isDocumentContextFor, PRO.RoleInTime, PRO.withRole
PRO_AUTHOR, HELD_BY = PRO.author, PRO.isHeldBy
HAS_IDENTIFIER, DATACITE_IDENTIFIER = DATACITE.hasIdentifier, DATACITE.Identifier
USES_SCHEME, DOI_SCHEME = DATACITE.usesIdentifierScheme, DATACITE.doi
LITERAL_VALUE = LITERAL.hasLiteralValue
PAPER, AUTHORSHIP, AUTHOR_NAME, VENUE, VOLUME = AK.Paper, AK.Authorship, AK.AuthorName, AK.Venue, AK.Volume
VENUE_AS_LISTED, KIND_AS_LISTED, NAME_AS_LISTED = AK.venueAsListed, AK.kindAsListed, AK.nameAsListed
IDENTITY_STATUS, HOMONYM_NUMBER, IS_INFERRED = AK.identityStatus, AK.homonymNumber, AK.isInferred
TRUE = Literal(True)


def rows(folder: Path, table: str) -> Iterator[dict[str, str]]:
    """The rows of a table."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def add_papers(graph: Graph, folder: Path) -> None:
    """Add the papers, their abstracts and their identifiers."""
    add = graph.add
    for row in rows(folder, "papers"):
        paper, title = URIRef(row["paper"]), Literal(row["title"])
        add((paper, TYPE, URIRef(row["schema_class"])))
        add((paper, TYPE, URIRef(row["fabio_class"])))
        add((paper, TYPE, PAPER))
        add((paper, NAME, title))
        add((paper, HEADLINE, title))
        add((paper, TITLE, title))
        if row["year"]:
            year = Literal(row["year"], datatype=GYEAR)
            add((paper, PUBLISHED, year))
            add((paper, PUBLICATION_YEAR, year))
        if row["part_of"]:
            whole = URIRef(row["part_of"])
            add((paper, PART_OF, whole))
            add((paper, FRBR_PART_OF, whole))
        if row["venue"]:
            add((paper, VENUE_AS_LISTED, Literal(row["venue"])))
        if row["kind"]:
            add((paper, KIND_AS_LISTED, Literal(row["kind"])))
        if row["url"]:
            url = Literal(row["url"], datatype=ANY_URI)
            add((paper, URL, url))
            add((paper, HAS_URL, url))
        if row["identifier"]:
            add((paper, IDENTIFIER, Literal(row["doi_address"])))
            add((paper, HAS_IDENTIFIER, URIRef(row["identifier"])))
    for row in rows(folder, "abstracts"):
        paper, abstract = URIRef(row["paper"]), Literal(row["abstract"])
        add((paper, ABSTRACT, abstract))
        add((paper, DC_ABSTRACT, abstract))
    for row in rows(folder, "identifiers"):
        identifier = URIRef(row["identifier"])
        add((identifier, TYPE, DATACITE_IDENTIFIER))
        add((identifier, USES_SCHEME, DOI_SCHEME))
        add((identifier, LITERAL_VALUE, Literal(row["doi"])))


def add_authors(graph: Graph, folder: Path) -> None:
    """Add the authorships and the authors."""
    add = graph.add
    for row in rows(folder, "authorships"):
        authorship, paper, author = URIRef(row["authorship"]), URIRef(row["paper"]), URIRef(row["author"])
        add((paper, AUTHOR, author))
        add((paper, CREATOR, author))
        add((paper, CONTEXT_FOR, authorship))
        add((authorship, TYPE, LIST_ITEM))
        add((authorship, TYPE, ROLE_IN_TIME))
        add((authorship, TYPE, AUTHORSHIP))
        add((authorship, WITH_ROLE, PRO_AUTHOR))
        add((authorship, HELD_BY, author))
        add((authorship, ITEM, author))
        add((authorship, POSITION, Literal(int(row["position"]))))
        add((authorship, NAME_AS_LISTED, Literal(row["name"])))
    for row in rows(folder, "authors"):
        author = URIRef(row["author"])
        add((author, TYPE, PERSON))
        add((author, TYPE, AGENT))
        add((author, TYPE, AUTHOR_NAME))
        add((author, IDENTITY_STATUS, URIRef(row["status"])))
        if row["number"]:
            add((author, HOMONYM_NUMBER, Literal(row["number"])))
        else:
            add((author, DESCRIPTION, Literal(row["description"])))
    for row in rows(folder, "author_names"):
        author, name = URIRef(row["author"]), Literal(row["name"])
        add((author, NAME, name))
        add((author, FOAF_NAME, name))


def add_venues(graph: Graph, folder: Path) -> None:
    """Add the venues and their volumes."""
    add = graph.add
    for row in rows(folder, "venues"):
        venue, name = URIRef(row["venue"]), Literal(row["name"])
        add((venue, TYPE, URIRef(row["schema_class"])))
        add((venue, TYPE, URIRef(row["fabio_class"])))
        add((venue, TYPE, VENUE))
        add((venue, NAME, name))
        add((venue, TITLE, name))
    for row in rows(folder, "volumes"):
        volume, venue, name = URIRef(row["volume"]), URIRef(row["venue"]), Literal(row["name"])
        add((volume, TYPE, URIRef(row["schema_class"])))
        add((volume, TYPE, URIRef(row["fabio_class"])))
        add((volume, TYPE, VOLUME))
        add((volume, NAME, name))
        add((volume, TITLE, name))
        add((volume, PUBLICATION_YEAR, Literal(row["year"], datatype=GYEAR)))
        add((volume, PART_OF, venue))
        add((volume, FRBR_PART_OF, venue))
        add((volume, IS_INFERRED, TRUE))


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
