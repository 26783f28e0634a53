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
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.contenders import CACHE, PEERS, ROOT, Command, Contender, arrowkg, arrowkg_command  # noqa: E402
from benchmarks.measure import Failed, Ratio, Run, middle, ratio, run  # noqa: E402

TARGETS: Final = {"rdflib": 10.0, "morph-kgc": 3.0}
HELP_TARGET: Final = 0.3
SEED_TARGET: Final = 2.0
SEED: Final = ROOT / "seeds" / "tomer-michaeli.txt"


@dataclass(slots=True)
class Series:
    """The runs of one program.

    Attributes:
        contender: the program on all papers.
        start: the same on one paper, which is little more than starting it.
        runs: of all papers, one a round.
        starts: of one paper, one a round.
    """

    contender: Contender
    start: Contender
    runs: list[Run] = field(default_factory=list)
    starts: list[Run] = field(default_factory=list)

    def turn(self, work: Path) -> None:
        """Run it once more."""
        self.starts.append(run(self.start.command, log=work / "log", folder=self.start.folder))
        self.runs.append(run(self.contender.command, log=work / "log", folder=self.contender.folder))
        tell(f"round {len(self.runs)}: {self.contender.title}, {self.runs[-1].cpu:.2f} s CPU")

    def cpu(self) -> list[float]:
        """Processor time, round by round."""
        return [run.cpu for run in self.runs]

    def cpu_of_papers(self) -> list[float]:
        """Processor time less that of the start, round by round."""
        return [run.cpu - start.cpu for run, start in zip(self.runs, self.starts, strict=True)]


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
    lines = []
    for first, *others in (header, ruler, *rows):
        flush_right = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(f"| {' | '.join([first.ljust(widths[0]), *flush_right])} |")
    return "\n".join(lines)


def cells(runs: Sequence[Run], triples: int) -> list[str]:
    """The medians of some runs: CPU, wall, peak, triples a second."""
    typical = middle(runs)
    speed = f"{triples / typical.cpu:,.0f}"
    return [f"{typical.cpu:.2f}", f"{typical.wall:.2f}", f"{typical.peak / 1e6:,.0f}", speed]


def is_met(target: float, found: Ratio) -> str:
    """Whether a ratio reaches a target."""
    return f"{found.median:.1f}, {'met' if found.median >= target else 'MISSED'}"


def beside_peers(work: Path, peers: Sequence[str], rounds: int) -> None:
    """Print arrowkg and its peers, mapping and writing N-Triples."""
    one = work / "one"
    one.mkdir()
    with (work / "papers.jsonl").open("rb") as papers:
        (one / "papers.jsonl").write_bytes(papers.readline())
    if peers:
        for folder in (work, one):
            (folder / "tables").mkdir()
            module("peers.tables", folder / "papers.jsonl", folder / "tables")
    ours = Series(arrowkg(work), arrowkg(one))
    theirs = [Series(PEERS[peer](work), PEERS[peer](one)) for peer in peers]
    for _ in range(rounds):
        for series in (ours, *theirs):
            series.turn(work)
    triples = int(module("compare", *[series.contender.output for series in (ours, *theirs)]))
    rows, verdicts = [], []
    for series, peer in zip((ours, *theirs), ("", *peers), strict=True):
        start = f"{median(run.cpu for run in series.starts):.2f}"
        cpu, *others = cells(series.runs, triples)
        ratios = ["", ""]
        if peer:
            whole, of_papers = ratio(series.cpu(), ours.cpu()), ratio(series.cpu_of_papers(), ours.cpu_of_papers())
            ratios = [str(whole), str(of_papers)]
            met = f"whole process {is_met(TARGETS[peer], whole)}; without start {is_met(TARGETS[peer], of_papers)}"
            verdicts.append(f"{TARGETS[peer]:.0f} times {series.contender.title} or more a CPU second: {met}")
        rows.append([series.contender.title, cpu, start, *others, *ratios])
    same = "; each output has exactly these" if peers else ""
    print(f"\n{triples:,} distinct triples{same}; medians of {rounds} rounds\n")
    header = ("program", "CPU s", "start", "wall s", "peak MB", "triples / CPU s", "CPU ratio", "without start")
    print(table(header, rows), *verdicts, sep="\n")


