"""Opening inputs within limits."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Final, Self, cast

from arrowkg.errors import InputError
from arrowkg.files.names import STDIN_OR_STDOUT
from arrowkg.settings import MIB, Settings

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# The first bytes of each compressed format; what a file holds decides, whatever it is called.
_MAGIC: Final = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\x00": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}
_DECODER_MEMORY: Final = 128 * MIB
_BROKEN: Final = (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, gzip.BadGzipFile, OSError)


class Input:
    """One input, opened: bytes after decompression, within limits. A context manager.

    Args:
        name: a path, or ``-`` for standard input.
        settings: the limits.
        is_digested: whether :meth:`sha256` will be asked for.

    Raises:
        InputError: on opening, if it is missing, a folder, or may not be read; on reading, if its compression is
            broken or it holds more than ``settings.max_expanded_bytes``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "two.txt.gz")
    ...     _ = path.write_bytes(gzip.compress(b"one\\ntwo\\n"))
    ...     with Input(str(path), Settings()) as source:
    ...         source.head(3), list(source.lines(80))
    (b'one', [b'one\\n', b'two\\n'])
    """

    def __init__(self, name: str, settings: Settings, *, is_digested: bool = False) -> None:
        self.name = name
        self._settings = settings
        self._raw = _open_raw(name)
        self._digested = _Digested(self._raw) if is_digested else None
        try:
            self.size = _size(self._raw)
            stored = io.BufferedReader(self._digested, buffer_size=256 * 1024) if self._digested else self._raw
            self._stream = io.BufferedReader(_Limited(self, *_decompressed(stored)), buffer_size=256 * 1024)
        except OSError as error:
            self._close_raw()
            raise InputError(f"it cannot be read ({error.strerror or error})", file=name) from None
        except BaseException:
            self._close_raw()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close_raw()

    def _close_raw(self) -> None:
        if self.name != STDIN_OR_STDOUT:
            self._raw.close()

    @property
    def limit(self) -> int:
        """The most bytes that it may hold after decompression."""
        return self._settings.max_expanded_bytes

    @property
    def max_depth(self) -> int:
        """The deepest nesting that it may have."""
        return self._settings.max_depth

    @property
    def consumed(self) -> int:
        """How many bytes of the file, as it is stored, have been read; 0 where that cannot be told."""
        try:
            return self._raw.tell()
        except (OSError, ValueError):
            return 0

    def sha256(self) -> str:
        """The SHA-256, in hex, of the bytes as they are stored, compressed or not; reads what is left of them.

        Raises:
            InputError: it cannot be read to its end.
            ValueError: the input was not opened for it.
        """
        if self._digested is None:
            raise ValueError("the input was not opened to be digested")
        try:
            return self._digested.hexdigest()
        except OSError as error:
            raise InputError(f"it cannot be read ({error.strerror or error})", file=self.name) from None

    def read(self, size: int) -> bytes:
        """Up to so many bytes, none at the end."""
        return self._stream.read(size)

    def rest_of_line(self, limit: int) -> bytes:
        """What is left of the line, with its line feed, or the first bytes of it if it is longer than the limit."""
        return self._stream.readline(limit)

    def head(self, count: int) -> bytes:
        """Up to ``count`` bytes from the start, without reading on; at most 256 KiB."""
        return self._stream.peek(count)[:count]

    def lines(self, limit: int) -> Iterator[bytes]:
        """Each line with its line feed, or its first ``limit + 1`` bytes if it is longer; the rest is skipped."""
        while line := self._stream.readline(limit + 1):
            yield line
            rest = line
            while len(rest) > limit and not rest.endswith(b"\n"):
                rest = self._stream.readline(limit + 1)
                if len(rest) <= limit:
                    break

    def whole(self, *, is_html: bool = False) -> bytes:
        """All bytes of an input that must be seen whole.

        Raises:
            InputError: it holds more than ``settings.max_page_bytes``, or for HTML ``settings.max_html_bytes``.
        """
        setting = "max_html_bytes" if is_html else "max_page_bytes"
        limit: int = getattr(self._settings, setting)
        found = []
        size = 0
        # Piece by piece, so that no more than the limit is held when it is passed.
        while piece := self._stream.read(MIB):
            found.append(piece)
            size += len(piece)
            if size > limit:
                raise InputError(
                    f"the input holds more than {limit:,} bytes and must be read as a whole",
                    hint=f"a larger one can be let through with {setting} in arrowkg.toml",
                    file=self.name,
                )
        return b"".join(found)


class _Digested(io.RawIOBase):
    """A stream whose bytes are digested as they pass."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count: int = self._raw.readinto(buffer)  # type: ignore[attr-defined]
        self._sha256.update(memoryview(buffer)[:count])
        return count

    def hexdigest(self) -> str:
        """The digest of all, read to its end."""
        while found := self._raw.read(MIB):
            self._sha256.update(found)
        return self._sha256.hexdigest()


