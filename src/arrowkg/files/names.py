"""What the names of files say."""

from __future__ import annotations

from pathlib import Path
from typing import Final

STDIN_OR_STDOUT: Final = "-"
COMPRESSIONS: Final = (".gz", ".bz2", ".xz", ".zst")
"""Suffixes of compressed files, read and written."""


def without_compression(name: str) -> str:
    """A file name less the suffix of a compression.

    >>> without_compression("papers.jsonl.gz")
    'papers.jsonl'
    """
    path = Path(name)
    return str(path.with_suffix("")) if path.suffix.lower() in COMPRESSIONS else name
