"""A site with a page of every kind, and with texts that are hard to set, made once for all tests that look at pages."""

from __future__ import annotations

import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import strategies
from cli import COMMAND, SEEDS, jsonl, put

BASE: Final = "https://kg.example.org/lab/"

_MANY: Final = 501
_NAMES: Final = [
    f"{first} {last}" for first in ("Ada", "Bo", "Cai", "Dov", "Eli") for last in "Quill Tarn Moss".split()
]
_HARD: Final[list[dict[str, Any]]] = [
    {
        "title": "On " + "Interdenominationalcountersedimentation" * 5 + " and on Stones of every Size, "
        "with a Title that goes on and on, as such Titles do, until Nobody remembers how it began " * 3,
        "authors": ["Ada Quill", "A" + "a" * 120 + " Quill"],
        "venue": "International Conference on the Sorting, Weighing, Rounding and Naming of Stones and Sands",
        "kind": "Conference Paper",
        "year": 2024,
        "abstract": "We sort $\\sum_{i=1}^{n} x_i^2 = \\frac{a}{b}$ and $75%$ of stones.\n\n- one\n- two\n\nhttps://example.org/"
        + "long/" * 40,
        "url": "https://example.org/" + "a" * 200,
    },
    {
        "title": "על מיון אבנים קטנות: השוואה של Sorting ו־Weighing",
        "authors": ["אדה קויל", "بو تارن", "Zoë Ørsted"],
        "venue": "כנס האבנים",
        "kind": "Workshop Paper",
        "year": 2023,
        "abstract": "אנו ממיינים אבנים לפי משקל (ראו Stones 2024), ומשווים: 75% מהן קטנות.",
    },
    {"title": "石の分類について", "authors": ["李例", "陈例"], "kind": "Preprint", "year": 2022},
    {"title": "On Nothing", "authors": []},
    {
        "title": "A Paper of Many",
        "authors": [f"K{chr(97 + number // 26)}{chr(97 + number % 26)} Example" for number in range(130)],
        "venue": "ICML",
        "kind": "Conference Paper",
        "year": 2025,
        "abstract": "Many wrote it.",
    },
]


@dataclass(frozen=True)
class Gallery:
    """The site's root, and a page of each kind by its name, as a path from there."""

    root: Path
    pages: dict[str, str]


def made(folder: Path) -> Gallery:
    """Make the site."""
    put(folder, "hard.jsonl", jsonl(*_HARD))
    put(
        folder,
        "many.jsonl",
        jsonl(
            *(
                {
                    "title": f"On Stones {number}",
                    "authors": ["Ada Quill", _NAMES[1 + number % 14]],
                    "venue": ("ICML", "TMLR", "ICLR")[number % 3],
                    "kind": ("Conference Paper", "Journal Article", "Workshop Paper")[number % 3],
                    "year": 2024,
                }
                for number in range(_MANY)
            )
        ),
    )
    put(folder, "hostile.jsonl", jsonl(*(asdict(entry.paper) for entry in strategies.hostile_entries(20, 9))))
    inputs = ["hard.jsonl", "many.jsonl", "hostile.jsonl"]
    for seed in ("tomer-michaeli.txt", "papers.jsonl", "odd/homonyms.txt"):
        (folder / Path(seed).name).write_bytes((SEEDS / seed).read_bytes())
        inputs.append(Path(seed).name)
    line = [COMMAND, "site", *inputs, "-o", "web", "--base-iri", BASE, "--title", "Papers of the lab"]
    done = subprocess.run(
        line,
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    root = (folder / "web" / "live" / "site").resolve()

    def one(pattern: str) -> str:
        return sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))[0]

    pages = {
        "home": "index.html",
        "venues": "venues.html",
        "statistics": "statistics.html",
        "dataset": "dataset.html",
        "vocabulary": "vocabulary.html",
        "shapes": "shapes.html",
        "paper": one("paper/iclr-2021-contrastive-*.html"),
        "paper with a long title": one("paper/international-*.html"),
        "paper from right to left": one("paper/*2023-sorting-*.html"),
        "paper of many": one("paper/icml-2025-a-paper-of-many-*.html"),
        "paper of nothing": one("paper/on-nothing-*.html"),
        "chapter": one("paper/*stones-in-towns-*.html"),
        "author": "author/tomer-michaeli.html",
        "author of many": "author/ada-quill.page-2.html",
        "author with a number": "author/bo-tarn-0001.html",
        "series": "venue/icml.html",
        "volume": "venue/icml/2024.html",
        "journal": "journal/tmlr.html",
        "book": one("book/*/*.html"),
        "capture": one("capture/*.html"),
        "year": "year/2024.html",
    }
    for path in pages.values():
        assert (root / path).is_file(), path
    return Gallery(root, pages)
