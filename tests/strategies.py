"""What tests draw from: texts that break careless writers, and the papers, pages and settings made of them.

Hypothesis strategies are functions that give a strategy. :func:`hostile_entries` gives any number of entries from the
same pieces of text by a seeded generator.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any, Final

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from arrowkg.iris import name_key
from arrowkg.model import Capture, Entry, Kind, Paper, nfc
from arrowkg.settings import Settings

# The same examples in every run, and none fails for being slow on a busy machine.
hypothesis_settings.register_profile("arrowkg", derandomize=True, deadline=None)
hypothesis_settings.load_profile("arrowkg")

XML_CONTROLS: Final = ("\t", "\n", "\r")
"""The C0 controls that XML has."""
CONTROLS: Final = tuple(chr(code) for code in (*range(0x01, 0x20), *range(0x7F, 0xA0)))
"""Every C0 control but NUL, DEL, and every C1 control."""
MARKS: Final = tuple(
    "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Marks of direction, of no width, and of line ends, and the soft hyphen."""
MARKUP: Final = (
    '"', '""', '"""', "'", "'''", "\\", "\\\\", '\\"', "\\\\\\", "\\n", "\\u0041", "\\U0001F600", "\\u", "\\x00",
    "> . <x>", " . ", '" .', '" . <https://example.org/x> <https://example.org/y> "', '"@en', "@en", "^^",
    '"^^<http://www.w3.org/2001/XMLSchema#integer>', '"^^<http://www.w3.org/2001/XMLSchema#gYear>', "^^xsd:gYear",
    "</script>", "<script>", "<!--", "-->", "<!--<script", "]]>", "<![CDATA[", "<?xml?>", "<!DOCTYPE x>", "<", ">",
    "&", "&amp;", "&#0;", "&#x7;", "&lt;", "%00", "%", "#", " # ", "{", "}", "{{", "$x", "?x", "`", "^", "|", "~",
    "_:b0", "@prefix a: <b> .", "@id", "schema:name", "a", "true", "42", "http://example.org/", "/", "//", "..",
)  # fmt: skip
"""What notations are made of, and what looks like their escapes."""
LETTERS: Final = (
    "x", "A", "é", "e\u0301", "\u0301", "Å", "\u212b", "\u1100\u1161", "\uac01", "\u0958", "ﬁ", "ß", "ẞ", "İ", "ı", "ſ",
    "ς", "\u212a", "ǰ", "J\u030c", "ŉ", "ΐ", "\u0345", "٣", "０", "李", "龜", "ℂ", "½", "あ\u3099", "ﷺ", "😀", "𝒜",
    "𠀀", "\U0001f469\u200d\U0001f52c", "\U000e0041", "\ue000", "\U0010fffd", "\ufffd", "\ufffc",
)  # fmt: skip
"""Letters that compose, decompose, fold oddly, or lie beyond the first plane."""
SPACES: Final = (" ", "  ", "\t", "\u00a0", "\u2003", "\u3000", "\u1680")
LONG: Final = ("x" * 300, "é" * 150, "李" * 100, "word " * 60 + "end", "long-" * 60 + "er", "\\" * 300, '"' * 300)
"""Texts of some 300 bytes."""
NUMBERS: Final = (
    " 0001", "  0002", "\u00a00003", "\t0004", " 0005 ", " \u200f0006", "\u200f 0007", " 0008\u200f", "\u20280009",
    " 001", " 00001", "0010", " ٠٠٠١", " ００１１", " 0012 0013", " 0014.", " 0015\u0301",
)  # fmt: skip
"""What is a homonym number behind a name, and what only looks like one."""
PIECES: Final = CONTROLS + MARKS + MARKUP + LETTERS + SPACES + NUMBERS
"""Every piece that hostile texts are made of, but the long ones."""

_NONCHARACTERS: Final = (
    *range(0xFDD0, 0xFDF0),
    *(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)),
)
UNSAFE: Final = ("\0", "\ud800", "\udbff", "\udc00", "\udfff", *map(chr, _NONCHARACTERS))
"""Characters that no notation carries safely: NUL, the first and last of the lone surrogates, every non-character."""

