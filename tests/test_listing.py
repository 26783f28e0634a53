"""From a page to a graph and back: every record as it was, every page again byte for byte."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg import Entry, InputError, Paper, Settings, UsageError, read, triples
from arrowkg.formats import FORMATS, format_named
from arrowkg.listing import Papers, in_page_order, not_kept, page_text, why_not_on_a_page
from arrowkg.model import Listing
from arrowkg.pipeline import Hooks
from cli import PAGE, SEEDS, SOUND, Ran, assert_refused, graph_of, jsonl, lines, put, run, untouched

NOTATIONS: Final = [found.name for found in FORMATS]
_PAGES: Final = ("tomer-michaeli", "abstracts", "homonyms", "one-paper", "spellings", "venues", "windows", "page")
_AS_WRITTEN: Final = ("tomer-michaeli", "abstracts", "homonyms", "one-paper")
"""Pages in the very form that pages are written in."""


def seed_page(name: str) -> Path:
    return next(path for path in SEEDS.rglob(f"{name}.*") if path.suffix in (".txt", ".html"))


def papers_of(page: Path) -> list[Paper]:
    return [entry.paper for entry in read(page)]


def exported(folder: Path, page: Path, notation: str, *options: str) -> tuple[Ran, str]:
    """Export a page; how it went and the name of the graph."""
    name = f"kg{format_named(notation).suffixes[0]}"
    return run(folder, "export", page, "-o", name, "--no-validate", "-q", *options), name


def listed(folder: Path, *arguments: str, name: str = "back.txt") -> Path:
    """The page that graphs are turned back into."""
    ran = run(folder, "listing", *arguments, "-o", name)
    assert (ran.code, ran.out, ran.err) == (0, b"", ""), ran
    return folder / name


def has_controls(page: Path) -> bool:
    """Whether a page holds what RDF/XML cannot carry."""
    return re.search(b"[\x01-\x08\x0b\x0c\x0e-\x1f]", page.read_bytes()) is not None


def assert_comes_back(folder: Path, page: Path, notation: str) -> bytes:
    """A page becomes a graph, and the graph a page with the same records; the page that it becomes."""
    ran, graph = exported(folder, page, notation)
    assert (ran.code, ran.err) == (0, ""), (page, ran)
    back = listed(folder, graph)
    before, after = papers_of(page), papers_of(back)
    # The order of two papers of one title and one year is not stated, so it may differ from the page's.
    assert after == in_page_order(before), page
    assert sorted(map(repr, after)) == sorted(map(repr, before))
    header, old = (next(read(path)).capture for path in (back, page))
    assert header is not None
    assert old is not None
    assert (header.name, header.declared_author_rows) == (old.name, old.declared_author_rows)
    assert header.declared_papers == header.listed_papers == len(before)
    return back.read_bytes()


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("name", _PAGES)
def test_a_seed_page_comes_back(tmp_path: Path, name: str, notation: str) -> None:
    page = seed_page(name)
    if notation == "rdfxml" and has_controls(page):
        ran, graph = exported(tmp_path, page, notation)
        assert_refused(ran, 3, f"{page}:72: the text holds U+000C, which RDF/XML cannot carry", "choose another format")
        assert not (tmp_path / graph).exists()
        return
    content = assert_comes_back(tmp_path, page, notation)
    if name in _AS_WRITTEN:
        assert content == page.read_bytes()


@pytest.mark.parametrize("name", _PAGES)
def test_a_second_round_changes_no_byte(tmp_path: Path, name: str) -> None:
    first = assert_comes_back(tmp_path, seed_page(name), "ntriples")
    for notation in ("turtle", "jsonld"):
        assert assert_comes_back(tmp_path, put(tmp_path, "first.txt", first), notation) == first


def shared_pages(shared: Path) -> list[Path]:
    """Every real page but the one that is cut off."""
    pages = sorted((shared / "data" / "arrow").rglob("*.txt"))
    assert len(pages) >= 41
    return [page for page in pages if page.stem != "015_truncated"]


@pytest.mark.shared
@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_real_page_comes_back(tmp_path: Path, shared: Path, notation: str) -> None:
    refused = []
    for page in shared_pages(shared):
        if notation == "rdfxml" and has_controls(page):
            ran, graph = exported(tmp_path, page, notation)
            assert_refused(ran, 3, f"{page}:", "choose another format")
            assert "which RDF/XML cannot carry" in ran.err
            assert not (tmp_path / graph).exists()
            refused.append(page.stem[:3])
            continue
        content = assert_comes_back(tmp_path, page, notation)
        # Two pages have "1 papers", one has a letter that is not composed.
        is_plain = page.parent.name != "variants" and page.stem[:3] not in ("045", "063", "074")
        assert not is_plain or content == page.read_bytes(), page
        (tmp_path / graph_name(notation)).unlink()
    assert refused == (["007", "049"] if notation == "rdfxml" else [])


def graph_name(notation: str) -> str:
    return f"kg{format_named(notation).suffixes[0]}"


@pytest.mark.shared
def test_a_second_round_of_every_real_page_changes_no_byte(tmp_path: Path, shared: Path) -> None:
    for page in shared_pages(shared):
        first = assert_comes_back(tmp_path, page, "ntriples")
        assert assert_comes_back(tmp_path, put(tmp_path, "first.txt", first), "ntriples") == first, page


@pytest.mark.shared
def test_real_pages_with_damaged_counts_come_back_if_they_are_let_through(tmp_path: Path, shared: Path) -> None:
    variants = shared / "data" / "arrow" / "variants"
    page = variants / "015_count_too_high.txt"
    with untouched(tmp_path):
        ran = run(tmp_path, "export", page, "-o", "kg.nt")
    assert ran.code == 1
    assert "Capture-declared-count" in ran.err
    assert run(tmp_path, "export", page, "-o", "kg.nt", "--fail-on", "never").code == 0
    assert papers_of(listed(tmp_path, "kg.nt")) == papers_of(page)
    with untouched(tmp_path):
        ran = run(tmp_path, "export", variants / "015_truncated.txt", "-o", "kg.nt", "--fail-on", "never")
    assert_refused(ran, 3, f"{variants / '015_truncated.txt'}:66: the page is cut off", "save the page again")


@pytest.mark.shared
def test_all_real_pages_in_one_graph_come_back_one_by_one(tmp_path: Path, shared: Path) -> None:
    pages = [page for page in shared_pages(shared) if page.parent.name != "variants"]
    assert run(tmp_path, "export", *pages, "-o", "kg.nt", "--no-validate", "-q").code == 0
    graph = tmp_path / "kg.nt"
    found = Papers(_triples_in(graph))
    for page in pages:
        entries = list(read(page))
        assert entries[0].capture is not None
        of_page = found.listing(entries[0].capture.name)
        # Papers of other pages may have the name in their bylines too, and one paper may have two abstracts.
        expected = {replace(entry.paper, abstract=None) for entry in entries}
        assert expected <= {replace(paper, abstract=None) for paper in of_page.papers}, page


def _triples_in(graph: Path) -> list[tuple[str, str, str]]:
    """Triples of an N-Triples file; terms hold no blank but in literals, which stand last."""
    rows = [line.removesuffix(" .").split(" ", 2) for line in graph.read_text(encoding="utf-8").split("\n")[:-1]]
    return [(subject, predicate, value) for subject, predicate, value in rows]


# Which papers.

_BO: Final = PAGE.replace("\nQ\n", "\nBo Tarn\n").replace("• Q", "• Bo Tarn\n  • Q").replace("Stone", "Sand")


@pytest.fixture
def two_pages(tmp_path: Path) -> Path:
    """A folder with a graph of two pages, of Q and of Bo Tarn, whose one paper lists Q too."""
    put(tmp_path, "q.txt", PAGE)
    put(tmp_path, "bo.txt", _BO)
    assert run(tmp_path, "export", "q.txt", "bo.txt", "-o", "kg.ttl", "--no-validate").code == 0
    return tmp_path


def titles(page: Path) -> list[str]:
    return [paper.title for paper in papers_of(page)]


def name_on(page: Path) -> str:
    entry = next(read(page))
    assert entry.capture is not None
    return entry.capture.name


@pytest.mark.parametrize("author", ["Bo Tarn", "bo tarn", "BO TARN", "  bo   tarn ", "Bo\u200f Tarn"])
def test_the_author_is_named_whatever_the_case(two_pages: Path, author: str) -> None:
    page = listed(two_pages, "kg.ttl", "--author", author)
    assert titles(page) == ["Sand"]
    assert name_on(page) == "Bo Tarn"


def test_papers_of_all_pages_with_the_name_are_listed(two_pages: Path) -> None:
    page = listed(two_pages, "kg.ttl", "--author", "q")
    assert titles(page) == ["Sand", "Stone"]
    assert name_on(page) == "Q"


def test_one_of_several_pages_must_be_named(two_pages: Path) -> None:
    with untouched(two_pages):
        ran = run(two_pages, "listing", "kg.ttl", "-o", "out.txt")
    assert_refused(ran, 2, "the graph holds pages of 2 names", "--author NAME picks one: Bo Tarn, Q")


@pytest.mark.parametrize("author", ["Bo", "Tarn", "Bo Tarn 0001", "Nobody", "\x1b[31m", "\u200f", ""])
def test_a_name_that_no_paper_has_is_refused(two_pages: Path, author: str) -> None:
    with untouched(two_pages):
        ran = run(two_pages, "listing", "kg.ttl", "-o", "out.txt", "--author", author)
    assert_refused(ran, 2, "no paper has the author ", "names are compared whole, whatever their case")


def test_graphs_of_several_files_are_one(tmp_path: Path) -> None:
    graph_of(tmp_path, PAGE, "a.ttl")
    graph_of(tmp_path, _BO, "b.jsonld.gz")
    graph_of(tmp_path, PAGE.replace("Stone", "Gravel"), "c.rdf")
    assert titles(listed(tmp_path, "a.ttl", "b.jsonld.gz", "c.rdf", "--author", "Q")) == ["Gravel", "Sand", "Stone"]


def test_two_pages_of_one_name_are_one_page(tmp_path: Path) -> None:
    """Saved at different times, each with its own count of rows."""
    later = PAGE.replace("1 author row", "3 author rows").replace("Stone", "Gravel").replace("\nQ\n", "\nq\n")
    graph_of(tmp_path, PAGE, "a.ttl")
    graph_of(tmp_path, later, "b.ttl")
    page = listed(tmp_path, "a.ttl", "b.ttl")
    assert titles(page) == ["Gravel", "Stone"]
    capture = next(read(page)).capture
    assert capture is not None
    assert (capture.name.upper(), capture.declared_author_rows, capture.declared_papers) == ("Q", 3, 2)


def test_a_graph_of_no_page_needs_a_name(tmp_path: Path) -> None:
    graph_of(tmp_path, lines(2), "kg.ttl")
    ran = run(tmp_path, "listing", "kg.ttl")
    assert_refused(ran, 2, "the graph holds no page", "--author NAME picks one")
    page = listed(tmp_path, "kg.ttl", "--author", "ADA QUILL")
    assert titles(page) == ["On Stones 1", "On Stones 2"]
    assert name_on(page) == "Ada Quill"


def test_the_commonest_spelling_of_a_name_heads_the_page(tmp_path: Path) -> None:
    spelled = [{**SOUND, "title": f"On Sand {i}", "authors": [name]} for i, name in enumerate(("ada", "Ada", "Ada"))]
    graph_of(tmp_path, jsonl(*spelled), "kg.ttl")
    assert name_on(listed(tmp_path, "kg.ttl", "--author", "aDA")) == "Ada"


def test_many_names_are_not_all_listed(tmp_path: Path) -> None:
    names = [f"Name {letter}" for letter in "ABCDEFGHIJKLM"]
    for name in names:
        graph_of(tmp_path, PAGE.replace("\nQ\n", f"\n{name}\n").replace("• Q", f"• {name}"), f"{name}.nt")
    ran = run(tmp_path, "listing", *(f"{name}.nt" for name in names))
    assert_refused(ran, 2, "the graph holds pages of 13 names", "--author NAME picks one: Name A, Name B, ")
    assert "Name M" not in ran.err


# What a page cannot state.


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "Preprint"}, "an Arrow page states no Preprint"),
        ({"kind": None}, "it has no kind"),
        ({"year": None}, "it has no year"),
        ({"venue": None}, "it has no venue"),
        ({"authors": []}, "it has no authors"),
        ({"title": "On\nSand"}, "a name or the title does not stand on one line"),
        ({"authors": ["Ada Quill", "Bo\nTarn"]}, "a name or the title does not stand on one line"),
        ({"venue": "I\nCLR"}, "a name or the title does not stand on one line"),
    ],
)
def test_a_paper_that_a_page_cannot_state_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    odd = {**SOUND, "title": "On Sand", **change}
    put(tmp_path, "page.txt", PAGE.replace("\nQ\n", "\nAda Quill\n").replace("• Q", "• Ada Quill"))
    put(tmp_path, "odd.jsonl", jsonl(odd))
    assert run(tmp_path, "export", "page.txt", "odd.jsonl", "-o", "kg.nt", "--no-validate").code == 0
    if odd["authors"]:
        ran = run(tmp_path, "listing", "kg.nt", "-o", "back.txt")
        assert ran.code == 0
        assert ran.err == f"kg.nt: warning: {odd['title']!r} is left off the page: {reason}\n"
        assert titles(tmp_path / "back.txt") == ["Stone"]
    assert why_not_on_a_page(Paper(**{**odd, "authors": tuple(odd["authors"])})) == reason


def test_a_page_of_nothing_is_refused(tmp_path: Path) -> None:
    graph_of(tmp_path, lines(5, kind="Preprint"), "kg.nt")
    put(tmp_path, "out.txt", "old")
    with untouched(tmp_path):
        ran = run(tmp_path, "listing", "kg.nt", "--author", "Ada Quill", "-o", "out.txt")
    assert (ran.code, ran.out) == (2, b"")
    assert ran.told == ["and 2 more of: left off the page", "an Arrow page can state none of the papers"]
    assert ran.hints == ["it states conference papers and articles"]


_ODD: Final[dict[str, dict[str, Any]]] = {
    "a title with a bullet": {"title": "• Stones"},
    "a title with a hyphen": {"title": "- Stones"},
    "a title that is a hyphen": {"title": "-"},
    "blanks around the title": {"title": " Stones\u00a0"},
    "a carriage return after the title": {"title": "Stones\r"},
    "a blank before a name": {"authors": ("Ada Quill", " Bo Tarn")},
    "a blank before the venue": {"venue": " ICLR"},
    "a venue of many letters": {"venue": "I" * 1000},
    "blank lines in the abstract": {"abstract": "We sort.\n\n\nStones."},
    "a blank line before the abstract": {"abstract": "\n\nWe sort."},
    "a blank at the end of a line": {"abstract": "We sort \nstones."},
    "a carriage return in the abstract": {"abstract": "We sort\r\nstones."},
    "an abstract with a paper in it": {
        "abstract": f"We sort.\n\n{PAGE[PAGE.index('ICML') :].replace('• Q', '• Ada Quill')}"
    },
    "a DOI": {"doi": "10.5555/stones-1"},
    "an address": {"url": "https://example.org/stones"},
}


@pytest.mark.parametrize("change", _ODD.values(), ids=_ODD.keys())
def test_nothing_is_lost_in_silence(tmp_path: Path, change: dict[str, Any]) -> None:
    """What stands on the page reads back as it was, or standard error says what does not."""
    paper = Paper(**{**SOUND, "authors": tuple(SOUND["authors"]), **change})
    put(tmp_path, "in.jsonl", jsonl({**SOUND, "title": "On Sand"}, {**SOUND, **change}))
    ran = run(tmp_path, "export", "in.jsonl", "-o", "kg.nt", "--no-validate")
    assert ran.code == 0
    ran = run(tmp_path, "listing", "kg.nt", "--author", "Ada Quill", "-o", "back.txt")
    assert ran.code == 0
    assert ran.err or paper in papers_of(tmp_path / "back.txt")


def _stated() -> st.SearchStrategy[Paper]:
    """Papers most of which a page can state."""
    return strategies.papers(
        authors=st.lists(strategies.names(), min_size=1, max_size=3).map(tuple),
        venue=strategies.names(),
        kind=st.sampled_from(("Conference Paper", "Journal Article")),
        year=strategies.years(),
        doi=st.none(),
        url=st.none(),
    )


@given(st.lists(_stated(), min_size=1, max_size=3))
@hypothesis_settings(max_examples=200)
def test_whatever_papers_a_page_states_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, papers: list[Paper]
) -> None:
    stated = [paper for paper in in_page_order(papers) if not why_not_on_a_page(paper)]
    if stated:
        listing = Listing("Ada Quill", 1, tuple(stated))
        told = [paper for paper, _ in not_kept(listing, page_text(listing))]
        page = put(tmp_path_factory.getbasetemp(), "any.txt", page_text(listing))
        found = [entry.paper for entry in read(page, hooks=Hooks(bad=lambda error: None))]
        assert [paper for paper in stated if paper not in told] == [paper for paper in found if paper in stated]


def test_a_second_abstract_is_told(tmp_path: Path) -> None:
    """Two pages may list one paper, each with an abstract of its own; a page states one."""
    graph_of(tmp_path, jsonl(SOUND, {**SOUND, "abstract": "We do not."}), "kg.nt")
    ran = run(tmp_path, "listing", "kg.nt", "--author", "Ada Quill", "-o", "back.txt")
    assert ran.code == 0
    assert "abstract" in ran.err
    assert "'On Stones'" in ran.err


# What is no graph of ours.


def _graph(paper: Paper | None = None) -> list[tuple[str, str, str]]:
    sound = Paper(**{**SOUND, "authors": ("Ada Quill", "Bo Tarn", "Cy Dell")})
    return list(triples(paper or sound, Settings()))


def test_a_byline_with_holes_is_refused(tmp_path: Path) -> None:
    whole = graph_of(tmp_path, jsonl({**SOUND, "authors": ["Ada Quill", "Bo Tarn", "Cy Dell"]}), "kg.nt")
    kept = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    second = next(line.split()[0] for line in kept if '"2"' in line)
    put(tmp_path, "holes.nt", "".join(line for line in kept if second not in line))
    with untouched(tmp_path):
        ran = run(tmp_path, "listing", "holes.nt", "--author", "Ada Quill", "-o", "out.txt")
    assert_refused(ran, 3, "the byline of <https://kg.example.org/paper/", "arrowkg validate tells more")


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ("/position>", "has no name or no position"),
        ("#nameAsListed>", "has no name or no position"),
        ("/terms/title>", "has no title"),
    ],
)
def test_a_record_that_lost_a_part_is_refused(lost: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Papers([triple for triple in _graph() if not triple[1].endswith(lost)])


@pytest.mark.parametrize("position", ['"two"', '"-1"', '"2.5"', '"²"', '"1"', '"0"', '"9"'])
def test_a_position_that_is_none_is_refused(position: str) -> None:
    def changed(triple: tuple[str, str, str]) -> tuple[str, str, str]:
        is_second = triple[1].endswith("/position>") and triple[2].startswith('"2"')
        return (triple[0], triple[1], position) if is_second else triple

    with pytest.raises(InputError, match=r"byline|position"):
        Papers([changed(triple) for triple in _graph()])


def test_a_year_that_is_none_is_no_year() -> None:
    for year in ("²⁰²⁴", "", "MMXX", "-5"):
        [paper] = Papers([(s, p, f'"{year}"' if p.endswith("PublicationYear>") else o) for s, p, o in _graph()]).all
        assert paper.year is None


def test_the_order_of_the_triples_is_of_no_account() -> None:
    found = _graph()
    expected = Papers(found).all
    for seed in range(5):
        random.Random(seed).shuffle(found)
        assert Papers(found).all == expected


def test_other_triples_may_stand_beside_ours() -> None:
    foreign = [("<a:s>", "<a:p>", "<a:o>"), ("_:b", "<a:p>", '"x"@en'), ("<a:s>", "<a:p>", '"1"^^<a:t>')]
    assert Papers([*foreign, *_graph()]).all == Papers(_graph()).all


def test_papers_are_found_in_the_order_of_a_page() -> None:
    entries: list[Entry] = list(read(SEEDS / "tomer-michaeli.txt"))
    found = Papers(triple for entry in entries[::-1] for triple in triples(entry.paper, Settings(), entry.capture))
    assert found.all == [entry.paper for entry in entries]
    assert found.listing().papers == tuple(found.all)


def test_a_paper_that_a_page_cannot_state_is_no_part_of_its_text() -> None:
    with pytest.raises(ValueError, match="no year"):
        page_text(Listing("Ada Quill", 1, (Paper("On Stones", ("Ada Quill",), venue="ICLR", kind="Journal Article"),)))


def test_listing_raises_what_the_command_tells() -> None:
    with pytest.raises(UsageError, match="holds no page"):
        Papers(_graph()).listing()
    with pytest.raises(InputError, match="holds no paper"):
        Papers([])
