"""Processes that render: they end with what goes on beside them, and one that was ended is told of."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from arrowkg.errors import OutputError
from arrowkg.site.processes import Pool
from cli import SOUND, jsonl, put, start


def test_results_come_in_the_order_of_the_tasks() -> None:
    with Pool(2) as pool:
        assert list(pool.results(abs, iter(range(-20, 0)))) == list(range(20, 0, -1))


def test_an_error_ends_what_is_under_way() -> None:
    with pytest.raises(ValueError, match="enough"), Pool(2) as pool:
        # If these were waited for, nobody would see this test end.
        sleeping = [pool.submit(time.sleep, 3600) for _ in range(8)]
        raise ValueError("enough")
    assert all(one.done() for one in sleeping)


def test_a_process_that_was_ended_is_told_of() -> None:
    with pytest.raises(OutputError, match="ended from outside") as told, Pool(1) as pool:
        pool.result(pool.submit(os._exit, 9))
    assert told.value.hint == "is there enough memory?"


def test_a_key_press_ends_all_processes_with_one_line(tmp_path: Path) -> None:
    put(tmp_path, "papers.jsonl", jsonl(*({**SOUND, "title": f"On Stones {number}"} for number in range(5000))))
    process = start(tmp_path, "site", "papers.jsonl", "-o", "web", "--workers", "2", in_group=True)
    pages = tmp_path / "web" / "generations"
    while not list(pages.glob("*/site/paper/*.html")):
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in told
    assert told.rstrip().endswith(b"interrupted")
    assert not (tmp_path / "web" / "live").exists()
    # None of its processes stays: if one did, nobody would see this test end.
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.killpg(process.pid, 0)
            time.sleep(0.02)
