"""Checking graphs against SHACL shapes: loading shapes, the report, and the engines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from arrowkg.terms import Triple
from arrowkg.validation.report import Finding, Report, Result
from arrowkg.validation.shapes import Shapes, load_shapes, shapes_folder

__all__ = ["Engine", "Finding", "Report", "Result", "Shapes", "load_shapes", "reference_engine", "shapes_folder"]


class Engine(Protocol):
    """Checks graphs, each by itself, against the shapes that it was made with."""

    name: str
    shapes: Shapes

    def check(self, triples: Iterable[Triple]) -> list[Result]:
        """The results of one graph.

        Raises:
            InputError: the shapes cannot be carried out.
        """


def reference_engine(shapes: Shapes) -> Engine:
    """pySHACL with these shapes; it is imported only now, since that takes long.

    >>> reference_engine(load_shapes()).name
    'pyshacl'
    """
    from arrowkg.validation.reference import ReferenceEngine

    return ReferenceEngine(shapes)
