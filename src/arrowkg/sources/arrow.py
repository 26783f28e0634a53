"""Arrow author pages: finding the papers on a page, and reading one.

A page is a header, then for each paper a line ``VENUE Conference|Journal YEAR KIND``, the title, one bulleted line for
each author, and an abstract of any number of paragraphs. An abstract may hold anything, even a paragraph that looks
like the line of a paper or bullets that look like authors, so no single line decides. What tells a paper's line from
such a paragraph is, in this order: a title and a byline follow; the byline holds the page's own name, as every byline
on an author page must; the number of papers that the page states; and the page's order, newest first, then by title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from arrowkg.errors import BadRecord, InputError
from arrowkg.files import Input
from arrowkg.iris import name_key
from arrowkg.model import Capture, Kind, Notice, Paper, nfc
from arrowkg.settings import Settings
from arrowkg.sources.record import Notify, Record, check_limits

PAGE_TITLE: Final = "Arrow Research search"
CLUSTER_TITLE: Final = "Author name cluster"
NOTE: Final = (
    "Possible papers associated with this exact author name in Arrow. "
    "This page groups case-insensitive exact name matches and is not a full identity disambiguation profile."
)
LIST_TITLE: Final = "Possible papers"
VENUE_TYPES: Final = {Kind.CONFERENCE_PAPER.value: "Conference", Kind.JOURNAL_ARTICLE.value: "Journal"}
"""The word that stands after the venue, for each kind that a page states."""

_paper_line = re.compile(
    r"\s*(?P<venue>\S(?:.*\S)?)\s+(?P<type>Conference|Journal)\s+(?P<year>[0-9]{4})\s+"
    r"(?P<kind>Conference Paper|Journal Article)\s*"
)
# A line that only just fails to be a paper's: the year is no number, or the kind is another.
_near_paper_line = re.compile(
    r"\s*\S(?:.*\S)?\s+(?:Conference|Journal|Workshop|Preprint|Book)\s+(?P<year>\S+)\s+(?P<kind>\w+(?: \w+)?)\s*"
)
# A star or a hyphen is a bullet only before a blank; the other signs start no name.
_bullet = re.compile(r"\s*(?:[•·‣⁃◦●▪∙]|[*-](?=\s|$))\s*(?P<name>.*)", re.DOTALL)
_papers_stated = re.compile(r"([0-9][0-9,. ]*) papers?", re.IGNORECASE)
_rows_stated = re.compile(r"([0-9][0-9,. ]*) author rows?", re.IGNORECASE)
_BLANKS: Final = " \t\u00a0"
_HEADER_LINES: Final = 60
_LONGEST_PAPER_LINE: Final = 1000


class Line(NamedTuple):
    """One line of a page.

    Attributes:
        number: 1-based line in the input.
        text: the text, without blanks at its end.
    """

    number: int
    text: str


class _Header(NamedTuple):
    """What the top of a page states.

    ``stated`` has each number of papers that it gives, ``end`` is where the papers begin.
    """

    name: str
    papers: int | None
    author_rows: int | None
    stated: tuple[int, ...]
    end: int


@dataclass(slots=True)
class _Candidate:
    """A line that may start a paper. ``flaw`` says why it cannot be read as one, empty if it can."""

    start: int
    end: int = 0
    title: str = ""
    year: int = 0
    has_page_name: bool = False
    flaw: str = ""
    authors: list[str] = field(default_factory=list)

    @property
    def order(self) -> tuple[int, str]:
        return -self.year, self.title.casefold()


def split(source: Input, settings: Settings, notify: Notify) -> Iterator[Record | BadRecord]:
    """The papers of a page saved as text; see :class:`~arrowkg.sources.record.Split`."""
    content = source.whole()
    yield from split_lines(lines_of(content, source.name), content, source.name, notify)


def lines_of(content: bytes, file: str) -> list[Line]:
    """The lines of a page saved as text, whichever line ends and Unicode form it was saved with, in NFC.

    Only line feeds end a line (or carriage returns, in a file without any line feed): form feeds and U+2028 stand
    inside abstracts.

    Raises:
        InputError: the bytes are not UTF-8.

    >>> lines_of(b"a \\r\\n\\r\\nb", "page.txt")
    [Line(number=1, text='a'), Line(number=2, text=''), Line(number=3, text='b')]
    """
    text = decoded(content, file)
    text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    lines: list[Line] = []
    for number, line in enumerate(nfc(text).split("\n"), 1):
        shown = line.rstrip(_BLANKS)
        # One blank line says as much as many, and takes less room.
        if shown or not lines or lines[-1].text:
            lines.append(Line(number, shown))
    return lines


def decoded(content: bytes, file: str) -> str:
    """The text of UTF-8 bytes, less a byte-order mark.

    Raises:
        InputError: they are not UTF-8.

    >>> decoded(b"\\xef\\xbb\\xbfpage", "page.txt")
    'page'
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the text is UTF-16", hint="save it as UTF-8", file=file, line=1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        if error.reason == "unexpected end of data":
            raise InputError("the page is cut off in the middle of a character", file=file, line=line) from None
        raise InputError(
            f"not UTF-8: byte 0x{content[error.start]:02X}", hint="save it as UTF-8", file=file, line=line
        ) from None


