"""Renderings of reports: each says all that the report holds, and no text in it breaks out of its place."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from itertools import pairwise
from pathlib import Path as File
from typing import Any, get_args
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pyoxigraph
import pyshacl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from rdflib import RDF, SH, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.plugins.sparql import prepareQuery
from rdflib.term import Node

from arrowkg import terms, vocab
from arrowkg.errors import UsageError
from arrowkg.settings import FailOn
from arrowkg.validation import Engine, Report, Result, load_shapes, reference_engine
from arrowkg.validation.rdflib_terms import term_of
from arrowkg.validation.renderings import RENDERINGS, render, rendering_named
from arrowkg.validation.renderings.sections import sections
from arrowkg.validation.renderings.text import COLUMNS, finding_lines
from arrowkg.validation.renderings.wording import Words, fitted, visible, width
from arrowkg.validation.report import SEVERITIES, Path, path_text
from shape_cases import CASES

# It has no types of its own.
Draft202012Validator: Any = import_module("jsonschema").Draft202012Validator

NAMES = [found.name for found in RENDERINGS]
FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)
SHAPES = "https://w3id.org/arrowkg/shapes#"
PAPER = "<https://kg.example.org/paper/0123456789abcdef>"

HOSTILE = [
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '" onclick="alert(1)" \'',
    "two\nlines\r\nand\ttabs",
    "]]><!-- --><?php ?><![CDATA[",
    "\x1b[2J\x07\x08\x7f\x9b31m",
    "\u202eabc\u2066def\u200f\u2028\u2029",
    "[here](https://example.org/) {0} {{1}} \\](x)",
    "&amp; &#x1b; %0A %s {} $x \\u0041 \\",
    "# no comment\n<urn:a> <urn:b> <urn:c> .",
    "石頭" * 40,
    "x" * 5000,
    "",
    " ",
]


def sh(local: str) -> str:
    return f"<{SH}{local}>"


def result(
    severity: Any = "violation",
    shape: str = "Paper-name-count",
    focus: str = PAPER,
    message: str = "The paper needs exactly one title. Give it one schema:name, as listed.",
    path: Path | None = vocab.SCHEMA_HTTPS.name,
    value: str | None = None,
) -> Result:
    shape = shape if shape.startswith(("<", "_:")) else f"<{SHAPES}{shape}>"
    return Result(severity, focus, shape, sh("MinCountConstraintComponent"), message, path, value)


def report_of(*results: Result, file: str = "page.txt", line: int | None = 16, title: str = "On Stones") -> Report:
    report = Report()
    report.add(results, file, line, title)
    return report


COMPLEX: tuple[Path, ...] = (
    ("^", vocab.PRO_IS_CONTEXT_FOR),
    ("/", vocab.PRO_IS_CONTEXT_FOR, vocab.PRO_IS_HELD_BY),
    ("|", vocab.SCHEMA_HTTPS.name, vocab.DCTERMS_TITLE),
    ("*", "<urn:p>"),
    ("+", "<urn:p>"),
    ("?", "<urn:p>"),
    ("/", ("^", ("|", "<urn:p>", ("/", "<urn:q>", "<urn:r>"))), ("*", ("+", "<urn:s>"))),
    ("?", ("^", ("^", "<urn:p>"))),
)


def empty() -> Report:
    return Report()


def all_severities() -> Report:
    report = Report()
    missing = result("warning", "Paper-year-missing", message="The paper has no year. Add it if it is known.")
    report.add([missing, result()], "page.txt", 16, "On Stones")
    report.add([missing], "page.txt", 24, "On Sand")
    for number in range(5):
        lacking = result("info", "Paper-abstract-missing", f"<urn:paper:{number}>", "The paper has no abstract.")
        report.add([lacking], "other.jsonl", number + 1, f"On Gravel, Part {number}")
    report.skipped_rules.append("Paper-kind-unknown")
    return report


def complex_paths() -> Report:
    return report_of(*(result(path=path, focus=f"<urn:node:{number}>") for number, path in enumerate(COMPLEX)))


def hostile() -> Report:
    report = Report()
    for number, text in enumerate(HOSTILE, 1):
        value = terms.text(text)
        report.add([result(value=value, focus=f"<urn:n:{number}>", message=text)], f"f{text[:200]}.txt", number, text)
        report.add([result("info", value=f"{value}@en-x-y", focus=value)], "caf\udce9.txt", None, text)
    report.skipped_rules += HOSTILE
    return report


def blank_nodes() -> Report:
    return report_of(
        result(focus="_:x", value="_:y.z", shape="_:n0", path="_:p"),
        result(focus="_:x", value="_:a b", shape="_:0"),
        result(focus="_:é", path=("/", "<urn:p>", "_:-")),
        line=None,
        title="",
    )


def odd_terms() -> Report:
    year = '"2025"^^<http://www.w3.org/2001/XMLSchema#gYear>'
    return report_of(
        result(value=year, focus='<http://example.org/a b<c>"{}|^`\\d>'),
        result(value=terms.integer(7), shape="<http://example.org/shapes/name>"),
        result(value=vocab.FABIO_BOOK, shape="<https://example.org/other#name>"),
        result(value="<https://schema.org/>", shape="<urn:x:y>"),
        result(value="<https://schema.org/a.b>", shape="<http://example.org/>", message=""),
        result(value="<https://schema.org/-a/b%20>"),
    )


def unlisted() -> Report:
    report = Report(most=4)
    for number in range(1, 7):
        results = [result(focus=f"<urn:n:{number}>"), result("warning", "Paper-year-missing", f"<urn:n:{number}>")]
        report.add(results, "page.txt", number)
    return report


def none_listed() -> Report:
    report = Report(most=0)
    report.add([result(), result("info", "Paper-abstract-missing")], "page.txt", 1)
    return report


REPORTS = (
    empty,
    all_severities,
    complex_paths,
    hostile,
    blank_nodes,
    odd_terms,
    unlisted,
    none_listed,
)
each_report = pytest.mark.parametrize("make", REPORTS)
each_name = pytest.mark.parametrize("name", NAMES)
each_fail_on = pytest.mark.parametrize("fail_on", FAIL_ON)


# The table


def test_the_table_has_the_renderings() -> None:
    assert NAMES == ["text", "json", "turtle", "html", "junit", "sarif"]
    assert all(rendering_named(found.name) is found and found.title and "/" in found.media_type for found in RENDERINGS)


def test_an_unknown_name_is_refused_with_a_proposal() -> None:
    with pytest.raises(UsageError) as caught:
        render(Report(), "turtel", fail_on="violation")
    assert caught.value.reason == "there is no report format 'turtel'"
    assert caught.value.hint == ("did you mean turtle? The report formats are text, json, turtle, html, junit, sarif")
    with pytest.raises(UsageError) as caught:
        rendering_named("zzz")
    assert caught.value.hint.startswith("The report formats are")


# What holds of every rendering


@each_name
@each_report
@each_fail_on
def test_the_same_report_gives_the_same_bytes(name: str, make: Any, fail_on: FailOn) -> None:
    once = render(make(), name, fail_on=fail_on)
    assert once.encode() == render(make(), name, fail_on=fail_on).encode()
    assert once.endswith("\n") and not once.endswith("\n\n")


@each_name
@each_report
def test_rendering_leaves_the_report_as_it_is(name: str, make: Any) -> None:
    report, same = make(), make()
    render(report, name, fail_on="info")
    assert (report.findings, report.groups, report.skipped_rules) == (same.findings, same.groups, same.skipped_rules)


@each_name
def test_no_control_character_reaches_a_terminal(name: str) -> None:
    found = set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", render(hostile(), name, fail_on="info")))
    # JSON has an escape for each C0 control, but none is needed for DEL.
    assert found <= ({"\x7f"} if name in ("json", "sarif") else set())


@each_name
def test_nothing_is_hidden_silently(name: str) -> None:
    shown = html.unescape(render(unlisted(), name, fail_on="never"))
    assert re.search(r'Of 12 findings, 4 are listed; the other 8 are only counted|"unlisted": 8|and \d more', shown)
    assert "Paper-kind-unknown" in render(all_severities(), name, fail_on="violation")


# Text


def test_text_of_an_empty_report_is_the_verdict() -> None:
    assert render(Report(), "text", fail_on="violation") == (
        "Conforms at violation: 0 records, 0 violations, 0 warnings, 0 infos\n"
    )


def test_text_is_verdict_summary_and_details() -> None:
    report = Report()
    headline = result("violation", "Paper-headline", value='"On Stone"')
    report.add([headline], "page.txt", 16, "On the  Sorting\nof Stones")
    report.add([result("warning", "Paper-year-missing", message="No year.")], "page.txt", 24, "On Sand")
    report.add([result("warning", "Paper-year-missing", message="No year.")], "page.txt", 32, "On Sand")
    report.skipped_rules += ["Paper-url-web", "Paper-kind-unknown"]
    assert render(report, "text", fail_on="violation") == (
        "Does not conform at violation: 3 records, 1 violation, 1 warning, 0 infos\n"
        "not checked: Paper-url-web, Paper-kind-unknown\n"
        "\n"
        "severity   count  shape\n"
        "violation      1  Paper-headline\n"
        "warning        1  Paper-year-missing\n"
        "\n"
        "page.txt:16: violation: The paper needs exactly one title. Give it one\n"
        "  schema:name, as listed.\n"
        '    "On the Sorting of Stones"\n'
        "    shape Paper-headline\n"
        f"    node  {PAPER}\n"
        "    path  schema:name\n"
        '    value "On Stone"\n'
        "\n"
        "page.txt:24: warning: No year.\n"
        '    "On Sand"\n'
        "    shape Paper-year-missing\n"
        f"    node  {PAPER}\n"
        "    path  schema:name\n"
        "    in 2 records\n"
    )


@pytest.mark.parametrize(
    ("fail_on", "start"),
    [
        ("violation", "Does not conform at violation: 7 records, 1 violation, 1 warning, 5 infos\n"),
        ("never", "Conforms (never fails): 7 records, 1 violation, 1 warning, 5 infos\n"),
    ],
)
def test_text_starts_with_the_verdict(fail_on: FailOn, start: str) -> None:
    assert render(all_severities(), "text", fail_on=fail_on).startswith(start)


def test_text_limits_only_what_does_not_count() -> None:
    lenient = render(all_severities(), "text", fail_on="violation")
    assert lenient.count("info: The paper has no abstract.") == 3
    assert "\n… and 2 more of Paper-abstract-missing\n" in lenient
    strict = render(all_severities(), "text", fail_on="info")
    assert strict.count("info: The paper has no abstract.") == 5
    assert "more of" not in strict


def test_text_tells_what_was_only_counted() -> None:
    text = render(unlisted(), "text", fail_on="violation")
    assert "\n… and 4 more of Paper-name-count\n\n" in text
    assert text.endswith("\nOf 12 findings, 4 are listed; the other 8 are only counted.\n")


@each_report
def test_text_keeps_to_its_columns(make: Any) -> None:
    for line in render(make(), "text", fail_on="info").splitlines():
        # Only what cannot be broken is longer: a word, an IRI, a path, a file name, a wide datatype.
        is_one_name = " " not in line.strip() or line.startswith(("    node", "    path", "    value"))
        assert width(line) <= COLUMNS or is_one_name


def test_text_cuts_long_literals_but_no_escape() -> None:
    value = terms.text("\x07" * 20 + "x" * 5000)
    *_, line = finding_lines(report_of(result(value=value)).findings[0], Words(Report()))
    assert line == '    value "' + "\\u0007" * 9 + '…"'
    assert Words(Report()).term(terms.text("x" * 60)) == f'"{"x" * 60}"'
    assert Words(Report()).term(terms.text("x" * 61)) == f'"{"x" * 59}…"'
    assert Words(Report()).term(terms.text("石" * 31)) == f'"{"石" * 29}…"'
    assert Words(Report()).term(terms.text("e" + "\u0301" * 5000)) == '"e' + "\u0301" * 60 + '…"'


def test_a_title_is_cut_to_fit() -> None:
    for title in ("x" * 200, "石" * 200, "e\u0301" * 200):
        lines = finding_lines(report_of(result(), title=title).findings[0], Words(Report()))
        assert lines[2].endswith('…"') and 79 <= width(lines[2]) <= 80


def test_terms_are_shortened_by_prefixes_and_nothing_else() -> None:
    words = Words(odd_terms())
    assert words.term(vocab.FABIO_BOOK) == "fabio:Book"
    assert words.term('"2025"^^<http://www.w3.org/2001/XMLSchema#gYear>') == '"2025"^^xsd:gYear'
    assert words.term('"Rat"@de') == '"Rat"@de'
    assert words.term("<https://schema.org/a.b>") == "<https://schema.org/a.b>"
    assert words.term(vocab.SCHEMA_HTTP.name) == "<http://schema.org/name>"
    assert words.term("_:x") == "_:x"
    assert Words(report_of(result(path=vocab.SCHEMA_HTTP.name))).term(vocab.SCHEMA_HTTP.name) == "schema:name"


def test_shapes_of_one_name_are_told_apart() -> None:
    shown = render(odd_terms(), "text", fail_on="info")
    assert "shape <http://example.org/shapes/name>\n" in shown
    assert "shape <https://example.org/other#name>\n" in shown
    assert "shape Paper-name-count\n" in shown


def test_a_finding_without_a_message_names_its_constraint() -> None:
    assert "page.txt:16: violation: MinCountConstraintComponent\n" in render(odd_terms(), "text", fail_on="info")


@given(st.text(st.characters()))
def test_visible_texts_have_nothing_that_acts(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert shown.encode().decode() == shown
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\uffff]", shown)


@given(st.text(), st.integers(2, 100))
def test_fitted_texts_fit(text: str, columns: int) -> None:
    shown = fitted(text, columns)
    assert width(shown) <= columns
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


# Paths


def paths() -> st.SearchStrategy[Path]:
    return st.recursive(
        st.sampled_from(["<urn:p>", "<urn:q>", vocab.SCHEMA_HTTPS.name]),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from("^*+?"), inner), st.tuples(st.sampled_from("/|"), inner, inner)
        ),
        max_leaves=6,
    )


@given(paths())
def test_paths_are_what_sparql_reads(path: Path) -> None:
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in vocab.prefixes("https").items())
    prepareQuery(f"{prefixes} SELECT * {{ ?s {path_text(path)} ?o ; {Words(Report()).path(path)} ?o }}")


# JSON


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


COUNT = {"type": "integer", "minimum": 0}
STRING = {"type": "string"}
SEVERITY = {"enum": list(SEVERITIES)}
TERM = {"type": "string", "pattern": r'^(<[^\n]*>|_:[^\n]+|"[^\n]*"(@[A-Za-z0-9-]+|\^\^<[^\n]*>)?)$'}
REPORT_SCHEMA = closed(
    conforms={"type": "boolean"},
    failOn={"enum": list(FAIL_ON)},
    checked=COUNT,
    checkedNodes=COUNT,
    counts=closed(violation=COUNT, warning=COUNT, info=COUNT),
    groups={"type": "array", "items": closed(severity=SEVERITY, shape=TERM, count={"type": "integer", "minimum": 1})},
    findings={
        "type": "array",
        "items": closed(
            severity=SEVERITY,
            shape=TERM,
            component=TERM,
            focus=TERM,
            path={"type": ["string", "null"]},
            value={"anyOf": [TERM, {"type": "null"}]},
            message=STRING,
            file=STRING,
            line={"type": ["integer", "null"]},
            title=STRING,
            count={"type": "integer", "minimum": 1},
        ),
    },
    unlisted=COUNT,
    skippedRules={"type": "array", "items": STRING},
)


@each_report
@each_fail_on
def test_json_is_as_documented(make: Any, fail_on: FailOn) -> None:
    report = make()
    found = json.loads(render(report, "json", fail_on=fail_on))
    Draft202012Validator(REPORT_SCHEMA).validate(found)
    assert (found["conforms"], found["failOn"]) == (report.conforms(fail_on), fail_on)
    assert found["checked"] == report.checked
    assert sum(found["counts"].values()) == sum(group["count"] for group in found["groups"]) == report.total
    assert len(found["findings"]) + found["unlisted"] == report.total
    for shown, finding in zip(found["findings"], report.findings, strict=True):
        assert shown["value"] == finding.result.value
        assert (shown["focus"], shown["shape"]) == (finding.result.focus, finding.result.shape)
        assert (shown["message"], shown["title"]) == (finding.result.message, finding.title)
        assert (shown["line"], shown["count"]) == (finding.line, finding.count)
        assert shown["file"] == finding.file.replace("\udce9", "\\udce9")


# Turtle


def parsed(turtle: str) -> Graph:
    """The report, read by two parsers that must find the same."""
    quads = list(pyoxigraph.parse(turtle, pyoxigraph.RdfFormat.TURTLE))
    graph = Graph().parse(data=turtle, format="turtle")
    other = Graph().parse(data=pyoxigraph.serialize(quads, format=pyoxigraph.RdfFormat.N_TRIPLES), format="nt")
    assert len(graph) == len(other) == len(quads)
    return graph


@each_report
@each_fail_on
def test_turtle_is_a_validation_report(make: Any, fail_on: FailOn) -> None:
    report = make()
    graph = parsed(render(report, "turtle", fail_on=fail_on))
    (root,) = graph.subjects(RDF.type, SH.ValidationReport)
    (conforms,) = graph.objects(root, SH.conforms)
    # SHACL's own sense: every result counts.
    assert conforms.toPython() == (report.total == 0)  # type: ignore[attr-defined]
    results = list(graph.objects(root, SH.result))
    assert len(results) == len(report.findings)
    assert set(results) == set(graph.subjects(RDF.type, SH.ValidationResult))
    for each in results:
        for required in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent, SH.sourceShape):
            assert len(list(graph.objects(each, required))) == 1


def test_turtle_keeps_every_text() -> None:
    graph = parsed(render(hostile(), "turtle", fail_on="info"))
    assert {str(value) for value in graph.objects(None, SH.value)} == set(HOSTILE)
    assert {str(message) for message in graph.objects(None, SH.resultMessage)} >= set(HOSTILE) - {""}


def test_turtle_keeps_the_labels_of_blank_nodes() -> None:
    turtle = render(blank_nodes(), "turtle", fail_on="info")
    assert turtle.count("sh:focusNode _:x ;") == 2
    assert "sh:value _:y.z ;" in turtle and "sh:sourceShape _:n0 ;" in turtle
    # Labels that Turtle has not are replaced, each by one of its own.
    assert len(set(re.findall(r"_:b[0-9a-f]{24}", turtle))) == 3


def test_turtle_writes_no_iri_that_breaks_out() -> None:
    graph = parsed(render(odd_terms(), "turtle", fail_on="info"))
    assert URIRef("http://example.org/a%20b%3Cc%3E%22%7B%7D%7C%5E%60%5Cd") in set(graph.objects(None, SH.focusNode))


OPERATORS = {
    SH.inversePath: "^",
    SH.alternativePath: "|",
    SH.zeroOrMorePath: "*",
    SH.oneOrMorePath: "+",
    SH.zeroOrOnePath: "?",
}


def path_from(graph: Graph, node: Node) -> Path:
    if (node, RDF.first, None) in graph:
        return ("/", *(path_from(graph, step) for step in Collection(graph, node)))
    for predicate, operand in graph.predicate_objects(node):
        if predicate == SH.alternativePath:
            return ("|", *(path_from(graph, step) for step in Collection(graph, operand)))
        assert isinstance(predicate, URIRef)
        return (OPERATORS[predicate], path_from(graph, operand))
    return f"<{node}>"


@given(paths())
def test_paths_come_back_from_turtle(path: Path) -> None:
    graph = parsed(render(report_of(result(path=path)), "turtle", fail_on="info"))
    (node,) = graph.objects(None, SH.resultPath)
    assert path_from(graph, node) == path


def test_turtle_declares_only_prefixes_that_it_uses() -> None:
    turtle = render(odd_terms(), "turtle", fail_on="info")
    head, _, body = turtle.partition("\n\n")
    declared = re.findall(r"^@prefix (\w+): <", head, re.MULTILINE)
    assert declared == ["sh", "aks", "fabio", "schema", "xsd"]
    assert all(re.search(rf"\b{prefix}:\w", body) for prefix in declared)


STANDARD = (
    *(RDF.type, SH.conforms, SH.result, SH.focusNode, SH.value, SH.sourceShape),
    *(SH.sourceConstraintComponent, SH.resultSeverity),
)


def standard_part(report: Graph) -> Graph:
    """The results in what the recommendation requires, each with a copy of its path of its own."""
    part = Graph()
    (root,) = report.subjects(RDF.type, SH.ValidationReport)
    for subject in (root, *report.objects(root, SH.result)):
        for predicate, value in report.predicate_objects(subject):
            if predicate in STANDARD:
                part.add((subject, predicate, value))
            elif predicate == SH.resultPath:
                part.add((subject, predicate, copied(report, value, part)))
    return part


def copied(report: Graph, node: Node, into: Graph) -> Node:
    if not isinstance(node, BNode):
        return node
    copy = BNode()
    for predicate, value in report.predicate_objects(node):
        if predicate in OPERATORS or predicate in (RDF.first, RDF.rest):
            into.add((copy, predicate, copied(report, value, into)))
    return copy


@pytest.fixture(scope="module")
def engine() -> Engine:
    return reference_engine(load_shapes())


def compared_with_pyshacl(data: Graph, engine: Engine) -> Graph:
    """Our report in Turtle, after it was found to be what pySHACL itself reports."""
    _, theirs, _ = pyshacl.validate(data, shacl_graph=engine.shapes.graph(), inference="none", advanced=False)
    results = engine.check([(term_of(s), term_of(p), term_of(o)) for s, p, o in data])
    ours = parsed(render(report_of(*results, file="data.ttl", line=None, title=""), "turtle", fail_on="info"))
    assert isomorphic(standard_part(ours), standard_part(theirs))
    return ours


COMPARED = (
    *("Paper", "Paper-iri", "Paper-types", "Paper-name-count", "Paper-headline", "Paper-year", "Paper-year-missing"),
    *("Paper-author-held", "Paper-volume-year", "Paper-positions", "Paper-doi-together", "Paper-abstract-missing"),
    *("Authorship-paper-count", "Authorship-paper", "Identifier-paper-count", "Capture-iri", "Author-iri"),
)


def test_turtle_is_what_pyshacl_reports_of_broken_records(engine: Engine) -> None:
    data = Graph()
    chosen = [case for case in CASES if case.shape in COMPARED]
    for number, case in enumerate(chosen):
        data += case.graph(f"https://kg.example.org/{number}/")
    ours = compared_with_pyshacl(data, engine)
    assert {str(shape).removeprefix(SHAPES) for shape in ours.objects(None, SH.sourceShape)} >= {
        case.shape for case in chosen
    }
    assert any(isinstance(path, BNode) for path in ours.objects(None, SH.resultPath))


FOREIGN_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://example.org/> .
ex:Thing a sh:NodeShape ; sh:targetClass ex:Thing ;
    sh:property
        [ sh:path [ sh:inversePath ex:p ] ; sh:minCount 1 ],
        [ sh:path ( ex:p [ sh:zeroOrMorePath [ sh:inversePath ex:q ] ] ) ; sh:nodeKind sh:IRI ],
        [ sh:path [ sh:alternativePath ( ex:p ( ex:q ex:r ) ) ] ; sh:maxCount 0 ; sh:severity sh:Info ],
        [ sh:path [ sh:oneOrMorePath ex:p ] ; sh:maxLength 3 ; sh:severity sh:Warning ],
        [ sh:path [ sh:zeroOrOnePath ex:q ] ; sh:in ( 1 "x"@en ) ] .
"""
FOREIGN_DATA = """
@prefix ex: <http://example.org/> .
[] a ex:Thing ; ex:p "four\\nlines", [ ex:q ex:z ] ; ex:q 7, "x"@fr .
ex:a a ex:Thing ; ex:q "1"^^ex:odd .
"""


