"""The compiled engine beside pySHACL and TopBraid on damaged records: ``python benchmarks/agreement.py``.

The records are those of ``tests/mutations.py``: good ones and broken ones, each with one to five random changes more. A
result is compared by severity, focus node, shape, component, path and value. What differs is counted by its cause and
shown unless the cause is one of those told in ``docs/validation.md``; any other difference makes the exit code 1.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)
sys.path.append(str(ROOT / "tests"))

from arrowkg.terms import Triple  # noqa: E402
from arrowkg.validation import Engine, engine_named, load_shapes, shapes_folder  # noqa: E402
from judges import Refused  # noqa: E402
from judges.java import topbraid_validate  # noqa: E402
from mutations import Row, differences, mutated_records, rows_of, rows_of_report  # noqa: E402


def main() -> int:
    """Compare, and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pyshacl", type=int, default=10_000, metavar="N", help="how many records beside pySHACL")
    parser.add_argument("--topbraid", type=int, default=1_000, metavar="N", help="how many of them beside TopBraid")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    records = list(mutated_records(max(asked.pyshacl, asked.topbraid), asked.seed))
    shapes = load_shapes()
    ours = [rows_of(results) for results in engine_named("compiled", shapes).check_each(records)]
    unexplained = 0
    if asked.pyshacl:
        theirs = of_pyshacl(engine_named("pyshacl", shapes), records[: asked.pyshacl])
        unexplained += compared("pySHACL", ours, theirs)
    if asked.topbraid:
        unexplained += compared("TopBraid", ours, of_topbraid(records[: asked.topbraid]))
    return 1 if unexplained else 0


def of_pyshacl(engine: Engine, records: Sequence[list[Triple]]) -> list[Counter[Row]]:
    """What pySHACL finds in each record."""
    found = []
    start = time.monotonic()
    for number, triples in enumerate(records, 1):
        found.append(rows_of(engine.check(triples)))
        if number % 500 == 0:
            print(f"pySHACL: {number} records, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return found


def of_topbraid(records: Sequence[list[Triple]]) -> list[Counter[Row] | None]:
    """What TopBraid finds in each record; ``None`` where it fails."""
    found: list[Counter[Row] | None] = []
    with tempfile.TemporaryDirectory(prefix="arrowkg-bench-") as folder:
        data, shapes = Path(folder) / "data.nt", Path(folder) / "shapes.ttl"
        shapes.write_text("".join(path.read_text() for path in sorted(shapes_folder().glob("*.ttl"))))
        for number, triples in enumerate(records, 1):
            data.write_text("".join(f"{s} {p} {o} .\n" for s, p, o in triples))
            try:
                found.append(rows_of_report(topbraid_validate(data, shapes).ntriples))
            except Refused as error:
                print(f"TopBraid fails on record {number}: {error}")
                found.append(None)
            if number % 100 == 0:
                print(f"TopBraid: {number} records", file=sys.stderr, flush=True)
    return found


def compared(peer: str, ours: Sequence[Counter[Row]], theirs: Sequence[Counter[Row] | None]) -> int:
    """Print how the results of a peer differ; how many records differ for no known cause."""
    causes: Counter[str] = Counter()
    unexplained = 0
    done = [other for other in theirs if other is not None]
    for mine, other in zip(ours, theirs, strict=False):
        found = [] if other is None else differences(mine, other, peer)
        causes.update(cause for cause, _, _ in found)
        for cause, side, row in found:
            if not cause or "query" in cause:
                print(f"{side}: {row}")
        unexplained += any(not cause for cause, _, _ in found)
    results = sum(sum(rows.values()) for rows in done)
    print(f"{peer}: {len(done):,} records, {results:,} results; {unexplained} records differ for no known cause")
    for cause, count in sorted(causes.items()):
        if cause:
            print(f"  {count:,} results differ: {cause}")
    return unexplained


if __name__ == "__main__":
    sys.exit(main())
