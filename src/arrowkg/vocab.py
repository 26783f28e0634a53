"""Every IRI of a foreign or own vocabulary that arrowkg writes, as a term, and the prefix table.

Each constant is the N-Triples form of the IRI, ready to stand in a triple. schema.org exists under two namespaces that
the world mixes; arrowkg writes one of them throughout, so its terms are the fields of :class:`Schema` and a run takes
:data:`SCHEMA_HTTPS` or :data:`SCHEMA_HTTP`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AK: Final = "https://w3id.org/arrowkg/ns#"
DATACITE: Final = "http://purl.org/spar/datacite/"
DCTERMS: Final = "http://purl.org/dc/terms/"
FABIO: Final = "http://purl.org/spar/fabio/"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
FRBR: Final = "http://purl.org/vocab/frbr/core#"
LITERAL: Final = "http://www.essepuntato.it/2010/06/literalreification/"
PRO: Final = "http://purl.org/spar/pro/"
PROV: Final = "http://www.w3.org/ns/prov#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SCHEMA: Final = {"https": "https://schema.org/", "http": "http://schema.org/"}
XSD: Final = "http://www.w3.org/2001/XMLSchema#"


def prefixes(schema_ns: str) -> dict[str, str]:
    """The prefix table, in the order in which it is written, with schema.org's namespace as chosen.

    >>> prefixes("https")["schema"]
    'https://schema.org/'
    """
    return {
        "ak": AK,
        "datacite": DATACITE,
        "dcterms": DCTERMS,
        "fabio": FABIO,
        "foaf": FOAF,
        "frbr": FRBR,
        "literal": LITERAL,
        "pro": PRO,
        "prov": PROV,
        "rdf": RDF,
        "schema": SCHEMA[schema_ns],
        "xsd": XSD,
    }


RDF_TYPE: Final = f"<{RDF}type>"
"""Relates a node to each of its classes."""

# --- our own classes and properties: shapes/ak.ttl documents each ---
AK_PAPER: Final = f"<{AK}Paper>"
"""A paper as some listing states it."""
AK_AUTHORSHIP: Final = f"<{AK}Authorship>"
"""One numbered place in a byline."""
AK_AUTHOR_NAME: Final = f"<{AK}AuthorName>"
"""An author known by name only, who may stand for several people or a group."""
AK_VENUE: Final = f"<{AK}Venue>"
"""A series of meetings, or a journal."""
AK_VOLUME: Final = f"<{AK}Volume>"
"""The proceedings of a year, or the book of a chapter."""
AK_AUTHOR_PAGE: Final = f"<{AK}AuthorPage>"
"""A saved Arrow page."""
AK_NAME_ONLY: Final = f"<{AK}NameOnly>"
"""Identity status of an author of whom only the name is known."""
AK_SOURCE_DISAMBIGUATED: Final = f"<{AK}SourceDisambiguated>"
"""Identity status of an author whom the source tells apart by a homonym number."""
AK_VENUE_AS_LISTED: Final = f"<{AK}venueAsListed>"
"""The venue of a paper, letter by letter."""
AK_KIND_AS_LISTED: Final = f"<{AK}kindAsListed>"
"""The kind of a paper, letter by letter."""
AK_LISTED_IN: Final = f"<{AK}listedIn>"
"""Relates a paper to each page that lists it."""
AK_NAME_AS_LISTED: Final = f"<{AK}nameAsListed>"
"""A name in a byline or a page's header, letter by letter, with its homonym number."""
AK_IDENTITY_STATUS: Final = f"<{AK}identityStatus>"
"""What is known of an author beyond the name."""
AK_HOMONYM_NUMBER: Final = f"<{AK}homonymNumber>"
"""The four digits by which a source tells people of one name apart."""
AK_IS_INFERRED: Final = f"<{AK}isInferred>"
"""True of a node that was concluded and not stated."""
AK_SHA256: Final = f"<{AK}sha256>"
"""Digest of a page's bytes."""
AK_DECLARED_PAPER_COUNT: Final = f"<{AK}declaredPaperCount>"
"""The number of papers that a page's header states."""
AK_DECLARED_AUTHOR_ROW_COUNT: Final = f"<{AK}declaredAuthorRowCount>"
"""The number of author rows that a page's header states."""
AK_LISTED_PAPER_COUNT: Final = f"<{AK}listedPaperCount>"
"""The number of entries that were found on a page."""

# --- DataCite Ontology and Literal Reification ---
DATACITE_IDENTIFIER: Final = f"<{DATACITE}Identifier>"
"""An identifier as a node."""
DATACITE_HAS_IDENTIFIER: Final = f"<{DATACITE}hasIdentifier>"
"""Relates a resource to an identifier node."""
DATACITE_USES_SCHEME: Final = f"<{DATACITE}usesIdentifierScheme>"
"""Relates an identifier node to its scheme."""
DATACITE_DOI: Final = f"<{DATACITE}doi>"
"""The identifier scheme of DOIs."""
LITERAL_VALUE: Final = f"<{LITERAL}hasLiteralValue>"
"""The text of an identifier node."""

