"""``arrowkg config``: each setting and its origin."""

from __future__ import annotations

from dataclasses import fields

import click

from arrowkg.cli.configuration import configured
from arrowkg.cli.console import console_options
from arrowkg.files import print_out


@click.command("config")
@console_options
def command(quiet: bool, no_progress: bool, error_format: str, debug: bool) -> int:
    """Show each setting and where its value comes from.

    A flag goes before the environment (ARROWKG_BASE_IRI and so on), the environment before arrowkg.toml or
    [tool.arrowkg] in pyproject.toml, both looked for in the working folder.
    """
    found = configured({})
    lines = []
    for field in fields(found.settings):
        value = getattr(found.settings, field.name)
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(f"{field.name:22} {shown:34} {found.origins[field.name]}\n")
    print_out("".join(lines))
    return 0
