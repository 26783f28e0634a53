"""Files and commands for the bulk loaders of triple stores; those of Oxigraph and Virtuoso are really run."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph
import pytest

import servers
from arrowkg.errors import OutputError
from arrowkg.settings import MIB
from arrowkg.stores.remote.bulk import LOADERS, Load, script_of, write_bulk
from arrowkg.stores.remote.payload import payload_of
from cli import SEEDS, Ran, assert_refused, lines, put, run, untouched

PAGE: Final = SEEDS / "tomer-michaeli.txt"
GRAPH: Final = "https://kg.example.org/papers"
# Characters that a shell, SQL or a pattern acts upon and that an IRI may hold, and a letter beyond ASCII.
ODD_GRAPH: Final = "https://kg.example.org/it's;$U?b=1&c=$d%27$(e)(*)~!#é"
ODD_FOLDER: Final = 'it\'s a $HOME `of` "papers"; é'
VARIABLES: Final = {"oxigraph": "OXIGRAPH", "fuseki": "TDBLOADER", "qlever": "QLEVER_INDEX", "graphdb": "IMPORTRDF"}


def bulk(folder: Path, store: str, *options: str, graph: str = GRAPH, output: str = "bulk", name: str = "") -> Ran:
    return run(folder, "bulk-script", name or PAGE, "--store", store, "--graph", graph, "-o", output, "-q", *options)


def written(folder: Path) -> bytes:
    """What the data files of a folder hold, one after the other."""
    files = sorted(folder.glob("data-*"))
    return b"".join(gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files)


def expected(folder: Path) -> list[bytes]:
    """The page's triples as N-Triples lines, sorted."""
    ran = run(folder, "export", PAGE, "--to", "nt", "--no-validate", "-q")
    return sorted(set(ran.out.splitlines(keepends=True)))


