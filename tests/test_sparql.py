"""Queries: what is refused before it is asked, terms in the place of variables, and the worker that answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrowkg.errors import InputError, QueryLimit, UsageError
from arrowkg.settings import MIB, Settings
from arrowkg.sparql.asking import Asked, ask
from arrowkg.sparql.binding import bound
from arrowkg.sparql.examples import Column, Example, Parameter
from arrowkg.sparql.query import BOOLEAN, ROWS, TRIPLES, checked, with_namespace, with_prefixes, with_terms
from arrowkg.sparql_tokens import tokens
from arrowkg.terms import text
from cli import spawn_python

DATA: Final = b'<urn:s> <urn:p> "one" .\n<urn:s> <urn:p> "two" .\n'


def rows(query: str, data: bytes = DATA, settings: Settings | None = None) -> list[tuple[str | None, ...]]:
    settings = settings or Settings()
    with ask(checked(query, settings), Asked("data", statements=[data]), settings) as answer:
        return list(answer.rows)


# Tokens.


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * WHERE { ?s ?p ?o . FILTER(?o<5&&?o>=-2.5e3||!BOUND(?x)) }",
        "PREFIX : <urn:x> ASK { :a.b :c\\-d\\,e 'it''s' , \"\"\"a \"quoted\" text\"\"\" , '''b'''@en-GB }",
        "SELECT (COUNT(DISTINCT ?x) AS ?n) { ?x (^:p/:q|!(:r|^a))*+? _:b1 } # a comment <not an iri>",
        "CONSTRUCT { <<?s ?p ?o>> ?q 1.5 } WHERE { VALUES (?s) { (UNDEF) ('x'^^xsd:string) } }",
        'SELECT ?été { ?été ex:naïve "\\u00e9\\t\\"" }',
    ],
)
def test_tokens_together_are_the_query(query: str) -> None:
    assert "".join(token.text for token in tokens(query)) == query


@given(st.text(alphabet=st.sampled_from("SELECT {}()[]<>?$:_\"'\\#.,;*/^|+-!=&@ \n\tabé0u"), max_size=60))
def test_any_text_is_tokens_or_refused(query: str) -> None:
    try:
        assert "".join(token.text for token in tokens(query)) == query
    except InputError as error:
        assert error.file == "query"


def test_lines_are_counted() -> None:
    assert [token.line for token in tokens('ASK\n{\n?s "\\n" "" }') if token.kind != "blank"] == [1, 2, 3, 3, 3, 3]
    with pytest.raises(InputError, match=r"query:3: not SPARQL: '`x' is no token of it"):
        list(tokens("ASK\n{\n`x"))


# What a query is, and what is refused.


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("select * {}", ROWS),
        ("# ASK\nBASE <urn:x> PREFIX a: <urn:y> PREFIX : <z> SELECT * {}", ROWS),
        ("ASK {}", BOOLEAN),
        ("CONSTRUCT WHERE {?s ?p ?o}", TRIPLES),
        ("DESCRIBE <urn:x>", TRIPLES),
    ],
)
def test_the_kind_is_told(query: str, kind: str) -> None:
    assert checked(query, Settings()).kind == kind


_REFUSED: Final = (
    ("INSERT DATA {<urn:s> <urn:p> <urn:o>}", "INSERT is an update"),
    ("prefix a: <urn:x> delete where {?s ?p ?o}", "DELETE is an update"),
    ("WITH <urn:g> DELETE {?s ?p ?o} WHERE {?s ?p ?o}", "WITH is an update"),
    ("LOAD <http://127.0.0.1/>", "LOAD is an update"),
    ("CLEAR ALL", "CLEAR is an update"),
    ("DROP GRAPH <urn:g>", "DROP is an update"),
    ("ASK {} ; DROP ALL", "DROP is an update"),
    ("SELECT * {SERVICE <http://127.0.0.1/> {?s ?p ?o}}", "SERVICE asks another server"),
    ("SELECT * {serVice silent ?x {?s ?p ?o}}", "SERVICE asks another server"),
    ("SELECT * {{SELECT * {OPTIONAL{SERVICE<http://127.0.0.1/>{}}}}}", "SERVICE asks another server"),
    ("SELECT * {FILTER EXISTS{SERVICE ?e{}}}", "SERVICE asks another server"),
    ("SELECT * {FILTER(1<?y)SERVICE?e#>\n{?s ?p ?o}}", "may be read in two ways"),
    ("SELECT * {FILTER(?x<?y)SERVICE?e#>\n{?s ?p ?o}}", "may be read in two ways"),
    ("SELECT * {FILTER(?x<xsd:integer(?y))SERVICE?e#>\n{?s ?p ?o}}", "may be read in two ways"),
    ("SELECT * {?s ?p '\\u0027 SERVICE <http://127.0.0.1/> {} #'}", "SERVICE asks another server"),
    ("SELECT * FROM <file:///etc/passwd> {?s ?p ?o}", "FROM names a file"),
    ("SELECT * FROM NAMED <FILE:/etc/passwd> {?s ?p ?o}", "FROM names a file"),
    ("SELECT * FROM <\\u0066ile:///etc/passwd> {?s ?p ?o}", "FROM names a file"),
    ("BASE <file:///etc/> SELECT * FROM <passwd> {?s ?p ?o}", "FROM names a file"),
    ("PREFIX f: <file:///etc/> SELECT * FROM f:passwd {?s ?p ?o}", "FROM names a file"),
    ("", "the query is empty"),
    (" # nothing\n", "the query is empty"),
    ("PREFIX a: <urn:x>", "the query is empty"),
    ("hello", "a query starts with SELECT"),
    ("SELECT * { ?s ?p 'never closed }", "is no token"),
    ("SELECT \udcff", "the query is not UTF-8"),
)


@pytest.mark.parametrize(("query", "reason"), _REFUSED)
def test_what_is_no_harmless_query_is_refused(query: str, reason: str) -> None:
    with pytest.raises(InputError, match="query") as error:
        checked(query, Settings())
    assert reason in error.value.reason


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service <http://example.org/service> 'SERVICE <x>' } # SERVICE LOAD INSERT",
        "SELECT * FROM <http://example.org/file:x> FROM NAMED <urn:file> { GRAPH ?g {?s <urn:insert> ex:SERVICE} }",
        'ASK { ?load :INSERT """; DROP ALL""" . FILTER(?a < ?b && ?c > ?d) }',
        "SELECT * { ?s <http://example.org/from?load=service> ?o }",
    ],
)
def test_words_in_texts_and_names_are_no_reason_to_refuse(query: str) -> None:
    assert checked(query, Settings()).text == query


def test_a_query_that_is_too_long_or_too_deep_is_refused() -> None:
    with pytest.raises(QueryLimit, match="has 70,006 bytes, more than 65,536"):
        checked("ASK {}" + " " * 70_000, Settings())
    with pytest.raises(QueryLimit, match="nested deeper than 64"):
        checked("ASK " + "{" * 65 + "}" * 65, Settings())
    assert checked("ASK " + "{" * 64 + "}" * 64, Settings()).kind == BOOLEAN


# Terms in the place of variables, prefixes.

_EXAMPLE: Final = Example(
    name="by-title",
    title="By title",
    description="Papers of a title.",
    parameters=(Parameter("title", "string", "The title.", "Sand"),),
    columns=(Column("s", "the paper"),),
    text="SELECT ?s { ?s <urn:title> ?title . FILTER(STRLEN($title) >= 0) { SELECT ?s { ?s ?p ?title } } }",
)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_value_is_a_term_and_never_a_part_of_the_text(value: str) -> None:
    """Whatever is in it: the query has the same tokens but for one, and finds what has that very text."""
    try:
        query = bound(_EXAMPLE, {"title": value}, "https")
    except UsageError as error:
        assert "cannot carry" in error.reason
        return
    before = [token.kind for token in tokens(_EXAMPLE.text)]
    after = list(tokens(query))
    expected = [
        "string" if kind == "variable" and token.text[0] == '"' else kind
        for kind, token in zip(before, after, strict=True)
    ]
    assert [token.kind for token in after] == expected
    store = pyoxigraph.Store()
    predicate = pyoxigraph.NamedNode("urn:title")
    store.add(pyoxigraph.Quad(pyoxigraph.NamedNode("urn:it"), predicate, pyoxigraph.Literal(value)))
    store.add(pyoxigraph.Quad(pyoxigraph.NamedNode("urn:other"), predicate, pyoxigraph.Literal(value + "x")))
    found = store.query(query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    assert [row["s"].value for row in found] == ["urn:it"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, 'needs --set title="…"'),
        ({"title": "x", "other": "y"}, "has no parameter 'other'"),
        ({"title": "a\x00"}, "--set title: the text holds U+0000"),
    ],
)
def test_values_that_do_not_fit_are_refused(values: dict[str, str], reason: str) -> None:
    with pytest.raises(UsageError) as error:
        bound(_EXAMPLE, values, "https")
    assert reason in error.value.reason


@pytest.mark.parametrize("value", ["x", "<urn:x>", "urn:a b", "urn:x> } #", ""])
def test_an_iri_must_be_one(value: str) -> None:
    example = Example("e", "E", "E.", (Parameter("paper", "iri", "A paper.", "urn:x"),), (), "ASK { ?paper ?p ?o }")
    with pytest.raises(UsageError, match="not an absolute IRI"):
        bound(example, {"paper": value}, "https")
    assert bound(example, {"paper": "urn:x"}, "https") == "ASK { <urn:x> ?p ?o }"


@pytest.mark.parametrize("value", ["1.5", "", "x", "1 } #", "٣", "9" * 40])
def test_a_whole_number_must_be_one(value: str) -> None:
    example = Example("e", "E", "E.", (Parameter("n", "integer", "A number.", "1"),), (), "ASK { FILTER(?n > 1) }")
    with pytest.raises(UsageError, match="not a whole number"):
        bound(example, {"n": value}, "https")
    assert '"7"^^<http://www.w3.org/2001/XMLSchema#integer> > 1' in bound(example, {"n": "7"}, "https")


def test_variables_in_texts_and_comments_are_left() -> None:
    query = 'SELECT ?n { ?n ?p ?name , "?name" } # ?name'
    assert with_terms(query, {"name": text('a"b')}) == 'SELECT ?n { ?n ?p "a\\"b" , "?name" } # ?name'


def test_prefixes_are_declared_where_they_are_missing() -> None:
    query = "PREFIX schema: <urn:mine> ASK { ?s a ak:Paper ; schema:name 'pro:x' ; other:x ?y }"
    assert with_prefixes(query, "https") == f"PREFIX ak: <https://w3id.org/arrowkg/ns#> {query}"
    assert "PREFIX schema: <http://schema.org/>" in with_prefixes("ASK { ?s schema:name ?n }", "http")


def test_a_namespace_is_changed_as_a_whole() -> None:
    query = "PREFIX s: <https://schema.org/> ASK { ?s s:url 'https://schema.org/' ; <https://schema.org/name> ?x }"
    changed = with_namespace(query, "https://schema.org/", "http://schema.org/")
    assert changed == query.replace("s: <https", "s: <http")


# The worker.


def test_answers_of_every_kind_come_through() -> None:
    settings = Settings()
    assert rows("SELECT ?o ?none { ?s ?p ?o } ORDER BY ?o") == [('"one"', None), ('"two"', None)]
    assert rows("SELECT * {}") == [()]
    with ask(checked("ASK { ?s ?p 'one' }", settings), Asked("data", statements=[DATA]), settings) as answer:
        assert answer.truth is True
    with ask(checked("CONSTRUCT WHERE { ?s ?p ?o }", settings), Asked("d", statements=[DATA]), settings) as answer:
        assert sorted(answer.triples) == [("<urn:s>", "<urn:p>", '"one"'), ("<urn:s>", "<urn:p>", '"two"')]


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=4))
def test_any_text_comes_through(values: list[str]) -> None:
    store = pyoxigraph.Store()
    for value in values:
        store.add(
            pyoxigraph.Quad(pyoxigraph.NamedNode("urn:s"), pyoxigraph.NamedNode("urn:p"), pyoxigraph.Literal(value))
        )
    data = store.dump(format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=pyoxigraph.DefaultGraph())
    assert data is not None
    found = rows("SELECT ?o { ?s ?p ?o }", data)
    back = pyoxigraph.parse("".join(f"<urn:s> <urn:p> {row[0]} .\n" for row in found), pyoxigraph.RdfFormat.N_TRIPLES)
    assert {quad.object.value for quad in back} == set(values)


def test_a_limit_cuts_and_says_so() -> None:
    settings = Settings()
    for limit, is_cut in ((1, True), (2, False), (3, False)):
        asked = Asked("data", statements=[DATA])
        with ask(checked("SELECT ?o {?s ?p ?o}", settings), asked, settings, limit) as answer:
            assert len(list(answer.rows)) == min(limit, 2)
        assert answer.is_cut == is_cut


@pytest.mark.parametrize("query", ["SELECT * {", "SELECT ?x {?x}", "ASK { ?s unknown:p ?o }", "SELECT (1 AS ?x ?x) {}"])
def test_what_the_engine_refuses_is_bad_input(query: str) -> None:
    with pytest.raises(InputError, match="not SPARQL"):
        rows(query)


def test_the_line_of_a_mistake_is_told() -> None:
    with pytest.raises(InputError) as error:
        rows("SELECT *\n{\n ?s ?p ?o .\n ?s 'p' ?o .\n}")
    assert error.value.line == 4


_ENDLESS: Final = "SELECT (COUNT(*) AS ?n) {" + " ".join(f"?s{i} ?p{i} ?o{i} ." for i in range(30)) + "}"
_BOMB: Final = (
    "SELECT (STRLEN(?z) AS ?n) { BIND('aaaaaaaaaaaaaaaa' AS ?a0) "
    + " ".join(f"BIND(CONCAT({','.join([f'?a{i}'] * 16)}) AS ?a{i + 1})" for i in range(8))
    + " BIND(?a8 AS ?z) }"
)


def many(count: int) -> bytes:
    return b"".join([f'<urn:s{n}> <urn:p> "{n}" .\n'.encode() for n in range(count)])


def test_a_query_without_end_is_ended() -> None:
    with pytest.raises(QueryLimit, match="took more than 1 seconds"):
        rows(_ENDLESS, many(50), Settings(query_seconds=1))


def test_rows_without_end_are_ended() -> None:
    with pytest.raises(QueryLimit, match="took more than 1 seconds"):
        rows(_ENDLESS.replace("(COUNT(*) AS ?n)", "*"), many(50), Settings(query_seconds=1))


def test_a_query_that_fills_the_memory_is_ended() -> None:
    with pytest.raises(QueryLimit, match="more than 256 MiB of memory"):
        rows(_BOMB, DATA, Settings(query_bytes=256 * MIB))


@pytest.mark.parametrize(
    "query",
    [
        f"ASK {{ FILTER({'!' * 60_000}true) }}",
        f"ASK {{ FILTER({'1+' * 30_000}1 > 2) }}",
        f"ASK {{ ?s {'^' * 60_000}<urn:p> ?o }}",
        f"ASK {{ {'OPTIONAL{}' * 6_000} }}",
        f"ASK {{ {'{}UNION' * 9_000}{{}} }}",
    ],
)
def test_a_query_that_breaks_the_engine_breaks_nothing_else(query: str) -> None:
    """It is answered or ended; whoever asked lives."""
    settings = Settings(query_seconds=5)
    try:
        with ask(checked(query, settings), Asked("data", statements=[DATA]), settings) as answer:
            assert answer.truth in (True, False)
    except (QueryLimit, InputError) as error:
        assert "\n" not in error.reason
    assert rows("SELECT ?o {?s ?p ?o} ORDER BY ?o LIMIT 1") == [('"one"',)]


@pytest.fixture
def canary() -> Iterator[tuple[int, list[str]]]:
    """A port on this machine, and who called there."""
    called: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                called.append(str(address))
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], called
        done.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
def test_the_worker_reaches_no_network_even_if_it_is_told_to(canary: tuple[int, list[str]]) -> None:
    """Past the look at its tokens: the request goes to the worker itself."""
    import json

    port, called = canary
    query = f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
    request = {"query": query, "store": None, "limit": None, "bytes": 256 * MIB, "seconds": 5}
    line = json.dumps(request).encode() + b"\n" + DATA
    done = subprocess.run([sys.executable, "-m", "arrowkg.sparql.worker"], input=line, capture_output=True, check=False)
    assert b"Operation not permitted" in done.stdout
    assert not called
    # The canary does hear whoever is not confined.
    with pytest.raises((OSError, RuntimeError)):
        for _ in pyoxigraph.Store().query(query):  # type: ignore[union-attr]
            pass
    assert called


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
def test_a_confined_process_starts_no_program_and_writes_no_file(tmp_path: Path) -> None:
    code = f"""
