"""The SPARQL end point: the rules of the SPARQL 1.1 Protocol that a read-only one must keep, and its limits."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pyoxigraph
import pytest
import rdflib

import arrowkg.server
from arrowkg.sparql.binding import bound
from arrowkg.sparql.examples import examples
from browser import drive, needs_browser
from serving import BASE, Answer, Served, served, store_of

SELECT: Final = "SELECT ?name { ?a <http://xmlns.com/foaf/0.1/name> ?name } ORDER BY ?name"
ASK: Final = "ASK { ?s ?p ?o }"
CONSTRUCT: Final = f"CONSTRUCT WHERE {{ <{BASE}author/tomer-michaeli> ?p ?o }}"
FORM: Final = "application/x-www-form-urlencoded"
LONG: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?d && ?c < ?f && ?i > ?b) }"
FORMATS: Final = {
    "application/sparql-results+json": pyoxigraph.QueryResultsFormat.JSON,
    "application/sparql-results+xml": pyoxigraph.QueryResultsFormat.XML,
    "text/csv": pyoxigraph.QueryResultsFormat.CSV,
    "text/tab-separated-values": pyoxigraph.QueryResultsFormat.TSV,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    return store_of(tmp_path_factory.mktemp("seed"), (seeds / "tomer-michaeli.txt").read_bytes(), "page.txt")


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[Served]:
    with served(store, told=store.parent / "one.log") as found:
        yield found


@pytest.fixture(scope="module")
def small(store: Path) -> Iterator[Served]:
    """A server with narrow limits."""
    limits = {
        "ARROWKG_SERVE_QUERY_SECONDS": "1",
        "ARROWKG_SERVE_QUERY_BYTES": str(64 << 20),
        "ARROWKG_SERVE_QUERY_ROWS": "10",
        "ARROWKG_SERVE_ANSWER_BYTES": "100000",
        "ARROWKG_SERVE_QUEUE": "2",
        "ARROWKG_SERVE_IDLE_SECONDS": "2",
    }
    with served(store, environment=limits, told=store.parent / "other.log") as found:
        yield found


def rows(answer: Answer) -> list[dict[str, str]]:
    """The rows of a JSON answer."""
    assert answer.status == 200, answer
    return [{name: term["value"] for name, term in row.items()} for row in answer.json["results"]["bindings"]]


def post(server: Served, body: str | bytes, kind: str | None, address: str = "", accept: str | None = None) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    headers = {name: value for name, value in (("Content-Type", kind), ("Accept", accept)) if value is not None}
    return server.ask(f"/sparql{address}", headers, "POST", data)


# Section 2.1: the three ways to ask.


def test_query_via_get(server: Served) -> None:
    assert len(rows(server.query(SELECT))) == 39


def test_query_via_post_with_parameters(server: Served) -> None:
    assert len(rows(post(server, urlencode({"query": SELECT}), FORM))) == 39
    assert len(rows(post(server, urlencode({"query": SELECT}), f"{FORM}; charset=UTF-8"))) == 39


def test_query_via_post_directly(server: Served) -> None:
    assert len(rows(post(server, SELECT, "application/sparql-query"))) == 39
    assert len(rows(post(server, SELECT, "application/sparql-query; charset=utf-8"))) == 39


def test_characters_beyond_ascii_arrive_in_all_three_ways(server: Served) -> None:
    text = 'SELECT ("Łukasz 机器 é" AS ?x) {}'
    for answer in (
        server.query(text),
        post(server, urlencode({"query": text}), FORM),
        post(server, text, "application/sparql-query"),
    ):
        assert rows(answer) == [{"x": "Łukasz 机器 é"}]


def test_a_plus_is_a_blank_in_parameters(server: Served) -> None:
    assert rows(server.ask("/sparql?query=SELECT+(1%2B1+AS+?x)+%7B%7D")) == [{"x": "2"}]


def test_head_tells_what_get_tells(server: Served) -> None:
    address = "/sparql?" + urlencode({"query": SELECT}, quote_via=quote)
    got, told = server.ask(address), server.ask(address, method="HEAD")
    assert (told.status, told.body, told.headers["content-length"]) == (200, b"", str(len(got.body)))


# Section 2.1: what is refused.


def test_exactly_one_query(server: Served) -> None:
    assert server.ask(f"/sparql?query={quote(ASK)}&query={quote(ASK)}").status == 400
    assert post(server, f"query={quote(ASK)}&query={quote(ASK)}", FORM).status == 400
    assert post(server, "x=1", FORM).status == 400
    assert post(server, "", FORM).status == 400
    assert post(server, ASK, "application/sparql-query", f"?query={quote(ASK)}").status == 400
    assert server.ask("/sparql?query=").status == 400


def test_parameters_of_the_address_are_not_those_of_a_form(server: Served) -> None:
    assert post(server, "x=1", FORM, f"?query={quote(ASK)}").status == 400


def test_a_post_says_what_it_is(server: Served) -> None:
    assert post(server, SELECT, None).status == 415
    assert post(server, SELECT, "text/plain").status == 415
    assert post(server, SELECT, "application/json").status == 415


@pytest.mark.parametrize("text", ["INSERT DATA { <urn:a> <urn:b> 1 }", "CLEAR ALL", "DELETE WHERE { ?s ?p ?o }"])
def test_nothing_is_updated(server: Served, text: str) -> None:
    assert post(server, text, "application/sparql-update").status == 403
    assert post(server, urlencode({"update": text}), FORM).status == 403
    assert server.ask(f"/sparql?update={quote(text)}").status == 403
    assert server.query(text).status == 400
    assert post(server, text, "application/sparql-query").status == 400
    assert rows(server.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")) == [{"n": "2116"}]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(server: Served, method: str) -> None:
    told = server.ask("/sparql", {"Content-Type": "application/sparql-query"}, method, ASK.encode())
    assert (told.status, told.headers["allow"]) == (405, told.headers["allow"])
    assert set(told.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}


@pytest.mark.parametrize(
    "text", ["SELECT", "SELECT * { ?s ?p", "nonsense", "SELECT * { ?s ?p ?o } GROUP", "ASK { ?s unknown:p ?o }"]
)
def test_what_is_not_sparql_is_a_bad_request(server: Served, text: str) -> None:
    told = server.query(text)
    assert (told.status, told.kind) == (400, "text/plain")
    assert told.text.count("\n") == 1
    assert "Traceback" not in told.text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"ASK {} # \xc3"])
def test_what_is_not_utf8_is_a_bad_request(server: Served, body: bytes) -> None:
    assert post(server, body, "application/sparql-query").status == 400
    assert server.ask("/sparql?query=%FF%FE").status == 400


@pytest.mark.parametrize(
    "text",
    ["SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"],
)
def test_nothing_beyond_the_data_is_reached(server: Served, text: str) -> None:
    assert server.query(text).status == 400


# Section 2.1.4: the dataset.


STATISTICS: Final = "urn:arrowkg:statistics"
COUNT: Final = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
NAMED: Final = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def test_the_default_graph_can_be_named(server: Served) -> None:
    counted = int(rows(server.query(NAMED))[0]["n"])
    given = {"default-graph-uri": STATISTICS}
    assert rows(server.query(COUNT, **given)) == [{"n": str(counted)}]
    assert rows(post(server, urlencode({"query": COUNT, **given}), FORM)) == [{"n": str(counted)}]
    assert rows(post(server, COUNT, "application/sparql-query", f"?{urlencode(given)}")) == [{"n": str(counted)}]
    # Only what is named is there.
    assert rows(server.query(NAMED, **given)) == [{"n": "0"}]


def test_named_graphs_can_be_named(server: Served) -> None:
    given = {"named-graph-uri": STATISTICS}
    assert int(rows(server.query(NAMED, **given))[0]["n"]) > 0
    assert rows(server.query(COUNT, **given)) == [{"n": "0"}]
    assert rows(server.query(NAMED, **{"named-graph-uri": "urn:other"})) == [{"n": "0"}]


def test_the_dataset_of_the_request_comes_before_the_query_s(server: Served) -> None:
    text = COUNT.replace("{", f"FROM <{STATISTICS}> {{", 1)
    counted = int(rows(server.query(NAMED))[0]["n"])
    assert rows(server.query(text)) == [{"n": str(counted)}]
    assert rows(server.query(text, **{"default-graph-uri": "urn:other"})) == [{"n": "0"}]


def test_a_graph_that_is_no_iri_is_a_bad_request(server: Served) -> None:
    assert server.query(COUNT, **{"default-graph-uri": "not an iri"}).status == 400


# Section 2.1.6: what comes back.


@pytest.mark.parametrize("accept", FORMATS)
def test_rows_come_in_each_format_of_the_w3c(server: Served, accept: str) -> None:
    told = server.query(SELECT, accept)
    assert (told.status, told.kind) == (200, accept)
    if accept == "text/csv":
        head, *found = csv.reader(io.StringIO(told.text, newline=""))
        assert head == ["name"]
        names = [row[0] for row in found]
    else:
        solutions = pyoxigraph.parse_query_results(told.body, FORMATS[accept])
        assert isinstance(solutions, pyoxigraph.QuerySolutions)
        names = [row["name"].value for row in solutions]
    assert len(names) == 39
    assert "Tomer Michaeli" in names


def test_another_reader_understands_the_answers(server: Served) -> None:
    for accept, name in (("application/sparql-results+xml", "xml"), ("application/sparql-results+json", "json")):
        found = rdflib.query.Result.parse(io.BytesIO(server.query(SELECT, accept).body), format=name)
        assert len(list(found)) == 39
    assert len(list(csv.reader(io.StringIO(server.query(SELECT, "text/csv").text)))) == 40


@pytest.mark.parametrize("accept", list(FORMATS)[:2])
def test_a_truth_comes_in_json_and_xml(server: Served, accept: str) -> None:
    told = server.query(ASK, accept)
    found = pyoxigraph.parse_query_results(told.body, FORMATS[accept])
    assert told.kind == accept
    assert bool(found) is True


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/turtle", pyoxigraph.RdfFormat.TURTLE),
        ("application/n-triples", pyoxigraph.RdfFormat.N_TRIPLES),
        ("application/ld+json", pyoxigraph.RdfFormat.JSON_LD),
    ],
)
@pytest.mark.parametrize("text", [CONSTRUCT, f"DESCRIBE <{BASE}author/tomer-michaeli>"])
def test_a_graph_comes_in_rdf(server: Served, accept: str, form: pyoxigraph.RdfFormat, text: str) -> None:
    told = server.query(text, accept)
    assert (told.status, told.kind) == (200, accept)
    assert len(list(pyoxigraph.parse(told.body, form))) == 7


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/xml", "application/sparql-results+xml"),
        ("text/csv;q=0.9, application/sparql-results+xml;q=0.8", "text/csv"),
        ("text/*", "text/csv"),
        ("application/rdf+xml, text/tab-separated-values;q=0.1", "text/tab-separated-values"),
    ],
)
def test_the_format_is_negotiated(server: Served, accept: str | None, kind: str) -> None:
    address = f"/sparql?{urlencode({'query': SELECT}, quote_via=quote)}"
    told = server.ask(address, {} if accept is None else {"Accept": accept})
    assert (told.status, told.kind) == (200, kind)
    assert "Accept" in told.headers["vary"].split(", ")


def test_a_format_in_the_address_comes_before_accept(server: Served) -> None:
    assert server.query(SELECT, "text/html", format="csv").kind == "text/csv"
    assert server.query(SELECT, "text/csv", format="turtle").status == 406


def test_a_format_that_is_not_there_is_told_with_a_list(server: Served) -> None:
    told = server.query(SELECT, "image/png")
    assert told.status == 406
    assert "application/sparql-results+json" in told.text
    assert "text/turtle" in server.query(CONSTRUCT, "text/csv").text


def test_answers_are_compressed_if_asked(server: Served) -> None:
    address = f"/sparql?{urlencode({'query': SELECT}, quote_via=quote)}"
    told = server.ask(address, {"Accept-Encoding": "gzip"})
    assert told.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(told.body))["results"]["bindings"]) == 39


# The service description.


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
def test_the_end_point_describes_itself(server: Served, accept: str) -> None:
    told = server.ask("/sparql", {"Accept": accept})
    assert (told.status, told.kind) == (200, accept)
    graph = rdflib.Graph().parse(data=told.body, format={"application/n-triples": "nt"}.get(accept, accept))
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    [service] = graph.subjects(rdflib.RDF.type, sd.Service)
    assert graph.value(service, sd.endpoint) == rdflib.URIRef(f"{server.url}sparql")
    assert sd.SPARQL11Query in graph.objects(service, sd.supportedLanguage)
    [default] = graph.objects(None, sd.defaultGraph)
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    assert graph.value(default, void.triples) == rdflib.Literal(2116)


def test_programs_get_the_description_and_browsers_the_page(server: Served) -> None:
    assert server.ask("/sparql").kind == "text/turtle"
    assert server.ask("/sparql", {"Accept": "*/*"}).kind == "text/turtle"
    assert server.ask("/sparql", {"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"}).kind == "text/html"
    assert server.ask("/sparql", {"Accept": "image/png"}).status == 406


# Limits.


def test_a_long_query_ends_in_time(small: Served) -> None:
    begin = time.perf_counter()
    told = small.query(LONG)
    assert (told.status, told.text) == (500, "query: the query took more than 1 seconds\n")
    assert time.perf_counter() - begin < 20


def test_a_query_that_fills_the_memory_ends(small: Served) -> None:
    steps = " ".join(f"BIND(CONCAT({','.join([f'?a{n}'] * 16)}) AS ?a{n + 1})" for n in range(8))
    told = small.query(f"SELECT (STRLEN(?a8) AS ?x) {{ BIND('{'ab' * 100}' AS ?a0) {steps} }}")
    assert (told.status, "64 MiB of memory" in told.text) == (500, True), told


def test_a_query_nested_too_deep_is_refused(server: Served) -> None:
    assert rows(server.query(f"SELECT * {'{' * 60}{'}' * 60}")) == [{}]
    assert server.query(f"SELECT * {'{' * 70}{'}' * 70}").status == 400
    assert server.query(f"SELECT * {'{' * 3000}{'}' * 3000}").status == 400


def test_a_query_too_long_is_refused(server: Served) -> None:
    text = "ASK {} #" + "x" * (64 << 10)
    assert post(server, text, "application/sparql-query").status == 413
    assert post(server, "query=" + "%20" * (80 << 10), FORM).status == 413
    assert post(server, b"x" * (1 << 20), "application/sparql-query").status == 413


def test_an_answer_that_is_cut_says_so(small: Served) -> None:
    told = small.query(SELECT)
    assert len(rows(told)) == 10
    assert told.headers["arrowkg-cut"].startswith("10 rows")
    assert "arrowkg-cut" not in small.query(f"{SELECT} LIMIT 10").headers
    graph = small.query("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples")
    assert (graph.body.count(b"\n"), "arrowkg-cut" in graph.headers) == (10, True)


def test_an_answer_of_too_many_bytes_is_cut(small: Served) -> None:
    text = "SELECT (CONCAT(?a, ?a, ?a, ?a) AS ?b) { VALUES ?x { 1 2 3 4 5 6 7 } BIND(STR(REPLACE(%r, '.', %r)) AS ?a) }"
    told = small.query(text % ("x" * 100, "y" * 100))
    assert 1 <= len(rows(told)) < 7
    assert "100000 bytes" in told.headers["arrowkg-cut"]


def test_too_many_queries_are_sent_away_and_told_when_to_come_again(small: Served) -> None:
    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(lambda _: small.query(LONG), range(12)))
    away = [one for one in told if one.status == 503]
    # Two are answered at a time and two wait.
    assert len(away) >= 12 - 2 - 2 - 4
    assert {one.headers["retry-after"] for one in away} == {"5"}
    assert {one.status for one in told} == {500, 503}
    assert rows(small.query(f"{SELECT} LIMIT 1"))


def test_a_client_that_goes_ends_its_query(server: Served) -> None:
    done = threading.Event()
    request = f"GET /sparql?query={quote(LONG)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port)) as one:
        one.sendall(request)
        while server.metric("arrowkg_queries_admitted") < 1:
            assert not done.wait(0.02)
        begin = time.perf_counter()
    while server.metric("arrowkg_queries_admitted") > 0:
        assert not done.wait(0.02)
    # Its time would have been five seconds.
    assert time.perf_counter() - begin < 4
    assert 'arrowkg_queries_total{outcome="gone"} 1' in server.ask("/metrics").text


def test_a_body_that_never_ends_is_given_up(small: Served) -> None:
    head = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK"
    )
    assert small.raw(head).startswith(b"HTTP/1.1 408 ")


# The query page.


def test_every_example_is_answered(server: Served) -> None:
    for example in examples():
        text = bound(example, {one.name: one.example for one in example.parameters}, "https")
        found = rows(server.query(text))
        assert {name for row in found for name in row} <= {column.name for column in example.columns}


@needs_browser
def test_the_query_page_asks_this_server_and_nobody_else(server: Served, tmp_path: Path) -> None:
    tabs = "document.querySelectorAll('.tabsList .tab').length"
    # The first click shows all of a cell.
    link = "document.querySelector('.yasr table tbody a[href*=\"/paper/\"]')"
    follow = f"(() => {{ const link = {link}; link.target = ''; link.click(); link.click(); }})()"
    steps = [
        {"do": "goto", "url": f"{server.url}sparql"},
        {"do": "wait", "selector": ".CodeMirror"},
        {"do": "evaluate", "expression": tabs},
        {"do": "click", "selector": ".yasqe_queryButton"},
        {"do": "wait", "expression": "document.querySelector('.yasr table tbody tr')"},
        {"do": "evaluate", "expression": "document.querySelectorAll('.yasr table tbody tr').length"},
        {"do": "evaluate", "expression": follow},
        {"do": "wait", "expression": "location.pathname.startsWith('/paper/')"},
        {"do": "goto", "url": f"{server.url}sparql?query={quote(ASK)}"},
        {"do": "wait", "expression": f"document.querySelector('.CodeMirror') && {tabs} > {len(examples())}"},
        {
            "do": "evaluate",
            "expression": "document.querySelector('.tabPanel.active .CodeMirror').CodeMirror.getValue()",
        },
    ]
    visit = drive(steps)
    assert visit.values[2] == len(examples())
    assert visit.values[5] == 7
    assert visit.values[10] == ASK
    assert visit.violations == []
    assert visit.errors == []
    assert [entry for entry in visit.console if entry["type"] == "error"] == []
    assert {request for request in visit.requests if not request.startswith((server.url, "data:"))} == set()


@needs_browser
def test_the_query_page_says_that_an_answer_is_cut(small: Served) -> None:
    visit = drive(
        [
            {"do": "goto", "url": f"{small.url}sparql?query={quote(SELECT)}"},
            {"do": "wait", "selector": ".tabPanel.active .CodeMirror"},
            {"do": "click", "selector": ".tabPanel.active .yasqe_queryButton"},
            {"do": "wait", "expression": "document.getElementById('cut').textContent"},
            {"do": "evaluate", "expression": "document.getElementById('cut').textContent"},
        ]
    )
    assert visit.values[4].startswith("The answer was cut after 10 rows")


def test_xml_answers_are_well_formed(server: Served) -> None:
    told = server.query("SELECT ('<&>\"' AS ?x) {}", "application/sparql-results+xml")
    assert ET.fromstring(told.body).findtext(".//{*}literal") == '<&>"'


def test_the_editor_is_as_its_package_has_it() -> None:
    folder = Path(arrowkg.server.__file__).parent / "assets" / "vendor" / "yasgui"
    listed = dict(
        re.findall(r"^\| `([\w.]+)` \| `([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.MULTILINE)
    )
    files = {path.name: path for path in folder.iterdir() if path.name != "README.md"}
    assert listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert "LICENSE" in listed
