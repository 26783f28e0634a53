"""Pushes to real servers: Oxigraph and Virtuoso, started by the tests. What is there is read back without our code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph
import pytest
import requests

import servers
from cli import COMMAND, SEEDS, Ran, assert_refused, jsonl, put, run, untouched

PAGE: Final = SEEDS / "tomer-michaeli.txt"
PAGE_TRIPLES: Final = 2116
MANY_PAPERS: Final = 480
_BOOLEAN: Final = pyoxigraph.NamedNode("http://www.w3.org/2001/XMLSchema#boolean")
SMALL_BATCHES: Final = {"ARROWKG_PUSH_BYTES": "100000"}


@dataclass(frozen=True)
class Store:
    """A real store.

    Attributes:
        title: how arrowkg names it.
        url: its address.
        query_url: where it is asked.
        variables: what arrowkg is told in the environment: the password.
    """

    title: str
    url: str
    query_url: str
    variables: Mapping[str, str]

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query, from the server itself."""
        reply = requests.post(
            self.query_url,
            data={"query": query},
            headers={"Accept": "application/sparql-results+json"},
            timeout=60,
        )
        reply.raise_for_status()
        found: list[dict[str, Any]] = reply.json()["results"]["bindings"]
        return found

    def count(self, graph: str) -> int:
        """How many triples a graph has."""
        (row,) = self.rows(f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
        return int(row["n"]["value"])

    def graphs(self) -> set[str]:
        """The named graphs of arrowkg's tests that hold anything."""
        found = {row["g"]["value"] for row in self.rows("SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }")}
        return {graph for graph in found if graph.startswith("https://kg.example.org/")}

    def lines(self, graph: str) -> set[str]:
        """Every triple of a graph as a line of N-Triples, a predicate at a time: Virtuoso cuts longer answers off."""
        found = set()
        for one in self.rows(f"SELECT DISTINCT ?p WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"):
            p = one["p"]["value"]
            for row in self.rows(f"SELECT ?s ?o WHERE {{ GRAPH <{graph}> {{ ?s <{p}> ?o }} }}"):
                found.add(f"{_term(row['s'])} <{p}> {_term(row['o'])} .")
        return found


def _term(cell: Mapping[str, str]) -> str:
    """The N-Triples form of a cell of a SPARQL answer, by pyoxigraph."""
    if cell["type"] == "uri":
        return str(pyoxigraph.NamedNode(cell["value"]))
    assert cell["type"] in ("literal", "typed-literal"), cell
    kind = pyoxigraph.NamedNode(cell["datatype"]) if "datatype" in cell else None
    # The one other form that Virtuoso gives to what arrowkg writes.
    value = "true" if (cell["value"], kind) == ("1", _BOOLEAN) else cell["value"]
    return str(pyoxigraph.Literal(value, language=cell.get("xml:lang"), datatype=kind))


@pytest.fixture(scope="module")
def oxigraph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with servers.oxigraph(tmp_path_factory.mktemp("oxigraph") / "db") as server:
        yield Store("Oxigraph", server.url, f"{server.url}/query", {})


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if not servers.has_virtuoso():
        pytest.skip("virtuoso-t is absent")
    with servers.virtuoso(tmp_path_factory.mktemp("virtuoso") / "db") as server:
        yield Store("Virtuoso", server.url, f"{server.url}/sparql", {"ARROWKG_AUTH": "dba:dba"})


@pytest.fixture(params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.virtuoso)])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def graph(request: pytest.FixtureRequest) -> str:
    """A graph of the test's own."""
    return f"https://kg.example.org/{re.sub('[^a-z0-9]+', '-', request.node.name)}"


def push(
    folder: Path, store: Store, graph: str, mode: str, *options: str, name: str | Path = PAGE, **variables: str
) -> Ran:
    environment = {**store.variables, **variables}
    command = ("push", name, store.url, "--graph", graph, "--mode", mode, "--base-iri", "https://kg.example.org/x/")
    return run(folder, *command, *options, environment=environment)


def triples_of(folder: Path, name: str | Path = PAGE) -> set[str]:
    """The triples of an input as arrowkg export writes them, in the form in which pyoxigraph writes them."""
    ran = run(folder, "export", name, "--to", "nt", "--no-validate", "-q", "--base-iri", "https://kg.example.org/x/")
    assert ran.code == 0
    return {f"{triple.subject} {triple.predicate} {triple.object} ." for triple in _parsed(ran.out)}


def _parsed(text: bytes) -> Iterator[pyoxigraph.Quad]:
    yield from pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES)


