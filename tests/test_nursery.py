"""The nursery of workers: what it tells of births and ends, whatever happens to it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arrowkg.errors import ArrowkgError, QueryLimit
from arrowkg.server.workers import Nursery
from arrowkg.settings import Settings
from arrowkg.sparql.asking import Asked, ask
from arrowkg.sparql.query import checked

SETTINGS = Settings(query_seconds=30)
DATA = [b'<a:s> <a:p> "one" .\n<a:s> <a:p> "two" .\n']


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    with contextlib.closing(Nursery()) as found:
        yield found


def answer(nursery: Nursery, text: str, settings: Settings = SETTINGS) -> list[tuple[str | None, ...]]:
    query = checked(text, settings)
    with (
        contextlib.closing(nursery.worker()) as worker,
        ask(query, Asked("data", statements=DATA), settings, None, worker) as found,
    ):
        return list(found.rows)


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def gone(pid: int) -> bool:
    ends = time.monotonic() + 20
    while is_there(pid) and time.monotonic() < ends:
        time.sleep(0.02)
    return not is_there(pid)


def test_each_query_has_a_worker_of_its_own(nursery: Nursery) -> None:
    pids = set()
    for _ in range(5):
        with contextlib.closing(nursery.worker()) as worker:
            pids.add(worker.pid)
            assert is_there(worker.pid)
    assert len(pids) == 5
    assert all(map(gone, pids))


def test_answers_are_those_of_the_data(nursery: Nursery) -> None:
    for _ in range(3):
        assert sorted(answer(nursery, "SELECT ?o { ?s ?p ?o }")) == [('"one"',), ('"two"',)]


def test_many_at_once_are_not_mixed_up(nursery: Nursery) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: answer(nursery, f"SELECT ({number} AS ?n) {{}}"), range(40)))
    assert [int(str(rows[0][0]).split('"')[1]) for rows in found] == list(range(40))


def test_two_that_end_at_the_same_time_are_both_told_of(nursery: Nursery) -> None:
    for _ in range(15):
        workers = [nursery.worker() for _ in range(4)]
        for worker in workers:
            worker.kill()
        begin = time.monotonic()
        assert {worker.wait() for worker in workers} == {-signal.SIGKILL}
        assert time.monotonic() - begin < 10
        for worker in workers:
            worker.close()


def test_a_worker_has_nothing_open_but_its_streams(nursery: Nursery) -> None:
    with contextlib.closing(nursery.worker()) as worker:
        handles = {int(path.name) for path in Path(f"/proc/{worker.pid}/fd").iterdir()}
        ends = time.monotonic() + 10
        while not handles <= {0, 1, 2} and time.monotonic() < ends:
            time.sleep(0.02)
            handles = {int(path.name) for path in Path(f"/proc/{worker.pid}/fd").iterdir()}
        assert handles == {0, 1, 2}


def test_limits_hold_in_it(nursery: Nursery) -> None:
    narrow = Settings(query_seconds=1)
    with pytest.raises(QueryLimit, match="more than 1 seconds"):
        answer(
            nursery, "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(24)) + " }", narrow
        )
    assert len(answer(nursery, "SELECT ?o { ?s ?p ?o }")) == 2


def test_a_worker_that_is_killed_from_outside_is_an_error(nursery: Nursery) -> None:
    worker = nursery.worker()
    with contextlib.closing(worker), pytest.raises(ArrowkgError):
        os.kill(worker.pid, signal.SIGKILL)
        with ask(checked("ASK {}", SETTINGS), Asked("data", statements=DATA), SETTINGS, None, worker):
            pass
    assert worker.wait() == -signal.SIGKILL


def test_a_nursery_that_is_killed_is_started_anew(nursery: Nursery) -> None:
    worker = nursery.worker()
    parent = int(Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    worker.close()
    assert len(answer(nursery, "SELECT ?o { ?s ?p ?o }")) == 2


def test_nothing_is_left_when_it_is_closed() -> None:
    nursery = Nursery()
    worker = nursery.worker()
    stopped = threading.Thread(target=nursery.close)
    stopped.start()
    stopped.join(20)
    assert gone(worker.pid)
    worker.close()
    with pytest.raises(ArrowkgError):
        nursery.worker()
