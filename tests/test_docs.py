"""README and docs say what is true: their commands are run and print what they show, their Python runs, links lead on.

``python tests/test_docs.py --renew`` writes what the commands print now into the pages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cli import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIMES = re.compile(r"in [0-9.]+ s(?: \([0-9,]+ (?:papers|triples) a second\))?")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def workspace(folder: Path) -> Path:
    """A folder that looks like the checkout to the commands of the pages."""
    for name in ("seeds", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "build" / "demo").mkdir(parents=True)
    return folder


def printed(command: str, folder: Path) -> str:
    """What a command prints, standard output and errors as they come."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("ARROWKG_")}, "PATH": path}
    found = subprocess.run(
        command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return found.stdout.decode()


def run(block: str, folder: Path) -> str:
    """A console block as it would be printed now."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join([f"$ {command}\n{printed(command, folder)}" for command in commands])


def blocks(page: Path, language: str) -> list[str]:
    return [match[2] for match in BLOCK.finditer(page.read_text(encoding="utf-8")) if match[1] == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    for block in blocks(page, "console"):
        assert TIMES.sub("in S s", run(block, folder)) == TIMES.sub("in S s", block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_of_the_page_runs(page: Path, tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    for block in blocks(page, "python"):
        subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=folder, check=True)


@pytest.mark.parametrize(
    "page", [*PAGES, *ROOT.glob("*.md"), *ROOT.glob("*/README.md")], ids=lambda page: str(page.name)
)
def test_links_lead_to_files(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_command_and_option_is_told_in_its_help() -> None:
    help_text = printed("arrowkg --help", ROOT)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"  {command.partition(' ')[0]}" in help_text
        assert f"arrowkg {command}" in readme or f"`{command}`" in readme
        assert "Usage: arrowkg " + command in printed(f"arrowkg {command} --help", ROOT)


def test_the_readme_shows_lines_that_the_export_writes(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    printed("arrowkg export seeds/tomer-michaeli.txt -o out.ttl --base-iri https://kg.example.org/lab/", folder)
    written = set((folder / "out.ttl").read_text(encoding="utf-8").splitlines())
    shown = [line for block in blocks(ROOT / "README.md", "turtle") for line in block.splitlines() if "…" not in line]
    assert len(shown) > 8
    missing = [line for line in shown if line not in written and f"{line.removesuffix(' .')} ;" not in written]
    assert not missing


def renew() -> None:
    """Write what the commands print now into the pages."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as name:
            folder = workspace(Path(name))

            def renewed(match: re.Match[str], folder: Path = folder) -> str:
                if match[1] != "console":
                    return match[0]
                now = run(match[2], folder)
                return match[0] if TIMES.sub("", now) == TIMES.sub("", match[2]) else f"```console\n{now}```"

            text = page.read_text(encoding="utf-8")
            page.write_text(BLOCK.sub(renewed, text), encoding="utf-8")


if __name__ == "__main__" and "--renew" in sys.argv:
    renew()
