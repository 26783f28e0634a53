"""Reading RDF files back: any notation that arrowkg writes, parsed strictly, from anywhere, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from arrowkg.errors import InputError
from arrowkg.files import Input
from arrowkg.terms import Triple, text

if TYPE_CHECKING:
    import pyoxigraph

_NOTATIONS: Final = {
    "turtle": "TURTLE",
    "ntriples": "N_TRIPLES",
    "nquads": "N_QUADS",
    "trig": "TRIG",
    "rdfxml": "RDF_XML",
    "jsonld": "JSON_LD",
}


def read_rdf(source: Input, notation: str) -> list[Triple]:
    """Every triple of an RDF file, of all its graphs, in file order; blank nodes are ``_:`` and a label.

    Args:
        source: the input, read as a whole.
        notation: one of the names in :data:`arrowkg.sources.RDF_SUFFIXES`.

    Raises:
        InputError: it is too large, is not of that notation, defines XML entities, or needs a remote context.
    """
    import pyoxigraph

    content = source.whole()
    if notation == "rdfxml" and (b"<!DOCTYPE" in content or b"\x00" in content):
        raise InputError("the RDF/XML has a DOCTYPE or is not UTF-8; neither is read", file=source.name)
    try:
        quads = pyoxigraph.parse(
            content,
            getattr(pyoxigraph.RdfFormat, _NOTATIONS[notation]),
            base_iri=None,
            rename_blank_nodes=False,
        )
        return [(_term(quad.subject), _term(quad.predicate), _term(quad.object)) for quad in quads]
    except SyntaxError as error:
        raise InputError(f"not {notation}: {error.msg}", file=source.name, line=error.lineno or None) from None
    except (ValueError, InputError) as error:
        raise InputError(f"not {notation}: {error}", file=source.name) from None


def _term(term: pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple) -> str:
    import pyoxigraph

    if isinstance(term, pyoxigraph.NamedNode):
        return f"<{term.value}>"
    if isinstance(term, pyoxigraph.BlankNode):
        return f"_:{term.value}"
    if isinstance(term, pyoxigraph.Triple):
        raise ValueError("triples inside triples are not read")
    if term.language:
        return f"{text(term.value)}@{term.language}"
    datatype = term.datatype.value
    if datatype == "http://www.w3.org/2001/XMLSchema#string":
        return text(term.value)
    return f"{text(term.value)}^^<{datatype}>"
