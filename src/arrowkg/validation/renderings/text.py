"""The report for a person at a terminal of 80 columns."""

from __future__ import annotations

from typing import Final

from arrowkg.settings import FailOn
from arrowkg.validation.renderings.sections import Section, sections
from arrowkg.validation.renderings.wording import (
    Words,
    fitted,
    message_words,
    one_line,
    storable,
    unlisted_words,
    verdict,
    visible,
    width,
)
from arrowkg.validation.report import Finding, Report

COLUMNS: Final = 80
EXAMPLES: Final = 3
"""How many findings of a shape are shown where none makes the graph non-conforming."""
_INDENT: Final = "    "


def render_text(report: Report, *, fail_on: FailOn) -> str:
    """The report as text: the verdict, the summary, then the details; no colours.

    Each finding starts with ``FILE:LINE: severity: message``, as compilers write it, so that editors find the place.

    >>> from arrowkg.validation.report import Result
    >>> report = Report()
    >>> year = Result("warning", "<a:paper>", "<a:s#year>", "<a:c>", "No year.", "<a:year>")
    >>> report.add([year], "page.txt", 16, "On Stones")
    >>> print(render_text(report, fail_on="violation"), end="")
    Conforms at violation: 1 record, 0 violations, 1 warning, 0 infos
    <BLANKLINE>
    severity  count  shape
    warning       1  year
    <BLANKLINE>
    page.txt:16: warning: No year.
        "On Stones"
        shape year
        node  <a:paper>
        path  <a:year>
    """
    words = Words(report)
    parts = sections(report, fail_on)
    blocks = _first_blocks(report, parts, words, fail_on)
    for part in parts:
        shown = part.findings if part.fails else part.findings[:EXAMPLES]
        blocks += [finding_lines(finding, words) for finding in shown]
        if len(shown) < part.group.count:
            blocks.append([f"… and {part.group.count - len(shown):,} more of {words.shape(part.group.shape)}"])
    if report.unlisted:
        blocks.append(wrapped(unlisted_words(report)))
    return _joined(blocks)


def render_summary(report: Report, *, fail_on: FailOn) -> str:
    """The first part of the text: the verdict and the summary, without the details.

    >>> print(render_summary(Report(), fail_on="violation"), end="")
    Conforms at violation: 0 records, 0 violations, 0 warnings, 0 infos
    """
    return _joined(_first_blocks(report, sections(report, fail_on), Words(report), fail_on))


def _first_blocks(report: Report, parts: list[Section], words: Words, fail_on: FailOn) -> list[list[str]]:
    blocks = [[verdict(report, fail_on), *_skipped_lines(report)]]
    return [*blocks, _summary_lines(parts, words)] if parts else blocks


def _joined(blocks: list[list[str]]) -> str:
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _skipped_lines(report: Report) -> list[str]:
    if not report.skipped_rules:
        return []
    return wrapped(f"not checked: {', '.join(map(one_line, report.skipped_rules))}")


def _summary_lines(parts: list[Section], words: Words) -> list[str]:
    rows = [(part.group.severity, f"{part.group.count:,}", words.shape(part.group.shape)) for part in parts]
    severities = max(len("severity"), *(len(severity) for severity, _, _ in rows))
    counts = max(len("count"), *(len(count) for _, count, _ in rows))
    return [
        f"{severity:<{severities}}  {count:>{counts}}  {shape}"
        for severity, count, shape in [("severity", "count", "shape"), *rows]
    ]


def finding_lines(finding: Finding, words: Words) -> list[str]:
    """One finding in lines of at most 80 columns, unless a name in it is longer.

    >>> from arrowkg.validation.report import Result
    >>> finding = Finding(Result("info", "<a:n>", "<a:s>", "<a:c>", "Look here.", value='"x"'), "page.txt", None, "", 2)
    >>> print(*finding_lines(finding, Words(Report())), sep="\\n")
    page.txt: info: Look here.
        shape a:s
        node  <a:n>
        value "x"
        in 2 records
    """
    result = finding.result
    lines = wrapped(f"{visible(storable(finding.place))}: {result.severity}: {message_words(finding)}")
    if title := one_line(finding.title):
        lines.append(f'{_INDENT}"{fitted(title, COLUMNS - len(_INDENT) - 2)}"')
    lines.append(f"{_INDENT}shape {words.shape(result.shape)}")
    lines.append(f"{_INDENT}node  {words.term(result.focus)}")
    if result.path is not None:
        lines.append(f"{_INDENT}path  {words.path(result.path)}")
    if result.value is not None:
        lines.append(f"{_INDENT}value {words.term(result.value)}")
    if finding.count > 1:
        lines.append(f"{_INDENT}in {finding.count:,} records")
    return lines


def wrapped(text: str) -> list[str]:
    """A text in lines of at most 80 columns, broken at spaces only, all but the first indented.

    >>> wrapped("word " * 17)[1]
    '  word'
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line.strip() and width(longer) > COLUMNS:
            lines.append(line)
            line = f"  {word}"
        else:
            line = longer
    return [*lines, line.rstrip()] if line.strip() else lines
