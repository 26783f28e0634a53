"""The media types of the files of a site, by their names."""

from __future__ import annotations

from typing import Final

_TYPES: Final = (
    (".html", "text/html; charset=utf-8"),
    (".ttl", "text/turtle; charset=utf-8"),
    (".jsonld", "application/ld+json"),
    (".nt", "application/n-triples"),
    ("linkset.json", "application/linkset+json"),
    (".json", "application/json"),
    (".js", "text/javascript; charset=utf-8"),
    (".css", "text/css; charset=utf-8"),
    (".xml", "application/xml"),
    (".atom", "application/atom+xml"),
    (".svg", "image/svg+xml"),
    (".txt", "text/plain; charset=utf-8"),
    (".gz", "application/gzip"),
    (".woff2", "font/woff2"),
    # The name has no suffix; the description of the data is in Turtle.
    (".well-known/void", "text/turtle; charset=utf-8"),
)
_PACKED: Final = ("application/gzip", "font/woff2")


def media_type_of(path: str) -> str:
    """The media type of a file.

    >>> media_type_of("paper/x.linkset.json"), media_type_of(".well-known/void"), media_type_of("LICENSE")
    ('application/linkset+json', 'text/turtle; charset=utf-8', 'text/plain; charset=utf-8')
    """
    return next((found for suffix, found in _TYPES if path.endswith(suffix)), "text/plain; charset=utf-8")


def is_packed(media_type: str) -> bool:
    """Whether files of a type are compressed already."""
    return media_type in _PACKED
