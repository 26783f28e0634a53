"""RDF from elsewhere becomes the same terms that a parser's own objects tell of."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import strategies
from arrowkg.errors import InputError
from arrowkg.files import Input
from arrowkg.formats.reading import NOTATIONS, first_blank_node, first_inner_triple, read_rdf
from arrowkg.settings import Settings
from arrowkg.terms import Triple
from arrowkg.validation.oxigraph_terms import term_of_oxigraph

IRIS = st.sampled_from(("https://example.org/a", "https://example.org/b?c=d&e#f", "urn:ä:𝒳"))
TEXTS = strategies.texts() | st.sampled_from(("", " . ", "\\u0000", "<<( <a:b> )>>", '"@de .\n<a:b> <a:c> "'))
LITERALS = st.one_of(
    st.builds(pyoxigraph.Literal, TEXTS),
    st.builds(lambda value: pyoxigraph.Literal(value, language="de-AT"), TEXTS),
    st.builds(lambda value, iri: pyoxigraph.Literal(value, datatype=pyoxigraph.NamedNode(iri)), TEXTS, IRIS),
)
NAMED = st.builds(pyoxigraph.NamedNode, IRIS)
TRIPLES = st.builds(pyoxigraph.Triple, NAMED | st.builds(pyoxigraph.BlankNode, st.just("b1")), NAMED, NAMED | LITERALS)


def read(path: Path, notation: str) -> list[Triple]:
    with Input(str(path), Settings()) as source:
        return read_rdf(source, notation)


@given(triples=st.lists(TRIPLES, max_size=8))
@hypothesis_settings(max_examples=150)
def test_terms_are_what_a_parser_tells_of(
    triples: list[pyoxigraph.Triple], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("read") / "some.nt"
    path.write_bytes(pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b"")
    expected = dict.fromkeys(
        (term_of_oxigraph(one.subject), term_of_oxigraph(one.predicate), term_of_oxigraph(one.object))
        for one in triples
    )
    assert read(path, "ntriples") == list(expected)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation_is_read_alike(notation: str, tmp_path: Path) -> None:
    example = "https://example.org/"
    triples = [
        pyoxigraph.Triple(pyoxigraph.NamedNode(f"{example}{number % 50}"), pyoxigraph.NamedNode(f"{example}p"), value)
        for number in range(12_000)
        for value in (pyoxigraph.Literal(f'{number} "\\\n\u2028', language="de"), pyoxigraph.Literal(number))
    ]
    path = tmp_path / "some.gz"
    data = pyoxigraph.serialize(triples, format=getattr(pyoxigraph.RdfFormat, NOTATIONS[notation]))
    path.write_bytes(gzip.compress(data or b""))
    found = read(path, notation)
    assert set(found) == {
        (term_of_oxigraph(one.subject), term_of_oxigraph(one.predicate), term_of_oxigraph(one.object))
        for one in triples
    }
    assert len(found) == len(triples)
    # Terms that are equal are one object, so that a graph takes no more memory than it must.
    assert len({id(subject) for subject, _, _ in found}) == 50
    assert len({id(predicate) for _, predicate, _ in found}) == 1


# Terms that stand in statements, and what holds their signs without being one.
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("line", "blank_node", "inner_triple"),
    [
        ("_:b <a:p> <a:o> .", 0, None),
        (" <a:_:s> <a:p> _:b .", 15, None),
        ("<a:s><a:p>_:b.", 10, None),
        ('<a:s> <a:p> "_:b <<( " .', None, None),
        ("# _:b <<(", None, None),
        ("<a:s> <a:p> <<( <a:s> <a:p> _:b )>> .", None, 12),
        ("_:b<a:p><<( <<(", 0, 8),
        ("_:b <a:p>\t<<( <<(", 0, 10),
        ('_:b <a:p> "<<( <<(" .', 0, None),
    ],
)
def test_where_terms_stand(line: str, blank_node: int | None, inner_triple: int | None, end: str) -> None:
    before = f'<a:s> <a:p> "_: <<(" .{end}<a:_:> <a:p> <a:o> .{end}'
    for find, place in ((first_blank_node, blank_node), (first_inner_triple, inner_triple)):
        expected = None if place is None else place + len(before)
        assert find(f"{before}{line}{end}_:last".encode()) == (
            expected if expected is not None or find is first_inner_triple else len(before + line + end)
        )


@pytest.mark.parametrize("find", [first_blank_node, first_inner_triple])
@pytest.mark.parametrize("sign", ["_:", "<<(", "_: <<( ", '"_: <<(\r'])
def test_lines_full_of_signs_take_no_longer_than_others(find: Any, sign: str) -> None:
    # With a search from each sign back to the start of its line, this would take hours.
    assert find(b'<a:s> <a:p> "' + sign.encode() * 2_000_000) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("<a:s> <a:p> <<( <a:b> <a:c> <a:d> )>> .", "triples inside triples are not read"),
        ("_:b <a:p> " + "<<( <a:s> <a:p> " * 100_000, "triples inside triples are not read"),
    ],
)
def test_triples_inside_triples_are_refused(line: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "some.nt"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"not ntriples: .*{reason}"):
        read(path, "ntriples")


@pytest.mark.parametrize("char", ["\0", "\ufdd0", "\ufffe", "\U0001ffff"])
@pytest.mark.parametrize("is_escaped", [True, False])
def test_what_is_not_carried_is_refused_by_line_and_subject(char: str, is_escaped: bool, tmp_path: Path) -> None:
    shown = f"\\U{ord(char):08x}" if is_escaped else char
    told = f"the text holds U+{ord(char):04X}, which RDF notations cannot carry safely (it is of <a:s>)"
    before = '<a:o> <a:p> "\\\\u0000 and é" . # \\u0000\n\n'
    for notation, name, text, line in [
        ("ntriples", "some.nt", f'{before}<a:s> <a:p> "{shown}" .\n<a:o> <a:p> "{shown}" .\n', 3),
        ("nquads", "some.nq", f'{before}<a:s> <a:p> "{shown}" <a:g> .\n', 3),
        ("turtle", "some.ttl", f'{before}<a:s> <a:p> "{shown}" .\n', None),
    ]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as refused:
            read(path, notation)
        assert (refused.value.reason, refused.value.line) == (told, line)