def run_script(script: Path, *arguments: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIRTUOSO")}
    return subprocess.run(
        ["sh", script, *arguments], cwd=cwd, env={**kept, **variables}, capture_output=True, timeout=100, check=False
    )


def loader_that_records(folder: Path, code: int = 0) -> Path:
    """A command that writes its arguments, one a line, to a file beside it."""
    path = put(folder, "loader", f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {shlex.quote(str(folder))}/called\nexit {code}\n")
    path.chmod(0o755)
    return path


# What is written.


@pytest.mark.parametrize("store", list(LOADERS))
def test_the_files_hold_every_triple_once_and_sorted(tmp_path: Path, store: str) -> None:
    ran = bulk(tmp_path, store)
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    found = written(tmp_path / "bulk")
    wanted = expected(tmp_path)
    if store == "graphdb":
        wanted = [line[:-2] + f"<{GRAPH}> .\n".encode() for line in wanted]
        quads = pyoxigraph.parse(found, format=pyoxigraph.RdfFormat.N_QUADS)
        assert {quad.graph_name for quad in quads} == {pyoxigraph.NamedNode(GRAPH)}
    assert found.splitlines(keepends=True) == wanted
    assert len(wanted) == 2116


@pytest.mark.parametrize("store", list(LOADERS))
def test_the_folder_holds_data_and_a_script_that_may_be_run_and_nothing_is_left_beside_it(
    tmp_path: Path, store: str
) -> None:
    assert bulk(tmp_path, store).code == 0
    suffix = LOADERS[store].suffix
    assert sorted(path.name for path in (tmp_path / "bulk").iterdir()) == [f"data-0001{suffix}", "load.sh"]
    assert [path.name for path in tmp_path.iterdir()] == ["bulk"]
    assert os.access(tmp_path / "bulk" / "load.sh", os.X_OK)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "bulk").stat().st_mode) == 0o777 & ~mask
    assert stat.S_IMODE((tmp_path / "bulk" / f"data-0001{suffix}").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("store", list(LOADERS))
def test_the_bytes_are_the_same_every_time_and_whatever_the_order_of_the_inputs(tmp_path: Path, store: str) -> None:
    put(tmp_path, "a.jsonl", lines(40))
    put(tmp_path, "b.jsonl", lines(40, year=1999))
    for output, names in (("one", ("a.jsonl", "b.jsonl")), ("two", ("b.jsonl", "a.jsonl", "a.jsonl"))):
        assert run(tmp_path, "bulk-script", *names, "--store", store, "--graph", GRAPH, "-o", output, "-q").code == 0
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two


def test_the_summary_says_what_was_written(tmp_path: Path) -> None:
    ran = run(
        tmp_path, "bulk-script", PAGE, "--store", "fuseki", "--graph", GRAPH, "-o", "b", "--base-iri", "https://e.org/"
    )
    assert ran.err.splitlines() == [
        "wrote b: 2,116 triples in 1 file and load.sh for Apache Jena Fuseki; its first lines say how to run it"
    ]


def test_rdf_is_taken_too_and_mapping_options_hold(tmp_path: Path) -> None:
    put(tmp_path, "in.ttl", "<https://e.org/a> <https://e.org/b> 'c' .")
    assert bulk(tmp_path, "oxigraph", name="in.ttl", output="rdf").code == 0
    assert written(tmp_path / "rdf") == b'<https://e.org/a> <https://e.org/b> "c" .\n'
    assert bulk(tmp_path, "oxigraph", "--no-abstracts", output="short").code == 0
    assert b"schema.org/abstract>" not in written(tmp_path / "short")


@pytest.mark.parametrize("store", [name for name, loader in LOADERS.items() if loader.part_bytes is not None])
def test_files_are_of_bounded_size(tmp_path: Path, store: str) -> None:
    loader = dataclasses.replace(LOADERS[store], part_bytes=20_000)
    text = [line.decode().removesuffix("\n") for line in expected(tmp_path)]
    long = f'<https://e.org/a> <https://e.org/b> "{"c" * 30_000}" .'
    with payload_of([*text, long], MIB) as payload:
        load = write_bulk(payload, loader, GRAPH, str(tmp_path / "bulk"))
        wanted = list(payload.lines())
    parts = [gzip.decompress((tmp_path / "bulk" / name).read_bytes()) for name in load.files]
    graph = f"<{GRAPH}> ".encode() if store == "graphdb" else b""
    sizes = [len(part) - len(graph) * part.count(b"\n") for part in parts]
    # A line that is longer than a file may be has one of its own.
    assert sorted(sizes)[-1] == len(long) + 1
    assert sorted(sizes)[-2] <= 20_000
    assert len(parts) > 20
    assert b"".join(parts).splitlines(keepends=True) == [line[:-2] + graph + b".\n" for line in wanted]
    assert load.triples == len(wanted) == 2117


# What is refused.


@pytest.mark.parametrize("graph", ["papers", "https://e.org/a b", "https://e.org/<", 'https://e.org/"', "", "a:\n"])
def test_a_graph_that_no_iri_names_is_refused(tmp_path: Path, graph: str) -> None:
    with untouched(tmp_path):
        assert_refused(bulk(tmp_path, "oxigraph", graph=graph), 2, f"--graph {graph!r} is not an absolute IRI")


def test_a_store_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with untouched(tmp_path):
        assert_refused(bulk(tmp_path, "sesame"), 2, "Invalid value for '--store'")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    put(tmp_path / "bulk", "other", "kept")
    put(tmp_path, "file", "kept")
    (tmp_path / "link").symlink_to("nowhere")
    with untouched(tmp_path):
        assert_refused(bulk(tmp_path, "oxigraph"), 2, "bulk is not empty", "a new or empty folder")
        assert_refused(bulk(tmp_path, "oxigraph", output="file"), 2, "file is not a folder", "a new or empty folder")
        assert_refused(bulk(tmp_path, "oxigraph", output="link"), 2, "link is not a folder", "a new or empty folder")
        assert_refused(bulk(tmp_path, "oxigraph", output="no/bulk"), 4, "no/bulk: it cannot be written (No such file")


def test_an_empty_folder_is_filled_and_a_link_to_one_is_followed(tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    (tmp_path / "link").symlink_to("bulk")
    assert bulk(tmp_path, "oxigraph", output="link").code == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "bulk" / "load.sh").is_file()


def test_a_bad_input_leaves_nothing_behind(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(3) + b"{")
    with untouched(tmp_path):
        assert_refused(bulk(tmp_path, "oxigraph", name="in.jsonl"), 3, "in.jsonl:4: ")
        assert_refused(bulk(tmp_path, "oxigraph", name="none.txt"), 3, "none.txt: there is no such file")


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.rename", "tempfile.mkdtemp"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(step, fail)
    with untouched(tmp_path):
        assert_refused(bulk(tmp_path, "oxigraph"), 4, "bulk: it cannot be written (No space left on device)")


def test_what_came_into_the_folder_meanwhile_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    put(tmp_path / "bulk", "other", "kept")
    with (
        payload_of(["<a:a> <a:b> <a:c> ."], MIB) as payload,
        untouched(tmp_path),
        pytest.raises(OutputError, match="not empty"),
    ):
        write_bulk(payload, LOADERS["oxigraph"], GRAPH, str(tmp_path / "bulk"))


# The scripts.


@pytest.mark.parametrize("store", list(LOADERS))
def test_scripts_are_sound_and_hold_no_password(tmp_path: Path, store: str) -> None:
    secret = "pebble-4711"
    ran = run(
        tmp_path,
        *("bulk-script", PAGE, "--store", store, "--graph", ODD_GRAPH, "-o", "bulk", "-q"),
        environment={"VIRTUOSO_PASSWORD": secret},
    )
    assert ran.code == 0
    script = tmp_path / "bulk" / "load.sh"
    assert secret not in script.read_text(encoding="utf-8")
    assert script.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in script.read_text(encoding="utf-8")
    checked = subprocess.run(["sh", "-n", script], capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("store", "arguments", "called"),
    [
        (
            "oxigraph",
            ["my db"],
            ["load", "--location", "my db", "--graph", ODD_GRAPH, "--file", "data-0001.nt.gz"],
        ),
        ("fuseki", ["my db"], ["--loc=my db", f"--graph={ODD_GRAPH}", "data-0001.nt.gz"]),
        ("qlever", ["my/index"], ["-i", "my/index", "-F", "nt", "-g", ODD_GRAPH, "-f", "data-0001.nt"]),
        ("graphdb", ["my kg"], ["load", "-s", "-i", "my kg", "-m", "parallel", "data-0001.nq.gz"]),
        (
            "graphdb",
            ["kg", "--force"],
            ["load", "-s", "--force", "-i", "kg", "-m", "parallel", "data-0001.nq.gz"],
        ),
    ],
)
def test_a_loader_is_called_with_what_was_named_whatever_it_holds(
    tmp_path: Path, store: str, arguments: list[str], called: list[str]
) -> None:
    assert bulk(tmp_path, store, graph=ODD_GRAPH, output=ODD_FOLDER).code == 0
    (tmp_path / "else where").mkdir()
    loader = loader_that_records(tmp_path)
    done = run_script(
        tmp_path / ODD_FOLDER / "load.sh", *arguments, cwd=tmp_path / "else where", **{VARIABLES[store]: str(loader)}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    found = (tmp_path / "called").read_text(encoding="utf-8").splitlines()
    assert found == [str(tmp_path / ODD_FOLDER / one) if one.startswith("data-") else one for one in called]


@pytest.mark.parametrize("store", list(VARIABLES))
def test_a_script_fails_where_its_loader_fails_or_nothing_is_named(tmp_path: Path, store: str) -> None:
    assert bulk(tmp_path, store).code == 0
    script = tmp_path / "bulk" / "load.sh"
    loader = loader_that_records(tmp_path, code=7)
    assert run_script(script, "place", cwd=tmp_path, **{VARIABLES[store]: str(loader)}).returncode == 7
    (tmp_path / "called").unlink()
    done = run_script(script, cwd=tmp_path, **{VARIABLES[store]: str(loader)})
    assert done.returncode != 0
    assert b"name the" in done.stderr
    assert not (tmp_path / "called").exists()


def test_the_script_of_virtuoso_doubles_quotes_of_sql_and_wants_a_password(tmp_path: Path) -> None:
    script = put(
        tmp_path, "load.sh", script_of(LOADERS["virtuoso"], Load("https://e.org/it's", 1, ("data-0001.nt.gz",)))
    )
    isql = put(tmp_path, "isql", "#!/bin/sh\ncat > sql\necho files=1\necho triples=1\n")
    isql.chmod(0o755)
    done = run_script(script, cwd=tmp_path, VIRTUOSO_ISQL=str(isql))
    assert done.returncode != 0
    assert b"VIRTUOSO_PASSWORD" in done.stderr
    assert run_script(script, cwd=tmp_path, VIRTUOSO_ISQL=str(isql), VIRTUOSO_PASSWORD="x").returncode == 0
    assert "'https://e.org/it''s'" in (tmp_path / "sql").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("*** Error 28000: Bad login", "Bad login"),
        ("files=9\ntriples=1", "Virtuoso loaded 9 of 10 files"),
        ("files=100\ntriples=1", "Virtuoso loaded 100 of 10 files"),
        ("files=10\ntriples=29", "the graph has 29 of 30 triples"),
        ("", "Virtuoso loaded  of 10 files"),
    ],
)
def test_the_script_of_virtuoso_fails_whatever_went_wrong(tmp_path: Path, answer: str, told: str) -> None:
    files = tuple(f"data-{number:04}.nt.gz" for number in range(1, 11))
    script = put(tmp_path, "load.sh", script_of(LOADERS["virtuoso"], Load(GRAPH, 30, files)))
    isql = put(tmp_path, "isql", f"#!/bin/sh\ncat > /dev/null\nprintf '%s\\n' {shlex.quote(answer)}\n")
    isql.chmod(0o755)
    done = run_script(script, cwd=tmp_path, VIRTUOSO_ISQL=str(isql), VIRTUOSO_PASSWORD="x")
    assert done.returncode == 1
    assert told in done.stderr.decode()


