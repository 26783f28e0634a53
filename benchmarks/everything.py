"""All work at growing sizes beside all peers, in one table: ``python benchmarks/everything.py``.

Export, validated export, load, query and site; each peer on the same papers or triples, and the triples of all exports
compared. A program that took too long or too much memory is left out at larger sizes, and the table says so. README.md
beside this file tells more.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from arrowkg.sparql.binding import bound  # noqa: E402
from arrowkg.sparql.examples import examples  # noqa: E402
from benchmarks.contenders import (  # noqa: E402
    CACHE,
    RESULTS,
    ROOT,
    Command,
    Contender,
    arrowkg_command,
    duckdb,
    maplib,
    morph_kgc,
    rdflib,
)
from benchmarks.measure import Failed, Run, middle, run_all  # noqa: E402
from benchmarks.run import machine, module, table, tell  # noqa: E402
from benchmarks.validation import PACKAGES, python_of  # noqa: E402

SIZES: Final = (1_000, 10_000)
MOST_REAL: Final = 150_000
"""Real papers there are about as many; more are made up."""
MOST_SECONDS: Final = 120.0
MOST_MEGABYTES: Final = 4000.0
QUESTION: Final = "papers-per-venue-and-year"
_CORES: Final = len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Job:
    """Some work that a program does.

    Attributes:
        work: what is done.
        contender: who does it; what it writes is compared with the others' if it is N-Triples.
        made: what is removed before each run, or ``None``.
    """

    work: str
    contender: Contender
    made: Path | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table; without figures the program was left out.

    Attributes:
        work: what was done.
        papers: of how many papers.
        program: who did it.
        triples: how many there are.
        used: the medians of its runs, or ``None``.
        why: why it was left out.
    """

    work: str
    papers: int
    program: str
    triples: int
    used: Run | None
    why: str = ""


def exports(work: Path, *, many: bool) -> Iterator[Job]:
    """The same triples from the same papers, without a check."""
    one: Command = [arrowkg_command(), "export", work / "papers.jsonl", "-o", work / "papers.nt", "--no-validate"]
    # The first one's output is what the others' are compared with, and what they load and check later.
    yield Job("export", Contender("arrowkg, 1 process", [*one, "--workers", "1"], ROOT, work / "papers.nt"))
    if many:
        output = work / "papers-all.nt"
        all_cores: Command = [*one[:4], output, "--no-validate", "--workers", str(_CORES)]
        yield Job("export", Contender(f"arrowkg, {_CORES} processes", all_cores, ROOT, output))
    yield Job("export", duckdb(work, 1))
    yield Job("export", morph_kgc(work))
    yield Job("export", maplib(work))
    yield Job("export", rdflib(work))


def checks(work: Path, *, many: bool) -> Iterator[Job]:
    """Mapping and checking; peers check the same triples, which they are given."""
    output = work / "checked.nt"
    one: Command = [arrowkg_command(), "export", work / "papers.jsonl", "-o", output, "--fail-on", "never", "-q"]
    yield Job("validated export", Contender("arrowkg, 1 process", [*one, "--workers", "1"], ROOT, output))
    if many:
        all_cores: Command = [*one, "--workers", str(_CORES)]
        yield Job("validated export", Contender(f"arrowkg, {_CORES} processes", all_cores, ROOT, output))
    script = ROOT / "benchmarks" / "peers" / "shacl.py"
    for peer, packages in PACKAGES.items():
        if packages:
            command: Command = [
                python_of(peer),
                "-W",
                "ignore",
                script,
                peer,
                work / "papers.nt",
                work / "shapes.ttl",
            ]
            yield Job("validated export", Contender(f"{peer}, checks alone", command, ROOT, work / "none"))


def loads(work: Path) -> Iterator[Job]:
    """Into a store on disk."""
    ours, theirs = work / "store", work / "oxigraph"
    data = work / "papers.nt"
    yield Job("load", Contender("arrowkg", [arrowkg_command(), "load", data, "--store", ours, "-q"], ROOT, ours), ours)
    command: Command = [oxigraph(), "load", "-l", theirs, "-f", data]
    yield Job("load", Contender("oxigraph load", command, ROOT, theirs), theirs)


def queries(work: Path) -> Iterator[Job]:
    """A question that counts all papers, and one of a name; each on the store of who asks."""
    for name in (QUESTION, "papers-of-name"):
        example = next(one for one in examples() if one.name == name)
        values = {parameter.name: parameter.example for parameter in example.parameters}
        file = work / f"{name}.rq"
        file.write_text(bound(example, values, "https"), encoding="utf-8")
        sets = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        asked: Command = [arrowkg_command(), "query", "--example", name, *sets, "--store", work / "store", "-q"]
        yield Job(f"query {name}", Contender("arrowkg", asked, ROOT, work / "none"))
        answer = work / "answer.csv"
        command: Command = [oxigraph(), "query", "-l", work / "oxigraph", "--query-file", file, "-r", answer]
        yield Job(f"query {name}", Contender("oxigraph query", command, ROOT, answer))


def sites(work: Path) -> Iterator[Job]:
    """A page for each entity; no peer makes one of these triples."""
    folder = work / "site"
    command: Command = [arrowkg_command(), "site", work / "papers.nt", "-o", folder, "-q"]
    yield Job("site", Contender(f"arrowkg, {_CORES} processes", command, ROOT, folder), folder)


def oxigraph() -> Path:
    """The command line of Oxigraph beside this Python."""
    return Path(sys.executable).with_name("oxigraph")


