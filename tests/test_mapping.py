"""The mapping is the model: two papers triple by triple, each kind by the tables, and what holds of any record."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple
from unicodedata import is_normalized

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg import Capture, Paper, Settings, triples
from arrowkg.errors import BadRecord, BadText
from arrowkg.mapping import record_triples
from arrowkg.model import Kind
from arrowkg.terms import Triple, is_iri, lexical_form
from arrowkg.vocab import known_terms

ROOT: Final = Path(__file__).parents[1]
BASE: Final = "https://kg.example.org/"
PREFIXES: Final = """
@base <https://kg.example.org/> .
@prefix ak: <https://w3id.org/arrowkg/ns#> .
@prefix datacite: <http://purl.org/spar/datacite/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix fabio: <http://purl.org/spar/fabio/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix frbr: <http://purl.org/vocab/frbr/core#> .
@prefix literal: <http://www.essepuntato.it/2010/06/literalreification/> .
@prefix pro: <http://purl.org/spar/pro/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix schema: <https://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def parsed(turtle: str) -> set[Triple]:
    """The triples of Turtle, by a parser that is not ours."""
    found = pyoxigraph.parse((PREFIXES + turtle).encode(), pyoxigraph.RdfFormat.TURTLE)
    return {(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in found}


def differences(found: set[Triple], expected: set[Triple]) -> list[str]:
    """What is too much and what is missing, to be read."""
    return [
        *(f"too much: {' '.join(triple)}" for triple in sorted(found - expected)),
        *(f"missing: {' '.join(triple)}" for triple in sorted(expected - found)),
    ]


def digest(*parts: str) -> str:
    return sha256("\x1f".join(("arrowkg-paper-1", *parts)).encode()).hexdigest()[:16]


# Two papers on one page, by hand.

POSTERIOR: Final = Paper(
    "From Posterior Sampling to Meaningful Diversity in Image Restoration",
    ("Noa Cohen 0001", "Hila Manor", "Yuval Bahat", "Tomer Michaeli"),
    venue="ICLR",
    kind="Conference Paper",
    year=2024,
    abstract="An abstract that is left out.",
)
COMPRESSION: Final = Paper(
    "PSC: Posterior Sampling-Based Compression",
    ("Noam Elata", "Tomer Michaeli", "Michael Elad"),
    venue="TMLR",
    kind="Journal Article",
    year=2025,
    abstract="An abstract that is left out.",
)
PAGE: Final = Capture("Tomer Michaeli", "0123456789abcdef" * 4, 2, 1, 2)
POSTERIOR_KEY: Final = "iclr-2024-from-posterior-sampling-to-meaningful-diversity-in-image-" + digest(
    "Conference Paper",
    "From Posterior Sampling to Meaningful Diversity in Image Restoration",
    "2024",
    "ICLR",
    "",
    "Noa Cohen 0001",
    "Hila Manor",
    "Yuval Bahat",
    "Tomer Michaeli",
)
COMPRESSION_KEY: Final = "tmlr-2025-psc-posterior-sampling-based-compression-" + digest(
    "Journal Article",
    "PSC: Posterior Sampling-Based Compression",
    "2025",
    "TMLR",
    "",
    "Noam Elata",
    "Tomer Michaeli",
    "Michael Elad",
)
NAME_ONLY: Final = "A name as listed, not a person: it may stand for several people or for a group."

EXAMPLE: Final = """
<paper/POSTERIOR>
    a schema:ScholarlyArticle , fabio:ConferencePaper , ak:Paper ;
    schema:name "From Posterior Sampling to Meaningful Diversity in Image Restoration" ;
    schema:headline "From Posterior Sampling to Meaningful Diversity in Image Restoration" ;
    dcterms:title "From Posterior Sampling to Meaningful Diversity in Image Restoration" ;
    schema:datePublished "2024"^^xsd:gYear ;
    fabio:hasPublicationYear "2024"^^xsd:gYear ;
    schema:isPartOf <venue/iclr/2024> ;
    frbr:partOf <venue/iclr/2024> ;
    ak:venueAsListed "ICLR" ;
    ak:kindAsListed "Conference Paper" ;
    schema:author <author/noa-cohen-0001> , <author/hila-manor> , <author/yuval-bahat> , <author/tomer-michaeli> ;
    dcterms:creator <author/noa-cohen-0001> , <author/hila-manor> , <author/yuval-bahat> , <author/tomer-michaeli> ;
    pro:isDocumentContextFor
        <authorship/POSTERIOR-1> , <authorship/POSTERIOR-2> , <authorship/POSTERIOR-3> , <authorship/POSTERIOR-4> ;
    ak:listedIn <capture/0123456789abcdef> .

<authorship/POSTERIOR-1>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/noa-cohen-0001> ;
    schema:item <author/noa-cohen-0001> ;
    schema:position 1 ;
    ak:nameAsListed "Noa Cohen 0001" .

<authorship/POSTERIOR-2>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/hila-manor> ;
    schema:item <author/hila-manor> ;
    schema:position 2 ;
    ak:nameAsListed "Hila Manor" .

<authorship/POSTERIOR-3>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/yuval-bahat> ;
    schema:item <author/yuval-bahat> ;
    schema:position 3 ;
    ak:nameAsListed "Yuval Bahat" .

<authorship/POSTERIOR-4>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/tomer-michaeli> ;
    schema:item <author/tomer-michaeli> ;
    schema:position 4 ;
    ak:nameAsListed "Tomer Michaeli" .

<paper/COMPRESSION>
    a schema:ScholarlyArticle , fabio:JournalArticle , ak:Paper ;
    schema:name "PSC: Posterior Sampling-Based Compression" ;
    schema:headline "PSC: Posterior Sampling-Based Compression" ;
    dcterms:title "PSC: Posterior Sampling-Based Compression" ;
    schema:datePublished "2025"^^xsd:gYear ;
    fabio:hasPublicationYear "2025"^^xsd:gYear ;
    schema:isPartOf <journal/tmlr> ;
    frbr:partOf <journal/tmlr> ;
    ak:venueAsListed "TMLR" ;
    ak:kindAsListed "Journal Article" ;
    schema:author <author/noam-elata> , <author/tomer-michaeli> , <author/michael-elad> ;
    dcterms:creator <author/noam-elata> , <author/tomer-michaeli> , <author/michael-elad> ;
    pro:isDocumentContextFor <authorship/COMPRESSION-1> , <authorship/COMPRESSION-2> , <authorship/COMPRESSION-3> ;
    ak:listedIn <capture/0123456789abcdef> .

<authorship/COMPRESSION-1>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/noam-elata> ;
    schema:item <author/noam-elata> ;
    schema:position 1 ;
    ak:nameAsListed "Noam Elata" .

<authorship/COMPRESSION-2>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/tomer-michaeli> ;
    schema:item <author/tomer-michaeli> ;
    schema:position 2 ;
    ak:nameAsListed "Tomer Michaeli" .

<authorship/COMPRESSION-3>
    a schema:ListItem , pro:RoleInTime , ak:Authorship ;
    pro:withRole pro:author ;
    pro:isHeldBy <author/michael-elad> ;
    schema:item <author/michael-elad> ;
    schema:position 3 ;
    ak:nameAsListed "Michael Elad" .

<author/hila-manor>
    a schema:Person , foaf:Agent , ak:AuthorName ;
    schema:name "Hila Manor" ;
    foaf:name "Hila Manor" ;
    ak:identityStatus ak:NameOnly ;
    schema:disambiguatingDescription "NAME_ONLY" .

<author/michael-elad>
    a schema:Person , foaf:Agent , ak:AuthorName ;
    schema:name "Michael Elad" ;
    foaf:name "Michael Elad" ;
    ak:identityStatus ak:NameOnly ;
    schema:disambiguatingDescription "NAME_ONLY" .

<author/noa-cohen-0001>
    a schema:Person , foaf:Agent , ak:AuthorName ;
    schema:name "Noa Cohen" ;
    foaf:name "Noa Cohen" ;
    ak:identityStatus ak:SourceDisambiguated ;
    ak:homonymNumber "0001" .

<author/noam-elata>
    a schema:Person , foaf:Agent , ak:AuthorName ;
    schema:name "Noam Elata" ;
    foaf:name "Noam Elata" ;
    ak:identityStatus ak:NameOnly ;
    schema:disambiguatingDescription "NAME_ONLY" .

<author/tomer-michaeli>
    a schema:Person , foaf:Agent , ak:AuthorName ;
    schema:name "Tomer Michaeli" ;
    foaf:name "Tomer Michaeli" ;
    ak:identityStatus ak:NameOnly ;
    schema:disambiguatingDescription "NAME_ONLY" .

<author/yuval-bahat>
    a schema:Person , foaf:Agent , ak:AuthorName ;
    schema:name "Yuval Bahat" ;
    foaf:name "Yuval Bahat" ;
    ak:identityStatus ak:NameOnly ;
    schema:disambiguatingDescription "NAME_ONLY" .

<venue/iclr/2024>
    a schema:PublicationVolume , fabio:ConferenceProceedings , ak:Volume ;
    schema:name "ICLR 2024" ;
    dcterms:title "ICLR 2024" ;
    fabio:hasPublicationYear "2024"^^xsd:gYear ;
    schema:isPartOf <venue/iclr> ;
    frbr:partOf <venue/iclr> ;
    ak:isInferred true .

<journal/tmlr>
    a schema:Periodical , fabio:Journal , ak:Venue ;
    schema:name "TMLR" ;
    dcterms:title "TMLR" .

<venue/iclr>
    a schema:CreativeWorkSeries , fabio:Series , ak:Venue ;
    schema:name "ICLR" ;
    dcterms:title "ICLR" .

<capture/0123456789abcdef>
    a prov:Entity , ak:AuthorPage ;
    schema:about <author/tomer-michaeli> ;
    ak:nameAsListed "Tomer Michaeli" ;
    ak:sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" ;
    ak:declaredPaperCount 2 ;
    ak:declaredAuthorRowCount 1 ;
    ak:listedPaperCount 2 .
"""


def test_two_papers_of_one_page_are_these_triples() -> None:
    settings = Settings(base_iri=BASE, abstracts=False)
    found = {*triples(POSTERIOR, settings, PAGE), *triples(COMPRESSION, settings, PAGE)}
    turtle = EXAMPLE.replace("POSTERIOR", POSTERIOR_KEY).replace("COMPRESSION", COMPRESSION_KEY)
    expected = parsed(turtle.replace("NAME_ONLY", NAME_ONLY))
    assert differences(found, expected) == []
    assert len(expected) == 172


def test_what_else_a_paper_may_have_are_these_triples() -> None:
    paper = Paper(
        "On Stones", ("Ada Quill",), abstract="We sort.\n\nWe end.", doi="10.5555/ABC", url="https://example.org/a b"
    )
    key = "on-stones-" + digest("", "On Stones", "", "", "10.5555/abc", "Ada Quill")
    expected = parsed(
        """
        <paper/KEY>
            a schema:CreativeWork , fabio:Expression , ak:Paper ;
            schema:name "On Stones" ; schema:headline "On Stones" ; dcterms:title "On Stones" ;
            schema:abstract "We sort.\\n\\nWe end." ; dcterms:abstract "We sort.\\n\\nWe end." ;
            schema:author <author/ada-quill> ; dcterms:creator <author/ada-quill> ;
            pro:isDocumentContextFor <authorship/KEY-1> ;
            schema:url "https://example.org/a b"^^xsd:anyURI ; fabio:hasURL "https://example.org/a b"^^xsd:anyURI ;
            schema:identifier "https://doi.org/10.5555/abc" ; datacite:hasIdentifier <identifier/KEY-doi> .
        <authorship/KEY-1>
            a schema:ListItem , pro:RoleInTime , ak:Authorship ;
            pro:withRole pro:author ; pro:isHeldBy <author/ada-quill> ; schema:item <author/ada-quill> ;
            schema:position 1 ; ak:nameAsListed "Ada Quill" .
        <identifier/KEY-doi>
            a datacite:Identifier ; datacite:usesIdentifierScheme datacite:doi ; literal:hasLiteralValue "10.5555/abc" .
        <author/ada-quill>
            a schema:Person , foaf:Agent , ak:AuthorName ; schema:name "Ada Quill" ; foaf:name "Ada Quill" ;
            ak:identityStatus ak:NameOnly ; schema:disambiguatingDescription "NAME_ONLY" .
        """.replace("KEY", key).replace("NAME_ONLY", NAME_ONLY)
    )
    assert differences(set(triples(paper, Settings(base_iri=BASE))), expected) == []


# Each kind by the tables.


class Row(NamedTuple):
    """What the tables say of a kind; ``volume`` is empty for a kind without volumes."""

    schema: str
    fabio: str
    volume: str = ""
    volume_schema: str = ""
    volume_fabio: str = ""
    volume_name: str = ""
    is_journal: bool = False


OTHERS: Final = Row("CreativeWork", "Expression")
CONFERENCE: Final = Row(
    "ScholarlyArticle", "ConferencePaper", "venue/iclr/2025", "PublicationVolume", "ConferenceProceedings", "ICLR 2025"
)
WORKSHOP: Final = Row(
    "ScholarlyArticle",
    "WorkshopPaper",
    "venue/iclr/2025/workshops",
    "PublicationVolume",
    "WorkshopProceedings",
    "ICLR 2025 Workshops",
)
CHAPTER: Final = Row("Chapter", "BookChapter", "book/iclr/2025", "Book", "Book", "ICLR")
TABLE: Final[dict[str | None, Row]] = {
    "Conference Paper": CONFERENCE,
    "Workshop Paper": WORKSHOP,
    "Journal Article": Row("ScholarlyArticle", "JournalArticle", is_journal=True),
    "Preprint": Row("ScholarlyArticle", "Preprint"),
    "Book Chapter": CHAPTER,
    "Book Section": CHAPTER,
    "Book": Row("Book", "Book"),
    "Poster": OTHERS,
    "conference paper": OTHERS,
    "Conference  Paper": OTHERS,
    "": OTHERS,
    None: OTHERS,
}


def test_the_tables_have_every_kind() -> None:
    assert {kind.value for kind in Kind} <= TABLE.keys()


def triples_of_a_kind(kind: str | None, year: int | None) -> set[Triple]:
    """The triples of a paper without authors, by the tables."""
    row = TABLE[kind]
    parts = (kind or "", "On Stones", "" if year is None else str(year), "ICLR", "")
    key = f"iclr-{'' if year is None else f'{year:04d}-'}on-stones-{digest(*parts)}"
    venue = "journal/iclr" if row.is_journal else "venue/iclr"
    volume = row.volume if year is not None else ""
    turtle = f"""
        <paper/{key}>
            a schema:{row.schema} , fabio:{row.fabio} , ak:Paper ;
            schema:name "On Stones" ; schema:headline "On Stones" ; dcterms:title "On Stones" ;
            schema:isPartOf <{volume or venue}> ; frbr:partOf <{volume or venue}> ;
            ak:venueAsListed "ICLR" .
        <{venue}> a schema:{"Periodical" if row.is_journal else "CreativeWorkSeries"} ,
            fabio:{"Journal" if row.is_journal else "Series"} , ak:Venue ;
            schema:name "ICLR" ; dcterms:title "ICLR" .
        """
    if kind:
        turtle += f'<paper/{key}> ak:kindAsListed "{kind}" .\n'
    if year is not None:
        turtle += (
            f'<paper/{key}> schema:datePublished "{year}"^^xsd:gYear ; fabio:hasPublicationYear "{year}"^^xsd:gYear .'
        )
    if volume:
        turtle += f"""
            <{volume}>
                a schema:{row.volume_schema} , fabio:{row.volume_fabio} , ak:Volume ;
                schema:name "{row.volume_name}" ; dcterms:title "{row.volume_name}" ;
                fabio:hasPublicationYear "{year}"^^xsd:gYear ;
                schema:isPartOf <{venue}> ; frbr:partOf <{venue}> ;
                ak:isInferred true .
            """
    return parsed(turtle)


@pytest.mark.parametrize("year", [2025, None])
@pytest.mark.parametrize("kind", TABLE)
def test_a_kind_is_as_the_tables_say(kind: str | None, year: int | None) -> None:
    paper = Paper("On Stones", venue="ICLR", kind=kind, year=year)
    assert differences(set(triples(paper, Settings())), triples_of_a_kind(kind, year)) == []


@pytest.mark.parametrize("kind", TABLE)
def test_a_paper_without_a_venue_is_part_of_nothing(kind: str | None) -> None:
    found = list(triples(Paper("On Stones", kind=kind, year=2025), Settings()))
    assert not [triple for triple in found if "artOf" in triple[1] or "enue" in triple[1]]
    assert {subject for subject, _, _ in found} == {found[0][0]}


def test_a_year_has_four_digits() -> None:
    found = set(triples(Paper("On Stones", venue="X", kind="Conference Paper", year=814), Settings()))
    volume = "<https://kg.example.org/venue/x/0814>"
    assert {value for _, predicate, value in found if "Year" in predicate or "datePublished" in predicate} == {
        '"0814"^^<http://www.w3.org/2001/XMLSchema#gYear>'
    }
    assert (
        volume,
        "<https://w3id.org/arrowkg/ns#isInferred>",
        '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>',
    ) in found


# Names.


def values(found: list[Triple], subject: str, predicate: str) -> list[str]:
    return [value for s, p, value in found if s == f"<{BASE}{subject}>" and p.rpartition(">")[0].endswith(predicate)]


def test_a_name_twice_in_a_byline_is_two_authorships_and_one_author() -> None:
    found = list(triples(Paper("On Stones", ("Ada Quill", "Bo Tarn", "ADA QUILL")), Settings()))
    paper = found[0][0][len(BASE) + 1 : -1]
    key = paper.removeprefix("paper/")
    authors = [f"<{BASE}author/ada-quill>", f"<{BASE}author/bo-tarn>"]
    assert values(found, paper, "schema.org/author") == authors
    assert values(found, paper, "creator") == authors
    assert values(found, paper, "isDocumentContextFor") == [f"<{BASE}authorship/{key}-{n}>" for n in (1, 2, 3)]
    assert [values(found, f"authorship/{key}-{n}", "isHeldBy")[0] for n in (1, 2, 3)] == [*authors, authors[0]]
    assert [values(found, f"authorship/{key}-{n}", "nameAsListed") for n in (1, 2, 3)] == [
        ['"Ada Quill"'], ['"Bo Tarn"'], ['"ADA QUILL"']
    ]  # fmt: skip
    assert values(found, "author/ada-quill", "/name") == ['"Ada Quill"'] * 2 + ['"ADA QUILL"'] * 2


def test_homonyms_are_several_authors() -> None:
    found = list(triples(Paper("On Stones", ("Noa Cohen", "Noa Cohen 0001", "NOA  COHEN\u00a00002")), Settings()))
    for slug, name, number in (
        ("noa-cohen", '"Noa Cohen"', []),
        ("noa-cohen-0001", '"Noa Cohen"', ['"0001"']),
        ("noa-cohen-0002", '"NOA  COHEN"', ['"0002"']),
    ):
        author = f"author/{slug}"
        assert set(values(found, author, "/name")) == {name}
        assert values(found, author, "homonymNumber") == number
        status = "SourceDisambiguated" if number else "NameOnly"
        assert values(found, author, "identityStatus") == [f"<https://w3id.org/arrowkg/ns#{status}>"]
        assert len(values(found, author, "disambiguatingDescription")) == (not number)


def test_the_name_of_a_page_is_described_though_no_byline_has_it() -> None:
    found = list(triples(Paper("On Stones", ("Bo Tarn",)), Settings(), replace(PAGE, name="Ada Quill 0003")))
    assert values(found, "capture/0123456789abcdef", "about") == [f"<{BASE}author/ada-quill-0003>"]
    assert set(values(found, "author/ada-quill-0003", "/name")) == {'"Ada Quill"'}


def test_a_page_states_no_number_that_its_header_does_not() -> None:
    page = Capture("Ada Quill", "0123456789abcdef" * 4, None, None, 3)
    found = list(triples(Paper("On Stones"), Settings(), page))
    assert not [triple for triple in found if "declared" in triple[1]]
    assert values(found, "capture/0123456789abcdef", "listedPaperCount") == [
        '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'
    ]


# What is refused.


@pytest.mark.parametrize(
    ("paper", "reason"),
    [
        (Paper(""), "no title"),
        (Paper(" \t\u00a0"), "no title"),
        (Paper("On Stones", ("Ada Quill", "")), "author 2 .*empty"),
        (Paper("On Stones", (" \u200f",)), "author 1 .*empty"),
        (Paper("On Stones", venue="\u200b"), "venue .*empty"),
        (Paper("On Stones", year=0), "year 0"),
        (Paper("On Stones", year=10_000), "year 10000"),
        (Paper("On Stones", year=-3), "year -3"),
        (Paper("On\0Stones"), r"title: .*U\+0000"),
        (Paper("On Stones", ("Ada", "B\ud800")), r"author 2: .*U\+D800"),
    ],
)
@pytest.mark.parametrize("characters", ["keep", "refuse"])
def test_a_record_that_cannot_be_mapped(characters: Any, paper: Paper, reason: str) -> None:
    pattern = reason if characters == "keep" else reason.replace("author 2: ", "author.*: ")
    with pytest.raises(BadRecord, match=pattern):
        list(triples(paper, Settings(characters=characters)))


def test_a_page_without_a_name_is_refused() -> None:
    with pytest.raises(BadRecord, match="page's name"):
        list(triples(Paper("On Stones"), Settings(), replace(PAGE, name=" \u200f")))


def test_text_that_is_not_written_may_hold_anything() -> None:
    paper = Paper("On Stones", abstract="a\0b")
    assert list(triples(paper, Settings(abstracts=False)))
    with pytest.raises(BadText):
        list(triples(paper, Settings()))


# What holds of any record.

ANY_PAPER: Final = strategies.papers()
ANY_CAPTURE: Final = st.none() | strategies.captures()
MANY: Final = hypothesis_settings(max_examples=300)


@MANY
@given(paper=ANY_PAPER, settings=strategies.settings(), capture=ANY_CAPTURE)
def test_any_record(paper: Paper, settings: Settings, capture: Capture | None) -> None:
    record = record_triples(paper, settings, capture)
    found = record.own + record.shared
    # Pure: the same again, and no triple twice.
    assert found == list(triples(paper, settings, capture))
    assert len(found) == len(set(found))
    # Every node has an IRI of ours or is a term of a vocabulary; there are no blank nodes.
    start, known = f"<{settings.base_iri}", known_terms(settings.schema_ns)
    subjects = {subject for subject, _, _ in found}
    assert all(subject.startswith(start) for subject in subjects)
    assert {predicate for _, predicate, _ in found} <= known
    objects = {value for _, _, value in found if is_iri(value)}
    assert all(value.startswith(start) or value in known for value in objects)
    assert all(term.isascii() for term in subjects | objects)
    assert all(value[0] in '<"' for _, _, value in found)
    # The record is whole: what is named is described.
    assert {value for value in objects if value.startswith(start)} <= subjects
    # Each literal is in NFC.
    assert all(is_normalized("NFC", lexical_form(value)) for _, _, value in found if not is_iri(value))
    # Its own nodes are those that hold its key, and nobody else's do.
    key = record.own[0][0].rpartition("/")[2][:-1]
    assert {subject for subject in subjects if key in subject} == {subject for subject, _, _ in record.own}
    # The triples of a node stand together.
    order = [subject for subject, _, _ in found]
    assert [s for i, s in enumerate(order) if not i or order[i - 1] != s] == list(dict.fromkeys(order))


def test_a_doi_is_in_nfc_though_small_letters_compose_where_large_ones_do_not() -> None:
    found = list(triples(Paper("On Stones", doi="10.5555/J\u030c"), Settings()))
    assert [lexical_form(value) for _, predicate, value in found if "hasLiteralValue" in predicate] == ["10.5555/ǰ"]


@given(paper=ANY_PAPER)
def test_one_namespace_of_schema_org_at_a_time(paper: Paper) -> None:
    https = list(triples(paper, Settings(schema_ns="https")))
    http = list(triples(paper, Settings(schema_ns="http")))

    def switched(term: str) -> str:
        return term.replace("<https://schema.org/", "<http://schema.org/") if is_iri(term) else term

    assert [tuple(map(switched, triple)) for triple in https] == http


@given(paper=ANY_PAPER)
def test_abstracts_are_left_out_on_request(paper: Paper) -> None:
    with_abstract = list(triples(paper, Settings()))
    without = list(triples(paper, Settings(abstracts=False)))
    assert without == [triple for triple in with_abstract if not triple[1].endswith("/abstract>")]


# What is single on a node is decided by its IRI.


class Single(NamedTuple):
    """A property that the shapes hold to one value on the nodes of a class."""

    target: str
    path: str
    is_inverse: bool


@cache
def held_to_one() -> frozenset[Single]:
    """What the shapes hold to one, and what they hold equal to that."""
    store = pyoxigraph.Store()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        store.load(path=str(path), format=pyoxigraph.RdfFormat.TURTLE)
    query = """
        PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT DISTINCT ?target ?path ?isInverse WHERE {
            ?shape sh:targetClass ?target ; sh:property ?property .
            { ?property sh:maxCount 1 ; sh:path ?path . BIND (false AS ?isInverse) FILTER (isIRI(?path)) }
            UNION { ?property sh:maxCount 1 ; sh:path/sh:inversePath ?path . BIND (true AS ?isInverse) }
            UNION {
                ?shape sh:property ?other . ?other sh:maxCount 1 ; sh:path ?held .
                ?property sh:equals ?held ; sh:path ?path . BIND (false AS ?isInverse) FILTER (isIRI(?path))
            }
        }
    """
    found = store.query(query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return frozenset(Single(str(t), str(p), i.value == "true") for t, p, i in found)


def second_values(found: set[Triple]) -> list[str]:
    """Each node and property that has more than the one value that the shapes allow."""
    types: dict[str, set[str]] = {}
    counts: dict[tuple[str, str, bool], int] = {}
    for subject, predicate, value in found:
        if predicate.endswith("#type>"):
            types.setdefault(subject, set()).add(value)
        for key in ((subject, predicate, False), (value, predicate, True)):
            counts[key] = counts.get(key, 0) + 1
    return [
        f"{node} {path} {count}"
        for (node, path, is_inverse), count in counts.items()
        if count > 1 and any(Single(target, path, is_inverse) in held_to_one() for target in types.get(node, ()))
    ]


def test_the_shapes_hold_these_to_one() -> None:
    ak, schema = "<https://w3id.org/arrowkg/ns#", "<https://schema.org/"
    assert len(held_to_one()) > 25
    assert {
        Single(f"{ak}Paper>", f"{schema}name>", False),
        Single(f"{ak}Paper>", f"{schema}headline>", False),
        Single(f"{ak}Authorship>", f"{ak}nameAsListed>", False),
        Single(f"{ak}AuthorName>", f"{ak}homonymNumber>", False),
        Single(f"{ak}Volume>", "<http://purl.org/spar/fabio/hasPublicationYear>", False),
    } <= held_to_one()


def other_spellings(name: str) -> list[str]:
    """Names with the same key."""
    spaced = name.replace(" ", "\u00a0 ")
    return [name, name.upper(), name.lower(), name.casefold(), spaced, f"\u200f{name}\u200e", "\u200b".join(name)]


@st.composite
def records_that_meet(draw: st.DrawFn) -> list[tuple[Paper, Capture | None]]:
    """Records that share nodes: equal digests with other abstracts, addresses and cases of the DOI, other spellings."""
    paper = draw(strategies.papers())
    found = [paper]
    if paper.doi:
        found += [
            replace(paper, doi=paper.doi.upper()),
            replace(paper, doi=paper.doi.lower(), url=draw(strategies.urls())),
        ]
    found += [replace(paper, abstract=draw(strategies.texts())), replace(paper, kind=paper.kind or "")]
    if paper.authors:
        found.append(replace(paper, authors=tuple(draw(st.sampled_from(other_spellings(n))) for n in paper.authors)))
    if paper.venue:
        for kind in draw(st.lists(strategies.kinds(), max_size=3)):
            found.append(replace(paper, venue=draw(st.sampled_from(other_spellings(paper.venue))), kind=kind))
    pages: list[Capture | None] = [*draw(st.lists(strategies.captures(), max_size=2))]
    return [(paper, page) for paper in found for page in pages or [None]]


@hypothesis_settings(max_examples=300)
@given(records=records_that_meet())
def test_merging_gives_no_second_value(records: list[tuple[Paper, Capture | None]]) -> None:
    merged: set[Triple] = set()
    for paper, capture in records:
        try:
            merged.update(triples(paper, Settings(), capture))
        except BadRecord:
            # A spelling may come out empty.
            continue
    assert second_values(merged) == []


def test_merging_would_be_caught() -> None:
    node, name = f"<{BASE}authorship/x-1>", "<https://w3id.org/arrowkg/ns#nameAsListed>"
    record = list(triples(Paper("On Stones", ("Ada Quill",)), Settings()))
    node = next(s for s, p, v in record if p == name)
    assert second_values({*record, (node, name, '"Bo Tarn"')}) == [f"{node} {name} 2"]


@pytest.mark.parametrize(
    "names",
    [
        ("Bo Tarn 0001", "BO TARN 0001", "Bo\u00a0Tarn  0001", "\u200fBo Tarn 0001\u200e", "Bo Tarn 00\u200f01"),
        ("Straße", "STRASSE", "strasse", "STRAẞE"),
        ("Zoë", "Zoe\u0308", "ZOË"),
    ],
)
def test_spellings_add_up_and_nothing_else_does(names: tuple[str, ...]) -> None:
    found = {triple for name in names for triple in record_triples(Paper("On Stones", (name,)), Settings()).shared}
    assert len({subject for subject, _, _ in found}) == 1
    assert second_values(found) == []
    assert len({predicate for _, predicate, _ in found if predicate.endswith("/name>")}) == 2
    if names[0].endswith("0001"):
        assert not [value for _, predicate, value in found if predicate.endswith("/name>") and "01" in value]
