"""Leaving out what was written before: the repeated descriptions of nodes that records share.

A triple is repeated if it was written before, so repeats are judged by the triple and never by the node alone: a later
spelling of a name must not be lost. Most triples of a shared node follow from its IRI alone (its types, its status),
and only names vary. So one digest stands for all that follows from the IRI, and one for each spelling: memory is two
digests a node where a digest of each triple would be seven.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Final, NamedTuple, Self

from arrowkg import vocab
from arrowkg.model import Notice
from arrowkg.spool import Spool
from arrowkg.terms import Triple

# 120 bits: as much as fits into the smallest object that holds more than 88 bits.
KEY_BYTES: Final = 15
"""How many bytes a digest has."""


class Repeats:
    """Remembers what was written of shared nodes.

    Args:
        schema_ns: which form of schema.org's namespace the triples have.
        most: forget all once so many digests are held, where repeats do no harm; if ``None``, nothing is forgotten.

    >>> repeats = Repeats("https")
    >>> seen = [("<a:s>", vocab.RDF_TYPE, vocab.AK_VENUE), ("<a:s>", vocab.DCTERMS_TITLE, '"ICLR"')]
    >>> len(repeats.without(seen)), len(repeats.without(seen))
    (2, 0)
    >>> repeats.without([seen[0], ("<a:s>", vocab.DCTERMS_TITLE, '"iclr"')])
    [('<a:s>', '<http://purl.org/dc/terms/title>', '"iclr"')]
    """

    def __init__(self, schema_ns: str, most: int | None = None) -> None:
        self._most = most
        self._seen: set[bytes] = set()
        self._spelled = frozenset((vocab.schema(schema_ns).name, vocab.FOAF_NAME, vocab.DCTERMS_TITLE))

    def without(self, shared: Sequence[Triple]) -> list[Triple]:
        """Those of a record's shared triples that were not seen before; the triples of a node stand together."""
        fresh = []
        spelled = self._spelled
        node = ""
        spelling = ("", "")
        is_new_node = is_new_spelling = False
        for triple in shared:
            subject, predicate, value = triple
            if predicate in spelled:
                # A name stands in two triples, one after the other; one digest speaks for both.
                if spelling != (subject, value):
                    spelling = (subject, value)
                    is_new_spelling = self._is_new(subject + value)
                if is_new_spelling:
                    fresh.append(triple)
                continue
            if subject != node:
                node, is_new_node = subject, self._is_new(subject)
            if is_new_node:
                fresh.append(triple)
        return fresh

    def _is_new(self, text: str) -> bool:
        digest = _digest(text)
        if digest in self._seen:
            return False
        if self._most is not None and len(self._seen) >= self._most:
            self._seen.clear()
        self._seen.add(digest)
        return True


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=KEY_BYTES).digest()


class Block(NamedTuple):
    """What a record says of a shared node, as far as no earlier record of its chunk says it.

    Attributes:
        keys: a digest of the node, unless an earlier record describes it, and one of each spelling of its name. What a
            key stands for is left out if the key came before; where the first is new, all are.
        triples: all that the keys stand for.
        names: for each spelling, the triples that have it.
    """

    keys: list[bytes]
    triples: list[Triple]
    names: list[list[Triple]]

    def spellings(self) -> Iterator[tuple[bytes, list[Triple]]]:
        """The key of each spelling, with its triples."""
        yield from zip(self.keys[len(self.keys) - len(self.names) :], self.names, strict=True)


