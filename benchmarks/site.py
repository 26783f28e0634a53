"""A web site of files at growing sizes: ``python benchmarks/site.py``.

Builds the site of the same papers with one process and with several, again without a change, and again with one paper
more; prints pages a second, memory of all processes together, and how many files were written. README.md beside this
file tells more.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.contenders import CACHE, ROOT, arrowkg_command  # noqa: E402
from benchmarks.measure import Failed, Run, run_all  # noqa: E402
from benchmarks.run import machine, module, table, tell  # noqa: E402

SIZES: Final = (1_000, 10_000)
BASE_IRI: Final = "https://kg.example.org/"
_told = re.compile(r": ([0-9,]+) pages about .*?; ([0-9,]+) files written")
ONE_MORE: Final = {"title": "One paper more", "authors": ["Ada Quill"], "venue": "TMLR", "year": 2026}


def built(work: Path, papers: Path, folder: str, workers: int) -> tuple[Run, int, int]:
    """What a build used, how many pages there are, and how many files were new or other than before."""
    log = work / "log"
    command: list[str | Path] = [arrowkg_command(), "site", papers, "-o", work / folder, "--base-iri", BASE_IRI]
    used = run_all([*command, "--workers", str(workers)], log=log, folder=ROOT)
    found = _told.search(log.read_text(encoding="utf-8"))
    if found is None:
        raise Failed(f"{' '.join(map(str, command))} told of no pages")
    pages, new = (int(number.replace(",", "")) for number in found.groups())
    return used, pages, new


def rows_of(work: Path, size: int, source: list[str | Path], workers: int) -> list[list[str]]:
    """A table's rows for so many papers."""
    papers, more = work / "papers.jsonl", work / "more.jsonl"
    module("papers", papers, "--papers", str(size), *source)
    shutil.copyfile(papers, more)
    with more.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(ONE_MORE) + "\n")
    rows = []
    for what, folder, given, processes in (
        ("new, one process", "one", papers, 1),
        (f"new, {workers} processes", "all", papers, workers),
        ("again, nothing changed", "all", papers, workers),
        ("again, one paper more", "all", more, workers),
    ):
        used, pages, new = built(work, given, folder, processes)
        tell(f"{size:,} papers, {what}: {used.wall:.1f} s wall")
        rows.append(
            [
                f"{size:,}",
                what,
                f"{pages:,}",
                f"{new:,}",
                f"{used.cpu:.1f}",
                f"{used.wall:.1f}",
                f"{pages / used.wall:,.0f}",
                f"{used.peak / 1e6:,.0f}",
            ]
        )
    for folder in ("one", "all"):
        shutil.rmtree(work / folder)
    return rows


def main() -> int:
    """Measure, and print a table; 1 if a program fails."""
    parser = argparse.ArgumentParser(description="Pages a second of arrowkg's web site of files.")
    parser.add_argument("--papers", type=int, nargs="+", default=SIZES, metavar="N", help="how many [1000 10000]")
    parser.add_argument("--input", metavar="FILE", help="JSON Lines of papers, may be compressed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes [cores]")
    given = parser.parse_args()
    source: list[str | Path] = ["--input", Path(given.input).resolve()] if given.input else []
    CACHE.mkdir(parents=True, exist_ok=True)
    print(machine())
    rows = []
    try:
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            for size in given.papers:
                rows += rows_of(Path(folder), size, source, given.workers)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    print(table(("papers", "build", "pages", "files written", "CPU s", "wall s", "pages/s", "peak MB, all"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
