"""The example queries that ship with arrowkg: what each asks, its parameters and its columns.

Each is a file in ``questions/``: comment lines that describe it, then the query. A parameter is a variable of the query
that stands for a term; whoever asks puts the term in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final

from arrowkg.errors import UsageError

KINDS: Final = ("string", "integer", "iri")
"""What a parameter can be."""

_field = re.compile(r"# (title|description|parameter|column): (\S.*)")
_variable = re.compile(r"[A-Za-z][A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of a query that is replaced by a term before the query is asked.

    Attributes:
        name: the variable's name, without its question mark.
        kind: ``"string"``, ``"integer"`` or ``"iri"``.
        description: what it means.
        example: a value that gives an answer on the seed page.

    >>> example_named("co-authors").parameters[0].name
    'name'
    """

    name: str
    kind: str
    description: str
    example: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer.

    Attributes:
        name: the variable's name, without its question mark.
        description: what it holds.

    >>> [column.name for column in example_named("co-authors").columns]
    ['coauthor', 'papers', 'author']
    """

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Example:
    """A query that ships with arrowkg.

    Attributes:
        name: the file's name without ``.rq``.
        title: a few words.
        description: a sentence or two.
        parameters: what must be filled in.
        columns: the columns of the answer, in its order.
        text: the whole file, whose parameters are still variables and whose schema.org namespace is the https form.

    >>> example_named("co-authors").title
    'Co-authors of a name'
    """

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    text: str


@cache
def examples() -> tuple[Example, ...]:
    """Every example, sorted by name.

    >>> [example.name for example in examples()][:2]
    ['abstract-search', 'authors-per-venue-and-year']
    """
    found = [file for file in files("arrowkg.sparql").joinpath("questions").iterdir() if file.name.endswith(".rq")]
    read = [parsed(file.name.removesuffix(".rq"), file.read_text(encoding="utf-8")) for file in found]
    return tuple(sorted(read, key=lambda example: example.name))


def example_named(name: str) -> Example:
    """The example of a name; raises :class:`~arrowkg.errors.UsageError` if there is none.

    >>> example_named("byline").parameters[0].kind
    'iri'
    """
    by_name = {example.name: example for example in examples()}
    if name not in by_name:
        near = get_close_matches(name, by_name, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(by_name)}"
        raise UsageError(f"there is no example query {name!r}", hint=hint)
    return by_name[name]


def parsed(name: str, text: str) -> Example:
    """An example as its file states it; raises :class:`ValueError` if the head of the file is malformed.

    >>> parsed("all", "# title: All\\n# description: Everything.\\n# column: s | a node\\nSELECT ?s {?s ?p ?o}").title
    'All'
    """
    head: dict[str, list[str]] = {"title": [], "description": [], "parameter": [], "column": []}
    for line in _head(text):
        match = _field.fullmatch(line)
        if match is None:
            raise ValueError(f"{name}: not a line of an example's head: {line!r}")
        head[match[1]].append(match[2])
    if len(head["title"]) != 1 or len(head["description"]) != 1 or not head["column"]:
        raise ValueError(f"{name}: an example has one title, one description, and columns")
    parameters = tuple([Parameter(*_parts(name, line, 4)) for line in head["parameter"]])
    columns = tuple([Column(*_parts(name, line, 2)) for line in head["column"]])
    for parameter in parameters:
        if parameter.kind not in KINDS:
            raise ValueError(f"{name}: a parameter is one of {', '.join(KINDS)}, not {parameter.kind}")
    for names in ([one.name for one in parameters], [one.name for one in columns]):
        if len(set(names)) < len(names):
            raise ValueError(f"{name}: a name stands twice in the head")
    return Example(name, head["title"][0], head["description"][0], parameters, columns, text)


def _head(text: str) -> Iterator[str]:
    """The comment lines at the start of a file."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        yield line


def _parts(name: str, line: str, count: int) -> list[str]:
    """The parts of a line of the head, the first of which is a variable's name."""
    parts = [part.strip() for part in line.split(" | ")]
    if len(parts) != count or not all(parts) or _variable.fullmatch(parts[0]) is None:
        raise ValueError(f"{name}: a line of the head needs {count} parts: {line!r}")
    return parts
