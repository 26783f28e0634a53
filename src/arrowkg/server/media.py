"""The media types of the files of a site, by their names."""

from __future__ import annotations

from typing import Final

from arrowkg.site.webservers import MEDIA_TYPES, SPECIAL

_OTHER: Final = "text/plain; charset=utf-8"
_PACKED: Final = ("application/gzip", "font/woff2")


def media_type_of(path: str) -> str:
    """The media type of a file.

    >>> media_type_of("paper/x.linkset.json"), media_type_of(".well-known/void"), media_type_of("LICENSE")
    ('application/linkset+json', 'text/turtle; charset=utf-8', 'text/plain; charset=utf-8')
    """
    for name, kind in SPECIAL.items():
        if path.endswith(name):
            return kind
    return MEDIA_TYPES.get(path.rpartition(".")[2], _OTHER)


def is_packed(media_type: str) -> bool:
    """Whether files of a type are compressed already."""
    return media_type in _PACKED
