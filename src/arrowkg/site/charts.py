"""Where the marks of a chart stand: numbers for the templates, which draw them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from arrowkg.site.views import PaperLine

_WIDTH: Final = 640
_HEIGHT: Final = 180
_FLOOR: Final = 155
_WIDEST_BAR: Final = 48
_SIDE: Final = 20
_MOST_BARS: Final = 40
_MOST_YEARS: Final = 20
_MOST_VENUES: Final = 12
_WIDTH_OF_NAME: Final = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what it stands for, its rectangle, whether its name stands below it, and whether only on wide screens."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float
    is_named: bool
    is_extra: bool

    @property
    def middle(self) -> float:
        """Where the name is centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of bars over the years."""

    label: str
    bars: tuple[Bar, ...]
    width: int = _WIDTH
    height: int = _HEIGHT
    floor: int = _FLOOR


@dataclass(frozen=True, slots=True)
class Row:
    """A venue and its number of papers in each year of a grid."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Papers by venue and year."""

    label: str
    years: tuple[int, ...]
    rows: tuple[Row, ...]
    most: int


def bars_by_year(counts: Mapping[int, int]) -> Bars:
    """A bar for each year from the first to the last, for no more than the last forty.

    >>> [bar.height for bar in bars_by_year({2023: 5, 2025: 10}).bars]
    [72.5, 0.0, 145.0]
    """
    if not counts:
        return Bars("No paper lists a year", ())
    last = max(counts)
    first = max(min(counts), last - _MOST_BARS + 1)
    years = range(first, last + 1)
    most = max(counts.get(year, 0) for year in years)
    step = (_WIDTH - 2 * _SIDE) / len(years)
    width = round(min(step - 2, _WIDEST_BAR), 1)
    # Names stand below so many bars that they do not touch, the last one among them.
    every = 1 + int(_WIDTH_OF_NAME // step)
    bars = []
    for place, year in enumerate(years):
        count = counts.get(year, 0)
        height = round(count / most * (_FLOOR - 10), 1)
        x = round(_SIDE + place * step + (step - width) / 2, 1)
        y, age = round(_FLOOR - height, 1), last - year
        bars.append(Bar(str(year), count, x, y, width, height, age % every == 0, age % (2 * every) != 0))
    before = sum(count for year, count in counts.items() if year < first)
    told = f"Papers by year, {first} to {last}" + (f"; {before:,} more in the years before" if before else "")
    return Bars(told, tuple(bars))


def grid_of(lines: Iterable[PaperLine]) -> Grid | None:
    """Papers by venue and year: the venues with most papers, and the last years; ``None`` if no paper lists both.

    >>> from arrowkg.site.views import PaperLine
    >>> line = PaperLine("https://kg.example.org/paper/x", "On Stones", "2024", "TMLR", None, ())
    >>> grid_of([line]).rows
    (Row(name='TMLR', counts=(1,)),)
    """
    found = Counter((line.venue, int(line.year)) for line in lines if line.venue and line.year)
    if not found:
        return None
    of_venue: Counter[str] = Counter()
    for (venue, _), count in found.items():
        of_venue[venue] += count
    venues = sorted(of_venue, key=lambda venue: (-of_venue[venue], venue))
    last = max(year for _, year in found)
    first = max(min(year for _, year in found), last - _MOST_YEARS + 1)
    years = tuple(range(first, last + 1))
    rows = tuple(Row(venue, tuple(found[venue, year] for year in years)) for venue in venues[:_MOST_VENUES])
    told = f"Papers by venue and year, {first} to {last}"
    if len(venues) > len(rows):
        told += f"; {len(rows)} of {len(venues)} venues are shown"
    return Grid(told, years, rows, max(found.values()))