def test_turtle_is_what_pyshacl_reports_with_foreign_shapes(tmp_path: File) -> None:
    (tmp_path / "shapes.ttl").write_text(FOREIGN_SHAPES)
    data = Graph().parse(data=FOREIGN_DATA, format="turtle")
    ours = compared_with_pyshacl(data, reference_engine(load_shapes(tmp_path)))
    assert set(ours.predicates()) >= OPERATORS.keys()
    assert any(isinstance(focus, BNode) for focus in ours.objects(None, SH.focusNode))


# HTML

ELEMENTS = set(
    "html head meta title style body header h1 p main h2 table caption thead tbody tr th td a section h3 ol li dl dt dd"
    " code bdi details summary".split()
)


ATTRIBUTES = set("lang charset http-equiv content name class scope id href aria-labelledby".split())


def page_of(report: Report, fail_on: FailOn = "violation") -> tuple[str, lxml_html.HtmlElement]:
    text = render(report, "html", fail_on=fail_on)
    return text, lxml_html.document_fromstring(text)


@each_report
@each_fail_on
def test_html_holds_only_its_own_elements(make: Any, fail_on: FailOn) -> None:
    report = make()
    text, page = page_of(report, fail_on)
    elements = list(page.iter())
    assert {element.tag for element in elements} <= ELEMENTS
    attributes = {name for element in elements for name in element.attrib}
    assert attributes <= ATTRIBUTES
    assert len(page.xpath("//li")) == len(report.findings)
    assert len(page.xpath("//section")) == len(report.groups)
    # Every start tag was written by us: a hostile text has added none.
    assert text.count("<li>") == len(report.findings)
    assert text.count("<script") == text.count("<img") == 0


