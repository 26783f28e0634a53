"""Pages of every kind, looked over by others: axe-core, readers of data in pages, Comunica, the rules of sitemaps."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Sequence
from typing import Any, Final

import extruct
import html5lib
import pyoxigraph
import pytest
import signposting
from lxml import etree

from browser import drive, needs_browser
from gallery import BASE, Gallery
from test_site import Page
from web import SCREENSHOTS, WEB_HOME, needs_web, node_22, package, served

_LOOKS: Final = {"light": ("light", 1100, 800), "dark": ("dark", 1100, 800), "phone": ("light", 360, 740)}
_AXE: Final = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations, passes } = await axe.run(document, { preload: false, runOnly: { type: "tag", values: tags } });
  return {
    violations: violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))]),
    passes: passes.length, wide: document.documentElement.scrollWidth > innerWidth,
  };
}"""
_SETTLED: Final = "!document.querySelector('#graph:not(.drawn)') && document.fonts.status === 'loaded'"


@needs_browser
@needs_web
@pytest.mark.parametrize("look", _LOOKS)
def test_pages_are_accessible_and_as_wide_as_the_screen(gallery: Gallery, look: str) -> None:
    """WCAG 2.2 AA as far as axe-core can tell; the pictures are left in ``build/screenshots``."""
    scheme, width, height = _LOOKS[look]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    steps: list[dict[str, Any]] = [
        {"do": "viewport", "width": width, "height": height},
        {"do": "emulate", "scheme": scheme, "motion": "reduce"},
    ]
    for name, path in gallery.pages.items():
        steps += [
            {"do": "goto", "path": str(gallery.root / path)},
            {"do": "wait", "expression": _SETTLED},
            {"do": "script", "path": str(package("axe-core") / "axe.min.js")},
            {"do": "evaluate", "expression": f"({_AXE})()"},
            {"do": "screenshot", "path": str(SCREENSHOTS / f"{name.replace(' ', '-')}-{look}.png")},
        ]
    visit = drive(steps)
    found = dict(zip(gallery.pages, (value for value in visit.values if isinstance(value, dict)), strict=True))
    assert {name: state["violations"] for name, state in found.items() if state["violations"]} == {}
    assert [name for name, state in found.items() if state["wide"]] == []
    assert all(state["passes"] > 15 for state in found.values())
    assert not visit.errors
    assert not visit.violations


def test_pages_are_sound_html(gallery: Gallery) -> None:
    """By a parser that stops at the first error of HTML's own rules."""
    hostile = sorted((gallery.root / "paper").glob("*.html"))[::10]
    for path in [*(gallery.root / path for path in gallery.pages.values()), *hostile]:
        html5lib.HTMLParser(strict=True).parse(path.read_text("utf-8"))
    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse("<!doctype html><title>x</title><p><div></p>")


@needs_browser
def test_a_reader_with_a_keyboard(gallery: Gallery) -> None:
    """Skip to the content, search, open a result, open the rest of a byline; all without a mouse."""
    focused = {"do": "evaluate", "expression": "document.activeElement.textContent.trim() || document.activeElement.id"}
    visit = drive(
        [
            {"do": "goto", "path": str(gallery.root / "index.html")},
            {"do": "press", "key": "Tab"},
            focused,
            {"do": "press", "key": "Enter"},
            {"do": "evaluate", "expression": "location.hash"},
            {"do": "press", "key": "Tab"},
            focused,
            {"do": "type", "text": "paper of many"},
            {"do": "wait", "selector": "#results a"},
            {"do": "press", "key": "ArrowDown"},
            focused,
            {"do": "press", "key": "Enter"},
            {"do": "wait", "expression": "location.pathname.includes('a-paper-of-many')"},
            {"do": "evaluate", "expression": "document.querySelector('summary').focus()"},
            {"do": "press", "key": "Enter"},
            {"do": "evaluate", "expression": "document.querySelector('details').open"},
            {"do": "evaluate", "expression": "document.querySelectorAll('ol.byline > li').length"},
            {"do": "press", "key": "Tab"},
            focused,
        ]
    )
    told = [value for value in visit.values if value is not None and not str(value).startswith("file:")]
    names = [f"K{chr(97 + number // 26)}{chr(97 + number % 26)} Example" for number in range(130)]
    assert told == ["Skip to the content", "#main", "q", "A Paper of Many", True, 130, names[40]]
    assert not visit.errors
    assert not visit.violations


_DRAWN: Final = """(() => {
  const bars = [...document.querySelectorAll(".chart rect.bar")].map((bar) => bar.getBoundingClientRect().height);
  const names = [...document.querySelectorAll(".chart svg > g > text")].filter((one) => one.getClientRects().length);
  const boxes = names.map((one) => one.getBoundingClientRect());
  return {
    bars: bars.filter((height) => height > 0).length,
    apart: boxes.every((box, at) => !at || boxes[at - 1].right < box.left),
    letters: Math.min(...boxes.map((box) => box.height)),
    graph: document.querySelectorAll("#graph.drawn canvas").length,
  };
})()"""


