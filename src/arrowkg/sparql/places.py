"""What can be asked: an embedded store, files, a remote end point; all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from arrowkg.settings import Settings
from arrowkg.sparql.answer import Answer
from arrowkg.sparql.asking import Asked, ask, started
from arrowkg.stores.manifest import DATABASE, live_store

if TYPE_CHECKING:
    from arrowkg.pipeline import Hooks
    from arrowkg.sparql.query import Query

Ask: TypeAlias = "Callable[[Query, int | None], AbstractContextManager[Answer]]"
"""Asks a query, for no more than so many rows or triples."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be asked.

    Attributes:
        schema_ns: which form of schema.org's namespace its data have.
        ask: asks it.
    """

    schema_ns: str
    ask: Ask


@contextmanager
def store_place(folder: str, settings: Settings) -> Iterator[Place]:
    """An embedded store, to be asked once, which stays as it is until the block ends.

    Raises:
        UsageError: there is no store.
        StoreError: it is damaged.
    """
    # The worker gets ready while the manifest is read and the query is looked at.
    with started() as process, live_store(folder) as (generation, manifest):
        asked = Asked(folder, database=generation / DATABASE)
        yield Place(manifest.schema_ns, lambda query, limit: ask(query, asked, settings, limit, process))


def data_place(inputs: Sequence[str], settings: Settings, hooks: Hooks) -> Place:
    """Listings or RDF files, which are read when they are asked, once."""

    def asking(query: Query, limit: int | None) -> AbstractContextManager[Answer]:
        # Imported late: a store is asked without all that reads listings.
        from arrowkg.statements import Statements

        pieces = Statements(inputs, settings, hooks, is_canonical=True).pieces()
        asked = Asked(inputs[0], statements=(piece.text for piece in pieces))
        return ask(query, asked, settings, limit)

    return Place(settings.schema_ns, asking)


def endpoint_place(url: str, auth_file: str | None, settings: Settings, hooks: Hooks) -> Place:
    """A remote end point, asked by the SPARQL 1.1 Protocol."""
    from arrowkg.sparql.endpoint import ask_endpoint

    return Place(
        settings.schema_ns, lambda query, limit: ask_endpoint(query, url, auth_file, settings, limit, hooks.notice)
    )
