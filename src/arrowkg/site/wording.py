"""What a shape asks for, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from markupsafe import Markup

from arrowkg.site.schema import SHAPES, VOCABULARY, Graph
from arrowkg.terms import iri_of, is_iri

_KINDS: Final = {"sh:IRI": "an IRI", "sh:Literal": "a literal", "sh:BlankNode": "a blank node"}
_CODE: Final = Markup("<code>{}</code>")
_LINKED: Final = Markup('<a href="{}"><code>{}</code></a>')


class Wording:
    """Says what shapes ask for, as HTML for the page at the site's root that lists them.

    Args:
        graph: the shapes.

    >>> from arrowkg.site.schema import load_shapes
    >>> wording = Wording(load_shapes("https")[0])
    >>> wording.rule(f"<{SHAPES}Paper-name-count>").striptags()
    'schema:name: exactly one value'
    >>> wording.rule(f"<{SHAPES}Paper-container>").striptags()
    'schema:isPartOf: each value: at least one holds: an ak:Volume; an ak:Venue'
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._constraints: tuple[Callable[[str], Iterable[Markup]], ...] = (
            self._count,
            self._qualified,
            self._value_types,
            self._members,
            self._comparisons,
            self._logic,
            self._node,
        )

    def term(self, term: str) -> Markup:
        """A term's short name; our own lead to where they are explained."""
        short = self._graph.short(term)
        iri = iri_of(term) if is_iri(term) else ""
        if iri.startswith(VOCABULARY) and iri != VOCABULARY:
            return _LINKED.format(f"vocabulary.html#{iri.removeprefix(VOCABULARY)}", short)
        if iri.startswith(SHAPES):
            return _LINKED.format(f"shapes.html#{iri.removeprefix(SHAPES)}", iri.removeprefix(SHAPES))
        return _CODE.format(short if is_iri(term) else f'"{short}"' if "^^" not in term else short)

    def path(self, path: str) -> Markup:
        """A property path: one property, several in a row, or one that is followed backwards."""
        if is_iri(path):
            return self.term(path)
        if inverse := self._graph.values(path, "sh:inversePath"):
            return Markup("{} from the other end").format(self.path(inverse[0]))
        return Markup(", then ").join(self.path(step) for step in self._graph.items(path))

    def targets(self, shape: str) -> list[Markup]:
        """What a shape is applied to."""
        found = [Markup("each {}").format(self.term(one)) for one in self._graph.values(shape, "sh:targetClass")]
        for name, told in (("sh:targetSubjectsOf", "each node with {}"), ("sh:targetObjectsOf", "each value of {}")):
            found += [Markup(told).format(self.term(one)) for one in self._graph.values(shape, name)]
        return found

    def rule(self, shape: str) -> Markup:
        """All that a shape asks for, in one line."""
        told = Markup("; ").join(self.constraints(shape))
        if paths := self._graph.values(shape, "sh:path"):
            return Markup("{}: {}").format(self.path(paths[0]), told)
        return told

    def constraints(self, shape: str) -> list[Markup]:
        """Each thing that a shape asks for."""
        return [told for constraint in self._constraints for told in constraint(shape)]

    def _count(self, shape: str) -> Iterable[Markup]:
        least, most = (self._graph.text(shape, f"sh:{name}Count") for name in ("min", "max"))
        if most == "0":
            yield Markup("no value")
        elif least is not None and least == most:
            yield Markup("exactly {} value{}").format(*_number(least))
        else:
            if least is not None:
                yield Markup("at least {} value{}").format(*_number(least))
            if most is not None:
                yield Markup("at most {} value{}").format(*_number(most))

    def _qualified(self, shape: str) -> Iterable[Markup]:
        for condition in self._graph.values(shape, "sh:qualifiedValueShape"):
            least, most = (self._graph.text(shape, f"sh:qualified{name}Count") for name in ("Min", "Max"))
            if least is not None and least == most:
                told = Markup("exactly {} value{}").format(*_number(least))
            else:
                bounds = ((least, "at least"), (most, "at most"))
                told = Markup(" and ").join(Markup(f"{word} {bound}") for bound, word in bounds if bound is not None)
            yield Markup("{} that is {}").format(told, self.rule(condition))

    def _value_types(self, shape: str) -> Iterable[Markup]:
        for one in self._graph.values(shape, "sh:datatype"):
            yield Markup("each value is a literal of type {}").format(self.term(one))
        for one in self._graph.values(shape, "sh:nodeKind"):
            yield Markup("is {}").format(_KINDS.get(self._graph.short(one), self._graph.short(one)))
        for one in self._graph.values(shape, "sh:class"):
            article = "an" if self._graph.short(one)[0] in "aeio" else "a"
            yield Markup("{} {}").format(article, self.term(one))
        for pattern in self._graph.values(shape, "sh:pattern"):
            text = self._graph.short(pattern)
            yield Markup("is not empty") if text == r"\S" else Markup("matches {}").format(_CODE.format(text))
        for name, told in (("minInclusive", "{} or more"), ("maxInclusive", "{} or less")):
            for bound in self._graph.values(shape, f"sh:{name}"):
                yield Markup(told).format(self._graph.short(bound))

    def _members(self, shape: str) -> Iterable[Markup]:
        for members in self._graph.values(shape, "sh:in"):
            told = [self.term(one) for one in self._graph.items(members)]
            yield told[0] if len(told) == 1 else Markup("one of {}").format(Markup(", ").join(told))
        if held := self._graph.values(shape, "sh:hasValue"):
            yield Markup("has the value {}").format(Markup(" and the value ").join(map(self.term, held)))

    def _comparisons(self, shape: str) -> Iterable[Markup]:
        for name, told in (
            ("equals", "the same values as {}"),
            ("disjoint", "no value that {} has"),
            ("lessThan", "less than the values of {}"),
        ):
            for other in self._graph.values(shape, f"sh:{name}"):
                yield Markup(told).format(self.term(other))

    def _logic(self, shape: str) -> Iterable[Markup]:
        each = Markup("each value: ") if self._graph.values(shape, "sh:path") else Markup("")
        for name, told in (
            ("or", "at least one holds"),
            ("xone", "exactly one holds"),
            ("and", "all hold"),
        ):
            for members in self._graph.values(shape, f"sh:{name}"):
                rules = Markup("; ").join(self.rule(one) for one in self._graph.items(members))
                yield Markup("{}{}: {}").format(each, told, rules)
        for one in self._graph.values(shape, "sh:not"):
            yield Markup("{}this does not hold: {}").format(each, self.rule(one))

    def _node(self, shape: str) -> Iterable[Markup]:
        if self._graph.text(shape, "sh:closed") == "true":
            yield Markup("no property but <code>rdf:type</code> and those named below")
        elif self._graph.values(shape, "sh:property"):
            yield Markup("what is named below")
        for query in self._graph.values(shape, "sh:sparql"):
            yield Markup('this query finds nothing: <pre tabindex="0"><code>{}</code></pre>').format(
                _unindented(self._graph.text(query, "sh:select") or "")
            )


def _number(text: str) -> tuple[str, str]:
    return ("one", "") if text == "1" else (text, "s")


def _unindented(query: str) -> str:
    lines = [line for line in query.splitlines() if line.strip()]
    depth = min(len(line) - len(line.lstrip()) for line in lines)
    return "\n".join(line[depth:] for line in lines)
