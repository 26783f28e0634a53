"""The feed of new papers, in Atom (RFC 4287)."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from arrowkg.site import richtext
from arrowkg.site.addresses import Addresses
from arrowkg.site.views import PaperView

_MOST_ENTRIES: Final = 50
_MOST_AUTHORS: Final = 100
_LONGEST_SUMMARY: Final = 1000
# What XML 1.0 cannot hold, not even as a reference (section 2.2).
_illegal = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Candidate(NamedTuple):
    """A paper by how new it is: the day its page changed, its year, then what sorts last of texts."""

    day: str
    year: int
    iri: str


class Newest:
    """The papers whose pages changed last, and of these the ones of the latest years; fifty at most.

    >>> newest = Newest()
    >>> newest.add("https://kg.example.org/paper/a", "2024", "2026-01-01")
    >>> newest.add("https://kg.example.org/paper/b", None, "2026-01-02")
    >>> newest.papers
    [('https://kg.example.org/paper/b', '2026-01-02'), ('https://kg.example.org/paper/a', '2026-01-01')]
    """

    def __init__(self) -> None:
        self._held: list[_Candidate] = []

    def add(self, iri: str, year: str | None, day: str) -> None:
        """Take a paper, its year if it lists one, and the day on which its page changed."""
        candidate = _Candidate(day, int(year or 0), iri)
        if len(self._held) < _MOST_ENTRIES:
            heapq.heappush(self._held, candidate)
        else:
            heapq.heappushpop(self._held, candidate)

    @property
    def papers(self) -> list[tuple[str, str]]:
        """Each paper with its day, the newest first."""
        return [(one.iri, one.day) for one in sorted(self._held, reverse=True)]


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in the feed, and the day on which its page changed."""

    paper: PaperView
    day: str


def atom(title: str, base_iri: str, entries: Iterable[Entry]) -> bytes:
    """The feed as a file.

    Args:
        title: the site's title.
        base_iri: where the site is published.
        entries: the papers, the newest first; one at the least.

    >>> from arrowkg.site.views import PaperLine
    >>> line = PaperLine("https://kg.example.org/paper/x", "On Stones", "2024", "TMLR", None, ())
    >>> paper = PaperView(line.iri, line.title, (), (), line, None, None, None, True, None, None, ())
    >>> print(atom("Stones", "https://kg.example.org/", [Entry(paper, "2026-01-02")]).decode().splitlines()[11])
    <title>On Stones</title>
    """
    held = list(entries)
    addresses = Addresses(base_iri)
    updated = max(entry.day for entry in held)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        f"<id>{_text(base_iri)}feed.xml</id>",
        f"<title>{_text(title)}: new papers</title>",
        f"<updated>{updated}T00:00:00Z</updated>",
        f'<link rel="self" type="application/atom+xml" href={_value(f"{base_iri}feed.xml")}/>',
        f'<link rel="alternate" type="text/html" href={_value(base_iri)}/>',
        # An entry without an author of its own has that of the feed (section 4.1.1).
        f"<author><name>{_text(title)}</name></author>",
        "<generator>arrowkg</generator>",
    ]
    for entry in held:
        lines += ["<entry>", *_entry(entry, addresses), "</entry>"]
    return "\n".join([*lines, "</feed>", ""]).encode()


def _entry(entry: Entry, addresses: Addresses) -> list[str]:
    paper, line = entry.paper, entry.paper.line
    names = [link.label for link in line.byline]
    found = [
        f"<id>{_text(paper.iri)}</id>",
        f"<title>{_text(richtext.plain(line.title))}</title>",
        f"<updated>{entry.day}T00:00:00Z</updated>",
        f'<link rel="alternate" type="text/html" href={_value(addresses.base_iri + addresses.page(paper.iri))}/>',
        *(f"<author><name>{_text(name)}</name></author>" for name in names[:_MOST_AUTHORS]),
        *(f"<category term={_value(term)}/>" for term in (line.venue, line.year) if term),
    ]
    told = richtext.plain(paper.abstract) if paper.abstract else " ".join(filter(None, (line.venue, line.year)))
    if len(told) > _LONGEST_SUMMARY:
        told = told[:_LONGEST_SUMMARY].rsplit(None, 1)[0] + " …"
    if len(names) > _MOST_AUTHORS:
        told = f"{_MOST_AUTHORS} of {len(names):,} authors are named here. {told}"
    found.append(f"<summary>{_text(told or paper.label)}</summary>")
    return found


def _text(text: str) -> str:
    return escape(_illegal.sub("\ufffd", text))


def _value(text: str) -> str:
    return quoteattr(_illegal.sub("\ufffd", text))
