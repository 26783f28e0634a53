"""The embedded store beside ``oxigraph load`` and rdflib: ``python benchmarks/stores.py``.

Loads the same N-Triples with ``arrowkg load`` and with ``oxigraph load``, turn by turn; then asks the store look-ups as
whole processes, and each question that ships, as a whole process and beside rdflib's engine on fewer papers. README.md
beside this file tells more.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from arrowkg.sparql.examples import Example, examples  # noqa: E402
from benchmarks.contenders import CACHE, ROOT, Command, arrowkg_command  # noqa: E402
from benchmarks.measure import Failed, Run, ratio, run  # noqa: E402
from benchmarks.run import machine, module, table, tell  # noqa: E402

LOAD_TARGET: Final = 1.15
LOOK_UP_TARGET: Final = 0.3
QUESTION_TARGET: Final = 1.0
LOOK_UPS: Final = {
    "papers of a name": ("--example", "papers-of-name"),
    "co-authors": ("--example", "co-authors"),
    "a byline": ("--example", "byline"),
    "one triple pattern": ("SELECT ?paper { ?paper schema:headline TITLE }",),
}


def load_beside_oxigraph(work: Path, rounds: int) -> Path:
    """Print what both loaders used; the store that ours made."""
    ours, theirs = work / "store", work / "oxigraph"
    commands: dict[str, Command] = {
        "arrowkg load": [arrowkg_command(), "load", work / "papers.nt", "--store", ours, "-q"],
        "oxigraph load": [Path(sys.executable).with_name("oxigraph"), "load", "-l", theirs, "-f", work / "papers.nt"],
    }
    runs: dict[str, list[Run]] = {title: [] for title in commands}
    for number in range(rounds):
        for title, command in commands.items():
            shutil.rmtree(ours if title.startswith("arrowkg") else theirs, ignore_errors=True)
            runs[title].append(run(command, log=work / "log", folder=ROOT))
            tell(f"round {number + 1}: {title}, {runs[title][-1].wall:.2f} s wall")
    walls = {title: [one.wall for one in found] for title, found in runs.items()}
    rows = [
        [
            title,
            f"{median(one.cpu for one in found):.1f}",
            f"{median(walls[title]):.1f}",
            f"{min(walls[title]):.1f} to {max(walls[title]):.1f}",
            f"{median(one.peak for one in found) / 1e6:,.0f}",
        ]
        for title, found in runs.items()
    ]
    print(table(("program", "CPU s", "wall s", "range", "peak MB"), rows))
    found = ratio(walls["arrowkg load"], walls["oxigraph load"])
    met = "met" if found.median <= LOAD_TARGET else "MISSED"
    print(f"wall time {found.median:.2f} times oxigraph load ({found.least:.2f} to {found.most:.2f}): {met}")
    return ours


def values_of(example: Example, name: str, title: str, other: str) -> list[str]:
    """Values for the parameters of an example that fit the papers."""
    known = {"name": name, "other": other, "title": title}
    options = []
    for parameter in example.parameters:
        options += ["--set", f"{parameter.name}={known.get(parameter.name, parameter.example)}"]
    return options


def busiest(store: Path) -> tuple[str, str, str]:
    """An author name with many papers, the title of one of them, and the name's most frequent co-author."""

    def ask(query: str) -> list[str]:
        options = ["--format", "csv", "-q", "--limit", "1"]
        command: Command = [arrowkg_command(), "query", query, "--store", store, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True)
        return done.stdout.splitlines()[1].split(",", 1)

    count = "SELECT ?x (COUNT(?p) AS ?n) { ?p schema:author ?x } GROUP BY ?x ORDER BY DESC(?n) ?x"
    author = ask(count)[0]
    name = ask(f"SELECT ?n ?n {{ <{author}> foaf:name ?n }}".replace("?n ?n", "?n"))[0]
    title = ask(f"SELECT ?t {{ ?p schema:author <{author}> ; schema:headline ?t FILTER(!CONTAINS(?t, '\"')) }}")
    text = ",".join(title).strip('"')
    other = ask(
        f"SELECT ?n (COUNT(?p) AS ?c) {{ ?p schema:author <{author}> , ?o . ?o foaf:name ?n "
        f"FILTER(?o != <{author}>) }} GROUP BY ?n ORDER BY DESC(?c) ?n"
    )[0]
    return name, text, other


