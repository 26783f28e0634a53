"""The folder that a site is written into: what is as it was before is linked, not written again."""

from __future__ import annotations

import filecmp
import os
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path


class Place:
    """A new root of a site, beside the one before.

    Args:
        root: the folder to write into.
        before: the root of the live site, or ``None``.

    Attributes:
        written: how many files were new or other than before.
        kept: how many were as before.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     old, new = Place(Path(folder, "1"), None), Place(Path(folder, "2"), Path(folder, "1"))
    ...     old.write("a.html", b"one"), new.write("a.html", b"one"), new.write("b.html", b"two")
    ...     new.written, new.kept
    (None, None, None)
    (1, 1)
    """

    def __init__(self, root: Path, before: Path | None) -> None:
        self._root = root
        self._before = before
        self._made: set[str] = set()
        self.written = 0
        self.kept = 0

    def write(self, path: str, data: bytes) -> None:
        """Write a file, or link the one that was there before if it has the same bytes.

        Raises:
            OSError: it cannot be written.
        """
        target = self._target(path)
        if self._before is not None and _is_linked(self._before / path, target, data):
            self.kept += 1
            return
        target.write_bytes(data)
        self._finish(target)

    def stream(self, path: str, pieces: Iterable[bytes]) -> tuple[int, str]:
        """Write a file of any size piece by piece, as :meth:`write` does; its size in bytes, and its SHA-256 in hex.

        Raises:
            OSError: it cannot be written.
        """
        target = self._target(path)
        digest = sha256()
        size = 0
        with target.open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
                digest.update(piece)
                size += len(piece)
        if self._before is not None and _is_replaced(self._before / path, target):
            self.kept += 1
        else:
            self._finish(target)
        return size, digest.hexdigest()

    def _target(self, path: str) -> Path:
        target = self._root / path
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(parent)
        # A new file always: one that is there may be a link to a file of the live site, which must stay as it is.
        target.unlink(missing_ok=True)
        return target

    def _finish(self, target: Path) -> None:
        if (stated := os.environ.get("SOURCE_DATE_EPOCH", "")).isdecimal():
            os.utime(target, (int(stated), int(stated)))
        self.written += 1

    def changed(self, path: str) -> str:
        """The day on which a file of the site last changed, such as ``2026-01-31``."""
        return time.strftime("%Y-%m-%d", time.gmtime((self._root / path).stat().st_mtime))


def _is_replaced(old: Path, new: Path) -> bool:
    """Put a link to an old file in the place of a new one, if both have the same bytes."""
    try:
        if old.is_symlink() or not filecmp.cmp(old, new, shallow=False):
            return False
        beside = new.with_name(f"{new.name}.old")
        os.link(old, beside)
        beside.replace(new)
    except OSError:
        return False
    return True


def _is_linked(old: Path, new: Path, data: bytes) -> bool:
    """Link an old file to a new place, if it has some bytes."""
    try:
        if old.stat().st_size != len(data) or old.is_symlink() or old.read_bytes() != data:
            return False
        os.link(old, new)
    except OSError:
        # It is not there, or the file system has no links: then it is written.
        return False
    return True
