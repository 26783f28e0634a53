"""A cluster gives what one process gives: on real Spark, a master and two workers on this machine."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
import zstandard
from benchmarks.generate import papers

from arrowkg.errors import BadRecord, InputError, StoreError, UsageError
from arrowkg.settings import Settings
from arrowkg.sources.jsonl import FIELDS
from arrowkg.validation import load_shapes
from cli import SOUND, jsonl, lines, put, run, spawn, untouched
from clusters import QUICK, Cluster, cluster, needs_spark

# The papers of two inputs: names in several spellings, equal entries in one and across both, every sort of bad record.
BAD: Final = (
    b"not JSON",
    b'{"title": "cut off',
    b'{"title": "\xff"}',
    b'{"title": "\\u0000"}',
    b'{"title": "\\ud800"}',
    b'{"title": 7}',
    b"[" * 5000,
    b'{"title": "T", "authors": ["  "]}',
    b'{"title": "T", "year": 20240}',
    b'{"title": "T", "abstract": "' + b"long " * 4000 + b'"}',
    b"x" * 30_000,
)
SETTINGS: Final = Settings(max_record_bytes=25_000, max_field_characters=15_000)
LIMITS: Final = {"ARROWKG_MAX_RECORD_BYTES": "25000", "ARROWKG_MAX_FIELD_CHARACTERS": "15000"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster for all tests."""
    quick = mock.patch.dict(os.environ, {"SPARK_SUBMIT_OPTS": QUICK})
    with quick, cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


# What is loaded into each Python of the workers: a parser with a fault that takes the process with it.
FAULT: Final = """
import os
import orjson

real = orjson.loads

def loads(payload):
    if b"deadly" in payload:
        os.kill(os.getpid(), 9)
    return real(payload)

orjson.loads = loads
"""


