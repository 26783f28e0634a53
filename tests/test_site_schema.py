"""The pages of the vocabulary and of the shapes, and the diagram: whole, true to the files, and read by others."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pyoxigraph
import pytest

from arrowkg.site.diagram import Diagram, diagram_of, dot, drawing_of, mermaid
from arrowkg.site.schema import SHAPES, VOCABULARY, load_shapes, load_vocabulary
from arrowkg.site.wording import Wording
from arrowkg.terms import iri_of
from arrowkg.validation.compiled.names import SH
from arrowkg.validation.shapes import shapes_folder
from browser import drive, needs_browser
from cli import SOUND, jsonl, put, run
from judges import needs_node
from judges.node import read_with_jsonld_js, read_with_n3
from test_site import BASE, Page
from web import needs_program, needs_web, package, program

AXES: Final = ("https", "http")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a site of one paper."""
    folder = tmp_path_factory.mktemp("site")
    put(folder, "papers.jsonl", jsonl(SOUND))
    ran = run(folder, "site", "papers.jsonl", "-o", "web", "--base-iri", BASE, "--workers", "1")
    assert ran.code == 0, ran
    return folder / "web" / "live" / "site"


def drawn() -> Diagram:
    return diagram_of(load_shapes("https")[0])


def canonical(data: bytes | str, form: pyoxigraph.RdfFormat) -> set[str]:
    """The triples of a document, whatever its blank nodes are called."""
    found = pyoxigraph.Dataset(pyoxigraph.parse(data, form))
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in found}


def source(stem: str) -> str:
    """The text of the files that a page is about."""
    names = ["ak"] if stem == "vocabulary" else sorted({path.stem for path in shapes_folder().glob("*.ttl")} - {"ak"})
    return "\n".join((shapes_folder() / f"{name}.ttl").read_text("utf-8") for name in names)


@pytest.mark.parametrize("stem", ["vocabulary", "shapes"])
def test_each_notation_holds_the_triples_of_the_files(root: Path, stem: str) -> None:
    truth = canonical(source(stem), pyoxigraph.RdfFormat.TURTLE)
    assert len(truth) > 100
    for suffix, form in (
        ("ttl", pyoxigraph.RdfFormat.TURTLE),
        ("nt", pyoxigraph.RdfFormat.N_TRIPLES),
        ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
    ):
        assert canonical((root / f"{stem}.{suffix}").read_bytes(), form) == truth, suffix
    lines = (root / f"{stem}.nt").read_bytes().splitlines()
    assert lines == sorted(set(lines))


@needs_node
@pytest.mark.parametrize("stem", ["vocabulary", "shapes"])
def test_other_readers_find_the_same(root: Path, stem: str) -> None:
    whole = Counter(len(line) for line in read_with_n3(root / f"{stem}.nt", "application/n-triples"))
    assert len(read_with_n3(root / f"{stem}.ttl", "text/turtle")) == whole.total()
    assert len(read_with_jsonld_js(root / f"{stem}.jsonld")) == whole.total()


def test_the_vocabulary_page_explains_every_term(root: Path) -> None:
    text = (root / "vocabulary.html").read_text("utf-8")
    page = " ".join(" ".join(Page(root / "vocabulary.html").text).split())
    vocabulary = load_vocabulary("https")
    terms = [node for node in vocabulary.nodes if iri_of(node) != VOCABULARY]
    assert len(terms) >= 20
    for node in terms:
        name = iri_of(node).removeprefix(VOCABULARY)
        assert f'<section class="term" id="{name}">' in text
        for told in ("rdfs:label", "rdfs:comment"):
            assert " ".join((vocabulary.text(node, told) or "?").split()) in page, (name, told)
        for told in ("rdfs:domain", "rdfs:range"):
            for value in vocabulary.values(node, told):
                assert vocabulary.short(value) in page
    (block,) = Page(root / "vocabulary.html").blocks
    assert canonical(block, pyoxigraph.RdfFormat.JSON_LD) == canonical(
        source("vocabulary"), pyoxigraph.RdfFormat.TURTLE
    )


def test_the_vocabulary_page_counts_uses(root: Path) -> None:
    text = (root / "vocabulary.html").read_text("utf-8")
    part = text[text.index('id="Authorship"') :]
    assert "<dt>In this graph</dt><dd>2 times</dd>" in part[: part.index("</section>")]


