"""Where on a site an entity is: its IRI below the base, as a path that every file system keeps."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from arrowkg.iris import readable_slug

_part = re.compile("[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
# Names that Windows keeps for itself, with any suffix.
_reserved = re.compile("(?:con|prn|aux|nul|com[0-9]|lpt[0-9])")
# Folders of the site that no entity may write into.
_TAKEN: Final = frozenset(("assets", "data", "dumps", "year"))
_LONGEST_PART: Final = 104
_LONGEST_SLUG: Final = 80
_MOST_PARTS: Final = 4


class Addresses:
    """Paths of pages, without suffix, relative to the site's root.

    Args:
        base_iri: what the IRIs of the site's entities start with.

    >>> Addresses("https://kg.example.org/").stem("https://kg.example.org/venue/iclr/2024")
    'venue/iclr/2024'
    """

    def __init__(self, base_iri: str) -> None:
        self.base_iri = base_iri

    def stem(self, iri: str) -> str:
        """The path of an entity's page without its suffix.

        Paths that arrowkg's own IRIs make are kept. Any other gets a digest: it may have capital letters, which some
        file systems do not tell from small ones, or dots, or be too long.

        Raises:
            ValueError: the IRI is not below the base.

        >>> Addresses("https://kg.example.org/").stem("https://kg.example.org/author/../Ada%20Quill")
        'author/ada-quill-ded27a962daab899'
        """
        if not iri.startswith(self.base_iri) or iri == self.base_iri:
            raise ValueError(f"{iri} is not below {self.base_iri}")
        rest = iri[len(self.base_iri) :]
        parts = rest.split("/")
        if 2 <= len(parts) <= _MOST_PARTS and all(map(_is_safe, parts)) and parts[0] not in _TAKEN:
            return rest
        first = parts[0] if len(parts) > 1 and _is_safe(parts[0]) and parts[0] not in _TAKEN else "node"
        slug = readable_slug(unquote(parts[-1], errors="replace").lower())[:_LONGEST_SLUG].strip("-")
        digest = sha256(iri.encode(errors="surrogatepass")).hexdigest()[:16]
        return f"{first}/{slug}-{digest}" if slug else f"{first}/{digest}"

    def page(self, iri: str, number: int = 1) -> str:
        """The path of an entity's page, or of one of the pages that continue it.

        >>> Addresses("https://kg.example.org/").page("https://kg.example.org/author/ada-quill", 2)
        'author/ada-quill.page-2.html'
        """
        return f"{self.stem(iri)}.html" if number == 1 else f"{self.stem(iri)}.page-{number}.html"


def _is_safe(part: str) -> bool:
    return len(part) <= _LONGEST_PART and bool(_part.fullmatch(part)) and not _reserved.fullmatch(part)


def root_from(path: str) -> str:
    """The relative path from a page to the site's root.

    >>> root_from("venue/iclr/2024.html"), root_from("index.html")
    ('../../', '')
    """
    return "../" * path.count("/")
