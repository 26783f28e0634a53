"""Asking an embedded store or some files, in a worker process that a clock ends."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from arrowkg.errors import ArrowkgError, InputError, QueryLimit, StoreError
from arrowkg.settings import MIB, Settings
from arrowkg.sparql.answer import Answer, Row
from arrowkg.terms import Triple

if TYPE_CHECKING:
    from arrowkg.sparql.query import Query

_place = re.compile(r"error at ([0-9]+):([0-9]+): ")
_triple = re.compile(r"(<[^>]*>|_:\S+) (<[^>]*>) (.*) \.", re.DOTALL)
# The engine may list every character that it would have taken.
_LONGEST: Final = 120
_CRASHES: Final = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL)


class Process(Protocol):
    """What is used of a process that answers: :class:`subprocess.Popen` is one."""

    @property
    def stdin(self) -> IO[bytes] | None: ...

    @property
    def stdout(self) -> IO[bytes] | None: ...

    @property
    def stderr(self) -> IO[bytes] | None: ...

    def kill(self) -> None: ...

    def wait(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a store on disk, or statements.

    Attributes:
        name: what it is called in errors.
        database: the folder of a closed database, or ``None``.
        statements: pieces of N-Triples, where there is no database.
        default_graphs: the named graphs that make the default graph, ``None`` for what the query says.
        named_graphs: the named graphs that can be asked, ``None`` for what the query says.
    """

    name: str
    database: Path | None = None
    statements: Iterable[bytes] = ()
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None


