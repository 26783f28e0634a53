"""Answers: a file with its entity tag and coding, a short text, a way on; and what all answers carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from arrowkg.server.live import Live
from arrowkg.server.media import is_packed, media_type_of
from arrowkg.server.negotiation import Offer, coding, is_fresh
from arrowkg.server.shelf import Held, packed
from arrowkg.site.rendering import POLICY

CUT: Final = "Arrowkg-Cut"
"""The header that says after what an answer was cut."""
_EXPOSED: Final = f"Content-Location, ETag, Link, Location, Retry-After, {CUT}"
# Shorter ones gain nothing.
_LEAST_PACKED: Final = 860
RETRY_SECONDS: Final = 5
EVERYWHERE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": _EXPOSED,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of every answer."""


async def of_file(
    request: Request,
    live: Live,
    path: str,
    file: Held | Path,
    headers: Mapping[str, str] | None = None,
    is_negotiated: bool = False,
    policy: str = POLICY,
) -> Response:
    """A file of the site, or that the client has it already.

    Args:
        request: what was asked.
        live: the generation that the file is of.
        path: the path of the file.
        file: the file.
        headers: more headers.
        is_negotiated: whether other clients get another file at the same address.
        policy: what a page may do.
    """
    more = {"Cache-Control": "no-cache", **(headers or {})}
    if isinstance(file, Path):
        found = file.stat()
        # A digest of a large file would cost more than the file; in one generation it is written once.
        more["ETag"] = f'"{found.st_size:x}-{found.st_mtime_ns:x}"'
        if is_fresh(request.headers.get("if-none-match"), more["ETag"]):
            return Response(status_code=304, headers=more)
        return FileResponse(file, headers=more, media_type=media_type_of(path))
    media_type = file.media_type
    is_text = not is_packed(media_type) and len(file.data) >= _LEAST_PACKED
    wanted = coding(request.headers.get("accept-encoding")) if is_text else None
    vary = [*(["Accept"] if is_negotiated else []), *(["Accept-Encoding"] if is_text else [])]
    if vary:
        more["Vary"] = ", ".join(vary)
    etag = file.etag if wanted is None else f'{file.etag[:-1]}-{wanted}"'
    more["ETag"] = etag
    if is_fresh(request.headers.get("if-none-match"), etag):
        return _with_links(Response(status_code=304, headers=more), file.links)
    data = file.data
    if wanted is not None:
        data = await _packed(live, path, file, wanted)
        more["Content-Encoding"] = wanted
    more["Content-Type"] = media_type
    if media_type.startswith("text/html"):
        more["Content-Security-Policy"] = f"{policy}; frame-ancestors 'none'"
    return _with_links(Response(data, headers=more), file.links)


async def _packed(live: Live, path: str, file: Held, wanted: str) -> bytes:
    found = file.packed.get(wanted)
    if found is None:
        found = await live.packing(packed, file.data, wanted)
        file.packed[wanted] = found
        if live.shelf.get(path) is file:
            live.shelf.put(path, file)
    return found


def _with_links(response: Response, links: Sequence[str]) -> Response:
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def text(status: int, told: str, headers: Mapping[str, str] | None = None) -> Response:
    """A short text."""
    more = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", **(headers or {})}
    return Response(f"{told.rstrip()}\n".encode(errors="replace"), status, headers=more)


def way_on(address: str, links: Sequence[str]) -> Response:
    """303 See Other: what was asked for is no document; one about it is there."""
    more = {"Location": address, "Vary": "Accept", "Cache-Control": "no-cache"}
    response = Response(f"see {address}\n".encode(), 303, headers={**more, "Content-Type": "text/plain; charset=utf-8"})
    return _with_links(response, links)


def not_acceptable(offers: Iterable[tuple[Offer, str]]) -> Response:
    """406 with the list of what there is (RFC 9110, section 15.5.7).

    Args:
        offers: each with its address, empty if it has none of its own.
    """
    told = [f"{offer.media_type}  {address}".rstrip() for offer, address in offers]
    lines = ["There is no representation that the request accepts. There are:", *told]
    return text(406, "\n".join(lines), {"Vary": "Accept"})


def busy(told: str) -> Response:
    """503 with the time after which to try again."""
    return text(503, told, {"Retry-After": str(RETRY_SECONDS)})


def options(method_names: str, is_preflight: bool) -> Response:
    """What may be done at an address, also across origins (the Fetch standard, section 3.3)."""
    more = {"Allow": method_names}
    if is_preflight:
        more |= {
            "Access-Control-Allow-Methods": method_names,
            "Access-Control-Allow-Headers": "*, Accept, Content-Type, If-None-Match",
            "Access-Control-Max-Age": "86400",
        }
    return Response(status_code=204, headers=more)
