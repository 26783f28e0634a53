"""The pages of the site and the IRIs of its entities over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

import arrowkg.site
from arrowkg.errors import StoreError
from arrowkg.server import responses
from arrowkg.server.links import NOTATIONS, links_of
from arrowkg.server.live import Live, NotReady
from arrowkg.server.media import media_type_of
from arrowkg.server.negotiation import Offer, chosen
from arrowkg.server.protocol import Refused, parameters
from arrowkg.server.shelf import Held, held

_ALIASES: Final = {
    ".html": ("application/xhtml+xml",),
    ".ttl": ("application/x-turtle",),
    ".jsonld": ("application/json",),
    ".nt": ("text/plain",),
}
OFFERS: Final = tuple(Offer(kind, suffix, _ALIASES[suffix]) for suffix, kind in NOTATIONS)
"""The notations of an entity; their names are suffixes."""
_FORMATS: Final = {"html": ".html", "ttl": ".ttl", "turtle": ".ttl", "jsonld": ".jsonld", "json-ld": ".jsonld"} | {
    "nt": ".nt",
    "ntriples": ".nt",
    "n-triples": ".nt",
}
_DATASET: Final = "dataset"
_HOME: Final = "index.html"


def assets() -> dict[str, Held]:
    """Every file that comes with arrowkg, by its path; nothing else is ever read by a path of a request."""
    found = {}
    for folder in (Path(arrowkg.site.__file__).parent, Path(__file__).parent):
        for path in sorted((folder / "assets").rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file():
                found[name] = held(path.read_bytes(), media_type_of(name))
    return found


class Pages:
    """Answers requests for pages and for IRIs.

    Args:
        iris: what an entity's IRI is answered with: ``303`` or ``hash``.
    """

    def __init__(self, iris: str) -> None:
        self._is_hash = iris == "hash"
        self._assets = assets()

    async def answer(self, request: Request, live: Live) -> Response:
        """The answer to a request for a path."""
        path = request.scope["raw_path"].decode("ascii", "replace").removeprefix("/")
        try:
            wanted = _wanted(request)
            return await self._answer(request, live, path, wanted)
        except Refused as error:
            return responses.text(error.status, error.reason)
        except NotReady:
            return responses.busy("This page is being made; ask again in a few seconds.")
        except StoreError as error:
            return responses.text(500, error.reason)

    async def _answer(self, request: Request, live: Live, path: str, wanted: Offer | None) -> Response:
        if path in self._assets:
            return await responses.of_file(request, live, path, self._assets[path])
        if path in ("", _DATASET):
            return await self._of_dataset(request, live, path, wanted)
        if "." in path:
            file = await live.file(path)
            if file is not None:
                return await responses.of_file(request, live, path, file)
        found = await live.entity(path)
        if found is None:
            return responses.text(404, "There is nothing here.")
        # Relative, so that it is right behind a server that puts these addresses below others.
        is_beside = found.stem.rpartition("/")[0] == path.rpartition("/")[0]
        name = found.stem.rpartition("/")[2] if is_beside else "../" * path.count("/") + found.stem
        if wanted is None:
            return responses.not_acceptable([(offer, name + offer.name) for offer in OFFERS])
        address = name + wanted.name
        # Links are relative to the files, which lie beside the IRI if it is one of arrowkg's own.
        links = links_of(found) if found.stem == path else ()
        # In another folder the links of a page would lead elsewhere.
        if not self._is_hash or not is_beside:
            return responses.way_on(address, links)
        return await self._directly(request, live, found.stem + wanted.name, address)

    async def _of_dataset(self, request: Request, live: Live, path: str, wanted: Offer | None) -> Response:
        """The description of the whole; the root of the site is a document, and the dataset is what that is about."""
        if wanted is None:
            return responses.not_acceptable([(offer, f"{_DATASET}{offer.name}") for offer in OFFERS])
        file = _HOME if not path and wanted.name == ".html" else f"{_DATASET}{wanted.name}"
        if path and not self._is_hash:
            return responses.way_on(file, ())
        return await self._directly(request, live, file, file)

    async def _directly(self, request: Request, live: Live, path: str, address: str) -> Response:
        file = await live.file(path)
        if file is None:
            return responses.text(404, "There is nothing here.")
        headers = {"Content-Location": address}
        return await responses.of_file(request, live, path, file, headers, is_negotiated=True)


def _wanted(request: Request) -> Offer | None:
    """The notation that a request asks for, ``None`` if there is no such."""
    given = [value for name, value in parameters(request.scope["query_string"]) if name == "format"]
    if given:
        suffix = _FORMATS.get(given[-1].lower().lstrip("."))
        by_type = next((offer for offer in OFFERS if given[-1].lower() in (offer.media_type, *offer.aliases)), None)
        return next((offer for offer in OFFERS if offer.name == suffix), by_type)
    return chosen(request.headers.get("accept"), OFFERS)
