"""Worker processes: each task goes to one, and the results come back in the order of the tasks.

Tasks and results travel in memory that all these processes share; the socket between two of them carries numbers alone.
There is so much of it and no more, so what is under way has bounded size however fast the input is read. A worker that
is killed is replaced and what it held is done again, once.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from arrowkg.errors import OutputError, WorkerError
from arrowkg.scale import shards
from arrowkg.scale.work import Plan, plan_to_bytes
from arrowkg.scale.worker import ANSWER, CHUNK, FAILED, KEPT, LENGTH, OUT_OF_MEMORY, REQUEST

_SLOTS: Final = 4
"""For how many tasks there is memory, for each worker: those that it holds, and results that wait for their turn."""
_HELD: Final = 3
"""Tasks that a worker holds at most: one under way and others to go on with. A worker that falls behind, since this
process runs where it does, must not hold more, or others, whose results wait for its, would fall behind with it."""
_TRIES: Final = 2
_NOTHING_LOST: Final = "is there enough memory? Nothing is written; --resume keeps what is done for another run"
_KEPT_BYTES: Final = 16 << 20
_FILES: Final = 2 * _SLOTS + 1
"""Files that are open for each worker, here or there: memory and its maps, and a socket."""
_OTHER_FILES: Final = 16
"""What else is open: inputs, outputs and what a process starts with."""
_SPARE_FILES: Final = 64
"""Temporary files of sorting, for which there should be room as well."""


@dataclass(eq=False, slots=True)
class Task:
    """Work for one worker.

    Attributes:
        number: its place among all tasks.
        data: what the worker is given, ``None`` for a task that is done already or has nothing to do.
        kind: one of the kinds of :mod:`arrowkg.scale.worker`.
        file: the input that it comes from, ``None`` if there is no single one.
        line: the line that its first record starts at.
        place: where its records stand, for people.
        kills: how many workers were ended while they were at it.
        size: the bytes of its result, ``None`` until it is done.
        is_kept: whether its result is kept as a file.
        slot: the memory that it is in.
    """

    number: int
    data: bytes | None
    kind: int = CHUNK
    file: str | None = None
    line: int | None = None
    place: str = "sorted records"
    kills: int = field(default=0, init=False)
    size: int | None = field(default=None, init=False)
    is_kept: bool = field(default=False, init=False)
    slot: int | None = field(default=None, init=False)


class _Slot:
    """Memory that belongs to a worker while its task is under way in it, else to the parent."""

    def __init__(self) -> None:
        self._file = None
        try:
            self.handle = os.memfd_create("arrowkg")
        except (AttributeError, OSError) as error:
            if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
                raise
            # Where there is no such memory, a file that has no name does.
            self._file = tempfile.TemporaryFile()  # noqa: SIM115, closed by close()
            self.handle = self._file.fileno()
        self._view = memoryview(b"")

    def write(self, data: bytes) -> None:
        left, offset = memoryview(data), 0
        while left:
            count = os.pwrite(self.handle, left, offset)
            left, offset = left[count:], offset + count

    def view(self, size: int) -> memoryview:
        """The first bytes of it, not to be used once the slot is given back."""
        if size > len(self._view):
            self._view = memoryview(mmap.mmap(self.handle, 0, prot=mmap.PROT_READ))
        return self._view[:size]

    def give_back(self) -> None:
        """Let go of what a very large result has taken."""
        if len(self._view) > _KEPT_BYTES:
            self._view = memoryview(b"")
            os.ftruncate(self.handle, 0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        else:
            os.close(self.handle)


class _Worker:
    """A process, with the memory that it shares with this one and the others."""

    def __init__(self, plan: bytes, folder: str, slots: Sequence[_Slot]) -> None:
        self._plan = plan
        self._folder = folder
        self._slots = slots
        self.held: deque[Task] = deque()
        self.start()

    def start(self) -> None:
        """Start the process, which imports what it needs while this one goes on."""
        self.is_running = True
        ours, theirs = socket.socketpair()
        memory = [slot.handle for slot in self._slots]
        arguments = [str(theirs.fileno()), self._folder, *map(str, memory)]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "arrowkg.scale.worker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *memory),
                # Whoever interrupts the run from a terminal means the parent.
                process_group=0,
            )
        self.socket = ours
        self._send(LENGTH.pack(len(self._plan)) + self._plan)

    def give(self, task: Task) -> None:
        """Give it a task that has a slot."""
        if not self.is_running:
            self.start()
        self.held.append(task)
        self._pass_on(task)

    def _pass_on(self, task: Task) -> None:
        assert task.data is not None
        assert task.slot is not None
        self._slots[task.slot].write(task.data)
        self._send(REQUEST.pack(task.kind, task.number, task.slot, len(task.data)))

    def _send(self, data: bytes) -> None:
        # Whether it has died is found out where its answers are awaited.
        try:
            self.socket.sendall(data)
        except OSError:
            return

    def replace(self) -> None:
        """Start another process in place of one that has died and give it what that one held, if it held anything."""
        self.stop()
        if self.held:
            self.start()
        for task in self.held:
            self._pass_on(task)

    def stop(self) -> int:
        """End the process at once; how it ended."""
        self.is_running = False
        self.socket.close()
        self.process.kill()
        return self.process.wait()


class Pool:
    """Worker processes, a context manager that ends them.

    Args:
        plan: what they do.
        workers: how many there are.
        folder: where shards are kept as files, ``None`` if they are not kept.

    Raises:
        WorkerError: so many cannot be started.
    """

    def __init__(self, plan: Plan, workers: int, folder: Path | None = None) -> None:
        self._folder = folder
        self._workers: list[_Worker] = []
        self._slots: list[_Slot] = []
        packed = plan_to_bytes(plan)
        try:
            # Memory is mapped when results come, so what is missing would be missed in the middle of the run.
            _allow_files(workers * _FILES + _OTHER_FILES)
            for _ in range(workers * _SLOTS):
                self._slots.append(_Slot())
            self._free = list(range(len(self._slots)))
            for _ in range(workers):
                self._workers.append(_Worker(packed, "" if folder is None else str(folder), self._slots))
        except OSError as error:
            self.close()
            reason = f"{workers} worker processes cannot be started ({error.strerror or error})"
            raise WorkerError(reason, hint="ask for fewer --workers, or allow more open files (ulimit -n)") from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all workers at once, whatever they are at."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        for slot in self._slots:
            slot.close()
        self._slots.clear()

    def results(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, memoryview]]:
        """The result of each task, in their order, empty for one without data; its memory is used again for others
        when the next one is asked for.

        Raises:
            WorkerError: a worker was ended twice by one task, or there is no memory to take its result.
        """
        waiting: deque[Task] = deque()
        following = next(tasks, None)
        while waiting or following is not None:
            while following is not None and len(waiting) < len(self._slots) and self._takes(following):
                waiting.append(following)
                following = next(tasks, None)
            if waiting[0].data is not None and waiting[0].size is None:
                self._listen()
                continue
            task = waiting.popleft()
            yield task, self._view(task)
            if task.slot is not None:
                self._slots[task.slot].give_back()
                self._free.append(task.slot)

    def _takes(self, task: Task) -> bool:
        """Give a task to the worker that has the least to do; whether there was room for it."""
        if task.data is None:
            return True
        worker = min(self._workers, key=lambda worker: len(worker.held))
        if not self._free or len(worker.held) >= _HELD:
            return False
        task.slot = self._free.pop()
        worker.give(task)
        return True

    def _view(self, task: Task) -> memoryview:
        if task.slot is None or task.size is None:
            return memoryview(b"")
        if task.is_kept:
            assert self._folder is not None
            found = shards.kept(self._folder, task.number)
            if found is None:
                raise OutputError("a shard is gone that was there just now", file=str(self._folder))
            return found
        try:
            return self._slots[task.slot].view(task.size)
        except OSError as error:
            raise WorkerError(
                f"the result of {task.place} cannot be taken from a worker process ({error.strerror or error})",
                hint=_NOTHING_LOST,
                file=task.file,
                line=task.line,
            ) from None

    def _listen(self) -> None:
        """Wait until some worker has something to say."""
        by_handle = {worker.socket.fileno(): worker for worker in self._workers if worker.is_running}
        waiting = select.poll()
        for handle in by_handle:
            waiting.register(handle, select.POLLIN)
        for handle, _ in waiting.poll():
            worker = by_handle[handle]
            try:
                answer = worker.socket.recv(ANSWER.size, socket.MSG_WAITALL)
            except ConnectionError:
                answer = b""
            if len(answer) < ANSWER.size:
                self._bury(worker)
                continue
            outcome, _, size = ANSWER.unpack(answer)
            # A worker does its tasks in turn.
            task = worker.held.popleft()
            task.size = size
            task.is_kept = outcome == KEPT
            if outcome == FAILED:
                assert task.slot is not None
                told = bytes(self._slots[task.slot].view(size)).decode(errors="replace").strip()
                error = RuntimeError(f"{told.rpartition(chr(10))[2]} (in a worker process, at {task.place})")
                error.add_note(told)
                raise error

    def _bury(self, worker: _Worker) -> None:
        """Put another worker in the place of one that has died, unless its task has killed one before."""
        code = worker.process.wait()
        if worker.held:
            task = worker.held[0]
            task.kills += 1
            if task.kills >= _TRIES:
                raise WorkerError(
                    f"worker processes were ended twice ({_cause(code)}) while they held {task.place}",
                    hint=_NOTHING_LOST,
                    file=task.file,
                    line=task.line,
                )
        worker.replace()


def _allow_files(count: int) -> None:
    """Let this process and its workers have so many files open.

    Raises:
        OSError: the system does not let a process have as many.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _SPARE_FILES
    if now == resource.RLIM_INFINITY or now >= wanted:
        return
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if wanted < count:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    # Where a system has a limit that it does not tell of, what is missing is told when it is missed.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _cause(code: int) -> str:
    """How a process ended, for people.

    >>> _cause(-9), _cause(1)
    ('SIGKILL', 'exit code 1')
    """
    if code == OUT_OF_MEMORY:
        return "out of memory"
    if code < 0:
        return signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"exit code {code}"
