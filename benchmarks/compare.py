"""Whether files of N-Triples hold the same triples: ``python -m benchmarks.compare FILE FILE…``.

Each file is read by a parser that is nobody's of those compared, written in one canonical form, and sorted with repeats
removed; then the bytes must be equal. Memory stays flat, since sorting is the system's.
"""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

from pyoxigraph import RdfFormat, parse


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
    first = paths[0].with_suffix(".sorted")
    count = 0
    for path in paths:
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