class _Limited(io.RawIOBase):
    """A stream that counts what passes and turns what a decompressor raises into our errors."""

    def __init__(self, owner: Input, stream: IO[bytes], compression: str) -> None:
        self._owner = owner
        self._stream = stream
        self._compression = compression
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            found = self._stream.read(len(buffer))
        except _BROKEN as error:
            what = f"the {self._compression} data is damaged or cut off" if self._compression else "it cannot be read"
            raise InputError(f"{what} ({error})", file=self._owner.name) from None
        self._count += len(found)
        if self._count > self._owner.limit:
            raise InputError(
                f"the input holds more than {self._owner.limit:,} bytes after decompression",
                hint="a larger one can be let through with max_expanded_bytes in arrowkg.toml",
                file=self._owner.name,
            )
        buffer[: len(found)] = found
        return len(found)


def _open_raw(name: str) -> BinaryIO:
    if name == STDIN_OR_STDOUT:
        if sys.stdin is None:
            raise InputError("standard input is closed", file=name)
        return cast(BinaryIO, sys.stdin.buffer)
    path = Path(name)
    if os.path.isdir(name):  # noqa: PTH112, the other one raises for names that are too long
        try:
            inside = sorted(entry.name for entry in path.iterdir() if entry.is_file() and entry.name[0] != ".")
        except OSError as error:
            raise InputError(f"it is a directory that cannot be read ({error.strerror})", file=name) from None
        shown = ", ".join(inside[:5]) + (f" and {len(inside) - 5} more" if len(inside) > 5 else "")
        raise InputError(
            "it is a directory",
            hint=f"name the files in it: {shown}" if inside else "it holds no files",
            file=name,
        )
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputError("there is no such file", file=name) from None
    except (OSError, ValueError) as error:
        raise InputError(f"it cannot be opened ({getattr(error, 'strerror', None) or error})", file=name) from None


def _size(raw: BinaryIO) -> int:
    """Bytes of a regular file, 0 for anything else."""
    try:
        status = os.fstat(raw.fileno())
    except (OSError, io.UnsupportedOperation):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _decompressed(raw: BinaryIO) -> tuple[IO[bytes], str]:
    """The stream behind a compression, and the compression's name, empty for none."""
    stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
    start = stream.peek(6)
    for magic, suffix in _MAGIC.items():
        if start.startswith(magic):
            return _decoder(suffix, stream), suffix[1:]
    return stream, ""


def _decoder(suffix: str, stream: IO[bytes]) -> IO[bytes]:
    match suffix:
        case ".gz":
            return cast(IO[bytes], gzip.GzipFile(fileobj=stream, mode="rb"))
        case ".bz2":
            return cast(IO[bytes], bz2.BZ2File(stream, "rb"))
        case ".xz":
            return cast(IO[bytes], _XzReader(stream))
        case _:
            most: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _DECODER_MEMORY.bit_length() - 1}
            return cast(IO[bytes], zstd.ZstdFile(stream, "rb", options=most))


class _XzReader(io.BufferedIOBase):
    """xz within a memory limit, which the standard reader of whole files has not; several streams may follow."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = self._new()

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=_DECODER_MEMORY)

    def read(self, size: int | None = -1, /) -> bytes:
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data.lstrip(b"\x00") or self._stream.read(64 * 1024).lstrip(b"\x00")
                if not rest:
                    return b""
                self._decoder = self._new()
            elif self._decoder.needs_input:
                rest = self._stream.read(64 * 1024)
                if not rest:
                    raise EOFError("the end of the stream is missing")
            else:
                rest = b""
            found = self._decoder.decompress(rest, max_length=-1 if size is None else size)
            if found:
                return found
