"""What a push asks of each product, and what it refuses; the products are stand-ins that take what is documented."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import pytest

from arrowkg.errors import InputError, StoreError, UsageError
from arrowkg.settings import MIB, Settings
from arrowkg.stores.remote.credentials import Authentication, Credentials, credentials_from
from arrowkg.stores.remote.endpoint import Endpoint, address_of, recognised
from arrowkg.stores.remote.http import Broken, Client, Request
from arrowkg.stores.remote.payload import payload_of
from arrowkg.stores.remote.profiles import PROFILES
from arrowkg.stores.remote.pushing import Order, Pushed, push
from arrowkg.stores.remote.transport import Transport
from cli import Ran, assert_refused, put, run
from fake_stores import PASSWORD, PRODUCTS, TOKEN, USER, FakeStore, fake

GRAPH: Final = "https://kg.example.org/graph"
LINES: Final = [f'<https://kg.example.org/{n}> <https://kg.example.org/p> "{n}" .' for n in range(100, 200)]
OLD: Final = '<https://kg.example.org/old> <https://kg.example.org/p> "old" .'
BYTES: Final = len(LINES[0]) + 1
PROFILE_OF: Final = {name: "generic" if name == "update only" else name for name in PRODUCTS}


@pytest.fixture(params=PRODUCTS)
def store(request: pytest.FixtureRequest) -> Iterator[FakeStore]:
    with fake(request.param) as one:
        one.store.update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ {OLD} {LINES[3]} }} }}")
        yield one


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def name_of(store: FakeStore) -> str:
    return next(name for name, product in PRODUCTS.items() if product is store.product)


def credentials(store: FakeStore) -> Credentials:
    return {"": Credentials(), "bearer": Credentials(token=TOKEN)}.get(store.product.auth, Credentials(USER, PASSWORD))


def send(
    store: FakeStore, folder: Path, mode: Literal["replace", "merge"], batch: int = MIB, *, is_dry: bool = False
) -> Pushed:
    journal = str(folder / "journal.json")
    order = Order(store.url, GRAPH, mode, PROFILE_OF[name_of(store)], is_dry=is_dry, journal=journal)
    return push(LINES, order, credentials(store), Settings(push_bytes=batch))


# Every product: its own end points, types and credentials.


@pytest.mark.parametrize("batch", [MIB, 10 * BYTES])
def test_merge(store: FakeStore, batch: int, tmp_path: Path) -> None:
    for _ in range(2):
        assert send(store, tmp_path, "merge", batch).held == 101
        assert store.lines(GRAPH) == sorted([*LINES, OLD])
        assert store.graphs == [GRAPH]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("batch", [MIB, 10 * BYTES])
def test_replace(store: FakeStore, batch: int, tmp_path: Path) -> None:
    for _ in range(2):
        assert send(store, tmp_path, "replace", batch).held == 100
        assert store.lines(GRAPH) == LINES
        assert store.graphs == [GRAPH]
    assert not list(tmp_path.iterdir())
    is_put = any(one.startswith("PUT ") for one in store.seen)
    profile = PROFILES[PROFILE_OF[name_of(store)]]
    assert is_put == (batch == MIB and profile.puts_whole and name_of(store) != "update only")


@pytest.mark.parametrize(("mode", "removed"), [("merge", 0), ("replace", 1)])
def test_a_dry_run_counts_and_sends_no_write(
    store: FakeStore, mode: Literal["replace", "merge"], removed: int, tmp_path: Path
) -> None:
    before = store.lines(GRAPH)
    done = send(store, tmp_path, mode, is_dry=True)
    assert (done.triples, done.held, done.added, done.removed) == (100, 2, 99, removed)
    assert store.lines(GRAPH) == before
    routes = {(one.method, one.path, one.media_type): one.does for one in store.product.routes}
    for line, headers in zip(store.seen, store.headers, strict=True):
        method, _, target = line.partition(" ")
        path = target.partition("?")[0]
        assert routes[method, path, headers.get("content-type", "")] == "query", line
    assert not list(tmp_path.iterdir())


def test_a_store_is_known_by_its_replies(store: FakeStore) -> None:
    client = Client(Settings(), Authentication(Credentials(), PROFILES["generic"]))
    found = recognised(address_of(store.url), client)
    assert found.name == PROFILE_OF[name_of(store)]
    assert all(line.startswith(("GET ", "HEAD ")) for line in store.seen)


def test_requests_say_who_asks(store: FakeStore, tmp_path: Path) -> None:
    send(store, tmp_path, "merge")
    assert all(re.fullmatch(r"arrowkg/[0-9.]+", headers["user-agent"]) for headers in store.headers)
    assert all(headers["accept"] for headers in store.headers)


def test_wrong_credentials_end_the_run_at_once(store: FakeStore, tmp_path: Path) -> None:
    if not store.product.auth:
        return
    token = "Bearer obsidian" if store.product.auth == "bearer" else f"{USER}:obsidian"
    auth = put(tmp_path, "auth", token)
    source = put(tmp_path, "in.nt", "\n".join(LINES) + "\n")
    ran = run(tmp_path, "push", source, store.url, "--graph", GRAPH, "--mode", "merge", "--auth-file", auth)
    status = 403 if store.product.auth == "bearer" else 401
    assert_refused(ran, 4, f"{store.url}", None)
    assert f"the server answers with status {status}" in ran.told[0]
    assert "obsidian" not in ran.err
    assert len(store.lines(GRAPH)) == 2


def test_update_is_used_where_there_is_no_graph_store(tmp_path: Path) -> None:
    with fake("update only") as store:
        lines = [f"<https://e.org/{n}> <https://e.org/p> <https://e.org/{n}> ." for n in range(2_500)]
        order = Order(store.url, GRAPH, "replace", journal=str(tmp_path / "journal"))
        told: list[str] = []
        push(lines, order, Credentials(), Settings(), notice=lambda notice: told.append(str(notice)))
        assert store.lines(GRAPH) == sorted(lines)
        # Three INSERT DATA of a thousand triples each at most, and the MOVE.
        updates = [h for h in store.headers if h.get("content-type") == "application/sparql-update"]
        assert len(updates) == 4
        assert told == [f"{store.url}: the product is not known, so it is taken for any store; see --profile"]


# The command.


def command(folder: Path, *arguments: str | os.PathLike[str], auth: str = "") -> Ran:
    put(folder, "in.nt", "\n".join(LINES) + "\n")
    return run(folder, "push", "in.nt", *arguments, *(["--auth-file", str(put(folder, "auth", auth))] if auth else []))


def test_the_command_finds_the_product_and_tells_what_it_did(tmp_path: Path) -> None:
    with fake("fuseki") as store:
        ran = command(tmp_path, store.url, "--graph", GRAPH, "--mode", "replace", auth=f"{USER}:{PASSWORD}\n")
        assert (ran.code, ran.out) == (0, b""), ran
        assert ran.told[0].startswith(f"sent 100 triples to Apache Jena Fuseki, {GRAPH}, which now has 100 in ")
        assert store.lines(GRAPH) == LINES


def test_the_default_graph_where_there_is_one(tmp_path: Path) -> None:
    with fake("fuseki") as store:
        ran = command(tmp_path, store.url, "--mode", "merge", auth=f"{USER}:{PASSWORD}")
        assert ran.code == 0, ran
        assert store.lines("") == LINES
        assert store.graphs == []
    for name in ("graphdb", "qlever", "virtuoso"):
        ran = command(tmp_path, "http://127.0.0.1:9", "--mode", "merge", "--profile", name)
        assert_refused(ran, 2, PROFILES[name].title, "--graph IRI")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://ada:obsidian@127.0.0.1:9/", "the address has a user or a password in it"),
        ("ada:obsidian@127.0.0.1", "the address has a user or a password in it"),
        ("http://127.0.0.1:9/?key=obsidian", "the address has a query or a fragment in it"),
        ("ftp://127.0.0.1/", "'ftp://127.0.0.1/' is not the address of a store"),
        ("http://", "'http://' is not the address of a store"),
        ("http://127.0.0.1:x/", "'http://127.0.0.1:x/' is not the address of a store"),
        ("http://[::1", "'http://[::1' is not the address of a store"),
        ("http://127.0.0.1:9/a b", "'http://127.0.0.1:9/a b' is not the address of a store"),
    ],
)
def test_addresses_that_are_refused(url: str, error: str, tmp_path: Path) -> None:
    ran = command(tmp_path, url, "--graph", GRAPH, "--mode", "merge")
    assert_refused(ran, 2, error)
    assert "obsidian" not in ran.err


def test_other_requests_that_are_refused(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9"
    assert_refused(
        command(tmp_path, url, "--graph", "no iri", "--mode", "merge", "--profile", "oxigraph"), 2, "--graph"
    )
    assert command(tmp_path, url, "--graph", GRAPH).code == 2
    assert command(tmp_path, url, "--graph", GRAPH, "--mode", "merge", "--profile", "none").code == 2
    for auth, error in ((" ", "it holds no credentials"), ("obsidian", "it holds no credentials")):
        ran = command(tmp_path, url, "--graph", GRAPH, "--mode", "merge", auth=auth)
        assert_refused(ran, 2, f"{tmp_path}/auth: {error}", "user:password or Bearer TOKEN")
        assert "obsidian" not in ran.err
    ran = command(tmp_path, url, "--graph", GRAPH, "--mode", "merge", "--auth-file", "missing")
    assert_refused(ran, 2, "missing: it cannot be read")


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, "arrowkg.toml", "http_attempts = 1\n")
    ran = command(tmp_path, "http://127.0.0.1:9", "--graph", GRAPH, "--mode", "merge")
    assert_refused(ran, 4, "http://127.0.0.1:9/: the connection failed or was cut")


def test_a_journal_of_another_push_is_refused(tmp_path: Path) -> None:
    with fake("oxigraph") as store:
        for content, error in (("{}", "it is not the journal of a push"), ("[", "it is not the journal of a push")):
            put(tmp_path, "j.json", content)
            ran = command(tmp_path, store.url, "--graph", GRAPH, "--mode", "merge", "--journal", "j.json")
            assert_refused(ran, 2, f"j.json: {error}", "--journal")
        other = {"url": store.url, "graph": "", "mode": "merge", "payload": "00", "batch": "1/0"}
        put(tmp_path, "j.json", json.dumps({**other, "sent": 1, "is_exchanging": False}))
        ran = command(tmp_path, store.url, "--graph", GRAPH, "--mode", "merge", "--journal", "j.json")
        assert_refused(ran, 2, "j.json: it is the journal of another push", "--journal")
        assert store.lines(GRAPH) == []


# What could go wrong in between.


def test_a_store_that_loses_triples_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Endpoint, "add", lambda *arguments, **options: None)
    with fake("oxigraph") as store:
        modes: tuple[Literal["merge", "replace"], ...] = ("merge", "replace")
        for mode in modes:
            with pytest.raises(StoreError, match=r"100 .*triples|0 triples in place of 100") as caught:
                send(store, tmp_path, mode, 10 * BYTES)
            assert "run the command again" in caught.value.hint
            assert not list(tmp_path.iterdir())


def test_a_replaced_graph_of_equal_size_is_not_taken_for_ours(tmp_path: Path) -> None:
    """The staging graph is gone, and the graph has as many triples as ours: other ones."""
    with fake("oxigraph") as store:
        store.store.update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ {' '.join(LINES).replace('/p>', '/q>')} }} }}")
        store.fail("500", 13, 1_000)
        quick = Settings(push_bytes=10 * BYTES, http_attempts=1)
        order = Order(store.url, GRAPH, "replace", "oxigraph", journal=str(tmp_path / "journal"))
        with pytest.raises(StoreError):
            push(LINES, order, Credentials(), quick)
        assert json.loads((tmp_path / "journal").read_text())["is_exchanging"]
        store.fail("500", 0, 0)
        for graph in store.graphs:
            if graph != GRAPH:
                store.store.update(f"DROP GRAPH <{graph}>")
        with pytest.raises(StoreError, match="the staging graph holds 0 triples in place of 100"):
            push(LINES, order, Credentials(), quick)
        push(LINES, order, Credentials(), quick)
        assert store.lines(GRAPH) == LINES


def test_a_payload_is_sorted_and_unique_whatever_the_memory() -> None:
    lines = [*reversed(LINES), *LINES]
    found = []
    for most in (100, MIB):
        with payload_of(lines, most) as payload:
            batches = list(payload.batches(10 * BYTES, 7))
            found.append((payload.count, payload.size, payload.sha256, batches))
    assert found[0] == found[1]
    assert found[0][:2] == (100, 100 * BYTES)
    assert [len(batch) for batch in found[0][3]] == [7] * 14 + [2]
    assert b"".join(b"".join(batch) for batch in found[0][3]).decode().splitlines() == LINES


@pytest.mark.parametrize("line", ["_:a <a:b> <a:c> .", "<a:b> <a:c> _:d ."])
def test_blank_nodes_are_refused(line: str) -> None:
    with pytest.raises(InputError, match="blank node"), payload_of([line], MIB):
        pass
    with payload_of(['<a:b> <a:c> "_:d <a:b> _:d" .'], MIB) as payload:
        assert payload.count == 1


# Secrets and the network.


def test_secrets_are_in_no_repr_and_no_error() -> None:
    one = Credentials(USER, "obsidian", "onyx")
    assert "obsidian" not in repr(one) and "onyx" not in f"{one}"
    assert one.hidden_in("obsidian and onyx") == "*** and ***"
    for text in ("", "obsidian", ":obsidian", "Bearer ", "a:b\nobsidian"):
        with pytest.raises(UsageError) as caught:
            credentials_from(text, "the file")
        assert "obsidian" not in f"{caught.value}{caught.value.hint}"
    assert credentials_from("bearer onyx\r\n", "").token == "onyx"
    assert credentials_from("ada:a:b c", "").password == "a:b c"


def test_no_netrc_and_no_redirect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "netrc", "machine 127.0.0.1 login ada password obsidian\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with fake("oxigraph") as store:
        reply = Transport(5, MIB)(Request("HEAD", store.url + "/"))
        assert reply.status == 200
        assert "authorization" not in store.headers[0]
        store.fail("redirect", 1)
        assert Transport(5, MIB)(Request("GET", store.url + "/query")).status == 307
        assert len(store.seen) == 1


def test_a_reply_that_is_too_long_or_too_slow_ends() -> None:
    with fake("oxigraph") as store:
        store.fail("drip", 1, 9)
        with pytest.raises(Broken, match="took too long"):
            Transport(0.1, MIB)(Request("GET", store.url + "/query"))
        store.fail("500", 1, 9)
        with pytest.raises(Broken, match="longer than"):
            Transport(5, 3)(Request("GET", store.url + "/query"))
        store.fail("hang", 1, 9)
        with pytest.raises(Broken, match="did not answer in time"):
            Transport(0.1, MIB)(Request("GET", store.url + "/query"))


def test_a_head_that_comes_byte_by_byte_ends() -> None:
    import socket
    import threading

    is_over = threading.Event()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not is_over.wait(0.02):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(Broken):
                Transport(0.1, MIB)(Request("GET", f"http://127.0.0.1:{server.getsockname()[1]}/"))
        finally:
            is_over.set()
            thread.join(10)


def test_the_table_is_whole() -> None:
    for name, profile in PROFILES.items():
        assert profile.name == name
        assert profile.schemes and profile.batch_bytes > 0 and profile.address.startswith("http")
        assert profile.insert_triples <= 1_000
    assert set(PROFILES) == {"oxigraph", "virtuoso", "fuseki", "graphdb", "qlever", "generic"}


def test_challenges_are_answered_once() -> None:
    one = Authentication(Credentials(USER, PASSWORD), PROFILES["generic"])
    assert one.header("GET", "/") is None
    assert not one.is_answerable("")
    assert not one.is_answerable('Negotiate, Digest realm="x", nonce="n", algorithm=SHA-512-256')
    assert one.is_answerable('Basic realm="lab"')
    assert one.header("GET", "/") == "Basic YWRhOnBlYmJsZS1hbmQtc2FuZA=="
    assert not one.is_answerable('Basic realm="lab"')
    # An example of RFC 2617, section 3.5, but for the client's own nonce, which is random; and one of RFC 2069.
    old = Authentication(Credentials("Mufasa", "CircleOfLife"), PROFILES["virtuoso"])
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403e"'
    assert old.is_answerable(challenge)
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in str(old.header("GET", "/dir/index.html"))
    assert not old.is_answerable(challenge)
    assert old.is_answerable(f'{challenge}, stale="true"')
    assert not old.is_answerable('Basic realm="lab"')
    assert not Authentication(Credentials(), PROFILES["virtuoso"]).is_answerable(challenge)
    assert not Authentication(Credentials(token="x"), PROFILES["generic"]).is_answerable('Basic realm="lab"')


@pytest.mark.parametrize(("name", "wrong"), [("virtuoso", Credentials(token="x")), ("qlever", Credentials("a", "b"))])
def test_credentials_that_a_product_does_not_take(name: str, wrong: Credentials) -> None:
    with pytest.raises(UsageError, match="takes no such credentials"):
        Authentication(wrong, PROFILES[name])
