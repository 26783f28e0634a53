"""Good records, what breaks each constraint of the shapes, and the terms of SHACL: the data of test_shapes.py.

A record is Turtle in which ``$P`` stands for the paper, ``$A1`` for its first authorship, ``$N1`` for its first author,
``$D`` for its identifier, ``$Y`` for its volume, ``$V`` for its venue and ``$C`` for the page that lists it; ``$K`` is
the key in the paper's IRI.
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
        instead = {symbol: Template(term).substitute(self.symbols) for symbol, term in (symbols or {}).items()}
        return Template(turtle).substitute({**self.symbols, **instead})


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
    in_venue: tuple[str, str] = ("", ""),
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
    """A record that states only what is given.

    ``authors`` has the slug and the name as listed of each author, ``in_venue`` the name and the path of the venue.
    """
    venue, venue_path = in_venue
    authors = {"ada-quill": "Ada Quill", "bo-tarn-0001": "Bo Tarn 0001"} if authors is None else authors
    names = list(authors.values())
    digest = hexadecimal(key)[:16]
    full_key = f"{key}-{digest}" if key else digest
    sha = hexadecimal(f"page of {key}")
    symbols = {"K": full_key, "P": f"<paper/{full_key}>", "V": f"<{venue_path}>"}
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
            f' fabio:hasPublicationYear "{year}"^^xsd:gYear ; schema:isPartOf $V ; frbr:partOf $V ;'
            " ak:isInferred true .\n"
        )
    for number, (slug, name) in enumerate(authors.items(), 1):
        symbols[f"N{number}"] = f"<author/{slug}>"
        text += _author(number, name) + f"$P schema:author $N{number} ; dcterms:creator $N{number} .\n"
    for position, number in enumerate(byline if authors else (), 1):
        symbols[f"A{position}"] = f"<authorship/{full_key}-{position}>"
        text += (
            f"$P pro:isDocumentContextFor $A{position} ."
            f" $A{position} a schema:ListItem, pro:RoleInTime, ak:Authorship ; pro:withRole pro:author ;"
            f" pro:isHeldBy $N{number} ; schema:item $N{number} ; schema:position {position} ;"
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
_ICML = "ICML", "venue/icml"
_HANDBOOK = "A Handbook of Stones", "venue/a-handbook-of-stones"
_NOTES = "Notes on Stones", "venue/notes-on-stones"

RECORDS: dict[str, Record] = {
    "conference": record(
        f"{_ARTICLE}ConferencePaper",
        "icml-2024-on-the-sorting-of-small-stones",
        kind="Conference Paper",
        in_venue=_ICML,
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
        in_venue=_ICML,
        byline=(1, 2, 1),
        year="2023",
        volume="venue/icml/2023/workshops",
        volume_classes="schema:PublicationVolume, fabio:WorkshopProceedings",
    ),
    "journal": record(
        f"{_ARTICLE}JournalArticle",
        "tmlr-2022-on-the-sorting-of-small-stones",
        kind="Journal Article",
        in_venue=("TMLR", "journal/tmlr"),
        year="2022",
        page=True,
    ),
    "chapter": record(
        "schema:Chapter, fabio:BookChapter",
        "a-handbook-of-stones-2020-on-the-sorting-of-small-stones",
        kind="Book Chapter",
        in_venue=_HANDBOOK,
        year="2020",
        volume="book/a-handbook-of-stones/2020",
        volume_classes="schema:Book, fabio:Book",
    ),
    "section": record(
        "schema:Chapter, fabio:BookChapter",
        "a-handbook-of-stones-2021-on-the-sorting-of-small-stones",
        kind="Book Section",
        in_venue=_HANDBOOK,
        year="2021",
        volume="book/a-handbook-of-stones/2021",
        volume_classes="schema:Book, fabio:Book",
    ),
    "book": record(
        "schema:Book, fabio:Book",
        "notes-on-stones-2019-on-the-sorting-of-small-stones",
        kind="Book",
        in_venue=_NOTES,
        year="2019",
    ),
    "preprint, slugs with digests": record(
        f"{_ARTICLE}Preprint",
        "2025-on-the-sorting-of-small-stones",
        kind="Preprint",
        authors={f"_{hexadecimal('李例')[:16]}": "李例", f"zoe-quill_{hexadecimal('zoë quill')[:16]}": "Zoë Quill"},
        in_venue=("石", f"venue/_{hexadecimal('石')[:16]}"),
        year="2025",
        doi="10.5555/stones-4",
    ),
    "unknown kind": record(
        "schema:CreativeWork, fabio:Expression",
        "icml-2018-on-the-sorting-of-small-stones",
        kind="Poster",
        in_venue=_ICML,
        year="2018",
        lacks="Paper-kind-unknown",
    ),
    "nothing but a title": record(
        "schema:CreativeWork, fabio:Expression",
        "",
        authors={},
        abstract=False,
        lacks="Paper-kind-unknown Paper-year-missing Paper-container-missing Paper-author-missing"
        " Paper-abstract-missing",
    ),
    "conference without a year, page without counts": record(
        f"{_ARTICLE}ConferencePaper",
        "icml-on-the-sorting-of-small-stones",
        kind="Conference Paper",
        in_venue=_ICML,
        more=f"""
            $P ak:listedIn <capture/{hexadecimal("silent")[:16]}> .
            <capture/{hexadecimal("silent")[:16]}> a prov:Entity, ak:AuthorPage ; schema:about $N2 ;
                ak:nameAsListed "Bo Tarn 0001" ; ak:sha256 "{hexadecimal("silent")}" ; ak:listedPaperCount 0 .
            """,
        lacks="Paper-year-missing Capture-declared-papers-missing Capture-declared-rows-missing",
    ),
    "workshop without a year, link to a file server": record(
        f"{_ARTICLE}WorkshopPaper",
        "icml-workshops-on-the-sorting-of-small-stones",
        kind="Workshop Paper",
        in_venue=_ICML,
        url="ftp://example.org/stones-5",
        lacks="Paper-year-missing Paper-url-web",
    ),
    "chapter without a year": record(
        "schema:Chapter, fabio:BookChapter",
        "a-handbook-of-stones-on-the-sorting-of-small-stones",
        kind="Book Chapter",
        in_venue=_HANDBOOK,
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
        in_venue=("TMLR", "journal/tmlr"),
        year="2024",
        page=True,
        url="http://example.org/stones-6",
        more=f"""
            $P schema:abstract "Another." ; dcterms:abstract "Another." .
            $P schema:url "HTTPS://a.example/"^^xsd:anyURI ; fabio:hasURL "HTTPS://a.example/"^^xsd:anyURI .
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
            ((subject, predicate, dropped),) = parse(
                good.fill(f"{triple.replace('*', f'<{ANY}>')} .", self.symbols), base
            )
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


