"""The example queries answer what plain Python finds in the same papers, on two engines, in both schema.org forms."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store

from arrowkg import Capture, Entry, Paper, Settings, UsageError, read, triples
from arrowkg.settings import SchemaNamespace
from arrowkg.sparql.examples import KINDS, Example, example_named, examples, parsed

Row = tuple[str | None, ...]
AK: Final = "https://w3id.org/arrowkg/ns#"
STATISTICS: Final = "urn:arrowkg:statistics"
PRO: Final = "http://purl.org/spar/pro/"
VOID: Final = "http://rdfs.org/ns/void#"
NODES: Final = {"paper", "author", "series", "capture"}
"""Columns of IRIs that arrowkg mints: the expectation knows the papers, not their IRIs."""

QUESTIONS: Final = {
    "authors of a paper in order": "byline",
    "first and last authors": "first-and-last-authors",
    "papers of a name": "papers-of-name",
    "papers of a name by year": "papers-by-year",
    "papers of a name by venue": "papers-by-venue",
    "papers of a name by kind": "papers-by-kind",
    "co-authors with counts": "co-authors",
    "papers of A and B together": "papers-together",
    "co-authors of co-authors who never met": "never-met",
    "which names are homonyms": "homonyms",
    "which are NameOnly": "name-only",
    "co-author groups inside one name": "co-author-groups",
    "papers per venue and year": "papers-per-venue-and-year",
    "authors per venue and year": "authors-per-venue-and-year",
    "first year and span of a name at a venue": "span-at-venues",
    "papers by title text": "title-search",
    "papers by abstract text": "abstract-search",
    "same title in several venues": "same-title-in-several-venues",
    "possible duplicates": "possible-duplicates",
    "no abstract": "no-abstract",
    "no year": "no-year",
    "position holes": "position-holes",
    "same author twice": "same-author-twice",
    "which captures list a paper": "captures-of-paper",
    "counts of triples": "triple-count",
    "counts of classes": "class-counts",
    "counts of properties": "property-counts",
}
"""Every question that the graph must answer, and the example that asks it."""


class Listed(NamedTuple):
    """A paper as the truth has it."""

    title: str
    authors: tuple[str, ...]
    venue: str | None = None
    kind: str | None = None
    year: int | None = None
    abstract: str | None = None
    doi: str | None = None


CONFERENCE, WORKSHOP, JOURNAL = "Conference Paper", "Workshop Paper", "Journal Article"
SMALL: Final = (
    Listed("On Stones", ("Ada Quill", "Bo Tarn 0001"), "ICLR", CONFERENCE, 2024, None, "10.5555/stones"),
    Listed("On stones!", ("Ada Quill", "Cy Vane"), "TMLR", JOURNAL, 2024),
    Listed("On Stones", ("Bo Tarn 0002",), "NeurIPS", CONFERENCE, 2023, "Of Stones and pebbles."),
    Listed("Sand", ("Bo Tarn", "Dee Oak", "Bo TARN"), "ICLR", WORKSHOP, 2024),
    Listed("Dust", ("Dee Oak", "Eve Rush"), None, None, None, "None.", "10.5555/STONES"),
    Listed("Clay", ("Ada Quill", "Fay Moor"), "ICLR", CONFERENCE, None),
    Listed("Mud", ("Fay Moor", "Cy Vane", "Gil Ames"), "TMLR", JOURNAL, 2022, None, "10.5555/mud"),
    Listed("Ash", ("ADA QUILL",), "ICLR", CONFERENCE, 2021),
    Listed("Ore", ("Ada Quill", "Hal Birch"), "ICLR", CONFERENCE, 2020),
    Listed("Loam", ("Ada Quill", "Cy Vane", "CY VANE"), "Iclr", CONFERENCE, 2021),
    Listed("Silt", ("Cy Vane", "Gil Ames", "gil ames", "GIL AMES"), "TMLR", JOURNAL, 2022),
    Listed("Gel", ("Zed Low", "Hal Birch"), "TMLR", JOURNAL, 2019),
    Listed("Gel", ("Zed Low",), "TMLR", JOURNAL, 2020),
    Listed("Ash", ("Hal Birch",), "Iclr", CONFERENCE, 2022),
    Listed("Ash", ("Hal Birch",), "Iclr", CONFERENCE, 2023),
    Listed("ON STONES", ("Ada Quill", "BO TARN 0002"), "AAAI", CONFERENCE, 2024),
    Listed("Tin", ("Ivy Cole", "Hal Birch", "Ada Quill"), "ICLR", CONFERENCE, 2020),
)
"""What the seed page has no case of: homonyms, letter cases, duplicates, gaps; written for this test."""

CAPTURES: Final = (
    Capture("Ada Quill", "01" * 32, 1, 1, 1),
    Capture("Bo Tarn 0001", "02" * 32, 1, 1, 1),
)
"""Two pages that list the first of the small papers."""


class World(NamedTuple):
    """Papers, the same as a graph, and what to ask about them."""

    papers: tuple[Listed, ...]
    store: Store
    name: str
    other: str
    text: str
    part: str


def loaded(entries: Iterable[Entry], settings: Settings) -> Store:
    """The graph of papers, in memory."""
    store = Store()
    lines = [" ".join(triple) + " .\n" for entry in entries for triple in triples(entry.paper, settings, entry.capture)]
    store.load("".join(lines).encode(), format=RdfFormat.N_TRIPLES)
    return store


def page_world(schema_ns: SchemaNamespace = "https") -> World:
    seeds = Path(__file__).parents[1] / "seeds"
    truth = json.loads((seeds / "tomer-michaeli.expected.json").read_text(encoding="utf-8"))
    papers = [Listed(**{**paper, "authors": tuple(paper["authors"])}) for paper in truth["papers"]]
    store = loaded(read(seeds / "tomer-michaeli.txt"), Settings(schema_ns=schema_ns))
    return World(tuple(papers), store, "Tomer Michaeli", "Michael Elad", "diffusion", "MICHAEL")


def small_world(schema_ns: SchemaNamespace = "https") -> World:
    papers = [Paper(*one) for one in SMALL]
    entries = [Entry(paper, "small", 1) for paper in papers]
    entries += [Entry(papers[0], "small", 1, capture) for capture in CAPTURES]
    return World(SMALL, loaded(entries, Settings(schema_ns=schema_ns)), "Ada Quill", "Bo Tarn 0001", "STONE", "tarn")


WORLDS: Final = {"page": page_world(), "small": small_world()}


def filled(example: Example, values: dict[str, str]) -> str:
    """The query with a term in place of each parameter."""
    text = example.text
    assert set(values) == {one.name for one in example.parameters}
    for one in example.parameters:
        value = values[one.name]
        term = str(NamedNode(value)) if one.kind == "iri" else str(Literal(value))
        text = re.sub(rf"[?$]{one.name}\b", term.replace("\\", "\\\\"), text)
    return text


def solutions(store: Store, query: str) -> QuerySolutions:
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    return found


def ask(store: Store, query: str) -> list[Row]:
    found = solutions(store, query)
    return [tuple([getattr(row[variable], "value", None) for variable in found.variables]) for row in found]


def values_for(example: Example, world: World) -> dict[str, str]:
    text = world.part if example.name == "name-only" else world.text
    paper = iri_of(world.store, asked_paper(world))
    asked = {"name": world.name, "other": world.other, "text": text, "paper": paper}
    return {one.name: asked[one.name] for one in example.parameters}


def iri_of(store: Store, paper: Listed) -> str:
    """The IRI of a paper, found by its title and venue."""
    title, venue = Literal(paper.title), Literal(paper.venue or "")
    ((found,),) = ask(
        store, f"SELECT ?p {{ ?p <http://purl.org/dc/terms/title> {title} ; <{AK}venueAsListed> {venue} }}"
    )
    assert found is not None
    return found


# --- the expectation, from the papers alone ---


def key(name: str) -> str:
    return name.casefold()


def number(name: str) -> str | None:
    return name[-4:] if re.search(r" [0-9]{4}$", name) else None


def bare(name: str) -> str:
    return name[:-5] if number(name) else name


def keys(paper: Listed) -> set[str]:
    return set(map(key, paper.authors))


def of(world: World, name: str) -> list[Listed]:
    return [paper for paper in world.papers if key(name) in keys(paper)]


def shown(*values: str | int | None) -> Row:
    return tuple([None if value is None else str(value) for value in values])


def unbound_first(*values: str | int | None) -> tuple[tuple[bool, str | int], ...]:
    return tuple([(value is not None, "" if value is None else value) for value in values])


def latest_first(paper: Listed) -> tuple[Any, ...]:
    return (paper.year is None, -(paper.year or 0), paper.title, *unbound_first(paper.venue))


def spelling(papers: Iterable[Listed], wanted: str) -> str:
    """The lowest of the spellings of a name in some bylines."""
    return min(name for paper in papers for name in paper.authors if key(name) == wanted)


def asked_paper(world: World) -> Listed:
    return max([paper for paper in world.papers if paper.venue], key=lambda paper: (paper.title, paper.venue))


def byline(world: World) -> list[Row]:
    return [shown(place, name) for place, name in enumerate(asked_paper(world).authors, 1)]


def first_and_last(world: World) -> list[Row]:
    papers = sorted(of(world, world.name), key=latest_first)
    return [shown(one.title, one.year, one.authors[0], one.authors[-1]) for one in papers]


def papers_of_name(world: World) -> list[Row]:
    return [shown(one.title, one.year, one.venue, one.kind) for one in sorted(of(world, world.name), key=latest_first)]


def by_year(world: World) -> list[Row]:
    counts = Counter(paper.year for paper in of(world, world.name))
    return [shown(year, counts[year]) for year in sorted(counts, key=lambda year: -(year or 0))]


def by_venue(world: World) -> list[Row]:
    counts = Counter(venue_of(world, paper) for paper in of(world, world.name))
    return [shown(*one) for one in sorted(counts.items(), key=lambda one: (-one[1], *unbound_first(one[0])))]


def by_kind(world: World) -> list[Row]:
    counts = Counter(paper.kind for paper in of(world, world.name))
    return [shown(*one) for one in sorted(counts.items(), key=lambda one: (-one[1], *unbound_first(one[0])))]


def co_authors(world: World) -> list[Row]:
    papers = of(world, world.name)
    counts = Counter(name for paper in papers for name in keys(paper) - {key(world.name)})
    return ranked((spelling(papers, name), count) for name, count in counts.items())


def ranked(counts: Iterable[tuple[str, int]]) -> list[Row]:
    return [shown(*one) for one in sorted(counts, key=lambda one: (-one[1], one[0]))]


def together(world: World) -> list[Row]:
    both = [paper for paper in of(world, world.name) if key(world.other) in keys(paper)]
    return [shown(one.title, one.year, one.venue) for one in sorted(both, key=latest_first)]


def never_met(world: World) -> list[Row]:
    own = key(world.name)
    met: dict[str, set[str]] = defaultdict(set)
    for paper in world.papers:
        for name in keys(paper):
            met[name] |= keys(paper)
    common: Counter[str] = Counter()
    for between in met[own] - {own}:
        common.update(met[between] - met[own])
    return ranked((spelling(world.papers, name), count) for name, count in common.items())


def homonyms(world: World) -> list[Row]:
    names = {name for paper in world.papers for name in paper.authors}
    split = {bare(name) for name in names if number(name)}
    shared: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if bare(name) in split:
            shared[key(name)].append(bare(name))
    rows = [(min(spellings), number(name), len(of(world, name))) for name, spellings in shared.items()]
    return [shown(*row) for row in sorted(rows, key=lambda row: (row[0], *unbound_first(row[1])))]


def name_only(world: World) -> list[Row]:
    names = {name for paper in world.papers for name in paper.authors if not number(name)}
    return [shown(name) for name in sorted(names) if key(world.part) in key(name)]


def venue_of(world: World, paper: Listed) -> str | None:
    """The lowest of the spellings of a paper's venue."""
    wanted = paper.venue
    return wanted and min(one.venue for one in world.papers if one.venue and key(one.venue) == key(wanted))


