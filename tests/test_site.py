"""Sites of files: every link leads somewhere, each page holds its triples, a second run changes nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pyoxigraph
import pytest

import strategies
from arrowkg.site.addresses import Addresses
from arrowkg.site.folding import shard_file, words
from arrowkg.site.place import Place
from browser import drive, needs_browser
from cli import PAGE, SOUND, assert_refused, jsonl, put, run, start
from judges.jsonld import read_with_pyld

BASE: Final = "https://kg.example.org/lab/"
SITEMAP: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


class Page(HTMLParser):
    """What a browser finds in a page: its links, its elements, and what it would run."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str, str]] = []
        self.metas: list[tuple[str, str]] = []
        self.blocks: list[str] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._is_block = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert not [name for name in found if name.startswith("on") or name == "style"], attrs
        if tag == "script" and found.get("type") == "application/ld+json":
            self._is_block = True
            self.blocks.append("")
        elif tag == "script":
            self.scripts.append(found.get("src", "in the page"))
        if tag == "meta":
            self.metas.append((found.get("name", found.get("property", "")), found.get("content", "")))
        self.links += [(tag, found.get("rel", ""), found[name]) for name in ("href", "src") if name in found]

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._is_block = False

    def handle_data(self, data: str) -> None:
        if self._is_block:
            self.blocks[-1] += data
        else:
            self.text.append(data)


def site(folder: Path, content: bytes | str, *options: str, name: str = "papers.jsonl") -> Path:
    """The root of a site made from one input."""
    put(folder, name, content)
    ran = run(folder, "site", name, "-o", "web", "--base-iri", BASE, "--workers", "1", *options)
    assert ran.code == 0, ran
    return folder / "web" / "live" / "site"


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def inodes(folder: Path) -> dict[str, int]:
    """Each file of a folder's live site, and which one it is on the disk."""
    root = (folder / "web" / "live" / "site").resolve()
    return {path.relative_to(root).as_posix(): path.stat().st_ino for path in root.rglob("*") if path.is_file()}


