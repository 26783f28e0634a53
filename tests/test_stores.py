"""The embedded store: what it holds after a load, what it tells, and that a failed load changes nothing."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from arrowkg.settings import Settings
from arrowkg.statements import Statements
from arrowkg.stores.loading import STATISTICS, load
from arrowkg.stores.manifest import live_store
from arrowkg.terms import literal_parts
from cli import (
    COMMAND,
    PAGE,
    SEEDS,
    SOUND,
    assert_refused,
    graph_of,
    jsonl,
    lines,
    put,
    run,
    spawn_python,
    start,
    untouched,
)

SEED_PAGE = SEEDS / "tomer-michaeli.txt"


def held(store: Path) -> set[str]:
    """The triples of a store as lines of N-Triples, read by its own library and not through us."""
    database = pyoxigraph.Store.read_only(str(store / "live" / "database"))
    dumped = database.dump(format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=pyoxigraph.DefaultGraph())
    assert dumped is not None
    return set(dumped.decode().removesuffix("\n").split("\n"))


def exported(folder: Path, *inputs: str | Path) -> set[str]:
    """The lines that an export of the same inputs has."""
    ran = run(folder, "export", *inputs, "-o", "expected.nt", "--no-validate", "-q")
    assert ran.code == 0, ran
    return set((folder / "expected.nt").read_text(encoding="utf-8").removesuffix("\n").split("\n"))


def test_a_store_holds_what_an_export_writes(tmp_path: Path) -> None:
    ran = run(tmp_path, "load", SEED_PAGE, "--store", "kg")
    assert ran.code == 0, ran
    assert ran.err.startswith("loaded kg: 2,116 triples, 39 author names in ")
    assert held(tmp_path / "kg") == exported(tmp_path, SEED_PAGE)


@pytest.mark.parametrize("suffix", [".ttl", ".nt", ".nq", ".trig", ".jsonld", ".rdf", ".nt.gz", ".ttl.xz", ".jsonl"])
def test_rdf_of_every_notation_is_loaded(tmp_path: Path, suffix: str) -> None:
    name = f"graph{suffix}"
    more = ("--graph", "https://kg.example.org/g") if suffix in (".nq", ".trig") else ()
    ran = run(tmp_path, "export", SEED_PAGE, "-o", name, "--no-validate", "-q", *more)
    assert ran.code == 0, ran
    assert run(tmp_path, "load", name, "--store", "kg", "-q").code == 0
    assert held(tmp_path / "kg") == exported(tmp_path, SEED_PAGE)


def test_several_inputs_become_one_graph(tmp_path: Path) -> None:
    graph_of(tmp_path, PAGE, "one.ttl")
    put(tmp_path, "more.jsonl", lines(3))
    assert run(tmp_path, "load", "one.ttl", "more.jsonl", SEED_PAGE, "--store", "kg", "-q").code == 0
    put(tmp_path, "page.txt", PAGE)
    assert held(tmp_path / "kg") == exported(tmp_path, "page.txt", "more.jsonl", SEED_PAGE)


def test_small_pieces_and_large_ones_make_the_same_store(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(20))
    graph_of(tmp_path, lines(20), "in.nt")
    found = []
    for name in ("in.jsonl", "in.nt"):
        for size in (2000, 1 << 24):
            load(Statements([str(tmp_path / name)], Settings(load_bytes=size)), str(tmp_path / "kg"), "replace")
            found.append(held(tmp_path / "kg"))
    assert all(one == found[0] for one in found)
    assert found[0] == exported(tmp_path, "in.jsonl")


def manifest(store: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((store / "live" / "manifest.json").read_text(encoding="utf-8"))
    # Names and sizes of the database's tables are its own business.
    del found["files"]
    return found


@pytest.mark.parametrize("mode", ["replace", "merge"])
@pytest.mark.parametrize("name", ["page.txt", "page.nt"])
def test_loading_the_same_input_twice_changes_nothing(tmp_path: Path, mode: str, name: str) -> None:
    put(tmp_path, "page.txt", PAGE)
    graph_of(tmp_path, PAGE, "page.nt")
    found = []
    for _ in range(2):
        assert run(tmp_path, "load", name, "--store", "kg", "--mode", mode, "-q").code == 0
        found.append((held(tmp_path / "kg"), manifest(tmp_path / "kg"), names(tmp_path / "kg")))
    assert found[0] == found[1]


def names(store: Path) -> str:
    return (store / "live" / "names.tsv").read_text(encoding="utf-8")


def test_merge_adds_and_replace_does_not(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", PAGE)
    put(tmp_path, "more.jsonl", lines(3))
    assert run(tmp_path, "load", "page.txt", "--store", "kg", "-q").code == 0
    ran = run(tmp_path, "load", "more.jsonl", "--store", "kg", "--mode", "merge")
    assert "; it had 55 in " in ran.err
    assert held(tmp_path / "kg") == exported(tmp_path, "page.txt", "more.jsonl")
    assert [one["file"] for one in manifest(tmp_path / "kg")["inputs"]] == ["page.txt", "more.jsonl"]
    assert run(tmp_path, "load", "more.jsonl", "--store", "kg", "-q").code == 0
    assert held(tmp_path / "kg") == exported(tmp_path, "more.jsonl")
    assert [one["file"] for one in manifest(tmp_path / "kg")["inputs"]] == ["more.jsonl"]


def test_the_manifest_tells_the_truth(tmp_path: Path) -> None:
    put(tmp_path, "more.jsonl", lines(3))
    assert run(tmp_path, "load", SEED_PAGE, "more.jsonl", "--store", "kg", "-q").code == 0
    told = manifest(tmp_path / "kg")
    triples = [line[:-2].split(" ", 2) for line in held(tmp_path / "kg")]
    assert told["triples"] == len(triples)
    assert told["properties"] == dict(Counter(predicate[1:-1] for _, predicate, _ in triples))
    types = [value[1:-1] for _, predicate, value in triples if predicate.endswith("#type>")]
    assert told["classes"] == dict(Counter(types))
    assert [(one["papers"], one["kind"]) for one in told["inputs"]] == [(32, "arrow"), (3, "jsonl")]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (SEED_PAGE, tmp_path / "more.jsonl")]
    assert [one["sha256"] for one in told["inputs"]] == digests
    page = hashlib.sha256(SEED_PAGE.read_bytes()).hexdigest()
    assert told["captures"] == [{"name": "Tomer Michaeli", "sha256": page, "papers": 32}]


def test_the_digest_of_a_compressed_input_is_of_the_file(tmp_path: Path) -> None:
    graph_of(tmp_path, PAGE, "page.nt.gz")
    assert run(tmp_path, "load", "page.nt.gz", "--store", "kg", "-q").code == 0
    digest = hashlib.sha256((tmp_path / "page.nt.gz").read_bytes()).hexdigest()
    assert manifest(tmp_path / "kg")["inputs"][0]["sha256"] == digest


def test_info_tells_the_counts(tmp_path: Path) -> None:
    assert run(tmp_path, "load", SEED_PAGE, "--store", "kg", "-q").code == 0
    ran = run(tmp_path, "store", "info", "kg")
    assert (ran.code, ran.err) == (0, "")
    told = ran.text.splitlines()
    for line in (
        "  triples       2,116",
        "  papers        32",
        "  authorships   107",
        "  authors       39",
        "  venues        5",
        "  captures      1",
        "              32  ak:Paper",
        "             107  schema:author",
    ):
        assert line in told, line
    assert any(line.startswith("    Tomer Michaeli: 32 papers, SHA-256 7c7dbc75") for line in told)
    found = json.loads(run(tmp_path, "store", "info", "kg", "--json").out)
    assert found["counts"] == {
        "triples": 2116,
        "papers": 32,
        "authorships": 107,
        "authors": 39,
        "venues": 5,
        "volumes": 17,
        "captures": 1,
    }


def test_the_statistics_are_described_with_void(tmp_path: Path) -> None:
    assert run(tmp_path, "load", SEED_PAGE, "--store", "kg", "-q").code == 0
    assert run(tmp_path, "load", SEEDS / "papers.jsonl", "--store", "kg", "--mode", "merge", "-q").code == 0
    database = pyoxigraph.Store.read_only(str(tmp_path / "kg" / "live" / "database"))
    assert [graph.value for graph in database.named_graphs() if isinstance(graph, pyoxigraph.NamedNode)] == [STATISTICS]
    rows = database.query(
        "PREFIX void: <http://rdfs.org/ns/void#> SELECT ?n WHERE { GRAPH ?g { ?d a void:Dataset ; void:triples ?n } }"
    )
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    assert [row["n"].value for row in rows] == [str(len(held(tmp_path / "kg")))]


def test_a_bad_record_stops_a_load_unless_it_is_to_be_left_out(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(2) + b"{]\n" + jsonl({**SOUND, "title": "On Sand"}))
    with untouched(tmp_path):
        ran = run(tmp_path, "load", "in.jsonl", "--store", "kg2")
        assert_refused(ran, 3, "in.jsonl:3: not JSON")
        for path in sorted((tmp_path / "kg2").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (tmp_path / "kg2").rmdir()
    ran = run(tmp_path, "load", "in.jsonl", "--store", "kg", "--skip-bad")
    assert ran.code == 0, ran
    assert "left out 1 bad record, listed in kg.rejects.jsonl" in ran.err
    assert json.loads((tmp_path / "kg.rejects.jsonl").read_text(encoding="utf-8"))["line"] == 3
    assert manifest(tmp_path / "kg")["inputs"][0]["papers"] == 3


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.nt", b'<a:s> <a:p> "o" .\n<a:s> <a:p> broken .\n', "a.nt:2: not N-Triples"),
        ("a.nt", b"<a:s> <a:p> _:b .\n", "a.nt:1: the RDF holds a blank node"),
        ("a.nt", b"<a:s> <a:p> <<( <a:s> <a:p> <a:o> )>> .\n", "a.nt:1: the RDF holds a triple inside a triple"),
        ("a.ttl", b"<a:s> <a:p> [] .", "a.ttl: the RDF holds a blank node"),
        ("a.ttl", b"<a:s> <a:p> 'o' .\n<a:s> <a:p> 'o' \n . .\n", "a.ttl:3: not turtle"),
        ("a.ttl", b"<s> <p> 'o' .", "a.ttl:1: not turtle"),
        ("a.ttl", b"", "a.ttl: the input is empty"),
        ("a.ttl", b"<a:s> <a:p> " + b"(" * 200_000, "a.ttl"),
        ("a.rdf", b"<!DOCTYPE rdf:RDF [<!ENTITY a 'b'>]><rdf:RDF/>", "a.rdf: not rdfxml: the RDF/XML has a DOCTYPE"),
        ("a.rdf", b"<a>" * 200_000, "a.rdf"),
        ("a.jsonld", b'{"@context": "https://schema.org/", "name": "x"}', "a.jsonld"),
        ("a.jsonld", b'[{"@id": "a:s",' + b'"a:p": [' * 100_000, "a.jsonld"),
        ("a.nt.gz", b"\x1f\x8b\x08broken", "a.nt.gz: the gz data is damaged"),
    ],
)
def test_bad_rdf_is_named_and_the_store_stays(tmp_path: Path, name: str, content: bytes, error: str) -> None:
    put(tmp_path, "page.txt", PAGE)
    assert run(tmp_path, "load", "page.txt", "--store", "kg", "-q").code == 0
    before = held(tmp_path / "kg")
    put(tmp_path, name, content)
    for mode in ("merge", "replace"):
        assert_refused(run(tmp_path, "load", name, "--store", "kg", "--mode", mode), 3, error)
        assert held(tmp_path / "kg") == before
    assert len(list((tmp_path / "kg" / "generations").iterdir())) == 1


def test_a_store_is_never_empty(tmp_path: Path) -> None:
    put(tmp_path, "a.nt", "# nothing but a comment\n")
    assert_refused(run(tmp_path, "load", "a.nt", "--store", "kg"), 3, "no statement was found", "nothing is loaded")


def test_texts_that_look_like_blank_nodes_are_texts(tmp_path: Path) -> None:
    put(tmp_path, "a.nt", '<a:s> <a:p> "_:b <<( x" .\n<a:s> <a:p> "<a:x> _:b" .\n')
    assert run(tmp_path, "load", "a.nt", "--store", "kg", "-q").code == 0
    assert {literal_parts(line.split(" ", 2)[2][:-2])[0] for line in held(tmp_path / "kg")} == {
        "_:b <<( x",
        "<a:x> _:b",
    }


def test_other_peoples_rdf_is_loaded_too(tmp_path: Path) -> None:
    put(
        tmp_path, "a.ttl", '<https://example.org/s> <https://example.org/p> "007"^^<https://example.org/d>, "x"@en-GB .'
    )
    assert run(tmp_path, "load", "a.ttl", "--store", "kg", "-q").code == 0
    assert sorted(held(tmp_path / "kg")) == [
        '<https://example.org/s> <https://example.org/p> "007"^^<https://example.org/d> .',
        '<https://example.org/s> <https://example.org/p> "x"@en-gb .',
    ]


def test_standard_input_is_loaded(tmp_path: Path) -> None:
    assert run(tmp_path, "load", "-", "--store", "kg", "-q", stdin=PAGE.encode()).code == 0
    assert manifest(tmp_path / "kg")["inputs"][0]["sha256"] == hashlib.sha256(PAGE.encode()).hexdigest()


@pytest.mark.parametrize("victim", ["*.sst", "MANIFEST-*", "CURRENT"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_database_is_told_of_and_replaced(tmp_path: Path, victim: str, damage: str) -> None:
    put(tmp_path, "page.txt", PAGE)
    assert run(tmp_path, "load", "page.txt", "--store", "kg", "-q").code == 0
    path = sorted((tmp_path / "kg" / "live" / "database").glob(victim))[-1]
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    for arguments in (("query", "ASK {}"), ("search", "Bo Tarn"), ("load", "page.txt", "--mode", "merge")):
        ran = run(tmp_path, *arguments, "--store", "kg")
        assert_refused(
            ran, 4, "kg: the store is damaged: database/", "build it anew from its inputs, with arrowkg load"
        )
    assert_refused(run(tmp_path, "store", "info", "kg"), 4, "kg: the store is damaged")
    assert run(tmp_path, "load", "page.txt", "--store", "kg", "-q").code == 0
    assert run(tmp_path, "query", "ASK {}", "--store", "kg").code == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"layout": 99}', b'{"layout": 1, "files": {}}', b"\xff"])
def test_a_damaged_manifest_is_told_of(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "page.txt", PAGE)
    assert run(tmp_path, "load", "page.txt", "--store", "kg", "-q").code == 0
    (tmp_path / "kg" / "live" / "manifest.json").write_bytes(content)
    assert_refused(run(tmp_path, "query", "ASK {}", "--store", "kg"), 4, "kg: the store ", "build it anew")


def test_a_flipped_bit_never_gives_a_wrong_answer(tmp_path: Path) -> None:
    """Tables have check sums: a query over a damaged one fails or gives the right answer."""
    assert run(tmp_path, "load", SEED_PAGE, "--store", "kg", "-q").code == 0
    everything = ("query", "SELECT ?s ?p ?o {?s ?p ?o}", "--store", "kg", "--format", "tsv")
    right = sorted(run(tmp_path, *everything).out.splitlines())
    failed = 0
    for path in sorted((tmp_path / "kg" / "live" / "database").glob("*.sst")):
        content = path.read_bytes()
        place = len(content) // 3
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        ran = run(tmp_path, *everything)
        if ran.code == 0:
            assert sorted(ran.out.splitlines()) == right, path.name
        else:
            assert ran.code == 4, ran
            assert ran.err.startswith("kg: the query failed ("), ran.err
            failed += 1
        path.write_bytes(content)
    assert failed
    assert sorted(run(tmp_path, *everything).out.splitlines()) == right


def test_a_load_that_is_killed_at_any_moment_leaves_the_old_store(tmp_path: Path) -> None:
    put(tmp_path, "old.txt", PAGE)
    put(tmp_path, "new.jsonl", lines(3000))
    assert run(tmp_path, "load", "old.txt", "--store", "kg", "-q").code == 0
    before = held(tmp_path / "kg")
    began = time.monotonic()
    assert run(tmp_path, "load", "new.jsonl", "--store", "other", "-q").code == 0
    after, whole = held(tmp_path / "other"), time.monotonic() - began
    chance = random.Random(7)
    killed = 0
    for _ in range(8):
        with start(tmp_path, "load", "new.jsonl", "--store", "kg", "-q") as process:
            try:
                process.wait(chance.uniform(0.05, 1) * whole)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += 1
        found = held(tmp_path / "kg")
        assert found in (before, after)
        if found == after:
            assert run(tmp_path, "load", "old.txt", "--store", "kg", "-q").code == 0
    assert killed
    assert run(tmp_path, "load", "new.jsonl", "--store", "kg", "-q").code == 0
    assert held(tmp_path / "kg") == after
    assert len(list((tmp_path / "kg" / "generations").iterdir())) == 1


@pytest.mark.parametrize("size", [4096, 65536, 200_000])
def test_a_full_disk_leaves_the_old_store(tmp_path: Path, size: int) -> None:
    """A limit on the size of files stands for a full disk: writing fails in the midst of a table."""
    put(tmp_path, "old.txt", PAGE)
    put(tmp_path, "new.jsonl", lines(3000))
    assert run(tmp_path, "load", "old.txt", "--store", "kg", "-q").code == 0
    before = held(tmp_path / "kg")
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    for mode in ("replace", "merge"):
        ran = spawn_python(tmp_path, limit, "load", "new.jsonl", "--store", "kg", "--mode", mode)
        assert ran.code == 4, ran
        assert "cannot be written" in ran.err or "cannot use" in ran.err, ran.err
        assert "Traceback" not in ran.err
        assert held(tmp_path / "kg") == before
    assert run(tmp_path, "load", "new.jsonl", "--store", "kg", "-q").code == 0


def test_an_interrupted_load_leaves_the_old_store(tmp_path: Path) -> None:
    put(tmp_path, "old.txt", PAGE)
    put(tmp_path, "new.jsonl", lines(20_000))
    assert run(tmp_path, "load", "old.txt", "--store", "kg", "-q").code == 0
    before = held(tmp_path / "kg")
    with subprocess.Popen(
        [COMMAND, "load", "new.jsonl", "--store", "kg"], cwd=tmp_path, stderr=subprocess.PIPE
    ) as process:
        while len(list((tmp_path / "kg" / "generations").iterdir())) < 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        told = process.stderr.read().decode()
    assert process.returncode == 130, told
    assert told.strip() == "interrupted"
    assert held(tmp_path / "kg") == before
    assert len(list((tmp_path / "kg" / "generations").iterdir())) == 1


def test_a_reader_keeps_what_it_reads_while_another_loads(tmp_path: Path) -> None:
    put(tmp_path, "old.txt", PAGE)
    assert run(tmp_path, "load", "old.txt", "--store", "kg", "-q").code == 0
    with live_store(str(tmp_path / "kg")) as (generation, told):
        assert run(tmp_path, "load", SEED_PAGE, "--store", "kg", "-q").code == 0
        assert told.triples == 55
        database = pyoxigraph.Store.read_only(str(generation / "database"))
        assert len(list(database.quads_for_pattern(None, None, None, pyoxigraph.DefaultGraph()))) == 55
    with live_store(str(tmp_path / "kg")) as (_, told):
        assert told.triples == 2116


def test_real_papers_stay_what_an_export_writes(tmp_path: Path, shared: Path) -> None:
    ran = run(
        tmp_path,
        "export",
        shared / "data/papers/papers.jsonl.xz",
        "--limit",
        "3000",
        "-o",
        "a.nt",
        "--no-validate",
        "-q",
    )
    assert ran.code == 0, ran
    ran = run(tmp_path, "load", shared / "data/papers/papers.jsonl.xz", "--limit", "3000", "--store", "kg", "-q")
    assert ran.code == 0, ran
    written = set((tmp_path / "a.nt").read_text(encoding="utf-8").removesuffix("\n").split("\n"))
    assert held(tmp_path / "kg") == written


def peak_of_a_load(folder: Path) -> int:
    """The most memory in KiB that a load held, as the system tells it of the process itself."""
    prelude = """
import atexit, sys
def tell():
    found = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print(found[0].split()[1], file=sys.stderr)
atexit.register(tell)
"""
    ran = spawn_python(folder, prelude, "load", "in.jsonl", "--store", "kg", "-q")
    assert ran.code == 0, ran
    return int(ran.err)


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Twice the papers take about the same memory; a store of any size is loaded in pieces."""
    peaks = []
    for count in (8_000, 16_000):
        papers = [{**SOUND, "title": f"On Stones {n}", "abstract": f"{n} " * 100} for n in range(count)]
        put(tmp_path, "in.jsonl", jsonl(*papers))
        peaks.append(peak_of_a_load(tmp_path))
    assert peaks[1] < 1.4 * peaks[0]
    assert peaks[1] < 1_000_000