def venue_key(paper: Listed) -> tuple[str, bool]:
    return (paper.venue or "", paper.kind == JOURNAL)


def per_venue_and_year(world: World, count: Callable[[list[Listed]], int]) -> list[Row]:
    cells: dict[tuple[str, int | None], list[Listed]] = defaultdict(list)
    for paper in world.papers:
        if venue := venue_of(world, paper):
            cells[venue, paper.year].append(paper)
    ordered = sorted(cells, key=lambda cell: (cell[0], -(cell[1] or 0)))
    return [shown(venue, year, count(cells[venue, year])) for venue, year in ordered]


def authors_in(papers: list[Listed]) -> int:
    return len(set[str]().union(*map(keys, papers)))


def span(world: World) -> list[Row]:
    years: dict[str, list[int]] = defaultdict(list)
    for paper in of(world, world.name):
        if (venue := venue_of(world, paper)) and paper.year is not None:
            years[venue].append(paper.year)
    rows = [(venue, min(had), max(had), max(had) - min(had) + 1, len(had)) for venue, had in years.items()]
    return [shown(*row) for row in sorted(rows, key=lambda row: (row[1], row[0]))]


def found(world: World, field: str) -> list[Row]:
    papers = [paper for paper in world.papers if key(world.text) in key(getattr(paper, field) or "")]
    papers.sort(key=lambda paper: (paper.title, *unbound_first(paper.year, paper.venue)))
    return [shown(one.title, one.year, one.venue) for one in papers]


