"""Good records, what breaks each constraint of the shapes, and the terms of SHACL: the data of test_shapes.py.

A record is Turtle in which ``$P`` stands for the paper, ``$A1`` for its first authorship, ``$N1`` for its first author,
``$D`` for its identifier, ``$Y`` for its volume, ``$V`` for its venue and ``$C`` for the page that lists it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from string import Template

from rdflib import Graph, URIRef
from rdflib.term import Node

PREFIXES = """
@prefix ak: <https://w3id.org/arrowkg/ns#> .
@prefix datacite: <http://purl.org/spar/datacite/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix fabio: <http://purl.org/spar/fabio/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix frbr: <http://purl.org/vocab/frbr/core#> .
@prefix literal: <http://www.essepuntato.it/2010/06/literalreification/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix pro: <http://purl.org/spar/pro/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

ANY = URIRef("urn:any")
"""What ``*`` stands for in the triples that a case drops."""


def parse(turtle: str, base: str) -> Graph:
    return Graph().parse(data=f"@base <{base}> .\n{PREFIXES}{turtle}", format="turtle")


@dataclass(frozen=True)
class Record:
    """A record that conforms, and the names of the shapes that find something that its source lacks."""

    symbols: Mapping[str, str]
    turtle: str
    lacks: frozenset[str] = frozenset()

    def graph(self, base: str, symbols: Mapping[str, str] | None = None) -> Graph:
        return parse(self.fill(self.turtle, symbols), base)

    def fill(self, turtle: str, symbols: Mapping[str, str] | None = None) -> str:
        return Template(turtle).substitute({**self.symbols, **(symbols or {})})


