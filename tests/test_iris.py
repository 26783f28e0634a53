"""Keys, slugs, digests and IRIs are exactly those of the model, by a second implementation and by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final
from unicodedata import category, normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import strategies
from arrowkg import BadRecord, Settings, triples
from arrowkg.iris import (
    author_iri,
    bare_doi,
    capture_iri,
    homonym_number,
    name_key,
    paper_digest,
    paper_key,
    readable_slug,
    slug,
    venue_iri,
    without_homonym_number,
)
from arrowkg.model import Paper

BASE: Final = "https://kg.example.org/"


def hexadecimal(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


# The rules of the model, written a second time in the plainest way.


def key_by_the_rules(name: str) -> str:
    without_format = "".join(char for char in name if category(char) != "Cf")
    folded = normalize("NFC", normalize("NFC", without_format).casefold())
    return re.sub(r"\s+", " ", folded).strip()


def readable_by_the_rules(key: str) -> str:
    without_marks = "".join(char for char in normalize("NFKD", key) if not category(char).startswith("M"))
    words = re.findall("[a-z0-9]+", without_marks)
    while len("-".join(words)) > 60 and len(words) > 1:
        words.pop()
    return "-".join(words)[:60]


def slug_by_the_rules(key: str) -> str:
    readable = readable_by_the_rules(key)
    says_the_key = readable.replace("-", " ") == key != ""
    return readable if says_the_key else f"{readable}_{hexadecimal(key)}"


def digest_by_the_rules(paper: Paper) -> str:
    identifier = paper.doi.lower() if paper.doi else paper.url if paper.url else ""
    year = str(paper.year) if paper.year is not None else ""
    parts = ["arrowkg-paper-1", paper.kind or "", paper.title, year, paper.venue or "", identifier, *paper.authors]
    return hexadecimal("\x1f".join(normalize("NFC", part) for part in parts))


@given(strategies.names() | st.text(strategies.safe_characters()))
def test_keys_and_slugs_follow_the_rules(name: str) -> None:
    key = name_key(name)
    assert key == key_by_the_rules(name)
    assert readable_slug(key) == readable_by_the_rules(key)
    assert slug(key) == slug_by_the_rules(key)


def all_texts(paper: Paper) -> str:
    return "".join(filter(None, (paper.kind, paper.title, paper.venue, paper.doi, paper.url, *paper.authors)))


@given(strategies.papers())
def test_digests_follow_the_rules(paper: Paper) -> None:
    # How a text that holds the joining character is told apart has a test of its own.
    assume("\x1f" not in all_texts(paper))
    digest = paper_digest(paper)
    assert digest == digest_by_the_rules(paper)
    venue = readable_by_the_rules(key_by_the_rules(paper.venue)) if paper.venue else ""
    year = f"{paper.year:04d}" if paper.year is not None else ""
    title = readable_by_the_rules(key_by_the_rules(paper.title))
    assert paper_key(paper) == "-".join(filter(None, [venue, year, title, digest]))


# Keys.


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ada Quill", "ada quill"),
        ("  Ada \t\n Quill  ", "ada quill"),
        ("Ada\u00a0Quill\u2003X\u3000Y\u2028Z\x85W", "ada quill x y z w"),
        ("ADA QUILL", "ada quill"),
        ("Zoe\u0308", "zoë"),
        ("ZOË", "zoë"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("STRAẞE", "strasse"),
        ("Σίσυφος", "σίσυφοσ"),
        ("İ", "i\u0307"),
        ("ı", "ı"),
        ("\u212bke", "åke"),
        ("J\u030c", "ǰ"),
        ("ǰ", "ǰ"),
        ("ﬁn", "fin"),
        ("李 例", "李 例"),
        ("A\u200fd\u200ea\u200b \u2066Q\u2069\ufeff", "ada q"),
        ("So\u00adfia", "sofia"),
        ("e\u200d\u0301", "é"),
        ("O’Hara", "o’hara"),
        ("O'Hara", "o'hara"),
        ("\x1c\x1d\x1e\x1f", ""),
        ("\u200b \u200f", ""),
        ("", ""),
        ("Bo Tarn 0001", "bo tarn 0001"),
        ("Bo Tarn \u200f0001", "bo tarn 0001"),
        ("a\x07b", "a\x07b"),
    ],
)
def test_the_key_of_a_name(name: str, key: str) -> None:
    assert name_key(name) == key == key_by_the_rules(name)


@pytest.mark.parametrize(
    "names",
    [
        ("Ada Quill", "ada QUILL", "ADA  QUILL", "Ada\u00a0Quill", "\u202bAda Quill\u202c"),
        ("Zoë Ørsted", "ZOE\u0308 ØRSTED", "zoë ørsted"),
        ("Straße", "STRASSE", "strasse", "STRAẞE"),
        ("陈奕哲", "陈奕哲 "),
    ],
)
def test_names_that_are_one_author(names: tuple[str, ...]) -> None:
    assert len({author_iri(BASE, name_key(name)) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("Noa Cohen", "Noa Cohen 0001", "Noa Cohen 0002", "Noa Cohen 00001", "Noa Cohen0001", "Noa Cohen 1"),
        ("Zoe", "Zoë", "Zoé", "Z. O. E."),
        ("Jean-Luc", "Jean Luc", "JeanLuc", "Jean–Luc", "Jean‐Luc"),
        ("O’Hara", "O'Hara", "O Hara", "OHara", "O`Hara"),
        ("J. Doe", "J Doe", "John Doe", "Doe J", "J. Doe."),
        ("李", "例", "李例", "李 例", "Li"),
        ("ı", "i", "İ", "ì"),
        ("½", "1 2", "1⁄2", "1-2"),
        ("ⅷ", "viii"),
        ("x²", "x2", "x 2"),
        ("٣", "3", "３"),
        ("a_b", "a b", "a-b", "a  b.", "a/b", "a%b"),
        ("x" * 60, "x" * 61, "x" * 62),
        ("w " * 40 + "a", "w " * 40 + "b", "w " * 30),
        ("😀", "😁", "\U0001f469\u200d\U0001f52c"),
    ],
)
def test_names_that_are_several_authors(names: tuple[str, ...]) -> None:
    assert len({author_iri(BASE, name_key(name)) for name in names}) == len(names)


# Homonym numbers.


@pytest.mark.parametrize(
    ("name", "number", "rest"),
    [
        ("Bo Tarn 0001", "0001", "Bo Tarn"),
        ("BO TARN 0000", "0000", "BO TARN"),
        ("Bo Tarn  0001", "0001", "Bo Tarn"),
        ("Bo Tarn\t0001", "0001", "Bo Tarn"),
        ("Bo Tarn\u00a00001", "0001", "Bo Tarn"),
        ("Bo Tarn\u20280001", "0001", "Bo Tarn"),
        (" Bo Tarn 0001 ", "0001", " Bo Tarn"),
        ("Bo Tarn 0001\u200f", "0001", "Bo Tarn"),
        ("Bo Tarn \u200f0001\u200e", "0001", "Bo Tarn"),
        ("Bo Tarn 00\u200f01", "0001", "Bo Tarn"),
        ("Bo Tarn 0\u200b0\u200b0\u200b1", "0001", "Bo Tarn"),
        ("Bo Tarn 0001 0002", "0002", "Bo Tarn 0001"),
        ("Bo 12345678 0001", "0001", "Bo 12345678"),
        ("李例 0003", "0003", "李例"),
        ("ß 0004", "0004", "ß"),
        ("- 0005", "0005", "-"),
        ("0001 0002", "0002", "0001"),
        ("Bo\u0301 0006", "0006", "Bo\u0301"),
    ],
)
def test_a_homonym_number(name: str, number: str, rest: str) -> None:
    assert homonym_number(name_key(name)) == number
    assert without_homonym_number(name) == rest


@pytest.mark.parametrize(
    "name",
    [
        "Bo Tarn", "Bo Tarn 001", "Bo Tarn 00001", "Bo Tarn0001", "Bo Tarn 0001 x", "Bo Tarn 0001.", "Bo Tarn (0001)",
        "Bo Tarn 0001\u0301", "Bo Tarn ٠٠٠١", "Bo Tarn ００１１", "Bo Tarn -0001", "Bo Tarn\u200f0001", "0001",
        " 0001", "\u200f 0001", "Bo Tarn 00 01", "Bo Tarn ²³⁴⁵",
    ],
)  # fmt: skip
def test_what_is_no_homonym_number(name: str) -> None:
    assert homonym_number(name_key(name)) is None


@given(strategies.names())
def test_a_homonym_number_belongs_to_the_key(name: str) -> None:
    key = name_key(name)
    number = homonym_number(key)
    assert (number is None) == (re.fullmatch(r"(?s).+ [0-9]{4}", key) is None)
    if number is not None:
        rest = without_homonym_number(name)
        assert name.startswith(rest)
        assert f"{name_key(rest)} {number}" == key


# Slugs.


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("ada quill", "ada-quill"),
        ("bo tarn 0001", "bo-tarn-0001"),
        ("o", "o"),
        ("7", "7"),
        ("zoë quill", "zoe-quill_8963b9e95bcd1884"),
        ("strasse", "strasse"),
        ("jean-luc", f"jean-luc_{hexadecimal('jean-luc')}"),
        ("o'hara", f"o-hara_{hexadecimal(chr(111) + chr(39) + 'hara')}"),
        ("łukasz d’alché-buc", f"ukasz-d-alche-buc_{hexadecimal('łukasz d’alché-buc')}"),
        ("李例", f"_{hexadecimal('李例')}"),
        ("-", f"_{hexadecimal('-')}"),
        ("😀", f"_{hexadecimal('😀')}"),
        ("a_b", f"a-b_{hexadecimal('a_b')}"),
        ("ﬁn", f"fin_{hexadecimal('ﬁn')}"),
        ("½", f"1-2_{hexadecimal('½')}"),
        ("x²", f"x2_{hexadecimal('x²')}"),
        ("ℂ", f"_{hexadecimal('ℂ')}"),
        ("が", f"_{hexadecimal('が')}"),
        ("x" * 60, "x" * 60),
        ("x" * 61, f"{'x' * 60}_{hexadecimal('x' * 61)}"),
        (" ".join(["abcde"] * 10), "-".join(["abcde"] * 10)),
        (" ".join(["abcde"] * 11), f"{'-'.join(['abcde'] * 10)}_{hexadecimal(' '.join(['abcde'] * 11))}"),
        ("a" * 30 + " " + "b" * 29, "a" * 30 + "-" + "b" * 29),
        ("a" * 30 + " " + "b" * 30, f"{'a' * 30}_{hexadecimal('a' * 30 + ' ' + 'b' * 30)}"),
        ("a" * 60 + " b", f"{'a' * 60}_{hexadecimal('a' * 60 + ' b')}"),
    ],
)
def test_the_slug_of_a_key(key: str, expected: str) -> None:
    assert slug(key) == expected == slug_by_the_rules(key)


@given(st.lists(strategies.names() | st.text(strategies.safe_characters(), min_size=1), min_size=2, max_size=12))
def test_different_keys_never_share_a_slug(names: list[str]) -> None:
    keys = {name_key(name) for name in names}
    assert len({slug(key) for key in keys}) == len(keys)


@given(strategies.names())
def test_a_slug_is_plain(name: str) -> None:
    found = slug(name_key(name))
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*|([a-z0-9]+(-[a-z0-9]+)*)?_[0-9a-f]{16}", found)
    assert len(found) <= 60 + 17


@given(st.text(alphabet="ab -_'0.", max_size=6), st.text(alphabet="ab -_'0.", max_size=6))
def test_keys_that_nearly_say_the_same_do_not_share_a_slug(one: str, other: str) -> None:
    assert (slug(name_key(one)) == slug(name_key(other))) == (name_key(one) == name_key(other))


# Papers.

STONES: Final = Paper(
    "On Stones", ("Ada Quill", "Bo Tarn"), venue="ICLR", kind="Conference Paper", year=2024, url="https://example.org/1"
)


def test_the_key_of_a_paper() -> None:
    joined = "arrowkg-paper-1|Conference Paper|On Stones|2024|ICLR|https://example.org/1|Ada Quill|Bo Tarn"
    digest = hexadecimal(joined.replace("|", "\x1f"))
    assert paper_digest(STONES) == digest
    assert paper_key(STONES) == f"iclr-2024-on-stones-{digest}"


@pytest.mark.parametrize(
    ("paper", "start"),
    [
        (Paper("On Stones"), "on-stones-"),
        (Paper("On Stones", year=814), "0814-on-stones-"),
        (Paper("On Stones", venue="ICLR"), "iclr-on-stones-"),
        (Paper("李例"), ""),
        (Paper("李例", venue="北", year=7), "0007-"),
        (Paper("Étude: a *new* view", venue="J. of Stones"), "j-of-stones-etude-a-new-view-"),
        (Paper("x" * 300), "x" * 60 + "-"),
    ],
)
def test_what_stands_in_the_key_of_a_paper(paper: Paper, start: str) -> None:
    assert paper_key(paper) == start + digest_by_the_rules(paper)


@pytest.mark.parametrize(
    ("doi", "url", "identifier"),
    [
        (None, None, ""),
        ("10.5555/ABC", None, "10.5555/abc"),
        ("10.5555/ABC", "https://example.org/1", "10.5555/abc"),
        (None, "https://example.org/ABC", "https://example.org/ABC"),
    ],
)
def test_a_doi_or_else_the_address_is_in_the_digest(doi: str | None, url: str | None, identifier: str) -> None:
    joined = "\x1f".join(("arrowkg-paper-1", "", "On Stones", "", "", identifier))
    assert paper_digest(Paper("On Stones", doi=doi, url=url)) == hexadecimal(joined)


CHANGES: Final[dict[str, tuple[Any, ...]]] = {
    "title": ("on stones", "On  Stones", "On Stones ", "On Stones\u200b"),
    "authors": (
        (), ("Ada Quill",), ("Bo Tarn", "Ada Quill"), ("Ada Quill", "Bo Tarn", "Bo Tarn"), ("ADA QUILL", "Bo Tarn"),
        ("Ada Quill", "Bo Tarn 0001"), ("Ada Quill Bo Tarn",),
    ),
    "venue": (None, "iclr", "ICLR ", "ICML"),
    "kind": (None, "Journal Article", "conference paper", "Poster"),
    "year": (None, 2023, 202, 4),
    "doi": ("10.5555/1",),
    "url": (None, "https://example.org/2"),
}  # fmt: skip


def test_whatever_tells_papers_apart_is_in_the_digest() -> None:
    others = [replace(STONES, **{field: value}) for field, values in CHANGES.items() for value in values]
    assert len({paper_digest(paper) for paper in [STONES, *others]}) == len(others) + 1


def test_what_is_one_paper() -> None:
    with_doi = replace(STONES, doi="10.5555/abc")
    assert paper_key(replace(STONES, abstract="We sort.")) == paper_key(STONES)
    assert paper_key(replace(with_doi, doi="10.5555/ABC")) == paper_key(with_doi)
    assert paper_key(replace(with_doi, url=None)) == paper_key(with_doi)
    assert paper_key(Paper("Zoë", ("Zoë",), venue="Zoë")) == paper_key(
        Paper("Zoe\u0308", ("Zoe\u0308",), venue="Zoe\u0308")
    )


@given(strategies.papers(), strategies.papers())
def test_different_papers_never_share_a_key(one: Paper, other: Paper) -> None:
    def identity(paper: Paper) -> tuple[object, ...]:
        identifier = paper.doi.lower() if paper.doi else paper.url or ""
        return paper.kind or "", paper.title, paper.year, paper.venue or "", identifier, paper.authors

    assume(identity(one) != identity(other))
    assert paper_key(one) != paper_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Paper("On Stones", ("Ada\x1fBo",)), Paper("On Stones", ("Ada", "Bo"))),
        (Paper("On Stones", url="x\x1fAda"), Paper("On Stones", ("Ada",), url="x")),
        (Paper("On Stones", kind="A\x1fOn Stones"), Paper("On Stones\x1fOn Stones", kind="A")),
    ],
)
def test_the_character_that_joins_a_digest_does_not_make_papers_equal(one: Paper, other: Paper) -> None:
    def node(paper: Paper) -> str | None:
        try:
            return next(triples(paper, Settings()))[0]
        except BadRecord:
            return None

    assert node(other) is not None
    assert node(one) != node(other)


def test_other_iris() -> None:
    assert author_iri(BASE, "bo tarn 0001") == "https://kg.example.org/author/bo-tarn-0001"
    assert venue_iri(BASE, "siggraph", "Journal Article") == "https://kg.example.org/journal/siggraph"
    for kind in ("Conference Paper", "Book", "journal article", "", None):
        assert venue_iri(BASE, "siggraph", kind) == "https://kg.example.org/venue/siggraph"
    assert capture_iri(BASE, "0123456789abcdef" * 4) == "https://kg.example.org/capture/0123456789abcdef"


@pytest.mark.parametrize(
    ("value", "doi"),
    [
        ("10.5555/ABC.1", "10.5555/abc.1"),
        ("https://doi.org/10.5555/ABC", "10.5555/abc"),
        ("http://dx.doi.org/10.5555/abc", "10.5555/abc"),
        ("HTTPS://DOI.ORG/10.5555/ABC", "10.5555/abc"),
        ("doi:10.5555/abc", "10.5555/abc"),
        ("DOI: 10.5555/abc", "10.5555/abc"),
        (" 10.5555/abc\n", "10.5555/abc"),
        ("10.1000.10/123456", "10.1000.10/123456"),
        ("10.5555/(sici)1<2::3>4.0.co;2-k", "10.5555/(sici)1<2::3>4.0.co;2-k"),
        ("10.5555", None),
        ("10.5555/", None),
        ("11.5555/abc", None),
        ("10.5555/a b", None),
        ("https://example.org/10.5555/abc", None),
        ("see 10.5555/abc", None),
        ("10./abc", None),
        ("", None),
    ],
)
def test_a_bare_doi(value: str, doi: str | None) -> None:
    assert bare_doi(value) == doi
