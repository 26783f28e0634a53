"""The server's pages: those of the site of files, negotiated as linked data should be."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import pyoxigraph
import pytest
import signposting
import zstandard

import strategies
from cli import SOUND, jsonl, put, run
from serving import BASE, Served, served, store_of

AUTHOR: Final = "author/tomer-michaeli"
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
RDF: Final = {
    "text/turtle": pyoxigraph.RdfFormat.TURTLE,
    "application/ld+json": pyoxigraph.RdfFormat.JSON_LD,
    "application/n-triples": pyoxigraph.RdfFormat.N_TRIPLES,
}


def site_of(folder: Path, content: bytes | str, name: str) -> Path:
    put(folder, name, content)
    ran = run(folder, "site", name, "-o", "web", "--base-iri", BASE, "--workers", "1")
    assert ran.code == 0, ran
    return folder / "web" / "live" / "site"


@pytest.fixture(scope="module")
def page(seeds: Path) -> bytes:
    return (seeds / "tomer-michaeli.txt").read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Path:
    return site_of(tmp_path_factory.mktemp("site"), page, "page.txt")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Iterator[Served]:
    with served(store_of(tmp_path_factory.mktemp("seed"), page, "page.txt")) as found:
        found.wait_complete()
        yield found


@pytest.fixture(scope="module")
def hashed(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Iterator[Served]:
    """A server that answers for IRIs with the page at once."""
    with served(store_of(tmp_path_factory.mktemp("hash"), page, "page.txt"), "--iris", "hash") as found:
        yield found


def without_what_only_a_server_has(data: bytes) -> bytes:
    """A page without its link to the query page; a sitemap without the days on which pages changed."""
    data = re.sub(rb'<a href="(?:\.\./)*sparql">Query</a>\n', b"", data)
    return re.sub(rb"<lastmod>[0-9-]+</lastmod>", b"", data)


def differing(server: Served, site: Path) -> list[str]:
    """The files of a site that a server gives otherwise, or not at all."""
    found = []
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        # Settings of other servers are not for readers.
        if path.is_file() and name not in (".htaccess", "_headers"):
            given = server.ask(f"/{name}")
            if given.status != 200 or without_what_only_a_server_has(given.body) != (
                without_what_only_a_server_has(path.read_bytes())
            ):
                found.append(name)
    return found


def test_every_file_of_the_site_is_what_the_server_gives(server: Served, site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 80
    assert differing(server, site) == []


def test_files_of_a_hostile_graph_are_the_same_too(tmp_path: Path) -> None:
    entries = strategies.hostile_entries(60, 9)
    content = jsonl(*(asdict(entry.paper) for entry in entries), *({**SOUND, "title": f"{n}"} for n in range(501)))
    site = site_of(tmp_path, content, "papers.jsonl")
    with served(store_of(tmp_path, content)) as server:
        server.wait_complete()
        assert (site / "author" / "ada-quill.page-2.html").is_file()
        assert differing(server, site) == []


# Content negotiation.


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/turtle", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("application/n-triples", "application/n-triples"),
        ("text/plain", "application/n-triples"),
        ("text/html;q=0.5, text/turtle", "text/turtle"),
        ("text/html;q=0.5, text/turtle;q=0.6, application/ld+json;q=0.7", "application/ld+json"),
        ("text/*;q=0.9, text/html;q=0.1", "text/turtle"),
        ("application/rdf+xml, text/turtle;q=0.2", "text/turtle"),
        ("*/*, text/html;q=0", "text/turtle"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted,x"', "application/ld+json"),
        ("TEXT/TURTLE ; Q=0.3 , image/png", "text/turtle"),
        ("nonsense", "text/html"),
    ],
)
def test_an_iri_leads_to_what_the_client_likes_best(
    server: Served, hashed: Served, accept: str | None, kind: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    way = server.ask(f"/{AUTHOR}", headers)
    assert way.status == 303
    assert way.headers["vary"] == "Accept"
    given = server.ask("/author/" + way.headers["location"], headers)
    assert (given.status, given.kind) == (200, kind)
    at_once = hashed.ask(f"/{AUTHOR}", headers)
    assert (at_once.status, at_once.kind, at_once.body) == (200, kind, given.body)
    assert at_once.headers["content-location"] == way.headers["location"]
    assert "Accept" in at_once.headers["vary"].split(", ")


@pytest.mark.parametrize("kind", RDF)
def test_curl_finds_the_same_triples_in_each_notation(server: Served, kind: str) -> None:
    line = ["curl", "-sfL", "-H", f"Accept: {kind}", server.url + AUTHOR]
    found = subprocess.run(line, check=True, capture_output=True, timeout=60).stdout
    nt = server.ask(f"/{AUTHOR}.nt").body
    triples = {str(quad.triple) for quad in pyoxigraph.parse(found, RDF[kind])}
    assert triples == {str(quad.triple) for quad in pyoxigraph.parse(nt, pyoxigraph.RdfFormat.N_TRIPLES)}
    assert len(triples) > 5


@pytest.mark.parametrize("accept", ["image/png", "application/rdf+xml;q=0.5", "*/*;q=0"])
def test_what_is_not_there_is_told_with_a_list(server: Served, accept: str) -> None:
    told = server.ask(f"/{AUTHOR}", {"Accept": accept})
    assert (told.status, told.headers["vary"]) == (406, "Accept")
    for suffix in (".html", ".ttl", ".jsonld", ".nt"):
        assert f"tomer-michaeli{suffix}" in told.text


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("html", "html"), ("ttl", "ttl"), ("turtle", "ttl"), ("JSONLD", "jsonld"), ("nt", "nt"), ("text/turtle", "ttl")],
)
def test_a_format_in_the_address_comes_before_accept(server: Served, name: str, suffix: str) -> None:
    way = server.ask(f"/{AUTHOR}?format={name}", {"Accept": "image/png"})
    assert (way.status, way.headers["location"]) == (303, f"tomer-michaeli.{suffix}")
    assert server.ask(f"/{AUTHOR}?format=docx").status == 406


def test_the_home_page_and_the_dataset_are_negotiated(server: Served, site: Path) -> None:
    assert server.ask("/", {"Accept": BROWSER}).kind == "text/html"
    told = server.ask("/", {"Accept": "text/turtle"})
    assert (told.kind, told.body) == ("text/turtle", (site / "dataset.ttl").read_bytes())
    assert server.ask("/dataset", {"Accept": "application/ld+json"}).headers["location"] == "dataset.jsonld"


# Headers.


@pytest.mark.parametrize("path", [f"/{AUTHOR}.html", f"/{AUTHOR}.ttl", "/index.html", "/assets/site.css", f"/{AUTHOR}"])
def test_head_tells_what_get_tells(server: Served, path: str) -> None:
    got, told = server.ask(path), server.ask(path, method="HEAD")
    assert (told.status, told.body) == (got.status, b"")
    assert {**told.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("path", [f"/{AUTHOR}.html", f"/{AUTHOR}.nt", "/index.html", "/assets/site.css", "/sparql"])
@pytest.mark.parametrize("coding", [None, "gzip", "zstd"])
def test_a_client_that_has_it_gets_304(server: Served, path: str, coding: str | None) -> None:
    headers = {} if coding is None else {"Accept-Encoding": coding}
    etag = server.ask(path, headers).headers["etag"]
    assert re.fullmatch('"[^"]+"', etag)
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        told = server.ask(path, {**headers, "If-None-Match": given})
        assert (told.status, told.body, told.headers["etag"]) == (304, b"", etag)
        assert "Accept-Encoding" in told.headers["vary"]
    assert server.ask(path, {**headers, "If-None-Match": '"other"'}).status == 200


def test_each_coding_has_a_tag_of_its_own(server: Served) -> None:
    path = f"/{AUTHOR}.html"
    plain, zipped, zst = (server.ask(path, {"Accept-Encoding": name}) for name in ("identity", "gzip", "zstd"))
    assert "content-encoding" not in plain.headers
    assert (zipped.headers["content-encoding"], gzip.decompress(zipped.body)) == ("gzip", plain.body)
    unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(zst.body)
    assert (zst.headers["content-encoding"], unpacked) == (
        "zstd",
        plain.body,
    )
    assert len({one.headers["etag"] for one in (plain, zipped, zst)}) == 3
    assert len(zst.body) < len(plain.body) / 2


def test_links_say_what_else_there_is(server: Served) -> None:
    paper = next(iter(re.findall(r'href="\.\./(paper/[^"]+)\.html"', server.ask(f"/{AUTHOR}.html").text)))
    for path in (f"/{paper}", f"/{paper}.html", f"/{paper}.ttl"):
        links = server.ask(path).headers["link"]
        name = paper.partition("/")[2]
        for part in (
            f'<{name}.ttl>; rel="alternate describedby"; type="text/turtle"',
            f'<{name}.jsonld>; rel="alternate describedby"; type="application/ld+json"',
            f'<{name}.linkset.json>; rel="linkset"; type="application/linkset+json"',
            f'<{BASE}{paper}>; rel="cite-as"',
            f'<{BASE}author/tomer-michaeli>; rel="author"',
            '<https://schema.org/ScholarlyArticle>; rel="type"',
        ):
            assert part in links, (path, part)


def test_signposting_is_found_by_a_reader_that_is_not_ours(server: Served) -> None:
    path = f"/{AUTHOR}.html"
    found = signposting.find_signposting_http_link([server.ask(path).headers["link"]], server.url[:-1] + path)
    assert found.citeAs is not None
    assert found.citeAs.target == BASE + AUTHOR
    assert {(one.target, one.type) for one in found.describedBy} == {
        (f"{server.url}{AUTHOR}.{suffix}", kind) for suffix, kind in zip(("ttl", "jsonld", "nt"), RDF, strict=True)
    }
    assert {one.target for one in found.linksets} == {f"{server.url}{AUTHOR}.linkset.json"}
    assert {one.target for one in found.types} == {"https://schema.org/Person"}


def test_what_has_no_page_of_its_own_leads_to_that_of_its_paper(server: Served) -> None:
    paper = next(iter(re.findall(r'href="\.\./(paper/[^"]+)\.html"', server.ask(f"/{AUTHOR}.html").text)))
    way = server.ask(f"/authorship/{paper.removeprefix('paper/')}-1", {"Accept": "text/turtle"})
    assert (way.status, way.headers["location"]) == (303, f"../{paper}.ttl")


@pytest.mark.parametrize("path", ["/", f"/{AUTHOR}", f"/{AUTHOR}.ttl", "/sparql", "/fragments", "/nowhere", "/healthz"])
def test_pages_of_other_origins_may_read_everything(server: Served, path: str) -> None:
    told = server.ask(path, {"Origin": "https://elsewhere.example"})
    assert told.headers["access-control-allow-origin"] == "*"
    assert "Link" in told.headers["access-control-expose-headers"]
    assert told.headers["x-content-type-options"] == "nosniff"
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    flight = server.ask(path, {**asked, "Access-Control-Request-Headers": "accept"}, method="OPTIONS")
    assert (flight.status, flight.body) == (204, b"")
    assert "GET" in flight.headers["access-control-allow-methods"]
    assert "Accept" in flight.headers["access-control-allow-headers"]
    assert ("POST" in flight.headers["allow"]) == (path == "/sparql")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"])
@pytest.mark.parametrize("path", ["/", f"/{AUTHOR}", "/fragments", "/healthz"])
def test_nothing_else_is_done(server: Served, method: str, path: str) -> None:
    told = server.ask(path, method=method, body=b"")
    assert told.status == 405
    assert {"GET", "HEAD", "OPTIONS"} <= set(told.headers["allow"].split(", "))


# What must not be found.


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%252e%252e/etc/passwd",
        "/assets/../../../../etc/passwd",
        "/assets/..%2f..%2f__init__.py",
        "/assets/%2e%2e/__init__.py",
        "/assets//etc/passwd",
        "//etc/passwd",
        "/data/../../addresses.sqlite",
        "/../addresses.sqlite",
        "/../done",
        "/.index.html.part",
        "/assets/..\\..\\x",
        "/paper/..;/x.html",
        "/index.html%00.ttl",
        "/index.html/",
        "/INDEX.HTML",
        "http://elsewhere.example/index.html",
        "/author/tomer-michaeli.page-2.html",
        "/author/tomer-michaeli.page-1.html",
        "/year/1999.html",
        "/dumps/",
        "/" + "a" * 3000 + ".html",
    ],
)
def test_nothing_outside_the_site_is_given(server: Served, path: str) -> None:
    told = server.ask(path)
    assert told.status == 404, told
    assert len(told.body) < 30


def test_a_link_in_the_folder_of_files_is_not_followed(tmp_path: Path, page: bytes) -> None:
    with served(store_of(tmp_path, page, "page.txt"), environment={"TMPDIR": str(tmp_path)}) as server:
        server.wait_complete()
        [root] = tmp_path.glob("arrowkg-serve-*/generation-*/site")
        put(tmp_path, "secret", "hidden")
        (root / "secret.txt").symlink_to(tmp_path / "secret")
        (root / "all").symlink_to(tmp_path)
        assert server.ask("/secret.txt").status == 404
        assert server.ask("/all/secret").status == 404
        assert server.ask("/robots.txt").status == 200
        assert server.end() == 0
        assert not list(tmp_path.glob("arrowkg-serve-*"))


# Addresses that do not follow from the IRI.


def test_iris_of_other_graphs_are_found(tmp_path: Path) -> None:
    odd = f"{BASE}Paper%20One?x=1"
    turtle = f"""
        <{BASE}people#ada> a <https://w3id.org/arrowkg/ns#AuthorName> ; <http://xmlns.com/foaf/0.1/name> "Ada" .
        <{BASE}author/Łukasz> a <https://w3id.org/arrowkg/ns#AuthorName> ; <http://xmlns.com/foaf/0.1/name> "Ł" .
        <{odd}> a <https://w3id.org/arrowkg/ns#Paper> ; <https://schema.org/headline> "One" .
    """
    put(tmp_path, "odd.ttl", turtle)
    assert run(tmp_path, "load", "odd.ttl", "--store", "kg", "-q").code == 0
    with served(tmp_path / "kg", "--base-iri", BASE) as server:
        for path, title in (("people", "Ada"), ("author/%C5%81ukasz", "Ł")):
            way = server.ask(f"/{path}", {"Accept": "text/html"})
            assert way.status == 303, path
            assert f"<h1>{title}" in server.ask(urlsplit(urljoin(server.url + path, way.headers["location"])).path).text
        # A question mark begins the parameters, so such an IRI is found by its page alone.
        assert "One" in server.ask("/" + _page_of(server, "One")).text


def _page_of(server: Served, title: str) -> str:
    shard = server.ask(f"/data/search/{title[:3].lower()}.js").text
    records = json.loads(re.sub(r'^arrowkgShard\("[^"]+",(.*),\d+\);\n$', r"\1", shard))
    return next(str(record[3]) for record in records if record[1] == title)


# A new graph.


def test_a_new_graph_takes_the_old_ones_place(tmp_path: Path) -> None:
    with served(store_of(tmp_path, jsonl(SOUND))) as server:
        assert "On Stones" in server.ask("/author/ada-quill.html").text
        before = server.ask("/author/ada-quill.html").headers["etag"]
        store_of(tmp_path, jsonl({**SOUND, "title": "On Sand"}))
        ends = time.monotonic() + 30
        while "On Sand" not in server.ask("/author/ada-quill.html").text:
            assert time.monotonic() < ends
            time.sleep(0.1)
        assert server.ask("/author/ada-quill.html", {"If-None-Match": before}).status == 200
        assert "On Sand" in server.query("SELECT ?t { ?p <https://schema.org/headline> ?t }").text
        assert "On Sand" in server.ask("/fragments?predicate=https://schema.org/headline").text
        server.wait_complete()
        assert len(list((tmp_path / "kg" / "generations").iterdir())) == 2
        # Nobody uses the old one any more, so the next load removes it.
        store_of(tmp_path, jsonl(SOUND))
        assert "serving a new graph" in server.told
        assert len(list((tmp_path / "kg" / "generations").iterdir())) == 2


def test_a_damaged_new_graph_leaves_the_old_one(tmp_path: Path) -> None:
    with served(store_of(tmp_path, jsonl(SOUND))) as server:
        (tmp_path / "kg" / "generations" / "99").mkdir()
        put(tmp_path / "kg" / "generations" / "99", "lock", "")
        link = tmp_path / "kg" / "next"
        link.symlink_to("generations/99")
        link.replace(tmp_path / "kg" / "live")
        ends = time.monotonic() + 30
        while "the old one stays" not in server.told:
            assert time.monotonic() < ends
            time.sleep(0.1)
        assert "On Stones" in server.ask("/author/ada-quill.html").text
        assert "On Stones" in server.query("SELECT ?t { ?p <https://schema.org/headline> ?t }").text
