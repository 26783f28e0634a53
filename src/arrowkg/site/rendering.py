"""An entity's files: its pages, and its triples in three notations. The same view gives the same bytes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from arrowkg.formats.jsonld import context, record_document
from arrowkg.formats.names import Names
from arrowkg.formats.turtle import TurtleWriter
from arrowkg.formats.writer import Options
from arrowkg.iris import homonym_number, name_key, without_homonym_number
from arrowkg.site import richtext
from arrowkg.site.addresses import Addresses, root_from
from arrowkg.site.charts import Grid, grid_of
from arrowkg.site.views import AuthorView, CaptureView, PaperLine, PaperView, VenueView
from arrowkg.terms import Triple, iri_of
from arrowkg.vocab import RDF_TYPE

View: TypeAlias = PaperView | AuthorView | VenueView | CaptureView

FORMATS: Final = ((".ttl", "text/turtle"), (".jsonld", "application/ld+json"), (".nt", "application/n-triples"))
"""The notations of each entity: suffix and media type."""

PAPERS_ON_A_PAGE: Final = 500
"""How many papers a page of an entity lists before it goes on on another."""

# Pages run no script but the site's own, load nothing from elsewhere and send nothing anywhere.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
_TEMPLATES: Final = {PaperView: "paper.html", AuthorView: "author.html", VenueView: "venue.html"}
_CO_AUTHORS: Final = 200
_AUTHORS_IN_SIGHT: Final = 40
_DESCRIBED_NAMES: Final = 3
_LONGEST_DESCRIPTION: Final = 300


@dataclass(frozen=True, slots=True)
class Look:
    """What every page of a site has in common.

    Attributes:
        title: the site's title.
        base_iri: what its entities' IRIs start with, and where it is published.
        schema_ns: which form of schema.org's namespace its graph has.
        has_server: whether a server of ours gives it, which can be asked.
    """

    title: str
    base_iri: str
    schema_ns: str
    has_server: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an entity, as its template sees it."""

    view: View
    addresses: Addresses
    path: str
    number: int
    pages: int
    shown: Sequence[PaperLine]
    json_ld: Markup
    grid: Grid | None = None
    formats: tuple[tuple[str, str], ...] = FORMATS
    most_co_authors: int = _CO_AUTHORS
    most_in_sight: int = _AUTHORS_IN_SIGHT

    def to(self, iri: str) -> str:
        """The relative address of an entity's page; empty if it has none."""
        if not iri.startswith(self.addresses.base_iri):
            return ""
        return root_from(self.path) + self.addresses.page(iri)

    def data(self, suffix: str) -> str:
        """The relative address of the entity's triples."""
        return self.addresses.stem(self.view.iri).rpartition("/")[2] + suffix

    def other(self, number: int) -> str:
        """The relative address of another page of the entity."""
        return self.addresses.page(self.view.iri, number).rpartition("/")[2]

    def year(self, year: str) -> str:
        """The relative address of a year's page."""
        return f"{root_from(self.path)}year/{year}.html"

    @property
    def absolute(self) -> str:
        """Where the page is when it is published."""
        return self.addresses.base_iri + self.path

    @property
    def first(self) -> int:
        """How many papers stand on the pages before."""
        return (self.number - 1) * PAPERS_ON_A_PAGE

    @property
    def types(self) -> list[str]:
        """The schema.org classes of the entity."""
        found = [
            iri_of(value)
            for subject, predicate, value in self.view.own
            if predicate == RDF_TYPE and subject == self.view.own[0][0]
        ]
        return [value for value in found if "://schema.org/" in value]

    @property
    def years(self) -> list[int]:
        """The years of an author name's papers, each once, the first one first."""
        lines = self.view.lines if isinstance(self.view, AuthorView) else ()
        return sorted({int(line.year) for line in lines if line.year})

    @property
    def papers(self) -> int:
        """How many papers a venue has, in itself and in its volumes."""
        if not isinstance(self.view, VenueView):
            return len(self.shown)
        return len(self.view.lines) + sum(count for _, count in self.view.volumes)

    @property
    def description(self) -> str:
        """A sentence for search engines and for cards."""
        view = self.view
        if isinstance(view, PaperView):
            names = [link.label for link in view.line.byline]
            more = f" and {len(names) - _DESCRIBED_NAMES} more" if len(names) > _DESCRIBED_NAMES else ""
            byline = f"By {', '.join(names[:_DESCRIBED_NAMES])}{more}. " if names else ""
            where = " ".join(part for part in (view.line.venue, view.line.year) if part)
            told = f"{byline}{where}".strip() or view.line.title
        elif isinstance(view, AuthorView):
            told = f"The papers that list the name {view.label}: {len(view.lines):,}. No identity profile."
        elif isinstance(view, VenueView):
            told = f"Papers of {view.label}: {self.papers:,}."
        else:
            told = f"A saved page that lists {view.listed or 'some'} papers of the name {view.name}."
        return told[:_LONGEST_DESCRIPTION]


