"""The author names of a store in one file, so that a name is found whatever its case, and near ones are told.

A line has the key of a name (:func:`arrowkg.iris.name_key`), the author's IRI and a spelling, parted by tabs; lines are
sorted. No key, IRI or spelling holds a tab or a line feed: keys and spellings have their white space collapsed.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from arrowkg.iris import name_key, readable_slug
from arrowkg.spool import Spool

if TYPE_CHECKING:
    import pyoxigraph

# Each part is read in one go and then joined; taking the authors one by one took ten times as long.
_ALL_NAMES: Final = """
PREFIX ak: <https://w3id.org/arrowkg/ns#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
SELECT ?author ?name ?number WHERE {
  { SELECT ?author ?name WHERE { ?author foaf:name ?name } }
  { SELECT ?author WHERE { ?author a ak:AuthorName } }
  OPTIONAL { SELECT ?author ?number WHERE { ?author ak:homonymNumber ?number } }
}
"""
_NEAR: Final = 5
_LENGTHS: Final = 3
_LETTERS: Final = 5
_ALIKE: Final = 0.86


@dataclass(frozen=True, slots=True)
class Name:
    """An author name of a store.

    Attributes:
        key: under which names are equal.
        author: the author's IRI.
        spelling: the name in one of its spellings, with its homonym number.
    """

    key: str
    author: str
    spelling: str


def write_names(store: pyoxigraph.Store, path: Path, sort_bytes: int) -> int:
    """Write the author names of a store; how many there are.

    Raises:
        OutputError: the folder for temporary files is full.
        OSError: the file cannot be written.
    """
    import pyoxigraph

    rows = store.query(_ALL_NAMES)
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    with Spool(sort_bytes) as spool:
        for row in rows:
            author, name, number = row["author"], row["name"], row["number"]
            spelling = " ".join(name.value.split()) + (f" {number.value}" if number is not None else "")
            spool.add(f"{name_key(spelling)}\t{author.value}\t{spelling}")
        count, previous = 0, ""
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for line in spool.sorted():
                if line != previous:
                    file.write(f"{line}\n")
                    count += line.partition("\t")[0] != previous.partition("\t")[0]
                    previous = line
    return count


def find_name(path: Path, name: str) -> list[Name]:
    """The names of a file that are equal to a name, whatever its case.

    Raises:
        OSError: the file cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "names.tsv")
    ...     _ = path.write_text("ada quill\\thttps://kg.example.org/author/ada-quill\\tAda Quill\\n")
    ...     find_name(path, "ADA  Quill")[0].spelling
    'Ada Quill'
    """
    key = name_key(name)
    found = []
    if not key or not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        wanted = f"{key}\t".encode(errors="replace")
        start = 0 if content[: len(wanted)] == wanted else content.find(b"\n" + wanted) + 1
        while content[start : start + len(wanted)] == wanted:
            end = content.find(b"\n", start)
            found.append(Name(*content[start:end].decode().split("\t")))
            start = end + 1
    return found


def near_names(path: Path, name: str, *, is_known: bool, most: int = _NEAR) -> list[str]:
    """Names of a file that are near a name and not equal to it, the nearest first; for people, never to be merged.

    Near are names with the same words in another order or with accents, initials, a middle name or a homonym number
    more or less; for a name that is not known also those with few letters of difference.

    Raises:
        OSError: the file cannot be read.
    """
    key = name_key(name)
    words = _words(key)
    if not words:
        return []
    longest = max(key.split(), key=len)
    letters = set(key)
    scored: list[tuple[float, str]] = []
    previous = key
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            other = line.partition("\t")[0]
            # There may be a million: what shares neither the longest word nor most letters is passed over fast.
            if longest not in other and (
                is_known or abs(len(other) - len(key)) > _LENGTHS or len(letters ^ set(other)) > _LETTERS
            ):
                continue
            if other in (key, previous):
                continue
            previous = other
            score = _nearness(words, _words(other), is_known=is_known)
            if score:
                scored.append((-score, line.rstrip("\n").rpartition("\t")[2]))
    return [spelling for _, spelling in sorted(scored)[:most]]


def _words(key: str) -> list[str]:
    """The words of a key without accents and homonym number."""
    return [word for word in readable_slug(key).split("-") if word and not word.isdigit()]


def _nearness(words: list[str], others: list[str], *, is_known: bool) -> float:
    """How near two names are, 0 for not at all."""
    from difflib import SequenceMatcher

    if not others:
        return 0
    if sorted(words) == sorted(others):
        return 2
    if _agree(words, others) or _agree(words[::-1], others):
        return 1.5
    if is_known:
        return 0
    ratio = SequenceMatcher(None, " ".join(words), " ".join(others), autojunk=False).ratio()
    return ratio if ratio >= _ALIKE else 0


def _agree(words: list[str], others: list[str]) -> bool:
    """Whether two names have the same first and last words, an initial standing for a word, middle names aside."""
    if len(words) < 2 or len(others) < 2 or words[-1] != others[-1]:
        return False
    first, second = words[0], others[0]
    return first == second or (min(len(first), len(second)) == 1 and first[0] == second[0])