import os, socket, subprocess
from arrowkg.sparql.confinement import confine
confine(1 << 28, 5)
for attempt in (
    lambda: socket.socket(),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: bytearray(1 << 30),
    lambda: open({str(tmp_path / "file")!r}, "w", buffering=1).write("text\\n"),
):
    try:
        attempt()
        print("done")
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
"""
    import signal

    done = subprocess.run(
        [sys.executable, "-c", f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN){code}"],
        capture_output=True,
        check=False,
    )
    assert done.stdout.decode().split() == ["PermissionError", "PermissionError", "MemoryError", "OSError"], done
    assert signal.SIGXFSZ


def test_a_worker_ends_with_whoever_asked(tmp_path: Path) -> None:
    """Leaving the block in the midst of an answer ends it."""
    settings = Settings()
    asked = Asked("data", statements=[many(200)])
    with ask(checked("SELECT * {?a ?b ?c . ?d ?e ?f . ?g ?h ?i}", settings), asked, settings) as answer:
        assert next(answer.rows)
    alive = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "sparql.worker"], capture_output=True, check=False)
    assert not alive.stdout


def test_the_network_is_not_even_imported(tmp_path: Path) -> None:
    """A query of files or of a store runs without the libraries that reach one."""
    (tmp_path / "a.nt").write_bytes(DATA)
    prelude = (
        "import atexit, sys; atexit.register(lambda: print(*[m for m in ('requests', 'urllib3') if m in sys.modules]))"
    )
    ran = spawn_python(tmp_path, prelude, "query", "ASK {}", "--data", "a.nt")
    assert (ran.code, ran.text.split()) == (0, ["yes"])
