"""The search of a site without a server: records in files by the beginnings of their words, which a page loads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from types import TracebackType
from typing import Final, Self

import orjson

from arrowkg.site.folding import shard_file, words
from arrowkg.spool import Spool

# A page has to hold a whole file in memory; who looks for so common a beginning types more of it.
_MOST_RECORDS: Final = 20_000
_KINDS: Final = {"author": "1", "venue": "2", "paper": "3"}
_KIND_OF: Final = {rank: kind for kind, rank in _KINDS.items()}


class SearchIndex:
    """Takes the site's entities and gives the files; a context manager.

    >>> with SearchIndex(1 << 20) as index:
    ...     index.add("author", "Ada Quill", "1 paper", "author/ada-quill.html")
    ...     [path for path, _ in index.files()]
    ['data/search/ada.js', 'data/search/qui.js']
    """

    def __init__(self, sort_bytes: int) -> None:
        self._spool = Spool(sort_bytes)

    def __enter__(self) -> Self:
        self._spool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._spool.__exit__(kind, error, traceback)

    def add(self, kind: str, label: str, detail: str, path: str) -> None:
        """Take an entity; kinds that are not searched are passed over."""
        if kind not in _KINDS:
            return
        folded = words(label)
        record = orjson.dumps([label.encode(errors="replace").decode(), detail, path]).decode()
        for file in {shard_file(word) for word in folded}:
            self._spool.add(f"{file}\t{_KINDS[kind]}\t{' '.join(folded)}\t{record}")

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each file with its path from the site's root."""
        for file, lines in groupby(self._spool.sorted(), key=lambda line: line.partition("\t")[0]):
            records, left = list[list[str]](), 0
            for line in lines:
                if len(records) == _MOST_RECORDS:
                    left += 1
                    continue
                _, rank, _, record = line.split("\t", 3)
                label, detail, path = orjson.loads(record)
                records.append([_KIND_OF[rank], label, detail, path])
            told = orjson.dumps(records).decode()
            yield f"data/search/{file}.js", f'arrowkgShard("{file}",{told},{left});\n'.encode()
