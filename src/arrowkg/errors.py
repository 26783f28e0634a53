"""The errors that arrowkg raises, and nothing else.

::

    ArrowkgError            exit code   meaning
    ├── UsageError              2       the request cannot be carried out as put: unknown format, bad setting
    ├── InputError              3       an input as a whole cannot be read: missing, binary, cut off, over a limit
    │   └── BadRecord           3       one record of an input cannot be read or mapped; the others can
    │       └── BadText         3       … because of a character that no RDF notation carries safely
    ├── OutputError             4       an output cannot be written: full disk, no permission, broken pipe
    ├── WorkerError             4       a worker process was ended before its work was done, and the next one too
    └── StoreError              4       a store or a server cannot do what was asked: damaged, busy, out of reach
        └── QueryLimit          4       … because a query went over its time, memory or size

A graph that does not conform to its shapes is a result (a report, exit code 1), not an error. Anything that is not an
:class:`ArrowkgError` is a bug (exit code 5).
"""

from __future__ import annotations

from typing import ClassVar, Self


class ArrowkgError(Exception):
    """Base of every error that arrowkg raises on purpose.

    Attributes:
        reason: what is wrong, one line, no final full stop.
        hint: what to do about it, one line, or an empty string.
        file: the input concerned as the user named it, or ``None``.
        line: 1-based line in that file, or ``None``.

    >>> print(ArrowkgError("the year is not a number", file="p.jsonl", line=7))
    p.jsonl:7: the year is not a number
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, reason: str, *, hint: str = "", file: str | None = None, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.file = file
        self.line = line

    def at(self, file: str, line: int | None = None) -> Self:
        """Name the place of the error, unless it has one already; gives the error itself, to be raised.

        >>> print(BadRecord("no title").at("p.jsonl", 3).at("other", 9))
        p.jsonl:3: no title
        """
        if self.file is None:
            self.file, self.line = file, line
        return self

    def __str__(self) -> str:
        if self.file is None:
            return self.reason
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.reason}"


class UsageError(ArrowkgError):
    """The request cannot be carried out as it was put.

    Attributes:
        setting: the name of the setting that cannot be used, or an empty string.

    >>> UsageError.exit_code
    2
    """

    exit_code = 2
    setting: str = ""


class InputError(ArrowkgError):
    """An input as a whole cannot be read.

    >>> print(InputError("there is no such file", file="page.txt"))
    page.txt: there is no such file
    """

    exit_code = 3


class BadRecord(InputError):
    """One record of an input cannot be read or mapped; ``--skip-bad`` goes on without it.

    Attributes:
        record: the record as it stands in the input, so that nothing of it is lost; may be empty.

    >>> issubclass(BadRecord, InputError), BadRecord("no title").record
    (True, b'')
    """

    record: bytes = b""


class BadText(BadRecord):
    """A text holds a character that RDF notations cannot carry safely.

    >>> BadText.exit_code
    3
    """


class OutputError(ArrowkgError):
    """An output cannot be written.

    Attributes:
        is_broken_pipe: whether the reader of the output went away, so that there is nobody to tell.

    >>> OutputError.exit_code
    4
    """

    exit_code = 4
    is_broken_pipe: bool = False


class WorkerError(ArrowkgError):
    """A worker process was ended from outside or for want of memory, and so was the one that did its work anew, or none
    could be started.

    >>> WorkerError.exit_code
    4
    """

    exit_code = 4


class StoreError(ArrowkgError):
    """A store or a server cannot do what was asked of it: it is damaged, busy, out of reach, or refuses.

    >>> StoreError.exit_code
    4
    """

    exit_code = 4


class QueryLimit(StoreError):
    """A query went over its limit of time, memory or size, and was ended.

    >>> issubclass(QueryLimit, StoreError)
    True
    """
