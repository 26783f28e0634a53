"""What the queries of many small graphs reach, gathered for one store, as long as the graphs agree on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from arrowkg.terms import Triple
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.steps import Hop, Step


class Reached:
    """What steps have reached in one graph after another, as long as the graphs agree.

    Together the triples say of each node that was reached what its own graph says, no more and no less.

    Args:
        both_ways: the predicates that are taken forwards and backwards: a triple that was reached one way must be known
            the other way too.
        is_changed: tells of a literal that must not be reached; then nothing is added, and ``has_changed`` is true.

    >>> graph = Index([("<a:s>", "<a:p>", "<a:o>"), ("<a:o>", "<a:q>", '"text"')])
    >>> steps = [Step("this", "<a:p>", False, "x")]
    >>> reached = Reached()
    >>> reached.add(graph, steps, ["<a:s>"]), list(reached.triples)
    (True, [('<a:s>', '<a:p>', '<a:o>')])
    >>> reached.add(Index([("<a:s>", "<a:p>", "<a:other>")]), steps, ["<a:s>"]), list(reached.triples)
    (False, [('<a:s>', '<a:p>', '<a:o>')])
    """

    def __init__(self, both_ways: Collection[str] = (), is_changed: Callable[[str], bool] = lambda term: False) -> None:
        self.triples: list[Triple] = []
        """What was reached; a triple that was reached in two ways may stand there twice."""
        self.has_changed = False
        self._is_changed = is_changed
        self._both_ways = both_ways
        self._taken: dict[Hop, dict[str, Sequence[Any]]] = {}
        self._there: dict[tuple[Hop, str], set[Triple]] = {}
        self._new: list[tuple[dict[str, Sequence[Any]], str]] = []
        self._new_there: list[tuple[set[Triple], Triple]] = []

    def add(self, graph: Index, steps: Iterable[Step], nodes: Iterable[str]) -> bool:
        """Take steps from some nodes of a graph; false if an earlier graph says something else of what they reach, and
        then nothing is added.
        """
        self.has_changed = False
        self._new, self._new_there = [], []
        before = len(self.triples)
        if self._walk(graph, steps, nodes):
            return True
        for taken, node in self._new:
            del taken[node]
        del self.triples[before:]
        for there, triple in self._new_there:
            there.remove(triple)
        return False

    def _walk(self, graph: Index, steps: Iterable[Step], nodes: Iterable[str]) -> bool:
        at: dict[str, list[str]] = {"this": list(nodes)}
        if any(node[0] == '"' and self._is_changed(node) for node in at["this"]):
            self.has_changed = True
            return False
        for source, predicate, is_inverse, target in steps:
            ends = at.setdefault(target, [])
            starts = at[source].copy() if source == target else at[source]
            if starts:
                taken = self._taken.setdefault((predicate, is_inverse), {})
                if predicate is None or is_inverse or predicate in self._both_ways:
                    is_fine = self._step(graph, (predicate, is_inverse), starts, ends, taken)
                else:
                    is_fine = self._plain_step(graph, predicate, starts, ends, taken)
                if not is_fine:
                    return False
        return True

    def _plain_step(
        self, graph: Index, predicate: str, starts: list[str], ends: list[str], taken: dict[str, Sequence[Any]]
    ) -> bool:
        """A step that nothing else takes the other way: the values are all there is to know."""
        about, is_changed, triples = graph.about, self._is_changed, self.triples
        for node in starts:
            found = about[node].get(predicate, ()) if node in about else ()
            if node not in taken:
                taken[node] = found
                self._new.append((taken, node))
                for value in found:
                    triples.append((node, predicate, value))
                    if value[0] == '"' and is_changed(value):
                        self.has_changed = True
                        return False
            elif taken[node] != found and set(taken[node]) != set(found):
                return False
            ends += found
        return True

    def _step(
        self, graph: Index, hop: Hop, starts: list[str], ends: list[str], taken: dict[str, Sequence[Any]]
    ) -> bool:
        place = 0 if hop[1] else 2
        for node in starts:
            found = _taken(graph, *hop, node)
            if node not in taken:
                if hop[0] in self._both_ways and not self._agrees((hop, node), found):
                    return False
                taken[node] = found
                self._new.append((taken, node))
                self.triples += found
                if any(value[0] == '"' and self._is_changed(value) for _, _, value in found):
                    self.has_changed = True
                    return False
            elif set(taken[node]) != set(found):
                return False
            ends += [triple[place] for triple in found]
        return True

    def _agrees(self, key: tuple[Hop, str], found: list[Triple]) -> bool:
        """Whether triples found one way fit what is known of them the other way."""
        if not self._there.get(key, set()) <= set(found):
            return False
        for triple in found:
            for hop, node in (((triple[1], False), triple[0]), ((triple[1], True), triple[2])):
                known = self._taken.get(hop, {}).get(node)
                if known is not None and triple not in known:
                    return False
                there = self._there.setdefault((hop, node), set())
                if triple not in there:
                    there.add(triple)
                    self._new_there.append((there, triple))
        return True


def _taken(graph: Index, predicate: str | None, is_inverse: bool, node: str) -> list[Triple]:
    """The triples of a step from a node."""
    if predicate is None:
        return [(node, name, value) for name, values in graph.about.get(node, NOTHING).items() for value in values]
    if is_inverse:
        return [(subject, predicate, node) for subject in graph.subjects(predicate, node)]
    return [(node, predicate, value) for value in graph.about.get(node, NOTHING).get(predicate, ())]
