"""The files and the commands of a product's own loader, for graphs that HTTP is too slow for."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from arrowkg.errors import OutputError, UsageError
from arrowkg.files import sync_folder
from arrowkg.settings import MIB
from arrowkg.stores.remote.payload import Payload

SCRIPT: Final = "load.sh"
_PART_BYTES: Final = 256 * MIB


@dataclass(frozen=True, slots=True)
class Loader:
    """How one product loads files.

    Attributes:
        name: how the product is named on the command line.
        title: how it is named to people.
        needs: what must be true before the script is run, a line each.
        commands: the lines of the script, given the graph and the names of the files.
        is_compressed: whether it takes files compressed with gzip.
        part_bytes: the most text in one file.
        suffix: of the files, before a suffix of compression.
        has_graph: whether each line of a file names the graph, as N-Quads.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    commands: Callable[[str, list[str]], list[str]]
    is_compressed: bool = True
    part_bytes: int = _PART_BYTES
    suffix: str = ".nt"
    has_graph: bool = False


def _oxigraph(graph: str, files: list[str]) -> list[str]:
    return [
        ': "${OXIGRAPH_LOCATION:?set it to the folder of the store}"',
        f'oxigraph load --location "$OXIGRAPH_LOCATION" --graph {quoted(graph)} --file {_listed(files)}',
    ]


def _virtuoso(graph: str, files: list[str]) -> list[str]:
    ours = "ll_file like '$VIRTUOSO_FOLDER/part-%.nt.gz'"
    return [
        ': "${VIRTUOSO_PASSWORD:?set it to the password of the user dba}"',
        'VIRTUOSO_ISQL="${VIRTUOSO_ISQL:-isql-vt}"',
        'VIRTUOSO_SERVER="${VIRTUOSO_SERVER:-127.0.0.1:1111}"',
        'VIRTUOSO_FOLDER="${VIRTUOSO_FOLDER:-$(pwd)}"',
        "case $VIRTUOSO_FOLDER in",
        "  *[!A-Za-z0-9/._-]*) echo 'move the files to a folder with a plain name' >&2; exit 1 ;;",
        "esac",
        # A loader that noted these files before would pass them over.
        'told="$("$VIRTUOSO_ISQL" "$VIRTUOSO_SERVER" dba "$VIRTUOSO_PASSWORD" ERRORS=STDOUT VERBOSE=OFF <<END',
        f"delete from DB.DBA.load_list where {ours};",
        f"ld_dir ('$VIRTUOSO_FOLDER', 'part-%.nt.gz', {_sql(graph)});",
        "rdf_loader_run ();",
        "checkpoint;",
        "select concat ('NOT ', 'LOADED ', ll_file) from DB.DBA.load_list",
        f"  where {ours} and (ll_state <> 2 or ll_error is not null);",
        f"select concat ('FILES ', 'LOADED ', cast (count (*) as varchar)) from DB.DBA.load_list where {ours};",
        "END",
        ')"',
        "printf '%s\\n' \"$told\"",
        "case $told in",
        "  *'*** Error'* | *'NOT LOADED'*) exit 1 ;;",
        f"  *'FILES LOADED {len(files)}'[!0-9]*) ;;",
        "  *) echo 'the server did not find the files' >&2; exit 1 ;;",
        "esac",
    ]


def _fuseki(graph: str, files: list[str]) -> list[str]:
    return [
        ': "${FUSEKI_LOCATION:?set it to the folder of the TDB2 database}"',
        f'tdb2.tdbloader --loc "$FUSEKI_LOCATION" --graph={quoted(graph)} {_listed(files)}',
    ]


def _graphdb(graph: str, files: list[str]) -> list[str]:
    return [
        ': "${GRAPHDB_REPOSITORY:?set it to the name of the repository}"',
        f'importrdf load -f -i "$GRAPHDB_REPOSITORY" -m parallel {_listed(files)}',
    ]


def _qlever(graph: str, files: list[str]) -> list[str]:
    return [
        ': "${QLEVER_NAME:?set it to the base name of the index}"',
        'QLEVER_INDEX="${QLEVER_INDEX:-qlever-index}"',
        f'gunzip -c {_listed(files)} | "$QLEVER_INDEX" -i "$QLEVER_NAME" -F nq',
    ]


