"""Short scripts in the manner of those that people publish, each in a folder with its data, as they would be run."""

from __future__ import annotations

import ast
import runpy
import shutil
from pathlib import Path

import pytest

import roifit

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.py"))
# Methods and attributes that at least three of the repositories that were looked at use.
USED = """
setup write_roi fit free_sources sed optimize free_source roi print_roi tsmap localize find_sources residmap add_source delete_source delete_sources load_roi
config print_params log_energies extension set_source_spectrum create set_parameter print_model get_sources like set_norm logger workdir update_source
simulate_roi free_norm get_src_model set_energy_range load_xml model_counts_spectrum energies write_xml components compute_psf compute_drm compute_srcprob
write_model_map get_free_param_vector set_free_param_vector lightcurve
""".split()


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region of counts, exposure and PSF."""
    folder = tmp_path_factory.mktemp("maps")
    roifit.simulate(folder, npix=40, ebins=8, sources=5, seed=8, response=True)
    return folder


@pytest.fixture(scope="module")
def photons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region of photons."""
    folder = tmp_path_factory.mktemp("events")
    roifit.simulate(folder, events=True, days=3.0, npix=30, ebins=6, sources=2, seed=5)
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs(script: Path, maps: Path, photons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(photons if script.stem == "from_photons" else maps, tmp_path / "region")
    monkeypatch.chdir(folder)
    runpy.run_path(str(script), run_name="__main__")


def test_the_scripts_use_everything_that_people_use() -> None:
    used = set()
    for script in SCRIPTS:
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
    assert len(SCRIPTS) == 10 and not set(USED) - used, sorted(set(USED) - used)
