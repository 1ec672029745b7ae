"""The model goes with the analysis when the data change under it: other weights, simulated counts, another configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits

import roifit
from roifit.gtanalysis import GTAnalysis
from roifit.maps import Map

QUIET = {"verbosity": 0}


@pytest.fixture
def gta(tmp_path: Path) -> GTAnalysis:
    """A region of which sources can be moved."""
    roifit.simulate(tmp_path, npix=30, ebins=6, sources=3, seed=4, response=True)
    analysis = GTAnalysis(tmp_path / "config.yaml", logging=QUIET)
    analysis.setup()
    return analysis


def nearest(gta: GTAnalysis) -> str:
    return gta.roi.point_sources[0].name


def weights(gta: GTAnalysis, value: float, name: str) -> Path:
    counts = gta.counts_map()
    path = Path(gta.workdir, name)
    counts.with_data(np.full(counts.data.shape, value, dtype=np.float32)).write(path)
    return path


def configured(gta: GTAnalysis, **changes: object) -> Path:
    """Another configuration in the folder of an analysis, with other sections."""
    path = Path(gta.configdir, "other.yaml")
    raw = yaml.safe_load(Path(gta.configdir, "config.yaml").read_text())
    for section, keys in changes.items():
        raw[section] = {**(raw.get(section) or {}), **keys} if isinstance(keys, dict) else keys
    path.write_text(yaml.safe_dump(raw))
    return path


def test_a_zeroed_source_comes_back_to_the_bit(gta: GTAnalysis) -> None:
    name = nearest(gta)
    par = gta.roi[name]["norm_par"]
    before = dict(gta.roi[name].spectral_pars[par])
    gta.lock_parameter(name, "alpha")
    gta.zero_source(name)
    zeroed = gta.like()
    gta.set_weights_map(weights(gta, 1.0, "ones.fits"))
    assert gta.like() == pytest.approx(zeroed, rel=1e-12)
    # A second time it is not zeroed further.
    gta.zero_source(name)
    gta.unzero_source(name)
    after = gta.roi[name].spectral_pars[par]
    assert [after[key] for key in ("value", "scale")] == [before[key] for key in ("value", "scale")]
    gta.free_source(name)
    assert not gta.roi[name].spectral_pars["alpha"]["free"]


def test_a_source_that_was_moved_stays_there(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)
    start = gta.roi[name].skydir
    gta.set_source_morphology(name, spatial_pars={"ra": start.ra.deg + 0.2, "dec": start.dec.deg})
    gta.localize(name, nstep=3, dtheta_max=0.4, update=True)
    place = gta.roi[name].skydir
    assert place.separation(start).deg > 1e-4
    other = gta.roi.point_sources[1].name
    gta.set_source_morphology(other, spatial_model="RadialDisk", spatial_pars={"SpatialWidth": 0.3})
    gta.set_edisp_flag(other, False)
    assert any(np.isfinite(source["ts"]) for source in gta.roi.sources)
    moved, npred = gta.like(), gta.roi[name]["npred"]

    gta.set_weights_map(weights(gta, 0.5, "half.fits"))
    assert gta.like() == pytest.approx(0.5 * moved, rel=1e-12)
    assert gta.roi[name].skydir.separation(place).deg < 1e-9 and gta.roi[other]["SpatialModel"] == "RadialDisk"
    # What was measured was measured with other weights.
    assert all(np.isnan(source["ts"]) for source in gta.roi.sources)
    gta.write_roi("moved")
    gta.set_weights_map(None)
    gta.simulate_roi(randomize=False)
    assert gta.roi[name].skydir.separation(place).deg < 1e-9 and gta.roi[name]["npred"] == pytest.approx(npred, rel=1e-12)
    gta.simulate_source({"ra": start.ra.deg, "dec": start.dec.deg - 0.5})
    gta.simulate_roi(restore=True)
    assert gta.like() == pytest.approx(moved, rel=1e-12)
    gta.load_roi("moved", mask="half.fits")
    assert gta.like() == pytest.approx(0.5 * moved, rel=1e-12)
    gta.set_weights_map(None)
    gta.write_xml("flagged.xml")
    assert Path(gta.workdir, "flagged.xml").read_text().count('apply_edisp="false"') == 1

    gta.set_energy_range(float(gta.log_energies[1]), None)
    narrow = gta.like()
    twin = gta.clone(Path(gta.configdir, "config.yaml"), logging=QUIET)
    assert twin.like() == narrow and twin.roi[name].skydir.separation(place).deg < 1e-9
    np.testing.assert_array_equal(twin.loge_bounds, gta.loge_bounds)
    gta.write_roi("model")
    gta.generate_model("model")
    assert Path(gta.workdir, "mcube_model.fits").is_file()


def test_a_clone_of_the_same_data_knows_what_was_measured(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)
    sed = gta.sed(name, make_plots=False)
    twin = gta.clone(Path(gta.configdir, "config.yaml"), logging=QUIET)
    assert twin.roi[name]["ts"] == gta.roi[name]["ts"] and np.isfinite(twin.roi[name]["ts"])
    np.testing.assert_array_equal(twin.roi[name]["sed"]["dnde"], sed["dnde"])
    weights(gta, 0.5, "half.fits")
    other = gta.clone(configured(gta, files={"wmap": "half.fits"}), logging=QUIET)
    assert np.isnan(other.roi[name]["ts"]) and other.roi[name]["sed"] is None


@pytest.mark.parametrize("place", ["gtlike", "files"])
def test_weights_of_the_configuration_go(gta: GTAnalysis, place: str) -> None:
    before = gta.like()
    weights(gta, 0.5, "half.fits")
    weighted = GTAnalysis(configured(gta, **{place: {"wmap": "half.fits"}}), logging=QUIET)
    weighted.setup()
    assert weighted.like() == pytest.approx(0.5 * before, rel=1e-12)
    weighted.set_weights_map(None)
    assert weighted.like() == pytest.approx(before, rel=1e-12)
    # With components what stands at the top is of each of them.
    several = GTAnalysis(configured(gta, **{place: {"wmap": "half.fits"}}, components=[{"model": None}]), logging=QUIET)
    several.setup()
    assert several.like() == pytest.approx(0.5 * before, rel=1e-12)
    several.set_weights_map(None)
    assert several.like() == pytest.approx(before, rel=1e-12)


def test_a_map_of_weights_that_is_not_there_is_refused(gta: GTAnalysis) -> None:
    # A source map file that holds weights would be taken instead.
    half = weights(gta, 0.5, "half.fits")
    with fits.open(Path(gta.workdir, "srcmap_00.fits"), mode="append") as hdus:
        hdu = fits.ImageHDU(fits.getdata(half))
        # A name that is given to astropy is made of large letters.
        hdu.header["EXTNAME"] = "__weights__"
        hdus.append(hdu)
    before = gta.like()
    gta.write_roi("saved")
    with pytest.raises(roifit.FileError, match=r"mistyped\.fits.*no such file"):
        gta.set_weights_map("mistyped.fits")
    with pytest.raises(roifit.FileError, match=r"mistyped\.fits"):
        gta.load_roi("saved", mask="mistyped.fits")
    assert gta.like() == before
    told: list[str] = []
    gta.logger.warning = lambda text, *args: told.append(text % args)  # type: ignore[method-assign]
    gta.set_weights_map(half)
    assert gta.like() == pytest.approx(0.5 * before, rel=1e-12)
    assert any("srcmap_00.fits" in text for text in told), told


def test_what_cannot_be_loaded_leaves_the_weights(gta: GTAnalysis) -> None:
    before = gta.like()
    weights(gta, 0.5, "half.fits")
    with pytest.raises(roifit.RoiFitError, match="nowhere"):
        gta.load_roi("nowhere", mask="half.fits")
    assert gta.like() == before and gta.weight_map().data.min() == 1.0


def test_a_simulation_that_cannot_be_opened_leaves_the_earlier_one(gta: GTAnalysis, monkeypatch: pytest.MonkeyPatch) -> None:
    gta.set_random_seed(1)
    gta.simulate_roi()
    path = Path(gta.workdir, "ccubemc_00.fits")
    earlier, like = path.read_bytes(), gta.like()

    def fail(*_: object) -> None:
        raise roifit.FileError("no memory left")

    monkeypatch.setattr(gta, "_with_files", fail)
    with pytest.raises(roifit.FileError, match="no memory"):
        gta.simulate_roi()
    assert path.read_bytes() == earlier and gta.like() == like
    assert not list(Path(gta.workdir).glob("ccubemc_new*"))
    monkeypatch.undo()
    gta.simulate_roi()
    assert path.read_bytes() != earlier


def test_counts_of_the_source_map_file_are_counts(gta: GTAnalysis) -> None:
    expected = gta.counts_map()
    folder = Path(gta.configdir)
    Path(folder, "ccube_00.fits").unlink()
    raw = yaml.safe_load((folder / "config.yaml").read_text())
    raw["files"].pop("ccube", None)
    (folder / "config.yaml").write_text(yaml.safe_dump(raw))
    again = GTAnalysis(folder / "config.yaml", logging=QUIET)
    again.setup()
    np.testing.assert_array_equal(again.counts_map().data, expected.data)
    assert again.counts_map().is_like(expected) and again.weight_map().is_like(expected)
    assert Path(again.files["ccube"]).name == "srcmap_00.fits"
    again.simulate_roi(randomize=False)
    assert Path(again.files["ccube"]).name == "ccubemc_00.fits"


def test_components_with_other_bins_have_no_sum(tmp_path: Path) -> None:
    first, second = (roifit.simulate(tmp_path / name, npix=20, ebins=ebins, sources=2, seed=4) for name, ebins in (("a", 6), ("b", 4)))
    raw = yaml.safe_load(Path(first).read_text())
    raw["components"] = []
    for folder in (Path(first).parent, Path(second).parent):
        files = {what: str(folder / f"{what}_00.fits") for what in ("ccube", "srcmap")}
        raw["components"].append({"files": files})
    for what in ("ccube", "srcmap"):
        raw["files"].pop(what, None)
    Path(first).write_text(yaml.safe_dump(raw))
    gta = GTAnalysis(first, logging=QUIET)
    gta.setup()
    for call in (gta.counts_map, gta.model_counts_map, gta.weight_map):
        with pytest.raises(roifit.OptionError, match="one by one"):
            call()
    told: list[str] = []
    gta.logger.warning = lambda text, *args: told.append(text % args)  # type: ignore[method-assign]
    gta.write_roi("apart", save_model_map=True, save_weight_map=True, make_plots=True)
    for kind in ("mcube", "wcube"):
        shapes = [Map.from_fits(Path(gta.workdir, f"{kind}_apart_{at:02}.fits")).data.shape for at in range(2)]
        assert shapes == [(6, 20, 20), (4, 20, 20)]
        assert not Path(gta.workdir, f"{kind}_apart.fits").exists()
    # The pictures are reached, and tell why they are not there.
    assert all(any(word in text for text in told) for word in ("no mcube", "no wcube", "no pictures of counts", "no picture apart_counts_spectrum")), told


def test_what_was_found_of_another_spectrum_place_or_range_is_forgotten(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)

    def found() -> bool:
        gta.sed(name, make_plots=False)
        return gta.roi[name]["sed"] is not None

    assert found()
    gta.set_edisp_flag(name, False)
    assert gta.roi[name]["sed"] is None and found()
    gta.set_energy_range(float(gta.log_energies[1]), None)
    assert gta.roi[name]["sed"] is None and found()
    gta.write_roi("kept")
    gta.load_roi("kept")
    assert gta.roi[name]["sed"] is None and found()
    start = gta.roi[name].skydir
    gta.set_source_morphology(name, spatial_pars={"ra": start.ra.deg + 0.1})
    assert gta.roi[name]["sed"] is None and found()
    gta.localize(name, nstep=3, dtheta_max=0.3)
    assert gta.roi[name]["sed"] is None and np.isfinite(gta.roi[name]["pos_r68"])
    gta.set_source_spectrum(name, "FileFunction")
    assert found()
    _, dnde = gta.get_source_dnde(name)
    gta.set_source_dnde(name, 2.0 * dnde)
    assert gta.roi[name]["sed"] is None
