"""The pages that a server has and a site of files has not: the query page, and fragments for people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Final

import orjson
from markupsafe import Markup

from arrowkg.server import fragments
from arrowkg.site.rendering import POLICY, Look, Renderer, in_html
from arrowkg.sparql.binding import bound
from arrowkg.sparql.examples import Example, examples
from arrowkg.terms import iri_of, is_iri

# The one style sheet that the editor's columns write into the page, by its digest.
_COLUMNS: Final = "'sha256-zCK2EVMoPc04mRF/g5CotUvxbJPWS+8V0b+s9ptqQIk='"
QUERY_POLICY: Final = POLICY.replace("style-src 'self'", f"style-src 'self' {_COLUMNS}") + "; connect-src 'self'"
"""What the query page may do: as any page, and send queries to its own server."""


@dataclass(frozen=True, slots=True)
class _QueryPage:
    """What the template of the query page shows."""

    examples: Markup
    rows: int
    seconds: int
    base_iri: str


@dataclass(frozen=True, slots=True)
class _FragmentPage:
    """What the template of a fragment shows; addresses are the parts after the path."""

    parts: list[tuple[str, str]]
    rows: list[list[tuple[str, str]]]
    count: int
    first: int
    before: str
    after: str


class Screens:
    """Renders these pages.

    Args:
        look: what all pages have in common.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._renderer = Renderer(look, Path(__file__).parent / "templates")

    def query(self, rows: int, seconds: int) -> bytes:
        """The page on which people write queries.

        Args:
            rows: the most rows of an answer.
            seconds: the most seconds that a query takes.
        """
        look = self._look
        asked = [{"name": example.title, "query": _asked(example, look.schema_ns)} for example in examples()]
        page = _QueryPage(in_html(orjson.dumps(asked).decode()), rows, seconds, look.base_iri)
        return self._renderer.page("query.html", "sparql", "Query", page, QUERY_POLICY)

    def fragment(self, page: fragments.Page, place: fragments.Place) -> bytes:
        """A page of a fragment, as a table whose terms lead on."""
        values = dict(page.pattern.parameters)
        before = place.of(page.pattern, page.number - 1) if page.number > 1 else ""
        after = "" if page.is_last else place.of(page.pattern, page.number + 1)
        shown = _FragmentPage(
            parts=[(name, values.get(name, "")) for name in fragments.PARTS],
            rows=[[_cell(place, part, term) for part, term in enumerate(triple)] for triple in page.triples],
            count=page.count,
            first=(page.number - 1) * fragments.PAGE_SIZE,
            before=before.removeprefix(place.address) or ("?" if before else ""),
            after=after.removeprefix(place.address),
        )
        return self._renderer.page("fragment.html", "fragments", "Triple Pattern Fragments", shown)


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
