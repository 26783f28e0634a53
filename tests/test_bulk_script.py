"""The files and commands of the products' own loaders: what they say, and that they load, where the loader is here."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sysconfig
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Final

import pytest

from arrowkg.stores.remote.bulk import LOADERS, Loader, quoted, write_bulk
from arrowkg.stores.remote.payload import payload_of
from cli import SEEDS, assert_refused, put, run, untouched
from servers import has_virtuoso, oxigraph, virtuoso

PAGE: Final = SEEDS / "tomer-michaeli.txt"
TRIPLES: Final = 2_116
GRAPH: Final = "https://kg.example.org/graph?it's=$(touch%20here)&$HOME;*"
ENVIRONMENT: Final = {"ARROWKG_BASE_IRI": "https://kg.example.org/lab/"}


def written(folder: Path, store: str, name: str = "out", graph: str = GRAPH) -> Path:
    """The folder of a bulk load of the page."""
    ran = run(folder, "bulk-script", PAGE, "--store", store, "--graph", graph, "-o", name, environment=ENVIRONMENT)
    title = LOADERS[store].title
    assert (ran.code, ran.out) == (0, b""), ran
    assert ran.told == [f"wrote {name}: 2,116 triples in 1 file, and load.sh for {title}"]
    return folder / name


def lines_of(folder: Path) -> list[bytes]:
    """The lines of all parts."""
    found: list[bytes] = []
    for path in sorted(folder.glob("part-*")):
        content = path.read_bytes()
        found += (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines(keepends=True)
    return found


def load(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script, from another folder."""
    scripts = sysconfig.get_path("scripts")
    environment = {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", **variables}
    return subprocess.run(
        ["sh", str(folder / "load.sh")],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("store", LOADERS)
def test_files_are_the_graph_sorted_and_the_same_every_time(store: str, tmp_path: Path) -> None:
    first, second = written(tmp_path, store), written(tmp_path, store, "again")
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in second.iterdir()
    }
    lines = lines_of(first)
    ran = run(tmp_path, "export", PAGE, "--to", "ntriples", "--sort", "-q", environment=ENVIRONMENT)
    wanted = ran.out.splitlines(keepends=True)
    end = f" <{GRAPH}> .\n".encode() if LOADERS[store].has_graph else b" .\n"
    assert lines == [line[:-3] + end for line in wanted]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "out"]


