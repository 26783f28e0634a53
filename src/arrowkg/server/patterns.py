"""Triple Pattern Fragments over HTTP."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from arrowkg.errors import UsageError
from arrowkg.server import fragments, responses
from arrowkg.server.fragments import Fragments, Page, Pattern, Place
from arrowkg.server.live import Live
from arrowkg.server.negotiation import Offer, chosen
from arrowkg.server.places import address_of
from arrowkg.server.protocol import Refused, parameters
from arrowkg.server.shelf import Held, held

OFFERS: Final = (
    Offer("application/trig", "trig"),
    Offer("application/n-quads", "nq"),
    Offer("text/turtle", "ttl"),
    Offer("application/n-triples", "nt", ("text/plain",)),
    Offer("text/html", "html", ("application/xhtml+xml",)),
)
"""The notations of a fragment; those with graphs keep the data and what is said about them apart."""

_CHARSETS: Final = ("text/turtle", "text/html")
_MOST_WAITING: Final = 64
_number = re.compile("[1-9][0-9]{0,8}")
# What an address may hold as itself in the text of an RDF term.
_address = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")


class Patterns:
    """Answers requests for fragments."""

    def __init__(self) -> None:
        self._waiting = 0

    async def answer(self, request: Request, live: Live) -> Response:
        """The answer to a request."""
        try:
            found = parameters(request.scope["query_string"])
            given = dict(reversed(found))
            offer = _offer(request, given)
            if offer is None:
                return responses.not_acceptable([(one, "") for one in OFFERS])
            number = given.get("page", "1")
            if _number.fullmatch(number) is None:
                return responses.text(400, "the page is no whole number from 1 up")
            pattern = fragments.pattern_of(given)
        except Refused as error:
            return responses.text(error.status, error.reason)
        except UsageError as error:
            return responses.text(400, f"{error.reason}; {error.hint}")
        if self._waiting >= _MOST_WAITING:
            return responses.busy("Too many fragments are asked for; ask again in a few seconds.")
        self._waiting += 1
        try:
            return await self._answer(request, live, offer, pattern, int(number))
        except UsageError as error:
            return responses.text(400, f"{error.reason}; {error.hint}")
        finally:
            self._waiting -= 1

    async def _answer(self, request: Request, live: Live, offer: Offer, pattern: Pattern, number: int) -> Response:
        place = _place(request, live, pattern, number)

        def written(found: Fragments) -> tuple[Held, Page]:
            page = found.page(pattern, number)
            kind = f"{offer.media_type}; charset=utf-8" if offer.media_type in _CHARSETS else offer.media_type
            return held(self._written(offer, live, page, place), kind), page

        file, page = await live.fragment(written)
        if number > 1 and not page.triples:
            return responses.text(404, "The fragment has no such page.")
        return await responses.of_file(request, live, "", file, is_negotiated=True)

    def _written(self, offer: Offer, live: Live, page: Page, place: Place) -> bytes:
        if offer.name == "html":
            return live.screens.fragment(page, place)
        write = {"trig": fragments.trig, "nq": fragments.nquads}.get(offer.name, fragments.ntriples)
        return write(page, place).encode()


def _offer(request: Request, given: dict[str, str]) -> Offer | None:
    if "format" in given:
        wanted = given["format"].lower()
        return next((one for one in OFFERS if wanted in (one.name, one.media_type)), None)
    return chosen(request.headers.get("accept"), OFFERS)


def _place(request: Request, live: Live, pattern: Pattern, number: int) -> Place:
    address = address_of(request, live.look.base_iri) + "fragments"
    query = request.scope["query_string"].decode("ascii", "replace")
    # A client looks for what is said about the address that it asked, letter by letter.
    asked = f"{address}?{query}" if query else address
    place = Place(address, asked, live.look.title, f"{live.look.base_iri}dataset")
    if _address.fullmatch(asked) is None or "#" in asked:
        return Place(address, place.of(pattern, number), place.title, place.dataset)
    return place
