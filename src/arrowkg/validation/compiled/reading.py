"""A shapes graph as the compiler asks it: values, lists, numbers, flags, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from arrowkg.errors import InputError
from arrowkg.terms import TRUE, Triple, lexical_form
from arrowkg.validation.compiled.index import Index
from arrowkg.validation.compiled.names import RDF_FIRST, RDF_NIL, RDF_REST, sh
from arrowkg.validation.report import local_name
from arrowkg.vocab import XSD

_whole = re.compile(
    rf'"\+?([0-9]+)"\^\^<{XSD}(?:integer|int|long|short|byte|(?:nonNegative|positive)Integer|unsigned\w+)>'
)


class ShapesGraph:
    """A shapes graph.

    Args:
        triples: each triple once.

    >>> graph = ShapesGraph([("<a:s>", sh("minCount"), f'"1"^^<{XSD}integer>')])
    >>> graph.count("<a:s>", "minCount"), graph.count("<a:s>", "maxCount")
    (1, None)
    """

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.index: Final = Index(triples)

    @property
    def about(self) -> Mapping[str, Mapping[str, list[str]]]:
        """The values of each predicate of each subject."""
        return self.index.about

    def values(self, node: str, predicate: str) -> Sequence[str]:
        """The values of a predicate."""
        return self.index.values(node, predicate)

    def of(self, node: str, name: str) -> Sequence[str]:
        """The values of a property of SHACL's."""
        return self.index.values(node, sh(name))

    def one(self, node: str, name: str) -> str | None:
        """The one value of a property of SHACL's.

        Raises:
            InputError: there are several.
        """
        found = self.of(node, name)
        if len(found) > 1:
            raise self.wrong(node, f"has more than one sh:{name}")
        return found[0] if found else None

    def count(self, node: str, name: str) -> int | None:
        """The whole number that is the value of a property of SHACL's.

        Raises:
            InputError: there are several, or it is no whole number of 0 or more.
        """
        found = self.one(node, name)
        if found is None:
            return None
        match = _whole.fullmatch(found)
        if match is None:
            raise self.wrong(node, f"has a sh:{name} that is no whole number")
        return int(match[1])

    def flag(self, node: str, name: str) -> bool:
        """Whether a property of SHACL's is ``true``, as written: the suite of the recommendation takes ``1`` for false.

        Raises:
            InputError: there are several values, or a value of another datatype.
        """
        found = self.one(node, name)
        if found is not None and not found.endswith(f"^^<{XSD}boolean>"):
            raise self.wrong(node, f"has a sh:{name} that is neither true nor false")
        return found == TRUE

    def text(self, node: str, name: str) -> str | None:
        """The text that is the value of a property of SHACL's.

        Raises:
            InputError: there are several, or it is no literal.
        """
        found = self.one(node, name)
        if found is None:
            return None
        if found[0] != '"':
            raise self.wrong(node, f"has a sh:{name} that is no text")
        return lexical_form(found)

    def members(self, node: str) -> list[str]:
        """The members of a list (SHACL section 1.1, "SHACL list").

        Raises:
            InputError: it is no well-formed list.
        """
        found: list[str] = []
        seen: set[str] = set()
        while node != RDF_NIL:
            first, rest = self.values(node, RDF_FIRST), self.values(node, RDF_REST)
            if len(first) != 1 or len(rest) != 1 or node in seen:
                raise InputError(f"the shapes cannot be used: {node} is no well-formed list")
            seen.add(node)
            found.append(first[0])
            node = rest[0]
        return found

    def wrong(self, node: str, what: str) -> InputError:
        """The error that says what is wrong with a node of the shapes graph."""
        return InputError(f"the shapes cannot be used: {local_name(node)} {what}")
