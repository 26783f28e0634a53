"""The pages that a server has and a site of files has not: the query page, and fragments for people."""

from __future__ import annotations

from itertools import dropwhile
from pathlib import Path
from typing import Any, Final

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import arrowkg.site
from arrowkg.server import fragments
from arrowkg.site.rendering import POLICY, Look, in_html
from arrowkg.sparql.binding import bound
from arrowkg.sparql.examples import Example, examples
from arrowkg.terms import iri_of, is_iri

# The one style sheet that the editor's columns write into the page, by its digest.
_COLUMNS: Final = "'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='"
QUERY_POLICY: Final = POLICY.replace("style-src 'self'", f"style-src 'self' {_COLUMNS}") + "; connect-src 'self'"
"""What the query page may do: as any page, and send queries to its own server."""


class Screens:
    """Renders these pages in the look of the site."""

    def __init__(self) -> None:
        own, site = Path(__file__).parent, Path(arrowkg.site.__file__).parent
        self._environment = Environment(
            loader=FileSystemLoader([own / "templates", site / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def query(self, look: Look, rows: int, seconds: int) -> bytes:
        """The page on which people write queries.

        Args:
            look: what all pages have in common.
            rows: the most rows of an answer.
            seconds: the most seconds that a query takes.
        """
        asked = [{"name": example.title, "query": _asked(example, look.schema_ns)} for example in examples()]
        told = in_html(orjson.dumps(asked).decode())
        return self._page(
            "query.html",
            look,
            "Query",
            QUERY_POLICY,
            examples=told,
            rows=f"{rows:,}",
            seconds=seconds,
            base_iri=look.base_iri,
        )

    def fragment(self, look: Look, page: fragments.Page, place: fragments.Place) -> bytes:
        """A page of a fragment, as a table whose terms lead on."""
        values = dict(page.pattern.parameters)
        before = place.of(page.pattern, page.number - 1) if page.number > 1 else ""
        after = "" if page.is_last else place.of(page.pattern, page.number + 1)
        rows = [[_cell(place, part, term) for part, term in enumerate(triple)] for triple in page.triples]
        return self._page(
            "fragment.html",
            look,
            "Triple Pattern Fragments",
            POLICY,
            parts=[(name, values.get(name, "")) for name in fragments.PARTS],
            rows=rows,
            count=f"{page.count:,}",
            first=(page.number - 1) * fragments.PAGE_SIZE,
            before=before.removeprefix(place.address) or ("?" if before else ""),
            after=after.removeprefix(place.address),
        )

    def _page(self, template: str, look: Look, title: str, policy: str, **more: Any) -> bytes:
        text = self._environment.get_template(template).render(
            root="", policy=policy, site_title=look.title, has_server=True, title=title, **more
        )
        return text.encode(errors="replace")


def _asked(example: Example, schema_ns: str) -> str:
    """An example as a person reads it: what it asks, what to change, and the query."""
    head = [f"# {example.description}"]
    head += [f"# Change {one.example!r}: {one.description}" for one in example.parameters]
    query = bound(example, {one.name: one.example for one in example.parameters}, schema_ns).splitlines()
    return "\n".join([*head, *dropwhile(lambda line: line.startswith("#"), query), ""])


def _cell(place: fragments.Place, part: int, term: str) -> tuple[str, str]:
    """A term as it is shown, and where it leads: the triples that have it in the same place."""
    shown = iri_of(term) if is_iri(term) else term
    pattern = fragments.pattern_of({fragments.PARTS[part]: shown})
    return shown, place.of(pattern).removeprefix(place.address)
