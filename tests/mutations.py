"""Records with random damage, on which engines must agree, and how their results are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from random import Random
from typing import Final, NamedTuple

import pyoxigraph
from rdflib import Graph

from arrowkg.terms import Triple
from arrowkg.validation import Result
from arrowkg.validation.compiled.constraints import Found
from arrowkg.validation.compiled.names import sh
from arrowkg.validation.compiled.paths import read_path
from arrowkg.validation.compiled.reading import ShapesGraph
from arrowkg.validation.oxigraph_terms import term_of_oxigraph
from arrowkg.validation.rdflib_terms import term_of
from arrowkg.validation.report import local_name, path_text
from arrowkg.vocab import RDF_TYPE
from shape_cases import CASES, RECORDS

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SUBCLASS_OF: Final = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
BASE: Final = "https://kg.example.org/"

# Every value is spelled as rdflib, Jena and pyoxigraph agree to read it, well-formed or not. Left out are ill-formed
# years (to rdflib any text is one) and the characters that only some regular expressions call white space.
ODD_VALUES: Final = (
    '""',
    '" "',
    '"2024"',
    '"text"@en',
    '"Text"@de-ch',
    '"a \\"quote\\" \\\\ and\\nlines"',
    '"é 石 \U0001f600"',
    f'"2025"^^<{XSD}gYear>',
    f'"02025"^^<{XSD}integer>',
    f'"0"^^<{XSD}integer>',
    f'"1"^^<{XSD}integer>',
    f'"2"^^<{XSD}integer>',
    f'"3"^^<{XSD}integer>',
    f'"01"^^<{XSD}integer>',
    f'"-1"^^<{XSD}integer>',
    f'"one"^^<{XSD}integer>',
    f'"1.5"^^<{XSD}decimal>',
    f'"1"^^<{XSD}decimal>',
    f'"1.0E0"^^<{XSD}double>',
    f'"2"^^<{XSD}int>',
    f'"true"^^<{XSD}boolean>',
    f'"false"^^<{XSD}boolean>',
    f'"1"^^<{XSD}boolean>',
    f'"maybe"^^<{XSD}boolean>',
    f'"2024-02-29"^^<{XSD}date>',
    f'"http://example.org/"^^<{XSD}anyURI>',
    '"x"^^<http://example.org/datatype>',
    "<http://example.org/elsewhere>",
    "<https://kg.example.org/paper/none>",
    "<urn:example:x>",
    "_:blank",
    "_:other",
)
ODD_PREDICATES: Final = (
    "<http://example.org/property>",
    "<http://www.w3.org/2002/07/owl#sameAs>",
    "<https://schema.org/sameAs>",
    "<https://schema.org/identifier>",
    "<http://purl.org/spar/datacite/hasIdentifier>",
)


@cache
def good_records() -> tuple[tuple[Triple, ...], ...]:
    """The good records and the broken cases of the shapes, in a fixed order."""
    graphs = [record.graph(BASE) for record in RECORDS.values()]
    graphs += [case.graph(BASE) for case in CASES]
    return tuple(tuple(sorted(_renamed(graph))) for graph in graphs)


def _renamed(graph: Graph) -> Iterator[Triple]:
    """The triples of a graph; rdflib makes up new labels for blank nodes in each run, so they are numbered here."""
    triples = [(term_of(s), term_of(p), term_of(o)) for s, p, o in graph]
    triples.sort(key=lambda triple: [plain(term) for term in triple])
    labels = dict.fromkeys(term for triple in triples for term in triple if term.startswith("_:"))
    names = {label: f"_:b{number}" for number, label in enumerate(labels)}
    for s, p, o in triples:
        yield names.get(s, s), p, names.get(o, o)


def mutated_records(count: int, seed: int) -> Iterator[list[Triple]]:
    """Records, each with one to five random changes; the same for the same seed."""
    random = Random(seed)
    for _ in range(count):
        triples = dict.fromkeys(random.choice(good_records()))
        for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
            _change(triples, random)
        yield list(triples)


def _change(triples: dict[Triple, None], random: Random) -> None:
    if not triples:
        return
    all_triples = list(triples)
    subject, predicate, value = random.choice(all_triples)
    nodes = sorted({triple[0] for triple in all_triples})
    predicates = sorted({triple[1] for triple in all_triples}) + list(ODD_PREDICATES)
    values = sorted({triple[2] for triple in all_triples})
    any_value = random.choice((random.choice(values), random.choice(ODD_VALUES)))
    match random.randrange(10):
        case 0:
            del triples[subject, predicate, value]
        case 1 | 2:
            del triples[subject, predicate, value]
            triples[subject, predicate, any_value] = None
        case 3:
            triples[subject, predicate, any_value] = None
        case 4:
            del triples[subject, predicate, value]
            triples[subject, random.choice(predicates), value] = None
        case 5:
            triples[random.choice(nodes), random.choice(predicates), any_value] = None
        case 6:
            for triple in all_triples:
                if triple[0] == subject and (predicate == RDF_TYPE or triple[1] == predicate):
                    del triples[triple]
        case 7:
            longer = subject[:-1] + "x>" if subject[0] == "<" else f"{subject}x"
            new = random.choice((longer, "_:renamed", random.choice(nodes)))
            for triple in all_triples:
                if subject in (triple[0], triple[2]):
                    del triples[triple]
                    renamed = [new if term == subject else term for term in triple]
                    triples[renamed[0], renamed[1], renamed[2]] = None
        case 8:
            classes = sorted({triple[2] for triple in all_triples if triple[1] == RDF_TYPE and triple[2][0] == "<"})
            if classes:
                triples[random.choice(classes), SUBCLASS_OF, random.choice(classes)] = None
        case _:
            triples[random.choice(nodes), RDF_TYPE, random.choice(values)] = None


class Row(NamedTuple):
    """What is compared of a result; blank nodes are all one, since engines name them as they like."""

    severity: str
    focus: str
    shape: str
    component: str
    path: str
    value: str


def rows_of(results: Iterable[Result]) -> Counter[Row]:
    """What is compared of an engine's results."""
    return Counter(
        Row(
            result.severity,
            plain(result.focus),
            local_name(plain(result.shape)),
            local_name(result.component).removesuffix("ConstraintComponent"),
            "" if result.path is None else path_text(result.path),
            plain(result.value or ""),
        )
        for result in results
    )


