"""One graph, the same triples in each notation, by readers that are not ours; and what each notation promises."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import zstandard
from lxml import etree

import strategies
from arrowkg import ArrowkgError, BadText, Capture, Entry, Paper, Settings, UsageError, read, vocab, write
from arrowkg.errors import BadRecord
from arrowkg.files import Output
from arrowkg.formats import FORMATS, format_for
from arrowkg.formats.jsonld import record_document
from arrowkg.iris import author_iri, name_key
from arrowkg.mapping import record_triples
from arrowkg.pipeline import Hooks, export
from arrowkg.sinks import Target
from judges import JAVA, NODE, canonical_lines, needs_java, needs_node
from judges.java import read_with_jena
from judges.jsonld import read_with_pyld
from judges.node import read_with_jsonld_js, read_with_n3

ROOT: Final = Path(__file__).parents[1]
SEEDS: Final = ROOT / "seeds"
GOOD_SEEDS: Final = tuple(
    str(path)
    for path in (SEEDS / "tomer-michaeli.txt", SEEDS / "papers.jsonl", *sorted((SEEDS / "odd").iterdir()))
    if path.suffix in (".txt", ".html", ".jsonl")
)
GRAPH: Final = "https://example.org/graphs/é#1"
SUFFIXES: Final = ("nt", "nq", "ttl", "trig", "jsonld", "jsonl", "rdf")

Reader = Callable[[Path], list[bytes]]


@cache
def seed_entries() -> tuple[Entry, ...]:
    return tuple(read(*GOOD_SEEDS))


def exported(entries: Iterable[Entry], path: Path, *, is_sorted: bool, **options: Any) -> list[BadRecord]:
    """Write what the notation carries; the records that it does not."""
    refused: list[BadRecord] = []
    with Output(str(path)) as output:
        target = Target(output, format_for(str(path)), is_sorted, options.pop("graph", None))
        export(entries, target, Settings(**options), hooks=Hooks(bad=refused.append))
    return refused


def one_document(path: Path) -> Path:
    """JSON-LD lines as one document, a list of theirs."""
    documents = path.read_bytes().split(b"\n")[:-1]
    whole = path.with_name(f"{path.name}.jsonld")
    whole.write_bytes(b"[" + b",".join(documents) + b"]")
    return whole


READERS: Final[tuple[tuple[str, str, Reader, list[pytest.MarkDecorator]], ...]] = (
    ("nt", "n3", lambda path: read_with_n3(path, "application/n-triples"), NODE),
    ("nt", "Jena", lambda path: read_with_jena(path, "ntriples"), JAVA),
    ("nq", "n3", lambda path: read_with_n3(path, "application/n-quads"), NODE),
    ("nq", "Jena", lambda path: read_with_jena(path, "nquads"), JAVA),
    ("ttl", "n3", lambda path: read_with_n3(path, "text/turtle"), NODE),
    ("ttl", "Jena", lambda path: read_with_jena(path, "turtle"), JAVA),
    ("trig", "n3", lambda path: read_with_n3(path, "application/trig"), NODE),
    ("trig", "Jena", lambda path: read_with_jena(path, "trig"), JAVA),
    ("jsonld", "jsonld.js", read_with_jsonld_js, NODE),
    ("jsonld", "Jena", lambda path: read_with_jena(path, "jsonld"), JAVA),
    ("jsonld", "PyLD", read_with_pyld, []),
    ("jsonl", "jsonld.js", lambda path: read_with_jsonld_js(one_document(path)), NODE),
    ("jsonl", "Jena", lambda path: read_with_jena(one_document(path), "jsonld"), JAVA),
    ("jsonl", "PyLD", lambda path: read_with_pyld(one_document(path)), []),
    ("rdf", "Jena", lambda path: read_with_jena(path, "rdfxml"), JAVA),
)


def each_reader(*suffixes: str, without: Sequence[str] = ()) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("suffix", "read_back"),
        [
            pytest.param(suffix, reader, marks=marks, id=f"{suffix}-{name}")
            for suffix, name, reader, marks in READERS
            if suffix in (suffixes or SUFFIXES) and name not in without
        ],
    )


Written = Callable[..., Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Writes the seeds in a notation, each file once."""
    folder = tmp_path_factory.mktemp("seeds")

    @cache
    def write_once(suffix: str, is_sorted: bool = True, **options: Any) -> Path:
        path = folder / f"{'-'.join(map(str, options.values())).replace('/', '_')}{is_sorted}.{suffix}"
        refused = exported(seed_entries(), path, is_sorted=is_sorted, **options)
        assert bool(refused) == (suffix == "rdf")
        return path

    return write_once


