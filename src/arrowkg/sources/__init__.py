"""Reading listings: one module for each input format, and the table of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from arrowkg.errors import InputError, UsageError
from arrowkg.files import Input, without_compression
from arrowkg.sources import arrow, arrow_html, jsonl
from arrowkg.sources.record import Notify, Parse, Record, Split

__all__ = ["RDF_SUFFIXES", "SOURCES", "Guess", "Notify", "Record", "Source", "guess", "source_named"]

RDF_SUFFIXES: Final = {
    ".ttl": "turtle",
    ".nt": "ntriples",
    ".nq": "nquads",
    ".trig": "trig",
    ".rdf": "rdfxml",
    ".owl": "rdfxml",
    ".jsonld": "jsonld",
}
"""Suffixes of RDF files, each with the name of its notation."""

_HEAD_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """An input format.

    Attributes:
        name: the name, for ``--from``.
        title: what it is, for people.
        aliases: other names that are accepted.
        split: finds the records of an input.
        parse: understands one record.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    split: Split
    parse: Parse


SOURCES: Final = (
    Source("arrow", "Arrow author page saved as text", ("arrow-text", "page", "text", "txt"), arrow.split, arrow.parse),
    Source("arrow-html", "Arrow author page saved as HTML", ("html", "htm"), arrow_html.split, arrow_html.parse),
    Source("jsonl", "JSON Lines, one paper a line", ("json-lines", "ndjson", "json"), jsonl.split, jsonl.parse),
)
"""Every input format."""


def source_named(name: str) -> Source:
    """The input format of a name or an alias.

    Raises:
        UsageError: there is none.

    >>> source_named("ndjson").name
    'jsonl'
    """
    wanted = name.lower().lstrip(".")
    known = {alias: source for source in SOURCES for alias in (source.name, *source.aliases)}
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, 1)
    names = ", ".join(source.name for source in SOURCES)
    hint = f"did you mean {known[near[0]].name}? " if near else ""
    raise UsageError(f"there is no input format {name!r}", hint=f"{hint}The input formats are {names}")


@dataclass(frozen=True, slots=True)
class Guess:
    """What an input is taken for.

    Attributes:
        source: the input format, or ``None`` where it is RDF.
        rdf: the name of the RDF notation, or ``None`` where it is a listing.
        reason: why, for people.
    """

    source: Source | None
    rdf: str | None
    reason: str


def guess(source: Input) -> Guess:
    """What an input is, from how it starts, and for RDF also from its name.

    Raises:
        InputError: it is empty, binary, or of no known form.
    """
    head = source.head(_HEAD_BYTES)
    suffix = Path(without_compression(source.name)).suffix.lower()
    if not head:
        raise InputError("the input is empty", file=source.name)
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the input is binary, not text", hint=_KNOWN_FORMS, file=source.name)
    if suffix in RDF_SUFFIXES:
        return Guess(None, RDF_SUFFIXES[suffix], f"its name ends in {suffix}")
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="replace").lstrip()
    for found in _FORMS:
        if answer := found(text):
            return answer
    if not text:
        raise InputError("the input holds nothing but blanks", file=source.name)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        arrow.decoded(head, source.name)
    raise InputError("the input is of no known form", hint=_KNOWN_FORMS, file=source.name, line=1)


_KNOWN_FORMS: Final = "known are an Arrow author page (text or HTML), JSON Lines, and RDF; --from names one"
_rdf_line = re.compile(r"\s*(@prefix|@base|PREFIX|BASE|<[A-Za-z][A-Za-z0-9+.-]*:[^>\s]*>\s)", re.IGNORECASE)


def _json(text: str) -> Guess | None:
    if text.startswith("{"):
        if '"@context"' in text or '"@graph"' in text:
            return Guess(None, "jsonld", "it is JSON with an @context")
        return Guess(source_named("jsonl"), None, "it starts with a JSON object")
    if text.startswith("["):
        if '"@id"' in text or '"@type"' in text:
            return Guess(None, "jsonld", "it is JSON with an @id or an @type")
        return Guess(source_named("jsonl"), None, "it starts with JSON")
    return None


def _page(text: str) -> Guess | None:
    if text.startswith("<") and re.search(
        r"<(!doctype\s+html|html|head|body|div|p|section|h[1-6])\b", text, re.IGNORECASE
    ):
        return Guess(source_named("arrow-html"), None, "it starts as HTML does")
    folded = text.casefold()
    for title in (arrow.PAGE_TITLE, arrow.CLUSTER_TITLE):
        if title.casefold() in folded:
            return Guess(source_named("arrow"), None, f"it holds the line {title!r}")
    return None


def _after_prolog(text: str) -> str:
    """A text from its first element on: without the XML declaration and the comments before it."""
    start = 0
    while True:
        while start < len(text) and text[start].isspace():
            start += 1
        opening = next((sign for sign in ("<!--", "<?") if text.startswith(sign, start)), None)
        end = text.find("-->" if opening == "<!--" else "?>", start) if opening else -1
        if end < 0:
            return text[start:]
        start = end + (3 if opening == "<!--" else 2)


def _rdf(text: str) -> Guess | None:
    if re.match(r"<!DOCTYPE\s+rdf|<(\w+:)?RDF\b", _after_prolog(text)):
        return Guess(None, "rdfxml", "it starts as RDF/XML does")
    lines = [line for line in text.split("\n")[:50] if line.strip() and not line.lstrip().startswith("#")]
    if lines and _rdf_line.match(lines[0]):
        return Guess(None, "trig", "its first line is one of Turtle or N-Triples")
    return None


_FORMS: Final[tuple[Callable[[str], Guess | None], ...]] = (_json, _rdf, _page)
