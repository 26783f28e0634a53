"""The report as JSON, for programs."""

from __future__ import annotations

from typing import Any

import orjson

from arrowkg.settings import FailOn
from arrowkg.validation.renderings.wording import storable
from arrowkg.validation.report import SEVERITIES, Finding, Report, path_text


def render_json(report: Report, *, fail_on: FailOn) -> str:
    """The report as one JSON object. Members may be added in later versions; these stay as they are:

    - ``conforms``: whether nothing as grave as ``failOn`` was found.
    - ``failOn``: ``"violation"``, ``"warning"``, ``"info"`` or ``"never"``.
    - ``checked``: how many records were checked.
    - ``checkedNodes``: how many nodes of whole RDF files were checked.
    - ``counts``: how many different findings there are, by severity: ``violation``, ``warning`` and ``info``.
    - ``groups``: the summary, an array of objects with ``severity``, ``shape`` and ``count``.
    - ``findings``: those that were kept, the gravest first, an array of objects with

      - ``severity``: ``"violation"``, ``"warning"`` or ``"info"``,
      - ``shape``, ``component``, ``focus``: terms,
      - ``path``: a property path as SPARQL writes it, or ``null``,
      - ``value``: a term, or ``null``,
      - ``message``: what is wrong and what to do,
      - ``file``: the input as it was named,
      - ``line``: the line of the first record that has the finding, or ``null``,
      - ``title``: the title of that record's paper, maybe empty,
      - ``count``: how many records have the finding.

    - ``unlisted``: how many findings were counted but not kept.
    - ``skippedRules``: the names of shapes that were not checked.

    A term is its N-Triples form. A byte of a file name that is no UTF-8 is written as in ``\\udce9``.

    >>> print(render_json(Report(), fail_on="violation").splitlines()[1])
      "conforms": true,
    """
    content = {
        "conforms": report.conforms(fail_on),
        "failOn": fail_on,
        "checked": report.checked,
        "checkedNodes": report.checked_nodes,
        "counts": {severity: report.count(severity) for severity in SEVERITIES},
        "groups": [
            {"severity": group.severity, "shape": storable(group.shape), "count": group.count}
            for group in report.groups
        ],
        "findings": [_finding(finding) for finding in report.findings],
        "unlisted": report.unlisted,
        "skippedRules": [storable(rule) for rule in report.skipped_rules],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _finding(finding: Finding) -> dict[str, Any]:
    result = finding.result
    return {
        "severity": result.severity,
        "shape": storable(result.shape),
        "component": storable(result.component),
        "focus": storable(result.focus),
        "path": None if result.path is None else storable(path_text(result.path)),
        "value": None if result.value is None else storable(result.value),
        "message": storable(result.message),
        "file": storable(finding.file),
        "line": finding.line,
        "title": storable(finding.title),
        "count": finding.count,
    }
