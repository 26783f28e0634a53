"""Asking a remote end point by the SPARQL 1.1 Protocol, with limits on what it answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from arrowkg.errors import BadText, InputError, StoreError
from arrowkg.model import Notice
from arrowkg.settings import MIB, Settings
from arrowkg.sparql.answer import Answer, Row
from arrowkg.sparql.query import BOOLEAN, ROWS, Query
from arrowkg.terms import XSD, iri, text

_JSON: Final = "application/sparql-results+json"
_N_TRIPLES: Final = "application/n-triples"
_TURTLE: Final = "text/turtle"
_MOST_ANSWER: Final = 256 * MIB
_STRING: Final = f"{XSD}string"
_label = re.compile("[A-Za-z0-9]+")
_language = re.compile("[A-Za-z]+(-[A-Za-z0-9]+)*")


@contextmanager
def ask_endpoint(
    query: Query,
    url: str,
    auth_file: str | None,
    settings: Settings,
    limit: int | None = None,
    notice: Callable[[Notice], None] = lambda notice: None,
) -> Iterator[Answer]:
    """The answer of an end point to a query.

    Args:
        query: the query, looked over.
        url: the address of the end point; it may have parameters, such as ``default-graph-uri``.
        auth_file: a file with credentials, or ``None``.
        settings: how long the server may take, and how often it is tried.
        limit: the most rows or triples that are wanted; the server sends what it sends, the rest is left out.
        notice: called before the server is tried again.

    Raises:
        UsageError: the address is none, or holds a password.
        InputError: the server says that the query is not one.
        StoreError: it is out of reach, refuses, or answers with something else.
    """
    from arrowkg.stores.remote.credentials import Authentication, read_credentials
    from arrowkg.stores.remote.endpoint import address_of
    from arrowkg.stores.remote.http import Client, Request
    from arrowkg.stores.remote.profiles import FORM, GENERIC
    from arrowkg.stores.remote.transport import Transport

    address, _, parameters = url.partition("?")
    address_of(address)
    transport = Transport(settings.query_seconds, _MOST_ANSWER)
    try:
        authentication = Authentication(read_credentials(auth_file, os.environ), GENERIC)
        client = Client(settings, authentication, notice, send_once=transport)
        wanted = _JSON if query.kind in (ROWS, BOOLEAN) else f"{_N_TRIPLES}, {_TURTLE};q=0.5"
        headers = {"Accept": wanted, "Content-Type": FORM}
        body = urlencode({"query": query.text}).encode()
        request = Request("POST", f"{address}?{parameters}" if parameters else address, headers, body)
        reply = client.send(request, accepted=(400,))
        assert reply is not None
        if reply.status == 400:
            told = reply.body.decode(errors="replace").strip().partition("\n")[0][:200]
            raise InputError(f"the end point refuses the query: {told or 'it does not say why'}", file=query.name)
        yield _answer(query, reply.media_type, reply.body, request.place, limit)
    finally:
        transport.close()


def _answer(query: Query, media_type: str, body: bytes, place: str, limit: int | None) -> Answer:
    if query.kind in (ROWS, BOOLEAN):
        if media_type not in (_JSON, "application/json"):
            raise _unexpected(media_type, _JSON, place)
        return _results(query, body, place, limit)
    if media_type not in (_N_TRIPLES, _TURTLE, "text/plain", "application/x-turtle"):
        raise _unexpected(media_type, _N_TRIPLES, place)
    return _graph(body, place, limit)


def _unexpected(media_type: str, wanted: str, place: str) -> StoreError:
    shown = "".join(char for char in media_type[:80] if char.isprintable()) or "no content type"
    return StoreError(
        f"it answers with {shown} in place of {wanted}", hint="is it the address of a SPARQL end point?", file=place
    )


def _results(query: Query, body: bytes, place: str, limit: int | None) -> Answer:
    """The rows or the truth of SPARQL 1.1 Query Results JSON."""
    try:
        found = json.loads(body)
        if query.kind == BOOLEAN:
            truth = found["boolean"]
            if not isinstance(truth, bool):
                raise ValueError("the truth is none")
            return Answer(truth=truth)
        names = tuple(str(name) for name in found["head"]["vars"])
        bindings = found["results"]["bindings"]
        rows: list[Row] = [
            tuple(_term(row[name]) if name in row else None for name in names) for row in islice(bindings, limit)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadText):
        raise StoreError("its answer is cut off or is no SPARQL result", file=place) from None
    return Answer(names, iter(rows), is_cut=limit is not None and len(bindings) > limit)


def _term(value: dict[str, Any]) -> str:
    """The N-Triples form of a term of the results format, which a server may have made up."""
    kind, content = value["type"], value["value"]
    if kind == "uri":
        return iri(content)
    if kind == "bnode":
        return f"_:b{content}" if _label.fullmatch(content) else f"_:x{content.encode().hex()}"
    literal = text(content)
    if language := value.get("xml:lang"):
        if not _language.fullmatch(language):
            raise BadText("a language tag that is none")
        return f"{literal}@{language}"
    datatype = value.get("datatype", _STRING)
    return literal if datatype == _STRING else f"{literal}^^{iri(datatype)}"


def _graph(body: bytes, place: str, limit: int | None) -> Answer:
    """The triples of N-Triples or Turtle, which holds it."""
    import pyoxigraph

    try:
        quads = list(pyoxigraph.parse(body, pyoxigraph.RdfFormat.TURTLE))
    except SyntaxError:
        raise StoreError("its answer is cut off or is no Turtle", file=place) from None
    triples = [(str(quad.subject), str(quad.predicate), str(quad.object)) for quad in quads]
    return Answer(triples=iter(triples[:limit]), is_cut=limit is not None and len(triples) > limit)
