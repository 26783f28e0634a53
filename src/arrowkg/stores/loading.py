"""The embedded store: a folder with a database that is asked without a server. Loading makes a new generation of it."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from arrowkg import void
from arrowkg.errors import ArrowkgError, InputError, OutputError, StoreError
from arrowkg.generations import Generations
from arrowkg.statements import Piece, Statements
from arrowkg.stores.manifest import DATABASE, NAMES, CaptureHeld, Manifest, inputs_of, read_manifest, write_manifest
from arrowkg.stores.names import write_names

if TYPE_CHECKING:
    import pyoxigraph

Mode: TypeAlias = Literal["replace", "merge"]

STATISTICS: Final = "urn:arrowkg:statistics"
"""The named graph of a store that holds its counts as a VoID description."""
_MOST_THREADS: Final = 4

_CLASSES: Final = "SELECT ?what (COUNT(?s) AS ?count) { ?s a ?what } GROUP BY ?what"
_PROPERTIES: Final = "SELECT ?what (COUNT(?s) AS ?count) { ?s ?what ?o } GROUP BY ?what"
_CAPTURES: Final = """
PREFIX ak: <https://w3id.org/arrowkg/ns#>
SELECT ?name ?sha256 ?papers WHERE {
  ?page a ak:AuthorPage ; ak:nameAsListed ?name ; ak:sha256 ?sha256 ; ak:listedPaperCount ?papers
}
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did.

    Attributes:
        manifest: of the store as it is now.
        triples_before: how many triples it had, ``None`` if it is new.
        papers: how many papers of listings were mapped.
    """

    manifest: Manifest
    triples_before: int | None
    papers: int


def load(statements: Statements, folder: str, mode: Mode) -> Loaded:
    """Load statements into a new generation of a store, which becomes the live one when it is complete.

    Args:
        statements: what to load.
        folder: the store; it is made if it is not there.
        mode: whether the store holds these statements alone afterwards, or those that it had too.

    Raises:
        InputError: an input cannot be read, or there is no statement at all.
        OutputError: the store cannot be written; it is as it was.
        StoreError: another process is loading, or with ``merge`` the store is damaged.

    >>> import tempfile
    >>> from arrowkg.settings import Settings
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load(Statements(["seeds/tomer-michaeli.txt"], Settings()), f"{folder}/kg", "replace").manifest.triples
    2116
    """
    kept = Generations(folder, "store")
    with kept.building() as generation, _reading_old(kept, mode) as (old, before):
        database = generation / DATABASE
        with _write_errors(folder):
            if old is not None:
                _link(old / DATABASE, database)
            store = _filled(statements, database)
            names, classes, properties, captures = _finish(store, generation, statements.settings.sort_bytes)
            # This closes the database, so that its files stay as they are from here on.
            del store
            former = before.inputs if before is not None and old is not None else ()
            if not properties:
                raise _nothing()
            manifest = Manifest(
                schema_ns=statements.settings.schema_ns,
                inputs=inputs_of(former, statements.read),
                triples=sum(properties.values()),
                classes=classes,
                properties=properties,
                names=names,
                captures=captures,
            )
            write_manifest(generation, manifest)
        kept.make_live(generation)
    papers = sum(one.papers for one in statements.read)
    return Loaded(manifest, None if before is None else before.triples, papers)


@contextlib.contextmanager
def _reading_old(kept: Generations, mode: Mode) -> Iterator[tuple[Path | None, Manifest | None]]:
    """The live generation to build upon, if there is one and it is wanted, and its manifest."""
    if kept.live() is None:
        yield None, None
        return
    try:
        with kept.reading() as old:
            yield old if mode == "merge" else None, read_manifest(old, kept.name)
    except StoreError:
        # What is damaged can be replaced, and not be added to.
        if mode == "merge":
            raise
        yield None, None


def _link(old: Path, new: Path) -> None:
    """A copy of a closed database: its tables never change, so they are linked; the rest is small and copied."""
    new.mkdir()
    for path in old.iterdir():
        if path.suffix == ".sst":
            _link_or_copy(path, new / path.name)
        elif path.name != "LOCK":
            shutil.copyfile(path, new / path.name)


def _link_or_copy(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:
        # Not every file system has links; if it is full, the copy says so.
        shutil.copyfile(old, new)


def _filled(statements: Statements, database: Path) -> pyoxigraph.Store:
    """The database with every piece loaded, several at a time."""
    import pyoxigraph

    store = pyoxigraph.Store(database)
    # Counts of before, if the store has any.
    store.remove_graph(pyoxigraph.NamedNode(STATISTICS))
    is_empty = True
    with _Loaders(store) as loaders:
        for piece in statements.pieces():
            is_empty = False
            loaders.put(piece)
    if is_empty:
        raise _nothing()
    return store


def _nothing() -> InputError:
    return InputError("no statement was found", hint="nothing is loaded")


class _Loaders:
    """Threads that load pieces; small pieces in several threads were the fastest and keep memory flat.

    A context manager; at its end every piece is loaded, or the first error is raised.
    """

    def __init__(self, store: pyoxigraph.Store) -> None:
        self._store = store
        self._pieces: queue.Queue[Piece | None] = queue.Queue(1)
        self._errors: list[Exception] = []
        count = min((os.cpu_count() or 1) + 1, _MOST_THREADS)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]

    def __enter__(self) -> _Loaders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for _ in self._threads:
            self._pieces.put(None)
        for thread in self._threads:
            thread.join()
        if self._errors and error[0] is None:
            raise self._errors[0]

    def put(self, piece: Piece) -> None:
        """Take a piece; raises the first error of any piece."""
        if self._errors:
            raise self._errors[0]
        self._pieces.put(piece)

    def _work(self) -> None:
        from pyoxigraph import RdfFormat

        while (piece := self._pieces.get()) is not None:
            # After an error the rest is taken and dropped, so that whoever puts it never waits.
            if self._errors:
                continue
            try:
                self._store.bulk_load(piece.text, RdfFormat.N_TRIPLES)
            except SyntaxError as error:
                line = None if piece.line is None else piece.line + (error.lineno or 1) - 1
                self._errors.append(InputError(f"not N-Triples: {error.msg}", file=piece.file, line=line))
            except Exception as error:  # raised again by put or at the end
                self._errors.append(error)


def _finish(
    store: pyoxigraph.Store, generation: Path, sort_bytes: int
) -> tuple[int, dict[str, int], dict[str, int], tuple[CaptureHeld, ...]]:
    """Count, write the index of names and the statistics, and bring the tables into the order that is asked fastest.

    Counting reads while the tables are merged: the one uses one core and the other the other.
    """
    import pyoxigraph

    errors: list[Exception] = []

    def optimize() -> None:
        try:
            store.flush()
            store.optimize()
        except Exception as error:  # raised again below
            errors.append(error)

    thread = threading.Thread(target=optimize, daemon=True)
    thread.start()
    try:
        classes, properties = _counts(store, _CLASSES), _counts(store, _PROPERTIES)
        names = write_names(store, generation / NAMES, sort_bytes)
        captures = _captures(store)
    finally:
        thread.join()
    if errors:
        raise errors[0]
    store.bulk_load(_void(classes, properties), pyoxigraph.RdfFormat.N_QUADS)
    store.flush()
    return names, classes, properties, captures


def _counts(store: pyoxigraph.Store, query: str) -> dict[str, int]:
    """The counts that a query gives by IRI, the greatest first."""
    import pyoxigraph

    rows = store.query(query)
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    found = {row["what"].value: int(row["count"].value) for row in rows}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _captures(store: pyoxigraph.Store) -> tuple[CaptureHeld, ...]:
    """The saved pages of a store, by name."""
    import pyoxigraph

    rows = store.query(_CAPTURES)
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    found = [(row["name"].value, row["sha256"].value, row["papers"].value) for row in rows]
    return tuple(CaptureHeld(name, digest, int(papers)) for name, digest, papers in sorted(found) if papers.isdecimal())


def _void(classes: dict[str, int], properties: dict[str, int]) -> str:
    """The counts as N-Quads."""
    this = f"<{STATISTICS}>"
    found = void.counts(this, lambda kind, number: f"<{STATISTICS}:{kind}:{number}>", classes, properties)
    return "".join([f"{s} {p} {o} {this} .\n" for s, p, o in found])


@contextlib.contextmanager
def _write_errors(folder: str) -> Iterator[None]:
    """Turn what the database raises into errors of ours, and see that it is closed."""
    try:
        yield
    except BaseException as error:
        # A database closes when nothing refers to it, and the frames of an error would for as long as it lives.
        traceback.clear_frames(error.__traceback__)
        if isinstance(error, ArrowkgError) or not isinstance(error, OSError):
            raise
        raise OutputError(f"the store cannot be written ({error.strerror or error})", file=folder) from None