# The real thing.


def many_parts(folder: Path, store: str, graph: str) -> Load:
    """The page's triples in many small files."""
    text = [line.decode().removesuffix("\n") for line in expected(folder.parent)]
    with payload_of(text, MIB) as payload:
        return write_bulk(payload, dataclasses.replace(LOADERS[store], part_bytes=50_000), graph, str(folder))


def test_the_script_of_oxigraph_loads_all(tmp_path: Path) -> None:
    if not Path(servers.OXIGRAPH).exists():
        pytest.skip("oxigraph is absent")
    load = many_parts(tmp_path / ODD_FOLDER, "oxigraph", ODD_GRAPH)
    assert len(load.files) > 5
    for _ in range(2):
        done = run_script(
            tmp_path / ODD_FOLDER / "load.sh", tmp_path / "my db", cwd=tmp_path, OXIGRAPH=servers.OXIGRAPH
        )
        assert done.returncode == 0, done.stderr
    dump = subprocess.run(
        [servers.OXIGRAPH, "dump", "--location", tmp_path / "my db", "--format", "nq"], capture_output=True, check=True
    )
    graph = f"<{ODD_GRAPH}> .\n".encode()
    assert sorted(dump.stdout.splitlines(keepends=True)) == sorted(line[:-2] + graph for line in expected(tmp_path))


