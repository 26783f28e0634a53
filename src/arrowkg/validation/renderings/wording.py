"""The words that the renderings share: the verdict, and terms, paths and texts as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

from arrowkg.settings import FailOn, SchemaNamespace
from arrowkg.terms import iri_of, is_iri, literal_parts
from arrowkg.validation.compiled.names import SH
from arrowkg.validation.report import SEVERITIES, Finding, Path, Report, local_name, path_text
from arrowkg.vocab import SCHEMA, prefixes

LITERAL_COLUMNS: Final = 60
"""How much of a literal is shown where room is scarce."""
IRI_COLUMNS: Final = 300
"""How much of an IRI is shown there: far more, since half an IRI is of little use."""

# What acts on a terminal or a page rather than being seen there (controls, and the marks that turn the direction of all
# text that follows), and what XML and HTML do not allow at all (lone surrogates and non-characters).
_unseen = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
    f"|[{''.join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))}]"
)
_NAMED: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
# A part of what Turtle allows after the colon, so that no prefixed name ever needs an escape.
_local_part = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def counted(count: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "warning"), counted(1200, "record")
    ('1 warning', '1,200 records')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def verdict(report: Report, fail_on: FailOn) -> str:
    """What came out, in one line.

    >>> verdict(Report(), "never")
    'Conforms (never fails): 0 records, 0 violations, 0 warnings, 0 infos'
    """
    if fail_on == "never":
        outcome = "Conforms (never fails)"
    else:
        outcome = f"{'Conforms' if report.conforms(fail_on) else 'Does not conform'} at {fail_on}"
    checked = [counted(report.checked, "record")] if report.checked or not report.checked_nodes else []
    checked += [counted(report.checked_nodes, "node")] if report.checked_nodes else []
    totals = (counted(report.count(severity), severity) for severity in SEVERITIES)
    return f"{outcome}: {', '.join((*checked, *totals))}"


def unlisted_words(report: Report) -> str:
    """That findings were counted only, or an empty string if none were.

    >>> unlisted_words(Report())
    ''
    """
    if not report.unlisted:
        return ""
    total, kept = counted(report.total, "finding"), report.total - report.unlisted
    return f"Of {total}, {kept:,} are listed; the other {report.unlisted:,} are only counted."


def visible(text: str) -> str:
    """A text with an escape for each character that acts rather than being seen, and for each that XML has not.

    >>> visible("a\\x1b[2Jb\\u202ec\\n")
    'a\\\\u001B[2Jb\\\\u202Ec\\\\n'
    """
    return _unseen.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _NAMED.get(match[0]) or (f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}")


def one_line(text: str) -> str:
    """A text on one line, each run of white space as one space, nothing in it unseen.

    >>> one_line(" two\\n lines ")
    'two lines'
    """
    return visible(" ".join(text.split()))


def storable(text: str) -> str:
    """A text with an escape for each lone surrogate, as file names have for bytes that are no UTF-8.

    >>> storable("caf\\udce9.txt")
    'caf\\\\udce9.txt'
    """
    return text.encode(errors="backslashreplace").decode()


def width(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> width("abc"), width("石頭"), width("e\\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fitted(text: str, columns: int) -> str:
    """A text cut to so many columns, with ``…`` for what is gone.

    >>> fitted("On the Sorting of Stones", 10)
    'On the So…'
    """
    # No character takes less than no column, but a very long text need not be measured whole to be cut.
    if len(text) <= 8 * columns and width(text) <= columns:
        return text
    taken = 0
    for place, char in enumerate(text[: 8 * columns]):
        taken += _columns(char)
        if taken > columns - 1:
            return f"{text[:place]}…"
    return f"{text[: 8 * columns]}…"


def _escaped(lexical: str) -> str:
    return visible(lexical.replace("\\", "\\\\").replace('"', '\\"'))


def _escaped_start(lexical: str, columns: int) -> str:
    """A lexical form with escapes, cut to so many columns, but never within an escape."""
    shown: list[str] = []
    room = columns
    for char in lexical[: columns + 1]:
        escaped = _escaped(char)
        room -= width(escaped)
        shown.append(escaped)
        if room < 0:
            break
    else:
        return "".join(shown) + ("…" if len(lexical) > len(shown) else "")
    while room < 1:
        room += width(shown.pop())
    return f"{''.join(shown)}…"


def message_words(finding: Finding) -> str:
    """What is wrong, on one line: the message, or the constraint's name where the shapes have no message.

    >>> from arrowkg.validation.report import Result
    >>> constraint = "<http://www.w3.org/ns/shacl#InConstraintComponent>"
    >>> message_words(Finding(Result("info", "<a:n>", "<a:s>", constraint, ""), "page.txt", None, ""))
    'InConstraintComponent'
    """
    return one_line(finding.result.message) or visible(local_name(finding.result.component))


class Words:
    """Terms, paths and shapes of one report, as people read them.

    Args:
        report: the report; whether schema.org has its https or its http namespace is seen from its paths.

    >>> words = Words(Report())
    >>> words.term("<http://purl.org/spar/fabio/Book>"), words.term('"2025"^^<http://www.w3.org/2001/XMLSchema#gYear>')
    ('fabio:Book', '"2025"^^xsd:gYear')
    """

    def __init__(self, report: Report) -> None:
        self.prefixes = {"sh": SH, **prefixes(schema_form(report))}
        self._shapes = _names_of_shapes(group.shape for group in report.groups)

    def iri(self, term: str) -> str:
        """An IRI term as a prefixed name, or as it is where there is no prefix for it."""
        found = prefixed(term, self.prefixes)
        return ":".join(found) if found else visible(term)

    def term(self, term: str, *, columns: int | None = LITERAL_COLUMNS) -> str:
        """A term, cut to so many columns if it is a literal, or whole for ``None``."""
        if not term.startswith('"'):
            shown = self.iri(term) if is_iri(term) else visible(term)
            return shown if columns is None else fitted(shown, IRI_COLUMNS)
        lexical, datatype, language = literal_parts(term)
        shown = _escaped(lexical) if columns is None else _escaped_start(lexical, columns)
        suffix = f"@{visible(language)}" if language else f"^^{self.iri(f'<{datatype}>')}" if datatype else ""
        return f'"{shown}"{suffix}'

    def path(self, path: Path) -> str:
        """A path as SPARQL writes it, with prefixed names."""
        return path_text(path, self.iri)

    def shape(self, term: str) -> str:
        """The last part of a shape's IRI, or the whole term if two shapes of the report share that part."""
        return self._shapes.get(term) or visible(local_name(term))


def _names_of_shapes(terms: Iterable[str]) -> dict[str, str]:
    names = {term: visible(local_name(term)) for term in terms}
    uses = Counter(names.values())
    return {term: name if name and uses[name] == 1 else visible(term) for term, name in names.items()}


def schema_form(report: Report) -> SchemaNamespace:
    """The form of schema.org's namespace that the paths of a report have, https if none does.

    >>> schema_form(Report())
    'https'
    """
    http = f"<{SCHEMA['http']}"
    paths = {finding.result.path for finding in report.findings}
    return "http" if any(path is not None and http in path_text(path) for path in paths) else "https"


def prefixed(term: str, table: dict[str, str]) -> tuple[str, str] | None:
    """The prefix and the local part of an IRI term, or ``None`` if there is no prefix for it.

    >>> prefixed("<http://purl.org/spar/fabio/Book>", {"fabio": "http://purl.org/spar/fabio/"})
    ('fabio', 'Book')
    """
    if not is_iri(term):
        return None
    iri = iri_of(term)
    for prefix, namespace in table.items():
        if iri.startswith(namespace) and _local_part.fullmatch(iri, len(namespace)):
            return prefix, iri[len(namespace) :]
    return None
