"""What is in a generation of a store: its inputs, its counts, its files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from arrowkg.errors import StoreError
from arrowkg.generations import Generations
from arrowkg.model import InputRead
from arrowkg.terms import iri_of
from arrowkg.vocab import AK_AUTHOR_NAME, AK_AUTHOR_PAGE, AK_AUTHORSHIP, AK_PAPER, AK_VENUE, AK_VOLUME

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
NAMES: Final = "names.tsv"
_LAYOUT: Final = 1
_ANEW: Final = "build it anew from its inputs, with arrowkg load"


@dataclass(frozen=True, slots=True)
class CaptureHeld:
    """A saved page of the graph.

    Attributes:
        name: the author name in its header.
        sha256: of the page's bytes, in hex.
        papers: how many entries were found on it.
    """

    name: str
    sha256: str
    papers: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. It says nothing of when or where, so that equal loads make equal manifests.

    Attributes:
        schema_ns: which form of schema.org's namespace the listings were mapped to.
        inputs: what was loaded, one entry for equal bytes read in the same way.
        triples: how many triples there are.
        classes: nodes by class, by IRI.
        properties: triples by property, by IRI.
        names: how many author names there are.
        captures: the saved pages, by name.
    """

    schema_ns: str
    inputs: tuple[InputRead, ...]
    triples: int
    classes: dict[str, int]
    properties: dict[str, int]
    names: int
    captures: tuple[CaptureHeld, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The counts that people ask for first, by what is counted."""
        counted = {
            "papers": AK_PAPER,
            "authorships": AK_AUTHORSHIP,
            "authors": AK_AUTHOR_NAME,
            "venues": AK_VENUE,
            "volumes": AK_VOLUME,
            "captures": AK_AUTHOR_PAGE,
        }
        return {"triples": self.triples, **{what: self.classes.get(iri_of(term), 0) for what, term in counted.items()}}


def inputs_of(*groups: Iterable[InputRead]) -> tuple[InputRead, ...]:
    """Inputs in order, those of equal bytes that were read in the same way once.

    >>> one = InputRead("a.nt", "ntriples", "00" * 32, 0)
    >>> inputs_of([one], [one, InputRead("b.nt", "ntriples", "11" * 32, 0)])[1].file
    'b.nt'
    """
    found: dict[tuple[str, str, int], InputRead] = {}
    for group in groups:
        for one in group:
            found.setdefault((one.sha256, one.kind, one.papers), one)
    return tuple(found.values())


def write_manifest(generation: Path, manifest: Manifest) -> None:
    """Write the manifest of a generation whose database is closed, with the sizes of the database's files."""
    # The tables and what lists them; the rest is logs that whoever opens the database may write.
    kept = sorted(
        path for pattern in ("*.sst", "CURRENT", "MANIFEST-*") for path in (generation / DATABASE).glob(pattern)
    )
    sizes = {path.name: path.stat().st_size for path in kept}
    content = {"layout": _LAYOUT, **asdict(manifest), "files": sizes}
    (generation / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_manifest(generation: Path, store: str) -> Manifest:
    """The manifest of a generation, after a look at whether the database's files are all there.

    Args:
        generation: the generation.
        store: the store as the user named it, for errors.

    Raises:
        StoreError: it is damaged, or of another version of arrowkg.
    """
    try:
        found = json.loads((generation / MANIFEST).read_text(encoding="utf-8"))
        layout, sizes = found.pop("layout"), found.pop("files")
        if layout != _LAYOUT:
            raise StoreError("the store was made by another version of arrowkg", hint=_ANEW, file=store)
        inputs = tuple(InputRead(**one) for one in found.pop("inputs"))
        captures = tuple(CaptureHeld(**one) for one in found.pop("captures"))
        manifest = Manifest(inputs=inputs, captures=captures, **found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StoreError("the store is damaged: its manifest cannot be read", hint=_ANEW, file=store) from None
    for name, size in sizes.items():
        path = generation / DATABASE / name
        if not path.is_file() or path.stat().st_size != size:
            what = "has another size than it had" if path.is_file() else "is missing"
            raise StoreError(f"the store is damaged: {DATABASE}/{name} {what}", hint=_ANEW, file=store)
    return manifest


@contextmanager
def live_store(folder: str) -> Iterator[tuple[Path, Manifest]]:
    """The live generation of a store, which stays as long as it is read, and its manifest.

    Raises:
        UsageError: there is no store.
        StoreError: it is damaged.
    """
    with Generations(folder, "store").reading() as generation:
        yield generation, read_manifest(generation, folder)
