"""Running the server: its socket, its end, and what it says."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import uvicorn

from arrowkg.errors import StoreError
from arrowkg.server.accesslog import AccessLog
from arrowkg.server.application import Application
from arrowkg.server.live import Serving
from arrowkg.server.scratch import scratch
from arrowkg.server.transport import LARGEST_HEAD, Limits, connection_class
from arrowkg.settings import Settings

_BACKLOG: Final = 1024
_END_SECONDS: Final = 5


def serve(
    serving: Serving,
    settings: Settings,
    host: str,
    port: int,
    say: Callable[[str], None],
    log: Callable[[str], None] | None,
) -> None:
    """Serve a store until the process is told to end.

    Args:
        serving: what is served, and how.
        settings: the limits.
        host: the address to listen at.
        port: the port, 0 for any that is free.
        say: tells the people who run it something.
        log: writes a line for each request, ``None`` for no log.

    Raises:
        StoreError: the port is taken, or the store is damaged.
        UsageError: there is no store.
        InputError: no paper is below the base IRI.
    """
    with ExitStack() as stack:
        listening = stack.enter_context(_listening(host, port))
        folder = stack.enter_context(scratch())
        lines = None if log is None else stack.enter_context(AccessLog(log))
        limits = Limits(settings.serve_connections, settings.serve_idle_seconds)
        asyncio.run(_serve(serving, settings, folder, listening, limits, say, None if lines is None else lines.add))


async def _serve(
    serving: Serving,
    settings: Settings,
    folder: Path,
    listening: socket.socket,
    limits: Limits,
    say: Callable[[str], None],
    log: Callable[[str], None] | None,
) -> None:
    application = Application(serving, settings, folder, say, log, lambda: len(limits.open))
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
    config = uvicorn.Config(
        application.asgi(),
        http=connection_class(limits),
        ws="none",
        lifespan="on",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_keep_alive=settings.serve_idle_seconds,
        timeout_graceful_shutdown=_END_SECONDS,
    )
    live = application.live
    name, port = listening.getsockname()[:2]
    shown = f"[{name}]" if ":" in name else name
    say(f"serving {serving.folder}: {live.manifest.triples:,} triples about {live.look.base_iri}")
    say(f"open http://{shown}:{port}/ (Ctrl-C ends it)")
    await _Server(config).serve([listening])


class _Server(uvicorn.Server):
    """A server that ends well when it is told to end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The original raises the signal anew when all is done, as if that were a failure.
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        StoreError: the port is taken, or the address is none of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        raise StoreError(
            f"the server cannot listen at {host} port {port}: {reason}", hint="name another one with --port"
        ) from None
