"""The papers with maplib: a stOTTR template for each table, expanded over data frames, then written as N-Triples.

It runs in an environment of its own: ``python maplib_peer.py TABLES OUTPUT``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from duckdb_peer import PREFIXES, RULES  # type: ignore[import-not-found, unused-ignore]

BASE: Final = "urn:template:"
_TYPES: Final = {"iri": "ottr:IRI", "text": "xsd:string"}
_OTTR: Final = "http://ns.ottr.xyz/0.4/"


def template(table: str, subject: str, properties: tuple[tuple[str, str, str], ...]) -> str:
    """The template of a table; a column without a value leaves its triple out."""
    types = {subject: "ottr:IRI"}
    triples = []
    for predicate, kind, value in properties:
        if kind == "term":
            found = value
        elif kind == "fixed":
            found = "true"
        else:
            # One column has one type; a position is a text in the table.
            types[value] = _TYPES.get(kind, kind)
            found = f"?{value}"
        triples.append(f"  ottr:Triple(?{subject}, {predicate}, {found})")
    names = ", ".join(f"{'' if name == subject else '? '}{kind} ?{name}" for name, kind in types.items())
    return f"<{BASE}{table}> [ {names} ] :: {{\n" + ",\n".join(triples) + "\n} .\n"


def main() -> None:
    """Write the triples of the tables in a folder."""
    import polars as pl  # type: ignore[import-not-found, unused-ignore]
    from maplib import Model  # type: ignore[import-not-found, unused-ignore]

    folder, output = Path(sys.argv[1]), sys.argv[2]
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in {**PREFIXES, "ottr": _OTTR}.items())
    model: Any = Model()
    model.add_template(prefixes + "".join(template(table, *rule) for table, rule in RULES.items()))
    for table, (subject, properties) in RULES.items():
        source = folder / f"{'authorships' if table == 'bylines' else table}.csv"
        used = {subject, *(value for _, kind, value in properties if kind not in ("term", "fixed"))}
        frame = pl.read_csv(source, infer_schema=False).select(sorted(used))
        if "position" in used:
            frame = frame.with_columns(pl.col("position").cast(pl.Int64))
        if frame.height:
            model.map(BASE + table, frame)
    model.write(output, format="ntriples")


if __name__ == "__main__":
    main()
