"""A thousand queries made to do harm, each with a limit of a second: ``python benchmarks/attacks.py``.

Deep nesting, products without end, texts that fill the memory, calls to a canary on this machine that counts whoever
reaches it. Each must end within its limit and a second more, none may reach the canary, and whoever asked must live.
The queries are drawn with a fixed seed, so that every run has the same ones.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from arrowkg.errors import ArrowkgError  # noqa: E402
from arrowkg.settings import MIB, Settings  # noqa: E402
from arrowkg.sparql.asking import Asked, ask  # noqa: E402
from arrowkg.sparql.query import checked  # noqa: E402

LIMIT_SECONDS: Final = 1
MORE_SECONDS: Final = 1.0
_DATA: Final = b"".join(
    f'<urn:s{n}> <urn:p{n % 7}> <urn:s{(n * 17) % 300}> .\n<urn:s{n}> <urn:t> "text {n}" .\n'.encode()
    for n in range(300)
)

Make = Callable[[random.Random, int], str]


def nested(chance: random.Random, port: int) -> str:
    """Brackets, signs and parts, one in another."""
    depth = chance.choice((60, 64, 65, 500, 5000, 20_000, 30_000))
    opening, inside, closing = chance.choice(
        (
            ("{", "", "}"),
            ("(", "1=1", ")"),
            ("!", "true", ""),
            ("-", "1", ""),
            ("OPTIONAL{", "", "}"),
            ("{SELECT*", "{}", "}"),
            ("FILTER EXISTS{", "", "}"),
            ("GRAPH ?g {", "", "}"),
            ("MINUS{", "?s ?p ?o", "}"),
            ("1+", "1", ""),
            ("IF(1=1,", "1", ",2)"),
            ("?a && ", "?b", ""),
        )
    )
    made = opening * depth + inside + closing * depth
    is_value = opening[0] in "(!-1I?"
    return f"ASK {{ FILTER({made} > 0) }}" if is_value else f"SELECT * {{ {made} }}"


def paths(chance: random.Random, port: int) -> str:
    """Property paths: long, nested, and over everything."""
    depth = chance.choice((2, 10, 60, 3000))
    path = chance.choice(
        ("(" * 50 + "!<urn:none>" + ")*" * 50, "/".join(["!<urn:none>"] * depth), "^" * depth + "<urn:p1>")
    )
    return f"SELECT * {{ ?a {path} ?b . ?b (!<urn:none>)* ?c . ?c (<urn:p1>|!<urn:p1>)+ ?d }}"


def product(chance: random.Random, port: int) -> str:
    """Everything times everything."""
    count = chance.randint(3, 40)
    patterns = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(count))
    head = chance.choice(("*", "(COUNT(*) AS ?n)", "DISTINCT *", "(GROUP_CONCAT(STR(?s0)) AS ?x)", "(MAX(?o1) AS ?m)"))
    tail = chance.choice(("", "ORDER BY DESC(?s0) ?o1", "LIMIT 1000000000 OFFSET 999999999"))
    return f"SELECT {head} {{ {patterns} FILTER(STRLEN(STR(?o0)) > {chance.randint(0, 9)}) }} {tail}"


def bomb(chance: random.Random, port: int) -> str:
    """Texts that grow without end."""
    factor, rounds = chance.choice((2, 10, 16)), chance.randint(5, 40)
    steps = " ".join(f"BIND(CONCAT({','.join([f'?a{n}'] * factor)}) AS ?a{n + 1})" for n in range(rounds))
    use = chance.choice(("STRLEN", "UCASE", "MD5", "ENCODE_FOR_URI"))
    return f"SELECT ({use}(?a{rounds}) AS ?x) {{ BIND('{'ab' * chance.randint(1, 200)}' AS ?a0) {steps} }}"


def pattern(chance: random.Random, port: int) -> str:
    """Regular expressions that backtrack, or are huge."""
    found = chance.choice(("(a+)+$", "(a|aa)+$", "(.*a){25}", "(a{1,1000}){1,1000}", "((a{0,100}){0,100}){0,100}"))
    text = "a" * chance.randint(20, 20_000) + "!"
    return f"ASK {{ FILTER(REGEX('{text}', '{found}') || REPLACE('{text}', '{found}', '$0$0') = 'x') }}"


def service(chance: random.Random, port: int) -> str:
    """Ways to have the worker call the canary."""
    target = f"http://127.0.0.1:{port}/"
    call = chance.choice(("SERVICE", "service", "SeRvIcE SILENT", "\\u0053ERVICE", "SERVICE#\n"))
    return chance.choice(
        (
            f"SELECT * {{ {call} <{target}> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ BIND(<{target}> AS ?e) {call} ?e {{ ?s ?p ?o }} }}",
            f"SELECT * {{ BIND(<{target}> AS ?e) FILTER(?x<?y)SERVICE?e#>\n{{?s ?p ?o}} }}",
            f"SELECT * {{ VALUES ?e {{ <{target}> }} FILTER(1<?e)SERVICE?e#>\n{{?s ?p ?o}} }}",
            f"SELECT * {{ ?s ?p '\\u0027 . {call} <{target}> {{}} #' }}",
            f"SELECT * FROM <{target}> FROM NAMED <{target}x> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            f"LOAD <{target}>",
            f"ASK {{}} ; LOAD <{target}>",
            f"INSERT DATA {{ <urn:a> <urn:b> <{target}> }}",
            f"PREFIX s: <{target}> SELECT * {{ {call} s: {{ ?s ?p ?o }} }}",
            f"DESCRIBE <{target}>",
            f"BASE <{target}> SELECT * {{ {call} <x> {{ ?s ?p ?o }} }}",
        )
    )


KINDS: Final[tuple[Make, ...]] = (nested, paths, product, bomb, pattern, service)


@contextmanager
def canary() -> Iterator[tuple[int, list[str]]]:
    """A port on this machine, and who called there."""
    called: list[str] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

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
        try:
            yield server.getsockname()[1], called
        finally:
            done.set()
            thread.join()


def attack(text: str, settings: Settings) -> str:
    """Ask a query to its end; how it ended."""
    try:
        with ask(checked(text, settings), Asked("data", statements=[_DATA]), settings) as answer:
            count = sum(1 for _ in answer.rows) + sum(1 for _ in answer.triples)
            return "answered" if count or answer.truth is not None else "answered, nothing found"
    except ArrowkgError as error:
        return f"{type(error).__name__}: {error.reason.split(' (')[0][:50]}"


def main() -> int:
    """Attack, and print how the queries ended; 1 if one took too long or reached the canary."""
    parser = argparse.ArgumentParser(description="Queries made to do harm, each with a limit of a second.")
    parser.add_argument("--queries", type=int, default=1000, metavar="N", help="how many [1000]")
    parser.add_argument("--seed", type=int, default=1, help="of the queries that are drawn [1]")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    settings = Settings(query_seconds=LIMIT_SECONDS, query_bytes=256 * MIB)
    ended: Counter[tuple[str, str]] = Counter()
    longest, late = 0.0, 0
    with canary() as (port, called):
        for number in range(asked.queries):
            make = KINDS[number % len(KINDS)]
            text = make(chance, port)
            begin = time.perf_counter()
            outcome = attack(text, settings)
            took = time.perf_counter() - begin
            longest = max(longest, took)
            late += took > LIMIT_SECONDS + MORE_SECONDS
            ended[make.__name__, outcome.partition(":")[0]] += 1
        for (kind, outcome), count in sorted(ended.items()):
            print(f"{kind:10} {count:5}  {outcome}")
        print(
            f"{asked.queries:,} queries, the longest took {longest:.2f} s, {late} took more than the limit and a second"
        )
        print(f"{len(called)} calls reached the canary")
        return 1 if late or called else 0


if __name__ == "__main__":
    sys.exit(main())
