"""What the tasks of a cluster do, without a cluster: records dealt out to tasks in any way give the same."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from arrowkg import pipeline
from arrowkg.errors import OutputError
from arrowkg.mapping import triples
from arrowkg.scale.spark import records as records_module
from arrowkg.scale.spark.blocks import Blocks, units_of
from arrowkg.scale.spark.parts import Part, chunks, write_part
from arrowkg.scale.spark.plan import Place, Plan, Row
from arrowkg.scale.spark.records import lines_of, units
from arrowkg.scale.spark.told import Findings, MergedReport, Told, gathered, told_blocks
from arrowkg.settings import Settings
from arrowkg.sources.jsonl import parse
from arrowkg.sources.record import Record
from arrowkg.terms import Triple
from arrowkg.validation import Report, Result, load_shapes
from arrowkg.validation.renderings import render
from cli import SOUND, lines, run
from strategies import hostile_entries, papers, texts

Records = Sequence[tuple[Place, bytes]]


def plan(parts: int = 3, **changed: Any) -> Plan:
    """A plan of two files."""
    made = Plan(Settings(), None, None, True, parts, 2, ("a.jsonl", "b.jsonl"), {}, {}, ".nt")
    return replace(made, **changed)


def done(tasks: Sequence[Records], of: Plan) -> tuple[list[list[str]], Told]:
    """What a cluster makes of tasks: the lines of each part, and what is told."""
    partitions: dict[int, list[bytes]] = {}
    for number, records in enumerate(tasks):
        for partition, block in units(records, of, number):
            partitions.setdefault(partition, []).append(block)
    # Blocks come in any order.
    for blocks in partitions.values():
        Random(len(blocks)).shuffle(blocks)
    told = Told()
    most = of.settings.max_results
    for side in range(of.parts, of.parts + of.sides):
        some = gathered(partitions.get(side, []), most)
        told.take(some, most)
        told.rejects += some.rejects
    told.rejects.sort()
    parts = []
    for number in range(of.parts):
        part = Part(number)
        content = b"".join(chunks(partitions.get(number, []), of, part))
        parts.append(content.decode().split("\n")[:-1])
        assert part.triples == len(parts[-1])
        told.take(part.told, 0)
    return parts, told


def dealt(records: Records, tasks: int, seed: int) -> list[Records]:
    """Records dealt out to tasks at random."""
    random = Random(seed)
    found: list[list[tuple[Place, bytes]]] = [[] for _ in range(tasks)]
    for record in records:
        random.choice(found).append(record)
    random.shuffle(found)
    return list(found)


def records_of(content: bytes, file: int = 0) -> list[tuple[Place, bytes]]:
    """The lines of a file with their places."""
    return [(Place(file, number), line) for number, line in enumerate(content.split(b"\n"), 1)]


@given(st.lists(papers(), max_size=8), st.integers(1, 6), st.integers(1, 4), st.integers(0, 99))
@hypothesis_settings(max_examples=60)
def test_any_division_gives_each_triple_once(found: list[Any], tasks: int, parts: int, seed: int) -> None:
    content = b"\n".join(json.dumps(asdict(paper)).encode() for paper in [*found, *found[:2]])
    records = records_of(content)[: len(found) + len(found[:2])]
    written, told = done(dealt(records, tasks, seed), plan(parts))
    read = [parse(Record("a.jsonl", 1, payload), Settings(), lambda notice: None) for _, payload in records]
    wanted = {" ".join(triple) + " ." for paper in read for triple in triples(paper, Settings())}
    assert sorted(line for part in written for line in part) == sorted(wanted)
    assert told.papers.total() == len(found) + len(found[:2])
    assert not told.rejects


def test_hostile_papers_come_through_as_from_one_process(tmp_path: Path) -> None:
    entries = hostile_entries(400, seed=2)
    content = b"".join(json.dumps(asdict(entry.paper)).encode() + b"\n" for entry in entries)
    (tmp_path / "in.jsonl").write_bytes(content)
    options = ("--no-validate", "--skip-bad", "--rejects", "bad", "--characters", "replace", "-q")
    assert run(tmp_path, "export", "in.jsonl", "-o", "one.nt", "--sort", *options).code == 0
    of = plan(4, settings=Settings(characters="replace", sort_bytes=100_000))
    wanted = (tmp_path / "one.nt").read_text(encoding="utf-8").split("\n")[:-1]
    parts, _ = done(dealt(records_of(content), 5, 0), of)
    assert sorted(line for part in parts for line in part) == wanted
    # The same parts, byte for byte, from one task and from many.
    assert parts == done([records_of(content)], of)[0]


def test_a_named_graph_is_on_every_line() -> None:
    parts, _ = done([records_of(lines(5))], plan(graph="https://kg.example.org/g"))
    found = [line for part in parts for line in part]
    assert found
    assert all(line.endswith(" <https://kg.example.org/g> .") for line in found)


def test_no_two_parts_describe_one_node() -> None:
    parts, _ = done(dealt(records_of(lines(50)), 3, 1), plan(7))
    nodes = [{line.partition(" ")[0] for line in part} for part in parts]
    assert sum(map(len, nodes)) == len(set().union(*nodes))


# The report.

_RESULTS: Final = st.builds(
    Result,
    severity=st.sampled_from(["violation", "warning", "info"]),
    focus=st.sampled_from(["<a:1>", "<a:2>", "<a:3>"]),
    shape=st.sampled_from(["<a:shape>", "<a:other>"]),
    component=st.just("<a:component>"),
    message=texts(),
)


@given(st.lists(st.lists(_RESULTS, max_size=3), max_size=12), st.integers(1, 5), st.integers(0, 9), st.integers(1, 6))
def test_findings_of_tasks_make_the_report_of_one_process(
    found: list[list[Result]], tasks: int, seed: int, most: int
) -> None:
    one = Report(most)
    gathering = [Findings(most) for _ in range(tasks)]
    blocks: dict[int, list[bytes]] = {}
    for line, results in enumerate(found, 1):
        one.add(results, "a.jsonl", line, f"paper {line}")
    random = Random(seed)
    order = list(enumerate(found, 1))
    random.shuffle(order)
    for line, results in order:
        task = random.choice(gathering)
        task.place = Place(0, line)
        task.add(results, "a.jsonl", line, f"paper {line}")
    for number, task in enumerate(gathering):
        for side, block in told_blocks(Told(checked=task.checked), task.drained(), 3, number):
            blocks.setdefault(side, []).append(block)
    told = Told()
    for some in blocks.values():
        told.take(gathered(some, most), most)
    merged = MergedReport(told, ("a.jsonl",), most)
    for name in ("text", "json", "turtle"):
        assert render(merged, name, fail_on="warning") == render(one, name, fail_on="warning")


def test_a_record_on_which_arrowkg_fails_is_left_out_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = pipeline.entry_of

    def broken(record: Any, *others: Any) -> Any:
        if b"Stones 2" in record.payload:
            raise ZeroDivisionError("division by zero")
        return real(record, *others)

    monkeypatch.setattr(records_module, "entry_of", broken)
    parts, told = done([records_of(lines(3))], plan())
    assert told.papers.total() == 2
    [reject] = told.rejects
    assert (reject.place, reject.is_bug) == (Place(0, 2), True)
    assert reject.reason == "arrowkg has a bug: ZeroDivisionError: division by zero"
    assert json.loads(reject.record)["title"] == "On Stones 2"
    assert not [line for part in parts for line in part if "Stones 2" in line]


def test_a_record_on_which_the_checking_fails_is_left_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from arrowkg.validation.compiled.engine import CompiledEngine

    real = CompiledEngine.check_each

    def check_each(self: CompiledEngine, graphs: Iterable[Iterable[Triple]]) -> list[list[Result]]:
        held = [list(graph) for graph in graphs]
        if any("Stones 2" in value for graph in held for _, _, value in graph):
            raise RecursionError("too deep")
        return real(self, held)

    monkeypatch.setattr(CompiledEngine, "check_each", check_each)
    parts, told = done([records_of(lines(3))], plan(shapes=load_shapes()))
    assert [(reject.place.line, reject.reason) for reject in told.rejects] == [
        (2, "arrowkg has a bug: RecursionError: too deep")
    ]
    assert told.checked == told.papers.total() == 2
    assert not [line for part in parts for line in part if "Stones 2" in line]


@pytest.mark.parametrize("is_skipping", [True, False])
def test_a_record_that_ends_the_process_is_found_when_its_task_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, is_skipping: bool
) -> None:
    real = pipeline.entry_of
    parent = os.getpid()

    def deadly(record: Any, *others: Any) -> Any:
        if b"Stones 205" in record.payload:
            assert os.getpid() != parent
            os.kill(os.getpid(), signal.SIGKILL)
        return real(record, *others)

    monkeypatch.setattr(records_module, "entry_of", deadly)
    of = plan(skip_bad=is_skipping)
    [*_, (_, block)] = units(records_of(lines(250)), of, 0, is_tried_again=True)
    told = gathered([block], 10)
    [reject] = told.rejects
    assert (reject.place, reject.is_bug) == (Place(0, 205), True)
    assert reject.reason == "arrowkg cannot read it: the process that did is gone, it was ended by SIGKILL"
    assert told.papers.total() == (249 if is_skipping else 204)


@pytest.mark.parametrize("seed", range(5))
def test_the_first_bad_record_of_all_ends_the_run(seed: int) -> None:
    good = [(Place(0, line), b'{"title": "T%d"}' % line) for line in range(1, 40)]
    bad = [(Place(0, 17), b"{"), (Place(0, 23), b"["), (Place(1, 1), b"?")]
    mixed = [*good, *bad]
    Random(seed).shuffle(mixed)
    _, told = done(dealt(mixed, 3, seed), plan(skip_bad=False))
    assert min(told.rejects).place == Place(0, 17)


def test_lines_have_the_numbers_that_they_have_in_their_files() -> None:
    numbers = {"file:/a b": 0, "s3a://bucket/b": 1}
    of = plan(numbers=numbers, starts={(0, 0): 1, (0, 100): 8})
    rows: list[Row] = [
        (b"x", "file:///a b", 100), (b"y", "file:///a b", 100), (b"z", "s3a://bucket/b", 0), (b"v", "file:/a b", 0),
    ]  # fmt: skip
    assert list(lines_of(rows, of)) == [
        (Place(0, 8), b"x"), (Place(0, 9), b"y"), (Place(1, 1), b"z"), (Place(0, 1), b"v"),
    ]  # fmt: skip


@pytest.mark.parametrize("row", [(b"x", "file:/other", 0), (b"x", "file:/a", 77)])
def test_a_file_that_changed_while_it_was_read_ends_the_work(row: Row) -> None:
    of = plan(numbers={"file:/a": 0}, starts={(0, 0): 1})
    _, told = done([list(records_of(lines(1)))], of)
    assert told.fatal is None
    [*_, (_, block)] = units(lines_of([row], of), of, 0)
    assert "changed while it was read" in str(gathered([block], 1).fatal)


def test_a_part_that_cannot_be_written_says_so_and_raises_nothing(tmp_path: Path) -> None:
    blocks = Blocks(1)
    blocks.add(0, "<a:s> <a:p> <a:o> .")
    part = write_part([block for _, block in blocks.drained()], plan(), 0, str(tmp_path / "no"))
    assert isinstance(part.error, OutputError)


@given(st.lists(st.tuples(st.integers(0, 3), st.text().filter(lambda text: "\n" not in text))))
def test_blocks_give_back_what_they_took(added: list[tuple[int, str]]) -> None:
    added = [(partition, unit.encode(errors="replace").decode()) for partition, unit in added]
    blocks = Blocks(10)
    for partition, unit in added:
        blocks.add(partition, unit)
    assert {partition: units_of(block) for partition, block in blocks.drained()} == {
        partition: [unit for other, unit in added if other == partition] for partition, _ in added
    }
    assert not list(blocks.drained())


def test_sound_papers_are_told_of_in_nothing() -> None:
    _, told = done([records_of(json.dumps(SOUND).encode())], plan(shapes=load_shapes()))
    assert (told.topics, told.groups, told.checked, told.papers[0]) == ({}, {}, 1, 1)
