"""The text of a question with the terms that a user gives for its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from arrowkg.errors import BadText, UsageError
from arrowkg.sparql.examples import Example, Parameter
from arrowkg.sparql.query import with_namespace, with_terms
from arrowkg.terms import integer, iri, text
from arrowkg.vocab import SCHEMA

_whole_number = re.compile(r"[+-]?[0-9]{1,18}")


def bound(example: Example, values: Mapping[str, str], schema_ns: str) -> str:
    """The text of an example with a term for each parameter, and schema.org's namespace in the form of the data.

    Args:
        example: the example.
        values: by name of the parameter, what the user gave.
        schema_ns: ``"https"`` or ``"http"``.

    Raises:
        UsageError: a parameter is missing, not known, or not of its kind.

    >>> from arrowkg.sparql.examples import example_named
    >>> '"Ada \\\\" } #"' in bound(example_named("co-authors"), {"name": 'Ada " } #'}, "https")
    True
    """
    known = {parameter.name: parameter for parameter in example.parameters}
    for name in values:
        if name not in known:
            raise UsageError(
                f"the example {example.name} has no parameter {name!r}",
                hint=f"it has {', '.join(known)}" if known else "it has none",
            )
    for parameter in example.parameters:
        if parameter.name not in values:
            raise UsageError(
                f'the example {example.name} needs --set {parameter.name}="…"',
                hint=f"{parameter.description} For example: {parameter.example}",
            )
    terms = {name: _term(known[name], value) for name, value in values.items()}
    return with_namespace(with_terms(example.text, terms), SCHEMA["https"], SCHEMA[schema_ns])


def _term(parameter: Parameter, value: str) -> str:
    """The term of a value."""
    try:
        if parameter.kind == "iri":
            return iri(value)
        if parameter.kind == "integer":
            if _whole_number.fullmatch(value) is None:
                raise BadText("not a whole number")
            return integer(int(value))
        return text(value)
    except BadText as error:
        raise UsageError(f"--set {parameter.name}: {error.reason}") from None
