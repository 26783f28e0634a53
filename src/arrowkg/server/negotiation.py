"""Which representation a client gets: Accept and Accept-Encoding as RFC 9110, sections 12.4 and 12.5, define them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_range = re.compile(rf"({_TOKEN})/({_TOKEN})")
_parameter = re.compile(rf"""[ \t]*;[ \t]*(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*"))?""")
_weight = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_coding = re.compile(rf"[ \t]*({_TOKEN})[ \t]*(?:;[ \t]*[qQ]=([0-9.]+)[ \t]*)?")
# Nobody's program asks for more; who sends more is not looked at further.
_MOST_RANGES: Final = 60
CODINGS: Final = ("zstd", "gzip")
"""The content codings that answers come in, the better one first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A representation that can be given.

    Attributes:
        media_type: its media type, such as ``text/turtle``.
        name: a short name for it, such as a suffix.
        aliases: other media types that ask for it.
    """

    media_type: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One range of an Accept header: what it matches, and how much it is wanted, in thousandths."""

    type: str
    subtype: str
    weight: int

    def rank(self, media_type: str) -> int:
        """How exactly it names a media type: 0 not at all, 3 as itself."""
        kind, _, sub = media_type.partition("/")
        if self.type == "*":
            return int(self.subtype == "*")
        if self.type != kind:
            return 0
        return 3 if self.subtype == sub else 2 if self.subtype == "*" else 0


def media_ranges(accept: str) -> list[MediaRange]:
    """The ranges of an Accept header; parts that are none are passed over.

    >>> [(one.subtype, one.weight) for one in media_ranges('text/turtle;q=0.5, application/ld+json;profile="a,b"')]
    [('turtle', 500), ('ld+json', 1000)]
    """
    found = []
    for part in _parts(accept):
        match = _range.match(part)
        if match is None:
            continue
        weight, place, is_sound = 1000, match.end(), True
        while place < len(part) and is_sound:
            parameter = _parameter.match(part, place)
            is_sound = parameter is not None
            if parameter is not None:
                place = parameter.end()
                if (parameter[1] or "").lower() == "q":
                    is_sound = _weight.fullmatch(parameter[2]) is not None
                    weight = round(float(parameter[2]) * 1000) if is_sound else 0
                    break
        if is_sound:
            found.append(MediaRange(match[1].lower(), match[2].lower(), weight))
    return found


def _parts(header: str) -> Iterator[str]:
    """The elements of a list in a header; a comma in a quoted string divides nothing."""
    start, is_quoted, count = 0, False, 0
    escaped = False
    for place, char in enumerate(header):
        if escaped:
            escaped = False
        elif is_quoted and char == "\\":
            escaped = True
        elif char == '"':
            is_quoted = not is_quoted
        elif char == "," and not is_quoted:
            yield header[start:place].strip(" \t")
            start, count = place + 1, count + 1
            if count == _MOST_RANGES:
                return
    yield header[start:].strip(" \t")


def chosen(accept: str | None, offers: Sequence[Offer]) -> Offer | None:
    """The offer that a client likes best, the first one of several; ``None`` if it takes none.

    The most exact range that matches an offer says how much it is wanted. No header, or one without any range, takes
    everything.

    >>> html, turtle = Offer("text/html", "html"), Offer("text/turtle", "ttl")
    >>> chosen("text/*;q=0.5, text/turtle", (html, turtle)).name, chosen("*/*", (html, turtle)).name
    ('ttl', 'html')
    >>> chosen("image/png, text/turtle;q=0", (html, turtle)) is None
    True
    """
    ranges = media_ranges(accept) if accept is not None else []
    if not ranges:
        return offers[0]
    best, most = None, 0
    for offer in offers:
        # An alias counts where it is named itself: ranges are for the media type that is given.
        named = [one.weight for one in ranges if f"{one.type}/{one.subtype}" in offer.aliases]
        weight = max(_wanted(ranges, offer.media_type), *named, 0)
        if weight > most:
            best, most = offer, weight
    return best


def _wanted(ranges: Iterable[MediaRange], media_type: str) -> int:
    best, weight = 0, 0
    for one in ranges:
        rank = one.rank(media_type)
        if rank > best or (rank == best and rank and one.weight > weight):
            best, weight = rank, one.weight
    return weight


def coding(accept_encoding: str | None) -> str | None:
    """The content coding for an answer, ``None`` for none.

    >>> coding("gzip, deflate, br, zstd"), coding("gzip;q=1.0, zstd;q=0"), coding("br"), coding("*")
    ('zstd', 'gzip', None, 'zstd')
    """
    wanted: dict[str, float] = {}
    for part in (accept_encoding or "").split(",")[:_MOST_RANGES]:
        match = _coding.fullmatch(part)
        if match is not None and (match[2] is None or _weight.fullmatch(match[2])):
            wanted[match[1].lower()] = float(match[2] or 1)
    best, most = None, wanted.get("identity", 0.0)
    for name in CODINGS:
        weight = wanted.get(name, wanted.get("*", 0.0))
        # The server's liking decides between equals; what is not wanted is not taken.
        if weight > 0 and (weight > most or (best is None and weight >= most)):
            best, most = name, weight
    return best


def is_fresh(if_none_match: str | None, etag: str) -> bool:
    """Whether a client holds what it would get (RFC 9110, section 13.1.2; the comparison is weak).

    >>> is_fresh('"a", W/"b"', '"b"'), is_fresh("*", '"b"'), is_fresh('"bb"', '"b"'), is_fresh(None, '"b"')
    (True, True, False, False)
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return etag.removeprefix("W/") in re.findall(r'(?:W/)?("[^"]*")', if_none_match)
