"""Minting: keys, slugs, digests and the IRIs made of them. Pure and deterministic.

Equal keys are one author (or venue), different keys never share an IRI, and every IRI is plain ASCII, so nothing here
needs escaping in any notation.
"""

from __future__ import annotations

import re
from hashlib import sha256
from unicodedata import category, normalize

from arrowkg.model import Kind, Paper, nfc

_homonym = re.compile(r".* ([0-9]{4})", re.DOTALL)
_not_slug = re.compile(r"[^a-z0-9]+")
_doi = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9.]+/\S+)", re.IGNORECASE)

SLUG_LENGTH = 60
_DIGITS = frozenset("0123456789")


def name_key(name: str) -> str:
    """The key under which names are equal: format characters (Unicode category Cf) dropped, NFC, case folded, NFC,
    white space collapsed. This is an Arrow page's own rule, exact names whatever their case, and no more.

    >>> name_key("  Zoë\\u200f  QUILL 0002")
    'zoë quill 0002'
    """
    if not name.isascii():
        if not name.isprintable():
            name = "".join([char for char in name if category(char) != "Cf"])
        name = nfc(nfc(name).casefold())
    else:
        name = name.lower()
    return " ".join(name.split())


def homonym_number(key: str) -> str | None:
    """The four digits by which a source tells people of one name apart, or ``None``.

    It is read from the key, so that all spellings of one author agree on it.

    >>> homonym_number("bo tarn 0001"), homonym_number("bo tarn")
    ('0001', None)
    """
    if key[-1:] not in _DIGITS:
        return None
    match = _homonym.fullmatch(key)
    return match[1] if match else None


def without_homonym_number(name: str) -> str:
    """A name as listed without its homonym number; for a name whose key has one.

    >>> without_homonym_number("Bo Tarn 0001")
    'Bo Tarn'
    """
    # Format characters, which the key has not, may stand among the digits, before them and after them.
    end, digits = len(name), 0
    while digits < 4:
        end -= 1
        digits += name[end] in "0123456789"
    while category(name[end - 1]) == "Cf":
        end -= 1
    return name[:end].rstrip()


def readable_slug(key: str) -> str:
    """The part of a key that reads well in an IRI: ``[a-z0-9]`` and single hyphens, cut at a word at 60; may be empty.

    >>> readable_slug("łukasz d’alché-buc")
    'ukasz-d-alche-buc'
    """
    if not key.isascii():
        key = "".join([char for char in normalize("NFKD", key) if category(char)[0] != "M"])
    slug = _not_slug.sub("-", key).strip("-")
    if len(slug) > SLUG_LENGTH:
        head, _, _ = slug[: SLUG_LENGTH + 1].rpartition("-")
        slug = head or slug[:SLUG_LENGTH]
    return slug


def slug(key: str) -> str:
    """The slug of a key, with 16 hex of its SHA-256 unless the readable part alone says the key.

    >>> slug("ada quill"), slug("zoë quill")
    ('ada-quill', 'zoe-quill_8963b9e95bcd1884')
    """
    if len(key) <= SLUG_LENGTH and key.isascii() and key.replace(" ", "").isalnum():
        # Most names are words of plain letters, for which no search is needed.
        return key.replace(" ", "-")
    readable = readable_slug(key)
    if readable and readable.replace("-", " ") == key:
        return readable
    digest = sha256(key.encode(errors="surrogatepass")).hexdigest()
    return f"{readable}_{digest[:16]}"


def bare_doi(value: str) -> str | None:
    """The DOI in a text that may name a resolver, in lower case (DOIs do not tell cases apart), or ``None``.

    >>> bare_doi("https://doi.org/10.5555/ABC.1")
    '10.5555/abc.1'
    """
    match = _doi.fullmatch(value.strip())
    return match[1].lower() if match else None


def paper_digest(paper: Paper) -> str:
    """The 16 hex that tell a paper from every other.

    They are of the SHA-256 over ``arrowkg-paper-1``, kind, title, year, venue, lower-cased DOI (else address, else
    nothing) and each author in byline order, as listed, joined by U+001F.

    >>> paper_digest(Paper("On Stones", ("Ada Quill",), year=2024))
    '999ae1e944dbe6a4'
    """
    parts = (
        "arrowkg-paper-1",
        paper.kind or "",
        paper.title,
        "" if paper.year is None else str(paper.year),
        paper.venue or "",
        nfc(paper.doi.lower()) if paper.doi else paper.url or "",
        *paper.authors,
    )
    joined = "\x1f".join(parts)
    if joined.count("\x1f") >= len(parts):
        # A text holds the separator itself; without an escape, papers of other fields could look alike.
        escaped = [part.replace("\x1e", "\x1e\x1e").replace("\x1f", "\x1e\x1f") for part in parts[1:]]
        joined = "\x1f".join(["arrowkg-paper-1-escaped", *escaped])
    # A lone surrogate is no UTF-8; the mapping refuses such a record, so its digest is never written.
    return sha256(joined.encode(errors="surrogatepass")).hexdigest()[:16]


def paper_key(paper: Paper) -> str:
    """The last part of a paper's IRI: readable venue, year and title, those that there are, and the digest.

    >>> paper_key(Paper("On Stones", ("Ada Quill",), venue="ICLR", year=2024))
    'iclr-2024-on-stones-20594b08dd1fa755'
    """
    parts = (
        readable_slug(name_key(paper.venue)) if paper.venue else "",
        "" if paper.year is None else f"{paper.year:04d}",
        readable_slug(name_key(paper.title)),
        paper_digest(paper),
    )
    return "-".join([part for part in parts if part])


def author_iri(base: str, key: str) -> str:
    """The IRI of the author with a key.

    >>> author_iri("https://kg.example.org/", "bo tarn 0001")
    'https://kg.example.org/author/bo-tarn-0001'
    """
    return f"{base}author/{slug(key)}"


def venue_iri(base: str, venue_slug: str, kind: str | None) -> str:
    """The IRI of a journal for a journal article, else of a series; one name can be both.

    >>> venue_iri("https://kg.example.org/", "tmlr", "Journal Article")
    'https://kg.example.org/journal/tmlr'
    """
    return f"{base}{'journal' if kind == Kind.JOURNAL_ARTICLE else 'venue'}/{venue_slug}"


def capture_iri(base: str, digest: str) -> str:
    """The IRI of a saved page, from the SHA-256 of its bytes in hex.

    >>> capture_iri("https://kg.example.org/", "0123456789abcdef" * 4)
    'https://kg.example.org/capture/0123456789abcdef'
    """
    return f"{base}capture/{digest[:16]}"
