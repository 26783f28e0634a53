"""What the peers are given: the papers as CSV tables, in which all that is more than assembling is done.

Every IRI is made, every kind of paper looked up, every key, number and digest worked out, and rows that would repeat
are left out. So a peer only puts terms together and writes them, and its time has none of the work that is done here.
The rules of the model are written down again, apart from arrowkg's mapping: IRIs alone come from arrowkg.

It runs in a process of its own: ``python -m benchmarks.peers.tables PAPERS FOLDER``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from arrowkg.iris import author_iri, homonym_number, name_key, paper_key, slug, venue_iri, without_homonym_number
from arrowkg.model import Paper
from arrowkg.pipeline import read
from arrowkg.settings import EXAMPLE_BASE_IRI

BASE: Final = EXAMPLE_BASE_IRI
SCHEMA: Final = "https://schema.org/"
FABIO: Final = "http://purl.org/spar/fabio/"
AK: Final = "https://w3id.org/arrowkg/ns#"
NAME_ONLY: Final = "A name as listed, not a person: it may stand for several people or for a group."

# The classes of a paper, and of the volume that it is in with the IRI and the name of that volume.
PAPER_CLASSES: Final = {
    "Conference Paper": ("ScholarlyArticle", "ConferencePaper"),
    "Workshop Paper": ("ScholarlyArticle", "WorkshopPaper"),
    "Journal Article": ("ScholarlyArticle", "JournalArticle"),
    "Preprint": ("ScholarlyArticle", "Preprint"),
    "Book Chapter": ("Chapter", "BookChapter"),
    "Book Section": ("Chapter", "BookChapter"),
    "Book": ("Book", "Book"),
}
VOLUMES: Final = {
    "Conference Paper": ("PublicationVolume", "ConferenceProceedings", "venue/{slug}/{year}", "{venue} {year}"),
    "Workshop Paper": (
        "PublicationVolume",
        "WorkshopProceedings",
        "venue/{slug}/{year}/workshops",
        "{venue} {year} Workshops",
    ),
    "Book Chapter": ("Book", "Book", "book/{slug}/{year}", "{venue}"),
    "Book Section": ("Book", "Book", "book/{slug}/{year}", "{venue}"),
}

Row = tuple[str, ...]

COLUMNS: Final = {
    "papers": (
        "paper",
        "schema_class",
        "fabio_class",
        "title",
        "year",
        "part_of",
        "venue",
        "kind",
        "url",
        "doi_address",
        "identifier",
    ),
    "abstracts": ("paper", "abstract"),
    "identifiers": ("identifier", "doi"),
    "authorships": ("authorship", "paper", "author", "position", "name"),
    "authors": ("author", "status", "number", "description"),
    "author_names": ("author", "name"),
    "venues": ("venue", "schema_class", "fabio_class", "name"),
    "volumes": ("volume", "schema_class", "fabio_class", "name", "year", "venue"),
}
"""The tables and their columns. Abstracts, the long texts, stand apart, since Morph-KGC reads a table once a rule."""


class Tables:
    """Gathers the rows of each table, no row twice."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Row, None]] = {table: {} for table in COLUMNS}

    def _add(self, table: str, *row: str) -> None:
        self.rows[table][row] = None

    def add(self, paper: Paper) -> None:
        """Add the rows of one paper."""
        key = paper_key(paper)
        iri = f"{BASE}paper/{key}"
        identifier = f"{BASE}identifier/{key}-doi" if paper.doi else ""
        schema_class, fabio_class = PAPER_CLASSES.get(paper.kind or "", ("CreativeWork", "Expression"))
        self._add(
            "papers",
            iri,
            SCHEMA + schema_class,
            FABIO + fabio_class,
            paper.title,
            "" if paper.year is None else f"{paper.year:04d}",
            self._part_of(paper),
            paper.venue or "",
            paper.kind or "",
            paper.url or "",
            f"https://doi.org/{paper.doi.lower()}" if paper.doi else "",
            identifier,
        )
        if paper.abstract:
            self._add("abstracts", iri, paper.abstract)
        if paper.doi:
            self._add("identifiers", identifier, paper.doi.lower())
        for position, name in enumerate(paper.authors, 1):
            self._add("authorships", f"{BASE}authorship/{key}-{position}", iri, self._author(name), str(position), name)

    def _author(self, listed: str) -> str:
        key = name_key(listed)
        iri = author_iri(BASE, key)
        number = homonym_number(key)
        if number is None:
            self._add("authors", iri, f"{AK}NameOnly", "", NAME_ONLY)
            self._add("author_names", iri, listed)
        else:
            self._add("authors", iri, f"{AK}SourceDisambiguated", number, "")
            self._add("author_names", iri, without_homonym_number(listed))
        return iri

    def _part_of(self, paper: Paper) -> str:
        if not paper.venue:
            return ""
        venue_slug = slug(name_key(paper.venue))
        venue = venue_iri(BASE, venue_slug, paper.kind)
        is_journal = paper.kind == "Journal Article"
        schema_class, fabio_class = ("Periodical", "Journal") if is_journal else ("CreativeWorkSeries", "Series")
        self._add("venues", venue, SCHEMA + schema_class, FABIO + fabio_class, paper.venue)
        if paper.year is None or paper.kind not in VOLUMES:
            return venue
        schema_class, fabio_class, path, name = VOLUMES[paper.kind]
        year = f"{paper.year:04d}"
        volume = BASE + path.format(slug=venue_slug, year=year)
        title = name.format(venue=paper.venue, year=paper.year)
        self._add("volumes", volume, SCHEMA + schema_class, FABIO + fabio_class, title, year, venue)
        return volume


def write_table(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a table as CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write the tables of a file of papers into a folder."""
    papers, folder = sys.argv[1:]
    tables = Tables()
    for entry in read(papers):
        tables.add(entry.paper)
    for name, header in COLUMNS.items():
        write_table(Path(folder, f"{name}.csv"), header, tables.rows[name])


if __name__ == "__main__":
    main()
