"""Replacing outputs whole."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import lzma
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Final, Self, cast

from arrowkg.errors import OutputError, UsageError
from arrowkg.files.names import STDIN_OR_STDOUT

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_LEVEL: Final = 6
"""How hard gzip tries. Python's own choice of 9 takes 1.7 times as long for 3 % fewer bytes."""
_WRITE_BACK_BYTES: Final = 16 << 20
"""After how many bytes the system is to begin to write them to disk."""
_KEPT_BYTES: Final = 8 * _WRITE_BACK_BYTES
"""How far back of an output the system is to forget what is on disk by then."""


class Output:
    """Where bytes go: a file that is replaced whole when all went well, a device, or standard output.

    A regular file is written under a temporary name beside it, flushed to disk and renamed over the old one by
    :meth:`commit`, its mode kept and a link resolved, so a reader sees the old file or the new one. Without a commit
    the old file stays and the temporary one goes. A FIFO or a device is written directly.

    Args:
        name: a path, or ``-`` for standard output. A suffix of :data:`COMPRESSIONS` compresses.
        aside: where the temporary file is, a folder of the same file system; beside the file if it is ``None``.

    Raises:
        OutputError: the place cannot be written.
        UsageError: the path is a folder.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "out.txt")
    ...     with Output(str(path)) as output:
    ...         output.write(b"lost, since nothing is committed")
    ...     path.exists()
    False
    """

    def __init__(self, name: str, *, aside: Path | None = None) -> None:
        self.name = name
        self._aside = aside
        self._target: Path | None = None
        self._temporary: Path | None = None
        self._waiting = 0
        with self._errors():
            self._file = self._open()
        self._stream = _compressing(name, self._file)

    def _open(self) -> BinaryIO:
        if self.name == STDIN_OR_STDOUT:
            if sys.stdout is None:
                raise OSError(errno.EBADF, "it is closed")
            return cast(BinaryIO, sys.stdout.buffer)
        given = Path(self.name)
        if given.exists() and not given.is_file() and not given.is_dir():
            return given.open("wb")
        path = Path(os.path.realpath(self.name))
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if path.is_dir():
            raise UsageError(f"{self.name or repr(self.name)} is a directory", hint="name a file to write")
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
        # Names are limited in bytes, and the temporary one is longer than the one that it stands for.
        start = os.fsencode(path.name)[:100].decode(errors="ignore")
        handle, temporary = tempfile.mkstemp(prefix=f".{start}.", suffix=".part", dir=self._aside or path.parent)
        self._target, self._temporary = path, Path(temporary)
        try:
            os.fchmod(handle, mode)
            return os.fdopen(handle, "wb")
        except OSError:
            os.close(handle)
            self._temporary.unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        shown = "standard output" if self.name == STDIN_OR_STDOUT else self.name
        try:
            yield
        except BrokenPipeError:
            gone = OutputError("the reader of the output went away", file=shown)
            gone.is_broken_pipe = True
            raise gone from None
        except OSError as error:
            raise OutputError(f"it cannot be written ({error.strerror or error})", file=shown) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()

    def write(self, data: bytes | memoryview) -> None:
        """Write bytes; see the class for errors."""
        with self._errors():
            self._stream.write(data)
        self._waiting += len(data)
        if self._waiting >= _WRITE_BACK_BYTES and self._temporary is not None:
            self._write_back()

    def _write_back(self) -> None:
        """Have the system begin to write to disk, so that the flush at the end has little left to do, and give back the
        memory of what is written, so that a large output takes that of no other file."""
        self._waiting = 0
        end = self._file.tell()
        # The advice that bytes are not needed makes Linux write those that are not on disk yet, and forget those that
        # are. Errors are the flush's.
        if hasattr(os, "posix_fadvise"):
            start = max(0, end - _KEPT_BYTES)
            with contextlib.suppress(OSError):
                os.posix_fadvise(self._file.fileno(), start, end - start, os.POSIX_FADV_DONTNEED)

    def commit(self) -> None:
        """Finish the output and put it in its place."""
        with self._errors():
            if self._stream is not self._file:
                self._stream.close()
            self._file.flush()
            if self._temporary is None or self._target is None:
                return
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._target)
            self._temporary = None
            sync_folder(self._target.parent)

    def discard(self) -> None:
        """Drop what was not committed; the old file, if any, is as it was."""
        if self.name == STDIN_OR_STDOUT:
            return
        # What cannot be flushed is dropped anyway.
        with contextlib.suppress(OSError):
            self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None


def print_out(text: str) -> None:
    """Write text to standard output, as UTF-8.

    Raises:
        OutputError: it cannot be written.
    """
    with Output(STDIN_OR_STDOUT) as place:
        place.write(text.encode())
        place.commit()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut; not every file system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _compressing(name: str, file: BinaryIO) -> IO[bytes]:
    """A stream that compresses by suffix; no time or name goes in, so that the bytes are the same every time."""
    match Path(name).suffix.lower():
        case ".gz":
            return cast(IO[bytes], gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0))
        case ".bz2":
            return cast(IO[bytes], bz2.BZ2File(file, "wb"))
        case ".xz":
            return cast(IO[bytes], lzma.LZMAFile(file, "wb"))
        case ".zst":
            return cast(IO[bytes], zstd.ZstdFile(file, "wb"))
        case _:
            return file
