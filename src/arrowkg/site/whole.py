"""The pages and files about the whole of a site: home, venues, statistics, dataset, and what machines look for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final
from xml.sax.saxutils import escape

import orjson
from markupsafe import Markup

from arrowkg.site.addresses import Addresses
from arrowkg.site.charts import Bars, bars_by_year
from arrowkg.site.dataset import Dump, description, description_lines, json_ld
from arrowkg.site.feed import Entry, atom
from arrowkg.site.graph import Graph
from arrowkg.site.place import Place
from arrowkg.site.rendering import Look, Renderer, in_html
from arrowkg.site.schemapages import PAGES as SCHEMA_PAGES
from arrowkg.site.schemapages import schema_files
from arrowkg.site.views import Link, PaperLine
from arrowkg.site.webservers import files_in_root
from arrowkg.stores.manifest import Manifest

# The protocol allows 50,000 addresses and 50 MB in a file (https://www.sitemaps.org/protocol.html).
_MOST_ADDRESSES: Final = 50_000
_MOST_RECENT: Final = 5
_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_NAMES: Final = 300
"""How many author names the home page shows."""
_PAGES: Final = ("index.html", "venues.html", "statistics.html", "dataset.html", *SCHEMA_PAGES)


@dataclass(frozen=True, slots=True)
class Whole:
    """What is known of a whole site when its entities are written; its templates call it ``page``.

    Attributes:
        look: what every page has in common.
        manifest: the counts of the graph.
        years: the number of papers of each year, the newest first.
        without_year: how many papers list none.
        names: the author names with most papers, and how many.
        venues: every series and journal with its number of papers, by name.
        dumps: files of the whole graph.
        newest: the papers whose pages changed last, each with the day.
        recent: the first of them, as they stand in a list.
    """

    look: Look
    manifest: Manifest
    years: tuple[tuple[str, int], ...]
    without_year: int
    names: tuple[tuple[Link, int], ...]
    venues: tuple[tuple[Link, int], ...]
    dumps: list[Dump]
    newest: list[tuple[str, str]]
    recent: tuple[PaperLine, ...] = ()

    @property
    def base_iri(self) -> str:
        """Where the site is published."""
        return self.look.base_iri

    @property
    def description(self) -> str:
        """What the dataset is."""
        return description(self.manifest)

    @property
    def counts(self) -> dict[str, int]:
        """The counts that people ask for first."""
        return self.manifest.counts

    @property
    def classes(self) -> dict[str, int]:
        """Nodes by class."""
        return self.manifest.classes

    @property
    def properties(self) -> dict[str, int]:
        """Triples by property."""
        return self.manifest.properties

    @property
    def inputs(self) -> Iterable[Any]:
        """What the graph was made from."""
        return self.manifest.inputs

    @property
    def years_chart(self) -> Bars:
        """Papers by year."""
        return bars_by_year({int(year): count for year, count in self.years})

    @property
    def json_ld(self) -> Markup:
        """The dataset's description inside its page."""
        return in_html(json_ld(self.look.title, self.base_iri, self.manifest, self.dumps).decode())

    def to(self, iri: str) -> str:
        """The address of an entity's page from the root, where all these pages are."""
        return Addresses(self.base_iri).page(iri) if iri.startswith(self.base_iri) else ""


