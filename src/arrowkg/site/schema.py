"""The vocabulary and the shapes that come with arrowkg, as nodes whose terms have short names, and as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from arrowkg import vocab
from arrowkg.formats.names import by_subject
from arrowkg.terms import XSD, Triple, iri_of, is_iri, literal_parts
from arrowkg.validation.compiled.names import SH
from arrowkg.validation.shapes import shapes_folder
from arrowkg.vocab import RDF

RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
VOCABULARY: Final = "https://w3id.org/arrowkg/ns#"
SHAPES: Final = "https://w3id.org/arrowkg/shapes#"
_FIRST, _REST, _NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
# A paper first, then what it names, as the model has them.
_FILES: Final = ("paper", "authorship", "identifier", "author", "volume", "venue", "capture")


@dataclass(frozen=True, slots=True)
class Graph:
    """Triples as a tree, with the text they were written in.

    Attributes:
        turtle: the text as people wrote it.
        triples: its triples in order; blank nodes are ``_:b1``, ``_:b2`` and so on.
        nodes: subject, then predicate, then values.
        prefixes: the namespace of each prefix.
    """

    turtle: str
    triples: tuple[Triple, ...]
    nodes: dict[str, dict[str, list[str]]]
    prefixes: dict[str, str]

    def values(self, node: str, name: str) -> list[str]:
        """The values of a node's property, which has a short name.

        >>> load_vocabulary("https").values(f"<{VOCABULARY}Paper>", "rdfs:label")
        ['"paper"@en']
        """
        prefix, _, local = name.partition(":")
        return self.nodes.get(node, {}).get(f"<{self.prefixes[prefix]}{local}>", [])

    def text(self, node: str, name: str) -> str | None:
        """The text of a node's property, the first of several."""
        return next((literal_parts(value)[0] for value in self.values(node, name) if value[0] == '"'), None)

    def items(self, node: str) -> list[str]:
        """The members of an RDF list.

        >>> load_shapes("https")[0].items("_:nothing")
        []
        """
        found = []
        while node != _NIL and _FIRST in self.nodes.get(node, {}):
            found += self.nodes[node][_FIRST]
            node = self.nodes[node][_REST][0]
        return found

    def short(self, term: str) -> str:
        """A term as people write it.

        >>> load_vocabulary("https").short(f"<{VOCABULARY}Paper>")
        'ak:Paper'
        """
        if not is_iri(term):
            return literal_parts(term)[0] if term[0] == '"' else term
        iri = iri_of(term)
        for prefix, namespace in self.prefixes.items():
            if iri.startswith(namespace) and "/" not in iri[len(namespace) :]:
                return f"{prefix}:{iri[len(namespace) :]}"
        return iri

    @property
    def n_triples(self) -> bytes:
        """The triples, sorted by line."""
        return "".join(sorted(f"{s} {p} {o} .\n" for s, p, o in self.triples)).encode()

    @property
    def json_ld(self) -> bytes:
        """The triples as one JSON-LD document with a context of its own."""
        held = {value for _, _, value in self.triples if value.startswith("_:")}
        graph = [self._document(node) for node in self.nodes if node not in held]
        context = {prefix: {"@id": namespace, "@prefix": True} for prefix, namespace in self.prefixes.items()}
        document = {"@context": context, "@graph": graph}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def _document(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = {} if node.startswith("_:") else {"@id": self.short(node)}
        for predicate, values in self.nodes[node].items():
            if predicate == vocab.RDF_TYPE:
                found["@type"] = [self.short(value) for value in values]
            else:
                told = [self._value(value) for value in values]
                found[self.short(predicate)] = told[0] if len(told) == 1 else told
        return found

    def _value(self, value: str) -> Any:
        if value == _NIL or _FIRST in self.nodes.get(value, {}):
            return {"@list": [self._value(item) for item in self.items(value)]}
        if value.startswith("_:"):
            return self._document(value)
        if is_iri(value):
            return {"@id": self.short(value)}
        lexical, datatype, language = literal_parts(value)
        if language:
            return {"@value": lexical, "@language": language}
        if datatype and datatype != f"{XSD}string":
            return {"@value": lexical, "@type": self.short(f"<{datatype}>")}
        return lexical


@dataclass(frozen=True, slots=True)
class Group:
    """The shapes of one file.

    Attributes:
        name: the file's name without suffix.
        title: what it is about, such as ``Papers``.
        shapes: the shapes in the order in which they are written.
    """

    name: str
    title: str
    shapes: tuple[str, ...]


def load_vocabulary(schema_ns: str) -> Graph:
    """Our own terms.

    >>> load_vocabulary("https").text(f"<{VOCABULARY}>", "rdfs:label")
    'arrowkg vocabulary'
    """
    return _graph(_read(shapes_folder() / "ak.ttl", schema_ns), schema_ns)


def load_shapes(schema_ns: str) -> tuple[Graph, tuple[Group, ...]]:
    """The shapes, and which file each is from.

    >>> [group.title for group in load_shapes("https")[1]][:3]
    ['Papers', 'Authorships', 'Identifiers']
    """
    folder = shapes_folder()
    # A file that a later version adds comes last.
    files = sorted({path.stem for path in folder.glob("*.ttl")} - {"ak"}, key=lambda name: (_place(name), name))
    texts = {name: _read(folder / f"{name}.ttl", schema_ns) for name in files}
    whole = _graph("\n".join(texts.values()), schema_ns)
    groups = []
    for name, text in texts.items():
        part = _graph(text, schema_ns)
        about = next(node for node in part.nodes if f"<{OWL}Ontology>" in part.values(node, "rdf:type"))
        title = (part.text(about, "rdfs:label") or name).removeprefix("Shapes for ").capitalize()
        shapes = tuple(node for node in part.nodes if iri_of(node).startswith(SHAPES) and not _is_query(part, node))
        groups.append(Group(name, title, shapes))
    return whole, tuple(groups)


def _is_query(graph: Graph, node: str) -> bool:
    return bool(graph.values(node, "sh:select"))


def _place(name: str) -> int:
    return _FILES.index(name) if name in _FILES else len(_FILES)


def _read(path: Path, schema_ns: str) -> str:
    return path.read_text(encoding="utf-8").replace(vocab.SCHEMA["https"], vocab.SCHEMA[schema_ns])


def _graph(turtle: str, schema_ns: str) -> Graph:
    import pyoxigraph

    prefixes = {**vocab.prefixes(schema_ns), "sh": SH, "aks": SHAPES, "rdfs": RDFS, "owl": OWL, "rdf": RDF, "xsd": XSD}
    labels: dict[str, str] = {}

    def term(value: Any) -> str:
        # The parser numbers blank nodes at random; here they are numbered by place.
        if isinstance(value, pyoxigraph.BlankNode):
            return labels.setdefault(str(value), f"_:b{len(labels) + 1}")
        return str(value)

    triples = tuple(
        (term(quad.subject), term(quad.predicate), term(quad.object))
        for quad in pyoxigraph.parse(turtle, pyoxigraph.RdfFormat.TURTLE)
    )
    return Graph(turtle, triples, by_subject(triples), prefixes)