@cache
def expected_lines(is_xml: bool = False, **options: Any) -> frozenset[bytes]:
    """The statements of the seeds, straight from the mapping; without those that XML does not carry."""
    entries = [entry for entry in seed_entries() if not is_xml or strategies.is_carried_by_xml(entry)]
    records = [record_triples(entry.paper, Settings(**options), entry.capture) for entry in entries]
    return frozenset(f"{s} {p} {o} .".encode() for record in records for s, p, o in record.own + record.shared)


# One graph in each notation.


@pytest.mark.parametrize("is_sorted", [True, False])
@each_reader()
def test_each_notation_of_the_seeds_is_one_graph(
    suffix: str, read_back: Reader, is_sorted: bool, written: Written
) -> None:
    found = read_back(written(suffix, is_sorted))
    assert set(found) == expected_lines(is_xml=suffix == "rdf")
    if is_sorted and suffix != "jsonl":
        assert len(found) == len(set(found))


@each_reader()
def test_each_notation_of_one_paper_is_one_graph(suffix: str, read_back: Reader, tmp_path: Path) -> None:
    write(read(SEEDS / "odd" / "one-paper.txt"), tmp_path / f"one.{suffix}")
    write(read(SEEDS / "odd" / "one-paper.txt"), tmp_path / "one.nt", is_sorted=True)
    found = read_back(tmp_path / f"one.{suffix}")
    assert sorted(found) == canonical_lines((tmp_path / "one.nt").read_bytes())


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Writes the real pages in a notation, each file once."""
    folder = tmp_path_factory.mktemp("real")
    pages = sorted(path for path in (shared / "data" / "arrow").glob("*.txt"))
    assert len(pages) > 20
    entries = list(read(*pages))

    @cache
    def write_once(suffix: str, is_sorted: bool = True) -> Path:
        path = folder / f"{is_sorted}.{suffix}"
        refused = exported(entries, path, is_sorted=is_sorted)
        unfit = {(entry.file, entry.line) for entry in entries if not strategies.is_carried_by_xml(entry)}
        assert {(error.file, error.line) for error in refused} == (unfit if suffix == "rdf" else set())
        if suffix == "rdf":
            exported([e for e in entries if strategies.is_carried_by_xml(e)], folder / "carried.nt", is_sorted=True)
        return path

    return write_once


@pytest.mark.shared
@each_reader(without=("PyLD",))
def test_each_notation_of_the_real_pages_is_one_graph(suffix: str, read_back: Reader, real: Written) -> None:
    path = real(suffix)
    expected = path.with_name("carried.nt") if suffix == "rdf" else real("nt")
    found = read_back(path)
    assert (sorted(set(found)) if suffix == "jsonl" else found) == canonical_lines(expected.read_bytes())


@pytest.mark.shared
def test_sorted_lines_of_the_real_pages_are_those_of_sort(real: Written) -> None:
    assert sorted_by_the_system(real("nt", is_sorted=False)) == real("nt").read_bytes()


# Named graphs.


@each_reader("nq", "trig", "jsonld", "jsonl")
@pytest.mark.parametrize("is_sorted", [True, False])
def test_a_named_graph(suffix: str, read_back: Reader, is_sorted: bool, written: Written) -> None:
    found = read_back(written(suffix, is_sorted, graph=GRAPH))
    assert set(found) == {line[:-1] + f"<{GRAPH}> .".encode() for line in expected_lines()}


@each_reader("nq", "trig", "jsonld", "jsonl", without=("Jena", "jsonld.js"))
@pytest.mark.parametrize("graph", ["urn:example:g", "schema:g", "ak:g", "name:g", "x:"])
def test_a_named_graph_is_named_as_told_or_refused(suffix: str, read_back: Reader, graph: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{suffix}"
    try:
        write([Paper("On Stones")], path, graph=graph)
    except UsageError:
        # In JSON-LD a name that starts as a prefixed name does cannot be written.
        assert suffix.startswith("json") and graph.partition(":")[0] in vocab.prefixes("https")
        assert not path.exists()
        return
    graphs = {line.rpartition(b" <")[2] for line in read_back(path)}
    assert graphs == {f"{graph}> .".encode()}


@pytest.mark.parametrize("suffix", ["nt", "ttl", "rdf"])
def test_a_notation_without_graphs_says_so(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no named graphs"):
        write([Paper("On Stones")], tmp_path / f"out.{suffix}", graph=GRAPH)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["nq", "trig", "jsonld", "jsonl"])
@pytest.mark.parametrize("graph", ["stones", "a b:c", "https://example.org/a b", "https://example.org/<x>", "_:b0"])
def test_a_graph_needs_an_absolute_iri(suffix: str, graph: str, tmp_path: Path) -> None:
    with pytest.raises(ArrowkgError):
        write([Paper("On Stones")], tmp_path / f"out.{suffix}", graph=graph)
    assert not list(tmp_path.iterdir())


# The http form of schema.org.


@each_reader()
def test_the_http_form_of_schema_org(suffix: str, read_back: Reader, written: Written) -> None:
    path = written(suffix, schema_ns="http")
    assert b"https://schema.org/" not in path.read_bytes()
    assert b"http://schema.org/" in path.read_bytes()
    https = expected_lines(is_xml=suffix == "rdf")
    assert set(read_back(path)) == {line.replace(b"<https://schema.org/", b"<http://schema.org/") for line in https}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_https_form_of_schema_org(suffix: str, written: Written) -> None:
    assert b"http://schema.org" not in written(suffix).read_bytes()


# Other base IRIs.


@each_reader()
@pytest.mark.parametrize(
    "base", ["http://kg.example.org:8080/lab/", "https://kg.example.org/a&b='c'/(d)/$e;f,g~/%C3%A9/"]
)
def test_an_odd_base_iri(suffix: str, read_back: Reader, base: str, tmp_path: Path) -> None:
    settings = Settings(base_iri=base)
    paths = [tmp_path / f"out.{suffix}", tmp_path / "out.nt"]
    for path in paths:
        write(read(SEEDS / "papers.jsonl"), path, settings=settings)
    found = set(read_back(paths[0]))
    assert found == set(canonical_lines(paths[1].read_bytes()))
    assert all(line.startswith(f"<{base}".encode()) for line in found)


@pytest.mark.parametrize(
    "base", ["https://kg.example.org/%zz/", "https://kg.example.org/100%/", "https://kg.example.org/%4/"]
)
def test_a_base_that_makes_invalid_iris_is_refused(base: str) -> None:
    with pytest.raises(UsageError):
        Settings(base_iri=base)


# Lines, sorted and streamed.


def sorted_by_the_system(path: Path) -> bytes:
    return subprocess.run(
        ["sort", "-u", str(path)], env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE, check=True
    ).stdout


@pytest.mark.parametrize(("suffix", "options"), [("nt", {}), ("nq", {}), ("nq", {"graph": GRAPH})])
def test_sorted_lines_are_those_of_sort(suffix: str, options: dict[str, Any], written: Written) -> None:
    streamed, in_order = written(suffix, False, **options), written(suffix, True, **options)
    assert streamed.read_bytes() != in_order.read_bytes()
    assert sorted_by_the_system(streamed) == in_order.read_bytes()


def test_sorted_lines_of_hostile_texts_are_those_of_sort(tmp_path: Path) -> None:
    entries = strategies.hostile_entries(6000, 3)[::3]
    for name, is_sorted in (("streamed.nt", False), ("sorted.nt", True)):
        write(entries, tmp_path / name, is_sorted=is_sorted)
    assert sorted_by_the_system(tmp_path / "streamed.nt") == (tmp_path / "sorted.nt").read_bytes()


@pytest.mark.parametrize("suffix", ["nt", "nq"])
def test_what_streams_repeats_nothing_of_shared_nodes_and_loses_nothing(suffix: str, written: Written) -> None:
    blob = written(suffix, False).read_bytes()
    lines = blob.split(b"\n")[:-1]
    assert set(lines) == expected_lines()
    repeated = {line for line, count in Counter(lines).items() if count > 1}
    own = (
        b"<https://kg.example.org/paper/",
        b"<https://kg.example.org/authorship/",
        b"<https://kg.example.org/identifier/",
    )
    assert all(line.startswith(own) for line in repeated)
    shared = [line for line in lines if not line.startswith(own)]
    assert len(shared) == len(set(shared))


def test_what_streams_has_each_later_spelling(tmp_path: Path) -> None:
    papers = [
        Paper("One", ("Ada Quill",), venue="ICLR", kind="Conference Paper", year=2024),
        Paper("Two", ("ADA QUILL",), venue="Iclr", kind="Conference Paper", year=2024),
        Paper("Three", ("Ada Quill",), venue="ICLR", kind="Conference Paper", year=2024),
    ]
    write(papers, tmp_path / "out.nt", is_sorted=False)
    text = (tmp_path / "out.nt").read_text()
    for predicate, value in (
        ("https://schema.org/name", "ADA QUILL"),
        ("http://xmlns.com/foaf/0.1/name", "ADA QUILL"),
        ("https://schema.org/name", "Iclr 2024"),
        ("http://purl.org/dc/terms/title", "Iclr"),
    ):
        assert text.count(f'<{predicate}> "{value}" .\n') == 1


def test_the_summary_counts_what_is_written(tmp_path: Path) -> None:
    counts: dict[bool, set[int]] = {True: {len(expected_lines())}, False: set()}
    for suffix in ("nt", "nq", "ttl", "trig", "jsonld"):
        for is_sorted, seen in counts.items():
            path = tmp_path / f"out.{suffix}"
            summary = write(seed_entries(), path, is_sorted=is_sorted)
            assert summary.is_written
            assert summary.papers == len(seed_entries())
            seen.add(summary.triples)
            if suffix in ("nt", "nq"):
                seen.add(path.read_bytes().count(b"\n"))
    assert [len(seen) for seen in counts.values()] == [1, 1]


# Turtle and TriG.

PREFIX: Final = re.compile(r"@prefix ([a-z]+): <([^>]*)> \.")
TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|<[^>]*>|([a-z]+):[A-Za-z0-9]+')


def declared_and_used(path: Path) -> tuple[list[str], set[str]]:
    text = path.read_text(encoding="utf-8")
    head, _, body = text.partition("\n\n")
    declared = PREFIX.findall(head)
    assert head == "\n".join(f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in declared)
    table = vocab.prefixes("https")
    assert all(table[prefix] == namespace for prefix, namespace in declared)
    assert [prefix for prefix, _ in declared] == [prefix for prefix in table if prefix in dict(declared)]
    return [prefix for prefix, _ in declared], {match[1] for match in TOKEN.finditer(body) if match[1]}


@pytest.mark.parametrize(
    ("paper", "absent"),
    [
        (Paper("On Stones"), {"datacite", "frbr", "foaf", "literal", "pro", "prov", "rdf", "xsd"}),
        (Paper("On Stones", ("Ada Quill",)), {"datacite", "frbr", "literal", "prov", "rdf", "xsd"}),
        (Paper("On Stones", venue="ICLR"), {"datacite", "foaf", "literal", "pro", "prov", "rdf", "xsd"}),
        (Paper("On Stones", doi="10.5555/1"), {"foaf", "frbr", "pro", "prov", "rdf", "xsd"}),
        (Paper("On Stones", url="a"), {"datacite", "foaf", "frbr", "literal", "pro", "prov", "rdf"}),
        (Paper("On Stones", year=2024), {"datacite", "foaf", "frbr", "literal", "pro", "prov", "rdf"}),
    ],
)
@pytest.mark.parametrize("suffix", ["ttl", "trig"])
def test_sorted_turtle_declares_the_prefixes_that_it_uses(
    suffix: str, paper: Paper, absent: set[str], tmp_path: Path
) -> None:
    write([paper], tmp_path / f"out.{suffix}")
    declared, used = declared_and_used(tmp_path / f"out.{suffix}")
    assert set(declared) == used == vocab.prefixes("https").keys() - absent


def test_the_seeds_use_the_prefixes_that_they_declare(written: Written) -> None:
    declared, used = declared_and_used(written("ttl"))
    assert set(declared) == used == vocab.prefixes("https").keys() - {"rdf"}


@pytest.mark.parametrize("suffix", ["ttl", "trig"])
def test_streamed_turtle_declares_the_whole_table(suffix: str, tmp_path: Path) -> None:
    write([Paper("On Stones")], tmp_path / f"out.{suffix}", is_sorted=False)
    assert declared_and_used(tmp_path / f"out.{suffix}")[0] == list(vocab.prefixes("https"))


def subjects_in_order(path: Path) -> list[str]:
    base = "https://kg.example.org/"
    return re.findall(rf"^<{base}([^>]*)>$", path.read_text(encoding="utf-8"), re.MULTILINE)


def section(subject: str) -> int:
    """The place of a node's kind in sorted output."""
    kind, _, rest = subject.partition("/")
    if kind in ("venue", "journal"):
        return 3 if "/" in rest else 4
    return {"paper": 1, "authorship": 1, "identifier": 1, "author": 2, "book": 3, "capture": 5}[kind]


