"""What all tests share: the folder of real papers, and no skips where they are forbidden."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gallery import Gallery, made

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

# A shell has what it runs in the background ignore Ctrl-C, and so would all the commands that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of seed pages."""
    return ROOT / "seeds"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real papers beside the checkout; without it, the test is skipped."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared folder beside the checkout is absent")
    return SHARED


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """A site with a page of every kind."""
    return made(tmp_path_factory.mktemp("gallery"))


_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where skips are forbidden, a skipped test fails the run."""
    if os.environ.get("NO_SKIP") == "1" and _skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("NO_SKIP") == "1" and _skipped:
        terminalreporter.write_line(f"{len(_skipped)} tests were skipped, and NO_SKIP=1 forbids it", red=True)
