"""``arrowkg validate``: what conforms, what does not, and what cannot be checked at all."""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph
import pytest

from arrowkg.formats import FORMATS, format_named
from arrowkg.validation.renderings import RENDERINGS
from cli import (
    PAGE,
    SOUND,
    assert_refused,
    assert_steers_no_terminal,
    graph_of,
    jsonl,
    lines,
    put,
    run,
    spawn,
    untouched,
)

CONFORMS: Final = "0 violations, 0 warnings, 0 infos"
NO_YEAR: Final = {name: value for name, value in SOUND.items() if name != "year"}
NO_ABSTRACT: Final = {name: value for name, value in SOUND.items() if name != "abstract"}
_XML: Final = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="https://example.org/">'


def damaged_graph(folder: Path, name: str = "damaged.nt") -> Path:
    """A graph in which an authorship has lost its position."""
    kept = [line for line in graph_of(folder, name="whole.nt").read_text().splitlines() if "/position>" not in line]
    (folder / "whole.nt").unlink()
    return put(folder, name, "\n".join(kept) + "\n")


# What conforms and what does not.


@pytest.mark.parametrize("name", [found.name for found in FORMATS])
def test_what_export_writes_conforms(tmp_path: Path, name: str) -> None:
    suffix = format_named(name).suffixes[0]
    graph_of(tmp_path, lines(2), f"kg{suffix}")
    ran = run(tmp_path, "validate", f"kg{suffix}", "--fail-on", "info")
    assert ran.code == 0, ran
    assert CONFORMS in ran.text
    assert ran.err == ""


@pytest.mark.parametrize("suffix", [suffix for found in FORMATS for suffix in found.suffixes])
@pytest.mark.parametrize("form", ["", ".gz"])
def test_what_export_writes_is_read_whatever_its_suffix(tmp_path: Path, suffix: str, form: str) -> None:
    graph = graph_of(tmp_path, lines(2), f"kg{suffix}{form}")
    triples = len(graph_of(tmp_path, lines(2), "plain.nt").read_bytes().splitlines())
    assert f"  triples     {triples}\n" in run(tmp_path, "inspect", graph.name).text


@pytest.mark.parametrize("options", [(), ("--limit", "5"), ("--from", "jsonl")])
def test_listings_are_mapped_and_checked(tmp_path: Path, options: tuple[str, ...]) -> None:
    ran = run(tmp_path, "validate", "-", *options, stdin=lines(2))
    assert ran.code == 0
    assert ran.text.startswith(f"Conforms at violation: 2 records, {CONFORMS}\n")


def test_a_graph_that_does_not_conform_exits_with_1(tmp_path: Path) -> None:
    damaged_graph(tmp_path)
    ran = run(tmp_path, "validate", "damaged.nt")
    assert (ran.code, ran.err) == (1, "")
    told = ran.text.splitlines()
    assert told[0].startswith("Does not conform at violation: ")
    assert "damaged.nt: violation: " in ran.text
    assert '    "Stone"' in told
    assert any(line.startswith("    shape Authorship") for line in told)


def test_a_listing_that_does_not_conform_names_the_line(tmp_path: Path) -> None:
    put(tmp_path, "page.txt", PAGE.replace("1 paper\n", "9 papers\n"))
    ran = run(tmp_path, "validate", "page.txt")
    assert ran.code == 1
    assert "page.txt:16: violation: " in ran.text
    assert re.search(r"^violation +1 +Capture-declared-count$", ran.text, re.MULTILINE)
    limited = run(tmp_path, "validate", "page.txt", "--limit", "1")
    assert limited.code == 0
    assert "not checked: Capture-declared-count" in limited.text.splitlines()


@pytest.mark.parametrize(
    ("paper", "fail_on", "code"),
    [
        (SOUND, "info", 0),
        (NO_ABSTRACT, "info", 1),
        (NO_ABSTRACT, "warning", 0),
        (NO_YEAR, "warning", 1),
        (NO_YEAR, "violation", 0),
        (NO_YEAR, "never", 0),
    ],
)
def test_the_severity_that_fails_can_be_chosen(
    tmp_path: Path, paper: dict[str, object], fail_on: str, code: int
) -> None:
    graph_of(tmp_path, jsonl(paper), "kg.nt")
    put(tmp_path, "in.jsonl", jsonl(paper))
    for name in ("kg.nt", "in.jsonl"):
        assert run(tmp_path, "validate", name, "--fail-on", fail_on).code == code
        assert run(tmp_path, "validate", name, environment={"ARROWKG_FAIL_ON": fail_on}).code == code


