"""SHACL property paths: read from a shapes graph, compiled into functions, written as SPARQL (SHACL section 2.3.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from arrowkg.errors import InputError
from arrowkg.terms import is_iri
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.names import RDF_FIRST, sh
from arrowkg.validation.compiled.reading import ShapesGraph
from arrowkg.validation.report import Path

Walk: TypeAlias = Callable[[Index, str], Sequence[str]]
"""The value nodes of a path from a node, each once."""

_UNARY: Final = {
    sh("inversePath"): "^",
    sh("zeroOrMorePath"): "*",
    sh("oneOrMorePath"): "+",
    sh("zeroOrOnePath"): "?",
}


def read_path(shapes: ShapesGraph, node: str, above: tuple[str, ...] = ()) -> Path:
    """A path from its RDF form.

    Raises:
        InputError: it is no well-formed path (SHACL section 2.3.1), or holds itself.

    >>> read_path(ShapesGraph([("_:b", sh("inversePath"), "<a:p>")]), "_:b")
    ('^', '<a:p>')
    """
    if is_iri(node):
        return node
    if node in above:
        raise InputError("the shapes cannot be used: a path holds itself")
    inside = (*above, node)
    if not node.startswith("_:"):
        raise InputError(f"the shapes cannot be used: {node} is no property path")
    if shapes.values(node, RDF_FIRST):
        return ("/", *(read_path(shapes, step, inside) for step in _members(shapes, node)))
    if choices := shapes.values(node, sh("alternativePath")):
        return ("|", *(read_path(shapes, choice, inside) for choice in _members(shapes, choices[0])))
    for predicate, operator in _UNARY.items():
        if operands := shapes.values(node, predicate):
            return (operator, read_path(shapes, operands[0], inside))
    raise InputError("the shapes cannot be used: a value of sh:path is no property path")


def _members(shapes: ShapesGraph, node: str) -> list[str]:
    members = shapes.members(node)
    if len(members) < 2:
        raise InputError("the shapes cannot be used: a path of several parts has fewer than two")
    return members


def walk(path: Path) -> Walk:
    """A path compiled into a function.

    >>> graph = Index([("<a:1>", "<a:p>", "<a:2>"), ("<a:2>", "<a:p>", "<a:3>")])
    >>> walk(("+", "<a:p>"))(graph, "<a:1>"), walk(("/", "<a:p>", ("^", "<a:p>")))(graph, "<a:1>")
    (['<a:2>', '<a:3>'], ['<a:1>'])
    """
    if isinstance(path, str):
        return lambda graph, node: graph.values(node, path)
    operator, *operands = path
    steps = [walk(operand) for operand in operands]
    match operator:
        case "^":
            operand = operands[0]
            if isinstance(operand, str):
                return lambda graph, node: graph.subjects(operand, node)
            return walk(_inverted(operand))
        case "/":
            predicates = [operand for operand in operands if isinstance(operand, str)]
            return _predicates(predicates) if len(predicates) == len(operands) else _sequence(steps)
        case "|":
            return lambda graph, node: list(dict.fromkeys([value for step in steps for value in step(graph, node)]))
        case "?":
            return lambda graph, node: list(dict.fromkeys([node, *steps[0](graph, node)]))
        case "*":
            return lambda graph, node: _closure(steps[0], graph, [node])
        case _:
            return lambda graph, node: _closure(steps[0], graph, steps[0](graph, node))


def _sequence(steps: list[Walk]) -> Walk:
    def values(graph: Index, node: str) -> Sequence[str]:
        nodes: Sequence[str] = [node]
        for step in steps:
            nodes = list(dict.fromkeys([value for node in nodes for value in step(graph, node)]))
        return nodes

    return values


def _predicates(predicates: list[str]) -> Walk:
    """A sequence of predicates, as most sequences are."""

    def values(graph: Index, node: str) -> Sequence[str]:
        about = graph.about
        nodes: Sequence[str] = [node]
        for predicate in predicates:
            found = [value for node in nodes if node in about for value in about[node].get(predicate, ())]
            nodes = list(dict.fromkeys(found))
        return nodes

    return values


def _closure(step: Walk, graph: Index, start: Sequence[str]) -> list[str]:
    found = dict.fromkeys(start)
    waiting = list(found)
    while waiting:
        for value in step(graph, waiting.pop()):
            if value not in found:
                found[value] = None
                waiting.append(value)
    return list(found)


def _inverted(path: Path) -> Path:
    """A path walked backwards, with ``^`` only before single properties."""
    if isinstance(path, str):
        return ("^", path)
    operator, *operands = path
    if operator == "^":
        return operands[0]
    parts = [_inverted(operand) for operand in operands]
    return (operator, *(reversed(parts) if operator == "/" else parts))