def same_title(world: World) -> list[Row]:
    venues: dict[str, set[str]] = defaultdict(set)
    for paper in world.papers:
        if paper.venue:
            venues[paper.title].add(key(paper.venue))
    rows = [(one.title, one.venue, one.year) for one in world.papers if one.venue and len(venues[one.title]) > 1]
    return [shown(*row) for row in sorted(rows, key=lambda row: (row[0], *unbound_first(row[1], row[2])))]


def duplicates(world: World) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Listed]] = defaultdict(list)
    for paper in world.papers:
        plain = "".join(char for char in key(paper.title) if char.isalnum() or not char.isascii())
        groups["title", plain, paper.year].append(paper)
        if paper.doi:
            groups["DOI", paper.doi.lower()].append(paper)
    rows = [
        (which[0], which[1], one.title, one.year, one.venue)
        for which, same in groups.items()
        if len(same) > 1
        for one in same
    ]
    rows.sort(key=lambda row: (row[0], row[1], *unbound_first(row[3]), row[2], *unbound_first(row[4])))
    return [shown(*row) for row in rows]


def twice(world: World) -> list[Row]:
    rows = []
    for paper in world.papers:
        counts = Counter(map(key, paper.authors))
        rows += [(paper.title, place, name) for place, name in enumerate(paper.authors, 1) if counts[key(name)] > 1]
    return [shown(*row) for row in sorted(rows)]


