"""Counters and times of a server in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS: Final = frozenset(("GET", "HEAD", "OPTIONS", "POST"))


class Gauge(NamedTuple):
    """Something that is measured when it is asked for."""

    name: str
    help: str
    value: float


class Metrics:
    """Counts requests by what they were for, so that their number is bounded whatever is asked.

    >>> metrics = Metrics()
    >>> metrics.add("page", "GET", 200, 0.004)
    >>> [line for line in metrics.text([]).splitlines() if line.startswith("arrowkg_requests_total")]
    ['arrowkg_requests_total{for="page",method="GET",status="200"} 1']
    """

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._within: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()
        self._queries: Counter[str] = Counter()

    def add(self, purpose: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests[purpose, method if method in _METHODS else "other", status] += 1
        self._within.setdefault(purpose, [0] * (len(_BOUNDS) + 1))[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[purpose] += seconds  # type: ignore[assignment]

    def add_query(self, outcome: str) -> None:
        """Count a query by how it ended."""
        self._queries[outcome] += 1

    def text(self, gauges: Iterable[Gauge]) -> str:
        """All of it, with some gauges."""
        lines = _head("arrowkg_requests_total", "counter", "Requests that were answered.")
        for (purpose, method, status), count in sorted(self._requests.items()):
            lines.append(f'arrowkg_requests_total{{for="{purpose}",method="{method}",status="{status}"}} {count}')
        name = "arrowkg_request_seconds"
        lines += _head(name, "histogram", "Seconds from a request to the end of its answer.")
        for purpose, counts in sorted(self._within.items()):
            total = 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=True):
                total += count
                lines.append(f'{name}_bucket{{for="{purpose}",le="{bound}"}} {total}')
            lines.append(f'{name}_sum{{for="{purpose}"}} {self._seconds[purpose]:.6f}')
            lines.append(f'{name}_count{{for="{purpose}"}} {total}')
        lines += _head("arrowkg_queries_total", "counter", "SPARQL queries by how they ended.")
        for outcome, count in sorted(self._queries.items()):
            lines.append(f'arrowkg_queries_total{{outcome="{outcome}"}} {count}')
        for gauge in gauges:
            lines += [*_head(gauge.name, "gauge", gauge.help), f"{gauge.name} {gauge.value:g}"]
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, told: str) -> list[str]:
    return [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
