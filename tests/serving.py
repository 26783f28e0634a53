"""The server as its users meet it: a process of its own on a free port, asked over sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from cli import COMMAND, put, run

BASE: Final = "https://kg.example.org/lab/"
_START_SECONDS: Final = 60


@dataclass(frozen=True)
class Answer:
    """An answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


class Served:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"
        self._log = log

    @property
    def told(self) -> str:
        """What it wrote to standard error so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET", body: bytes | None = None
    ) -> Answer:
        """The answer to a request; nothing of the path is changed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            found = connection.getresponse()
            told = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, told, found.read())

    def query(self, text: str, accept: str = "application/sparql-results+json", **more: str) -> Answer:
        """The answer to a query by GET."""
        address = "/sparql?" + urlencode({"query": text, **more}, quote_via=quote)
        return self.ask(address, {"Accept": accept})

    def raw(self, request: bytes, seconds: float = 30) -> bytes:
        """All that comes back for some bytes until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as one:
            one.sendall(request)
            parts = []
            with contextlib.suppress(ConnectionResetError):
                while part := one.recv(1 << 16):
                    parts.append(part)
            return b"".join(parts)

    def metric(self, name: str) -> float:
        """The value of a metric."""
        for line in self.ask("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def wait_complete(self) -> None:
        """Wait until all pages about the whole are made."""
        ends = time.monotonic() + _START_SECONDS
        while self.metric("arrowkg_complete") != 1:
            assert time.monotonic() < ends, self.told
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


@contextlib.contextmanager
def served(
    store: Path, *options: str, environment: Mapping[str, str] | None = None, told: Path | None = None
) -> Iterator[Served]:
    """A server over a store; it is ended with the block if it is not by then."""
    log = told or store.parent / f"{store.name}.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARROWKG_")}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [COMMAND, "serve", "--store", store, "--port", "0", *options],
            cwd=store.parent,
            env={**kept, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        yield Served(process, _port(process, log), log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        if (match := re.search(r"open http://\S+:([0-9]+)/", log.read_text(errors="replace"))) is not None:
            return int(match[1])
        time.sleep(0.02)
    raise AssertionError(f"the server does not start: {log.read_text(errors='replace')}")


def store_of(folder: Path, content: bytes | str, name: str = "papers.jsonl", *options: str) -> Path:
    """A store of one input."""
    put(folder, name, content)
    ran = run(folder, "load", name, "--store", "kg", "--base-iri", BASE, "-q", *options)
    assert ran.code == 0, ran
    return folder / "kg"