EXPECTED: Final[dict[str, Callable[[World], list[Row]]]] = {
    "byline": byline,
    "first-and-last-authors": first_and_last,
    "papers-of-name": papers_of_name,
    "papers-by-year": by_year,
    "papers-by-venue": by_venue,
    "papers-by-kind": by_kind,
    "co-authors": co_authors,
    "papers-together": together,
    "never-met": never_met,
    "homonyms": homonyms,
    "name-only": name_only,
    "papers-per-venue-and-year": lambda world: per_venue_and_year(world, len),
    "authors-per-venue-and-year": lambda world: per_venue_and_year(world, authors_in),
    "span-at-venues": span,
    "title-search": lambda world: found(world, "title"),
    "abstract-search": lambda world: found(world, "abstract"),
    "same-title-in-several-venues": same_title,
    "possible-duplicates": duplicates,
    "no-abstract": lambda world: [shown(one) for one in sorted(p.title for p in world.papers if p.abstract is None)],
    "no-year": lambda world: [shown(p.title, p.venue) for p in sorted(world.papers) if p.year is None],
    "same-author-twice": twice,
    "position-holes": lambda world: [],
}
OTHERWISE: Final = {"co-author-groups", "captures-of-paper", "triple-count", "class-counts", "property-counts"}
"""Examples with a test of their own."""


def test_the_page_of_questions_lists_every_example() -> None:
    page = (Path(__file__).parents[1] / "docs" / "questions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.*?)\]\(.*?/([a-z-]+)\.rq\) \| (.*?) ?\| (.*) \|$", page, flags=re.MULTILINE)
    told = [
        (one.name, one.name, ", ".join([f"`{parameter.name}`" for parameter in one.parameters]), one.description)
        for one in examples()
    ]
    assert sorted(rows) == told


