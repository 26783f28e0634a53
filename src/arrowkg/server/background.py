"""Processes beside the server that make what takes long, and end when it does."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Final

from arrowkg.errors import StoreError
from arrowkg.server.entities import Entities, Found, Source
from arrowkg.server.survey import Survey, carry_out, write_entity

_NICE: Final = 5
# Forking would copy threads of the database and of the server.
_context: Final = multiprocessing.get_context("spawn")


def surveying(survey: Survey) -> SpawnProcess:
    """A process that carries out a survey; it was started."""
    process = _context.Process(target=_survey, args=(survey,), name="survey", daemon=True)
    process.start()
    return process


class Maker:
    """Writes the files of entities that take long, one after another, each in a process of its own."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._process: SpawnProcess | None = None

    async def make(self, source: Source, found: Found) -> None:
        """Write the files of an entity.

        Raises:
            StoreError: they cannot be written, or the process was ended from outside.
        """
        async with self._turn:
            process = _context.Process(target=_make, args=(source, found), name="maker", daemon=True)
            self._process = process
            await asyncio.to_thread(process.start)
            try:
                await _ended(process)
            finally:
                code = process.exitcode
                self._process = None
        if code:
            raise StoreError(f"the pages of {found.stem} cannot be made; the server's log may tell why")

    def close(self) -> None:
        """End the process that is at work, if one is."""
        if self._process is not None:
            self._process.terminate()


async def _ended(process: SpawnProcess) -> None:
    """Wait for the end of a process."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()


def _survey(survey: Survey) -> None:
    # Nobody waits for it, or not for long.
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    _settle()
    carry_out(survey)


def _make(source: Source, found: Found) -> None:
    _settle()
    write_entity(source, Entities(source).files(found))


def _settle() -> None:
    """End when the server has gone, which cannot tell of it if it was killed."""
    # Ctrl-C goes to all processes of a terminal; the server ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()