def test_sorted_turtle_has_each_node_once_and_each_kind_together(written: Written) -> None:
    subjects = subjects_in_order(written("ttl"))
    assert len(subjects) == len(set(subjects))
    sections = [section(subject) for subject in subjects]
    assert sections == sorted(sections)
    assert set(sections) == {1, 2, 3, 4, 5}


def test_a_paper_is_followed_by_its_authorships_in_order_and_its_identifier(tmp_path: Path) -> None:
    papers = [Paper(f"On Stones {n}", tuple(f"Author {n}" for n in range(12)), doi="10.5555/1") for n in range(3)]
    write(papers, tmp_path / "out.ttl")
    subjects = [subject for subject in subjects_in_order(tmp_path / "out.ttl") if section(subject) == 1]
    for i in range(3):
        paper, *parts = subjects[14 * i : 14 * i + 14]
        key = paper.removeprefix("paper/")
        assert parts == [*(f"authorship/{key}-{n}" for n in range(1, 13)), f"identifier/{key}-doi"]


@pytest.mark.parametrize("kind", ["paper/", "author/", "venue/", "journal/", "book/", "capture/"])
def test_nodes_of_a_kind_go_by_iri(kind: str, written: Written) -> None:
    subjects = [subject for subject in subjects_in_order(written("ttl")) if subject.startswith(kind)]
    by_section = [[subject for subject in subjects if section(subject) == n] for n in range(1, 6)]
    assert any(by_section)
    for found in by_section:
        assert found == sorted(found)