@pytest.fixture(scope="module")
def session(running: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session on it."""
    from arrowkg.scale.spark.session import spark_session

    fault = tmp_path_factory.mktemp("fault")
    put(fault, "sitecustomize.py", FAULT)
    conf = {
        "spark.executor.memory": "600m",
        "spark.executorEnv.PYTHONPATH": str(fault),
        "spark.executor.extraJavaOptions": QUICK,
        # One core of each worker, so that there is room for another driver.
        "spark.executor.cores": "1",
        "spark.cores.max": "2",
        "spark.sql.files.openCostInBytes": "1k",
    }
    with spark_session(running.url, conf, shows_progress=False) as found:
        yield found


def listings(folder: Path) -> list[Path]:
    """Two inputs, one of them compressed."""
    made = [json.dumps(paper).encode() for paper in papers(60, seed=3)]
    shared = {**SOUND, "authors": ["Ada Quill", "ADA QUILL", "Bo Tarn 0001"], "venue": "iclr"}
    other = {**SOUND, "abstract": "Another."}
    odd = [json.dumps(paper).encode() for paper in (SOUND, shared, other, {"title": "Bare"})]
    first = [*made[:30], *odd, b"", b" \r", *BAD, *made[20:45]]
    second = [b"\xef\xbb\xbf" + odd[0], *made[40:], b'{"title": "No line feed", "kind": "Poster"}']
    return [
        put(folder, "a b%é.jsonl", b"\n".join(first) + b"\r\n"),
        put(folder, "b.jsonl.gz", gzip.compress(b"\n".join(second))),
    ]


def in_blocks(session: Any, size: int | str) -> None:
    """Have Spark read files in blocks of so many bytes."""
    session.conf.set("spark.sql.files.maxPartitionBytes", str(size))


def written(folder: Path) -> list[bytes]:
    """The lines of all parts, in the order of their names."""
    found = sorted((folder / "live").glob("part-*.nt.gz"))
    return [line for part in found for line in gzip.decompress(part.read_bytes()).split(b"\n")[:-1]]


@needs_spark
def test_a_cluster_gives_the_triples_the_report_and_the_rejects_of_one_process(session: Any, tmp_path: Path) -> None:
    from arrowkg.scale.spark.job import Job, carry_out
    from arrowkg.scale.spark.places import SharedFolder
    from arrowkg.validation.renderings import render

    inputs = [str(path) for path in listings(tmp_path)]
    common = ("--skip-bad", "--rejects", "one.rejects", "--report", "one.json")
    one = run(tmp_path, "export", *inputs, "-o", "one.nt", "--sort", *common, environment=LIMITS)
    assert one.code == 0, one
    wanted = (tmp_path / "one.nt").read_bytes().split(b"\n")[:-1]
    rejects = [json.loads(line) for line in (tmp_path / "one.rejects").read_bytes().splitlines()]
    assert len(rejects) == len(BAD)
    shapes = load_shapes()
    parts = []
    for blocks, count in ((3000, 5), (1 << 27, 5)):
        in_blocks(session, blocks)
        bad: list[BadRecord] = []
        out = tmp_path / f"out-{blocks}"
        job = Job(inputs, None, SETTINGS, None, shapes, ".nt.gz", count, bad.append)
        outcome = carry_out(session, job, SharedFolder(str(out)))
        found = written(out)
        assert sorted(found) == wanted
        assert [(error.file, error.line, error.reason) for error in bad] == [
            (row["file"], row["line"], row["reason"]) for row in rejects
        ]
        assert [error.record.decode(errors="backslashreplace") for error in bad] == [row["record"] for row in rejects]
        assert outcome.report is not None
        assert render(outcome.report, "json", fail_on="violation") == (tmp_path / "one.json").read_text()
        assert outcome.triples == len(wanted)
        assert_told_as_by_one_process(outcome, one.err)
        assert_manifest_is_true(out, found)
        parts.append({path.name: path.read_bytes() for path in (out / "live").glob("part-*")})
    # However the inputs were divided, the parts are the same bytes.
    assert parts[0] == parts[1]


def assert_told_as_by_one_process(outcome: Any, told: str) -> None:
    """The first notices of each topic are those of one process, and so are the counts of the others."""
    for notice in outcome.notices:
        assert f"{notice.file}:{notice.line}: warning: {notice.text}" in told.splitlines()
    for topic, count in outcome.topics.items():
        assert count <= 3 or f"and {count - 3:,} more of: {topic}" in told.splitlines()
    assert {"equal entries", "kind not known"} <= set(outcome.topics)


def assert_manifest_is_true(out: Path, found: list[bytes]) -> None:
    """The manifest and the VoID description count what is there."""
    from pyoxigraph import NamedNode, RdfFormat, parse

    manifest = json.loads((out / "live" / "manifest.json").read_text(encoding="utf-8"))
    for part in manifest["parts"]:
        content = (out / "live" / part["file"]).read_bytes()
        assert (part["bytes"], part["sha256"]) == (len(content), sha256(content).hexdigest())
        assert part["triples"] == gzip.decompress(content).count(b"\n")
    assert manifest["triples"] == len(found) == sum(manifest["properties"].values())
    triples = list(parse(b"\n".join(found) + b"\n", RdfFormat.N_TRIPLES))
    for iri, count in manifest["properties"].items():
        assert count == sum(triple.predicate.value == iri for triple in triples)
    a = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    for iri, count in manifest["classes"].items():
        assert count == sum((triple.predicate, triple.object) == (a, NamedNode(iri)) for triple in triples)
    described = parse((out / "live" / "void.nt").read_bytes(), RdfFormat.N_TRIPLES)
    totals = [str(triple.object) for triple in described if triple.predicate.value.endswith("void#triples")]
    assert f'"{len(found)}"^^<http://www.w3.org/2001/XMLSchema#integer>' in totals


@needs_spark
@pytest.mark.parametrize(("work", "tasks", "least"), [("mapping", 40, 8), ("writing", 12, 2)])
def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    running: Cluster, session: Any, tmp_path: Path, work: str, tasks: int, least: int
) -> None:
    from arrowkg.scale.spark.job import Job, Outcome, carry_out
    from arrowkg.scale.spark.places import SharedFolder

    content = b"".join(json.dumps(paper).encode() + b"\n" for paper in papers(4000, seed=5))
    source = put(tmp_path, "in.jsonl", content)
    in_blocks(session, len(content) // 40)
    outcomes: list[Outcome] = []
    job = Job([str(source)], None, Settings(), None, None, ".nt.gz", 12)
    out = SharedFolder(str(tmp_path / "out"))
    killed_at: list[int] = []
    before: list[set[str]] = []

    def kill() -> None:
        killed_at.append(completed_tasks(session, work, tasks, least))
        before.append(executors(session))
        running.kill_worker(0)

    killer = threading.Thread(target=kill)
    killer.start()
    outcomes.append(carry_out(session, job, out))
    killer.join()
    assert least <= killed_at[0] < tasks
    assert len(before[0]) == 3
    # What the dead one had shuffled went with it.
    assert wait_until(lambda: bool(before[0] - executors(session)))
    one = run(tmp_path, "export", source, "-o", "one.nt", "--sort", "--no-validate", "-q")
    assert one.code == 0
    assert sorted(written(tmp_path / "out")) == (tmp_path / "one.nt").read_bytes().split(b"\n")[:-1]
    assert outcomes[0].papers == 4000
    names = sorted(path.name for path in (tmp_path / "out" / "live").iterdir())
    assert names == ["lock", "manifest.json", *(f"part-{n:05d}.nt.gz" for n in range(12)), "void.nt"]
    running.start_worker()
    running.wait_for(2)


def completed_tasks(session: Any, work: str, tasks: int, least: int) -> int:
    """Wait until so many tasks of the stage that maps records, or writes parts, are done; how many are."""
    tracker = session.sparkContext.statusTracker()
    for _ in range(6000):
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if not info or info.numTasks < tasks or info.numCompletedTasks < least:
                continue
            # The lines are counted in a stage of as many tasks; that one has no name of Python's.
            is_mapping = "partitionBy" in info.name
            if is_mapping if work == "mapping" else info.numTasks == tasks:
                return int(info.numCompletedTasks)
        time.sleep(0.01)
    raise AssertionError("the tasks do not come")


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Whether something comes true within a minute."""
    for _ in range(600):
        if is_so():
            return True
        time.sleep(0.1)
    return False


def executors(session: Any) -> set[str]:
    """The addresses of the processes that work for the driver, and of its own."""
    held = session.sparkContext._jsc.sc().getExecutorMemoryStatus().keySet().mkString(" ")
    return set(held.split(" "))


def unzstd(path: Path) -> bytes:
    """What is in a file, by another library than ours."""
    with zstandard.ZstdDecompressor().stream_reader(path.read_bytes()) as stream:
        return bytes(stream.read())


def job_of(inputs: list[Path], **changed: Any) -> Any:
    """A job without validation that goes on without bad records."""
    from arrowkg.scale.spark.job import Job

    made = Job([str(path) for path in inputs], None, SETTINGS, None, None, ".nt.gz", 2, lambda error: None)
    return replace(made, **changed)


def carried_out(session: Any, job: Any, out: Path) -> Any:
    """What comes of a job."""
    from arrowkg.scale.spark.job import carry_out
    from arrowkg.scale.spark.places import SharedFolder

    return carry_out(session, job, SharedFolder(str(out)))


@needs_spark
def test_tables_give_what_lines_give(session: Any, tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = [{field: paper.get(field) for field in FIELDS} for paper in papers(60, seed=7)]
    rows[7]["title"] = None
    put(tmp_path, "in.jsonl", jsonl(*rows))
    table = pyarrow.Table.from_pylist(rows)
    # Row groups, and two files in a folder.
    (tmp_path / "in.parquet").mkdir()
    parquet.write_table(table.slice(0, 40), tmp_path / "in.parquet" / "a.parquet", row_group_size=9)
    parquet.write_table(table.slice(40), tmp_path / "in.parquet" / "b.parquet")
    bad: list[BadRecord] = []
    in_blocks(session, 4000)
    job = job_of([tmp_path / "in.parquet", *listings(tmp_path)[1:]], on_bad=bad.append)
    outcome = carried_out(session, job, tmp_path / "out")
    options = ("--no-validate", "--skip-bad", "--rejects", "bad", "-q")
    assert run(tmp_path, "export", "in.jsonl", "b.jsonl.gz", "-o", "one.nt", "--sort", *options).code == 0
    assert sorted(written(tmp_path / "out")) == (tmp_path / "one.nt").read_bytes().split(b"\n")[:-1]
    assert [(error.file, error.line) for error in bad] == [(str(tmp_path / "in.parquet" / "a.parquet"), 8)]
    assert json.loads(bad[0].record)["authors"] == rows[7]["authors"]
    assert outcome.papers == 59 + 22


@needs_spark
def test_a_record_that_ends_the_process_goes_to_the_rejects(session: Any, tmp_path: Path) -> None:
    in_blocks(session, 1 << 27)
    bad: list[BadRecord] = []
    source = put(tmp_path, "in.jsonl", lines(150) + lines(1, abstract="deadly") + lines(2))
    outcome = carried_out(session, job_of([source], on_bad=bad.append), tmp_path / "out")
    assert [(error.file, error.line) for error in bad] == [(str(source), 151)]
    assert "ended by SIGKILL" in bad[0].reason
    assert outcome.papers == 152
    put(tmp_path, "sound.jsonl", lines(150) + lines(2))
    assert run(tmp_path, "export", "sound.jsonl", "-o", "one.nt", "--sort", "--no-validate", "-q").code == 0
    assert sorted(written(tmp_path / "out")) == (tmp_path / "one.nt").read_bytes().split(b"\n")[:-1]


@needs_spark
def test_spark_writes_parts_to_a_file_system_of_its_own(session: Any, tmp_path: Path) -> None:
    from arrowkg.scale.spark.job import carry_out
    from arrowkg.scale.spark.places import FileSystem

    in_blocks(session, 2000)
    source = put(tmp_path, "in.jsonl", lines(30))
    job = job_of([source], parts=3)
    carried_out(session, job, tmp_path / "disk")
    out = tmp_path / "made anew" / "kg"
    outcome = carry_out(session, job, FileSystem(f"file://{out}", session, job.suffix))
    names = {path.name for path in out.iterdir() if not path.name.endswith(".crc")}
    parts = [f"part-{number:05d}.nt.gz" for number in range(3)]
    assert names == {"_SUCCESS", "manifest.json", "void.nt", *parts}
    for name in parts:
        assert gzip.decompress((out / name).read_bytes()) == gzip.decompress(
            (tmp_path / "disk" / "live" / name).read_bytes()
        )
    assert (out / "void.nt").read_bytes() == (tmp_path / "disk" / "live" / "void.nt").read_bytes()
    manifests = [json.loads((folder / "manifest.json").read_bytes()) for folder in (out, tmp_path / "disk" / "live")]
    for manifest in manifests:
        for part in manifest["parts"]:
            part.pop("sha256", None)
            part.pop("bytes")
    assert manifests[0] == manifests[1]
    assert outcome.triples == manifests[0]["triples"]
    with pytest.raises(UsageError, match="is there already"):
        carry_out(session, job, FileSystem(f"file://{out}", session, job.suffix))
    with untouched(tmp_path), pytest.raises(StoreError):
        carry_out(session, job, FileSystem(f"file://{source}/below a file", session, job.suffix))


@needs_spark
def test_addresses_of_another_file_system_are_read_and_written(session: Any, tmp_path: Path) -> None:
    """Hadoop's view of several file systems as one: addresses with a scheme and a host of their own."""
    from arrowkg.scale.spark.job import carry_out
    from arrowkg.scale.spark.places import FileSystem

    in_blocks(session, 2000)
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    inputs = [
        put(root / "in", "a b.jsonl", lines(20)),
        put(
            root / "in",
            "b.jsonl.gz",
            gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in papers(10, 3))),
        ),
    ]
    conf = session.sparkContext._jsc.hadoopConfiguration()
    conf.set("fs.viewfs.mounttable.kg.link./data", f"file://{root}")
    for number, pattern in enumerate(("in/*", "in", "in/*.jsonl*")):
        job = replace(job_of([], parts=3), inputs=[f"viewfs://kg/data/{pattern}"])
        place = f"viewfs://kg/data/new/kg-{number}"
        carry_out(session, job, FileSystem(place, session, job.suffix))
    with pytest.raises(UsageError, match="is there already"):
        carry_out(session, job, FileSystem(place, session, job.suffix))
    with pytest.raises(InputError, match="viewfs://kg/data/missing"):
        gone = replace(job, inputs=["viewfs://kg/data/missing"])
        carry_out(session, gone, FileSystem("viewfs://kg/data/new/none", session, job.suffix))
    one = run(tmp_path, "export", *inputs, "-o", "one.nt", "--no-validate")
    assert one.code == 0
    wanted = sorted(set((tmp_path / "one.nt").read_bytes().splitlines()))
    assert sorted(path.name for path in (root / "new").iterdir()) == ["kg-0", "kg-1", "kg-2"]
    for folder in (root / "new").iterdir():
        parts = sorted(folder.glob("part-*.nt.gz"))
        assert sorted(line for part in parts for line in gzip.decompress(part.read_bytes()).splitlines()) == wanted
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert [part["bytes"] for part in manifest["parts"]] == [part.stat().st_size for part in parts]
        named = {one["file"] for one in manifest["inputs"]}
        assert named == {"viewfs://kg/data/in/a b.jsonl", "viewfs://kg/data/in/b.jsonl.gz"}


