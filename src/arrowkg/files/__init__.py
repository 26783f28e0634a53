"""Files: inputs opened within limits, and outputs replaced whole."""

from __future__ import annotations

from arrowkg.files.inputs import Input
from arrowkg.files.names import COMPRESSIONS, STDIN_OR_STDOUT, without_compression
from arrowkg.files.outputs import GZIP_LEVEL, Output, print_out, sync_folder

__all__ = [
    "COMPRESSIONS",
    "GZIP_LEVEL",
    "STDIN_OR_STDOUT",
    "Input",
    "Output",
    "print_out",
    "sync_folder",
    "without_compression",
]
