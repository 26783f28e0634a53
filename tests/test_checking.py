"""Checking records: one report whatever the batch, results that lead back to places, shapes that cannot be misused."""

from __future__ import annotations

from pathlib import Path

import pytest

from arrowkg.errors import InputError, UsageError
from arrowkg.mapping import RecordTriples, record_triples
from arrowkg.model import Capture, Entry, Paper
from arrowkg.pipeline import Hooks, mapped, read
from arrowkg.settings import Settings
from arrowkg.terms import Triple, text
from arrowkg.validation import Checking, Engine, Finding, Report, check_graph, load_shapes, reference_engine
from arrowkg.vocab import AK_IDENTITY_STATUS, FOAF_NAME, SCHEMA_HTTPS


@pytest.fixture(scope="module")
def engine() -> Engine:
    return reference_engine(load_shapes())


def records() -> list[tuple[Entry, RecordTriples]]:
    """Forty small records by three names; some have no year, some lack a triple that others give a shared node."""
    found = []
    capture = Capture("Ada Quill", "0" * 64, 41, 1, 40)
    for i in range(40):
        paper = Paper(
            f"Stone {i}",
            ("Ada Quill", f"Bo Tarn {i % 2:04d}"),
            venue="ICLR",
            kind="Conference Paper",
            year=None if i % 9 == 4 else 2000 + i % 3,
            abstract="Text." if i % 5 else None,
        )
        own, shared = record_triples(paper, Settings(), capture if i % 2 else None)
        if i % 7 == 3:
            # This record forgets the name that its neighbours give to the very same node.
            shared = [t for t in shared if t[1] not in (FOAF_NAME, SCHEMA_HTTPS.name) or "ada-quill" not in t[0]]
        if i % 11 == 5:
            shared = [t for t in shared if t[1] != AK_IDENTITY_STATUS]
        found.append((Entry(paper, "page.txt", 10 * i + 1), RecordTriples(own, shared)))
    return found


def report_of(
    engine: Engine, batch: int, given: list[tuple[Entry, RecordTriples]], report: Report | None = None
) -> Report:
    checking = Checking(engine, Settings(batch_records=batch), report)
    for entry, record in given:
        checking.add(entry, record)
    return checking.finished()


def test_batches_of_any_size_give_one_report(engine: Engine) -> None:
    given = records()
    first = report_of(engine, 1, given)
    assert first.count("violation") > 3
    for batch in (7, 300):
        other = report_of(engine, batch, given)
        assert list(other.findings) == list(first.findings)
        assert (other.groups, other.checked) == (first.groups, first.checked)


def test_a_record_is_judged_without_its_neighbours(engine: Engine) -> None:
    report = report_of(engine, 300, records())
    nameless = [finding for finding in report.findings if finding.result.focus.endswith("/author/ada-quill>")]
    lines = {finding.line for finding in nameless if finding.result.path in (FOAF_NAME, SCHEMA_HTTPS.name)}
    assert lines == {31}, "the first record that forgets the name, though its neighbours have it"


def test_a_result_of_a_shared_node_is_told_once_with_its_first_place_and_a_count(engine: Engine) -> None:
    report = report_of(engine, 7, records())
    declared = [f for f in report.findings if f.result.shape_name == "Capture-declared-count"]
    assert [(f.place, f.title, f.count) for f in declared] == [("page.txt:11", "Stone 1", 20)]


def test_findings_beyond_the_limit_are_counted(engine: Engine) -> None:
    whole = report_of(engine, 7, records())
    few = report_of(engine, 7, records(), report=Report(most=3))
    assert len(few.findings) == 3
    assert (few.total, few.groups, few.unlisted) == (whole.total, whole.groups, whole.total - 3)


def test_skipped_rules_are_left_out_and_named(engine: Engine) -> None:
    checking = Checking(engine, Settings(), skipped=("Capture-declared-count",))
    for entry, record in records():
        checking.add(entry, record)
    report = checking.finished()
    assert report.skipped_rules == ["Capture-declared-count"]
    assert not any(finding.result.shape_name == "Capture-declared-count" for finding in report.findings)
    assert any(
        shape.endswith("#Capture-declared-count>")
        for shape in (g.shape for g in report_of(engine, 7, records()).groups)
    )


def test_the_skipped_rule_is_a_shape() -> None:
    from arrowkg.cli.checking import PAGE_RULES

    subjects = {str(subject).rpartition("#")[2] for subject in load_shapes().graph().subjects()}
    assert set(PAGE_RULES) <= subjects


def test_a_whole_graph_is_reported_by_focus_node_with_titles(engine: Engine) -> None:
    triples: list[Triple] = []
    for _, record in records():
        triples += [*record.own, *record.shared]
    broken = [t for t in dict.fromkeys(triples) if "Stone 3" not in t[2] or t[1] != SCHEMA_HTTPS.headline]
    report = Report()
    check_graph(broken, "graph.nt", engine, report)
    found = [f for f in report.findings if f.result.severity == "violation" and "Stone 3" in f.title]
    assert found
    assert {(finding.file, finding.line, finding.title) for finding in found} <= {
        ("graph.nt", None, f"Stone {i}") for i in (3, *range(30, 40))
    }
    assert (report.checked, report.checked_nodes > 40) == (0, True)


