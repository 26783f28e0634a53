"""Texts on their way to partitions, in compressed blocks: few large values are cheaper to move than many small."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# The fastest level already makes N-Triples ten times smaller.
_LEVEL: Final = 1


class Blocks:
    """Gathers texts without line feeds by the partition that they go to.

    Args:
        most: how many characters are held before they should be drained.

    >>> blocks = Blocks(1000)
    >>> for partition, unit in ((4, "pebble"), (7, "sand"), (4, "boulder")):
    ...     blocks.add(partition, unit)
    >>> [(partition, units_of(block)) for partition, block in blocks.drained()]
    [(4, ['pebble', 'boulder']), (7, ['sand'])]
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[int, list[str]] = {}
        self._size = 0

    def add(self, partition: int, unit: str) -> None:
        """Take a text for a partition."""
        self._held.setdefault(partition, []).append(unit)
        self._size += len(unit)

    @property
    def is_full(self) -> bool:
        """Whether it is time to drain."""
        return self._size > self._most

    def drained(self) -> Iterator[tuple[int, bytes]]:
        """All that is held as a block for each partition; nothing is held afterwards."""
        held, self._held, self._size = self._held, {}, 0
        for partition, units in held.items():
            yield partition, packed("\n".join(units).encode())


def units_of(block: bytes) -> list[str]:
    """The texts of a block."""
    # Only line feeds part texts; they hold form feeds and U+2028 as they are.
    return unpacked(block).decode().split("\n")


def packed(data: bytes) -> bytes:
    """Bytes made smaller.

    >>> unpacked(packed(b"sand"))
    b'sand'
    """
    return zstd.compress(data, level=_LEVEL)


def unpacked(block: bytes) -> bytes:
    """Bytes as they were."""
    return zstd.decompress(block)
