"""Values of literals: which lexical forms a datatype has, and how values compare.

Lexical forms are those of XML Schema 1.1 part 2 (section 3.3 for each type), white space not collapsed, since an RDF
literal's form must be in the lexical space as it stands (RDF 1.1 Concepts, section 3.3). Values compare as SPARQL's
``<`` does (SPARQL 1.1, section 17.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

from arrowkg.terms import literal_parts
from arrowkg.vocab import RDF, XSD

RDF_LANG_STRING: Final = f"{RDF}langString"
XSD_STRING: Final = f"{XSD}string"

# Whole numbers, with the least and the greatest of each type.
_RANGES: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    **{name: (-(2**bits), 2**bits - 1) for name, bits in (("long", 63), ("int", 31), ("short", 15), ("byte", 7))},
    **{f"unsigned{name}": (0, 2**bits - 1) for name, bits in (("Long", 64), ("Int", 32), ("Short", 16), ("Byte", 8))},
}
_ZONE: Final = r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR: Final = r"(-?(?:[1-9][0-9]{3,}|0[0-9]{3}))"
_MONTH: Final = r"(0[1-9]|1[0-2])"
_DAY: Final = r"(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DATE_PART: Final = r"(?:[0-9]+Y(?:[0-9]+M)?(?:[0-9]+D)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
_SECONDS: Final = r"[0-9]+(?:\.[0-9]+)?S"
_TIME_PART: Final = rf"T(?:[0-9]+H(?:[0-9]+M)?(?:{_SECONDS})?|[0-9]+M(?:{_SECONDS})?|{_SECONDS})"
_NAME_START: Final = (
    r"[A-Z_a-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F\u2C00-\u2FEF"
    r"\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF]"
)
_NAME: Final = _NAME_START[:-1] + r"\-.0-9\xB7\u0300-\u036F\u203F-\u2040]"
_FORMS: Final[Mapping[str, str]] = {
    "boolean": r"true|false|1|0",
    "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
    "float": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "double": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "time": _TIME + _ZONE,
    "gYear": _YEAR + _ZONE,
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
    "gMonth": f"--{_MONTH}{_ZONE}",
    "gDay": f"---{_DAY}{_ZONE}",
    "gMonthDay": rf"--(?:(?!02-3|(?:0[469]|11)-31){_MONTH}-{_DAY}){_ZONE}",
    "duration": rf"-?P(?:{_DATE_PART}(?:{_TIME_PART})?|{_TIME_PART})",
    "yearMonthDuration": r"-?P(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)",
    "dayTimeDuration": rf"-?P(?:[0-9]+D(?:{_TIME_PART})?|{_TIME_PART})",
    "hexBinary": r"(?:[0-9a-fA-F]{2})*",
    "base64Binary": r"(?:(?:[A-Za-z0-9+/] ?){4})*(?:(?:[A-Za-z0-9+/] ?){3}[A-Za-z0-9+/]|"
    r"(?:[A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|[A-Za-z0-9+/] ?[AQgw] ?= ?=)?",
    "normalizedString": r"[^\t\n\r]*",
    "token": r"(?:[^\t\n\r ]+(?: [^\t\n\r ]+)*)?",
    "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
    "NMTOKEN": f"(?:{_NAME}|:)+",
    "Name": f"(?:{_NAME_START}|:)(?:{_NAME}|:)*",
    "NCName": f"{_NAME_START}{_NAME}*",
}
_DATE: Final = re.compile(f"{_YEAR}-{_MONTH}-{_DAY}(T{_TIME})?{_ZONE}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_LONG_MONTHS: Final = frozenset({1, 3, 5, 7, 8, 10, 12})


def _is_date(form: str, *, with_time: bool, with_zone: bool) -> bool:
    match = _DATE.fullmatch(form)
    if match is None or (match[4] is not None) is not with_time or (with_zone and match[5] is None):
        return False
    year, month, day = int(match[1][-4:]), int(match[2]), int(match[3])
    if month != 2:
        return day < 31 or month in _LONG_MONTHS
    # The last four digits tell a leap year: 10000 is a multiple of 400.
    return day < 29 or (day == 29 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _is_whole(form: str, least: int | None, most: int | None) -> bool:
    if _INTEGER.fullmatch(form) is None:
        return False
    if least is None and most is None:
        return True
    # Python refuses to read more digits than some thousands, so the sign answers for those.
    digits = form.lstrip("+-").lstrip("0")
    if len(digits) > 30:
        return most is None if form[0] != "-" else least is None
    value = int(form)
    return (least is None or value >= least) and (most is None or value <= most)


def _recognizer(name: str) -> Callable[[str], bool]:
    if name in _RANGES:
        least, most = _RANGES[name]
        return lambda form: _is_whole(form, least, most)
    if name in ("date", "dateTime", "dateTimeStamp"):
        with_time, with_zone = name != "date", name == "dateTimeStamp"
        return lambda form: _is_date(form, with_time=with_time, with_zone=with_zone)
    pattern = re.compile(_FORMS[name], re.DOTALL)
    return lambda form: pattern.fullmatch(form) is not None


@lru_cache(maxsize=256)
def recognizer(datatype: str) -> Callable[[str], bool] | None:
    """A function that tells whether a text is in the lexical space of a datatype; ``None`` if every text is, or if the
    datatype is none of XML Schema's.

    >>> is_year = recognizer("http://www.w3.org/2001/XMLSchema#gYear")
    >>> is_year("2025"), is_year("25")
    (True, False)
    """
    name = datatype.removeprefix(XSD) if datatype.startswith(XSD) else ""
    if name in _FORMS or name in _RANGES or name in ("date", "dateTime", "dateTimeStamp"):
        return _recognizer(name)
    return None


def is_well_formed(form: str, datatype: str) -> bool:
    """Whether a text is in the lexical space of a datatype, as far as the datatype is known.

    >>> is_well_formed("2025-02-29", "http://www.w3.org/2001/XMLSchema#date")
    False
    """
    known = recognizer(datatype)
    return known is None or known(form)


_FLOATING: Final = frozenset({f"{XSD}float", f"{XSD}double"})
_EXACT: Final = frozenset({f"{XSD}decimal", *(XSD + name for name in _RANGES)})


def number(form: str, datatype: str) -> Decimal | float | None:
    """The value of a literal of a numeric datatype; ``None`` if it has none.

    >>> number("007", "http://www.w3.org/2001/XMLSchema#integer")
    Decimal('7')
    """
    if datatype in _EXACT and is_well_formed(form, datatype):
        return Decimal(form)
    if datatype in _FLOATING and is_well_formed(form, datatype):
        return float(form)
    return None


def less(left: str, right: str, *, or_equal: bool = False) -> bool:
    """Whether SPARQL's ``<`` (or ``<=``) is true of two terms; it is not where they cannot be compared.

    >>> less('"9"^^<http://www.w3.org/2001/XMLSchema#int>', '"10.0"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    True
    """
    if left[0] != '"' or right[0] != '"':
        return False
    (first, first_type, first_language), (second, second_type, second_language) = (
        literal_parts(left),
        literal_parts(right),
    )
    if first_language or second_language:
        return False
    first_number, second_number = number(first, first_type), number(second, second_type)
    if first_number is not None and second_number is not None:
        # Decimal and float compare exactly in Python; SPARQL promotes to the wider of the two floating types.
        if isinstance(first_number, float) or isinstance(second_number, float):
            first_number, second_number = float(first_number), float(second_number)
        return first_number <= second_number if or_equal else first_number < second_number
    if first_type in ("", XSD_STRING) and second_type in ("", XSD_STRING):
        return first <= second if or_equal else first < second
    return _asked(left, "<=" if or_equal else "<", right) if _may_compare(first_type, second_type) else False


# The types that operators beyond numbers and texts are defined for (XPath Functions, sections 7 and 8).
_ORDERED: Final = frozenset(
    XSD + name for name in "boolean date dateTime dateTimeStamp time yearMonthDuration dayTimeDuration duration".split()
)


def _may_compare(first: str, second: str) -> bool:
    return first in _ORDERED and second in _ORDERED


@lru_cache(maxsize=4096)
def _asked(left: str, operator: str, right: str) -> bool:
    """What a SPARQL engine says; dates and durations have an order that is partial, and seldom asked about."""
    import pyoxigraph

    return bool(pyoxigraph.Store().query(f"ASK {{ FILTER ({left} {operator} {right}) }}"))