@pytest.mark.parametrize("store", LOADERS)
def test_the_script_is_careful(store: str, tmp_path: Path) -> None:
    folder = written(tmp_path, store)
    script = (folder / "load.sh").read_text()
    assert os.access(folder / "load.sh", os.X_OK)
    assert script.startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in script
    checked = subprocess.run(["sh", "-n", str(folder / "load.sh")], capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")
    # Without the variables that it needs it does nothing, and says which.
    ran = load(folder)
    assert ran.returncode != 0
    assert "set it to" in ran.stderr
    assert "dba dba" not in script


FAKES: Final = {
    "fuseki": (
        "tdb2.tdbloader",
        {"FUSEKI_LOCATION": "/data/it's here"},
        ["--loc", "/data/it's here", f"--graph={GRAPH}", "part-0001.nt.gz"],
    ),
    "graphdb": (
        "importrdf",
        {"GRAPHDB_REPOSITORY": "lab"},
        ["load", "-f", "-i", "lab", "-m", "parallel", "part-0001.nq.gz"],
    ),
    "qlever": ("qlever-index", {"QLEVER_NAME": "lab"}, ["-i", "lab", "-F", "nq"]),
}


@pytest.mark.parametrize("store", FAKES)
def test_loaders_that_are_not_here_are_called_as_documented(store: str, tmp_path: Path) -> None:
    """A program of the loader's name notes its arguments and what it reads."""
    folder = written(tmp_path, store)
    name, variables, arguments = FAKES[store]
    tools = tmp_path / "tools"
    tools.mkdir()
    program = put(
        tools,
        name,
        f'#!/bin/sh\nprintf "%s\\0" "$@" >{quoted(str(tmp_path))}/told\ncat >{quoted(str(tmp_path))}/read\n',
    )
    program.chmod(0o755)
    ran = load(folder, **{**variables, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"})
    assert ran.returncode == 0, ran
    assert (tmp_path / "told").read_text().split("\0")[:-1] == arguments
    if store == "qlever":
        assert (tmp_path / "read").read_bytes().splitlines(keepends=True) == lines_of(folder)
    program.write_text("#!/bin/sh\nexit 3\n")
    assert load(folder, **{**variables, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}).returncode == 3


def test_oxigraph_loads_it(tmp_path: Path) -> None:
    folder = written(tmp_path, "oxigraph")
    ran = load(folder, OXIGRAPH_LOCATION=str(tmp_path / "data"))
    assert ran.returncode == 0, ran
    with oxigraph(tmp_path / "data") as server:
        assert count(f"{server.url}/query", GRAPH) == TRIPLES
    assert not (tmp_path / "here").exists()


@pytest.mark.virtuoso
def test_virtuoso_loads_it(tmp_path: Path) -> None:
    if not has_virtuoso():
        pytest.skip("Virtuoso is not installed")
    with virtuoso(tmp_path / "data") as server:
        variables = {"VIRTUOSO_SERVER": f"127.0.0.1:{server.sql_port}", "VIRTUOSO_PASSWORD": "dba"}
        folder = written(server.folder, "virtuoso", "bulk")
        for _ in range(2):
            ran = load(folder, **variables)
            assert ran.returncode == 0, ran
            assert count(f"{server.url}/sparql", GRAPH) == TRIPLES
        # What goes wrong is not taken for done.
        assert load(folder, **{**variables, "VIRTUOSO_PASSWORD": "wrong"}).returncode != 0
        ran = load(folder, **variables, VIRTUOSO_FOLDER=str(server.folder / "missing"))
        assert ran.returncode != 0
        assert "FILES LOADED 0" in ran.stdout
        (folder / "part-0001.nt.gz").write_bytes(gzip.compress(b"<a> <b> no triple at all\n"))
        ran = load(folder, **variables)
        assert ran.returncode != 0
        assert "NOT LOADED" in ran.stdout


def count(endpoint: str, graph: str) -> int:
    """How many triples a graph has, asked without arrowkg."""
    query = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER (STR(?g) = {json.dumps(graph)}) }}"
    request = urllib.request.Request(
        endpoint, urllib.parse.urlencode({"query": query}).encode(), {"Accept": "application/sparql-results+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        return int(json.load(reply)["results"]["bindings"][0]["n"]["value"])


def test_parts_are_of_bounded_size_and_hold_every_line(tmp_path: Path) -> None:
    lines = [f'<https://e.org/{n}> <https://e.org/p> "{n}" .' for n in range(1_000)]
    small = Loader("small", "Small", (), lambda graph, files: [" ".join(files)], is_compressed=False, part_bytes=5_000)
    with payload_of(lines, 1 << 20) as payload:
        done = write_bulk(payload, small, "https://e.org/g", str(tmp_path / "out"))
    assert done.triples == 1_000
    assert len(done.files) > 8
    assert all((tmp_path / "out" / name).stat().st_size < 5_100 for name in done.files)
    assert lines_of(tmp_path / "out") == sorted(f"{line}\n".encode() for line in lines)


def test_only_a_new_or_an_empty_folder_is_taken(tmp_path: Path) -> None:
    arguments = ["bulk-script", str(PAGE), "--store", "oxigraph", "--graph", "https://e.org/g", "-o"]
    (tmp_path / "full").mkdir()
    put(tmp_path / "full", "mine", b"mine")
    put(tmp_path, "file", b"mine")
    (tmp_path / "link").symlink_to("full")
    with untouched(tmp_path):
        for name in ("full", "file", "link"):
            ran = run(tmp_path, *arguments, name)
            assert_refused(ran, 2, f"{name} is there and not an empty folder", "name a new one")
    (tmp_path / "empty").mkdir()
    assert run(tmp_path, *arguments, "empty").code == 0
    assert run(tmp_path, *arguments, "a/b/new").code == 0
    assert sorted(path.name for path in (tmp_path / "a/b/new").iterdir()) == ["load.sh", "part-0001.nt"]


def test_what_cannot_be_done_leaves_nothing(tmp_path: Path) -> None:
    put(tmp_path, "bad.nt", b"no triple\n")
    with untouched(tmp_path):
        ran = run(tmp_path, "bulk-script", "bad.nt", "--store", "virtuoso", "--graph", "https://e.org/g", "-o", "out")
        assert ran.code == 3
        ran = run(tmp_path, "bulk-script", PAGE, "--store", "virtuoso", "--graph", "no iri", "-o", "out")
        assert_refused(ran, 2, "--graph 'no iri' is not an absolute IRI")
