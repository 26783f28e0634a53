"""How far a push has come, in a small file, so that one that broke goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from arrowkg.errors import OutputError, UsageError
from arrowkg.files import Output

_MOST_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two pushes the same.

    Attributes:
        url: the store's address.
        graph: the graph's IRI, empty for the default graph.
        mode: ``replace`` or ``merge``.
        payload: the SHA-256 of what is sent, in hex.
        batch: the bytes and lines of a batch.

    >>> Identity("http://127.0.0.1:7878", "", "merge", "00", "8/9").file_name
    'arrowkg-push-84bac94de13a.json'
    """

    url: str
    graph: str
    mode: str
    payload: str
    batch: str

    @property
    def file_name(self) -> str:
        """The name of the journal, if none is given: another for every other push."""
        content = json.dumps(asdict(self), sort_keys=True)
        return f"arrowkg-push-{hashlib.sha256(content.encode()).hexdigest()[:12]}.json"


class Journal:
    """The journal of one push. It is read when it is made, and written whole at every step.

    Args:
        identity: which push.
        name: the file; one in the working folder if it is ``None``.

    Attributes:
        sent: how many batches the store has.
        is_exchanging: whether the staging graph may have taken the other's place.

    Raises:
        UsageError: the file is there, and is no journal of this push.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     push = Identity("http://127.0.0.1:7878", "", "merge", "00", "8/9")
    ...     Journal(push, f"{folder}/j.json").record(3)
    ...     Journal(push, f"{folder}/j.json").sent
    3
    """

    def __init__(self, identity: Identity, name: str | None = None) -> None:
        self._identity = identity
        self.name = name or identity.file_name
        self.sent = 0
        self.is_exchanging = False
        found = self._read()
        if found is not None:
            self.sent, self.is_exchanging = found

    def _read(self) -> tuple[int, bool] | None:
        try:
            with Path(self.name).open("rb") as file:
                text = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"the journal cannot be read ({error.strerror or error})", file=self.name) from None
        try:
            found = json.loads(text)
            sent, is_exchanging = found.pop("sent"), found.pop("is_exchanging")
            identity = Identity(**found)
            if type(sent) is not int or sent < 0 or type(is_exchanging) is not bool:
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UsageError(
                "it is not the journal of a push", hint="name another file with --journal", file=self.name
            ) from None
        if identity != self._identity:
            raise UsageError(
                "it is the journal of another push: another store, graph, mode, content or batch size",
                hint="finish that one, or name another file with --journal",
                file=self.name,
            )
        return sent, is_exchanging

    def record(self, sent: int, *, is_exchanging: bool = False) -> None:
        """Note how far the push has come; on disk when this returns.

        Raises:
            OutputError: the journal cannot be written.
        """
        content = asdict(self._identity) | {"sent": sent, "is_exchanging": is_exchanging}
        with Output(self.name) as place:
            place.write(json.dumps(content, indent=1).encode() + b"\n")
            place.commit()
        self.sent, self.is_exchanging = sent, is_exchanging

    def remove(self) -> None:
        """Remove the file: the push is done, or has to start anew.

        Raises:
            OutputError: it cannot be removed.
        """
        try:
            Path(self.name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"the journal cannot be removed ({error.strerror})", file=self.name) from None
