"""What every source has in common: a record as it was found, and the contract of a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from arrowkg.errors import BadRecord
from arrowkg.files import Input
from arrowkg.model import Capture, Notice, Paper
from arrowkg.settings import Settings

Notify: TypeAlias = Callable[[Notice], None]


class Record(NamedTuple):
    """One paper as it stands in an input, not yet understood.

    Attributes:
        file: the input as the user named it.
        line: 1-based line at which it starts.
        payload: its bytes, in the form that its source's ``parse`` reads.
        capture: the page that it stands on, or ``None``.
    """

    file: str
    line: int
    payload: bytes
    capture: Capture | None = None


class Split(Protocol):
    """Finds the records of an input, in order."""

    def __call__(self, source: Input, settings: Settings, notify: Notify) -> Iterator[Record | BadRecord]:
        """Each record, or the error in place of one that cannot even be told from its surroundings.

        Raises:
            InputError: the input as a whole cannot be read.
        """


class Parse(Protocol):
    """Understands one record; needs nothing but the record, so any process can do it."""

    def __call__(self, record: Record, settings: Settings, notify: Notify) -> Paper:
        """The paper of a record.

        Raises:
            BadRecord: the record is no paper, or is over a limit.
        """


def check_limits(paper: Paper, settings: Settings, size: int | None = None) -> Paper:
    """The paper itself, if it is within the limits on fields and authors.

    Args:
        paper: the paper.
        settings: the limits.
        size: the most characters that all its texts together can have, if that is known.

    Raises:
        BadRecord: it is not.

    >>> check_limits(Paper("On Stones"), Settings(max_field_characters=5))
    Traceback (most recent call last):
    arrowkg.errors.BadRecord: title: 9 characters, and the limit is 5
    """
    if len(paper.authors) > settings.max_authors:
        raise BadRecord(f"{len(paper.authors):,} authors, and the limit is {settings.max_authors:,}")
    if size is not None and size <= settings.max_field_characters:
        return paper
    most = settings.max_field_characters
    for field in ("title", "abstract", "venue", "kind", "url", "doi"):
        value = getattr(paper, field)
        if value is not None and len(value) > most:
            raise BadRecord(f"{field}: {len(value):,} characters, and the limit is {most:,}")
    for position, name in enumerate(paper.authors, 1):
        if len(name) > most:
            raise BadRecord(f"author {position}: {len(name):,} characters, and the limit is {most:,}")
    return paper
