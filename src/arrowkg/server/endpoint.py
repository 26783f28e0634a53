"""The SPARQL end point over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from arrowkg.errors import ArrowkgError, InputError, QueryLimit
from arrowkg.server import description, responses
from arrowkg.server.live import Live
from arrowkg.server.metrics import Metrics
from arrowkg.server.negotiation import Offer, chosen, coding
from arrowkg.server.places import address_of
from arrowkg.server.protocol import Refused, form_of, offers_for, parameters, request_of
from arrowkg.server.queries import Busy, Gone, Queries, Ticket
from arrowkg.server.queries import Request as Asked
from arrowkg.server.screens import QUERY_POLICY
from arrowkg.server.shelf import held, packed
from arrowkg.settings import Settings
from arrowkg.sparql.writers import Form

_HTML: Final = Offer("text/html", "html", ("application/xhtml+xml",))
# What percent-encoding makes of a query, and some parameters.
_BODY_FACTOR: Final = 3
_BODY_MORE: Final = 16 << 10
_LEAST_PACKED: Final = 860


class _NotAcceptable(Exception):
    """A client takes none of the forms that an answer can have."""

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        super().__init__()
        self.offers = offers


class Endpoint:
    """Answers requests to the end point.

    Args:
        queries: answers queries.
        metrics: counts how they end.
        idle_seconds: how long the body of a request may take.
    """

    def __init__(self, queries: Queries, metrics: Metrics, idle_seconds: int) -> None:
        self._queries = queries
        self._metrics = metrics
        self._idle_seconds = idle_seconds

    async def answer(self, request: Request, live: Live) -> Response:
        """The answer to a request."""
        try:
            body = await self._body(request) if request.method == "POST" else b""
            method, content_type = request.method, request.headers.get("content-type")
            asked = request_of(method, request.scope["query_string"], content_type, body)
            form = [value for name, value in parameters(request.scope["query_string"]) if name == "format"]
        except Refused as error:
            self._metrics.add_query("refused")
            return responses.text(error.status, error.reason)
        accept, most = request.headers.get("accept"), self._queries.limits.query_text_bytes
        if asked is not None and len(asked.text.encode(errors="replace")) > most:
            self._metrics.add_query("refused")
            return responses.text(413, f"the query has more than {most:,} bytes")
        if asked is None:
            return await self._described(request, live, accept)
        if request.method != "POST" and not form and _is_reader(accept):
            return await self._page(request, live)
        return await self._queried(request, live, asked, form[-1] if form else None)

    async def _body(self, request: Request) -> bytes:
        """The body of a request.

        Raises:
            Refused: it is too large, or takes too long.
        """
        most = _BODY_FACTOR * self._queries.limits.query_text_bytes + _BODY_MORE
        parts = bytearray()
        try:
            async with asyncio.timeout(self._idle_seconds):
                async for part in request.stream():
                    parts += part
                    if len(parts) > most:
                        raise Refused(413, f"the request has more than {most:,} bytes")
        except TimeoutError:
            raise Refused(408, "the request did not come to its end") from None
        return bytes(parts)

    async def _described(self, request: Request, live: Live, accept: str | None) -> Response:
        offers = (*description.OFFERS, _HTML)
        offer = chosen(accept, offers)
        if offer is None:
            return responses.not_acceptable([(one, "") for one in offers])
        if offer is _HTML:
            return await self._page(request, live)
        address = address_of(request, live.look.base_iri) + "sparql"
        told = description.described(address, live.look.base_iri, live.manifest, offer.name)
        file = held(told, offer.media_type + ("; charset=utf-8" if offer.name == "turtle" else ""))
        return await responses.of_file(request, live, "sparql", file, is_negotiated=True)

    async def _page(self, request: Request, live: Live) -> Response:
        path = "sparql.html"
        file = live.shelf.get(path)
        if file is None:
            limits = self._queries.limits
            file = held(
                live.screens.query(limits.serve_query_rows, limits.query_seconds),
                "text/html; charset=utf-8",
            )
            live.shelf.put(path, file)
        return await responses.of_file(request, live, path, file, is_negotiated=True, policy=QUERY_POLICY)

    async def _queried(self, request: Request, live: Live, asked: Asked, format_: str | None) -> Response:
        ticket = Ticket()
        accept = request.headers.get("accept")
        work = asyncio.create_task(
            self._queries.answer(asked, lambda kind: _form(kind, accept, format_), live.database, ticket)
        )
        # If the server ends before it does, nobody asks what became of it.
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        gone = asyncio.create_task(_gone(request))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                ticket.end()
            result = await work
        except (Busy, Gone, _NotAcceptable, ArrowkgError) as error:
            return self._failed(error, ticket)
        finally:
            # Also when the server stops.
            ticket.end()
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone
        self._metrics.add_query("cut" if result.is_cut else "answered")
        return await _written(request, result.body, result.media_type, result.is_cut, self._queries.limits)

    def _failed(self, error: Exception, ticket: Ticket) -> Response:
        """The answer for a query that gave none."""
        if isinstance(error, Busy):
            outcome, answer = "busy", responses.busy("Too many queries wait already; ask again in a few seconds.")
        elif isinstance(error, _NotAcceptable):
            outcome, answer = "refused", responses.not_acceptable([(offer, "") for offer in error.offers])
        elif ticket.is_over or isinstance(error, Gone):
            outcome, answer = "gone", responses.text(499, "The client has gone.")
        elif isinstance(error, QueryLimit):
            # Nothing is wrong with the protocol, and to try again is of no use: section 2.2.3 of the protocol says 500.
            outcome, answer = "limit", responses.text(500, _told(error))
        elif isinstance(error, InputError):
            outcome, answer = "malformed", responses.text(400, _told(error))
        else:
            outcome, answer = "failed", responses.text(500, _told(error))
        self._metrics.add_query(outcome)
        return answer


def _told(error: Exception) -> str:
    return str(error)


def _is_reader(accept: str | None) -> bool:
    """Whether a browser asks to show a page, and no program for an answer."""
    results = tuple(offer for kind in ("rows", "triples") for offer in offers_for(kind))
    return accept is not None and chosen(accept, (*results, _HTML)) is _HTML


def _form(kind: str, accept: str | None, format_: str | None) -> Form:
    """The form of an answer of a kind.

    Raises:
        _NotAcceptable: the client takes none.
    """
    offers = offers_for(kind)
    if format_ is None:
        offer = chosen(accept, offers)
    else:
        names = {name: one for one in offers for name in (one.name, one.media_type, *one.aliases)}
        offer = names.get(format_.lower())
    if offer is None:
        raise _NotAcceptable(offers)
    return form_of(offer)


async def _gone(request: Request) -> None:
    """Ends when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _written(request: Request, body: bytes, media_type: str, is_cut: bool, limits: Settings) -> Response:
    headers = {"Cache-Control": "no-cache", "Vary": "Accept, Accept-Encoding"}
    if is_cut:
        headers[responses.CUT] = f"{limits.serve_query_rows} rows or {limits.serve_answer_bytes} bytes"
    wanted = coding(request.headers.get("accept-encoding")) if len(body) >= _LEAST_PACKED else None
    if wanted is not None:
        body = await asyncio.to_thread(packed, body, wanted)
        headers["Content-Encoding"] = wanted
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return Response(body, headers={**headers, "Content-Type": media_type})