@each_report
def test_html_is_well_formed_once_void_elements_are_closed(make: Any) -> None:
    text, _ = page_of(make())
    document = re.sub(r"<meta [^>]*", r"\g<0>/", text.removeprefix("<!doctype html>\n"))
    root = etree.fromstring(document.encode())
    assert root.tag == "html"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)


def test_html_allows_nothing_from_elsewhere() -> None:
    text, page = page_of(hostile())
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = page.xpath("//style/text()")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "prefers-color-scheme: dark" in style and "url(" not in style and "@import" not in style
    assert "width=device-width" in page.xpath("//meta[@name='viewport']/@content")[0]
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert not page.xpath("//@src | //@style | //@*[starts-with(name(), 'on')]")
    assert text.index("Content-Security-Policy") < text.index("<style>")


@each_report
def test_html_can_be_navigated(make: Any) -> None:
    report = make()
    _, page = page_of(report)
    assert page.get("lang") == "en"
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3")]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {f"#{name}" for name in ids} == set(page.xpath("//@href"))
    assert set(page.xpath("//@aria-labelledby")) == set(ids)
    if report.groups:
        (table,) = page.xpath("//table")
        assert table[0].tag == "caption" and table[0].text
        assert len(table.xpath(".//tbody/tr/th[@scope='row']")) == len(report.groups)
        assert len(table.xpath(".//thead/tr/th[@scope='col']")) == 3


