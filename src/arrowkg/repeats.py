"""Leaving out what was written before: the repeated descriptions of nodes that records share.

A triple is repeated if it was written before, so repeats are judged by the triple and never by the node alone: a later
spelling of a name must not be lost. Most triples of a shared node follow from its IRI alone (its types, its status),
and only names vary. So one digest stands for all that follows from the IRI, and one for each spelling: memory is two
digests a node where a digest of each triple would be seven.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from arrowkg import vocab
from arrowkg.terms import Triple

# 120 bits: as much as fits into the smallest object that holds more than 88 bits.
_DIGEST_BYTES: Final = 15


class Repeats:
    """Remembers what was written of shared nodes.

    Args:
        schema_ns: which form of schema.org's namespace the triples have.

    >>> repeats = Repeats("https")
    >>> seen = [("<a:s>", vocab.RDF_TYPE, vocab.AK_VENUE), ("<a:s>", vocab.DCTERMS_TITLE, '"ICLR"')]
    >>> len(repeats.without(seen)), len(repeats.without(seen))
    (2, 0)
    >>> repeats.without([seen[0], ("<a:s>", vocab.DCTERMS_TITLE, '"iclr"')])
    [('<a:s>', '<http://purl.org/dc/terms/title>', '"iclr"')]
    """

    def __init__(self, schema_ns: str) -> None:
        self._seen: set[bytes] = set()
        self._spelled = frozenset((vocab.schema(schema_ns).name, vocab.FOAF_NAME, vocab.DCTERMS_TITLE))

    def without(self, shared: Sequence[Triple]) -> list[Triple]:
        """Those of a record's shared triples that were not seen before; the triples of a node stand together."""
        fresh = []
        spelled = self._spelled
        node = ""
        is_new_node = False
        for triple in shared:
            subject, predicate, value = triple
            if predicate in spelled:
                if self._is_new(f"{subject}{predicate}{value}"):
                    fresh.append(triple)
                continue
            if subject != node:
                node, is_new_node = subject, self._is_new(subject)
            if is_new_node:
                fresh.append(triple)
        return fresh

    def _is_new(self, text: str) -> bool:
        digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
        if digest in self._seen:
            return False
        self._seen.add(digest)
        return True