@contextlib.contextmanager
def started() -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that gets ready while something else is done; it ends with the block."""
    command = [sys.executable, "-P", "-s", "-m", "arrowkg.sparql.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()
            # What it was not given by now, it need not get; the error that ended the asking must not be hidden.
            with contextlib.suppress(OSError):
                if process.stdin is not None:
                    process.stdin.close()


@contextlib.contextmanager
def ask(
    query: Query,
    asked: Asked,
    settings: Settings,
    limit: int | None = None,
    ready: Process | None = None,
    most_bytes: int | None = None,
) -> Iterator[Answer]:
    """The answer to a query, from a process that ends with the block.

    Args:
        query: the query, looked over.
        asked: what is asked.
        settings: the most seconds and memory that it may take.
        limit: the most rows or triples that are wanted.
        ready: a worker that was started before, for this query alone; one is started if it is ``None``.
        most_bytes: the most bytes of rows or triples that are wanted.

    Raises:
        InputError: the query is not SPARQL, or a statement is not N-Triples.
        QueryLimit: it took more time or memory than allowed; also while the answer is read.
        StoreError: the store cannot be read; also while the answer is read.

    >>> from arrowkg.sparql.query import checked
    >>> data = Asked("data", statements=[b'<a:s> <a:p> "one" .'])
    >>> with ask(checked("SELECT ?o {?s ?p ?o}", Settings()), data, Settings()) as answer:
    ...     answer.variables, list(answer.rows)
    (('o',), [('"one"',)])
    """
    with started() if ready is None else contextlib.nullcontext(ready) as process:
        worker = _Worker(process, query, asked, settings)
        try:
            worker.send(limit, most_bytes)
            yield worker.answer()
        finally:
            worker.end()


class _Worker:
    """The process that answers, seen from outside."""

    def __init__(self, process: Process, query: Query, asked: Asked, settings: Settings) -> None:
        self._process = process
        self._query = query
        self._asked = asked
        self._settings = settings
        self._is_late = False
        self._clock: threading.Timer | None = None
        self._told: list[bytes] = []
        assert process.stderr is not None
        errors: IO[bytes] = process.stderr
        self._listener = threading.Thread(target=lambda: self._told.append(errors.read(MIB)), daemon=True)
        self._listener.start()

    def send(self, limit: int | None, most_bytes: int | None) -> None:
        """Give it the request and the statements; the clock starts when it has them."""
        pipe = self._process.stdin
        assert pipe is not None
        request = {
            "query": self._query.text,
            "store": None if self._asked.database is None else str(self._asked.database),
            "default_graphs": self._asked.default_graphs,
            "named_graphs": self._asked.named_graphs,
            "limit": limit,
            "most_bytes": most_bytes,
            "bytes": self._settings.query_bytes,
            "seconds": self._settings.query_seconds,
        }
        # If it has ended by now, what it said is found when the answer is read.
        with contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(request).encode() + b"\n")
            for text in self._asked.statements:
                pipe.write(text)
        with contextlib.suppress(BrokenPipeError):
            pipe.close()
        self._clock = threading.Timer(self._settings.query_seconds, self._ring)
        self._clock.daemon = True
        self._clock.start()

    def _ring(self) -> None:
        self._is_late = True
        self._process.kill()

    def end(self) -> None:
        """End it, whatever it does."""
        if self._clock is not None:
            self._clock.cancel()
        self._process.kill()

    def answer(self) -> Answer:
        """Its answer, from the first line on."""
        lines = self._lines()
        head = self._content(next(lines), "H")
        answer = Answer(tuple(head.get("variables", ())))
        if head["kind"] == "boolean":
            answer.truth = head["value"]
            self._finish(next(lines), answer)
        elif head["kind"] == "rows":
            answer.rows = self._rows(lines, answer)
        else:
            answer.triples = self._triples(lines, answer)
        return answer

    def _rows(self, lines: Iterator[bytes], answer: Answer) -> Iterator[Row]:
        for line in lines:
            if line[:1] != b"R":
                self._finish(line, answer)
                return
            yield tuple([term or None for term in line[1:-2].decode().split("\t")]) if answer.variables else ()

    def _triples(self, lines: Iterator[bytes], answer: Answer) -> Iterator[Triple]:
        for line in lines:
            if line[:1] != b"T":
                self._finish(line, answer)
                return
            match = _triple.fullmatch(line[1:-1].decode())
            assert match is not None, line
            yield match[1], match[2], match[3]

    def _lines(self) -> Iterator[bytes]:
        """Its lines; an answer that stops before its end is an error, never a shorter answer."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith(b"\n"):
                break
            yield line
        raise self._failure()

    def _finish(self, line: bytes, answer: Answer) -> None:
        answer.is_cut = self._content(line, "E")["more"]

    def _content(self, line: bytes, mark: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(line[1:])
        if line[:1] == b"X":
            raise self._error(content["error"], content["message"])
        assert line[:1] == mark.encode(), line
        return content

    def _error(self, error: str, message: str) -> ArrowkgError:
        """The error of ours for one that the process told of."""
        message = " ".join(message.split())
        if error == "syntax":
            place = _place.search(message)
            line = int(place[1]) if place else None
            column = f" at column {place[2]}" if place else ""
            reason = _place.sub("", message)
            if len(reason) > _LONGEST:
                reason = "what stands there does not belong there"
            return InputError(f"not SPARQL{column}: {reason}", file=self._query.name, line=line)
        if error == "memory":
            return self._too_large()
        return StoreError(f"the query failed ({message})", hint=_DAMAGED, file=self._asked.name)

    def _failure(self) -> ArrowkgError:
        """The error for a process that ended without an answer."""
        code = self._process.wait()
        self._listener.join(1)
        told = b"".join(self._told).decode(errors="replace")
        if self._is_late or code == -signal.SIGXCPU:
            return QueryLimit(
                f"the query took more than {self._settings.query_seconds} seconds",
                hint="ask for less, or allow more with --timeout",
                file=self._query.name,
            )
        if "overflowed its stack" in told or code == -signal.SIGSEGV:
            return QueryLimit("the query is nested too deep to be answered", file=self._query.name)
        if "memory allocation" in told or "MemoryError" in told or code in (*_CRASHES, -signal.SIGKILL):
            return self._too_large()
        last = told.strip().rpartition("\n")[2][:200]
        return StoreError(f"the query failed ({last or f'its process ended with {code}'})", file=self._asked.name)

    def _too_large(self) -> QueryLimit:
        return QueryLimit(
            f"the query needed more than {self._settings.query_bytes // MIB:,} MiB of memory",
            hint="ask for less, or set query_bytes in arrowkg.toml",
            file=self._query.name,
        )


_DAMAGED: Final = "if the store is damaged, build it anew from its inputs, with arrowkg load"
