"""Likelihood weights that are changed, spectra that are tables, energy dispersion of single sources, profiles of part of the energies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import roifit
from roifit.gtanalysis import GTAnalysis
from roifit.maps import Map


def nearest(gta: GTAnalysis) -> str:
    return gta.roi.point_sources[0].name


def weights_file(gta: GTAnalysis, values: np.ndarray, name: str = "weights.fits") -> Path:
    """A map of weights with the pixels and energies of the counts."""
    counts = gta.counts_map()
    path = Path(gta.workdir, name)
    Map(values.astype(np.float32), counts.wcs, counts.energies).write(path)
    return path


def test_weights_come_and_go(gta: GTAnalysis) -> None:
    name = nearest(gta)
    gta.set_norm(name, 1.3 * gta.get_norm(name))
    before, shape = gta.like(), gta.counts_map().data.shape
    npred = gta.roi[name]["npred"]
    np.testing.assert_array_equal(gta.weight_map().data, np.ones(shape))
    half = weights_file(gta, np.full(shape, 0.5))
    gta.set_weights_map(half)
    # logL is linear in a weight that all bins share; the model is as it was.
    assert gta.like() == pytest.approx(0.5 * before, rel=1e-12) and gta.roi[name]["npred"] == pytest.approx(npred, rel=1e-12)
    assert gta.roi[name]["npred_wt"] == pytest.approx(0.5 * npred, rel=1e-12)
    np.testing.assert_array_equal(gta.weight_map().data, np.full(shape, 0.5, dtype=np.float32))
    # Counts that are simulated are weighted, too.
    gta.simulate_roi(randomize=False)
    assert gta.components[0].counts.sum() > 0 and gta.weight_map().data.max() == 0.5
    gta.simulate_roi(restore=True)
    assert gta.like() == pytest.approx(0.5 * before, rel=1e-12)

    varied = np.random.default_rng(1).uniform(0.1, 1.0, shape)
    gta.set_weights_map([weights_file(gta, varied, "varied.fits")])
    written = gta.write_weight_map("w")
    assert len(written) == 2
    for file in ("wcube_w.fits", "wcube_w_00.fits"):
        np.testing.assert_allclose(fits.getdata(Path(gta.workdir, file)), varied, rtol=1e-6)
    gta.write_roi("weighted", save_weight_map=True)
    assert Path(gta.workdir, "wcube_weighted_00.fits").is_file()
    weighted = gta.like()
    gta.set_weights_map(None)
    assert gta.like() == pytest.approx(before, rel=1e-12)
    gta.load_roi("weighted", mask="varied.fits")
    assert gta.like() == pytest.approx(weighted, rel=1e-12)

    with pytest.raises(roifit.OptionError, match="1 components"):
        gta.set_weights_map([half, half])
    with pytest.raises(roifit.RoiFitError, match=r"nowhere\.fits"):
        gta.set_weights_map("nowhere.fits")
    # Nothing changes on an error.
    assert gta.like() == pytest.approx(weighted, rel=1e-12)


def test_values_of_a_table_are_set(gta: GTAnalysis) -> None:
    gta.fit()
    name, before = nearest(gta), gta.like()
    with pytest.raises(roifit.RoiFitError, match="FileFunction"):
        gta.set_source_dnde(name, [1.0])
    gta.set_source_spectrum(name, "FileFunction")
    loge, dnde = gta.get_source_dnde(name)
    npred = gta.roi[name]["npred"]
    # A table has no curvature between its points: the flux stays to that.
    assert gta.like() == pytest.approx(before, rel=1e-9)
    gta.set_source_dnde(name, 2.0 * dnde)
    np.testing.assert_array_equal(gta.get_source_dnde(name)[1], 2.0 * dnde)
    np.testing.assert_array_equal(gta.get_source_dnde(name)[0], loge)
    assert gta.roi[name]["npred"] == pytest.approx(2.0 * npred, rel=1e-9)
    for wrong in (dnde[:-1], -dnde, np.full_like(dnde, np.nan)):
        with pytest.raises(roifit.RoiFitError):
            gta.set_source_dnde(name, wrong)
    np.testing.assert_array_equal(gta.get_source_dnde(name)[1], 2.0 * dnde)
    gta.write_roi("tabled")
    gta.set_source_dnde(name, dnde)
    gta.load_roi("tabled")
    np.testing.assert_allclose(gta.get_source_dnde(name)[1], 2.0 * dnde, rtol=1e-15)


def test_profiles_of_part_of_the_energies(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)
    known, before = gta.roi[name]["ts"], gta.like()
    logs = gta.log_energies
    values = np.linspace(0.5, 2.0, 7) * gta.get_norm(name)
    whole = gta.profile_norm(name, xvals=values)
    low = gta.profile_norm(name, xvals=values, logemin=logs[0], logemax=logs[3])
    high = gta.profile_norm(name, xvals=values, logemin=logs[3], logemax=logs[-1])
    for key in ("dloglike", "npred", "flux"):
        np.testing.assert_allclose(np.add(low[key], high[key]), whole[key], rtol=1e-9, atol=1e-9)
    assert gta.like() == before and gta.roi[name]["ts"] == known
    with pytest.raises(roifit.OptionError, match="loge_bounds"):
        gta.profile_norm(name, logemin=float("nan"))
    with pytest.raises(roifit.RoiFitError):
        gta.profile_norm(name, logemin=logs[3], logemax=logs[3])


def test_energy_dispersion_of_one_source(gta: GTAnalysis) -> None:
    name = nearest(gta)
    gta.set_edisp_flag(name, False)
    # The region has none: nothing changes but the word in the model.
    gta.write_xml("flagged.xml")
    assert 'apply_edisp="false"' in Path(gta.workdir, "flagged.xml").read_text()
    gta.set_edisp_flag(name)
    gta.write_xml("flagged.xml")
    assert 'apply_edisp="false"' not in Path(gta.workdir, "flagged.xml").read_text()
    with pytest.raises(roifit.RoiFitError, match="nobody"):
        gta.set_edisp_flag("nobody")


def test_a_cube_of_ts(recorded: Path) -> None:
    gta = GTAnalysis(recorded / "config.yaml", logging={"verbosity": 0})
    gta.setup()
    gta.free_sources(free=False)
    name = nearest(gta)
    source = gta.roi[name]
    gta.free_norm("isodiff")
    cube = gta.tscube("c", exclude=[name], map_skydir=source.skydir, map_size=0.35, model={"Index": 2.2}, nnorm=7, cov_scale=-1, make_plots=False)
    assert cube["ts"].data.max() > 25 and cube["bin_ts"].shape == (gta.enumbins, *cube["ts"].data.shape) == cube["bin_dnde"].shape
    with fits.open(Path(gta.workdir, cube["file"])) as hdus:
        scans = hdus["SCANDATA"].data
        assert scans["norm_scan"].shape == (cube["ts"].data.size, gta.enumbins, 7) and np.nanmax(scans["dloglike_scan"]) <= 1e-6
        np.testing.assert_allclose(hdus["FITDATA"].data["fit_ts"], cube["ts"].data.ravel())
        np.testing.assert_allclose(hdus["EBOUNDS"].data["E_MIN"], cube["energies"][:-1])
        np.testing.assert_allclose(scans["ts"].T.reshape(cube["bin_ts"].shape), cube["bin_ts"])
    assert cube["file"].startswith("c_pointsource_powerlaw_2.20_tscube")


def test_a_flag_is_what_the_configuration_says(recorded: Path) -> None:
    text = (recorded / "config.yaml").read_text()
    sections = {"gtlike": {"edisp": True, "edisp_bins": -1}}
    assert "gtlike" in text
    with_dispersion = GTAnalysis(recorded / "config.yaml", logging={"verbosity": 0}, **sections)
    with_dispersion.setup()
    name = with_dispersion.roi.point_sources[0].name
    sections["gtlike"] = {**sections["gtlike"], "edisp_disable": [name]}
    without = GTAnalysis(recorded / "config.yaml", logging={"verbosity": 0}, **sections)
    without.setup()
    before = with_dispersion.like()
    assert abs(before - without.like()) > 1e-3
    with_dispersion.set_edisp_flag(name, False)
    assert with_dispersion.like() == pytest.approx(without.like(), rel=1e-13)
    with_dispersion.set_edisp_flag(name)
    assert with_dispersion.like() == before
