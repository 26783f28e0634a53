"""Negotiation and the terms of fragments, for whatever a client may send."""

from __future__ import annotations

import contextlib

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowkg.errors import UsageError
from arrowkg.server.accesslog import line_of
from arrowkg.server.fragments import Pattern, Place, explicit, pattern_of
from arrowkg.server.negotiation import Offer, chosen, coding, is_fresh, media_ranges
from arrowkg.server.protocol import Refused, parameters, request_of

OFFERS = tuple(
    Offer(kind, kind) for kind in ("text/html", "text/turtle", "application/ld+json", "application/n-triples")
)
TYPES = [offer.media_type for offer in OFFERS]
WEIGHTS = st.integers(0, 1000)


@given(st.text())
def test_any_header_is_read(header: str) -> None:
    found = chosen(header, OFFERS)
    assert found is None or found in OFFERS
    assert coding(header) in (None, "gzip", "zstd")
    assert is_fresh(header, '"x"') in (True, False)


@given(
    st.lists(
        st.tuples(st.sampled_from([*TYPES, "image/png"]), WEIGHTS), min_size=1, max_size=8, unique_by=lambda one: one[0]
    )
)
def test_the_greatest_weight_wins_and_the_server_decides_between_equals(wanted: list[tuple[str, int]]) -> None:
    header = ", ".join(f"{kind};q={weight / 1000:.3f}" for kind, weight in wanted)
    weights = dict(wanted)
    best = max((weights.get(kind, 0) for kind in TYPES), default=0)
    expected = next((kind for kind in TYPES if best and weights.get(kind, 0) == best), None)
    found = chosen(header, OFFERS)
    assert (None if found is None else found.media_type) == expected


@given(st.lists(st.tuples(st.sampled_from(TYPES), WEIGHTS), min_size=1, max_size=6))
def test_the_order_of_ranges_says_nothing(wanted: list[tuple[str, int]]) -> None:
    parts = [f"{kind};q={weight / 1000:.3f}" for kind, weight in wanted]
    assert chosen(", ".join(parts), OFFERS) == chosen(", ".join(reversed(parts)), OFFERS)


@given(st.text(alphabet='abc/;=,"\\ *q.01'))
def test_quoted_commas_divide_nothing(text: str) -> None:
    quoted = text.replace("\\", "").replace('"', "")
    found = media_ranges(f'text/turtle;x="{quoted}";q=0.5, text/html')
    assert [(one.subtype, one.weight) for one in found] == [("turtle", 500), ("html", 1000)]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("text/*;q=0.5, text/html;q=0", "text/turtle"),
        ("*/*;q=0.1, application/*;q=0.2, application/ld+json;q=0.1", "application/n-triples"),
        ("text/turtle;q=2", "text/html"),
        ("text/turtle;q=0.1234, application/ld+json", "application/ld+json"),
        ("", "text/html"),
        (" , ,", "text/html"),
    ],
)
def test_the_rules_of_the_rfc(header: str, name: str) -> None:
    found = chosen(header, OFFERS)
    assert found is not None
    assert found.media_type == name


def test_a_header_of_many_ranges_is_not_read_to_its_end() -> None:
    assert chosen("image/png," * 100 + "text/turtle", OFFERS) is None


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LITERALS = st.one_of(
    TEXTS.map(pyoxigraph.Literal),
    st.tuples(TEXTS, st.sampled_from(["en", "de-AT"])).map(lambda one: pyoxigraph.Literal(one[0], language=one[1])),
    TEXTS.map(
        lambda text: pyoxigraph.Literal(text, datatype=pyoxigraph.NamedNode("http://www.w3.org/2001/XMLSchema#gYear"))
    ),
)


@given(LITERALS)
def test_each_literal_comes_through_an_address(literal: pyoxigraph.Literal) -> None:
    assert pattern_of({"object": explicit(literal)}).object == literal
    address = Place("https://x.example/fragments", "", "", "").of(Pattern(object=literal), 3)
    assert address.isascii()
    found = dict(parameters(address.partition("?")[2].encode()))
    assert pattern_of(found) == Pattern(object=literal)


@given(st.dictionaries(st.sampled_from(["subject", "predicate", "object"]), st.text()))
def test_any_pattern_is_read_or_refused(given_: dict[str, str]) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(pattern_of(given_), Pattern)


@given(st.sampled_from(["GET", "POST"]), st.binary(), st.one_of(st.none(), st.text()), st.binary())
def test_any_request_is_read_or_refused(method: str, address: bytes, kind: str | None, body: bytes) -> None:
    try:
        request_of(method, address, kind, body)
    except Refused as error:
        assert 400 <= error.status < 500


@given(st.text(), st.text(), st.text())
def test_no_text_leaves_its_field_of_the_log(request: str, referrer: str, agent: str) -> None:
    line = line_of("::1", request, 200, 1, referrer, agent, 0.1, 0)
    assert line.isascii()
    assert line.isprintable()
    assert line.count('"') == 6
