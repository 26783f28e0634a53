"""N-Triples and N-Quads: one statement a line, terms as they are."""

from __future__ import annotations

from collections.abc import Sequence

from arrowkg.formats.writer import Options
from arrowkg.terms import Triple, iri


class NTriplesWriter:
    """Writes RDF 1.1 N-Triples, or N-Quads where a graph is named, in canonical form.

    >>> writer = NTriplesWriter(Options(graph="http://example.org/g"))
    >>> writer.record([("<a:s>", "<a:p>", '"o"')], [])
    '<a:s> <a:p> "o" <http://example.org/g> .\\n'
    """

    between = ""

    def __init__(self, options: Options) -> None:
        self._end = f" {iri(options.graph)} .\n" if options.graph else " .\n"

    def start(self, prefixes: set[str] | None) -> str:
        return ""

    def record(self, own: Sequence[Triple], shared: Sequence[Triple]) -> str:
        if not own and not shared:
            return ""
        # Joins of tuples leave out the loop that would take them apart.
        return self._end.join(map(" ".join, (*own, *shared))) + self._end

    def finish(self) -> str:
        return ""
