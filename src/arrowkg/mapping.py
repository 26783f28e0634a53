"""The model in code: what a paper, its authors and its venue become. Pure: the same values give the same triples.

Read it beside ``docs/model.md``; the order of the triples here is the order of that page's tables. A record is
emitted whole: the paper's own nodes first (the paper, its authorships, its identifier), then the nodes that it shares
with other records (authors, volume, venue, capture), each described in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from arrowkg import vocab
from arrowkg.errors import BadRecord, BadText
from arrowkg.iris import (
    author_iri,
    capture_iri,
    homonym_number,
    name_key,
    paper_key,
    slug,
    venue_iri,
    without_homonym_number,
)
from arrowkg.model import Capture, Kind, Paper, nfc
from arrowkg.settings import Settings
from arrowkg.terms import TRUE, Triple, any_uri, integer, text, unsafe_characters, with_replacements, year
from arrowkg.vocab import RDF_TYPE, Schema

_sha256 = re.compile("[0-9a-f]{64}")
NAME_ONLY_DESCRIPTION: Final = "A name as listed, not a person: it may stand for several people or for a group."


class Classes(NamedTuple):
    """The types of a kind of paper: a field of :class:`~arrowkg.vocab.Schema`, and a FaBiO class."""

    schema: str
    fabio: str


CLASSES_OF_KIND: Final[dict[str | None, Classes]] = {
    Kind.CONFERENCE_PAPER.value: Classes("ScholarlyArticle", vocab.FABIO_CONFERENCE_PAPER),
    Kind.WORKSHOP_PAPER.value: Classes("ScholarlyArticle", vocab.FABIO_WORKSHOP_PAPER),
    Kind.JOURNAL_ARTICLE.value: Classes("ScholarlyArticle", vocab.FABIO_JOURNAL_ARTICLE),
    Kind.PREPRINT.value: Classes("ScholarlyArticle", vocab.FABIO_PREPRINT),
    Kind.BOOK_CHAPTER.value: Classes("Chapter", vocab.FABIO_BOOK_CHAPTER),
    Kind.BOOK_SECTION.value: Classes("Chapter", vocab.FABIO_BOOK_CHAPTER),
    Kind.BOOK.value: Classes("Book", vocab.FABIO_BOOK),
}
CLASSES_OF_OTHERS: Final = Classes("CreativeWork", vocab.FABIO_EXPRESSION)


class RecordTriples(NamedTuple):
    """The triples of one record, no triple twice.

    Attributes:
        own: of the paper, its authorships and its identifier; no other paper has these nodes.
        shared: of its authors, volume, venue and capture, which other records describe too.
    """

    own: list[Triple]
    shared: list[Triple]


def triples(paper: Paper, settings: Settings, capture: Capture | None = None) -> Iterator[Triple]:
    """Every triple of one record, no triple twice.

    Args:
        paper: the paper.
        settings: the base IRI, schema.org's namespace, whether abstracts are written, what becomes of odd characters.
        capture: the page that lists the paper, if a page does.

    Raises:
        BadRecord: the paper has no title, a name of the byline is empty, or the year is not one from 1 to 9999.
        BadText: a text holds a character that cannot be written (see ``Settings.characters``).

    >>> paper = Paper("On Stones", ("Ada Quill",), venue="TMLR", kind="Journal Article", year=2024)
    >>> len(list(triples(paper, Settings())))
    35
    """
    own, shared = record_triples(paper, settings, capture)
    yield from own
    yield from shared


def record_triples(paper: Paper, settings: Settings, capture: Capture | None = None) -> RecordTriples:
    """The triples of one record, its own nodes apart from the shared ones; arguments and errors as :func:`triples`.

    >>> own, shared = record_triples(Paper("On Stones", ("Ada Quill",)), Settings())
    >>> own[0][0] == own[-1][0], shared[0][0]
    (False, '<https://kg.example.org/author/ada-quill>')
    """
    if settings.characters == "refuse":
        _refuse_unsafe(paper, capture)
    elif settings.characters == "replace":
        paper, capture = _replaced(paper, capture)
    s = vocab.schema(settings.schema_ns)
    authors = _Authors(settings.base_iri)
    byline = [authors.add(name, position) for position, name in enumerate(paper.authors, 1)]
    shared: list[Triple] = []
    part_of = _add_venue(shared, paper, settings.base_iri, s)
    listed_in = None if capture is None else _add_capture(shared, capture, authors, settings.base_iri, s)
    own = _own_triples(paper, byline, part_of, listed_in, settings, s)
    return RecordTriples(own, authors.triples(s) + shared)


def _literal(field: str, value: str, make: Callable[[str], str] = text) -> str:
    """The literal of a text, an error naming the field that it came from."""
    try:
        return make(value)
    except BadText as error:
        raise BadText(f"{field}: {error.reason}", hint=error.hint) from None


def texts_of(paper: Paper, capture: Capture | None = None) -> dict[str, str]:
    """Every text of a record that goes into its triples, by the name of its field.

    >>> texts_of(Paper("On Stones", ("Ada Quill",)))
    {'title': 'On Stones', 'author 1': 'Ada Quill'}
    """
    texts = {field: getattr(paper, field) for field in ("title", "venue", "kind", "abstract", "doi", "url")}
    texts |= {f"author {position}": name for position, name in enumerate(paper.authors, 1)}
    if capture is not None:
        texts["the page's name"] = capture.name
    return {field: text for field, text in texts.items() if text}


def _refuse_unsafe(paper: Paper, capture: Capture | None) -> None:
    for field, value in texts_of(paper, capture).items():
        if found := unsafe_characters(value):
            raise BadText(
                f"{field}: the text holds U+{ord(found[0]):04X}, which not every RDF notation carries",
                hint="--characters replace writes U+FFFD in its place",
            )


def _replaced(paper: Paper, capture: Capture | None) -> tuple[Paper, Capture | None]:
    """The record with U+FFFD for each character that not every notation carries."""
    changed: dict[str, Any] = {
        field: with_replacements(value)
        for field in ("title", "venue", "kind", "abstract", "doi", "url")
        if (value := getattr(paper, field)) is not None
    }
    paper = replace(paper, authors=tuple([with_replacements(name) for name in paper.authors]), **changed)
    return paper, capture and replace(capture, name=with_replacements(capture.name))


def _own_triples(
    paper: Paper,
    byline: list[tuple[str, str]],
    part_of: str | None,
    listed_in: str | None,
    settings: Settings,
    s: Schema,
) -> list[Triple]:
    """The triples of the paper, its authorships and its identifier.

    ``byline`` has, in order, the term of each author and the literal of the name as listed.
    """
    if not paper.title or paper.title.isspace():
        raise BadRecord("the paper has no title")
    key = paper_key(paper)
    this = f"<{settings.base_iri}paper/{key}>"
    title = _literal("title", paper.title)
    classes = CLASSES_OF_KIND.get(paper.kind, CLASSES_OF_OTHERS)
    own: list[Triple] = [
        (this, RDF_TYPE, getattr(s, classes.schema)),
        (this, RDF_TYPE, classes.fabio),
        (this, RDF_TYPE, vocab.AK_PAPER),
        (this, s.name, title),
        (this, s.headline, title),
        (this, vocab.DCTERMS_TITLE, title),
    ]
    if paper.year is not None:
        own += (this, s.datePublished, year(paper.year)), (this, vocab.FABIO_PUBLICATION_YEAR, year(paper.year))
    if paper.abstract and settings.abstracts:
        abstract = _literal("abstract", paper.abstract)
        own += (this, s.abstract, abstract), (this, vocab.DCTERMS_ABSTRACT, abstract)
    if part_of:
        own += (this, s.isPartOf, part_of), (this, vocab.FRBR_PART_OF, part_of)
    if paper.venue:
        own.append((this, vocab.AK_VENUE_AS_LISTED, _literal("venue", paper.venue)))
    if paper.kind:
        own.append((this, vocab.AK_KIND_AS_LISTED, _literal("kind", paper.kind)))
    authors = dict.fromkeys([author for author, _ in byline])
    own += [(this, s.author, author) for author in authors]
    own += [(this, vocab.DCTERMS_CREATOR, author) for author in authors]
    authorship = f"<{settings.base_iri}authorship/{key}-"
    own += [(this, vocab.PRO_IS_CONTEXT_FOR, f"{authorship}{n}>") for n in range(1, len(byline) + 1)]
    if listed_in:
        own.append((this, vocab.AK_LISTED_IN, listed_in))
    if paper.url:
        url = _literal("url", paper.url, any_uri)
        own += (this, s.url, url), (this, vocab.FABIO_URL, url)
    if paper.doi:
        # Small letters may compose where large ones do not.
        doi = nfc(paper.doi.lower())
        identifier = f"<{settings.base_iri}identifier/{key}-doi>"
        own += (
            (this, s.identifier, _literal("doi", f"https://doi.org/{doi}")),
            (this, vocab.DATACITE_HAS_IDENTIFIER, identifier),
        )
    _add_authorships(own, byline, authorship, s)
    if paper.doi:
        own += (
            (identifier, RDF_TYPE, vocab.DATACITE_IDENTIFIER),
            (identifier, vocab.DATACITE_USES_SCHEME, vocab.DATACITE_DOI),
            (identifier, vocab.LITERAL_VALUE, _literal("doi", doi)),
        )
    return own


def _add_authorships(own: list[Triple], byline: list[tuple[str, str]], start: str, s: Schema) -> None:
    """Describe each place of a byline; ``start`` is what their terms start with, less the position."""
    for position, (author, name) in enumerate(byline, 1):
        node = f"{start}{position}>"
        own += (
            (node, RDF_TYPE, s.ListItem),
            (node, RDF_TYPE, vocab.PRO_ROLE_IN_TIME),
            (node, RDF_TYPE, vocab.AK_AUTHORSHIP),
            (node, vocab.PRO_WITH_ROLE, vocab.PRO_AUTHOR),
            (node, vocab.PRO_IS_HELD_BY, author),
            (node, s.item, author),
            (node, s.position, integer(position)),
            (node, vocab.AK_NAME_AS_LISTED, name),
        )


def _field(position: int | None) -> str:
    return "the page's name" if position is None else f"author {position}"


class _Authors:
    """The authors of one record, each with the spellings of the name that the record lists."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._numbers: dict[str, str | None] = {}
        self._spellings: dict[str, dict[str, None]] = {}

    def add(self, name: str, position: int | None = None) -> tuple[str, str]:
        """Take note of a listed name; the term of its author, and the literal of the name as listed."""
        try:
            literal = text(name)
        except BadText as error:
            raise BadText(f"{_field(position)}: {error.reason}", hint=error.hint) from None
        key = name_key(name)
        if not key:
            raise BadRecord(f"{_field(position)} has an empty name")
        author = f"<{author_iri(self._base, key)}>"
        number = homonym_number(key)
        # Less its number a name holds no other character than before.
        spelling = literal if number is None else text(without_homonym_number(name))
        self._numbers[author] = number
        self._spellings.setdefault(author, {})[spelling] = None
        return author, literal

    def triples(self, s: Schema) -> list[Triple]:
        """The description of each author, in the order in which they were first met."""
        found: list[Triple] = []
        for author, number in self._numbers.items():
            found += (
                (author, RDF_TYPE, s.Person),
                (author, RDF_TYPE, vocab.FOAF_AGENT),
                (author, RDF_TYPE, vocab.AK_AUTHOR_NAME),
            )
            for spelling in self._spellings[author]:
                found += (author, s.name, spelling), (author, vocab.FOAF_NAME, spelling)
            if number is None:
                found += (
                    (author, vocab.AK_IDENTITY_STATUS, vocab.AK_NAME_ONLY),
                    (author, s.disambiguatingDescription, _NAME_ONLY_LITERAL),
                )
            else:
                found += (
                    (author, vocab.AK_IDENTITY_STATUS, vocab.AK_SOURCE_DISAMBIGUATED),
                    (author, vocab.AK_HOMONYM_NUMBER, f'"{number}"'),
                )
        return found


