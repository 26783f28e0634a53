"""Everything that is asked of the focus nodes of one target, as one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from arrowkg.validation.compiled.clauses import Before, Clause, Writer, clause, joined
from arrowkg.validation.compiled.constraints import Constraint, Found, component
from arrowkg.validation.compiled.index import NOTHING, Index
from arrowkg.validation.compiled.paths import Walk
from arrowkg.validation.compiled.shape import Shape, inner_shape
from arrowkg.validation.compiled.sparql import QueryConstraint, Row
from arrowkg.validation.compiled.steps import merged
from arrowkg.validation.report import Path

Run: TypeAlias = Callable[[Index, Sequence[str], list[Found]], None]
"""Given the graph and some focus nodes, adds their results."""


class Program:
    """Everything that is asked of the focus nodes of one target, laid out for speed.

    The property shapes of all its node shapes are grouped by path, so that the values of one are looked up once, and
    where there are none, only what may be broken then is asked. A function, written for the target, goes through the
    nodes; only where something is broken are the constraints themselves called, which tell what.

    Args:
        shapes: the shapes that have the target.

    Attributes:
        run: adds the results of focus nodes, once :meth:`prepare` was called.
    """

    run: Run

    def __init__(self, shapes: Sequence[Shape]) -> None:
        node: list[Constraint] = []
        by_path: dict[Path, list[Constraint]] = {}
        walks: dict[Path, Walk] = {}
        waiting = list(shapes)
        for shape in waiting:
            path = shape.owner.path
            if path is not None and shape.walk is not None:
                by_path.setdefault(path, []).extend(shape.constraints)
                walks[path] = shape.walk
            else:
                for constraint in shape.constraints:
                    inner = inner_shape(constraint)
                    if inner is None:
                        node.append(constraint)
                    else:
                        waiting.append(inner)
        source = _Source()
        source.of_node(node)
        for path, constraints in by_path.items():
            if constraints:
                source.of_path(path, walks[path], constraints)
        self.run = source.function()
        every = [*node, *(constraint for constraints in by_path.values() for constraint in constraints)]
        askings = [one.asking for one in every if isinstance(one, QueryConstraint) and one.asking is not None]
        self.together = [one for one in askings if one.may_be_together]
        """The queries that may be asked of many graphs at once."""
        self.steps = merged([one.query.steps or () for one in self.together])
        """What they reach from a focus node."""
        self._alone = [one for one in askings if one not in self.together]
        self._screens = [one.query.screen for one in self.together]

    def asked(self, graph: Index, nodes: Sequence[str]) -> Sequence[str]:
        """The focus nodes for which the queries of :attr:`together` may have a solution; of the others it is known that
        they have none.
        """
        waiting = []
        fine: dict[str, Sequence[Row]] = {}
        for node in nodes:
            for screen in self._screens:
                if screen is None or screen(graph, node):
                    waiting.append(node)
                    break
            else:
                fine[node] = ()
        for asking in self.together:
            graph.memo[asking] = fine
        return waiting

    def prepare(self, graph: Index, nodes: Sequence[str]) -> None:
        """Ask what is asked of a whole graph, for all its focus nodes."""
        for asking in self._alone:
            asking.prepare(graph, nodes)


class _Source:
    """The text of the function."""

    def __init__(self) -> None:
        self._writer = Writer()
        self._lines: list[str] = []

    def of_node(self, constraints: Sequence[Constraint]) -> None:
        """Write what is asked of a focus node itself."""
        if constraints:
            here = {"value": clause("focus"), "described": clause("about"), "values": clause("(focus,)")}
            self._ask(2, [one.check.of_one for one in constraints], here, constraints)

    def of_path(self, path: Path, walk: Walk, constraints: Sequence[Constraint]) -> None:
        """Write what is asked of the values of a path."""
        if isinstance(path, str):
            found = clause("about.get({path}, ())", path=path)
        elif path[0] == "^" and isinstance(path[1], str):
            inverse = Before(clause("graph.inverse({path})", path=path[1]))
            found = clause("{inverse}.get(focus, ())", inverse=inverse)
        else:
            found = clause("{walk}(graph, focus)", walk=walk)
        self._write(2, f"values = {self._writer.text(found)}")
        missing = [one for one in constraints if one.without_values]
        self._write(2, "if not values:")
        self._ask(3, [one.check.of_all for one in missing], {"values": clause("()")}, missing)
        self._write(2, "elif len(values) == 1:")
        self._write(3, "value = values[0]")
        asked = [one.check for one in constraints if not _is_met_by_one(one)]
        self._ask(3, [check.of_one for check in asked], {"described": _DESCRIBED}, constraints)
        self._write(2, "else:")
        together = [one for one in constraints if one.check.together or not one.check.each]
        local = [one for one in together if one.check.of_all.is_local]
        self._ask(3, _remembered([one.check.of_all for one in local]), {}, local)
        others = [one for one in together if one not in local]
        self._ask(3, [one.check.of_all for one in others], {}, others)
        each = [one for one in constraints if one not in together]
        if each:
            self._write(3, "for value in values:")
            self._ask(4, [one.check.of_one for one in each], {"described": _DESCRIBED}, each, "break")

    def function(self) -> Run:
        """The function."""
        before = [f"{name} = {text}" for text, name in self._writer.before.items()]
        head = ["everything = graph.about", *before, "for focus in nodes:"]
        lines = [
            "def run(graph, nodes, results):",
            *(f"    {line}" for line in head),
            "        about = everything.get(focus, nothing)",
            *self._lines,
        ]
        names: dict[str, Any] = {**self._writer.constants, "nothing": NOTHING}
        exec(compile("\n".join(lines), "<shapes>", "exec"), names)
        run: Run = names["run"]
        return run

    def _write(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def _ask(
        self,
        depth: int,
        asked: Sequence[Clause],
        slots: Mapping[str, Clause],
        constraints: Sequence[Constraint],
        after: str = "",
    ) -> None:
        """Write that constraints are asked for their results, unless all clauses are true."""
        if not asked:
            self._write(depth, "pass")
            return
        slots = {"value": clause("value"), "values": clause("values"), **slots}
        filled = joined(list(asked), "and").filled(**slots, focus=clause("focus"), about=clause("about"))
        self._write(depth, f"if not ({self._writer.text(filled)}):")
        call = clause("{tell}(graph, focus, {values}, results)", tell=partial(_tell, constraints))
        self._write(depth + 1, self._writer.text(call.filled(**slots)))
        if after:
            self._write(depth + 1, after)


_MOST_LISTS: Final = 20_000
"""How many lists of values are remembered at most."""


def _remembered(asked: Sequence[Clause]) -> list[Clause]:
    """Clauses that the values alone decide, asked once for each list of values: those of classes come again."""
    if len(asked) < 2:
        return list(asked)
    fine: set[tuple[str, ...]] = set()

    def remember(values: Sequence[str]) -> bool:
        if len(fine) >= _MOST_LISTS:
            fine.clear()
        fine.add(tuple(values))
        return True

    kept = joined([*asked, clause("{remember}({values})", remember=remember)], "and")
    return [clause("tuple({values}) in {fine} or {kept}", fine=fine).filled(kept=kept)]


_DESCRIBED: Final = clause("everything.get(value, nothing)")
_COUNTS: Final = frozenset((component("MinCount"), component("MaxCount")))


def _is_met_by_one(constraint: Constraint) -> bool:
    """Whether a constraint asks how many values there are, and one is right."""
    return constraint.component in _COUNTS and not constraint.check.find(Index(()), "", ("",))


def _tell(
    constraints: Sequence[Constraint], graph: Index, focus: str, values: Sequence[str], results: list[Found]
) -> None:
    """Add what breaks some constraints at a focus node."""
    for constraint in constraints:
        found = constraint.check.find(graph, focus, values)
        if found:
            results += constraint.results(focus, found)