@needs_browser
@pytest.mark.parametrize("look", _LOOKS)
def test_charts_and_the_graph_are_drawn(gallery: Gallery, look: str) -> None:
    scheme, width, height = _LOOKS[look]
    visit = drive(
        [
            {"do": "viewport", "width": width, "height": height},
            {"do": "emulate", "scheme": scheme},
            {"do": "goto", "path": str(gallery.root / "index.html")},
            {"do": "wait", "selector": "#graph.drawn canvas"},
            {"do": "evaluate", "expression": _DRAWN},
        ]
    )
    state = visit.values[-1]
    assert state["bars"] >= 8
    assert state["apart"]
    assert state["letters"] >= 9
    assert state["graph"] > 0


@needs_browser
def test_math_keeps_its_percent_signs_and_texts_their_direction(gallery: Gallery) -> None:
    math = "[document.documentElement.dataset.math, document.querySelector('.abstract .set:nth-of-type(2)').innerText]"
    ways = """[...document.querySelectorAll("h1, .abstract p, .byline bdi")].map(
      (one) => getComputedStyle(one).direction)"""
    visit = drive(
        [
            {"do": "goto", "path": str(gallery.root / gallery.pages["paper with a long title"])},
            {"do": "wait", "selector": "[data-math=done]"},
            {"do": "evaluate", "expression": math},
            {"do": "goto", "path": str(gallery.root / gallery.pages["paper from right to left"])},
            {"do": "evaluate", "expression": ways},
        ]
    )
    done, shown = visit.values[2]
    assert done == "done"
    assert "75%" in shown.replace("\n", "")
    # The title, two names, the abstract; the third name runs from left to right.
    assert visit.values[4] == ["rtl"] * 4


_ENTITIES: Final = (
    "paper",
    "paper with a long title",
    "paper from right to left",
    "paper of many",
    "paper of nothing",
    "chapter",
    "author",
    "author with a number",
    "series",
    "volume",
    "journal",
    "book",
    "capture",
)


@pytest.mark.parametrize("kind", _ENTITIES)
def test_extruct_reads_a_page(gallery: Gallery, kind: str) -> None:
    path = gallery.pages[kind]
    text = (gallery.root / path).read_text("utf-8")
    found = extruct.extract(text, base_url=BASE + path, syntaxes=["json-ld", "opengraph"], errors="strict")
    (block,) = found["json-ld"]
    iri = BASE + path.removesuffix(".html")
    graph = block.get("@graph", [block])
    assert graph[0]["@id"] == iri
    (card,) = found["opengraph"]
    told = dict(card["properties"])
    assert told["og:url"] == BASE + path
    assert told["og:title"]
    assert 0 < len(told["og:description"]) <= 300


@pytest.mark.parametrize("kind", ["home", "dataset", "vocabulary"])
def test_extruct_reads_the_pages_about_the_whole(gallery: Gallery, kind: str) -> None:
    path = gallery.pages[kind]
    text = (gallery.root / path).read_text("utf-8")
    found = extruct.extract(text, base_url=BASE + path, syntaxes=["json-ld", "opengraph"], errors="strict")
    if kind == "dataset":
        (block,) = found["json-ld"]
        assert block["@type"] == "Dataset"
        assert 50 <= len(block["description"]) <= 5000
        assert block["distribution"][0]["contentUrl"] == f"{BASE}dumps/graph.nt.gz"
    elif kind == "vocabulary":
        assert len(found["json-ld"][0]["@graph"]) > 20
    else:
        assert dict(found["opengraph"][0]["properties"])["og:type"] == "website"


@pytest.mark.parametrize("kind", [*_ENTITIES, "dataset"])
def test_signposting_reads_a_page(gallery: Gallery, kind: str) -> None:
    path = gallery.pages[kind]
    with served(gallery.root) as address:
        found = signposting.find_signposting_html(address + path)
        stem = path.removesuffix(".html")
        assert found.citeAs is not None
        iri = str(found.citeAs.target)
        assert iri == BASE + stem
        described = {str(link.target).removeprefix(address): link.type for link in found.describedBy}
        assert described[f"{stem}.ttl"] == "text/turtle"
        assert described[f"{stem}.jsonld"] == "application/ld+json"
        types = {str(link.target) for link in found.types}
        assert "https://schema.org/AboutPage" in types
        # A saved page is of no class of schema.org.
        assert len(types) > 1 or kind == "capture"
        page = Page(gallery.root / path)
        byline = [content for name, content in page.metas if name == "citation_author"]
        assert (len(found.authors) > 0) == (len(byline) > 0)
        (linkset,) = found.linksets
        links = signposting.find_signposting_linkset(linkset.target).for_context(BASE + path)
        assert links.citeAs is not None
        assert str(links.citeAs.target) == iri
        assert {str(link.target) for link in links.authors} == {str(link.target) for link in found.authors}
        document = json.loads((gallery.root / str(linkset.target).removeprefix(address)).read_text("utf-8"))
        told = next(one for one in document["linkset"] if one["anchor"] == BASE + path)
        assert told["cite-as"] == [{"href": iri}]
        assert {one["href"] for one in told["describedby"]} == {BASE + one for one in described}
        assert {one["href"] for one in told.get("author", [])} == {str(link.target) for link in found.authors}