def test_properties_and_values_have_a_fixed_order(tmp_path: Path) -> None:
    stones = Paper(
        "On Stones",
        ("Bo Tarn", "Ada Quill 0001"),
        venue="ICLR",
        kind="Conference Paper",
        year=2024,
        abstract="A b.",
        doi="10.5555/1",
        url="https://example.org/1",
    )
    write([stones, Paper("On Sand", ("BO TARN", "bo tarn"))], tmp_path / "out.ttl")
    text = (tmp_path / "out.ttl").read_text()
    block = next(b for b in text.split("\n\n") if b.startswith("<https://kg.example.org/paper/iclr"))
    assert re.findall(r"^    ([a-z]+(?::\w+)?) ?", block, re.MULTILINE) == [
        "a", "schema:name", "schema:headline", "dcterms:title", "schema:datePublished", "fabio:hasPublicationYear",
        "schema:abstract", "dcterms:abstract", "schema:isPartOf", "frbr:partOf", "ak:venueAsListed", "ak:kindAsListed",
        "schema:author", "dcterms:creator", "pro:isDocumentContextFor", "schema:url", "fabio:hasURL",
        "schema:identifier", "datacite:hasIdentifier",
    ]  # fmt: skip
    assert "    a schema:ScholarlyArticle , fabio:ConferencePaper , ak:Paper ;\n" in block
    assert (
        "    schema:author\n        <https://kg.example.org/author/bo-tarn> ,\n"
        "        <https://kg.example.org/author/ada-quill-0001> ;\n"
    ) in block
    assert 'schema:name\n        "BO TARN" ,\n        "Bo Tarn" ,\n        "bo tarn" ;\n' in text
    assert "    schema:position 1 ;\n" in text
    assert '"2024"^^xsd:gYear' in text
    assert "    ak:isInferred true .\n" in text