@pytest.mark.parametrize("characters", ["keep", "replace"])
def test_odd_pages_conform_but_for_what_they_lack(seeds: Path, engine: Engine, characters: str) -> None:
    pages = [path for path in sorted((seeds / "odd").iterdir()) if path.suffix in (".txt", ".html")]
    settings = Settings(characters="replace" if characters == "replace" else "keep")
    checking = Checking(engine, settings)
    for entry, record in mapped(read(*pages, settings=settings), settings, Hooks()):
        checking.add(entry, record)
    report = checking.finished()
    assert report.conforms("warning"), [finding.result.message for finding in report.findings]
    assert {group.shape.rpartition("#")[2] for group in report.groups} == {"Paper-abstract-missing>"}


@pytest.mark.shared
def test_real_papers_conform(shared: Path, engine: Engine) -> None:
    """Every 800th of the real papers: nothing that the mapping makes of them breaks a shape."""
    from itertools import islice

    from arrowkg.files import Input
    from arrowkg.sources import jsonl
    from arrowkg.sources.record import Record

    settings = Settings()
    checking = Checking(engine, settings)
    with Input(str(shared / "data" / "papers" / "papers.jsonl.xz"), settings) as opened:
        for record in islice(jsonl.split(opened, settings, lambda notice: None), 0, None, 800):
            assert isinstance(record, Record)
            paper = jsonl.parse(record, settings, lambda notice: None)
            checking.add(Entry(paper, record.file, record.line), record_triples(paper, settings))
    report = checking.finished()
    assert report.checked > 180
    assert report.conforms("violation"), [finding.result.message for finding in report.findings[:5]]


TARGET = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix a: <http://example.org/> .\n"


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ("not turtle", "not Turtle"),
        (
            TARGET + "a:s a sh:NodeShape ; sh:targetClass a:C ; sh:property [ sh:path a:p ; sh:minValue 1 ] .",
            "sh:minValue",
        ),
        (TARGET + "a:s a sh:NodeShape ; sh:tragetClass a:C .", "sh:tragetClass"),
        (TARGET + "a:s a sh:NodeShape ; sh:property [ sh:path a:p ; sh:minCount 1 ] .", "no shape has a target"),
        ("", "no shape has a target"),
    ],
)
def test_shapes_that_would_check_nothing_are_refused(tmp_path: Path, shapes: str, reason: str) -> None:
    (tmp_path / "s.ttl").write_text(shapes)
    with pytest.raises(InputError, match=reason):
        load_shapes(tmp_path)


def test_missing_shapes_are_a_matter_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are no shapes"):
        load_shapes(tmp_path / "none")
    with pytest.raises(UsageError, match="holds no shapes"):
        load_shapes(tmp_path)


def test_shapes_that_find_no_node_are_told(tmp_path: Path) -> None:
    (tmp_path / "s.ttl").write_text(TARGET + "a:s a sh:NodeShape ; sh:targetClass a:C ; sh:closed true .")
    engine = reference_engine(load_shapes(tmp_path))
    with pytest.raises(InputError, match="found no node to check"):
        report_of(engine, 1, records()[:1])
    with pytest.raises(InputError, match="there is nothing to check"):
        check_graph([("<a:s>", "<a:p>", text("o"))], "g.nt", engine, Report())


@pytest.mark.parametrize(
    "where",
    ["FROM <file:///etc/passwd>", "FROM NAMED <http://127.0.0.1:1/>", "SERVICE <http://127.0.0.1:1/> { ?s ?p ?o }"],
)
def test_shapes_that_read_from_elsewhere_are_refused(tmp_path: Path, where: str) -> None:
    head, inside = (where, "") if where.startswith("FROM") else ("", where)
    query = f"SELECT $this {head} WHERE {{ $this ?p ?o . {inside} }}"
    (tmp_path / "s.ttl").write_text(
        TARGET + f'a:s a sh:NodeShape ; sh:targetClass a:C ; sh:sparql [ sh:select "{query}" ; sh:message "m" ] .'
    )
    engine = reference_engine(load_shapes(tmp_path))
    triples = [("<a:s>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<http://example.org/C>")]
    with pytest.raises(InputError, match=r"FROM or SERVICE|federated"):
        engine.check(triples)


def test_other_shapes_report_with_stable_names(tmp_path: Path) -> None:
    (tmp_path / "s.ttl").write_text(
        TARGET
        + "a:s a sh:NodeShape ; sh:targetClass a:C ;\n"
        + "  sh:property [ sh:path [ sh:inversePath a:p ] ; sh:minCount 1 ] , [ sh:path a:q ; sh:maxCount 0 ] ."
    )
    triples = [
        ("<a:s>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<http://example.org/C>"),
        ("<a:s>", "<http://example.org/q>", '"o"'),
    ]
    found: list[list[Finding]] = []
    for _ in range(2):
        report = Report()
        check_graph(triples, "g.nt", reference_engine(load_shapes(tmp_path)), report)
        found.append(list(report.findings))
    assert found[0] == found[1]
    assert sorted(str(finding.result.path) for finding in found[0]) == [
        "('^', '<http://example.org/p>')",
        "<http://example.org/q>",
    ]
    assert all(finding.result.shape.startswith("_:s-") for finding in found[0])