def triples_in(data: bytes | str, form: pyoxigraph.RdfFormat) -> set[str]:
    return {str(quad.triple) for quad in pyoxigraph.parse(data, form)}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a site of 500 papers whose texts break careless writers."""
    entries = strategies.hostile_entries(500, 4)
    return site(tmp_path_factory.mktemp("hostile"), jsonl(*(asdict(entry.paper) for entry in entries)))


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    page = (seeds / "tomer-michaeli.txt").read_bytes()
    return site(tmp_path_factory.mktemp("seed"), page, name="page.txt")


def pages_of(root: Path) -> list[Path]:
    return sorted(root.rglob("*.html"))


@pytest.mark.parametrize("which", ["hostile", "seed"])
def test_every_link_leads_to_a_file_of_the_site(which: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(which).resolve()
    files = {str(path) for path in root.rglob("*") if path.is_file()}
    assert len(pages_of(root)) > 100
    for path in pages_of(root):
        for tag, relation, link in Page(path).links:
            if link == "data:,":
                assert relation == "icon"
            elif re.match("[a-z]+:", link):
                assert tag == "a" or relation in ("canonical", "cite-as", "author", "type"), (path, link)
                assert link.startswith(("https://", "http://")), (path, link)
            else:
                name, _, anchor = link.partition("#")
                target = os.path.normpath(path.parent / name) if name else str(path)
                assert target in files, (path, link)
                assert not anchor or f'id="{anchor}"' in Path(target).read_text(encoding="utf-8"), (path, link)


@pytest.mark.parametrize("which", ["hostile", "seed"])
def test_each_page_holds_the_triples_of_its_files_in_one_block(which: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(which)
    read = 0
    for path in pages_of(root):
        page = Page(path)
        assert page.scripts == ["../" * (len(path.relative_to(root).parts) - 1) + "assets/site.js"], path
        if not path.with_suffix(".ttl").exists() or path.parent == root:
            continue
        assert len(page.blocks) == 1, path
        turtle = triples_in(path.with_suffix(".ttl").read_bytes(), pyoxigraph.RdfFormat.TURTLE)
        assert triples_in(path.with_suffix(".nt").read_bytes(), pyoxigraph.RdfFormat.N_TRIPLES) == turtle
        assert triples_in(path.with_suffix(".jsonld").read_bytes(), pyoxigraph.RdfFormat.JSON_LD) == turtle
        assert triples_in(page.blocks[0], pyoxigraph.RdfFormat.JSON_LD) == turtle
        read += 1
    assert read > 80


def test_the_pages_hold_the_graph_and_nothing_else(seed: Path, seeds: Path, tmp_path: Path) -> None:
    put(tmp_path, "page.txt", (seeds / "tomer-michaeli.txt").read_bytes())
    assert run(tmp_path, "export", "page.txt", "-o", "all.nt", "--base-iri", BASE).code == 0
    whole = triples_in((tmp_path / "all.nt").read_bytes(), pyoxigraph.RdfFormat.N_TRIPLES)
    files = [path for path in seed.rglob("*.nt") if path.parent != seed]
    assert set().union(*(triples_in(path.read_bytes(), pyoxigraph.RdfFormat.N_TRIPLES) for path in files)) == whole


def test_another_reader_finds_the_same_triples_in_a_page(seed: Path, tmp_path: Path) -> None:
    for path in sorted(seed.glob("paper/*.html")):
        block = put(tmp_path, "block.jsonld", Page(path).blocks[0])
        found = {line.rstrip(b"\n") for line in read_with_pyld(block)}
        assert found == set(path.with_suffix(".nt").read_bytes().splitlines()), path


def test_a_paper_page_tells_scholars_and_crawlers_who_wrote_it(tmp_path: Path) -> None:
    paper = {**SOUND, "doi": "10.1000/x", "title": "On **Stones** & $x^2$"}
    root = site(tmp_path, jsonl(paper))
    path = next(iter(root.glob("paper/*.html")))
    page = Page(path)
    told = [meta for meta in page.metas if meta[0].startswith("citation_")]
    assert told[:5] == [
        ("citation_title", "On Stones & x^2"),
        ("citation_author", "Ada Quill"),
        ("citation_author", "Bo Tarn"),
        ("citation_publication_date", "2024"),
        ("citation_conference_title", "ICLR"),
    ]
    assert ("citation_doi", "10.1000/x") in told
    links = {(relation, link) for tag, relation, link in page.links if tag == "link"}
    iri = f"{BASE}paper/{path.stem}"
    assert {
        ("cite-as", iri),
        ("author", f"{BASE}author/ada-quill"),
        ("author", f"{BASE}author/bo-tarn-0001"),
        ("describedby", f"{path.stem}.ttl"),
        ("alternate", f"{path.stem}.jsonld"),
        ("type", "https://schema.org/ScholarlyArticle"),
        ("linkset", f"{path.stem}.linkset.json"),
    } <= links
    linkset = json.loads(path.with_suffix(".linkset.json").read_text(encoding="utf-8"))["linkset"][0]
    assert linkset["anchor"] == f"{iri}.html"
    assert [one["href"] for one in linkset["author"]] == [f"{BASE}author/ada-quill", f"{BASE}author/bo-tarn-0001"]


def test_an_author_page_shows_what_an_arrow_page_shows(seed: Path) -> None:
    path = seed / "author" / "tomer-michaeli.html"
    text = " ".join(" ".join(Page(path).text).split())
    for part in (
        "It is no identity profile",
        "Papers 32",
        "Spellings 1",
        "2016 to 2025",
        "Venues by year",
        "Co-authors",
    ):
        assert part in text, part
    titles = re.findall(r'class="title" href="\.\./paper/([^"]+)"', path.read_text(encoding="utf-8"))
    assert len(titles) == 32
    years = [int(match[1]) for match in re.finditer(r'class="where">\S+ (\d{4})', path.read_text(encoding="utf-8"))]
    assert years == sorted(years, reverse=True)
    assert len(years) == 32


def test_homonyms_are_names_apart(tmp_path: Path) -> None:
    papers = [
        {**SOUND, "title": f"On {name}", "authors": [name]} for name in ("Bo Tarn", "Bo Tarn 0001", "Bo Tarn 0002")
    ]
    root = site(tmp_path, jsonl(*papers))
    text = (root / "author" / "bo-tarn.html").read_text(encoding="utf-8")
    assert 'href="../author/bo-tarn-0001.html">Bo Tarn 0001</a>' in text
    assert 'href="../author/bo-tarn-0002.html">Bo Tarn 0002</a>' in text
    assert len(re.findall('class="title"', text)) == 1


def test_a_long_list_goes_on_on_further_pages(tmp_path: Path) -> None:
    root = site(tmp_path, jsonl(*({**SOUND, "title": f"On Stones {number:04}"} for number in range(1101))))
    shown: list[str] = []
    for name in ("ada-quill.html", "ada-quill.page-2.html", "ada-quill.page-3.html"):
        shown += re.findall(r"On Stones \d{4}", (root / "author" / name).read_text(encoding="utf-8"))
    assert shown == [f"On Stones {number:04}" for number in range(1101)]
    assert not (root / "author" / "ada-quill.page-4.html").exists()
    assert len(Page(root / "author" / "ada-quill.page-2.html").blocks) == 0


def test_the_same_input_gives_the_same_site(tmp_path: Path) -> None:
    papers = [{**SOUND, "title": f"On Stones {number}"} for number in range(60)]
    one = contents(site(tmp_path, jsonl(*papers)))
    (tmp_path / "other").mkdir()
    other = contents(site(tmp_path / "other", jsonl(*papers), "--workers", "2"))
    differ = {path for path in one if one[path] != other.get(path)}
    # The day on which a page changed is what the day of the run says.
    assert differ <= {path for path in one if path.startswith("sitemap") or path == "feed.xml"}
    assert one.keys() == other.keys()


def test_a_second_run_writes_only_what_changed(tmp_path: Path) -> None:
    papers = [{**SOUND, "title": f"On Stones {number}", "authors": [f"Ada{number} Quill"]} for number in range(40)]
    site(tmp_path, jsonl(*papers))
    before = inodes(tmp_path)
    again = run(tmp_path, "site", "papers.jsonl", "-o", "web", "--base-iri", BASE, "--workers", "1")
    assert "; 0 files written" in again.err
    assert inodes(tmp_path) == before
    site(tmp_path, jsonl(*papers[1:], {**SOUND, "title": "On Sand"}))
    after = inodes(tmp_path)
    kept = {path for path, inode in after.items() if inode == before.get(path)}
    # Each of the 39 names that stay has a page, three notations and a linkset; each paper too.
    assert len([path for path in kept if path.startswith("author/ada")]) == 39 * 5
    assert len([path for path in kept if path.startswith("paper/")]) == 39 * 5
    assert not [path for path in after if path.startswith("author/ada0-quill.")]
    assert [path for path in after if path.startswith("paper/iclr-2024-on-sand")]


def test_a_kill_leaves_the_old_site_whole(tmp_path: Path) -> None:
    root = site(tmp_path, jsonl(SOUND))
    before = contents(root)
    put(tmp_path, "papers.jsonl", jsonl(*({**SOUND, "title": f"On Stones {number}"} for number in range(3000))))
    for pause in (0.3, 0.8, 1.3, 2.0):
        process = start(tmp_path, "site", "papers.jsonl", "-o", "web", "--base-iri", BASE)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.communicate()
        assert contents(root) == before, pause
    site(tmp_path, jsonl(*({**SOUND, "title": f"On Stones {number}"} for number in range(3))))
    assert len(list((root / "paper").glob("*.html"))) == 3
    assert len(list((tmp_path / "web" / "generations").iterdir())) == 1


def test_the_sitemap_names_every_page(seed: Path) -> None:
    index = ET.parse(seed / "sitemap.xml").getroot()
    assert index.tag == f"{SITEMAP}sitemapindex"
    named = [element.text or "" for element in index.iter(f"{SITEMAP}loc")]
    found = []
    for address in named:
        chunk = ET.parse(seed / address.removeprefix(BASE)).getroot()
        assert chunk.tag == f"{SITEMAP}urlset"
        for url in chunk:
            assert [element.tag for element in url] == [f"{SITEMAP}loc", f"{SITEMAP}lastmod"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", url[1].text or "")
            found.append((url[0].text or "").removeprefix(BASE) or "index.html")
    assert sorted(found) == sorted(path.relative_to(seed).as_posix() for path in pages_of(seed))
    assert f"Sitemap: {BASE}sitemap.xml" in (seed / "robots.txt").read_text(encoding="utf-8")


def test_the_dataset_says_what_the_store_counts(seed: Path, tmp_path: Path, seeds: Path) -> None:
    store = pyoxigraph.Store()
    store.load((seed / "dataset.ttl").read_bytes(), pyoxigraph.RdfFormat.TURTLE)
    put(tmp_path, "page.txt", (seeds / "tomer-michaeli.txt").read_bytes())
    assert run(tmp_path, "load", "page.txt", "--store", "kg", "--base-iri", BASE).code == 0
    info = run(tmp_path, "store", "info", "kg").text
    rows = store.query("SELECT ?n { ?d a <http://rdfs.org/ns/void#Dataset> ; <http://rdfs.org/ns/void#triples> ?n }")
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    (count,) = [int(row["n"].value) for row in rows]
    assert f"{count:,}" in info
    assert (seed / ".well-known" / "void").read_bytes() == (seed / "dataset.ttl").read_bytes()
    rows = store.query(
        "PREFIX spdx: <http://spdx.org/rdf/terms#> PREFIX dcat: <http://www.w3.org/ns/dcat#> "
        "SELECT ?size ?sha { ?d dcat:byteSize ?size ; spdx:checksum/spdx:checksumValue ?sha }"
    )
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    import gzip
    from hashlib import sha256

    (found,) = list(rows)
    dump = (seed / "dumps" / "graph.nt.gz").read_bytes()
    assert (int(found["size"].value), found["sha"].value) == (len(dump), sha256(dump).hexdigest())
    assert len(gzip.decompress(dump).splitlines()) == count


def test_search_files_hold_every_name_title_and_venue(hostile: Path) -> None:
    entries = strategies.hostile_entries(500, 4)
    shards: dict[str, str] = {
        path.stem: path.read_text(encoding="utf-8") for path in (hostile / "data/search").iterdir()
    }
    for name, text in shards.items():
        assert re.fullmatch("[a-z0-9-]+", name)
        assert text.startswith(f'arrowkgShard("{name}",[')
    for entry in entries:
        for word in words(entry.paper.title):
            assert shard_file(word) in shards


def test_file_names_are_safe_on_every_file_system(hostile: Path) -> None:
    names = [path.relative_to(hostile).as_posix() for path in hostile.rglob("*") if "assets" not in path.parts]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        for part in name.split("/"):
            assert re.fullmatch("[a-z0-9._-]+", part), name
            assert len(part) <= 120
            assert part.split(".")[0] not in ("con", "prn", "aux", "nul")


@pytest.mark.parametrize(
    ("rest", "stem"),
    [
        ("author/ada-quill", "author/ada-quill"),
        ("year/2024", None),
        ("data/search/ada", None),
        ("venue/iclr/2024/workshops", "venue/iclr/2024/workshops"),
        ("author/../../etc/passwd", None),
        ("author/Ada", None),
        ("author/con", None),
        ("author/" + "x" * 200, None),
        ("author/a.html", None),
        ("author/%2e%2e", None),
        ("x", None),
        ("author/", None),
        ("a/b/c/d/e", None),
    ],
)
def test_paths(rest: str, stem: str | None) -> None:
    found = Addresses(BASE).stem(BASE + rest)
    if stem is not None:
        assert found == stem
        return
    assert re.fullmatch(r"[a-z]+/[a-z0-9-]*[0-9a-f]{16}", found)
    assert found == Addresses(BASE).stem(BASE + rest)
    assert found != Addresses(BASE).stem(BASE + rest + "x")


def test_bad_inputs(tmp_path: Path) -> None:
    put(tmp_path, "papers.jsonl", jsonl(SOUND))
    put(tmp_path, "graph.ttl", "<https://a.example/x> a <https://w3id.org/arrowkg/ns#Paper> .")
    put(tmp_path, "page.txt", PAGE)
    (tmp_path / "full").mkdir()
    put(tmp_path / "full", "other", "mine")
    base = ("--base-iri", BASE)
    assert_refused(run(tmp_path, "site", "missing.txt", "-o", "web", *base), 3, "missing.txt: ")
    assert_refused(run(tmp_path, "site", "papers.jsonl", "-o", "full", *base), 2, "full holds something else")
    assert_refused(run(tmp_path, "site", "papers.jsonl", "-o", "page.txt", *base), 2, "page.txt is not a folder")
    assert_refused(run(tmp_path, "site", "graph.ttl", "-o", "web", *base), 3, f"no paper is below the base IRI {BASE}")
    assert_refused(run(tmp_path, "site", "papers.jsonl", *base), 2, "")
    assert_refused(run(tmp_path, "site", "papers.jsonl", "-o", "web", "--base-iri", "x"), 2, "")
    assert (tmp_path / "full" / "other").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "web" / "live").exists()


def test_a_graph_from_elsewhere_shows_what_it_has(tmp_path: Path) -> None:
    ns = "https://w3id.org/arrowkg/ns#"
    put(
        tmp_path,
        "graph.ttl",
        f"@base <{BASE}> . @prefix s: <https://schema.org/> . "
        f"<paper/One> a <{ns}Paper>, <https://other.example/Class> ; s:headline '<b>One</b>' ; "
        "<https://other.example/p> 1 ; s:author 'Ada Quill', <author/x> .",
    )
    ran = run(tmp_path, "site", "graph.ttl", "-o", "web", "--base-iri", BASE, "--workers", "1")
    assert ran.code == 0, ran
    (page,) = (tmp_path / "web" / "live" / "site" / "paper").glob("*.html")
    assert "&lt;b&gt;One&lt;/b&gt;" in page.read_text(encoding="utf-8")


def test_modification_days_follow_source_date_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(86400 * 365))
    root = site(tmp_path, jsonl(SOUND))
    assert "<lastmod>1971-01-01</lastmod>" in (root / "sitemap-1.xml").read_text(encoding="utf-8")
    assert (root / "index.html").stat().st_mtime == 86400 * 365


@needs_browser
@pytest.mark.parametrize("which", ["hostile", "seed"])
def test_pages_in_a_browser_run_and_ask_for_nothing_else(which: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(which).resolve()
    # Whatever runs in a page would leave a trace in one of these: a dialog, an error, a request, a refusal.
    pages = pages_of(root)
    if which == "hostile":
        # Papers hold most of what others wrote; of every other kind of page there are some.
        papers = [path for path in pages if path.parent.name == "paper"]
        others = [path for path in pages if path.parent.name != "paper"]
        pages = [*papers[:400], *others[:: len(others) // 100]][:500]
        assert len({path.parent.name for path in pages}) > 5
    assert len(pages) >= 100
    visit = drive([{"do": "goto", "url": page.as_uri()} for page in pages])
    assert not visit.errors
    assert not visit.violations
    assert not visit.console
    assert all(url.startswith((root.as_uri(), "data:")) for url in visit.requests), visit.requests


def test_years_that_are_none_name_no_file(tmp_path: Path) -> None:
    ns, gyear = "https://w3id.org/arrowkg/ns#", "http://www.w3.org/2001/XMLSchema#gYear"
    years = ("../../../evil", "-0005", "99999999999", "1_00", "x", "2024Z")
    papers = [
        f"<paper/p{number}> a <{ns}Paper> ; s:headline 'On Stones {number}' ; s:author <author/ada-quill> ; "
        f's:datePublished "{year}"^^<{gyear}> . '
        for number, year in enumerate((*years, "2024"))
    ]
    put(tmp_path, "graph.ttl", f"@base <{BASE}> . @prefix s: <https://schema.org/> . " + "".join(papers))
    ran = run(tmp_path, "site", "graph.ttl", "-o", "web", "--base-iri", BASE, "--workers", "1")
    assert ran.code in (0, 3), ran
    assert not list(tmp_path.rglob("*evil*"))
    if ran.code == 0:
        root = tmp_path / "web" / "live" / "site"
        assert [path.name for path in (root / "year").iterdir()] == ["2024.html"]


def test_an_entity_of_two_classes_has_one_page_and_leaves_the_live_site_alone(tmp_path: Path) -> None:
    ns = "https://w3id.org/arrowkg/ns#"
    text = (
        f"@base <{BASE}> . @prefix s: <https://schema.org/> . <paper/x> a <{ns}Paper>, <{ns}AuthorName> ; s:headline "
    )
    for title in ("'On Stones'", "'On Sand'"):
        put(tmp_path, "graph.ttl", f"{text}{title} .")
        assert run(tmp_path, "site", "graph.ttl", "-o", "web", "--base-iri", BASE, "--workers", "1").code == 0
        page = (tmp_path / "web" / "live" / "site" / "paper" / "x.html").read_text(encoding="utf-8")
        assert f"<h1>{title[1:-1]}</h1>" in page
        assert "No author is listed." in page


def test_a_file_written_twice_leaves_the_one_before_alone(tmp_path: Path) -> None:
    Place(tmp_path / "old", None).write("a.html", b"one")
    new = Place(tmp_path / "new", tmp_path / "old")
    new.write("a.html", b"one")
    new.write("a.html", b"two")
    assert (tmp_path / "old" / "a.html").read_bytes() == b"one"
    assert (tmp_path / "new" / "a.html").read_bytes() == b"two"
