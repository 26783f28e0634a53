"""Files and commands for a store's own bulk loader, for graphs that are too large for HTTP."""

from __future__ import annotations

import contextlib
import gzip
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from arrowkg.errors import OutputError, UsageError
from arrowkg.files import GZIP_LEVEL, sync_folder
from arrowkg.settings import MIB
from arrowkg.stores.remote.payload import Payload

SCRIPT: Final = "load.sh"
_DATA: Final = "data-"


@dataclass(frozen=True, slots=True)
class Load:
    """What a script loads.

    Attributes:
        graph: the IRI of the graph.
        triples: how many triples the files hold.
        files: the names of the files, beside the script.
    """

    graph: str
    triples: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loader:
    """The bulk loader of one product.

    Attributes:
        name: how the product is named on the command line.
        title: how it is named to people.
        suffix: of the files that it reads; ``.nq`` for a loader that takes the graph from the file alone.
        part_bytes: the most bytes of a file before compression, ``None`` where one file is as good as many.
        notes: what a person should know who runs the script, a sentence a line.
        commands: the commands that load the files, as lines of POSIX shell.
    """

    name: str
    title: str
    suffix: str
    part_bytes: int | None
    notes: str
    commands: Callable[[Load], str]


def _oxigraph(load: Load) -> str:
    return f"""\
: "${{1:?name the folder of the database}}"
graph={shlex.quote(load.graph)}
"${{OXIGRAPH:-oxigraph}}" load --location "$1" --graph "$graph" --file "$here"/{_DATA}*.nt.gz
"""


def _virtuoso(load: Load) -> str:
    # A SQL text doubles its single quotes; the shell's quotes are around that.
    return f"""\
: "${{VIRTUOSO_PASSWORD:?set it to the password of the user}}"
address=${{1:-127.0.0.1:1111}}
graph={shlex.quote(load.graph.replace("'", "''"))}
folder=$(printf %s "$here" | sed "s/'/''/g")
# The full stop is the character after the hyphen.
ours="LL_FILE between '$folder/data-' and '$folder/data.'"
failed() {{
    printf '%s\\n' "$1" >&2
    exit 1
}}
# Without its first line, files that were loaded once would be left out.
answer=$("${{VIRTUOSO_ISQL:-isql-vt}}" "$address" "${{VIRTUOSO_USER:-dba}}" "$VIRTUOSO_PASSWORD" \\
    BANNER=OFF VERBOSE=OFF PROMPT=OFF ERRORS=STDOUT MACRO_SUBSTITUTION=OFF <<SQL
delete from DB.DBA.LOAD_LIST where $ours;
ld_dir('$folder', '{_DATA}%.nt.gz', '$graph');
rdf_loader_run();
checkpoint;
select concat('files=', cast(count(*) as varchar)) from DB.DBA.LOAD_LIST
    where $ours and LL_STATE = 2 and LL_ERROR is null;
select concat('triples=', cast(count(*) as varchar)) from DB.DBA.RDF_QUAD where G = iri_to_id('$graph', 0);
SQL
) || failed "$answer"
# isql ends well after an error of SQL too, so what it says is looked at.
case $answer in *'*** Error'*) failed "$answer" ;; esac
files=$(printf '%s\\n' "$answer" | sed -n 's/^files=//p')
triples=$(printf '%s\\n' "$answer" | sed -n 's/^triples=//p')
[ "$files" = {len(load.files)} ] || failed "Virtuoso loaded $files of {len(load.files)} files"
[ "$triples" -ge {load.triples} ] || failed "the graph has $triples of {load.triples} triples"
echo "the graph has $triples triples"
"""


def _fuseki(load: Load) -> str:
    return f"""\
: "${{1:?name the folder of the TDB2 database}}"
graph={shlex.quote(load.graph)}
"${{TDBLOADER:-tdb2.tdbloader}}" --loc="$1" --graph="$graph" "$here"/{_DATA}*.nt.gz
"""


def _qlever(load: Load) -> str:
    return f"""\
: "${{1:?name the index: a folder that is there, and the start of the names of its files}}"
graph={shlex.quote(load.graph)}
"${{QLEVER_INDEX:-qlever-index}}" -i "$1" -F nt -g "$graph" -f "$here"/{load.files[0]}
"""


def _graphdb(load: Load) -> str:
    return f"""\
: "${{1:?name the repository, and --force after it to lose what it has}}"
repository=$1
shift
"${{IMPORTRDF:-importrdf}}" load -s "$@" -i "$repository" -m parallel "$here"/{_DATA}*.nq.gz
"""