def visible(example: Example, rows: list[Row]) -> list[Row]:
    """The rows without the IRIs that arrowkg mints."""
    kept = [place for place, column in enumerate(example.columns) if column.name not in NODES]
    return [tuple([row[place] for place in kept]) for row in rows]


def answer(name: str, world: World) -> list[Row]:
    example = example_named(name)
    return ask(world.store, filled(example, values_for(example, world)))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", EXPECTED)
def test_the_answer_is_what_the_papers_say(name: str, world: str) -> None:
    example = example_named(name)
    assert visible(example, answer(name, WORLDS[world])) == EXPECTED[name](WORLDS[world])


@pytest.mark.parametrize("name", EXPECTED)
def test_some_answer_is_not_empty(name: str) -> None:
    """So that equal answers mean something; a whole graph has no holes, a test of its own makes some."""
    assert any(EXPECTED[name](world) for world in WORLDS.values()) or name == "position-holes"


def test_every_example_has_an_expectation_and_a_question() -> None:
    names = {example.name for example in examples()}
    assert names == {*EXPECTED, *OTHERWISE}
    assert names == set(QUESTIONS.values())


# --- the examples with a test of their own ---


def components(world: World) -> set[frozenset[str]]:
    """The papers of the name in groups that share no other name, by title and venue."""
    groups: list[tuple[set[str], set[str]]] = []
    for paper in of(world, world.name):
        names, titles = keys(paper) - {key(world.name)}, {f"{paper.title} ({paper.venue})"}
        for group in [group for group in groups if group[0] & names]:
            groups.remove(group)
            names, titles = names | group[0], titles | group[1]
        groups.append((names, titles))
    return {frozenset(titles) for _, titles in groups}


@pytest.mark.parametrize("world", WORLDS)
def test_groups_of_co_authors(world: str) -> None:
    here = WORLDS[world]
    listed = {iri_of(here.store, one): f"{one.title} ({one.venue})" for one in of(here, here.name) if one.venue}
    groups: dict[str | None, list[str | None]] = defaultdict(list)
    for group, whole, title, paper in answer("co-author-groups", here):
        assert whole == "yes"
        assert paper is not None and listed[paper].startswith(f"{title} (")
        groups[group].append(paper)
    for group, papers in groups.items():
        titles = [listed[one or ""] for one in papers]
        inside = [one for one in of(here, here.name) if f"{one.title} ({one.venue})" in titles]
        counts = Counter(name for one in inside for name in keys(one) - {key(here.name)})
        if counts:
            leaders = ask(here.store, f"SELECT ?n {{ ?place <{PRO}isHeldBy> <{group}> ; <{AK}nameAsListed> ?n }}")
            assert {counts[key(leader or "")] for (leader,) in leaders} == {max(counts.values())}
        else:
            assert papers == [group]
    assert {frozenset([listed[one or ""] for one in papers]) for papers in groups.values()} == components(here)
    assert sum(map(len, groups.values())) == len(of(here, here.name))
    assert len(groups) > 1 or world == "page"


CHAIN: Final = 30


def chain(length: int) -> Store:
    """Papers of one name, each of which shares a co-author with the next alone."""
    papers = [Paper(f"Part {n:02}", ("Ada Quill", f"No {n}", f"No {n + 1}")) for n in range(length)]
    return loaded([Entry(paper, "chain", 1) for paper in papers], Settings())


def test_groups_say_where_a_chain_is_too_long() -> None:
    example = example_named("co-author-groups")
    rounds = int(re.findall(r"up to ([0-9]+) papers", example.description)[0])
    query = filled(example, {"name": "Ada Quill"})
    whole = ask(chain(rounds + 1), query)
    assert {(row[0], row[1]) for row in whole} == {(whole[0][0], "yes")}
    broken = ask(chain(CHAIN), query)
    assert len({row[0] for row in broken}) > 1
    assert "no" in {row[1] for row in broken}


def test_captures_of_a_paper() -> None:
    page = WORLDS["page"]
    assert [row[:2] for row in answer("captures-of-paper", page)] == [("Tomer Michaeli", "32")]
    small = WORLDS["small"]
    query = filled(example_named("captures-of-paper"), {"paper": iri_of(small.store, SMALL[0])})
    assert [row[:3] for row in ask(small.store, query)] == [shown(one.name, 1, one.sha256) for one in CAPTURES]
    assert answer("captures-of-paper", small) == []


