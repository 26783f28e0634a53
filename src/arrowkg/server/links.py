"""The Link headers of an entity's files (RFC 8288): its other notations, and what Signposting asks for."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from arrowkg.server.entities import YEAR, Found
from arrowkg.site.rendering import FORMATS

NOTATIONS: Final = ((".html", "text/html"), *FORMATS)
"""The notations of an entity, the usual one first: suffix and media type."""


def links_of(found: Found) -> tuple[str, ...]:
    """The values of the Link header of an entity's files, relative to where these are.

    >>> found = Found("venue", "https://kg.example.org/venue/iclr", "venue/iclr", 0)
    >>> [value for value in links_of(found) if "turtle" in value]
    ['<iclr.ttl>; rel="alternate describedby"; type="text/turtle"']
    """
    if found.kind == YEAR:
        return ()
    name = found.stem.rpartition("/")[2]
    values = [f'<{name}.html>; rel="alternate"; type="text/html"']
    values += [f'<{name}{suffix}>; rel="alternate describedby"; type="{kind}"' for suffix, kind in FORMATS]
    values.append(f'<{name}.linkset.json>; rel="linkset"; type="application/linkset+json"')
    values.append(f'<{as_uri(found.iri)}>; rel="cite-as"')
    values += [f'<{as_uri(one)}>; rel="type"' for one in found.types]
    values += [f'<{as_uri(one)}>; rel="author"' for one in found.authors]
    return tuple(values)


def as_uri(iri: str) -> str:
    """An IRI in ASCII, as headers and addresses hold it (RFC 3987, section 3.1).

    >>> as_uri("https://kg.example.org/author/łukasz?a=%20#x")
    'https://kg.example.org/author/%C5%82ukasz?a=%20#x'
    """
    return quote(iri, safe="%/:=&?~#+!$,;'@()*[]-._")
