"""The pages of the vocabulary and of the shapes, with their files and the diagram of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from arrowkg.site.diagram import Drawing, diagram_of, dot, drawing_of, mermaid
from arrowkg.site.rendering import FORMATS, Renderer, in_html
from arrowkg.site.schema import OWL, SHAPES, VOCABULARY, Graph, Group, load_shapes, load_vocabulary
from arrowkg.site.wording import Wording
from arrowkg.terms import iri_of

PAGES: Final = {"vocabulary.html": "Vocabulary", "shapes.html": "Shapes"}
"""The pages with their titles."""

_KINDS: Final = {
    "Class": "Classes",
    "ObjectProperty": "Properties that lead to nodes",
    "DatatypeProperty": "Properties with plain values",
    "NamedIndividual": "Individuals",
}
# A file that is looked at alone has no style sheet of the site, and follows the reader's system.
_STYLE: Final = """
svg{--ground:#fff;--text:#1b1d21;--quiet:#54585f;--line-strong:#7b818a;--accent:#0b57a4;--raised:#f3f4f6}
@media(prefers-color-scheme:dark){svg{--ground:#15171a;--text:#e7e8ea;--quiet:#abb0b8;--line-strong:#7f8690;\
--accent:#8dbbf2;--raised:#202327}}
text{fill:var(--text);font:11px ui-monospace,Menlo,Consolas,"Liberation Mono",monospace}
.name{font-weight:700}.quiet{fill:var(--quiet)}.ground{fill:var(--ground)}
.box rect{fill:var(--raised);stroke:var(--line-strong)}.rule{stroke:var(--line-strong)}
.edge{fill:none;stroke:var(--accent);stroke-width:1.5}.head{fill:var(--accent)}
.label{paint-order:stroke;stroke:var(--ground);stroke-width:5px;stroke-linejoin:round}
"""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the vocabulary, as its page shows it.

    Attributes:
        name: its local name, which is its anchor.
        short: its short name.
        label: its label.
        comment: what it means.
        facts: what else is said of it, each with a heading.
        count: how often the graph uses it.
    """

    name: str
    short: str
    label: str
    comment: str
    facts: tuple[tuple[str, Markup], ...]
    count: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A shape, as its page shows it.

    Attributes:
        name: its local name, which is its anchor.
        targets: what it is applied to; empty for a part of another shape.
        path: the property that it looks at, if it is about one.
        constraints: what it asks for.
        severity: how bad a breach of it is; ``None`` for a part of another shape.
        message: what a report says then.
    """

    name: str
    targets: tuple[Markup, ...]
    path: Markup | None
    constraints: tuple[Markup, ...]
    severity: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class VocabularyPage:
    """The page of the vocabulary; its template calls it ``page``."""

    base_iri: str
    iri: str
    comment: str
    groups: tuple[tuple[str, tuple[Term, ...]], ...]
    json_ld: Markup
    stem: str = "vocabulary"
    formats: tuple[tuple[str, str], ...] = FORMATS


@dataclass(frozen=True, slots=True)
class ShapesPage:
    """The page of the shapes; its template calls it ``page``."""

    base_iri: str
    iri: str
    groups: tuple[tuple[Group, tuple[Rule, ...]], ...]
    diagram: Markup
    stem: str = "shapes"
    formats: tuple[tuple[str, str], ...] = FORMATS

    @property
    def count(self) -> int:
        """How many shapes can be in a report."""
        return sum(1 for _, rules in self.groups for rule in rules if rule.message)


def schema_files(
    renderer: Renderer, base_iri: str, schema_ns: str, classes: dict[str, int], properties: dict[str, int]
) -> Iterator[tuple[str, bytes]]:
    """The files about the schema, each with its path.

    Args:
        renderer: of the site.
        base_iri: where the site is published.
        schema_ns: which form of schema.org's namespace its graph has.
        classes: nodes by the IRI of their class.
        properties: triples by the IRI of their property.
    """
    vocabulary = load_vocabulary(schema_ns)
    shapes, groups = load_shapes(schema_ns)
    for stem, graph in (("vocabulary", vocabulary), ("shapes", shapes)):
        yield f"{stem}.ttl", graph.turtle.encode()
        yield f"{stem}.nt", graph.n_triples
        yield f"{stem}.jsonld", graph.json_ld
    diagram = diagram_of(shapes)
    drawing = drawing_of(diagram)
    yield "schema.dot", dot(diagram).encode()
    yield "schema.mmd", mermaid(diagram).encode()
    yield "schema.svg", _svg(renderer, drawing, _STYLE).encode()
    wording = Wording(shapes)
    terms = _terms(vocabulary, shapes, wording, {**classes, **properties})
    told = vocabulary.text(f"<{VOCABULARY}>", "rdfs:comment") or ""
    about = in_html(vocabulary.json_ld.decode())
    page = VocabularyPage(base_iri, VOCABULARY, told, terms, about)
    yield "vocabulary.html", renderer.page("vocabulary.html", "vocabulary.html", "Vocabulary", page)
    rules = tuple((group, tuple(_rule(shapes, wording, shape) for shape in group.shapes)) for group in groups)
    shown = ShapesPage(base_iri, SHAPES, rules, Markup(_svg(renderer, drawing, "")))
    yield "shapes.html", renderer.page("shapes.html", "shapes.html", "Shapes", shown)


def _svg(renderer: Renderer, drawing: Drawing, style: str) -> str:
    return str(renderer.template("diagram.svg").render(drawing=drawing, style=Markup(style)))


def _terms(
    vocabulary: Graph, shapes: Graph, wording: Wording, counts: dict[str, int]
) -> tuple[tuple[str, tuple[Term, ...]], ...]:
    found: dict[str, list[Term]] = {kind: [] for kind in _KINDS}
    users = _users(shapes)
    for node in vocabulary.nodes:
        iri = iri_of(node)
        types = {iri_of(one).removeprefix(OWL) for one in vocabulary.values(node, "rdf:type")}
        kind = next((kind for kind in _KINDS if kind in types), None)
        if kind is None:
            continue
        facts = [
            (told, Markup(", ").join(wording.term(one) for one in values))
            for told, name in (("Stands on", "rdfs:domain"), ("Has values of", "rdfs:range"))
            if (values := vocabulary.values(node, name))
        ]
        if kind == "NamedIndividual":
            classes = [one for one in vocabulary.values(node, "rdf:type") if not iri_of(one).startswith(OWL)]
            facts.append(("Is one of", Markup(", ").join(map(wording.term, classes))))
        if named := users.get(node):
            facts.append(("Checked by", Markup(", ").join(map(wording.term, named))))
        name = iri.removeprefix(VOCABULARY)
        label, comment = (vocabulary.text(node, f"rdfs:{one}") or "" for one in ("label", "comment"))
        found[kind].append(Term(name, vocabulary.short(node), label, comment, tuple(facts), counts.get(iri, 0)))
    return tuple((told, tuple(found[kind])) for kind, told in _KINDS.items() if found[kind])


def _users(shapes: Graph) -> dict[str, list[str]]:
    """The shapes that look at each class or property."""
    found: dict[str, list[str]] = {}
    for node in shapes.nodes:
        for name in ("sh:targetClass", "sh:targetSubjectsOf", "sh:path"):
            for term in shapes.values(node, name):
                if node.startswith("<"):
                    found.setdefault(term, []).append(node)
    return found


def _rule(shapes: Graph, wording: Wording, shape: str) -> Rule:
    severity = shapes.values(shape, "sh:severity")
    paths = shapes.values(shape, "sh:path")
    message = shapes.text(shape, "sh:message")
    told = shapes.short(severity[0]).removeprefix("sh:") if severity else None
    return Rule(
        name=iri_of(shape).removeprefix(SHAPES),
        targets=tuple(wording.targets(shape)),
        path=wording.path(paths[0]) if paths else None,
        constraints=tuple(wording.constraints(shape)),
        severity=told,
        message=message,
    )
