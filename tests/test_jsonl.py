"""Reading JSON Lines: what a paper may be, what is refused and with which words, and the published schema."""

from __future__ import annotations

import gzip
import importlib.resources
import json
import lzma
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from arrowkg.errors import BadRecord, InputError
from arrowkg.files import Input
from arrowkg.model import Notice, Paper
from arrowkg.pipeline import Hooks, mapped, read
from arrowkg.settings import Settings
from arrowkg.sources import jsonl
from arrowkg.sources.record import Record

SCHEMA = json.loads(importlib.resources.files("arrowkg.sources").joinpath("paper.schema.json").read_text("utf-8"))


def parsed(payload: str | bytes, settings: Settings | None = None, notices: list[Notice] | None = None) -> Paper:
    content = payload.encode() if isinstance(payload, str) else payload
    told = notices if notices is not None else []
    return jsonl.parse(Record("p.jsonl", 1, content), settings or Settings(), told.append)


def test_the_seed_file_is_read_whole(seeds: Path) -> None:
    entries = list(read(seeds / "papers.jsonl"))
    assert [entry.line for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert {entry.paper.kind for entry in entries} == {
        *["Conference Paper", "Workshop Paper", "Journal Article", "Preprint", "Book Chapter", "Book"]
    }
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for line in (seeds / "papers.jsonl").read_text(encoding="utf-8").splitlines():
        validator.validate(json.loads(line))


def test_absent_null_and_blank_fields_are_alike() -> None:
    bare = parsed('{"title": "On Stones"}')
    assert bare == Paper("On Stones")
    fields = ("authors", "venue", "kind", "year", "abstract", "doi", "url", "id")
    assert parsed(json.dumps({"title": "On Stones", **dict.fromkeys(fields)})) == bare
    blank = {"venue": " ", "kind": "", "abstract": "\n", "doi": "", "url": ""}
    assert parsed(json.dumps({"title": "On Stones", "authors": [], **blank})) == bare


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not JSON: .* at column 1"),
        ('{"title": "x"', "not JSON"),
        ('{"title": "x"} {"title": "y"}', "not JSON"),
        ("[]", "not a paper but a list"),
        ('"text"', "not a paper but a text"),
        ("3", "not a paper but a number"),
        ("null", "not a paper but null"),
        ("{}", "the paper has no title"),
        ('{"title": "  "}', "the paper has no title"),
        ('{"title": 3}', "title: a number where a text is expected"),
        ('{"title": "x", "year": "MMXX"}', "year: the text 'MMXX' where a whole number"),
        ('{"title": "x", "year": "2024"}', "year: the text '2024' where a whole number"),
        ('{"title": "x", "year": 2024.5}', "year: a number where a whole number"),
        ('{"title": "x", "year": true}', "year: true or false where"),
        ('{"title": "x", "year": 0}', "year: 0 is not one from 1 to 9999"),
        ('{"title": "x", "year": 99999999999999999999999}', "year"),
        ('{"title": "x", "authors": "Ada Quill"}', "authors: a text where a list of names"),
        ('{"title": "x", "authors": ["Ada", 3]}', "author 2: a number where a name"),
        ('{"title": "x", "authors": ["Ada", " "]}', "author 2 has an empty name"),
        ('{"title": "x", "abstract": ["a"]}', "abstract: a list where a text"),
        ('{"title": "x", "id": {}}', "id: an object where a text or a number"),
        ('{"title": "\\ud800"}', "lone surrogate"),
        ('{"title": NaN}', "not JSON"),
    ],
)
def test_what_is_no_paper_is_refused(line: str, reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        parsed(line)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(BadRecord, match="not UTF-8: byte 0xE9 at column 14"):
        parsed('{"title": "Zoé"}'.encode("latin-1"))


@pytest.mark.parametrize(
    ("settings", "line", "reason"),
    [
        (Settings(max_field_characters=10), '{"title": "12345678901"}', "title: 11 characters, and the limit is 10"),
        (Settings(max_field_characters=10), '{"title": "x", "authors": ["12345678901"]}', "author 1: 11 characters"),
        (Settings(max_authors=2), '{"title": "x", "authors": ["a", "b", "c"]}', "3 authors, and the limit is 2"),
        (Settings(max_depth=3), '{"title": "x", "more": [[[[1]]]]}', "nested deeper than 3"),
        (Settings(), '{"title": "x", "more": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper than 200"),
    ],
)
def test_limits_hold(settings: Settings, line: str, reason: str) -> None:
    with pytest.raises(BadRecord, match=reason):
        parsed(line, settings)


def test_a_whole_number_may_have_a_fraction_of_nothing() -> None:
    assert parsed('{"title": "x", "year": 2024.0, "id": 7.0}').year == 2024
    with pytest.raises(BadRecord, match="id: a number"):
        parsed('{"title": "x", "id": 7.5}')


def test_brackets_in_texts_are_no_nesting() -> None:
    title = '[{"\\' * 300
    assert parsed(json.dumps({"title": title}), Settings(max_depth=3)).title == title


def test_a_line_over_the_limit_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    long = json.dumps({"title": "x" * 2000})
    path.write_text(f'{{"title": "a"}}\n{long}\n{{"title": "b"}}\n{"y" * 201}')
    bad: list[BadRecord] = []
    found = list(read(path, settings=Settings(max_record_bytes=200), hooks=Hooks(bad=bad.append)))
    assert [(entry.line, entry.paper.title) for entry in found] == [(1, "a"), (3, "b")]
    assert [(error.line, error.reason) for error in bad] == [
        (line, "the line holds more than 200 bytes") for line in (2, 4)
    ]


def test_unknown_fields_are_told_and_left_out() -> None:
    notices: list[Notice] = []
    parsed('{"title": "x", "source": "s", "pages": "1-2"}', notices=notices)
    assert [notice.text for notice in notices] == [
        "the field 'pages' is not known and left out",
        "the field 'source' is not known and left out",
    ]


@pytest.mark.parametrize(
    ("doi", "bare"),
    [
        ("10.5555/ABC.1", "10.5555/abc.1"),
        ("https://doi.org/10.5555/x(1)<2>", "10.5555/x(1)<2>"),
        ("http://dx.doi.org/10.5555/x", "10.5555/x"),
        ("doi:10.5555/x", "10.5555/x"),
    ],
)
def test_a_doi_is_taken_bare(doi: str, bare: str) -> None:
    assert parsed(json.dumps({"title": "x", "doi": doi})).doi == bare


@pytest.mark.parametrize("doi", ["http://hdl.handle.net/2065/12142", "10.1162/", "0.26615/978", "x"])
def test_what_is_no_doi_is_told_and_left_out(doi: str) -> None:
    notices: list[Notice] = []
    assert parsed(json.dumps({"title": "x", "doi": doi}), notices=notices).doi is None
    assert [notice.topic for notice in notices] == ["not a DOI"]


def test_blank_lines_and_a_byte_order_mark_are_no_papers(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"title": "a"}\r\n\r\n  \n{"title": "b"}')
    assert [(entry.line, entry.paper.title) for entry in read(path)] == [(1, "a"), (4, "b")]


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress),
        (".xz", lzma.compress),
        (".zst", zstandard.ZstdCompressor().compress),
        (".renamed", gzip.compress),
    ],
)
def test_compressed_input_is_read(seeds: Path, tmp_path: Path, suffix: str, compress: Any) -> None:
    path = tmp_path / f"papers.jsonl{suffix}"
    path.write_bytes(compress((seeds / "papers.jsonl").read_bytes()))
    assert [e.paper for e in read(path)] == [e.paper for e in read(seeds / "papers.jsonl")]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_fields = st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(jsonl.FIELDS), _json))
