"""One HTTP request and its reply, with a bound on every wait: this alone knows the library that does it."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from http.client import HTTPException
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from arrowkg.stores.remote.http import Broken, Reply, Request

_PIECE: Final = 1 << 16


class Transport:
    """Sends requests, one at a time, over connections that are kept.

    No redirect is followed, nothing is read from ``.netrc``, and proxies are those of the environment.

    Args:
        seconds: how long the server may be silent, and a reply's body may take; its head may take twice as long.
        most_bytes: the most that a reply's body may hold.
    """

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._session = requests.Session()
        # Otherwise credentials of .netrc would go to whoever answers at the address.
        self._session.trust_env = False
        for start in ("http://", "https://"):
            self._session.mount(start, _Adapter())

    def __call__(self, request: Request) -> Reply:
        """Send a request; the reply, whatever its status.

        Raises:
            Broken: no whole reply came in time.
        """
        try:
            with self._session.request(
                request.method,
                request.url,
                # Read in pieces, so that the time limit is one on silence, not on the whole body.
                data=io.BytesIO(request.body) if request.body else None,
                headers=request.headers,
                timeout=self._seconds,
                allow_redirects=False,
                stream=True,
                proxies=get_environ_proxies(request.url, no_proxy=None),
            ) as found:
                headers = {name.lower(): value for name, value in found.headers.items()}
                return Reply(found.status_code, headers, self._body(found))
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise Broken("it did not answer in time") from None
        except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
            raise Broken("no safe connection could be made") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError):
            # Their texts repeat the address with all that is in it.
            raise Broken("the connection failed or was cut") from None

    def _body(self, found: requests.Response) -> bytes:
        ends = time.monotonic() + self._seconds
        parts: list[bytes] = []
        size = 0
        while piece := found.raw.read1(_PIECE):
            size += len(piece)
            if size > self._most_bytes:
                raise Broken("its answer is longer than any that it should give")
            if time.monotonic() > ends:
                raise Broken("its answer took too long")
            parts.append(piece)
        return b"".join(parts)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _BoundedHead:
    """A connection that is cut when the head of a reply takes too long, be it byte by byte."""

    sock: socket.socket | None
    timeout: float | None

    def getresponse(self) -> Any:
        # Later than the limit on silence, which says better what is wrong.
        timer = threading.Timer(2 * (self.timeout or 0), self._cut)
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()  # type: ignore[misc]
        finally:
            timer.cancel()

    def _cut(self) -> None:
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _Connection(_BoundedHead, HTTPConnection):
    pass


class _SafeConnection(_BoundedHead, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SafePool}
