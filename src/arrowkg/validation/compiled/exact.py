"""Queries over literals that pyoxigraph does not keep as they are.

pyoxigraph keeps a number, a date or a truth value as its value: ``"01"^^xsd:integer`` comes back as ``"1"``, and so
``STR`` and counts of distinct terms say something else. Where a query reaches such a literal from a focus node,
rdflib's engine answers instead, which keeps lexical forms.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from arrowkg.terms import Triple
from arrowkg.validation.compiled.queries import BOUND
from arrowkg.validation.oxigraph_terms import oxigraph_quads, term_of_oxigraph

if TYPE_CHECKING:
    from rdflib.plugins.sparql.sparql import Query as Prepared


def is_changed(term: str) -> bool:
    """Whether pyoxigraph gives another term back than it was given.

    >>> is_changed('"01"^^<http://www.w3.org/2001/XMLSchema#integer>'), is_changed('"01"')
    (True, False)
    """
    return term[-1] == ">" and term[0] == '"' and _is_changed(term)


@lru_cache(maxsize=1 << 16)
def _is_changed(term: str) -> bool:
    import pyoxigraph

    store = pyoxigraph.Store()
    store.extend(oxigraph_quads([("<urn:s>", "<urn:p>", term)]))
    return any(term_of_oxigraph(quad.object) != term for quad in store)


def solutions(
    text: str,
    triples: Iterable[Triple],
    bound: Mapping[str, Sequence[str]],
    shapes: tuple[str, Iterable[Triple]] | None,
) -> list[dict[str, str]]:
    """The solutions of a query, by rdflib.

    Args:
        text: a query as :func:`arrowkg.validation.compiled.queries.prepared` makes it; it reads nothing from elsewhere.
        triples: the data.
        bound: the values of each variable that is bound beforehand.
        shapes: the name and the triples of the shapes graph, if the query looks into it.

    >>> one = '"01"^^<http://www.w3.org/2001/XMLSchema#integer>'
    >>> solutions("SELECT ?x { ?s <a:p> ?x }", [("<a:s>", "<a:p>", one)], {}, None) == [{"x": one}]
    True
    """
    from rdflib import Dataset, URIRef
    from rdflib.query import ResultRow

    from arrowkg.validation.rdflib_terms import add_triples, rdflib_node, term_of

    data = Dataset(default_union=False)
    add_triples(data.default_graph, triples)
    if shapes is not None:
        add_triples(data.graph(URIRef(shapes[0])), shapes[1])
    values = data.graph(URIRef(BOUND))
    for variable, terms in bound.items():
        for term in terms:
            values.add((URIRef(BOUND), URIRef(f"{BOUND}:{variable}"), rdflib_node(term)))
    with warnings.catch_warnings():
        # rdflib's own engine uses a name of its data sets that rdflib calls deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        rows = list(data.query(_prepared(text)))
    return [{name: term_of(node) for name, node in row.asdict().items()} for row in rows if isinstance(row, ResultRow)]


@lru_cache(maxsize=256)
def _prepared(text: str) -> Prepared:
    from rdflib.plugins.sparql import prepareQuery

    return prepareQuery(text)