@dataclass(frozen=True, slots=True)
class YearPage:
    """One page of a year, as its template sees it."""

    addresses: Addresses
    name: str
    number: int
    pages: int
    shown: Sequence[PaperLine]
    papers: int
    venues: tuple[tuple[str, int], ...]

    @property
    def path(self) -> str:
        """Where it is, from the site's root."""
        return f"year/{self.other(self.number)}"

    @property
    def first(self) -> int:
        """How many papers stand on the pages before."""
        return (self.number - 1) * PAPERS_ON_A_PAGE

    def to(self, iri: str) -> str:
        """The relative address of an entity's page; empty if it has none."""
        return f"../{self.addresses.page(iri)}" if iri.startswith(self.addresses.base_iri) else ""

    def other(self, number: int) -> str:
        """The relative address of another page of the year."""
        return f"{self.name}.html" if number == 1 else f"{self.name}.page-{number}.html"


class Renderer:
    """Makes the files of a site.

    Args:
        look: what every page has in common.
        templates: a folder with more templates, which can build on those of the site.

    >>> Renderer(Look("Stones", "https://kg.example.org/", "https")).template("base.html").render.__name__
    'render'
    """

    def __init__(self, look: Look, templates: Path | None = None) -> None:
        self._look = look
        self._addresses = Addresses(look.base_iri)
        self._turtle = TurtleWriter(Options(look.schema_ns))
        self._names = Names(look.schema_ns)
        self._context = context(look.schema_ns)
        self._environment = Environment(
            loader=FileSystemLoader([Path(__file__).parent / "templates", *([templates] if templates else [])]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters.update(
            inline=_inline,
            plain=richtext.plain,
            name=_name,
            number=_number,
            radius=_radius,
            paragraphs=_paragraphs,
            address=_address,
            isolated=_isolated,
            direction=_direction,
        )

    def template(self, name: str) -> Any:
        """A template by its file name."""
        return self._environment.get_template(name)

    def page(self, template: str, path: str, title: str, page: object, policy: str = POLICY) -> bytes:
        """The bytes of a page.

        Args:
            template: the file name of its template.
            path: where it is, from the site's root.
            title: its title, in plain text.
            page: what its template calls ``page``.
            policy: what it may do.
        """
        text = self.template(template).render(
            path=path,
            root=root_from(path),
            policy=policy,
            site_title=self._look.title,
            has_server=self._look.has_server,
            title=title,
            page=page,
        )
        # Texts may hold halves of surrogate pairs only if an escape in some input made them; UTF-8 has none.
        data = str(text).encode(errors="replace")
        return data if _is_fit(data) else _unfit.sub("\ufffd", str(text)).encode(errors="replace")

    def entity(self, view: View) -> Iterator[tuple[str, bytes]]:
        """The files of an entity, each with its path."""
        stem = self._addresses.stem(view.iri)
        triples = (*view.own, *view.shared)
        document = {"@context": self._context, **record_document(view.own, view.shared, self._look.schema_ns)}
        json_ld = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
        lines = () if isinstance(view, PaperView) else view.lines
        pages = max(1, -(-len(lines) // PAPERS_ON_A_PAGE))
        title = richtext.plain(view.label) if isinstance(view, PaperView) else view.label
        for number in range(1, pages + 1):
            path = self._addresses.page(view.iri, number)
            page = Page(
                view,
                self._addresses,
                path,
                number,
                pages,
                lines[(number - 1) * PAPERS_ON_A_PAGE : number * PAPERS_ON_A_PAGE],
                in_html(json_ld.decode()),
                grid_of(lines) if isinstance(view, AuthorView) else None,
            )
            yield path, self.page(_TEMPLATES.get(type(view), "capture.html"), path, title, page)
        yield f"{stem}.jsonld", json_ld
        yield f"{stem}.ttl", self._turtle_of(view.own, view.shared).encode()
        yield f"{stem}.nt", "".join(sorted({f"{s} {p} {o} .\n" for s, p, o in triples})).encode()
        yield f"{stem}.linkset.json", self._linkset(view, stem)

    def year(self, year: str, lines: Sequence[PaperLine]) -> Iterator[tuple[str, bytes]]:
        """The pages of a year, each with its path."""
        venues = Counter(line.venue or "no venue listed" for line in lines)
        pages = max(1, -(-len(lines) // PAPERS_ON_A_PAGE))
        for number in range(1, pages + 1):
            page = YearPage(
                self._addresses,
                year,
                number,
                pages,
                lines[(number - 1) * PAPERS_ON_A_PAGE : number * PAPERS_ON_A_PAGE],
                len(lines),
                tuple(sorted(venues.items(), key=lambda one: (-one[1], one[0]))),
            )
            yield page.path, self.page("year.html", page.path, f"Papers of {year}", page)

    def _turtle_of(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        prefixes = self._names.prefixes_of((*own, *shared))
        return self._turtle.start(prefixes) + self._turtle.record(own, shared) + self._turtle.finish()

    def _linkset(self, view: View, stem: str) -> bytes:
        """The links of a page as a linkset (RFC 9264), for those who do not read HTML."""
        anchor = f"{self._look.base_iri}{stem}.html"
        links: dict[str, Any] = {
            "anchor": anchor,
            "cite-as": [{"href": view.iri}],
            "describedby": [
                {"href": f"{self._look.base_iri}{stem}{suffix}", "type": media_type} for suffix, media_type in FORMATS
            ],
        }
        if isinstance(view, PaperView) and view.line.byline:
            links["author"] = [{"href": iri} for iri in dict.fromkeys(link.iri for link in view.line.byline)]
        return orjson.dumps({"linkset": [links]}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


# Controls and non-characters, which no HTML page may hold; titles and abstracts have lost them before.
_UNFIT: Final = "\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
_unfit = re.compile(f"[{_UNFIT}]")
_unfit_in_script = re.compile(f"[<>&\u2028\u2029{_UNFIT}]")


# The same in UTF-8, looked for in ways that take a twentieth of the time of the class above.
_CONTROLS: Final = bytes((*range(9), 11, *range(14, 32), 127))
_far = (re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"\xef(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])"))


def _is_fit(page: bytes) -> bool:
    return len(page.translate(None, _CONTROLS)) == len(page) and not any(one.search(page) for one in _far)


def in_html(text: str) -> Markup:
    """JSON that no HTML parser takes for the end of its element, or for anything else."""
    return Markup(_unfit_in_script.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _inline(text: str) -> Markup:
    return Markup(richtext.html(text))


def _name(listed: str) -> str:
    """A name as a person would be cited: without the number by which the source tells homonyms apart."""
    return without_homonym_number(listed) if homonym_number(name_key(listed)) else listed


def _number(count: int) -> str:
    return f"{count:,}"


def _radius(count: int, most: int) -> float:
    """The radius of a circle whose area goes with a count."""
    return round(1.5 + 6 * math.sqrt(count / most), 1)


def _paragraphs(text: str) -> list[str]:
    return [part for part in text.split("\n\n") if part.strip()]


# Hebrew, Arabic and the other scripts from right to left, and the marks that turn a direction.
_right_to_left = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def _isolated(text: str) -> Markup:
    """A text that does not turn what stands beside it."""
    if text.isascii() or not _right_to_left.search(text):
        return escape(text)
    return Markup("<bdi>{}</bdi>").format(text)


def _direction(text: str) -> Markup:
    """The attribute of an element whose text may run from right to left."""
    return Markup("" if text.isascii() or not _right_to_left.search(text) else ' dir="auto"')


def _address(text: str, address: str) -> Markup:
    """A link to somewhere else, if the address is one of the web; else the text alone."""
    if not address.lower().startswith(("https://", "http://")):
        return escape(text)
    return Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(address, text)
