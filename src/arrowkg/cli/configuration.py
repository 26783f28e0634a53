"""Where a setting's value comes from: a flag, then the environment, then a file, then the default."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from arrowkg.errors import UsageError
from arrowkg.settings import Settings

_FIELDS: Final = {field.name: field for field in fields(Settings)}
# Variables that are no settings: what they hold is secret and shown nowhere.
_SECRETS: Final = frozenset(("ARROWKG_AUTH",))
_TRUE: Final = frozenset(("1", "true", "yes", "on"))
_FALSE: Final = frozenset(("0", "false", "no", "off"))
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Configured:
    """Settings, and for each the place that its value comes from.

    Attributes:
        settings: the settings.
        origins: by name of the setting: a flag, a variable, a file, or ``default``.
    """

    settings: Settings
    origins: dict[str, str]


def mapping_options(command: _Command) -> _Command:
    """The options of every command that maps listings."""
    for option in (
        click.option(
            "--characters",
            type=click.Choice(["keep", "replace", "refuse"]),
            help="Control characters in texts: keep those that RDF can carry, replace all, or refuse the record.",
        ),
        click.option("--abstracts/--no-abstracts", default=None, help="Write abstracts, or leave them out."),
        click.option("--schema-ns", type=click.Choice(["https", "http"]), help="The form of schema.org's namespace."),
        click.option("--base-iri", metavar="IRI", help="The start of every IRI that is made; it ends in a slash."),
    ):
        command = option(command)
    return command


def configured(
    flags: Mapping[str, object], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Configured:
    """The settings of a run.

    Args:
        flags: values given on the command line by name of the setting, ``None`` for a flag that was not given.
        environment: variables; those of the process if it is ``None``.
        folder: where ``arrowkg.toml`` or ``pyproject.toml`` is looked for; the working folder if it is ``None``.

    Raises:
        UsageError: a value cannot be used, or a file or a variable names no setting.

    >>> found = configured({"schema_ns": "http"}, {"ARROWKG_ABSTRACTS": "no"}, Path("/nowhere"))
    >>> found.settings.schema_ns, found.settings.abstracts, found.origins["abstracts"]
    ('http', False, 'ARROWKG_ABSTRACTS')
    """
    values: dict[str, Any] = {}
    origins = dict.fromkeys(_FIELDS, "default")
    layers = (
        _from_file(folder or Path.cwd()),
        _from_environment(os.environ if environment is None else environment),
        {name: (value, f"--{name.replace('_', '-')}") for name, value in flags.items() if value is not None},
    )
    for layer in layers:
        for name, (value, origin) in layer.items():
            values[name], origins[name] = value, origin
    try:
        return Configured(Settings(**values), origins)
    except UsageError as error:
        origin = origins.get(error.setting, "default")
        if origin != "default":
            error.reason = f"{origin}: {error.reason}"
        raise


def _from_file(folder: Path) -> dict[str, tuple[object, str]]:
    for name in ("arrowkg.toml", "pyproject.toml"):
        path = folder / name
        if not path.is_file():
            continue
        found = _toml(path, name)
        table = found if name == "arrowkg.toml" else _table(found, "tool", name).get("arrowkg")
        if table is not None and not isinstance(table, dict):
            raise UsageError(f"{name}: [tool.arrowkg] is not a table")
        if table is not None:
            values: dict[str, tuple[object, str]] = {}
            for key, value in table.items():
                setting = _known(key.replace("-", "_"), key, name)
                if setting in values:
                    raise UsageError(f"{name}: {setting} is set twice, with a hyphen and with an underscore")
                values[setting] = value, name
            return values
    return {}


def _toml(path: Path, name: str) -> dict[str, Any]:
    """The content of a TOML file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"it cannot be read ({error.strerror or error})", file=name) from None
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError("no TOML: it is not UTF-8", file=name, line=line) from None
    except (ValueError, RecursionError) as error:
        place = re.search(r"line ([0-9]+)", str(error))
        line = int(place[1]) if place else content.rstrip(b"\n").count(b"\n") + 1
        told = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"no TOML: {told}", file=name, line=line) from None


def _table(found: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    table = found.get(key, {})
    if not isinstance(table, dict):
        raise UsageError(f"{name}: {key} is not a table")
    return table


def _from_environment(environment: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    found: dict[str, tuple[object, str]] = {}
    for variable, text in sorted(environment.items()):
        if variable.startswith("ARROWKG_") and variable not in _SECRETS:
            name = _known(variable.removeprefix("ARROWKG_").lower(), variable, "the environment")
            found[name] = _value(name, text, variable), variable
    return found


def _known(name: str, as_given: str, where: str) -> str:
    if name in _FIELDS:
        return name
    near = get_close_matches(name, _FIELDS, 1)
    hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(_FIELDS)}"
    raise UsageError(f"{where}: there is no setting {as_given!r}", hint=hint)


def _value(name: str, text: str, variable: str) -> object:
    """The value that a variable's text stands for."""
    default = _FIELDS[name].default
    assert default is not MISSING
    if isinstance(default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise UsageError(f"{variable}: {text!r} is neither true nor false")
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{variable}: {text!r} is not a whole number") from None
    return text
