"""What an engine does, and how one is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from arrowkg.model import Notice
from arrowkg.settings import EngineName
from arrowkg.terms import Triple
from arrowkg.validation.report import Result
from arrowkg.validation.shapes import Shapes


class Engine(Protocol):
    """Checks graphs, each by itself, against the shapes that it was made with."""

    name: str
    shapes: Shapes

    def check(self, triples: Iterable[Triple]) -> list[Result]:
        """The results of one graph, each triple of which comes once.

        Raises:
            InputError: the shapes cannot be carried out.
        """

    def check_each(self, graphs: Iterable[Iterable[Triple]]) -> list[list[Result]]:
        """The results of each of several graphs by itself; errors as :meth:`check`."""


def engine_named(name: EngineName, shapes: Shapes, notice: Callable[[Notice], None] = lambda notice: None) -> Engine:
    """The engine of a name, with these shapes.

    Args:
        name: which engine.
        shapes: the shapes.
        notice: called if the shapes hold what the compiled engine does not carry out, and pySHACL takes its place.

    Raises:
        InputError: the shapes cannot be used.

    >>> from arrowkg.validation.shapes import load_shapes
    >>> engine_named("compiled", load_shapes()).name
    'compiled'
    """
    if name == "pyshacl":
        return reference_engine(shapes)
    from arrowkg.validation.compiled.engine import CompiledEngine
    from arrowkg.validation.compiled.patterns import NotCompiled

    try:
        return CompiledEngine(shapes)
    except NotCompiled as error:
        notice(Notice("shapes not compiled", f"pySHACL checks instead: {error.reason}", "shapes"))
        return reference_engine(shapes)


def reference_engine(shapes: Shapes) -> Engine:
    """pySHACL with these shapes; it is imported only now, since that takes long.

    >>> from arrowkg.validation.shapes import load_shapes
    >>> reference_engine(load_shapes()).name
    'pyshacl'
    """
    from arrowkg.validation.reference import ReferenceEngine

    return ReferenceEngine(shapes)
