"""A static site: every page of a graph, made beside the live site and put in its place as a whole."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from arrowkg import vocab
from arrowkg.errors import InputError, OutputError
from arrowkg.generations import Generations
from arrowkg.model import Notice
from arrowkg.settings import Settings
from arrowkg.site.addresses import Addresses
from arrowkg.site.dataset import Dump
from arrowkg.site.dumping import Dumped, dumped
from arrowkg.site.feed import Newest
from arrowkg.site.graph import Graph
from arrowkg.site.place import Place
from arrowkg.site.processes import Pool
from arrowkg.site.rendering import Look, Renderer, View
from arrowkg.site.search import SearchIndex
from arrowkg.site.views import AuthorView, Link, PaperView, VenueView
from arrowkg.site.webservers import files_beside
from arrowkg.site.whole import MOST_NAMES, Whole, write_whole
from arrowkg.spool import Spool
from arrowkg.statements import Statements
from arrowkg.stores.loading import load
from arrowkg.stores.manifest import DATABASE, Manifest, live_store

ROOT: Final = "site"
"""The folder inside a generation that a web server is given."""
_STORE: Final = "store"
_SERVERS: Final = "servers"
_CHUNK: Final = 200
_KINDS: Final = (
    ("paper", vocab.AK_PAPER),
    ("author", vocab.AK_AUTHOR_NAME),
    ("venue", vocab.AK_VENUE),
    ("venue", vocab.AK_VOLUME),
    ("capture", vocab.AK_AUTHOR_PAGE),
)


@dataclass(frozen=True, slots=True)
class Built:
    """What building a site did.

    Attributes:
        root: the folder that a web server is given, or a browser opens.
        pages: how many HTML pages there are.
        written: how many files were new or other than before.
        kept: how many were as before.
        papers: how many papers have a page.
    """

    root: Path
    pages: int
    written: int
    kept: int
    papers: int


class Row(NamedTuple):
    """What the pages about the whole need to know of an entity."""

    kind: str
    iri: str
    label: str
    detail: str
    papers: int
    year: str | None


@dataclass(frozen=True, slots=True)
class _Task:
    """Entities of one kind whose files are to be written, and where."""

    look: Look
    database: Path
    root: Path
    before: Path | None
    kind: str
    items: tuple[str, ...]


@dataclass(slots=True)
class _Done:
    written: int = 0
    kept: int = 0
    pages: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def build(statements: Statements, folder: str, title: str, workers: int) -> Built:
    """Build a site from statements; it takes the place of the one before when it is complete.

    Args:
        statements: what the site is about; entities below ``settings.base_iri`` have pages.
        folder: where sites of before, if any, are kept; it is made if it is not there.
        title: the site's title.
        workers: how many processes render pages.

    Raises:
        InputError: an input cannot be read, or no paper is below the base IRI.
        OutputError: the site cannot be written; the one before is as it was.
        UsageError: the folder holds something else.
        StoreError: another process is building there.
    """
    settings = statements.settings
    kept = Generations(folder, "site")
    with kept.building() as generation:
        live = kept.live()
        before = None if live is None else live / ROOT
        store = generation / _STORE
        try:
            load(statements, str(store), "replace")
            with live_store(str(store)) as (loaded, manifest):
                look = Look(title, settings.base_iri, manifest.schema_ns)
                one = _Building(look, loaded / DATABASE, generation / ROOT, before, settings, manifest)
                built = one.carry_out(statements, workers)
            shutil.rmtree(store)
        except OSError as error:
            raise OutputError(f"the site cannot be written ({error.strerror or error})", file=folder) from None
        kept.make_live(generation)
    return built


class _Building:
    """One site, with all that its steps need."""

    def __init__(
        self, look: Look, database: Path, root: Path, before: Path | None, settings: Settings, manifest: Manifest
    ) -> None:
        self._look = look
        self._database = database
        self._root = root
        self._before = before
        self._settings = settings
        self._manifest = manifest
        self._place = Place(root, before)
        self._addresses = Addresses(look.base_iri)

    def carry_out(self, statements: Statements, workers: int) -> Built:
        self._copy_assets()
        years: Counter[str] = Counter()
        venues: list[tuple[Link, int]] = []
        names: list[tuple[int, str, str]] = []
        papers = 0
        newest = Newest()
        sort_bytes = self._settings.sort_bytes
        with Spool(sort_bytes) as pages, SearchIndex(sort_bytes) as index, Pool(workers) as pool:
            done = _Done()
            # It takes as long as some ten thousand pages, so it is made beside them.
            dump = pool.submit(dumped, self._database, self._root, self._before, sort_bytes)
            for found in pool.results(rendered, self._tasks()):
                done.written += found.written
                done.kept += found.kept
                for path in found.pages:
                    pages.add(path)
                for row in found.rows:
                    index.add(row.kind, row.label, row.detail, self._addresses.page(row.iri))
                    if row.kind == "paper":
                        papers += 1
                        years[row.year or ""] += 1
                        newest.add(row.iri, row.year, self._place.changed(self._addresses.page(row.iri)))
                    elif row.kind == "venue" and not row.year:
                        venues.append((Link(row.iri, row.label), row.papers))
                    elif row.kind == "author":
                        names.append((row.papers, row.label, row.iri))
                        if len(names) > 10 * MOST_NAMES:
                            names = sorted(names, key=_most_first)[:MOST_NAMES]
            if not papers:
                raise InputError(
                    f"no paper is below the base IRI {self._look.base_iri}",
                    hint="name the base of the graph's IRIs with --base-iri",
                )
            self._tell_of_others(statements, papers)
            listed = sorted((year for year in years if year), key=int)
            for found in pool.results(rendered, self._of_years(listed)):
                done.written += found.written
                done.kept += found.kept
                for path in found.pages:
                    pages.add(path)
            for path, data in index.files():
                self._place.write(path, data)
            whole = Whole(
                look=self._look,
                manifest=self._manifest,
                years=tuple((year, years[year]) for year in reversed(listed)),
                without_year=years[""],
                names=tuple(
                    (Link(iri, label), count) for count, label, iri in sorted(names, key=_most_first)[:MOST_NAMES]
                ),
                venues=tuple(sorted(venues, key=lambda one: (one[0].label, one[0].iri))),
                dumps=[self._dump(pool, dump, done)],
                newest=newest.papers,
            )
            graph = Graph(self._database, self._look.base_iri, self._look.schema_ns)
            count = write_whole(whole, graph, self._place, pages.sorted())
            beside = Place(self._root.parent / _SERVERS, self._before and self._before.parent / _SERVERS)
            for path, data in files_beside(self._look.base_iri):
                beside.write(path, data)
        place = self._place
        return Built(self._root, count, place.written + done.written, place.kept + done.kept, papers)

    @staticmethod
    def _dump(pool: Pool, waited_for: Future[Dumped], done: _Done) -> Dump:
        found = pool.result(waited_for)
        done.written += found.written
        done.kept += found.kept
        return found.dump

    def _copy_assets(self) -> None:
        assets = Path(__file__).parent / "assets"
        for path in sorted(assets.rglob("*")):
            if path.is_file():
                self._place.write(f"assets/{path.relative_to(assets).as_posix()}", path.read_bytes())

    def _tasks(self) -> Iterator[_Task]:
        graph = Graph(self._database, self._look.base_iri, self._look.schema_ns)
        done: list[str] = []
        for kind, of_class in _KINDS:
            with Spool(self._settings.sort_bytes) as members:
                # An entity of two classes has one page, that of the first.
                for iri in graph.members(of_class, done):
                    members.add(iri)
                # In order, so that entities that are near each other in the graph are read together.
                yield from self._chunks(kind, members.sorted())
            done.append(of_class)

    def _of_years(self, years: list[str]) -> Iterator[_Task]:
        return self._chunks("year", iter(years), 1)

    def _chunks(self, kind: str, items: Iterator[str], size: int = _CHUNK) -> Iterator[_Task]:
        while chunk := tuple(islice(items, size)):
            yield _Task(self._look, self._database, self._root, self._before, kind, chunk)

    def _tell_of_others(self, statements: Statements, papers: int) -> None:
        others = self._manifest.counts["papers"] - papers
        if others:
            told = f"{others:,} papers are not below {self._look.base_iri} and have no pages"
            statements.hooks.notice(Notice("papers elsewhere", told, statements.inputs[0]))


def _most_first(one: tuple[int, str, str]) -> tuple[int, str, str]:
    return -one[0], one[1], one[2]


# What a process has read, and its compiled templates, serve all of its tasks.
@lru_cache(maxsize=1)
def _tools(look: Look, database: Path) -> tuple[Graph, Renderer]:
    return Graph(database, look.base_iri, look.schema_ns), Renderer(look)


def rendered(task: _Task) -> _Done:
    """Write the files of some entities; runs in a process of its own.

    Raises:
        OSError: a file cannot be written.
    """
    graph, renderer = _tools(task.look, task.database)
    place = Place(task.root, task.before)
    done = _Done()
    read: dict[str, Callable[[str], View]] = {
        "paper": graph.paper,
        "author": graph.author,
        "venue": graph.venue,
        "capture": graph.capture,
    }
    for item in task.items:
        if task.kind == "year":
            files = renderer.year(item, graph.year(item))
        else:
            view = read[task.kind](item)
            done.rows.append(_row(task.kind, view))
            files = renderer.entity(view)
        for path, data in files:
            place.write(path, data)
            if path.endswith(".html"):
                done.pages.append(path)
    done.written, done.kept = place.written, place.kept
    return done


def _row(kind: str, view: View) -> Row:
    if isinstance(view, PaperView):
        line = view.line
        detail = " ".join(part for part in (line.venue, line.year) if part)
        return Row(kind, view.iri, view.label, detail, 1, line.year)
    if isinstance(view, AuthorView):
        count = len(view.lines)
        return Row(kind, view.iri, view.label, f"{count:,} paper{'' if count == 1 else 's'}", count, None)
    if isinstance(view, VenueView):
        count = len(view.lines) + sum(found for _, found in view.volumes)
        return Row(kind, view.iri, view.label, f"{count:,} paper{'' if count == 1 else 's'}", count, view.year)
    return Row(kind, view.iri, view.label, "", len(view.lines), None)
