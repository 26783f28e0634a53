"""The application: which address is answered by what, and what every answer has in common."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from traceback import format_exception
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arrowkg.errors import ArrowkgError
from arrowkg.generations import Generations
from arrowkg.server import responses
from arrowkg.server.accesslog import line_of
from arrowkg.server.background import Maker
from arrowkg.server.endpoint import Endpoint
from arrowkg.server.live import Live, Serving
from arrowkg.server.metrics import MEDIA_TYPE, Gauge, Metrics
from arrowkg.server.pages import Pages
from arrowkg.server.patterns import Patterns
from arrowkg.server.queries import Queries
from arrowkg.server.transport import LARGEST_HEAD
from arrowkg.settings import Settings

_READ: Final = ("GET", "HEAD", "OPTIONS")
_METHODS: Final = {"/sparql": ("GET", "HEAD", "POST", "OPTIONS")}
_PURPOSES: Final = {"/sparql": "sparql", "/fragments": "fragments", "/metrics": "metrics", "/healthz": "healthz"}
_LOOK_EVERY_SECONDS: Final = 1.0


class Application:
    """The server's state and its answers.

    Args:
        serving: what is served, and how.
        settings: the limits.
        scratch: a folder for files.
        say: tells the people who run it something.
        log: takes a line for each request, ``None`` for no log.
        connections: tells how many connections there are.
    """

    def __init__(
        self,
        serving: Serving,
        settings: Settings,
        scratch: Path,
        say: Callable[[str], None],
        log: Callable[[str], None] | None,
        connections: Callable[[], int],
    ) -> None:
        self._serving = serving
        self._scratch = scratch
        self._say = say
        self._log = log
        self._connections = connections
        self._maker = Maker()
        self.live = Live(serving, scratch, self._maker)
        self._kept = Generations(serving.folder, "store")
        self._metrics = Metrics()
        self._queries = Queries(settings)
        self._pages = Pages(settings.serve_iris)
        self._endpoint = Endpoint(self._queries, self._metrics, settings.serve_idle_seconds)
        self._patterns = Patterns()

    def asgi(self) -> ASGIApp:
        """The application for a server."""
        routes = [
            Route("/healthz", self._healthz, methods=_READ),
            Route("/metrics", self._told_metrics, methods=_READ),
            Route("/sparql", self._sparql, methods=_METHODS["/sparql"]),
            Route("/fragments", self._fragments, methods=_READ),
            Route("/{path:path}", self._page, methods=_READ),
        ]
        application = Starlette(routes=routes, lifespan=self._lifespan)
        application.router.redirect_slashes = False
        return _Common(application, self._metrics, self._log, self._say)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(self._watch())
        try:
            with self._queries:
                yield
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            self._maker.close()
            await self.live.retire()

    async def _watch(self) -> None:
        """Take a new generation in the old one's place when there is one."""
        refused: Path | None = None
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            now = await asyncio.to_thread(self._kept.live)
            if now is None or now in (self.live.generation, refused):
                continue
            try:
                fresh = await asyncio.to_thread(Live, self._serving, self._scratch, self._maker)
            except (ArrowkgError, OSError) as error:
                # The old one is as good as before.
                refused = now
                self._say(f"the new graph cannot be served, and the old one stays: {error}")
                continue
            self.live, before = fresh, self.live
            await before.retire()
            self._say(f"serving a new graph: {fresh.manifest.triples:,} triples")

    async def _healthz(self, request: Request) -> Response:
        return responses.text(200, "ok\n")

    async def _told_metrics(self, request: Request) -> Response:
        live = self.live
        gauges = (
            Gauge("arrowkg_connections", "Connections that are open.", self._connections()),
            Gauge("arrowkg_queries_admitted", "Queries that are answered or wait.", self._queries.admitted),
            Gauge("arrowkg_queries_waiting", "Queries that wait.", self._queries.waiting),
            Gauge("arrowkg_triples", "Triples of the graph.", live.manifest.triples),
            Gauge("arrowkg_held_files", "Files that are held in memory.", len(live.shelf)),
            Gauge("arrowkg_held_bytes", "Bytes of memory that these take.", live.shelf.size),
            Gauge("arrowkg_complete", "Whether all pages about the whole graph are made.", live.is_complete),
        )
        return responses.text(200, self._metrics.text(gauges), {"Content-Type": MEDIA_TYPE})

    async def _sparql(self, request: Request) -> Response:
        with self.live.used() as live:
            return await self._endpoint.answer(request, live)

    async def _fragments(self, request: Request) -> Response:
        with self.live.used() as live:
            return await self._patterns.answer(request, live)

    async def _page(self, request: Request) -> Response:
        with self.live.used() as live:
            return await self._pages.answer(request, live)


class _Common:
    """What every answer has: headers, a count, a line in the log; and the answers to OPTIONS."""

    def __init__(
        self, application: ASGIApp, metrics: Metrics, log: Callable[[str], None] | None, say: Callable[[str], None]
    ) -> None:
        self._say = say
        self._application = application
        self._metrics = metrics
        self._log = log
        self._headers = [(name.lower().encode(), value.encode()) for name, value in responses.EVERYWHERE.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        begin, status, size = time.perf_counter(), 500, 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                known = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._headers if one[0] not in known)]
            elif message["type"] == "http.response.body":
                size += 0 if scope["method"] == "HEAD" else len(message.get("body", b""))
            await send(message)

        try:
            if _head_size(scope) > LARGEST_HEAD:
                told = f"the head of the request has more than {LARGEST_HEAD:,} bytes"
                await responses.text(431, told, {"Connection": "close"})(scope, receive, sending)
            elif scope["method"] == "OPTIONS":
                names = ", ".join(_METHODS.get(scope["path"], _READ))
                is_preflight = any(name == b"access-control-request-method" for name, _ in scope["headers"])
                await responses.options(names, is_preflight)(scope, receive, sending)
            else:
                await self._application(scope, receive, sending)
        except Exception as error:
            # The client has its answer, 500; the people who run the server get the reason.
            self._say(f"a request met a bug of arrowkg's; please report it:\n{''.join(format_exception(error))}")
        finally:
            seconds = time.perf_counter() - begin
            self._metrics.add(_PURPOSES.get(scope["path"], "page"), scope["method"], status, seconds)
            if self._log is not None:
                self._log(_line(scope, status, size, seconds))


def _head_size(scope: Scope) -> int:
    """About how many bytes the line and the headers of a request have."""
    headers = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    return headers + len(scope["raw_path"]) + len(scope["query_string"])


def _line(scope: Scope, status: int, size: int, seconds: float) -> str:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    address = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        address += f"?{scope['query_string'].decode('latin-1')}"
    request = f"{scope['method']} {address} HTTP/{scope['http_version']}"
    client = scope["client"][0] if scope["client"] else "-"
    agent, referrer = headers.get(b"user-agent", ""), headers.get(b"referer", "")
    return line_of(client, request, status, size, referrer, agent, seconds, time.time())
