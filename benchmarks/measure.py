"""Measuring a program from outside: a fresh process, and what the system says it used."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

_LOOK_SECONDS: Final = 0.1
_PAUSES: Final = 50
"""How many times as long as a look the pause after it is at least."""
# ru_maxrss is in KiB on Linux and in bytes on macOS.
_MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program used.

    Attributes:
        cpu: seconds of processor time, user and system, of the process and of every child that it waited for.
        wall: seconds from start to end.
        peak: the most bytes that one process of it held in memory.
    """

    cpu: float
    wall: float
    peak: int


class Failed(Exception):
    """A measured program ended with an error."""


def run(command: Sequence[str | Path], *, log: Path, folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end and measure it.

    The peak starts from what this process holds itself, since a child is born from it: keep the caller small.

    Args:
        command: the program and its arguments.
        log: where its output goes.
        folder: where it runs.
        environment: its environment; this process's own if it is ``None``.

    Raises:
        Failed: it ended with an error; the end of the log is in the message.
    """
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
    # The process was waited for here and not by subprocess, which must be told.
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        told = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{told}")
    return Run(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * _MAXRSS_UNIT)


def run_all(command: Sequence[str | Path], *, log: Path, folder: Path) -> Run:
    """Run a program as :func:`run` does; its peak is that of all of its processes together.

    It is looked at ten times a second (Linux alone), or less often where a look takes more than two milliseconds, since
    what runs on all cores would be slowed down by it.

    Raises:
        Failed: it ended with an error; the end of the log is in the message.
    """
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        pause = _LOOK_SECONDS
        while not ended.wait(pause):
            begin = time.perf_counter()
            most = max(most, memory(children(os.getpid())))
            pause = max(_LOOK_SECONDS, _PAUSES * (time.perf_counter() - begin))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        used = run(command, log=log, folder=folder)
    finally:
        ended.set()
        watcher.join()
    return replace(used, peak=most)


def children(process: int) -> list[int]:
    """The processes that a process started, that these started, and so on."""
    found = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (thread / "children").read_text(encoding="ascii").split()):
                found += [child, *children(child)]
    return found


def memory(processes: Iterable[int]) -> int:
    """The bytes of memory of some processes; what they share counts once (``Pss``)."""
    total = 0
    for process in processes:
        # One that has just ended has none.
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
            total += sum(int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("Pss:"))
    return total


def middle(runs: Iterable[Run]) -> Run:
    """The median of each quantity over several runs.

    >>> middle([Run(1.0, 2.0, 30), Run(1.5, 1.0, 10), Run(9.0, 9.0, 20)])
    Run(cpu=1.5, wall=2.0, peak=20)
    """
    found = list(runs)
    return Run(median(r.cpu for r in found), median(r.wall for r in found), int(median(r.peak for r in found)))


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as much one program used as another.

    Each round gives a ratio of two runs that were near each other in time, so that a change in the machine's other work
    touches both; these are their median and their ends.
    """

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.least:.1f} to {self.most:.1f})"


def ratio(values: Iterable[float], others: Iterable[float]) -> Ratio:
    """The ratio of two quantities, round by round.

    >>> print(ratio([10.0, 12.0, 9.0], [1.0, 1.0, 1.0]))
    10.0 (9.0 to 12.0)
    """
    found = [value / other for value, other in zip(values, others, strict=True)]
    return Ratio(median(found), min(found), max(found))
