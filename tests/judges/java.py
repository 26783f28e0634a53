"""The judges in Java: Apache Jena and TopBraid SHACL, in one Java process."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from judges import HERE, java_missing
from judges.worker import Worker

LANGS: Final = ("ntriples", "nquads", "turtle", "trig", "jsonld", "rdfxml")
"""What Jena is asked about."""


class Report(NamedTuple):
    """What TopBraid SHACL finds."""

    conforms: bool
    ntriples: bytes
    """The validation report, as N-Triples."""


def _command() -> Sequence[str]:
    # A Python process holds the Java machine, so that nothing needs to be compiled and a crash is not the tests' own.
    return [sys.executable, "-W", "ignore", str(HERE / "java_worker.py")]


def _environment() -> Mapping[str, str]:
    return {key: value for key, value in os.environ.items() if key not in ("CLASSPATH", "JAVA_TOOL_OPTIONS")}


_java: Final = Worker("the judge in Java", java_missing, _command, _environment)


def read_with_jena(path: Path, lang: str) -> list[bytes]:
    """The canonical lines that Jena reads out of a file; ``lang`` is one of :data:`LANGS`.

    Raises:
        Refused: Jena has an error or a warning about the file, or would have to fetch something.
    """
    return _java.read(path, judge="jena", lang=lang)


def write_with_jena(path: Path, lang: str, out: Path) -> int:
    """Write what Jena reads out of a file to another, as unsorted canonical lines; gives their number."""
    return int(_java.write(path, out, judge="jena", lang=lang)["lines"])


def topbraid_validate(data: Path, shapes: Path) -> Report:
    """The report of TopBraid SHACL on a file of data; both files' suffixes tell their languages.

    Raises:
        Refused: Jena does not accept one of the files.
    """
    with tempfile.TemporaryDirectory(prefix="arrowkg-judge-") as folder:
        out = Path(folder) / "report.nt"
        reply = _java.write(data, out, judge="topbraid", shapes=str(shapes.resolve(strict=True)))
        return Report(reply["conforms"], out.read_bytes())
