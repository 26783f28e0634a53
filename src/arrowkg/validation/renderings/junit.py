"""The report as JUnit XML, which servers that run tests show as test results."""

from __future__ import annotations

from xml.etree import ElementTree

from arrowkg.settings import FailOn
from arrowkg.validation.renderings.sections import Section, sections
from arrowkg.validation.renderings.text import finding_lines
from arrowkg.validation.renderings.wording import Words, counted, message_words, one_line, verdict
from arrowkg.validation.report import Report


def render_junit(report: Report, *, fail_on: FailOn) -> str:
    """The report as one test suite: a test for each line of the summary, and one that records were checked.

    A test fails if its findings make the graph non-conforming; shapes that were not checked are skipped tests. A
    character that XML 1.0 has not is written as in ``\\u0007``.

    >>> print(render_junit(Report(), fail_on="violation").splitlines()[2].strip())
    <testsuite name="arrowkg validation" tests="1" failures="0" errors="0" skipped="0" time="0">
    """
    words = Words(report)
    parts = sections(report, fail_on)
    totals = {
        "tests": str(1 + len(parts) + len(report.skipped_rules)),
        "failures": str(sum(part.fails for part in parts)),
        "errors": "0",
        "skipped": str(len(report.skipped_rules)),
        "time": "0",
    }
    root = ElementTree.Element("testsuites", {"name": "arrowkg", **totals})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "arrowkg validation", **totals})
    ElementTree.SubElement(_case(suite, "records checked"), "system-out").text = verdict(report, fail_on)
    for part in parts:
        _add_section(suite, part, words)
    for rule in report.skipped_rules:
        ElementTree.SubElement(_case(suite, f"{one_line(rule)} (not checked)"), "skipped", {"message": "not checked"})
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", {"classname": "arrowkg.validation", "name": name, "time": "0"})


def _add_section(suite: ElementTree.Element, part: Section, words: Words) -> None:
    severity = part.group.severity
    case = _case(suite, f"{words.shape(part.group.shape)} ({severity})")
    blocks = ["".join(f"{line}\n" for line in finding_lines(finding, words)) for finding in part.findings]
    if part.unlisted:
        blocks.append(f"… and {part.unlisted:,} more, which are only counted\n")
    details = "\n".join(blocks)
    if not part.fails:
        ElementTree.SubElement(case, "system-out").text = details
        return
    message = counted(part.group.count, severity)
    if part.findings:
        message += f": {message_words(part.findings[0])}"
    ElementTree.SubElement(case, "failure", {"message": message, "type": severity}).text = details
