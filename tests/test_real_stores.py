"""Pushing to real servers that the tests start: Oxigraph and Virtuoso."""

from __future__ import annotations

import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cli import SEEDS, Ran, assert_refused, put, run
from servers import Server, has_virtuoso, oxigraph, virtuoso

PAGE: Final = SEEDS / "tomer-michaeli.txt"
TRIPLES: Final = 2_116
GRAPH: Final = "https://kg.example.org/graph"
OLD: Final = "<https://kg.example.org/old> <https://kg.example.org/p> <https://kg.example.org/old> .\n"


@pytest.fixture(
    scope="module",
    params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.virtuoso)],
    ids=lambda name: str(name),
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each server, once for all tests of the module; each test has a graph of its own."""
    folder = tmp_path_factory.mktemp(request.param) / "data"
    if request.param == "virtuoso" and not has_virtuoso():
        pytest.skip("Virtuoso is not installed")
    with oxigraph(folder) if request.param == "oxigraph" else virtuoso(folder) as one:
        yield one


@pytest.fixture
def graph(request: pytest.FixtureRequest) -> str:
    return f"{GRAPH}/{request.node.originalname}"


def push(
    server: Server, folder: Path, source: Path, *arguments: str, auth: str = "dba:dba", batch: int = 1 << 23
) -> Ran:
    more = ["--auth-file", str(put(folder, "auth", auth))] if server.sql_port else []
    environment = {"ARROWKG_PUSH_BYTES": str(batch), "ARROWKG_BASE_IRI": "https://kg.example.org/lab/"}
    return run(folder, "push", source, server.url, *arguments, *more, environment=environment)


def ask(server: Server, graph: str) -> int:
    """How many triples a graph has, asked without arrowkg."""
    return count(server, f"GRAPH <{graph}> {{ ?s ?p ?o }}")


def count(server: Server, pattern: str) -> int:
    """How many solutions a pattern has, asked without arrowkg."""
    query = f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}"
    request = urllib.request.Request(
        server.url + ("/sparql" if server.sql_port else "/query"),
        urllib.parse.urlencode({"query": query}).encode(),
        {"Accept": "application/sparql-results+json"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return int(json.load(reply)["results"]["bindings"][0]["n"]["value"])


def name_of(server: Server) -> str:
    return "Virtuoso" if server.sql_port else "Oxigraph"


def test_the_page_goes_in_and_again(server: Server, graph: str, tmp_path: Path) -> None:
    for _ in range(2):
        ran = push(server, tmp_path, PAGE, "--graph", graph, "--mode", "merge")
        assert (ran.code, ran.out) == (0, b""), ran
        assert ran.told[0].startswith(f"sent {TRIPLES:,} triples to {name_of(server)}, {graph}, which now has 2,116 in")
        assert ask(server, graph) == TRIPLES


def test_merge_keeps_and_replace_does_not(server: Server, graph: str, tmp_path: Path) -> None:
    old = put(tmp_path, "old.nt", OLD)
    assert push(server, tmp_path, old, "--graph", graph, "--mode", "merge").code == 0
    assert push(server, tmp_path, PAGE, "--graph", graph, "--mode", "merge").code == 0
    assert ask(server, graph) == TRIPLES + 1
    ran = push(server, tmp_path, PAGE, "--graph", graph, "--mode", "replace")
    assert ran.code == 0, ran
    assert ask(server, graph) == TRIPLES
    ran = push(server, tmp_path, old, "--graph", graph, "--mode", "replace", batch=20_000)
    assert ran.code == 0, ran
    assert ask(server, graph) == 1


def test_replace_in_many_batches_leaves_no_staging_graph(server: Server, graph: str, tmp_path: Path) -> None:
    old = put(tmp_path, "old.nt", OLD)
    assert push(server, tmp_path, old, "--graph", graph, "--mode", "merge").code == 0
    ran = push(server, tmp_path, PAGE, "--graph", graph, "--mode", "replace", batch=50_000)
    assert ran.code == 0, ran
    assert ask(server, graph) == TRIPLES
    assert ("warning: Virtuoso has no MOVE to rely on" in ran.err) == bool(server.sql_port)
    assert count(server, f'GRAPH ?g {{ ?s ?p ?o }} FILTER (STRSTARTS (STR (?g), "{graph}-staging"))') == 0
    assert [path.name for path in tmp_path.glob("arrowkg-push-*")] == []


def test_a_dry_run_counts_and_writes_nothing(server: Server, graph: str, tmp_path: Path) -> None:
    lines = (OLD, *(f'<https://kg.example.org/{n}> <https://kg.example.org/p> "{n}" .\n' for n in range(10)))
    some = put(tmp_path, "some.nt", "".join(lines[:4]))
    all_ = put(tmp_path, "all.nt", "".join(lines[2:]))
    assert push(server, tmp_path, some, "--graph", graph, "--mode", "merge").code == 0
    for mode, removed in (("merge", 0), ("replace", 2)):
        ran = push(server, tmp_path, all_, "--graph", graph, "--mode", mode, "--dry-run")
        wanted = f"would send 9 triples to {name_of(server)}, {graph}: 7 added, {removed} removed; it has 4;"
        assert (ran.code, ran.out) == (0, b""), ran
        assert ran.told[0].startswith(wanted), ran
        assert ask(server, graph) == 4


def test_terms_of_every_kind_are_found_again(server: Server, graph: str, tmp_path: Path) -> None:
    """The look afterwards goes through every triple, so what the store writes otherwise must still be found."""
    start = "<https://kg.example.org/s> <https://kg.example.org/p>"
    xsd = "http://www.w3.org/2001/XMLSchema#"
    objects = [
        '"Rat"@de-AT',
        f'"1.50"^^<{xsd}decimal>',
        f'"0814"^^<{xsd}gYear>',
        f'"true"^^<{xsd}boolean>',
        f'"007"^^<{xsd}integer>',
        '""',
        '"a \\"quote\\", a \\\\ and\\nlines \\u0007 é 😀 {curly} ?x $y \'q\' #"',
        f'"http://a b/"^^<{xsd}anyURI>',
        "<https://kg.example.org/é?x=1&y=%20>",
        f'"{"long " * 2_000}"',
        f'"{"longer " * 3_000}"',
    ]
    source = put(tmp_path, "odd.nt", "".join(f"{start} {one} .\n" for one in objects))
    for mode in ("merge", "replace"):
        ran = push(server, tmp_path, source, "--graph", graph, "--mode", mode)
        assert ran.code == 0, ran
        assert ask(server, graph) == len(objects)
    ran = push(server, tmp_path, source, "--graph", graph, "--mode", "replace", "--dry-run")
    assert ": 0 added, 0 removed;" in ran.told[0]


def test_many_triples_in_many_batches(server: Server, graph: str, tmp_path: Path) -> None:
    big = put(tmp_path, "big.nt", "".join(f'<https://e.org/{n}> <https://e.org/p> "{n}" .\n' for n in range(20_000)))
    ran = push(server, tmp_path, big, "--graph", graph, "--mode", "merge", batch=40_000)
    assert ran.code == 0, ran
    assert ask(server, graph) == 20_000


def test_a_reader_sees_the_old_graph_or_the_new_one(server: Server, graph: str, tmp_path: Path) -> None:
    def content(tag: str, count: int) -> Path:
        lines = (f'<https://e.org/{tag}/{n}> <https://e.org/p> "{n}" .\n' for n in range(count))
        return put(tmp_path, f"{tag}.nt", "".join(lines))

    assert push(server, tmp_path, content("old", 5_000), "--graph", graph, "--mode", "merge").code == 0
    seen: set[int] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.wait(0.02):
            seen.add(ask(server, graph))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        new = content("new", 4_000)
        whole = push(server, tmp_path, new, "--graph", graph, "--mode", "replace")
        parts = push(server, tmp_path, content("newer", 3_000), "--graph", graph, "--mode", "replace", batch=30_000)
    finally:
        is_over.set()
        reader.join(60)
    assert (whole.code, parts.code) == (0, 0), (whole, parts)
    assert seen <= {5_000, 4_000, 3_000}
    assert ask(server, graph) == 3_000


def test_a_wrong_password_is_told_before_much_is_sent(server: Server, graph: str, tmp_path: Path) -> None:
    if not server.sql_port:
        # Oxigraph has no passwords, and does not mind one.
        assert push(server, tmp_path, PAGE, "--graph", graph, "--mode", "merge").code == 0
        return
    ran = push(server, tmp_path, PAGE, "--graph", graph, "--mode", "replace", auth="dba:obsidian")
    assert_refused(ran, 4, f"{server.url}/sparql-auth: the server answers with status 401", "--auth-file")
    assert "obsidian" not in ran.err
    assert ask(server, graph) == 0
    ran = push(server, tmp_path, PAGE, "--mode", "replace")
    assert_refused(ran, 2, "Virtuoso has no default graph, so the graph must be named", "--graph IRI")
    ran = push(server, tmp_path, PAGE, "--graph", graph, "--mode", "replace", auth="Bearer obsidian")
    assert_refused(ran, 2, "Virtuoso takes no such credentials", "user:password")


def test_the_default_graph_of_oxigraph(tmp_path: Path) -> None:
    with oxigraph(tmp_path / "data") as server:
        old = put(tmp_path, "old.nt", OLD)
        for batch in (1 << 23, 50_000):
            assert push(server, tmp_path, old, "--mode", "replace").code == 0
            ran = push(server, tmp_path, PAGE, "--mode", "merge", batch=batch)
            assert "the default graph, which now has 2,117" in ran.told[0], ran
            ran = push(server, tmp_path, PAGE, "--mode", "replace", batch=batch)
            assert "the default graph, which now has 2,116" in ran.told[0], ran