def test_html_says_all_of_a_finding() -> None:
    value = terms.text("x" * 5000)
    report = report_of(result(value=value, path=COMPLEX[1]))
    report.add([result(value=value, path=COMPLEX[1])], "page.txt", 20)
    _, page = page_of(report)
    names = [item.text_content() for item in page.xpath("//dt")]
    values = [item.text_content() for item in page.xpath("//dd")]
    found = dict(zip(names, values, strict=True))
    assert found.pop("Value").endswith(f'…""{"x" * 5000}"')
    assert found == {
        "Place": "page.txt:16",
        "Paper": "On Stones",
        "Node": PAPER,
        "Path": "pro:isDocumentContextFor/pro:isHeldBy",
        "Constraint": "sh:MinCountConstraintComponent",
        "Records": "2",
    }


def test_html_cuts_what_no_reader_wants_whole() -> None:
    text, _ = page_of(report_of(result(value=terms.text("x" * 1_000_000))))
    assert len(text) < 50_000 and "1,000,002 characters in all" in text


# JUnit


def suite_of(report: Report, fail_on: FailOn) -> ElementTree.Element:
    text = render(report, "junit", fail_on=fail_on)
    etree.fromstring(text.encode())
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "testsuites"
    (suite,) = root
    assert suite.tag == "testsuite"
    cases = list(suite)
    for element in (root, suite):
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(len(suite.findall("testcase/failure")))
        assert element.get("skipped") == str(len(suite.findall("testcase/skipped")))
        assert element.get("errors") == "0"
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert all(case.tag == "testcase" for case in cases) and all(all(name) for name in names)
    for case in cases:
        assert [child.tag for child in case] in (["failure"], ["system-out"], ["skipped"])
        for failure in case.findall("failure"):
            assert failure.get("message") and failure.get("type") in SEVERITIES
    return suite


