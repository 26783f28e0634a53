"""Golden cases: what each input gives, byte for byte.

A case is a folder in ``golden/`` with

- ``input.txt``, ``input.html`` or ``input.jsonl``;
- ``expected.SUFFIX`` for each notation, sorted as that notation usually is; ``expected.sorted.SUFFIX`` or
  ``expected.streamed.SUFFIX`` where it is to be sorted or not;
- if it needs any, ``settings.json`` with the fields of :class:`arrowkg.Settings`, and ``graph`` for a named graph.

To add a case, make the folder with its input and empty files for what is expected, and renew it. After a change that is
meant to change output, renew what is expected, read the difference, and commit it with the change::

    python tests/test_golden.py --renew [CASE…]
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from arrowkg import Settings, read, write

GOLDEN: Final = Path(__file__).parent / "golden"
CASES: Final = sorted(path for path in GOLDEN.iterdir() if path.is_dir())


def expected_files(case: Path) -> list[Path]:
    return sorted(case.glob("expected.*"))


def put(case: Path, expected: Path, output: Path) -> None:
    """Write what the input of a case gives in the notation of an expected file."""
    given: dict[str, Any] = {}
    if (case / "settings.json").exists():
        given = json.loads((case / "settings.json").read_text("utf-8"))
    graph = given.pop("graph", None)
    settings = Settings(**given)
    is_sorted = {".sorted": True, ".streamed": False}.get(Path(expected.stem).suffix)
    (source,) = case.glob("input.*")
    write(read(source, settings=settings), output, settings=settings, is_sorted=is_sorted, graph=graph)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(case, expected, id=f"{case.name}-{expected.name.removeprefix('expected.')}")
        for case in CASES
        for expected in expected_files(case)
    ],
)
def test_the_output_is_the_expected_one(case: Path, expected: Path, tmp_path: Path) -> None:
    output = tmp_path / expected.name
    put(case, expected, output)
    if output.read_bytes() != expected.read_bytes():
        found, wanted = (path.read_text("utf-8").split("\n") for path in (output, expected))
        pytest.fail(
            "\n".join(difflib.unified_diff(wanted, found, "expected", "found", lineterm="", n=1)), pytrace=False
        )


def test_every_case_has_an_input_and_something_expected() -> None:
    assert len(CASES) > 5
    for case in CASES:
        names = {path.name for path in case.iterdir()}
        known = {path.name for path in [*case.glob("input.*"), *case.glob("expected.*")]} | {"settings.json"}
        assert names <= known
        assert len(list(case.glob("input.*"))) == 1
        assert expected_files(case)


def renew(names: list[str]) -> None:
    """Write anew what is expected in the named cases, or in all."""
    for case in CASES:
        if not names or case.name in names:
            for expected in expected_files(case):
                before = expected.read_bytes()
                put(case, expected, expected)
                print(f"{'kept' if expected.read_bytes() == before else 'renewed'} {expected.relative_to(GOLDEN)}")


if __name__ == "__main__":
    if sys.argv[1:2] != ["--renew"] or not set(sys.argv[2:]) <= {case.name for case in CASES}:
        sys.exit(f"usage: python {sys.argv[0]} --renew [CASE…]\ncases: {' '.join(case.name for case in CASES)}")
    renew(sys.argv[2:])
