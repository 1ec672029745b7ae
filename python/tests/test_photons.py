"""From photons to a fit, and what is made of photons: probabilities, PSF, energy dispersion, simulated counts."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import roifit
from roifit.gtanalysis import GTAnalysis


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region of photons, set up."""
    folder = tmp_path_factory.mktemp("photons")
    config = roifit.simulate(folder, events=True, days=3.0, npix=30, ebins=6, sources=2, seed=5)
    analysis = GTAnalysis(config, logging={"verbosity": 0})
    assert not list(Path(analysis.workdir).glob("ccube_*.fits"))
    analysis.setup()
    for name in ("ft1_00.fits", "ltcube_00.fits", "ccube_00.fits", "bexpmap_00.fits"):
        assert Path(analysis.workdir, name).is_file(), name
    return folder


@pytest.fixture
def gta(prepared: Path, tmp_path: Path) -> GTAnalysis:
    shutil.copytree(prepared, tmp_path / "region")
    analysis = GTAnalysis(tmp_path / "region" / "config.yaml", logging={"verbosity": 0})
    analysis.setup()
    return analysis


def test_setup_makes_products_once(gta: GTAnalysis) -> None:
    ccube = Path(gta.workdir, "ccube_00.fits")
    made = ccube.stat().st_mtime_ns
    gta.setup()
    assert ccube.stat().st_mtime_ns == made
    gta.setup(overwrite=True)
    assert ccube.stat().st_mtime_ns > made
    photons = Table.read(Path(gta.workdir, "ft1_00.fits"), hdu="EVENTS")
    assert 0 < gta.counts_map().data.sum() <= len(photons)


def test_probabilities_of_photons(gta: GTAnalysis) -> None:
    gta.fit()
    gta.compute_srcprob()
    path = Path(gta.workdir, "ft1_srcprob_00.fits")
    photons = Table.read(path, hdu="EVENTS")
    names = [source.name for source in gta.roi.sources]
    assert set(names) <= set(photons.colnames)
    probabilities = np.array([photons[name] for name in names], dtype=float)
    inside = np.isfinite(probabilities).all(axis=0)
    np.testing.assert_allclose(probabilities[:, inside].sum(axis=0), 1.0, atol=1e-5)
    # At the maximum those of a source with a free norm sum to its predicted counts.
    for source in gta.roi.sources:
        if source.is_free:
            assert np.nansum(photons[source.name]) == pytest.approx(source["npred"], rel=0.01, abs=0.05)
    made = path.stat().st_mtime_ns
    gta.compute_srcprob()
    assert path.stat().st_mtime_ns == made
    gta.write_xml("other.xml")
    gta.compute_srcprob(xmlfile="other.xml", overwrite=True)
    assert path.stat().st_mtime_ns > made


def test_probabilities_of_a_model_whose_sources_stand_elsewhere(gta: GTAnalysis) -> None:
    name = max(gta.roi.point_sources, key=lambda source: source["npred"]).name
    start = gta.roi[name].skydir

    def probabilities(**options: object) -> np.ndarray:
        gta.compute_srcprob(overwrite=True, **options)
        return np.array(Table.read(Path(gta.workdir, "ft1_srcprob_00.fits"), hdu="EVENTS")[name], dtype=float)

    gta.write_xml("start.xml")
    here = probabilities()
    gta.set_source_morphology(name, spatial_model="RadialDisk", spatial_pars={"SpatialWidth": 0.4, "dec": start.dec.deg + 0.5})
    gta.write_xml("moved.xml")
    there = probabilities()
    assert np.nanmax(np.abs(there - here)) > 0.1
    gta.load_xml("start.xml")
    assert gta.roi[name].skydir.separation(start).deg < 1e-9 and not gta.roi[name].extended
    np.testing.assert_array_equal(probabilities(xmlfile="moved.xml"), there)
    assert gta.roi[name].skydir.separation(start).deg < 1e-9