class Series:
    """Measures at growing sizes, and remembers who took too long or too much memory."""

    def __init__(self, rounds: int, most_seconds: float, most_megabytes: float) -> None:
        self._rounds = rounds
        self._most = most_seconds
        self._most_bytes = most_megabytes * 1e6
        self._slow: dict[tuple[str, str], str] = {}
        self.results: list[Result] = []

    def counted(self, papers: int, triples: int) -> None:
        """Note how many triples so many papers have."""
        self.results = [replace(one, triples=triples) if one.papers == papers else one for one in self.results]

    def measure(self, papers: int, jobs: Sequence[Job], log: Path) -> list[Job]:
        """Run some jobs turn by turn; those that were not left out."""
        runs: dict[int, list[Run]] = {}
        why: dict[int, str] = {}
        for number in range(self._rounds):
            for place, job in enumerate(jobs):
                key = job.work, job.contender.title
                if key in self._slow or place in why:
                    why.setdefault(place, self._slow.get(key, ""))
                    continue
                try:
                    used = self._one(job, log)
                except Failed as error:
                    why[place] = "it failed: " + str(error).strip().rpartition("\n")[2][-120:]
                    tell(f"{job.work}, {job.contender.title}: {why[place]}")
                    continue
                runs.setdefault(place, []).append(used)
                tell(f"round {number + 1}, {papers:,} papers, {job.work}: {job.contender.title}, {used.wall:.2f} s")
                if used.wall > self._most:
                    # Once is enough to know that more papers would take far longer.
                    self._slow[key] = f"{used.wall:,.0f} s for {papers:,} papers"
                elif used.peak > self._most_bytes:
                    self._slow[key] = f"{used.peak / 1e6:,.0f} MB for {papers:,} papers"
        for place, job in enumerate(jobs):
            found = None if place in why and place not in runs else middle(runs[place])
            self.results.append(Result(job.work, papers, job.contender.title, 0, found, why.get(place, "")))
        return [job for place, job in enumerate(jobs) if place in runs]

    @staticmethod
    def _one(job: Job, log: Path) -> Run:
        if job.made is not None:
            shutil.rmtree(job.made, ignore_errors=True)
        return run_all(job.contender.command, log=log, folder=job.contender.folder)


def of_size(series: Series, papers: int, source: Sequence[str | Path], work: Path) -> None:
    """Do all work with so many papers.

    Raises:
        Failed: arrowkg fails, or the triples of two programs differ.
    """
    log = work / "log"
    made_up = ["--generated"] if papers > MOST_REAL and not source else source
    print(module("papers", work / "papers.jsonl", "--papers", str(papers), *made_up), flush=True)
    (work / "tables").mkdir()
    module("peers.tables", work / "papers.jsonl", work / "tables")
    shapes = sorted((ROOT / "shapes").glob("*.ttl"))
    (work / "shapes.ttl").write_text("".join(path.read_text(encoding="utf-8") for path in shapes), encoding="utf-8")
    many = _CORES > 1
    done = series.measure(papers, list(exports(work, many=many)), log)
    triples = int(module("compare", *[job.contender.output for job in done]))
    for job in done[1:]:
        job.contender.output.unlink()
    series.measure(papers, list(checks(work, many=many)), log)
    loaded = {job.contender.output for job in series.measure(papers, list(loads(work)), log)}
    series.measure(papers, [job for job in queries(work) if loaded & set(job.contender.command)], log)
    series.measure(papers, list(sites(work)), log)
    series.counted(papers, triples)


def shown(results: Sequence[Result]) -> str:
    """The table of all results."""
    rows = []
    for one in results:
        head = [one.work, f"{one.papers:,}", one.program]
        if one.used is None:
            rows.append([*head, "", "", "", one.why])
            continue
        # A query's speed has nothing to do with how many triples there are.
        speed = "" if one.work.startswith("query") else f"{one.triples / one.used.cpu:,.0f}"
        rows.append([*head, f"{one.used.cpu:.2f}", f"{one.used.wall:.2f}", f"{one.used.peak / 1e6:,.0f}", speed])
    return table(("work", "papers", "program", "CPU s", "wall s", "peak MB, all", "triples / CPU s"), rows)


def main() -> int:
    """Measure, print the table, and keep it for plots; 1 if arrowkg fails or triples differ."""
    parser = argparse.ArgumentParser(description="All work of arrowkg beside all peers.")
    parser.add_argument("--papers", type=int, nargs="+", default=list(SIZES), metavar="N", help="sizes [1000 10000]")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each program runs [3]")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument(
        "--most-seconds", type=float, default=MOST_SECONDS, metavar="S", help="who took longer is left out later [120]"
    )
    parser.add_argument(
        "--most-megabytes",
        type=float,
        default=MOST_MEGABYTES,
        metavar="M",
        help="who took more memory is left out later [4000]",
    )
    asked = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    print(machine(), flush=True)
    series = Series(asked.rounds, asked.most_seconds, asked.most_megabytes)
    source = ["--generated"] if asked.generated else []
    for papers in sorted(asked.papers):
        with tempfile.TemporaryDirectory(prefix="everything-", dir=CACHE) as folder:
            try:
                of_size(series, papers, source, Path(folder))
            except Failed as error:
                tell(str(error))
                return 1
        RESULTS.write_text(json.dumps([asdict(one) for one in series.results], indent=1) + "\n", encoding="utf-8")
    print(f"\nmedians of {asked.rounds} rounds\n")
    print(shown(series.results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
