"""Finding the papers of an author name in an embedded store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from arrowkg.errors import StoreError
from arrowkg.iris import name_key
from arrowkg.listing import Papers
from arrowkg.model import Listing
from arrowkg.settings import Settings
from arrowkg.sparql.asking import Asked, ask
from arrowkg.sparql.query import checked, with_prefixes
from arrowkg.stores.manifest import DATABASE, NAMES, live_store
from arrowkg.stores.names import find_name, near_names
from arrowkg.terms import iri

# The papers of an author and their authorships, abstracts left aside: enough to state each paper again. Each part
# starts from the author, since an engine may read a part that does not from one end of the store to the other.
_CONSTRUCT: Final = "CONSTRUCT { ?paper ?property ?value . ?place ?of ?what } WHERE { PARTS }"
_PARTS: Final = """{
  ?own pro:isHeldBy AUTHOR .
  ?paper pro:isDocumentContextFor ?own ; ?property ?value .
  FILTER(?property NOT IN (schema:abstract, dcterms:abstract))
} UNION {
  ?own pro:isHeldBy AUTHOR .
  ?paper pro:isDocumentContextFor ?own , ?place .
  ?place ?of ?what
}"""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a name.

    Attributes:
        page: the name and its papers as an Arrow page orders them, ``None`` if the store has no such name.
        spellings: the name as bylines spell it, each once.
        near: names that are near, never merged.
    """

    page: Listing | None
    spellings: tuple[str, ...]
    near: tuple[str, ...]


def search(name: str, store: str, settings: Settings) -> Found:
    """The papers of an author name, compared whole, whatever its case.

    Raises:
        UsageError: there is no store.
        StoreError: it is damaged.
    """
    with live_store(store) as (generation, manifest):
        try:
            names = find_name(generation / NAMES, name)
            near = tuple(near_names(generation / NAMES, name, is_known=bool(names)))
        except OSError as error:
            raise StoreError(f"its names cannot be read ({error.strerror})", file=store) from None
        if not names:
            return Found(None, (), near)
        authors = sorted({iri(found.author) for found in names})
        parts = " UNION ".join([_PARTS.replace("AUTHOR", author) for author in authors])
        text = with_prefixes(_CONSTRUCT.replace("PARTS", parts), manifest.schema_ns)
        query = checked(text, settings, "search")
        with ask(query, Asked(store, database=generation / DATABASE), settings) as answer:
            triples = list(dict.fromkeys(answer.triples))
    page = Papers(triples).listing(names[0].spelling)
    key = name_key(name)
    spellings = sorted({listed for paper in page.papers for listed in paper.authors if name_key(listed) == key})
    return Found(page, tuple(spellings), near)