@each_report
@each_fail_on
def test_junit_fails_where_the_report_does(make: Any, fail_on: FailOn) -> None:
    report = make()
    suite = suite_of(report, fail_on)
    assert bool(suite.findall("testcase/failure")) == (not report.conforms(fail_on))
    assert len(suite) == 1 + len(report.groups) + len(report.skipped_rules)
    assert len(suite.findall("testcase/skipped")) == len(report.skipped_rules)
    names = [case.get("name") for case in suite if case.find("skipped") is None]
    assert names[0] == "records checked" and len(names) == len(set(names))


def test_junit_says_what_failed() -> None:
    suite = suite_of(all_severities(), "warning")
    named = {case.get("name"): case for case in suite}
    assert list(named) == [
        "records checked",
        "Paper-name-count (violation)",
        "Paper-year-missing (warning)",
        "Paper-abstract-missing (info)",
        "Paper-kind-unknown (not checked)",
    ]
    failure = named["Paper-year-missing (warning)"].find("failure")
    assert failure is not None and failure.text
    assert failure.get("message") == "1 warning: The paper has no year. Add it if it is known."
    assert failure.text.startswith("page.txt:16: warning: The paper has no year.") and "in 2 records" in failure.text
    lenient = named["Paper-abstract-missing (info)"].findtext("system-out") or ""
    assert lenient.count("no abstract") == 5