def test_the_response_is_written_to_be_looked_at(gta: GTAnalysis) -> None:
    before = gta.like()
    gta.compute_psf()
    gta.compute_drm(edisp_bins=3)
    psf = Path(gta.workdir, "psf_00.fits")
    with fits.open(psf) as hdus:
        table, thetas = hdus["PSF"].data, np.radians(hdus["THETA"].data["Theta"])
        assert len(table) == 2 * gta.enumbins and table["Exposure"].min() > 0
        assert table["Energy"][[0, -1]] == pytest.approx(gta.energies[[0, -1]])
        # It is normalised on the sphere.
        total = np.trapezoid(table["Psf"] * 2 * np.pi * np.sin(thetas), thetas, axis=1) if hasattr(np, "trapezoid") else np.trapz(table["Psf"] * 2 * np.pi * np.sin(thetas), thetas, axis=1)
        np.testing.assert_allclose(total, 1.0, atol=0.02)
    with fits.open(Path(gta.workdir, "drm_00.fits")) as hdus:
        table = hdus["DRM"].data
        assert table["MATRIX"].shape == (gta.enumbins + 6, gta.enumbins)
        np.testing.assert_allclose(table["ENERG_LO"][3:-3], gta.energies[:-1], rtol=1e-6)
        sums = table["MATRIX"].sum(axis=1)
        assert (sums <= 1 + 1e-9).all() and sums[gta.enumbins // 2 + 3] > 0.8
    made = psf.stat().st_mtime_ns
    gta.compute_psf()
    assert psf.stat().st_mtime_ns == made
    gta.compute_psf(overwrite=True)
    assert psf.stat().st_mtime_ns > made
    # Nothing follows of them: neither here nor where the folder is opened again.
    assert gta.like() == before
    again = GTAnalysis(Path(gta.configdir, "config.yaml"), logging={"verbosity": 0})
    again.setup(overwrite=True)
    assert again.like() == pytest.approx(before, abs=1e-6)
    shutil.copyfile(Path(gta.workdir, "ccube_00.fits"), psf)
    with pytest.raises(roifit.RoiFitError, match="another program"):
        gta.compute_psf(overwrite=True)


def test_counts_are_simulated_and_come_back(gta: GTAnalysis) -> None:
    gta.fit()
    observed, before = gta.counts_map().data.copy(), gta.like()
    params = [(p["src_name"], p["par_name"], p["value"], p["free"]) for p in gta.get_params()]
    npred = sum(source["npred"] for source in gta.roi.sources)
    file = Path(gta.workdir, "ccube_00.fits").read_bytes()
    name = gta.roi.point_sources[0].name
    gta.sed(name, write_fits=False, write_npy=False)
    assert gta.roi[name]["sed"] is not None
    gta.set_random_seed(3)
    gta.simulate_roi()
    assert gta.roi[name]["sed"] is None
    first = gta.counts_map().data.copy()
    assert abs(first.sum() - npred) < 5 * np.sqrt(npred) and (first != observed).any() and (first == np.round(first)).all()
    assert [(p["src_name"], p["par_name"], p["value"], p["free"]) for p in gta.get_params()] == params
    np.testing.assert_allclose(gta.components[0].counts.sum(), first.sum())
    assert np.isnan(gta.roi.sources[0]["ts"])
    # What was put in comes out, within its errors.
    truth = {name: value for (source, name, value, free) in params if free for name in [f"{source} {name}"]}
    fit = gta.fit()
    pulls = [(value - truth[f"{s} {p}"]) / error for s, p, value, error in zip(fit["src_names"], fit["par_names"], fit["values"], fit["errors"], strict=True)]
    assert np.abs(pulls).max() < 5
    gta.set_random_seed(3)
    gta.simulate_roi(restore=True)
    np.testing.assert_array_equal(gta.counts_map().data, observed)
    assert Path(gta.workdir, "ccube_00.fits").read_bytes() == file and gta.like() != pytest.approx(before, abs=1e-9)


def test_what_is_expected_has_its_maximum_at_the_model(gta: GTAnalysis) -> None:
    gta.fit()
    gta.simulate_roi(randomize=False)
    start = [p["value"] for p in gta.get_params(True)]
    fit = gta.fit()
    np.testing.assert_allclose((np.asarray(fit["values"]) - start) / fit["errors"], 0.0, atol=5e-3)
    name = gta.roi.point_sources[0].name
    gta.simulate_roi(name=name, randomize=False)
    assert gta.counts_map().data.sum() == pytest.approx(gta.roi[name]["npred"], rel=1e-3)


def test_a_source_is_simulated_on_top(gta: GTAnalysis) -> None:
    before = gta.counts_map().data.sum()
    names = [source.name for source in gta.roi.sources]
    ra, dec = gta.roi.skydir.ra.deg, gta.roi.skydir.dec.deg
    gta.simulate_source({"ra": ra + 0.3, "dec": dec, "Index": 2.0, "Prefactor": 1e-10})
    assert gta.counts_map().data.sum() > before + 20 and [source.name for source in gta.roi.sources] == names
