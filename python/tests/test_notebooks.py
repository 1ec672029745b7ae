"""The notebooks of python/notebooks, cell by cell; `jupytext --to notebook` makes notebooks of them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

NOTEBOOKS = sorted(Path(__file__).resolve().parents[1].joinpath("notebooks").glob("*.py"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    if "distributed" in notebook.read_text(encoding="utf-8"):
        pytest.importorskip("distributed")
    pyplot.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(notebook), run_name="__main__")
    pyplot.close("all")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_cells(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    assert text.startswith("# ---\n# jupyter:\n") and "format_name: percent" in text
    cells = re.findall(r"^# %%(.*)$", text, re.MULTILINE)
    assert len(cells) >= 3 and cells[0] == " [markdown]"
