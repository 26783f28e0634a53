"""The query operation of the SPARQL 1.1 Protocol: what a request asks.

The sections named here are those of https://www.w3.org/TR/sparql11-protocol/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import pyoxigraph

from arrowkg.server.negotiation import Offer
from arrowkg.server.queries import Request
from arrowkg.sparql.query import BOOLEAN, ROWS, TRIPLES
from arrowkg.sparql.writers import FORMS, Form

URLENCODED: Final = "application/x-www-form-urlencoded"
DIRECT: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"

_ALIASES: Final = {
    "json": ("application/json",),
    "xml": ("application/xml", "text/xml"),
    "turtle": ("application/x-turtle",),
    "jsonld": ("application/json",),
    "nt": ("text/plain",),
}
# The usual one of each kind first.
_ORDER: Final = {ROWS: ("json", "xml", "csv", "tsv"), BOOLEAN: ("json", "xml"), TRIPLES: ("turtle", "nt", "jsonld")}
_MOST_PARAMETERS: Final = 100


class Refused(Exception):
    """A request that breaks a rule of the protocol.

    Attributes:
        status: the status to answer with.
        reason: what is wrong.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def parameters(text: bytes) -> list[tuple[str, str]]:
    """The parameters of an address or a form.

    Raises:
        Refused: they are not UTF-8, or too many.

    >>> parameters(b"query=ASK%20%7B%7D&x=")
    [('query', 'ASK {}'), ('x', '')]
    """
    try:
        return parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise Refused(400, "the parameters are not percent-encoded UTF-8") from None
    except ValueError:
        raise Refused(400, f"there are more than {_MOST_PARAMETERS} parameters") from None


def request_of(method: str, address: bytes, content_type: str | None, body: bytes) -> Request | None:
    """What a request asks; ``None`` if it is a GET that asks nothing.

    Args:
        method: ``GET``, ``HEAD`` or ``POST``.
        address: the part of the address after the question mark.
        content_type: the header, if there is one.
        body: the body of a POST.

    Raises:
        Refused: it breaks a rule.

    >>> request_of("POST", b"", "application/sparql-query", b"ASK {}").text
    'ASK {}'
    """
    found = parameters(address)
    if method != "POST":
        _refuse_update(found)
        if not any(name == "query" for name, _ in found):
            return None
        return _request(found)
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == URLENCODED:
        # All parameters are in the body of such a request; those of the address are not looked at.
        form = parameters(body)
        _refuse_update(form)
        return _request(form)
    if kind == DIRECT:
        _refuse_update(found)
        if any(name == "query" for name, _ in found):
            raise Refused(400, "the query stands both in the body and in the address")
        return _request([*found, ("query", _utf8(body))])
    if kind == UPDATE:
        raise Refused(403, "this end point answers queries; it takes no updates")
    raise Refused(415, f"a POST is of the type {URLENCODED} or {DIRECT}")


def _utf8(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "the query is not UTF-8") from None


def _refuse_update(found: list[tuple[str, str]]) -> None:
    if any(name in ("update", "using-graph-uri", "using-named-graph-uri") for name, _ in found):
        raise Refused(403, "this end point answers queries; it takes no updates")


def _request(found: list[tuple[str, str]]) -> Request:
    texts = [value for name, value in found if name == "query"]
    if len(texts) != 1:
        raise Refused(400, f"a request has one parameter query, and this one has {len(texts) or 'none'}")
    default = tuple(_iri(value) for name, value in found if name == "default-graph-uri")
    named = tuple(_iri(value) for name, value in found if name == "named-graph-uri")
    # A dataset of the request takes the place of the query's as a whole (section 2.1.4).
    return Request(texts[0], default, named) if default or named else Request(texts[0])


def _iri(value: str) -> str:
    try:
        return pyoxigraph.NamedNode(value).value
    except ValueError:
        raise Refused(400, "the IRI of a graph is none") from None


def offers_for(kind: str) -> tuple[Offer, ...]:
    """The forms of an answer of a kind, as they are offered.

    >>> [offer.media_type for offer in offers_for(BOOLEAN)]
    ['application/sparql-results+json', 'application/sparql-results+xml']
    """
    return tuple(Offer(_FORMS[name].media_type, name, _ALIASES.get(name, ())) for name in _ORDER[kind])


def form_of(offer: Offer) -> Form:
    """The form of an offer."""
    return _FORMS[offer.name]


_FORMS: Final[Mapping[str, Form]] = {form.name: form for form in FORMS}
