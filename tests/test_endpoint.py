"""Asking an end point: what it may answer, and that nothing of a bad answer gets through."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from cli import Ran, assert_refused, put, run

JSON = "application/sparql-results+json"
QUICK = {"ARROWKG_HTTP_ATTEMPTS": "1", "ARROWKG_QUERY_SECONDS": "5"}


class Endpoint:
    """A server that gives one answer to every request, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.type = JSON
        self.body = b""
        self.length: int | None = None
        self.asked: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.url = ""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one.asked.append((self.path, parse_qs(body.decode()), dict(self.headers.items())))
            self.send_response(one.status)
            self.send_header("Content-Type", one.type)
            self.send_header("Content-Length", str(len(one.body) if one.length is None else one.length))
            if 300 <= one.status < 400:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere?secret=1")
            self.end_headers()
            self.wfile.write(one.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        one.url = f"http://127.0.0.1:{server.server_port}/sparql"
        yield one
        server.shutdown()
        thread.join()


def rows(*bindings: dict[str, Any]) -> bytes:
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": list(bindings)}}).encode()


def asked(folder: Path, endpoint: Endpoint, query: str = "SELECT ?x { ?x ?p ?o }", *more: str) -> Ran:
    return run(folder, "query", query, "--endpoint", endpoint.url, *more, environment=QUICK)


def test_rows_come_through(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.body = rows(
        {"x": {"type": "uri", "value": "urn:a"}},
        {"x": {"type": "literal", "value": "b\n", "xml:lang": "en"}},
        {"x": {"type": "typed-literal", "value": "7", "datatype": "http://www.w3.org/2001/XMLSchema#integer"}},
        {"x": {"type": "bnode", "value": "n0"}},
        {},
    )
    ran = asked(tmp_path, endpoint, "SELECT ?x { ?x schema:name ?o }", "--format", "tsv")
    assert (ran.code, ran.err) == (0, "")
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    assert ran.text == f'?x\n<urn:a>\n"b\\n"@en\n"7"^^<{integer}>\n_:bn0\n\n'
    [(path, sent, headers)] = endpoint.asked
    assert path == "/sparql"
    assert sent["query"] == ["PREFIX schema: <https://schema.org/> SELECT ?x { ?x schema:name ?o }"]
    assert headers["Accept"] == JSON
    assert "Authorization" not in headers


def test_a_truth_and_a_graph_come_through(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.body = b'{"head": {}, "boolean": false}'
    assert asked(tmp_path, endpoint, "ASK {}").text == "no\n"
    endpoint.type, endpoint.body = "text/turtle; charset=utf-8", b"<urn:a> <urn:b> 'c', 'd' ."
    ran = asked(tmp_path, endpoint, "CONSTRUCT WHERE { ?s ?p ?o }", "--format", "nt")
    assert ran.text == '<urn:a> <urn:b> "c" .\n<urn:a> <urn:b> "d" .\n'


def test_parameters_of_the_address_are_kept_and_credentials_are_sent(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.body = rows()
    endpoint.url += "?default-graph-uri=urn:g"
    ran = asked(tmp_path, endpoint, "SELECT ?x {}", "--auth-file", str(put(tmp_path, "auth", "Bearer pebble")))
    assert ran.code == 0, ran
    [(path, _, headers)] = endpoint.asked
    assert path == "/sparql?default-graph-uri=urn:g"
    assert headers["Authorization"] == "Bearer pebble"


def test_credentials_come_from_the_environment(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.body = rows()
    environment = {**QUICK, "ARROWKG_AUTH": "Bearer pebble"}
    ran = run(tmp_path, "query", "SELECT ?x {}", "--endpoint", endpoint.url, environment=environment)
    assert (ran.code, endpoint.asked[0][2]["Authorization"]) == (0, "Bearer pebble")
    assert "pebble" not in run(tmp_path, "config", environment=environment).text


def test_more_than_was_wanted_is_cut_and_told(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.body = rows(*[{"x": {"type": "literal", "value": str(n)}} for n in range(5)])
    ran = asked(tmp_path, endpoint, "SELECT ?x {}", "--limit", "2")
    assert len(ran.text.splitlines()) == 3
    assert "only the first 2 are given" in ran.err


@pytest.mark.parametrize(
    "change",
    [
        lambda one: setattr(one, "body", rows({"x": {"type": "uri", "value": "urn:a> <urn:b"}})),
        lambda one: setattr(one, "body", rows({"x": {"type": "uri", "value": "relative"}})),
        lambda one: setattr(one, "body", rows({"x": {"type": "literal", "value": "a", "xml:lang": "en . <urn:x>"}})),
        lambda one: setattr(one, "body", rows({"x": {"type": "literal", "value": "a", "datatype": "urn:x> ."}})),
        lambda one: setattr(one, "body", rows({"x": {"type": "literal", "value": "a\x00"}})),
        lambda one: setattr(one, "body", rows({"x": {"type": "literal"}})),
        lambda one: setattr(one, "body", rows({"x": "text"})),
        lambda one: setattr(one, "body", rows()[:-3]),
        lambda one: setattr(one, "body", b"[" * 100_000),
        lambda one: setattr(one, "body", b"\xff"),
        lambda one: setattr(one, "body", b'{"head": {}, "boolean": true}'),
        lambda one: setattr(one, "body", b""),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    tmp_path: Path, endpoint: Endpoint, change: Callable[[Endpoint], None]
) -> None:
    change(endpoint)
    assert_refused(asked(tmp_path, endpoint), 4, f"{endpoint.url}: its answer is cut off or is no SPARQL result")


def test_other_types_statuses_and_lengths_are_errors(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.body, endpoint.type = b"<html>", "text/html"
    assert_refused(asked(tmp_path, endpoint), 4, f"{endpoint.url}: it answers with text/html in place of")
    endpoint.type, endpoint.status = "text/plain", 400
    endpoint.body = b"no such prefix\nat line 1"
    assert_refused(asked(tmp_path, endpoint), 3, "query: the end point refuses the query: no such prefix")
    for status in (401, 403, 404, 500):
        endpoint.status = status
        assert_refused(asked(tmp_path, endpoint), 4, f"{endpoint.url}: the server answers with status {status}")
    endpoint.status = 302
    refused = asked(tmp_path, endpoint)
    assert_refused(refused, 4, f"{endpoint.url}: the server redirects (status 302) to http://127.0.0.1:9/elsewhere")
    assert "secret" not in refused.err
    endpoint.status, endpoint.type, endpoint.body, endpoint.length = 200, JSON, rows(), 1000
    assert_refused(asked(tmp_path, endpoint), 4, f"{endpoint.url}: the connection failed or was cut")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1", "", "http://", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    ran = run(tmp_path, "query", "ASK {}", "--endpoint", url)
    assert ran.code == 2, ran


def test_a_password_in_the_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    ran = run(tmp_path, "query", "ASK {}", "--endpoint", "http://ada:pebble@127.0.0.1/sparql")
    assert_refused(ran, 2, "the address has a user or a password in it")
    assert "pebble" not in ran.err
