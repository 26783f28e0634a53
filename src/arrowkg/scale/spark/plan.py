"""What every task of a run is told: plain values, which any process can be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from arrowkg.settings import Settings
from arrowkg.validation import Shapes

Row: TypeAlias = tuple[bytes, str, int]
"""What a task is given of a record: its bytes, the path of its file, and where the block starts that it stands in.

Of a table, the last is the number of the row, from 0.
"""


class Place(NamedTuple):
    """Where a record stands: the number of its file in the order of the inputs, and its line from 1."""

    file: int
    line: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What every task of a run is told.

    Attributes:
        settings: the base IRI and all else.
        graph: the IRI of the named graph to write into, or ``None``.
        shapes: what records are checked against; ``None`` for no validation.
        skip_bad: whether the run goes on without bad records.
        parts: how many parts are written.
        sides: how many partitions gather what is told beside the graph.
        names: the files as people know them, in the order of the inputs.
        numbers: the place of each file among them, by the path that Spark gives it.
        starts: the line that each block of a file starts with, by the number of the file and the block's first byte.
        suffix: how the names of parts end.
    """

    settings: Settings
    graph: str | None
    shapes: Shapes | None
    skip_bad: bool
    parts: int
    sides: int
    names: tuple[str, ...]
    numbers: dict[str, int]
    starts: dict[tuple[int, int], int]
    suffix: str


def plain_path(path: str) -> str:
    """A path in one form, since Spark writes the same one with one slash or three.

    >>> plain_path("file:///tmp/p.jsonl"), plain_path("hdfs://host/p.jsonl")
    ('file:/tmp/p.jsonl', 'hdfs://host/p.jsonl')
    """
    scheme, colon, rest = path.partition(":")
    return f"file:/{rest.lstrip('/')}" if scheme == "file" else f"{scheme}{colon}{rest}"