def split_lines(lines: Sequence[Line], content: bytes, file: str, notify: Notify) -> Iterator[Record | BadRecord]:
    """The papers among the lines of a page whose bytes were ``content``; errors as :func:`split`."""
    if not any(line.text for line in lines):
        raise InputError("the page is empty", file=file)
    header = _header(lines, file)
    entries = _entries(lines, header)
    if not entries:
        raise InputError("the page lists no paper", hint="is it cut off, or another kind of page?", file=file)
    _report_header(header, entries, lines, file, notify)
    capture = Capture(
        name=header.name,
        sha256=sha256(content).hexdigest(),
        declared_papers=header.papers,
        declared_author_rows=header.author_rows,
        listed_papers=len(entries),
    )
    before = next((i for i in range(header.end, entries[0].start) if lines[i].text), None)
    if before is not None:
        yield _bad(
            "text stands before the first paper of the page",
            lines[before : entries[0].start],
            file,
            "a paper starts with a line such as 'ICLR Conference 2024 Conference Paper'",
        )
    is_cut_off = bool(header.stated) and len(entries) < min(header.stated)
    for entry in entries:
        own_lines = lines[entry.start : entry.end]
        number = own_lines[0].number
        if entry.flaw:
            yield _bad(entry.flaw, own_lines, file)
        elif is_cut_off and entry is entries[-1]:
            told = (
                f"the page is cut off: it states {min(header.stated)} papers and {len(entries)} are found, "
                "of which this last one may be incomplete"
            )
            yield _bad(told, own_lines, file, "save the page again")
        else:
            if not entry.has_page_name:
                notify(Notice("byline without the page's name", f"{header.name!r} is not in the byline", file, number))
            yield Record(file, number, _payload(own_lines), capture)


def _payload(lines: Sequence[Line]) -> bytes:
    return "\n".join([line.text for line in lines]).encode(errors="surrogatepass")


def _bad(reason: str, lines: Sequence[Line], file: str, hint: str = "") -> BadRecord:
    error = BadRecord(reason, hint=hint, file=file, line=lines[0].number)
    error.record = _payload(lines)
    return error


