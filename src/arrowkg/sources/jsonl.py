"""The neutral input: JSON Lines, one paper a line, as ``paper.schema.json`` beside this module describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import orjson

from arrowkg.errors import BadRecord, BadText
from arrowkg.files import Input
from arrowkg.iris import bare_doi
from arrowkg.model import Notice, Paper
from arrowkg.settings import Settings
from arrowkg.sources.record import Notify, Record, check_limits

FIELDS: Final = frozenset(("id", "title", "authors", "venue", "kind", "year", "abstract", "doi", "url"))
"""The fields that a paper may have; others are named and left out."""

_BOM: Final = b"\xef\xbb\xbf"


def split(source: Input, settings: Settings, notify: Notify) -> Iterator[Record | BadRecord]:
    """Each line that is not blank; see :class:`~arrowkg.sources.record.Split`."""
    # The limit is on what stands before the end of the line.
    for number, line in enumerate(source.lines(settings.max_record_bytes + len(b"\r\n")), 1):
        found = record_of(line, source.name, number, settings)
        if found is not None:
            yield found


def record_of(line: bytes, file: str, number: int, settings: Settings) -> Record | BadRecord | None:
    """The record of a line, with or without its end; ``None`` for a blank one.

    >>> record_of(b' {"title": "On Stones"}\\r\\n', "p.jsonl", 3, Settings())
    Record(file='p.jsonl', line=3, payload=b'{"title": "On Stones"}', capture=None)
    """
    limit = settings.max_record_bytes
    if number == 1:
        line = line.removeprefix(_BOM)
    if len(line.removesuffix(b"\n").removesuffix(b"\r")) > limit:
        return BadRecord(
            f"the line holds more than {limit:,} bytes",
            hint="a longer one can be let through with max_record_bytes in arrowkg.toml",
            file=file,
            line=number,
        )
    stripped = line.strip()
    return Record(file, number, stripped) if stripped else None


def parse(record: Record, settings: Settings, notify: Notify) -> Paper:
    """The paper of a line; see :class:`~arrowkg.sources.record.Parse`.

    >>> parse(Record("p.jsonl", 1, b'{"title": "On Stones", "year": 2024}'), Settings(), print).year
    2024
    """
    found = _json_object(record.payload, settings)
    unknown = found.keys() - FIELDS
    for field in sorted(unknown):
        notify(
            Notice(
                f"unknown field {field!r}", f"the field {field!r} is not known and left out", record.file, record.line
            )
        )
    title = _text(found, "title")
    if title is None:
        raise BadRecord(
            "the paper has no title", hint='each line is one paper, such as {"title": "…", "authors": ["…"]}'
        )
    _identifier(found)
    return check_limits(
        Paper(
            title=title,
            authors=_authors(found),
            venue=_text(found, "venue"),
            kind=_text(found, "kind"),
            year=_year(found),
            abstract=_text(found, "abstract"),
            doi=_doi(found, record, notify),
            url=_text(found, "url"),
        ),
        settings,
        # No form of a character in JSON is shorter than the character, and none is composed of more than three.
        3 * len(record.payload),
    )


def _json_object(payload: bytes, settings: Settings) -> dict[str, object]:
    # A bracket count can only be too high (brackets in texts), so most lines need no closer look.
    if payload.count(b"[") + payload.count(b"{") > settings.max_depth and _depth(payload) > settings.max_depth:
        raise BadRecord(f"the JSON is nested deeper than {settings.max_depth}")
    try:
        found = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in error.msg or settings.characters != "replace":
            raise _not_json(payload, error) from None
        # The standard library lets lone surrogates through, for the mapping to replace.
        try:
            found = json.loads(payload)
        except ValueError:
            raise _not_json(payload, error) from None
    if not isinstance(found, dict):
        raise BadRecord(f"not a paper but {_kind_of(found)}", hint="each line is one JSON object with a title")
    return found


def _not_json(payload: bytes, error: orjson.JSONDecodeError) -> BadRecord:
    try:
        payload.decode()
    except UnicodeDecodeError as wrong:
        return BadRecord(
            f"not UTF-8: byte 0x{payload[wrong.start]:02X} at column {wrong.start + 1}", hint="save it as UTF-8"
        )
    if "surrogate" in error.msg:
        return BadText(f"the text holds a lone surrogate, which is no character ({error.msg} at column {error.colno})")
    return BadRecord(f"not JSON: {error.msg} at column {error.colno}")


def _depth(payload: bytes) -> int:
    """The deepest nesting of brackets outside of strings."""
    deepest = depth = 0
    in_string = escaped = False
    for byte in payload:
        if in_string:
            in_string, escaped = escaped or byte != 0x22, byte == 0x5C and not escaped
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _kind_of(value: object) -> str:
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")


def _text(found: dict[str, object], field: str) -> str | None:
    value = found.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRecord(f"{field}: {_kind_of(value)} where a text is expected")
    return value if value and not value.isspace() else None


def _authors(found: dict[str, object]) -> tuple[str, ...]:
    value = found.get("authors")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadRecord(f"authors: {_kind_of(value)} where a list of names is expected")
    for position, name in enumerate(value, 1):
        if not isinstance(name, str):
            raise BadRecord(f"author {position}: {_kind_of(name)} where a name is expected")
        if not name or name.isspace():
            raise BadRecord(f"author {position} has an empty name")
    return tuple(value)


def _year(found: dict[str, object]) -> int | None:
    value = found.get("year")
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON does not tell 2024.0 from 2024
    if not isinstance(value, int) or isinstance(value, bool):
        shown = f"the text {value[:40]!r}" if isinstance(value, str) else _kind_of(value)
        raise BadRecord(f"year: {shown} where a whole number is expected")
    if not 1 <= value <= 9999:
        raise BadRecord(f"year: {value} is not one from 1 to 9999")
    return value


def _identifier(found: dict[str, object]) -> None:
    """The source's own identifier stays with the source; only its form is checked."""
    value = found.get("id")
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if value is not None and not isinstance(value, str) and not is_whole:
        raise BadRecord(f"id: {_kind_of(value)} where a text or a number is expected")


def _doi(found: dict[str, object], record: Record, notify: Notify) -> str | None:
    value = _text(found, "doi")
    if value is None:
        return None
    doi = bare_doi(value)
    if doi is None:
        text = f"doi: {value[:80]!r} is no DOI and left out; one starts with 10., a number and a slash"
        notify(Notice("not a DOI", text, record.file, record.line))
    return doi