# JSON-LD.

SCHEMA_TYPES: Final = {
    "ScholarlyArticle", "Chapter", "Book", "CreativeWork", "ListItem", "Person", "CreativeWorkSeries", "Periodical",
    "PublicationVolume",
}  # fmt: skip
OTHER_TYPE: Final = re.compile("(?:ak|fabio|foaf|pro|prov|datacite):[A-Z][A-Za-z]+")


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, but contexts."""
    if isinstance(value, list):
        for item in value:
            yield from objects_in(item)
    elif isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key != "@context":
                yield from objects_in(item)


def documents(written: Written, suffix: str, **options: Any) -> list[dict[str, Any]]:
    text = written(suffix, **options).read_text(encoding="utf-8")
    return [json.loads(text)] if suffix == "jsonld" else [json.loads(line) for line in text.split("\n")[:-1]]


@pytest.mark.parametrize("suffix", ["jsonld", "jsonl"])
@pytest.mark.parametrize("namespace", ["https", "http"])
def test_the_context_stands_in_the_document(suffix: str, namespace: str, written: Written) -> None:
    for document in documents(written, suffix, schema_ns=namespace):
        context = document["@context"]
        assert isinstance(context, dict)
        assert context["@vocab"] == f"{namespace}://schema.org/"
        assert context["alsoA"] == {"@id": "rdf:type", "@type": "@vocab"}
        assert {prefix: context[prefix] for prefix in vocab.prefixes(namespace)} == vocab.prefixes(namespace)
        assert not {"@import", "@base", "@list"} & context.keys()
        assert "@list" not in json.dumps(document)
        assert [found for found in objects_in(document) if "@context" in found] == [document]


@pytest.mark.parametrize("suffix", ["jsonld", "jsonl"])
def test_a_type_is_one_plain_name_of_schema_org(suffix: str, written: Written) -> None:
    nodes = [node for document in documents(written, suffix) for node in objects_in(document) if "alsoA" in node]
    assert len(nodes) > 100
    for node in nodes:
        assert [name for name in node["alsoA"] if OTHER_TYPE.fullmatch(name)] == node["alsoA"] != []
        if {"prov:Entity", "datacite:Identifier"}.isdisjoint(node["alsoA"]):
            assert node["@type"] in SCHEMA_TYPES
        else:
            assert "@type" not in node
    assert not [node for document in documents(written, suffix) for node in objects_in(document) if "rdf:type" in node]


@cache
def bylines() -> dict[str, tuple[str, ...]]:
    """The names in each byline of the seeds, by the IRI of the paper."""
    return {record_triples(e.paper, Settings()).own[0][0][1:-1]: e.paper.authors for e in seed_entries()}


def in_a_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("suffix", ["jsonld", "jsonl"])
def test_authors_stand_in_byline_order(suffix: str, written: Written) -> None:
    nodes: dict[str, dict[str, Any]] = {}
    for document in documents(written, suffix):
        for node in objects_in(document.get("@graph", document)):
            nodes.setdefault(node["@id"], {}).update(node)
    assert {iri for iri, node in nodes.items() if "ak:Paper" in node.get("alsoA", ())} == bylines().keys()
    for iri, names in bylines().items():
        authorships = in_a_list(nodes[iri]["pro:isDocumentContextFor"])
        assert [authorship["position"] for authorship in authorships] == list(range(1, len(names) + 1))
        assert [authorship["ak:nameAsListed"] for authorship in authorships] == list(names)
        held = [authorship["item"] for authorship in authorships]
        authors = [a["@id"] if isinstance(a, dict) else a for a in in_a_list(nodes[iri]["author"])]
        assert authors == list(dict.fromkeys(held)) == in_a_list(nodes[iri]["dcterms:creator"])
        assert all(nodes[author]["name"] for author in authors)


def test_a_document_of_one_paper_holds_its_authors_with_their_names() -> None:
    for entry in seed_entries():
        document = record_document(*record_triples(entry.paper, Settings(), entry.capture), "https")
        authors = in_a_list(document["author"])
        assert [author["@type"] for author in authors] == ["Person"] * len(authors)
        keys = dict.fromkeys(name_key(name) for name in entry.paper.authors)
        assert [author["@id"] for author in authors] == [author_iri("https://kg.example.org/", key) for key in keys]
        for author, key in zip(authors, keys, strict=True):
            assert all(key.startswith(name_key(name)) for name in in_a_list(author["name"]))
        assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize("suffix", ["jsonld", "jsonl"])
def test_numbers_are_numbers_and_years_are_texts(suffix: str, written: Written) -> None:
    seen: Counter[str] = Counter()
    for document in documents(written, suffix):
        for node in objects_in(document):
            for key, value in node.items():
                seen[key] += 1
                if key == "position" or key.endswith("Count"):
                    assert type(value) is int
                elif key == "ak:isInferred":
                    assert value is True
                elif key in ("datePublished", "fabio:hasPublicationYear"):
                    assert re.fullmatch("[0-9]{4}", value)
                elif key in ("ak:homonymNumber", "ak:sha256"):
                    assert type(value) is str
                elif key not in ("@context", "@graph", "alsoA"):
                    assert all(type(item) in (str, dict) for item in in_a_list(value))
    assert {"position", "ak:isInferred", "datePublished", "ak:declaredPaperCount", "ak:homonymNumber"} <= seen.keys()


def test_a_document_a_line_is_whole(written: Written, tmp_path: Path) -> None:
    lines = written("jsonl", False).read_bytes().split(b"\n")[:-1]
    assert len(lines) == len(seed_entries())
    for entry, line in list(zip(seed_entries(), lines, strict=True))[::7]:
        path = tmp_path / "line.jsonld"
        path.write_bytes(line)
        own, shared = record_triples(entry.paper, Settings(), entry.capture)
        assert set(read_with_pyld(path)) == {" ".join((*triple, ".")).encode() for triple in own + shared}


@each_reader("jsonld", "jsonl", "ttl")
def test_large_numbers_stay_as_they_are(suffix: str, read_back: Reader, tmp_path: Path) -> None:
    page = Capture("Ada Quill", "0123456789abcdef" * 4, 2**53 + 1, 999_999_999_999_999_999, 1)
    path = tmp_path / f"out.{suffix}"
    write([Entry(Paper("On Stones"), "page.txt", 1, page)], path)
    numbers = {line.partition(b'"')[2].partition(b'"')[0] for line in read_back(path) if b"#declared" in line}
    assert numbers == {b"9007199254740993", b"999999999999999999"}


@each_reader("jsonld", "jsonl", without=("Jena", "jsonld.js"))
def test_numbers_beyond_those_of_machines_are_written_or_refused(
    suffix: str, read_back: Reader, tmp_path: Path
) -> None:
    page = Capture("Ada Quill", "0123456789abcdef" * 4, 2**70, None, 1)
    path = tmp_path / f"out.{suffix}"
    try:
        write([Entry(Paper("On Stones"), "page.txt", 1, page)], path)
    except ArrowkgError:
        assert not path.exists()
    else:
        assert b'"1180591620717411303424"' in b"".join(read_back(path))


# RDF/XML.


def test_rdf_xml_is_well_formed_and_declares_the_prefixes_that_it_uses(written: Written, tmp_path: Path) -> None:
    for path in (written("rdf"), written("rdf", False)):
        root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
        assert b"<!DOCTYPE" not in path.read_bytes()
        assert "rdf" in root.nsmap
    write([Paper("On Stones")], tmp_path / "out.rdf")
    root = etree.fromstring((tmp_path / "out.rdf").read_bytes(), None)
    assert set(root.nsmap) == {"ak", "dcterms", "fabio", "rdf", "schema"}


CONTROLS: Final = [chr(code) for code in range(1, 0x20) if chr(code) not in strategies.XML_CONTROLS]


@pytest.mark.parametrize("field", ["title", "authors", "venue", "kind", "abstract", "doi", "url", "page"])
@pytest.mark.parametrize("is_sorted", [True, False])
def test_rdf_xml_refuses_control_characters_with_their_place(field: str, is_sorted: bool, tmp_path: Path) -> None:
    path = tmp_path / "out.rdf"
    path.write_text("the old file")
    for number, control in enumerate(CONTROLS, 2):
        text = f"a\\{control}b"
        changed: dict[str, Any] = {} if field == "page" else {field: (text,) if field == "authors" else text}
        paper = Paper(**{"title": "On Stones", **changed})
        page = Capture(text, "0123456789abcdef" * 4, 1, 1, 1) if field == "page" else None
        entries = [Entry(Paper("On Sand"), "page.txt", 1), Entry(paper, "page.txt", number, page)]
        with pytest.raises(BadText, match=f"U\\+{ord(control):04X}") as caught:
            write(entries, path, is_sorted=is_sorted)
        assert (caught.value.file, caught.value.line) == ("page.txt", number)
        assert caught.value.hint
    assert path.read_text() == "the old file"
    assert list(tmp_path.iterdir()) == [path]


def test_rdf_xml_refuses_a_control_character_of_a_page_at_its_line(tmp_path: Path) -> None:
    page = SEEDS / "odd" / "abstracts.txt"
    with pytest.raises(BadText, match=r"U\+000C") as caught:
        write(read(page), tmp_path / "out.rdf")
    assert caught.value.file == str(page)
    found = [entry.line for entry in read(page) if "\x0c" in (entry.paper.abstract or "")]
    assert [caught.value.line] == found


@needs_java
def test_rdf_xml_carries_all_that_looks_like_a_control_character(tmp_path: Path) -> None:
    backslashes = ["\\u0007", "\\\\u0007", "\\b", "\\f", "\\\\\\f", "a\\\n\\b"]
    likenesses = [*backslashes, "\t\n\r", "\x7f\x80\x9f", "&#7;", " ", "\n"]
    papers = [Paper(f"On Stones {n}", abstract=text) for n, text in enumerate(likenesses)]
    write(papers, tmp_path / "out.rdf")
    write(papers, tmp_path / "out.nt")
    found = read_with_jena(tmp_path / "out.rdf", "rdfxml")
    assert found == canonical_lines((tmp_path / "out.nt").read_bytes())


# Compressed files.

TOOLS: Final[dict[str, tuple[tuple[str, ...], Callable[[bytes], bytes]]]] = {
    ".gz": (("gzip", "-dc"), gzip.decompress),
    ".bz2": (("bzip2", "-dc"), bz2.decompress),
    ".xz": (("xz", "-dc"), lzma.decompress),
    ".zst": (("zstd", "-dcq"), lambda data: zstandard.ZstdDecompressor().stream_reader(data).read()),
}


@pytest.mark.parametrize("compression", TOOLS)
@pytest.mark.parametrize("suffix", ["nt", "ttl", "jsonld"])
def test_compressed_files_hold_the_same_bytes(
    suffix: str, compression: str, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = written(suffix).read_bytes()
    path, again = tmp_path / f"out.{suffix}{compression}", tmp_path / f"other.{suffix}{compression}"
    exported(seed_entries(), path, is_sorted=True)
    monkeypatch.setattr(time, "time", lambda: 1e9)
    exported(seed_entries(), again, is_sorted=True)
    command, decompress = TOOLS[compression]
    assert decompress(path.read_bytes()) == plain
    if shutil.which(command[0]):
        assert subprocess.run([*command, str(path)], stdout=subprocess.PIPE, check=True).stdout == plain
    assert path.read_bytes() == again.read_bytes()
    assert len(path.read_bytes()) < len(plain) / 2


@pytest.mark.parametrize("compression", TOOLS)
def test_a_suffix_in_capital_letters_compresses_too(compression: str, tmp_path: Path) -> None:
    path = tmp_path / f"OUT.NT{compression.upper()}"
    write([Paper("On Stones")], path)
    write([Paper("On Stones")], tmp_path / "out.nt")
    assert TOOLS[compression][1](path.read_bytes()) == (tmp_path / "out.nt").read_bytes()


@pytest.mark.parametrize("compression", TOOLS)
def test_a_refused_record_leaves_no_compressed_file(compression: str, tmp_path: Path) -> None:
    with pytest.raises(BadText):
        write([Paper("On Sand"), Paper("On\x07 Stones")], tmp_path / f"out.rdf{compression}", is_sorted=False)
    assert not list(tmp_path.iterdir())


# Whatever the notation.


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("is_sorted", [True, False])
def test_text_ends_with_a_line_feed_and_has_no_byte_order_mark(suffix: str, is_sorted: bool, written: Written) -> None:
    blob = written(suffix, is_sorted).read_bytes()
    assert blob.endswith(b"\n")
    assert not blob.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in blob
    blob.decode("utf-8")


def test_these_are_the_notations() -> None:
    assert {found.suffixes[0][1:] for found in FORMATS} == set(SUFFIXES)


@needs_node
@pytest.mark.parametrize("is_sorted", [True, False])
def test_equal_entries_of_two_files_are_one_paper_with_both_pages(is_sorted: bool, tmp_path: Path) -> None:
    paper = Paper("On Stones", ("Ada Quill",))
    pages = [Capture("Ada Quill", digit * 64, 1, 1, 1) for digit in "ab"]
    entries = [Entry(paper, f"{n}.txt", 16, page) for n, page in enumerate(pages)]
    write(entries, tmp_path / "out.nt", is_sorted=True)
    expected = canonical_lines((tmp_path / "out.nt").read_bytes())
    assert sum(b"listedIn" in line for line in expected) == 2
    assert sum(b"#Paper>" in line for line in expected) == 1
    for suffix in ("ttl", "trig", "nq"):
        path = tmp_path / f"out.{suffix}"
        write(entries, path, is_sorted=is_sorted)
        media_type = {"ttl": "text/turtle", "trig": "application/trig", "nq": "application/n-quads"}[suffix]
        assert sorted(set(read_with_n3(path, media_type))) == expected
    for suffix, reader in (("jsonld", read_with_pyld), ("jsonl", lambda path: read_with_pyld(one_document(path)))):
        path = tmp_path / f"out.{suffix}"
        write(entries, path, is_sorted=is_sorted)
        assert sorted(set(reader(path))) == expected
