"""Compiling a shapes graph: every shape once, into functions (SHACL sections 2 to 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from arrowkg.errors import InputError
from arrowkg.terms import Triple, iri_of, is_iri, lexical_form
from arrowkg.validation.compiled import core
from arrowkg.validation.compiled.constraints import Check, ClosedConstraint, Constraint, Owner, component
from arrowkg.validation.compiled.custom import custom_constraints, query_constraints
from arrowkg.validation.compiled.names import RDFS_CLASS, sh
from arrowkg.validation.compiled.paths import read_path, walk
from arrowkg.validation.compiled.patterns import matcher
from arrowkg.validation.compiled.reading import ShapesGraph
from arrowkg.validation.compiled.shape import InnerShape, Shape, counted, through, to_all, to_any, to_none, to_one
from arrowkg.validation.report import local_name

Made: TypeAlias = tuple[str, Check, bool, str]
"""A constraint to be: its component's name, what it asks, whether it may break without values, its message."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a shape (SHACL section 2.1.3), as terms.

    Attributes:
        classes: classes, the shape itself if it is one.
        nodes: nodes.
        subjects_of: predicates whose subjects are targets.
        objects_of: predicates whose objects are targets.
    """

    classes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    subjects_of: tuple[str, ...] = ()
    objects_of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.classes or self.nodes or self.subjects_of or self.objects_of)


_SHAPE_TYPES: Final = (sh("NodeShape"), sh("PropertyShape"))


class Compiler:
    """Compiles the shapes of a shapes graph.

    Args:
        triples: the shapes graph, each triple once.

    >>> a = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    >>> compiler = Compiler([("<a:s>", sh("targetClass"), "<a:C>"), ("<a:s>", sh("nodeKind"), sh("IRI"))])
    >>> [(shape.owner.shape, targets.classes) for shape, targets in compiler.targeted()]
    [('<a:s>', ('<a:C>',))]
    """

    def __init__(self, triples: Sequence[Triple]) -> None:
        self.graph: Final = ShapesGraph(triples)
        self._shapes: dict[str, Shape] = {}
        self._open: list[str] = []

    def targeted(self) -> Iterator[tuple[Shape, Targets]]:
        """Every shape that has a target, compiled, with its targets.

        Raises:
            InputError: a shape cannot be carried out.
        """
        for node in list(self.graph.about):
            if self.graph.of(node, "entailment"):
                raise self.graph.wrong(node, "asks for entailment, and there is none")
            targets = self._targets(node)
            if targets:
                yield self.shape(node), targets

    def _targets(self, node: str) -> Targets:
        of = self.graph.of
        classes = list(of(node, "targetClass"))
        is_class = self.graph.index.is_instance
        if (is_class(node, RDFS_CLASS) or is_class(node, "<http://www.w3.org/2002/07/owl#Class>")) and any(
            is_class(node, type_) for type_ in _SHAPE_TYPES
        ):
            classes.append(node)
        return Targets(
            tuple(dict.fromkeys(classes)),
            tuple(of(node, "targetNode")),
            tuple(of(node, "targetSubjectsOf")),
            tuple(of(node, "targetObjectsOf")),
        )

    def shape(self, node: str) -> Shape:
        """A shape, compiled.

        Raises:
            InputError: it cannot be carried out; it is refused if it stands within itself (SHACL section 3.4.3).
        """
        if node in self._shapes:
            return self._shapes[node]
        if node in self._open:
            names = " → ".join(local_name(one) for one in [*self._open[self._open.index(node) :], node])
            raise InputError(
                f"the shapes cannot be used: a shape stands within itself ({names})",
                hint="SHACL leaves open what a recursive shape means; take one of its references out",
            )
        self._open.append(node)
        paths = self.graph.of(node, "path")
        if len(paths) > 1:
            raise self.graph.wrong(node, "has more than one sh:path")
        path = read_path(self.graph, paths[0]) if paths else None
        messages = " ".join(sorted(lexical_form(message) for message in self.graph.of(node, "message")))
        severity = self.graph.one(node, "severity") or sh("Violation")
        owner = Owner(node, severity, messages, path)
        is_active = not self.graph.flag(node, "deactivated")
        constraints = list(self._constraints(node, owner)) if is_active else []
        self._open.pop()
        self._shapes[node] = Shape(owner, None if path is None else walk(path), constraints)
        return self._shapes[node]

    def _constraints(self, node: str, owner: Owner) -> Iterator[Constraint]:
        for parameter, make in _MAKERS.items():
            for value in self.graph.of(node, parameter):
                for name, check, without_values, default in make(self, node, value):
                    kind = ClosedConstraint if parameter == "closed" else Constraint
                    yield kind(owner, component(name), check, without_values, default)
        for value in self.graph.of(node, "property"):
            inner = self.shape(value)
            if inner.walk is None:
                raise self.graph.wrong(value, "is a value of sh:property, but has no sh:path")
            yield InnerShape(owner, component("Property"), through(inner), shape=inner)
        yield from query_constraints(self.graph, node, owner)
        yield from custom_constraints(self.graph, node, owner)

    def shapes(self, values: Sequence[str]) -> list[Shape]:
        """Several shapes, compiled."""
        return [self.shape(value) for value in values]

    def siblings(self, node: str, value: str) -> list[Shape]:
        """The sibling shapes of a qualified value shape (SHACL section 4.7.3)."""
        if not self.graph.flag(node, "qualifiedValueShapesDisjoint"):
            return []
        found = {
            other: None
            for parent in self.graph.index.subjects(sh("property"), node)
            for sibling in self.graph.of(parent, "property")
            for other in self.graph.of(sibling, "qualifiedValueShape")
            if other != value
        }
        return self.shapes(list(found))


Maker: TypeAlias = Callable[[Compiler, str, str], Sequence[Made]]
"""Makes the constraints of one value of a parameter, given the compiler, the shape and the value."""


def _whole(compiler: Compiler, node: str, name: str) -> int:
    found = compiler.graph.count(node, name)
    assert found is not None
    return found


def _iri(compiler: Compiler, node: str, name: str, value: str) -> str:
    if not is_iri(value):
        raise compiler.graph.wrong(node, f"has a sh:{name} that is no IRI")
    return value


def _literal(compiler: Compiler, node: str, name: str, value: str) -> str:
    if value[0] != '"':
        raise compiler.graph.wrong(node, f"has a sh:{name} that is no literal")
    return value


def _node_kind(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
    if value not in core.NODE_KINDS:
        raise compiler.graph.wrong(node, "has a sh:nodeKind that is none")
    return [("NodeKind", core.of_kind(value), False, f"This is no {local_name(value)}.")]


def _pattern(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
    pattern = lexical_form(_literal(compiler, node, "pattern", value))
    matches = matcher(pattern, compiler.graph.text(node, "flags") or "")
    return [("Pattern", core.like(matches), False, f"The value does not match the pattern {pattern!r}.")]


def _language_in(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
    ranges = [lexical_form(_literal(compiler, node, "languageIn", one)) for one in compiler.graph.members(value)]
    told = f"The language of the value is none of {', '.join(ranges)}."
    return [("LanguageIn", core.in_languages(ranges), False, told)]


def _unique_lang(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
    if not compiler.graph.flag(node, "uniqueLang"):
        return []
    return [("UniqueLang", core.one_a_language(), False, "A language has more than one value.")]


def _closed(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
    if not compiler.graph.flag(node, "closed"):
        return []
    allowed = [path for inner in compiler.graph.of(node, "property") for path in compiler.graph.of(inner, "path")]
    for ignored in compiler.graph.of(node, "ignoredProperties"):
        allowed += compiler.graph.members(ignored)
    return [("Closed", core.closed(allowed), False, "The shape does not allow this property.")]


def _qualified(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
    shape, siblings = compiler.shape(value), compiler.siblings(node, value)
    least, most = compiler.graph.count(node, "qualifiedMinCount"), compiler.graph.count(node, "qualifiedMaxCount")
    if not compiler.graph.of(node, "path"):
        return []
    name = local_name(value)
    made: list[Made] = []
    if least is not None:
        told = f"Fewer than {least} values conform to {name}."
        made.append(("QualifiedMinCount", counted(shape, siblings, least, None), least > 0, told))
    if most is not None:
        told = f"More than {most} values conform to {name}."
        made.append(("QualifiedMaxCount", counted(shape, siblings, None, most), False, told))
    return made


def _logical(name: str, make: Callable[[Sequence[Shape]], Check], told: str) -> Maker:
    def made(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
        return [(name, make(compiler.shapes(compiler.graph.members(value))), False, told)]

    return made


def _pair(name: str, parameter: str, make: Callable[[str], Check], told: str) -> Maker:
    def made(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
        predicate = _iri(compiler, node, parameter, value)
        return [(name, make(predicate), parameter == "equals", told.format(local_name(predicate)))]

    return made


def _range(name: str, parameter: str, make: Callable[[str], Check], told: str) -> Maker:
    def made(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
        limit = _literal(compiler, node, parameter, value)
        return [(name, make(limit), False, told.format(lexical_form(limit)))]

    return made


def _number(name: str, parameter: str, make: Callable[[int], Check], told: str) -> Maker:
    def made(compiler: Compiler, node: str, value: str) -> Sequence[Made]:
        count = _whole(compiler, node, parameter)
        return [(name, make(count), parameter == "minCount", told.format(count))]

    return made


def _shown(term: str) -> str:
    return local_name(term) if is_iri(term) else lexical_form(term)


_MAKERS: Final[Mapping[str, Maker]] = {
    "class": lambda compiler, node, value: [
        ("Class", core.instances(value), False, f"The value is no {_shown(value)}."),
    ],
    "datatype": lambda compiler, node, value: [
        (
            "Datatype",
            core.of_datatype(iri_of(_iri(compiler, node, "datatype", value))),
            False,
            f"The value is no literal of type {local_name(value)}.",
        ),
    ],
    "nodeKind": _node_kind,
    "minCount": _number("MinCount", "minCount", core.at_least, "There are fewer than {} values."),
    "maxCount": _number("MaxCount", "maxCount", core.at_most, "There are more than {} values."),
    "minExclusive": _range(
        "MinExclusive", "minExclusive", lambda limit: core.above(limit, or_equal=False), "The value is not above {}."
    ),
    "minInclusive": _range(
        "MinInclusive", "minInclusive", lambda limit: core.above(limit, or_equal=True), "The value is below {}."
    ),
    "maxExclusive": _range(
        "MaxExclusive", "maxExclusive", lambda limit: core.below(limit, or_equal=False), "The value is not below {}."
    ),
    "maxInclusive": _range(
        "MaxInclusive", "maxInclusive", lambda limit: core.below(limit, or_equal=True), "The value is above {}."
    ),
    "minLength": _number("MinLength", "minLength", core.long_enough, "The text is shorter than {} characters."),
    "maxLength": _number("MaxLength", "maxLength", core.short_enough, "The text is longer than {} characters."),
    "pattern": _pattern,
    "languageIn": _language_in,
    "uniqueLang": _unique_lang,
    "equals": _pair("Equals", "equals", core.equal_to, "The values differ from those of {}."),
    "disjoint": _pair("Disjoint", "disjoint", core.apart_from, "The value is also a value of {}."),
    "lessThan": _pair(
        "LessThan",
        "lessThan",
        lambda predicate: core.less_than(predicate, or_equal=False),
        "The value is not less than each value of {}.",
    ),
    "lessThanOrEquals": _pair(
        "LessThanOrEquals",
        "lessThanOrEquals",
        lambda predicate: core.less_than(predicate, or_equal=True),
        "The value is greater than a value of {}.",
    ),
    "not": lambda compiler, node, value: [
        ("Not", to_none(compiler.shape(value)), False, f"The value conforms to {local_name(value)}."),
    ],
    "and": _logical("And", to_all, "The value does not conform to all of the shapes."),
    "or": _logical("Or", to_any, "The value conforms to none of the shapes."),
    "xone": _logical("Xone", to_one, "The value does not conform to exactly one of the shapes."),
    "node": lambda compiler, node, value: [
        ("Node", to_all([compiler.shape(value)]), False, f"The value does not conform to {local_name(value)}."),
    ],
    "qualifiedValueShape": _qualified,
    "closed": _closed,
    "hasValue": lambda compiler, node, value: [
        ("HasValue", core.with_value(value), True, f"{_shown(value)} is not among the values."),
    ],
    "in": lambda compiler, node, value: [
        ("In", core.one_of(compiler.graph.members(value)), False, "The value is none of those allowed."),
    ],
}
"""What makes the constraints of each parameter of SHACL Core."""
