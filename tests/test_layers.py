"""Data flows one way: each module imports only from the rooms before its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

SOURCE: Final = Path(__file__).parents[1] / "src"

ROOMS: Final = (
    ("errors",),
    ("model", "vocab", "terms", "settings"),
    ("iris", "files", "sparql_tokens"),
    ("mapping", "spool", "generations", "void"),
    ("repeats",),
    ("sources", "formats", "validation"),
    ("sinks",),
    ("pipeline",),
    ("listing", "inspection", "statements"),
    ("stores",),
    ("sparql",),
    ("site", "scale"),
    ("server",),
    ("api",),
    ("__init__",),
    ("cli",),
)
"""The rooms in order; those that stand together do not import each other. ``__init__`` is the package itself."""

ELSEWHERE: Final = {
    "backports": {"files.inputs", "files.outputs", "scale.spark.blocks", "server.shelf"},
    "compression": {"files.inputs", "files.outputs", "scale.spark.blocks", "server.shelf"},
    "click": {"cli"},
    "h11": {"server.transport"},
    "jinja2": {"site.rendering"},
    "lxml": {"sources.arrow_html"},
    "markupsafe": {"server.screens", "site.rendering", "site.schemapages", "site.whole", "site.wording"},
    "orjson": {
        "sources.jsonl",
        "formats.jsonld",
        "formats.reading",
        "server.screens",
        "site.dataset",
        "site.rendering",
        "site.schema",
        "site.search",
        "site.whole",
        "validation.renderings.json",
        "validation.renderings.sarif",
    },
    "pyoxigraph": {
        "formats.converting",
        "formats.reading",
        "server.description",
        "server.entities",
        "server.fragments",
        "server.live",
        "server.nursery",
        "server.protocol",
        "server.survey",
        "site.dumping",
        "site.graph",
        "site.schema",
        "sparql.endpoint",
        "sparql.worker",
        "sparql.writers",
        "stores.loading",
        "stores.names",
        "validation.compiled.exact",
        "validation.compiled.sparql",
        "validation.compiled.values",
        "validation.oxigraph_terms",
        "validation.shapes",
    },
    "pyparsing": {"validation.reference"},
    "pyspark": {"scale.spark.job", "scale.spark.places", "scale.spark.session"},
    "pyshacl": {"validation.reference", "validation.shapes"},
    "requests": {"stores.remote.transport"},
    "starlette": {
        "server.application",
        "server.endpoint",
        "server.pages",
        "server.patterns",
        "server.places",
        "server.responses",
    },
    "urllib3": {"stores.remote.transport"},
    "uvicorn": {"server.running", "server.transport"},
    "rdflib": {
        "validation.compiled.exact",
        "validation.reference",
        "validation.rdflib_terms",
        "validation.shapes",
        "api",
    },
}
"""What is not of Python's own library, and the modules that may use it."""

LATE: Final = {"rdflib", "pyshacl", "pyoxigraph", "lxml", "requests", "starlette", "urllib3", "uvicorn", "pyspark"}
"""What takes long to import, so that the help must not need it."""


