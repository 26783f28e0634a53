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

MORPH_KGC_VERSION: Final = "2.10.0"
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
    """arrowkg as its users run it, without validation."""
    output = work / "arrowkg.nt"
    command: Command = [arrowkg_command(), "export", work / "papers.jsonl", "-o", output, "--no-validate"]
    return Contender(f"arrowkg {version('arrowkg')}", command, ROOT, output)


def rdflib(work: Path) -> Contender:
    """rdflib, a graph in memory that is serialised, over the tables."""
    output = work / "rdflib.nt"
    command: Command = [sys.executable, "-m", "benchmarks.peers.rdflib_peer", work / "tables", output]
    return Contender(f"rdflib {version('rdflib')}", command, ROOT, output)


def morph_kgc(work: Path) -> Contender:
    """Morph-KGC, RML rules over the tables; its environment is made on first use."""
    folder = work / "tables"
    for name in ("config.ini", "mapping.ttl"):
        shutil.copy(_MORPH_KGC / name, folder / name)
    command: Command = [morph_kgc_python(), "-m", "morph_kgc", "config.ini"]
    return Contender(f"Morph-KGC {MORPH_KGC_VERSION}", command, folder, folder / "morph-kgc.nt")


PEERS: Final[dict[str, Callable[[Path], Contender]]] = {"rdflib": rdflib, "morph-kgc": morph_kgc}


def morph_kgc_python() -> Path:
    """The Python of the environment that holds Morph-KGC, which wants other versions of what arrowkg uses too."""
    release = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = CACHE / f"morph-kgc-{MORPH_KGC_VERSION}-python-{release}"
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        print(f"installing Morph-KGC {MORPH_KGC_VERSION} into {folder.relative_to(ROOT)} (once)", file=sys.stderr)
        pip: Command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([*pip, f"morph-kgc=={MORPH_KGC_VERSION}"], check=True)
        except subprocess.CalledProcessError:
            raise Failed("Morph-KGC cannot be installed; --peers rdflib does without") from None
        done.touch()
    return python
