"""A diagram of the schema, drawn from the shapes: classes, what they hold, and how they lead to each other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from arrowkg.site.schema import Graph

# What a letter of the diagram's fixed-width font takes, and the room around things, in pixels.
_LETTER: Final = 6.7
_LINE: Final = 17
_PADDING: Final = 10
_BESIDE: Final = 18
_ROW_OF_LABELS: Final = 20
_BETWEEN_ROWS: Final = 110
_THROUGH: Final = 12
_BEND: Final = 36


@dataclass(frozen=True, slots=True)
class Field:
    """A property with plain values: its name, the type of its values, and how many there are."""

    name: str
    kind: str
    count: str


@dataclass(frozen=True, slots=True)
class Box:
    """A class with its fields."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """A property that leads from one class to another, and how many values it has."""

    source: str
    target: str
    name: str
    count: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """The classes of a schema and the properties between them."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]


def diagram_of(shapes: Graph) -> Diagram:
    """The diagram of the closed shapes: each has a box, each property that is not the twin of another a line.

    A property whose values must equal those of another (``sh:equals``) is its twin and is left out.

    >>> from arrowkg.site.schema import load_shapes
    >>> drawn = diagram_of(load_shapes("https")[0])
    >>> [box.name for box in drawn.boxes][:2], drawn.edges[0]
    (['ak:Paper', 'ak:Authorship'], Edge(source='ak:Paper', target='ak:Volume', name='schema:isPartOf', count='0..1'))
    """
    closed = {
        shapes.short(of_class): node
        for node in shapes.nodes
        if shapes.text(node, "sh:closed") == "true"
        for of_class in shapes.values(node, "sh:targetClass")
    }
    boxes, edges = [], []
    for name, node in closed.items():
        by_path: dict[str, list[str]] = defaultdict(list)
        for shape in shapes.values(node, "sh:property"):
            for path in shapes.values(shape, "sh:path"):
                if path.startswith("<"):
                    by_path[shapes.short(path)].append(shape)
        fields = []
        for path, rules in by_path.items():
            count = _count(shapes, rules)
            if path == "rdf:type" or count == "0" or any(shapes.values(rule, "sh:equals") for rule in rules):
                continue
            targets = [one for rule in rules for one in _classes(shapes, rule) if one in closed]
            edges += [Edge(name, target, path, count) for target in dict.fromkeys(targets)]
            if not targets:
                fields.append(Field(path, _kind(shapes, rules), count))
        boxes.append(Box(name, tuple(fields)))
    return Diagram(tuple(boxes), tuple(edges))


def _count(shapes: Graph, rules: list[str]) -> str:
    """How many values a property has, as far as more or fewer are violations."""
    least, most = 0, None
    for rule in rules:
        if shapes.values(rule, "sh:severity") != [f"<{shapes.prefixes['sh']}Violation>"]:
            continue
        least = max(least, int(shapes.text(rule, "sh:minCount") or 0), int(bool(shapes.values(rule, "sh:hasValue"))))
        bound = shapes.text(rule, "sh:maxCount")
        if bound is not None:
            most = int(bound) if most is None else min(most, int(bound))
    if most == least:
        return str(least)
    return f"{least}..{'*' if most is None else most}"


def _classes(shapes: Graph, shape: str) -> list[str]:
    found = [shapes.short(one) for one in shapes.values(shape, "sh:class")]
    for members in shapes.values(shape, "sh:or"):
        found += [one for member in shapes.items(members) for one in _classes(shapes, member)]
    return found


def _kind(shapes: Graph, rules: list[str]) -> str:
    for name in ("sh:datatype", "sh:hasValue"):
        if found := [value for rule in rules for value in shapes.values(rule, name)]:
            return shapes.short(found[0]).removeprefix("xsd:")
    return "IRI"


def mermaid(diagram: Diagram) -> str:
    """The diagram for Mermaid, as a class diagram; a colon would end the text of a line, so it is an entity there.

    >>> print(mermaid(Diagram((Box("ak:Paper", (Field("schema:name", "string", "1"),)),), ())), end="")
    classDiagram
        class ak_Paper["ak:Paper"] {
            schema:name string [1]
        }
    """
    lines = ["classDiagram"]
    for box in diagram.boxes:
        lines.append(f'    class {_identifier(box.name)}["{box.name}"] {{')
        lines += [f"        {field.name} {field.kind} [{field.count}]" for field in box.fields]
        lines.append("    }")
    for edge in diagram.edges:
        told = edge.name.replace(":", "#58;")
        lines.append(f'    {_identifier(edge.source)} --> "{edge.count}" {_identifier(edge.target)} : {told}')
    return "\n".join(lines) + "\n"


