"""The report as one web page that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Final

from arrowkg.settings import FailOn
from arrowkg.validation.renderings.sections import Section, sections
from arrowkg.validation.renderings.wording import (
    Words,
    counted,
    message_words,
    one_line,
    storable,
    unlisted_words,
    verdict,
    visible,
)
from arrowkg.validation.report import Finding, Report

_OPEN_COLUMNS: Final = 300
"""How much of a literal is shown before it is folded."""
_MOST_CHARACTERS: Final = 20_000
"""The most of a literal that the page holds."""

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de; --link: #0550ae;
  --violation: #a40e26; --warning: #7a4b00; --info: #0550ae; --good: #116329; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9da7b3; --line: #3d444d;
  --link: #79c0ff; --violation: #ff9a92; --warning: #e3b341; --info: #79c0ff; --good: #7ee787; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h3 { margin: 2rem 0 0; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; color: var(--soft); padding-block: .25rem; }
th, td { text-align: start; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; font-weight: inherit; }
thead th { color: var(--soft); }
.count { text-align: end; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.severity { overflow-wrap: normal; }
.verdict { font-size: 1.25rem; font-weight: bold; }
.violation { color: var(--violation); } .warning { color: var(--warning); }
.info { color: var(--info); } .good { color: var(--good); }
ol { list-style: none; padding: 0; }
li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin-block: .75rem; }
li p { margin: 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 .75rem; margin: .5rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; }
code { font: .9em ui-monospace, monospace; white-space: pre-wrap; }
"""

_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"


def render_html(report: Report, *, fail_on: FailOn) -> str:
    """The report as a page without scripts or requests: the verdict, the summary, and the findings by shape.

    >>> page = render_html(Report(), fail_on="violation")
    >>> "<script" in page, "Conforms at violation" in page
    (False, True)
    """
    return "".join(f"{line}\n" for line in _page(report, fail_on))


def _page(report: Report, fail_on: FailOn) -> Iterator[str]:
    words = Words(report)
    parts = sections(report, fail_on)
    outcome = "conforms" if report.conforms(fail_on) else "does not conform"
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Validation report: {outcome}</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield "<h1>Validation report</h1>"
    colour = "good" if report.conforms(fail_on) else "violation"
    yield f'<p class="verdict {colour}">{escape(verdict(report, fail_on))}</p>'
    yield "</header>"
    yield "<main>"
    if report.skipped_rules:
        yield f"<p>Not checked: {', '.join(f'<code>{_line(rule)}</code>' for rule in report.skipped_rules)}</p>"
    if parts:
        yield "<h2>Summary</h2>"
        yield from _summary(parts, words)
        yield "<h2>Findings</h2>"
    if report.unlisted:
        yield f"<p>{escape(unlisted_words(report))}</p>"
    for number, part in enumerate(parts, 1):
        yield from _section(number, part, words)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _summary(parts: list[Section], words: Words) -> Iterator[str]:
    yield "<table>"
    yield "<caption>Different findings by shape, the gravest first</caption>"
    yield '<thead><tr><th scope="col">Severity</th><th scope="col" class="count">Count</th>'
    yield '<th scope="col">Shape</th></tr></thead>'
    yield "<tbody>"
    for number, part in enumerate(parts, 1):
        severity = part.group.severity
        yield (
            f'<tr><td class="severity {severity}">{severity}</td><td class="count">{part.group.count:,}</td>'
            f'<th scope="row"><a href="#findings-{number}">{escape(words.shape(part.group.shape))}</a></th></tr>'
        )
    yield "</tbody>"
    yield "</table>"


def _section(number: int, part: Section, words: Words) -> Iterator[str]:
    severity = part.group.severity
    yield f'<section aria-labelledby="findings-{number}">'
    yield f'<h3 id="findings-{number}">{escape(words.shape(part.group.shape))}</h3>'
    told = counted(part.group.count, severity) + ("" if part.fails else ", not counted for the verdict")
    yield f'<p class="{severity}">{told}</p>'
    if part.findings:
        yield "<ol>"
        for finding in part.findings:
            yield from _finding(finding, words)
        yield "</ol>"
    if part.unlisted:
        yield f"<p>… and {part.unlisted:,} more, which are only counted.</p>"
    yield "</section>"


def _finding(finding: Finding, words: Words) -> Iterator[str]:
    result = finding.result
    yield "<li>"
    yield f"<p><bdi>{escape(message_words(finding))}</bdi></p>"
    yield "<dl>"
    yield _row("Place", f"<code>{escape(visible(storable(finding.place)))}</code>")
    if finding.title:
        yield _row("Paper", f"<bdi>{_line(finding.title)}</bdi>")
    yield _row("Node", _term(result.focus, words))
    if result.path is not None:
        yield _row("Path", f"<code>{escape(words.path(result.path))}</code>")
    if result.value is not None:
        yield _row("Value", _term(result.value, words))
    yield _row("Constraint", f"<code>{escape(words.iri(result.component))}</code>")
    if finding.count > 1:
        yield _row("Records", f"{finding.count:,}")
    yield "</dl>"
    yield "</li>"


def _row(name: str, content: str) -> str:
    return f"<dt>{name}</dt><dd>{content}</dd>"


def _line(text: str) -> str:
    return escape(one_line(text))


def _term(term: str, words: Words) -> str:
    """A term; a long literal is folded, so that the page stays easy to look over."""
    start = words.term(term, columns=_OPEN_COLUMNS)
    whole = words.term(term, columns=None)
    if whole == start:
        return f"<code><bdi>{escape(start)}</bdi></code>"
    if len(whole) > _MOST_CHARACTERS:
        whole = f"{whole[:_MOST_CHARACTERS]}… ({counted(len(whole), 'character')} in all)"
    return (
        f"<details><summary><code><bdi>{escape(start)}</bdi></code></summary>"
        f"<code><bdi>{escape(whole)}</bdi></code></details>"
    )
