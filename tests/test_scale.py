"""All cores: the same output and the same told for any number of workers, whatever becomes of these."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gzip
import itertools
import lzma
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg.errors import BadRecord
from arrowkg.files import Output
from arrowkg.formats import FORMATS, Format
from arrowkg.mapping import record_triples
from arrowkg.model import Notice, Paper
from arrowkg.pipeline import Hooks, Summary, export, read
from arrowkg.repeats import ChunkRepeats, Repeats, Written
from arrowkg.scale import exporting, shards
from arrowkg.scale.chunks import Chunk, chunks, packed, unpacked
from arrowkg.scale.exporting import Job, carry_out
from arrowkg.scale.merging import Merging
from arrowkg.scale.pool import Pool, Task, _Worker
from arrowkg.scale.work import Plan, Work
from arrowkg.scale.worker import LENGTH, SORTED
from arrowkg.settings import Settings
from arrowkg.sinks import Target
from cli import SEEDS, SOUND, Ran, assert_refused, jsonl, lines, put, run, spawn_python, untouched

SUFFIXES: Final = [found.suffixes[0] for found in FORMATS]
SMALL: Final = "import arrowkg.scale.exporting as e; e._FEW_CHUNKS = 0; e._CHUNK_RECORDS = {}"
"""Lines of Python that make workers start at once."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers start at once, and chunks are small."""
    monkeypatch.setattr(exporting, "_FEW_CHUNKS", 0)
    monkeypatch.setattr(exporting, "_CHUNK_RECORDS", 7)
    monkeypatch.setattr(exporting, "_CHUNK_RECORDS_CHECKED", 7)


# Without processes: chunks, shards and their merging give what one loop gives.


class _Here:
    """A pool that does its tasks in this process."""

    def __init__(self, plan: Plan) -> None:
        self._work = Work(plan)

    def results(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, memoryview]]:
        for task in tasks:
            assert task.kind == SORTED
            assert task.data is not None
            triples, text = self._work.sorted_text(task.data.decode().split("\n")[:-1])
            yield task, memoryview(LENGTH.pack(triples) + text)


NAMES: Final = ("Ada Quill", "ADA QUILL", "ada\u00a0quill", "Bo Tarn 0001")
MEETING: Final = strategies.papers(
    authors=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    venue=st.sampled_from(("ICLR", "iclr", "Iclr")),
    kind=st.sampled_from(strategies.KINDS),
    year=st.sampled_from((None, 2024)),
)


@given(
    papers=st.lists(strategies.papers() | MEETING, min_size=1, max_size=9),
    cuts=st.sets(st.integers(1, 8)),
)
@hypothesis_settings(max_examples=100)
def test_what_chunks_say_first_is_what_was_not_written_before(papers: list[Paper], cuts: set[int]) -> None:
    records = [record_triples(paper, Settings()).shared for paper in papers]
    repeats, written = Repeats("https"), Written()
    for start, end in itertools.pairwise(sorted({0, *cuts, len(records)})):
        chunk = ChunkRepeats("https")
        blocks = [chunk.blocks(record) for record in records[start:end]]
        keys = [key for found in blocks for block in found for key in block.keys]
        fresh = {key for key, is_known in zip(keys, written.came_before(keys), strict=True) if not is_known}
        for record, found in zip(records[start:end], blocks, strict=True):
            kept = []
            for block in found:
                if fresh.issuperset(block.keys):
                    kept += block.triples
                else:
                    names = dict(block.spellings())
                    assert fresh.intersection(block.keys) <= set(names)
                    kept += [triple for key, triples in names.items() if key in fresh for triple in triples]
            assert kept == repeats.without(record)


