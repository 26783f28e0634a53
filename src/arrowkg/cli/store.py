"""``arrowkg store``: what an embedded store holds."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from arrowkg.cli.console import console_options, printable
from arrowkg.files import print_out

_MOST = 10


@click.group("store")
def command() -> None:
    """Tell what an embedded store holds."""


@command.command("info")
@click.argument("store", metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@console_options
def info(store: str, as_json: bool, quiet: bool, no_progress: bool, error_format: str, debug: bool) -> int:
    """Tell the counts, inputs and captures of an embedded store."""
    from arrowkg.formats.names import Names
    from arrowkg.stores.manifest import live_store

    with live_store(store) as (_, found):
        if as_json:
            print_out(json.dumps({"counts": found.counts, **asdict(found)}, indent=1) + "\n")
            return 0
    short = {term[1:-1]: name for term, name in Names(found.schema_ns).of.items()}
    lines = [store]
    lines += [f"  {title:13} {count:,}" for title, count in found.counts.items()]
    for title, counts in (("classes", found.classes), ("properties", found.properties)):
        lines.append(f"  {title}")
        lines += [f"    {count:>12,}  {short.get(name, name)}" for name, count in counts.items()]
    lines.append("  inputs")
    for one in found.inputs:
        papers = f", {one.papers:,} papers" if one.papers else ""
        lines.append(f"    {one.file} ({one.kind}{papers}), SHA-256 {one.sha256}")
    if found.captures:
        lines.append("  captures")
        for capture in found.captures[:_MOST]:
            lines.append(f"    {capture.name}: {capture.papers:,} papers, SHA-256 {capture.sha256}")
        if len(found.captures) > _MOST:
            lines.append(f"    and {len(found.captures) - _MOST:,} more; --json lists all")
    print_out("\n".join(map(printable, lines)) + "\n")
    return 0
