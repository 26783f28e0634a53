"""The command line: parse arguments, call, print; nothing else.

Commands are imported when they are run, so that ``arrowkg --help`` answers at once.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import Final

import click

from arrowkg.cli.console import fail
from arrowkg.errors import OutputError

# Every command with its module and its line in the help, so that the help imports none of them.
_COMMANDS: Final = {
    "export": ("export", "Turn listings into RDF, checked before it is put in its place."),
    "validate": ("validate", "Check RDF or listings against SHACL shapes."),
    "inspect": ("inspect", "Tell what an input is and what is in it."),
    "listing": ("listing", "Turn a graph back into an Arrow page."),
    "load": ("load", "Load listings or RDF into an embedded store."),
    "store": ("store", "Tell what an embedded store holds."),
    "query": ("query", "Ask a store, files or an end point a SPARQL query."),
    "search": ("search", "Show the papers of an author name."),
    "site": ("site", "Turn listings or RDF into a web site of files."),
    "serve": ("serve", "Serve a store as web pages, linked data and SPARQL."),
    "spark": ("spark", "Turn listings of any size into RDF on a Spark cluster."),
    "push": ("push", "Send listings or RDF to a triple store."),
    "bulk-script": ("bulk_script", "Write the files and commands of a triple store's own loader."),
    "formats": ("formats", "List the formats that are read and written."),
    "config": ("config", "Show each setting and where its value comes from."),
    "completion": ("completion", "Print a script that completes commands in a shell."),
}


class _Commands(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"arrowkg.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" The commands are {', '.join(_COMMANDS)}."
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"arrowkg {version('arrowkg')}")
        ctx.exit()


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 the data does not conform, 2 usage, 3 bad input, 4 an output cannot be written, "
    "or a store or server cannot be used, or workers were ended, 5 a bug, 130 interrupted.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def cli() -> None:
    """Turn listings of research papers into linked data that people can trust.

    \b
    arrowkg export page.txt -o papers.ttl --base-iri https://kg.example.org/
    """


def _end(number: int, frame: object) -> None:
    """End on a signal as on an error, so that temporary files go."""
    sys.exit(128 + number)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _end)
    code = 0
    try:
        code = cli.main(standalone_mode=False, prog_name="arrowkg") or 0
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.exit(code)
    except SystemExit as error:
        # click ends with 1 where the reader of standard output went away; here 1 means that data does not conform.
        sys.exit(OutputError.exit_code if error.code == 1 and not code else error.code)
    except Exception as error:
        sys.exit(fail(error, sys.argv))
    except KeyboardInterrupt:
        sys.exit(fail(click.Abort(), sys.argv))
