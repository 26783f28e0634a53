"""One graph store on a server: what it holds is counted, triples are put into it, graphs take each other's place."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from arrowkg.errors import BadText, StoreError, UsageError
from arrowkg.stores.remote.http import Client, Reply, Request
from arrowkg.stores.remote.profiles import FORM, GENERIC, PROFILES, Profile
from arrowkg.terms import iri

_JSON: Final = "application/sparql-results+json"
_ANSWERS: Final = frozenset(range(300, 600)) - {429, 500, 502, 503, 504}
# Virtuoso 7 has no place for longer texts in a VALUES, and misses texts with a language among others; such triples are
# asked for by patterns of their own, which are slower.
_LONG_LINE: Final = 4_000
_UNION_BRANCHES: Final = 50
_QUERY_CHARACTERS: Final = 64 * 1024


def address_of(url: str) -> str:
    """The address of a store, as it can be put before the names of its end points.

    Raises:
        UsageError: it is no address, or may hold a secret; then it is not repeated.

    >>> address_of("http://127.0.0.1:7878/")
    'http://127.0.0.1:7878'
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
        _ = parts.port
    except ValueError:
        is_address, parts = False, urlsplit("")
    if "@" in parts.netloc or (not is_address and "@" in url):
        raise UsageError(
            "the address has a user or a password in it, where others can see them",
            hint="put user:password into a file and name it with --auth-file, or into ARROWKG_AUTH",
        )
    if not is_address or " " in url:
        raise UsageError(f"{url!r} is not the address of a store", hint="such as http://127.0.0.1:7878")
    if parts.query or parts.fragment:
        raise UsageError("the address has a query or a fragment in it", hint="name the store's address alone")
    return url.rstrip("/")