def test_several_inputs_are_one_report(tmp_path: Path) -> None:
    damaged_graph(tmp_path)
    graph_of(tmp_path)
    put(tmp_path, "in.jsonl", lines(2))
    ran = run(tmp_path, "validate", "graph.ttl", "damaged.nt", "in.jsonl")
    assert ran.code == 1
    assert "damaged.nt: violation: " in ran.text
    assert "graph.ttl: " not in ran.text
    assert "2 records" in ran.text.splitlines()[0]


@pytest.mark.parametrize("form", ["https", "http"])
@pytest.mark.parametrize("source", ["kg.nt", "in.jsonl"])
def test_both_forms_of_schema_org_conform_but_not_mixed(tmp_path: Path, form: str, source: str) -> None:
    put(tmp_path, "in.jsonl", lines(1))
    graph = graph_of(tmp_path, lines(1), "kg.nt", "--schema-ns", form)
    ran = run(tmp_path, "validate", source, "--schema-ns", form, "--fail-on", "info")
    assert ran.code == 0
    assert run(tmp_path, "validate", "kg.nt", "--fail-on", "info").code == 0
    other = {"https": "http", "http": "https"}[form]
    assert run(tmp_path, "validate", "kg.nt", "--schema-ns", other).code == 1
    mixed = graph.read_text().replace(f"<{form}://schema.org/name>", f"<{other}://schema.org/name>")
    put(tmp_path, "mixed.nt", mixed)
    assert run(tmp_path, "validate", "mixed.nt").code == 1


@pytest.mark.parametrize(
    "content",
    ["<https://example.org/a> <https://example.org/b> 1 .\n", "# nothing but a remark\n", "@prefix a: <a:> .\n"],
)
@pytest.mark.parametrize("name", ["foreign.ttl", "foreign.trig"])
def test_a_graph_with_nothing_to_check_does_not_pass(tmp_path: Path, content: str, name: str) -> None:
    put(tmp_path, name, content)
    ran = run(tmp_path, "validate", name)
    assert_refused(ran, 3, f"{name}: ")
    assert "nothing to check" in ran.err


# The report.


@pytest.mark.parametrize("name", [found.name for found in RENDERINGS])
@pytest.mark.parametrize("to_file", [True, False])
def test_the_report_has_many_forms(tmp_path: Path, name: str, to_file: bool) -> None:
    damaged_graph(tmp_path)
    put(tmp_path, "report", "old")
    options = ("-o", "report") if to_file else ()
    ran = run(tmp_path, "validate", "damaged.nt", "--report-format", name, *options)
    assert (ran.code, ran.err) == (1, "")
    assert bool(ran.out) != to_file
    content = (tmp_path / "report").read_bytes() if to_file else ran.out
    assert b"Authorship" in content
    if name == "json":
        assert json.loads(content)["conforms"] is False
    if name == "turtle":
        graph = list(pyoxigraph.parse(content, pyoxigraph.RdfFormat.TURTLE))
        assert any(str(quad.predicate) == "<http://www.w3.org/ns/shacl#conforms>" for quad in graph)


def test_the_report_may_be_compressed(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(1))
    assert run(tmp_path, "validate", "in.jsonl", "-o", "report.txt.gz").code == 0
    assert gzip.decompress((tmp_path / "report.txt.gz").read_bytes()).startswith(b"Conforms")


@pytest.mark.parametrize("source", ["graph.ttl", "in.jsonl"])
@pytest.mark.parametrize("form", ["{}", "./{}", "link"])
def test_the_report_never_overwrites_an_input(tmp_path: Path, source: str, form: str) -> None:
    graph_of(tmp_path)
    put(tmp_path, "in.jsonl", lines(1))
    (tmp_path / "link").symlink_to(source)
    place = form.format(source)
    with untouched(tmp_path):
        ran = run(tmp_path, "validate", source, "-o", place)
    assert_refused(ran, 2, f"{place} is an input, and would be overwritten")


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(1))
    with untouched(tmp_path):
        ran = run(tmp_path, "validate", "in.jsonl", "-o", "nowhere/report.txt")
    assert_refused(ran, 4, "nowhere/report.txt: it cannot be written (No such file or directory)")