def small_things(work: Path) -> None:
    """Print how long the help and the seed page take."""
    command = arrowkg_command()
    output = work / "seed.ttl"
    rows, verdicts = [], []
    for title, arguments, times, target in (
        ("arrowkg --help", ["--help"], 10, HELP_TARGET),
        (f"arrowkg export {SEED.name} -o seed.ttl", ["export", SEED, "-o", output], 5, SEED_TARGET),
    ):
        runs = [run([command, *arguments], log=work / "log", folder=ROOT) for _ in range(times)]
        typical, walls = middle(runs), [run.wall for run in runs]
        span = f"{min(walls):.2f} to {max(walls):.2f}"
        rows.append((title, f"{typical.cpu:.2f}", f"{typical.wall:.2f}", span, str(times)))
        verdicts.append(f"{title} under {target:g} s wall: {'met' if typical.wall < target else 'MISSED'}")
    print("\nwhole processes, medians; the seed page is validated\n")
    print(table(("command", "CPU s", "wall s", "range", "runs"), rows), *verdicts, sep="\n")


def validated(work: Path, count: int, rounds: int) -> None:
    """Print what validation costs, on fewer papers."""
    papers, output = work / "validated.jsonl", work / "validated.nt"
    told = module("papers", papers, "--papers", str(count), "--input", work / "papers.jsonl")
    export: Command = [arrowkg_command(), "export", papers, "-o", output, "--workers", "1"]
    commands: dict[str, Command] = {
        "--no-validate": [*export, "--no-validate"],
        "--validate --fail-on never": [*export, "--validate", "--fail-on", "never"],
    }
    runs: dict[str, list[Run]] = {title: [] for title in commands}
    for _ in range(rounds):
        for title, command in commands.items():
            runs[title].append(run(command, log=work / "log", folder=ROOT))
    triples = int(module("compare", output))
    rows = [[title, *cells(found, triples)] for title, found in runs.items()]
    print(f"\n{told.partition(',')[0]}, {triples:,} distinct triples; medians of {rounds} rounds\n")
    print(table(("arrowkg export", "CPU s", "wall s", "peak MB", "triples / CPU s"), rows))


def machine() -> str:
    """On what it runs, and how busy that is."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    cores = f"{os.cpu_count()} cores, load {busy}"
    return f"{platform.system()} {platform.machine()}, {cores}; Python {platform.python_version()}"


def options() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description="arrowkg beside rdflib and Morph-KGC, on the same papers.")
    parser.add_argument("--papers", type=int, default=2000, metavar="N", help="how many papers, 100 or more [2000]")
    parser.add_argument("--input", type=Path, metavar="FILE", help="papers as JSON Lines, of which N are taken")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each program runs [5]")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="beside whom [all]")
    parser.add_argument("--validate", type=int, nargs="?", const=200, metavar="N", help="validate N papers too [200]")
    found = parser.parse_args()
    if found.papers < 100:
        parser.error("fewer than 100 papers measure nothing but the start")
    if found.input and not found.input.is_file():
        parser.error(f"{found.input} is no file")
    return found


def main() -> int:
    """Measure, and print tables; 1 if a program fails or the triples are not the same."""
    asked = options()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=CACHE) as folder:
        work = Path(folder)
        source = ["--input", asked.input.resolve()] if asked.input else ["--generated"] if asked.generated else []
        try:
            print(module("papers", work / "papers.jsonl", "--papers", str(asked.papers), *source))
            print(machine(), flush=True)
            beside_peers(work, asked.peers, asked.rounds)
            small_things(work)
            if asked.validate:
                validated(work, asked.validate, asked.rounds)
        except Failed as error:
            tell(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