def test_the_script_of_oxigraph_tells_of_a_damaged_file(tmp_path: Path) -> None:
    if not Path(servers.OXIGRAPH).exists():
        pytest.skip("oxigraph is absent")
    many_parts(tmp_path / "bulk", "oxigraph", GRAPH)
    put(tmp_path / "bulk", "data-0003.nt.gz", gzip.compress(b"<a:a> <a:b> .\n"))
    done = run_script(tmp_path / "bulk" / "load.sh", tmp_path / "db", cwd=tmp_path, OXIGRAPH=servers.OXIGRAPH)
    assert done.returncode != 0
    assert b"data-0003.nt.gz" in done.stderr


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    if not servers.has_virtuoso():
        pytest.skip("virtuoso-t is absent")
    with servers.virtuoso(tmp_path_factory.mktemp("bulk") / "virtuoso") as server:
        yield server


def sql_of(server: servers.Server) -> str:
    """The address of a Virtuoso's SQL port."""
    return f"127.0.0.1:{server.sql_port}"


def count_in(server: servers.Server, graph: str) -> int:
    """How many triples a graph of Virtuoso has."""
    import requests

    query = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    reply = requests.get(f"{server.url}/sparql", params={"query": query, "format": "text/csv"}, timeout=60)
    return int(reply.text.split("\n")[1])