@needs_spark
def test_what_ends_a_run_leaves_the_output_alone(session: Any, tmp_path: Path) -> None:
    """Bad records, data that does not conform, inputs that are no papers, missing or damaged."""
    in_blocks(session, 2000)
    out = tmp_path / "out"
    carried_out(session, job_of([put(tmp_path, "sound.jsonl", lines(3))]), out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    live = (out / "live").readlink()
    first, second = listings(tmp_path)
    with pytest.raises(BadRecord) as refused:
        carried_out(session, job_of([second, first], on_bad=None), out)
    assert (refused.value.file, refused.value.line) == (str(first), 37)
    outcome = carried_out(
        session, job_of([first], shapes=load_shapes(), settings=replace(SETTINGS, fail_on="info")), out
    )
    assert not outcome.is_written
    assert outcome.report.groups
    empty = put(tmp_path, "empty.jsonl", b"\n \n")
    damaged = put(tmp_path, "damaged.jsonl.gz", gzip.compress(lines(300))[:-300])
    for path, told in (
        (empty, "no paper"),
        (damaged, "damaged or cut off"),
        (tmp_path / "no", "there is no such file"),
    ):
        with pytest.raises(InputError, match=told):
            carried_out(session, job_of([path]), out)
    packed = put(tmp_path, "papers.jsonl.xz", lzma.compress(lines(1)))
    with pytest.raises(UsageError, match="does not read this compression"):
        carried_out(session, job_of([packed]), out)
    assert (out / "live").readlink() == live
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@needs_spark
def test_the_command_runs_on_a_cluster_and_under_spark_submit(running: Cluster, tmp_path: Path) -> None:
    import pyspark

    put(tmp_path, "in.jsonl", lines(20) + b"{\n")
    options = ("--graph", "https://kg.example.org/g", "--compression", "zst", "--parts", "2", "--skip-bad")
    arguments = ("spark", "in.jsonl", *options, "--report", "report.html")
    conf = ("spark.executor.memory=500m", "spark.cores.max=1", f"spark.executor.extraJavaOptions={QUICK}")
    small = [argument for setting in conf for argument in ("--conf", setting)]
    ran = spawn(tmp_path, *arguments, "-o", "out", "--master", running.url, *small, timeout=300)
    assert ran.code == 0, ran
    assert not ran.out
    assert "wrote out: 20 papers, " in ran.err
    assert "left out 1 bad record, listed in out.rejects.jsonl" in ran.err
    assert not [line for line in ran.told if "WARN" in line or "Exception" in line]
    put(tmp_path, "submit.py", "from arrowkg.cli import main\n\nmain()\n")
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    line = [str(submit), "--master", running.url, *small, "submit.py", *arguments, "-o", "again"]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    run(tmp_path, "export", "in.jsonl", "-o", "one.nq", "--sort", "--skip-bad", *options[:2], "-q")
    for name in ("out", "again"):
        found = b"".join(unzstd(path) for path in (tmp_path / name / "live").glob("*.nq.zst"))
        assert sorted(found.split(b"\n")[:-1]) == (tmp_path / "one.nq").read_bytes().split(b"\n")[:-1]
