"""The report as SARIF 2.1.0, which services that scan code show beside the lines concerned."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote

import orjson

from arrowkg.settings import FailOn
from arrowkg.validation.renderings.wording import (
    Words,
    fitted,
    message_words,
    one_line,
    storable,
    unlisted_words,
    verdict,
)
from arrowkg.validation.report import Finding, Report, local_name, path_text

_LEVELS: Final = {"violation": "error", "warning": "warning", "info": "note"}
_TITLE_COLUMNS: Final = 120
_link_middle = re.compile(r"(\\*)\](?=\()")


def render_sarif(report: Report, *, fail_on: FailOn) -> str:
    """The report as a SARIF log with one run.

    A shape is a rule, a finding is a result. Fingerprints are made of what was found and not of its line, so that a
    finding keeps its identity when the lines above it change.

    >>> log = orjson.loads(render_sarif(Report(), fail_on="violation"))
    >>> log["version"], log["runs"][0]["results"]
    ('2.1.0', [])
    """
    words = Words(report)
    rules: dict[str, dict[str, Any]] = {}
    seen: Counter[str] = Counter()
    results = [_result(finding, words, rules, seen) for finding in report.findings]
    run = {
        "tool": {"driver": {"name": "arrowkg", **_version(), "rules": list(rules.values())}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(report)}],
        "results": results,
        "properties": {
            "verdict": verdict(report, fail_on),
            "conforms": report.conforms(fail_on),
            "failOn": fail_on,
            "checked": report.checked,
            "checkedNodes": report.checked_nodes,
            "unlisted": report.unlisted,
        },
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _version() -> dict[str, str]:
    # Imported only now, since it takes long.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return {"version": version("arrowkg")}
    except PackageNotFoundError:
        # Run from sources that were not installed.
        return {}


def _notifications(report: Report) -> list[dict[str, Any]]:
    told = [f"not checked: {one_line(rule)}" for rule in report.skipped_rules]
    if report.unlisted:
        told.append(unlisted_words(report))
    return [{"level": "note", "message": {"text": _plain(text)}} for text in told]


def _result(finding: Finding, words: Words, rules: dict[str, dict[str, Any]], seen: Counter[str]) -> dict[str, Any]:
    """The result of a finding, whose rule is added if it is new."""
    result = finding.result
    level = _LEVELS[result.severity]
    message = message_words(finding)
    rule = _rule_id(finding, words)
    if rule not in rules:
        rules[rule] = {
            "id": rule,
            "shortDescription": {"text": _plain(message.partition(". ")[0].rstrip(".") + ".")},
            "fullDescription": {"text": _plain(message)},
            "help": {"text": _plain(message)},
            "defaultConfiguration": {"level": level},
        }
    lines = [message]
    if title := one_line(finding.title):
        lines.append(f'in "{fitted(title, _TITLE_COLUMNS)}"')
    if result.path is not None:
        lines.append(f"path {words.path(result.path)}")
    if result.value is not None:
        lines.append(f"value {words.term(result.value)}")
    return {
        "ruleId": rule,
        "ruleIndex": list(rules).index(rule),
        "level": level,
        "message": {"text": _plain("\n".join(lines))},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(finding, seen)},
        "occurrenceCount": finding.count,
        "properties": _properties(finding),
    }


def _rule_id(finding: Finding, words: Words) -> str:
    """The shape's name; a blank node's label differs from run to run, so its constraint stands for it."""
    shape = finding.result.shape
    return local_name(storable(finding.result.component)) if shape.startswith("_:") else words.shape(shape)


def _location(finding: Finding) -> dict[str, Any]:
    # The bytes of the name as the file system has them; a colon is escaped, or the start would look like a scheme.
    path = quote(finding.file.removeprefix("./").encode(errors="surrogateescape"))
    location: dict[str, Any] = {"artifactLocation": {"uri": f"file://{path}" if path.startswith("/") else path}}
    if finding.line is not None:
        location["region"] = {"startLine": finding.line}
    return location


def _fingerprint(finding: Finding, seen: Counter[str]) -> str:
    """What identifies a finding in its file, with a number in case that another one looks the same."""
    result = finding.result
    path = "" if result.path is None else path_text(result.path)
    terms = (result.shape, result.component, result.focus, path, result.value or "")
    parts = ["_:" if term.startswith("_:") else term for term in terms]
    digest = blake2b(repr((finding.file, *parts)).encode(errors="surrogatepass"), digest_size=10).hexdigest()
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _properties(finding: Finding) -> dict[str, Any]:
    result = finding.result
    found = {
        "shape": result.shape,
        "component": result.component,
        "focus": result.focus,
        "path": None if result.path is None else path_text(result.path),
        "value": result.value,
        "title": finding.title,
    }
    return {name: storable(value) for name, value in found.items() if value}


def _plain(text: str) -> str:
    """A text as a message, in which braces would hold a place, and brackets with parentheses a link."""
    text = text.replace("{", "{{").replace("}", "}}")
    return _link_middle.sub(r"\1\1\\]", text)
