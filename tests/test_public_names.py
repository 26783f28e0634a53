"""The names that others build on: which they are, and that each says what it is for."""

from __future__ import annotations

import ast
import doctest
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import arrowkg
from arrowkg import errors

SOURCE: Final = Path(__file__).parents[1] / "src" / "arrowkg"

NAMES: Final = [
    "ArrowkgError",
    "BadRecord",
    "BadText",
    "Capture",
    "Entry",
    "InputError",
    "OutputError",
    "Paper",
    "Settings",
    "UsageError",
    "read",
    "to_graph",
    "triples",
    "validate",
    "write",
]


def test_the_public_names_are_these() -> None:
    assert arrowkg.__all__ == NAMES
    assert sorted(NAMES) == NAMES


def test_a_star_imports_them_all() -> None:
    code = "from arrowkg import *\nimport arrowkg\nprint(*[name for name in arrowkg.__all__ if name in globals()])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().split() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_public_name_is_documented_with_an_example(name: str) -> None:
    found = getattr(arrowkg, name)
    text = inspect.getdoc(found)
    # Not what it inherits, and not what a dataclass makes up.
    assert found.__doc__, name
    assert text is not None
    assert not text.startswith(f"{name}(")
    assert doctest.DocTestParser().get_examples(text), f"{name} has no example"


@pytest.mark.parametrize("name", NAMES)
def test_each_public_name_is_typed(name: str) -> None:
    found = getattr(arrowkg, name)
    if inspect.isfunction(found):
        signature = inspect.signature(found)
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


def test_the_package_says_that_it_is_typed() -> None:
    assert (SOURCE / "py.typed").is_file()


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'arrowkg' has no attribute 'export'"):
        arrowkg.export  # noqa: B018


def test_the_errors_are_one_tree_with_exit_codes() -> None:
    tree = {
        arrowkg.ArrowkgError: (Exception, 5),
        arrowkg.UsageError: (arrowkg.ArrowkgError, 2),
        arrowkg.InputError: (arrowkg.ArrowkgError, 3),
        arrowkg.BadRecord: (arrowkg.InputError, 3),
        arrowkg.BadText: (arrowkg.BadRecord, 3),
        arrowkg.OutputError: (arrowkg.ArrowkgError, 4),
        errors.StoreError: (arrowkg.ArrowkgError, 4),
        errors.QueryLimit: (errors.StoreError, 4),
    }
    for error, (base, code) in tree.items():
        assert error.__base__ is base
        assert error.exit_code == code


def _documented() -> list[tuple[str, bool]]:
    """Every public module, class and function, and whether it is documented."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = str(path.relative_to(SOURCE))
        found.append((name, ast.get_docstring(tree) is not None))
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                found.append((f"{name}:{node.lineno} {node.name}", ast.get_docstring(node) is not None))
    return found


def test_every_public_module_class_and_function_says_what_it_is() -> None:
    found = _documented()
    assert len(found) > 150
    assert not [name for name, is_documented in found if not is_documented]


def test_every_summary_is_one_line_that_ends() -> None:
    """``Name.`` or ``Name, for example:``; so that lists of them read well."""
    wrong = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Module):
                summary = (ast.get_docstring(node) or ".").partition("\n\n")[0]
                if not summary.rstrip().endswith((".", ":", "?")):
                    wrong.append(f"{path.name}: {summary}")
    assert not wrong
