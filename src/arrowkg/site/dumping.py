"""The whole graph in one file of a site."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from arrowkg.site.dataset import Dump
from arrowkg.site.place import Place
from arrowkg.spool import Spool

_LINES_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Dumped:
    """A file of the whole graph, and whether it was new or other than before."""

    dump: Dump
    written: int
    kept: int


def dumped(database: Path, root: Path, before: Path | None, sort_bytes: int) -> Dumped:
    """Write the whole graph to a file, sorted by line; runs in a process of its own.

    Raises:
        OSError: a file cannot be written.
    """
    place = Place(root, before)
    path = "dumps/graph.nt.gz"
    with Spool(sort_bytes) as lines:
        size, digest = place.stream(path, _packed(_sorted_lines(database, lines)))
    dump = Dump(path, "N-Triples, gzip", "application/n-triples", size, digest)
    return Dumped(dump, place.written, place.kept)


def _sorted_lines(database: Path, lines: Spool) -> Iterator[str]:
    import pyoxigraph

    store = pyoxigraph.Store.read_only(str(database))
    for quad in store.quads_for_pattern(None, None, None, pyoxigraph.DefaultGraph()):
        lines.add(f"{quad.triple} .")
    return lines.sorted()


def _packed(lines: Iterator[str]) -> Iterator[bytes]:
    """Lines in the gzip format (RFC 1952), without a time, so that the same lines give the same bytes."""
    packer = zlib.compressobj(wbits=31)
    while held := list(islice(lines, _LINES_AT_ONCE)):
        held.append("")
        yield packer.compress("\n".join(held).encode())
    yield packer.flush()
