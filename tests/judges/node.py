"""The judges in JavaScript: N3.js and jsonld.js, in one Node.js process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from judges import HERE, NODE_HOME, node_missing
from judges.worker import Worker

MEDIA_TYPES: Final = ("application/n-triples", "application/n-quads", "text/turtle", "application/trig")
"""What N3.js is asked about."""


def _command() -> Sequence[str]:
    node = shutil.which("node")
    assert node is not None
    # jsonld.js holds a whole document, its expansion and its statements at once.
    return [node, "--max-old-space-size=6144", str(HERE / "n3_read.cjs")]


def _environment() -> Mapping[str, str]:
    return {**os.environ, "NODE_PATH": str(NODE_HOME / "node_modules")}


_node: Final = Worker("the judge in JavaScript", node_missing, _command, _environment)


def read_with_n3(path: Path, media_type: str) -> list[bytes]:
    """The canonical lines that N3.js reads out of a file.

    Raises:
        Refused: the file is not what the media type says, or an IRI in it is invalid or relative.
    """
    return _node.read(path, judge="n3", type=media_type)


def write_with_n3(path: Path, media_type: str, out: Path) -> int:
    """Write what N3.js reads out of a file to another, as unsorted canonical lines; gives their number."""
    return int(_node.write(path, out, judge="n3", type=media_type)["lines"])


def read_with_jsonld_js(path: Path) -> list[bytes]:
    """The canonical lines that jsonld.js reads out of a JSON-LD document.

    Raises:
        Refused: the document is not JSON-LD, would lose a key or a value, or refers to a context elsewhere.
    """
    return _node.read(path, judge="jsonld")
