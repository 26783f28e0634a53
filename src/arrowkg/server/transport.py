"""HTTP connections that cost their peers something: each has a time for every step, and there are only so many."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

LARGEST_HEAD: Final = 32 << 10
"""The most bytes of a request's line and headers."""
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 21\r\n"
    b"Retry-After: 5\r\nConnection: close\r\n\r\nToo many connections.\n"[:-1]
)


class Limits:
    """What connections may take, for all connections of a server.

    Args:
        connections: the most connections.
        idle_seconds: how long a peer may take for a request's head, and for reading what it was sent.
    """

    def __init__(self, connections: int, idle_seconds: float) -> None:
        self.connections = connections
        self.idle_seconds = idle_seconds
        # In the order in which they were last of use; those that wait for a request can be ended for a new one.
        self.waiting: dict[Connection, None] = {}
        self.open: set[Connection] = set()


class Connection(H11Protocol):
    """A connection. It ends if its peer does not send a whole head in time, or does not read what it asked for."""

    limits: Limits

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        limits = self.limits
        super().connection_made(transport)
        # An answer is written in pieces, and the second one must not wait until the first one is acknowledged.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limits.open.add(self)
        if len(limits.open) > limits.connections:
            oldest = next(iter(limits.waiting), None)
            if oldest is None:
                transport.write(_BUSY)
                transport.close()
                return
            oldest.transport.abort()
            limits.waiting.pop(oldest, None)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.open.discard(self)
        self._stop_waiting()
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self._is_idle():
            self._await_head()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self._is_idle():
            self._await_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.limits.idle_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _is_idle(self) -> bool:
        """Whether it waits for a request's head."""
        return self.conn.their_state is h11.IDLE and (self.cycle is None or self.cycle.response_complete)

    def _await_head(self) -> None:
        """Start the time for a head; more of it does not prolong it."""
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.limits.idle_seconds, self._end)
        self.limits.waiting[self] = None

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self.limits.waiting.pop(self, None)

    def _end(self) -> None:
        self._head_timer = None
        self.transport.abort()


def connection_class(limits_: Limits) -> type[Connection]:
    """The class of the connections of one server."""

    class Limited(Connection):
        limits = limits_

    return Limited
