"""Reading Arrow pages: every page that comes with a truth, every form of saving, every kind of damage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowkg.errors import ArrowkgError, BadRecord, InputError
from arrowkg.files import Input
from arrowkg.model import Entry, Notice, nfc
from arrowkg.pipeline import Hooks, read
from arrowkg.settings import Settings
from arrowkg.sources import source_named

HEADER = """Arrow Research search

Author name cluster

Ada Quill

Possible papers associated with this exact author name in Arrow. This page groups names.

{papers} papers
1 author row

Possible papers

{listed}

"""
GOOD = "ICLR Conference 2024 Conference Paper\n\nOn Stones\n\n  • Ada Quill\n  • Bo Tarn\n\nWe sort stones."


@dataclass
class Found:
    entries: list[Entry]
    bad: list[BadRecord]
    notices: list[Notice]


def found_in(path: Path) -> Found:
    """What is read from a page, bad records set aside."""
    found = Found([], [], [])
    hooks = Hooks(notice=found.notices.append, bad=found.bad.append)
    found.entries = list(read(path, hooks=hooks))
    return found


def page_of(folder: Path, body: str, papers: int = 1, listed: int | None = None) -> Path:
    """A page with a header of our own."""
    path = folder / "page.txt"
    path.write_text(HEADER.format(papers=papers, listed=papers if listed is None else listed) + body, encoding="utf-8")
    return path


def as_read(entry: Entry) -> dict[str, Any]:
    paper = entry.paper
    return {
        "title": paper.title,
        "authors": list(paper.authors),
        "venue": paper.venue,
        "kind": paper.kind,
        "year": paper.year,
        "abstract": paper.abstract,
    }


def as_true(paper: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": nfc(paper["title"]),
        "authors": [nfc(name) for name in paper["authors"]],
        "venue": paper["venue"],
        "kind": paper["kind"],
        "year": paper["year"],
        "abstract": nfc(paper["abstract"]) if paper["abstract"] else None,
    }


@pytest.mark.parametrize(
    "name",
    ["tomer-michaeli", "odd/abstracts", "odd/homonyms", "odd/one-paper", "odd/spellings", "odd/venues", "odd/windows"],
)
def test_seed_pages_are_read_as_expected(seeds: Path, name: str) -> None:
    expected = json.loads((seeds / f"{name}.expected.json").read_text(encoding="utf-8"))
    found = found_in(seeds / f"{name}.txt")
    assert [as_read(entry) for entry in found.entries] == [as_true(paper) for paper in expected["papers"]]
    assert not found.bad
    capture = found.entries[0].capture
    assert capture is not None
    assert (capture.name, capture.declared_papers, capture.declared_author_rows, capture.listed_papers) == (
        expected["name"],
        expected["declared_papers"],
        expected["declared_author_rows"],
        len(expected["papers"]),
    )


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["", "variants"])
def test_real_pages_are_read_as_their_truth_says(shared: Path, folder: str) -> None:
    pages = shared / "data" / "arrow" / folder
    count = 0
    for line in (pages / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        expected = [as_true(paper) for paper in truth["papers"]]
        found = found_in(pages / truth["file"])
        if truth.get("variant") == "truncated":
            assert [as_read(entry) for entry in found.entries] == expected[: len(found.entries)]
            assert [error.line for error in found.bad] == [66]
            assert "cut off" in found.bad[0].reason
            continue
        assert [as_read(entry) for entry in found.entries] == expected, truth["file"]
        assert not found.bad
        assert {entry.capture.name for entry in found.entries if entry.capture} == {nfc(truth["author"])}
        is_told = any(notice.topic == "declared count differs" for notice in found.notices)
        assert is_told == (truth.get("variant") == "count_too_high")
        count += 1
    assert count >= 12


@pytest.mark.shared
def test_the_real_page_has_its_known_counts(shared: Path) -> None:
    entries = found_in(shared / "data" / "arrow" / "tomer-michaeli.txt").entries
    names = {name for entry in entries for name in entry.paper.authors}
    assert (len(entries), sum(len(e.paper.authors) for e in entries), len(names)) == (32, 107, 39)
    assert {entry.paper.venue for entry in entries} == {"ICML", "NeurIPS", "ICLR", "TMLR", "AAAI"}
    assert (entries[0].line, entries[1].line) == (16, 27)


@pytest.mark.parametrize(
    ("what", "damage"),
    [
        ("byte-order mark", lambda text: ("\ufeff" + text).encode()),
        ("CRLF", lambda text: text.replace("\n", "\r\n").encode()),
        ("old Mac", lambda text: text.replace("\n", "\r").encode()),
        ("decomposed", lambda text: __import__("unicodedata").normalize("NFD", text).encode()),
        ("no-break bullets", lambda text: text.replace("  • ", "\u00a0 \u00a0•\u00a0").encode()),
        ("star bullets", lambda text: text.replace("  • ", "  * ").encode()),
        ("hyphen bullets", lambda text: text.replace("  • ", "- ").encode()),
        ("doubled blanks", lambda text: text.replace("\n\n", "\n\n\n").encode()),
        ("blanks at line ends", lambda text: text.replace("\n", " \t\u00a0\n").encode()),
        ("no blank lines", lambda text: text.replace("\n\n", "\n").encode()),
        ("blank lines around", lambda text: f"\n \n{text}\n\n\n".encode()),
    ],
)
def test_a_page_saved_in_another_way_is_read_alike(seeds: Path, tmp_path: Path, what: str, damage: Any) -> None:
    original = seeds / "tomer-michaeli.txt"
    saved = tmp_path / "saved.txt"
    saved.write_bytes(damage(original.read_text(encoding="utf-8")))
    assert [as_read(e) for e in found_in(saved).entries] == [as_read(e) for e in found_in(original).entries], what


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    body = GOOD + "\nA form feed \x0c, a line separator \u2028, a next line \x85, all inside."
    entry = found_in(page_of(tmp_path, body)).entries[0]
    assert (
        entry.paper.abstract
        == "We sort stones.\nA form feed \x0c, a line separator \u2028, a next line \x85, all inside."
    )


HEADER_LIKE = "ICML Conference 2025 Conference Paper"
SECOND = "ICLR Conference 2023 Conference Paper\n\nOn Sand\n\n  • Ada Quill\n\nWe sift."


@pytest.mark.parametrize(
    "abstract",
    [
        HEADER_LIKE,
        f"{HEADER_LIKE}\n\nThe line above is part of this abstract.",
        f"{HEADER_LIKE}\n\nOur contributions\n\n  • a first item\n  • a second item",
        f"{HEADER_LIKE}\n\nA quoted paper\n\n  • Ada Quill\n\nAnd its abstract.",
        f"We cite:\n\n{HEADER_LIKE}\n\n  • Ada Quill",
        "  • a bullet\n  • another bullet\n\nand text",
        "ICML Conference MMXX Conference Paper\n\nA quoted paper\n\n  • Ada Quill",
        "1\n\n32 papers\n\nPossible papers\n\nAuthor name cluster",
    ],
)
def test_an_abstract_may_look_like_anything(tmp_path: Path, abstract: str) -> None:
    found = found_in(page_of(tmp_path, f"{GOOD}\n\n{abstract}\n\n{SECOND}", papers=2))
    assert [entry.paper.title for entry in found.entries] == ["On Stones", "On Sand"]
    assert found.entries[0].paper.abstract == f"We sort stones.\n\n{abstract}"
    assert not found.bad


def test_a_title_may_look_like_a_papers_line(tmp_path: Path) -> None:
    body = f"ICLR Conference 2024 Conference Paper\n\n{HEADER_LIKE}\n\n  • Ada Quill\n\nText."
    assert found_in(page_of(tmp_path, body)).entries[0].paper.title == HEADER_LIKE


@pytest.mark.parametrize(
    ("line", "venue", "year", "kind"),
    [
        ("CVPR Workshops Conference 2021 Conference Paper", "CVPR Workshops", 2021, "Conference Paper"),
        ("Conference 2000 Journal 2020 Journal Article", "Conference 2000", 2020, "Journal Article"),
        ("ACM Conference on Sand Conference 1999 Conference Paper", "ACM Conference on Sand", 1999, "Conference Paper"),
        ("3DV Conference 2020 Conference Paper", "3DV", 2020, "Conference Paper"),
        ("ICLR\u00a0Conference\u00a02024\u00a0Conference\u00a0Paper", "ICLR", 2024, "Conference Paper"),
    ],
)
def test_venue_names_may_hold_anything(tmp_path: Path, line: str, venue: str, year: int, kind: str) -> None:
    line = line.replace("Conference\u00a0Paper", "Conference Paper")
    paper = found_in(page_of(tmp_path, GOOD.replace("ICLR Conference 2024 Conference Paper", line))).entries[0].paper
    assert (paper.venue, paper.year, paper.kind) == (venue, year, kind)


def test_hundreds_of_authors_keep_their_order(tmp_path: Path) -> None:
    names = [f"Name {i % 700:03d}x" for i in range(1500)] + ["Ada Quill"]
    body = GOOD.replace("  • Bo Tarn", "\n".join(f"  • {name}" for name in names))
    assert found_in(page_of(tmp_path, body)).entries[0].paper.authors == ("Ada Quill", *names)


def test_venue_type_and_kind_that_differ_are_told(tmp_path: Path) -> None:
    found = found_in(page_of(tmp_path, GOOD.replace("Conference Paper", "Journal Article")))
    assert [notice.topic for notice in found.notices] == ["venue type and kind differ"]
    assert found.entries[0].paper.kind == "Journal Article"


def test_a_byline_without_the_pages_name_is_told(tmp_path: Path) -> None:
    found = found_in(page_of(tmp_path, GOOD.replace("Ada Quill", "Ada Quill 0001")))
    assert [str(notice).rpartition("page.txt:")[2] for notice in found.notices] == [
        "16: 'Ada Quill' is not in the byline"
    ]


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        (f"ICLR Conference MMXX Conference Paper\n\nOn Sand\n\n  • Ada Quill\n\n{GOOD}", 16, "the year 'MMXX'"),
        (f"ICLR Workshop 2024 Workshop Paper\n\nOn Sand\n\n  • Ada Quill\n\n{GOOD}", 16, "'Workshop Paper' is no kind"),
        (f"{GOOD}\n\nICLR Conference 2023 Conference Paper\n\nOn Sand\n\nNo bullets here.", 25, "no author lines"),
        (f"{GOOD}\n\nICLR Conference 2023 Conference Paper\n\n  • Ada Quill", 25, "no title"),
        (f"{GOOD}\n\nICLR Conference 2023 Conference Paper", 25, "cut off after the line"),
        (f"{GOOD}\n\nICLR Conference 0000 Conference Paper\n\nOn Sand\n\n  • Ada Quill", 25, "the year 0000"),
        (
            f"{GOOD}\n\nICLR Conference 2023 Conference Paper\n\nOn Sand\n\n  • Ada Quill\n  •",
            25,
            "author 2 has an empty",
        ),
        (f"A stray line.\n\n{SECOND}\n\n{GOOD}", 16, "text stands before"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, body: str, line: int, reason: str) -> None:
    path = page_of(tmp_path, body, papers=2)
    found = found_in(path)
    assert [(error.file, error.line) for error in found.bad] == [(str(path), line)]
    assert reason in found.bad[0].reason
    assert found.bad[0].record
    with pytest.raises(BadRecord, match=reason):
        list(read(path))


@pytest.mark.parametrize("cut", range(380, 560, 7))
def test_a_page_cut_off_anywhere_is_told(tmp_path: Path, cut: int) -> None:
    whole = page_of(tmp_path, f"{GOOD}\n\n{SECOND}", papers=2).read_bytes()
    path = tmp_path / "cut.txt"
    path.write_bytes(whole[: min(cut, len(whole) - 75)])
    with pytest.raises(InputError):
        list(read(path, source=source_named("arrow")))


def test_a_page_cut_inside_a_character_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.txt"
    path.write_bytes(HEADER.format(papers=1, listed=1).encode() + "Zo\u00eb".encode()[:-1])
    with pytest.raises(InputError, match="cut off in the middle of a character"):
        list(read(path))


@pytest.mark.parametrize(("papers", "listed"), [(10, 1), (0, 1)])
def test_a_stated_number_that_differs_is_told(tmp_path: Path, papers: int, listed: int) -> None:
    found = found_in(page_of(tmp_path, GOOD, papers=papers, listed=listed))
    assert [str(n).rpartition(": ")[2] for n in found.notices] == [f"the page states {papers} papers, and 1 are found"]
    capture = found.entries[0].capture
    assert capture is not None
    assert (capture.declared_papers, capture.listed_papers) == (papers, 1)


def test_a_header_that_states_no_numbers_is_told(tmp_path: Path) -> None:
    path = page_of(tmp_path, f"{GOOD}\n\n{SECOND}")
    text = (
        path.read_text(encoding="utf-8").replace("1 papers\n1 author row\n\n", "").replace("papers\n\n1\n", "papers\n")
    )
    path.write_text(text, encoding="utf-8")
    found = found_in(path)
    assert [entry.paper.title for entry in found.entries] == ["On Stones", "On Sand"]
    assert [notice.topic for notice in found.notices] == ["no declared count"] * 2


@pytest.mark.parametrize(
    ("name", "reason", "line"),
    [
        ("count-too-high.txt", "cut off", 25),
        ("truncated.txt", "cut off", 25),
        ("year-in-letters.txt", "the year 'MMXX' is not four digits", 16),
        ("no-authors.txt", "no author lines", 16),
        ("no-papers.txt", "ends before its list of papers", 9),
        ("not-utf8.txt", "not UTF-8: byte 0xEB", 5),
    ],
)
def test_broken_seed_pages_are_refused(seeds: Path, name: str, reason: str, line: int | None) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        list(read(seeds / "broken" / name))
    assert caught.value.line == line
    assert caught.value.exit_code == 3


@given(st.binary(max_size=400), st.sampled_from(["arrow", "arrow-html", "jsonl"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        list(read(path, source=source_named(name)))
    except ArrowkgError as error:
        assert error.exit_code == 3
        assert str(error).startswith(str(path))


@given(
    st.lists(st.sampled_from([*GOOD.split("\n"), *SECOND.split("\n"), "", "2", "ICLR Conference 20x Conference Paper"]))
)
def test_any_lines_under_a_header_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = page_of(tmp_path_factory.getbasetemp(), "\n".join(lines), papers=2)
    try:
        entries = list(read(path))
    except InputError as error:
        assert error.exit_code == 3
        return
    # Whatever was understood, no text was lost.
    kept = "".join(
        "".join([e.paper.venue or "", str(e.paper.year), e.paper.title, *e.paper.authors, e.paper.abstract or ""])
        for e in entries
    )
    words = [word for word in " ".join(lines).replace("•", " ").split() if word not in ("Conference", "Paper")]
    assert all(word in kept for word in words)


def test_reading_takes_time_in_proportion_to_length(tmp_path: Path) -> None:
    """Long runs of blanks, bullets or near headers must not make a pattern go back and forth; this ends or hangs."""
    with Input(
        str(page_of(tmp_path, GOOD + "\n\n" + ("a " + " " * 50_000 + "Conference ") * 20)), Settings()
    ) as opened:
        assert list(source_named("arrow").split(opened, Settings(), lambda notice: None))
    nasty = "\n\n".join(["ICLR Conference " + "2024 " * 150 + "Conference Paper", "- " + " -" * 1_000] * 200)
    assert found_in(page_of(tmp_path, f"{GOOD}\n\n{nasty}")).entries
