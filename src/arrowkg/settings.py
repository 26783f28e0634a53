"""What a run is told: one frozen value, with the reason for each limit.

Where a value comes from (a flag, the environment, a file) is :mod:`arrowkg.cli.configuration`'s business; here is
what a value may be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Final, Literal, TypeAlias

from arrowkg.errors import UsageError

SchemaNamespace: TypeAlias = Literal["https", "http"]
CharacterPolicy: TypeAlias = Literal["keep", "replace", "refuse"]
Severity: TypeAlias = Literal["violation", "warning", "info"]
IriStyle: TypeAlias = Literal["303", "hash"]
FailOn: TypeAlias = Literal["violation", "warning", "info", "never"]
EngineName: TypeAlias = Literal["compiled", "pyshacl"]

EXAMPLE_BASE_IRI: Final = "https://kg.example.org/"
"""The base IRI when none is set: a name reserved for examples, so nobody's, and meant to be replaced."""

_base_iri = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/((?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+/)*")

MIB: Final = 1 << 20
_HIGHEST: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a run is told. Every field can be set by a flag or in a file, see ``arrowkg config``.

    Attributes:
        base_iri: the start of every IRI that is made, an http or https IRI that ends in ``/``.
        schema_ns: whether schema.org terms are written with ``https://schema.org/`` or ``http://schema.org/``.
        abstracts: whether abstracts are written; some may be under a licence that forbids it.
        characters: what happens to control characters in texts: ``keep`` writes those that RDF can carry as escapes
            and refuses records with others (NUL, lone surrogates, non-characters), ``replace`` writes U+FFFD for
            all of them, ``refuse`` refuses a record for any.
        fail_on: the least severity that makes a graph non-conforming for the exit code.
        engine: what checks a graph: our compiled engine, or pySHACL.
        max_expanded_bytes: the most that one input may hold after decompression.
        max_page_bytes: the most for an input that is read as a whole: a page, or an RDF file.
        max_html_bytes: the most for a page saved as HTML, whose elements take a hundred times their bytes in memory.
        max_record_bytes: the most for one line of JSON Lines.
        max_field_characters: the most for one text of a paper.
        max_authors: the most names on one paper.
        max_depth: the deepest nesting of one JSON record, or of an HTML page's elements.
        max_results: the most validation results that a report lists one by one; all are counted.
        batch_records: how many records are validated at a time; it changes speed and memory, never the report.
        sort_bytes: how much text is sorted in memory before it goes to a temporary file.
        load_bytes: how much N-Triples text a store is given at a time; it changes speed and memory, never the store.
        query_seconds: the most seconds that a query may take.
        query_bytes: the most memory that a query may use beside the store itself.
        query_text_bytes: the most bytes that the text of a query may have.
        query_depth: the deepest nesting of brackets in a query.
        http_seconds: how long a server may be silent before a request counts as failed.
        http_attempts: how often a request is tried before the server counts as out of reach.
        http_wait_seconds: the longest pause before another try; a server that asks for a longer one ends the run.
        serve_iris: how the server answers for the IRI of an entity: ``303`` leads to the page about it, as IRIs without
            a fragment want it; ``hash`` gives the page at once, as for IRIs that are a document's and a fragment.
        serve_query_seconds: the most seconds that a query to the server may take.
        serve_query_bytes: the most memory that a query to the server may use beside the store itself.
        serve_query_rows: the most rows or triples that the server answers a query with.
        serve_answer_bytes: the most bytes of rows or triples that the server answers a query with.
        serve_workers: how many queries the server answers at a time, each in a process of its own.
        serve_queue: how many queries may wait for the server before others are sent away.
        serve_connections: the most connections that the server holds; the one that waits longest makes room.
        serve_idle_seconds: how long the server waits for a request, or for a client to read on.
        serve_cache_bytes: how much memory the server uses to hold pages that were made before.
        push_bytes: how much N-Triples text is sent in one request, at most; a profile may send less.

    Raises:
        UsageError: a value is out of its range.

    >>> Settings(base_iri="https://kg.example.org/lab/").schema_ns
    'https'
    """

    base_iri: str = EXAMPLE_BASE_IRI
    schema_ns: SchemaNamespace = "https"
    abstracts: bool = True
    characters: CharacterPolicy = "keep"
    fail_on: FailOn = "violation"
    engine: EngineName = "compiled"
    max_expanded_bytes: int = 64 * 1024 * MIB
    max_page_bytes: int = 256 * MIB
    max_html_bytes: int = 16 * MIB
    max_record_bytes: int = 16 * MIB
    max_field_characters: int = 1_000_000
    max_authors: int = 20_000
    max_depth: int = 200
    max_results: int = 10_000
    batch_records: int = 20
    sort_bytes: int = 64 * MIB
    load_bytes: int = 16 * MIB
    query_seconds: int = 60
    query_bytes: int = 2048 * MIB
    query_text_bytes: int = 64 * 1024
    query_depth: int = 64
    http_seconds: int = 60
    http_attempts: int = 6
    http_wait_seconds: int = 120
    serve_iris: IriStyle = "303"
    serve_query_seconds: int = 5
    serve_query_bytes: int = 512 * MIB
    serve_query_rows: int = 10_000
    serve_answer_bytes: int = 32 * MIB
    serve_workers: int = 2
    serve_queue: int = 16
    serve_connections: int = 1000
    serve_idle_seconds: int = 15
    serve_cache_bytes: int = 64 * MIB
    push_bytes: int = 8 * MIB

    def __post_init__(self) -> None:
        is_text = isinstance(self.base_iri, str)
        if (
            not is_text
            or _base_iri.fullmatch(self.base_iri) is None
            or "/./" in self.base_iri
            or "/../" in self.base_iri
        ):
            raise _refusal(
                "base_iri",
                f"the base IRI {self.base_iri!r} cannot be used",
                hint="it is an http or https IRI that ends in a slash, such as https://kg.example.org/",
            )
        choices = {
            "schema_ns": ("https", "http"),
            "characters": ("keep", "replace", "refuse"),
            "fail_on": ("violation", "warning", "info", "never"),
            "engine": ("compiled", "pyshacl"),
            "serve_iris": ("303", "hash"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise _refusal(name, f"{name} is {getattr(self, name)!r}", hint=f"it is one of {', '.join(allowed)}")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "int" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise _refusal(field.name, f"{field.name} is {_shown(value)}", hint="it is a whole number from 1 up")
            if field.type == "int" and value > _HIGHEST:
                # Higher than anything that can be met, and low enough for every call of the system.
                object.__setattr__(self, field.name, _HIGHEST)
        if not isinstance(self.abstracts, bool):
            raise _refusal("abstracts", f"abstracts is {self.abstracts!r}", hint="it is true or false")


def _refusal(setting: str, reason: str, hint: str) -> UsageError:
    error = UsageError(reason, hint=hint)
    error.setting = setting
    return error


def _shown(value: object) -> str:
    # Python refuses to write out whole numbers of thousands of digits.
    return repr(max(value, -_HIGHEST) if isinstance(value, int) else value)[:80]
