"""Giving up, for the rest of a process, what answering a query does not need: the network, other programs, memory.

On Linux a seccomp filter has the kernel refuse every call that makes a socket or starts a program (seccomp(2)); file
descriptors cannot simply be forbidden, since a database opens its tables when it first needs them. Elsewhere the limits
of memory and time stay, and what reaches the network is refused by its tokens alone.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from pathlib import Path
from typing import Final

# By machine: its audit number (linux/audit.h) and the numbers of the calls that are refused: socket, connect, bind,
# execve, execveat, ptrace, io_uring_setup.
_CALLS: Final = {
    "x86_64": (0xC000003E, (41, 42, 49, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 221, 281, 117, 425)),
}
_X32_BIT: Final = 0x40000000
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | 1  # with EPERM
_KILL: Final = 0x80000000
_LOAD_WORD, _JUMP_EQUAL, _JUMP_FROM, _RETURN = 0x20, 0x15, 0x35, 0x06
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2


def confine(memory: int, seconds: int) -> None:
    """Give up the network and other programs, and take no more than so much memory and processor time from now on.

    Args:
        memory: bytes beside those that the process has now.
        seconds: of processor time.

    Raises:
        OSError: the kernel does not take the filter.
    """
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        most = pages * resource.getpagesize() + memory
        # Data and not addresses: a database maps far more addresses than it uses.
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        _refuse_calls()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refuse_calls() -> None:
    """Install the filter."""
    import ctypes

    known = _CALLS.get(os.uname().machine)
    if known is None:
        return
    program = _program(*known)
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    found = Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or library.prctl(
        _PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(found), 0, 0
    ):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _program(machine: int, calls: tuple[int, ...]) -> bytes:
    """The filter as a program of the kernel's packet filter: eight bytes an instruction (linux/filter.h)."""
    count = len(calls)
    steps = [
        (_LOAD_WORD, 0, 0, 4),  # the machine that the call is made for
        (_JUMP_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, 0),  # the number of the call
        (_JUMP_FROM, count + 1, 0, _X32_BIT),
    ]
    steps += [(_JUMP_EQUAL, count - place, 0, call) for place, call in enumerate(calls)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
