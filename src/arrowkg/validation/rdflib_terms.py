"""Our terms as rdflib's, and back, for the places where a graph of rdflib's is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rdflib import BNode, Literal, URIRef

from arrowkg.terms import Triple, iri_of, is_iri, literal_parts, text

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node


def rdflib_node(term: str) -> URIRef | Literal | BNode:
    """A term of ours as a node of rdflib's.

    >>> rdflib_node('"007"^^<http://www.w3.org/2001/XMLSchema#integer>')
    rdflib.term.Literal('007', datatype=rdflib.term.URIRef('http://www.w3.org/2001/XMLSchema#integer'))
    """
    if is_iri(term):
        return URIRef(iri_of(term))
    if term.startswith("_:"):
        return BNode(term[2:])
    lexical, datatype, language = literal_parts(term)
    if language:
        return Literal(lexical, lang=language)
    # Without normalize=False, rdflib would rewrite "007" to "7".
    return Literal(lexical, datatype=URIRef(datatype) if datatype else None, normalize=False)


def add_triples(graph: Graph, triples: Iterable[Triple]) -> None:
    """Add triples of ours to a graph of rdflib's.

    >>> from rdflib import Graph
    >>> graph = Graph()
    >>> add_triples(graph, [("<a:s>", "<a:p>", '"o"')])
    >>> len(graph)
    1
    """
    for subject, predicate, value in triples:
        graph.add((rdflib_node(subject), URIRef(iri_of(predicate)), rdflib_node(value)))


def term_of(node: Node) -> str:
    """A node of rdflib's as a term of ours.

    >>> term_of(URIRef("http://example.org/"))
    '<http://example.org/>'
    """
    if isinstance(node, Literal):
        value = text(str(node))
        if node.language:
            return f"{value}@{node.language}"
        return f"{value}^^<{node.datatype}>" if node.datatype else value
    return f"_:{node}" if isinstance(node, BNode) else f"<{node}>"
