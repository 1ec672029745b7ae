"""Regions that the tests work on: a simulated one, and that of fermipy's recorded run where it is at hand."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import roifit
from roifit.gtanalysis import GTAnalysis

DATA = Path(os.environ.get("ROI_FIT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
RECORDED = DATA / "fermitools-roi"


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small simulated region."""
    folder = tmp_path_factory.mktemp("simulated")
    roifit.simulate(folder, npix=30, ebins=8, sources=4, seed=3)
    return folder


@pytest.fixture
def region(simulated: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    shutil.copytree(simulated, tmp_path / "region")
    return tmp_path / "region"


@pytest.fixture
def gta(region: Path) -> GTAnalysis:
    """An analysis of the simulated region, set up."""
    analysis = GTAnalysis(region / "config.yaml", logging={"verbosity": 0})
    analysis.setup()
    return analysis


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """fermipy's region under fermipy's names: no energy dispersion, the response functions that it was made with."""
    if not RECORDED.is_dir():
        pytest.skip("the real data are absent; ROI_FIT_TEST_DATA can name their folder")
    folder = tmp_path_factory.mktemp("recorded")
    for ours, theirs in (("ccube", "ccube_00"), ("srcmap", "srcmap_00"), ("bexpmap", "bexpmap_00"), ("ltcube", "ltcube_00")):
        with gzip.open(RECORDED / f"{ours}.fits.gz") as packed, open(folder / f"{theirs}.fits", "wb") as file:
            shutil.copyfileobj(packed, file)
    for name in ("iso.txt", "galdiff.fits.gz", "model_start.xml"):
        shutil.copyfile(RECORDED / name, folder / name)
    text = (RECORDED / "config_edisp0.yaml").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("files:")]
    irfs = DATA / "irfs-p8r3-source-v3"
    (folder / "config.yaml").write_text("\n".join([*lines, f"files: {{xml: model_start.xml, irfs: {irfs.resolve()}}}"]) + "\n")
    return folder


def answer(name: str) -> Any:
    """A dictionary that fermipy returned."""
    return json.loads((RECORDED / "fermipy" / f"{name}.json").read_text())