def test_nothing_in_the_data_steers_a_terminal(tmp_path: Path) -> None:
    hostile = "\x1b[31m\x9b2J\x07\u202e\r\n"
    put(
        tmp_path,
        "in.jsonl",
        jsonl(
            {"title": f"a{hostile}", "authors": [f"b{hostile}", f"b{hostile}"], "kind": f"d{hostile}", "url": hostile}
        ),
    )
    put(
        tmp_path,
        "kg.ttl",
        f'<a:{"%1B"}> a <https://w3id.org/arrowkg/ns#Paper> ; <https://schema.org/name> "\\u001B[31m\\u009B" .',
    )
    for arguments in (("in.jsonl",), ("kg.ttl",), ("in.jsonl", "--fail-on", "info"), ("kg.ttl", "--fail-on", "info")):
        assert_steers_no_terminal(run(tmp_path, "validate", *arguments, is_terminal=True))


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_quiet_prints_the_report_and_errors_only(tmp_path: Path, option: str) -> None:
    ran = run(tmp_path, "validate", "-", option, stdin=lines(1, colour="red"))
    assert (ran.code, ran.err) == (0, "")
    assert ran.text.startswith("Conforms")
    assert "colour" in run(tmp_path, "validate", "-", stdin=lines(1, colour="red")).err


# Shapes.


def test_other_shapes_are_used_alone(tmp_path: Path) -> None:
    shape = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <a:shape> a sh:NodeShape ;"
        " sh:targetClass <https://w3id.org/arrowkg/ns#Paper> ;"
        ' sh:property [ sh:path <a:nothing> ; sh:minCount 1 ; sh:message "Nothing is there." ] .'
    )
    (tmp_path / "shapes").mkdir()
    put(tmp_path, "shapes/one.ttl", shape)
    for shapes in ("shapes", "shapes/one.ttl"):
        ran = run(tmp_path, "validate", "-", "--shapes", shapes, stdin=PAGE.encode())
        assert ran.code == 1
        assert "1 record, 1 violation, 0 warnings, 0 infos" in ran.text
        assert "Nothing is there." in ran.text


@pytest.mark.parametrize(
    ("content", "code", "error"),
    [
        (None, 2, "there are no shapes at shapes.ttl"),
        ("", 3, "shapes.ttl: no shape has a target, so nothing would be checked"),
        ("@prefix a: <a:> .\n\na:b a:c\n", 3, "shapes.ttl:"),
        (b"\xff\xfe\x00", 3, "shapes.ttl: it cannot be read"),
        ("<a:s> <http://www.w3.org/ns/shacl#minValue> 3 .", 3, "shapes.ttl: SHACL does not define sh:minValue"),
        ("<a:s> <a:p> " + "(" * 3000 + ")" * 3000 + " .", 3, "shapes.ttl"),
    ],
)
def test_shapes_that_would_check_nothing_are_refused(
    tmp_path: Path, content: str | bytes | None, code: int, error: str
) -> None:
    if content is not None:
        put(tmp_path, "shapes.ttl", content)
    assert_refused(run(tmp_path, "validate", "-", "--shapes", "shapes.ttl", stdin=PAGE.encode()), code, error)


@pytest.mark.parametrize(
    "constraint",
    [
        'sh:property [ sh:path <a:p> ; sh:minCount "x" ]',
        "sh:property [ sh:path ( 1 2 ) ; sh:minCount 1 ]",
        'sh:property [ sh:path <https://schema.org/name> ; sh:pattern "(" ]',
        'sh:sparql [ sh:select "SELECT oops" ]',
        "sh:property <a:p>",
        "sh:and 3",
    ],
)
def test_shapes_that_are_not_well_formed_are_refused(tmp_path: Path, constraint: str) -> None:
    put(
        tmp_path,
        "shapes.ttl",
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <a:shape> a sh:NodeShape ;"
        f" sh:targetClass <https://w3id.org/arrowkg/ns#Paper> ; {constraint} .",
    )
    ran = run(tmp_path, "validate", "-", "--shapes", "shapes.ttl", stdin=PAGE.encode())
    assert ran.code == 3, ran
    assert len(ran.err.splitlines()) == 1
    assert "the shapes cannot be " in ran.err


