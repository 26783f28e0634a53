"""``arrowkg inspect``: what an input is and what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import click

from arrowkg.cli.configuration import configured
from arrowkg.cli.console import console_options, printable
from arrowkg.cli.places import check_places
from arrowkg.files import STDIN_OR_STDOUT, Output
from arrowkg.inspection import Inspection, inspect
from arrowkg.sources import source_named

_MOST = 10


@click.command("inspect")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--from", "from_", metavar="FORMAT", help="The input format, if it is not to be found out.")
@console_options
def command(
    inputs: tuple[str, ...], from_: str | None, quiet: bool, no_progress: bool, error_format: str, debug: bool
) -> int:
    """Tell what an input is taken for and why, and what is in it."""
    settings = configured({}).settings
    check_places(inputs)
    source = None if from_ is None else source_named(from_)
    with Output(STDIN_OR_STDOUT) as place:
        for position, name in enumerate(inputs):
            text = "\n".join(map(printable, _lines(inspect(name, settings, source))))
            place.write(f"{chr(10) if position else ''}{text}\n".encode())
        place.commit()
    return 0


def _lines(found: Inspection) -> Iterable[str]:
    yield found.file
    yield f"  taken for   {found.taken_for}, since {found.reason}"
    if found.triples or found.classes:
        yield f"  triples     {found.triples:,}"
        yield from _counted("classes", found.classes)
        return
    if found.capture:
        yield f"  name        {found.capture.name}"
        yield f"  states      {_stated(found.capture.declared_papers, 'paper')}, " + _stated(
            found.capture.declared_author_rows, "author row"
        )
    counts = (
        (found.papers, "paper"),
        (found.authorships, "authorship"),
        (len(found.spellings), "name"),
        (found.bad, "bad record"),
    )
    yield f"  found       {', '.join([_stated(count, what) for count, what in counts])}"
    yield from _counted("years", {year: found.years[year] for year in sorted(found.years, key=lambda y: -(y or 0))})
    yield from _counted("venues", found.venues)
    yield from _counted("kinds", found.kinds)
    names = Counter({found.spellings[key]: count for key, count in found.names.items()})
    yield from _counted("with" if found.capture else "names", names)
    for oddity in found.oddities.values():
        yield f"  odd         {oddity.topic}: {oddity.count:,}"
        for example in oddity.examples:
            yield f"              {example[:200]}"


def _stated(count: int | None, what: str) -> str:
    if count is None:
        return f"no number of {what}s"
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _counted(title: str, counts: Mapping[Any, int]) -> Iterable[str]:
    """One line of the greatest counts; years keep their order, the rest goes by count."""
    items = list(counts.items())
    if title != "years":
        items.sort(key=lambda item: (-item[1], str(item[0])))
    shown = ", ".join(f"{'none' if name is None else name} {count:,}" for name, count in items[:_MOST])
    more = f" and {len(items) - _MOST:,} more" if len(items) > _MOST else ""
    if shown:
        yield f"  {title:11} {shown}{more}"
