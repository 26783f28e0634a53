"""Checking graphs against SHACL shapes: loading shapes, the engines, the report and its renderings."""

from __future__ import annotations

from arrowkg.validation.checking import Checking, check_graph
from arrowkg.validation.engine import Engine, engine_named, reference_engine
from arrowkg.validation.report import Finding, Report, Result
from arrowkg.validation.shapes import Shapes, load_shapes, shapes_folder

__all__ = [
    "Checking",
    "Engine",
    "Finding",
    "Report",
    "Result",
    "Shapes",
    "check_graph",
    "engine_named",
    "load_shapes",
    "reference_engine",
    "shapes_folder",
]
