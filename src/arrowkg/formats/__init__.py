"""Writing RDF: one module for each notation, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from arrowkg.errors import UsageError
from arrowkg.files import COMPRESSIONS, without_compression
from arrowkg.formats.jsonld import JsonLdWriter, JsonLinesWriter
from arrowkg.formats.ntriples import NTriplesWriter
from arrowkg.formats.rdfxml import RdfXmlWriter, refuse_uncarried
from arrowkg.formats.turtle import TurtleWriter
from arrowkg.formats.writer import Options, Writer
from arrowkg.terms import Triple

__all__ = ["FORMATS", "Format", "Options", "Writer", "format_for", "format_named"]


@dataclass(frozen=True, slots=True)
class Format:
    """An output notation.

    Attributes:
        name: the name, for ``--to``.
        title: what it is, for people.
        media_type: its media type.
        suffixes: file name suffixes, the usual one first.
        aliases: other names that are accepted.
        writer: makes a writer.
        is_sorted: whether output is sorted unless the user says otherwise.
        has_graphs: whether triples can be put into a named graph.
        is_by_record: whether each record is written whole, with the nodes that it shares.
        refuse: raises :class:`~arrowkg.errors.BadText` for a record that the notation cannot carry; ``None`` if it
            carries every text that a term can hold.
    """

    name: str
    title: str
    media_type: str
    suffixes: tuple[str, ...]
    aliases: tuple[str, ...]
    writer: Callable[[Options], Writer]
    is_sorted: bool = True
    has_graphs: bool = False
    is_by_record: bool = False
    refuse: Callable[[Sequence[Triple]], None] | None = None


FORMATS: Final = (
    Format(
        "ntriples", "N-Triples", "application/n-triples", (".nt",), ("nt", "n-triples"), NTriplesWriter, is_sorted=False
    ),
    Format(
        "nquads",
        "N-Quads",
        "application/n-quads",
        (".nq",),
        ("nq", "n-quads"),
        NTriplesWriter,
        is_sorted=False,
        has_graphs=True,
    ),
    Format("turtle", "Turtle", "text/turtle", (".ttl", ".turtle"), ("ttl",), TurtleWriter),
    Format("trig", "TriG", "application/trig", (".trig",), (), TurtleWriter, has_graphs=True),
    Format(
        "jsonld",
        "JSON-LD",
        "application/ld+json",
        (".jsonld", ".json"),
        ("json-ld", "json"),
        JsonLdWriter,
        has_graphs=True,
    ),
    Format(
        "jsonld-lines",
        "JSON-LD, one document a line",
        "application/x-ndjson",
        (".jsonl", ".ndjson"),
        ("jsonl", "ndjson", "ndjsonld", "json-lines"),
        JsonLinesWriter,
        has_graphs=True,
        is_by_record=True,
    ),
    Format(
        "rdfxml",
        "RDF/XML",
        "application/rdf+xml",
        (".rdf", ".xml", ".owl"),
        ("rdf", "xml", "rdf-xml", "rdf/xml"),
        RdfXmlWriter,
        refuse=refuse_uncarried,
    ),
)
"""Every output notation."""

_NAMES: Final = {alias: found for found in FORMATS for alias in (found.name, *found.aliases, found.media_type)}


def format_named(name: str) -> Format:
    """The notation of a name, an alias, a media type or a suffix.

    Raises:
        UsageError: there is none.

    >>> format_named("TTL").name
    'turtle'
    """
    wanted = name.lower().lstrip(".")
    if wanted in _NAMES:
        return _NAMES[wanted]
    for found in FORMATS:
        if f".{wanted}" in found.suffixes:
            return found
    near = get_close_matches(wanted, _NAMES, 1)
    hint = f"did you mean {_NAMES[near[0]].name}? " if near else ""
    listed = ", ".join(found.name for found in FORMATS)
    raise UsageError(f"there is no output format {name!r}", hint=f"{hint}The output formats are {listed}")


def format_for(output: str) -> Format:
    """The notation that a file name asks for by its suffix, a compression aside.

    Raises:
        UsageError: its suffix names none.

    >>> format_for("kg.nt.gz").name
    'ntriples'
    """
    suffix = Path(without_compression(output)).suffix.lower()
    for found in FORMATS:
        if suffix in found.suffixes:
            return found
    suffixes = [suffix for found in FORMATS for suffix in found.suffixes]
    near = get_close_matches(suffix, suffixes, 1) if suffix else []
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"{output}: the suffix {suffix!r} names no output format"
        if suffix
        else f"{output}: no suffix names the format",
        hint=f"{hint}Use one of {' '.join(suffixes)}, with {' '.join(COMPRESSIONS)} if you like, or --to FORMAT",
    )
