"""The server among clients that mean it harm or are broken, its start and its end."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from arrowkg.server.accesslog import line_of
from arrowkg.server.scratch import scratch
from cli import SOUND, assert_refused, jsonl, put, run, spawn
from serving import Served, served, store_of

GET: Final = b"GET /author/ada-quill.html HTTP/1.1\r\nHost: x\r\n"
LIMITS: Final = {
    "ARROWKG_SERVE_IDLE_SECONDS": "3",
    "ARROWKG_SERVE_CONNECTIONS": "250",
    "ARROWKG_SERVE_QUERY_SECONDS": "1",
    "ARROWKG_SERVE_QUERY_BYTES": str(128 << 20),
    "ARROWKG_SERVE_CACHE_BYTES": "200000",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    papers = [
        {**SOUND, "title": f"On Stones {number}", "authors": ["Ada Quill", f"Bo Tarn{number}"]} for number in range(90)
    ]
    return store_of(tmp_path_factory.mktemp("store"), jsonl(*papers))


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[Served]:
    with served(store, environment=LIMITS) as found:
        found.wait_complete()
        yield found
        assert found.process.poll() is None, found.told
        assert "Traceback" not in found.told


@contextlib.contextmanager
def connections(server: Served, count: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30)) for _ in range(count)
        ]


# Connections.


@pytest.mark.parametrize(
    "first", [b"", b"GET / HTT", GET, b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"]
)
def test_slow_sockets_starve_nobody(server: Served, first: bytes) -> None:
    with connections(server, 200) as slow:
        for one in slow:
            one.sendall(first)
        assert server.metric("arrowkg_connections") >= 200
        for _ in range(5):
            assert server.ask("/author/ada-quill.html").status == 200
        # A byte now and then keeps none of them.
        ends = time.monotonic() + 20
        while server.metric("arrowkg_connections") > 5:
            assert time.monotonic() < ends
            for one in slow[:50]:
                with contextlib.suppress(OSError):
                    one.sendall(b"x")
            time.sleep(0.2)


def test_more_connections_than_allowed_make_room_for_new_ones(server: Served) -> None:
    with connections(server, 300):
        assert server.ask("/author/ada-quill.html").status == 200
        assert server.metric("arrowkg_connections") <= 252


def test_who_does_not_read_is_let_go(server: Served) -> None:
    request = (
        b"GET /dumps/graph.nt.gz HTTP/1.1\r\nHost: x\r\n\r\n"
        + b"GET /assets/vendor/yasgui/yasgui.min.js HTTP/1.1\r\nHost: x\r\n\r\n" * 30
    )
    with connections(server, 1) as [one]:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(request)
        ends = time.monotonic() + 20
        while server.metric("arrowkg_connections") > 1:
            assert time.monotonic() < ends
            time.sleep(0.2)


def test_pipelined_requests_are_answered_in_turn(server: Served) -> None:
    told = server.raw((GET + b"\r\n") * 200 + b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert told.count(b"HTTP/1.1 200 OK") == 200
    assert told.count(b"HTTP/1.1 404 ") == 1
    assert told.rindex(b"HTTP/1.1 200 OK") < told.index(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "request_",
    [
        GET + b"X: " + b"a" * (40 << 10) + b"\r\n\r\n",
        GET + b"X: a\r\n" * 9000 + b"\r\n",
        b"GET /" + b"a" * (40 << 10) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G E T / HTTP/1.1\r\n\r\n",
        GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        GET + b"Transfer-Encoding: gzip, chunked, what\r\n\r\n",
        GET + b" folded: x\r\nX\x0b: y\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(server: Served, request_: bytes) -> None:
    told = server.raw(request_)
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ", b"HTTP/1.1 501 ")), told[:200]
    assert server.ask("/healthz").status == 200


def test_two_lengths_smuggle_no_request(server: Served) -> None:
    both = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    both += b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    told = server.raw(both)
    assert told.count(b"\r\n\r\nok") <= 1
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 415 "))


def test_a_websocket_is_not_opened(server: Served) -> None:
    told = server.raw(GET + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 200 OK")


# Attacks of all kinds at once, while pages are fetched.

QUERIES: Final = (
    "ASK " + "{" * 60 + "}" * 60,
    "ASK " + "{" * 3000 + "}" * 3000,
    "SELECT * { ?a (<urn:a>|!<urn:a>)+ ?b . ?b (<urn:b>|!<urn:b>)+ ?c }",
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g",
    "ASK { FILTER(REGEX('" + "a" * 9000 + "!', '(a|aa)+$')) }",
    "SELECT ?x { BIND('"
    + "ab" * 500
    + "' AS ?a) "
    + "BIND(CONCAT(?a,?a,?a,?a,?a,?a,?a,?a) AS ?b) BIND(CONCAT(?b,?b,?b,?b,?b,?b,?b,?b) AS ?c) "
    + "BIND(CONCAT(?c,?c,?c,?c,?c,?c,?c,?c) AS ?d) BIND(CONCAT(?d,?d,?d,?d,?d,?d,?d,?d) AS ?e) "
    + "BIND(CONCAT(?e,?e,?e,?e,?e,?e,?e,?e) AS ?x) }",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "LOAD <http://127.0.0.1:1/>",
    "INSERT DATA { <urn:a> <urn:b> 1 }",
)


def _attack(chance: random.Random) -> bytes:
    """The bytes of a request that means harm."""
    kind = chance.randrange(6)
    if kind < 3:
        text = quote(chance.choice(QUERIES))
        return b"GET /sparql?query=%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % text.encode()
    if kind == 3:
        parts = [chance.choice(["..", "%2e%2e", "etc", "passwd", "%00", "~", "a" * 300]) for _ in range(9)]
        return f"GET /{'/'.join(parts)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    if kind == 4:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 400)))
    page = chance.randrange(10**6)
    return (
        f"GET /fragments?page={page}&object=%22{'x' * (page % 3000)}%22 HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
    )


def test_pages_are_given_while_the_server_is_attacked(server: Served) -> None:
    chance = random.Random(5)
    requests = [_attack(chance) for _ in range(90)]
    codes: list[int] = []

    def attack(some: list[bytes]) -> None:
        for one in some:
            with contextlib.suppress(OSError):
                told = server.raw(one, 20)
                if match := re.match(rb"HTTP/1.1 (\d+)", told):
                    codes.append(int(match[1]))

    threads = [threading.Thread(target=attack, args=(requests[number::6],)) for number in range(6)]
    for thread in threads:
        thread.start()
    fetched = 0
    while any(thread.is_alive() for thread in threads):
        told = server.ask(f"/paper/{fetched}")
        assert told.status == 404
        assert server.ask("/author/ada-quill.html").status == 200
        fetched += 1
    for thread in threads:
        thread.join()
    assert fetched > 5
    assert len(codes) > 60
    assert set(codes) <= {200, 303, 400, 403, 404, 408, 413, 414, 500, 503}, set(codes)
    assert server.metric("arrowkg_held_bytes") <= 200_000
    assert server.process.poll() is None


# The log.


def test_nothing_in_a_request_writes_into_the_log(server: Served) -> None:
    server.raw(b'GET /a%0a%1b[31m HTTP/1.1\r\nUser-Agent: \x1b[2J"evil\r\nHost: x\r\nConnection: close\r\n\r\n')
    server.ask("/log-end")
    ends = time.monotonic() + 10
    while "/log-end" not in server.told:
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert "\x1b" not in server.told
    for line in server.told.splitlines()[2:]:
        assert re.fullmatch(
            r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*" \d+\.\d{3}',
            line,
        ), line


def test_a_line_of_the_log_is_cut() -> None:
    assert len(line_of("127.0.0.1", "GET /" + "a" * 10**6, 200, 1, "b" * 10**6, "c" * 10**6, 0, 0)) < 2000


# Metrics.


def test_metrics_are_read_by_the_format_s_own_rules(server: Served) -> None:
    server.ask("/author/ada-quill.html")
    told = server.ask("/metrics")
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    seen: dict[str, str] = {}
    buckets: dict[str, list[float]] = {}
    for line in told.text.splitlines():
        if match := re.fullmatch(r"# (?:HELP|TYPE) (\w+) (.+)", line):
            seen[match[1]] = match[2]
            continue
        sample = re.fullmatch(r'(\w+)(?:\{((?:\w+="[^"\\]*",?)*)\})? ([0-9.e+]+)', line)
        assert sample, line
        name = re.sub("_(bucket|sum|count)$", "", sample[1]) if "seconds" in sample[1] else sample[1]
        assert name in seen, line
        if sample[1].endswith("_bucket"):
            buckets.setdefault(sample[2].partition(",")[0], []).append(float(sample[3]))
    assert buckets['for="page"'] == sorted(buckets['for="page"'])
    assert 'arrowkg_requests_total{for="page",method="GET",status="200"}' in told.text


# Start and end.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_well(store: Path, tmp_path: Path, number: int) -> None:
    with served(store, environment={"TMPDIR": str(tmp_path)}, told=tmp_path / "log") as server:
        request = f"GET /sparql?query={quote(QUERIES[3])} HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            one.sendall(request.encode())
            while server.metric("arrowkg_queries_admitted") < 1:
                time.sleep(0.02)
            assert server.end(number) == 0
        assert "Traceback" not in server.told
        assert not list(tmp_path.glob("arrowkg-serve-*"))
    me = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in me


def test_a_killed_server_leaves_no_process(store: Path, tmp_path: Path) -> None:
    with served(store, environment={"TMPDIR": str(tmp_path)}, told=tmp_path / "log") as server:
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=True
        )
        pids = children.stdout.split()
        assert len(pids) >= 2
        server.process.kill()
        server.process.wait()
    ends = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_what_a_killed_server_has_left_goes_with_the_next_one(store: Path, tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    foreign = tmp_path / "arrowkg-serve-link"
    foreign.symlink_to(store)
    with served(store, environment=environment, told=tmp_path / "log") as killed:
        [left] = (path for path in tmp_path.glob("arrowkg-serve-*") if path != foreign)
        killed.process.kill()
        killed.process.wait()

    def are_there_with_another(told: str) -> list[Path]:
        with served(store, environment=environment, told=tmp_path / told):
            found = [path for path in tmp_path.glob("arrowkg-serve-*") if path != foreign]
            with served(store, environment=environment, told=tmp_path / f"{told}-too"):
                assert all(path.is_dir() for path in found)
            return found

    assert left.is_dir()
    # It may be one whose server has just begun.
    assert len(are_there_with_another("new")) == 2
    os.utime(left, (0, 0))
    assert left not in are_there_with_another("old")
    assert not left.exists()
    assert store.is_dir()
    assert list(tmp_path.glob("arrowkg-serve-*")) == [foreign]


def test_a_folder_that_is_in_use_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch() as used:
        os.utime(used, (0, 0))
        with scratch() as other:
            assert used.is_dir()
            assert other.is_dir()
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_told_in_a_line(store: Path, server: Served) -> None:
    ran = spawn(store.parent, "serve", "--store", "kg", "--port", str(server.port))
    assert_refused(ran, 4, f"the server cannot listen at 127.0.0.1 port {server.port}: it is taken", "--port")


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_refused(store: Path, host: str) -> None:
    ran = spawn(store.parent, "serve", "--store", "kg", "--host", host, "--port", "0")
    assert_refused(ran, 4, f"the server cannot listen at {host} port 0: ")


def test_where_there_is_no_store_there_is_no_server(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "serve", "--store", "kg", "--port", "0"), 3, "there is no kg", "arrowkg load")
    put(tmp_path, "file", "x")
    assert_refused(run(tmp_path, "serve", "--store", "file", "--port", "0"), 3, "file is not an arrowkg store")
    assert_refused(run(tmp_path, "serve"), 2, "Missing option '--store'")


def test_a_damaged_store_is_told_of(tmp_path: Path) -> None:
    store = store_of(tmp_path, jsonl(SOUND))
    next((store / "live" / "database").glob("*.sst")).write_bytes(b"")
    assert_refused(
        run(tmp_path, "serve", "--store", "kg", "--port", "0"), 4, "kg: the store is damaged: ", "arrowkg load"
    )


def test_a_base_without_papers_is_told_of(store: Path) -> None:
    options = ("serve", "--store", "kg", "--port", "0", "--base-iri", "https://other.example/")
    assert_refused(
        run(store.parent, *options), 3, "kg: no paper is below the base IRI https://other.example/", "--base-iri"
    )


def test_without_its_libraries_the_command_says_how_to_get_them(store: Path) -> None:
    absent = "None if name in ('starlette', 'uvicorn') else find(name, *more)"
    code = f"import importlib.util as u; find = u.find_spec\nu.find_spec = lambda name, *more: {absent}\nimport sys"
    line = [sys.executable, "-c", f"{code}\nfrom arrowkg.cli import main\nmain()", "serve", "--store", "kg"]
    done = subprocess.run(line, cwd=store.parent, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "arrowkg serve needs starlette and uvicorn: pip install 'arrowkg[serve]'\n"


def test_the_server_listens_to_this_machine_alone(server: Served) -> None:
    port = f":{server.port:04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    places = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    assert [place for place in places if place.endswith(port)] == [f"0100007F{port}"]
