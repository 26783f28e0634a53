"""The library's verbs: what the command line does, on Python values."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from typing import TYPE_CHECKING

from arrowkg.files import Output
from arrowkg.formats import format_for, format_named
from arrowkg.mapping import triples
from arrowkg.model import Entry, Paper
from arrowkg.pipeline import Hooks, Summary, export, mapped
from arrowkg.settings import Settings
from arrowkg.sinks import Target
from arrowkg.validation import Checking, Report, engine_named, load_shapes
from arrowkg.vocab import prefixes

if TYPE_CHECKING:
    from rdflib import Graph


def to_graph(papers: Iterable[Entry | Paper], settings: Settings | None = None) -> Graph:
    """Papers as a graph of rdflib's, which is held in memory.

    Args:
        papers: papers, or entries as :func:`arrowkg.read` gives them.
        settings: the base IRI and all else.

    Raises:
        BadRecord: a paper cannot be mapped.

    >>> graph = to_graph([Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Conference Paper", year=2024)])
    >>> len(graph)
    44
    """
    from rdflib import Graph

    from arrowkg.validation.rdflib_terms import add_triples

    settings = settings or Settings()
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in prefixes(settings.schema_ns).items():
        graph.bind(prefix, namespace)
    for entry in _entries(papers):
        add_triples(graph, triples(entry.paper, settings, entry.capture))
    return graph


def write(
    papers: Iterable[Entry | Paper],
    output: str | PathLike[str],
    *,
    settings: Settings | None = None,
    to: str | None = None,
    is_sorted: bool | None = None,
    graph: str | None = None,
) -> Summary:
    """Write papers to a file as RDF, without validation; an existing file is replaced whole, or left as it was.

    Args:
        papers: papers, or entries as :func:`arrowkg.read` gives them.
        output: the file; its suffix names the notation and a compression.
        settings: the base IRI and all else.
        to: the notation, if the suffix does not name it.
        is_sorted: whether the output is sorted; if ``None``, as the notation usually is.
        graph: the IRI of a named graph, for a notation that has them.

    Raises:
        BadRecord: a paper cannot be mapped, or not be written in this notation.
        OutputError: the file cannot be written.
        UsageError: the notation is not known.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write([Paper("On Stones", ("Ada Quill",), year=2024)], f"{folder}/stones.nt.gz").triples
    26
    """
    name = fspath(output)
    chosen = format_named(to) if to else format_for(name)
    with Output(name) as place:
        target = Target(place, chosen, chosen.is_sorted if is_sorted is None else is_sorted, graph)
        return export(_entries(papers), target, settings or Settings())


def validate(
    papers: Iterable[Entry | Paper], *, settings: Settings | None = None, shapes: str | PathLike[str] | None = None
) -> Report:
    """Map papers and check each record against SHACL shapes.

    Args:
        papers: papers, or entries as :func:`arrowkg.read` gives them.
        settings: the base IRI and all else.
        shapes: a folder of shapes; ours if it is ``None``.

    Raises:
        BadRecord: a paper cannot be mapped.
        InputError: the shapes cannot be used.

    Warns:
        UserWarning: the shapes hold what the compiled engine does not carry out, so pySHACL checks instead.

    >>> report = validate([Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Conference Paper")])
    >>> report.conforms("violation"), [finding.result.shape_name for finding in report.findings]
    (True, ['Paper-year-missing', 'Paper-abstract-missing'])
    """
    settings = settings or Settings()
    loaded = load_shapes(None if shapes is None else fspath(shapes), settings.schema_ns)
    engine = engine_named(settings.engine, loaded, lambda notice: warnings.warn(notice.text, stacklevel=3))
    checking = Checking(engine, settings)
    for entry, record in mapped(_entries(papers), settings, Hooks()):
        checking.add(entry, record)
    return checking.finished()


def _entries(papers: Iterable[Entry | Paper]) -> Iterator[Entry]:
    """Papers as entries; for a paper without a place, its position stands for a line."""
    for position, paper in enumerate(papers, 1):
        yield paper if isinstance(paper, Entry) else Entry(paper, "papers", position)
