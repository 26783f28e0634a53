"""Triple Pattern Fragments: what the specification asks of a server, and a client that answers SPARQL from them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import pyoxigraph
import pytest
import rdflib

from serving import BASE, Served, served, store_of
from web import needs_web, node_22, package

HYDRA: Final = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
VOID: Final = rdflib.Namespace("http://rdfs.org/ns/void#")
NAME: Final = "http://xmlns.com/foaf/0.1/name"
POSITION: Final = "https://schema.org/position"
INTEGER: Final = "http://www.w3.org/2001/XMLSchema#integer"
ADA: Final = f"{BASE}author/tomer-michaeli"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Iterator[Served]:
    page = (seeds / "tomer-michaeli.txt").read_bytes()
    with served(store_of(tmp_path_factory.mktemp("seed"), page, "page.txt")) as found:
        yield found


class Fragment:
    """A page of a fragment as a reader of TriG that is not ours sees it."""

    def __init__(self, server: Served, address: str, accept: str = "application/trig") -> None:
        told = server.ask(address, {"Accept": accept})
        assert (told.status, told.kind) == (200, accept), told
        self.address = server.url.rstrip("/") + address
        form = pyoxigraph.RdfFormat.TRIG if accept.endswith("trig") else pyoxigraph.RdfFormat.N_QUADS
        self.data: set[str] = set()
        about: list[str] = []
        for quad in pyoxigraph.parse(told.body, form):
            if isinstance(quad.graph_name, pyoxigraph.DefaultGraph):
                self.data.add(str(quad.triple))
            else:
                assert quad.graph_name.value == f"{self.address}#metadata"
                about.append(f"{quad.triple} .\n")
        self.about = rdflib.Graph().parse(data="".join(about), format="nt")

    def value(self, predicate: rdflib.URIRef) -> str | None:
        """A value that is said of the page."""
        found = self.about.value(rdflib.URIRef(self.address), predicate)
        return None if found is None else str(found)


def where(**parts: str) -> str:
    return "/fragments?" + urlencode(parts, quote_via=quote)


def graph_of(server: Served) -> set[str]:
    """The whole graph, from its dump."""
    import gzip

    data = gzip.decompress(server.ask("/dumps/graph.nt.gz").body)
    return {str(quad.triple) for quad in pyoxigraph.parse(data, pyoxigraph.RdfFormat.N_TRIPLES)}


@pytest.mark.parametrize("accept", ["application/trig", "application/n-quads"])
def test_a_fragment_tells_how_to_ask_for_another(server: Served, accept: str) -> None:
    page = Fragment(server, where(predicate=NAME), accept)
    [search] = page.about.objects(None, HYDRA.search)
    template = str(page.about.value(search, HYDRA.template))
    assert template == f"{server.url}fragments{{?subject,predicate,object}}"
    assert page.about.value(search, HYDRA.variableRepresentation) == HYDRA.ExplicitRepresentation
    mapped = {
        str(page.about.value(one, HYDRA.variable)): page.about.value(one, HYDRA.property)
        for one in page.about.objects(search, HYDRA.mapping)
    }
    assert mapped == {"subject": rdflib.RDF.subject, "predicate": rdflib.RDF.predicate, "object": rdflib.RDF.object}
    assert page.value(HYDRA.totalItems) == page.value(VOID.triples) == "39"
    topic = rdflib.URIRef("http://xmlns.com/foaf/0.1/primaryTopic")
    assert page.about.value(rdflib.URIRef(f"{page.address}#metadata"), topic) == rdflib.URIRef(page.address)


def test_the_pages_of_all_triples_are_the_graph(server: Served) -> None:
    found: set[str] = set()
    address: str | None = "/fragments"
    count = 0
    while address is not None:
        page = Fragment(server, address)
        assert page.value(HYDRA.totalItems) == "2116"
        assert page.value(HYDRA.first) == f"{server.url}fragments"
        assert len(page.data) in (100, 16)
        assert not found & page.data
        found |= page.data
        count += 1
        following = page.value(HYDRA.next)
        assert (page.value(HYDRA.previous) is None) == (count == 1)
        address = None if following is None else following.removeprefix(server.url.rstrip("/"))
    assert (count, found) == (22, graph_of(server))


def test_pages_are_the_same_in_whatever_order_they_are_asked_for(server: Served) -> None:
    pages = {number: Fragment(server, f"/fragments?page={number}").data for number in (7, 3, 4, 22, 1)}
    assert {number: Fragment(server, f"/fragments?page={number}").data for number in pages} == pages
    assert len(set().union(*pages.values())) == 4 * 100 + 16


@pytest.mark.parametrize(
    ("parts", "triple"),
    [
        ({"subject": ADA}, rf"<{ADA}> .*"),
        ({"subject": f"<{ADA}>", "predicate": NAME}, rf'<{ADA}> <{NAME}> "Tomer Michaeli"'),
        ({"object": '"Tomer Michaeli"'}, r'.* "Tomer Michaeli"'),
        ({"predicate": POSITION, "object": f'"2"^^{INTEGER}'}, rf'.* <{POSITION}> "2"\^\^<{INTEGER}>'),
        ({"predicate": POSITION, "object": f'"2"^^<{INTEGER}>'}, rf'.* <{POSITION}> "2"\^\^<{INTEGER}>'),
        ({"subject": "?s", "predicate": "", "object": ADA}, rf".* <{ADA}>"),
    ],
)
def test_each_part_of_a_pattern_counts(server: Served, parts: dict[str, str], triple: str) -> None:
    page = Fragment(server, where(**parts))
    expected = {one for one in graph_of(server) if re.fullmatch(triple, one, re.DOTALL)}
    assert expected
    assert page.data == set(sorted(expected)[:100]) if len(expected) <= 100 else page.data < expected
    assert page.value(HYDRA.totalItems) == str(len(expected))


@pytest.mark.parametrize(
    "parts",
    [
        {"subject": "urn:nobody"},
        {"object": '"2"'},
        {"object": '"Tomer Michaeli"@en'},
        {"subject": '"a literal"'},
        {"predicate": "_:b0"},
    ],
)
def test_what_matches_nothing_is_an_empty_fragment(server: Served, parts: dict[str, str]) -> None:
    page = Fragment(server, where(**parts))
    assert (page.data, page.value(HYDRA.totalItems), page.value(HYDRA.next)) == (set(), "0", None)


def test_what_is_no_pattern_is_a_bad_request(server: Served) -> None:
    for address in (where(subject="no iri"), where(page="0"), where(page="x"), where(object='"x"^^<no iri>')):
        assert server.ask(address).status == 400, address
    assert server.ask(where(page="23")).status == 404
    assert server.ask(where(page="99999999")).status == 400
    assert server.ask("/fragments?subject=%FF").status == 400
    assert server.ask("/fragments", {"Accept": "image/png"}).status == 406


@pytest.mark.parametrize("accept", ["text/turtle", "application/n-triples"])
def test_notations_without_graphs_hold_both(server: Served, accept: str) -> None:
    told = server.ask(where(predicate=NAME), {"Accept": accept})
    graph = rdflib.Graph().parse(data=told.text, format="turtle")
    assert told.kind == accept
    assert len(list(graph.subject_objects(rdflib.URIRef(NAME)))) == 39
    assert any(graph.triples((None, HYDRA.search, None)))


def test_people_see_a_table_whose_terms_lead_on(server: Served) -> None:
    told = server.ask(where(predicate=NAME), {"Accept": "text/html"})
    assert (told.kind, told.text.count("<tr>")) == ("text/html", 40)
    assert 'href="fragments?object=%22Tomer+Michaeli%22"' in told.text
    hostile = server.ask(where(subject='urn:"><script>'), {"Accept": "text/html"})
    assert "<script>" not in hostile.text.replace('<script src="assets/site.js">', "")


ENGINE: Final = """
const { QueryEngine } = require(process.argv[1]);
const [query, ...sources] = process.argv.slice(2);
(async () => {
  const stream = await new QueryEngine().queryBindings(query, { sources });
  const rows = await stream.toArray();
  console.log(JSON.stringify(rows.map((row) => [...row.values()].map((term) => term.value))));
})();
"""


@needs_web
def test_comunica_answers_a_query_from_fragments(server: Served) -> None:
    node = node_22()
    assert node is not None
    query = f"""
        PREFIX pro: <http://purl.org/spar/pro/> PREFIX schema: <https://schema.org/>
        SELECT ?title ?name ?position {{
            ?paper schema:author <{ADA}> ; schema:headline ?title ; pro:isDocumentContextFor ?authorship .
            ?authorship schema:position ?position ; pro:isHeldBy/<{NAME}> ?name
            FILTER(?position <= 2)
        }}"""
    line = [node, "-e", ENGINE, str(package("@comunica/query-sparql")), query, f"{server.url}fragments"]
    done = subprocess.run(line, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = sorted(tuple(row) for row in json.loads(done.stdout))
    told = server.query(query).json["results"]["bindings"]
    expected = sorted(tuple(row[name]["value"] for name in ("title", "name", "position")) for row in told)
    assert len(expected) > 60
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))
