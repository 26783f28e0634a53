"""Stores for tests that speak a product's documented protocol strictly, with failures to order.

A server of Python's own over an in-memory store; each product is a table of what it takes. What it does not take is
refused as the product would refuse it, so that a request that only happens to work here fails.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox

Does: TypeAlias = Literal["query", "update", "graph", "probe"]
Fault: TypeAlias = Literal[
    "close", "reset", "429", "503", "401", "413", "500", "hang", "drip", "cut", "redirect", "wrong type"
]
FAULTS: Final[tuple[Fault, ...]] = Fault.__args__  # type: ignore[attr-defined]
ENDING: Final = ("401", "413", "redirect", "wrong type")
"""The faults that end a run; the others may pass."""

USER: Final = "ada"
PASSWORD: Final = "pebble-and-sand"
TOKEN: Final = "token-of-basalt"
_RESULTS: Final = "application/sparql-results+json"


@dataclass(frozen=True)
class Route:
    """What is done at a path by a method with a body of a type; an empty type for no body."""

    method: str
    path: str
    media_type: str
    does: Does


def _protocol(query: str, update: str, graph: str, *, puts: bool = True) -> tuple[Route, ...]:
    """The routes of a store of the SPARQL protocols; an empty graph end point for none."""
    found = [
        Route("POST", query, "application/sparql-query", "query"),
        Route("POST", update, "application/sparql-update", "update"),
    ]
    for media_type in ("application/n-triples", "text/turtle"):
        if graph:
            found.append(Route("POST", graph, media_type, "graph"))
        if graph and puts:
            found.append(Route("PUT", graph, media_type, "graph"))
    if graph:
        found.append(Route("GET", graph, "", "graph"))
    return tuple(found)


@dataclass(frozen=True)
class Product:
    """What one product takes.

    Attributes:
        base: the path of the store's address.
        routes: what is done where.
        server: its ``Server`` header.
        auth: how it wants credentials, empty for not at all.
        is_union: whether its default graph is all graphs.
        has_move: whether it knows MOVE and the like.
        takes_gzip: whether bodies may be compressed.
        probe: the path and the text of what tells it apart.
    """

    base: str
    routes: tuple[Route, ...]
    server: str = "fake"
    auth: Literal["", "basic", "bearer", "digest"] = ""
    is_union: bool = False
    has_move: bool = True
    takes_gzip: bool = False
    probe: tuple[str, str, str] = ("", "", "")


PRODUCTS: Final = {
    "oxigraph": Product("", _protocol("/query", "/update", "/store"), "Oxigraph/0.5.13", takes_gzip=True),
    "fuseki": Product(
        "/ds", _protocol("/ds/query", "/ds/update", "/ds/data"), "Apache Jena Fuseki (5.1.0)", auth="basic"
    ),
    "graphdb": Product(
        "/repositories/lab",
        _protocol("/repositories/lab", "/repositories/lab/statements", "/repositories/lab/rdf-graphs/service"),
        "",
        auth="basic",
        is_union=True,
        probe=("/protocol", "text/plain", "12"),
    ),
    "qlever": Product(
        "",
        _protocol("/", "/", "/", puts=False),
        "",
        auth="bearer",
        is_union=True,
        has_move=False,
        probe=("/?cmd=stats", "application/json", '{"git-hash-index": "f00", "name-index": "lab"}'),
    ),
    "generic": Product("/sparql", _protocol("/sparql", "/sparql", "/sparql"), auth="digest"),
    "update only": Product("/sparql", _protocol("/sparql", "/sparql", "")),
}


@dataclass
class FakeStore:
    """A server that runs.

    Attributes:
        product: what it takes.
        url: the store's address.
        store: what it holds.
        seen: each request, as method and target.
        headers: the headers of each, by name in lower case.
        fault: what goes wrong.
        first: the number of the first request that it goes wrong at, from 1.
        times: at how many requests in a row.
        retry_after: what a busy server asks for in place of its own, ``None`` for that.
        ended: set when the server is to end.
    """

    product: Product
    url: str = ""
    store: ox.Store = field(default_factory=ox.Store)
    seen: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    fault: Fault | None = None
    first: int = 0
    times: int = 0
    retry_after: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def fail(self, fault: Fault, first: int, times: int = 1) -> None:
        """Let requests go wrong, counted from now."""
        self.seen.clear()
        self.headers.clear()
        self.fault, self.first, self.times = fault, first, times

    def lines(self, graph: str) -> list[str]:
        """What a graph holds, sorted; an empty name for the default graph."""
        name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
        found = self.store.quads_for_pattern(None, None, None, name)
        return sorted(f"{quad.subject} {quad.predicate} {quad.object} ." for quad in found)

    @property
    def graphs(self) -> list[str]:
        """The named graphs that hold something."""
        return sorted({quad.graph_name.value for quad in self.store if isinstance(quad.graph_name, ox.NamedNode)})


@contextlib.contextmanager
def fake(name: str) -> Iterator[FakeStore]:
    """A store of a product."""
    one = FakeStore(PRODUCTS[name])
    handler = type("Handler", (_Handler,), {"fake": one})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    one.url = f"http://127.0.0.1:{server.server_address[1]}{one.product.base}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Refused(Exception):
    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeStore
    protocol_version = "HTTP/1.1"
    timeout = 10
    # An answer is one packet, so that nobody waits for acknowledgements.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def version_string(self) -> str:
        return self.fake.product.server

    def handle_one_request(self) -> None:
        # Clients that go away are what these tests are about.
        with contextlib.suppress(OSError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _serve(self) -> None:
        one = self.fake
        one.seen.append(f"{self.command} {self.path}")
        one.headers.append({name.lower(): value for name, value in self.headers.items()})
        number = len(one.seen)
        fault = one.fault if one.first <= number < one.first + one.times else None
        length = int(self.headers.get("Content-Length", 0))
        if fault == "close":
            self.rfile.read(length // 2)
            self._go()
            return
        body = self.rfile.read(length)
        if fault in ("429", "503", "401", "413", "500", "redirect", "wrong type"):
            self._answer(*_failure(fault, one))
            return
        if fault == "hang":
            one.ended.wait(5)
            self._go()
            return
        try:
            status, media_type, text = self._done(body)
            headers = {"Content-Type": media_type} if text else {}
        except _Refused as refused:
            status, text, headers = refused.status, refused.text, {"Content-Type": "text/plain", **refused.headers}
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._go()
        elif fault in ("drip", "cut"):
            self._slow(fault)
        else:
            self._answer(status, headers, text)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve

    def _go(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.close()
        # The connection is open as long as anything made of it is.
        self.rfile.close()

    def _slow(self, fault: Fault) -> None:
        """An answer that comes byte by byte without an end, or is cut off."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", _RESULTS)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"{")
        self.wfile.flush()
        while fault == "drip" and not self.fake.ended.wait(0.02):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _answer(self, status: int, headers: dict[str, str], text: str) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(data)

    def _done(self, body: bytes) -> tuple[int, str, str]:
        """Do what is asked; status, type and text of the answer."""
        product = self.fake.product
        parts = urlsplit(self.path)
        path, media_type, text = product.probe
        if path and self.path == path and self.command == "GET":
            return 200, media_type, text
        routes = [route for route in product.routes if route.path == parts.path]
        if self.command == "HEAD":
            return (200 if routes or parts.path in ("/", product.base) else 404), "text/html", ""
        if not routes:
            raise _Refused(404, "Nothing is here")
        routes = [route for route in routes if route.method == self.command]
        if not routes:
            raise _Refused(405, "Not with this method")
        sent = self.headers.get("Content-Type", "")
        found = next((route for route in routes if route.media_type == sent), None)
        if found is None:
            raise _Refused(415, "Not of this type")
        self._check_credentials(found.does)
        if self.headers.get("Content-Encoding", "") == "gzip":
            if not product.takes_gzip:
                raise _Refused(415, "Not compressed")
            body = gzip.decompress(body)
        return self._do(found, body, parse_qs(parts.query, keep_blank_values=True))

    def _do(self, route: Route, body: bytes, parameters: dict[str, list[str]]) -> tuple[int, str, str]:
        store, product = self.fake.store, self.fake.product
        if route.does == "graph":
            return self._graph(body, parameters)
        if parameters:
            raise _Refused(400, "No parameter goes with this")
        if route.does == "query":
            if self.headers.get("Accept") != _RESULTS:
                raise _Refused(406, "Results are JSON")
            found = store.query(body.decode(), use_default_graph_as_union=product.is_union)
            assert isinstance(found, ox.QuerySolutions)
            rows = [{"n": {"type": "literal", "value": row["n"].value}} for row in found]
            return 200, _RESULTS, json.dumps({"head": {"vars": ["n"]}, "results": {"bindings": rows}})
        if not product.has_move and re.match(r"\s*(MOVE|COPY|ADD|CLEAR|DROP|CREATE|LOAD)\b", body.decode()):
            raise _Refused(400, "Not supported")
        try:
            store.update(body.decode())
        except (OSError, SyntaxError) as error:
            raise _Refused(500, str(error)) from None
        return 204, "", ""

    def _graph(self, body: bytes, parameters: dict[str, list[str]]) -> tuple[int, str, str]:
        store = self.fake.store
        if parameters == {"default": [""]}:
            graph: ox.NamedNode | ox.DefaultGraph = ox.DefaultGraph()
        elif set(parameters) == {"graph"}:
            graph = ox.NamedNode(parameters["graph"][0])
        else:
            raise _Refused(400, "It names no graph")
        held = list(store.quads_for_pattern(None, None, None, graph))
        if self.command == "GET":
            if not held:
                raise _Refused(404, "No such graph")
            return 200, self.headers["Accept"], "\n".join(map(str, held))
        quads = [
            ox.Quad(t.subject, t.predicate, t.object, graph) for t in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
        ]
        if self.command == "PUT":
            store.clear_graph(graph)
        store.extend(quads)
        return (204 if held else 201), "text/plain", ""

    def _check_credentials(self, does: Does) -> None:
        auth, sent = self.fake.product.auth, self.headers.get("Authorization", "")
        if not auth or (auth == "bearer" and does == "query"):
            return
        if auth == "bearer" and sent != f"Bearer {TOKEN}":
            # As QLever does, which has no challenge.
            raise _Refused(403, "The access token is not right")
        if auth == "basic" and sent != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
            raise _Refused(401, "Who are you?", WWW_Authenticate='Basic realm="lab"')
        if auth == "digest" and not self._is_digest(sent):
            challenge = 'Digest realm="lab, \\"west\\"", nonce="n0nce", qop="auth", algorithm=SHA-256, opaque="o"'
            raise _Refused(401, "Who are you?", WWW_Authenticate=challenge)

    def _is_digest(self, sent: str) -> bool:
        found = {
            name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"((?:\\.|[^"\\])*)"|([^,]+))', sent)
        }

        def digest(*parts: str) -> str:
            return hashlib.sha256(":".join(parts).encode()).hexdigest()

        if found.get("uri") != self.path or found.get("nonce") != "n0nce" or found.get("opaque") != "o":
            return False
        secret = digest(USER, 'lab, "west"', PASSWORD)
        wanted = digest(secret, "n0nce", found["nc"], found["cnonce"], "auth", digest(self.command, self.path))
        return bool(found["response"] == wanted)


def _failure(fault: Fault, one: FakeStore) -> tuple[int, dict[str, str], str]:
    plain = {"Content-Type": "text/plain"}
    match fault:
        case "429":
            return 429, {**plain, "Retry-After": one.retry_after or "7"}, "Slow down"
        case "503":
            return 503, {**plain, "Retry-After": one.retry_after or formatdate(time.time() + 9, usegmt=True)}, "Busy"
        case "401":
            return 401, {**plain, "WWW-Authenticate": 'Basic realm="lab"'}, f"No user {USER} with {PASSWORD}"
        case "redirect":
            return 307, {"Location": "http://127.0.0.1:9/elsewhere?key=secret"}, ""
        case "wrong type":
            return 200, {"Content-Type": "text/html; charset=utf-8"}, "<html>Log in</html>"
    return int(fault), plain, f"Status {fault}\nand more"
