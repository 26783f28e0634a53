"""``arrowkg completion``: a script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from arrowkg.cli.console import console_options
from arrowkg.files import print_out


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@console_options
def command(shell: str, quiet: bool, no_progress: bool, error_format: str, debug: bool) -> int:
    """Print a script that completes commands and options in a shell.

    \b
    arrowkg completion bash > ~/.local/share/bash-completion/completions/arrowkg
    """
    from arrowkg.cli import cli

    made = get_completion_class(shell)
    assert made is not None
    print_out(made(cli, {}, "arrowkg", "_ARROWKG_COMPLETE").source() + "\n")
    return 0
