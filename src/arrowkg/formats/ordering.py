"""The order of sorted output, made for reading and for the same bytes every time.

Papers go by IRI, each followed by its authorships by position and its identifier, then authors, volumes, venues and
captures, each by IRI. Line notations are sorted by line instead.

A node travels through the sort as one text, its key first, and the same node from several records comes out as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, TypeAlias

from arrowkg.formats.names import property_order
from arrowkg.terms import Triple
from arrowkg.vocab import DCTERMS_CREATOR, PRO_IS_CONTEXT_FOR, RDF_TYPE, schema

# A key has the IRI without its brackets, so that nodes go by IRI.
# No term holds a control character, so these part a key from its triples, triples, and terms.
_KEY_END: Final = "\x01"
_TRIPLE_END: Final = "\x02"
_TERM_END: Final = "\x03"

Group: TypeAlias = tuple[list[Triple], list[Triple]]
"""A paper's own triples and shared ones, as a writer takes them; in sorted output one of them is empty."""


class ReadingOrder:
    """Turns triples into texts that sort into reading order, and sorted texts back into triples.

    Args:
        base_iri: what every node's IRI starts with.
        schema_ns: which form of schema.org's namespace the triples have.
        is_by_record: whether a record stays together with the nodes that it shares.
    """

    def __init__(self, base_iri: str, schema_ns: str, *, is_by_record: bool) -> None:
        self._start = len(base_iri) + 1
        self._is_by_record = is_by_record
        self._places = property_order(schema_ns)
        # Types are written schema.org's first, and authors by position: as the mapping gives them.
        self._kept_in_order = frozenset((RDF_TYPE, schema(schema_ns).author, DCTERMS_CREATOR, PRO_IS_CONTEXT_FOR))

    def texts(self, own: Sequence[Triple], shared: Sequence[Triple]) -> Iterator[str]:
        """One text for a paper with its own nodes, and one for each shared node."""
        if self._is_by_record:
            yield _packed("0" + own[0][0][1:-1], [*own, *shared])
            return
        if own:
            yield _packed("0" + own[0][0][1:-1], own)
        for subject, triples in groupby(shared, key=lambda triple: triple[0]):
            yield _packed(self._section(subject) + subject[1:-1], triples)

    def _section(self, subject: str) -> str:
        kind, _, rest = subject[self._start :].partition("/")
        if kind == "author":
            return "1"
        if kind == "book" or "/" in rest:
            return "2"
        return "4" if kind == "capture" else "3"

    def groups(self, texts: Iterable[str]) -> Iterator[Group]:
        """The triples of sorted texts, each node once."""
        for key, same in groupby(map(_split_key, texts), key=lambda found: found[0]):
            triples = self._ordered(triple for _, packed in same for triple in _unpacked(packed))
            if self._is_by_record:
                # The nodes that a record shares come after its own, whose subjects all hold the paper's key.
                paper_key = key.rpartition("/")[2]
                own = [triple for triple in triples if paper_key in triple[0]]
                yield own, [triple for triple in triples if paper_key not in triple[0]]
            elif key[0] == "0":
                yield triples, []
            else:
                yield [], triples

    def _ordered(self, triples: Iterable[Triple]) -> list[Triple]:
        """Triples without repeats: subjects as they come, predicates by the tables, objects by position or by term."""
        subjects: dict[str, int] = {}
        distinct = dict.fromkeys(triples)
        for subject, _, _ in distinct:
            subjects.setdefault(subject, len(subjects))
        return sorted(
            distinct,
            key=lambda t: (subjects[t[0]], self._places[t[1]], "" if t[1] in self._kept_in_order else t[2]),
        )


def _packed(key: str, triples: Iterable[Triple]) -> str:
    return key + _KEY_END + _TRIPLE_END.join([_TERM_END.join(triple) for triple in triples])


def key_of(text: str) -> str:
    """What a text is sorted by first; the texts of one key are written together.

    >>> key_of(_packed("1author", [("<a:s>", "<a:p>", "<a:o>")]))
    '1author'
    """
    return _split_key(text)[0]


def _split_key(text: str) -> tuple[str, str]:
    key, _, packed = text.partition(_KEY_END)
    return key, packed


def _unpacked(packed: str) -> Iterator[Triple]:
    for triple in packed.split(_TRIPLE_END):
        subject, predicate, value = triple.split(_TERM_END)
        yield subject, predicate, value
