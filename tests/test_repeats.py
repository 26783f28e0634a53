"""What was written of shared nodes is left out, and nothing else is; equal entries are told of."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg import Capture, Paper, Settings, vocab
from arrowkg.mapping import record_triples
from arrowkg.repeats import EqualEntries, Repeats
from arrowkg.terms import Triple

NODE: Final = "<https://kg.example.org/author/ada-quill>"


SPELLINGS: Final = st.sampled_from(("Ada Quill", "ADA QUILL", "ada\u00a0quill", "Bo Tarn 0001", "BO TARN 0001"))
PAPERS_THAT_MEET: Final = strategies.papers(
    authors=st.lists(SPELLINGS, max_size=3).map(tuple),
    venue=st.sampled_from(("ICLR", "iclr", "Iclr")),
    kind=st.sampled_from(strategies.KINDS),
    year=st.sampled_from((None, 2024)),
)


def shared_of(*papers: Paper, capture: Capture | None = None, settings: Settings | None = None) -> list[list[Triple]]:
    return [record_triples(paper, settings or Settings(), capture).shared for paper in papers]


@given(
    papers=st.lists(strategies.papers() | PAPERS_THAT_MEET, max_size=5),
    capture=st.none() | strategies.captures(),
    settings=strategies.settings(),
)
@hypothesis_settings(max_examples=60)
def test_each_triple_comes_once_and_none_is_lost(
    papers: list[Paper], capture: Capture | None, settings: Settings
) -> None:
    records = shared_of(*papers, *papers[::-1], capture=capture, settings=settings)
    repeats = Repeats(settings.schema_ns)
    kept = [triple for record in records for triple in repeats.without(record)]
    assert len(kept) == len(set(kept))
    assert set(kept) == {triple for record in records for triple in record}


def spellings(*names: str) -> list[Triple]:
    repeats = Repeats("https")
    records = shared_of(*[Paper("On Stones", (name,), year=2000 + n) for n, name in enumerate(names)])
    kept = [repeats.without(record) for record in records]
    return [triple for record in kept[1:] for triple in record]


def test_a_later_spelling_is_not_lost() -> None:
    name, foaf = vocab.SCHEMA_HTTPS.name, vocab.FOAF_NAME
    assert spellings("Ada Quill", "Ada Quill") == []
    assert spellings("Ada Quill", "ADA QUILL", "Ada  Quill", "ADA QUILL") == [
        (NODE, name, '"ADA QUILL"'),
        (NODE, foaf, '"ADA QUILL"'),
        (NODE, name, '"Ada  Quill"'),
        (NODE, foaf, '"Ada  Quill"'),
    ]


def test_a_later_spelling_of_a_venue_and_its_volume_is_not_lost() -> None:
    papers = [Paper("On Stones", venue=venue, kind="Conference Paper", year=2024) for venue in ("ICLR", "iclr", "ICLR")]
    repeats = Repeats("https")
    first, second, third = (repeats.without(record) for record in shared_of(*papers))
    base = "https://kg.example.org/venue/iclr"
    assert len(first) == 14
    assert third == []
    assert set(second) == {
        (f"<{base}>", vocab.SCHEMA_HTTPS.name, '"iclr"'),
        (f"<{base}>", vocab.DCTERMS_TITLE, '"iclr"'),
        (f"<{base}/2024>", vocab.SCHEMA_HTTPS.name, '"iclr 2024"'),
        (f"<{base}/2024>", vocab.DCTERMS_TITLE, '"iclr 2024"'),
    }


def test_one_spelling_of_two_nodes_is_kept_for_both() -> None:
    papers = [Paper("On Stones", venue="SIGGRAPH", kind=kind) for kind in ("Conference Paper", "Journal Article")]
    repeats = Repeats("https")
    records = shared_of(*papers)
    assert [repeats.without(record) for record in records] == records


def test_the_other_namespace_of_schema_org() -> None:
    settings = Settings(schema_ns="http")
    records = shared_of(Paper("A", ("Bo Tarn",)), Paper("B", ("BO TARN",)), settings=settings)
    repeats = Repeats("http")
    assert repeats.without(records[0]) == records[0]
    assert {triple[1] for triple in repeats.without(records[1])} == {vocab.SCHEMA_HTTP.name, vocab.FOAF_NAME}


@pytest.mark.parametrize("most", [1, 30, 10**6])
def test_equal_entries_of_one_input(most: int) -> None:
    with EqualEntries(most) as entries:
        entries.add("a.txt", 1, "https://x/paper/stones-0123456789abcdef")
        entries.add("a.txt", 5, "https://x/paper/sand-fedcba9876543210")
        entries.add("a.txt", 9, "https://x/paper/stones-0123456789abcdef")
        entries.add("a.txt", 12345, "https://x/paper/stones-0123456789abcdef")
        entries.add("b.txt", 2, "https://x/paper/stones-0123456789abcdef")
        entries.add("b.txt", 7, "https://x/paper/sand-fedcba9876543210")
        entries.add("b.txt", 8, "https://x/paper/sand-fedcba9876543210")
        found = list(entries.notices())
    assert [(notice.file, notice.line) for notice in found] == [("a.txt", 9), ("a.txt", 12345), ("b.txt", 8)]
    assert [str(notice) for notice in found] == [
        "a.txt:9: equal to the entry at line 1, so both are one paper",
        "a.txt:12345: equal to the entry at line 1, so both are one paper",
        "b.txt:8: equal to the entry at line 7, so both are one paper",
    ]
    assert {notice.topic for notice in found} == {"equal entries"}


def test_lines_are_compared_as_numbers() -> None:
    with EqualEntries(100) as entries:
        for line in (10, 9):
            entries.add("a.txt", line, "0123456789abcdef")
        assert [notice.line for notice in entries.notices()] == [10]
