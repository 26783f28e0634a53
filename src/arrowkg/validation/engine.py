"""What an engine does, and how one is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from arrowkg.terms import Triple
from arrowkg.validation.report import Result
from arrowkg.validation.shapes import Shapes


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

    >>> from arrowkg.validation.shapes import load_shapes
    >>> reference_engine(load_shapes()).name
    'pyshacl'
    """
    from arrowkg.validation.reference import ReferenceEngine

    return ReferenceEngine(shapes)