def recognised(address: str, client: Client) -> Profile:
    """The product that answers at an address, found out by requests that change nothing; else the generic one.

    Raises:
        StoreError: the server is out of reach.
    """
    server, found, _ = address.partition("/repositories/")
    heads: dict[str, Reply] = {}
    for profile in PROFILES.values():
        probe = profile.probe
        if probe is None or ("{server}" in probe.path and not found):
            continue
        url = address + probe.path if "{server}" not in probe.path else probe.path.replace("{server}", server)
        if url not in heads:
            request = Request("HEAD" if probe.header else "GET", url)
            reply = client.send(request, accepted=_ANSWERS)
            assert reply is not None
            heads[url] = reply
        reply = heads[url]
        text = reply.headers.get(probe.header.lower(), "") if probe.header else reply.body.decode(errors="replace")
        if re.match(probe.sign, text) and (probe.header or reply.status == 200):
            return profile
    return GENERIC


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph of a store.

    Attributes:
        iri: its IRI, empty for the default graph.
    """

    iri: str

    def pattern(self, inside: str) -> str:
        """A graph pattern of SPARQL for what is in the graph.

        >>> Graph("http://example.org/g").pattern("?s ?p ?o"), Graph("").pattern("?s ?p ?o")
        ('GRAPH <http://example.org/g> { ?s ?p ?o }', '?s ?p ?o')
        """
        return f"GRAPH <{self.iri}> {{ {inside} }}" if self.iri else inside

    @property
    def named(self) -> str:
        """How an update names it.

        >>> Graph("").named
        'DEFAULT'
        """
        return f"GRAPH <{self.iri}>" if self.iri else "DEFAULT"


def graph_of(name: str | None, profile: Profile) -> Graph:
    """The graph that a push is for.

    Args:
        name: its IRI, ``None`` for the default graph.
        profile: the product.

    Raises:
        UsageError: it is no IRI, or the product has no default graph of its own.
    """
    if name is not None:
        return Graph(checked_iri(name))
    if profile.default_graph != "own":
        what = "shows all graphs as its default graph" if profile.default_graph == "union" else "has no default graph"
        raise UsageError(f"{profile.title} {what}, so the graph must be named", hint="name it with --graph IRI")
    return Graph("")


def checked_iri(name: str) -> str:
    """The IRI of a graph.

    Raises:
        UsageError: it is no absolute IRI.

    >>> checked_iri("https://kg.example.org/graph")
    'https://kg.example.org/graph'
    """
    try:
        iri(name)
    except BadText:
        raise UsageError(f"--graph {name!r} is not an absolute IRI") from None
    return name


class Endpoint:
    """A store, spoken to as its product wants it.

    Args:
        address: the address of the store, from :func:`address_of`.
        profile: the product.
        client: who sends.
    """

    def __init__(self, address: str, profile: Profile, client: Client) -> None:
        self.address = address
        self.profile = profile
        self._client = client

    def has_graph_store(self, unused: Graph) -> bool:
        """Whether the server speaks the Graph Store Protocol; it is asked for a graph that is not there.

        A server that does says 404 or shows no triple; one that knows SPARQL alone refuses, or describes itself.
        """
        if not self.profile.asks_graph_store:
            return True
        request = Request("GET", self._graph_url(unused), {"Accept": self.profile.data_type})
        reply = self._client.send(request, accepted=_ANSWERS)
        assert reply is not None
        is_rdf = reply.media_type in ("text/turtle", "application/n-triples")
        return reply.status == 404 or (reply.status in (200, 204) and is_rdf and not reply.body.strip())

    def count(self, graph: Graph) -> int:
        """How many triples a graph has."""
        return self._number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {graph.pattern('?s ?p ?o')} }}")

    def present(self, graph: Graph, lines: Sequence[bytes]) -> int:
        """How many of some triples, each given once as a line of N-Triples, a graph has."""
        rows: list[str] = []
        patterns: list[str] = []
        for line in lines:
            s, p, o = line.decode()[:-3].split(" ", 2)
            if len(line) > _LONG_LINE or o[-1] not in '">':
                patterns.append(f"{{ {graph.pattern(f'{s} {p} {o}')} }}")
            else:
                rows.append(f"({s} {p} {o})")
        found = 0
        for some in _bounded(rows, self.profile.values_rows):
            values = "\n".join(some)
            found += self._number(
                f"SELECT (COUNT(*) AS ?n) WHERE {{ VALUES (?s ?p ?o) {{\n{values}\n}} {graph.pattern('?s ?p ?o')} }}"
            )
        for some in _bounded(patterns, _UNION_BRANCHES):
            found += self._number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {' UNION '.join(some)} }}")
        return found

    def add(self, graph: Graph, lines: Sequence[bytes], *, by_update: bool) -> None:
        """Add triples to a graph.

        Args:
            graph: the graph.
            lines: the triples, as lines of N-Triples.
            by_update: with SPARQL Update, where there is no Graph Store Protocol.
        """
        if by_update:
            text = b"".join(lines).decode()
            self.update(f"INSERT DATA {{ {graph.pattern(chr(10) + text)} }}")
        else:
            self._send_graph("POST", graph, lines)

    def put(self, graph: Graph, lines: Sequence[bytes]) -> None:
        """Make a graph hold these triples and no others."""
        self._send_graph("PUT", graph, lines)

    def exchange(self, staging: Graph, graph: Graph, is_done: Callable[[], bool]) -> None:
        """Put a staging graph in the place of another.

        Args:
            staging: the graph that is taken.
            graph: the graph that is replaced.
            is_done: whether an earlier try has done it; a second one would find the staging graph gone, and leave
                nothing of the other.
        """
        if self.profile.exchange == "move":
            self.update(f"MOVE GRAPH <{staging.iri}> TO {graph.named}", is_done)
            return
        # It may be tried again as long as the staging graph is there, so that is taken away only after a look.
        old, new = graph.pattern("?s ?p ?o"), graph.pattern("?a ?b ?c")
        source = staging.pattern("?a ?b ?c")
        self.update(f"DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ {{ {old} }} UNION {{ {source} }} }}")

    def clear(self, graph: Graph) -> None:
        """Take all triples out of a graph."""
        self.update(f"DELETE WHERE {{ {graph.pattern('?s ?p ?o')} }}")

    def update(self, text: str, is_done: Callable[[], bool] = lambda: False) -> None:
        """Carry out a SPARQL update.

        Raises:
            StoreError: the server refuses, or is out of reach.
        """
        profile = self.profile
        is_form = profile.update_type == FORM
        body = urlencode({"update": text}).encode() if is_form else text.encode()
        headers = {"Content-Type": profile.update_type, "Accept": f"{_JSON}, */*;q=0.1"}
        self._write(Request("POST", self.address + profile.update, headers, body), is_done)

    def _send_graph(self, method: str, graph: Graph, lines: Sequence[bytes]) -> None:
        body = b"".join(lines)
        headers = {"Content-Type": self.profile.data_type}
        if self.profile.takes_gzip:
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self._write(Request(method, self._graph_url(graph), headers, body))

    def _graph_url(self, graph: Graph) -> str:
        profile = self.profile
        # Without either, some products make a graph of their own.
        what = f"{profile.graph_parameter}={quote(graph.iri, safe='')}" if graph.iri else "default"
        return f"{self.address}{profile.graph_store}?{what}"

    def _write(self, request: Request, is_done: Callable[[], bool] = lambda: False) -> None:
        reply = self._client.send(request, is_done=is_done)
        if reply is not None and reply.media_type == "text/html" and reply.body.strip():
            raise _wrong_type(request, reply, "a store's answer")

    def _number(self, query: str) -> int:
        """The one number that a query gives."""
        profile = self.profile
        is_form = profile.query_type == FORM
        body = urlencode({"query": query}).encode() if is_form else query.encode()
        headers = {"Content-Type": profile.query_type, "Accept": _JSON}
        request = Request("POST", self.address + profile.query, headers, body)
        reply = self._client.send(request)
        assert reply is not None
        if reply.media_type not in (_JSON, "application/json"):
            raise _wrong_type(request, reply, _JSON)
        try:
            (row,) = json.loads(reply.body)["results"]["bindings"]
            return int(row["n"]["value"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise StoreError("the answer to a query for a count has no count", file=request.place) from None


def _bounded(texts: Iterable[str], most: int) -> Iterator[list[str]]:
    """The texts in lists of so many at most, and of a bounded length together."""
    some: list[str] = []
    size = 0
    for text in texts:
        if some and (len(some) == most or size + len(text) > _QUERY_CHARACTERS):
            yield some
            some, size = [], 0
        some.append(text)
        size += len(text)
    if some:
        yield some


def _wrong_type(request: Request, reply: Reply, wanted: str) -> StoreError:
    got = reply.media_type if reply.media_type.isprintable() else ""
    return StoreError(
        f"the server answers with {got[:80] or 'no content type'} in place of {wanted}",
        hint="look at the address, and whether something stands between you and the store",
        file=request.place,
    )
