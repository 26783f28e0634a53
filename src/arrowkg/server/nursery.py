"""A process that has loaded what answering a query needs, and gives birth to a worker for each.

Starting Python and loading the engine takes a hundred times as long as answering a small query; forking a process that
has done so takes next to nothing. The nursery opens no database and starts no thread, so that its children begin as
clean as processes that were started anew; each is a worker of :mod:`arrowkg.sparql.worker`, which confines itself.

It is started by :mod:`arrowkg.server.workers` with a socket as its standard input, on which it takes a byte with three
file descriptors for a new worker, or a number for one to be killed. It tells of each worker that was born, and of each
that ended, with its status. It ends when the socket is closed, and so do its workers.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import struct
import sys
from typing import Final

from arrowkg.sparql import worker

BIRTH: Final = b"B"
"""What asks for a new worker."""
MESSAGE: Final = struct.Struct("=cIi")
"""What the nursery tells: ``B`` and the process, or ``E``, the process, and the status of :func:`os.waitpid`."""
ORDER: Final = struct.Struct("=cI")
"""What the nursery is told: :data:`BIRTH` and 0, with file descriptors; or ``K`` and the process to be killed."""

_MOST_HANDLES: Final = 256


def main() -> int:
    """Serve until the socket is closed."""
    # Loaded before it is asked, for all workers.
    import pyoxigraph  # noqa: F401

    control = socket.socket(fileno=os.dup(0))
    woken, waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waking)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    living: set[int] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            is_told = control in [key.fileobj for key, _ in selector.select()]
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _reap(control, living)
            if is_told:
                order, handles, _, _ = socket.recv_fds(control, ORDER.size, 3)
                if not order:
                    break
                kind, number = ORDER.unpack(order)
                if kind == BIRTH:
                    living.add(_birth(control, handles))
                elif number in living:
                    os.kill(number, signal.SIGKILL)
    for number in living:
        os.kill(number, signal.SIGKILL)
    return 0


def _birth(control: socket.socket, handles: list[int]) -> int:
    """Start a worker whose standard streams are three file descriptors."""
    number = os.fork()
    if number == 0:
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for place, handle in enumerate(handles):
                os.dup2(handle, place)
            # Whatever else the nursery has open is not for a worker.
            os.closerange(3, _MOST_HANDLES)
            code = worker.main()
        finally:
            # Nothing of the nursery's is carried to its end in a worker.
            sys.stdout.flush()
            os._exit(code)
    for handle in handles:
        os.close(handle)
    control.sendall(MESSAGE.pack(BIRTH, number, 0))
    return number


def _reap(control: socket.socket, living: set[int]) -> None:
    """Tell of the workers that ended."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            living.discard(ended[0])
            with contextlib.suppress(OSError):
                control.sendall(MESSAGE.pack(b"E", *ended))


if __name__ == "__main__":
    sys.exit(main())