def test_the_shapes_page_has_a_place_for_every_shape_and_says_what_reports_say(root: Path) -> None:
    text = (root / "shapes.html").read_text("utf-8")
    page = " ".join(" ".join(Page(root / "shapes.html").text).split())
    shapes, groups = load_shapes("https")
    listed = [shape for group in groups for shape in group.shapes]
    kinds = {f"<{SH}NodeShape>", f"<{SH}PropertyShape>"}
    assert set(listed) == {node for node in shapes.nodes if kinds & set(shapes.values(node, "rdf:type"))}
    assert len(listed) == len(set(listed)) > 150
    for node in listed:
        assert f'<li id="{iri_of(node).removeprefix(SHAPES)}"' in text, node
        if message := shapes.text(node, "sh:message"):
            assert " ".join(message.split()) in page


def test_every_constraint_is_put_into_words() -> None:
    """Taking a constraint out of a shape changes what is said, so none is passed over in silence."""
    shapes, _ = load_shapes("https")
    wording = Wording(shapes)
    unsaid = {"message", "severity", "property", "targetClass", "targetSubjectsOf", "path", "ignoredProperties"}
    asked = 0
    for node, properties in shapes.nodes.items():
        for predicate in list(properties):
            name = iri_of(predicate).removeprefix(SH)
            if not node.startswith(f"<{SHAPES}") or not iri_of(predicate).startswith(SH) or name in unsaid:
                continue
            if shapes.values(node, "sh:select"):
                continue
            said = wording.rule(node)
            taken = properties.pop(predicate)
            assert wording.rule(node) != said, (node, name)
            properties[predicate] = taken
            asked += 1
    assert asked > 200


@pytest.mark.parametrize("schema_ns", AXES)
def test_the_schema_has_the_namespace_of_the_data(schema_ns: str) -> None:
    other = {"https": "http", "http": "https"}[schema_ns]
    shapes, _ = load_shapes(schema_ns)
    assert f"<{schema_ns}://schema.org/name>" in shapes.turtle or f"<{schema_ns}://schema.org/>" in shapes.turtle
    assert f"{other}://schema.org/" not in shapes.turtle
    assert "schema:name" in mermaid(diagram_of(shapes))


def edges_of(diagram: Diagram) -> Counter[tuple[str, str]]:
    return Counter((edge.source, edge.target) for edge in diagram.edges)


def test_the_diagram_is_of_the_shapes() -> None:
    diagram = drawn()
    shapes, _ = load_shapes("https")
    targets = {
        shapes.short(value)
        for node in shapes.nodes
        if shapes.text(node, "sh:closed") == "true"
        for value in shapes.values(node, "sh:targetClass")
    }
    assert {box.name for box in diagram.boxes} == targets
    counts = {(edge.source, edge.name, edge.target): edge.count for edge in diagram.edges}
    assert counts["ak:Paper", "schema:author", "ak:AuthorName"] == "0..*"
    assert counts["ak:Authorship", "pro:isHeldBy", "ak:AuthorName"] == "1"
    assert counts["ak:Paper", "schema:isPartOf", "ak:Volume"] == "0..1"
    fields = {(box.name, field.name): (field.kind, field.count) for box in diagram.boxes for field in box.fields}
    assert fields["ak:Paper", "schema:name"] == ("string", "1")
    # That a year is missing is a warning only.
    assert fields["ak:Paper", "schema:datePublished"] == ("gYear", "0..1")
    assert fields["ak:AuthorName", "schema:name"] == ("string", "1..*")
    assert ("ak:AuthorName", "owl:sameAs") not in fields
    assert ("ak:Paper", "dcterms:title") not in fields


@needs_program("dot")
def test_graphviz_reads_the_diagram(root: Path) -> None:
    name = program("dot")
    assert name is not None
    done = subprocess.run(
        [name, "-Tjson", str(root / "schema.dot")], capture_output=True, check=True, text=True, timeout=60
    )
    assert done.stderr == ""
    read: dict[str, Any] = json.loads(done.stdout)
    names = {node["_gvid"]: node["name"] for node in read["objects"]}
    assert set(names.values()) == {box.name for box in drawn().boxes}
    assert Counter((names[edge["tail"]], names[edge["head"]]) for edge in read["edges"]) == edges_of(drawn())
    labels = {node["name"]: node["label"] for node in read["objects"]}
    for box in drawn().boxes:
        for field in box.fields:
            assert f"{field.name} {field.kind} [{field.count}]" in labels[box.name]
    assert (root / "schema.dot").read_text("utf-8") == dot(drawn())


# Mermaid's own database of what it read.
_READ: Final = """async (text) => {
  mermaid.initialize({ startOnLoad: false });
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  return {
    classes: [...db.getClasses().values()].map((c) => [c.id, c.label, c.members.map((m) => m.text)]),
    relations: db.getRelations().map((r) => [r.id1, r.id2, r.title, r.relationTitle2]),
    drawn: (await mermaid.render("drawn", text)).svg,
  };
}"""