def test_a_folder_without_shapes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    ran = run(tmp_path, "validate", "-", "--shapes", "none", stdin=PAGE.encode())
    assert_refused(ran, 2, "the folder none holds no shapes", "shapes are read from its .ttl files")


# What cannot be checked.


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("kg.ttl", "", "kg.ttl: the input is empty"),
        ("kg.ttl", "@prefix a: <a:> .\n\na:b a:c a:d\na:e", "kg.ttl:4: not turtle: "),
        ("kg.nt", "<a:b> <a:c> <a:d> .\n<a:b> <a:c>\n", "kg.nt:"),
        ("kg.nq", "<a:b> <a:c> <a:d> <a:e> .\n\n<a:b> oops <a:d> .\n", "kg.nq:3: not nquads: "),
        ("kg.trig", "<a:g> {\n<a:b> <a:c>\n", "kg.trig:"),
        ("kg.jsonld", '{"@context": {},\n"x"', "kg.jsonld:2: not jsonld: "),
        ("kg.rdf", f"{_XML}\n\n<a:b", "kg.rdf"),
        ("kg.ttl", "<b> <c> <d> .", "kg.ttl:1: not turtle: "),
        ("kg.ttl", b"\xff\xfe<\x00a\x00", "kg.ttl"),
        ("kg.ttl", b"<a:b> <a:c> <a:d> . \x00", "kg.ttl: the input is binary, not text"),
        ("kg.ttl", b'<a:b> <a:c> "\xe9" .', "kg.ttl:1: not turtle: "),
        ("kg.ttl", "<a:b> <a:c> <<( <a:d> <a:e> <a:f> )>> .", "kg.ttl"),
        ("kg.jsonld", "{}{}", "kg.jsonld"),
        ("kg.txt", "nothing that is known", "kg.txt:1: the input is of no known form"),
    ],
)
def test_what_is_no_rdf_is_refused_with_its_line(tmp_path: Path, name: str, content: str | bytes, error: str) -> None:
    put(tmp_path, name, content)
    ran = run(tmp_path, "validate", name)
    assert_refused(ran, 3, error)


_LAUGHS: Final = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        (f'<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY l0 "lol">{_LAUGHS}]>', "utf-8"),
        (f'<!DOCTYPE rdf:RDF [<!ENTITY l0 "lol">{_LAUGHS}]>', "utf-8"),
        ('<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>', "utf-8"),
        (f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE rdf:RDF [<!ENTITY l9 "lol">{_LAUGHS}]>', "utf-16"),
    ],
)
@pytest.mark.parametrize("name", ["bomb.rdf", "bomb.owl", "bomb.xml"])
def test_xml_entities_are_not_expanded(tmp_path: Path, declaration: str, encoding: str, name: str) -> None:
    text = f'{declaration}{_XML}<a:b rdf:about="https://example.org/b"><a:c>&l9;</a:c></a:b></rdf:RDF>'
    put(tmp_path, name, text.encode(encoding))
    for command in ("validate", "listing", "inspect"):
        assert_refused(run(tmp_path, command, name), 3, f"{name}:")


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A socket that listens, and where nothing must ever connect."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.mark.parametrize(
    "document",
    [
        '{{"@context": "{url}", "@id": "a:b", "name": "x"}}',
        '{{"@context": ["{url}", {{}}], "@id": "a:b"}}',
        '{{"@context": {{"@import": "{url}"}}, "@id": "a:b"}}',
        '{{"@context": {{"a": {{"@id": "a:c", "@context": "{url}"}}}}, "@id": "a:b", "a": {{"b": 1}}}}',
        '{{"@graph": [{{"@context": "{url}", "@id": "a:b"}}]}}',
    ],
)
def test_no_context_is_fetched(tmp_path: Path, server: socket.socket, document: str) -> None:
    put(tmp_path, "kg.jsonld", document.format(url=f"http://127.0.0.1:{server.getsockname()[1]}/context.jsonld"))
    for command in ("validate", "listing", "inspect"):
        assert_refused(run(tmp_path, command, "kg.jsonld"), 3, "kg.jsonld: not jsonld: ")
    with pytest.raises(BlockingIOError):
        server.accept()


