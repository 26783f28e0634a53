"""Inputs as Spark finds them: lines of text files with the line that each block starts with, and rows of tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from arrowkg.errors import InputError, UsageError
from arrowkg.scale.spark.plan import plain_path
from arrowkg.scale.spark.session import cluster_errors, shown_path
from arrowkg.sources.jsonl import FIELDS

# Files that Spark reads from end to end in one task, so that their first line is line 1.
_WHOLE: Final = (".gz", ".deflate", ".lz4", ".snappy")
_PACKED: Final = (*_WHOLE, ".bz2")
# How many times larger they are as JSON Lines, about.
_UNPACKED, _ROWS_UNPACKED = 5, 3
_UNREAD: Final = (".zst", ".xz")
"""Compressions that Spark's readers do not know, or only with libraries of the machine."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Inputs that were found.

    Attributes:
        names: the files as people know them, in the order of the inputs.
        numbers: the place of each file among them, by the path that Spark gives it.
        lines: a frame of the lines of text files, or ``None``.
        rows: a frame of the rows of tables as JSON, or ``None``.
        size: bytes of all files, as JSON Lines without compression, about.
    """

    names: tuple[str, ...]
    numbers: dict[str, int]
    lines: Any
    rows: Any
    size: int


def is_table(name: str, source: str | None) -> bool:
    """Whether an input is Parquet and not JSON Lines.

    >>> is_table("papers.parquet/", None), is_table("papers.jsonl", None), is_table("papers", "parquet")
    (True, False, True)
    """
    return source == "parquet" or (source is None and PurePosixPath(name).suffix.lower() in (".parquet", ".pq"))


def found_inputs(session: Any, inputs: Sequence[str], source: str | None) -> Inputs:
    """Look inputs up; a folder stands for the files in it.

    Args:
        session: Spark.
        inputs: paths of any file system that Spark knows.
        source: ``jsonl`` or ``parquet``; by suffix if it is ``None``.

    Raises:
        InputError: one is missing or cannot be read.
        UsageError: one is of a compression that Spark does not read.
    """
    names: list[str] = []
    numbers: dict[str, int] = {}
    texts: list[str] = []
    tables: list[Any] = []
    size = 0
    for name in dict.fromkeys(inputs):
        is_rows = is_table(name, source)
        try:
            with cluster_errors():
                frame = session.read.parquet(name) if is_rows else _text(session, [name])
                files = sorted(frame.inputFiles())
                stored = int(str(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()))
        except InputError as error:
            error.file = name
            raise
        is_packed = any(file.lower().endswith(_PACKED) for file in files)
        size += stored * (_ROWS_UNPACKED if is_rows else _UNPACKED if is_packed else 1)
        if not files:
            raise InputError("there is no file in it", file=name)
        for file in files:
            if not is_rows and PurePosixPath(file).suffix.lower() in _UNREAD:
                hint = "decompress it, or compress it with gzip or bzip2"
                raise UsageError("Spark does not read this compression", hint=hint).at(shown_path(file))
            path = plain_path(file)
            if path not in numbers:
                numbers[path] = len(names)
                names.append(name if _is_itself(name, file) else shown_path(file))
        if is_rows:
            tables.append(frame)
        else:
            texts.append(name)
    lines = _lines(session, texts) if texts else None
    return Inputs(tuple(names), numbers, lines, _rows(tables), size)


def _text(session: Any, names: list[str]) -> Any:
    # Only line feeds end a line; and as bytes, since a text would hide what is no UTF-8.
    return session.read.option("lineSep", "\n").text(names)


def _lines(session: Any, names: list[str]) -> Any:
    with cluster_errors():
        return _text(session, names).selectExpr(
            "cast(value as binary) as payload", "_metadata.file_path as path", "_metadata.file_block_start as start"
        )


def _rows(tables: list[Any]) -> Any:
    whole = None
    for table in tables:
        known = [field for field in table.columns if field in FIELDS]
        others = [field for field in table.columns if field not in FIELDS]
        quoted = ", ".join(f"`{field.replace('`', '``')}`" for field in known + others)
        with cluster_errors():
            frame = table.selectExpr(
                f"cast(to_json(struct({quoted})) as binary) as payload",
                "_metadata.file_path as path",
                "_metadata.row_index as start",
            )
        whole = frame if whole is None else whole.unionAll(frame)
    return whole


def starts_of(inputs: Inputs) -> dict[tuple[int, int], int]:
    """The line that each block of a text file starts with, by the number of the file and the block's first byte.

    The lines are counted by Spark in a pass of their own, which reads and does nothing else; files that are read in one
    piece are left out.
    """
    if inputs.lines is None or all(path.lower().endswith(_WHOLE) for path in inputs.numbers):
        return {}
    with cluster_errors():
        counted = inputs.lines.groupBy("path", "start").count().collect()
    found: dict[tuple[int, int], int] = {}
    file, line = -1, 1
    for number, start, count in sorted((inputs.numbers[plain_path(row[0])], row[1], row[2]) for row in counted):
        if number != file:
            file, line = number, 1
        found[number, start] = line
        line += count
    return found


def _is_itself(name: str, file: str) -> bool:
    """Whether an input is the very file that Spark found, and no folder or pattern."""
    return os.path.realpath(name) == os.path.realpath(shown_path(file)) or name == file
