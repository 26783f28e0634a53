"""Ask a graph a SPARQL question: ``python docs/ask.py GRAPH.ttl QUESTION.rq``."""

from __future__ import annotations

import sys
from pathlib import Path

from pyoxigraph import QuerySolutions, RdfFormat, Store


def main(graph: str, question: str) -> None:
    """Load a Turtle file into a store in memory, and print the answer, a row a line."""
    store = Store()
    store.load(path=graph, format=RdfFormat.TURTLE)
    answer = store.query(Path(question).read_text(encoding="utf-8"))
    assert isinstance(answer, QuerySolutions)
    names = [variable.value for variable in answer.variables]
    print("  ".join(names))
    for row in answer:
        print("  ".join(getattr(row[name], "value", "") for name in names))


if __name__ == "__main__":
    main(*sys.argv[1:3])