def _header(lines: Sequence[Line], file: str) -> _Header:
    shown = [i for i, line in enumerate(lines[: _HEADER_LINES * 2]) if line.text][:_HEADER_LINES]
    texts = [lines[i].text.strip(_BLANKS) for i in shown]
    folded = [text.casefold() for text in texts]
    if CLUSTER_TITLE.casefold() not in folded:
        raise InputError(
            f"no Arrow author page: the line {CLUSTER_TITLE!r} is missing",
            hint="save the whole page, from its title to its last abstract",
            file=file,
        )
    top = folded.index(CLUSTER_TITLE.casefold())
    if LIST_TITLE.casefold() not in folded[top + 1 :]:
        raise InputError(
            f"the page ends before its list of papers: the line {LIST_TITLE!r} is missing",
            hint="save the whole page, from its title to its last abstract",
            file=file,
            line=lines[shown[-1]].number,
        )
    bottom = folded.index(LIST_TITLE.casefold(), top + 1)
    if bottom == top + 1:
        raise InputError("the page names no author", file=file, line=lines[shown[top]].number)
    papers = rows = None
    for text in texts[top + 2 : bottom]:
        if (match := _papers_stated.fullmatch(text)) and papers is None:
            papers = _number(match[1])
        elif (match := _rows_stated.fullmatch(text)) and rows is None:
            rows = _number(match[1])
    end = shown[bottom] + 1
    listed = None
    if bottom + 1 < len(texts) and texts[bottom + 1].replace(",", "").isascii() and texts[bottom + 1].isdigit():
        listed, end = _number(texts[bottom + 1]), shown[bottom + 1] + 1
    stated = tuple(count for count in (papers, listed) if count is not None)
    return _Header(texts[top + 1], papers, rows, stated, end)


def _number(text: str) -> int:
    return int(re.sub("[^0-9]", "", text)[:18])


def _entries(lines: Sequence[Line], header: _Header) -> list[_Candidate]:
    """The papers of a page in order, those that cannot be read with their flaw."""
    candidates = list(_candidates(lines, header))
    chosen = _chosen([c for c in candidates if not c.flaw], header.stated)
    flawed = [c for c in candidates if c.flaw]
    # A flawed paper is believed where the page states more papers than can be read, or states no number at all.
    if not header.stated:
        flawed = [c for c in flawed if c.has_page_name]
    elif len(chosen) in header.stated or len(chosen) > max(header.stated):
        flawed = []
    entries = sorted(chosen + flawed, key=lambda c: c.start)
    for i, entry in enumerate(entries):
        entry.end = entries[i + 1].start if i + 1 < len(entries) else len(lines)
    return entries


def _candidates(lines: Sequence[Line], header: _Header) -> Iterator[_Candidate]:
    """Every line that may start a paper, none inside the title and byline of another."""
    page_key = name_key(header.name)
    resume = header.end
    # A paper's line stands after a blank one, unless the page was saved without any.
    has_blanks = any(not line.text for line in lines[header.end :])
    for i in range(header.end, len(lines)):
        text = lines[i].text
        if i < resume or not text or len(text) > _LONGEST_PAPER_LINE:
            continue
        if has_blanks and i > header.end and lines[i - 1].text:
            continue
        if match := _paper_line.fullmatch(text):
            candidate = _candidate(lines, i, page_key)
            candidate.year = int(match["year"])
        elif match := _near_paper_line.fullmatch(text):
            candidate = _candidate(lines, i, page_key)
            if candidate.flaw or not candidate.has_page_name:
                continue
            candidate.flaw = _near_flaw(match["year"], match["kind"])
        else:
            continue
        if not candidate.flaw:
            resume = candidate.end
        yield candidate


def _near_flaw(year: str, kind: str) -> str:
    if re.fullmatch("[0-9]{4}", year) is None:
        return f"the year {year!r} is not four digits"
    return f"{kind!r} is no kind of paper that an Arrow page states"


def _candidate(lines: Sequence[Line], start: int, page_key: str) -> _Candidate:
    """What follows a possible paper's line: a title and a byline, or what is wrong with them."""
    found = _Candidate(start)
    title = first = _next_text(lines, start + 1)
    if title is None:
        found.flaw = "the page is cut off after the line of a paper"
        return found
    if _bullet.fullmatch(lines[title].text):
        found.flaw = "the paper has no title"
    else:
        found.title = lines[title].text.strip(_BLANKS)
        first = _next_text(lines, title + 1)
    end = first
    while end is not None and end < len(lines) and (match := _bullet.fullmatch(lines[end].text)):
        found.authors.append(match["name"].strip(_BLANKS))
        end += 1
    if end is None or end == first:
        found.flaw = "no author lines (such as '  • Name') follow the title"
        return found
    found.end = end
    found.has_page_name = page_key in map(name_key, found.authors)
    return found


