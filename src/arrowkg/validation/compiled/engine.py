"""The compiled engine: shapes compiled once, and graphs of text terms checked against them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

from arrowkg.settings import Severity
from arrowkg.terms import Triple
from arrowkg.validation.compiled.compiling import Compiler, Targets
from arrowkg.validation.compiled.constraints import Found
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.compiled.program import Program
from arrowkg.validation.compiled.shape import Shape
from arrowkg.validation.compiled.sparql import Together
from arrowkg.validation.compiled.steps import both_ways
from arrowkg.validation.report import Result
from arrowkg.validation.shapes import Shapes

_SEVERITIES: Final[dict[str, Severity]] = {
    sh("Violation"): "violation",
    sh("Warning"): "warning",
    sh("Info"): "info",
}


Asked: TypeAlias = tuple[Program, Sequence[str]]
"""What is asked, and of which focus nodes."""


class CompiledEngine:
    """Checks graphs against shapes that were compiled once.

    Nothing is read from anywhere: imports, rules, functions and JavaScript are not carried out.

    Args:
        shapes: the shapes.

    Raises:
        InputError: the shapes cannot be carried out.

    >>> from arrowkg.validation.shapes import load_shapes
    >>> engine = CompiledEngine(load_shapes())
    >>> paper = "<https://kg.example.org/paper/0123456789abcdef>"
    >>> found = engine.check([(paper, "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<https://w3id.org/arrowkg/ns#Paper>")])
    >>> any(result.severity == "violation" for result in found)
    True
    """

    name = "compiled"

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._checker = Checker(shapes.triples)

    def check(self, triples: Iterable[Triple]) -> list[Result]:
        """The results of one graph, each triple of which comes once.

        Raises:
            InputError: the shapes cannot be carried out.
        """
        return self.check_each([triples])[0]

    def check_each(self, graphs: Iterable[Iterable[Triple]]) -> list[list[Result]]:
        """The results of each of several graphs by itself; errors as :meth:`check`."""
        with _without_collector():
            checked = self._checker.check_each(Index(triples) for triples in graphs)
        return [[_result(found) for found in results] for results in checked]


@contextmanager
def _without_collector() -> Iterator[None]:
    """Python's collector of cycles stays off: it would walk a graph again and again as it grows, and find none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _result(found: Found) -> Result:
    return Result(
        # The report knows SHACL's severities; any other is as grave as the gravest.
        _SEVERITIES.get(found.severity, "violation"),
        found.focus,
        found.shape,
        found.component,
        found.message,
        found.path,
        found.value,
    )


class Checker:
    """Checks indexed graphs.

    Args:
        shapes: the shapes graph, each triple once.

    Raises:
        InputError: the shapes cannot be carried out.

    >>> a = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    >>> checker = Checker([("<a:s>", sh("targetClass"), "<a:C>"), ("<a:s>", sh("nodeKind"), sh("IRI"))])
    >>> [found.focus for found in checker.check(Index([("_:b", a, "<a:C>"), ("<a:i>", a, "<a:C>")]))]
    ['_:b']
    """

    def __init__(self, shapes: Sequence[Triple]) -> None:
        by_class: dict[str, list[Shape]] = {}
        others: list[tuple[Targets, Shape]] = []
        for shape, targets in Compiler(shapes).targeted():
            if len(targets.classes) == 1 and targets == Targets(targets.classes):
                by_class.setdefault(targets.classes[0], []).append(shape)
            else:
                others.append((targets, shape))
        self._by_class = {class_: Program(shapes) for class_, shapes in by_class.items()}
        self._others = [(focus_nodes(targets), Program([shape])) for targets, shape in others]
        programs = [*self._by_class.values(), *(program for _, program in self._others)]
        self._both_ways = both_ways(step for program in programs for step in program.steps)

    def check(self, graph: Index) -> list[Found]:
        """The results of a graph.

        Raises:
            InputError: the shapes cannot be carried out.
        """
        return self.check_each([graph])[0]

    def check_each(self, graphs: Iterable[Index]) -> list[list[Found]]:
        """The results of each of several graphs by itself; errors as :meth:`check`."""
        together = Together(self._both_ways)
        work = []
        for graph in graphs:
            programs = self._programs(graph)
            for program, nodes in programs:
                if program.together and (asked := program.asked(graph, nodes)):
                    together.add(graph, program.together, program.steps, asked)
            work.append((graph, programs))
        together.answer()
        checked = []
        for graph, programs in work:
            results: list[Found] = []
            for program, nodes in programs:
                program.prepare(graph, nodes)
            for program, nodes in programs if len(graph.about) < _LARGE else _by_node(graph, programs):
                program.run(graph, nodes, results)
            checked.append(results)
        return checked

    def _programs(self, graph: Index) -> list[Asked]:
        """What is asked of a graph, and of which focus nodes."""
        by_class = self._by_class
        found: list[Asked] = [
            (by_class[class_], nodes) for class_, nodes in graph.classes().items() if class_ in by_class
        ]
        for find, program in self._others:
            nodes = find(graph)
            if nodes:
                found.append((program, nodes))
        return found


_LARGE: Final = 1_000
"""From how many subjects on a graph is gone through some subjects at a time."""
_TOGETHER: Final = 200
"""How many subjects these are: few enough that they are still near when the next program asks of them."""


def _by_node(graph: Index, programs: Sequence[Asked]) -> Iterator[Asked]:
    """The programs with their nodes in the order of the graph, where what belongs together lies together in memory."""
    of_node: dict[str, list[Program]] = {}
    for program, nodes in programs:
        for node in nodes:
            of_node.setdefault(node, []).append(program)
    order = [*(node for node in graph.about if node in of_node), *(node for node in of_node if node not in graph.about)]
    for start in range(0, len(order), _TOGETHER):
        asked: dict[Program, list[str]] = {}
        for node in order[start : start + _TOGETHER]:
            for program in of_node[node]:
                asked.setdefault(program, []).append(node)
        yield from asked.items()


def focus_nodes(targets: Targets) -> Callable[[Index], list[str]]:
    """A function that finds the nodes of a graph that are targets, each once.

    >>> find = focus_nodes(Targets(subjects_of=("<a:p>",)))
    >>> find(Index([("<a:s>", "<a:p>", "<a:o>"), ("<a:o>", "<a:q>", "<a:s>")]))
    ['<a:s>']
    """
    if targets == Targets(subjects_of=targets.subjects_of[:1]):
        (only,) = targets.subjects_of
        return lambda graph: graph.with_predicate(only)

    def find(graph: Index) -> list[str]:
        found: dict[str, None] = dict.fromkeys(targets.nodes)
        for class_ in targets.classes:
            found.update(dict.fromkeys(graph.classes().get(class_, ())))
        for predicate in targets.subjects_of:
            found.update(dict.fromkeys(graph.with_predicate(predicate)))
        for predicate in targets.objects_of:
            found.update(dict.fromkeys(graph.inverse(predicate)))
        return list(found)

    return find