def plain(term: str) -> str:
    return "_:" if term.startswith("_:") else term


def plain_result(found: Found) -> Result:
    """A result of the compiled engine's own kind as one of those that engines give."""
    return Result("violation", found.focus, found.shape, found.component, found.message, found.path, found.value)


def rows_of_report(ntriples: bytes) -> Counter[Row]:
    """What is compared of the results of a report in N-Triples."""
    quads = pyoxigraph.parse(ntriples, pyoxigraph.RdfFormat.N_TRIPLES)
    return rows_of_graph(
        (term_of_oxigraph(quad.subject), term_of_oxigraph(quad.predicate), term_of_oxigraph(quad.object))
        for quad in quads
    )


def rows_of_graph(triples: Iterable[Triple]) -> Counter[Row]:
    """What is compared of the results of a report."""
    graph = ShapesGraph(triples)
    (report,) = graph.index.classes()[sh("ValidationReport")]
    rows: Counter[Row] = Counter()
    for result in graph.of(report, "result"):
        path = graph.one(result, "resultPath")
        rows[
            Row(
                local_name(graph.one(result, "resultSeverity") or "").lower(),
                plain(graph.one(result, "focusNode") or ""),
                local_name(plain(graph.one(result, "sourceShape") or "")),
                local_name(graph.one(result, "sourceConstraintComponent") or "").removesuffix("ConstraintComponent"),
                "" if path is None else path_text(read_path(graph, path)),
                plain(graph.one(result, "value") or ""),
            )
        ] += 1
    return rows


def differences(ours: Counter[Row], theirs: Counter[Row], peer: str) -> list[tuple[str, str, Row]]:
    """Each result that one of two engines has alone: why, if the cause is a known one, whose it is, and the result."""
    found = [("ours", row) for row in (ours - theirs).elements()]
    found += [("theirs", row) for row in (theirs - ours).elements()]
    return [(_cause(side, row, ours, theirs, peer), side, row) for side, row in found]


def _cause(side: str, row: Row, ours: Counter[Row], theirs: Counter[Row], peer: str) -> str:
    if peer == "pySHACL" and side == "ours" and row.component == "Datatype" and row.value.endswith("gYear>"):
        return "to rdflib any text is an xsd:gYear"
    if peer == "TopBraid" and side == "ours" and row.component == "Pattern" and "\xa0" in row.value:
        return "to Python a no-break space is white space"
    if row.component == "SPARQL":
        if ours[row] and theirs[row]:
            return "solutions that say the same are one result or several"
        return f"{peer} answers the query of {row.shape} otherwise"
    return ""
