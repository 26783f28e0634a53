"""What goes wrong while a site is made: full disks, kills, signals. The old site stays whole, nothing is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from cli import COMMAND, SOUND, assert_refused, jsonl, put, run, spawn, spawn_python, start
from test_site import BASE, contents

_ARGUMENTS: Final = ("site", "papers.jsonl", "-o", "web", "--base-iri", BASE)
_SECONDS: Final = 30

# Python runs a module of this name before all else, in each process that renders as well.
_FULL_DISK: Final = """
import os, pathlib
_left = int(os.environ["FULL_AFTER"])
_write = pathlib.Path.write_bytes
def write_bytes(self, data):
    global _left
    _left -= 1
    if _left < 0:
        _write(self, data[: len(data) // 2])
        raise OSError(28, os.strerror(28))
    return _write(self, data)
pathlib.Path.write_bytes = write_bytes
"""


@pytest.fixture
def old(tmp_path: Path) -> dict[str, bytes]:
    """A site of one paper; then its input becomes another one of many."""
    put(tmp_path, "papers.jsonl", jsonl(SOUND))
    assert run(tmp_path, *_ARGUMENTS, "--workers", "1").code == 0
    put(tmp_path, "papers.jsonl", jsonl(*({**SOUND, "title": f"On Stones {number}"} for number in range(500))))
    return contents(tmp_path / "web" / "live" / "site")


def assert_as_before(folder: Path, old: dict[str, bytes]) -> None:
    """The old site is live and whole, and it is the only one."""
    assert contents(folder / "web" / "live" / "site") == old
    assert len(list((folder / "web" / "generations").iterdir())) == 1


def assert_can_be_made(folder: Path) -> None:
    """Without the fault, the new site takes the place of the old one; whatever was left over is gone."""
    put(folder, "papers.jsonl", jsonl(*({**SOUND, "title": f"On Sand {number}"} for number in range(3))))
    assert run(folder, *_ARGUMENTS, "--workers", "1").code == 0
    assert len(list((folder / "web" / "live" / "site" / "paper").glob("*.html"))) == 3
    assert len(list((folder / "web" / "generations").iterdir())) == 1


@pytest.mark.parametrize("files", [0, 5, 50, 900])
def test_a_disk_that_fills_up(tmp_path: Path, old: dict[str, bytes], files: int) -> None:
    (tmp_path / "full").mkdir()
    put(tmp_path / "full", "sitecustomize.py", _FULL_DISK)
    line = [COMMAND, *_ARGUMENTS, "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "full"), "FULL_AFTER": str(files)}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 4, done.stderr
    assert "web: the site cannot be written (No space left on device)" in done.stderr
    assert "bug" not in done.stderr
    assert_as_before(tmp_path, old)
    assert_can_be_made(tmp_path)


@pytest.mark.parametrize("room", [0, 20_000, 200_000])
def test_a_file_system_without_room(tmp_path: Path, old: dict[str, bytes], room: int) -> None:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    ran = spawn_python(tmp_path, limit, *_ARGUMENTS, "--workers", "2")
    assert_refused(ran, 4, "")
    assert "(File too large)" in ran.err or "cannot be written" in ran.err, ran.err
    assert_as_before(tmp_path, old)
    assert_can_be_made(tmp_path)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def rendering(folder: Path, pages: int) -> subprocess.Popen[bytes]:
    """A run that has written some pages."""
    process = start(folder, *_ARGUMENTS, "--workers", "2")
    end = time.monotonic() + _SECONDS
    while sum(1 for _ in (folder / "web" / "generations").glob("*/site/paper/*.html")) < pages + 1:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)
    return process


def test_renderers_end_with_a_run_that_is_killed(tmp_path: Path, old: dict[str, bytes]) -> None:
    for pages in (1, 100, 300):
        process = rendering(tmp_path, pages)
        workers = children(process.pid)
        process.kill()
        process.wait()
        process.communicate()
        end = time.monotonic() + _SECONDS
        while any(map(is_running, workers)):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert workers
        assert contents(tmp_path / "web" / "live" / "site") == old, pages
    assert_can_be_made(tmp_path)


def test_a_renderer_that_is_killed_is_told_of(tmp_path: Path, old: dict[str, bytes]) -> None:
    process = rendering(tmp_path, 50)
    # One of them may only keep track of what they share; ending it does no harm.
    for worker in children(process.pid):
        if b"spawn_main" in Path(f"/proc/{worker}/cmdline").read_bytes():
            os.kill(worker, signal.SIGKILL)
            break
    _, error = process.communicate(timeout=_SECONDS)
    assert process.returncode == 4
    assert b"a process that renders pages was ended from outside" in error
    assert_as_before(tmp_path, old)
    assert_can_be_made(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_and_leaves_nothing(tmp_path: Path, old: dict[str, bytes], number: signal.Signals) -> None:
    process = rendering(tmp_path, 50)
    workers = children(process.pid)
    process.send_signal(number)
    _, error = process.communicate(timeout=_SECONDS)
    assert process.returncode not in (0, 1, 5), error
    assert b"bug" not in error
    assert b"Traceback" not in error
    end = time.monotonic() + _SECONDS
    while any(map(is_running, workers)):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert_as_before(tmp_path, old)
    assert_can_be_made(tmp_path)


def test_two_runs_at_a_time_do_not_mix(tmp_path: Path, old: dict[str, bytes]) -> None:
    process = rendering(tmp_path, 1)
    second = spawn(tmp_path, *_ARGUMENTS, "--workers", "1")
    assert_refused(second, 4, "")
    process.communicate(timeout=100)
    assert process.returncode == 0
    assert len(list((tmp_path / "web" / "live" / "site" / "paper").glob("*.html"))) == 500