def test_no_shapes_are_fetched(tmp_path: Path, server: socket.socket) -> None:
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    put(tmp_path, "in.jsonl", lines(1))
    sh = "http://www.w3.org/ns/shacl#"
    select = f"SELECT $this WHERE {{ SERVICE <{url}> {{ $this ?p ?o }} }}"
    put(
        tmp_path,
        "shapes.ttl",
        f"<a:o> <http://www.w3.org/2002/07/owl#imports> <{url}> . <a:s> a <{sh}NodeShape> ; "
        f'<{sh}targetClass> <https://w3id.org/arrowkg/ns#Paper> ; <{sh}sparql> [ <{sh}select> "{select}" ] .',
    )
    assert_refused(run(tmp_path, "validate", "in.jsonl", "--shapes", "shapes.ttl"), 3, "")
    with pytest.raises(BlockingIOError):
        server.accept()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.jsonld", "[" * 100_000),
        ("deep.jsonld", '{"@context": {}, "@graph": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        ("deep.jsonld", '{"a:p": ' * 20_000 + "1" + "}" * 20_000),
        ("deep.ttl", "<a:b> <a:c> " + "[ <a:c> " * 50_000 + "1 " + "]" * 50_000 + "."),
        ("deep.ttl", "<a:b> <a:c> " + "(" * 50_000 + ")" * 50_000 + "."),
        ("deep.ttl", "<a:b> <a:c> " + "<<( <a:b> <a:c> " * 50_000 + "1 " + ")>>" * 50_000 + "."),
        ("deep.nt", "<a:b> <a:c> " + "<<( <a:b> <a:c> " * 50_000 + "1 " + ")>>" * 50_000 + " ."),
        ("deep.rdf", _XML + "<a:b><a:c>" * 20_000 + "</a:c></a:b>" * 20_000 + "</rdf:RDF>"),
    ],
)
def test_rdf_that_is_nested_without_end_is_refused(tmp_path: Path, name: str, content: str) -> None:
    put(tmp_path, name, content)
    assert_refused(spawn(tmp_path, "validate", name), 3, name)


def test_bad_records_of_a_listing_stop_the_check(tmp_path: Path) -> None:
    put(tmp_path, "in.jsonl", lines(1) + b'{"title": "a", "year": "MMXX"}\n')
    assert_refused(run(tmp_path, "validate", "in.jsonl"), 3, "in.jsonl:2: year: the text 'MMXX' where a whole number")


def test_standard_input_is_named_once(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "validate", "-", "-", stdin=lines(1)), 2, "standard input is named twice")


ENGINES = ["compiled", "pyshacl"]


@pytest.mark.parametrize("format_", ["text", "json", "turtle", "html", "junit", "sarif"])
def test_engines_give_the_same_report(tmp_path: Path, format_: str) -> None:
    assert run(tmp_path, "export", "-", "-o", "good.nt", stdin=PAGE.encode()).code == 0
    lines = (tmp_path / "good.nt").read_text().splitlines(keepends=True)
    put(tmp_path, "bad.nt", "".join(line for line in lines if "/position" not in line and "datePublished" not in line))
    reports = {}
    for engine in ENGINES:
        ran = run(tmp_path, "validate", "bad.nt", "--engine", engine, "--report-format", format_)
        assert ran.code == 1, ran
        reports[engine] = ran.out
    assert reports["compiled"] == reports["pyshacl"]
    assert b"Paper-year-missing" in reports["compiled"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broken_graph_is_found_by_either_engine(tmp_path: Path, engine: str) -> None:
    assert run(tmp_path, "export", "-", "-o", "good.nt", stdin=PAGE.encode()).code == 0
    lines = (tmp_path / "good.nt").read_text().splitlines(keepends=True)
    put(tmp_path, "bad.nt", "".join(line for line in lines if "#ListItem" not in line and "/headline" not in line))
    ran = run(tmp_path, "validate", "bad.nt", "--engine", engine)
    assert ran.code == 1
    assert b"Paper-headline" in ran.out
    assert run(tmp_path, "validate", "good.nt", "--engine", engine).code == 0


def test_what_is_not_compiled_is_told(tmp_path: Path) -> None:
    put(
        tmp_path,
        "shapes.ttl",
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <a:shape> a sh:NodeShape ;"
        r" sh:targetClass <https://w3id.org/arrowkg/ns#Paper> ; sh:pattern '(?:(x+)+\\1)+' .",
    )
    ran = run(tmp_path, "validate", "-", "--shapes", "shapes.ttl", stdin=PAGE.encode())
    assert ran.code == 1
    assert "pySHACL checks instead: nothing bounds the time" in ran.err
