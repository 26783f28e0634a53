"""Handing records to an engine, and gathering one report that leads back to each record's place."""

from __future__ import annotations

from collections.abc import Iterable

from arrowkg.errors import InputError
from arrowkg.mapping import RecordTriples
from arrowkg.model import Entry
from arrowkg.settings import Settings
from arrowkg.terms import Triple, iri_of, lexical_form
from arrowkg.validation.engine import Engine
from arrowkg.validation.report import Report, Result, in_order
from arrowkg.vocab import DCTERMS_TITLE, PRO_IS_CONTEXT_FOR


class Checking:
    """Checks records, each by itself, in batches, so that memory stays flat.

    Args:
        engine: checks one graph.
        settings: the size of a batch, and the limit on findings.
        report: gathers the results; a new one if it is ``None``.
        skipped: names of shapes whose results are left out; the report names them.
    """

    def __init__(
        self, engine: Engine, settings: Settings, report: Report | None = None, skipped: Iterable[str] = ()
    ) -> None:
        self._engine = engine
        self._batch_records = settings.batch_records
        self._batch: list[tuple[Entry, RecordTriples]] = []
        self._report = Report(settings.max_results) if report is None else report
        self._skipped = frozenset(skipped)
        self._report.skipped_rules += sorted(self._skipped)
        self._has_focus = False

    def add(self, entry: Entry, record: RecordTriples) -> None:
        """Take a record.

        Raises:
            InputError: the shapes cannot be carried out.
        """
        self._batch.append((entry, record))
        if len(self._batch) >= self._batch_records:
            self._check()

    def finished(self) -> Report:
        """The report of all records taken.

        Raises:
            InputError: the shapes cannot be carried out, or found no node to check.
        """
        self._check()
        if not self._has_focus:
            raise InputError(
                "the shapes found no node to check",
                hint=f"they target {', '.join(iri_of(found) for found in sorted(self._engine.shapes.target_classes))}",
            )
        return self._report

    def _check(self) -> None:
        graphs = [[*record.own, *record.shared] for _, record in self._batch]
        self._has_focus = self._has_focus or any(self._engine.shapes.focus_nodes(triples) for triples in graphs)
        for (entry, _), results in zip(self._batch, self._engine.check_each(graphs), strict=True):
            self._report.add(self._kept(results), entry.file, entry.line, entry.paper.title)
        self._batch.clear()

    def _kept(self, results: Iterable[Result]) -> list[Result]:
        return [result for result in results if result.shape_name not in self._skipped]


def check_graph(triples: list[Triple], file: str, engine: Engine, report: Report) -> None:
    """Check a whole graph; a result leads back to the file, and to the title of the paper that its focus node is of.

    Raises:
        InputError: the shapes cannot be carried out, or found no node to check.
    """
    targets = engine.shapes.focus_nodes(triples)
    if not targets:
        raise InputError(
            "the graph holds no node that the shapes target, so there is nothing to check",
            hint=f"they target {', '.join(iri_of(found) for found in sorted(engine.shapes.target_classes))}",
            file=file,
        )
    titles: dict[str, str] = {}
    papers: dict[str, str] = {}
    for subject, predicate, value in triples:
        if predicate == DCTERMS_TITLE and value[0] == '"':
            titles.setdefault(subject, lexical_form(value))
        elif predicate == PRO_IS_CONTEXT_FOR:
            papers[value] = subject
    records = report.checked
    for result in in_order(engine.check(triples)):
        title = titles.get(papers.get(result.focus, result.focus), "")
        report.add([result], file, None, title)
    report.checked = records
    report.checked_nodes += len(targets)
