"""Texts that break careless writers come out of every notation as they went in, by readers that are not ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg import ArrowkgError, BadText, Capture, Entry, Paper, Settings, read, triples, write
from arrowkg.errors import BadRecord
from arrowkg.files import Output
from arrowkg.formats import FORMATS, Options, format_for
from arrowkg.formats.jsonld import record_document
from arrowkg.iris import bare_doi
from arrowkg.mapping import record_triples
from arrowkg.model import nfc
from arrowkg.pipeline import Hooks, export
from arrowkg.sinks import Target
from judges import JAVA, canonical_lines, needs_java, needs_node
from judges.java import read_with_jena
from judges.jsonld import read_with_pyld
from judges.node import read_with_jsonld_js, read_with_n3

COUNT: Final = 21_000
SEED: Final = 20_000
PART: Final = 8
"""Readers that are slow are given each entry of so many."""

AK: Final = "https://w3id.org/arrowkg/ns#"
ANY_URI: Final = "^^<http://www.w3.org/2001/XMLSchema#anyURI>"


@cache
def hostile() -> list[Entry]:
    return strategies.hostile_entries(COUNT, SEED)


def test_no_entry_is_like_another_and_each_piece_is_in_each_field() -> None:
    entries = hostile()
    assert len(entries) == COUNT >= 20_000
    assert len({entry.paper for entry in entries}) == COUNT
    assert entries == strategies.hostile_entries(COUNT, SEED)
    for fields in (
        [entry.paper.title for entry in entries],
        [name for entry in entries for name in entry.paper.authors],
        [entry.paper.venue for entry in entries],
        [entry.paper.kind for entry in entries],
        [entry.paper.abstract for entry in entries],
        [entry.paper.doi for entry in entries],
        [entry.paper.url for entry in entries],
    ):
        assert {nfc(f"x{piece}") for piece in strategies.PIECES + strategies.LONG} <= set(fields)


# One graph, in each notation, by each reader.


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


Written = Callable[..., Path]


@pytest.fixture(scope="module")
def written(folder: Path) -> Written:
    """Writes the entries, each entry of ``part`` of them, under a name; every file is written once."""

    @cache
    def write_once(name: str, part: int = 1, is_sorted: bool | None = None) -> Path:
        path = folder / f"{part}-{is_sorted}-{name}"
        write(hostile()[::part], path, is_sorted=is_sorted)
        return path

    return write_once


@pytest.fixture(scope="module")
def lines(written: Written) -> Callable[..., list[bytes]]:
    """The statements of the entries, each entry of ``part`` of them, as they are in N-Triples."""

    @cache
    def lines_of(part: int = 1) -> list[bytes]:
        return canonical_lines(written("all.nt", part).read_bytes())

    return lines_of


def test_what_streams_has_no_line_twice(lines: Callable[..., list[bytes]]) -> None:
    found = lines()
    assert len(found) == len(set(found)) > 500_000


@needs_node
@pytest.mark.parametrize(
    ("name", "media_type"),
    [("all.nt", "application/n-triples"), ("all.ttl", "text/turtle")],
)
def test_n3_reads_each_statement(
    name: str, media_type: str, written: Written, lines: Callable[..., list[bytes]]
) -> None:
    assert read_with_n3(written(name), media_type) == lines()


@needs_node
def test_n3_reads_each_statement_of_turtle_that_streams(written: Written, lines: Callable[..., list[bytes]]) -> None:
    assert read_with_n3(written("all.ttl", is_sorted=False), "text/turtle") == lines()


@needs_java
@pytest.mark.parametrize(("name", "lang"), [("all.nt", "ntriples"), ("all.ttl", "turtle")])
def test_jena_reads_each_statement(name: str, lang: str, written: Written, lines: Callable[..., list[bytes]]) -> None:
    assert read_with_jena(written(name), lang) == lines()


@needs_node
def test_jsonld_js_reads_each_statement(written: Written, lines: Callable[..., list[bytes]]) -> None:
    assert read_with_jsonld_js(written("all.jsonld")) == lines()


@pytest.mark.parametrize(
    "read_jsonld",
    [
        pytest.param(read_with_pyld, id="PyLD"),
        pytest.param(lambda path: read_with_jena(path, "jsonld"), marks=JAVA, id="Jena"),
    ],
)
def test_a_part_is_the_same_in_json_ld(
    read_jsonld: Callable[[Path], list[bytes]], written: Written, lines: Callable[..., list[bytes]]
) -> None:
    assert read_jsonld(written("part.jsonld", PART)) == lines(PART)


@pytest.mark.parametrize("number", range(3))
@needs_node
def test_a_part_is_the_same_in_json_ld_lines(
    number: int, folder: Path, written: Written, lines: Callable[..., list[bytes]]
) -> None:
    documents = written("part.jsonl", 3 * PART).read_bytes().split(b"\n")[:-1]
    assert len(documents) == len(hostile()[:: 3 * PART])
    path = folder / f"lines-{number}.jsonld"
    path.write_bytes(b"[" + b",\n".join(documents[number::3]) + b"]")
    found = read_with_jsonld_js(path)
    assert set(found) <= set(lines(3 * PART))
    if number == 0:
        everything = folder / "lines.jsonld"
        everything.write_bytes(b"[" + b",\n".join(documents) + b"]")
        assert set(read_with_jsonld_js(everything)) == set(lines(3 * PART))


@needs_java
def test_jena_reads_each_statement_of_rdf_xml_that_xml_carries(folder: Path) -> None:
    carried = [entry for entry in hostile() if strategies.is_carried_by_xml(entry)]
    refused: list[BadRecord] = []
    path = folder / "carried.rdf"
    with Output(str(path)) as output:
        target = Target(output, format_for(str(path)), is_sorted=True)
        summary = export(hostile(), target, Settings(), hooks=Hooks(bad=refused.append))
    assert summary.papers == len(carried) > COUNT // 3
    assert {error.line for error in refused} == {e.line for e in hostile()} - {e.line for e in carried}
    assert all(type(error) is BadText and error.file == "papers" for error in refused)
    write(carried, folder / "carried.nt")
    assert read_with_jena(path, "rdfxml") == canonical_lines((folder / "carried.nt").read_bytes())


# The values are those of the papers, by an escaping of the tests' own.

NAMED: Final = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
ESCAPES: Final = {**{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)}, **NAMED}


def literal(text: str) -> bytes:
    """A text as a canonical literal."""
    return f'"{nfc(text).translate(ESCAPES)}"'.encode()


def objects(lines: list[bytes], predicate: str) -> Counter[bytes]:
    """The objects of a predicate, each with the number of its statements."""
    wanted = f" <{predicate}> ".encode()
    return Counter(line.partition(wanted)[2][:-2] for line in lines if wanted in line)


def test_each_text_is_there_as_often_as_papers_have_it(lines: Callable[..., list[bytes]]) -> None:
    found = lines()
    papers = [entry.paper for entry in hostile()]
    pages = [entry.capture.name for entry in hostile() if entry.capture]
    titles = Counter(literal(paper.title) for paper in papers)
    abstracts = Counter(literal(paper.abstract) for paper in papers if paper.abstract)
    urls = Counter(literal(paper.url) + ANY_URI.encode() for paper in papers if paper.url)
    names = Counter(literal(name) for paper in papers for name in paper.authors)
    assert objects(found, "https://schema.org/headline") == titles
    assert objects(found, "https://schema.org/abstract") == abstracts
    assert objects(found, "http://purl.org/dc/terms/abstract") == abstracts
    assert objects(found, "https://schema.org/url") == urls
    assert objects(found, "http://purl.org/spar/fabio/hasURL") == urls
    assert objects(found, f"{AK}nameAsListed") == names + Counter(map(literal, pages))
    assert objects(found, f"{AK}venueAsListed") == Counter(literal(paper.venue) for paper in papers if paper.venue)
    assert objects(found, f"{AK}kindAsListed") == Counter(literal(paper.kind) for paper in papers if paper.kind)


def test_each_doi_is_there_in_small_letters_as_often_as_papers_have_it(lines: Callable[..., list[bytes]]) -> None:
    dois = [nfc(entry.paper.doi.lower()) for entry in hostile() if entry.paper.doi]
    found = objects(lines(), "http://www.essepuntato.it/2010/06/literalreification/hasLiteralValue")
    assert found == Counter(map(literal, dois))
    assert objects(lines(), "https://schema.org/identifier") == Counter(
        literal(f"https://doi.org/{doi}") for doi in dois
    )


def test_texts_come_through_json_lines_as_they_are(tmp_path: Path) -> None:
    def listed(text: str | None) -> str | None:
        return text if text and not text.isspace() else None

    papers = [entry.paper for entry in hostile()]
    path = tmp_path / "papers.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, paper in enumerate(papers):
            json.dump(asdict(paper), file, ensure_ascii=number % 2 == 0)
            file.write("\n")
    expected = [
        replace(
            paper,
            kind=listed(paper.kind),
            abstract=listed(paper.abstract),
            url=listed(paper.url),
            doi=bare_doi(paper.doi) if paper.doi else None,
        )
        for paper in papers
    ]
    assert [entry.paper for entry in read(path)] == expected
    assert [entry.line for entry in read(path)] == list(range(1, len(papers) + 1))


# Text that no notation carries safely.

FIELDS: Final = ("title", "author", "venue", "kind", "abstract", "doi", "url", "page")
PLAIN: Final = Paper("On Stones", ("Ada Quill", "Bo Tarn"), venue="ICLR", kind="Conference Paper", year=2024)
PAGE: Final = Capture("Ada Quill", "0123456789abcdef" * 4, 1, 1, 1)


def with_text(field: str, text: str) -> tuple[Paper, Capture]:
    """A plain paper and its page with a text in one field."""
    if field == "page":
        return PLAIN, replace(PAGE, name=nfc(text))
    if field == "author":
        return replace(PLAIN, authors=("Ada Quill", text)), PAGE
    changed: dict[str, Any] = {field: text}
    return replace(PLAIN, **changed), PAGE


@pytest.mark.parametrize("policy", ["keep", "refuse"])
@pytest.mark.parametrize("field", FIELDS)
@given(text=strategies.unsafe_texts())
@hypothesis_settings(max_examples=25)
def test_unsafe_text_is_refused_by_the_name_of_its_field(policy: Any, field: str, text: str) -> None:
    paper, page = with_text(field, text)
    with pytest.raises(BadText) as caught:
        list(triples(paper, Settings(characters=policy), page))
    assert field in caught.value.reason
    assert caught.value.hint
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("control", ["\x01", "\x08", "\x0c", "\x1f"])
def test_control_characters_are_kept_or_refused(field: str, control: str) -> None:
    paper, page = with_text(field, f"a{control}b")
    kept = " ".join(value for _, _, value in triples(paper, Settings(), page))
    escape = {"\x08": "\\b", "\x0c": "\\f"}.get(control, f"\\u{ord(control):04X}")
    assert f"a{escape}b" in kept
    with pytest.raises(BadText) as caught:
        list(triples(paper, Settings(characters="refuse"), page))
    assert field in caught.value.reason


@pytest.mark.parametrize("field", FIELDS)
@given(text=strategies.unsafe_texts() | st.sampled_from([f"a{char}b" for char in strategies.CONTROLS]))
@hypothesis_settings(max_examples=25)
def test_unsafe_text_is_replaced(field: str, text: str) -> None:
    paper, page = with_text(field, text)
    _check_replaced(field, text, list(triples(paper, Settings(characters="replace"), page)))


def _check_replaced(field: str, text: str, found: list[tuple[str, str, str]]) -> None:
    def is_replaced(char: str) -> bool:
        return char in strategies.UNSAFE or (char < " " and char not in strategies.XML_CONTROLS)

    # DOIs do not tell cases apart, and are written in small letters.
    text = nfc(text.lower() if field == "doi" else text)
    expected = "".join("\ufffd" if is_replaced(char) else char for char in text).translate(ESCAPES)
    assert any(expected in value for _, _, value in found)
    assert not any(char in value for _, _, value in found for char in strategies.UNSAFE)


@pytest.mark.parametrize("field", [field for field in FIELDS if field != "page"])
@pytest.mark.parametrize("char", ["\0", "\x07", "\x1b", "\ufdd0", "\uffff", "\U0010ffff", "\ud800"])
def test_unsafe_text_in_json_lines_is_replaced(field: str, char: str, tmp_path: Path) -> None:
    value = f"10.5555/a{char}b" if field == "doi" else f"a{char}b"
    source: dict[str, Any] = {"title": "On Stones", "authors": ["Ada Quill"], "venue": "ICLR"}
    source.update({"authors": ["Ada Quill", value]} if field == "author" else {field: value})
    path = tmp_path / "papers.jsonl"
    path.write_text(json.dumps(source) + "\n")
    options = Settings(characters="replace")
    write(read(path, settings=options), tmp_path / "out.rdf", settings=options)
    write(read(path, settings=options), tmp_path / "out.nt", settings=options)
    assert value.replace(char, "\ufffd") in (tmp_path / "out.rdf").read_text()
    assert value.replace(char, "\ufffd") in (tmp_path / "out.nt").read_text()


@pytest.mark.parametrize("place", ["Ada Qu\x07ill", "On\x07 Stones", "Bo\x07 Tarn"])
def test_unsafe_text_on_a_page_is_replaced(place: str, tmp_path: Path) -> None:
    page = (
        "Arrow Research search\n\nAuthor name cluster\n\nAda Quill\n\n1 paper\n1 author row\n\nPossible papers\n\n1\n\n"
        "ICLR Conference 2024 Conference Paper\n\nOn Stones\n\n  • Ada Quill\n  • Bo Tarn\n\nWe sort.\n"
    )
    path = tmp_path / "page.txt"
    path.write_text(page.replace(place.replace("\x07", ""), place))
    options = Settings(characters="replace")
    write(read(path, settings=options), tmp_path / "out.nt", settings=options)
    found = (tmp_path / "out.nt").read_text()
    assert place.replace("\x07", "\ufffd") in found
    assert "\\u0007" not in found
    write(read(path, settings=options), tmp_path / "out.rdf", settings=options)


@pytest.mark.parametrize("policy", ["keep", "refuse"])
@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\udc00\\ud800", "\\u0000", "\\uffff"])
def test_unsafe_text_in_json_lines_is_refused_with_its_place(policy: Any, escape: str, tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(f'{{"title": "On Sand"}}\n{{"title": "a{escape}b"}}\n')
    options = Settings(characters=policy)
    with pytest.raises(BadText) as caught:
        write(read(path, settings=options), tmp_path / "out.nt", settings=options)
    assert (caught.value.file, caught.value.line) == (str(path), 2)
    assert not (tmp_path / "out.nt").exists()


# No other kind of error.

ANYTHING: Final = st.text(st.characters() | st.sampled_from(strategies.UNSAFE), max_size=6) | strategies.texts()


@given(
    paper=st.builds(
        Paper,
        title=ANYTHING,
        authors=st.lists(ANYTHING, max_size=3).map(tuple),
        venue=st.none() | ANYTHING,
        kind=strategies.kinds() | ANYTHING,
        year=st.none() | st.integers() | strategies.years(),
        abstract=st.none() | ANYTHING,
        doi=st.none() | ANYTHING,
        url=st.none() | ANYTHING,
    ),
    capture=st.none() | st.builds(replace, strategies.captures(), name=ANYTHING),
    options=st.builds(replace, strategies.settings(), characters=st.sampled_from(("keep", "replace", "refuse"))),
    graph=st.none() | st.just("https://example.org/g"),
)
@hypothesis_settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_no_other_error_comes_out_of_mapping_and_writing(
    paper: Paper, capture: Capture | None, options: Settings, graph: str | None
) -> None:
    try:
        own, shared = record_triples(paper, options, capture)
    except BadRecord:
        return
    for chosen in FORMATS:
        writer = chosen.writer(Options(options.schema_ns, graph))
        try:
            if chosen.refuse:
                chosen.refuse(own)
                chosen.refuse(shared)
        except BadText:
            continue
        text = writer.start(None) + writer.record(own, shared) + writer.finish()
        assert text.encode()
    assert record_document(own, shared, options.schema_ns)["@id"] == own[0][0][1:-1]


@given(papers=st.lists(st.builds(Paper, title=ANYTHING, authors=st.lists(ANYTHING, max_size=2).map(tuple)), max_size=3))
@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_no_other_error_comes_out_of_a_run(papers: list[Paper], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    for chosen in FORMATS:
        path = folder / f"out{chosen.suffixes[0]}"
        try:
            write(papers, path)
        except ArrowkgError:
            assert not path.exists()
        else:
            assert path.stat().st_size
