"""A report in the parts in which the renderings show it."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from arrowkg.settings import FailOn, Severity
from arrowkg.validation.report import SEVERITIES, Finding, Group, Report


class Section(NamedTuple):
    """A line of the summary with its findings.

    Attributes:
        group: the line of the summary.
        findings: those of its findings that were kept, in the order in which they were found.
        fails: whether they make the graph non-conforming.
    """

    group: Group
    findings: list[Finding]
    fails: bool

    @property
    def unlisted(self) -> int:
        """How many of its findings were counted but not kept."""
        return self.group.count - len(self.findings)


def sections(report: Report, fail_on: FailOn) -> list[Section]:
    """The sections of a report, in the order of its summary.

    >>> from arrowkg.validation.report import Result
    >>> report = Report(most=1)
    >>> report.add([Result("info", f"<a:{n}>", "<a:s>", "<a:c>", "Look.") for n in range(3)], "page.txt", 16)
    >>> [(section.group.count, len(section.findings), section.fails) for section in sections(report, "violation")]
    [(3, 1, False)]
    """
    kept: defaultdict[tuple[Severity, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        kept[finding.result.severity, finding.result.shape].append(finding)
    return [
        Section(group, kept[group.severity, group.shape], fails(group.severity, fail_on)) for group in report.groups
    ]


def fails(severity: Severity, fail_on: FailOn) -> bool:
    """Whether a finding of a severity makes a graph non-conforming.

    >>> fails("warning", "info"), fails("warning", "violation"), fails("violation", "never")
    (True, False, False)
    """
    return fail_on != "never" and SEVERITIES.index(severity) <= SEVERITIES.index(fail_on)
