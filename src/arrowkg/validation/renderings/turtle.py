"""The report as SHACL defines it, in Turtle."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final
from urllib.parse import quote

from arrowkg.settings import FailOn
from arrowkg.terms import iri_of, is_iri
from arrowkg.validation.compiled.names import SH
from arrowkg.validation.renderings.wording import (
    one_line,
    prefixed,
    schema_form,
    storable,
    unlisted_words,
    verdict,
    visible,
)
from arrowkg.validation.report import Finding, Path, Report
from arrowkg.vocab import prefixes

_SHAPES: Final = "https://w3id.org/arrowkg/shapes#"
_SEVERITIES: Final = {"violation": "Violation", "warning": "Warning", "info": "Info"}
_OPERATORS: Final = {
    "^": "inversePath",
    "*": "zeroOrMorePath",
    "+": "oneOrMorePath",
    "?": "zeroOrOnePath",
    "|": "alternativePath",
}

_blank_label = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
# What the IRIREF production of Turtle has not.
_not_in_iri = re.compile(r"[\x00-\x20<>\"{}|^`\\\ud800-\udfff]")
_raw_in_literal = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def render_turtle(report: Report, *, fail_on: FailOn) -> str:
    """The report as an ``sh:ValidationReport``, section 3 of the SHACL recommendation.

    ``sh:conforms`` has SHACL's own sense, in which every result counts, whatever ``fail_on`` says. What that vocabulary
    has no word for (places, the verdict, shapes that were not checked, findings beyond those kept) stands in comments.

    >>> print(render_turtle(Report(), fail_on="violation"), end="")
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    <BLANKLINE>
    # Conforms at violation: 0 records, 0 violations, 0 warnings, 0 infos
    <BLANKLINE>
    [] a sh:ValidationReport ;
        sh:conforms true .
    """
    writer = _Writer({"sh": SH, "aks": _SHAPES, **prefixes(schema_form(report))})
    body = [f"[] a sh:ValidationReport ;\n    sh:conforms {str(report.conforms('info')).lower()}"]
    if report.findings:
        results = " , ".join(writer.result(finding) for finding in report.findings)
        body.append(f" ;\n    sh:result {results}")
    comments = [verdict(report, fail_on)]
    if report.skipped_rules:
        comments.append(f"not checked: {', '.join(map(one_line, report.skipped_rules))}")
    if report.unlisted:
        comments.append(unlisted_words(report))
    return "".join(
        (
            *(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in writer.used_prefixes()),
            "\n",
            *(f"# {comment}\n" for comment in comments),
            "\n",
            *body,
            " .\n",
        )
    )


class _Writer:
    """Writes results, and remembers which prefixes they need."""

    def __init__(self, table: dict[str, str]) -> None:
        self._table = table
        self._used = {"sh"}

    def used_prefixes(self) -> list[tuple[str, str]]:
        return [(prefix, namespace) for prefix, namespace in self._table.items() if prefix in self._used]

    def result(self, finding: Finding) -> str:
        found = finding.result
        rows = [
            "a sh:ValidationResult",
            f"sh:resultSeverity sh:{_SEVERITIES[found.severity]}",
            f"sh:focusNode {self._term(found.focus)}",
            f"sh:sourceShape {self._term(found.shape)}",
            f"sh:sourceConstraintComponent {self._term(found.component)}",
        ]
        if found.path is not None:
            rows.append(f"sh:resultPath {self._path(found.path)}")
        if found.value is not None:
            rows.append(f"sh:value {self._term(found.value)}")
        if found.message:
            message = found.message.replace("\\", "\\\\").replace('"', '\\"')
            rows.append(f'sh:resultMessage "{_raw_in_literal.sub(_escape, message)}"')
        place = visible(storable(finding.place))
        records = f", in {finding.count:,} records" if finding.count > 1 else ""
        return "\n".join((f"[\n        # {place}{records}", " ;\n".join(f"        {row}" for row in rows), "    ]"))

    def _term(self, term: str) -> str:
        if is_iri(term):
            found = prefixed(term, self._table)
            if found is None:
                return f"<{_not_in_iri.sub(_percent, iri_of(term))}>"
            self._used.add(found[0])
            return ":".join(found)
        if term.startswith("_:"):
            return _blank(term)
        lexical, quotation, suffix = term.rpartition('"')
        if suffix.startswith("^^"):
            suffix = f"^^{self._term(suffix[2:])}"
        return f"{_raw_in_literal.sub(_escape, lexical)}{quotation}{suffix}"

    def _path(self, path: Path) -> str:
        """A path in its RDF form, SHACL section 2.3.1."""
        if isinstance(path, str):
            return self._term(path)
        operator, *operands = path
        steps = [self._path(part) for part in operands]
        if operator == "/":
            return f"( {' '.join(steps)} )"
        operand = f"( {' '.join(steps)} )" if operator == "|" else steps[0]
        return f"[ sh:{_OPERATORS[str(operator)]} {operand} ]"


def _blank(term: str) -> str:
    """A blank node by its label, or by a digest of it if Turtle has no such labels."""
    if _blank_label.fullmatch(term, 2):
        return term
    return f"_:b{blake2b(term.encode(errors='surrogatepass'), digest_size=12).hexdigest()}"


def _percent(match: re.Match[str]) -> str:
    return quote(match[0].encode(errors="backslashreplace"), safe="")


def _escape(match: re.Match[str]) -> str:
    # No notation has lone surrogates, not even as escapes.
    return f"\\u{ord(match[0]):04X}" if match[0] < "\x80" else "\ufffd"
