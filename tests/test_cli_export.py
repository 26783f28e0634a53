"""``arrowkg export``: what is written, what is told, and when nothing is written at all."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, Final

import pyoxigraph
import pytest
import zstandard

from arrowkg.formats import FORMATS, format_for, format_named
from arrowkg.settings import EXAMPLE_BASE_IRI
from cli import (
    PAGE,
    SEEDS,
    SOUND,
    Ran,
    assert_refused,
    assert_steers_no_terminal,
    jsonl,
    lines,
    put,
    run,
    spawn,
    untouched,
)

_NOTATIONS: Final = {
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
    "nquads": pyoxigraph.RdfFormat.N_QUADS,
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "jsonld-lines": pyoxigraph.RdfFormat.JSON_LD,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}
_OPENED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "": bytes,
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
}
_BASE: Final = ("--base-iri", "https://papers.example.org/lab/")
SUFFIXES: Final = [suffix for found in FORMATS for suffix in found.suffixes]
NO_YEAR: Final = {name: value for name, value in SOUND.items() if name != "year"}
NO_ABSTRACT: Final = {name: value for name, value in SOUND.items() if name != "abstract"}
NO_GRAPH_OF_ITS_OWN: Final = "ntriples turtle rdfxml".split()


def triples_in(content: bytes, name: str) -> set[str]:
    """The triples of a text in a notation, of whatever graph."""
    if name == "jsonld-lines":
        return {triple for line in content.splitlines() for triple in triples_in(line, "jsonld")}
    return {str(quad.triple) for quad in pyoxigraph.parse(content, _NOTATIONS[name])}


def graphs_in(content: bytes, name: str) -> set[str]:
    return {str(quad.graph_name) for quad in pyoxigraph.parse(content, _NOTATIONS[name])}


def exported(folder: Path, content: bytes | str, *options: str, name: str = "out.nt") -> Ran:
    """Export a listing from standard input to a file, without validation."""
    stdin = content.encode() if isinstance(content, str) else content
    return run(folder, "export", "-", "--no-validate", "-o", name, *options, stdin=stdin)


# What is written, and in which form.


@pytest.fixture(scope="module")
def expected() -> set[str]:
    ran = run(SEEDS, "export", "papers.jsonl", "--to", "nt", "--no-validate", *_BASE)
    return triples_in(ran.out, "ntriples")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".NT", ".Ttl"])
def test_the_suffix_names_the_notation(tmp_path: Path, expected: set[str], suffix: str) -> None:
    ran = run(SEEDS, "export", "papers.jsonl", "-o", tmp_path / f"kg{suffix}", "--no-validate", *_BASE)
    assert ran.code == 0, ran
    assert ran.out == b""
    assert triples_in((tmp_path / f"kg{suffix}").read_bytes(), format_for(f"kg{suffix}").name) == expected


@pytest.mark.parametrize("compression", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("suffix", [".nt", ".jsonld"])
def test_a_second_suffix_compresses(tmp_path: Path, compression: str, suffix: str) -> None:
    for name in (f"kg{suffix}", f"kg{suffix}{compression}", f"again{suffix}{compression}"):
        assert exported(tmp_path, PAGE, name=name).code == 0
    content = (tmp_path / f"kg{suffix}{compression}").read_bytes()
    assert _OPENED[compression](content) == (tmp_path / f"kg{suffix}").read_bytes()
    assert (tmp_path / f"again{suffix}{compression}").read_bytes() == content


@pytest.mark.parametrize("compression", [".GZ", ".Bz2", ".XZ", ".Zst"])
def test_a_suffix_compresses_whatever_its_case(tmp_path: Path, compression: str) -> None:
    name = f"KG.NT{compression}"
    assert exported(tmp_path, PAGE, name=name).code == 0
    assert _OPENED[compression.lower()]((tmp_path / name).read_bytes()).startswith(b"<https://kg.example.org/")


@pytest.mark.parametrize(
    ("name", "notation"),
    [
        (name, found.name)
        for found in FORMATS
        for name in (found.name, *found.aliases, found.media_type, *found.suffixes)
    ],
)
def test_every_name_of_a_notation_is_accepted(tmp_path: Path, name: str, notation: str) -> None:
    ran = run(tmp_path, "export", "-", "--to", name.upper(), "--no-validate", "-q", stdin=PAGE.encode())
    assert (ran.code, ran.err) == (0, "")
    assert triples_in(ran.out, notation)


@pytest.mark.parametrize("name", [found.name for found in FORMATS])
def test_every_source_name_is_accepted_with_its_aliases(tmp_path: Path, name: str) -> None:
    assert format_named(name).name == name
    for alias, content in (("page", PAGE), ("TXT", PAGE), ("htm", "<pre>" + PAGE), ("ndjson", jsonl(SOUND))):
        assert exported(tmp_path, content, "--from", alias, "--to", name, name="out").code == 0


@pytest.mark.parametrize(
    ("options", "name"), [((), "turtle"), (("--jsonl",), "jsonld-lines"), (("--to", "nt"), "ntriples")]
)
def test_standard_output_is_turtle_unless_told_otherwise(tmp_path: Path, options: tuple[str, ...], name: str) -> None:
    ran = run(tmp_path, "export", "-", "--no-validate", *options, stdin=PAGE.encode())
    assert ran.code == 0
    assert triples_in(ran.out, name)
    assert "wrote standard output: " in ran.err


@pytest.mark.parametrize("options", [("--jsonl",), ("--jsonl", "--to", "jsonld"), ("--to", "jsonl")])
def test_jsonl_writes_one_whole_record_a_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    ran = run(tmp_path, "export", "-", "--no-validate", *options, stdin=lines(3))
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert [document["name"] for document in documents] == ["On Stones 1", "On Stones 2", "On Stones 3"]
    assert all([author["name"] for author in d["author"]] == ["Ada Quill", "Bo Tarn"] for d in documents)


@pytest.mark.parametrize("name", ["turtle", "ntriples", "nquads", "trig", "rdfxml"])
def test_jsonl_goes_with_json_ld_only(tmp_path: Path, name: str) -> None:
    ran = run(tmp_path, "export", "-", "--no-validate", "--jsonl", "--to", name, stdin=PAGE.encode())
    assert_refused(ran, 2, "--jsonl goes with JSON-LD, not with ")


@pytest.mark.parametrize(
    ("name", "error", "hint"),
    [
        ("kg.tt", "kg.tt: the suffix '.tt' names no output format", "did you mean .ttl? Use one of .nt .nq .ttl"),
        ("kg.jsnld", "kg.jsnld: the suffix '.jsnld' names no output format", "did you mean .jsonld?"),
        ("kg.tt.gz", "kg.tt.gz: the suffix '.tt' names no output format", "did you mean .ttl?"),
        ("kg.zip", "kg.zip: the suffix '.zip' names no output format", "Use one of .nt"),
        ("kg", "kg: no suffix names the format", "Use one of .nt"),
        ("kg.gz", "kg.gz: no suffix names the format", "or --to FORMAT"),
        (".ttl", ".ttl: no suffix names the format", "or --to FORMAT"),
    ],
)
def test_a_suffix_that_names_no_notation_is_refused(tmp_path: Path, name: str, error: str, hint: str) -> None:
    with untouched(tmp_path):
        assert_refused(exported(tmp_path, PAGE, name=name), 2, error, hint)


@pytest.mark.parametrize(
    ("options", "error", "hint"),
    [
        (("--to", "turtel"), "there is no output format 'turtel'", "did you mean turtle?"),
        (("--to", "n3"), "there is no output format 'n3'", "The output formats are ntriples, nquads, turtle"),
        (("--to", ""), "there is no output format ''", "The output formats are ntriples"),
        (("--from", "jsnl"), "there is no input format 'jsnl'", "did you mean jsonl? The input formats are arrow"),
        (("--from", "pdf"), "there is no input format 'pdf'", "The input formats are arrow, arrow-html, jsonl"),
        (("--from", ""), "there is no input format ''", "The input formats are arrow"),
        (("--fail-on", "error"), "Invalid value for '--fail-on': 'error' is not one of", "arrowkg export --help"),
        (("--schema-ns", "ftp"), "Invalid value for '--schema-ns'", "arrowkg export --help"),
        (("--characters", "drop"), "Invalid value for '--characters'", "arrowkg export --help"),
        (("--error-format", "xml"), "Invalid value for '--error-format'", "arrowkg export --help"),
        (("--limit", "0"), "Invalid value for '--limit': 0 is not in the range", "arrowkg export --help"),
        (("--limit", "-3"), "Invalid value for '--limit': -3 is not in the range", "arrowkg export --help"),
        (("--limit", "many"), "Invalid value for '--limit': 'many' is not a valid integer", "arrowkg export --help"),
        (("--abstract",), "No such option '--abstract'", "arrowkg export --help"),
        (("--out", "kg.ttl"), "No such option '--out'", "arrowkg export --help"),
        (("--rejects", "bad.jsonl"), "--rejects goes with --skip-bad", None),
        (("--report", "report.pdf"), "--report report.pdf: the suffix names no report format", "use one of .txt .json"),
        (("--report", "report"), "--report report: the suffix names no report format", "use one of .txt .json"),
        (("--report", "report.html"), "--report and --no-validate exclude each other", None),
        (("-",), "standard input is named twice", None),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    tmp_path: Path, options: tuple[str, ...], error: str, hint: str | None
) -> None:
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        assert_refused(exported(tmp_path, PAGE, *options), 2, error, hint)


@pytest.mark.parametrize("name", ["", ".", "folder", "folder/"])
def test_a_directory_is_no_place_for_an_output(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with untouched(tmp_path):
        ran = exported(tmp_path, PAGE, "--to", "nt", name=name)
    assert_refused(ran, 2, f"{name or repr(name)} is a directory", "name a file to write")


def test_no_input_is_refused(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "export"), 2, "Missing argument 'INPUT...'", "arrowkg export --help")


# What there is to read.


def test_several_inputs_are_one_graph(tmp_path: Path) -> None:
    one, two = put(tmp_path, "one.jsonl", lines(2)), put(tmp_path, "two.txt", PAGE)
    alone = [run(tmp_path, "export", name, "--to", "nt", "--no-validate", "-q").out for name in (one, two)]
    ran = run(tmp_path, "export", one, two, "--to", "nt", "--no-validate")
    assert ran.code == 0
    assert triples_in(ran.out, "ntriples") == triples_in(b"".join(alone), "ntriples")
    assert re.search(r"^wrote standard output: 3 papers, [0-9]+ triples as N-Triples ", ran.err, re.MULTILINE)


def test_a_bad_input_among_several_is_named(tmp_path: Path) -> None:
    put(tmp_path, "one.jsonl", lines(2))
    put(tmp_path, "two.jsonl", b'{"title": "a"}\n{"title": 3}\n')
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "one.jsonl", "two.jsonl", "-o", "out.nt", "--no-validate")
    assert_refused(ran, 3, "two.jsonl:2: title: a number where a text is expected")


@pytest.mark.parametrize("name", [found.name for found in FORMATS])
def test_sorted_output_is_the_same_in_any_order_of_inputs(tmp_path: Path, name: str) -> None:
    inputs = [
        put(tmp_path, "a.jsonl", lines(2)),
        put(tmp_path, "b.txt", PAGE),
        put(tmp_path, "c.jsonl", lines(2, year=1999)),
    ]
    options = ("--sort", "--to", name, "--no-validate", "-q")
    found = {run(tmp_path, "export", *order, *options).out for order in (inputs, inputs[::-1])}
    assert len(found) == 1
    if name in ("ntriples", "nquads"):
        assert (written := found.pop().splitlines()) == sorted(set(written))


def test_unsorted_output_keeps_the_order_of_the_input(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", jsonl(*({**SOUND, "title": title} for title in ("Sand", "Gravel", "Chalk"))))
    for options in ((), ("--no-sort",), ("--no-sort", "--to", "ttl")):
        ran = run(tmp_path, "export", "in.jsonl", "--no-validate", "-q", *(options or ("--to", "nt")))
        at = [ran.text.index(f'"{title}"') for title in ("Sand", "Gravel", "Chalk")]
        assert at == sorted(at), options


@pytest.mark.parametrize("name", ["ntriples", "turtle", "jsonld"])
def test_the_same_input_gives_the_same_bytes_in_any_process(tmp_path: Path, name: str) -> None:
    found = {
        spawn(
            SEEDS,
            "export",
            "papers.jsonl",
            "--to",
            name,
            "--no-validate",
            environment={"PYTHONHASHSEED": seed, "ARROWKG_SORT_BYTES": size},
        ).out
        for seed, size in (("0", "100000000"), ("1", "2000"))
    }
    assert len(found) == 1
    assert b"" not in found


def test_equal_entries_are_one_paper_and_told_with_both_lines(tmp_path: Path) -> None:
    ran = exported(tmp_path, jsonl(SOUND, {**SOUND, "year": 2023}, SOUND))
    assert ran.code == 0
    assert "-:3: warning: equal to the entry at line 1, so both are one paper" in ran.err.splitlines()


def test_equal_entries_are_told_in_the_order_of_the_input(tmp_path: Path) -> None:
    ran = exported(tmp_path, lines(9) + lines(9))
    told = [int(number) for number in re.findall(r"^-:([0-9]+): warning: equal", ran.err, re.MULTILINE)]
    assert told == [10, 11, 12]
    assert "and 6 more of: equal entries" in ran.err


def test_notices_of_one_topic_are_counted_after_the_first_few(tmp_path: Path) -> None:
    ran = exported(tmp_path, lines(2000, colour="red"))
    assert ran.code == 0
    assert [line for line in ran.err.splitlines() if "colour" in line] == [
        "-:1: warning: the field 'colour' is not known and left out",
        "-:2: warning: the field 'colour' is not known and left out",
        "-:3: warning: the field 'colour' is not known and left out",
        "and 1,997 more of: unknown field 'colour'",
    ]


# Settings.


@pytest.mark.parametrize("name", ["nquads", "trig", "jsonld", "jsonld-lines"])
def test_a_named_graph_holds_every_triple(tmp_path: Path, expected: set[str], name: str) -> None:
    ran = run(
        SEEDS, "export", "papers.jsonl", "--to", name, "--graph", "https://kg.example.org/g", "--no-validate", *_BASE
    )
    assert ran.code == 0
    assert triples_in(ran.out, name) == expected
    parts = ran.out.splitlines() if name == "jsonld-lines" else [ran.out]
    for part in parts:
        assert graphs_in(part, "jsonld" if name == "jsonld-lines" else name) == {"<https://kg.example.org/g>"}


@pytest.mark.parametrize("name", NO_GRAPH_OF_ITS_OWN)
def test_a_named_graph_is_refused_where_there_is_none(tmp_path: Path, name: str) -> None:
    put(tmp_path, "out", "old")
    with untouched(tmp_path):
        ran = exported(tmp_path, PAGE, "--graph", "https://kg.example.org/g", "--to", name, name="out")
    assert_refused(ran, 2, f"{format_named(name).title} has no named graphs", "--graph needs nquads, trig or jsonld")


@pytest.mark.parametrize(
    "graph", ["", "g", "/g", "https://kg.example.org/a b", "https://kg.example.org/>", "<a:b>", "a:\x1b[31m"]
)
def test_a_graph_that_is_no_absolute_iri_is_refused(tmp_path: Path, graph: str) -> None:
    with untouched(tmp_path):
        assert_refused(exported(tmp_path, PAGE, "--graph", graph, name="out.nq"), 2, "--graph: not an absolute IRI: ")


@pytest.mark.parametrize("to", ["nt", "ttl", "jsonld", "rdf"])
def test_abstracts_can_be_left_out(tmp_path: Path, to: str) -> None:
    put(tmp_path, "in.jsonl", jsonl(SOUND))
    ran = run(tmp_path, "export", "in.jsonl", "--to", to, "--no-abstracts", "--fail-on", "warning")
    assert ran.code == 0
    assert "We sort" not in ran.text
    assert "abstract" not in ran.text.replace("Abstract", "").replace('"abstract": {', "")
    assert "We sort" in run(tmp_path, "export", "in.jsonl", "--to", to, "--abstracts", "--no-validate").text


@pytest.mark.parametrize("name", [found.name for found in FORMATS])
def test_the_http_form_of_schema_org_holds_from_end_to_end(tmp_path: Path, name: str) -> None:
    """In data, in shapes, and on the way back; never mixed."""
    suffix = format_named(name).suffixes[0]
    put(tmp_path, "page.txt", PAGE)
    ran = run(tmp_path, "export", "page.txt", "-o", f"kg{suffix}", "--schema-ns", "http", "--fail-on", "info")
    assert ran.code == 0, ran
    content = (tmp_path / f"kg{suffix}").read_bytes()
    assert b"http://schema.org/" in content
    assert b"https://schema.org/" not in content
    assert run(tmp_path, "export", "page.txt", "-o", f"s{suffix}", "--no-validate", "-q").code == 0
    secure = triples_in((tmp_path / f"s{suffix}").read_bytes(), name)
    assert {triple.replace("<https://schema.org/", "<http://schema.org/") for triple in secure} == triples_in(
        content, name
    )
    assert run(tmp_path, "listing", f"kg{suffix}").text == run(tmp_path, "listing", f"s{suffix}").text
    assert run(tmp_path, "validate", f"kg{suffix}", "--fail-on", "info").code == 0


BELL: Final = {**SOUND, "title": "On \x07 Stones"}


@pytest.mark.parametrize(
    ("options", "title"), [((), "On \\u0007 Stones"), (("--characters", "keep"), "On \\u0007 Stones")]
)
def test_control_characters_are_kept_and_told(tmp_path: Path, options: tuple[str, ...], title: str) -> None:
    ran = exported(tmp_path, jsonl(SOUND, BELL), *options)
    assert ran.code == 0
    assert f'"{title}"' in (tmp_path / "out.nt").read_text(encoding="utf-8")
    assert "-:2: warning: control characters are kept as escapes: U+0007" in ran.err.splitlines()


@pytest.mark.parametrize("character", ["\x00", "\x07", "\ufdd0", "\U0001ffff"])
def test_control_characters_are_replaced_and_told(tmp_path: Path, character: str) -> None:
    ran = exported(tmp_path, jsonl({**SOUND, "title": f"On {character} Stones"}), "--characters", "replace")
    assert ran.code == 0
    assert '"On \ufffd Stones"' in (tmp_path / "out.nt").read_text(encoding="utf-8")
    assert f"-:1: warning: U+FFFD stands for U+{ord(character):04X}" in ran.err.splitlines()


@pytest.mark.parametrize(
    ("policy", "field", "character", "reason"),
    [
        ("refuse", "title", "\x07", "title: the text holds U+0007, which not every RDF notation carries"),
        ("refuse", "abstract", "\x0c", "abstract: the text holds U+000C, which not every RDF notation carries"),
        ("refuse", "venue", "\x00", "venue: the text holds U+0000, which not every RDF notation carries"),
        ("keep", "title", "\x00", "title: the text holds U+0000, which RDF notations cannot carry safely"),
        ("keep", "kind", "\ufffe", "kind: the text holds U+FFFE, which RDF notations cannot carry safely"),
    ],
)
def test_control_characters_are_refused_with_their_place(
    tmp_path: Path, policy: str, field: str, character: str, reason: str
) -> None:
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        ran = exported(tmp_path, jsonl(SOUND, {**SOUND, field: f"a{character}b"}), "--characters", policy)
    assert_refused(ran, 3, f"-:2: {reason}", "--characters replace writes U+FFFD in its place")


def test_rdf_xml_refuses_what_it_cannot_carry_with_its_place(tmp_path: Path) -> None:
    put(tmp_path, "out.rdf", "old")
    with untouched(tmp_path):
        ran = exported(tmp_path, jsonl(SOUND, BELL), name="out.rdf")
    assert_refused(ran, 3, "-:2: the text holds U+0007, which RDF/XML cannot carry", "choose another format")


@pytest.mark.parametrize("base", ["https://papers.example.org/", "http://192.0.2.1:8080/a/~b/", "https://a/(b)/%20/"])
def test_the_base_iri_starts_every_iri_that_is_made(tmp_path: Path, base: str) -> None:
    ran = exported(tmp_path, PAGE, "--base-iri", base)
    assert ran.code == 0
    subjects = {line.split()[0] for line in (tmp_path / "out.nt").read_text(encoding="utf-8").splitlines()}
    assert subjects
    assert all(subject.startswith(f"<{base}") for subject in subjects)
    assert "example" not in ran.err.replace(base, "")


def test_the_example_base_iri_is_pointed_out(tmp_path: Path) -> None:
    assert f"the IRIs start with the example {EXAMPLE_BASE_IRI}; set --base-iri" in exported(tmp_path, PAGE).err


@pytest.mark.parametrize(
    "base",
    [
        "",
        "kg",
        "kg.example.org/",
        "https://kg.example.org",
        "https://kg.example.org/lab",
        "ftp://kg.example.org/",
        "https:///lab/",
        "https://kg.example.org/a b/",
        "https://kg.example.org/<>/",
        "https://kg.example.org/#/",
        "https://kg.example.org/?q=/",
        "https://kg.example.org/é/",
        "https://kg.example.org//",
        "https://kg.example.org/\n",
        "https://kg.example.org/\x1b[31m/",
    ],
)
def test_a_base_iri_that_cannot_start_iris_is_refused(tmp_path: Path, base: str) -> None:
    with untouched(tmp_path):
        ran = exported(tmp_path, PAGE, "--base-iri", base)
    assert_refused(ran, 2, "", "it is an http or https IRI that ends in a slash")
    assert "the base IRI " in ran.err


# Some of the papers.


def test_a_limit_reads_no_more_papers_and_says_which_rules_that_skips(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", PAGE.replace("1 paper\n", "9 papers\n"))
    ran = run(tmp_path, "export", "page.txt", "-o", "out.nt", "--limit", "1")
    assert ran.code == 0, ran
    assert "not checked: Capture-declared-count" in ran.err.splitlines()
    assert run(tmp_path, "export", "page.txt", "-o", "out.nt").code == 1


@pytest.mark.parametrize(("limit", "papers"), [(1, 1), (2, 2), (3, 3), (4, 3), (10**30, 3)])
def test_a_limit_counts_the_papers_of_all_inputs(tmp_path: Path, limit: int, papers: int) -> None:
    put(tmp_path, "one.jsonl", lines(2))
    put(tmp_path, "two.txt", PAGE)
    ran = run(tmp_path, "export", "one.jsonl", "two.txt", "-o", "o.nt", "--limit", str(limit), "--no-validate")
    assert ran.code == 0, ran
    assert re.search(rf"^wrote o.nt: {papers} papers?, ", ran.err, re.MULTILINE)


def test_a_limit_stops_before_what_cannot_be_read(tmp_path: Path) -> None:
    assert exported(tmp_path, lines(2) + b"{\n", "--limit", "2").code == 0
    assert_refused(exported(tmp_path, lines(2) + b"{\n", "--limit", "3"), 3, "-:3: not JSON")


# Conforming, or not.


@pytest.mark.parametrize(
    ("paper", "fail_on", "code"),
    [
        (SOUND, "info", 0),
        (NO_ABSTRACT, "info", 1),
        (NO_ABSTRACT, "warning", 0),
        (NO_YEAR, "info", 1),
        (NO_YEAR, "warning", 1),
        (NO_YEAR, "violation", 0),
        (NO_YEAR, None, 0),
        (NO_YEAR, "never", 0),
    ],
)
def test_the_severity_that_fails_can_be_chosen(
    tmp_path: Path, paper: dict[str, Any], fail_on: str | None, code: int
) -> None:
    put(tmp_path, "in.jsonl", jsonl(paper))
    put(tmp_path, "out.nt", "old")
    options = () if fail_on is None else ("--fail-on", fail_on)
    ran = run(tmp_path, "export", "in.jsonl", "-o", "out.nt", *options)
    assert (ran.code, ran.out) == (code, b"")
    assert ((tmp_path / "out.nt").read_bytes() == b"old") == (code == 1)


OVERSTATED: Final = PAGE.replace("1 paper\n", "9 papers\n")
"""A page that states more papers than its list does: what it becomes does not conform."""


def test_what_does_not_conform_is_not_written(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", OVERSTATED)
    put(tmp_path, "out.ttl", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "page.txt", "-o", "out.ttl")
    assert (ran.code, ran.out) == (1, b"")
    told = ran.err.splitlines()
    assert told[0] == "page.txt:14: warning: the page states 9 papers, and 1 are found"
    assert "Does not conform at violation: 1 record, 1 violation, 0 warnings, 0 infos" in told
    assert any(re.fullmatch(r"violation +1 +Capture-declared-count", line) for line in told)
    assert any(line.startswith("page.txt:16: violation: ") for line in told)
    assert '    "Stone"' in told
    assert told[-1] == "out.ttl is not written, since the graph does not conform"
    assert run(tmp_path, "export", "page.txt", "-o", "out.ttl", "--fail-on", "never").code == 0
    assert (tmp_path / "out.ttl").read_bytes().startswith(b"@prefix")


@pytest.mark.parametrize("name", [found.name for found in FORMATS])
def test_standard_output_stays_empty_too_where_little_does_not_conform(tmp_path: Path, name: str) -> None:
    ran = run(tmp_path, "export", "-", "--to", name, stdin=OVERSTATED.encode())
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err.splitlines()[-1] == "standard output is not written, since the graph does not conform"


def test_without_validation_nothing_is_checked(tmp_path: Path) -> None:
    ran = exported(tmp_path, OVERSTATED)
    assert ran.code == 0
    assert "onform" not in ran.err
    assert (tmp_path / "out.nt").stat().st_size > 1000


REPORTS: Final[dict[str, str]] = {
    ".txt": "Does not conform at violation",
    ".json": '"conforms": false',
    ".ttl": "sh:conforms false",
    ".html": "<!DOCTYPE html>",
    ".xml": "<?xml",
    ".sarif": '"2.1.0"',
}


@pytest.mark.parametrize("suffix", [*REPORTS, ".HTML"])
def test_the_report_is_written_as_its_suffix_says_whether_or_not_the_graph_is(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, "page.txt", OVERSTATED)
    ran = run(tmp_path, "export", "page.txt", "-o", "out.nt", "--report", f"report{suffix}")
    assert ran.code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.txt", f"report{suffix}"]
    content = (tmp_path / f"report{suffix}").read_text(encoding="utf-8")
    assert REPORTS[suffix.lower()].lower() in content.lower()
    assert "Capture-declared-count" in content
    assert run(tmp_path, "export", "page.txt", "-o", "out.nt", "--report", f"r{suffix}", "--limit", "1").code == 0
    assert (tmp_path / "out.nt").exists()
    assert (tmp_path / f"r{suffix}").stat().st_size > 50


def test_a_report_that_cannot_be_written_is_told_before_anything_is_written(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", PAGE)
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "page.txt", "-o", "out.nt", "--report", "nowhere/report.html")
    assert_refused(ran, 4, "nowhere/report.html: it cannot be written (No such file or directory)")


# Bad records.

_BAD: Final = (
    b"{",
    b'{"title": "On Sand", "year": "MMXX"}',
    b'{"authors": ["Ada Quill"]}',
    b'["On Sand"]',
    b'{"title": "On \xff Sand"}',
    b'{"title": "On \\u0000 Sand"}',
)
_REASONS: Final = (
    "not JSON",
    "year: the text 'MMXX' where a whole number is expected",
    "the paper has no title",
    "not a paper but a list",
    "not UTF-8: byte 0xFF at column 15",
    "title: the text holds U+0000",
)


def skipping(folder: Path, content: bytes, *options: str) -> Ran:
    return exported(folder, content, "--skip-bad", *options)


def test_bad_records_are_left_out_counted_and_listed(tmp_path: Path) -> None:
    ran = skipping(tmp_path, b"\n".join([_BAD[0], jsonl(SOUND).strip(), *_BAD[1:]]))
    assert ran.code == 0
    assert "left out 6 bad records, listed in out.nt.rejects.jsonl" in ran.err.splitlines()
    assert re.search(r"^wrote out.nt: 1 papers?, ", ran.err, re.MULTILINE)
    rejects = [json.loads(line) for line in (tmp_path / "out.nt.rejects.jsonl").read_bytes().splitlines()]
    assert [(row["file"], row["line"]) for row in rejects] == [("-", line) for line in (1, 3, 4, 5, 6, 7)]
    for row, reason in zip(rejects, _REASONS, strict=True):
        assert row["reason"].startswith(reason)
        assert set(row) == {"file", "line", "reason", "hint", "record"}
    assert [row["record"] for row in rejects[:4]] == [bad.decode() for bad in _BAD[:4]]
    assert rejects[4]["record"] == '{"title": "On \\xff Sand"}'
    assert json.loads(rejects[5]["record"])["title"] == "On \x00 Sand"
    # The first few are told as they are met.
    assert [line.split(": ")[0] for line in ran.told[:3]] == ["-:1", "-:3", "-:4"]


def test_bad_entries_of_a_page_keep_their_text(tmp_path: Path) -> None:
    entry = "ICML Conference MMXX Conference Paper\n\nSand\n\n  • Q\n\nSand is described."
    page = PAGE.replace("1 paper\n", "2 papers\n").replace("\n1\n", "\n2\n") + "\n\n" + entry
    ran = skipping(tmp_path, page.encode())
    assert ran.code == 0
    row = json.loads((tmp_path / "out.nt.rejects.jsonl").read_bytes())
    assert (row["line"], row["record"]) == (24, entry)
    assert row["reason"] == "the year 'MMXX' is not four digits"


def test_nothing_but_bad_records_is_bad_input(tmp_path: Path) -> None:
    put(tmp_path, "out.nt", "old")
    ran = skipping(tmp_path, b"\n".join(_BAD))
    assert ran.code == 3
    assert ran.told[-1] == "no paper was found"
    assert ran.hints[-1] == "nothing is written"
    assert (tmp_path / "out.nt").read_bytes() == b"old"
    assert len((tmp_path / "out.nt.rejects.jsonl").read_bytes().splitlines()) == 6
    assert len(list(tmp_path.iterdir())) == 2


def test_no_bad_record_makes_no_file_but_empties_an_old_one(tmp_path: Path) -> None:
    ran = skipping(tmp_path, jsonl(SOUND))
    assert ran.code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.nt"]
    put(tmp_path, "out.nt.rejects.jsonl", "of the last run\n")
    assert skipping(tmp_path, jsonl(SOUND)).code == 0
    assert (tmp_path / "out.nt.rejects.jsonl").read_bytes() == b""


@pytest.mark.parametrize("name", ["bad.jsonl", "bad.jsonl.gz"])
def test_bad_records_go_where_they_are_asked_to(tmp_path: Path, name: str) -> None:
    put(tmp_path, "in.jsonl", jsonl(SOUND) + b"{\n")
    ran = run(tmp_path, "export", "in.jsonl", "--no-validate", "--skip-bad", "--rejects", name)
    assert ran.code == 0
    assert ran.out.startswith(b"@prefix")
    content = (tmp_path / name).read_bytes()
    assert json.loads(gzip.decompress(content) if name.endswith(".gz") else content)["record"] == "{"


def test_bad_records_need_a_place_where_the_output_has_no_name(tmp_path: Path) -> None:
    ran = run(tmp_path, "export", "-", "--no-validate", "--skip-bad", stdin=PAGE.encode())
    assert_refused(ran, 2, "--skip-bad on standard output needs --rejects FILE")


def test_bad_records_are_not_mixed_into_the_graph(tmp_path: Path) -> None:
    """Neither on standard output nor in one file."""
    put(tmp_path, "in.jsonl", jsonl(SOUND) + b"{\n")
    common = ("export", "in.jsonl", "--no-validate", "--skip-bad")
    with untouched(tmp_path):
        assert run(tmp_path, *common, "--to", "nt", "--rejects", "-").code == 2
        assert run(tmp_path, *common, "-o", "out.nt", "--rejects", "out.nt").code == 2
        assert run(tmp_path, *common, "-o", "out.nt", "--rejects", "./out.nt").code == 2


def test_rejects_that_cannot_be_written_stop_the_run(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", jsonl(SOUND) + b"{\n")
    with untouched(tmp_path):
        ran = run(
            tmp_path, "export", "in.jsonl", "-o", "o.nt", "--no-validate", "--skip-bad", "--rejects", "no/bad.jsonl"
        )
    assert_refused(ran, 4, "no/bad.jsonl: it cannot be written (No such file or directory)")


def test_what_a_notation_cannot_carry_is_left_out_too(tmp_path: Path) -> None:
    ran = exported(tmp_path, jsonl(SOUND, BELL), "--skip-bad", name="out.rdf")
    assert ran.code == 0
    row = json.loads((tmp_path / "out.rdf.rejects.jsonl").read_bytes())
    assert row["reason"] == "the text holds U+0007, which RDF/XML cannot carry"
    assert json.loads(row["record"])["title"] == BELL["title"]
    assert "On Stones" in (tmp_path / "out.rdf").read_text(encoding="utf-8")


def test_rejects_can_be_repaired_and_read_again(tmp_path: Path) -> None:
    skipping(tmp_path, jsonl(SOUND) + b'{"title": "On Sand", "year": "MMXX"}\n')
    row = json.loads((tmp_path / "out.nt.rejects.jsonl").read_bytes())
    repaired = row["record"].replace('"MMXX"', "2020")
    assert exported(tmp_path, repaired + "\n").code == 0
    assert "On Sand" in (tmp_path / "out.nt").read_text(encoding="utf-8")


# One place for one thing.


@pytest.mark.parametrize("form", ["in.json", "./in.json", "../{folder}/in.json", "{path}", "link.json"])
@pytest.mark.parametrize(
    "options", [("-o",), ("-o", "out.nt", "--report"), ("-o", "out.nt", "--skip-bad", "--rejects")]
)
def test_an_input_is_never_overwritten(tmp_path: Path, form: str, options: tuple[str, ...]) -> None:
    put(tmp_path, "in.json", lines(1) + (b"{\n" if "--skip-bad" in options else b""))
    (tmp_path / "link.json").symlink_to("in.json")
    place = form.format(folder=tmp_path.name, path=tmp_path / "in.json")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "in.json", *options, place)
    assert_refused(ran, 2, f"{place} is an input, and would be overwritten")


def test_the_usual_place_of_rejects_may_be_an_input(tmp_path: Path) -> None:
    """To go through the rejects of an earlier run must not empty them."""
    put(tmp_path, "out.nt.rejects.jsonl", lines(1) + b"{\n")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "out.nt.rejects.jsonl", "-o", "out.nt", "--no-validate", "--skip-bad")
    assert_refused(ran, 2, "out.nt.rejects.jsonl is an input, and would be overwritten")


@pytest.mark.parametrize(
    "options",
    [
        ("-o", "out.ttl", "--report", "out.ttl"),
        ("-o", "out.ttl", "--report", "./out.ttl"),
        ("-o", "out.ttl", "--skip-bad", "--rejects", "out.ttl"),
        ("-o", "out.ttl", "--skip-bad", "--rejects", "bad.json", "--report", "bad.json"),
    ],
)
def test_each_thing_that_is_written_has_a_place_of_its_own(tmp_path: Path, options: tuple[str, ...]) -> None:
    put(tmp_path, "in.jsonl", lines(1) + (b"{\n" if "--skip-bad" in options else b""))
    with untouched(tmp_path):
        ran = run(tmp_path, "export", "in.jsonl", *options)
    assert ran.code == 2, ran


# What is told.


def test_a_run_without_a_hitch_says_what_it_did(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(1200))
    ran = run(tmp_path, "export", "in.jsonl", "-o", "kg.nt.gz", "--no-validate", *_BASE)
    assert (ran.code, ran.out) == (0, b"")
    summary = r"wrote kg\.nt\.gz: 1,200 papers, [0-9,]+ triples as N-Triples in [0-9.]+ s \([0-9,]+ papers a second\)"
    assert re.fullmatch(summary, ran.err.rstrip("\n"))


@pytest.mark.parametrize("suffix", [".nt", ".ttl"])
def test_the_number_of_triples_told_is_the_number_written(tmp_path: Path, suffix: str) -> None:
    ran = run(SEEDS, "export", "tomer-michaeli.txt", "papers.jsonl", "-o", tmp_path / f"kg{suffix}", "--no-validate")
    told = re.search(r"([0-9,]+) triples", ran.err)
    assert told is not None
    content = (tmp_path / f"kg{suffix}").read_bytes()
    assert int(told[1].replace(",", "")) == len(triples_in(content, format_for(suffix and f"a{suffix}").name))


def test_conforming_graphs_are_said_to_conform(tmp_path: Path) -> None:
    ran = run(tmp_path, "export", "-", "-o", "out.nt", stdin=PAGE.encode())
    assert "Conforms at violation: 1 record, 0 violations, 0 warnings, 0 infos" in ran.err.splitlines()


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_prints_errors_only(tmp_path: Path, option: str) -> None:
    ran = run(tmp_path, "export", "-", "-o", "out.nt", option, stdin=jsonl({**NO_YEAR, "colour": "red"}))
    assert (ran.code, ran.out, ran.err) == (0, b"", "")
    ran = run(tmp_path, "export", "-", "-o", "out.nt", option, stdin=b"{\n")
    assert_refused(ran, 3, "-:1: not JSON")


HOSTILE: Final = "\x1b[31m\x9b2J\x07\u202e\r"


@pytest.mark.parametrize("error_format", ["text", "json", "github"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_in_the_data_steers_a_terminal(tmp_path: Path, error_format: str, is_terminal: bool) -> None:
    hostile = {
        **SOUND,
        "title": f"a{HOSTILE}\n",
        "authors": [f"b{HOSTILE}", f"B{HOSTILE}"],
        "venue": f"c{HOSTILE}",
        "kind": f"d{HOSTILE}",
        "doi": f"e{HOSTILE}",
        "url": f"f{HOSTILE}",
        f"g{HOSTILE}": 1,
    }
    put(tmp_path, "in.jsonl", jsonl(hostile, {**hostile, "year": f"MM{HOSTILE}"}, hostile))
    common = ("export", "in.jsonl", "--error-format", error_format, "--no-progress")
    for options in (
        ("--skip-bad", "-o", "out.nt"),
        ("--skip-bad", "-o", "out.nt", "--fail-on", "info"),
        ("-o", "out.nt"),
    ):
        ran = run(tmp_path, *common, *options, is_terminal=is_terminal)
        assert ran.code in (0, 1, 3)
        assert ran.err
        assert_steers_no_terminal(ran)


@pytest.mark.parametrize("error_format", ["text", "json", "github"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_no_name_of_a_file_steers_a_terminal(tmp_path: Path, error_format: str, is_terminal: bool) -> None:
    name = f"x{HOSTILE}.jsonl"
    put(tmp_path, name, lines(1, colour="red") + b"{\n")
    common = ("--error-format", error_format, "--no-progress", "--no-validate")
    for arguments in (
        (name, "-o", f"x{HOSTILE}.nt"),
        (name, "-o", f"x{HOSTILE}.nt", "--skip-bad"),
        (name, "-o", f"{HOSTILE}/x.nt"),
        (f"y{HOSTILE}", "-o", "x.nt"),
        (name, "-o", f"x.{HOSTILE}"),
        (name, "-o", "x.nt", "--to", HOSTILE),
        (name, "-o", name),
        (".", "-o", "x.nt"),
    ):
        ran = run(tmp_path, "export", *arguments, *common, is_terminal=is_terminal)
        assert ran.err
        assert_steers_no_terminal(ran)


# Errors, in each form.


def test_an_error_is_a_place_a_reason_and_a_hint(tmp_path: Path) -> None:
    ran = exported(tmp_path, lines(1) + b'{"authors": []}\n')
    assert ran.err.splitlines() == [
        "-:2: the paper has no title",
        '  hint: each line is one paper, such as {"title": "…", "authors": ["…"]}',
    ]


def test_an_error_as_json_is_an_object_on_a_line(tmp_path: Path) -> None:
    ran = exported(tmp_path, lines(1, colour="red") + b'{"authors": []}\n', "--error-format", "json")
    assert ran.code == 3
    assert ran.rows == [
        {"level": "warning", "file": "-", "line": 1, "message": "the field 'colour' is not known and left out"},
        {
            "level": "error",
            "file": "-",
            "line": 2,
            "message": "the paper has no title",
            "hint": 'each line is one paper, such as {"title": "…", "authors": ["…"]}',
        },
    ]


def test_an_error_for_github_is_a_workflow_command(tmp_path: Path) -> None:
    put(tmp_path, "100%,a:b.jsonl", lines(1, colour="red") + b'{"title": "a", "year": "%\\n"}\n')
    ran = run(tmp_path, "export", "100%,a:b.jsonl", "--no-validate", "--error-format=github")
    assert ran.code == 3
    assert ran.err.splitlines() == [
        "::warning file=100%25%2Ca%3Ab.jsonl,line=1::the field 'colour' is not known and left out",
        "::error file=100%25%2Ca%3Ab.jsonl,line=2::year: the text '%25\\n' where a whole number is expected",
    ]


@pytest.mark.parametrize(
    ("arguments", "file", "message", "hint"),
    [
        (("nowhere.txt",), "nowhere.txt", "there is no such file", None),
        (("page.txt", "--to", "turtel"), None, "there is no output format 'turtel'", "did you mean turtle?"),
        (("page.txt", "--limt", "3"), None, "No such option '--limt'", "see arrowkg export --help"),
        (("page.txt", "-o", "no/out.nt", "--no-validate"), "no/out.nt", "it cannot be written", None),
    ],
)
def test_every_kind_of_error_comes_in_each_form(
    tmp_path: Path, arguments: tuple[str, ...], file: str | None, message: str, hint: str | None
) -> None:
    put(tmp_path, "page.txt", PAGE)
    row = run(tmp_path, "export", *arguments, "--error-format", "json").rows[-1]
    assert (row["level"], row.get("file")) == ("error", file)
    assert row["message"].startswith(message)
    assert row.get("hint", "").startswith(hint or "")
    line = run(tmp_path, "export", *arguments, "--error-format", "github").err.splitlines()[-1]
    assert line.startswith(f"::error{'' if file is None else f' file={file}'}::{message}")
    assert not hint or f"({hint}" in line


def test_with_json_every_line_on_standard_error_is_json(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(5, colour="red") + b"{\n")
    for options in (("-o", "out.nt", "--skip-bad"), ("-o", "out.nt", "--skip-bad", "--limit", "1"), ("-o", "out.nt")):
        assert run(tmp_path, "export", "in.jsonl", *options, "--error-format", "json").rows


@pytest.mark.parametrize("arguments", [("page.txt", "--to", "turtel"), ("nowhere.txt",), ("page.txt", "--limit", "no")])
def test_a_traceback_is_shown_only_on_request(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    put(tmp_path, "page.txt", PAGE)
    plain = run(tmp_path, "export", *arguments)
    asked = run(tmp_path, "export", *arguments, "--debug")
    assert "Traceback" not in plain.err
    assert asked.err.startswith("Traceback")
    assert asked.err.endswith(plain.err)
    assert asked.code == plain.code


def test_a_bug_asks_for_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **more: object) -> None:
        raise RuntimeError(f"two\nlines {HOSTILE}")

    monkeypatch.setattr("arrowkg.cli.export.carry_out", broken)
    put(tmp_path, "out.nt", "old")
    with untouched(tmp_path):
        ran = exported(tmp_path, PAGE)
        asked = exported(tmp_path, PAGE, "--debug")
    assert_refused(ran, 5, "arrowkg has a bug: RuntimeError: two lines ", "please report it with the command")
    assert asked.code == 5
    assert "in broken" in asked.err


@pytest.mark.parametrize(("suffix", "name"), list(product([".nt", ".ttl", ".nt.gz"], ["in.txt", "in.html"])))
def test_an_input_without_a_paper_writes_nothing(tmp_path: Path, suffix: str, name: str) -> None:
    put(tmp_path, name, PAGE[: PAGE.index("ICML")])
    put(tmp_path, f"out{suffix}", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "export", name, "-o", f"out{suffix}", "--no-validate")
    assert_refused(ran, 3, f"{name}: the page lists no paper")