def comunica(query: str, sources: Sequence[str]) -> list[dict[str, str]]:
    """What Comunica answers from some pages."""
    node = node_22()
    assert node is not None
    program = WEB_HOME / "node_modules" / ".bin" / "comunica-sparql"
    line = [node, str(program), *sources, query, "-t", "application/sparql-results+json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in rows]


@needs_web
def test_comunica_answers_from_pages(gallery: Gallery) -> None:
    paper, author = gallery.pages["paper"], gallery.pages["author"]
    with served(gallery.root) as address:
        byline = comunica(
            "PREFIX schema: <https://schema.org/> PREFIX pro: <http://purl.org/spar/pro/> "
            "PREFIX ak: <https://w3id.org/arrowkg/ns#> "
            "SELECT ?position ?name ?label ?status WHERE { ?paper a ak:Paper ; pro:isDocumentContextFor ?place . "
            "?place schema:position ?position ; ak:nameAsListed ?name ; pro:isHeldBy ?author . "
            "?author schema:name ?label ; ak:identityStatus ?status } ORDER BY ?position",
            [address + paper, address + author],
        )
    assert [(row["position"], row["name"]) for row in byline] == [("1", "Omer Yair"), ("2", "Tomer Michaeli")]
    assert {row["status"] for row in byline} == {"https://w3id.org/arrowkg/ns#NameOnly"}


@needs_web
def test_sitemaps_keep_the_rules_of_their_schema(gallery: Gallery) -> None:
    schema = etree.XMLSchema(etree.parse(package("sitemap") / "schema" / "sitemap.xsd"))
    index = etree.parse(gallery.root / "sitemap.xml").getroot()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert index.tag == f"{space}sitemapindex"
    files = [str(element.text).removeprefix(BASE) for element in index.iter(f"{space}loc")]
    assert files == ["sitemap-1.xml"]
    for name in files:
        assert schema.validate(etree.parse(gallery.root / name)), schema.error_log
    # The schema has teeth.
    broken = etree.fromstring((gallery.root / files[0]).read_bytes().replace(b"<lastmod>20", b"<lastmod>x20", 1))
    assert not schema.validate(broken)
    # An index has the same parts under other names, and their rules are those of the addresses.
    text = (gallery.root / "sitemap.xml").read_text("utf-8")
    as_addresses = re.sub("sitemapindex", "urlset", text.replace("<sitemap>", "<url>").replace("</sitemap>", "</url>"))
    assert schema.validate(etree.fromstring(as_addresses.encode())), schema.error_log


def test_the_counts_of_the_dataset_are_those_of_its_graph(gallery: Gallery) -> None:
    """VoID's partitions against a count of the dump by an engine."""
    described = pyoxigraph.Store()
    described.load((gallery.root / ".well-known" / "void").read_bytes(), pyoxigraph.RdfFormat.TURTLE)
    whole = pyoxigraph.Store()
    dump = gzip.decompress((gallery.root / "dumps" / "graph.nt.gz").read_bytes())
    whole.load(dump, pyoxigraph.RdfFormat.N_TRIPLES)

    def rows(store: pyoxigraph.Store, query: str) -> dict[str, int]:
        found = store.query(f"PREFIX void: <http://rdfs.org/ns/void#> {query}")
        assert isinstance(found, pyoxigraph.QuerySolutions)
        return {str(row["of"]): int(row["n"].value) for row in found}

    parts = "SELECT ?of ?n { ?part void:class ?of ; void:entities ?n }"
    assert rows(described, parts) == rows(whole, "SELECT ?of (COUNT(DISTINCT ?s) AS ?n) { ?s a ?of } GROUP BY ?of")
    parts = "SELECT ?of ?n { ?part void:property ?of ; void:triples ?n }"
    assert rows(described, parts) == rows(whole, "SELECT ?of (COUNT(*) AS ?n) { ?s ?of ?o } GROUP BY ?of")
    (count,) = rows(described, "SELECT (1 AS ?of) ?n { ?set void:triples ?n . ?set a void:Dataset }").values()
    assert count == len(dump.splitlines()) == len(whole)


_READ_HEADERS: Final = """
import { parseAllHeaders } from "@netlify/headers-parser";
const { headers, errors } = await parseAllHeaders({
  headersFiles: [process.argv[1]], minimal: true, configHeaders: [], featureFlags: {},
});
console.log(JSON.stringify({ headers, errors: errors.map(String) }));
"""


@needs_web
def test_a_static_host_reads_the_headers(gallery: Gallery) -> None:
    node = node_22()
    assert node is not None
    line = [node, "--input-type=module", "-e", _READ_HEADERS, str(gallery.root / "_headers")]
    done = subprocess.run(line, cwd=WEB_HOME, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["errors"] == []
    found = {rule["for"]: rule["values"] for rule in read["headers"]}
    assert found["/*"]["Access-Control-Allow-Origin"] == "*"
    assert found["/*.ttl"] == {"Content-Type": "text/turtle; charset=utf-8"}
    assert found["/*feed.xml"] == {"Content-Type": "application/atom+xml"}
