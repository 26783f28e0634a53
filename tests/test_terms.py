"""Terms: made, escaped, refused and taken apart as N-Triples has it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from arrowkg.errors import BadText
from arrowkg.terms import (
    TRUE,
    any_uri,
    integer,
    iri,
    iri_of,
    is_iri,
    lexical_form,
    literal_parts,
    refuse_uncarried,
    text,
    unsafe_characters,
    with_replacements,
    year,
)
from judges import needs_node
from judges.node import read_with_n3

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
# The productions STRING_LITERAL_QUOTE and IRIREF of N-Triples, written out.
STRING: Final = re.compile(r'"(?:[^"\\\n\r]|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*"')
IRIREF: Final = re.compile(r"<[^\x00-\x20<>\"{}|^`\\]*>")


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("", '""'),
        ("On Stones", '"On Stones"'),
        ('a "b"', r'"a \"b\""'),
        ("a\\b", r'"a\\b"'),
        ("a\\", r'"a\\"'),
        ('a\\"', r'"a\\\""'),
        ("\\u0041", r'"\\u0041"'),
        ("\b\t\n\f\r", r'"\b\t\n\f\r"'),
        ("\x01\x0b\x1f\x7f", r'"\u0001\u000B\u001F\u007F"'),
        ("\x80\x85\x9f", '"\x80\x85\x9f"'),
        ("\u2028\u2029\ufeff\u202e", '"\u2028\u2029\ufeff\u202e"'),
        ("> . <x>", '"> . <x>"'),
        ("e\u0301 é", '"e\u0301 é"'),
        ("😀\U0010fffd\ufffd", '"😀\U0010fffd\ufffd"'),
    ],
)
def test_text(value: str, term: str) -> None:
    assert text(value) == term
    assert literal_parts(term) == (value, "", "")


@pytest.mark.parametrize("char", strategies.UNSAFE)
def test_what_no_notation_carries_is_refused(char: str) -> None:
    for value in (char, f"a{char}", f"😀{char}b"):
        with pytest.raises(BadText, match=f"U\\+{ord(char):04X}") as caught:
            text(value)
        assert str(caught.value).isascii()
        assert caught.value.hint
        with pytest.raises(BadText):
            any_uri(value)


@given(strategies.texts() | st.text(strategies.safe_characters()))
def test_a_literal_is_one_token_and_says_the_text(value: str) -> None:
    term = text(value)
    assert STRING.fullmatch(term)
    assert literal_parts(term) == (value, "", "")
    assert lexical_form(term) == value
    assert literal_parts(any_uri(value)) == (value, f"{XSD}anyURI", "")
    assert not is_iri(term)


@given(st.lists(st.text(max_size=3) | st.sampled_from(("\\", "\\u0000", *strategies.UNSAFE))).map("".join))
def test_lines_from_elsewhere_are_refused_where_the_text_is(value: str) -> None:
    # UTF-8 has no surrogates.
    value = "".join(char for char in value if not "\ud800" <= char <= "\udfff")
    node = pyoxigraph.NamedNode("a:s")
    triple = pyoxigraph.Triple(node, pyoxigraph.NamedNode("a:p"), pyoxigraph.Literal(value))
    lines = pyoxigraph.serialize([triple], format=pyoxigraph.RdfFormat.N_TRIPLES) or b""
    if any(char in value for char in strategies.UNSAFE):
        with pytest.raises(BadText):
            refuse_uncarried(lines)
    else:
        refuse_uncarried(lines)
        assert lines == f"<a:s> <a:p> {text(value)} .\n".encode()


@given(st.text(st.characters() | st.sampled_from(strategies.UNSAFE)))
def test_any_text_is_one_token_or_refused(value: str) -> None:
    is_unsafe = any(char in value for char in strategies.UNSAFE)
    try:
        term = text(value)
    except BadText:
        assert is_unsafe
    else:
        assert not is_unsafe
        assert STRING.fullmatch(term)
        assert lexical_form(term) == value


@needs_node
def test_a_reader_finds_the_same_texts(tmp_path: Path) -> None:
    every = list(strategies.PIECES + strategies.LONG)
    lines = {f"<https://example.org/{n}> <https://example.org/p> {text(piece)} ." for n, piece in enumerate(every)}
    path = tmp_path / "texts.nt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    assert {line.decode() for line in read_with_n3(path, "application/n-triples")} == lines


@pytest.mark.parametrize(
    "value",
    [
        "https://kg.example.org/author/bo-tarn",
        "urn:x:y",
        "a:",
        "A+1.-:x",
        "https://例え.example/é?q=#f",
        "https://example.org/😀",
        "https://example.org/%20'()*",
    ],
)
def test_an_absolute_iri(value: str) -> None:
    assert iri(value) == f"<{value}>"
    assert is_iri(iri(value))
    assert iri_of(iri(value)) == value


@pytest.mark.parametrize(
    "value",
    ["", "stones", "/stones", "//example.org/", "#x", "?x", "1a:x", ":x", "_:b", "é:x", "https://example.org/a b"]
    + [f"https://example.org/{char}" for char in '<>"{}|^`\\\x00\x01\n\r\t \ud800\udfff']
    + ["https://example.org/\n", "https://example.org/> . <x:y"],
)
def test_what_is_no_absolute_iri_is_refused(value: str) -> None:
    with pytest.raises(BadText) as caught:
        iri(value)
    assert str(caught.value).isprintable()


@given(st.text(st.characters(), max_size=12).map(lambda rest: f"https:{rest}") | strategies.texts())
def test_an_iri_is_one_token_or_refused(value: str) -> None:
    try:
        term = iri(value)
    except BadText:
        return
    assert IRIREF.fullmatch(term)
    assert term.encode()


@pytest.mark.parametrize(("value", "lexical"), [(1, "0001"), (814, "0814"), (2024, "2024"), (9999, "9999")])
def test_year(value: int, lexical: str) -> None:
    assert year(value) == f'"{lexical}"^^<{XSD}gYear>'
    assert literal_parts(year(value)) == (lexical, f"{XSD}gYear", "")


@pytest.mark.parametrize("value", [0, -1, 10_000, 10**30])
def test_a_year_that_is_none_is_refused(value: int) -> None:
    with pytest.raises(BadText, match="from 1 to 9999"):
        year(value)


def test_numbers_and_truth() -> None:
    assert integer(3) == f'"3"^^<{XSD}integer>'
    assert integer(0) == f'"0"^^<{XSD}integer>'
    assert integer(10**20) == f'"100000000000000000000"^^<{XSD}integer>'
    assert f'"true"^^<{XSD}boolean>' == TRUE


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        ('"Rat"@de', ("Rat", "", "de")),
        ('"a\\"@en"', ('a"@en', "", "")),
        ('"a\\"@en"@en-GB', ('a"@en', "", "en-GB")),
        (f'"x\\"^^<y>"^^<{XSD}anyURI>', ('x"^^<y>', f"{XSD}anyURI", "")),
        (r'"é\U0001F600\\u0041\u00e9"', ("é😀\\u0041é", "", "")),
    ],
)
def test_taking_a_literal_apart(term: str, parts: tuple[str, str, str]) -> None:
    assert literal_parts(term) == parts


def test_what_some_notation_does_not_carry() -> None:
    controls = [chr(code) for code in range(0x20) if chr(code) not in "\t\n\r"]
    for char in [*controls, *strategies.UNSAFE]:
        assert unsafe_characters(f"a{char}b😀{char}") == [char, char]
        assert with_replacements(f"a{char}b😀{char}") == "a\ufffdb😀\ufffd"
    for char in ["\t", "\n", "\r", *map(chr, range(0x7F, 0xA0)), *strategies.MARKS, *strategies.LETTERS]:
        assert unsafe_characters(f"a{char}b") == []
        assert with_replacements(f"a{char}b") == f"a{char}b"


@pytest.mark.parametrize("function", [unsafe_characters, with_replacements])
@given(value=st.text(st.characters() | st.sampled_from(strategies.UNSAFE)))
def test_replacing_leaves_nothing_unsafe(function: Callable[[str], object], value: str) -> None:
    replaced = with_replacements(value)
    assert function(replaced) == ([] if function is unsafe_characters else replaced)
    assert len(replaced) == len(value)
    text(replaced)
