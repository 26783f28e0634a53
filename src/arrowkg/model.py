"""What a listing says, as plain values: papers and the page that lists them. No RDF, no input or output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import is_normalized, normalize


def nfc(value: str) -> str:
    """The text in Unicode normalisation form C (Unicode Standard Annex 15).

    >>> nfc("Zoe\\u0308") == "Zo\\u00eb"
    True
    """
    return value if value.isascii() or is_normalized("NFC", value) else normalize("NFC", value)


class Kind(StrEnum):
    """The kinds of paper that arrowkg knows by name, each as listings state it."""

    CONFERENCE_PAPER = "Conference Paper"
    WORKSHOP_PAPER = "Workshop Paper"
    JOURNAL_ARTICLE = "Journal Article"
    PREPRINT = "Preprint"
    BOOK_CHAPTER = "Book Chapter"
    BOOK_SECTION = "Book Section"
    BOOK = "Book"


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as a listing states it. Texts are brought to NFC and are otherwise as listed.

    Attributes:
        title: the title.
        authors: the names in byline order; a name may occur twice.
        venue: the venue as listed, such as ``"NeurIPS"``, or ``None``.
        kind: the kind as listed, usually one of :class:`Kind`, or ``None``.
        year: the year of publication, 1 to 9999, or ``None``.
        abstract: paragraphs parted by a blank line, or ``None``.
        doi: a bare DOI such as ``"10.5555/12345"``, or ``None``.
        url: the address that the source states, or ``None``.

    >>> Paper("On Stones", ("Ada Quill", "Bo Tarn 0001"), venue="ICLR", kind="Conference Paper", year=2024).authors[0]
    'Ada Quill'
    """

    title: str
    authors: tuple[str, ...] = ()
    venue: str | None = None
    kind: str | None = None
    year: int | None = None
    abstract: str | None = None
    doi: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        for field in ("title", "venue", "kind", "abstract", "doi", "url"):
            value = getattr(self, field)
            if value is not None and not value.isascii():
                put(self, field, nfc(value))
        authors = tuple(self.authors)
        put(self, "authors", authors if "".join(authors).isascii() else tuple([nfc(name) for name in authors]))


@dataclass(frozen=True, slots=True)
class Capture:
    """One saved Arrow page: what its header states, and what was found on it.

    Attributes:
        name: the author name in the header, as listed, in NFC.
        sha256: lower-case hex digest of the page's bytes after decompression.
        declared_papers: the number of papers that the header states, or ``None``.
        declared_author_rows: the number of author rows that the header states, or ``None``.
        listed_papers: the number of entries found on the page.

    >>> Capture("Ada Quill", "00" * 32, declared_papers=2, declared_author_rows=1, listed_papers=2).name
    'Ada Quill'
    """

    name: str
    sha256: str
    declared_papers: int | None
    declared_author_rows: int | None
    listed_papers: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A page's header and its papers in the page's order: what an Arrow page shows.

    Attributes:
        name: the author name in the header.
        author_rows: the number of author rows.
        papers: the papers, in page order.
    """

    name: str
    author_rows: int
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper with the place where it is listed.

    Attributes:
        paper: the paper.
        file: the input as the user named it, ``-`` for standard input.
        line: the 1-based line at which its record starts.
        capture: the page that lists it, or ``None`` for an input that is no page.

    >>> Entry(Paper("On Stones"), "papers.jsonl", 3).line
    3
    """

    paper: Paper
    file: str
    line: int
    capture: Capture | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader should know and that stops nothing, such as a field that is left out.

    Attributes:
        topic: what it is about, a few words that are the same for each such notice, for counting.
        text: the whole story, one line.
        file: the input concerned.
        line: the 1-based line, or ``None``.
    """

    topic: str
    text: str
    file: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.text}" if self.line is None else f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class InputRead:
    """An input that was read to its end.

    Attributes:
        file: as the user named it.
        kind: the name of its format or notation.
        sha256: of its bytes as they are stored, in hex.
        papers: how many papers were mapped; 0 for RDF.
    """

    file: str
    kind: str
    sha256: str
    papers: int
