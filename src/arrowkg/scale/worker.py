"""A worker process: ``python -m arrowkg.scale.worker``, which is given chunks in shared memory and leaves shards there.

:mod:`arrowkg.scale.pool` starts it. It ends when its parent has gone, whatever became of that.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import os
import queue
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from arrowkg.errors import OutputError
from arrowkg.scale import shards
from arrowkg.scale.chunks import unpacked
from arrowkg.scale.work import Work, plan_from_bytes

LENGTH: Final = struct.Struct("<Q")
"""What stands before the plan, which comes first over the socket: its length."""
REQUEST: Final = struct.Struct("<BQQQ")
"""A kind of work, the number of the task, and of the memory that holds it the place in the list, and the length."""
ANSWER: Final = struct.Struct("<BQQ")
"""How it went, the number of the task, and the length of what is in the same memory now."""
CHUNK, SORTED = 0, 1
"""Kinds of work: records to a shard; sorted texts to the number of their triples and what is written of them."""
DONE, KEPT, FAILED = 0, 1, 2
"""How it went: a result in memory, a shard in a file, or the traceback of a bug in memory."""
OUT_OF_MEMORY: Final = 71
"""The exit code of a worker that could get no more memory."""

_OBJECTS: Final = 100_000

_Request = tuple[int, int, int, int]


def main(control: int, folder: str, handles: Sequence[int]) -> None:
    """Do what comes over a socket until it closes.

    Args:
        control: the socket's file descriptor.
        folder: where shards are kept as files, or an empty string if they go to memory.
        handles: descriptors of the memory that tasks come in and results go to.
    """
    # Whoever interrupts the run means the parent, which ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory = [_Memory(handle) for handle in handles]
    with socket.socket(fileno=control) as connection, connection.makefile("rb") as stream:
        work = Work(plan_from_bytes(stream.read(*LENGTH.unpack(stream.read(LENGTH.size)))))
        # Records make many short-lived tuples and hardly any cycles, so looking for these is a fifth of the time.
        gc.freeze()
        gc.set_threshold(_OBJECTS, 10, 10)
        requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(stream, requests), daemon=True).start()
        while True:
            kind, number, slot, size = requests.get()
            outcome = DONE
            try:
                parts = _result(work, kind, memory[slot].read(size))
                if folder and kind == CHUNK:
                    shards.keep(Path(folder), number, parts)
                    outcome = KEPT
            except OutputError as error:
                parts = shards.to_bytes(shards.empty(error))
            except MemoryError:
                os._exit(OUT_OF_MEMORY)
            except Exception:  # a bug, told of by the parent
                parts, outcome = [traceback.format_exc().encode()], FAILED
            try:
                size = 0 if outcome == KEPT else memory[slot].write(parts)
            except (MemoryError, OSError):
                # There was no room for the map.
                os._exit(OUT_OF_MEMORY)
            connection.sendall(ANSWER.pack(outcome, number, size))


def _listen(stream: IO[bytes], requests: queue.SimpleQueue[_Request]) -> None:
    """Queue what is asked for, so that the parent never waits; end the process when the parent has gone."""
    try:
        while len(request := stream.read(REQUEST.size)) == REQUEST.size:
            requests.put(REQUEST.unpack(request))
    finally:
        # The end of the stream, or an error if the parent has gone with answers that it had not read.
        os._exit(0)


def _result(work: Work, kind: int, data: bytes) -> list[bytes | memoryview]:
    if kind == CHUNK:
        return shards.to_bytes(work.shard(unpacked(data)))
    # Only line feeds end a text here; texts hold form feeds and U+2028 as they are.
    triples, text = work.sorted_text(data.decode().split("\n")[:-1])
    return [LENGTH.pack(triples), text]


class _Memory:
    """Memory that a task comes in and its result goes to, mapped here so that nothing is copied twice."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._mapped: mmap.mmap | None = None

    def read(self, size: int) -> bytes:
        return os.pread(self._handle, size, 0)

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Leave parts there, one after another; their size together."""
        size = sum(map(len, parts))
        if os.fstat(self._handle).st_size < size:
            # With room for larger ones, since each new mapping costs its pages anew.
            os.ftruncate(self._handle, size + size // 2)
        mapped = self._mapped
        if mapped is None or len(mapped) < size:
            mapped = self._mapped = mmap.mmap(self._handle, 0)
        mapped.seek(0)
        for part in parts:
            mapped.write(part)
        return size


if __name__ == "__main__":
    # Without a parent there is nobody to tell, and nothing to do.
    with contextlib.suppress(ConnectionError, struct.error):
        main(int(sys.argv[1]), sys.argv[2], [int(handle) for handle in sys.argv[3:]])
