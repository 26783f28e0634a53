"""The programs that are compared: how each is set up and called, all from this repository's root."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.measure import Failed

ROOT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = ROOT / ".tools" / "bench"
"""Where a peer's own environment is kept between runs, outside of version control."""

RESULTS: Final = ROOT / "build" / "bench" / "everything.json"
"""What ``everything.py`` measured, for the pictures."""

MORPH_KGC_VERSION: Final = "2.10.0"
DUCKDB_VERSION: Final = "2.0.1"
MAPLIB_VERSION: Final = "0.20.26"
_MORPH_KGC: Final = Path(__file__).resolve().parent / "peers" / "morph_kgc"


Command: TypeAlias = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that writes the graph of the papers.

    Attributes:
        title: its name and version.
        command: the program and its arguments.
        folder: where it runs.
        output: the N-Triples file that it writes.
    """

    title: str
    command: Command
    folder: Path
    output: Path


def arrowkg_command() -> Path:
    """The command line of the arrowkg that is installed beside this Python."""
    command = Path(sys.executable).with_name("arrowkg")
    if not command.exists():
        raise Failed(f"{command} is not there; run with the Python into which arrowkg is installed")
    return command


def arrowkg(work: Path) -> Contender:
    """arrowkg as its users run it, without validation, in one process as the peers."""
    output = work / "arrowkg.nt"
    export: Command = [arrowkg_command(), "export", work / "papers.jsonl", "-o", output]
    command: Command = [*export, "--no-validate", "--workers", "1"]
    return Contender(f"arrowkg {version('arrowkg')}", command, ROOT, output)


def rdflib(work: Path) -> Contender:
    """rdflib, a graph in memory that is serialised, over the tables."""
    output = work / "rdflib.nt"
    command: Command = [sys.executable, "-m", "benchmarks.peers.rdflib_peer", work / "tables", output]
    return Contender(f"rdflib {version('rdflib')}", command, ROOT, output)


def morph_kgc(work: Path, processes: int = 1) -> Contender:
    """Morph-KGC, RML rules over the tables; its environment is made on first use."""
    folder = work / "tables"
    shutil.copy(_MORPH_KGC / "mapping.ttl", folder)
    config = (_MORPH_KGC / "config.ini").read_text(encoding="utf-8")
    config = config.replace("number_of_processes = 1", f"number_of_processes = {processes}")
    (folder / "config.ini").write_text(config, encoding="utf-8")
    command: Command = [python_with("morph-kgc", MORPH_KGC_VERSION), "-m", "morph_kgc", "config.ini"]
    return Contender(f"Morph-KGC {MORPH_KGC_VERSION}", command, folder, folder / "morph-kgc.nt")


def duckdb(work: Path, threads: int = 1) -> Contender:
    """DuckDB, one query over the tables; its environment is made on first use."""
    output = work / "duckdb.nt"
    peer = Path(__file__).resolve().parent / "peers" / "duckdb_peer.py"
    command: Command = [python_with("duckdb", DUCKDB_VERSION), peer, work / "tables", output, str(threads)]
    return Contender(f"DuckDB {DUCKDB_VERSION}", command, ROOT, output)


def maplib(work: Path) -> Contender:
    """maplib, stOTTR templates over the tables; its environment is made on first use."""
    output = work / "maplib.nt"
    peer = Path(__file__).resolve().parent / "peers" / "maplib_peer.py"
    command: Command = [python_with("maplib", MAPLIB_VERSION), peer, work / "tables", output]
    return Contender(f"maplib {MAPLIB_VERSION}", command, ROOT, output)


PEERS: Final[dict[str, Callable[[Path], Contender]]] = {"rdflib": rdflib, "morph-kgc": morph_kgc}


def python_with(package: str, release: str) -> Path:
    """The Python of an environment that holds a peer, which may want other versions of what arrowkg uses too."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = CACHE / f"{package}-{release}-python-{ours}"
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        print(f"installing {package} {release} into {folder.relative_to(ROOT)} (once)", file=sys.stderr)
        pip: Command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([*pip, f"{package}=={release}"], check=True)
        except subprocess.CalledProcessError:
            raise Failed(f"{package} cannot be installed; --peers leaves peers out") from None
        done.touch()
    return python
