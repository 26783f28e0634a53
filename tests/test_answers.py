"""The forms of an answer, read back by parsers that are not ours; and the commands that ask."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib.plugins.sparql.results.xmlresults import XMLResult

from arrowkg.errors import BadText
from arrowkg.settings import Settings
from arrowkg.sparql.answer import Answer, Row
from arrowkg.sparql.query import BOOLEAN, ROWS, TRIPLES
from arrowkg.sparql.writers import FORMS, form_named
from arrowkg.terms import Triple, text
from cli import (
    SEEDS,
    SOUND,
    assert_refused,
    assert_steers_no_terminal,
    graph_of,
    jsonl,
    put,
    run,
    spawn,
)

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
ROW: Final[Row] = (
    "<http://example.org/a&b>",
    '"a \\"b\\"\\n\\tc <&> ]]>"',
    None,
    f'"7"^^<{XSD}integer>',
    '"x"@en-gb',
    "_:b0",
)
NAMES: Final = ("iri", "text", "none", "number", "tagged", "blank")
SEED_PAGE: Final = SEEDS / "tomer-michaeli.txt"


def written(name: str, answer: Answer) -> bytes:
    return b"".join(next(form for form in FORMS if form.name == name).write(answer, Settings()))


def of_rows(rows: list[Row], names: tuple[str, ...] = NAMES) -> Answer:
    return Answer(names, iter(rows))


def read_back(content: bytes, form: pyoxigraph.QueryResultsFormat) -> tuple[list[str], list[list[str | None]]]:
    found = pyoxigraph.parse_query_results(content, form)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return [variable.value for variable in found.variables], [
        [None if term is None else str(term) for term in row] for row in found
    ]


_PARSED: Final = {
    "json": pyoxigraph.QueryResultsFormat.JSON,
    "xml": pyoxigraph.QueryResultsFormat.XML,
    "tsv": pyoxigraph.QueryResultsFormat.TSV,
}


@pytest.mark.parametrize("name", list(_PARSED))
def test_rows_are_read_back_by_another_library(name: str) -> None:
    names, rows = read_back(written(name, of_rows([ROW, (None,) * 6])), _PARSED[name])
    assert names == list(NAMES)
    # Labels of blank nodes mean nothing beyond their answer.
    assert [row[:5] for row in rows] == [list(ROW[:5]), [None] * 5]
    assert str(rows[0][5]).startswith("_:")


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_any_text_is_read_back(values: list[str]) -> None:
    rows: list[Row] = []
    for value in values:
        try:
            rows.append((text(value),))
        except BadText:
            continue
    for name, form in _PARSED.items():
        try:
            content = written(name, of_rows(rows, ("x",)))
        except BadText as error:
            assert name == "xml", error
            continue
        found = [term and pyoxigraph_value(term) for [term] in read_back(content, form)[1]]
        assert found == [pyoxigraph_value(row[0] or "") for row in rows], name


def pyoxigraph_value(term: str) -> str:
    [quad] = pyoxigraph.parse(f"<urn:s> <urn:p> {term} .", pyoxigraph.RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, pyoxigraph.Literal)
    return quad.object.value


def test_xml_is_read_by_rdflib_too() -> None:
    [row] = XMLResult(io.BytesIO(written("xml", of_rows([ROW])))).bindings
    assert {str(name): str(value) for name, value in row.items() if str(name) != "blank"} == {
        "iri": "http://example.org/a&b",
        "text": 'a "b"\n\tc <&> ]]>',
        "number": "7",
        "tagged": "x",
    }


def test_csv_is_plain() -> None:
    content = written("csv", of_rows([ROW]))
    assert content.startswith(b"iri,text,none,number,tagged,blank\r\n")
    assert list(csv.reader(io.StringIO(content.decode(), newline="")))[1] == [
        "http://example.org/a&b",
        'a "b"\n\tc <&> ]]>',
        "",
        "7",
        "x",
        "_:b0",
    ]


def test_a_truth_is_read_back() -> None:
    for name in ("json", "xml"):
        for truth in (True, False):
            found = pyoxigraph.parse_query_results(written(name, Answer(truth=truth)), _PARSED[name])
            assert isinstance(found, pyoxigraph.QueryBoolean)
            assert bool(found) == truth
    assert [written("table", Answer(truth=truth)) for truth in (True, False)] == [b"yes\n", b"no\n"]


TRIPLES_OF: Final[list[Triple]] = [
    ("<urn:z>", "<http://purl.org/dc/terms/title>", '"Sand"'),
    ("<urn:a>", "<https://w3id.org/arrowkg/ns#isInferred>", f'"true"^^<{XSD}boolean>'),
    ("<urn:a>", "<urn:p>", '"x"@en'),
    ("<urn:z>", "<http://purl.org/dc/terms/title>", '"Sand"'),
]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("nt", pyoxigraph.RdfFormat.N_TRIPLES),
        ("turtle", pyoxigraph.RdfFormat.TURTLE),
        ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
    ],
)
def test_a_graph_is_read_back_and_its_bytes_are_the_same_in_any_order(name: str, form: pyoxigraph.RdfFormat) -> None:
    content = written(name, Answer(triples=iter(TRIPLES_OF)))
    found = {" ".join(map(str, (q.subject, q.predicate, q.object))) for q in pyoxigraph.parse(content, form)}
    assert found == {" ".join(triple) for triple in TRIPLES_OF}
    assert written(name, Answer(triples=iter(TRIPLES_OF[::-1]))) == content
    assert content.endswith(b"\n")


def test_a_table_is_made_to_be_read() -> None:
    rows: list[Row] = [
        ('"Zoë"', f'"7"^^<{XSD}integer>', '"' + "long " * 30 + '"'),
        ('"李例"', f'"12"^^<{XSD}integer>', None),
        ('"two\\nlines\\u0007"', None, '"x"'),
    ]
    told = written("table", of_rows(rows, ("name", "n", "more"))).decode().splitlines()
    assert told == [
        "name              n  more",
        f"Zoë               7  {('long ' * 30)[:59]}…",
        "李例             12",
        "two lines\\u0007      x",
    ]


def test_a_long_table_streams() -> None:
    def endless() -> Iterator[Row]:
        while True:
            yield ('"x"',)

    parts = next(form for form in FORMS if form.name == "table").write(Answer(("x",), endless()), Settings())
    assert [next(parts) for _ in range(5000)][-1] == b"x\n"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (ROWS, ["table", "csv", "tsv", "json", "xml"]),
        (BOOLEAN, ["table", "json", "xml"]),
        (TRIPLES, ["turtle", "jsonld", "nt"]),
    ],
)
def test_each_kind_has_its_forms(kind: str, names: list[str]) -> None:
    assert [form.name for form in FORMS if kind in form.kinds] == names
    assert form_named(None, kind).name == names[0]


# The commands.


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of the seed page, named kg."""
    folder = tmp_path_factory.mktemp("kept")
    assert run(folder, "load", SEED_PAGE, "--store", "kg", "-q").code == 0
    return folder


