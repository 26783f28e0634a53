"""Units to parts: the task that makes of all units of its nodes each triple once, and writes them to one file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import uuid4

from arrowkg.errors import ArrowkgError
from arrowkg.files import Output
from arrowkg.model import Notice
from arrowkg.scale.spark.blocks import units_of
from arrowkg.scale.spark.plan import Place, Plan
from arrowkg.scale.spark.records import BETWEEN
from arrowkg.scale.spark.told import Told
from arrowkg.spool import Spool
from arrowkg.vocab import RDF_TYPE

_CHUNK: Final = 1 << 20


@dataclass(slots=True)
class Part:
    """A part that was written.

    Attributes:
        number: its number, from 0.
        attempt: the name that it was written under; another try of the same task has another.
        triples: how many triples it holds.
        size: its bytes.
        sha256: of its bytes, in hex.
        classes: nodes by the term of the class.
        properties: triples by the term of the property.
        told: the notices of equal entries.
        error: why it could not be written, if it could not.
    """

    number: int
    attempt: str = ""
    triples: int = 0
    size: int = 0
    sha256: str = ""
    classes: Counter[str] = field(default_factory=Counter)
    properties: Counter[str] = field(default_factory=Counter)
    told: Told = field(default_factory=Told)
    error: ArrowkgError | None = None

    def count(self, lines: Iterable[str]) -> None:
        """Count lines that are different triples."""
        for line in lines:
            self.triples += 1
            _, what, value = line.split(" ", 2)
            self.properties[what] += 1
            if what == RDF_TYPE:
                self.classes[value.partition(" ")[0]] += 1


def part_name(number: int, suffix: str) -> str:
    """The name of a part.

    >>> part_name(7, ".nt.gz")
    'part-00007.nt.gz'
    """
    return f"part-{number:05d}{suffix}"


def write_part(blocks: Iterable[bytes], plan: Plan, number: int, folder: str) -> Part:
    """Write the part of a partition into a folder under a name of its own; an error is given, not raised.

    What fails for a full disk fails again, so Spark is not to try again.
    """
    part = Part(number)
    name = part_name(number, plan.suffix)
    part.attempt = f"{uuid4().hex}-{name}"
    path = Path(folder, part.attempt)
    try:
        with Output(str(path)) as output:
            for text in chunks(blocks, plan, part):
                output.write(text)
            output.commit()
        with path.open("rb") as file:
            part.size = os.fstat(file.fileno()).st_size
            digest = sha256()
            while data := file.read(_CHUNK):
                digest.update(data)
            part.sha256 = digest.hexdigest()
    except ArrowkgError as error:
        part.error = error
    return part


def chunks(blocks: Iterable[bytes], plan: Plan, part: Part) -> Iterator[bytes]:
    """The bytes of a part, whose lines are counted in ``part``: nodes in the order of their terms, each triple once."""
    held: list[str] = []
    size = 0
    with Spool(plan.settings.sort_bytes) as spool:
        for block in blocks:
            for unit in units_of(block):
                spool.add(unit)
        for _, units in groupby(spool.sorted(), _subject):
            lines = _lines(list(units), plan, part)
            part.count(lines)
            held += lines
            size += sum(map(len, lines))
            if size > _CHUNK:
                yield _text(held)
                held.clear()
                size = 0
    if held:
        yield _text(held)


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _subject(unit: str) -> str:
    """The node that a unit is of: its first line's subject."""
    return unit.partition(" ")[0]


def _lines(units: list[str], plan: Plan, part: Part) -> list[str]:
    """The lines of all units of a node: those of one paper in the model's order, those of several records sorted."""
    found = [unit.split(BETWEEN) for unit in units]
    # A unit of a paper ends with the place of its record, and no line starts as a place does.
    if found[0][-1][0] != "<":
        places = sorted(Place(*map(int, lines.pop().split(" "))) for lines in found)
        if len(found) == 1:
            return found[0]
        _tell_of_equal(places, plan, part.told)
    return sorted({line for lines in found for line in lines})


def _tell_of_equal(places: list[Place], plan: Plan, told: Told) -> None:
    """Tell of entries of one input that are one paper."""
    first: dict[int, int] = {}
    for place in places:
        line = first.setdefault(place.file, place.line)
        if line != place.line:
            text = f"equal to the entry at line {line}, so both are one paper"
            told.notice(place, Notice("equal entries", text, plan.names[place.file], place.line))


def by_count(counts: Counter[str]) -> dict[str, int]:
    """Counts by IRI, the greatest first.

    >>> by_count(Counter({"<a:rare>": 1, "<a:frequent>": 5}))
    {'a:frequent': 5, 'a:rare': 1}
    """
    found = [(term[1:-1], count) for term, count in counts.items()]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))
