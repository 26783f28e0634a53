"""Workers that answer queries, born in a nursery (:mod:`arrowkg.server.nursery`), as a program sees its child."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from typing import IO, Final

from arrowkg.errors import StoreError
from arrowkg.server.nursery import BIRTH, MESSAGE, ORDER

_PATIENCE_SECONDS: Final = 30.0
_END_SECONDS: Final = 5.0
_NICE: Final = 10


class Worker:
    """A worker: what :mod:`arrowkg.sparql.asking` uses of :class:`subprocess.Popen`.

    Attributes:
        stdin: takes the request.
        stdout: gives the answer.
        stderr: gives what the worker says beside it.
        returncode: how it ended, negative for a signal, as of :class:`subprocess.Popen`; ``None`` while it lives.
    """

    def __init__(self, nursery: Nursery, stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self._nursery = nursery
        self._ended = threading.Event()
        self.pid = 0
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None

    def kill(self) -> None:
        """End it, whatever it does."""
        if self.returncode is None:
            self._nursery.kill(self)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, when it has."""
        if not self._ended.wait(_PATIENCE_SECONDS if timeout is None else timeout):
            raise StoreError("a process that answers queries does not end")
        assert self.returncode is not None
        return self.returncode

    def has_ended(self, code: int) -> None:
        """Tell it that it has ended."""
        self.returncode = code
        self._ended.set()

    def close(self) -> None:
        """End it, and let go of its streams."""
        self.kill()
        for stream in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                stream.close()


class Nursery:
    """The process that workers are born in; it is started anew if it was ended from outside."""

    def __init__(self) -> None:
        # One birth after another: who asks for a worker is told its number next.
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._living: dict[int, Worker] = {}
        self._born = threading.Semaphore(0)
        self._waiting: Worker | None = None
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def worker(self) -> Worker:
        """A new worker.

        Raises:
            StoreError: none can be started.
        """
        with self._turn:
            for _ in range(2):
                try:
                    return self._worker()
                except OSError:
                    self._end()
            raise StoreError("a process that answers queries cannot be started")

    def _worker(self) -> Worker:
        if self._control is None:
            self._start()
        control = self._control
        assert control is not None
        ours, theirs = [], []
        for is_input in (True, False, False):
            reading, writing = os.pipe()
            ours.append(os.fdopen(writing, "wb") if is_input else os.fdopen(reading, "rb"))
            theirs.append(reading if is_input else writing)
        born = Worker(self, *ours)
        try:
            self._waiting = born
            socket.send_fds(control, [ORDER.pack(BIRTH, 0)], theirs)
            if not self._born.acquire(timeout=_PATIENCE_SECONDS) or not born.pid:
                raise BrokenPipeError
        except OSError:
            for stream in ours:
                with contextlib.suppress(OSError):
                    stream.close()
            raise
        finally:
            self._waiting = None
            for handle in theirs:
                os.close(handle)
        return born

    def _start(self) -> None:
        if self._is_closed:
            raise BrokenPipeError
        self._control, theirs = socket.socketpair()
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        with theirs:
            command = [sys.executable, "-P", "-s", "-m", "arrowkg.server.nursery"]
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
        with contextlib.suppress(OSError):
            # Pages come before queries.
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
        self._born = threading.Semaphore(0)
        threading.Thread(target=self._listen, args=(self._control, self._born), name="nursery", daemon=True).start()

    def _listen(self, control: socket.socket, born: threading.Semaphore) -> None:
        """Hear of births and ends."""
        held = b""
        with contextlib.suppress(OSError):
            while part := control.recv(1 << 16):
                held += part
                while len(held) >= MESSAGE.size:
                    kind, number, status = MESSAGE.unpack(held[: MESSAGE.size])
                    held = held[MESSAGE.size :]
                    self._heard(kind, number, status, born)
        # Its workers ended with it.
        with self._lock:
            lost, self._living = self._living, {}
        for worker in lost.values():
            worker.has_ended(-9)
        born.release()

    def _heard(self, kind: bytes, number: int, status: int, born: threading.Semaphore) -> None:
        if kind == BIRTH:
            with self._lock:
                if self._waiting is not None:
                    self._waiting.pid = number
                    self._living[number] = self._waiting
            born.release()
            return
        with self._lock:
            worker = self._living.pop(number, None)
        if worker is not None:
            worker.has_ended(os.waitstatus_to_exitcode(status))

    def kill(self, worker: Worker) -> None:
        """End a worker, if it lives."""
        with self._lock, contextlib.suppress(OSError):
            # The nursery is the parent: it knows whether the number is still this worker's.
            if worker.pid in self._living and self._control is not None:
                self._control.sendall(ORDER.pack(b"K", worker.pid))

    def _end(self) -> None:
        control, self._control = self._control, None
        if control is not None:
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)
            control.close()
        if self._process is not None:
            try:
                # It ends its workers, and then itself.
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it and all workers."""
        self._is_closed = True
        with self._turn:
            self._end()
