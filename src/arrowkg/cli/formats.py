"""``arrowkg formats``: what is read and written."""

from __future__ import annotations

import click

from arrowkg.cli.console import console_options
from arrowkg.files import COMPRESSIONS, print_out
from arrowkg.formats import FORMATS
from arrowkg.sources import RDF_SUFFIXES, SOURCES


@click.command("formats")
@console_options
def command(quiet: bool, no_progress: bool, error_format: str, debug: bool) -> int:
    """List the formats that are read and written."""
    lines = ["Listings that are read (--from):"]
    lines += [f"  {source.name:13} {source.title}" for source in SOURCES]
    lines += ["", "RDF that is validated and turned back into pages:", f"  {' '.join(RDF_SUFFIXES)}"]
    lines += ["", "RDF that is written (--to):"]
    for found in FORMATS:
        order = "sorted" if found.is_sorted else "in input order"
        lines.append(f"  {found.name:13} {found.title}, {order}")
        lines.append(f"  {'':13} {' '.join(found.suffixes)}  {found.media_type}")
    lines += ["", f"Compressed by suffix: {' '.join(COMPRESSIONS)}; on reading, by content."]
    print_out("\n".join(lines) + "\n")
    return 0
