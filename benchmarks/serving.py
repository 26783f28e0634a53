"""The server beside ``oxigraph serve``: ``python benchmarks/serving.py``.

Loads the same papers into both and asks over kept-alive connections: pages, descriptions and queries a second, the
memory of each; then pages while a thousand requests that mean harm come in. README.md beside this file tells more.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

# As a script this folder comes first on the path, where its modules would be top-level ones.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from arrowkg.site.addresses import Addresses  # noqa: E402
from benchmarks.attacks import KINDS, canary  # noqa: E402
from benchmarks.contenders import CACHE, ROOT, Command, arrowkg_command  # noqa: E402
from benchmarks.measure import Failed, children, memory, run  # noqa: E402
from benchmarks.run import machine, table, tell  # noqa: E402
from benchmarks.stores import prepared  # noqa: E402

BASE: Final = "https://kg.example.org/"
PAGE_TARGET_MS: Final = 100.0
_LOOK_UP: Final = "SELECT ?title {{ ?paper <https://schema.org/author> <{}> ; <https://schema.org/headline> ?title }}"
_START_SECONDS: Final = 120
_SECONDS: Final = 5.0
_CALM_PAGES: Final = 1000


class Connection:
    """A kept-alive connection that asks one thing after another."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._held = b""

    def ask(self, address: str, accept: str) -> tuple[int, int]:
        """The status and the length of the answer."""
        head = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAccept: {accept}\r\n\r\n"
        self._socket.sendall(head.encode())
        while b"\r\n\r\n" not in self._held:
            self._more()
        told, _, self._held = self._held.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", told)
        size = int(length[1]) if length else self._chunks()
        while len(self._held) < size:
            self._more()
        self._held = self._held[size:] if length else b""
        return int(told[9:12]), size

    def _more(self) -> None:
        part = self._socket.recv(1 << 16)
        if not part:
            raise ConnectionResetError
        self._held += part

    def _chunks(self) -> int:
        while not self._held.endswith(b"0\r\n\r\n"):
            self._more()
        return len(self._held)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