TITLES: Final = "SELECT ?title { ?paper schema:headline ?title } ORDER BY ?title"


def expected_titles() -> list[str]:
    found = json.loads((SEEDS / "tomer-michaeli.expected.json").read_text(encoding="utf-8"))
    return sorted(paper["title"] for paper in found["papers"])


def test_a_store_and_its_inputs_give_the_same_answer(kept: Path) -> None:
    graph_of(kept, SEED_PAGE.read_bytes(), "kg.ttl")
    answers = [
        run(kept, "query", TITLES, *place, "--format", "csv")
        for place in (("--store", "kg"), ("--data", "kg.ttl"), ("--data", SEED_PAGE))
    ]
    for ran in answers:
        assert ran.code == 0, ran
        rows = list(csv.reader(io.StringIO(ran.text, newline="")))
        assert [title for [title] in rows[1:]] == expected_titles()


def test_a_query_comes_from_a_file_or_from_standard_input(kept: Path) -> None:
    put(kept, "q.rq", f"# the titles\n{TITLES}\n")
    from_file = run(kept, "query", "--file", "q.rq", "--store", "kg")
    from_stdin = run(kept, "query", "--file", "-", "--store", "kg", stdin=TITLES.encode())
    assert (from_file.code, from_file.out) == (0, from_stdin.out)
    put(kept, "bad.rq", "SELECT *\n{ ?s ?p ?o\n")
    ran = run(kept, "query", "--file", "bad.rq", "--store", "kg")
    assert ran.code == 3
    assert ran.err.startswith("bad.rq:3: not SPARQL")


