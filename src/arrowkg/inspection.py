"""What an input is taken for, and what is in it: counts, years, venues, names, and what is odd about it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from arrowkg.errors import BadRecord
from arrowkg.files import Input
from arrowkg.formats.reading import read_rdf
from arrowkg.iris import homonym_number, name_key
from arrowkg.model import Capture, Entry, Notice
from arrowkg.pipeline import Hooks, entries_of
from arrowkg.settings import Settings
from arrowkg.sources import Guess, Source, guess
from arrowkg.vocab import RDF_TYPE

_EXAMPLES = 3


@dataclass(slots=True)
class Oddity:
    """Something worth a look, counted.

    Attributes:
        topic: what it is.
        count: how often it was met.
        examples: the first few, each with its place.
    """

    topic: str
    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Inspection:
    """What was found out about one input.

    Attributes:
        file: the input.
        taken_for: what it is taken for.
        reason: why.
        capture: the header of a page, or ``None``.
        papers: how many papers were read.
        bad: how many records could not be read.
        triples: how many triples an RDF file holds, else 0.
        years: papers by year, ``None`` for no year.
        venues: papers by venue as listed, ``None`` for no venue.
        kinds: papers by kind as listed.
        authorships: how many places there are in all bylines.
        names: authorships by name key, without that of the page.
        spellings: for each name key a spelling.
        classes: nodes of an RDF file by class.
        oddities: what is odd, by topic.
    """

    file: str
    taken_for: str
    reason: str
    capture: Capture | None = None
    papers: int = 0
    bad: int = 0
    triples: int = 0
    authorships: int = 0
    years: Counter[int | None] = field(default_factory=Counter)
    venues: Counter[str | None] = field(default_factory=Counter)
    kinds: Counter[str | None] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    spellings: dict[str, str] = field(default_factory=dict)
    classes: Counter[str] = field(default_factory=Counter)
    oddities: dict[str, Oddity] = field(default_factory=dict)

    def odd(self, topic: str, example: str) -> None:
        """Count something odd."""
        found = self.oddities.setdefault(topic, Oddity(topic))
        found.count += 1
        if len(found.examples) < _EXAMPLES:
            found.examples.append(example)


def inspect(file: str, settings: Settings, source: Source | None = None) -> Inspection:
    """Read an input to its end and tell what is in it; what cannot be read is counted among the oddities.

    Args:
        file: a path, or ``-`` for standard input.
        settings: limits.
        source: the input format; found out if it is ``None``.

    Raises:
        InputError: the input as a whole cannot be read.

    >>> found = inspect("seeds/tomer-michaeli.txt", Settings())
    >>> found.papers, found.capture.declared_papers, len(found.venues), found.years[2025]
    (32, 32, 5, 5)
    """
    with Input(file, settings) as opened:
        taken_for = Guess(source, None, "--from says so") if source else guess(opened)
        if taken_for.source is None:
            return _inspect_rdf(opened, taken_for)
        found = Inspection(file, taken_for.source.title, taken_for.reason)

        def bad(error: BadRecord) -> None:
            found.bad += 1
            found.odd("cannot be read", str(error))

        def notice(told: Notice) -> None:
            found.odd(told.topic, str(told))

        for entry in entries_of(opened, taken_for.source, settings, Hooks(notice=notice, bad=bad)):
            _count(entry, found)
    return found


def _inspect_rdf(opened: Input, taken_for: Guess) -> Inspection:
    found = Inspection(opened.name, f"RDF ({taken_for.rdf})", taken_for.reason)
    for _, predicate, value in read_rdf(opened, taken_for.rdf or ""):
        found.triples += 1
        if predicate == RDF_TYPE:
            found.classes[value] += 1
    return found


def _count(entry: Entry, found: Inspection) -> None:
    paper = entry.paper
    place = f"{entry.file}:{entry.line}: {paper.title}"
    found.papers += 1
    found.capture = entry.capture
    found.years[paper.year] += 1
    found.venues[paper.venue] += 1
    found.kinds[paper.kind] += 1
    found.authorships += len(paper.authors)
    page_key = name_key(entry.capture.name) if entry.capture else None
    keys = [name_key(name) for name in paper.authors]
    for key, name in zip(keys, paper.authors, strict=True):
        if key != page_key:
            found.names[key] += 1
        known = found.spellings.setdefault(key, name)
        if known != name:
            found.odd("names in several spellings", f"{entry.file}:{entry.line}: {name!r}, and {known!r} before")
        if homonym_number(key):
            found.odd("names with a homonym number", f"{entry.file}:{entry.line}: {name}")
    if len(set(keys)) < len(keys):
        found.odd("the same name twice in one byline", place)
    if not paper.authors:
        found.odd("no authors", place)
    if not paper.abstract:
        found.odd("no abstract", place)
    texts = (paper.title, *paper.authors, paper.abstract or "")
    if any(not text.isascii() and any(unicodedata.category(c) == "Cf" for c in text) for text in texts):
        found.odd("invisible format characters", place)
