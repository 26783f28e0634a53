"""Finding the record that ends a process: what a task does when it was tried before and its process was gone.

A fault in a library, or no memory left, takes the whole process with it, and no ``except`` sees it. Spark tries such a
task again, four times in all, and then gives up on the job. So a task that is tried again first has its records done by
a child process, some at a time; where the child is ended, one by one.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

_GROUP: Final = 100
_Item = TypeVar("_Item")


def tried(items: Iterable[_Item], do: Callable[[_Item], None]) -> Iterator[tuple[_Item, str]]:
    """Each item, with how the process ended that did it, or an empty text if it did not.

    Args:
        items: what is to be done.
        do: does an item, in a child of this process; what it raises is for whoever does it in earnest.

    >>> list(tried([1, 2, 3], lambda item: os.kill(os.getpid(), signal.SIGKILL) if item == 2 else None))
    [(1, ''), (2, 'it was ended by SIGKILL'), (3, '')]
    """
    rest = iter(items)
    while group := list(islice(rest, _GROUP)):
        if not _end_of(group, do):
            yield from ((item, "") for item in group)
        else:
            yield from ((item, _end_of([item], do)) for item in group)


def _end_of(items: list[_Item], do: Callable[[_Item], None]) -> str:
    """How the child that did these items was ended; an empty text if it came to its end."""
    with warnings.catch_warnings():
        # The child does no more than this and ends, whatever threads its parent has.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            for item in items:
                do(item)
        finally:
            # No more of the parent's work in the child, whatever was raised.
            os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with exit code {code}" if code else ""