LOADERS: Final = {
    loader.name: loader
    for loader in (
        Loader(
            "virtuoso",
            "Virtuoso",
            ".nt.gz",
            64 * MIB,
            "Run it as: VIRTUOSO_PASSWORD=... sh load.sh [HOST:PORT], on the machine of the server.\n"
            "DirsAllowed in virtuoso.ini must name this folder, and the server must be able to read it.\n"
            "isql takes the password on its own command line, which other users of the machine may see.\n"
            "The triples are added to those that the graph has.",
            _virtuoso,
        ),
        Loader(
            "fuseki",
            "Apache Jena Fuseki",
            ".nt.gz",
            None,
            "Run it as: sh load.sh DATABASE, with the folder of the TDB2 database, while no server has it open.\n"
            "The triples are added to those that the graph has.",
            _fuseki,
        ),
        Loader(
            "qlever",
            "QLever",
            ".nt",
            None,
            "Run it as: sh load.sh INDEX, and then start qlever-server with that index.\n"
            "A new index is built, which holds these triples alone.",
            _qlever,
        ),
        Loader(
            "graphdb",
            "GraphDB",
            ".nq.gz",
            64 * MIB,
            "Run it as: sh load.sh REPOSITORY [--force], while the server is stopped.\n"
            "The repository is written anew: what it had is lost, for which GraphDB wants --force.",
            _graphdb,
        ),
        Loader(
            "oxigraph",
            "Oxigraph",
            ".nt.gz",
            64 * MIB,
            "Run it as: sh load.sh DATABASE, with the folder of the database, while no server has it open.\n"
            "The triples are added to those that the graph has.",
            _oxigraph,
        ),
    )
}
"""The bulk loader of every product, by name."""


def script_of(loader: Loader, load: Load) -> str:
    """The text of the script that loads the files with a product's own loader.

    Args:
        loader: the product.
        load: what to load.

    >>> print(script_of(LOADERS["fuseki"], Load("https://e.org/it's", 3, ("data-0001.nt.gz",))).splitlines()[-2])
    graph='https://e.org/it'"'"'s'
    """
    notes = "".join([f"# {line}\n" for line in loader.notes.split("\n")])
    return f"""\
#!/bin/sh
# Loads {load.triples:,} triples into a graph of {loader.title} with its own loader.
{notes}set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
{loader.commands(load)}"""


def check_folder(folder: str) -> None:
    """Refuse a folder in which something is.

    Raises:
        UsageError: it is no folder, or not empty.
    """
    path = Path(folder)
    if path.is_dir():
        try:
            is_empty = not any(path.iterdir())
        except OSError as error:
            raise UsageError(f"{folder} cannot be read ({error.strerror})") from None
        if not is_empty:
            raise UsageError(f"{folder} is not empty", hint="name a new or empty folder")
    elif path.exists() or path.is_symlink():
        raise UsageError(f"{folder} is not a folder", hint="name a new or empty folder")


def write_bulk(payload: Payload, loader: Loader, graph: str, folder: str) -> Load:
    """Write the files and the script of a bulk load, which are in their folder together or not at all.

    Args:
        payload: the triples.
        loader: the product.
        graph: the IRI of the graph, which must be a valid one.
        folder: a folder that is not there, or empty.

    Raises:
        OutputError: it cannot be written, or something is in the folder.
    """
    with _written_aside(folder) as aside:
        files: list[str] = []
        for number, lines in enumerate(_parts(payload, loader), start=1):
            files.append(f"{_DATA}{number:04}{loader.suffix}")
            with _data_file(aside / files[-1]) as file:
                for line in lines:
                    # A line ends with a blank, a full stop and a line feed; the graph goes before the full stop.
                    file.write(line[:-2] + f"<{graph}> .\n".encode() if ".nq" in loader.suffix else line)
        load = Load(graph, payload.count, tuple(files))
        script = aside / SCRIPT
        script.write_bytes(script_of(loader, load).encode())
        script.chmod(script.stat().st_mode | (script.stat().st_mode & 0o444) >> 2)
    return load


def _parts(payload: Payload, loader: Loader) -> Iterator[Iterator[bytes]]:
    """The lines of each file; each is to be read to its end before the next."""
    lines = payload.lines()
    first: list[bytes] = [next(lines)]

    def part() -> Iterator[bytes]:
        size = len(first[0])
        yield first.pop()
        for line in lines:
            if loader.part_bytes is not None and size + len(line) > loader.part_bytes:
                first.append(line)
                return
            size += len(line)
            yield line

    while first:
        yield part()


@contextlib.contextmanager
def _data_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, compressed by suffix; no name or time goes in, so that the bytes are the same every time."""
    with path.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0) as packed:
                yield cast(BinaryIO, packed)
        else:
            yield file
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _written_aside(folder: str) -> Iterator[Path]:
    """A folder that takes the place of another at the end, and goes if anything fails.

    Raises:
        OutputError: it cannot be written.
    """
    target = Path(os.path.realpath(folder))
    aside: Path | None = None
    try:
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name[:50]}.", suffix=".part", dir=target.parent))
        inside = aside / "bulk"
        # Made as any folder is: the one around it is private, and a server of another user reads this one.
        inside.mkdir()
        yield inside
        sync_folder(inside)
        inside.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise OutputError(f"it cannot be written ({error.strerror or error})", file=folder) from None
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
