"""Requests that are tried again where that helps, and errors that say what a server refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from arrowkg.errors import StoreError
from arrowkg.model import Notice
from arrowkg.settings import MIB, Settings
from arrowkg.stores.remote.credentials import Authentication

_MOST_REPLY: Final = MIB
_MOST_TOLD: Final = 200
_BUSY: Final = frozenset((429, 503))
_PASSING: Final = frozenset((500, 502, 504))
_HINTS: Final = {
    401: "name the right credentials with --auth-file or in ARROWKG_AUTH",
    403: "these credentials may not do that; ask whoever runs the store",
    404: "look at the address: docs/remote-stores.md says what it is for each store",
    413: "send less at a time: lower push_bytes",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes:
        method: the method.
        url: the address with its query.
        headers: the headers but those that every request has.
        body: the body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def place(self) -> str:
        """The address without its query, for people.

        >>> Request("GET", "http://127.0.0.1:7878/query?query=ASK{}").place
        'http://127.0.0.1:7878/query'
        """
        return shown(self.url)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        status: the status.
        headers: the headers, by name in lower case.
        body: the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The type of the body without parameters, in lower case; empty if it is not told."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Broken(Exception):
    """No whole reply came.

    >>> Broken("it did not answer in time").reason
    'it did not answer in time'
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


SendOnce: TypeAlias = Callable[[Request], Reply]
"""Sends a request once; raises :class:`Broken`."""


class Client:
    """Sends requests to one server, again where that helps.

    Args:
        settings: how long to wait and how often to try.
        authentication: what every request carries.
        notice: called before every pause, which may be long.
        send_once: sends a request once; over the network if it is ``None``.
        sleep: pauses for some seconds.
        now: the time in seconds since 1970, for a server that names the time and not its own.
    """

    def __init__(
        self,
        settings: Settings,
        authentication: Authentication,
        notice: Callable[[Notice], None] = lambda notice: None,
        *,
        send_once: SendOnce | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        if send_once is None:
            from arrowkg.stores.remote.transport import Transport

            send_once = Transport(settings.http_seconds, _MOST_REPLY)
        self._settings = settings
        self._authentication = authentication
        self._notice = notice
        self._send_once = send_once
        self._sleep = sleep
        self._now = now
        self._agent = f"arrowkg/{version('arrowkg')}"

    def authenticated(self, authentication: Authentication) -> Client:
        """A client of the same server that carries something else."""
        return Client(
            self._settings,
            authentication,
            self._notice,
            send_once=self._send_once,
            sleep=self._sleep,
            now=self._now,
        )

    def send(
        self, request: Request, *, accepted: Collection[int] = (), is_done: Callable[[], bool] = lambda: False
    ) -> Reply | None:
        """The reply to a request, tried again after failures that may pass.

        Args:
            request: what to send.
            accepted: statuses from 300 up that are answers too.
            is_done: asked before every try but the first whether an earlier one did it, though its reply was lost.

        Raises:
            StoreError: the server refuses, or is out of reach.

        Returns:
            The reply, ``None`` if an earlier try turned out to have done it.
        """
        tries = self._settings.http_attempts
        for number in range(tries):
            if number and is_done():
                return None
            try:
                reply = self._authenticated(request)
            except Broken as broken:
                reason, pause = broken.reason, self._pause(number)
            else:
                if reply.status < 300 or reply.status in accepted:
                    return reply
                if reply.status not in _BUSY | _PASSING:
                    raise self._refusal(request, reply)
                reason, pause = self._failure(reply), self._pause(number)
                if reply.status in _BUSY:
                    pause = self._asked_pause(request, reply, pause)
            if number + 1 < tries:
                told = f"{reason}; try {number + 2} of {tries} in {pause:.0f} s"
                self._notice(Notice("servers that fail", told, request.place))
                self._sleep(pause)
        if is_done():
            return None
        raise StoreError(
            f"{reason}, after {tries} tries" if tries > 1 else reason,
            hint="try again when the server is well",
            file=request.place,
        )

    def _authenticated(self, request: Request) -> Reply:
        """The reply of one try; a challenge is answered within it, once."""
        reply = self._once(request)
        challenge = reply.headers.get("www-authenticate", "")
        if reply.status == 401 and self._authentication.is_answerable(challenge):
            reply = self._once(request)
        return reply

    def _once(self, request: Request) -> Reply:
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        # Nothing compressed is asked for, so that a small reply cannot grow.
        headers = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Accept": "*/*", **request.headers}
        authorization = self._authentication.header(request.method, target)
        if authorization is not None:
            headers["Authorization"] = authorization
        return self._send_once(Request(request.method, request.url, headers, request.body))

    def _pause(self, number: int) -> float:
        return float(min(1 << number, self._settings.http_wait_seconds))

    def _asked_pause(self, request: Request, reply: Reply, otherwise: float) -> float:
        """The pause that a busy server asks for.

        Raises:
            StoreError: it asks for more than we wait.
        """
        asked = reply.headers.get("retry-after", "").strip()
        if asked.isdecimal() and asked.isascii():
            seconds = float(min(int(asked[:12]), 1 << 40))
        else:
            until = _date(asked)
            if until is None:
                return otherwise
            # The server's own clock is the one that it reckons with.
            seconds = max(until - (_date(reply.headers.get("date", "")) or self._now()), 0.0)
        if seconds > self._settings.http_wait_seconds:
            raise StoreError(
                f"the server is busy (status {reply.status}) and asks for a pause of {seconds:,.0f} seconds",
                hint="try again after that, or raise http_wait_seconds",
                file=request.place,
            )
        return seconds

    def _refusal(self, request: Request, reply: Reply) -> StoreError:
        if 300 <= reply.status < 400:
            target = reply.headers.get("location", "")
            there = shown(target) if target else "no address"
            return StoreError(
                f"the server redirects (status {reply.status}) to {there}, which is not followed",
                hint="name that address if it is the store's",
                file=request.place,
            )
        return StoreError(self._failure(reply), hint=_HINTS.get(reply.status, ""), file=request.place)

    def _failure(self, reply: Reply) -> str:
        """What a status says, with the first line of what the server says, if that is plain text."""
        told = ""
        if reply.media_type == "text/plain":
            lines = reply.body.decode(errors="replace").split("\n")
            told = self._authentication.credentials.hidden_in(next((line for line in lines if line.strip()), ""))
            told = "".join(char if char.isprintable() else " " for char in told).strip()[:_MOST_TOLD].rstrip(". ")
        return f"the server answers with status {reply.status}" + (f": {told}" if told else "")


def _date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, ``None`` for anything else."""
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def shown(url: str) -> str:
    """An address without user, query and fragment.

    >>> shown("http://ada:pebble@127.0.0.1:7878/query?x=1#y")
    'http://127.0.0.1:7878/query'
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{host}{parts.path}" if host else parts.path
