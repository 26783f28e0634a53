"""arrowkg beside its peers, on the same papers and the same triples: ``python benchmarks/run.py``.

What is measured, and how, is told in README.md beside this file. This process only starts others and stays small, since
the memory of a child counts from what its parent holds.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.contenders import CACHE, PEERS, ROOT, Contender, arrowkg, arrowkg_command
from benchmarks.measure import Failed, Run, cpu_ratio, middle, run

TARGETS: Final = {"rdflib": 10.0, "morph-kgc": 3.0}
HELP_TARGET: Final = 0.3
SEED_TARGET: Final = 2.0
SEED: Final = ROOT / "seeds" / "tomer-michaeli.txt"


def tell(text: str) -> None:
    """Tell what goes on, apart from the results."""
    print(text, file=sys.stderr, flush=True)


def module(name: str, *arguments: str | Path) -> str:
    """What a module of ours prints, run in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"benchmarks.{name} ended with {done.returncode}")
    return done.stdout.strip()


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, all columns but the first flush right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    ruler = [":" + "-" * (widths[0] - 1), *["-" * (width - 1) + ":" for width in widths[1:]]]
    lines = [[cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))]
             for row in (header, *rows)]  # fmt: skip
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], ruler, *lines[1:]])


def verdict(target: str, is_met: bool) -> str:
    """A target and whether it is met."""
    return f"{target}: {'met' if is_met else 'MISSED'}"


def measured(contenders: Sequence[Contender], rounds: int, work: Path) -> list[list[Run]]:
    """The runs of each contender; they take turns, so that the machine's other work falls on all."""
    runs: list[list[Run]] = [[] for _ in contenders]
    for number in range(rounds):
        for contender, found in zip(contenders, runs, strict=True):
            found.append(run(contender.command, log=work / "log", folder=contender.folder))
            tell(f"round {number + 1}: {contender.title}, {found[-1].cpu:.2f} s CPU")
    return runs


def beside_peers(work: Path, peers: Sequence[str], rounds: int) -> None:
    """Print arrowkg and its peers, mapping and writing N-Triples."""
    contenders = [arrowkg(work)]
    if peers:
        module("peers.tables", work / "papers.jsonl", work / "tables")
        contenders += [PEERS[peer](work) for peer in peers]
    runs = measured(contenders, rounds, work)
    triples = int(module("compare", *[contender.output for contender in contenders]))
    rows = []
    for contender, found in zip(contenders, runs, strict=True):
        typical = middle(found)
        ratio = "" if found is runs[0] else str(cpu_ratio(found, runs[0]))
        cells = (f"{typical.cpu:.2f}", f"{typical.wall:.2f}", f"{typical.peak / 1e6:,.0f}", f"{triples / typical.cpu:,.0f}")
        rows.append((contender.title, *cells, ratio))
    same = "the same in each output" if len(contenders) > 1 else "nothing to compare with"
    print(f"\n{triples:,} distinct triples, {same}; medians of {rounds} rounds\n")
    print(table(("program", "CPU s", "wall s", "peak MB", "triples a CPU s", "times arrowkg's CPU"), rows))
    print()
    for peer, found in zip(peers, runs[1:], strict=True):
        ratio = cpu_ratio(found, runs[0])
        print(verdict(f"{TARGETS[peer]:.0f} times {peer} or more a CPU second", ratio.median >= TARGETS[peer]))


def small_things(work: Path) -> None:
    """Print how long the help and the seed page take."""
    command = arrowkg_command()
    helps = [run([command, "--help"], log=work / "log", folder=ROOT).wall for _ in range(10)]
    export = [command, "export", SEED, "-o", work / "seed.ttl"]
    seeds = [run(export, log=work / "log", folder=ROOT).wall for _ in range(5)]
    print("\nwhole processes, wall time\n")
    rows = [
        ("arrowkg --help", f"{median(helps):.2f}", f"{min(helps):.2f} to {max(helps):.2f}", "10"),
        (f"arrowkg export {SEED.name} -o seed.ttl, validated", f"{median(seeds):.2f}",
         f"{min(seeds):.2f} to {max(seeds):.2f}", "5"),
    ]  # fmt: skip
    print(table(("command", "median s", "range", "runs"), rows))
    print()
    print(verdict(f"--help under {HELP_TARGET} s", median(helps) < HELP_TARGET))
    print(verdict(f"the seed page exported and validated under {SEED_TARGET:.0f} s", median(seeds) < SEED_TARGET))


def validated(work: Path, source: Path, count: int, rounds: int) -> None:
    """Print what validation costs, on fewer papers."""
    papers = work / "validated.jsonl"
    told = module("papers", papers, "--papers", str(count), "--input", source)
    output = work / "validated.nt"
    export = [arrowkg_command(), "export", papers, "-o", output, "--fail-on", "never"]
    contenders = [
        Contender("not validated", [*export, "--no-validate"], ROOT, output),
        Contender("validated", export, ROOT, output),
    ]
    runs = measured(contenders, rounds, work)
    triples = int(module("compare", output))
    rows = []
    for contender, found in zip(contenders, runs, strict=True):
        typical = middle(found)
        cells = (f"{typical.cpu:.2f}", f"{typical.wall:.2f}", f"{typical.peak / 1e6:,.0f}", f"{triples / typical.cpu:,.0f}")
        rows.append((contender.title, *cells))
    print(f"\n{told.split(',')[0]}, {triples:,} triples; medians of {rounds} rounds\n")
    print(table(("arrowkg export", "CPU s", "wall s", "peak MB", "triples a CPU s"), rows))


def machine() -> str:
    """On what it runs, and how busy that is."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores (load {busy}), Python {platform.python_version()}"


def options() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description="arrowkg beside rdflib and Morph-KGC, on the same papers.")
    parser.add_argument("--papers", type=int, default=2000, metavar="N", help="how many papers [2000]")
    parser.add_argument("--input", type=Path, metavar="FILE", help="papers as JSON Lines, of which N are taken")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each program runs [5]")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="beside whom [all]")
    parser.add_argument("--validate", type=int, nargs="?", const=200, metavar="N", help="validate N papers too [200]")
    return parser.parse_args()


def main() -> int:
    """Measure, and print tables; 1 if a program fails or the triples are not the same."""
    told = options()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=CACHE) as folder:
        work = Path(folder)
        (work / "tables").mkdir()
        source = ["--input", told.input.resolve()] if told.input else ["--generated"] if told.generated else []
        try:
            papers = module("papers", work / "papers.jsonl", "--papers", str(told.papers), *source)
            print(f"{papers}\n{machine()}")
            beside_peers(work, told.peers, told.rounds)
            small_things(work)
            if told.validate:
                validated(work, work / "papers.jsonl", told.validate, told.rounds)
        except Failed as error:
            tell(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
