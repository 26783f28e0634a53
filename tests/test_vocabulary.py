"""Every term that arrowkg writes exists where it says: in a published vocabulary, or in our own file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph
import pytest

from arrowkg import vocab
from arrowkg.terms import iri_of

ROOT: Final = Path(__file__).parents[1]
RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"

TERMS: Final[dict[str, str]] = {
    "https://w3id.org/arrowkg/ns#": """
        AuthorName AuthorPage Authorship NameOnly Paper SourceDisambiguated Venue Volume declaredAuthorRowCount
        declaredPaperCount homonymNumber identityStatus isInferred kindAsListed listedIn listedPaperCount nameAsListed
        sha256 venueAsListed""",
    "http://purl.org/spar/datacite/": "Identifier doi hasIdentifier usesIdentifierScheme",
    "http://purl.org/dc/terms/": "abstract creator title",
    "http://purl.org/spar/fabio/": """
        Book BookChapter ConferencePaper ConferenceProceedings Expression Journal JournalArticle Preprint Series
        WorkshopPaper WorkshopProceedings hasPublicationYear hasURL""",
    "http://xmlns.com/foaf/0.1/": "Agent name",
    "http://purl.org/vocab/frbr/core#": "partOf",
    "http://www.essepuntato.it/2010/06/literalreification/": "hasLiteralValue",
    "http://purl.org/spar/pro/": "RoleInTime author isDocumentContextFor isHeldBy withRole",
    "http://www.w3.org/ns/prov#": "Entity",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "type",
    "https://schema.org/": """
        Book Chapter CreativeWork CreativeWorkSeries ListItem Periodical Person PublicationVolume ScholarlyArticle
        about abstract author datePublished disambiguatingDescription headline identifier isPartOf item name position
        url""",
}
"""The names of the terms in each namespace, each looked up in its published vocabulary."""

PUBLISHED: Final = {
    "http://purl.org/spar/datacite/": "datacite.ttl",
    "http://purl.org/dc/terms/": "dcterms.nq",
    "http://purl.org/spar/fabio/": "fabio.ttl",
    "http://xmlns.com/foaf/0.1/": "foaf.nq",
    "http://purl.org/vocab/frbr/core#": "frbr.nq",
    "http://purl.org/spar/pro/": "pro.ttl",
    "http://www.w3.org/ns/prov#": "prov.nq",
    "https://schema.org/": "schema.nq",
}
"""The file that holds a vocabulary. Those of RDF and of literal reification are not among the files."""

CLASSES: Final = {
    "http://www.w3.org/2002/07/owl#Class",
    f"{RDFS}Class",
}


def names(namespace: str) -> set[str]:
    return set(TERMS[namespace].split())


def test_the_terms_are_these() -> None:
    listed = {f"<{namespace}{name}>" for namespace in TERMS for name in names(namespace)}
    assert vocab.known_terms("https") == listed
    in_http = {term.replace("<https://schema.org/", "<http://schema.org/") for term in listed}
    assert vocab.known_terms("http") == in_http


def test_each_constant_is_a_term_of_its_own() -> None:
    constants = [value for value in vars(vocab).values() if isinstance(value, str) and value.startswith("<")]
    fields = [name for name in vocab.Schema.__slots__ if name != "namespace"]
    assert len(constants) == len(set(constants))
    assert len(constants) + len(fields) == len(vocab.known_terms("https"))
    for name in fields:
        assert getattr(vocab.SCHEMA_HTTPS, name) == f"<https://schema.org/{name}>"
        assert getattr(vocab.SCHEMA_HTTP, name) == f"<http://schema.org/{name}>"
    assert vocab.schema("https") is vocab.SCHEMA_HTTPS
    assert vocab.schema("http") is vocab.SCHEMA_HTTP


def test_each_constant_is_documented() -> None:
    source = Path(vocab.__file__).read_text(encoding="utf-8")
    constants = [name for name, value in vars(vocab).items() if isinstance(value, str) and value.startswith("<")]
    for name in constants:
        assert re.search(rf'^{name}: Final = .*\n""".+"""$', source, re.MULTILINE), name


def test_the_prefix_table() -> None:
    assert vocab.prefixes("https") == {
        "ak": "https://w3id.org/arrowkg/ns#",
        "datacite": "http://purl.org/spar/datacite/",
        "dcterms": "http://purl.org/dc/terms/",
        "fabio": "http://purl.org/spar/fabio/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "frbr": "http://purl.org/vocab/frbr/core#",
        "literal": "http://www.essepuntato.it/2010/06/literalreification/",
        "pro": "http://purl.org/spar/pro/",
        "prov": "http://www.w3.org/ns/prov#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "schema": "https://schema.org/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
    assert vocab.prefixes("http") == {**vocab.prefixes("https"), "schema": "http://schema.org/"}
    assert list(vocab.prefixes("https")) == sorted(vocab.prefixes("https"))
    assert TERMS.keys() == set(vocab.prefixes("https").values()) - {vocab.XSD}


# In the published vocabularies.


def quads(path: Path) -> Iterator[tuple[str, str, str]]:
    for quad in pyoxigraph.parse(path=str(path)):
        if isinstance(quad.subject, pyoxigraph.NamedNode):
            value = quad.object.value if isinstance(quad.object, pyoxigraph.NamedNode) else str(quad.object)
            yield quad.subject.value, quad.predicate.value, value


@pytest.mark.shared
@pytest.mark.parametrize("namespace", PUBLISHED)
def test_each_term_is_in_its_published_vocabulary(namespace: str, shared: Path) -> None:
    types: dict[str, set[str]] = {}
    deprecated = set()
    # The copy of schema.org has its http form.
    published = namespace.replace("https://schema.org/", "http://schema.org/")
    for subject, predicate, value in quads(shared / "data" / "ontologies" / PUBLISHED[namespace]):
        if predicate == RDF_TYPE:
            types.setdefault(subject, set()).add(value)
        if predicate in ("http://www.w3.org/2002/07/owl#deprecated", "http://schema.org/supersededBy"):
            deprecated.add(subject)
    for name in names(namespace):
        term = f"{published}{name}"
        assert term in types, term
        assert term not in deprecated, term
        # Classes have names in capital letters, and properties and individuals have not.
        assert bool(types[term] & CLASSES) == name[0].isupper(), types[term]


def test_what_is_not_among_the_published_files() -> None:
    assert TERMS.keys() - PUBLISHED.keys() == {vocab.AK, vocab.RDF, vocab.LITERAL}
    assert iri_of(vocab.RDF_TYPE) == RDF_TYPE


# In our own file.


@pytest.fixture(scope="module")
def own() -> dict[str, dict[str, list[pyoxigraph.NamedNode | pyoxigraph.Literal]]]:
    """The triples of ak.ttl: subject, predicate, objects."""
    found: dict[str, dict[str, list[pyoxigraph.NamedNode | pyoxigraph.Literal]]] = {}
    for quad in pyoxigraph.parse(path=str(ROOT / "shapes" / "ak.ttl")):
        assert isinstance(quad.subject, pyoxigraph.NamedNode)
        assert isinstance(quad.object, pyoxigraph.NamedNode | pyoxigraph.Literal)
        found.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object)
    return found


Own = dict[str, dict[str, list[pyoxigraph.NamedNode | pyoxigraph.Literal]]]


def test_each_own_term_is_defined(own: Own) -> None:
    for name in names(vocab.AK):
        assert f"{vocab.AK}{name}" in own, name


def test_each_definition_is_of_a_term_that_is_written_or_of_its_class(own: Own) -> None:
    written = {f"{vocab.AK}{name}" for name in names(vocab.AK)}
    classes = {value.value for term in written for value in own[term][RDF_TYPE]}
    assert own.keys() - {vocab.AK} <= written | classes
    assert own.keys() - {vocab.AK} - written == {f"{vocab.AK}IdentityStatus"}


def test_each_definition_has_a_label_and_a_comment(own: Own) -> None:
    labels = []
    for term, properties in own.items():
        for predicate in ("label", "comment"):
            found = properties.get(f"{RDFS}{predicate}", [])
            assert [getattr(text, "language", None) for text in found] == ["en"], (term, predicate)
            assert found[0].value.strip() == found[0].value != ""
        labels.append((properties[f"{RDFS}label"][0].value, term[len(vocab.AK) :][:1].isupper()))
        if term != vocab.AK:
            assert [value.value for value in properties[f"{RDFS}isDefinedBy"]] == [vocab.AK]
    assert len(labels) == len(set(labels))


def test_each_definition_says_what_the_term_is(own: Own) -> None:
    owl = "http://www.w3.org/2002/07/owl#"
    for term, properties in own.items():
        types = {value.value for value in properties[RDF_TYPE]}
        name = term.removeprefix(vocab.AK)
        if not name:
            assert types == {f"{owl}Ontology"}
        elif name[0].islower():
            assert types in ({f"{owl}ObjectProperty"}, {f"{owl}DatatypeProperty"})
            assert f"{RDFS}range" in properties
        else:
            assert types in ({f"{owl}Class"}, {f"{vocab.AK}IdentityStatus", f"{owl}NamedIndividual"})
