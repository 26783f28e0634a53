"""The papers with DuckDB: one query over the tables that writes N-Triples, all cores at work.

It runs in an environment of its own: ``python duckdb_peer.py TABLES OUTPUT THREADS``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

PREFIXES: Final = {
    "ak": "https://w3id.org/arrowkg/ns#",
    "datacite": "http://purl.org/spar/datacite/",
    "dcterms": "http://purl.org/dc/terms/",
    "fabio": "http://purl.org/spar/fabio/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "frbr": "http://purl.org/vocab/frbr/core#",
    "literal": "http://www.essepuntato.it/2010/06/literalreification/",
    "pro": "http://purl.org/spar/pro/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

# By table: the column of the subject, and each property with its object, as a column, an IRI in a column, a literal of
# a datatype, or a term that is the same for all. An empty column is no value.
RULES: Final[dict[str, tuple[str, tuple[tuple[str, str, str], ...]]]] = {
    "papers": (
        "paper",
        (
            ("rdf:type", "term", "ak:Paper"),
            ("rdf:type", "iri", "schema_class"),
            ("rdf:type", "iri", "fabio_class"),
            ("schema:name", "text", "title"),
            ("schema:headline", "text", "title"),
            ("dcterms:title", "text", "title"),
            ("schema:datePublished", "xsd:gYear", "year"),
            ("fabio:hasPublicationYear", "xsd:gYear", "year"),
            ("schema:isPartOf", "iri", "part_of"),
            ("frbr:partOf", "iri", "part_of"),
            ("ak:venueAsListed", "text", "venue"),
            ("ak:kindAsListed", "text", "kind"),
            ("schema:url", "xsd:anyURI", "url"),
            ("fabio:hasURL", "xsd:anyURI", "url"),
            ("schema:identifier", "text", "doi_address"),
            ("datacite:hasIdentifier", "iri", "identifier"),
        ),
    ),
    "abstracts": ("paper", (("schema:abstract", "text", "abstract"), ("dcterms:abstract", "text", "abstract"))),
    "identifiers": (
        "identifier",
        (
            ("rdf:type", "term", "datacite:Identifier"),
            ("datacite:usesIdentifierScheme", "term", "datacite:doi"),
            ("literal:hasLiteralValue", "text", "doi"),
        ),
    ),
    "authorships": (
        "authorship",
        (
            ("rdf:type", "term", "schema:ListItem"),
            ("rdf:type", "term", "pro:RoleInTime"),
            ("rdf:type", "term", "ak:Authorship"),
            ("pro:withRole", "term", "pro:author"),
            ("pro:isHeldBy", "iri", "author"),
            ("schema:item", "iri", "author"),
            ("schema:position", "xsd:integer", "position"),
            ("ak:nameAsListed", "text", "name"),
        ),
    ),
    "bylines": (
        "paper",
        (
            ("schema:author", "iri", "author"),
            ("dcterms:creator", "iri", "author"),
            ("pro:isDocumentContextFor", "iri", "authorship"),
        ),
    ),
    "authors": (
        "author",
        (
            ("rdf:type", "term", "schema:Person"),
            ("rdf:type", "term", "foaf:Agent"),
            ("rdf:type", "term", "ak:AuthorName"),
            ("ak:identityStatus", "iri", "status"),
            ("ak:homonymNumber", "text", "number"),
            ("schema:disambiguatingDescription", "text", "description"),
        ),
    ),
    "author_names": ("author", (("schema:name", "text", "name"), ("foaf:name", "text", "name"))),
    "venues": (
        "venue",
        (
            ("rdf:type", "term", "ak:Venue"),
            ("rdf:type", "iri", "schema_class"),
            ("rdf:type", "iri", "fabio_class"),
            ("schema:name", "text", "name"),
            ("dcterms:title", "text", "name"),
        ),
    ),
    "volumes": (
        "volume",
        (
            ("rdf:type", "term", "ak:Volume"),
            ("rdf:type", "iri", "schema_class"),
            ("rdf:type", "iri", "fabio_class"),
            ("schema:name", "text", "name"),
            ("dcterms:title", "text", "name"),
            ("fabio:hasPublicationYear", "xsd:gYear", "year"),
            ("schema:isPartOf", "iri", "venue"),
            ("frbr:partOf", "iri", "venue"),
            ("ak:isInferred", "fixed", f'"true"^^<{PREFIXES["xsd"]}boolean>'),
        ),
    ),
}


def term(name: str) -> str:
    """The IRI term of a prefixed name."""
    prefix, _, local = name.partition(":")
    return f"<{PREFIXES[prefix]}{local}>"


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def query(folder: Path) -> str:
    """One row a table row, which holds the lines of all its triples."""
    parts = []
    for table, (subject, properties) in RULES.items():
        pieces = []
        for predicate, kind, value in properties:
            start = f"'<', {subject}, {quoted(f'> {term(predicate)} ')}"
            if kind in ("term", "fixed"):
                pieces.append(f"{start}, {quoted((term(value) if kind == 'term' else value) + ' .')}, chr(10)")
                continue
            found = f"'<', {value}, '>'" if kind == "iri" else f"""'"', lit({value}), '"'"""
            if ":" in kind:
                found += f", {quoted('^^' + term(kind))}"
            pieces.append(f"case when {value} is null then '' else concat({start}, {found}, ' .', chr(10)) end")
        source = folder / f"{'authorships' if table == 'bylines' else table}.csv"
        read = f"read_csv({quoted(str(source))}, header = true, all_varchar = true, nullstr = '', quote = '\"')"
        # Each row of the output ends with a line feed of its own.
        parts.append(f"select rtrim(concat({', '.join(pieces)}), chr(10)) as lines from {read}")
    return " union all ".join(parts)


def main() -> None:
    """Write the triples of the tables in a folder."""
    import duckdb  # type: ignore[import-not-found, unused-ignore]

    folder, output, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    database: Any = duckdb.connect(config={"threads": threads})
    database.execute("set preserve_insertion_order = false")
    escaped = "s"
    for char, escape in (("chr(92)", "\\\\"), ("chr(34)", '\\"'), ("chr(10)", "\\n"), ("chr(13)", "\\r")):
        escaped = f"replace({escaped}, {char}, {quoted(escape)})"
    database.execute(f"create macro lit(s) as {escaped}")
    how = "format csv, header false, quote '', escape '', delimiter '\x01'"
    database.execute(f"copy ({query(folder)}) to {quoted(output)} ({how})")


if __name__ == "__main__":
    main()
