"""arrowkg with one process, with all cores, and beside peers with all cores: ``python benchmarks/cores.py``.

The programs take turns, round by round, and a ratio is taken within each round, so that a change in the machine's other
work touches both. Memory is that of all processes of a program together, looked at several times a second: what they
share counts once.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.contenders import CACHE, ROOT, Command, Contender, arrowkg_command, duckdb, morph_kgc  # noqa: E402
from benchmarks.measure import Failed, Run, ratio, run_all  # noqa: E402
from benchmarks.run import machine, module, table, tell  # noqa: E402

MEMORY_TARGET: Final = 600.0
PEERS: Final[dict[str, Callable[[Path, int], Contender]]] = {"morph-kgc": morph_kgc, "duckdb": duckdb}


@dataclass(slots=True)
class Series:
    """The runs of one program, one a round."""

    contender: Contender
    runs: list[Run] = field(default_factory=list)


def export(papers: Path, output: Path, workers: int, *options: str) -> Contender:
    """arrowkg with some workers."""
    command: Command = [arrowkg_command(), "export", papers, "-o", output, "--workers", str(workers), *options]
    return Contender(f"arrowkg, {workers} worker{'' if workers == 1 else 's'}", command, ROOT, output)


def rounds_of(contenders: Sequence[Contender], rounds: int, log: Path) -> list[Series]:
    """So many rounds of some programs, taking turns, each with its old output gone and the disk at rest."""
    found = [Series(contender) for contender in contenders]
    for number in range(1, rounds + 1):
        for series in found:
            series.contender.output.unlink(missing_ok=True)
            # What one program leaves to be written to disk is not to be paid for by the next.
            os.sync()
            series.runs.append(run_all(series.contender.command, log=log, folder=series.contender.folder))
            last = series.runs[-1]
            tell(f"round {number}: {series.contender.title}, {last.wall:.2f} s wall, {last.cpu:.2f} s CPU")
    return found


def show(found: Sequence[Series]) -> None:
    """Print a table, the wall time of each program beside that of the first."""
    rows = []
    first = [one.wall for one in found[0].runs]
    for series in found:
        walls = [one.wall for one in series.runs]
        cpu, peak = median(one.cpu for one in series.runs), max(one.peak for one in series.runs) / 1e6
        beside = "" if series is found[0] else str(ratio(first, walls))
        rows.append([series.contender.title, f"{cpu:.2f}", f"{median(walls):.2f}", f"{peak:,.0f}", beside])
    print(table(("program", "CPU s", "wall s", "peak MB", "times as fast as the first"), rows))


def options() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description="arrowkg with one process and with all cores.")
    parser.add_argument("--papers", type=int, default=20_000, metavar="N", help="how many papers [20000]")
    parser.add_argument("--validate", type=int, default=1000, metavar="N", help="how many are validated; 0 for none")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), metavar="N", help="[the cores]")
    parser.add_argument("--input", type=Path, metavar="FILE", help="papers as JSON Lines, of which N are taken")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each program runs [5]")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="beside whom [all]")
    return parser.parse_args()


def main() -> int:
    """Measure, and print tables; 1 if a program fails or the output is not the same."""
    asked = options()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cores-", dir=CACHE) as folder:
        work = Path(folder)
        papers = work / "papers.jsonl"
        source = ["--input", asked.input.resolve()] if asked.input else ["--generated"] if asked.generated else []
        try:
            print(module("papers", papers, "--papers", str(asked.papers), *source))
            print(machine(), flush=True)
            plain = [export(papers, work / f"with-{n}.nt", n, "--no-validate") for n in (1, asked.workers)]
            if asked.peers:
                (work / "tables").mkdir()
                module("peers.tables", papers, work / "tables")
            peers = [PEERS[peer](work, asked.workers) for peer in asked.peers]
            found = rounds_of([*plain, *peers], asked.rounds, work / "log")
            if plain[0].output.read_bytes() != plain[1].output.read_bytes():
                raise Failed("one worker and several do not write the same bytes")
            triples = module("compare", plain[1].output, *[peer.output for peer in peers])
            print(f"\n{int(triples):,} distinct triples, the same from each; medians of {asked.rounds} rounds\n")
            show(found)
            if asked.validate:
                told = module("papers", papers, "--papers", str(asked.validate), "--input", papers)
                checked = ("--validate", "--fail-on", "never")
                both = [export(papers, work / f"checked-{n}.nt", n, *checked) for n in (1, asked.workers)]
                found = rounds_of(both, asked.rounds, work / "log")
                print(f"\n{told.partition(', evenly')[0]}, validated; medians of {asked.rounds} rounds\n")
                show(found)
        except Failed as error:
            tell(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
