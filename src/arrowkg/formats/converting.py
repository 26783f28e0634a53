"""A process of its own that turns an RDF file on standard input into N-Triples on standard output.

RDF from elsewhere may be made to break its parser: nested without end, or a kilobyte that unfolds to gigabytes. So it
is parsed apart, in a process with a limit of memory and no more files than it has, whose end hurts nobody.
:mod:`arrowkg.formats.streaming` starts it and reads what it writes.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from operator import attrgetter
from typing import IO, Final

from arrowkg.formats.reading import NOTATIONS

MEMORY_BYTES: Final = 512 << 20
"""The most memory that a parser may use."""
BAD_INPUT: Final = 3
"""The exit code that tells of input that is not of its notation; standard error has the place, as JSON."""


def main(notation: str) -> int:
    """Convert standard input; the exit code, 0 or :data:`BAD_INPUT`."""
    import pyoxigraph

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    source = sys.stdin.buffer
    before = 0
    try:
        for lines_before, document in _documents(source, notation):
            before = lines_before
            quads = pyoxigraph.parse(document, getattr(pyoxigraph.RdfFormat, NOTATIONS[notation]))
            triples = map(attrgetter("triple"), quads)
            pyoxigraph.serialize(triples, sys.stdout.buffer, pyoxigraph.RdfFormat.N_TRIPLES)
        sys.stdout.buffer.flush()
    except SyntaxError as error:
        return _refuse(error.msg, before + (error.lineno or 1) if error.lineno or before else None)
    except (ValueError, TypeError) as error:
        return _refuse(str(error), None)
    return 0


def _refuse(reason: str, line: int | None) -> int:
    json.dump({"reason": " ".join(reason.split())[:500], "line": line}, sys.stderr)
    return BAD_INPUT


def _documents(source: IO[bytes], notation: str) -> Iterator[tuple[int, IO[bytes] | bytes]]:
    """The documents of a file, each with the number of lines before it; only JSON-LD may have one a line."""
    if notation == "rdfxml":
        yield 0, _WithoutDoctype(source)  # type: ignore[misc]
    elif notation != "jsonld":
        yield 0, source
    else:
        first = source.readline()
        if not _is_json(first):
            yield 0, first + source.read()
            return
        yield 0, first
        for number, line in enumerate(source, 1):
            if line.strip():
                yield number, line


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


class _WithoutDoctype:
    """RDF/XML as it passes, refused if it has a DOCTYPE, whose entities unfold, or is not UTF-8."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._end = b""

    def read(self, size: int = -1) -> bytes:
        found = self._source.read(size)
        seen = self._end + found
        if b"<!DOCTYPE" in seen or b"\x00" in found:
            raise ValueError("the RDF/XML has a DOCTYPE or is not UTF-8; neither is read")
        self._end = seen[-8:]
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