@pytest.fixture(scope="module")
def page_triples(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The triples of the page."""
    return triples_of(tmp_path_factory.mktemp("page"))


@dataclass(frozen=True)
class Many:
    """An input of more than 20,000 triples, and these."""

    path: Path
    triples: set[str]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Many:
    path = put_many(tmp_path_factory.mktemp("many"))
    return Many(path, triples_of(path.parent, path))


def put_many(folder: Path) -> Path:
    """Papers of more than 20,000 triples, with texts that are hard to carry; some are very long."""
    return put(
        folder,
        "many.jsonl",
        jsonl(
            *(
                {
                    "title": f'On "Stones" \\ {number} é 😀 \u2028',
                    "authors": [f"Ada Quill {number}", "Bo Tarn 0001"],
                    "venue": "ICLR",
                    "kind": "Conference Paper",
                    "year": 2024,
                    "abstract": "stone " * 1_500 if number % 50 == 0 else f"We sort {number}.\n\nTwo\tparagraphs.",
                }
                for number in range(MANY_PAPERS)
            )
        ),
    )


def test_a_real_page_replaces_a_graph_and_all_of_it_is_there(
    store: Store, graph: str, tmp_path: Path, page_triples: set[str]
) -> None:
    ran = push(tmp_path, store, graph, "replace")
    assert ran.code == 0, ran
    assert f"sent 2,116 triples to {store.title}, {graph}, which now has 2,116" in ran.told[-1]
    assert store.lines(graph) == page_triples
    assert len(page_triples) == PAGE_TRIPLES
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_a_push_that_is_repeated_changes_nothing(
    store: Store, graph: str, tmp_path: Path, mode: str, page_triples: set[str]
) -> None:
    for _ in range(2):
        assert push(tmp_path, store, graph, mode).code == 0
        assert store.count(graph) == PAGE_TRIPLES
    assert store.lines(graph) == page_triples


def test_merge_adds_and_replace_takes_away(store: Store, graph: str, tmp_path: Path, page_triples: set[str]) -> None:
    one = put(tmp_path, "one.ttl", "<https://e.org/a> <https://e.org/b> 'c' .")
    assert push(tmp_path, store, graph, "replace", name=one).code == 0
    assert push(tmp_path, store, graph, "merge").code == 0
    assert store.lines(graph) == page_triples | {'<https://e.org/a> <https://e.org/b> "c" .'}
    assert push(tmp_path, store, graph, "replace", name=one).code == 0
    assert store.lines(graph) == {'<https://e.org/a> <https://e.org/b> "c" .'}


def test_other_graphs_are_left_alone(store: Store, graph: str, tmp_path: Path) -> None:
    one = put(tmp_path, "one.ttl", "<https://e.org/a> <https://e.org/b> 'c' .")
    before = store.graphs()
    assert push(tmp_path, store, f"{graph}/other", "replace", name=one).code == 0
    assert push(tmp_path, store, graph, "replace", **SMALL_BATCHES).code == 0
    assert store.lines(f"{graph}/other") == {'<https://e.org/a> <https://e.org/b> "c" .'}
    # No staging graph is left.
    assert store.graphs() - before == {graph, f"{graph}/other"}


def test_a_dry_run_counts_exactly_and_changes_nothing(store: Store, graph: str, tmp_path: Path) -> None:
    mixed = put(tmp_path, "mixed.ttl", "<https://e.org/a> <https://e.org/b> 'c', 'd' .")
    one = put(
        tmp_path, "one.ttl", "<https://e.org/a> <https://e.org/b> 'd', 'e' . <https://e.org/x> a <https://e.org/y> ."
    )
    with untouched(tmp_path):
        assert "2 added, 0 removed; it has 0;" in push(tmp_path, store, graph, "merge", "--dry-run", name=mixed).err
        assert store.count(graph) == 0
        assert push(tmp_path, store, graph, "merge", name=mixed).code == 0
        ran = push(tmp_path, store, graph, "replace", "--dry-run", name=one)
        assert "would send 3 triples" in ran.err
        assert "2 added, 1 removed; it has 2;" in ran.err
        assert "2 added, 0 removed; it has 2;" in push(tmp_path, store, graph, "merge", "--dry-run", name=one).err
        assert store.lines(graph) == {f'<https://e.org/a> <https://e.org/b> "{o}" .' for o in "cd"}
        assert push(tmp_path, store, graph, "replace", name=one).code == 0
        assert "0 added, 0 removed; it has 3;" in push(tmp_path, store, graph, "replace", "--dry-run", name=one).err


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_many_triples_go_in_many_batches_and_all_of_them_are_there(
    store: Store, graph: str, tmp_path: Path, mode: str, page_triples: set[str], many: Many
) -> None:
    assert len(many.triples) > 20_000
    assert push(tmp_path, store, graph, "replace").code == 0
    assert push(tmp_path, store, graph, mode, name=many.path, **SMALL_BATCHES).code == 0
    assert store.lines(graph) == (many.triples if mode == "replace" else many.triples | page_triples)
    ran = push(tmp_path, store, graph, "merge", "--dry-run", name=many.path)
    assert "0 added, 0 removed" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_a_push_that_is_killed_goes_on_where_it_stopped(
    store: Store, graph: str, tmp_path: Path, mode: str, page_triples: set[str], many: Many
) -> None:
    assert push(tmp_path, store, graph, "replace").code == 0
    command = [
        "push",
        str(many.path),
        store.url,
        "--graph",
        graph,
        "--mode",
        mode,
        "--base-iri",
        "https://kg.example.org/x/",
    ]
    variables = {**store.variables, "ARROWKG_PUSH_BYTES": "20000"}
    process = subprocess.Popen(
        [COMMAND, *command, "--journal", "journal.json"],
        cwd=tmp_path,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    sent = _wait_until_sent(tmp_path / "journal.json", 5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    if mode == "replace":
        # Whoever reads the graph meanwhile finds the old one.
        assert store.count(graph) == PAGE_TRIPLES
    ran = run(tmp_path, *command, "--journal", "journal.json", environment=variables)
    assert ran.code == 0, ran
    went_on = re.search(r"went on after ([0-9,]+) batches", ran.err)
    assert went_on is not None
    assert int(went_on[1].replace(",", "")) >= sent
    assert store.lines(graph) == (many.triples if mode == "replace" else many.triples | page_triples)
    # A kill in the moment in which the journal is written leaves what it was writing aside.
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".part"]


def _wait_until_sent(journal: Path, batches: int) -> int:
    for _ in range(6_000):
        if journal.exists():
            sent: int = json.loads(journal.read_bytes())["sent"]
            if sent >= batches:
                return sent
        time.sleep(0.005)
    raise AssertionError("nothing is sent")


def test_a_reader_sees_the_old_graph_or_the_new(oxigraph: Store, graph: str, tmp_path: Path, many: Many) -> None:
    assert push(tmp_path, oxigraph, graph, "replace").code == 0
    seen: set[int] = set()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            seen.add(oxigraph.count(graph))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        assert push(tmp_path, oxigraph, graph, "replace", name=many.path, **SMALL_BATCHES).code == 0
        assert push(tmp_path, oxigraph, graph, "replace").code == 0
    finally:
        is_over.set()
        reader.join()
    assert PAGE_TRIPLES in seen
    assert seen <= {PAGE_TRIPLES, len(many.triples)}


def test_the_default_graph_of_oxigraph_is_the_one_that_queries_see(oxigraph: Store, tmp_path: Path) -> None:
    ran = run(tmp_path, "push", PAGE, oxigraph.url, "--mode", "replace", "-q")
    assert (ran.code, ran.err) == (0, "")
    (row,) = oxigraph.rows("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    assert int(row["n"]["value"]) == PAGE_TRIPLES


@pytest.mark.virtuoso
def test_virtuoso_wants_a_graph_to_be_named(virtuoso: Store, tmp_path: Path) -> None:
    with untouched(tmp_path):
        ran = run(tmp_path, "push", PAGE, virtuoso.url, "--mode", "replace", environment=virtuoso.variables)
    assert_refused(ran, 2, "Virtuoso has no default graph", "--graph IRI")


@pytest.mark.virtuoso
@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_a_wrong_password_is_refused_without_being_told(virtuoso: Store, graph: str, tmp_path: Path, mode: str) -> None:
    for secret in ("dba:pebble-4711", "", "nobody:pebble-4711"):
        with untouched(tmp_path):
            ran = push(tmp_path, virtuoso, graph, mode, ARROWKG_AUTH=secret)
        assert_refused(ran, 4, f"{virtuoso.url}/", "--auth-file")
        assert "401" in ran.err
        assert "pebble" not in ran.err
    assert virtuoso.count(graph) == 0


@pytest.mark.virtuoso
def test_a_password_may_be_in_a_file(virtuoso: Store, graph: str, tmp_path: Path) -> None:
    put(tmp_path, "secret", "dba:dba\n")
    ran = push(tmp_path, virtuoso, graph, "replace", "--auth-file", "secret", ARROWKG_AUTH="dba:wrong")
    assert ran.code == 0, ran
    assert virtuoso.count(graph) == PAGE_TRIPLES


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with untouched(tmp_path):
        ran = run(
            tmp_path,
            *("push", PAGE, "http://127.0.0.1:9", "--graph", "https://e.org/g", "--mode", "merge"),
            environment={"ARROWKG_HTTP_ATTEMPTS": "1"},
        )
    assert_refused(ran, 4, "http://127.0.0.1:9/: ")
