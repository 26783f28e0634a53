"""Answering SPARQL queries within limits: a few at a time, each in a process of its own, some more in a queue."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from arrowkg.errors import InputError, QueryLimit
from arrowkg.server.workers import Nursery, Worker
from arrowkg.settings import Settings
from arrowkg.sparql.asking import Asked, ask
from arrowkg.sparql.query import checked
from arrowkg.sparql.writers import Form

FormFor: TypeAlias = Callable[[str], Form]


class Gone(Exception):
    """Nobody waits for the answer any more."""


class Busy(Exception):
    """As many queries are answered and wait as may."""


@dataclass(frozen=True, slots=True)
class Request:
    """A query as a client sent it.

    Attributes:
        text: the query.
        default_graphs: the graphs that make the default graph, ``None`` for what the query says.
        named_graphs: the graphs that can be named, ``None`` for what the query says.
    """

    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """An answer, written.

    Attributes:
        body: its bytes.
        media_type: their media type.
        is_cut: whether there is more than was written.
    """

    body: bytes
    media_type: str
    is_cut: bool


class Ticket:
    """A query under way, which can be ended by who asked it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Worker | None = None
        self.is_over = False

    def runs(self, process: Worker) -> None:
        """Tell which process answers it."""
        with self._lock:
            self._process = process
            if self.is_over:
                process.kill()

    def end(self) -> None:
        """End it: nobody waits for the answer."""
        with self._lock:
            self.is_over = True
            if self._process is not None:
                self._process.kill()


class Queries:
    """Answers queries; a context manager.

    Args:
        settings: the limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._limits = replace(
            settings, query_seconds=settings.serve_query_seconds, query_bytes=settings.serve_query_bytes
        )
        self._workers = settings.serve_workers
        self._most = settings.serve_workers + settings.serve_queue
        self._threads = ThreadPoolExecutor(settings.serve_workers, "query")
        self._nursery = Nursery()
        self.admitted = 0
        """How many queries are answered or wait."""

    def __enter__(self) -> Queries:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._nursery.close()

    @property
    def limits(self) -> Settings:
        """The limits of a query."""
        return self._limits

    @property
    def waiting(self) -> int:
        """How many queries wait."""
        return max(0, self.admitted - self._workers)

    async def answer(self, request: Request, form_for: FormFor, database: Path, ticket: Ticket) -> Result:
        """The answer to a query.

        Args:
            request: the query.
            form_for: gives the form of an answer of a kind; what it raises is raised.
            database: what is asked.
            ticket: ends the query if nobody waits any more.

        Raises:
            Busy: too many wait already.
            InputError: it is no query, or one that is nested too deep.
            QueryLimit: it took more time or memory than allowed.
            StoreError: the store cannot be read.
        """
        if self.admitted >= self._most:
            raise Busy
        self.admitted += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self._answer, request, form_for, database, ticket
            )
        finally:
            self.admitted -= 1

    def _answer(self, request: Request, form_for: FormFor, database: Path, ticket: Ticket) -> Result:
        limits = self._limits
        if ticket.is_over:
            raise Gone
        try:
            query = checked(request.text, limits)
        except QueryLimit as error:
            # It is the query that is at fault, and not what answering it takes.
            raise InputError(error.reason, file=error.file, line=error.line) from None
        form = form_for(query.kind)
        asked = Asked("the store", database, (), request.default_graphs, request.named_graphs)
        with contextlib.closing(self._nursery.worker()) as worker:
            ticket.runs(worker)
            with ask(query, asked, limits, limits.serve_query_rows, worker, limits.serve_answer_bytes) as answer:
                body = b"".join(form.write(answer, limits))
        return Result(body, form.media_type, answer.is_cut)
