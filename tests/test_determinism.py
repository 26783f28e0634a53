"""Same input, same bytes: whatever the hash seed, the locale, the order of the inputs and the room to sort in."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg import Entry, Paper, Settings, read, validate, write
from arrowkg.formats import FORMATS
from arrowkg.mapping import record_triples

ROOT: Final = Path(__file__).parents[1]
SEEDS: Final = ROOT / "seeds"
PAGES: Final = (
    SEEDS / "odd" / "homonyms.txt",
    SEEDS / "odd" / "page.html",
    SEEDS / "odd" / "spellings.txt",
    SEEDS / "odd" / "venues.txt",
    SEEDS / "papers.jsonl",
    SEEDS / "tomer-michaeli.txt",
)
SUFFIXES: Final = [found.suffixes[0] for found in FORMATS]


def written(entries: Sequence[Entry | Paper], folder: Path, **settings: Any) -> dict[str, bytes]:
    """What is written in each notation, sorted."""
    found = {}
    for suffix in SUFFIXES:
        path = folder / f"out{suffix}"
        write(entries, path, settings=Settings(**settings), is_sorted=True)
        found[suffix] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The pages in each notation, sorted."""
    return written(list(read(*PAGES)), tmp_path_factory.mktemp("usual"))


# Other processes.

PROGRAM: Final = f"""
import sys
from arrowkg import read, write
folder, *pages = sys.argv[1:]
entries = list(read(*pages))
for suffix in {SUFFIXES}:
    for is_sorted in (True, False):
        write(entries, f"{{folder}}/{{is_sorted}}{{suffix}}", is_sorted=is_sorted)
"""
ENVIRONMENTS: Final = (
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
)


def test_another_process_with_another_hash_seed_writes_the_same_bytes(usual: dict[str, bytes], tmp_path: Path) -> None:
    outputs = []
    for number, environment in enumerate(ENVIRONMENTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), *map(str, PAGES)],
            env={**os.environ, **environment},
            cwd=ROOT if number else tmp_path,
            check=True,
        )
        outputs.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert outputs[0] == outputs[1] == outputs[2]
    assert {suffix: outputs[0][f"True{suffix}"] for suffix in SUFFIXES} == usual


def test_it_is_the_hash_seed_that_differs() -> None:
    program = "print(list({'ada', 'bo', 'cy', 'di', 'ed', 'fay', 'gus', 'hal'}))"
    orders = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True
        ).stdout
        for environment in ENVIRONMENTS
    }
    assert len(orders) == len(ENVIRONMENTS)


# Other orders.

SPELLINGS: Final = ("Ada Quill", "ADA QUILL", "ada quill", "Bo Tarn 0001")


@pytest.mark.parametrize("turn", range(1, 4))
def test_the_order_of_input_files_does_not_matter(turn: int, usual: dict[str, bytes], tmp_path: Path) -> None:
    pages = PAGES[::-1] if turn == 3 else PAGES[turn:] + PAGES[:turn]
    assert written(list(read(*pages)), tmp_path) == usual


def test_the_order_of_papers_does_not_matter(usual: dict[str, bytes], tmp_path: Path) -> None:
    entries = list(read(*PAGES))
    Random(7).shuffle(entries)
    assert written(entries, tmp_path) == usual


def test_a_file_named_twice_adds_nothing(usual: dict[str, bytes], tmp_path: Path) -> None:
    assert written(list(read(*PAGES, *PAGES)), tmp_path) == usual


@given(
    papers=st.lists(
        strategies.papers(
            title=st.sampled_from(("On Stones", "On Sand")),
            authors=st.lists(st.sampled_from(SPELLINGS), max_size=2).map(tuple),
            venue=st.sampled_from(("ICLR", "iclr", "Iclr")),
            kind=st.sampled_from(("Conference Paper", "Book Chapter", "Journal Article")),
            year=st.just(2024),
            abstract=st.sampled_from((None, "A.", "B.")),
            doi=st.sampled_from((None, "10.5555/1")),
            url=st.sampled_from((None, "a", "b")),
        ),
        min_size=2,
        max_size=3,
    )
)
@hypothesis_settings(max_examples=20)
def test_records_that_share_nodes_add_up_in_any_order(
    papers: list[Paper], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    outputs = [written(order, folder) for order in permutations(papers)]
    assert all(output == outputs[0] for output in outputs)


def test_what_streams_follows_the_order_of_the_input(tmp_path: Path) -> None:
    entries = list(read(*PAGES))
    for suffix in SUFFIXES:
        for order in (entries, entries[::-1]):
            write(order, tmp_path / f"out{suffix}", is_sorted=False)
            text = (tmp_path / f"out{suffix}").read_text(encoding="utf-8")
            places = [text.index(iri) for iri in papers_in_order(tuple(order))]
            assert places == sorted(places)


@cache
def papers_in_order(entries: tuple[Entry, ...]) -> list[str]:
    """The IRI of each paper, at its first place."""
    found = [record_triples(entry.paper, Settings()).own[0][0][1:-1] for entry in entries]
    return list(dict.fromkeys(iri.replace("&", "&amp;") for iri in found))


# Other rooms to sort in.


@pytest.fixture
def temporary_files(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows by one for each temporary file that is opened."""
    opened: list[None] = []
    open_one = tempfile.TemporaryFile

    def counted(*args: Any, **kwargs: Any) -> Any:
        opened.append(None)
        return open_one(*args, **kwargs)

    monkeypatch.setattr(tempfile, "TemporaryFile", counted)
    return opened


@pytest.mark.parametrize(("sort_bytes", "least"), [(3_000, 50), (40_000, 4), (10**9, 0)])
def test_the_room_to_sort_in_does_not_matter(
    sort_bytes: int, least: int, usual: dict[str, bytes], temporary_files: list[None], tmp_path: Path
) -> None:
    assert written(list(read(*PAGES)), tmp_path, sort_bytes=sort_bytes) == usual
    assert len(temporary_files) >= least * len(SUFFIXES)
    assert bool(temporary_files) == bool(least)


def test_hostile_texts_survive_an_external_merge(temporary_files: list[None], tmp_path: Path) -> None:
    entries = strategies.hostile_entries(12_000, 5)[::8]
    carried = [entry for entry in entries if strategies.is_carried_by_xml(entry)]
    for suffix in SUFFIXES:
        some = carried if suffix == ".rdf" else entries
        write(some, tmp_path / f"a{suffix}", is_sorted=True)
        assert not temporary_files
        write(some[::-1], tmp_path / f"b{suffix}", settings=Settings(sort_bytes=20_000), is_sorted=True)
        assert len(temporary_files) > 20
        temporary_files.clear()
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("batch_records", [1, 7, 300])
def test_the_size_of_a_batch_does_not_matter(batch_records: int) -> None:
    entries = list(read(SEEDS / "papers.jsonl", SEEDS / "odd" / "venues.txt", SEEDS / "odd" / "abstracts.txt"))
    report = validate(entries, settings=Settings(batch_records=batch_records))
    usual = validate(entries)
    assert report.findings
    assert report.findings == usual.findings
    for severity in ("violation", "warning", "info", "never"):
        assert report.conforms(severity) == usual.conforms(severity)


# Other rounds.


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_writing_over_a_file_gives_the_same_bytes(suffix: str, usual: dict[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    path.write_text("something longer\n" * 10_000)
    for _ in range(2):
        write(read(*PAGES), path, is_sorted=True)
        assert path.read_bytes() == usual[suffix]
