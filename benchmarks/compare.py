"""Whether files of N-Triples hold the same triples: ``python -m benchmarks.compare FILE FILE…``.

Each file is read by a parser that is nobody's of those compared, written in one canonical form, and sorted with repeats
removed; then the bytes must be equal. Memory stays flat, since sorting is the system's. A file with the bytes of the
first one is not read further. Where files have many gigabytes, which a disk may not hold several times, the digests of
the canonical triples are compared instead, each once.
"""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pyoxigraph import RdfFormat, parse

_SORTED_BYTES: Final = 8 << 30
_DIGEST: Final = 16
_PARTS: Final = 256


def write_canonical(path: Path, output: Path) -> tuple[int, int]:
    """Write the triples of a file, sorted and each once; how many the file writes, and how many they are."""
    written = 0
    command = ["sort", "-u", "-o", str(output)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}) as sort:
        assert sort.stdin is not None
        for quad in parse(path=path, format=RdfFormat.N_TRIPLES):
            written += 1
            sort.stdin.write(f"{quad.triple} .\n".encode())
        sort.stdin.close()
    if sort.returncode != 0:
        raise subprocess.CalledProcessError(sort.returncode, command)
    with output.open("rb") as file:
        return written, sum(1 for _ in file)


def total(path: Path) -> tuple[int, int, int]:
    """How many triples a file writes, how many they are, and the sum of their digests, each once."""
    written = distinct = added = 0
    with TemporaryDirectory(dir=path.parent) as folder, ExitStack() as opened:
        # Equal digests lie in the same part, and a part fits into memory.
        parts = [opened.enter_context((Path(folder) / str(number)).open("w+b")) for number in range(_PARTS)]
        for quad in parse(path=path, format=RdfFormat.N_TRIPLES):
            written += 1
            digest = blake2b(str(quad.triple).encode(), digest_size=_DIGEST).digest()
            parts[digest[0]].write(digest)
        for part in parts:
            part.seek(0)
            found = part.read()
            digests = {found[place : place + _DIGEST] for place in range(0, len(found), _DIGEST)}
            distinct += len(digests)
            added += sum(map(int.from_bytes, digests))
    return written, distinct, added


def compare_totals(paths: list[Path]) -> int:
    """Print the number of triples of the first file, or that another one has others; 0 if none has."""
    others = [path for path in paths[1:] if not filecmp.cmp(paths[0], path, shallow=False)]
    with ProcessPoolExecutor() as pool:
        (_, count, sum_of_all), *found = pool.map(total, [paths[0], *others])
    for path, (written, distinct, added) in zip(others, found, strict=True):
        if written != distinct:
            print(f"{path.name} writes {written:,} triples, {distinct:,} of them distinct", file=sys.stderr)
        if (distinct, added) != (count, sum_of_all):
            print(f"{path.name} has {distinct:,} triples, {paths[0].name} has {count:,} others", file=sys.stderr)
            return 1
    print(count)
    return 0


def differences(first: Path, second: Path) -> list[str]:
    """The first few lines that only one of two sorted files has."""
    command = ["comm", "-3", str(first), str(second)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}) as comm:
        assert comm.stdout is not None
        found = [line.decode(errors="replace").rstrip("\n")[:300] for line in islice(comm.stdout, 10)]
        comm.stdout.close()
        comm.wait()
    return found


def main() -> int:
    """Print the number of distinct triples, or what differs; 0 if nothing does."""
    paths = [Path(name) for name in sys.argv[1:]]
    if paths[0].stat().st_size > _SORTED_BYTES:
        return compare_totals(paths)
    first = paths[0].with_suffix(".sorted")
    count = 0
    for path in paths:
        if path is not paths[0] and filecmp.cmp(paths[0], path, shallow=False):
            continue
        output = path.with_suffix(".sorted")
        written, distinct = write_canonical(path, output)
        count = count or distinct
        if written != distinct:
            print(f"{path.name} writes {written:,} triples, {distinct:,} of them distinct", file=sys.stderr)
        if not filecmp.cmp(first, output, shallow=False):
            print(f"{path.name} has not the triples of {paths[0].name}:", file=sys.stderr)
            print("\n".join(differences(first, output)), file=sys.stderr)
            return 1
        if path is not paths[0]:
            output.unlink()
    first.unlink()
    print(count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
