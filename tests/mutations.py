"""Records with random damage, on which engines must agree: what one mistake in a mapping, or a hostile file, may bring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Final

from arrowkg.terms import Triple
from arrowkg.validation.rdflib_terms import term_of
from arrowkg.vocab import RDF_TYPE
from shape_cases import CASES, RECORDS

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SUBCLASS_OF: Final = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
BASE: Final = "https://kg.example.org/"

# Every value is spelled as rdflib, Jena and pyoxigraph agree to read it, well-formed or not. Years that are ill-formed
# are left out (to rdflib any text is a year), as are the characters that only some regular expressions call white space.
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
    "<urn:x>",
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
    found = []
    for graph in graphs:
        triples = [(term_of(s), term_of(p), term_of(o)) for s, p, o in graph]
        # rdflib makes up new labels for blank nodes in each run.
        text = repr(sorted(triples, key=lambda triple: [re.sub("_:.*", "_:", term) for term in triple]))
        names = {label: f"_:b{number}" for number, label in enumerate(dict.fromkeys(re.findall(r"_:\w+", text)))}
        found.append(tuple(sorted(tuple(names.get(term, term) for term in triple) for triple in triples)))
    return tuple(found)  # type: ignore[return-value]


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
