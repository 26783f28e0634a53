"""Twelve faults at twenty places each: nothing is lost, nothing is doubled, and a broken push goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

import pytest

from arrowkg.errors import StoreError
from arrowkg.model import Notice
from arrowkg.settings import MIB, Settings
from arrowkg.stores.remote.credentials import Authentication, Credentials
from arrowkg.stores.remote.http import Broken, Client, Reply, Request
from arrowkg.stores.remote.profiles import PROFILES
from arrowkg.stores.remote.pushing import Order, Pushed, push
from arrowkg.stores.remote.transport import Transport
from cli import assert_refused, put, run, start
from fake_stores import ENDING, FAULTS, FakeStore, Fault, fake

Mode = Literal["replace", "merge"]

GRAPH: Final = "https://kg.example.org/graph"
LINES: Final = [f'<https://kg.example.org/{n}> <https://kg.example.org/p> "{n}" .' for n in range(100, 202)]
OLD: Final = ['<https://kg.example.org/old> <https://kg.example.org/p> "old" .', LINES[3]]
PLACES: Final = range(1, 21)
# The first request, the first batch, one among many, and the last steps.
STEPS: Final = (1, 2, 11, 19, 20)
# So many lines in a batch that a push of either mode has more than twenty requests, the last steps among them.
BATCH: Final = {"replace": 6, "merge": 5}
BYTES: Final = len(LINES[-1]) + 1
# Short where a time limit ends the fault, long where a slow machine must not.
SHORT: Final = 0.25
LONG: Final = 30
PASSING: Final = [fault for fault in FAULTS if fault not in ENDING]


@pytest.fixture(params=["replace", "merge"])
def mode(request: pytest.FixtureRequest) -> Mode:
    found: Mode = request.param
    return found


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals are not forced to the disk: that is most of the time of a small push."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def store() -> Iterator[FakeStore]:
    with fake("oxigraph") as one:
        yield one


def fill(store: FakeStore) -> None:
    """Make the graph hold what it held before, and no other graph anything."""
    store.store.clear()
    for line in OLD:
        store.store.update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ {line} }} }}")
    assert store.lines(GRAPH) == sorted(line[:-2] + " ." for line in OLD)


def places(mode: Mode) -> Iterable[int]:
    """Where a fault is put: at every place of the mode that has steps of every kind, at some of the other."""
    return PLACES if mode == "replace" else STEPS


def expected(mode: Mode) -> list[str]:
    return LINES if mode == "replace" else sorted({*LINES, *OLD})


def settings(mode: Mode) -> Settings:
    return Settings(push_bytes=BATCH[mode] * BYTES, http_attempts=3)


def send(store: FakeStore, mode: Mode, folder: Path, pauses: list[float]) -> Pushed:
    """Push with short time limits, and with pauses that are noted in place of made."""

    def make_client(settings: Settings, authentication: Authentication, notice: Callable[[Notice], None]) -> Client:
        seconds = SHORT if store.fault in ("hang", "drip") and store.times else LONG
        return Client(settings, authentication, notice, send_once=Transport(seconds, MIB), sleep=pauses.append)

    order = Order(store.url, GRAPH, mode, "oxigraph", journal=str(folder / "journal.json"))
    return push(LINES, order, Credentials(), settings(mode), make_client=make_client)


def assert_as_sent(store: FakeStore, mode: Mode, where: object) -> None:
    assert store.lines(GRAPH) == expected(mode), where
    assert store.graphs == [GRAPH], where
    assert not list(store.store.quads_for_pattern(None, None, None, None))[len(expected(mode)) :], where


def test_a_push_without_a_fault_has_more_requests_than_places(store: FakeStore, mode: Mode, tmp_path: Path) -> None:
    fill(store)
    send(store, mode, tmp_path, [])
    assert_as_sent(store, mode, "")
    assert len(store.seen) > len(PLACES)
    assert not list(tmp_path.iterdir())
    if mode == "replace":
        # Every step is among the places: batches, counts, the exchange.
        assert store.seen[PLACES[-1] - 1] == "POST /update"


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_changes_nothing(store: FakeStore, mode: Mode, fault: Fault, tmp_path: Path) -> None:
    for place in places(mode):
        fill(store)
        store.fail(fault, place)
        pauses: list[float] = []
        send(store, mode, tmp_path, pauses)
        assert_as_sent(store, mode, place)
        assert len(pauses) == 1, place
        assert not list(tmp_path.iterdir()), place
        # What the server asks for, to the second that passes between its clocks; else the first of our own pauses.
        wanted = {"429": (7, 7), "503": (8, 9)}.get(fault, (1, 1))
        assert wanted[0] <= pauses[0] <= wanted[1], place


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_stays_ends_the_run_which_then_goes_on(
    store: FakeStore, mode: Mode, fault: Fault, tmp_path: Path
) -> None:
    for place in STEPS:
        fill(store)
        store.fail(fault, place, times=1000)
        pauses: list[float] = []
        with pytest.raises(StoreError) as caught:
            send(store, mode, tmp_path, pauses)
        tries = settings(mode).http_attempts
        assert len(store.seen) <= place + 2 * tries, place
        assert len(pauses) <= 2 * tries
        if fault not in ("429", "503"):
            assert pauses[1 - tries :] == [1, 2], place
        assert caught.value.exit_code == 4
        assert "\n" not in str(caught.value)
        assert (place == 1) or "the same command again goes on" in caught.value.hint, place
        goes_on(store, mode, tmp_path, place)


def goes_on(store: FakeStore, mode: Mode, folder: Path, place: int) -> None:
    """The same push without a fault finishes, and does not send again what the store has."""
    sent = max(0, min(place - 2, -(-len(LINES) // BATCH[mode])))
    store.fail("500", 0, 0)
    done = send(store, mode, folder, [])
    assert_as_sent(store, mode, place)
    assert done.resumed == sent, place
    posts = sum(one.startswith("POST /store") for one in store.seen)
    assert posts == -(-len(LINES) // BATCH[mode]) - sent, place
    assert not list(folder.iterdir()), place


@pytest.mark.parametrize("fault", ENDING)
def test_a_fault_that_ends_the_run_is_not_tried_again_and_the_run_goes_on(
    store: FakeStore, mode: Mode, fault: Fault, tmp_path: Path
) -> None:
    for place in places(mode):
        fill(store)
        store.fail(fault, place)
        pauses: list[float] = []
        with pytest.raises(StoreError) as caught:
            send(store, mode, tmp_path, pauses)
        assert wanted(fault) in caught.value.reason, place
        assert (len(store.seen), pauses) == (place, []), place
        goes_on(store, mode, tmp_path, place)


@pytest.mark.parametrize("fault", ENDING)
def test_the_command_ends_with_one_line_and_the_same_command_goes_on(
    store: FakeStore, mode: Mode, fault: Fault, tmp_path: Path
) -> None:
    put(tmp_path, "in.nt", "\n".join(LINES) + "\n")
    arguments = ["push", "in.nt", store.url, "--graph", GRAPH, "--mode", mode, "--profile", "oxigraph"]
    environment = {"ARROWKG_PUSH_BYTES": str(BATCH[mode] * BYTES)}
    for place in (1, 11, 20):
        fill(store)
        store.fail(fault, place)
        ran = run(tmp_path, *arguments, environment=environment)
        assert_refused(ran, 4, f"{store.url}/", None)
        assert wanted(fault) in ran.told[0], (place, ran)
        assert "secret" not in ran.err
        assert (place == 1) == ("the same command again goes on" not in ran.err), (place, ran)
        assert (fault == "413") == ("lower push_bytes" in ran.err), (place, ran)
        store.fail(fault, 0, 0)
        ran = run(tmp_path, *arguments, environment=environment)
        assert ran.code == 0, (place, ran)
        assert_as_sent(store, mode, place)
        assert [path.name for path in tmp_path.iterdir()] == ["in.nt"], place


def wanted(fault: Fault) -> str:
    """What an error says."""
    return {
        "401": "the server answers with status 401",
        "413": "the server answers with status 413: Status 413",
        "redirect": "the server redirects (status 307) to http://127.0.0.1:9/elsewhere, which is not followed",
        "wrong type": "the server answers with text/html in place of",
    }[fault]


# What a client does with one request.


def client(settings: Settings, *replies: Reply | Broken) -> tuple[Client, list[float], list[Request]]:
    """A client whose server gives these replies, with its pauses and what it sent."""
    left, pauses, sent = list(replies), list[float](), list[Request]()

    def send_once(request: Request) -> Reply:
        sent.append(request)
        reply = left.pop(0)
        if isinstance(reply, Broken):
            raise reply
        return reply

    authentication = Authentication(Credentials(), PROFILES["generic"])
    one = Client(settings, authentication, send_once=send_once, sleep=pauses.append, now=lambda: 784111777.0)
    return one, pauses, sent


def test_every_pause_is_told_of() -> None:
    told = list[Notice]()
    left: list[Reply | Broken] = [Broken("the connection failed"), Reply(503, {"retry-after": "7"}, b"")]

    def send_once(request: Request) -> Reply:
        one = left.pop(0) if left else DONE
        if isinstance(one, Broken):
            raise one
        return one

    authentication = Authentication(Credentials(), PROFILES["generic"])
    one = Client(Settings(), authentication, told.append, send_once=send_once, sleep=lambda seconds: None)
    assert one.send(REQUEST) == DONE
    assert [str(notice) for notice in told] == [
        "http://127.0.0.1:1/update: the connection failed; try 2 of 6 in 1 s",
        "http://127.0.0.1:1/update: the server answers with status 503; try 3 of 6 in 7 s",
    ]


REQUEST: Final = Request("POST", "http://127.0.0.1:1/update?x=1")
DONE: Final = Reply(204, {}, b"")


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (429, {"retry-after": "3"}, 3),
        (503, {"retry-after": "120"}, 120),
        (503, {"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10),
        (429, {"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "Sun, 06 Nov 1994 08:49:42 GMT"}, 5),
        (503, {"retry-after": "Sun, 06 Nov 1994 08:00:00 GMT"}, 0),
        (503, {"retry-after": "soon"}, 1),
        (503, {"retry-after": "-5"}, 1),
        (503, {}, 1),
        (500, {"retry-after": "30"}, 1),
        (502, {}, 1),
        (504, {}, 1),
    ],
)
def test_pauses(status: int, headers: dict[str, str], pause: float) -> None:
    one, pauses, sent = client(Settings(), Reply(status, headers, b""), DONE)
    assert one.send(REQUEST) == DONE
    assert pauses == [pause]
    assert len(sent) == 2


@pytest.mark.parametrize("asked", ["121", "9" * 400, "Sun, 06 Nov 1994 09:49:37 GMT"])
def test_a_pause_that_is_too_long_ends_the_run(asked: str) -> None:
    one, pauses, _ = client(Settings(), Reply(503, {"retry-after": asked}, b""), DONE)
    with pytest.raises(StoreError, match=r"asks for a pause of [0-9,]+ seconds") as caught:
        one.send(REQUEST)
    assert not pauses
    assert "http_wait_seconds" in caught.value.hint


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 501, 301, 302, 307, 308])
def test_what_a_server_refuses_is_not_tried_again(status: int) -> None:
    one, pauses, sent = client(Settings(), Reply(status, {}, b""), DONE)
    with pytest.raises(StoreError, match=str(status)):
        one.send(REQUEST)
    assert (pauses, len(sent)) == ([], 1)


def test_pauses_grow_to_their_limit_and_tries_end() -> None:
    one, pauses, sent = client(Settings(http_attempts=9, http_wait_seconds=20), *[Broken("it is gone")] * 20)
    with pytest.raises(StoreError, match=r"^http://127\.0\.0\.1:1/update: it is gone, after 9 tries$"):
        one.send(REQUEST)
    assert pauses == [1, 2, 4, 8, 16, 20, 20, 20]
    assert len(sent) == 9


def test_what_is_done_already_is_not_done_again() -> None:
    one, _, sent = client(Settings(), Broken("it is gone"), DONE)
    assert one.send(REQUEST, is_done=lambda: True) is None
    assert len(sent) == 1


def test_every_request_says_who_asks_and_wants_nothing_compressed() -> None:
    one, _, sent = client(Settings(), DONE)
    one.send(REQUEST)
    assert sent[0].headers["User-Agent"].startswith("arrowkg/")
    assert sent[0].headers["Accept"] == "*/*"
    assert sent[0].headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in sent[0].headers


def test_a_run_that_is_killed_goes_on(store: FakeStore, mode: Mode, tmp_path: Path) -> None:
    fill(store)
    put(tmp_path, "in.nt", "\n".join(LINES) + "\n")
    put(tmp_path, "arrowkg.toml", f"push_bytes = {BATCH[mode] * BYTES}\n")
    arguments = ["push", "in.nt", store.url, "--graph", GRAPH, "--mode", mode]
    store.fail("hang", 12, 1000)
    with start(tmp_path, *arguments) as process:
        while len(store.seen) < 12 and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    store.fail("hang", 0, 0)
    ran = run(tmp_path, *arguments)
    assert ran.code == 0, ran
    # Two requests find out what the store is and has, and nine batches were sent.
    assert ran.told[0] == "went on after 9 batches that an earlier run had sent", ran
    assert_as_sent(store, mode, "killed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrowkg.toml", "in.nt"]
