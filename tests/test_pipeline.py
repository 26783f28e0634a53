"""The loop as a whole: what is told, what is left out, and memory that stays flat."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from arrowkg import triples
from arrowkg.api import to_graph, validate, write
from arrowkg.errors import BadRecord, BadText, InputError, UsageError
from arrowkg.model import Entry, Notice, Paper
from arrowkg.pipeline import Hooks, read
from arrowkg.settings import Settings

PAPER = Paper("On Stones", ("Ada Quill", "Bo Tarn 0001"), venue="ICLR", kind="Conference Paper", year=2024)


def told_by(path: Path, settings: Settings | None = None, limit: int | None = None) -> tuple[list[Entry], list[Notice]]:
    notices: list[Notice] = []
    return list(read(path, settings=settings, limit=limit, hooks=Hooks(notice=notices.append))), notices


def test_several_inputs_are_read_in_order_up_to_a_limit(seeds: Path) -> None:
    entries = list(read(seeds / "odd" / "one-paper.txt", seeds / "papers.jsonl", limit=4))
    assert [Path(entry.file).name for entry in entries] == ["one-paper.txt", *["papers.jsonl"] * 3]


def test_control_characters_are_told_of_kept_replaced_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(
        json.dumps({"title": "Bell \x07", "authors": ["Ada \x1b Quill"], "abstract": "a\x0cb\tc\nd"}) + "\n"
    )
    kept, notices = told_by(path)
    assert kept[0].paper.title == "Bell \x07"
    assert [str(notice) for notice in notices] == [
        f"{path}:1: control characters are kept as escapes: U+0007, U+000C, U+001B"
    ]
    replaced, notices = told_by(path, Settings(characters="replace"))
    written = {value for _, _, value in triples(replaced[0].paper, Settings(characters="replace"))}
    assert {'"Bell \ufffd"', '"Ada \ufffd Quill"', '"a\ufffdb\\tc\\nd"'} <= written
    assert [notice.text for notice in notices] == ["U+FFFD stands for U+0007, U+000C, U+001B"]
    with pytest.raises(BadText, match=r"p.jsonl:1: title: the text holds U\+0007") as caught:
        validate(read(path), settings=Settings(characters="refuse"))
    assert json.loads(caught.value.record)["title"] == "Bell \x07"


def test_equal_entries_of_one_input_are_one_paper_and_told_of(tmp_path: Path) -> None:
    line = json.dumps({"title": "On Stones", "authors": ["Ada Quill"], "year": 2024})
    path, other = tmp_path / "p.jsonl", tmp_path / "q.jsonl"
    path.write_text(f"{line}\n\n{line}\n")
    other.write_text(f"{line}\n")
    out = tmp_path / "out.nt"
    from arrowkg.files import Output
    from arrowkg.formats import format_for
    from arrowkg.pipeline import export
    from arrowkg.sinks import Target

    notices: list[Notice] = []
    with Output(str(out)) as place:
        hooks = Hooks(notice=notices.append)
        target = Target(place, format_for(str(out)), is_sorted=True)
        summary = export(read(path, other, hooks=hooks), target, Settings(), hooks=hooks)
    equal = [str(notice) for notice in notices if notice.topic == "equal entries"]
    assert equal == [f"{path}:3: equal to the entry at line 1, so both are one paper"]
    assert summary.papers == 3
    single = tmp_path / "single.nt"
    write(read(other), single, is_sorted=True)
    assert out.read_bytes() == single.read_bytes()


def test_unknown_kinds_are_told_of(tmp_path: Path) -> None:
    from arrowkg.pipeline import mapped

    notices: list[Notice] = []
    papers = [Entry(Paper("a", kind="Poster"), "p", 1), Entry(Paper("b"), "p", 2), Entry(PAPER, "p", 3)]
    assert len(list(mapped(papers, Settings(), Hooks(notice=notices.append)))) == 3
    assert [str(notice) for notice in notices] == [
        "p:1: the kind 'Poster' is not known, so the paper is a CreativeWork",
        "p:2: the kind is not stated, so the paper is a CreativeWork",
    ]


def test_nothing_is_written_where_there_is_no_paper(tmp_path: Path) -> None:
    out = tmp_path / "out.nt"
    with pytest.raises(InputError, match="no paper was found"):
        write([], out)
    assert list(tmp_path.iterdir()) == []


def test_a_paper_that_cannot_be_mapped_is_named_by_its_place(tmp_path: Path) -> None:
    out = tmp_path / "out.nt"
    out.write_text("old")
    with pytest.raises(BadRecord, match="papers:2: author 1 has an empty name"):
        write([PAPER, Paper("x", ("\u200b",))], out)
    assert out.read_text() == "old"


def test_a_graph_goes_only_into_notations_that_have_graphs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Turtle has no named graphs"):
        write([PAPER], tmp_path / "out.ttl", graph="http://example.org/g")


def test_to_graph_holds_the_triples_that_are_written(tmp_path: Path) -> None:
    out = tmp_path / "out.nt"
    write([PAPER], out)
    written = set(out.read_text(encoding="utf-8").splitlines())
    graph = to_graph([PAPER])
    assert len(graph) == len(written)
    assert {prefix for prefix, _ in graph.namespaces()} >= {"schema", "fabio", "ak"}


_MEMORY = """
import json, resource, sys
from arrowkg.api import write
from arrowkg.model import Paper
count, out = int(sys.argv[1]), sys.argv[2]
names = [f"Name {i:03d}x" for i in range(300)]
papers = (
    Paper(f"On the Sorting of Stone {i}", tuple(names[(i * k) % 300] for k in (1, 7, 11)), venue=f"V{i % 50}",
          kind="Conference Paper", year=2000 + i % 20, abstract="A text of some length about stone. " * 30)
    for i in range(count)
)
from arrowkg.settings import Settings
write(papers, out, settings=Settings(sort_bytes=1 << 20))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("name", ["out.nt", "out.ttl"])
def test_memory_does_not_grow_with_the_number_of_papers(tmp_path: Path, name: str) -> None:
    """Ten times the papers by the same authors, streamed or sorted, need no more memory."""
    peaks = []
    for count in (1_000, 10_000):
        found = subprocess.run(
            [sys.executable, "-c", _MEMORY, str(count), str(tmp_path / name)], capture_output=True, check=True
        )
        peaks.append(int(found.stdout))
    growth_kib = peaks[1] - peaks[0]
    assert growth_kib < 6 * 1024, peaks