@needs_browser
@needs_web
def test_mermaid_reads_the_diagram(root: Path, tmp_path: Path) -> None:
    script = (package("mermaid") / "dist" / "mermaid.min.js").as_uri()
    put(
        tmp_path,
        "mermaid.html",
        f'<!doctype html><meta charset="utf-8"><title>x</title><script src="{script}"></script>',
    )
    text = (root / "schema.mmd").read_text("utf-8")
    visit = drive(
        [
            {"do": "goto", "path": str(tmp_path / "mermaid.html")},
            {"do": "evaluate", "expression": _READ, "argument": text},
        ]
    )
    read = visit.values[-1]
    diagram = drawn()
    assert {label for _, label, _ in read["classes"]} == {box.name for box in diagram.boxes}
    assert sum(len(members) for _, _, members in read["classes"]) == sum(len(box.fields) for box in diagram.boxes)
    names = {identifier: label for identifier, label, _ in read["classes"]}
    found = Counter((names[one], names[two], count) for one, two, _, count in read["relations"])
    assert found == Counter((edge.source, edge.target, edge.count) for edge in diagram.edges)
    for edge in diagram.edges:
        assert f">{edge.name}<" in read["drawn"]


# Which texts of the drawing lie on a box that is not theirs, on each other, or outside.
_COLLISIONS: Final = """(() => {
  const svg = document.querySelector("svg.schema");
  const inside = svg.getBoundingClientRect();
  const box = (element) => element.getBoundingClientRect();
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const labels = [...svg.querySelectorAll(".label")];
  const boxes = [...svg.querySelectorAll(".box")];
  const found = [];
  for (const [at, label] of labels.entries()) {
    for (const other of [...labels.slice(at + 1), ...boxes])
      if (meet(box(label), box(other))) found.push([label.textContent, other.textContent.slice(0, 40)]);
  }
  for (const one of boxes) {
    const rect = box(one.querySelector("rect"));
    for (const text of one.querySelectorAll("text")) {
      const at = box(text);
      const isIn = at.left >= rect.left && at.right <= rect.right && at.bottom <= rect.bottom;
      if (!isIn) found.push(["out", text.textContent]);
    }
    for (const other of boxes) if (other !== one && meet(box(one), box(other))) found.push(["two", one.textContent]);
  }
  for (const text of svg.querySelectorAll("text")) {
    const at = box(text);
    const isIn = at.left >= inside.left && at.right <= inside.right && at.bottom <= inside.bottom;
    if (!isIn) found.push(["cut", text.textContent]);
  }
  const told = (name) => svg.querySelector(name).textContent;
  return {
    found, labels: labels.length, boxes: boxes.length, title: told("title"), desc: told("desc"),
    ground: getComputedStyle(svg).getPropertyValue("--ground"), role: svg.getAttribute("role"),
  };
})()"""


@needs_browser
def test_the_drawing_is_readable(root: Path) -> None:
    steps: list[dict[str, Any]] = [{"do": "viewport", "width": 1200, "height": 900}]
    for scheme in ("light", "dark"):
        for name in ("shapes.html", "schema.svg"):
            steps += [{"do": "emulate", "scheme": scheme}, {"do": "goto", "path": str(root / name)}]
            steps += [{"do": "evaluate", "expression": _COLLISIONS}]
    visit = drive(steps)
    states = [value for value in visit.values if isinstance(value, dict)]
    assert [state["ground"].strip() for state in states] == ["#ffffff", "#fff", "#15171a", "#15171a"]
    for state in states:
        assert state["found"] == []
        assert (state["labels"], state["boxes"]) == (len(drawn().edges), len(drawn().boxes))
        assert state["role"] == "img"
        assert "properties" in state["title"]
        assert "ak:Paper leads to ak:AuthorName by schema:author (0..*)." in state["desc"]
    assert not visit.violations
    assert not visit.errors


def test_lines_end_at_their_boxes() -> None:
    drawing = drawing_of(drawn())
    boxes = {placed.box.name: placed for placed in drawing.boxes}
    for placed in drawing.edges:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", placed.path)]
        start, end = boxes[placed.edge.source], boxes[placed.edge.target]
        assert numbers[1] == pytest.approx(start.y + start.height)
        assert start.x < numbers[0] < start.x + start.width
        assert numbers[-1] == pytest.approx(end.y)
        assert end.x < numbers[-2] < end.x + end.width
