"""A graph of text terms, indexed by subject and predicate: what the compiled shapes look things up in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from arrowkg.terms import Triple
from arrowkg.validation.compiled.names import RDFS_SUBCLASS_OF
from arrowkg.vocab import RDF_TYPE

NOTHING: Final[Mapping[str, list[str]]] = {}


class Index:
    """A graph, indexed.

    What is needed seldom (the other direction, the classes, answers to queries) is worked out when first asked for.

    Args:
        triples: each triple once.

    >>> graph = Index([("<a:s>", "<a:p>", "<a:o>"), ("<a:s>", "<a:p>", '"text"')])
    >>> graph.values("<a:s>", "<a:p>"), graph.subjects("<a:p>", "<a:o>")
    (['<a:o>', '"text"'], ['<a:s>'])
    """

    __slots__ = ("_classes", "_inverse", "_superclasses", "about", "memo")

    def __init__(self, triples: Iterable[Triple]) -> None:
        about: dict[str, dict[str, list[str]]] = {}
        last = None
        found: dict[str, list[str]] = {}
        for subject, predicate, value in triples:
            # Descriptions mostly stand together, so the subject is mostly that of the triple before.
            if subject != last:
                last = subject
                if subject in about:
                    found = about[subject]
                else:
                    found = about[subject] = {}
            if predicate in found:
                found[predicate].append(value)
            else:
                found[predicate] = [value]
        self.about: Final = about
        """The values of each predicate of each subject."""
        self.memo: Final[dict[Any, Any]] = {}
        """What was worked out for this graph by the constraints that look at the whole of it."""
        self._inverse: dict[str, dict[str, list[str]]] = {}
        self._classes: dict[str, list[str]] | None = None
        self._superclasses: dict[str, set[str]] | None = None

    def values(self, node: str, predicate: str) -> Sequence[str]:
        """The objects of the triples with this subject and predicate."""
        return self.about.get(node, NOTHING).get(predicate, ())

    def subjects(self, predicate: str, value: str) -> Sequence[str]:
        """The subjects of the triples with this predicate and object."""
        return self.inverse(predicate).get(value, ())

    def inverse(self, predicate: str) -> Mapping[str, list[str]]:
        """The subjects of each object of a predicate."""
        known = self._inverse.get(predicate)
        if known is None:
            known = self._inverse[predicate] = {}
            for subject, found in self.about.items():
                if predicate in found:
                    for value in found[predicate]:
                        if value in known:
                            known[value].append(subject)
                        else:
                            known[value] = [subject]
        return known

    def with_predicate(self, predicate: str) -> list[str]:
        """The subjects of the triples with this predicate."""
        return [subject for subject, found in self.about.items() if predicate in found]

    def triples(self) -> Iterator[Triple]:
        """Every triple."""
        for subject, found in self.about.items():
            for predicate, values in found.items():
                for value in values:
                    yield subject, predicate, value

    def classes(self) -> Mapping[str, list[str]]:
        """The SHACL instances of each class, subclasses of it included (SHACL section 1.1, "SHACL instance")."""
        if self._classes is None:
            self._classes = self._instances()
        return self._classes

    def _instances(self) -> dict[str, list[str]]:
        direct: dict[str, list[str]] = {}
        is_flat = True
        for subject, found in self.about.items():
            if RDFS_SUBCLASS_OF in found:
                is_flat = False
            if RDF_TYPE in found:
                for class_ in found[RDF_TYPE]:
                    if class_ in direct:
                        direct[class_].append(subject)
                    else:
                        direct[class_] = [subject]
        if is_flat:
            return direct
        instances: dict[str, dict[str, None]] = {}
        for class_, nodes in direct.items():
            for above in {class_, *self.superclasses().get(class_, ())}:
                instances.setdefault(above, {}).update(dict.fromkeys(nodes))
        return {class_: list(nodes) for class_, nodes in instances.items()}

    def superclasses(self) -> Mapping[str, set[str]]:
        """The classes above each class, itself included; empty if the graph has no ``rdfs:subClassOf``."""
        if self._superclasses is None:
            above: dict[str, list[str]] = {
                subject: found[RDFS_SUBCLASS_OF] for subject, found in self.about.items() if RDFS_SUBCLASS_OF in found
            }
            self._superclasses = {class_: _reached(class_, above) for class_ in above}
        return self._superclasses

    def is_instance(self, node: str, class_: str) -> bool:
        """Whether a node is a SHACL instance of a class."""
        types = self.about.get(node, NOTHING).get(RDF_TYPE, ())
        if class_ in types:
            return True
        above = self.superclasses()
        return bool(above) and any(class_ in above.get(found, ()) for found in types)


def _reached(start: str, steps: Mapping[str, Sequence[str]]) -> set[str]:
    """Whatever is reached from a node by any number of steps, the node itself included."""
    reached = {start}
    waiting = [start]
    while waiting:
        for node in steps.get(waiting.pop(), ()):
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached
