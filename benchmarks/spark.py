"""What a cluster costs by the number of papers, and whether it gives what one process gives.

``python benchmarks/spark.py --papers 10000 100000`` makes papers, runs ``arrowkg spark`` on them, and prints for each
size the processor time, the bytes that were shuffled, the bytes on disk and the memory. ``--proof`` runs
``arrowkg export`` on the first ``--input`` or the first size too, and compares the sorted lines with ``cmp``.

Processor time is of all processes, sampled four times a second, as is memory, of the largest Python worker and of all
processes together. Shuffled bytes are from Spark's own event log.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.generate import papers  # noqa: E402

COMMAND: Final = str(Path(sysconfig.get_path("scripts")) / "arrowkg")
_MADE: Final = 100_000
"""Papers are made up to here; more of them are these again with other keys."""


@dataclass(frozen=True)
class Cost:
    """What a run used."""

    papers: int
    triples: int
    seconds: float
    processor: float
    input_bytes: int
    shuffled: int
    spilled: int
    output_bytes: int
    largest_worker: int
    all_memory: int
    tasks: int


def write_papers(path: Path, count: int) -> None:
    """Made-up papers; after the first 100,000, these come again with other titles and with other names for a third of
    the authors, so that shared nodes grow with the papers about as they do among the first."""
    with path.open("wb") as file:
        made = []
        for paper in papers(min(count, _MADE)):
            made.append(paper)
            file.write(orjson.dumps(paper) + b"\n")
        for again in range(1, -(-count // _MADE)):
            for paper in made[: count - again * _MADE]:
                file.write(orjson.dumps(changed(paper, again)) + b"\n")


def changed(paper: dict[str, Any], again: int) -> dict[str, Any]:
    """A paper with another key, and with other names for a third of its authors."""
    authors = [f"{name} R{again}" if len(name) % 3 == 0 else name for name in paper["authors"]]
    found = {**paper, "title": f"{paper['title']} {again}", "authors": authors}
    if "doi" in found:
        found["doi"] = f"{found['doi']}.{again}"
    return found


class Used(threading.Thread):
    """Samples the memory and the processor time of all processes of a session.

    The system adds up the time of processes that somebody waited for, and Spark kills its Python workers.
    """

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._end = threading.Event()
        self.largest_worker = 0
        self.all = 0
        self._processor: dict[str, float] = {}

    @property
    def processor(self) -> float:
        """Seconds of processor time of all processes, as each was last seen."""
        return sum(self._processor.values())

    def run(self) -> None:
        """Sample until told to end."""
        while not self._end.wait(0.25):
            found = list(self._processes())
            self.all = max([self.all, sum(size for _, size in found)])
            self.largest_worker = max([self.largest_worker, *(size for name, size in found if "python" in name)])

    def _processes(self) -> Iterator[tuple[str, int]]:
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit():
                    name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
                    fields = rest.split()
                    if int(fields[3]) == self._session:
                        ticks = int(fields[11]) + int(fields[12])
                        self._processor[f"{entry.name} {fields[19]}"] = ticks / os.sysconf("SC_CLK_TCK")
                        yield name, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
            except OSError:
                continue

    def end(self) -> None:
        """Sample no more."""
        self._end.set()
        self.join()


def measured(inputs: Sequence[Path], out: Path, options: argparse.Namespace) -> Cost:
    """Run the command and tell what it used."""
    with tempfile.TemporaryDirectory(dir=out.parent) as log:
        line = [COMMAND, "spark", *map(str, inputs), "-o", str(out), "--master", options.master, "--skip-bad", "-q"]
        line += ["--compression", options.compression, "--fail-on", "never"]
        line += [] if options.validate else ["--no-validate"]
        conf = {
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": Path(log).as_uri(),
            "spark.eventLog.rolling.enabled": "false",
            "spark.eventLog.compress": "false",
            "spark.local.dir": log,
            "spark.driver.memory": "1g",
        }
        for name, value in {**conf, **dict(one.split("=", 1) for one in options.conf)}.items():
            line += ["--conf", f"{name}={value}"]
        began = time.monotonic()
        process = subprocess.Popen(line, start_new_session=True)
        memory = Used(process.pid)
        memory.start()
        _, status = os.waitpid(process.pid, 0)
        seconds = time.monotonic() - began
        memory.end()
        if status:
            raise SystemExit(f"the run failed with {os.waitstatus_to_exitcode(status)}")
        events = list(_tasks(Path(log)))
    manifest = json.loads((out / "live" / "manifest.json").read_text(encoding="utf-8"))
    return Cost(
        papers=manifest["papers"],
        triples=manifest["triples"],
        seconds=seconds,
        processor=memory.processor,
        input_bytes=sum(path.stat().st_size for path in inputs),
        shuffled=sum(event["Shuffle Write Metrics"]["Shuffle Bytes Written"] for event in events),
        spilled=sum(event["Disk Bytes Spilled"] for event in events),
        output_bytes=sum(part["bytes"] for part in manifest["parts"]),
        largest_worker=memory.largest_worker,
        all_memory=memory.all,
        tasks=len(events),
    )


def _tasks(log: Path) -> Iterator[dict[str, Any]]:
    for path in log.iterdir():
        if path.is_file():
            for line in path.open("rb"):
                event = orjson.loads(line)
                if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                    yield event["Task Metrics"]


def prove(inputs: Sequence[Path], out: Path, folder: Path) -> None:
    """Compare the parts with what one process writes, both sorted by ``sort``, by ``cmp``."""
    one = folder / "one.nt"
    options = ["--no-validate", "--skip-bad", "--sort", "-q", "-o", str(one)]
    subprocess.run([COMMAND, "export", *map(str, inputs), *options], check=True)
    tool = {".gz": "gzip -dc", ".zst": "zstd -dc"}.get(next((out / "live").glob("part-00000.*")).suffix, "cat")
    line = f"{tool} {out}/live/part-* | LC_ALL=C sort -S 1G -T {folder} | cmp - {one}"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], check=False)
    with one.open("rb") as file:
        triples = sum(1 for _ in file)
    print(f"{'the same' if not done.returncode else 'NOT the same'} {triples:,} lines as one process", flush=True)
    one.unlink()
    if done.returncode:
        sys.exit(1)


def main() -> None:
    """Run all sizes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--input", type=Path, nargs="*", default=[], help="files to read in place of made-up papers")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--conf", action="append", default=[])
    parser.add_argument("--compression", choices=["gz", "zst", "none"], default="gz")
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--proof", action="store_true")
    parser.add_argument("--folder", type=Path, help="where files go for a while")
    options = parser.parse_args()
    print(
        "papers | triples | wall s | CPU s | CPU h a million | input MB | shuffle MB a million | spilled MB | "
        "output MB | largest Python worker MB | all MB | tasks"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        for count in [None] if options.input else options.papers:
            inputs = options.input
            if count is not None:
                inputs = [folder / "papers.jsonl"]
                write_papers(inputs[0], count)
            out = folder / "out"
            cost = measured(inputs, out, options)
            mb, millions = 1_000_000, cost.papers / 1_000_000
            print(
                f"{cost.papers:,} | {cost.triples:,} | {cost.seconds:.1f} | {cost.processor:.1f} | "
                f"{cost.processor / 3600 / millions:.2f} | {cost.input_bytes / mb:.0f} | "
                f"{cost.shuffled / mb / millions:.0f} | {cost.spilled / mb:.0f} | {cost.output_bytes / mb:.0f} | "
                f"{cost.largest_worker / mb:.0f} | {cost.all_memory / mb:.0f} | {cost.tasks}",
                flush=True,
            )
            if options.proof:
                prove(inputs, out, folder)
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
