"""Real web servers with the settings that come with a site: IRIs lead to pages and data of the right types."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import rdflib

from arrowkg.site.webservers import HEADERS, files_beside
from cli import jsonl, put, run
from web import PROGRAMS, needs_program, program

BASE: Final = "http://kg.example.org/lab/"
PAPERS: Final[list[dict[str, Any]]] = [
    {
        "title": "On Stones",
        "authors": ["Ada Quill", "Bo Tarn"],
        "venue": "ICLR",
        "kind": "Conference Paper",
        "year": 2024,
    },
    {
        "title": "On Sand",
        "authors": ["Ada Quill"],
        "venue": "ICLR",
        "kind": "Workshop Paper",
        "year": 2023,
        "doi": "10.5555/x",
    },
    {"title": "On Moss", "authors": [], "venue": "TMLR", "kind": "Journal Article"},
]
_SECONDS: Final = 20


@dataclass(frozen=True)
class Answer:
    """An answer of a server; the names of its headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """A server of the site."""

    port: int
    root: Path

    def ask(self, path: str, accept: str | None = None, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path, as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        more = {"Host": "kg.example.org", **headers, **({} if accept is None else {"Accept": accept})}
        connection.request(method, path, headers=more)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read()
        connection.close()
        return Answer(answer.status, found, body)

    def path_after(self, path: str, accept: str | None = None) -> str:
        """Where asking for a path leads to, over one or two steps."""
        for _ in range(3):
            answer = self.ask(path, accept)
            if answer.status != 303:
                assert answer.status == 200, (path, answer)
                return path
            assert "Accept" in answer.headers.get("vary", "") or re.search("/(authorship|identifier)/", path)
            path = re.sub(r"^http://[^/]+", "", answer.headers["location"])
        raise AssertionError(f"{path} leads nowhere")


def made(folder: Path, base_iri: str) -> Path:
    """The live folder of a site."""
    put(folder, "papers.jsonl", jsonl(*PAPERS))
    ran = run(folder, "site", "papers.jsonl", "-o", "web", "--base-iri", base_iri, "--workers", "1")
    assert ran.code == 0, ran
    return folder / "web" / "live"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("site"), BASE)


def _apache(live: Path, folder: Path, port: int, at: str) -> list[str]:
    modules = ("mpm_event", "authz_core", "alias", "dir", "mime", "negotiation", "autoindex", "rewrite", "headers")
    lines = [
        f"ServerRoot {folder}",
        f"Listen 127.0.0.1:{port}",
        "ServerName kg.example.org",
        f"PidFile {folder}/pid",
        f"ErrorLog {folder}/log",
        *(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules),
        "TypesConfig /dev/null",
        *(("User nobody", "Group nogroup") if os.geteuid() == 0 else ()),
        f"DocumentRoot {folder}",
        f'Alias "/w3id/" "{folder}/w3id/"',
        f'Alias "{at}" "{live}/site/"',
        *(
            f'<Directory "{of}">\nAllowOverride All\nRequire all granted\n'
            "Options FollowSymLinks Indexes MultiViews\n</Directory>"
            for of in (live.parent, folder / "w3id")
        ),
    ]
    (folder / "w3id").mkdir()
    shutil.copyfile(live / "servers" / "w3id.htaccess", folder / "w3id" / ".htaccess")
    config = put(folder, "httpd.conf", "\n".join(lines) + "\n")
    return ["-X", "-f", str(config)]


def _nginx(live: Path, folder: Path, port: int, at: str) -> list[str]:
    assert f"location {at} {{" in (live / "servers" / "nginx.conf").read_text("utf-8")
    text = (live / "servers" / "nginx.conf").read_text("utf-8")
    text = text.replace("/srv/web/live/site", str(live / "site")).replace("listen 80;", f"listen 127.0.0.1:{port};")
    put(folder, "site.conf", text)
    user = "user root;\n" if os.geteuid() == 0 else ""
    stores = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = put(
        folder,
        "nginx.conf",
        f"{user}daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{stores}include {folder}/site.conf;\n}}\n",
    )
    return ["-c", str(config), "-e", str(folder / "log")]


def _caddy(live: Path, folder: Path, port: int, at: str) -> list[str]:
    assert f"handle_path {at}* {{" in (live / "servers" / "caddyfile").read_text("utf-8")
    text = (live / "servers" / "caddyfile").read_text("utf-8")
    text = text.replace("/srv/web/live/site", str(live / "site"))
    assert text.count("\nkg.example.org {") == 1
    text = text.replace("\nkg.example.org {", f"\nhttp://:{port} {{\n\tbind 127.0.0.1")
    config = put(folder, "caddyfile", f"{{\n\tadmin off\n\tauto_https off\n}}\n{text}")
    return ["run", "--config", str(config), "--adapter", "caddyfile"]


