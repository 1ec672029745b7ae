"""Positions of several sources, and widths behind another PSF and with their cubes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import roifit
from roifit.gtanalysis import GTAnalysis


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("places")
    roifit.simulate(made, npix=30, ebins=8, sources=4, seed=3, response=True)
    return made


@pytest.fixture
def roi(folder: Path) -> roifit.Analysis:
    analysis = roifit.Analysis(folder)
    analysis.fit()
    return analysis


def points(roi: roifit.Analysis) -> list[str]:
    return [str(source["name"]) for source in roi.sources() if source["ra"] is not None and "diff" not in str(source["name"])]


def test_several_sources_are_localized_each_as_it_would_be_alone(roi: roifit.Analysis, tmp_path: Path) -> None:
    # The others are too faint to have a position.
    names = [name for name in points(roi) if roi.localize(name, nstep=0, update=False)["fit_success"]][:2]
    assert len(names) == 2
    alone = [roi.localize(name, nstep=3, update=False) for name in names]
    many = roi.localize([*names, "isodiff"], nstep=3, update=False, fits=tmp_path / "many.fits")
    assert isinstance(many, roifit.LocatedSources) and many.moved == 0
    for name, one in zip(names, alone):
        assert isinstance(many.of(name), roifit.LocalizeResult)
        assert [many.of(name)[key] for key in ("ra", "dec", "pos_r95")] == [one[key] for key in ("ra", "dec", "pos_r95")]
    assert [entry["name"] for entry in many.failed] == ["isodiff"] and "position" in many.failed[0]["error"]
    table = many.to_table()
    assert list(table["name"]) == names and table["pos_r95"].unit == "deg" and np.all(table["pos_r95"] > 0)
    assert list(Table.read(tmp_path / "many.fits", hdu="LOC_DATA")["name"]) == names
    with pytest.raises(KeyError, match="isodiff"):
        many.of("isodiff")
    with pytest.raises(roifit.ModelError):
        roi.localize(["nobody"])
    with pytest.raises(roifit.OptionError, match="steps"):
        roi.localize(names, steps=3)
    # Moved in the model unless that is declined.
    moved = roi.localize(names, nstep=0)
    assert moved.moved == 2 and "2 moved" in str(moved)
    places = {source["name"]: source["ra"] for source in roi.sources()}
    assert [places[name] for name in names] == pytest.approx([moved.of(name).ra for name in names], abs=1e-9)


def test_positions_are_fitted_together(roi: roifit.Analysis) -> None:
    names = points(roi)[:2]
    joint = roi.fit_positions(names, update=False)
    assert isinstance(joint, roifit.PositionsResult) and joint.fit_success and not joint.is_moved
    assert joint.pos_cov.shape == (4, 4) and len(joint.to_table()) == 2 and joint.dloglike_loc >= 0
    alone = roi.localize(names[0], nstep=0, update=False)
    assert joint.sources[0]["ra"] == pytest.approx(alone.ra, abs=0.5 * alone.pos_r68)
    assert roi.fit_positions(iter(names)).is_moved
    with pytest.raises(roifit.OptionError):
        roi.fit_positions([])


def test_a_width_behind_another_psf(roi: roifit.Analysis) -> None:
    name = points(roi)[0]
    plain = roi.extension(name, width_nstep=3)
    same = roi.extension(name, width_nstep=3, psf_scale_fn=([3.0, 4.0], [0.0, 0.0]))
    assert same.loglike_ptsrc == pytest.approx(plain.loglike_ptsrc, abs=1e-6) and same.ts_ext == pytest.approx(plain.ts_ext, abs=1e-4)
    wider = roi.extension(name, width_nstep=3, psf_scale_fn=([3.0, 4.0, 5.5], [0.5, 0.5, 0.5]))
    narrower = roi.extension(name, width_nstep=3, psf_scale_fn=([3.0], [-0.3]))
    # The source is too faint to tell which is better.
    assert abs(wider.loglike_ptsrc - plain.loglike_ptsrc) > 0.01 and abs(narrower.loglike_ptsrc - plain.loglike_ptsrc) > 0.01
    for wrong in (([3.0], [-1.0]), ([4.0, 3.0], [0.1, 0.1]), ([3.0, 4.0], [0.1])):
        with pytest.raises(roifit.OptionError, match="psf_scale_fn"):
            roi.extension(name, psf_scale_fn=wrong)
    with pytest.raises(roifit.OptionError, match="psf_scale_fn"):
        roi.extension(name, psf_scale_fn=([3.0], [0.1]), update=True)


def test_the_cubes_of_an_extension(folder: Path) -> None:
    gta = GTAnalysis(folder / "config.yaml", logging={"verbosity": 0})
    gta.setup()
    gta.fit()
    name = gta.roi.sources[0].name
    scale = (np.array([3.0, 4.0]), np.array([0.1, 0.1]))
    found = gta.extension(name, width_max=0.5, width_nstep=3, save_model_map=True, psf_scale_fn=scale, make_tsmap=False)
    assert found["config"]["psf_scale_fn"] is not None
    counts = gta.counts_map()
    for of in ("ext", "ptsrc"):
        tot, src, bkg = (found[f"{of}_{what}_map"] for what in ("tot", "src", "bkg"))
        assert tot.data.shape == counts.data.shape and np.allclose(tot.energies, counts.energies) and np.allclose(tot.data, src.data + bkg.data)
        assert src.data.sum() > 0 and bkg.data.sum() > src.data.sum()
    with fits.open(Path(gta.workdir, str(found["file"]))) as hdus:
        assert [hdu.name for hdu in hdus][-7:] == ["EXT_BKG_MAP", "EXT_SRC_MAP", "EXT_TOT_MAP", "PTSRC_BKG_MAP", "PTSRC_SRC_MAP", "PTSRC_TOT_MAP", "EBOUNDS"]
        assert np.allclose(hdus["EXT_TOT_MAP"].data, found["ext_tot_map"].data, rtol=1e-5)
        assert hdus["EXT_TOT_MAP"].data.shape == counts.data.shape
    # What is held is the model's: with the PSF as it is, a point at the maximum predicts what the model does.
    plain = gta.extension(name, width_max=0.5, width_nstep=3, save_model_map=True, free_background=True, make_tsmap=False, write_fits=False)
    assert plain["ptsrc_tot_map"].data.sum() == pytest.approx(gta.model_counts_map().data.sum(), rel=1e-3)
    assert np.allclose(plain["ptsrc_bkg_map"].data, gta.model_counts_map(exclude=[name]).data, rtol=1e-2, atol=1e-3)
    none = gta.extension(name, width_max=0.5, width_nstep=3, make_tsmap=False, write_fits=False)
    assert none["ext_tot_map"] is None