def test_junit_tells_what_was_only_counted() -> None:
    suite = suite_of(unlisted(), "warning")
    assert "… and 4 more, which are only counted" in (suite[1].findtext("failure") or "")


# SARIF

MESSAGE = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF_SCHEMA = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": closed(
                        driver=closed(
                            name={"const": "arrowkg"},
                            version={"type": "string", "pattern": r"^\d+\.\d+"},
                            rules={
                                "type": "array",
                                "uniqueItems": True,
                                "items": closed(
                                    id={"type": "string", "minLength": 1},
                                    shortDescription=MESSAGE,
                                    fullDescription=MESSAGE,
                                    help=MESSAGE,
                                    defaultConfiguration=closed(level=LEVEL),
                                ),
                            },
                        )
                    ),
                    "invocations": {
                        "type": "array",
                        "items": closed(
                            executionSuccessful={"type": "boolean"},
                            toolExecutionNotifications={"type": "array", "items": closed(level=LEVEL, message=MESSAGE)},
                        ),
                    },
                    "results": {
                        "type": "array",
                        "items": closed(
                            ruleId={"type": "string", "minLength": 1},
                            ruleIndex={"type": "integer", "minimum": 0},
                            level=LEVEL,
                            message=MESSAGE,
                            locations={
                                "type": "array",
                                "minItems": 1,
                                "items": closed(
                                    physicalLocation={
                                        "type": "object",
                                        "required": ["artifactLocation"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "artifactLocation": closed(
                                                uri={"type": "string", "pattern": "^[!#-;=?-\\[\\]_a-z~]+$"}
                                            ),
                                            "region": closed(startLine={"type": "integer", "minimum": 1}),
                                        },
                                    }
                                ),
                            },
                            partialFingerprints={
                                "type": "object",
                                "minProperties": 1,
                                "additionalProperties": {"type": "string"},
                            },
                            occurrenceCount={"type": "integer", "minimum": 1},
                            properties={"type": "object"},
                        ),
                    },
                    "properties": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def run_of(report: Report, fail_on: FailOn = "violation") -> dict[str, Any]:
    log = json.loads(render(report, "sarif", fail_on=fail_on))
    Draft202012Validator(SARIF_SCHEMA).validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def messages_of(run: dict[str, Any]) -> Iterator[str]:
    for rule in run["tool"]["driver"]["rules"]:
        yield from (rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
    yield from (found["message"]["text"] for found in run["results"])
    yield from (told["message"]["text"] for told in run["invocations"][0]["toolExecutionNotifications"])


@each_report
@each_fail_on
def test_sarif_is_well_formed(make: Any, fail_on: FailOn) -> None:
    report = make()
    run = run_of(report, fail_on)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == len(report.findings)
    levels = {"violation": "error", "warning": "warning", "info": "note"}
    for shown, finding in zip(run["results"], report.findings, strict=True):
        assert rules[shown["ruleIndex"]]["id"] == shown["ruleId"]
        assert shown["level"] == levels[finding.result.severity]
        assert shown["occurrenceCount"] == finding.count
    prints = [shown["partialFingerprints"]["primaryLocationLineHash"] for shown in run["results"]]
    assert len(prints) == len(set(prints))


@each_report
def test_sarif_messages_hold_no_placeholders_and_no_links(make: Any) -> None:
    for text in messages_of(run_of(make())):
        assert "{" not in text.replace("{{", "") and "}" not in text.replace("}}", "")
        # A bracket before a parenthesis ends a link unless an odd number of backslashes is before it.
        assert not re.search(r"(?<!\\)(\\\\)*\]\(", text)


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("seeds/page.txt", "seeds/page.txt"),
        ("./a b.txt", "a%20b.txt"),
        ("a:b#c?d%.txt", "a%3Ab%23c%3Fd%25.txt"),
        ("caf\udce9/é.txt", "caf%E9/%C3%A9.txt"),
        ("/data/page.txt", "file:///data/page.txt"),
        ("../page\n.txt", "../page%0A.txt"),
        ("-", "-"),
    ],
)
def test_sarif_locations_are_uris(file: str, uri: str) -> None:
    (shown,) = run_of(report_of(result(), file=file))["results"]
    location = shown["locations"][0]["physicalLocation"]
    assert location == {"artifactLocation": {"uri": uri}, "region": {"startLine": 16}}
    assert unquote_to_bytes(uri.removeprefix("file://")) == file.removeprefix("./").encode(errors="surrogateescape")


