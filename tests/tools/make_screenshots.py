"""Make the pictures of the README anew: pages of the seed's site, taken by Chromium. Run it when the pages look new."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser import drive  # noqa: E402
from cli import COMMAND  # noqa: E402

IMAGES = ROOT / "docs" / "images"
PICTURES = (("home.png", "index.html", "light"), ("author.png", "author/tomer-michaeli.html", "dark"))


def main() -> None:
    """Make the site, look at it, write the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        line = [COMMAND, "site", "seeds/tomer-michaeli.txt", "-o", f"{folder}/web", "--title", "Papers of the lab"]
        subprocess.run([*line, "--base-iri", "https://kg.example.org/lab/", "--quiet"], cwd=ROOT, check=True)
        steps: list[dict[str, Any]] = [{"do": "viewport", "width": 960, "height": 640}]
        for name, page, scheme in PICTURES:
            steps += [
                {"do": "emulate", "scheme": scheme},
                {"do": "goto", "path": f"{folder}/web/live/site/{page}"},
                {"do": "wait", "expression": "document.fonts.status === 'loaded'"},
                {"do": "screenshot", "path": str(IMAGES / name)},
            ]
        drive(steps)


if __name__ == "__main__":
    main()