@contextlib.contextmanager
def running(command: Sequence[str | Path], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server, from when it can be asked."""
    with log.open("wb") as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told)
    try:
        ends = time.monotonic() + _START_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > ends:
                raise Failed(f"the server does not start: {log.read_text(errors='replace')[-2000:]}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number: int = one.getsockname()[1]
        return number


def megabytes(process: int) -> float:
    """The memory of a process and of those that it started."""
    return memory([process, *children(process)]) / 1e6


def rate(port: int, addresses: Sequence[str], accept: str, connections: int = 4) -> tuple[float, float]:
    """How many requests a second are answered, over several connections for some seconds; and milliseconds at p99."""
    times: list[float] = []
    ends = time.perf_counter() + _SECONDS

    def work(number: int) -> None:
        one = Connection(port)
        place = number
        while time.perf_counter() < ends:
            begin = time.perf_counter()
            status, _ = one.ask(addresses[place % len(addresses)], accept)
            times.append(time.perf_counter() - begin)
            if status != 200:
                raise Failed(f"{addresses[place % len(addresses)]} is answered with {status}")
            place += connections
        one.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.perf_counter() - begin), 1000 * sorted(times)[int(len(times) * 0.99)]


def names_of(store: Path, of_class: str, count: int, work: Path) -> list[str]:
    """Some IRIs of a class, below the base."""
    text = f"SELECT ?one {{ ?one a ak:{of_class} }} LIMIT {count}"
    output = work / "names"
    command: Command = [arrowkg_command(), "query", text, "--store", store, "--format", "csv", "-o", output, "-q"]
    run(command, log=work / "log", folder=ROOT)
    return output.read_text(encoding="utf-8").split()[1:]


def beside(store: Path, nt: Path, work: Path) -> None:
    """Print what both servers give in a second, and their memory."""
    run(
        [Path(sys.executable).with_name("oxigraph"), "load", "-l", work / "ox", "-f", nt], log=work / "log", folder=ROOT
    )
    papers, authors = (names_of(store, name, 400, work) for name in ("Paper", "AuthorName"))
    look_ups = [quote(_LOOK_UP.format(author), safe="") for author in authors]
    describes = [quote(f"DESCRIBE <{paper}>", safe="") for paper in papers]
    rows: list[list[str]] = []

    def measured(what: str, program: str, port: int, addresses: Sequence[str], accept: str) -> None:
        found, late = rate(port, addresses, accept)
        rows.append([what, program, f"{found:,.0f}", f"{late:.1f}"])
        tell(f"{what}, {program}: {found:,.0f} a second")

    port, other = free_port(), free_port()
    ours: Command = [arrowkg_command(), "serve", "--store", store, "--port", str(port), "--no-access-log"]
    theirs: Command = [
        Path(sys.executable).with_name("oxigraph"),
        "serve-read-only",
        "-l",
        work / "ox",
        "-b",
        f"127.0.0.1:{other}",
    ]
    paths = [f"/{Addresses(BASE).stem(one)}" for one in papers]
    with running(ours, work / "ours.log", port) as process, running(theirs, work / "theirs.log", other) as peer:
        wait_complete(port)
        begun = megabytes(process.pid), megabytes(peer.pid)
        one = Connection(port)
        begin = time.perf_counter()
        for path in paths:
            one.ask(f"{path}.html", "*/*")
        seconds = time.perf_counter() - begin
        one.close()
        rows.append(["papers' pages, the first time, one by one", "arrowkg", f"{len(paths) / seconds:,.0f}", ""])
        measured("papers' pages, held", "arrowkg", port, [f"{path}.html" for path in paths], "text/html")
        measured("papers' Turtle, held", "arrowkg", port, [f"{path}.ttl" for path in paths], "text/turtle")
        measured("DESCRIBE of papers", "oxigraph", other, [f"/query?query={one}" for one in describes], "text/turtle")
        json = "application/sparql-results+json"
        measured("SPARQL: titles of a name", "arrowkg", port, [f"/sparql?query={one}" for one in look_ups], json)
        measured("SPARQL: titles of a name", "oxigraph", other, [f"/query?query={one}" for one in look_ups], json)
        measured("fragments of a name", "arrowkg", port, [f"/fragments?object={quote(one)}" for one in authors], "*/*")
        after = megabytes(process.pid), megabytes(peer.pid)
    print(table(("what", "server", "requests/s", "p99 ms"), rows))
    print(
        f"memory with children, MB: arrowkg {begun[0]:,.0f} at the start, {after[0]:,.0f} after; "
        f"oxigraph {begun[1]:,.0f} and {after[1]:,.0f}\n"
    )


def wait_complete(port: int) -> None:
    """Wait until the pages about the whole graph are made, which take their time from the others."""
    ends = time.monotonic() + 30 * _START_SECONDS
    while time.monotonic() < ends:
        with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as one:
            one.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            told = b"".join(iter(lambda: one.recv(1 << 16), b""))
        if b"\narrowkg_complete 1\n" in told:
            return
        time.sleep(0.5)
    raise Failed("the pages about the whole graph are not made")


def hostile(chance: random.Random, port: int) -> bytes:
    """A request that means harm."""
    close = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    kind = chance.randrange(8)
    if kind < 4:
        return b"GET /sparql?query=" + quote(chance.choice(KINDS)(chance, port), safe="").encode() + close
    if kind == 4:
        parts = [chance.choice(["..", "%2e%2e", "..%2f", "etc", "passwd", "%00", "a" * 400]) for _ in range(9)]
        return f"GET /{'/'.join(parts)}".encode() + close
    if kind == 5:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 2000)))
    if kind == 6:
        return f"GET /fragments?page={chance.randrange(1, 10**5)}&predicate=".encode() + close
    return (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 99999\r\n\r\n"
    )


def fetched(port: int, addresses: Sequence[str], goes_on: Callable[[int], bool]) -> list[float]:
    """Milliseconds that pages took, in order, fetched one by one as long as it goes on."""
    times: list[float] = []
    one = Connection(port)
    while goes_on(len(times)):
        started = time.perf_counter()
        status, _ = one.ask(addresses[len(times) % len(addresses)], "text/html")
        times.append(1000 * (time.perf_counter() - started))
        if status != 200:
            raise Failed(f"a page is answered with {status}")
        # As readers do; without pauses this would be one more attack.
        time.sleep(0.01)
    one.close()
    return sorted(times)


def attacked(store: Path, work: Path, count: int, seed: int) -> bool:
    """Print how pages fare while requests that mean harm come in; whether the target was met."""
    chance = random.Random(seed)
    ended: Counter[str] = Counter()
    port = free_port()
    papers = [f"/{Addresses(BASE).stem(one)}.html" for one in names_of(store, "Paper", 2000, work)]
    # A second instead of five, so that a thousand come to their end in minutes; as many go on at a time.
    limits = ["--timeout", "1", "--no-access-log"]
    command: Command = [arrowkg_command(), "serve", "--store", store, "--port", str(port), *limits]
    with canary() as (watched, called), running(command, work / "ours.log", port) as process:
        wait_complete(port)
        requests = [hostile(chance, watched) for _ in range(count)]

        def attack(some: list[bytes]) -> None:
            for one in some:
                try:
                    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as there:
                        there.sendall(one)
                        told = there.recv(1 << 16)
                    ended[told[9:12].decode() if told.startswith(b"HTTP/1.1 ") else "closed"] += 1
                except OSError:
                    ended["closed"] += 1

        calm = fetched(port, papers, lambda count: count < _CALM_PAGES)
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        threads = [threading.Thread(target=attack, args=(requests[number::16],)) for number in range(16)]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        times = fetched(port, papers, lambda _: any(thread.is_alive() for thread in threads))
        seconds = time.perf_counter() - begin
        for held in slow:
            held.close()
        is_alive = process.poll() is None
        most = megabytes(process.pid)
    late = times[int(len(times) * 0.99)]
    told = ", ".join(f"{count} {status}" for status, count in ended.most_common())
    met = late < PAGE_TARGET_MS and is_alive and not called
    print(f"{count:,} attacks by 16 clients and 200 idle connections in {seconds:.0f} s; they ended with {told}")
    print(
        f"{len(times):,} pages meanwhile: p50 {times[len(times) // 2]:.1f} ms, p99 {late:.1f} ms, "
        f"at most {times[-1]:.1f} ms; "
        f"the server {'lives' if is_alive else 'DIED'}, {most:,.0f} MB; {len(called)} calls reached the canary"
    )
    print(f"{len(calm):,} pages before: p50 {calm[len(calm) // 2]:.1f} ms, p99 {calm[int(len(calm) * 0.99)]:.1f} ms")
    print(f"p99 under {PAGE_TARGET_MS:g} ms: {'met' if met else 'MISSED'}")
    return met


def main() -> int:
    """Measure, and print tables; 1 if a program fails."""
    parser = argparse.ArgumentParser(description="arrowkg's server beside oxigraph serve, and under attack.")
    parser.add_argument("--papers", type=int, default=2000, metavar="N", help="how many papers [2000]")
    parser.add_argument("--generated", action="store_true", help="made-up papers, even where there are real ones")
    parser.add_argument("--attacks", type=int, default=1000, metavar="N", help="how many attacks [1000]")
    parser.add_argument("--seed", type=int, default=1, help="of the attacks that are drawn [1]")
    parser.add_argument("--only-attacks", action="store_true", help="do not measure beside oxigraph serve")
    asked = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="serving-", dir=CACHE) as folder:
        work = Path(folder)
        try:
            nt = prepared(work, asked.papers, "papers", ["--generated"] if asked.generated else [])
            store = work / "store"
            run([arrowkg_command(), "load", nt, "--store", store, "-q"], log=work / "log", folder=ROOT)
            print(machine(), "\n", flush=True)
            if not asked.only_attacks:
                beside(store, nt, work)
            attacked(store, work, asked.attacks, asked.seed)
        except Failed as error:
            tell(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