def test_sarif_has_no_line_where_there_is_none() -> None:
    (shown,) = run_of(report_of(result(), line=None))["results"]
    assert "region" not in shown["locations"][0]["physicalLocation"]


def test_sarif_fingerprints_outlive_a_change_of_lines_and_of_labels() -> None:
    def fingerprint(report: Report) -> str:
        (shown,) = run_of(report)["results"]
        found = shown["partialFingerprints"]["primaryLocationLineHash"]
        assert isinstance(found, str)
        return found

    found = fingerprint(report_of(result(focus="_:a", shape="_:b")))
    assert re.fullmatch("[0-9a-f]{20}:1", found)
    assert found == fingerprint(report_of(result(focus="_:c", shape="_:d"), line=99, title="Else"))
    assert found != fingerprint(report_of(result(focus="<urn:a>", shape="_:b")))
    assert found != fingerprint(report_of(result(focus="_:a", shape="_:b"), file="other.txt"))


def test_sarif_names_rules_of_blank_nodes_by_their_constraint() -> None:
    (rule,) = run_of(report_of(result(shape="_:n1")))["tool"]["driver"]["rules"]
    assert rule["id"] == "MinCountConstraintComponent"


# Sections


@each_report
@each_fail_on
def test_sections_hold_every_finding(make: Any, fail_on: FailOn) -> None:
    report = make()
    parts = sections(report, fail_on)
    assert [part.group for part in parts] == report.groups
    assert sum(len(part.findings) for part in parts) == len(report.findings)
    assert sum(part.unlisted for part in parts) == report.unlisted
    assert any(part.fails for part in parts) == (not report.conforms(fail_on))