def dot(diagram: Diagram) -> str:
    """The diagram for Graphviz.

    >>> print(dot(Diagram((Box("ak:Paper", (Field("schema:name", "string", "1"),)),), ())), end="")
    digraph schema {
        rankdir=TB;
        node [shape=record, fontname="monospace", fontsize=10];
        edge [fontname="monospace", fontsize=9];
        "ak:Paper" [label="{ak:Paper|schema:name string [1]\\l}"];
    }
    """
    lines = [
        "digraph schema {",
        "    rankdir=TB;",
        '    node [shape=record, fontname="monospace", fontsize=10];',
        '    edge [fontname="monospace", fontsize=9];',
    ]
    for box in diagram.boxes:
        fields = "".join(rf"{field.name} {field.kind} [{field.count}]\l" for field in box.fields)
        lines.append(f'    "{box.name}" [label="{{{box.name}|{fields}}}"];')
    lines += [f'    "{edge.source}" -> "{edge.target}" [label="{edge.name} {edge.count}"];' for edge in diagram.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _identifier(name: str) -> str:
    return name.replace(":", "_")


def in_words(diagram: Diagram) -> str:
    """The diagram for who cannot see it.

    >>> in_words(Diagram((), (Edge("ak:Paper", "ak:Volume", "schema:isPartOf", "0..1"),)))
    'ak:Paper leads to ak:Volume by schema:isPartOf (0..1).'
    """
    return " ".join(f"{one.source} leads to {one.target} by {one.name} ({one.count})." for one in diagram.edges)


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """Where a box stands: its left upper corner, its size, and the lines in it, each with its place."""

    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def lines(self) -> list[tuple[float, float, str, str]]:
        """Each field: where its name starts, its base line, the name, and the rest of it."""
        first = self.y + 2 * _LINE + _PADDING
        return [
            (self.x + _PADDING, round(first + number * _LINE, 1), field.name, f"{field.kind} {field.count}")
            for number, field in enumerate(self.box.fields)
        ]

    @property
    def title_y(self) -> float:
        """The base line of the name."""
        return self.y + _LINE

    @property
    def rule_y(self) -> float:
        """Where the line below the name runs."""
        return self.y + _LINE + 8


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """How a line runs, as the data of an SVG path, and where its text stands."""

    edge: Edge
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A diagram with a place for everything."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    edges: tuple[PlacedEdge, ...]
    words: str


@dataclass(slots=True)
class _Slot:
    """A box in its row, or the room that a line takes to pass between boxes."""

    name: str
    width: float
    height: float
    x: float = 0
    y: float = 0


def drawing_of(diagram: Diagram) -> Drawing:
    """Places for a diagram without circles: classes in rows, each below those that lead to it.

    >>> drawn = drawing_of(Diagram((Box("a", ()), Box("b", ())), (Edge("a", "b", "p", "1"),)))
    >>> [(placed.box.name, placed.y < 20) for placed in drawn.boxes]
    [('a', True), ('b', False)]
    """
    rows, chains = _rows(diagram)
    slots = {slot.name: slot for row in rows for slot in row}
    _order(rows, chains)
    width = max(sum(slot.width + _BESIDE for slot in row) for row in rows) + _BESIDE
    top = 8.0
    for row in rows:
        used = sum(slot.width + _BESIDE for slot in row) - _BESIDE
        left = (width - used) / 2
        for slot in row:
            slot.x, slot.y = round(left, 1), round(top, 1)
            left += slot.width + _BESIDE
        top += max(slot.height for slot in row) + _BETWEEN_ROWS
    boxes = {box.name: box for box in diagram.boxes}
    placed = tuple(
        PlacedBox(boxes[name], slot.x, slot.y, slot.width, slot.height) for name, slot in slots.items() if name in boxes
    )
    height = round(max(slot.y + slot.height for slot in slots.values()) + 8, 1)
    return Drawing(round(width, 1), height, placed, _edges(diagram, chains, slots), in_words(diagram))


def _rows(diagram: Diagram) -> tuple[list[list[_Slot]], list[list[str]]]:
    """The slots of each row, and for each edge the names of the slots that it runs through."""
    rank = {box.name: 0 for box in diagram.boxes}
    for _ in diagram.boxes:
        for edge in diagram.edges:
            rank[edge.target] = max(rank[edge.target], rank[edge.source] + 1)
    rows: list[list[_Slot]] = [[] for _ in range(max(rank.values()) + 1)]
    for box in diagram.boxes:
        texts = [box.name, *(f"{field.name}  {field.kind} {field.count}" for field in box.fields)]
        width = max(len(text) for text in texts) * _LETTER + 2 * _PADDING
        height = (1 + len(box.fields)) * _LINE + 2 * _PADDING + (4 if box.fields else 0)
        rows[rank[box.name]].append(_Slot(box.name, round(width, 1), height))
    chains = []
    for number, edge in enumerate(diagram.edges):
        between = range(rank[edge.source] + 1, rank[edge.target])
        names = [f"{number} in row {row}" for row in between]
        for row, name in zip(between, names, strict=True):
            rows[row].append(_Slot(name, _THROUGH, 0))
        chains.append([edge.source, *names, edge.target])
    return rows, chains


def _order(rows: list[list[_Slot]], chains: list[list[str]]) -> None:
    """Put each row in the order of the middles of what leads to it and of what it leads to, a few times."""
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for chain in chains:
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    for neighbours in (below, above, below, above):
        place = {slot.name: (position + 0.5) / len(row) for row in rows for position, slot in enumerate(row)}
        for row in rows:
            row.sort(
                key=lambda slot: (
                    sum(place[one] for one in neighbours[slot.name]) / len(neighbours[slot.name])
                    if neighbours[slot.name]
                    else place[slot.name]
                )
            )


def _edges(diagram: Diagram, chains: list[list[str]], slots: dict[str, _Slot]) -> tuple[PlacedEdge, ...]:
    """Lines that leave a box side by side below and reach the next side by side above, in the order of their ends."""
    ports: dict[tuple[int, bool], float] = {}
    for name, slot in slots.items():
        for is_end in (False, True):
            met = [number for number, chain in enumerate(chains) if chain[-1 if is_end else 0] == name]
            met.sort(key=lambda number: _middle(slots[chains[number][-2 if is_end else 1]]))
            for position, number in enumerate(met, 1):
                ports[number, is_end] = round(slot.x + slot.width * position / (len(met) + 1), 1)
    found = []
    texts: dict[float, list[float]] = defaultdict(list)
    for number in sorted(range(len(chains)), key=lambda one: ports[one, True]):
        chain = chains[number]
        first, last = slots[chain[0]], slots[chain[-1]]
        label_y = _free(texts, last.y - 30, ports[number, True], _text(diagram.edges[number]))
        x, y = ports[number, False], first.y + first.height
        path, label_x = f"M{x} {y}", x
        for name in chain[1:]:
            slot = slots[name]
            is_last = name == chain[-1]
            to_x = ports[number, True] if is_last else round(_middle(slot), 1)
            path += f" C{x} {round(y + _BEND, 1)} {to_x} {round(slot.y - _BEND, 1)} {to_x} {slot.y}"
            label_x = _crossing(x, y, to_x, slot.y, label_y)
            x, y = to_x, slot.y
            if not is_last:
                # Past the boxes of the row.
                y = round(slot.y + max(other.height for other in slots.values() if other.y == slot.y), 1)
                path += f" V{y}"
        found.append(PlacedEdge(diagram.edges[number], path, label_x, label_y))
    return tuple(found)


def _free(texts: dict[float, list[float]], y: float, x: float, text: str) -> float:
    """The lowest height at which a text about a place has room beside those before it, which are left of it."""
    half = len(text) * _LETTER / 2 + _PADDING
    while any(x - half < end for end in texts[y]):
        y = round(y - _ROW_OF_LABELS, 1)
    texts[y].append(x + half)
    return y


def _text(edge: Edge) -> str:
    return f"{edge.name} {edge.count}"


def _crossing(x: float, y: float, to_x: float, to_y: float, height: float) -> float:
    """Where a line between two points, bent as all are, is at a height."""
    low, high = 0.0, 1.0
    for _ in range(20):
        t = (low + high) / 2
        at = _bezier(y, y + _BEND, to_y - _BEND, to_y, t)
        low, high = (t, high) if at < height else (low, t)
    return round(_bezier(x, x, to_x, to_x, low), 1)


def _bezier(start: float, first: float, second: float, end: float, t: float) -> float:
    u = 1 - t
    return u**3 * start + 3 * u**2 * t * first + 3 * u * t**2 * second + t**3 * end


def _middle(slot: _Slot) -> float:
    return slot.x + slot.width / 2