_likely = st.fixed_dictionaries(
    {"title": st.text(min_size=1, max_size=20)},
    optional={
        "authors": st.lists(st.text(max_size=12), max_size=4) | st.none(),
        "year": st.integers(-5, 10_005) | st.none(),
        "kind": st.sampled_from(["Conference Paper", "Book", "Poster", None]),
        "venue": st.text(max_size=12),
    },
)


@given(_fields | _likely | _json)
def test_the_schema_and_the_reader_agree(value: Any) -> None:
    """What the published schema allows is read, and what is read the schema allows."""
    is_allowed = jsonschema.Draft202012Validator(SCHEMA).is_valid(value)
    payload = json.dumps(value)
    try:
        parsed(payload)
        is_read = True
    except BadRecord as error:
        is_read = False
        if "surrogate" in error.reason or "not JSON" in error.reason:
            return  # neither is a matter of the schema: no lone surrogates, no integers beyond 64 bits
    assert is_read == is_allowed, payload


@pytest.mark.shared
def test_a_sample_of_real_papers_passes_or_is_named(shared: Path) -> None:
    bad: list[BadRecord] = []
    hooks = Hooks(bad=bad.append)
    count = 0
    with Input(str(shared / "data" / "papers" / "papers.jsonl.xz"), Settings()) as opened:
        records = islice(jsonl.split(opened, Settings(), hooks.notice), 0, None, 25)
        kinds: Counter[str | None] = Counter()
        for record in records:
            assert isinstance(record, Record)
            try:
                paper = jsonl.parse(record, Settings(), hooks.notice)
            except BadRecord as error:
                bad.append(error)
                continue
            kinds[paper.kind] += 1
            count += 1
    assert count > 6000
    assert len(bad) <= 1
    assert kinds["Conference Paper"] > 3000


def test_a_record_that_cannot_be_mapped_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"title": "a"}\n{"title": "b", "authors": ["\u200f"]}\n{"title": "\\u0000"}\n', encoding="utf-8")
    bad: list[BadRecord] = []
    hooks = Hooks(bad=bad.append)
    assert len(list(mapped(read(path), Settings(), hooks))) == 1
    assert [(error.line, error.reason) for error in bad] == [
        (2, "author 1 has an empty name"),
        (3, "title: the text holds U+0000, which RDF notations cannot carry safely"),
    ]
    with pytest.raises(BadRecord) as caught:
        list(mapped(read(path), Settings(), Hooks()))
    assert caught.value.line == 2


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_a_file_without_papers_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        list(read(path))
