"""The papers of a benchmark: an evenly spaced sample of a listing, or made up where there is none.

Only records that arrowkg accepts are taken, since a peer has no notion of a bad record, and only fields that a paper
may have. It runs in a process of its own: ``python -m benchmarks.papers OUTPUT --papers N [--input FILE]``.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import orjson

from arrowkg.errors import BadRecord
from arrowkg.pipeline import Hooks, mapped, read
from arrowkg.settings import Settings
from arrowkg.sources.jsonl import FIELDS
from benchmarks.generate import papers

REAL_PAPERS: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "papers" / "papers.jsonl.xz"
"""Where real papers are looked for: beside the checkout, since they are not ours to publish."""

OPENERS: Final[dict[str, Callable[..., IO[Any]]]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, which may be compressed."""
    with OPENERS.get(path.suffix, open)(path, "rb") as stream:
        yield from stream


def evenly_spaced(path: Path, count: int) -> Iterator[bytes]:
    """So many lines of a file, spread evenly over it; all of them if it has no more."""
    total = sum(1 for _ in lines(path))
    if total <= count:
        yield from lines(path)
        return
    wanted = 0
    for number, line in enumerate(lines(path)):
        if number == wanted * total // count:
            yield line
            wanted += 1
            if wanted == count:
                return


def known_fields(line: bytes) -> bytes:
    """The record of a line with the fields alone that a paper may have; a line that is no record stays as it is."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    if not isinstance(found, dict):
        return line
    return orjson.dumps({field: value for field, value in found.items() if field in FIELDS}) + b"\n"


def write_accepted(source: Path, output: Path) -> tuple[int, int]:
    """Copy the records that arrowkg accepts; how many they are, and how many are left out."""
    bad: list[BadRecord] = []
    hooks = Hooks(bad=bad.append)
    settings = Settings()
    accepted = {entry.line for entry, _ in mapped(read(source, settings=settings, hooks=hooks), settings, hooks)}
    with output.open("wb") as file:
        for number, line in enumerate(lines(source), 1):
            if number in accepted:
                file.write(line)
    return len(accepted), len(bad)


def main() -> None:
    """Write the papers, and say where they come from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--papers", type=int, required=True)
    parser.add_argument("--input", type=Path)
    parser.add_argument("--generated", action="store_true")
    options = parser.parse_args()
    source: Path | None = options.input
    if source is None and REAL_PAPERS.exists() and not options.generated:
        source = REAL_PAPERS
    candidates = options.output.with_suffix(".candidates.jsonl")
    with candidates.open("wb") as file:
        if source is None:
            file.writelines(orjson.dumps(paper) + b"\n" for paper in papers(options.papers))
        else:
            file.writelines(known_fields(line) for line in evenly_spaced(source, options.papers))
    accepted, bad = write_accepted(candidates, options.output)
    candidates.unlink()
    origin = "made-up papers" if source is None else f"papers, evenly spaced over {source.name}"
    print(f"{accepted:,} {origin}" + (f"; {bad} that are refused are left out" if bad else ""))


if __name__ == "__main__":
    main()
