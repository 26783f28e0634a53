"""Random shapes over random graphs: every component, path and target of SHACL Core, nested and mixed.

Values that compare are numbers alone: engines differ on whether an IRI is less than another, or a date than a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

import pyoxigraph

from arrowkg.terms import Triple
from arrowkg.validation.oxigraph_terms import term_of_oxigraph
from arrowkg.vocab import RDF_TYPE, XSD

NODES: Final = [f"<urn:example:{number}>" for number in range(4)]
PREDICATES: Final = ["<urn:example:p>", "<urn:example:q>", "<urn:example:r>"]
CLASSES: Final = ["<urn:example:C>", "<urn:example:D>"]
SUBCLASS_OF: Final = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
NUMBERS: Final = [
    f'"1"^^<{XSD}integer>',
    f'"2"^^<{XSD}integer>',
    f'"-3"^^<{XSD}integer>',
    f'"1.5"^^<{XSD}decimal>',
    f'"2.0E0"^^<{XSD}double>',
]
OTHERS: Final = [
    '"a"',
    '"ab"',
    '"abc"',
    '""',
    '"a"@en',
    '"b"@de',
    '"c"@en-gb',
    f'"true"^^<{XSD}boolean>',
    f'"x"^^<{XSD}integer>',
    f'"2024-01-01"^^<{XSD}date>',
]
LITERALS: Final = [*NUMBERS, *OTHERS]


class Drawn(NamedTuple):
    """A shapes graph, as it was written and as triples, and a data graph."""

    turtle: str
    shapes: list[Triple]
    data: list[Triple]


def random_shapes(count: int, seed: int) -> Iterator[Drawn]:
    """So many pairs of shapes and data; the same for the same seed."""
    random = Random(seed)
    for _ in range(count):
        drawing = _Drawing(random)
        target = drawing.target()
        turtle = f"@prefix sh: <http://www.w3.org/ns/shacl#> .\n<urn:example:S> {target} ; {drawing.shape(0)[2:-2]} ."
        quads = pyoxigraph.parse(turtle, pyoxigraph.RdfFormat.TURTLE)
        shapes = [
            (term_of_oxigraph(quad.subject), term_of_oxigraph(quad.predicate), term_of_oxigraph(quad.object))
            for quad in quads
        ]
        is_compared = "clusive" in turtle or "lessThan" in turtle
        yield Drawn(turtle, list(dict.fromkeys(shapes)), _data(random, NUMBERS if is_compared else [*NODES, *LITERALS]))


def _data(random: Random, values: list[str]) -> list[Triple]:
    triples: dict[Triple, None] = {}
    for _ in range(random.randrange(14)):
        triples[random.choice([*NODES, "_:b"]), random.choice(PREDICATES), random.choice([*values, "_:b"])] = None
    if values is NUMBERS:
        triples = {triple: None for triple in triples if triple[2] != "_:b"}
    for node in NODES:
        if random.random() < 0.4:
            triples[node, RDF_TYPE, random.choice(CLASSES)] = None
    if random.random() < 0.2:
        triples[CLASSES[1], SUBCLASS_OF, CLASSES[0]] = None
    return list(triples)


class _Drawing:
    def __init__(self, random: Random) -> None:
        self._random = random

    def _one(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _number(self, most: int) -> int:
        return self._random.randrange(most + 1)

    def target(self) -> str:
        return self._one(
            f"sh:targetNode {', '.join(NODES)}",
            f"sh:targetNode {self._one(*NODES)}, {self._one(*NUMBERS)}",
            f"sh:targetClass {self._one(*CLASSES)}",
            f"sh:targetSubjectsOf {self._one(*PREDICATES)}",
            f"sh:targetObjectsOf {self._one(*PREDICATES)}",
        )

    def path(self, depth: int = 0) -> str:
        if depth > 1 or self._random.random() < 0.6:
            return self._one(*PREDICATES)
        inner = self.path(depth + 1)
        return self._one(
            f"[ sh:inversePath {inner} ]",
            f"( {inner} {self.path(depth + 1)} )",
            f"[ sh:alternativePath ( {inner} {self.path(depth + 1)} ) ]",
            f"[ sh:zeroOrMorePath {inner} ]",
            f"[ sh:oneOrMorePath {inner} ]",
            f"[ sh:zeroOrOnePath {inner} ]",
        )

    def shape(self, depth: int, kind: str = "") -> str:
        kind = kind or self._one("NodeShape", "PropertyShape")
        is_property = kind == "PropertyShape"
        constraints: dict[str, str] = {}
        for _ in range(self._random.choice((1, 1, 2))):
            drawn = self.constraint(depth, is_property=is_property)
            constraints.setdefault(drawn.split()[0], drawn)
        path = f"sh:path {self.path()} ; " if is_property else ""
        return f"[ a sh:{kind} ; {path}{' ; '.join(constraints.values())} ]"

    def constraint(self, depth: int, *, is_property: bool) -> str:
        choices = [self._on_values]
        if is_property:
            choices.append(self._on_counts)
        if depth < 2:
            choices.append(lambda: self._on_shapes(depth, is_property=is_property))
        return self._random.choice(choices)()

    def _on_values(self) -> str:
        bound = self._one("1", "2", "1.5", "0.5")
        members = " ".join(self._random.sample([*NODES, *LITERALS], 3))
        languages = self._one('"en"', '"de" "en"', '"fr"')
        kind = self._one("IRI", "Literal", "BlankNode", "BlankNodeOrIRI", "IRIOrLiteral", "BlankNodeOrLiteral")
        return self._one(
            f"sh:class {self._one(*CLASSES)}",
            f"sh:datatype <{XSD}{self._one('string', 'integer', 'decimal', 'boolean', 'date')}>",
            f"sh:nodeKind sh:{kind}",
            f"sh:{self._one('min', 'max')}{self._one('In', 'Ex')}clusive {bound}",
            f"sh:minLength {self._number(3)}",
            f"sh:maxLength {self._number(3)}",
            f"sh:pattern '{self._one('^a', 'b$', '[0-9]', 'e:1', '^.?$')}'",
            f"sh:pattern '{self._one('^A', 'B$')}' ; sh:flags 'i'",
            f"sh:languageIn ( {languages} )",
            f"sh:equals {self._one(*PREDICATES)}",
            f"sh:disjoint {self._one(*PREDICATES)}",
            f"sh:hasValue {self._one(*NODES, *LITERALS)}",
            f"sh:in ( {members} )",
            f"sh:closed true ; sh:ignoredProperties ( {RDF_TYPE} )",
        )

    def _on_counts(self) -> str:
        return self._one(
            f"sh:minCount {self._number(2)}",
            f"sh:maxCount {self._number(2)}",
            "sh:uniqueLang true",
            f"sh:lessThan {self._one(*PREDICATES)}",
            f"sh:lessThanOrEquals {self._one(*PREDICATES)}",
        )

    def _on_shapes(self, depth: int, *, is_property: bool) -> str:
        inner, other = self.shape(depth + 1), self.shape(depth + 1)
        choices = [
            f"sh:not {inner}",
            f"sh:{self._one('and', 'or', 'xone')} ( {inner} {other} )",
            f"sh:node {self.shape(depth + 1, 'NodeShape')}",
            f"sh:property {self.shape(depth + 1, 'PropertyShape')}",
        ]
        if is_property:
            disjoint = self._one("", " ; sh:qualifiedValueShapesDisjoint true")
            count = f"sh:qualified{self._one('Min', 'Max')}Count {self._number(2)}"
            choices.append(f"sh:qualifiedValueShape {inner} ; {count}{disjoint}")
        return self._one(*choices)
