"""A browser that reads the pages which arrowkg makes: Chromium, driven by puppeteer-core.

:func:`drive` takes steps, which ``driver.mjs`` lists, and gives what each came to, with all that the page said, asked
for and was refused. Where the browser is absent, a test decorated with :data:`needs_browser` is skipped;
``make test NO_SKIP=1`` installs it and allows no skip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from judges import npm_missing

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
BROWSER_HOME: Final = ROOT / ".tools" / "browser"
"""The prefix of the driver's npm packages; ``node_modules`` is in it."""

_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
_SECONDS: Final = 180


class BrowserBroken(RuntimeError):
    """The browser or its driver failed, or a step did."""


@dataclass(frozen=True)
class Visit:
    """What came of the steps.

    Attributes:
        values: the value of each step, ``None`` where it has none.
        console: what was written to the console, each with its type.
        violations: what the page's policy refused.
        errors: exceptions that nothing caught.
        failed: the addresses of requests that failed.
        requests: the addresses of all requests.
    """

    values: list[Any]
    console: list[dict[str, str]]
    violations: list[dict[str, Any]]
    errors: list[str]
    failed: list[str]
    requests: list[str]


def chromium() -> str | None:
    """The browser's program, or ``None``."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@cache
def browser_missing() -> str | None:
    """Why no browser can be driven, or ``None`` where one can."""
    if chromium() is None:
        return "Chromium is not installed: no `chromium` on PATH"
    return npm_missing(HERE, BROWSER_HOME)


def _is_skipped() -> bool:
    # With NO_SKIP nothing is skipped: the test runs and fails with the reason.
    return os.environ.get("NO_SKIP", "0") in ("", "0") and browser_missing() is not None


needs_browser: Final = pytest.mark.skipif(_is_skipped(), reason=browser_missing() or "")
"""The mark of a test that drives a browser."""


def drive(steps: Sequence[Mapping[str, Any]]) -> Visit:
    """Drive a fresh browser through steps; ``driver.mjs`` lists them.

    Raises:
        BrowserBroken: a step failed, or there is no browser.
    """
    missing = browser_missing()
    program, node = chromium(), shutil.which("node")
    if missing is not None or program is None or node is None:
        raise BrowserBroken(missing)
    done = subprocess.run(
        [node, str(HERE / "driver.mjs")],
        input=json.dumps(list(steps)),
        env={**os.environ, "ARROWKG_BROWSER": program, "ARROWKG_NODE": str(BROWSER_HOME)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_SECONDS,
    )
    if done.returncode:
        raise BrowserBroken(f"the driver failed: {done.stderr[-3000:]}")
    *results, last = map(json.loads, done.stdout.splitlines())
    for number, result in enumerate(results):
        if not result["ok"]:
            raise BrowserBroken(f"step {number}, {dict(steps[number])}: {result['error']}\n{last['log']}")
    return Visit([result["value"] for result in results], **last["log"])
