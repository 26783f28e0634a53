"""The example queries that ship with arrowkg: what each asks, its parameters and its columns."""

from __future__ import annotations