KINDS: Final = tuple(kind.value for kind in Kind)
OTHER_KINDS: Final = (
    "Poster",
    "conference paper",
    "Conference  Paper",
    "Journal Article ",
    "BOOK",
    "\u200fBook",
    "'\"\\",
)
DOIS: Final = (
    "10.5555/stones-1", "10.5555/ABC.def", "10.5555/(SICI)1234<1::2>3.0.CO;2-K", '10.5555/"quoted"\\', "10.5555/é/李",
    "10.5555/%00&amp;#?", "10.1", "10.5555/K", "10.5555/\u212a",
)  # fmt: skip
URLS: Final = (
    "https://example.org/papers/1", "https://example.org/a b", "HTTP://EXAMPLE.ORG:80/../%zz", "javascript:alert('1')",
    "//example.org", "stones", "urn:x:y", "https://example.org/<x>\"{}|\\^`", "https://例え.example/李?q=é#\u0301",
    'x"^^<http://www.w3.org/2001/XMLSchema#anyURI>', "10.5555/stones-1",
)  # fmt: skip


def _is_safe(text: str) -> bool:
    return not any(char in text for char in UNSAFE)


def _is_name(text: str) -> bool:
    return bool(name_key(text))


def safe_characters() -> st.SearchStrategy[str]:
    """Any character that RDF can carry."""
    return st.characters(codec="utf-8", exclude_characters=UNSAFE)


def texts() -> st.SearchStrategy[str]:
    """Hostile texts that RDF can carry, never empty."""
    joined = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)
    return st.one_of(joined, st.text(safe_characters(), min_size=1, max_size=20), st.sampled_from(LONG))


def titles() -> st.SearchStrategy[str]:
    """Texts that are more than white space."""
    return texts().filter(lambda text: not text.isspace())


def names() -> st.SearchStrategy[str]:
    """Names of authors or venues whose key is not empty, many with something like a homonym number."""
    plain = st.sampled_from(("Ada Quill", "ada QUILL", "Bo Tarn", "Zoë", "Zoe\u0308", "李例", "O", "Straße", "STRASSE"))
    numbered = st.builds("".join, st.tuples(plain | texts(), st.sampled_from(NUMBERS)))
    return st.one_of(plain, numbered, texts()).filter(_is_name)


def unsafe_texts() -> st.SearchStrategy[str]:
    """Texts with at least one character that no notation carries safely, and a letter."""
    parts = st.tuples(st.just("a") | texts(), st.sampled_from(UNSAFE), st.just("") | texts())
    return parts.map("".join).filter(lambda text: _is_name(text) and not _is_safe(nfc(text)))


def years() -> st.SearchStrategy[int]:
    """Years that can be written."""
    return st.integers(1, 9999) | st.sampled_from((1, 999, 2024, 9999))


def kinds() -> st.SearchStrategy[str | None]:
    """Kinds that are known, unknown, or not stated."""
    return st.none() | st.sampled_from(KINDS) | st.sampled_from(OTHER_KINDS) | texts()


def dois() -> st.SearchStrategy[str]:
    """DOIs, plain and odd."""
    return st.sampled_from(DOIS)


def urls() -> st.SearchStrategy[str]:
    """Addresses, plain and odd, and texts that are none."""
    return st.sampled_from(URLS) | texts()


def papers(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Paper]:
    """Papers that can be mapped, of every kind and of none, with fields absent and names repeated.

    ``fields`` are strategies that replace those of single fields.
    """
    bylines = st.lists(names(), max_size=4).flatmap(
        lambda byline: st.just(tuple(byline)) | st.just((*byline, *byline[:1])) | st.permutations(byline).map(tuple)
    )
    every: dict[str, st.SearchStrategy[Any]] = {
        "title": titles(),
        "authors": bylines,
        "venue": st.none() | st.sampled_from(("ICLR", "iclr", "TMLR", "Straße")) | names(),
        "kind": kinds(),
        "year": st.none() | years(),
        "abstract": st.none() | texts(),
        "doi": st.none() | dois(),
        "url": st.none() | urls(),
    }
    return st.builds(Paper, **{**every, **fields})


def captures() -> st.SearchStrategy[Capture]:
    """Pages that list papers; as with real ones, whatever differs between two pages makes their digests differ."""
    counts = st.none() | st.integers(0, 10**6)

    def page(name: str, *numbers: Any) -> Capture:
        return Capture(nfc(name), sha256(repr((nfc(name), numbers)).encode()).hexdigest(), *numbers)

    return st.builds(page, names(), counts, counts, st.integers(0, 10**6))


def base_iris() -> st.SearchStrategy[str]:
    """Base IRIs that settings take."""
    return st.sampled_from(
        (
            "https://kg.example.org/",
            "http://kg.example.org:8080/lab/",
            "https://kg.example.org/a&b='c'/(d)/$e;f,g~/%C3%A9/",
            "https://192.0.2.1/x/",
        )
    )