def test_counts_are_those_of_the_papers() -> None:
    page = WORLDS["page"]
    papers = page.papers
    places, names = sum(len(paper.authors) for paper in papers), authors_in(list(papers))
    venues = {venue_key(paper) for paper in papers}
    volumes = {(paper.venue, paper.year) for paper in papers if paper.kind != JOURNAL}
    wanted = {
        "Paper": len(papers),
        "Authorship": places,
        "AuthorName": names,
        "Venue": len(venues),
        "Volume": len(volumes),
        "AuthorPage": 1,
    }
    counted = {
        str(row[0]).removeprefix(AK): row[1] for row in answer("class-counts", page) if str(row[0]).startswith(AK)
    }
    assert counted == {name: str(count) for name, count in wanted.items()}
    properties = {str(row[0]): int(row[1] or 0) for row in answer("property-counts", page)}
    assert properties["https://schema.org/headline"] == len(papers)
    assert properties["https://schema.org/position"] == places
    assert properties["http://xmlns.com/foaf/0.1/name"] == names
    assert answer("triple-count", page) == [(str(sum(properties.values())),)]


def with_statistics(store: Store) -> Store:
    """A copy of a store that states its counts in the graph for it, counted here in Python."""
    quads = list(store)
    graph = NamedNode(STATISTICS)
    typed = [quad.object for quad in quads if quad.predicate.value.endswith("#type")]
    classes = Counter(one.value for one in typed if isinstance(one, NamedNode))
    properties = Counter(quad.predicate.value for quad in quads)
    copy = Store()
    copy.extend(quads)
    copy.add(Quad(graph, NamedNode(VOID + "triples"), Literal(len(quads)), graph))
    for kind, counts, count_of in (("class", classes, "entities"), ("property", properties, "triples")):
        for place, (iri, count) in enumerate(counts.items()):
            part = NamedNode(f"{STATISTICS}:{kind}:{place}")
            copy.add(Quad(graph, NamedNode(f"{VOID}{kind}Partition"), part, graph))
            copy.add(Quad(part, NamedNode(VOID + kind), NamedNode(iri), graph))
            copy.add(Quad(part, NamedNode(VOID + count_of), Literal(count), graph))
    return copy


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", ["triple-count", "class-counts", "property-counts"])
def test_counts_are_equal_with_and_without_statistics(name: str, world: str) -> None:
    here = WORLDS[world]
    assert answer(name, here._replace(store=with_statistics(here.store))) == answer(name, here) != []


def test_stated_counts_are_taken() -> None:
    graph = NamedNode(STATISTICS)
    store = Store()
    store.extend(WORLDS["small"].store)
    store.add(Quad(graph, NamedNode(VOID + "triples"), Literal(7), graph))
    assert ask(store, example_named("triple-count").text) == [("7",)]
    assert ask(store, example_named("class-counts").text) == []
    assert ask(Store(), example_named("triple-count").text) == [("0",)]


def test_position_holes() -> None:
    store = Store()
    store.extend(WORLDS["small"].store)

    def move(paper: Listed, place: int, to: int | None) -> None:
        """Give an authorship another position, or none."""
        tail = iri_of(store, paper).rpartition("/")[2]
        node = NamedNode(f"https://kg.example.org/authorship/{tail}-{place}")
        position = NamedNode("https://schema.org/position")
        (quad,) = store.quads_for_pattern(node, position, None, DefaultGraph())
        store.remove(quad)
        if to is not None:
            store.add(Quad(node, position, Literal(to), DefaultGraph()))

    move(SMALL[3], 2, None)
    move(SMALL[1], 1, 2)
    move(SMALL[0], 1, 0)
    move(SMALL[6], 3, 4)
    example = example_named("position-holes")
    assert visible(example, ask(store, example.text)) == [
        shown("Mud", 3, 3, 1, 4),
        shown("On Stones", 2, 2, 0, 2),
        shown("On stones!", 2, 1, 2, 2),
        shown("Sand", 2, 2, 1, 3),
    ]


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("Bo Tarn", ["Sand"]),
        ("Bo TARN", ["Sand"]),
        ("Bo Tarn 0001", ["On Stones"]),
        ("bo tarn", []),
        ("Bo", []),
        ('x" } #', []),
    ],
)
def test_a_name_is_itself_and_no_homonym(name: str, titles: list[str]) -> None:
    rows = ask(WORLDS["small"].store, filled(example_named("papers-of-name"), {"name": name}))
    assert [row[0] for row in rows] == titles


