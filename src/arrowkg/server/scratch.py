"""The temporary folder of a server, and those that killed servers have left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "arrowkg-serve-"
_NEW_SECONDS: Final = 60
"""A folder that is younger may be one that its server has not locked yet."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes when the server ends; those that servers of the same user left when they were killed go now.

    >>> with scratch() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Whoever else uses the machine may have put anything there.
        with contextlib.suppress(OSError):
            _remove_if_left(left)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        handle = os.open(name, os.O_RDONLY)
        try:
            # The lock ends with the last process that has it, however that ends. Where folders cannot be locked, no
            # other server can lock this one either, and so none removes it.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(handle)


def _remove_if_left(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        status = os.fstat(handle)
        if status.st_uid != os.getuid() or time.time() - status.st_mtime < _NEW_SECONDS:
            return
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(handle)
