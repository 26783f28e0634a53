"""Loading SHACL shapes, ours or a user's, and refusing what would check nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from arrowkg.errors import InputError, UsageError
from arrowkg.terms import Triple
from arrowkg.vocab import RDF, SCHEMA, XSD

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

SH: Final = "http://www.w3.org/ns/shacl#"

# Every term of the SHACL recommendation of 20 July 2017 that a shapes graph may use.
SHACL_TERMS: Final = frozenset(
    """NodeShape PropertyShape Shape ConstraintComponent Parameter Parameterizable SPARQLConstraint
    SPARQLConstraintComponent SPARQLAskValidator SPARQLSelectValidator SPARQLExecutable SPARQLAskExecutable
    SPARQLSelectExecutable Validator PrefixDeclaration Severity Info Violation Warning NodeKind BlankNode
    BlankNodeOrIRI BlankNodeOrLiteral IRI IRIOrLiteral Literal PropertyGroup ResultAnnotation
    alternativePath and annotationProperty annotationValue annotationVarName ask class closed datatype deactivated
    declare defaultValue description disjoint entailment equals flags group hasValue ignoredProperties in
    inversePath labelTemplate languageIn lessThan lessThanOrEquals maxCount maxExclusive maxInclusive maxLength
    message minCount minExclusive minInclusive minLength name namespace node nodeKind nodeValidator not
    oneOrMorePath optional or order parameter path pattern prefix prefixes property propertyValidator
    qualifiedMaxCount qualifiedMinCount qualifiedValueShape qualifiedValueShapesDisjoint resultAnnotation select
    severity shapesGraph sparql suggestedShapesGraph targetClass targetNode targetObjectsOf targetSubjectsOf
    uniqueLang validator xone zeroOrMorePath zeroOrOnePath""".split()
)

_TARGETS: Final = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
_TYPE: Final = f"<{RDF}type>"


@dataclass(frozen=True, slots=True)
class Shapes:
    """A shapes graph that was looked over.

    Attributes:
        graph: the shapes as an rdflib graph.
        target_classes: IRIs of the classes that shapes target.
        target_nodes: the nodes that shapes target.
        subjects_of: IRIs of the predicates whose subjects shapes target.
        objects_of: IRIs of the predicates whose objects shapes target.
    """

    graph: Graph
    target_classes: frozenset[str]
    target_nodes: frozenset[str]
    subjects_of: frozenset[str]
    objects_of: frozenset[str]

    def focus_nodes(self, triples: Iterable[Triple]) -> set[str]:
        """The nodes of a graph that some shape targets, subclasses aside (SHACL section 2.1.3).

        >>> load_shapes().focus_nodes([("<a:s>", f"<{RDF}type>", "<https://w3id.org/arrowkg/ns#Paper>")])
        {'<a:s>'}
        """
        classes = {f"<{found}>" for found in self.target_classes}
        subjects_of = {f"<{found}>" for found in self.subjects_of}
        objects_of = {f"<{found}>" for found in self.objects_of}
        focus = {f"<{node}>" for node in self.target_nodes}
        for subject, predicate, value in triples:
            if (predicate == _TYPE and value in classes) or predicate in subjects_of:
                focus.add(subject)
            if predicate in objects_of:
                focus.add(value)
        return focus


def shapes_folder() -> Path:
    """The folder of the shapes that come with arrowkg: inside the installed package, or in a checkout beside ``src``.

    >>> (shapes_folder() / "paper.ttl").is_file()
    True
    """
    package = Path(__file__).parents[1]
    installed = package / "shapes"
    return installed if installed.is_dir() else package.parents[1] / "shapes"


def load_shapes(folder: str | Path | None = None, schema_ns: str = "https") -> Shapes:
    """The shapes of every ``.ttl`` file in a folder, ours if none is named.

    schema.org's namespace in them is brought to the form of the data.

    Raises:
        UsageError: the folder is missing or holds no shapes file.
        InputError: a file is no Turtle, or uses a ``sh:`` term that SHACL does not define, or no shape has a target.

    >>> sorted(load_shapes().target_classes)[0]
    'http://purl.org/spar/datacite/Identifier'
    """
    from rdflib import Graph

    where = shapes_folder() if folder is None else Path(folder)
    if not where.exists():
        raise UsageError(f"there are no shapes at {where}")
    files = sorted(where.glob("*.ttl")) if where.is_dir() else [where]
    if not files:
        raise UsageError(f"the folder {where} holds no shapes", hint="shapes are read from its .ttl files")
    graph = Graph(bind_namespaces="none")
    for file in files:
        _parse_into(graph, file, schema_ns)
    if folder is not None:
        _check_well_formed(graph, str(where))
    return _looked_over(graph, str(where))


def _check_well_formed(graph: Graph, where: str) -> None:
    """Refuse shapes that the shapes of SHACL's own recommendation refuse, and patterns that are none."""
    from pyshacl.entrypoints import meta_validate
    from rdflib import URIRef

    for pattern in graph.objects(None, URIRef(f"{SH}pattern")):
        try:
            re.compile(str(pattern))
        except re.error as error:
            raise InputError(
                f"the shapes cannot be used: {str(pattern)!r} is no pattern ({error})", file=where
            ) from None
    conforms, _, report = meta_validate(graph, inference="none")
    if not conforms:
        lines = [line.strip() for line in str(report).splitlines() if line.strip().startswith("Message:")]
        reason = lines[0].removeprefix("Message:").strip() if lines else "they are not well-formed"
        raise InputError(f"the shapes cannot be used: {reason}", file=where)