# --- on any engine, in either namespace, as the head says ---


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_rdflib_gives_the_same_rows(example: Example, world: str) -> None:
    here = WORLDS[world]
    graph = rdflib.Dataset()
    graph.parse(data=here.store.dump(format=RdfFormat.N_QUADS), format="nquads")
    rows: list[Row] = []
    for row in graph.query(filled(example, values_for(example, here))):
        assert isinstance(row, tuple)
        rows.append(tuple([None if value is None else str(value) for value in row]))
    assert rows == answer(example.name, here)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_the_http_form_gives_the_same_rows(example: Example) -> None:
    form = "http://schema.org/"
    for world, build in (("page", page_world), ("small", small_world)):
        here = build("http")
        text = example.text.replace("https://schema.org/", form)
        rows = ask(here.store, filled(parsed(example.name, text), values_for(example, here)))
        rows = [tuple([value and value.replace(form, "https://schema.org/") for value in row]) for row in rows]
        assert sorted(rows, key=str) == sorted(answer(example.name, WORLDS[world]), key=str)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_the_head_says_what_the_query_holds(example: Example) -> None:
    here = WORLDS["page"]
    variables = solutions(here.store, filled(example, values_for(example, here))).variables
    assert [variable.value for variable in variables] == [column.name for column in example.columns]
    body = re.sub(r"^#.*\n", "", example.text, flags=re.MULTILINE)
    for parameter in example.parameters:
        assert parameter.kind in KINDS
        # Where a variable is projected, no term can take its place.
        assert not re.search(rf"(?:AS|SELECT[^{{]*|BY) \?{parameter.name}\b", body)
    declared = re.findall(r"^PREFIX (\w+):", body, flags=re.MULTILINE)
    used = re.findall(r"(?<![\w?:/])([a-z]+):[A-Za-z]", re.sub(r"<[^>]*>|\"[^\"]*\"", "", body))
    assert sorted(set(used)) == sorted(declared)
    assert "ORDER BY" in body
    assert example.text.isascii() and example.text.endswith("\n")


@pytest.mark.parametrize("example", [one for one in examples() if one.parameters], ids=lambda example: example.name)
def test_the_example_values_give_an_answer_on_the_page(example: Example) -> None:
    values = {one.name: one.example for one in example.parameters}
    rows = ask(WORLDS["page"].store, filled(example, values))
    # On the page of one name, everybody has met.
    assert bool(rows) != (example.name == "never-met")


def test_a_name_that_is_unknown_is_told() -> None:
    assert example_named("byline").name == "byline"
    with pytest.raises(UsageError, match="'by-line'") as told:
        example_named("by-line")
    assert told.value.hint == "did you mean byline?"
    with pytest.raises(UsageError) as told:
        example_named("zzz")
    assert "byline, " in told.value.hint


GOOD: Final = (
    "# title: T\n# description: D.\n# parameter: a | iri | A. | urn:a\n# column: s | S\nSELECT ?s {?s ?p ?a}\n"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# title: T\n", ""),
        ("# title: T\n", "# title: T\n# title: T\n"),
        ("# title: T\n", "# titel: T\n"),
        ("# description: D.\n", ""),
        ("# column: s | S\n", ""),
        ("# column: s | S\n", "# column: s\n"),
        ("# column: s | S\n", "# column: s | S\n# column: s | S\n"),
        ("| iri |", "| uri |"),
        (" | urn:a", ""),
        ("parameter: a", "parameter: ?a"),
    ],
)
def test_a_malformed_head_is_a_bug(old: str, new: str) -> None:
    assert parsed("good", GOOD).parameters[0].example == "urn:a"
    assert old in GOOD
    with pytest.raises(ValueError, match=r"^bad: "):
        parsed("bad", GOOD.replace(old, new))
