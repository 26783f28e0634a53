"""Loading SHACL shapes, ours or a user's, and refusing what would check nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from arrowkg.errors import InputError, UsageError
from arrowkg.terms import Triple
from arrowkg.validation.compiled.names import RDFS_CLASS, SH
from arrowkg.validation.oxigraph_terms import term_of_oxigraph
from arrowkg.vocab import RDF_TYPE, SCHEMA

if TYPE_CHECKING:
    from rdflib import Graph

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
_CLASS_SHAPES: Final = (RDFS_CLASS, f"<{SH}NodeShape>")


@dataclass(frozen=True, slots=True)
class Shapes:
    """A shapes graph that was looked over.

    Attributes:
        triples: the shapes graph, each triple once.
        target_classes: the terms of the classes that shapes target.
        target_nodes: the nodes that shapes target.
        subjects_of: the terms of the predicates whose subjects shapes target.
        objects_of: the terms of the predicates whose objects shapes target.
    """

    triples: tuple[Triple, ...]
    target_classes: frozenset[str]
    target_nodes: frozenset[str]
    subjects_of: frozenset[str]
    objects_of: frozenset[str]

    def graph(self) -> Graph:
        """The shapes graph as one of rdflib's.

        >>> len(load_shapes().graph()) == len(load_shapes().triples)
        True
        """
        from rdflib import Graph

        from arrowkg.validation.rdflib_terms import add_triples

        graph = Graph(bind_namespaces="none")
        add_triples(graph, self.triples)
        return graph

    def focus_nodes(self, triples: Iterable[Triple]) -> set[str]:
        """The nodes of a graph that some shape targets, subclasses aside (SHACL section 2.1.3).

        >>> load_shapes().focus_nodes([("<a:s>", RDF_TYPE, "<https://w3id.org/arrowkg/ns#Paper>")])
        {'<a:s>'}
        """
        focus = set(self.target_nodes)
        for subject, predicate, value in triples:
            if (predicate == RDF_TYPE and value in self.target_classes) or predicate in self.subjects_of:
                focus.add(subject)
            if predicate in self.objects_of:
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
    '<http://purl.org/spar/datacite/Identifier>'
    """
    where = shapes_folder() if folder is None else Path(folder)
    if not where.exists():
        raise UsageError(f"there are no shapes at {where}")
    files = sorted(where.glob("*.ttl")) if where.is_dir() else [where]
    if not files:
        raise UsageError(f"the folder {where} holds no shapes", hint="shapes are read from its .ttl files")
    triples = tuple(dict.fromkeys([triple for file in files for triple in _read(file, schema_ns)]))
    shapes = _looked_over(triples, str(where))
    if folder is not None:
        _check_well_formed(shapes.graph(), str(where))
    return shapes


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


def _read(file: Path, schema_ns: str) -> list[Triple]:
    """A file's triples, parsed strictly."""
    import pyoxigraph

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"it cannot be read ({error})", file=str(file)) from None
    for form in SCHEMA.values():
        text = re.sub(re.escape(form) + r"(?=[\">A-Z a-z])", SCHEMA[schema_ns], text)
    labels: dict[str, str] = {}

    def term(node: object) -> str:
        if isinstance(node, pyoxigraph.BlankNode):
            # Parsers number blank nodes as they like; reports name them, so they are numbered by place here.
            return "_:" + labels.setdefault(node.value, f"{file.stem}-{len(labels) + 1}")
        return term_of_oxigraph(node)

    try:
        return [
            (term(quad.subject), term(quad.predicate), term(quad.object))
            for quad in pyoxigraph.parse(text, pyoxigraph.RdfFormat.TURTLE, base_iri="urn:shapes")
        ]
    except SyntaxError as error:
        raise InputError(f"not Turtle: {error.msg}", file=str(file), line=error.lineno) from None


def _looked_over(triples: tuple[Triple, ...], where: str) -> Shapes:
    terms = {term for triple in triples for term in triple if term.startswith(f"<{SH}")}
    unknown = sorted(term[1:-1].removeprefix(SH) for term in terms if term[1:-1].removeprefix(SH) not in SHACL_TERMS)
    if unknown:
        names = ", ".join(f"sh:{name}" for name in unknown)
        raise InputError(f"SHACL does not define {names}", hint="is it misspelled? It would check nothing", file=where)
    targets = {
        target: {value for _, predicate, value in triples if predicate == f"<{SH}{target}>"} for target in _TARGETS
    }
    # A shape that is a class is a target of its own (section 2.1.3.3).
    typed = {
        name: {subject for subject, predicate, value in triples if predicate == RDF_TYPE and value == name}
        for name in _CLASS_SHAPES
    }
    targets["targetClass"] |= typed[_CLASS_SHAPES[0]] & typed[_CLASS_SHAPES[1]]
    if not any(targets.values()):
        raise InputError("no shape has a target, so nothing would be checked", file=where)
    return Shapes(triples, *(frozenset(targets[target]) for target in _TARGETS))