@given(
    papers=st.lists(strategies.papers() | MEETING, min_size=1, max_size=8),
    cuts=st.sets(st.integers(1, 7)),
    chosen=st.sampled_from(FORMATS),
    is_sorted=st.booleans(),
    namespace=st.sampled_from(("https", "http")),
)
@hypothesis_settings(max_examples=150)
def test_merged_shards_are_what_one_loop_writes(
    papers: list[Paper],
    cuts: set[int],
    chosen: Format,
    is_sorted: bool,
    namespace: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("merged")
    listing = put(folder, "p.jsonl", jsonl(*map(_fields, papers)))
    settings = Settings(schema_ns=namespace)
    alone, told_alone = folder / "alone", list[Notice | BadRecord]()
    hooks = Hooks(notice=told_alone.append, bad=told_alone.append)
    failure = None
    with Output(str(alone)) as place:
        try:
            export(
                read(listing, settings=settings, hooks=hooks), Target(place, chosen, is_sorted), settings, None, hooks
            )
        except Exception as error:
            failure = str(error)
    plan = Plan(settings, chosen.name, None, is_sorted, skip_bad=True)
    (whole,) = chunks([str(listing)], settings, None, 100)
    parts: list[list[Any]] = [[]]
    for number, record in enumerate(whole.records):
        if number in cuts:
            parts.append([])
        parts[-1].append(record)
    told: list[Notice | BadRecord] = []
    with Output(str(folder / "merged")) as place, contextlib.ExitStack() as stack:
        merging = Merging(Target(place, chosen, is_sorted), plan, Hooks(notice=told.append, bad=told.append), stack)
        for number, records in enumerate(parts):
            chunk = Chunk(number, unpacked(packed(Chunk(number, records))))
            shard = Work(plan).shard(chunk.records)
            merging.take(chunk, shards.from_bytes(memoryview(b"".join(shards.to_bytes(shard)))))
        try:
            merging.finish(_Here(plan))  # type: ignore[arg-type]
        except Exception as error:
            assert str(error) == failure
            return
    assert failure is None
    assert (folder / "merged").read_bytes() == alone.read_bytes()
    assert list(map(str, told)) == list(map(str, told_alone))


def _fields(paper: Paper) -> dict[str, Any]:
    found = {name: getattr(paper, name) for name in ("title", "venue", "kind", "year", "abstract", "doi", "url")}
    return {name: value for name, value in found.items() if value is not None} | {"authors": list(paper.authors)}


def test_chunks_hold_what_was_told_between_records(tmp_path: Path) -> None:
    listing = put(tmp_path, "p.jsonl", lines(3) + b"x" * 200 + b"\n" + lines(2))
    found = list(chunks([str(listing), str(tmp_path / "none")], Settings(max_record_bytes=190), None, 2))
    assert [[record.line for record, _ in chunk.records] for chunk in found] == [[1, 2], [3, 5], [6]]
    assert [[place for place, _ in chunk.told] for chunk in found] == [[], [1], []]
    assert str(found[2].error) == f"{tmp_path}/none: there is no such file"


# With processes: the command, with one worker and with several.


def outcome(folder: Path, workers: int, name: str, *arguments: str) -> tuple[Ran, dict[str, bytes]]:
    """How an export ends, less its times, and the files that it leaves."""
    out = folder / f"with-{workers}"
    out.mkdir(exist_ok=True)
    ran = run(folder, "export", *arguments, "-o", f"{out.name}/{name}", "--workers", str(workers))
    told = [line.split(" in ")[0] if line.startswith("wrote") else line for line in ran.err.splitlines()]
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    for path in out.iterdir():
        path.unlink()
    return replace(ran, err="\n".join(told).replace(out.name, "out")), files


def assert_same(folder: Path, name: str, *arguments: str, workers: int = 3) -> Ran:
    """One worker and several have the same outcome, which is given."""
    alone, files = outcome(folder, 1, name, *arguments)
    together, others = outcome(folder, workers, name, *arguments)
    assert together == alone
    assert others == files
    return alone


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with listings of every kind, in which much is odd."""
    folder = tmp_path_factory.mktemp("mixed")
    pages = ["odd/homonyms.txt", "odd/page.html", "odd/spellings.txt", "odd/venues.txt", "papers.jsonl"]
    for name in pages:
        put(folder, Path(name).name, (SEEDS / name).read_bytes())
    random_ = random.Random(7)
    found = [_fields(entry.paper) for entry in strategies.hostile_entries(40, seed=3)]
    names = ["Ada Quill", "ADA QUILL", "Ada  Quill", "Bo Tarn", "bo tarn 0001"]
    for number in range(60):
        authors = random_.sample(names, random_.randrange(4))
        venue = random_.choice(["ICLR", "iclr", "TMLR", None])
        kind = random_.choice(["Conference Paper", "Journal Article", "Poster", None])
        found.append({**SOUND, "title": f"T {number % 50}", "authors": authors, "venue": venue, "kind": kind, "x": 1})
    random_.shuffle(found)
    found += found[40:42]
    put(folder, "hostile.jsonl", b"".join(orjson.dumps(one) + b"\n" for one in found))
    bad = lines(90).splitlines(keepends=True)
    bad[5], bad[6], bad[20], bad[47] = b"{\n", b"[]\n", b'{"title": "a\\u0000"}\n', b'{"title": "x", "year": 0}\n'
    bad[33] = bad[32]
    bad[71] = b'{"title": "' + b"x" * 2_000_000 + b'"}\n'
    put(folder, "bad.jsonl", b"".join(bad))
    put(folder, "cut.jsonl.gz", gzip.compress(lines(900))[:-40])
    put(
        folder,
        "bell.jsonl",
        jsonl(*({**SOUND, "title": f"Bell {chr(7 if n % 5 == 0 else 65)} {n}"} for n in range(30))),
    )
    return folder


MIXED: Final = "homonyms.txt hostile.jsonl page.html spellings.txt hostile.jsonl venues.txt papers.jsonl".split()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("is_sorted", ["--sort", "--no-sort"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_notation_is_the_same_bytes_for_any_number_of_workers(mixed: Path, suffix: str, is_sorted: str) -> None:
    ran = assert_same(mixed, f"kg{suffix}", *MIXED, is_sorted, "--no-validate", "--skip-bad", "--characters", "replace")
    assert ran.code == 0
    assert "equal to the entry at line" in ran.err


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("kg.nt.gz", ["bad.jsonl", "--skip-bad"], 0),
        ("kg.nt", ["bad.jsonl"], 3),
        ("kg.ttl", ["papers.jsonl", "bad.jsonl", "none.jsonl"], 3),
        ("kg.ttl", ["papers.jsonl", "none.jsonl"], 3),
        ("kg.nt", ["cut.jsonl.gz"], 3),
        ("kg.rdf", ["bell.jsonl"], 3),
        ("kg.rdf", ["bell.jsonl", "--skip-bad"], 0),
        ("kg.jsonld", ["bell.jsonl", "--no-sort", "--graph", "https://example.org/g"], 0),
        ("kg.nq", ["hostile.jsonl", "--graph", "urn:g", "--skip-bad", "--schema-ns", "http", "--no-abstracts"], 0),
        ("kg.nt", ["bad.jsonl", "--limit", "5"], 0),
        ("kg.nt", ["bad.jsonl", "--limit", "6"], 3),
        ("kg.nt", ["bad.jsonl", "--skip-bad", "--limit", "6"], 0),
        ("kg.nt", ["bad.jsonl", "--skip-bad", "--limit", "12"], 0),
        ("kg.nt", ["bad.jsonl", "--skip-bad", "--limit", "70"], 0),
        ("kg.nt", ["papers.jsonl", "none.jsonl", "--limit", "6"], 0),
        ("kg.nt", ["papers.jsonl", "none.jsonl", "--limit", "7"], 3),
    ],
)
def test_good_and_bad_ends_are_the_same_for_any_number_of_workers(
    mixed: Path, name: str, arguments: list[str], code: int
) -> None:
    assert assert_same(mixed, name, *arguments, "--no-validate", workers=2).code == code


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("option", "code"), [("violation", 0), ("info", 1)])
def test_verdicts_and_reports_are_the_same_for_any_number_of_workers(mixed: Path, option: str, code: int) -> None:
    put(mixed, "gaps.jsonl", lines(9) + lines(5, abstract=None) + lines(5, year=None, authors=[]))
    for workers in (1, 2):
        (mixed / f"with-{workers}").mkdir(exist_ok=True)
    found = [
        outcome(mixed, workers, "kg.ttl", "gaps.jsonl", "--fail-on", option, "--report", f"with-{workers}/r.json")
        for workers in (1, 2)
    ]
    assert found[0] == found[1]
    assert found[0][0].code == code
    assert orjson.loads(found[0][1]["r.json"])
    assert ("kg.ttl" in found[0][1]) == (code == 0)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "workers"), [("kg.nt", 2), ("kg.ttl", 3)])
def test_real_papers_are_the_same_bytes_for_any_number_of_workers(
    tmp_path: Path, shared: Path, name: str, workers: int
) -> None:
    with lzma.open(shared / "data" / "papers" / "papers.jsonl.xz") as file:
        put(tmp_path, "real.jsonl", b"".join(itertools.islice(file, 0, 60_000, 10)))
    ran = assert_same(tmp_path, name, "real.jsonl", "--no-validate", "--skip-bad", workers=workers)
    assert ran.code == 0


def test_few_papers_start_no_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "Pool", None)
    put(tmp_path, "p.jsonl", lines(100))
    ran = run(tmp_path, "export", "p.jsonl", "-o", "kg.nt", "--no-validate", "--workers", "8")
    assert ran.code == 0


def test_many_papers_start_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "Pool", None)
    put(tmp_path, "p.jsonl", lines(exporting._FEW_CHUNKS * exporting._CHUNK_RECORDS + 1))
    assert run(tmp_path, "export", "p.jsonl", "-o", "kg.nt", "--no-validate", "--workers", "8").code == 5
    ran = run(tmp_path, "export", "p.jsonl", "-o", "kg.nt", "--no-validate", "--workers", "8", "--limit", "3")
    assert ran.code == 0


# Eight workers need 88; with 60 they could be started, and the run would end in the middle.
@pytest.mark.parametrize("most", [24, 40, 60, 87, 88, 4096])
def test_many_workers_may_have_many_files_open(most: int, tmp_path: Path) -> None:
    put(tmp_path, "p.jsonl", lines(exporting._FEW_CHUNKS * exporting._CHUNK_RECORDS + 1))
    prelude = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({min(most, 40)}, {most}))"
    arguments = ("export", "p.jsonl", "-o", "kg.nt", "--no-validate", "--workers", "8")
    if most >= 88:
        assert spawn_python(tmp_path, prelude, *arguments).code == 0
        return
    with untouched(tmp_path):
        ran = spawn_python(tmp_path, prelude, *arguments)
    assert_refused(ran, 4, "8 worker processes cannot be started (Too many open files)", "fewer --workers")


@pytest.mark.usefixtures("small")
def test_a_result_that_there_is_no_memory_for_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: Any, **named: Any) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    put(tmp_path, "p.jsonl", lines(100))
    monkeypatch.setattr(mmap, "mmap", refused)
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "p.jsonl", "-o", "kg.nt", "--no-validate", "--workers", "2")
    assert_refused(ran, 4, "p.jsonl:1: the result of p.jsonl, lines 1 to ", "is there enough memory?")


# Workers that die.


def job(folder: Path, count: int, workers: int) -> Job:
    listing = put(folder, "p.jsonl", lines(count))
    plan = Plan(Settings(), "ntriples")
    return Job([str(listing)], None, None, Target(Output(str(folder / "kg.nt")), FORMATS[0], False), plan, workers)


def killing(monkeypatch: pytest.MonkeyPatch, number: int, times: int) -> None:
    """Have the worker killed that is at a task, the first few times."""
    pass_on = _Worker._pass_on
    left = [times]

    def passed(self: _Worker, task: Task) -> None:
        if task.number == number and left[0]:
            left[0] -= 1
            # Stopped, it can get no further than the tasks that it had before.
            os.kill(self.process.pid, signal.SIGKILL)
        pass_on(self, task)

    monkeypatch.setattr(_Worker, "_pass_on", passed)


@pytest.mark.usefixtures("small")
def test_what_a_killed_worker_held_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alone").mkdir()
    assert carry_out(job(tmp_path / "alone", 100, 1), Hooks()).papers == 100
    killing(monkeypatch, 3, 1)
    assert carry_out(job(tmp_path, 100, 2), Hooks()).papers == 100
    assert (tmp_path / "kg.nt").read_bytes() == (tmp_path / "alone" / "kg.nt").read_bytes()


@pytest.mark.usefixtures("small")
def test_a_chunk_that_kills_twice_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killing(monkeypatch, 0, 2)
    put(tmp_path, "p.jsonl", lines(100))
    ran = run(tmp_path, "export", "p.jsonl", "-o", "kg.nt", "--no-validate", "--workers", "2")
    told = "p.jsonl:1: worker processes were ended twice (SIGKILL) while they held p.jsonl, lines 1 to 7"
    assert_refused(ran, 4, told, "is there enough memory?")
    assert [path.name for path in tmp_path.iterdir()] == ["p.jsonl"]


def test_a_bug_in_a_worker_is_told_as_one(tmp_path: Path) -> None:
    with (
        Pool(Plan(Settings(), "ntriples"), 1) as pool,
        pytest.raises(RuntimeError, match=r"Error: .* \(in a worker process, at x\)"),
    ):
        next(pool.results(iter([Task(0, b"not a chunk", place="x")])))


def test_no_more_tasks_are_taken_than_workers_can_hold() -> None:
    taken = itertools.count()
    seen = 0

    def tasks() -> Iterator[Task]:
        nonlocal seen
        for number in range(40):
            seen = next(taken)
            yield Task(number, b"a\n" * 1000, SORTED)

    plan = Plan(Settings(), "ntriples", is_sorted=True)
    with Pool(plan, 2) as pool:
        for number, (task, result) in enumerate(pool.results(tasks())):
            assert task.number == number
            assert bytes(result) == struct.pack("<Q", 1) + b"a\n"
            assert seen <= number + 9


def test_results_of_any_size_come_back() -> None:
    # Memory for four of them, which is let go of after a large one and used again.
    sizes = [1, 30 << 20, 1, 18 << 20, 40 << 20, 1, 1, 35 << 20, 1, 20 << 20, 1]
    texts = [f'<a:s> <a:p> "{chr(97 + n) * size}" .\n'.encode() for n, size in enumerate(sizes)]
    tasks = (Task(number, text, SORTED) for number, text in enumerate(texts))
    with Pool(Plan(Settings(), "ntriples", is_sorted=True), 1) as pool:
        for task, result in pool.results(tasks):
            assert LENGTH.unpack(result[: LENGTH.size]) == (1,)
            assert result[LENGTH.size :] == texts[task.number]
    assert task.number == len(sizes) - 1


def test_a_worker_that_falls_behind_holds_few_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    pass_on = _Worker._pass_on

    def passed(self: _Worker, task: Task) -> None:
        given.append(self.process.pid)
        if task.number == 0:
            os.kill(given[0], signal.SIGSTOP)
        if task.number == 7:
            os.kill(given[0], signal.SIGCONT)
        pass_on(self, task)

    monkeypatch.setattr(_Worker, "_pass_on", passed)
    plan = Plan(Settings(), "ntriples", is_sorted=True)
    with Pool(plan, 2) as pool:
        # Without the eighth task, nobody would wake the one that is stopped.
        waker = threading.Timer(20, os.kill, (pool._workers[0].process.pid, signal.SIGCONT))
        waker.start()
        done = [task.number for task, _ in pool.results(Task(number, b"a\n", SORTED) for number in range(20))]
        waker.cancel()
    assert done == list(range(20))
    assert given[:8].count(given[0]) == 3


# What ends the run from outside.


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], stdout=subprocess.PIPE, check=False)
    return [int(text) for text in found.stdout.split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def endless(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """An export that waits for input, and its workers, which are at work."""
    code = f"{SMALL.format(5)}\nfrom arrowkg.cli import main\nmain()"
    arguments = ["export", "-", "-o", "kg.nt", "--no-validate", "--workers", "2", "--from", "jsonl"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        process.stdin.write(lines(2000))
        process.stdin.flush()
        wait_for(lambda: len(children_of(process.pid)) == 2)
        yield process, children_of(process.pid)
    finally:
        process.kill()
        process.communicate()


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with endless(tmp_path) as (process, workers):
        process.kill()
        wait_for(lambda: not any(map(is_running, workers)))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_its_workers_and_leaves_nothing(tmp_path: Path, number: int, code: int) -> None:
    put(tmp_path, "kg.nt", "old")
    with endless(tmp_path) as (process, workers):
        process.send_signal(number)
        assert process.wait(20) == code
        assert not any(map(is_running, workers))
    assert [path.name for path in tmp_path.iterdir()] == ["kg.nt"]
    assert (tmp_path / "kg.nt").read_text() == "old"


# Going on where a run was killed.


def resumed(folder: Path, *arguments: str) -> Ran:
    options = ("-o", "kg.ttl", "--no-validate", "--resume", "--workers", "2", *arguments)
    return run(folder, "export", "p.jsonl", *options)


@pytest.mark.usefixtures("small")
def test_a_run_killed_at_any_point_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    put(tmp_path, "p.jsonl", lines(900))
    assert run(tmp_path, "export", "p.jsonl", "-o", "whole.ttl", "--no-validate", "-q").code == 0
    arguments = ["export", "p.jsonl", "-o", "kg.ttl", "--no-validate", "--resume", "--workers", "2"]
    code = f"{SMALL.format(7)}\nfrom arrowkg.cli import main\nmain()"
    random_ = random.Random(11)
    went_on = 0
    journal = tmp_path / "kg.ttl.journal"
    for _ in range(int(os.environ.get("TEST_KILLS", "6"))):
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=tmp_path, stderr=subprocess.DEVNULL)
        # Counted in shards and not in seconds, so that a busy machine is killed at work too.
        shards_wanted = random_.randrange(-15, 140)
        while process.poll() is None and len(list(journal.glob("*.shard"))) < shards_wanted:
            time.sleep(0.001)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(random_.uniform(0, 0.3 if shards_wanted < 0 else 0.05))
        workers = children_of(process.pid)
        process.kill()
        process.wait()
        wait_for(lambda pids=workers: not any(map(is_running, pids)))
        shards_ = len(list(tmp_path.glob("kg.ttl.journal/*.shard")))
        went_on += shards_ > 0
        ran = resumed(tmp_path)
        assert (ran.code, (tmp_path / "kg.ttl").read_bytes()) == (0, (tmp_path / "whole.ttl").read_bytes())
        assert sorted(path.name for path in tmp_path.iterdir()) == ["kg.ttl", "p.jsonl", "whole.ttl"]
        (tmp_path / "kg.ttl").unlink()
    assert went_on


def stopped(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int = 60) -> None:
    """Leave a journal of a run that was stopped."""
    put(folder, "p.jsonl", lines(count))

    def interrupted(self: Merging, pool: Pool) -> Summary:
        # A signal to this process could be taken by another thread and told of later, while workers are ended.
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Merging, "finish", interrupted)
        assert resumed(folder).code == 130
    assert list((folder / "kg.ttl.journal").glob("*.shard"))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_journal_whose_removal_was_interrupted_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    put(tmp_path, "p.jsonl", lines(60))
    unlink = Path.unlink
    removed: list[str] = []

    def interrupted(self: Path, *, missing_ok: bool = False) -> None:
        if self.parent.name == "kg.ttl.journal" and self.suffix != ".part":
            if len(removed) == count:
                raise OSError("interrupted")
            removed.append(self.name)
        unlink(self, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", interrupted)
        assert resumed(tmp_path).code == 0
    assert (tmp_path / "kg.ttl.journal" / "run.json").exists()
    assert resumed(tmp_path).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kg.ttl", "p.jsonl"]


@pytest.mark.usefixtures("small")
def test_what_is_finished_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(tmp_path, monkeypatch)
    damaged, missing = sorted((tmp_path / "kg.ttl.journal").glob("*.shard"))[2:4]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    missing.unlink()
    done = []
    pass_on = _Worker._pass_on

    def passed(self: _Worker, task: Task) -> None:
        done.append((task.kind, task.number))
        pass_on(self, task)

    monkeypatch.setattr(_Worker, "_pass_on", passed)
    assert resumed(tmp_path).code == 0
    assert done == [(0, 2), (0, 3), (SORTED, 0)]
    content = (tmp_path / "kg.ttl").read_bytes()
    assert run(tmp_path, "export", "p.jsonl", "-o", "kg.ttl", "--no-validate").code == 0
    assert (tmp_path / "kg.ttl").read_bytes() == content


@pytest.mark.usefixtures("small")
def test_a_journal_of_another_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(tmp_path, monkeypatch)
    told = "kg.ttl.journal cannot be gone on with: "
    assert_refused(resumed(tmp_path, "--no-abstracts"), 2, f"{told}settings differ", "remove it")
    assert_refused(resumed(tmp_path, "--skip-bad"), 2, f"{told}options differ", "remove it")
    put(tmp_path, "p.jsonl", lines(61))
    assert_refused(resumed(tmp_path), 2, f"{told}p.jsonl changed", "remove it")
    put(tmp_path, "p.jsonl", lines(60))
    # What is judged at the end alone, and where reading ends, may be another.
    assert resumed(tmp_path, "--fail-on", "info", "--limit", "30").code == 0
    assert not (tmp_path / "kg.ttl.journal").exists()


@pytest.mark.usefixtures("small")
def test_what_cannot_be_resumed_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "p.jsonl", lines(9))
    ran = run(tmp_path, "export", "p.jsonl", "--to", "nt", "--resume", "--no-validate")
    assert_refused(ran, 2, "--resume needs a file as output")
    ran = run(tmp_path, "export", "-", "-o", "kg.nt", "--resume", "--no-validate", stdin=lines(9))
    assert_refused(ran, 2, "--resume needs files as inputs, and - cannot be read twice")
    assert_refused(run(tmp_path, "export", "none", "-o", "kg.nt", "--resume"), 3, "none: there is no such file")
    (tmp_path / "kg.ttl.journal").mkdir()
    put(tmp_path / "kg.ttl.journal", "mine", "x")
    assert_refused(resumed(tmp_path), 2, "kg.ttl.journal is no journal")
    assert (tmp_path / "kg.ttl.journal" / "mine").read_text() == "x"


@pytest.mark.usefixtures("small")
def test_two_runs_do_not_share_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(tmp_path, monkeypatch)
    # A lock belongs to whoever opened the file, so another opening of it is as good as another process.
    with (tmp_path / "kg.ttl.journal" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_refused(resumed(tmp_path), 2, "another run uses kg.ttl.journal")
    assert resumed(tmp_path).code == 0