_WORKSHOP = "workshop, one name twice"
_PREPRINT = "preprint, slugs with digests"
_BARE = "nothing but a title"
_UNDATED = "conference without a year, page without counts"
_PARTS = "Paper-part-iris"
_NO_AUTHOR = "Paper-author-held"
_SECOND_PAPER = (
    "<paper/0123456789abcdef> a schema:CreativeWork, fabio:Expression, ak:Paper ;"
    ' schema:name "Sand" ; schema:headline "Sand" ; dcterms:title "Sand" ;'
)
_SECOND_PAPER_LACKS = "Paper-kind-unknown Paper-year-missing Paper-container-missing Paper-abstract-missing"

PAPER_CASES = [
    closed("Paper", "$P"),
    case("Paper-iri", "NodeKind", P="_:paper", record="journal"),
    case("Paper-iri", "Pattern", P="<paper/Stones-0123456789abcdef>", also=_PARTS, record="journal"),
    case("Paper-iri", "Pattern", P="<paper/on-the-sorting-of-small-stones>", also=_PARTS, record="journal"),
    case("Paper-class", "Class", "$P a ak:Paper", also="Authorship-paper Identifier-paper"),
    # Types
    case("Paper-types", "In", add="$P a schema:Article ."),
    case("Paper-schema-type", "QualifiedMinCount", "$P a schema:ScholarlyArticle", also="ConferencePaper-schema-type"),
    case("Paper-schema-type", "QualifiedMaxCount", add="$P a schema:CreativeWork ."),
    case("Paper-fabio-type", "QualifiedMinCount", "$P a fabio:ConferencePaper"),
    case(
        "Paper-fabio-type",
        "QualifiedMaxCount",
        add="$P a fabio:WorkshopPaper .",
        also="WorkshopPaper-kind WorkshopPaper-container",
    ),
    case(
        "Paper-kind-unknown",
        "Not",
        "$P a * ; $P ak:kindAsListed *",
        "$P a schema:CreativeWork, fabio:Expression, ak:Paper .",
        record="journal",
    ),
    # Title
    case("Paper-name-count", "MinCount", "$P schema:name *", also="Paper-headline Paper-title"),
    case("Paper-name-count", "MaxCount", add='$P schema:name "Stones" .', also="Paper-headline Paper-title"),
    *text("Paper-name", "$P", "schema:name", also="Paper-headline Paper-title"),
    # Engines disagree on what white space is.
    case(
        "Paper-name",
        "Pattern",
        "$P schema:name * ; $P schema:headline * ; $P dcterms:title *",
        '$P schema:name "\\u00a0" ; schema:headline "\\u00a0" ; dcterms:title "\\u00a0" .',
    ),
    case("Paper-headline", "Equals", "$P schema:headline *"),
    case("Paper-headline", "Equals", "$P schema:headline *", '$P schema:headline "Stones" .'),
    case("Paper-title", "Equals", "$P dcterms:title *"),
    case("Paper-title", "Equals", "$P dcterms:title *", '$P dcterms:title "Stones" .'),
    # Year
    case(
        "Paper-year-missing", "MinCount", "$P schema:datePublished * ; $P fabio:hasPublicationYear *", record="journal"
    ),
    case(
        "Paper-year-count",
        "MaxCount",
        add='$P schema:datePublished "2021"^^xsd:gYear ; fabio:hasPublicationYear "2021"^^xsd:gYear .',
        record="journal",
    ),
    case(
        "Paper-year",
        "Datatype",
        "$P schema:datePublished * ; $P fabio:hasPublicationYear *",
        "$P schema:datePublished 2022 ; fabio:hasPublicationYear 2022 .",
        record="journal",
    ),
    case(
        "Paper-year",
        "Pattern",
        "$P schema:datePublished * ; $P fabio:hasPublicationYear *",
        '$P schema:datePublished "12022"^^xsd:gYear ; fabio:hasPublicationYear "12022"^^xsd:gYear .',
        record="journal",
    ),
    case(
        "Paper-year",
        "Pattern",
        "$P schema:datePublished * ; $P fabio:hasPublicationYear *",
        '$P schema:datePublished "2022Z"^^xsd:gYear ; fabio:hasPublicationYear "2022Z"^^xsd:gYear .',
        record="journal",
    ),
    # Engines disagree on whether an ill-typed year is a year.
    case(
        "Paper-year",
        "Pattern",
        "$P schema:datePublished * ; $P fabio:hasPublicationYear *",
        '$P schema:datePublished "MMXXII"^^xsd:gYear ; fabio:hasPublicationYear "MMXXII"^^xsd:gYear .',
        record="journal",
    ),
    case("Paper-year-fabio", "Equals", "$P fabio:hasPublicationYear *", record="journal"),
    # Abstract
    case("Paper-abstract-missing", "MinCount", "$P schema:abstract * ; $P dcterms:abstract *"),
    *text("Paper-abstract", "$P", "schema:abstract", also="Paper-abstract-dcterms"),
    case("Paper-abstract-dcterms", "Equals", "$P dcterms:abstract *"),
    case("Paper-abstract-dcterms", "Equals", "$P schema:abstract *", also="Paper-abstract-missing"),
    # Venue and volume
    case("Paper-container-missing", "MinCount", "$P schema:isPartOf * ; $P frbr:partOf * ; $P ak:venueAsListed *"),
    case("Paper-container-count", "MaxCount", add="$P schema:isPartOf $V ; frbr:partOf $V ."),
    case("Paper-container", "Or", "$V a ak:Venue", also="Venue-class", record="journal"),
    case("Paper-container", "Or", "$Y a ak:Volume", also="Volume-class"),
    case(
        "Paper-container",
        "Or",
        "$P schema:isPartOf * ; $P frbr:partOf *",
        "$P schema:isPartOf <venue/icml/1999> ; frbr:partOf <venue/icml/1999> .",
        also="ConferencePaper-container Paper-volume-year",
    ),
    case("Paper-container-frbr", "Equals", "$P frbr:partOf *"),
    case("Paper-container-frbr", "Equals", "$P frbr:partOf *", "$P frbr:partOf $V ."),
    case("Paper-venue-as-listed-count", "MaxCount", add='$P ak:venueAsListed "Icml" .'),
    *text("Paper-venue-as-listed", "$P", "ak:venueAsListed"),
    case("Paper-venue-together", "Xone", "$P ak:venueAsListed *"),
    case(
        "Paper-venue-together",
        "Xone",
        "$P schema:isPartOf * ; $P frbr:partOf *",
        also="Paper-container-missing",
    ),
    # Kind
    case("Paper-kind-as-listed-count", "MaxCount", add='$P ak:kindAsListed "Paper" .', record="unknown kind"),
    *text("Paper-kind-as-listed", "$P", "ak:kindAsListed", also="ConferencePaper-kind"),
    case("Paper-kind-unstated", "Or", "$P ak:kindAsListed *"),
    case("Paper-kind-unstated", "Or", "$P ak:kindAsListed *", record="book"),
    case("ConferencePaper-schema-type", "HasValue", "$P a schema:ScholarlyArticle", "$P a schema:CreativeWork ."),
    case("ConferencePaper-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "Journal Article" .'),
    case("ConferencePaper-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "conference paper" .'),
    case(
        "ConferencePaper-container",
        "Or",
        "$Y a fabio:ConferenceProceedings",
        "$Y a fabio:WorkshopProceedings .",
        also="Volume-iri-parts",
    ),
    case(
        "ConferencePaper-container",
        "Or",
        V="<journal/icml>",
        record=_UNDATED,
        drop="$V a *",
        add="$V a schema:Periodical, fabio:Journal, ak:Venue .",
    ),
    case(
        "WorkshopPaper-schema-type",
        "HasValue",
        "$P a schema:ScholarlyArticle",
        "$P a schema:Chapter .",
        record=_WORKSHOP,
    ),
    case(
        "WorkshopPaper-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "Conference Paper" .', record=_WORKSHOP
    ),
    case(
        "WorkshopPaper-container",
        "Or",
        "$Y a fabio:WorkshopProceedings",
        "$Y a fabio:ConferenceProceedings .",
        also="Volume-iri-parts",
        record=_WORKSHOP,
    ),
    case(
        "JournalArticle-schema-type", "HasValue", "$P a schema:ScholarlyArticle", "$P a schema:Book .", record="journal"
    ),
    case("JournalArticle-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "Preprint" .', record="journal"),
    case(
        "JournalArticle-container",
        "Class",
        "$V a *",
        "$V a schema:CreativeWorkSeries, fabio:Series, ak:Venue .",
        V="<venue/tmlr>",
        record="journal",
    ),
    case(
        "Preprint-schema-type",
        "HasValue",
        "$P a schema:ScholarlyArticle",
        "$P a schema:CreativeWork .",
        record=_PREPRINT,
    ),
    case("Preprint-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "Conference Paper" .', record=_PREPRINT),
    case(
        "Preprint-container",
        "Class",
        "$P a fabio:ConferencePaper ; $P ak:kindAsListed *",
        '$P a fabio:Preprint ; ak:kindAsListed "Preprint" .',
    ),
    case(
        "BookChapter-schema-type", "HasValue", "$P a schema:Chapter", "$P a schema:ScholarlyArticle .", record="chapter"
    ),
    case("BookChapter-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "Book" .', record="section"),
    case(
        "BookChapter-container",
        "Or",
        "$Y a *",
        "$Y a schema:PublicationVolume, fabio:ConferenceProceedings, ak:Volume .",
        also="Volume-iri-parts",
        record="chapter",
    ),
    case("Book-schema-type", "HasValue", "$P a schema:Book", "$P a schema:Chapter .", record="book"),
    case("Book-schema-type", "HasValue", "$Y a schema:Book", "$Y a schema:PublicationVolume .", record="chapter"),
    case("Book-kind", "In", "$P ak:kindAsListed *", '$P ak:kindAsListed "Book Chapter" .', record="book"),
    case(
        "Book-container",
        "Class",
        "$P a * ; $P ak:kindAsListed *",
        '$P a schema:Book, fabio:Book, ak:Paper ; ak:kindAsListed "Book" .',
        record="chapter",
    ),
    case(
        "Expression-schema-type", "HasValue", "$P a schema:CreativeWork", "$P a schema:ScholarlyArticle .", record=_BARE
    ),
    *[
        case("Expression-kind", "Not", "$P ak:kindAsListed *", f'$P ak:kindAsListed "{kind}" .', record="unknown kind")
        for kind in (
            "Conference Paper",
            "Workshop Paper",
            "Journal Article",
            "Preprint",
            "Book Chapter",
            "Book Section",
            "Book",
        )
    ],
    case(
        "Expression-container",
        "Class",
        "$P a * ; $P ak:kindAsListed *",
        "$P a schema:CreativeWork, fabio:Expression, ak:Paper .",
        also="Paper-kind-unknown",
    ),
    # With a year in the series; without a year in a volume; in the volume of another year
    case(
        "Paper-volume-year", "Or", "$P schema:isPartOf * ; $P frbr:partOf *", "$P schema:isPartOf $V ; frbr:partOf $V ."
    ),
    case(
        "Paper-volume-year",
        "Or",
        "$P schema:datePublished * ; $P fabio:hasPublicationYear *",
        also="Paper-year-missing",
        record=_WORKSHOP,
    ),
    case(
        "Paper-volume-year",
        "Or",
        "$P schema:datePublished * ; $P fabio:hasPublicationYear *",
        '$P schema:datePublished "2019"^^xsd:gYear ; fabio:hasPublicationYear "2019"^^xsd:gYear .',
        record="chapter",
    ),
    # Authors
    case(
        "Paper-author-missing",
        "MinCount",
        "$P schema:author * ; $P dcterms:creator * ; $P pro:isDocumentContextFor * ; $A1 a * ; $A1 pro:withRole * ;"
        " $A1 pro:isHeldBy * ; $A1 schema:item * ; $A1 schema:position * ; $A1 ak:nameAsListed * ; $A2 a * ;"
        " $A2 pro:withRole * ; $A2 pro:isHeldBy * ; $A2 schema:item * ; $A2 schema:position * ; $A2 ak:nameAsListed *",
    ),
    case("Paper-author", "Class", "$N2 a ak:AuthorName", also="Author-class Authorship-author"),
    case("Paper-author-dcterms", "Equals", "$P dcterms:creator $N1"),
    case("Paper-author-dcterms", "Equals", "$P schema:author $N1", also="Paper-author-held"),
    case("Paper-author-held", "Equals", "$P schema:author $N2 ; $P dcterms:creator $N2"),
    case(
        "Paper-author-held",
        "Equals",
        "$A2 pro:isHeldBy * ; $A2 schema:item *",
        "$A2 pro:isHeldBy $N1 ; schema:item $N1 .",
    ),
    case("Paper-authorship", "Class", "$A2 a ak:Authorship", also="Authorship-class"),
    # A gap, a start other than 1, a repeat
    case("Paper-positions", "SPARQL", "$A2 schema:position *", "$A2 schema:position 3 .", A2="<authorship/$K-3>"),
    case("Paper-positions", "SPARQL", "$A1 schema:position *", "$A1 schema:position 3 .", A1="<authorship/$K-3>"),
    case("Paper-positions", "SPARQL", "$A1 schema:position *", "$A1 schema:position 2 .", also=_PARTS),
    case(
        "Paper-positions",
        "SPARQL",
        "$A3 schema:position *",
        "$A3 schema:position 1 .",
        also=_PARTS,
        record=_WORKSHOP,
    ),
    case("Paper-part-iris", "SPARQL", A1="<authorship/0123456789abcdef-1>"),
    case("Paper-part-iris", "SPARQL", A1="<authorship/$K-11>"),
    case("Paper-part-iris", "SPARQL", D="<identifier/0123456789abcdef-doi>"),
    # Captures
    case("Paper-listed-in", "Class", "$C a ak:AuthorPage", also="Capture-class"),
    # Links and identifiers
    case(
        "Paper-url",
        "Datatype",
        "$P schema:url * ; $P fabio:hasURL *",
        "$P schema:url <https://a.example/> ; fabio:hasURL <https://a.example/> .",
    ),
    case("Paper-url", "Datatype", add='$P schema:url "https://a.example/" ; fabio:hasURL "https://a.example/" .'),
    case(
        "Paper-url-web",
        "Pattern",
        add='$P schema:url "javascript:alert(1)"^^xsd:anyURI ; fabio:hasURL "javascript:alert(1)"^^xsd:anyURI .',
    ),
    case(
        "Paper-url-web",
        "Pattern",
        add='$P schema:url "a.example/http://a"^^xsd:anyURI ; fabio:hasURL "a.example/http://a"^^xsd:anyURI .',
    ),
    case("Paper-url-fabio", "Equals", "$P fabio:hasURL *"),
    case("Paper-url-fabio", "Equals", "$P schema:url *"),
    case(
        "Paper-doi-count",
        "MaxCount",
        add='$P schema:identifier "https://doi.org/10.5555/x" .',
        also="Identifier-agrees",
    ),
    case(
        "Paper-doi",
        "Datatype",
        "$P schema:identifier *",
        '$P schema:identifier "https://doi.org/10.5555/stones-1"^^xsd:anyURI .',
    ),
    case(
        "Paper-doi",
        "Pattern",
        "$P schema:identifier *",
        '$P schema:identifier "10.5555/stones-1" .',
        also="Identifier-agrees",
    ),
    case(
        "Paper-identifier-count",
        "MaxCount",
        add="$P datacite:hasIdentifier <identifier/0123456789abcdef-doi> ."
        " <identifier/0123456789abcdef-doi> a datacite:Identifier ; datacite:usesIdentifierScheme datacite:doi ;"
        ' literal:hasLiteralValue "10.5555/stones-1" .',
        also=_PARTS,
    ),
    case("Paper-identifier", "Class", "$D a datacite:Identifier", also="Identifier-class"),
    case("Paper-doi-together", "Xone", "$P schema:identifier *"),
    case(
        "Paper-doi-together", "Xone", add='$P schema:identifier "https://doi.org/10.5555/stones-1" .', record="journal"
    ),
]

AUTHORSHIP_CASES = [
    closed("Authorship", "$A1"),
    case("Authorship-iri", "NodeKind", A1="_:authorship"),
    case("Authorship-iri", "Pattern", A1="<author-ship/$K-1>"),
    case("Authorship-class", "Class", "$A2 a ak:Authorship", also="Paper-authorship"),
    case("Authorship-types", "In", add="$A1 a schema:Role ."),
    case("Authorship-types-missing", "HasValue", "$A1 a schema:ListItem"),
    case("Authorship-types-missing", "HasValue", "$A1 a pro:RoleInTime"),
    case("Authorship-role", "HasValue", "$A1 pro:withRole *"),
    case("Authorship-role", "MaxCount", add="$A1 pro:withRole pro:editor ."),
    case("Authorship-author-count", "MinCount", "$A1 pro:isHeldBy * ; $A1 schema:item *", also=_NO_AUTHOR),
    case("Authorship-author-count", "MaxCount", add="$A1 pro:isHeldBy $N2 ; schema:item $N2 ."),
    case("Authorship-author", "Class", "$N1 a ak:AuthorName", also="Author-class Paper-author", record=_WORKSHOP),
    case("Authorship-author-schema", "Equals", "$A1 schema:item *"),
    case("Authorship-author-schema", "Equals", "$A1 schema:item *", "$A1 schema:item $N2 ."),
    case("Authorship-position-count", "MinCount", "$A2 schema:position *", also=_PARTS),
    case("Authorship-position-count", "MaxCount", add="$A2 schema:position 3 .", also=_PARTS),
    case("Authorship-position", "Datatype", "$A2 schema:position *", '$A2 schema:position "2"^^xsd:int .'),
    case(
        "Authorship-position",
        "MinInclusive",
        "$A2 schema:position *",
        "$A2 schema:position 0 .",
        also=f"{_PARTS} Paper-positions",
    ),
    case("Authorship-name-as-listed-count", "MinCount", "$A1 ak:nameAsListed *"),
    case("Authorship-name-as-listed-count", "MaxCount", add='$A1 ak:nameAsListed "A. Quill" .'),
    *text("Authorship-name-as-listed", "$A1", "ak:nameAsListed"),
    case("Authorship-paper-count", "MinCount", "$P pro:isDocumentContextFor $A3", record=_WORKSHOP),
    case(
        "Authorship-paper-count",
        "MaxCount",
        add=f"{_SECOND_PAPER} schema:author $N1 ; dcterms:creator $N1 ; pro:isDocumentContextFor $A1 .",
        also=f"{_PARTS} {_SECOND_PAPER_LACKS}",
    ),
    case("Authorship-paper", "Class", "$P a ak:Paper", also="Paper-class", record="journal"),
]

AUTHOR_CASES = [
    closed("Author", "$N1"),
    case("Author-iri", "NodeKind", N1="_:author"),
    case("Author-iri", "Pattern", N1="<author/Ada-Quill>"),
    case("Author-iri", "Pattern", N1="<person/ada-quill>"),
    case("Author-class", "Class", "$N1 a ak:AuthorName", also="Paper-author Authorship-author Capture-about"),
    case("Author-types", "In", add="$N1 a foaf:Person ."),
    case("Author-types-missing", "HasValue", "$N1 a schema:Person"),
    case("Author-types-missing", "HasValue", "$N1 a foaf:Agent"),
    case("Author-name-missing", "MinCount", "$N1 schema:name * ; $N1 foaf:name *"),
    *text("Author-name", "$N1", "schema:name", also="Author-name-foaf"),
    case("Author-name-number", "Not", add='$N2 schema:name "Bo Tarn 0001" ; foaf:name "Bo Tarn 0001" .'),
    case("Author-name-foaf", "Equals", "$N1 foaf:name *"),
    case("Author-name-foaf", "Equals", add='$N1 foaf:name "Ada QUILL" .'),
    case("Author-status-count", "MinCount", "$N2 ak:identityStatus *", also="Author-description-fits"),
    case(
        "Author-status-count",
        "MaxCount",
        add="$N2 ak:identityStatus ak:NameOnly .",
        also="Author-number-fits",
    ),
    case(
        "Author-status",
        "In",
        "$N1 ak:identityStatus *",
        "$N1 ak:identityStatus ak:Verified .",
        also="Author-number-fits",
    ),
    case("Author-number-count", "MaxCount", add='$N2 ak:homonymNumber "0002" .'),
    case("Author-number", "Datatype", "$N2 ak:homonymNumber *", "$N2 ak:homonymNumber 1000 ."),
    case("Author-number", "Pattern", "$N2 ak:homonymNumber *", '$N2 ak:homonymNumber "00010" .'),
    case("Author-number-fits", "Xone", "$N2 ak:homonymNumber *"),
    case("Author-number-fits", "Xone", add='$N1 ak:homonymNumber "0001" .'),
    case("Author-description-count", "MaxCount", add='$N1 schema:disambiguatingDescription "Perhaps a group." .'),
    *text("Author-description", "$N1", "schema:disambiguatingDescription"),
    case("Author-description-fits", "Xone", "$N1 schema:disambiguatingDescription *"),
    case("Author-description-fits", "Xone", add='$N2 schema:disambiguatingDescription "One person." .'),
    case("Author-no-same-as", "MaxCount", add="$N1 owl:sameAs <https://people.example/1> ."),
    case("Author-no-schema-same-as", "MaxCount", add="$N1 schema:sameAs <https://people.example/1> ."),
    case(
        "Author-no-schema-identifier", "MaxCount", add='$N1 schema:identifier "https://orcid.org/0000-0000-0000-0000" .'
    ),
    case("Author-no-identifier", "MaxCount", add="$N1 datacite:hasIdentifier <https://people.example/1> ."),
    case("Author-no-identifier", "MaxCount", add="$N2 datacite:hasIdentifier <https://people.example/1> ."),
]

VENUE_CASES = [
    closed("Venue", "$V"),
    case("Venue-iri", "NodeKind", V="_:venue", also="Journal-iri", record="journal"),
    case("Venue-iri", "Pattern", V="<journal/TMLR>", record="journal"),
    case("Venue-class", "Class", "$V a ak:Venue", also="Volume-venue"),
    case("Venue-class", "Class", "$V a ak:Venue", also="Paper-container", record="journal"),
    case("Venue-types", "In", add="$V a schema:Organization ."),
    case("Venue-schema-type", "QualifiedMinCount", "$V a schema:CreativeWorkSeries", also="Series-schema-type"),
    case("Venue-schema-type", "QualifiedMaxCount", add="$V a schema:Periodical ."),
    case("Venue-fabio-type", "QualifiedMinCount", "$V a fabio:Series"),
    case("Venue-fabio-type", "QualifiedMaxCount", add="$V a fabio:Journal .", also="Journal-schema-type Journal-iri"),
    case("Series-schema-type", "HasValue", "$V a schema:CreativeWorkSeries", "$V a schema:Periodical ."),
    case("Series-iri", "Pattern", V="<journal/icml>", record=_UNDATED),
    case(
        "Journal-schema-type",
        "HasValue",
        "$V a schema:Periodical",
        "$V a schema:CreativeWorkSeries .",
        record="journal",
    ),
    case("Journal-iri", "Pattern", V="<venue/tmlr>", record="journal"),
    case("Venue-name-missing", "MinCount", "$V schema:name * ; $V dcterms:title *"),
    *text("Venue-name", "$V", "schema:name", also="Venue-title"),
    case("Venue-title", "Equals", "$V dcterms:title *"),
    case("Venue-title", "Equals", add='$V dcterms:title "Icml" .'),
]

VOLUME_CASES = [
    closed("Volume", "$Y"),
    case("Volume-iri", "NodeKind", Y="_:volume"),
    case("Volume-iri", "Pattern", Y="<proceedings/icml/2024>", also="Volume-iri-parts"),
    case(
        "Volume-iri",
        "Pattern",
        Y="<book/a-handbook-of-stones/2020/workshops>",
        also="Volume-iri-parts",
        record="chapter",
    ),
    case("Volume-class", "Class", "$Y a ak:Volume", also="Paper-container"),
    case("Volume-types", "In", add="$Y a fabio:Proceedings ."),
    case(
        "Volume-schema-type",
        "QualifiedMinCount",
        "$Y a schema:PublicationVolume",
        also="ConferenceProceedings-schema-type",
    ),
    case("Volume-schema-type", "QualifiedMaxCount", add="$Y a schema:Book ."),
    case(
        "Volume-fabio-type", "QualifiedMinCount", "$Y a fabio:ConferenceProceedings", also="ConferencePaper-container"
    ),
    case("Volume-fabio-type", "QualifiedMaxCount", add="$Y a fabio:WorkshopProceedings .", also="Volume-iri-parts"),
    case("ConferenceProceedings-schema-type", "HasValue", "$Y a schema:PublicationVolume", "$Y a schema:Book ."),
    case(
        "WorkshopProceedings-schema-type",
        "HasValue",
        "$Y a schema:PublicationVolume",
        "$Y a schema:Book .",
        record=_WORKSHOP,
    ),
    case("Volume-name-missing", "MinCount", "$Y schema:name * ; $Y dcterms:title *"),
    *text("Volume-name", "$Y", "schema:name", also="Volume-title"),
    case("Volume-title", "Equals", "$Y dcterms:title *"),
    case("Volume-title", "Equals", add='$Y dcterms:title "Icml 2024" .'),
    case("Volume-year-count", "MinCount", "$Y fabio:hasPublicationYear *", also="Paper-volume-year"),
    case(
        "Volume-year-count",
        "MaxCount",
        add='$Y fabio:hasPublicationYear "2025"^^xsd:gYear .',
        also="Paper-volume-year Volume-iri-parts",
    ),
    case(
        "Volume-year",
        "Datatype",
        "$Y fabio:hasPublicationYear *",
        '$Y fabio:hasPublicationYear "2024" .',
        also="Paper-volume-year",
    ),
    case(
        "Volume-year",
        "Pattern",
        "$Y fabio:hasPublicationYear *",
        '$Y fabio:hasPublicationYear "-2024"^^xsd:gYear .',
        also="Paper-volume-year Volume-iri-parts",
    ),
    case("Volume-venue-count", "MinCount", "$Y schema:isPartOf * ; $Y frbr:partOf *"),
    case(
        "Volume-venue-count",
        "MaxCount",
        add="$Y schema:isPartOf <venue/icml-2> ; frbr:partOf <venue/icml-2> ."
        " <venue/icml-2> a schema:CreativeWorkSeries, fabio:Series, ak:Venue ;"
        ' schema:name "ICML 2" ; dcterms:title "ICML 2" .',
        also="Volume-iri-parts",
    ),
    case("Volume-venue", "Class", "$V a ak:Venue", also="Venue-class", record=_WORKSHOP),
    case("Volume-venue-frbr", "Equals", "$Y frbr:partOf *"),
    case("Volume-venue-frbr", "Equals", add="$Y frbr:partOf <venue/icml-2> ."),
    case("Volume-inferred", "HasValue", "$Y ak:isInferred *", "$Y ak:isInferred false ."),
    case("Volume-inferred", "MaxCount", add="$Y ak:isInferred false ."),
    # Another year, another venue, another kind
    case("Volume-iri-parts", "SPARQL", Y="<venue/icml/2023>"),
    case("Volume-iri-parts", "SPARQL", Y="<venue/iclr/2024>"),
    case("Volume-iri-parts", "SPARQL", Y="<venue/icml/2024/workshops>"),
    case("Volume-iri-parts", "SPARQL", Y="<venue/icml/2023>", record=_WORKSHOP),
    case("Volume-iri-parts", "SPARQL", Y="<venue/a-handbook-of-stones/2020>", record="chapter"),
    case("Volume-iri-parts", "SPARQL", Y="<book/a-handbook-of-stones/2021>", record="chapter"),
]

IDENTIFIER_CASES = [
    closed("Identifier", "$D"),
    case("Identifier-iri", "NodeKind", D="_:identifier"),
    case("Identifier-iri", "Pattern", D="<doi/$K-doi>"),
    case("Identifier-class", "Class", "$D a datacite:Identifier", also="Paper-identifier"),
    case("Identifier-types", "In", add="$D a datacite:PrimaryResourceIdentifier ."),
    case("Identifier-scheme", "HasValue", "$D datacite:usesIdentifierScheme *"),
    case("Identifier-scheme", "MaxCount", add="$D datacite:usesIdentifierScheme datacite:url ."),
    case("Identifier-value-count", "MinCount", "$D literal:hasLiteralValue *"),
    case(
        "Identifier-value-count", "MaxCount", add='$D literal:hasLiteralValue "10.5555/x" .', also="Identifier-agrees"
    ),
    case(
        "Identifier-value",
        "Datatype",
        "$D literal:hasLiteralValue *",
        '$D literal:hasLiteralValue "10.5555/stones-1"^^xsd:anyURI .',
    ),
    case(
        "Identifier-value",
        "Pattern",
        "$D literal:hasLiteralValue *",
        '$D literal:hasLiteralValue "10.5555/Stones-1" .',
        also="Identifier-agrees",
    ),
    case("Identifier-paper-count", "MinCount", "$P datacite:hasIdentifier * ; $P schema:identifier *"),
    case(
        "Identifier-paper-count",
        "MaxCount",
        add=f'{_SECOND_PAPER} schema:identifier "https://doi.org/10.5555/stones-1" ; datacite:hasIdentifier $D .',
        also=f"{_PARTS} {_SECOND_PAPER_LACKS} Paper-author-missing",
    ),
    case("Identifier-paper", "Class", "$P a ak:Paper", also="Paper-class Authorship-paper"),
    case(
        "Identifier-agrees", "SPARQL", "$D literal:hasLiteralValue *", '$D literal:hasLiteralValue "10.5555/stones-2" .'
    ),
    case(
        "Identifier-agrees",
        "SPARQL",
        "$P schema:identifier *",
        '$P schema:identifier "https://doi.org/10.5555/STONES-1" .',
    ),
]

_SHA256 = hexadecimal("another page")

CAPTURE_CASES = [
    closed("Capture", "$C"),
    case("Capture-iri", "NodeKind", C="_:capture"),
    case("Capture-iri", "Pattern", "$C ak:sha256 *", f'$C ak:sha256 "{_SHA256}" .', C=f"<page/{_SHA256[:16]}>"),
    case("Capture-class", "Class", "$C a ak:AuthorPage", also="Paper-listed-in"),
    case("Capture-types", "In", add="$C a schema:WebPage ."),
    case("Capture-types-missing", "HasValue", "$C a prov:Entity"),
    case("Capture-about-count", "MinCount", "$C schema:about *"),
    case("Capture-about-count", "MaxCount", add="$C schema:about $N2 ."),
    case("Capture-about", "Class", "$C schema:about *", "$C schema:about $V ."),
    case("Capture-name-as-listed-count", "MinCount", "$C ak:nameAsListed *"),
    case("Capture-name-as-listed-count", "MaxCount", add='$C ak:nameAsListed "ada quill" .'),
    *text("Capture-name-as-listed", "$C", "ak:nameAsListed"),
    case("Capture-sha256-count", "MinCount", "$C ak:sha256 *"),
    case("Capture-sha256-count", "MaxCount", add=f'$C ak:sha256 "{_SHA256}" .', also="Capture-iri-digest"),
    case(
        "Capture-sha256",
        "Datatype",
        "$C ak:sha256 *",
        f'$C ak:sha256 "{_SHA256}"^^xsd:hexBinary .',
        C=f"<capture/{_SHA256[:16]}>",
    ),
    case("Capture-sha256", "Pattern", "$C ak:sha256 *", f'$C ak:sha256 "{_SHA256}0" .', C=f"<capture/{_SHA256[:16]}>"),
    case("Capture-iri-digest", "SPARQL", "$C ak:sha256 *", f'$C ak:sha256 "{_SHA256}" .'),
    case("Capture-declared-papers-missing", "MinCount", "$C ak:declaredPaperCount *"),
    case(
        "Capture-declared-papers-count", "MaxCount", add="$C ak:declaredPaperCount 13 .", also="Capture-declared-count"
    ),
    case(
        "Capture-declared-papers", "Datatype", "$C ak:declaredPaperCount *", '$C ak:declaredPaperCount "12"^^xsd:int .'
    ),
    case(
        "Capture-declared-papers",
        "MinInclusive",
        "$C ak:declaredPaperCount *",
        "$C ak:declaredPaperCount -1 .",
        also="Capture-declared-count",
    ),
    case("Capture-declared-rows-missing", "MinCount", "$C ak:declaredAuthorRowCount *"),
    case("Capture-declared-rows-count", "MaxCount", add="$C ak:declaredAuthorRowCount 3 ."),
    case("Capture-declared-rows", "Datatype", "$C ak:declaredAuthorRowCount *", '$C ak:declaredAuthorRowCount "2" .'),
    case(
        "Capture-declared-rows", "MinInclusive", "$C ak:declaredAuthorRowCount *", "$C ak:declaredAuthorRowCount -1 ."
    ),
    case("Capture-listed-papers-count", "MinCount", "$C ak:listedPaperCount *"),
    case("Capture-listed-papers-count", "MaxCount", add="$C ak:listedPaperCount 11 .", also="Capture-declared-count"),
    case("Capture-listed-papers", "Datatype", "$C ak:listedPaperCount *", '$C ak:listedPaperCount "12"^^xsd:int .'),
    case(
        "Capture-listed-papers",
        "MinInclusive",
        "$C ak:listedPaperCount * ; $C ak:declaredPaperCount *",
        "$C ak:listedPaperCount -1 .",
        also="Capture-declared-papers-missing",
    ),
    case("Capture-declared-count", "SPARQL", "$C ak:listedPaperCount *", "$C ak:listedPaperCount 11 ."),
]

CASES = [
    *PAPER_CASES,
    *AUTHORSHIP_CASES,
    *AUTHOR_CASES,
    *VENUE_CASES,
    *VOLUME_CASES,
    *IDENTIFIER_CASES,
    *CAPTURE_CASES,
]

SHACL_TERMS = """
AbstractResult AndConstraintComponent BlankNode BlankNodeOrIRI BlankNodeOrLiteral ClassConstraintComponent
ClosedConstraintComponent ConstraintComponent DatatypeConstraintComponent DisjointConstraintComponent
EqualsConstraintComponent HasValueConstraintComponent IRI IRIOrLiteral InConstraintComponent Info
LanguageInConstraintComponent LessThanConstraintComponent LessThanOrEqualsConstraintComponent Literal
MaxCountConstraintComponent MaxExclusiveConstraintComponent MaxInclusiveConstraintComponent
MaxLengthConstraintComponent MinCountConstraintComponent MinExclusiveConstraintComponent
MinInclusiveConstraintComponent MinLengthConstraintComponent NodeConstraintComponent NodeKind
NodeKindConstraintComponent NodeShape NotConstraintComponent OrConstraintComponent Parameter Parameterizable
PatternConstraintComponent PrefixDeclaration PropertyConstraintComponent PropertyGroup PropertyShape
QualifiedMaxCountConstraintComponent QualifiedMinCountConstraintComponent SPARQLAskExecutable SPARQLAskValidator
SPARQLConstraint SPARQLConstraintComponent SPARQLExecutable SPARQLSelectExecutable SPARQLSelectValidator Severity
Shape UniqueLangConstraintComponent ValidationReport ValidationResult Validator Violation Warning
XoneConstraintComponent alternativePath and ask class closed conforms datatype deactivated declare defaultValue
description detail disjoint entailment equals flags focusNode group hasValue ignoredProperties in inversePath
labelTemplate languageIn lessThan lessThanOrEquals maxCount maxExclusive maxInclusive maxLength message minCount
minExclusive minInclusive minLength name namespace node nodeKind nodeValidator not oneOrMorePath optional or order
parameter path pattern prefix prefixes property propertyValidator qualifiedMaxCount qualifiedMinCount
qualifiedValueShape qualifiedValueShapesDisjoint result resultMessage resultPath resultSeverity select severity
shapesGraph shapesGraphWellFormed sourceConstraint sourceConstraintComponent sourceShape sparql suggestedShapesGraph
targetClass targetNode targetObjectsOf targetSubjectsOf uniqueLang validator value xone zeroOrMorePath zeroOrOnePath
"""
"""The terms of the SHACL Recommendation: Core, SHACL-SPARQL and the validation report."""

OTHER_TERMS = """
ExpressionConstraintComponent Function JSConstraint JSConstraintComponent JSExecutable JSFunction JSLibrary JSRule
JSTarget JSTargetType JSValidator ResultAnnotation Rule SPARQLConstructExecutable SPARQLFunction SPARQLRule
SPARQLTarget SPARQLTargetType SPARQLUpdateExecutable Target TargetType TripleRule annotationProperty annotationValue
annotationVarName condition construct expression filterShape intersection js jsFunctionName jsLibrary jsLibraryURL
nodes object predicate resultAnnotation returnType rule subject target this union update
"""
"""Terms in the same namespace that belong to later notes (advanced features, JavaScript), which few engines know."""
