"""The judge in Python: PyLD, in the process of the tests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final, NoReturn

from pyld.jsonld import JsonLdError, JsonLdProcessor

from judges import Refused

_XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"
# What relative IRIs are resolved against, so that they are found and refused instead of dropped.
_NO_BASE: Final = "https://relative.invalid/"
_ABSOLUTE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\ud800-\udfff]*")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_TO_ESCAPE: Final = re.compile('["\\\\\x00-\x1f\x7f\ufffe\uffff]')
_NAMED: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def _refuse_fetching(url: str, _options: object) -> NoReturn:
    raise Refused(f"PyLD: a document that would have to be fetched: {url}")


def _refuse_dropping(key: object) -> NoReturn:
    raise Refused(f"PyLD: a key that would be dropped: {key!r}")


def _refuse_number(name: str) -> NoReturn:
    raise Refused(f"PyLD: not a number of JSON: {name}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("PyLD: an object with a key twice")
    return found


def _iri(value: str) -> str:
    if _ABSOLUTE_IRI.fullmatch(value) is None or value.startswith(_NO_BASE):
        raise Refused(f"PyLD: not an absolute IRI: {value!r}")
    return f"<{value}>"


def _escaped(match: re.Match[str]) -> str:
    return _NAMED.get(match[0]) or f"\\u{ord(match[0]):04X}"


def _check(value: Any) -> None:
    """Refuse an expanded document with an IRI in it that would not make it into a statement."""
    if isinstance(value, list):
        for item in value:
            _check(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "@id" or key == "@type":
                for name in item if isinstance(item, list) else [item]:
                    if not name.startswith("_:") and name != "@json":
                        _iri(name)
            elif key == "@language" and _LANGUAGE.fullmatch(item) is None:
                raise Refused(f"PyLD: not a language tag: {item!r}")
            else:
                _check(item)


class _Processor(JsonLdProcessor):  # type: ignore[misc]
    """PyLD, but what it would leave out in silence is refused."""

    def __init__(self) -> None:
        super().__init__(on_property_dropped=_refuse_dropping)

    def expand(self, input_: Any, options: Any) -> Any:
        expanded = super().expand(input_, options)
        _check(expanded)
        return expanded


def _term(node: dict[str, str]) -> str:
    kind, value = node["type"], node["value"]
    if kind == "IRI":
        return _iri(value)
    if kind == "blank node":
        return value
    text = f'"{_TO_ESCAPE.sub(_escaped, value)}"'
    if "language" in node:
        return f"{text}@{node['language'].lower()}"
    return text if node["datatype"] == _XSD_STRING else f"{text}^^{_iri(node['datatype'])}"


def read_with_pyld(path: Path) -> list[bytes]:
    """The canonical lines that PyLD reads out of a JSON-LD document.

    Raises:
        Refused: the document is not JSON-LD, would lose a key or a value, or refers to a context elsewhere.
    """
    try:
        document = json.loads(
            path.read_bytes().decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_number
        )
        dataset = _Processor().to_rdf(document, {"base": _NO_BASE, "documentLoader": _refuse_fetching})
        lines = []
        for name, triples in dataset.items():
            graph = "" if name == "@default" else f"{name if name.startswith('_:') else _iri(name)} "
            for triple in triples:
                terms = (_term(triple[place]) for place in ("subject", "predicate", "object"))
                lines.append(f"{' '.join(terms)} {graph}.".encode())
    except (JsonLdError, ValueError) as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, Refused):
            cause = cause.__cause__ or cause.__context__
        raise cause or Refused(f"PyLD: {error}") from None
    lines.sort()
    return lines
