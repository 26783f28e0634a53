"""The address that a server is asked at, as its clients see it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

_host = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_FALLBACK: Final = "localhost"


def address_of(request: Request, base_iri: str) -> str:
    """The address of the root of the site, which ends in a slash.

    It is the base IRI where that is asked, so that a server behind another one need not be told where it is; else the
    host that the client named.
    """
    host = request.headers.get("host", "")
    if _host.fullmatch(host) is None:
        host = _FALLBACK
    if host.lower() == urlsplit(base_iri).netloc.lower():
        return base_iri
    return f"{request.url.scheme if request.url.scheme in ('http', 'https') else 'http'}://{host}/"