LOADERS: Final = {
    loader.name: loader
    for loader in (
        Loader(
            "virtuoso",
            "Virtuoso",
            (
                "The server runs, and DirsAllowed of its virtuoso.ini has the folder of these files.",
                "VIRTUOSO_FOLDER is that folder as the server sees it, if that differs.",
                "The triples are added to the graph. The password is an argument of isql while that runs.",
            ),
            _virtuoso,
        ),
        Loader(
            "fuseki",
            "Apache Jena Fuseki",
            ("The server does not run. The triples are added to the graph.",),
            _fuseki,
        ),
        Loader(
            "qlever",
            "QLever",
            ("A new index is made, with these triples alone. QLEVER_INDEX names IndexBuilderMain in old versions.",),
            _qlever,
            suffix=".nq",
            has_graph=True,
        ),
        Loader(
            "graphdb",
            "GraphDB",
            ("The server does not run. The repository is overwritten: it has these triples alone afterwards.",),
            _graphdb,
            suffix=".nq",
            has_graph=True,
        ),
        Loader(
            "oxigraph",
            "Oxigraph",
            ("The server does not run. The triples are added to the graph.",),
            _oxigraph,
            # It has no word for compressed files on its command line.
            is_compressed=False,
        ),
    )
}
"""Every product with a loader, by name."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        files: the files with triples.
        triples: how many triples they hold.
    """

    files: tuple[str, ...]
    triples: int


def write_bulk(payload: Payload, loader: Loader, graph: str, folder: str) -> Written:
    """Write the files of a bulk load and the script that loads them.

    The folder is written aside and renamed into place. Equal triples make equal bytes.

    Args:
        payload: the triples.
        loader: the product's loader.
        graph: the IRI of the graph, checked.
        folder: the folder; it must not be there, or be empty.

    Raises:
        UsageError: the folder holds something.
        OutputError: it cannot be written.
    """
    place = Path(folder)
    try:
        if place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir()))):
            raise UsageError(f"{folder} is there and not an empty folder", hint="name a new one")
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{place.name[:50]}.", suffix=".part", dir=place.parent))
        try:
            files = _write_parts(payload, loader, graph, aside)
            script = aside / SCRIPT
            script.write_text(_script(loader, graph, files), encoding="utf-8", newline="\n")
            script.chmod(0o755)
            aside.chmod(0o755)
            sync_folder(aside)
            aside.replace(place)
            sync_folder(place.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"it cannot be written ({error.strerror or error})", file=folder) from None
    return Written(tuple(files), payload.count)


def _write_parts(payload: Payload, loader: Loader, graph: str, folder: Path) -> list[str]:
    names: list[str] = []
    end = f" <{graph}> .\n".encode()
    for number, batch in enumerate(_parts(payload, loader.part_bytes), 1):
        name = f"part-{number:04d}{loader.suffix}{'.gz' if loader.is_compressed else ''}"
        names.append(name)
        with (folder / name).open("wb") as file, contextlib.ExitStack() as stack:
            out: IO[bytes] = file
            if loader.is_compressed:
                out = stack.enter_context(cast(IO[bytes], gzip.GzipFile("", "wb", 6, file, mtime=0)))
            out.writelines(line[:-3] + end if loader.has_graph else line for line in batch)
            stack.close()
            file.flush()
            os.fsync(file.fileno())
    return names


def _parts(payload: Payload, most: int) -> Iterator[Iterator[bytes]]:
    """The lines in parts of about so many bytes, read as they are written."""
    lines = payload.lines()
    for first in lines:
        yield _part(first, lines, most)


def _part(first: bytes, lines: Iterator[bytes], most: int) -> Iterator[bytes]:
    size = len(first)
    yield first
    while size < most:
        line = next(lines, b"")
        if not line:
            return
        size += len(line)
        yield line


def _script(loader: Loader, graph: str, files: list[str]) -> str:
    lines = [
        "#!/bin/sh",
        f"# Loads these files into a graph with {loader.title}'s own loader.",
        *[f"# {need}" for need in loader.needs],
        "set -eu",
        'cd "$(dirname "$0")"',
        *loader.commands(graph, files),
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as one word of a POSIX shell.

    >>> print(quoted("it's $here"))
    'it'\\''s $here'
    """
    return "'" + text.replace("'", "'\\''") + "'"


def _listed(files: list[str]) -> str:
    return " ".join(map(quoted, files))


def _sql(text: str) -> str:
    """A text as SQL inside a here-document; a dollar means something to the shell and to isql, quoted or not.

    >>> print(_sql("it's $5"))
    concat ('it''s ', chr (36), '5')
    """
    parts = [f"'{part}'" for part in text.replace("'", "''").split("$")]
    return f"concat ({', chr (36), '.join(parts)})" if len(parts) > 1 else parts[0]