def test_an_answer_goes_to_a_file_whole_or_not_at_all(kept: Path) -> None:
    put(kept, "out.csv", "old")
    ran = run(kept, "query", TITLES, "--store", "kg", "--format", "csv", "-o", "out.csv")
    assert (ran.code, ran.out) == (0, b"")
    assert (kept / "out.csv").read_bytes().count(b"\n") == 33
    put(kept, "out.csv", "old")
    endless = "SELECT * {?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l}"
    ran = run(kept, "query", endless, "--store", "kg", "--timeout", "1", "-o", "out.csv", "--format", "csv")
    assert_refused(ran, 4, "query: the query took more than 1 seconds", "--timeout")
    assert (kept / "out.csv").read_bytes() == b"old"


def test_a_cut_answer_says_so(kept: Path) -> None:
    ran = run(kept, "query", TITLES, "--store", "kg", "--limit", "3")
    assert len(ran.text.splitlines()) == 4
    assert ran.err == "only the first 3 are given, and there are more; --limit allows others\n"
    assert run(kept, "query", TITLES, "--store", "kg", "--limit", "32").err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "error", "hint"),
    [
        (("ASK {}",), 2, "name what to ask", None),
        (("ASK {}", "--store", "kg", "--data", "x"), 2, "name what to ask", None),
        (("--store", "kg"), 2, "name one query", "--examples"),
        (("ASK {}", "--example", "x", "--store", "kg"), 2, "name one query", None),
        (("ASK {}", "--store", "none"), 2, "there is no none", "arrowkg load"),
        (("ASK {}", "--store", "."), 2, ". is not an arrowkg store", None),
        (("ASK {}", "--store", "kg", "--set", "a=b"), 2, "--set goes with --example", None),
        (("ASK {}", "--store", "kg", "--auth-file", "x"), 2, "--auth-file goes with --endpoint", None),
        (("ASK {}", "--store", "kg", "--format", "csv"), 2, "csv does not carry", "use table, json, xml"),
        (("ASK {}", "--store", "kg", "--format", "jsn"), 2, "there is no answer format 'jsn'", "did you mean json?"),
        (("ASK {}", "--data", "none.ttl"), 3, "none.ttl: there is no such file", None),
        (("DROP ALL", "--store", "kg"), 3, "query:1: DROP is an update", None),
        (("--file", "none.rq", "--store", "kg"), 3, "none.rq: there is no such file", None),
        (("--example", "co-autors", "--store", "kg"), 2, "there is no example query 'co-autors'", "co-authors"),
        (("--example", "co-authors", "--store", "kg"), 2, "the example co-authors needs --set name", "For example"),
        (("--example", "co-authors", "--set", "name", "--store", "kg"), 2, "--set 'name' is not NAME=VALUE", None),
    ],
)
def test_what_cannot_be_asked_is_refused(
    kept: Path, arguments: tuple[str, ...], code: int, error: str, hint: str | None
) -> None:
    assert_refused(run(kept, "query", *arguments), code, error, hint)


def test_a_store_is_not_changed_by_asking_it(kept: Path) -> None:
    tables = [path for path in (kept / "kg" / "live" / "database").iterdir() if path.suffix == ".sst"]
    before = {path: path.read_bytes() for path in tables}
    assert run(kept, "query", TITLES, "--store", "kg").code == 0
    assert {path: path.read_bytes() for path in tables} == before


def test_examples_are_listed(kept: Path) -> None:
    ran = run(kept, "query", "--examples")
    assert (ran.code, ran.err) == (0, "")
    assert "\nco-authors\n" in ran.text
    assert '--set name="Tomer Michaeli"' in ran.text
    assert max(map(len, ran.text.splitlines())) <= 80


def test_an_example_is_asked(kept: Path) -> None:
    ran = run(
        kept, "query", "--example", "co-authors", "--set", "name=Tomer Michaeli", "--store", "kg", "--format", "json"
    )
    assert ran.code == 0, ran
    first = json.loads(ran.out)["results"]["bindings"][0]
    assert (first["coauthor"]["value"], first["papers"]["value"]) == ("Michael Elad", "8")


