"""The graph back to papers, and papers back to an Arrow page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from arrowkg import vocab
from arrowkg.errors import BadRecord, InputError, UsageError
from arrowkg.formats.names import by_subject
from arrowkg.iris import name_key
from arrowkg.model import Listing, Notice, Paper
from arrowkg.settings import MIB, Settings
from arrowkg.sources.arrow import CLUSTER_TITLE, LIST_TITLE, NOTE, PAGE_TITLE, VENUE_TYPES, lines_of, parse, split_lines
from arrowkg.terms import Triple, lexical_form

_SHOWN_NAMES: Final = 8
_NO_LIMITS: Final = Settings(max_field_characters=1024 * MIB, max_authors=MIB)
_number = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A paper of a graph, and the terms of the pages that list it."""

    paper: Paper
    captures: frozenset[str]


class Papers:
    """The papers of a graph that arrowkg wrote, found again from its triples.

    Args:
        triples: the graph; other triples may stand beside ours.

    Attributes:
        notices: what was left out where a page has room for one value only.

    Raises:
        InputError: the graph holds no paper, or one of them has no title or a byline with holes.

    >>> from arrowkg.mapping import triples
    >>> from arrowkg.settings import Settings
    >>> paper = Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Conference Paper", year=2024)
    >>> Papers(triples(paper, Settings())).all == [paper]
    True
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._nodes = by_subject(triples)
        self.notices: list[str] = []
        self._positions = (vocab.SCHEMA_HTTPS.position, vocab.SCHEMA_HTTP.position)
        self._listed = [
            Listed(self._paper(node), frozenset(properties.get(vocab.AK_LISTED_IN, ())))
            for node, properties in self._nodes.items()
            if vocab.AK_PAPER in properties.get(vocab.RDF_TYPE, ())
        ]
        self._captures = [
            node
            for node, properties in self._nodes.items()
            if vocab.AK_AUTHOR_PAGE in properties.get(vocab.RDF_TYPE, ())
        ]
        if not self._listed:
            raise InputError("the graph holds no paper", hint="arrowkg listing reads graphs that arrowkg export wrote")

    @property
    def all(self) -> list[Paper]:
        """Every paper, in the order of an Arrow page."""
        return in_page_order(listed.paper for listed in self._listed)

    def _texts(self, node: str, predicate: str) -> list[str]:
        return sorted(
            {lexical_form(value) for value in self._nodes.get(node, {}).get(predicate, ()) if value[0] == '"'}
        )

    def _text(self, node: str, predicate: str) -> str | None:
        found = self._texts(node, predicate)
        return found[0] if found else None

    def _paper(self, node: str) -> Paper:
        title = self._text(node, vocab.DCTERMS_TITLE)
        if title is None:
            raise InputError(f"the paper {node} has no title")
        if (count := len(self._texts(node, vocab.DCTERMS_ABSTRACT))) > 1:
            self.notices.append(f"{title!r} has {count} abstracts, of which one is taken")
        year, doi = self._text(node, vocab.FABIO_PUBLICATION_YEAR), None
        for identifier in self._nodes[node].get(vocab.DATACITE_HAS_IDENTIFIER, ()):
            doi = self._text(identifier, vocab.LITERAL_VALUE)
        return Paper(
            title=title,
            authors=self._byline(node),
            venue=self._text(node, vocab.AK_VENUE_AS_LISTED),
            kind=self._text(node, vocab.AK_KIND_AS_LISTED),
            year=int(year) if year and _number.fullmatch(year) else None,
            abstract=self._text(node, vocab.DCTERMS_ABSTRACT),
            doi=doi,
            url=self._text(node, vocab.FABIO_URL),
        )

    def _byline(self, node: str) -> tuple[str, ...]:
        names: dict[int, str] = {}
        for authorship in self._nodes[node].get(vocab.PRO_IS_CONTEXT_FOR, ()):
            name = self._text(authorship, vocab.AK_NAME_AS_LISTED)
            position = self._text(authorship, self._positions[0]) or self._text(authorship, self._positions[1])
            if name is None or position is None or not _number.fullmatch(position):
                raise InputError(f"the authorship {authorship} has no name or no position")
            names[int(position)] = name
        if sorted(names) != list(range(1, len(names) + 1)):
            raise InputError(f"the byline of {node} has holes", hint="arrowkg validate tells more")
        return tuple(names[position] for position in sorted(names))

    def listing(self, author: str | None = None) -> Listing:
        """The papers of one author name, as an Arrow page lists them.

        Args:
            author: the name, whatever its case; if ``None``, the name of the pages in the graph.

        Raises:
            UsageError: no name is given and the graph holds pages of no name or of several, or no paper has the name.
        """
        keys = {name_key(name): name for page in self._captures for name in self._texts(page, vocab.AK_NAME_AS_LISTED)}
        if author is None:
            if len(keys) != 1:
                names = ", ".join(sorted(keys.values())[:_SHOWN_NAMES])
                raise UsageError(
                    "the graph holds no page" if not keys else f"the graph holds pages of {len(keys)} names",
                    hint=f"--author NAME picks one{': ' if names else ''}{names}",
                )
            author = next(iter(keys.values()))
        key = name_key(author)
        pages = [page for page in self._captures if key in map(name_key, self._texts(page, vocab.AK_NAME_AS_LISTED))]
        found = [
            listed.paper
            for listed in self._listed
            if key in map(name_key, listed.paper.authors) or not listed.captures.isdisjoint(pages)
        ]
        if not found:
            raise UsageError(
                f"no paper has the author {author!r}", hint="names are compared whole, whatever their case"
            )
        spellings = Counter(name for paper in found for name in paper.authors if name_key(name) == key)
        rows = [
            int(value)
            for page in pages
            for value in self._texts(page, vocab.AK_DECLARED_AUTHOR_ROW_COUNT)
            if _number.fullmatch(value)
        ]
        if key in keys:
            author = keys[key]
        elif spellings:
            author = min(spellings, key=lambda name: (-spellings[name], name))
        return Listing(author, max(rows, default=len(spellings)), tuple(in_page_order(found)))


def in_page_order(papers: Iterable[Paper]) -> list[Paper]:
    """Papers as an Arrow page orders them: by year, newest first, then by title without regard to case.

    >>> papers = [Paper("sand", year=1), Paper("Gravel", year=1), Paper("Chalk", year=2)]
    >>> [paper.title for paper in in_page_order(papers)]
    ['Chalk', 'Gravel', 'sand']
    """
    return sorted(
        papers,
        key=lambda paper: (
            -(paper.year or 0),
            paper.title.casefold(),
            paper.title,
            paper.venue or "",
            paper.authors,
            paper.abstract or "",
        ),
    )


def why_not_on_a_page(paper: Paper) -> str:
    """Why an Arrow page cannot state a paper, or an empty text if it can.

    >>> why_not_on_a_page(Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Preprint", year=2024))
    'an Arrow page states no Preprint'
    """
    if reason := _missing(paper):
        return reason
    name = paper.authors[0]
    found = _read_back(page_text(Listing(name, 1, (paper,))))
    if [_as_stated(other) for other in found] != [_as_stated(paper)]:
        return "its title, venue or a name would not be read back as it is"
    return ""


def _missing(paper: Paper) -> str:
    """What a page needs and a paper has not."""
    if paper.kind not in VENUE_TYPES:
        return f"an Arrow page states no {paper.kind}" if paper.kind else "it has no kind"
    for field in ("year", "venue", "authors"):
        if not getattr(paper, field):
            return f"it has no {field}"
    if any("\n" in text or not text.strip() for text in (paper.title, paper.venue or "", *paper.authors)):
        return "a name or the title does not stand on one line"
    return ""


def _as_stated(paper: Paper) -> Paper:
    """What of a paper decides whether a page can state it."""
    return replace(paper, abstract=None, doi=None, url=None)


def not_kept(listing: Listing, page: str) -> Iterator[tuple[Paper, str]]:
    """Each paper of a listing that its page does not give back whole, and what of it is not kept.

    >>> paper = Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Conference Paper", year=2024, doi="10.5555/1")
    >>> listing = Listing("Ada Quill", 1, (paper,))
    >>> [fields for _, fields in not_kept(listing, page_text(listing))]
    ['doi']
    """
    found = _read_back(page)
    by_statement = {_as_stated(paper): paper for paper in found}
    for paper in listing.papers:
        if paper in found:
            continue
        other = by_statement.get(_as_stated(paper))
        fields = [field for field in ("abstract", "doi", "url") if getattr(paper, field) != getattr(other, field, None)]
        yield paper, " and ".join(fields) or "place among the papers"
    if len(found) > len(listing.papers) and listing.papers:
        yield listing.papers[0], "number of papers, since an abstract reads like a paper"


def _read_back(page: str) -> list[Paper]:
    """The papers that are read from a page."""
    content = page.encode(errors="surrogatepass")

    def ignore(notice: Notice) -> None:
        """Notices are for those who read a page, not for this check."""

    found = []
    try:
        for record in split_lines(lines_of(content, "page"), content, "page", ignore):
            if not isinstance(record, BadRecord):
                found.append(parse(record, _NO_LIMITS, ignore))
    except InputError:
        return []
    return found


def page_text(listing: Listing) -> str:
    """An Arrow page of a listing, as the page is saved as text.

    Raises:
        ValueError: a page cannot state one of the papers.

    >>> paper = Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Conference Paper", year=2024)
    >>> page_text(Listing("Ada Quill", 1, (paper,))).split("\\n\\n")[7:]
    ['ICLR Conference 2024 Conference Paper', 'On Stones', '  • Ada Quill']
    """
    count, rows = len(listing.papers), listing.author_rows
    blocks = [
        PAGE_TITLE,
        CLUSTER_TITLE,
        listing.name,
        NOTE,
        f"{count} paper{'' if count == 1 else 's'}\n{rows} author row{'' if rows == 1 else 's'}",
        LIST_TITLE,
        str(count),
    ]
    for paper in listing.papers:
        if reason := _missing(paper):
            raise ValueError(reason)
        blocks.append(f"{paper.venue} {VENUE_TYPES[paper.kind or '']} {paper.year:04d} {paper.kind}")
        blocks += [paper.title, "\n".join([f"  • {name}" for name in paper.authors])]
        if paper.abstract:
            blocks.append(paper.abstract)
    return "\n\n".join(blocks)
