"""Folding of text into words, and the file of the search index that a word is looked up in.

The search of the site folds what a reader types in JavaScript, so each function here has a twin in ``assets/site.js``
that gives the same for every character that both versions of Unicode know; a test compares the two in a browser. A
character that only the newer one knows can differ, and a word with it may then not be found.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_KEY_LENGTH: Final = 3
_PLAIN_KEY: Final = re.compile(r"[a-z0-9]{1,3}")
# Windows gives no file these names, whatever the suffix, and a site may be copied to such a machine.
_DEVICES: Final = frozenset(("aux", "con", "nul", "prn"))


class _Marks(dict[int, int | None]):
    """A table for ``str.translate`` that removes combining marks, filled as characters are met."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code)) == "Mn" else code
        self[code] = kept
        return kept


class _Breaks(dict[int, int]):
    """A table for ``str.translate`` that makes a space of whatever is no letter and no number."""

    def __missing__(self, code: int) -> int:
        kept = code if unicodedata.category(chr(code))[0] in "LN" else 0x20
        self[code] = kept
        return kept


# Characters, not texts: neither grows beyond the characters of Unicode.
_MARKS: Final = _Marks()
_BREAKS: Final = _Breaks()


def words(text: str) -> list[str]:
    """The words of a text as they are searched: compatibility forms, accents and case do not count.

    >>> words("Ada Quill: Émile’s ﬁrst Größe, 2nd ed.")
    ['ada', 'quill', 'emile', 's', 'first', 'große', '2nd', 'ed']
    >>> words("E\\u0301mile ÉMILE İ x²")
    ['emile', 'emile', 'i', 'x2']
    >>> words("李例 机器学习"), words(" \\u0301- ")
    (['李例', '机器学习'], [])
    """
    # Lower-casing looks at the neighbours of a sigma, so it comes before they are made spaces.
    bare = unicodedata.normalize("NFKD", text).translate(_MARKS).lower()
    return bare.translate(_BREAKS).split()


def shard_file(word: str) -> str:
    """The name, without a suffix, of the file that holds the records with a word that begins like this one.

    The file belongs to the first three characters. Its name is ASCII in lower case, so that no file system folds two
    names into one or spells one its own way; four digits at the least keep ``ß`` apart from ``xdf``.

    >>> shard_file("quill"), shard_file("bo"), shard_file("3d")
    ('qui', 'bo', '3d')
    >>> shard_file("øre"), shard_file("李例"), shard_file("ß")
    ('x00f8-0072-0065', 'x674e-4f8b', 'x00df')
    >>> shard_file("convex")
    'x0063-006f-006e'

    Raises:
        ValueError: the word is empty.
    """
    key = word[:_KEY_LENGTH]
    if not key:
        raise ValueError("an empty word is in no file")
    if _PLAIN_KEY.fullmatch(key) and key not in _DEVICES:
        return key
    return "x" + "-".join(format(ord(char), "04x") for char in key)
