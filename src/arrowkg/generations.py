"""Folders that change as a whole: each version is a generation of its own, and a link names the one that is live.

::

    DIR/
      arrowkg.json      what the folder is, so that no other folder is taken for it
      live              a symbolic link to the live generation, replaced by a rename
      lock              held by whoever builds a generation
      generations/7/    a generation; its file ``lock`` is held by whoever builds or reads it

A reader sees the old generation or the new one, never a part. A process that is killed leaves at most a generation that
is not live; the next one that builds removes it, as it removes what is neither live nor being read.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from arrowkg.errors import OutputError, StoreError, UsageError
from arrowkg.files import sync_folder

_MARK: Final = "arrowkg.json"
_LIVE: Final = "live"
_LOCK: Final = "lock"
_GENERATIONS: Final = "generations"
_TRIES: Final = 100
_MOST_SYNCED: Final = 2000


class Generations:
    """A folder of generations.

    Args:
        folder: the folder; it need not exist before :meth:`building`.
        kind: what is kept in it, such as ``store``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = Generations(f"{folder}/kept", "example")
    ...     with kept.building() as generation:
    ...         _ = (generation / "text").write_text("one")
    ...         kept.make_live(generation)
    ...     with kept.reading() as generation:
    ...         (generation / "text").read_text()
    'one'
    """

    def __init__(self, folder: str, kind: str) -> None:
        self.name = folder
        self._folder = Path(folder)
        self._kind = kind

    def is_there(self) -> bool:
        """Whether the folder is one of generations of this kind."""
        try:
            found = json.loads((self._folder / _MARK).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(found, dict) and found.get("kind") == self._kind

    @contextlib.contextmanager
    def reading(self) -> Iterator[Path]:
        """The live generation, which stays as long as it is read.

        Raises:
            UsageError: the folder is missing, or no folder of this kind.
            StoreError: it has no live generation.
        """
        if not self.is_there():
            raise UsageError(
                f"{self.name} is not an arrowkg {self._kind}" if self._folder.exists() else f"there is no {self.name}",
                hint=f"arrowkg load INPUT --{self._kind} {self.name} makes one",
            )
        generation, handle = self._held()
        try:
            yield generation
        finally:
            os.close(handle)

    def _held(self) -> tuple[Path, int]:
        """The live generation, and the handle of its lock, held; between looking and holding it may have gone."""
        for _ in range(_TRIES):
            generation = self.live()
            if generation is None:
                break
            try:
                handle = os.open(generation / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StoreError(f"it cannot be read ({error.strerror})", file=self.name) from None
            fcntl.flock(handle, fcntl.LOCK_SH)
            if _is_same(handle, generation / _LOCK):
                return generation, handle
            os.close(handle)
        raise StoreError(
            f"the {self._kind} is damaged: its live generation is missing",
            hint="build it anew from its inputs, with arrowkg load",
            file=self.name,
        )

    def live(self) -> Path | None:
        """The live generation, ``None`` if there is none."""
        try:
            target = str((self._folder / _LIVE).readlink())
        except OSError:
            return None
        parent, _, number = target.rpartition("/")
        # Nothing but a generation of this folder, whatever somebody made of the link.
        return self._folder / target if parent == _GENERATIONS and number.isdigit() else None

    @contextlib.contextmanager
    def building(self) -> Iterator[Path]:
        """A new generation, empty, which goes at the end unless it was made live; others are removed first.

        Raises:
            UsageError: the folder holds something else.
            OutputError: it cannot be written.
            StoreError: another process is building one.
        """
        with _errors(self.name):
            self._make_folder()
            lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            if not _is_locked(lock):
                raise StoreError(
                    f"another process is writing to the {self._kind}", hint="wait until it is done", file=self.name
                )
            self._sweep()
            with _errors(self.name):
                generation, held = self._new()
            try:
                yield generation
            finally:
                os.close(held)
                self._sweep()
        finally:
            os.close(lock)

    def _make_folder(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise UsageError(f"{self.name} is not a folder", hint=f"name a folder for the {self._kind}")
        if not self.is_there():
            if self._folder.is_dir() and any(self._folder.iterdir()):
                raise UsageError(
                    f"{self.name} holds something else than an arrowkg {self._kind}", hint="name a new or empty folder"
                )
            self._folder.mkdir(parents=True, exist_ok=True)
            mark = self._folder / _MARK
            aside = mark.with_suffix(".part")
            aside.write_text(json.dumps({"kind": self._kind, "layout": 1}) + "\n", encoding="utf-8")
            aside.replace(mark)
        (self._folder / _GENERATIONS).mkdir(exist_ok=True)

    def _new(self) -> tuple[Path, int]:
        """An empty generation, and the handle of its lock, held."""
        above = self._folder / _GENERATIONS
        numbers = [int(path.name) for path in above.iterdir() if path.name.isdigit()]
        generation = above / str(max(numbers, default=0) + 1)
        generation.mkdir()
        handle = os.open(generation / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(handle, fcntl.LOCK_SH)
        return generation, handle

    def make_live(self, generation: Path) -> None:
        """Make a generation the live one, all of it on disk before.

        Raises:
            OutputError: it cannot be written.
        """
        with _errors(self.name):
            _sync_all(generation)
            aside = self._folder / f"{_LIVE}.part"
            aside.unlink(missing_ok=True)
            aside.symlink_to(f"{_GENERATIONS}/{generation.name}")
            aside.replace(self._folder / _LIVE)
            sync_folder(self._folder)

    def _sweep(self) -> None:
        """Remove generations that are neither live nor held; what cannot be removed stays for the next time."""
        live = self.live()
        above = self._folder / _GENERATIONS
        for path in above.iterdir():
            if live is not None and path.name == live.name:
                continue
            handle = -1
            with contextlib.suppress(FileNotFoundError):
                handle = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                if handle < 0 or _is_locked(handle):
                    # The lock goes first: whoever waits for it finds that it is gone, and looks again.
                    (path / _LOCK).unlink(missing_ok=True)
                    shutil.rmtree(path, ignore_errors=True)
            except OSError:
                continue
            finally:
                if handle >= 0:
                    os.close(handle)


def _is_locked(handle: int) -> bool:
    """Take a lock for this process alone, if nobody holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _is_same(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except OSError:
        return False
    return os.path.samestat(os.fstat(handle), there)


def _sync_all(folder: Path) -> None:
    """See that a folder is on disk; of very many files each one would take its turn of the disk, so all go at once."""
    found = [folder, *islice(folder.rglob("*"), _MOST_SYNCED)]
    if len(found) > _MOST_SYNCED:
        os.sync()
        return
    for path in reversed(found):
        _sync(path)


def _sync(path: Path) -> None:
    if path.is_dir():
        sync_folder(path)
    elif path.is_file():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"it cannot be written ({error.strerror or error})", file=name) from None
