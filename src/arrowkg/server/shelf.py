"""Files that were given before, kept in memory up to so many bytes, with what goes with them."""

from __future__ import annotations

import gzip
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_ZSTD_LEVEL: Final = 3
_GZIP_LEVEL: Final = 5
# What a file costs beside its bytes, about.
_OVERHEAD: Final = 500


@dataclass(slots=True)
class Held:
    """A file as it is given.

    Attributes:
        data: its bytes.
        media_type: its media type.
        etag: its entity tag without compression.
        links: the values of its Link header.
        packed: its bytes by content coding.
    """

    data: bytes
    media_type: str
    etag: str
    links: tuple[str, ...] = ()
    packed: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        more = sum(map(len, self.packed.values())) + sum(map(len, self.links))
        return len(self.data) + more + _OVERHEAD


def held(data: bytes, media_type: str, links: tuple[str, ...] = ()) -> Held:
    """A file with its entity tag.

    >>> held(b"", "text/plain").etag
    '"e3b0c44298fc1c149afb"'
    """
    return Held(data, media_type, f'"{sha256(data).hexdigest()[:20]}"', links)


def packed(data: bytes, coding: str) -> bytes:
    """Bytes in a content coding, ``zstd`` (RFC 8878) or ``gzip`` (RFC 1952); the same every time.

    >>> gzip.decompress(packed(b"stones", "gzip")), zstd.decompress(packed(b"stones", "zstd"))
    (b'stones', b'stones')
    """
    if coding == "zstd":
        return zstd.compress(data, level=_ZSTD_LEVEL)
    return gzip.compress(data, _GZIP_LEVEL, mtime=0)


class Shelf:
    """Holds files up to a number of bytes; those asked for longest ago go first.

    Args:
        limit: the most bytes.

    >>> shelf = Shelf(2000)
    >>> for name in ("a", "b"):
    ...     shelf.put(name, held(bytes(900), "text/plain"))
    >>> shelf.get("a") is None, shelf.get("b") is None
    (True, False)
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._files: OrderedDict[str, tuple[Held, int]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._files)

    def get(self, path: str) -> Held | None:
        """The file of a path, if it is held."""
        found = self._files.get(path)
        if found is None:
            return None
        self._files.move_to_end(path)
        return found[0]

    def put(self, path: str, file: Held) -> None:
        """Hold a file, or count anew what it takes."""
        _, before = self._files.pop(path, (None, 0))
        self.size -= before
        size = file.size
        if size > self._limit:
            return
        self._files[path] = (file, size)
        self.size += size
        while self.size > self._limit:
            _, (_, freed) = self._files.popitem(last=False)
            self.size -= freed
