"""SPARQL-based constraints and constraint components, read from a shapes graph (SHACL sections 5.1, 6.1 to 6.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from arrowkg.errors import InputError
from arrowkg.terms import iri_of, is_iri, lexical_form
from arrowkg.validation.compiled.constraints import Owner, component
from arrowkg.validation.compiled.names import OWL_IMPORTS, sh
from arrowkg.validation.compiled.queries import SHAPES_GRAPH, prepared
from arrowkg.validation.compiled.reading import ShapesGraph
from arrowkg.validation.compiled.sparql import Asking, QueryConstraint, asking_each, selecting
from arrowkg.validation.report import local_name

_name = re.compile(r"[A-Za-z_]\w*")
_TAKEN: Final = frozenset({"this", "shapesGraph", "currentShape", "path", "PATH", "value"})


class Parameter(NamedTuple):
    """A parameter of a constraint component.

    Attributes:
        path: the property of shapes that gives its value.
        name: the variable that holds the value.
        is_optional: whether a shape may leave it out.
    """

    path: str
    name: str
    is_optional: bool


def query_constraints(graph: ShapesGraph, node: str, owner: Owner) -> Iterator[QueryConstraint]:
    """The SPARQL-based constraints of a shape.

    Raises:
        InputError: one is not well-formed.
    """
    for value in graph.of(node, "sparql"):
        if graph.flag(value, "deactivated"):
            continue
        asking = _asking(graph, value, "select", owner, {})
        yield QueryConstraint(
            owner,
            component("SPARQL"),
            selecting(asking),
            True,
            "The node does not satisfy the query of the shape.",
            _messages(graph, value),
            value,
            asking,
        )


def custom_constraints(graph: ShapesGraph, node: str, owner: Owner) -> Iterator[QueryConstraint]:
    """The constraints of a shape whose components are defined by SPARQL in the shapes graph.

    Raises:
        InputError: a component is not well-formed, or the shape gives it more than one value where it has several.
    """
    for custom in graph.index.classes().get(sh("ConstraintComponent"), ()):
        parameters = _parameters(graph, custom)
        given = {one: graph.values(node, one.path) for one in parameters}
        if not parameters or not all(found or one.is_optional for one, found in given.items()):
            continue
        validator, kind = _validator(graph, custom, owner)
        present = {one: found for one, found in given.items() if found}
        if len(parameters) > 1 and any(len(found) > 1 for found in present.values()):
            raise graph.wrong(node, f"has several values for a parameter of {local_name(custom)}")
        if not present:
            continue
        several = next(iter(present.values())) if len(parameters) == 1 else ("",)
        for value in several:
            constants = {one.name: value or found[0] for one, found in present.items()}
            absent = [one.name for one in parameters if one not in present]
            asking = _asking(graph, validator, kind, owner, constants, absent)
            yield QueryConstraint(
                owner,
                custom,
                asking_each(asking) if kind == "ask" else selecting(asking),
                kind == "select",
                f"The constraint {local_name(custom)} is not satisfied.",
                owner.message or _messages(graph, validator) or _messages(graph, custom),
                None,
                asking,
            )


def _messages(graph: ShapesGraph, node: str) -> str:
    return " ".join(sorted(lexical_form(message) for message in graph.of(node, "message") if message[0] == '"'))


def _parameters(graph: ShapesGraph, custom: str) -> list[Parameter]:
    found = []
    for node in graph.of(custom, "parameter"):
        path = graph.one(node, "path")
        name = "" if path is None else re.split("[#/:]", iri_of(path))[-1]
        if path is None or not is_iri(path) or _name.fullmatch(name) is None or name in _TAKEN:
            raise graph.wrong(custom, "has a sh:parameter whose sh:path does not end with the name of a variable")
        found.append(Parameter(path, name, graph.flag(node, "optional")))
    return found


def _validator(graph: ShapesGraph, custom: str, owner: Owner) -> tuple[str, str]:
    """The validator of a component for a kind of shape (SHACL section 6.2.3), and the property of its query."""
    special = graph.of(custom, "nodeValidator" if owner.path is None else "propertyValidator")
    for node in special:
        if graph.of(node, "select"):
            return node, "select"
    for node in (*special, *graph.of(custom, "validator")):
        if graph.of(node, "ask"):
            return node, "ask"
    raise graph.wrong(custom, "has no validator for this kind of shape")


def _asking(
    graph: ShapesGraph,
    node: str,
    kind: str,
    owner: Owner,
    parameters: Mapping[str, str],
    absent: list[str] | None = None,
) -> Asking:
    text = graph.text(node, kind)
    if text is None:
        raise graph.wrong(node, f"has no sh:{kind}")
    prebound = ["this", *(["value"] if kind == "ask" else []), *parameters, "currentShape", "shapesGraph"]
    where = local_name(owner.shape)
    query = prepared(text, kind.upper(), _prefixes(graph, node), prebound, owner.path, where)
    constants = {**parameters, "currentShape": owner.shape, "shapesGraph": f"<{SHAPES_GRAPH}>"}
    return Asking(query, constants, list(graph.index.triples()), where)


_COMMON: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
"""Prefixes that queries of shapes use undeclared, and other engines take."""


def _prefixes(graph: ShapesGraph, node: str) -> dict[str, str]:
    """The prefixes that are declared for a query (SHACL section 5.2.1), those of what is imported too.

    Raises:
        InputError: one prefix stands for two namespaces.
    """
    found: dict[str, str] = {}
    waiting = list(graph.of(node, "prefixes"))
    seen = set(waiting)
    for ontology in waiting:
        for declaration in graph.of(ontology, "declare"):
            prefix, namespace = graph.text(declaration, "prefix"), graph.text(declaration, "namespace")
            if prefix is None or namespace is None:
                raise graph.wrong(ontology, "has a sh:declare without a prefix and a namespace")
            if found.setdefault(prefix, namespace) != namespace:
                raise InputError(f"the shapes cannot be used: the prefix {prefix!r} stands for two namespaces")
        for imported in graph.values(ontology, OWL_IMPORTS):
            if imported not in seen:
                seen.add(imported)
                waiting.append(imported)
    return {**_COMMON, **found}
