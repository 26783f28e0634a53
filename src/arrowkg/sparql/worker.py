"""A process of its own that answers one query and ends.

It is started by :mod:`arrowkg.sparql.asking`. A query may be made to never end, to fill the memory or to end its
process; here it ends nobody else's. Before the query is read, the process gives up what it does not need
(:mod:`arrowkg.sparql.confinement`): it reaches no network, starts no program, and uses no more memory and processor
time than it was given.

It reads a request, one line of JSON, from standard input; with ``data``, N-Triples follow to the end. It writes lines:

- ``H`` and JSON: the kind of the answer, and the variables of rows or the truth of a boolean;
- ``R`` and the terms of a row in N-Triples form, each followed by a tab, none for a variable that is not bound;
- ``T`` and a triple in N-Triples form;
- ``E`` and JSON: how many rows or triples were written, and whether there are more; or ``X`` and JSON: an error.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final

from arrowkg.sparql.confinement import confine

if TYPE_CHECKING:
    import pyoxigraph

_FLUSH_AFTER: Final = 1 << 16
# The clock of whoever asks ends a query; this is for a process that nobody watches any more.
_GRACE_SECONDS: Final = 5


def main() -> int:
    """Answer the query of standard input; the exit code, 0 also for an error that was written."""
    # Imported before it is asked, since whoever asks may have started it ahead of time.
    import pyoxigraph  # noqa: F401

    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    request = json.loads(line)
    out = sys.stdout.buffer
    try:
        store = _store(request)
        confine(request["bytes"], request["seconds"] + _GRACE_SECONDS)
        _answer(store, request, out)
    except SyntaxError as error:
        _write(out, "X", {"error": "syntax", "message": error.msg})
    except MemoryError:
        _write(out, "X", {"error": "memory", "message": "out of memory"})
    except (OSError, RuntimeError, ValueError) as error:
        _write(out, "X", {"error": "store", "message": str(error)})
    out.flush()
    return 0


def _store(request: dict[str, Any]) -> pyoxigraph.Store:
    import pyoxigraph

    if request["store"] is not None:
        return pyoxigraph.Store.read_only(request["store"])
    store = pyoxigraph.Store()
    try:
        store.bulk_load(sys.stdin.buffer, pyoxigraph.RdfFormat.N_TRIPLES)
    except SyntaxError as error:
        raise ValueError(f"the statements are not N-Triples: {error.msg}") from None
    return store


def _answer(store: pyoxigraph.Store, request: dict[str, Any], out: IO[bytes]) -> None:
    import pyoxigraph

    found = store.query(
        request["query"],
        default_graph=_graphs(request.get("default_graphs")),
        named_graphs=_graphs(request.get("named_graphs")),
    )
    if isinstance(found, pyoxigraph.QueryBoolean):
        _write(out, "H", {"kind": "boolean", "value": bool(found)})
        _write(out, "E", {"count": 1, "more": False})
        return
    is_rows = isinstance(found, pyoxigraph.QuerySolutions)
    names = [variable.value for variable in found.variables] if isinstance(found, pyoxigraph.QuerySolutions) else []
    _write(out, "H", {"kind": "rows" if is_rows else "triples", "variables": names})
    limit, most = request["limit"], request.get("most_bytes")
    count = written = 0
    more = False
    held: list[str] = []
    size = 0
    for one in islice(found, None if limit is None else limit + 1):
        if count == limit:
            more = True
            break
        if is_rows:
            line = "R" + "".join([("" if term is None else str(term)) + "\t" for term in one]) + "\n"
        else:
            line = f"T{one} .\n"
        written += len(line)
        if most is not None and written > most:
            more = True
            break
        count += 1
        held.append(line)
        size += len(line)
        if size > _FLUSH_AFTER:
            out.write("".join(held).encode())
            held.clear()
            size = 0
    out.write("".join(held).encode())
    _write(out, "E", {"count": count, "more": more})


def _graphs(names: list[str] | None) -> list[Any] | None:
    import pyoxigraph

    return None if names is None else [pyoxigraph.NamedNode(name) for name in names]


def _write(out: IO[bytes], mark: str, content: dict[str, Any]) -> None:
    out.write(mark.encode() + json.dumps(content).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
