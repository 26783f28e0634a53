"""RDF files of any size as N-Triples, piece by piece."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO, Final

from arrowkg.errors import InputError
from arrowkg.files import Input
from arrowkg.formats.converting import BAD_INPUT, MEMORY_BYTES
from arrowkg.formats.reading import first_blank_node, first_inner_triple
from arrowkg.settings import MIB

_LONGEST_LINE: Final = 16 * MIB


@dataclass(frozen=True, slots=True)
class Piece:
    """Some statements of an input.

    Attributes:
        file: the input as the user named it.
        line: the 1-based line of the file at which the piece starts, ``None`` where the text is not the file's own.
        text: whole lines of N-Triples, not yet checked where they are the file's own.
    """

    file: str
    line: int | None
    text: bytes


def ntriples_of(source: Input, notation: str, size: int, *, is_canonical: bool = False) -> Generator[Piece, None, None]:
    """An RDF file of any size as pieces of N-Triples, of all its graphs.

    N-Triples passes as it is, for a strict parser to check, unless it is to be canonical; all else is parsed
    strictly in a process of its own. Blank nodes are refused: what is loaded twice would be there twice.

    Args:
        source: the input.
        notation: one of the names in :data:`arrowkg.sources.RDF_SUFFIXES`.
        size: the most bytes of a piece, unless a single line has more.
        is_canonical: whether every line is to be in canonical form.

    Raises:
        InputError: it is not of that notation, or holds blank nodes or triples inside triples.

    >>> from arrowkg.settings import Settings
    >>> with Input("tests/golden/one-paper/expected.nt", Settings()) as source:
    ...     [piece.line for piece in ntriples_of(source, "ntriples", 6000)]
    [1, 48]
    """
    is_stored = notation == "ntriples" and not is_canonical
    # Closed whatever happens, so that the parser's process ends with it.
    with contextlib.closing(_as_stored(source, size) if is_stored else _converted(source, notation, size)) as pieces:
        for piece in pieces:
            _refuse_unread(piece)
            yield piece


def _as_stored(source: Input, size: int) -> Generator[Piece, None, None]:
    line = 1
    while text := source.read(size):
        if not text.endswith(b"\n"):
            rest = source.rest_of_line(_LONGEST_LINE)
            if len(rest) == _LONGEST_LINE and not rest.endswith(b"\n"):
                line += text.count(b"\n")
                raise InputError("a line is longer than any statement may be", file=source.name, line=line)
            text += rest
        yield Piece(source.name, line, text)
        line += text.count(b"\n")


def _refuse_unread(piece: Piece) -> None:
    """Refuse a statement with a blank node or with a triple inside."""
    for first, what in ((first_blank_node, "a blank node"), (first_inner_triple, "a triple inside a triple")):
        if (place := first(piece.text)) is not None:
            line = None if piece.line is None else piece.line + piece.text.count(b"\n", 0, place)
            raise InputError(
                f"the RDF holds {what}, which is not taken",
                hint="give the node an IRI, so that what is loaded twice is there once",
                file=piece.file,
                line=line,
            )


def _converted(source: Input, notation: str, size: int) -> Generator[Piece, None, None]:
    """The canonical N-Triples of an RDF file, from a parser in a process of its own."""
    command = [sys.executable, "-P", "-m", "arrowkg.formats.converting", notation]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        feeder = _Feeder(source, process.stdin)
        told: list[bytes] = []
        errors = process.stderr
        listener = threading.Thread(target=lambda: told.append(errors.read()), daemon=True)
        feeder.start()
        listener.start()
        try:
            for text in _whole_lines(process.stdout, size):
                yield Piece(source.name, None, text)
            feeder.join()
            listener.join()
        except BaseException:
            process.kill()
            raise
        finally:
            # Whoever stops early has the process end, so that the feeder's pipe breaks and both threads end.
            if feeder.is_alive():
                process.kill()
            feeder.join()
            listener.join()
    if feeder.error is not None:
        raise feeder.error
    if process.returncode:
        raise _refusal(process.returncode, b"".join(told), notation, source.name)


def _whole_lines(stream: IO[bytes], size: int) -> Iterator[bytes]:
    held: list[bytes] = []
    length = 0
    while found := stream.read(MIB):
        held.append(found)
        length += len(found)
        if length >= size and (end := found.rfind(b"\n") + 1):
            held[-1] = found[:end]
            yield b"".join(held)
            held, length = [found[end:]], len(found) - end
    if length:
        yield b"".join(held)


class _Feeder(threading.Thread):
    """Writes an input to a process; an error of reading is kept for whoever started it."""

    def __init__(self, source: Input, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._source = source
        self._pipe = pipe
        self.error: Exception | None = None

    def run(self) -> None:
        """Write all of it."""
        try:
            while found := memoryview(self._source.read(MIB // 4)):
                # The pipe is not buffered, and a write that a signal interrupts may take a part.
                while found:
                    found = found[self._pipe.write(found) :]
        except BrokenPipeError:
            pass
        except Exception as error:  # whatever it is, it is raised where the pieces are read
            self.error = error
        finally:
            with contextlib.suppress(OSError):
                self._pipe.close()


def _refusal(code: int, told: bytes, notation: str, file: str) -> InputError:
    """The error for a parser's process that did not end well."""
    text = told.decode(errors="replace")
    if code == BAD_INPUT:
        found = json.loads(text)
        return InputError(f"not {notation}: {found['reason']}", file=file, line=found["line"])
    is_memory = "MemoryError" in text or "memory allocation" in text
    if is_memory or code in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL):
        why = f"needs more than {MEMORY_BYTES // MIB} MiB" if is_memory else "is nested too deep"
        return InputError(f"the {notation} {why} to be parsed", hint="N-Triples of any size can be read", file=file)
    last = text.strip().rpartition("\n")[2][:200]
    return InputError(f"the {notation} cannot be parsed ({last or f'the parser ended with {code}'})", file=file)
