"""Our terms as pyoxigraph's, and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from arrowkg.terms import Triple, iri_of, is_iri, literal_parts, text
from arrowkg.vocab import XSD

if TYPE_CHECKING:
    import pyoxigraph

    Node: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal


def oxigraph_node(term: str) -> Node:
    """A term of ours as a node of pyoxigraph's.

    >>> oxigraph_node('"Rat"@de')
    <Literal value=Rat language=de>
    """
    import pyoxigraph

    if is_iri(term):
        return pyoxigraph.NamedNode(iri_of(term))
    if term[0] == "_":
        return pyoxigraph.BlankNode(term[2:])
    lexical, datatype, language = literal_parts(term)
    if language:
        return pyoxigraph.Literal(lexical, language=language)
    return pyoxigraph.Literal(lexical, datatype=pyoxigraph.NamedNode(datatype) if datatype else None)


def oxigraph_quads(triples: Iterable[Triple], graph: str | None = None) -> list[pyoxigraph.Quad]:
    """Triples of ours as quads, each term made once.

    >>> len(oxigraph_quads([("<a:s>", "<a:p>", '"o"')]))
    1
    """
    import pyoxigraph

    made: dict[str, Any] = {}
    make, quad = oxigraph_node, pyoxigraph.Quad
    where = pyoxigraph.NamedNode(graph) if graph else pyoxigraph.DefaultGraph()
    quads = []
    for triple in triples:
        for term in triple:
            if term not in made:
                made[term] = make(term)
        subject, predicate, value = triple
        quads.append(quad(made[subject], made[predicate], made[value], where))
    return quads


def add_to_store(store: pyoxigraph.Store, triples: Collection[Triple], graph: str | None = None) -> None:
    """Add triples of ours to a store, in a named graph or in the default one.

    >>> import pyoxigraph
    >>> store = pyoxigraph.Store()
    >>> add_to_store(store, [("<a:s>", "<a:p>", '"o"'), ("_:b", "<a:p>", '"o"')])
    >>> len(store), store.contains_named_graph(pyoxigraph.NamedNode("a:g"))
    (2, False)
    """
    import pyoxigraph

    # Read as text, triples go in more than twice as fast, but blank nodes get new labels.
    if any(triple[0][0] == "_" or triple[2][0] == "_" for triple in triples):
        store.extend(oxigraph_quads(triples, graph))
        return
    text = "".join([f"{subject} {predicate} {value} .\n" for subject, predicate, value in triples])
    where = pyoxigraph.NamedNode(graph) if graph else None
    # Terms were checked where they were made or read, so they need not be again.
    store.load(text.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES, to_graph=where, lenient=True)


def term_of_oxigraph(node: object) -> str:
    """A node of pyoxigraph's as a term of ours.

    >>> term_of_oxigraph(oxigraph_node('"Rat"@de'))
    '"Rat"@de'
    """
    import pyoxigraph

    if isinstance(node, pyoxigraph.NamedNode):
        return f"<{node.value}>"
    if isinstance(node, pyoxigraph.BlankNode):
        return f"_:{node.value}"
    assert isinstance(node, pyoxigraph.Literal)
    if node.language:
        return f"{text(node.value)}@{node.language}"
    datatype = node.datatype.value
    return text(node.value) if datatype == f"{XSD}string" else f"{text(node.value)}^^<{datatype}>"