def hexadecimal(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _author(number: int, name: str) -> str:
    head, _, tail = name.rpartition(" ")
    if tail.isdigit():
        return (
            f'$N{number} a schema:Person, foaf:Agent, ak:AuthorName ; schema:name "{head}" ; foaf:name "{head}" ;'
            f' ak:identityStatus ak:SourceDisambiguated ; ak:homonymNumber "{tail}" .\n'
        )
    return (
        f'$N{number} a schema:Person, foaf:Agent, ak:AuthorName ; schema:name "{name}" ; foaf:name "{name}" ;'
        f' ak:identityStatus ak:NameOnly ; schema:disambiguatingDescription "A name, not a person." .\n'
    )


def record(
    classes: str,
    key: str,
    *,
    kind: str = "",
    authors: Mapping[str, str] | None = None,
    byline: tuple[int, ...] = (1, 2),
    venue: str = "",
    venue_path: str = "",
    year: str = "",
    volume: str = "",
    volume_classes: str = "",
    page: bool = False,
    doi: str = "",
    url: str = "",
    abstract: bool = True,
    more: str = "",
    lacks: str = "",
) -> Record:
    """A record in which only what is given is stated. ``authors`` has the slug and the name as listed of each author."""
    authors = {"ada-quill": "Ada Quill", "bo-tarn-0001": "Bo Tarn 0001"} if authors is None else authors
    names = list(authors.values())
    digest = hexadecimal(key)[:16]
    full_key = f"{key}-{digest}" if key else digest
    sha = hexadecimal(f"page of {key}")
    symbols = {"P": f"<paper/{full_key}>", "V": f"<{venue_path}>"}
    title = '"On the Sorting of Small Stones"'
    text = f"$P a {classes}, ak:Paper ; schema:name {title} ; schema:headline {title} ; dcterms:title {title} .\n"
    if kind:
        text += f'$P ak:kindAsListed "{kind}" .\n'
    if year:
        text += f'$P schema:datePublished "{year}"^^xsd:gYear ; fabio:hasPublicationYear "{year}"^^xsd:gYear .\n'
    if abstract:
        text += '$P schema:abstract "Two parts.\\n\\nOf stones." ; dcterms:abstract "Two parts.\\n\\nOf stones." .\n'
    if venue:
        part_of = "$Y" if volume else "$V"
        venue_classes = (
            "schema:Periodical, fabio:Journal"
            if venue_path.startswith("journal")
            else "schema:CreativeWorkSeries, fabio:Series"
        )
        text += f'$P ak:venueAsListed "{venue}" ; schema:isPartOf {part_of} ; frbr:partOf {part_of} .\n'
        text += f'$V a {venue_classes}, ak:Venue ; schema:name "{venue}" ; dcterms:title "{venue}" .\n'
    if volume:
        symbols["Y"] = f"<{volume}>"
        text += (
            f'$Y a {volume_classes}, ak:Volume ; schema:name "{venue} {year}" ; dcterms:title "{venue} {year}" ;'
            f' fabio:hasPublicationYear "{year}"^^xsd:gYear ; schema:isPartOf $V ; frbr:partOf $V ; ak:isInferred true .\n'
        )
    for number, (slug, name) in enumerate(authors.items(), 1):
        symbols[f"N{number}"] = f"<author/{slug}>"
        text += _author(number, name) + f"$P schema:author $N{number} ; dcterms:creator $N{number} .\n"
    for position, number in enumerate(byline if authors else (), 1):
        symbols[f"A{position}"] = f"<authorship/{full_key}-{position}>"
        text += (
            f"$P pro:isDocumentContextFor $A{position} . $A{position} a schema:ListItem, pro:RoleInTime, ak:Authorship ;"
            f" pro:withRole pro:author ; pro:isHeldBy $N{number} ; schema:item $N{number} ; schema:position {position} ;"
            f' ak:nameAsListed "{names[number - 1]}" .\n'
        )
    if page:
        symbols["C"] = f"<capture/{sha[:16]}>"
        text += (
            f'$P ak:listedIn $C . $C a prov:Entity, ak:AuthorPage ; schema:about $N1 ; ak:nameAsListed "{names[0]}" ;'
            f' ak:sha256 "{sha}" ; ak:declaredPaperCount 12 ; ak:declaredAuthorRowCount 2 ; ak:listedPaperCount 12 .\n'
        )
    if doi:
        symbols["D"] = f"<identifier/{full_key}-doi>"
        text += (
            f'$P schema:identifier "https://doi.org/{doi}" ; datacite:hasIdentifier $D . $D a datacite:Identifier ;'
            f' datacite:usesIdentifierScheme datacite:doi ; literal:hasLiteralValue "{doi}" .\n'
        )
    if url:
        text += f'$P schema:url "{url}"^^xsd:anyURI ; fabio:hasURL "{url}"^^xsd:anyURI .\n'
    return Record(symbols, text + more, frozenset(lacks.split()))


_ARTICLE = "schema:ScholarlyArticle, fabio:"
_PROCEEDINGS = "schema:PublicationVolume, fabio:ConferenceProceedings"
_ICML = {"venue": "ICML", "venue_path": "venue/icml"}
_HANDBOOK = {"venue": "A Handbook of Stones", "venue_path": "venue/a-handbook-of-stones"}
_NOTES = {"venue": "Notes on Stones", "venue_path": "venue/notes-on-stones"}

RECORDS: dict[str, Record] = {
    "conference": record(
        f"{_ARTICLE}ConferencePaper",
        "icml-2024-on-the-sorting-of-small-stones",
        kind="Conference Paper",
        **_ICML,
        year="2024",
        volume="venue/icml/2024",
        volume_classes=_PROCEEDINGS,
        page=True,
        doi="10.5555/stones-1",
        url="https://example.org/stones-1",
    ),
    "workshop, one name twice": record(
        f"{_ARTICLE}WorkshopPaper",
        "icml-2023-on-the-sorting-of-small-stones",
        kind="Workshop Paper",
        **_ICML,
        byline=(1, 2, 1),
        year="2023",
        volume="venue/icml/2023/workshops",
        volume_classes="schema:PublicationVolume, fabio:WorkshopProceedings",
    ),
    "journal": record(
        f"{_ARTICLE}JournalArticle",
        "tmlr-2022-on-the-sorting-of-small-stones",
        kind="Journal Article",
        venue="TMLR",
        venue_path="journal/tmlr",
        year="2022",
        page=True,
    ),
    "chapter": record(
        "schema:Chapter, fabio:BookChapter",
        "a-handbook-of-stones-2020-on-the-sorting-of-small-stones",
        kind="Book Chapter",
        **_HANDBOOK,
        year="2020",
        volume="book/a-handbook-of-stones/2020",
        volume_classes="schema:Book, fabio:Book",
    ),
    "section": record(
        "schema:Chapter, fabio:BookChapter",
        "a-handbook-of-stones-2021-on-the-sorting-of-small-stones",
        kind="Book Section",
        **_HANDBOOK,
        year="2021",
        volume="book/a-handbook-of-stones/2021",
        volume_classes="schema:Book, fabio:Book",
    ),
    "book": record(
        "schema:Book, fabio:Book",
        "notes-on-stones-2019-on-the-sorting-of-small-stones",
        kind="Book",
        **_NOTES,
        year="2019",
    ),
    "preprint, slugs with digests": record(
        f"{_ARTICLE}Preprint",
        "2025-on-the-sorting-of-small-stones",
        kind="Preprint",
        authors={f"_{hexadecimal('李例')[:16]}": "李例", f"zoe-quill_{hexadecimal('zoë quill')[:16]}": "Zoë Quill"},
        venue="石",
        venue_path=f"venue/_{hexadecimal('石')[:16]}",
        year="2025",
        doi="10.5555/stones-4",
    ),
    "unknown kind": record(
        "schema:CreativeWork, fabio:Expression",
        "icml-2018-on-the-sorting-of-small-stones",
        kind="Poster",
        **_ICML,
        year="2018",
        lacks="Paper-kind-unknown",
    ),
    "nothing but a title": record(
        "schema:CreativeWork, fabio:Expression",
        "",
        authors={},
        abstract=False,
        lacks="Paper-kind-unknown Paper-year-missing Paper-container-missing Paper-author-missing Paper-abstract-missing",
    ),
    "conference without a year, page without counts": record(
        f"{_ARTICLE}ConferencePaper",
        "icml-on-the-sorting-of-small-stones",
        kind="Conference Paper",
        **_ICML,
        more=(
            f"$P ak:listedIn <capture/{hexadecimal('silent')[:16]}> . <capture/{hexadecimal('silent')[:16]}> a prov:Entity,"
            f' ak:AuthorPage ; schema:about $N2 ; ak:nameAsListed "Bo Tarn 0001" ; ak:sha256 "{hexadecimal("silent")}" ;'
            " ak:listedPaperCount 0 .\n"
        ),
        lacks="Paper-year-missing Capture-declared-papers-missing Capture-declared-rows-missing",
    ),
    "workshop without a year, link to a file server": record(
        f"{_ARTICLE}WorkshopPaper",
        "icml-workshops-on-the-sorting-of-small-stones",
        kind="Workshop Paper",
        **_ICML,
        url="ftp://example.org/stones-5",
        lacks="Paper-year-missing Paper-url-web",
    ),
    "chapter without a year": record(
        "schema:Chapter, fabio:BookChapter",
        "a-handbook-of-stones-on-the-sorting-of-small-stones",
        kind="Book Chapter",
        **_HANDBOOK,
        lacks="Paper-year-missing",
    ),
    "conference with a year and no venue": record(
        f"{_ARTICLE}ConferencePaper",
        "2024-on-the-sorting-of-small-stones",
        kind="Conference Paper",
        year="2024",
        lacks="Paper-container-missing",
    ),
    "two graphs merged": record(
        f"{_ARTICLE}JournalArticle",
        "tmlr-2024-on-the-sorting-of-small-stones",
        kind="Journal Article",
        venue="TMLR",
        venue_path="journal/tmlr",
        year="2024",
        page=True,
        url="http://example.org/stones-6",
        more=f"""
            $P schema:abstract "Another." ; dcterms:abstract "Another." .
            $P schema:url "HTTPS://example.org/stones-6b"^^xsd:anyURI ; fabio:hasURL "HTTPS://example.org/stones-6b"^^xsd:anyURI .
            $N1 schema:name "Ada QUILL" ; foaf:name "Ada QUILL" .
            $V schema:name "Tmlr" ; dcterms:title "Tmlr" .
            $P ak:listedIn <capture/{hexadecimal("other")[:16]}> .
            <capture/{hexadecimal("other")[:16]}> a prov:Entity, ak:AuthorPage ; schema:about $N2 ;
                ak:nameAsListed "Bo Tarn 0001" ; ak:sha256 "{hexadecimal("other")}" ;
                ak:declaredPaperCount 1 ; ak:declaredAuthorRowCount 1 ; ak:listedPaperCount 1 .
            """,
    ),
}


@dataclass(frozen=True)
class Case:
    """A change to a good record, and the constraint that must report it.

    Attributes:
        shape: the local name of the shape that reports it.
        component: the SHACL constraint component, without the ending ``ConstraintComponent``.
        drop: triples to remove, parted by `` ; ``, each written in full or with ``*`` for any object.
        add: triples to add, in Turtle.
        symbols: what stands for a symbol instead of its usual IRI, everywhere in the record.
        also: the other shapes that report something, and must.
        record: the good record that is changed.
    """

    shape: str
    component: str
    drop: str = ""
    add: str = ""
    symbols: Mapping[str, str] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    record: str = "conference"

    def graph(self, base: str) -> Graph:
        good = RECORDS[self.record]
        graph = good.graph(base, self.symbols)
        for triple in filter(None, self.drop.split(" ; ")):
            ((subject, predicate, dropped),) = parse(good.fill(f"{triple.replace('*', f'<{ANY}>')} .", self.symbols), base)
            pattern: tuple[Node, Node, Node | None] = subject, predicate, None if dropped == ANY else dropped
            if not list(graph.triples(pattern)):
                raise AssertionError(f"{self.shape}: there is no {triple} to drop")
            graph.remove(pattern)
        before = len(graph)
        added = parse(good.fill(self.add, self.symbols), base)
        graph += added
        if len(graph) != before + len(added):
            raise AssertionError(f"{self.shape}: some of what the case adds is there already: {self.add}")
        return graph


def case(
    shape: str,
    component: str,
    drop: str = "",
    add: str = "",
    *,
    also: str = "",
    record: str = "conference",
    **symbols: str,
) -> Case:
    return Case(shape, component, drop, add, symbols, frozenset(also.split()), record)


def closed(shape: str, symbol: str) -> Case:
    return case(shape, "Closed", add=f'{symbol} rdfs:comment "A remark." .')


def text(shape: str, symbol: str, property_: str, also: str = "") -> list[Case]:
    """The two ways in which a property that holds text can go wrong."""
    return [
        case(shape, "Datatype", f"{symbol} {property_} *", f'{symbol} {property_} "Wort"@de .', also=also),
        case(shape, "Pattern", f"{symbol} {property_} *", f'{symbol} {property_} " \\n" .', also=also),
    ]


_PAPER = "conference"
_WORKSHOP = "workshop, one name twice"
_PREPRINT = "preprint, slugs with digests"
_TITLE = '"On the Sorting of Small Stones"'

PAPER_CASES = [
    closed("Paper", "$P"),
]