def write_whole(whole: Whole, graph: Graph, place: Place, pages: Iterable[str]) -> int:
    """Write what is about the whole of a site; how many pages the site has.

    Args:
        whole: what is known of it.
        graph: for who writes with whom.
        place: where to write.
        pages: the path of each page of an entity, in order.

    Raises:
        OSError: a file cannot be written.
    """
    renderer = Renderer(whole.look)
    whole = with_recent(whole, graph)
    for path, data in schema_files(renderer, whole.base_iri, whole.look.schema_ns, whole.classes, whole.properties):
        place.write(path, data)
    for path in _PAGES:
        if path not in SCHEMA_PAGES:
            place.write(path, overview(renderer, whole, path))
    place.write("data/graph.js", _graph(whole, graph))
    lines = description_lines(whole.look.title, whole.base_iri, whole.manifest, whole.dumps)
    triples = "".join(f"{line}\n" for line in lines).encode()
    # N-Triples is Turtle; a web server gives the one at the well-known place the type that it is told.
    for path in ("dataset.ttl", "dataset.nt", ".well-known/void"):
        place.write(path, triples)
    place.write("dataset.jsonld", json_ld(whole.look.title, whole.base_iri, whole.manifest, whole.dumps))
    place.write("linkset.json", _linkset(whole))
    entries = [Entry(graph.paper(iri), day) for iri, day in whole.newest]
    place.write("feed.xml", atom(whole.look.title, whole.base_iri, entries))
    for path, data in files_in_root():
        place.write(path, data)
    place.write("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {whole.base_iri}sitemap.xml\n".encode())
    return _write_sitemap(whole.base_iri, place, pages)


def with_recent(whole: Whole, graph: Graph) -> Whole:
    """What is known of a site, with the newest papers as the home page lists them."""
    return replace(whole, recent=tuple(graph.paper(iri).line for iri, _ in whole.newest[:_MOST_RECENT]))


def overview(renderer: Renderer, whole: Whole, path: str) -> bytes:
    """One of the pages about the whole, by its path."""
    titles = {"index.html": whole.look.title, "dataset.html": f"{whole.look.title}: the dataset"}
    title = titles.get(path, path.removesuffix(".html").capitalize())
    return renderer.page("home.html" if path == "index.html" else path, path, title, whole)


def _graph(whole: Whole, graph: Graph) -> bytes:
    """Who writes with whom among the names with most papers."""
    found = {
        "nodes": [[link.label, whole.to(link.iri), count] for link, count in whole.names],
        "links": graph.together([link.iri for link, _ in whole.names]),
        "shown": len(whole.names),
        "of": whole.counts["authors"],
    }
    return b"arrowkgGraph(" + orjson.dumps(found) + b");\n"


def _linkset(whole: Whole) -> bytes:
    base = whole.base_iri
    described = [
        {"href": f"{base}dataset.ttl", "type": "text/turtle"},
        {"href": f"{base}dataset.jsonld", "type": "application/ld+json"},
    ]
    items = [{"href": f"{base}{dump.path}", "type": "application/gzip"} for dump in whole.dumps]
    links = [
        {
            "anchor": f"{base}dataset.html",
            "cite-as": [{"href": f"{base}dataset"}],
            "describedby": described,
            "item": items,
        },
        {"anchor": base, "describedby": described},
    ]
    return orjson.dumps({"linkset": links}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _write_sitemap(base_iri: str, place: Place, pages: Iterable[str]) -> int:
    """The addresses of all pages in files of a legal size, and an index of these; how many pages there are."""
    count, days = 0, []
    addresses = _addresses(base_iri, place, pages)
    while chunk := list(islice(addresses, _MOST_ADDRESSES)):
        count += len(chunk)
        entries = "".join(
            f"<url><loc>{escape(address)}</loc><lastmod>{day}</lastmod></url>\n" for address, day in chunk
        )
        days.append(max(day for _, day in chunk))
        _write_xml(place, f"sitemap-{len(days)}.xml", "urlset", entries)
    entries = "".join(
        f"<sitemap><loc>{escape(base_iri)}sitemap-{number}.xml</loc><lastmod>{day}</lastmod></sitemap>\n"
        for number, day in enumerate(days, 1)
    )
    _write_xml(place, "sitemap.xml", "sitemapindex", entries)
    return count


def _addresses(base_iri: str, place: Place, pages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in _PAGES:
        yield base_iri + ("" if path == "index.html" else path), place.changed(path)
    for path in pages:
        yield base_iri + path, place.changed(path)


def _write_xml(place: Place, path: str, element: str, entries: str) -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    place.write(path, f'{head}<{element} xmlns="{_SITEMAP}">\n{entries}</{element}>\n'.encode())
