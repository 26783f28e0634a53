"""Processes that work for this one, and end with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from typing import Any, Final, ParamSpec, TypeVar

from arrowkg.errors import OutputError

_WAITING: Final = 3

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_Task = TypeVar("_Task")


class Pool:
    """Processes that render; a context manager, which ends them at once if what is inside it fails."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        context = multiprocessing.get_context("spawn")
        closed, self._open = context.Pipe(duplex=False)
        # Forking would copy threads of the database that were not made for it.
        self._executor = ProcessPoolExecutor(workers, context, _end_with_parent, (closed,))

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is not None:
            self._open.close()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._open.close()

    def submit(self, work: Callable[_Given, _Result], *given: _Given.args, **named: _Given.kwargs) -> Future[_Result]:
        """Have a process do some work."""
        return self._executor.submit(work, *given, **named)

    def result(self, waited_for: Future[_Result]) -> _Result:
        """What became of some work.

        Raises:
            OutputError: a process ended before its work did.
        """
        try:
            return waited_for.result()
        except BrokenProcessPool:
            raise OutputError(
                "a process that renders pages was ended from outside", hint="is there enough memory?"
            ) from None

    def results(self, work: Callable[[_Task], _Result], tasks: Iterator[_Task]) -> Iterator[_Result]:
        """What became of each task, in their order; few are under way at a time, so that none pile up.

        Raises:
            OutputError: a process ended before its work did.
        """
        waiting: deque[Future[_Result]] = deque()
        for task in tasks:
            waiting.append(self.submit(work, task))
            if len(waiting) >= _WAITING * self._workers:
                yield self.result(waiting.popleft())
        while waiting:
            yield self.result(waiting.popleft())


def _end_with_parent(closed: Connection) -> None:
    """End this process when the one that started it has gone, which cannot tell it if it was killed, or gives up."""
    # A key that is pressed reaches all processes; the one that started them tells them what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    watched: list[Any] = [closed] if parent is None else [closed, parent.sentinel]

    def watch() -> None:
        wait(watched)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
