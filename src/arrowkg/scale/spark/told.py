"""What a run tells beside the graph: the report, bad records, notices, counts; gathered by task and brought together.

Whatever is gathered adds up as sets and sums and is ordered by place, so the whole is the same however the records were
divided among tasks, and the same as one process tells.
"""

from __future__ import annotations

import heapq
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple, TypeAlias

from arrowkg.errors import ArrowkgError
from arrowkg.model import Notice
from arrowkg.scale.spark.blocks import packed, unpacked
from arrowkg.scale.spark.plan import Place
from arrowkg.settings import Severity
from arrowkg.validation import Finding, Report, Result
from arrowkg.validation.report import order_of

SHOWN: Final = 3
"""How many notices of a topic are kept; the others are counted."""

Spot: TypeAlias = tuple[int, int, int]
"""Where a finding was met first: file, line, and the rank among the findings of the record."""


class Reject(NamedTuple):
    """A record that was left out, or that ends the run; ``is_bug`` if it is arrowkg that failed."""

    place: Place
    reason: str
    hint: str
    record: bytes
    is_bug: bool


class Found(NamedTuple):
    """A finding, and how many records have it; without the result and the title if there are too many to be listed."""

    digest: bytes
    severity: Severity
    shape: str
    spot: Spot
    times: int
    result: Result | None
    title: str

    def joined(self, other: Found) -> Found:
        """The same finding in other records too; the first place counts."""
        first = min(self, other, key=lambda found: found.spot)
        return first._replace(times=self.times + other.times)


class Findings(Report):
    """A report that keeps its findings for others to add up.

    Args:
        most: how many a report lists one by one.

    Attributes:
        place: where the record stands that is checked.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.place = Place(0, 0)
        self._listed = most
        self._by_digest: dict[bytes, Found] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time to drain."""
        return len(self._by_digest) > 2 * self._listed

    def add(self, results: Iterable[Result], file: str, line: int | None, title: str = "") -> None:
        """Take the results of the record at :attr:`place`."""
        self.checked += 1
        for rank, result in enumerate(sorted(set(results), key=order_of)):
            digest = blake2b(repr(result).encode(errors="surrogatepass"), digest_size=15).digest()
            one = Found(digest, result.severity, result.shape, (*self.place, rank), 1, result, title)
            known = self._by_digest.get(digest)
            self._by_digest[digest] = one if known is None else known.joined(one)

    def drained(self) -> list[Found]:
        """All findings, the first of them in full; none is held afterwards.

        What is not among the first here is not among the first of all, so it only counts.
        """
        found, self._by_digest = sorted(self._by_digest.values(), key=lambda found: found.spot), {}
        return found[: self._listed] + [one._replace(result=None, title="") for one in found[self._listed :]]


class Topic(NamedTuple):
    """Notices of one topic: how many, and the first of them with their places."""

    times: int
    first: tuple[tuple[Place, str, Notice], ...]

    def joined(self, other: Topic) -> Topic:
        """The notices of both."""
        return Topic(self.times + other.times, tuple(sorted({*self.first, *other.first}, key=_place_and_text)[:SHOWN]))


def _place_and_text(shown: tuple[Place, str, Notice]) -> tuple[Place, str]:
    return shown[0], shown[1]


@dataclass(slots=True)
class Told:
    """What some records gave beside the graph.

    Attributes:
        papers: how many were mapped, by the number of the file.
        bad: how many were left out, by the number of the file.
        checked: how many records were checked.
        groups: different findings by severity and shape.
        findings: the first of them in full.
        topics: notices by topic.
        rejects: the records that were left out.
        fatal: what ended the work of a task, such as shapes that cannot be carried out.
    """

    papers: Counter[int] = field(default_factory=Counter)
    bad: Counter[int] = field(default_factory=Counter)
    checked: int = 0
    groups: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    findings: list[Found] = field(default_factory=list)
    topics: dict[str, Topic] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    fatal: ArrowkgError | None = None

    def notice(self, place: Place, notice: Notice) -> None:
        """Take a notice."""
        one = Topic(1, ((place, notice.text, notice),))
        known = self.topics.get(notice.topic)
        if known is None or known.times < SHOWN:
            self.topics[notice.topic] = one if known is None else known.joined(one)
        elif place < known.first[-1][0]:
            self.topics[notice.topic] = known.joined(one)
        else:
            self.topics[notice.topic] = known._replace(times=known.times + 1)

    def take(self, other: Told, most: int) -> None:
        """Add what others gave, but for rejects, which may be many; findings in no more than ``most`` in full.

        The findings of the two must not be the same ones.
        """
        self.papers.update(other.papers)
        self.bad.update(other.bad)
        self.checked += other.checked
        self.groups.update(other.groups)
        self.findings = heapq.nsmallest(most, [*self.findings, *other.findings], key=lambda found: found.spot)
        for topic, found in other.topics.items():
            self.topics[topic] = self.topics[topic].joined(found) if topic in self.topics else found
        self.fatal = self.fatal or other.fatal


def told_blocks(told: Told, findings: list[Found], sides: int, number: int) -> Iterator[tuple[int, bytes]]:
    """What a task has to tell, for each partition that gathers it: a finding always goes to the same one."""
    found: dict[int, list[Found]] = {}
    for finding in findings:
        found.setdefault(int.from_bytes(finding.digest[:4]) % sides, []).append(finding)
    here = number % sides
    for side in {here, *found}:
        yield side, packed(pickle.dumps((told if side == here else Told(), found.get(side, []))))


def gathered(blocks: Iterable[bytes], most: int) -> Told:
    """What the blocks of one partition tell together."""
    whole = Told()
    findings: dict[bytes, Found] = {}
    for block in blocks:
        told, found = pickle.loads(unpacked(block))
        whole.take(told, most)
        whole.rejects += told.rejects
        for one in found:
            known = findings.get(one.digest)
            findings[one.digest] = one if known is None else known.joined(one)
    whole.groups = Counter((found.severity, found.shape) for found in findings.values())
    full = (found for found in findings.values() if found.result is not None)
    whole.findings = heapq.nsmallest(most, full, key=lambda found: found.spot)
    return whole


class MergedReport(Report):
    """The report of all records, of findings that were brought together."""

    def __init__(self, told: Told, names: tuple[str, ...], most: int) -> None:
        super().__init__(most)
        self.checked = told.checked
        self._groups = told.groups
        self._found = [
            Finding(found.result, names[found.spot[0]], found.spot[1], found.title, found.times)
            for found in told.findings
            if found.result is not None
        ]