def settings() -> st.SearchStrategy[Settings]:
    """Settings of a mapping, under which every text that RDF can carry is kept."""
    return st.builds(
        Settings, base_iri=base_iris(), schema_ns=st.sampled_from(("https", "http")), abstracts=st.booleans()
    )


def texts_of(entry: Entry) -> list[str]:
    """Every text of an entry."""
    paper = entry.paper
    found = (paper.title, paper.venue, paper.kind, paper.abstract, paper.doi, paper.url, *paper.authors)
    return [text for text in found if text] + ([entry.capture.name] if entry.capture else [])


def is_carried_by_xml(entry: Entry) -> bool:
    """Whether XML has every character of an entry that RDF can carry."""
    return not any(char < " " and char not in XML_CONTROLS for text in texts_of(entry) for char in text)


# Many entries at once.

_FIELDS: Final = ("title", "author", "venue", "kind", "abstract", "doi", "url", "page")


def hostile_entries(count: int, seed: int) -> list[Entry]:
    """So many entries, no two of them equal, always the same for a seed.

    The first ones hold each piece of text in each field: alone, before a letter, and behind one. The others are drawn.

    Hypothesis would draw them from :func:`papers`, but takes half a minute and more for 20,000, gives some again and
    again, and gives others in its next version. This generator takes a second.
    """
    random = Random(seed)
    entries: dict[Paper, Entry] = {}
    pieces = PIECES + LONG + DOIS + URLS
    for piece in pieces:
        for form in (piece, f"{piece}x", f"x{piece}"):
            for field in _FIELDS:
                _add(entries, _plain(len(entries), field, form))
    while len(entries) < count:
        _add(entries, _drawn(random))
    return list(entries.values())[:count]


def _add(entries: dict[Paper, Entry], found: tuple[Paper, Capture | None]) -> None:
    paper, capture = found
    entries.setdefault(paper, Entry(paper, "papers", len(entries) + 1, capture))


def _plain(number: int, field: str, text: str) -> tuple[Paper, Capture | None]:
    """A paper that is plain but for one text; a field that cannot hold the text has a letter more."""
    name = text if _is_name(text) else f"{text}y"
    instead: dict[str, Callable[[], dict[str, Any]]] = {
        "title": lambda: {"title": f"{text}{number}" if text.isspace() else text, "year": number % 9999 + 1},
        "author": lambda: {"authors": (name, f"Bo Tarn {number:04d}")},
        "venue": lambda: {"venue": name},
        "kind": lambda: {"kind": text},
        "abstract": lambda: {"abstract": text},
        "doi": lambda: {"doi": text},
        "url": lambda: {"url": text},
        "page": dict,
    }
    fields = {"title": f"On Stones {number}", "venue": "ICLR", "kind": KINDS[number % len(KINDS)], "year": 2024}
    capture = Capture(nfc(name), sha256(str(number).encode()).hexdigest(), 1, 1, 1) if field == "page" else None
    return Paper(**{**fields, **instead[field]()}), capture


def _drawn(random: Random) -> tuple[Paper, Capture | None]:
    def text() -> str:
        if random.random() < 0.02:
            return random.choice(LONG)
        return "".join(random.choices(PIECES, k=random.randint(1, 6)))

    def name() -> str:
        found = text() if random.random() < 0.7 else f"Ada Quill{random.choice(NUMBERS)}"
        return found if _is_name(found) else f"{found}z"

    def perhaps(likelihood: float, draw: Callable[[], Any]) -> Any:
        return draw() if random.random() < likelihood else None

    title = text()
    authors = [name() for _ in range(random.choice((0, 1, 1, 2)))]
    if authors and random.random() < 0.1:
        authors.append(authors[0])
    paper = Paper(
        title=f"{title}x" if title.isspace() else title,
        authors=tuple(authors),
        venue=perhaps(0.7, name),
        kind=perhaps(0.8, lambda: random.choice(KINDS) if random.random() < 0.8 else text()),
        year=perhaps(0.8, lambda: random.randint(1, 9999)),
        abstract=perhaps(0.5, text),
        doi=perhaps(0.1, lambda: f"{random.choice(DOIS)}{random.randint(0, 99)}"),
        url=perhaps(0.1, text),
    )
    capture = perhaps(0.05, lambda: Capture(nfc(name()), f"{random.getrandbits(256):064x}", 1, None, 1))
    return paper, capture
