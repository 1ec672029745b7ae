"""docs/python.md: its table is what the classes have."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from compatibility import DIFFERENT, GTANALYSIS, NOT_YET, ROIMODEL, SOURCE

from roifit.gtanalysis import GTAnalysis, ROIModel, Source

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
# Attributes of the object, not of the class.
OF_THE_OBJECT = {"config", "configdir", "logger", "loglevel", "outdir", "roi", "workdir"}
CLASSES = (("GTAnalysis", GTAnalysis, GTANALYSIS), ("ROIModel", ROIModel, ROIMODEL), ("Source", Source, SOURCE))


def table() -> str:
    """The table, from the classes."""
    lines = ["| name | | what differs, or another way |", "|---|---|---|"]
    for title, kind, names in CLASSES:
        for name in sorted(names):
            full = f"{title}.{name}"
            is_there = hasattr(kind, name) or (title == "GTAnalysis" and name in OF_THE_OBJECT)
            if not is_there:
                lines.append(f"| `{full}` | not yet | {NOT_YET[title]} |")
            elif full in DIFFERENT:
                lines.append(f"| `{full}` | same, but | {DIFFERENT[full]} |")
            else:
                lines.append(f"| `{full}` | same | |")
    return "\n".join(lines)


def test_the_table_is_that_of_the_classes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    old, tail = rest.split(END)
    new = f"\n{table()}\n"
    if os.environ.get("ROIFIT_WRITE_DOCS"):
        PAGE.write_text(head + BEGIN + new + END + tail, encoding="utf-8")
        pytest.skip("docs/python.md is written")
    assert old == new, "ROIFIT_WRITE_DOCS=1 pytest python/tests/test_documentation.py writes it"


def test_what_is_told_to_differ_is_there() -> None:
    for full in DIFFERENT:
        title, name = full.split(".")
        assert name in dict((title, names) for title, _, names in CLASSES)[title], full


def test_everything_public_has_a_docstring() -> None:
    for kind in (GTAnalysis, ROIModel, Source):
        for name, member in inspect.getmembers(kind):
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{kind.__name__}.{name}"