class ChunkRepeats:
    """Finds what a chunk of records says of shared nodes, each thing once.

    It knows nothing of what was written before the chunk, so whoever knows decides by the keys of each block: this way
    chunks can be mapped anywhere, and :class:`Written` gives what :class:`Repeats` gives on all records in a row.

    >>> repeats = ChunkRepeats("https")
    >>> node = [("<a:s>", vocab.RDF_TYPE, vocab.AK_VENUE), ("<a:s>", vocab.DCTERMS_TITLE, '"ICLR"')]
    >>> [[len(part) for part in block] for block in repeats.blocks(node)]
    [[2, 2, 1]]
    >>> repeats.blocks(node)
    []
    """

    def __init__(self, schema_ns: str) -> None:
        self._seen: dict[str, set[str]] = {}
        self._spelled = frozenset((vocab.schema(schema_ns).name, vocab.FOAF_NAME, vocab.DCTERMS_TITLE))

    def blocks(self, shared: Sequence[Triple]) -> list[Block]:
        """The blocks of a record's shared triples, in order; the triples of a node stand together."""
        found: list[Block] = []
        spelled = self._spelled
        node = spelling = ""
        known: set[str] = set()
        keys: list[bytes] = []
        triples: list[Triple] = []
        names: list[list[Triple]] = []
        is_new_node = is_new_spelling = False
        for triple in shared:
            subject, predicate, value = triple
            if subject != node:
                if keys:
                    found.append(Block(keys, triples, names))
                node, spelling, keys, triples, names = subject, "", [], [], []
                is_new_node = subject not in self._seen
                if is_new_node:
                    self._seen[subject] = set()
                    keys.append(_digest(subject))
                known = self._seen[subject]
            if predicate in spelled:
                # A name stands in two triples, one after the other; one digest speaks for both.
                if spelling != value:
                    spelling = value
                    is_new_spelling = value not in known
                    if is_new_spelling:
                        known.add(value)
                        keys.append(_digest(subject + value))
                        names.append([])
                if is_new_spelling:
                    names[-1].append(triple)
                    triples.append(triple)
            elif is_new_node:
                triples.append(triple)
        if keys:
            found.append(Block(keys, triples, names))
        return found


class Written:
    """Remembers the keys of all blocks that were written.

    >>> written = Written()
    >>> written.came_before([b"node", b"name"]), written.came_before([b"node", b"other"])
    (b'\\x00\\x00', b'\\x01\\x00')
    """

    def __init__(self) -> None:
        self._keys: set[bytes] = set()

    def came_before(self, keys: Sequence[bytes]) -> bytes:
        """For each key of a chunk, none of them twice, whether an earlier chunk had it: 1 if so, else 0."""
        known = self._keys.intersection(keys)
        self._keys.update(keys)
        return bytes(map(known.__contains__, keys))


class EqualEntries:
    """Finds entries of one input that are equal, and so become one paper, in memory that does not grow.

    A context manager, since what it holds may go to a temporary file.

    Args:
        most: how many characters are held in memory.

    >>> with EqualEntries(1000) as entries:
    ...     for line in (3, 9):
    ...         entries.add("page.txt", line, "0123456789abcdef")
    ...     [str(notice) for notice in entries.notices()]
    ['page.txt:9: equal to the entry at line 3, so both are one paper']
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._spool = Spool(most)
        self._files: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._spool.__exit__(kind, error, traceback)

    def add(self, file: str, line: int, paper_key: str) -> None:
        """Take note of an entry; those of one input come one after another."""
        if not self._files or self._files[-1] != file:
            self._files.append(file)
        self._spool.add(f"{len(self._files) - 1:08d} {paper_key[-16:]} {line:012d}")

    def notices(self) -> Iterator[Notice]:
        """A notice for each entry that equals an earlier one of its input, in the order of the inputs."""
        first = ""
        first_line = 0
        with Spool(self._most) as found:
            for text in self._spool.sorted():
                entry, _, line = text.rpartition(" ")
                if entry != first:
                    first, first_line = entry, int(line)
                else:
                    found.add(f"{entry[:8]} {line} {first_line}")
            for text in found.sorted():
                file, line, earlier = text.split(" ")
                told = f"equal to the entry at line {earlier}, so both are one paper"
                yield Notice("equal entries", told, self._files[int(file)], int(line))