@pytest.mark.virtuoso
def test_the_script_of_virtuoso_loads_all_and_again(virtuoso: servers.Server, tmp_path: Path) -> None:
    folder = virtuoso.folder / ODD_FOLDER.replace('"', "")
    load = many_parts(tmp_path / "bulk", "virtuoso", ODD_GRAPH)
    assert len(load.files) > 5
    shutil.copytree(tmp_path / "bulk", folder)
    for _ in range(2):
        done = run_script(folder / "load.sh", sql_of(virtuoso), cwd=tmp_path, VIRTUOSO_PASSWORD="dba")
        assert done.returncode == 0, done.stderr
        assert done.stdout == b"the graph has 2116 triples\n"
        assert count_in(virtuoso, ODD_GRAPH) == 2116


@pytest.mark.virtuoso
def test_the_script_of_virtuoso_loads_again_what_was_lost(virtuoso: servers.Server, tmp_path: Path) -> None:
    """Virtuoso remembers the files that it loaded and would leave them out."""
    folder = virtuoso.folder / "again"
    many_parts(folder, "virtuoso", "urn:again")
    for _ in range(2):
        assert run_script(folder / "load.sh", sql_of(virtuoso), cwd=tmp_path, VIRTUOSO_PASSWORD="dba").returncode == 0
        assert count_in(virtuoso, "urn:again") == 2116
        subprocess.run(
            ["isql-vt", sql_of(virtuoso), "dba", "dba", "exec=sparql clear graph <urn:again>;"],
            capture_output=True,
            check=True,
        )
        assert count_in(virtuoso, "urn:again") == 0


@pytest.mark.virtuoso
def test_the_script_of_virtuoso_tells_of_a_wrong_password_and_a_damaged_file(
    virtuoso: servers.Server, tmp_path: Path
) -> None:
    folder = virtuoso.folder / "damaged"
    load = many_parts(folder, "virtuoso", "urn:damaged")
    done = run_script(folder / "load.sh", sql_of(virtuoso), cwd=tmp_path, VIRTUOSO_PASSWORD="wrong")
    assert done.returncode == 1
    assert b"Bad login" in done.stderr
    put(folder, "data-0003.nt.gz", gzip.compress(b"<a:a> <a:b> .\n"))
    done = run_script(folder / "load.sh", sql_of(virtuoso), cwd=tmp_path, VIRTUOSO_PASSWORD="dba")
    assert done.returncode == 1
    assert f"of {len(load.files)} files".encode() in done.stderr or b"of 2116 triples" in done.stderr