def _parse_into(graph: Graph, file: Path, schema_ns: str) -> None:
    """Add a file's triples, parsed strictly, to the graph."""
    import pyoxigraph
    from rdflib import BNode, Literal, URIRef

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"it cannot be read ({error})", file=str(file)) from None
    for form in SCHEMA.values():
        text = re.sub(re.escape(form) + r"(?=[\">A-Z a-z])", SCHEMA[schema_ns], text)
    labels: dict[str, str] = {}

    def node(term: pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal) -> Node:
        if isinstance(term, pyoxigraph.BlankNode):
            # Parsers number blank nodes as they like; reports name them, so they are numbered by place here.
            return BNode(labels.setdefault(term.value, f"{file.stem}-{len(labels) + 1}"))
        if isinstance(term, pyoxigraph.NamedNode):
            return URIRef(term.value)
        if term.language:
            return Literal(term.value, lang=term.language)
        is_text = term.datatype.value == f"{XSD}string"
        return Literal(term.value, datatype=None if is_text else URIRef(term.datatype.value))

    try:
        for quad in pyoxigraph.parse(text, pyoxigraph.RdfFormat.TURTLE, base_iri="urn:shapes"):
            graph.add((node(quad.subject), node(quad.predicate), node(quad.object)))
    except SyntaxError as error:
        raise InputError(f"not Turtle: {error.msg}", file=str(file), line=error.lineno) from None


def _looked_over(graph: Graph, where: str) -> Shapes:
    from rdflib import URIRef

    unknown = sorted(
        {
            str(term)
            for triple in graph
            for term in triple
            if isinstance(term, URIRef) and term.startswith(SH) and term[len(SH) :] not in SHACL_TERMS
        }
    )
    if unknown:
        names = ", ".join(f"sh:{term[len(SH) :]}" for term in unknown)
        raise InputError(f"SHACL does not define {names}", hint="is it misspelled? It would check nothing", file=where)
    targets = {target: set(graph.objects(None, URIRef(SH + target))) for target in _TARGETS}
    # A shape that is a class is a target of its own (section 2.1.3.3).
    classes = set(graph.subjects(URIRef(_TYPE[1:-1]), URIRef("http://www.w3.org/2000/01/rdf-schema#Class")))
    targets["targetClass"] |= classes & set(graph.subjects(URIRef(_TYPE[1:-1]), URIRef(f"{SH}NodeShape")))
    if not any(targets.values()):
        raise InputError("no shape has a target, so nothing would be checked", file=where)
    return Shapes(graph, *(frozenset(map(str, targets[target])) for target in _TARGETS))