def _next_text(lines: Sequence[Line], start: int) -> int | None:
    for i in range(start, len(lines)):
        if lines[i].text:
            return i
    return None


def _chosen(sound: list[_Candidate], stated: tuple[int, ...]) -> list[_Candidate]:
    """Those candidates that are papers; the others are paragraphs of abstracts that look like one."""
    if not stated or len(sound) in stated:
        return sound
    wanted = max((count for count in stated if count < len(sound)), default=None)
    if wanted is None:
        return sound
    chosen = sound
    for is_doubtful in (lambda i, all_: not all_[i].has_page_name, _breaks_order):
        while len(chosen) > wanted:
            doubtful = [i for i in range(len(chosen)) if is_doubtful(i, chosen)]
            if not doubtful:
                break
            chosen = chosen[: doubtful[-1]] + chosen[doubtful[-1] + 1 :]
    return chosen if len(chosen) == wanted else sound


def _breaks_order(i: int, chosen: list[_Candidate]) -> bool:
    """Whether the page's order holds around a candidate only without it."""
    before = chosen[i - 1].order if i else None
    after = chosen[i + 1].order if i + 1 < len(chosen) else None
    here = chosen[i].order
    is_wrong = (before is not None and before > here) or (after is not None and here > after)
    return is_wrong and (before is None or after is None or before <= after)


def _report_header(
    header: _Header, entries: list[_Candidate], lines: Sequence[Line], file: str, notify: Notify
) -> None:
    for count in sorted(set(header.stated)):
        if count != len(entries):
            text = f"the page states {count} papers, and {len(entries)} are found"
            notify(Notice("declared count differs", text, file, lines[header.end - 1].number))
    if header.papers is None:
        notify(Notice("no declared count", "the header does not state the number of papers", file))
    if header.author_rows is None:
        notify(Notice("no declared count", "the header does not state the number of author rows", file))


def parse(record: Record, settings: Settings, notify: Notify) -> Paper:
    """The paper of one entry; see :class:`~arrowkg.sources.record.Parse`.

    >>> entry = "ICLR Conference 2024 Conference Paper\\nOn Stones\\n  • Ada Quill\\n  • Bo Tarn 0001\\n\\nWe sort."
    >>> paper = parse(Record("page.txt", 16, entry.encode()), Settings(), print)
    >>> paper.venue, paper.year, paper.authors, paper.abstract
    ('ICLR', 2024, ('Ada Quill', 'Bo Tarn 0001'), 'We sort.')
    """
    lines = [Line(i, text) for i, text in enumerate(record.payload.decode(errors="surrogatepass").split("\n"))]
    match = _paper_line.fullmatch(lines[0].text)
    if match is None:
        raise BadRecord("not the line of a paper")
    found = _candidate(lines, 0, "")
    if found.flaw:
        raise BadRecord(found.flaw)
    for position, name in enumerate(found.authors, 1):
        if not name_key(name):
            raise BadRecord(f"author {position} has an empty name")
    kind = match["kind"]
    if match["type"] != VENUE_TYPES[kind]:
        text = f"a {kind} of a {match['type']}; the kind decides, so the venue is taken for a {VENUE_TYPES[kind]}"
        notify(Notice("venue type and kind differ", text, record.file, record.line))
    paper = Paper(
        title=found.title,
        authors=tuple(found.authors),
        venue=match["venue"],
        kind=kind,
        year=int(match["year"]),
        abstract=_abstract(lines[found.end :]),
    )
    if paper.year == 0:
        raise BadRecord("the year 0000 is not one from 1 to 9999")
    return check_limits(paper, settings)


def _abstract(lines: Sequence[Line]) -> str | None:
    """Paragraphs parted by one blank line; line ends and blanks inside a paragraph as they are."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.text:
            paragraphs[-1].append(line.text)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(["\n".join(paragraph) for paragraph in paragraphs if paragraph]) or None