def test_data_in_the_other_form_of_schema_org_is_asked_too(tmp_path: Path) -> None:
    assert run(tmp_path, "load", SEED_PAGE, "--store", "kg", "--schema-ns", "http", "-q").code == 0
    ran = run(
        tmp_path, "query", "--example", "co-authors", "--set", "name=Tomer Michaeli", "--store", "kg", "--limit", "1"
    )
    assert "Michael Elad" in ran.text
    ran = run(tmp_path, "query", "SELECT ?t {?p schema:headline ?t}", "--store", "kg")
    assert len(ran.text.splitlines()) == 33


def test_hostile_texts_steer_no_terminal(tmp_path: Path) -> None:
    hostile = "\x1b[31mred\x1b[0m \u202egnp.exe"
    put(tmp_path, "in.jsonl", jsonl({**SOUND, "title": hostile, "authors": [hostile, "Ada"]}))
    assert run(tmp_path, "load", "in.jsonl", "--store", "kg", "-q").code == 0
    for arguments in (("query", "SELECT * {?s ?p ?o}"), ("search", hostile), ("search", "ad")):
        assert_steers_no_terminal(run(tmp_path, *arguments, "--store", "kg"))
    assert_steers_no_terminal(run(tmp_path, "store", "info", "kg"))


# Searching.


@pytest.mark.parametrize("name", ["Tomer Michaeli", "tomer michaeli", "TOMER  MICHAELI", "Tomer\u200f Michaeli"])
def test_a_name_is_found_whatever_its_case(kept: Path, name: str) -> None:
    ran = run(kept, "search", name, "--store", "kg")
    assert (ran.code, ran.err) == (0, "")
    told = ran.text.splitlines()
    assert told[:2] == ["Tomer Michaeli", "32 papers, 1 spelling of the name"]
    expected = json.loads((SEEDS / "tomer-michaeli.expected.json").read_text(encoding="utf-8"))["papers"]
    years = [line for line in told if line.isdigit()]
    assert years == [str(year) for year in sorted({paper["year"] for paper in expected}, reverse=True)]
    # The page's own order: by year, newest first, then by title.
    flat = " ".join(ran.text.split())
    places = [flat.index(" ".join(paper["title"].split())) for paper in expected]
    assert places == sorted(places)


def test_spellings_and_homonyms_are_told_and_never_merged(tmp_path: Path) -> None:
    papers = [
        {**SOUND, "title": "One", "authors": ["Noa Cohen", "Zoë Quill"], "year": 2020},
        {**SOUND, "title": "Two", "authors": ["NOA COHEN", "Zoe Quill"], "year": 2021},
        {**SOUND, "title": "Three", "authors": ["Noa Cohen 0001"]},
        {"title": "Four", "authors": ["Noa Cohen"]},
    ]
    put(tmp_path, "in.jsonl", jsonl(*papers))
    assert run(tmp_path, "load", "in.jsonl", "--store", "kg", "-q").code == 0
    ran = run(tmp_path, "search", "noa cohen", "--store", "kg")
    assert ran.text.splitlines()[:3] == ["Noa Cohen", "3 papers, 2 spellings of the name", "as NOA COHEN, Noa Cohen"]
    assert "Three" not in ran.text
    assert ran.text.rstrip().endswith("Near, and never merged: Noa Cohen 0001")
    assert [line for line in ran.text.splitlines() if line in ("2021", "2020", "no year")] == [
        "2021",
        "2020",
        "no year",
    ]
    ran = run(tmp_path, "search", "Zoe Quill", "--store", "kg")
    assert "Near, and never merged: Zoë Quill" in ran.text
    for name in ("N. Cohen", "Cohen Noa", "Noa Cohan", "Noa Cohen 0002"):
        refused = run(tmp_path, "search", name, "--store", "kg")
        assert_refused(refused, 2, f"kg has no author '{name}'", "did you mean")
        assert "'NOA COHEN'" in refused.err or "'Noa Cohen" in refused.err
    assert_refused(run(tmp_path, "search", "Ada Quill 9", "--store", "kg"), 2, "kg has no author")
    assert_refused(run(tmp_path, "search", "", "--store", "kg"), 2, "kg has no author ''")


@pytest.mark.parametrize("columns", ["20", "40", "80", "200"])
def test_a_page_fits_the_terminal(kept: Path, columns: str) -> None:
    ran = spawn(kept, "search", "Tomer Michaeli", "--store", "kg", environment={"COLUMNS": columns})
    assert ran.code == 0
    assert max(map(len, ran.text.splitlines())) <= min(max(int(columns), 40), 100)
