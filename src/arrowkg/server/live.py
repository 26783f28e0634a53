"""The graph that is served now: a generation of the store, held open, with what was made from it so far."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pyoxigraph

from arrowkg import vocab
from arrowkg.errors import InputError, StoreError
from arrowkg.server.background import Maker, surveying
from arrowkg.server.entities import HEAVY, MEDIUM, Entities, Found, Source, stem_of
from arrowkg.server.fragments import Fragments
from arrowkg.server.links import links_of
from arrowkg.server.media import media_type_of
from arrowkg.server.screens import Screens
from arrowkg.server.shelf import Held, Shelf, held
from arrowkg.server.survey import DONE, Survey
from arrowkg.site.rendering import Look
from arrowkg.stores.manifest import DATABASE, MANIFEST, live_store
from arrowkg.terms import iri_of

_T = TypeVar("_T")
_ROOT: Final = "site"
_ADDRESSES: Final = "addresses.sqlite"
_LARGEST_HELD: Final = 4 << 20
_LONGEST_PATH: Final = 250
_PATIENCE_SECONDS: Final = 20.0
_LOOK_EVERY_SECONDS: Final = 0.05
# A path of a site: no part is empty or begins with a dot, but for the well-known folder.
_safe = re.compile(r"(?:\.well-known/)?(?:[a-z0-9][a-z0-9._-]*/)*[a-z0-9][a-z0-9._-]*")
_base = re.compile(r"(https?://[^/?#]+/(?:[^?#]*/)?)paper/[^/]+")


class NotReady(Exception):
    """A file is being made, and it takes long."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How a store is served.

    Attributes:
        folder: the store.
        title: the site's title.
        base_iri: what the IRIs of entities start with; found out from a paper if it is ``None``.
        shelf_bytes: the most bytes of files to hold in memory.
        sort_bytes: how much text is sorted in memory.
    """

    folder: str
    title: str
    base_iri: str | None
    shelf_bytes: int
    sort_bytes: int


class Live:
    """A generation that is served.

    Args:
        serving: how.
        scratch: a folder for files.
        maker: makes what takes long.

    Raises:
        UsageError: there is no store.
        StoreError: it is damaged.
        InputError: no paper is below the base IRI.
    """

    def __init__(self, serving: Serving, scratch: Path, maker: Maker) -> None:
        self._stack = ExitStack()
        self._maker = maker
        try:
            self.generation, self.manifest = self._stack.enter_context(live_store(serving.folder))
            self._folder = Path(tempfile.mkdtemp(prefix="generation-", dir=scratch))
            self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self.database = self.generation / DATABASE
            try:
                base_iri = based(self.database, serving.base_iri, serving.folder)
                look = Look(serving.title, base_iri, self.manifest.schema_ns, has_server=True)
                self._source = Source(look, self.database, self._folder / _ROOT, self._folder / _ADDRESSES)
                self._entities, self._others = Entities(self._source), Entities(self._source)
                self._fragments = Fragments(self.database, self.manifest)
            except OSError as error:
                raise StoreError(f"the store cannot be read ({error})", file=serving.folder) from None
            day = time.strftime("%Y-%m-%d", time.gmtime((self.generation / MANIFEST).stat().st_mtime))
            self._survey = surveying(Survey(self._source, self.manifest, day, serving.sort_bytes))
            self._stack.callback(self._end_survey)
            # A thread each, since a reader of the store is for one thread.
            self._pages_lane = self._stack.enter_context(ThreadPoolExecutor(1, "pages"))
            self._slow_lane = self._stack.enter_context(ThreadPoolExecutor(1, "slow pages"))
            self._fragments_lane = self._stack.enter_context(ThreadPoolExecutor(1, "fragments"))
            # What a thread reads halfway is let go by it too.
            self._stack.callback(lambda: self._fragments_lane.submit(self._fragments.close).result())
        except BaseException:
            self._stack.close()
            raise
        self.look = look
        self.screens = Screens(look)
        self._root = os.path.realpath(self._source.root)
        self.shelf = Shelf(serving.shelf_bytes)
        self._making: dict[str, asyncio.Task[Any]] = {}
        self._users = 0
        self._is_retired = False

    @contextlib.contextmanager
    def used(self) -> Iterator[Live]:
        """Holds the generation open while a request is answered."""
        self._users += 1
        try:
            yield self
        finally:
            self._users -= 1
            if self._is_retired and not self._users:
                # Files are removed and threads come to their end, for which no request should wait.
                asyncio.get_running_loop().run_in_executor(None, self._stack.close)

    async def retire(self) -> None:
        """Let it go when the last request that uses it is answered."""
        self._is_retired = True
        if not self._users:
            await asyncio.to_thread(self._stack.close)

    def _end_survey(self) -> None:
        self._survey.terminate()
        self._survey.join()

    @property
    def is_complete(self) -> bool:
        """Whether all that is about the whole was made."""
        return (self._folder / DONE).exists()

    async def file(self, path: str) -> Held | Path | None:
        """A file of the site by its path: itself, or where it lies if it is large; ``None`` if there is none.

        Raises:
            NotReady: it is being made.
            StoreError: it cannot be made.
        """
        found = self.shelf.get(path)
        if found is not None:
            return found
        stem = stem_of(path)
        if stem is not None:
            entity = await self._in(self._pages_lane, self._entities.of_stem, stem)
            if entity is not None:
                return await self._of_entity(path, entity)
        if len(path) > _LONGEST_PATH or not _safe.fullmatch(path):
            return None
        return await self._of_whole(path)

    async def entity(self, rest: str) -> Found | None:
        """The entity of an IRI below the base, or of a document that holds its IRI."""
        found = await self._in(self._pages_lane, self._entities.of_document, rest)
        if found is not None:
            return found
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not self._source.addresses.exists() and self._survey.is_alive():
            # It may be one whose address does not follow from its IRI, and these are being collected.
            if time.monotonic() > ends:
                raise NotReady
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return await self._in(self._pages_lane, self._entities.of_document, rest)

    async def fragment(self, function: Callable[[Fragments], _T]) -> _T:
        """What a function of the fragments gives, in their thread."""
        return await self._in(self._fragments_lane, function, self._fragments)

    async def packing(self, function: Callable[..., _T], *arguments: object) -> _T:
        """What a function gives, in the thread of the pages."""
        return await self._in(self._pages_lane, function, *arguments)

    async def _in(self, lane: ThreadPoolExecutor, function: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(lane, function, *arguments)

    async def _of_entity(self, path: str, entity: Found) -> Held | Path | None:
        links = links_of(entity)
        if entity.weight == HEAVY:
            if not self._is_there(path):
                await self._once(entity.stem, lambda: self._maker.make(self._source, entity))
            return await self._read(path, links)
        files = await self._once(entity.stem, lambda: self._rendered(entity, links))
        return files.get(path)

    async def _rendered(self, entity: Found, links: tuple[str, ...]) -> dict[str, Held]:
        is_slow = entity.weight == MEDIUM
        entities, lane = (self._others, self._slow_lane) if is_slow else (self._entities, self._pages_lane)

        def rendered() -> dict[str, Held]:
            return {path: held(data, media_type_of(path), links) for path, data in entities.files(entity)}

        files = await self._in(lane, rendered)
        for path, file in files.items():
            self.shelf.put(path, file)
        return files

    async def _once(self, key: str, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """What some work gives, which is done once for all who want it at the same time."""
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(work())
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        try:
            # Who goes away, or has waited enough, does not end it for the others.
            return await asyncio.wait_for(asyncio.shield(task), _PATIENCE_SECONDS)
        except TimeoutError:
            raise NotReady from None

    async def _of_whole(self, path: str) -> Held | Path | None:
        """A file about the whole, once it is made."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_there(path):
            if self.is_complete:
                # It may have been written between the two looks.
                return await self._read(path, ()) if self._is_there(path) else None
            if not self._survey.is_alive():
                raise StoreError("the pages about the whole graph cannot be made; the server's log may tell why")
            if time.monotonic() > ends:
                raise NotReady
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return await self._read(path, ())

    def _is_there(self, path: str) -> bool:
        """Whether a file was made; a link that somebody put there is none, and leads nowhere."""
        target = self._source.root / path
        return target.is_file() and os.path.realpath(target) == os.path.join(self._root, path)  # noqa: PTH118

    async def _read(self, path: str, links: tuple[str, ...]) -> Held | Path | None:
        target = self._source.root / path

        def read() -> Held | Path | None:
            try:
                if target.stat().st_size > _LARGEST_HELD:
                    return target
                return held(target.read_bytes(), media_type_of(path), links)
            except FileNotFoundError:
                return None

        found = await self._in(self._pages_lane, read)
        if isinstance(found, Held):
            self.shelf.put(path, found)
        return found


def based(database: Path, base_iri: str | None, folder: str) -> str:
    """The base IRI that is served: the one that was given, if a paper is below it, or the one of the papers.

    Raises:
        InputError: there is none.
    """
    store = pyoxigraph.Store.read_only(str(database))
    kind, paper = pyoxigraph.NamedNode(iri_of(vocab.RDF_TYPE)), pyoxigraph.NamedNode(iri_of(vocab.AK_PAPER))
    for quad in store.quads_for_pattern(None, kind, paper, pyoxigraph.DefaultGraph()):
        if not isinstance(quad.subject, pyoxigraph.NamedNode):
            continue
        iri = quad.subject.value
        if base_iri is None and (match := _base.fullmatch(iri)) is not None:
            return match[1]
        if base_iri is not None and iri.startswith(base_iri):
            return base_iri
    where = f"below the base IRI {base_iri}" if base_iri else "in the store with an IRI as arrowkg makes them"
    raise InputError(f"no paper is {where}", hint="name the base of the graph's IRIs with --base-iri", file=folder)
