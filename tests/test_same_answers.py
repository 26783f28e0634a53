"""The same graph in the embedded store, in Oxigraph and in Virtuoso: each question has the same answer everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from arrowkg.sparql.examples import Example, examples
from arrowkg.terms import XSD
from cli import SEEDS, SOUND, jsonl, put, run
from servers import Server, has_virtuoso, oxigraph, virtuoso

GRAPH: Final = "https://kg.example.org/graph"
SEED_PAGE: Final = SEEDS / "tomer-michaeli.txt"
# What the seed page has no case of: homonyms, gaps, repeats, equal titles.
ODD: Final = (
    {**SOUND, "title": "Twice", "authors": ["Bo Tarn", "Bo Tarn"]},
    {**SOUND, "title": "On Stones", "venue": "ICML"},
    SOUND,
    {**SOUND, "title": "on stones!", "doi": "10.5555/1"},
    {**SOUND, "title": "No Year", "year": None, "doi": "10.5555/1"},
    {"title": "Nothing Else"},
    {**SOUND, "title": "Far", "authors": ["Michael Elad", "Bo Tarn"]},
    {**SOUND, "title": "Noa", "authors": ["Noa Cohen", "Noa Cohen 0002", "Ada Quill"], "abstract": None},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and the N-Triples of the same graph."""
    folder = tmp_path_factory.mktemp("same")
    papers = [{name: value for name, value in paper.items() if value is not None} for paper in ODD]
    put(folder, "odd.jsonl", jsonl(*papers))
    inputs = (str(SEED_PAGE), "odd.jsonl", str(SEEDS / "papers.jsonl"))
    assert run(folder, "load", *inputs, "--store", "kg", "-q").code == 0
    assert run(folder, "export", *inputs, "-o", "kg.nt", "--no-validate", "-q").code == 0
    put(folder, "auth", "dba:dba")
    return folder


@pytest.fixture(scope="module", params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.virtuoso)])
def endpoint(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The end point of a real server that the graph was pushed to."""
    if request.param == "virtuoso" and not has_virtuoso():
        pytest.skip("Virtuoso is not installed")
    place = folder / request.param
    with oxigraph(place) if request.param == "oxigraph" else virtuoso(place) as server:
        pushed(folder, server)
        path = "/query" if request.param == "oxigraph" else "/sparql"
        yield f"{server.url}{path}?default-graph-uri={GRAPH}"


def pushed(folder: Path, server: Server) -> None:
    more = ("--auth-file", "auth") if server.sql_port else ()
    ran = run(folder, "push", "kg.nt", server.url, "--graph", GRAPH, "--mode", "replace", *more)
    assert ran.code == 0, ran


def answer(folder: Path, example: Example, *place: str) -> list[list[tuple[str, str] | None]]:
    """The rows of an answer, each term as its kind or datatype and its text, in order."""
    values = [part for one in example.parameters for part in ("--set", f"{one.name}={one.example}")]
    ran = run(folder, "query", "--example", example.name, *values, *place, "--format", "json")
    assert ran.code == 0, ran
    found = json.loads(ran.out)
    names = found["head"]["vars"]
    assert names == [column.name for column in example.columns]
    return [
        [(kind(row[name]), row[name]["value"]) if name in row else None for name in names]
        for row in found["results"]["bindings"]
    ]


def kind(term: dict[str, str]) -> str:
    """The kind of a term. Engines differ on which type of number a count or a year read as a number has."""
    datatype = term.get("datatype", "")
    return "number" if datatype in {f"{XSD}integer", f"{XSD}int", f"{XSD}decimal"} else datatype or term["type"]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_a_question_has_the_same_answer_on_a_server(folder: Path, endpoint: str, example: Example) -> None:
    assert answer(folder, example, "--endpoint", endpoint) == answer(folder, example, "--store", "kg")


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_a_question_has_the_same_answer_on_files(folder: Path, example: Example) -> None:
    assert answer(folder, example, "--data", "kg.nt") == answer(folder, example, "--store", "kg")


def test_most_questions_find_something_here(folder: Path) -> None:
    empty = [example.name for example in examples() if not answer(folder, example, "--store", "kg")]
    assert empty == ["position-holes"], "a mapped graph has no holes in its bylines"
