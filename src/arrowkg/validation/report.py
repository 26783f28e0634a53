"""What validation finds, as plain values: single results, and the report that gathers them over all records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final, TypeAlias

from arrowkg.settings import FailOn, Severity
from arrowkg.terms import iri_of, is_iri

SEVERITIES: Final[tuple[Severity, ...]] = ("violation", "warning", "info")
"""Severities, the gravest first."""

Path: TypeAlias = str | tuple["str | Path", ...]
"""A SHACL property path: a term, or an operator (``/``, ``|``, ``^``, ``*``, ``+``, ``?``) and its operands."""


# How tightly each operator binds, and how tightly its operands have to without brackets.
_BINDING: Final = {"|": (0, 2), "/": (1, 2), "^": (2, 3), "*": (3, 4), "+": (3, 4), "?": (3, 4)}


def path_text(path: Path, term: Callable[[str], str] = str) -> str:
    """A path as SPARQL writes it, its terms written by a function.

    >>> path_text(("/", ("^", "<a:p>"), ("*", ("+", "<a:q>"))))
    '^<a:p>/(<a:q>+)*'
    """
    if isinstance(path, str):
        return term(path)
    operator, *operands = path
    assert isinstance(operator, str)
    parts = [
        path_text(part, term) if _binding(part) >= _BINDING[operator][1] else f"({path_text(part, term)})"
        for part in operands
    ]
    if operator in ("/", "|"):
        return operator.join(parts)
    return f"^{parts[0]}" if operator == "^" else f"{parts[0]}{operator}"


def _binding(path: Path) -> int:
    return 4 if isinstance(path, str) else _BINDING[str(path[0])][0]


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result, as section 3.6 of the SHACL recommendation defines it.

    Attributes:
        severity: how grave it is.
        focus: the term of the focus node.
        shape: the term of the source shape, or of a blank node ``_:…``.
        component: the IRI term of the constraint component.
        message: what is wrong and what to do.
        path: the path from the focus node to the value, if the shape has one.
        value: the term of the offending value, if there is one.
    """

    severity: Severity
    focus: str
    shape: str
    component: str
    message: str
    path: Path | None = None
    value: str | None = None

    @property
    def shape_name(self) -> str:
        """The last part of the shape's IRI, for people.

        >>> Result("info", "<a:s>", "<https://w3id.org/arrowkg/shapes#Paper-year>", "<a:c>", "").shape_name
        'Paper-year'
        """
        return local_name(self.shape)


def local_name(term: str) -> str:
    """The last part of an IRI term, after its last ``#`` or ``/``; other terms as they are.

    >>> local_name("<http://www.w3.org/ns/shacl#MinCountConstraintComponent>")
    'MinCountConstraintComponent'
    """
    if not is_iri(term):
        return term
    return iri_of(term).rstrip("/#").rpartition("#")[2].rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Finding:
    """A result with the place that it leads back to.

    Attributes:
        result: the result.
        file: the input, as the user named it.
        line: the line of the first record that has this result, or ``None`` in an RDF file.
        title: the title of that record's paper, or an empty string.
        count: how many records have this very result; a node that records share has one in each.
    """

    result: Result
    file: str
    line: int | None
    title: str
    count: int = 1

    @property
    def place(self) -> str:
        """``FILE:LINE``, or the file where there is no line."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Group:
    """A line of a report's summary: the findings of one shape and severity, counted."""

    severity: Severity
    shape: str
    count: int


class Report:
    """Gathers results, each once, with the first place where it was found.

    Args:
        most: how many findings are kept one by one; the others are counted only.

    Attributes:
        checked: how many records were checked.
        checked_nodes: how many nodes of whole RDF files were checked.
        skipped_rules: names of shapes that were not checked.

    >>> report = Report()
    >>> year = Result("warning", "<a:paper>", "<a:shape>", "<a:c>", "The year is missing.")
    >>> report.add([year], "page.txt", 16, "On Stones")
    >>> report.add([year], "page.txt", 24, "On Sand")
    >>> [(finding.place, finding.count) for finding in report.findings], report.conforms("violation")
    ([('page.txt:16', 2)], True)
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._found: list[Finding] = []
        self._index: dict[bytes, int] = {}
        self._groups: Counter[tuple[Severity, str]] = Counter()
        self.checked = 0
        self.checked_nodes = 0
        self.skipped_rules: list[str] = []

    def add(self, results: Iterable[Result], file: str, line: int | None, title: str = "") -> None:
        """Take the results of one record."""
        self.checked += 1
        for result in in_order(results):
            digest = blake2b(repr(result).encode(errors="surrogatepass"), digest_size=15).digest()
            known = self._index.get(digest)
            if known is None:
                self._index[digest] = len(self._found) if len(self._found) < self._most else -1
                self._groups[result.severity, result.shape] += 1
                if len(self._found) < self._most:
                    self._found.append(Finding(result, file, line, title))
            elif known >= 0:
                self._found[known] = replace(self._found[known], count=self._found[known].count + 1)

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings that were kept, the gravest first, else in the order in which they were found."""
        return sorted(self._found, key=lambda finding: SEVERITIES.index(finding.result.severity))

    @property
    def unlisted(self) -> int:
        """How many different findings were counted but not kept."""
        return self.total - len(self._found)

    @property
    def total(self) -> int:
        """How many different findings there are."""
        return sum(self._groups.values())

    @property
    def groups(self) -> list[Group]:
        """The summary: the gravest first, then by count, then by shape."""
        found = [Group(severity, shape, count) for (severity, shape), count in self._groups.items()]
        return sorted(found, key=lambda group: (SEVERITIES.index(group.severity), -group.count, group.shape))

    def count(self, severity: Severity) -> int:
        """How many different findings of a severity there are."""
        return sum(count for (found, _), count in self._groups.items() if found == severity)

    def conforms(self, fail_on: FailOn = "info") -> bool:
        """Whether nothing as grave as ``fail_on`` was found; SHACL itself counts every result."""
        if fail_on == "never":
            return True
        return not any(self.count(severity) for severity in SEVERITIES[: SEVERITIES.index(fail_on) + 1])


def in_order(results: Iterable[Result]) -> list[Result]:
    """Results, each once, in the order in which they are reported, whatever the engine.

    >>> [result.focus for result in in_order([Result("info", "<b:>", "", "", ""), Result("info", "<a:>", "", "", "")])]
    ['<a:>', '<b:>']
    """
    return sorted(set(results), key=order_of)


def order_of(result: Result) -> tuple[int, str, str, str, str, str, str]:
    """What the results of one record are sorted by; no two different results are equal in it.

    >>> order_of(Result("info", "<a:paper>", "<a:shape>", "<a:c>", "It has none."))[:3]
    (2, '<a:paper>', '<a:shape>')
    """
    path = "" if result.path is None else path_text(result.path)
    place = SEVERITIES.index(result.severity), result.focus, result.shape, path
    return *place, result.value or "", result.component, result.message
