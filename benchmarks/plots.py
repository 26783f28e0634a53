"""Pictures of what ``everything.py`` measured: ``python benchmarks/plots.py [FOLDER]``.

One for each work with more than one program: triples a second of processor time over the number of papers, both on
logarithmic axes. They are drawn by Matplotlib, in an environment of its own that is made on first use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.contenders import RESULTS, ROOT, python_with  # noqa: E402

MATPLOTLIB_VERSION: Final = "3.11.2"
DRAWN: Final = {"export": "bench-export.svg", "validated export": "bench-validated.svg"}
_MARKERS: Final = "os^vD*Px"


def draw(folder: Path) -> None:
    """Draw each picture into a folder; runs in Matplotlib's environment."""
    import matplotlib  # type: ignore[import-not-found, unused-ignore]

    matplotlib.use("svg")
    # The same figures give the same bytes.
    matplotlib.rcParams.update({"svg.hashsalt": "arrowkg", "font.size": 10, "svg.fonttype": "none"})
    from matplotlib import pyplot  # type: ignore[import-not-found, unused-ignore]

    for work, name in DRAWN.items():
        lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for one in json.loads(RESULTS.read_text(encoding="utf-8")):
            if one["work"] == work and one["used"] is not None:
                lines[one["program"]].append((one["papers"], one["triples"] / one["used"]["cpu"]))
        figure, axes = pyplot.subplots(figsize=(7.5, 4.2), layout="constrained")
        for (program, points), marker in zip(lines.items(), _MARKERS * 3, strict=False):
            _line(axes, program, points, marker)
        axes.set(xscale="log", yscale="log", xlabel="papers", ylabel="triples a second of processor time")
        axes.set_title(work.capitalize(), loc="left")
        axes.grid(visible=True, which="major", color="#d5d8dc")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
        figure.savefig(folder / name, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def _line(axes: Any, program: str, points: list[tuple[int, float]], marker: str) -> None:
    is_ours = program.startswith("arrowkg")
    papers, speeds = zip(*points, strict=True)
    axes.plot(papers, speeds, marker=marker, label=program, linewidth=2.4 if is_ours else 1.2)


def main() -> int:
    """Draw; 1 if nothing was measured."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    if not RESULTS.exists():
        print("nothing was measured: run benchmarks/everything.py first", file=sys.stderr)
        return 1
    python = python_with("matplotlib", MATPLOTLIB_VERSION)
    code = "import sys; from pathlib import Path; from benchmarks.plots import draw; draw(Path(sys.argv[1]))"
    command: list[str | Path] = [python, "-c", code, folder.resolve()]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