# --- Dublin Core terms ---
DCTERMS_TITLE: Final = f"<{DCTERMS}title>"
"""A name given to a resource."""
DCTERMS_CREATOR: Final = f"<{DCTERMS}creator>"
"""An entity responsible for making a resource."""
DCTERMS_ABSTRACT: Final = f"<{DCTERMS}abstract>"
"""A summary of a resource."""

# --- FaBiO, the FRBR-aligned bibliographic ontology, and FRBR core ---
FABIO_CONFERENCE_PAPER: Final = f"<{FABIO}ConferencePaper>"
"""A paper given at a conference."""
FABIO_WORKSHOP_PAPER: Final = f"<{FABIO}WorkshopPaper>"
"""A paper given at a workshop."""
FABIO_JOURNAL_ARTICLE: Final = f"<{FABIO}JournalArticle>"
"""An article in a journal."""
FABIO_PREPRINT: Final = f"<{FABIO}Preprint>"
"""An article made public before review."""
FABIO_BOOK_CHAPTER: Final = f"<{FABIO}BookChapter>"
"""A chapter of a book."""
FABIO_BOOK: Final = f"<{FABIO}Book>"
"""A book."""
FABIO_EXPRESSION: Final = f"<{FABIO}Expression>"
"""Any publication, the class above all the kinds."""
FABIO_CONFERENCE_PROCEEDINGS: Final = f"<{FABIO}ConferenceProceedings>"
"""The collected papers of a conference."""
FABIO_WORKSHOP_PROCEEDINGS: Final = f"<{FABIO}WorkshopProceedings>"
"""The collected papers of a workshop."""
FABIO_SERIES: Final = f"<{FABIO}Series>"
"""A sequence of publications under one name."""
FABIO_JOURNAL: Final = f"<{FABIO}Journal>"
"""A journal."""
FABIO_PUBLICATION_YEAR: Final = f"<{FABIO}hasPublicationYear>"
"""The year of publication."""
FABIO_URL: Final = f"<{FABIO}hasURL>"
"""The address of a resource, as a literal."""
FRBR_PART_OF: Final = f"<{FRBR}partOf>"
"""Relates a part to its whole."""

# --- FOAF, PRO (the publishing roles ontology) and PROV ---
FOAF_AGENT: Final = f"<{FOAF}Agent>"
"""A person, group or thing that acts."""
FOAF_NAME: Final = f"<{FOAF}name>"
"""A name."""
PRO_ROLE_IN_TIME: Final = f"<{PRO}RoleInTime>"
"""A role that an agent holds in some context."""
PRO_AUTHOR: Final = f"<{PRO}author>"
"""The role of an author."""
PRO_WITH_ROLE: Final = f"<{PRO}withRole>"
"""Relates a role in time to the role."""
PRO_IS_HELD_BY: Final = f"<{PRO}isHeldBy>"
"""Relates a role in time to the agent that holds it."""
PRO_IS_CONTEXT_FOR: Final = f"<{PRO}isDocumentContextFor>"
"""Relates a document to each role held in it."""
PROV_ENTITY: Final = f"<{PROV}Entity>"
"""A thing with a provenance."""


@dataclass(frozen=True, slots=True, init=False)
class Schema:
    """The terms of schema.org under one namespace.

    >>> Schema("http://schema.org/").name
    '<http://schema.org/name>'
    """

    namespace: str
    ScholarlyArticle: str
    Chapter: str
    Book: str
    CreativeWork: str
    ListItem: str
    Person: str
    CreativeWorkSeries: str
    Periodical: str
    PublicationVolume: str
    name: str
    headline: str
    datePublished: str
    abstract: str
    isPartOf: str
    author: str
    url: str
    identifier: str
    item: str
    position: str
    disambiguatingDescription: str
    about: str

    def __init__(self, namespace: str) -> None:
        for term in self.__slots__:
            object.__setattr__(self, term, f"<{namespace}{term}>")
        object.__setattr__(self, "namespace", namespace)


SCHEMA_HTTPS: Final = Schema(SCHEMA["https"])
"""schema.org's terms as the organisation now writes them."""
SCHEMA_HTTP: Final = Schema(SCHEMA["http"])
"""schema.org's terms as much existing data and its own JSON-LD context write them."""


def schema(schema_ns: str) -> Schema:
    """schema.org's terms under the namespace form chosen, ``"https"`` or ``"http"``.

    >>> schema("https") is SCHEMA_HTTPS
    True
    """
    return SCHEMA_HTTPS if schema_ns == "https" else SCHEMA_HTTP


def known_terms(schema_ns: str) -> frozenset[str]:
    """Every term of this module, with schema.org's under the namespace form chosen.

    >>> SCHEMA_HTTP.name in known_terms("http"), SCHEMA_HTTP.name in known_terms("https")
    (True, False)
    """
    s = schema(schema_ns)
    ours = {value for value in globals().values() if isinstance(value, str) and value.startswith("<")}
    return frozenset(ours | {getattr(s, term) for term in s.__slots__ if term != "namespace"})
