"""arrowkg: listings of research papers as linked data that people can trust.

The library in four lines: :func:`read` a listing, :func:`validate` it, and :func:`write` it as RDF, or take its
:func:`triples` one by one.

>>> from arrowkg import read, validate
>>> entries = list(read("seeds/tomer-michaeli.txt"))
>>> len(entries), entries[0].paper.year
(32, 2025)
>>> validate(entries).conforms("violation")
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arrowkg.errors import ArrowkgError, BadRecord, BadText, InputError, OutputError, UsageError

if TYPE_CHECKING:
    from arrowkg.api import to_graph, validate, write
    from arrowkg.mapping import triples
    from arrowkg.model import Capture, Entry, Paper
    from arrowkg.pipeline import read
    from arrowkg.settings import Settings

__all__ = [
    "ArrowkgError",
    "BadRecord",
    "BadText",
    "Capture",
    "Entry",
    "InputError",
    "OutputError",
    "Paper",
    "Settings",
    "UsageError",
    "read",
    "to_graph",
    "triples",
    "validate",
    "write",
]

_LATE = {
    "Capture": "arrowkg.model",
    "Entry": "arrowkg.model",
    "Paper": "arrowkg.model",
    "Settings": "arrowkg.settings",
    "read": "arrowkg.pipeline",
    "to_graph": "arrowkg.api",
    "triples": "arrowkg.mapping",
    "validate": "arrowkg.api",
    "write": "arrowkg.api",
}


def __getattr__(name: str) -> Any:
    """Import most names when they are first asked for, so that a command or a worker starts fast."""
    if name in _LATE:
        from importlib import import_module

        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