_NAME_ONLY_LITERAL: Final = text(NAME_ONLY_DESCRIPTION)


def _add_venue(shared: list[Triple], paper: Paper, base: str, s: Schema) -> str | None:
    """Describe the venue of a paper, and its volume if the kind has volumes; the term of what the paper is part of."""
    if not paper.venue:
        return None
    name = _literal("venue", paper.venue)
    key = name_key(paper.venue)
    if not key:
        raise BadRecord("the venue is an empty name")
    venue_slug = slug(key)
    venue = f"<{venue_iri(base, venue_slug, paper.kind)}>"
    part_of = _add_volume(shared, paper, base, venue, venue_slug, s) or venue
    is_journal = paper.kind == Kind.JOURNAL_ARTICLE
    shared += (
        (venue, RDF_TYPE, s.Periodical if is_journal else s.CreativeWorkSeries),
        (venue, RDF_TYPE, vocab.FABIO_JOURNAL if is_journal else vocab.FABIO_SERIES),
        (venue, RDF_TYPE, vocab.AK_VENUE),
        (venue, s.name, name),
        (venue, vocab.DCTERMS_TITLE, name),
    )
    return part_of


def _add_volume(shared: list[Triple], paper: Paper, base: str, venue: str, venue_slug: str, s: Schema) -> str | None:
    """Describe the volume that a paper of its kind, venue and year must be in; its term, or none for other kinds."""
    if paper.year is None:
        return None
    at_venue, name = f"{venue_slug}/{paper.year:04d}", f"{paper.venue} {paper.year}"
    schema_class, fabio_class = s.PublicationVolume, vocab.FABIO_CONFERENCE_PROCEEDINGS
    match paper.kind:
        case Kind.CONFERENCE_PAPER:
            volume = f"<{base}venue/{at_venue}>"
        case Kind.WORKSHOP_PAPER:
            volume, name, fabio_class = (
                f"<{base}venue/{at_venue}/workshops>",
                f"{name} Workshops",
                vocab.FABIO_WORKSHOP_PROCEEDINGS,
            )
        case Kind.BOOK_CHAPTER | Kind.BOOK_SECTION:
            # The venue of a chapter is the book itself, so the name is the listed one.
            volume, name = f"<{base}book/{at_venue}>", str(paper.venue)
            schema_class, fabio_class = s.Book, vocab.FABIO_BOOK
        case _:
            return None
    title = _literal("venue", name)
    shared += (
        (volume, RDF_TYPE, schema_class),
        (volume, RDF_TYPE, fabio_class),
        (volume, RDF_TYPE, vocab.AK_VOLUME),
        (volume, s.name, title),
        (volume, vocab.DCTERMS_TITLE, title),
        (volume, vocab.FABIO_PUBLICATION_YEAR, year(paper.year)),
        (volume, s.isPartOf, venue),
        (volume, vocab.FRBR_PART_OF, venue),
        (volume, vocab.AK_IS_INFERRED, TRUE),
    )
    return volume


def _add_capture(shared: list[Triple], capture: Capture, authors: _Authors, base: str, s: Schema) -> str:
    """Describe the page that lists a paper; its term."""
    if _sha256.fullmatch(capture.sha256) is None:
        raise BadRecord(f"the capture's SHA-256 {capture.sha256[:80]!r} is not 64 hex digits in lower case")
    page = f"<{capture_iri(base, capture.sha256)}>"
    author, name = authors.add(capture.name)
    shared += (
        (page, RDF_TYPE, vocab.PROV_ENTITY),
        (page, RDF_TYPE, vocab.AK_AUTHOR_PAGE),
        (page, s.about, author),
        (page, vocab.AK_NAME_AS_LISTED, name),
        (page, vocab.AK_SHA256, f'"{capture.sha256}"'),
    )
    if capture.declared_papers is not None:
        shared.append((page, vocab.AK_DECLARED_PAPER_COUNT, integer(capture.declared_papers)))
    if capture.declared_author_rows is not None:
        shared.append((page, vocab.AK_DECLARED_AUTHOR_ROW_COUNT, integer(capture.declared_author_rows)))
    shared.append((page, vocab.AK_LISTED_PAPER_COUNT, integer(capture.listed_papers)))
    return page