def whole_processes(store: Path, work: Path, rounds: int) -> None:
    """Print what a look-up takes in all: start, worker, answer."""
    name, title, other = busiest(store)
    known = {example.name: example for example in examples()}
    rows, slowest = [], 0.0
    for what, asked in LOOK_UPS.items():
        if asked[0] == "--example":
            arguments = [*asked, *values_of(known[asked[1]], name, title, other)]
        else:
            quoted = title.replace("\\", "\\\\").replace('"', '\\"')
            arguments = [asked[0].replace("TITLE", f'"{quoted}"')]
        runs = [
            run([arrowkg_command(), "query", *arguments, "--store", store], log=work / "log", folder=ROOT)
            for _ in range(rounds)
        ]
        walls = [one.wall for one in runs]
        slowest = max(slowest, median(walls))
        cpu = f"{median(one.cpu for one in runs):.2f}"
        rows.append([what, cpu, f"{median(walls):.2f}", f"{min(walls):.2f} to {max(walls):.2f}"])
    print(f"\nlook-ups of {name!r} as whole processes, {rounds} runs each\n")
    print(table(("look-up", "CPU s", "wall s", "range"), rows))
    print(f"each under {LOOK_UP_TARGET:g} s: {'met' if slowest < LOOK_UP_TARGET else 'MISSED'}")


def in_rdflib(graph: object, text: str) -> float:
    """Seconds that rdflib takes for a query."""
    from rdflib import Dataset

    assert isinstance(graph, Dataset)
    begin = time.perf_counter()
    for _ in graph.query(text):
        pass
    return time.perf_counter() - begin


def questions(store: Path, few: Path, small: Path, work: Path, rounds: int) -> None:
    """Print what each question takes on the store, and how many times as long rdflib takes on fewer papers.

    Args:
        store: the store of all papers.
        few: the store of fewer papers.
        small: N-Triples of the same papers, for rdflib.
        work: where logs go.
        rounds: how often each is asked.
    """
    from pyoxigraph import Store
    from rdflib import Dataset

    from arrowkg.sparql.binding import bound

    graph = Dataset()
    graph.default_graph.parse(small, format="nt")
    fast = Store.read_only(str(few / "live" / "database"))
    rows, slowest = [], 0.0
    name, title, other = busiest(store)
    known = {"name": name, "other": other, "title": title}
    few_known = dict(zip(("name", "title", "other"), busiest(few), strict=True))
    for example in examples():
        values = {one.name: known.get(one.name, one.example) for one in example.parameters}
        arguments = [part for key, value in values.items() for part in ("--set", f"{key}={value}")]
        command: Command = [arrowkg_command(), "query", "--example", example.name, *arguments, "--store", store, "-q"]
        walls = [run(command, log=work / "log", folder=ROOT).wall for _ in range(rounds)]
        slowest = max(slowest, median(walls))
        text = bound(example, {one.name: few_known.get(one.name, one.example) for one in example.parameters}, "https")
        times = []
        for _ in range(rounds):
            begin = time.perf_counter()
            for _ in fast.query(text):  # type: ignore[union-attr]
                pass
            times.append(time.perf_counter() - begin)
        theirs = in_rdflib(graph, text)
        rows.append(
            [
                example.name,
                f"{median(walls):.2f}",
                f"{median(times):.3f}",
                f"{theirs:.2f}",
                f"{theirs / median(times):,.0f}",
            ]
        )
        tell(f"{example.name}: {median(walls):.2f} s")
    print("\nquestions: whole processes on all papers; engines alone on fewer papers, and their ratio\n")
    print(table(("question", "wall s", "engine s, fewer", "rdflib s, fewer", "ratio"), rows))
    print(f"each under {QUESTION_TARGET:g} s: {'met' if slowest < QUESTION_TARGET else 'MISSED'}")


def prepared(work: Path, count: int, name: str, source: Sequence[str | Path]) -> Path:
    """Papers as N-Triples, from the sources that :mod:`benchmarks.papers` knows."""
    papers = work / f"{name}.jsonl"
    print(module("papers", papers, "--papers", str(count), *source))
    output = work / f"{name}.nt"
    run([arrowkg_command(), "export", papers, "-o", output, "--no-validate", "-q"], log=work / "log", folder=ROOT)
    return output


def main() -> int:
    """Measure, and print tables; 1 if a program fails."""
    parser = argparse.ArgumentParser(description="arrowkg's embedded store beside oxigraph load and rdflib.")
    parser.add_argument("--papers", type=int, default=10_000, metavar="N", help="how many papers [10000]")
    parser.add_argument("--few", type=int, default=1000, metavar="N", help="how many papers beside rdflib [1000]")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each program runs [3]")
    asked = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    source = ["--generated"] if asked.generated else []
    with tempfile.TemporaryDirectory(prefix="stores-", dir=CACHE) as folder:
        work = Path(folder)
        try:
            prepared(work, asked.papers, "papers", source)
            small = prepared(work, asked.few, "few", source)
            print(machine(), "\n", flush=True)
            store = load_beside_oxigraph(work, asked.rounds)
            whole_processes(store, work, 3 * asked.rounds)
            few = work / "few"
            run([arrowkg_command(), "load", small, "--store", few, "-q"], log=work / "log", folder=ROOT)
            questions(store, few, small, work, asked.rounds)
        except Failed as error:
            tell(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