_LINES: Final[dict[str, Callable[[Path, Path, int, str], list[str]]]] = {
    "apache2": _apache,
    "nginx": _nginx,
    "caddy": _caddy,
}


@contextmanager
def running(name: str, live: Path, folder: Path, at: str = "/lab/") -> Iterator[Server]:
    """A server, stopped whatever happens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    path = program(name)
    assert path is not None, f"{PROGRAMS[name]} is not installed"
    # Root of some servers gives up its rights, and must be able to reach the files still.
    for above in (live.resolve(), *live.resolve().parents, folder, *folder.parents):
        if above.stat().st_uid == os.geteuid() and above.is_relative_to("/tmp"):
            above.chmod(above.stat().st_mode | 0o055)
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [path, *_LINES[name](live, folder, port, at)], stdout=said, stderr=said, env=environment, cwd=folder
        )
    try:
        end = time.monotonic() + _SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                log = folder / "log"
                told = (folder / "said").read_text("utf-8") + (log.read_text("utf-8") if log.exists() else "")
                assert process.poll() is None, told
                assert time.monotonic() < end, told
                time.sleep(0.05)
        yield Server(port, live / "site")
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module", params=[pytest.param(name, marks=needs_program(name)) for name in _LINES])
def server(request: pytest.FixtureRequest, live: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(request.param, live, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def entities(root: Path) -> list[str]:
    """The path of each entity that has a page."""
    return sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.linkset.json"))


_ACCEPT: Final = [
    (None, ".html"),
    ("*/*", ".html"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", ".html"),
    ("text/turtle", ".ttl"),
    ("Text/Turtle;q=0.9", ".ttl"),
    ("application/ld+json, text/html;q=0.5", ".jsonld"),
    ("application/n-triples,text/turtle;q=0.9", ".nt"),
    ("application/rdf+xml, text/turtle;q=0.8, */*;q=0.1", ".ttl"),
    ("image/png", ".html"),
]


@pytest.mark.parametrize(("accept", "suffix"), _ACCEPT)
def test_iris_lead_to_what_is_asked_for(server: Server, accept: str | None, suffix: str) -> None:
    stems = [stem.removesuffix(".linkset") for stem in entities(server.root)]
    assert {stem.split("/")[0] for stem in stems} == {"paper", "author", "venue", "journal"}
    assert "venue/iclr/2023/workshops" in stems
    for stem in [*stems, "dataset", "vocabulary", "shapes"]:
        path = server.path_after(f"/lab/{stem}", accept)
        assert path == f"/lab/{stem}{suffix}"
        assert server.ask(path).body == (server.root / path.removeprefix("/lab/")).read_bytes()


def test_parts_of_a_paper_lead_to_it(server: Server) -> None:
    (sand,) = (path.stem for path in (server.root / "paper").glob("iclr-2023-on-sand-*.html"))
    assert server.path_after(f"/lab/authorship/{sand}-1", "text/turtle") == f"/lab/paper/{sand}.ttl"
    assert server.path_after(f"/lab/identifier/{sand}-doi") == f"/lab/paper/{sand}.html"
    for iri in (f"{BASE}authorship/{sand}-1", f"{BASE}identifier/{sand}-doi"):
        assert iri in (server.root / "paper" / f"{sand}.ttl").read_text("utf-8")


def test_pages_without_data_are_pages_for_all(server: Server) -> None:
    for stem in ("year/2024", "statistics", "venues"):
        assert server.path_after(f"/lab/{stem}", "text/turtle") == f"/lab/{stem}.html"


def test_a_reader_of_rdf_follows_an_iri(server: Server) -> None:
    (moss,) = (path.stem for path in (server.root / "paper").glob("*on-moss-*.html"))
    graph = rdflib.Graph()
    graph.parse(f"http://127.0.0.1:{server.port}/lab/paper/{moss}")
    assert (rdflib.URIRef(f"{BASE}paper/{moss}"), None, None) in graph


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("", "text/html"),
        ("index.html", "text/html"),
        ("vocabulary.ttl", "text/turtle"),
        ("vocabulary.nt", "application/n-triples"),
        ("vocabulary.jsonld", "application/ld+json"),
        (".well-known/void", "text/turtle"),
        ("feed.xml", "application/atom+xml"),
        ("sitemap.xml", ("application/xml", "text/xml")),
        ("linkset.json", "application/linkset+json"),
        ("author/ada-quill.linkset.json", "application/linkset+json"),
        ("assets/site.css", "text/css"),
        ("assets/site.js", ("text/javascript", "application/javascript")),
        ("assets/vendor/katex/fonts/KaTeX_Main-Regular.woff2", "font/woff2"),
        ("schema.svg", "image/svg+xml"),
        ("schema.dot", "text/vnd.graphviz"),
        ("schema.mmd", "text/vnd.mermaid"),
        ("robots.txt", "text/plain"),
        ("dumps/graph.nt.gz", "application/gzip"),
    ],
)
def test_files_have_their_types(server: Server, path: str, media_type: str | tuple[str, ...]) -> None:
    answer = server.ask(f"/lab/{path}")
    assert answer.status == 200
    allowed = (media_type,) if isinstance(media_type, str) else media_type
    assert answer.headers["content-type"].partition(";")[0] in allowed
    assert answer.headers.get("content-encoding") is None
    assert answer.body == (server.root / (path or "index.html")).read_bytes()
    for name, value in HEADERS.items():
        assert answer.headers[name.lower()] == value, name
    again = server.ask(f"/lab/{path}", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = server.ask(f"/lab/{path}", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.body))


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "paper/nothing",
        "author/nothing.ttl",
        "venue/nothing/2024",
        "../site.conf",
        "..%2f..%2fpapers.jsonl",
        "author/",
        "paper",
        "data",
        "authorship/nothing-x",
        "venue/iclr.html/x",
    ],
)
@pytest.mark.parametrize("accept", [None, "text/turtle"])
def test_what_is_not_there_is_not_found_and_nothing_is_listed(server: Server, path: str, accept: str | None) -> None:
    answer = server.ask(f"/lab/{path}", accept)
    # Caddy and nginx send on from a folder to its name with a slash, where there is nothing.
    if answer.status in (301, 302, 308):
        assert answer.headers["location"].endswith(f"/lab/{path}/")
        answer = server.ask(f"/lab/{path}/", accept)
    assert answer.status in (400, 403, 404), answer
    assert b"tomer" not in answer.body
    assert b"ada-quill" not in answer.body


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs_program(name)) for name in _LINES])
def test_a_site_may_be_all_of_a_host(name: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with running(name, made(tmp_path, "http://kg.example.org/"), tmp_path / "run", "/") as server:
        assert server.ask("/").body == (server.root / "index.html").read_bytes()
        assert server.path_after("/venue/iclr/2024", "text/turtle") == "/venue/iclr/2024.ttl"
        assert server.path_after("/venue/iclr") == "/venue/iclr.html"
        assert server.ask("/.well-known/void").headers["content-type"].startswith("text/turtle")
        (sand,) = (path.stem for path in (server.root / "paper").glob("iclr-2023-on-sand-*.html"))
        assert server.path_after(f"/authorship/{sand}-1", "text/turtle") == f"/paper/{sand}.ttl"
        assert server.ask("/paper/nothing").status == 404


@needs_program("apache2")
def test_a_persistent_address_leads_to_the_place_of_the_files(live: Path, tmp_path: Path) -> None:
    with running("apache2", live, tmp_path) as server:
        for path, accept, to in (
            ("paper/x-1", None, "paper/x-1.html"),
            ("paper/x-1", "text/turtle", "paper/x-1.ttl"),
            ("venue/iclr/2024", "application/ld+json", "venue/iclr/2024.jsonld"),
            ("authorship/x-1-2", "application/n-triples", "paper/x-1.nt"),
            ("identifier/x-1-doi", "text/html,*/*;q=0.8", "paper/x-1.html"),
            ("year/2024", "text/turtle", "year/2024.html"),
            ("dataset", "text/turtle", "dataset.ttl"),
            ("dumps/graph.nt.gz", "text/turtle", "dumps/graph.nt.gz"),
            (".well-known/void", "text/turtle", ".well-known/void"),
            ("", "text/turtle", ""),
        ):
            answer = server.ask(f"/w3id/{path}", accept)
            assert (answer.status, answer.headers["location"]) == (303, f"https://host.example/{to}"), path
            assert "Accept" in answer.headers["vary"]


def test_a_base_with_signs_has_no_settings_beside() -> None:
    for base in ("https://kg.example.org/%22;/", "https://kg.example.org/(x)/", "https://kg.example.org/$host/"):
        assert list(files_beside(base)) == []