class Import(NamedTuple):
    """One import: what, by whom, and whether it is carried out when the module is loaded."""

    module: str
    target: str
    line: int
    is_early: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def module_name(path: Path) -> str:
    """A module's name below the package, ``__init__`` for the package itself."""
    parts = path.relative_to(SOURCE / "arrowkg").with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of a module, wherever it stands, those for type checkers too."""
    name = module_name(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno, id(node) not in late)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno} imports relatively"
            assert node.module is not None
            for alias in node.names:
                # A name imported from a package may be a module of its own.
                whole = f"{node.module}.{alias.name}"
                is_module = (SOURCE / whole.replace(".", "/")).with_suffix(".py").is_file()
                yield Import(name, whole if is_module else node.module, node.lineno, id(node) not in late)


MODULES: Final = sorted((SOURCE / "arrowkg").rglob("*.py"))
IMPORTS: Final = [found for path in MODULES for found in imports_of(path)]
RANKS: Final = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}


def room_of(name: str) -> str:
    """The room of a module: its first part below the package."""
    below = name.removeprefix("arrowkg").removeprefix(".")
    return below.partition(".")[0] or "__init__"


def test_every_module_has_a_room_and_every_room_a_module() -> None:
    assert {room_of(module_name(path)) for path in MODULES} == set(RANKS)


def test_imports_are_found() -> None:
    found = {(one.module, one.target) for one in IMPORTS}
    assert ("mapping", "arrowkg.terms") in found
    assert ("mapping", "arrowkg.vocab") in found
    assert ("api", "rdflib") in found
    assert ("formats.reading", "pyoxigraph") in found
    assert {one.is_early for one in IMPORTS if one.module == "formats.reading" and one.target == "pyoxigraph"} == {
        False
    }


def test_each_room_imports_only_from_rooms_before_it() -> None:
    wrong = []
    for one in IMPORTS:
        if one.target.split(".")[0] != "arrowkg":
            continue
        here, there = room_of(one.module), room_of(one.target)
        if here != there and RANKS[there] >= RANKS[here]:
            wrong.append(str(one))
    assert not wrong


def test_the_package_itself_is_imported_by_nobody() -> None:
    """Its names are for others; inside, each comes from where it is."""
    assert not [str(one) for one in IMPORTS if one.target == "arrowkg"]


def test_siblings_do_not_import_each_other() -> None:
    siblings = {"sources", "formats", "validation"}
    for one in IMPORTS:
        here, there = room_of(one.module), room_of(one.target)
        assert here == there or not {here, there} <= siblings, str(one)


def test_what_is_from_elsewhere_is_used_where_it_is_meant_to_be() -> None:
    used: dict[str, set[str]] = {}
    for one in IMPORTS:
        library = one.target.split(".")[0]
        if library != "arrowkg" and library not in sys.stdlib_module_names:
            used.setdefault(library, set()).add(one.module)
    assert set(used) == set(ELSEWHERE)
    for library, modules in used.items():
        assert {module for module in modules if not module.startswith("cli")} <= ELSEWHERE[library], library
        assert not any(module.startswith("cli") for module in modules) or library == "click", library


@pytest.mark.parametrize(
    "module", ["errors", "model", "terms", "vocab", "settings", "iris", "mapping", "spool", "repeats"]
)
def test_the_heart_needs_nothing_but_python(module: str) -> None:
    """So that any process of any kind can map, and the mapping stays pure."""
    for one in IMPORTS:
        if one.module == module:
            library = one.target.split(".")[0]
            assert library == "arrowkg" or library in sys.stdlib_module_names, str(one)


@pytest.mark.parametrize("module", ["model", "terms", "vocab", "iris", "mapping"])
def test_the_mapping_neither_reads_nor_writes(module: str) -> None:
    doing = {"os", "io", "sys", "pathlib", "tempfile", "subprocess", "socket", "time", "datetime", "random", "logging"}
    assert not [str(one) for one in IMPORTS if one.module == module and one.target.split(".")[0] in doing]


def test_errors_import_nothing_but_types() -> None:
    assert {one.target for one in IMPORTS if one.module == "errors"} <= {"__future__", "typing"}


def test_nothing_imports_in_a_circle() -> None:
    names = {module_name(path) for path in MODULES}
    early: dict[str, set[str]] = {name: set() for name in names}
    for one in IMPORTS:
        target = one.target.removeprefix("arrowkg.")
        if one.is_early and target in names and target != one.module:
            early[one.module].add(target)
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " imports ".join((*above, name))
        if name not in done:
            for target in sorted(early[name]):
                visit(target, (*above, name))
            done.add(name)

    for name in sorted(names):
        visit(name, ())


def loaded_by(code: str) -> set[str]:
    """The libraries that are loaded when some Python has run."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.decode().splitlines()[-1].split()}


_RUN: Final = """
import sys
from arrowkg.cli import main
sys.argv = ["arrowkg", "{}"]
try:
    main()
except SystemExit:
    pass
"""


@pytest.mark.parametrize(
    "code",
    [
        "import arrowkg",
        "import arrowkg.cli",
        "import arrowkg.mapping, arrowkg.formats",
        _RUN.format("--help"),
        _RUN.format("--version"),
        _RUN.format("config"),
    ],
)
def test_what_takes_long_is_imported_late(code: str) -> None:
    assert not loaded_by(code) & LATE


def test_a_mapping_needs_no_library_at_all() -> None:
    code = (
        "from arrowkg import Paper, Settings, triples\n"
        "assert len(list(triples(Paper('On Stones', ('Ada Quill',)), Settings()))) > 20"
    )
    assert not loaded_by(code) & set(ELSEWHERE)
