"""What makes maps of sources anew: added sources, maps of the sky, new sources, positions. It needs exposure and PSF, so it is on fermipy's region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

import roifit
from roifit.gtanalysis import GTAnalysis


@pytest.fixture
def gta(recorded: Path) -> GTAnalysis:
    analysis = GTAnalysis(recorded / "config.yaml", logging={"verbosity": 0})
    analysis.setup()
    return analysis


def nearest(gta: GTAnalysis) -> str:
    return gta.roi.point_sources[0].name


def test_sources_are_added(gta: GTAnalysis) -> None:
    name = nearest(gta)
    source, before = gta.roi[name], gta.like()
    par = {key: dict(entry) for key, entry in source.spectral_pars.items()}
    gta.delete_source(name)
    without = gta.like()
    gta.add_source(name, source)
    # The map is that of the same place: the likelihood comes back.
    assert gta.like() == pytest.approx(before, abs=0.5) and without > before + 100
    assert {key: entry["value"] for key, entry in gta.roi[name].spectral_pars.items()} == pytest.approx({key: entry["value"] for key, entry in par.items()})
    ra, dec = gta.roi.skydir.ra.deg, gta.roi.skydir.dec.deg
    gta.add_source("new", {"ra": ra + 0.5, "dec": np.float64(dec), "Index": 2.2, "SpectrumType": "PowerLaw", "Prefactor": 1e-12, "SpatialModel": "PointSource"}, free=True)
    assert gta.roi["new"].is_free and gta.roi["new"].params["Prefactor"]["value"] == pytest.approx(1e-12)
    gta.add_source("other", {"skydir": gta.roi.skydir}, free=False)
    assert not gta.roi["other"].is_free and gta.roi["other"]["offset"] < 1e-6
    with pytest.raises(roifit.RoiFitError, match="new"):
        gta.add_source("new", {"ra": ra, "dec": dec})
    with pytest.raises(roifit.RoiFitError):
        gta.add_source("far", {"ra": ra + 90.0, "dec": dec})


def test_a_source_that_was_deleted_is_found_and_localized(gta: GTAnalysis) -> None:
    gta.fit()
    name = "src08"
    skydir = gta.roi[name].skydir
    gta.delete_source(name)
    ts = gta.tsmap("no", model={"Index": 2.0})
    assert float(np.nanmax(ts["sqrt_ts"].data)) > 5 and ts["ts"].data.shape == gta.counts_map().data.shape[1:]
    resid = gta.residmap("no")
    assert float(resid["sigma"].data.max()) > 4 and Path(gta.workdir, resid["file"]).is_file()
    found = gta.find_sources(sqrt_ts_threshold=5, max_iter=1, tsmap={"max_kernel_radius": 2.0}, multithread=True)
    (source,) = [s for s in found["sources"] if s.skydir.separation(skydir).deg < 0.5]
    assert source.name.startswith("PS J") and source.name in gta.roi and source["ts"] > 25
    place = gta.localize(source.name, nstep=3, dtheta_max=0.4)
    assert place.fit_success and gta.roi[source.name].skydir.separation(place["skydir"]).deg < 1e-6
    assert gta.roi[source.name]["pos_r95"] == pytest.approx(place.pos_r95)


def test_a_point_is_no_wider_than_one_and_a_disk_is(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)
    before, npred = gta.like(), gta.roi[name]["npred"]
    point = gta.extension(name, width_max=0.6, width_nstep=5, make_tsmap=False, write_npy=False)
    assert point.ts_ext < 9 and point["ext_ul95"] < 0.6 and point.fit_success and not point["is_extended"]
    assert gta.like() == before and gta.roi[name]["extension"]["ext_ul95"] == point["ext_ul95"]
    assert point["file"] == f"{name.lower()}_ext.fits" and len(Table.read(Path(gta.workdir, point["file"]), hdu="EXT_DATA")) == 1
    # The counts that a disk would give in its place, fitted as a disk.
    source = gta.roi[name]
    described = {"ra": source["ra"], "dec": source["dec"], "SpectrumType": source["SpectrumType"], "SpatialModel": "RadialDisk", "SpatialWidth": 0.4}
    described |= {par: dict(entry) for par, entry in source.spectral_pars.items()}
    gta.delete_source(name)
    gta.add_source("disk", described, free=True)
    assert gta.roi["disk"]["SpatialWidth"] == pytest.approx(0.4) and gta.roi["disk"]["npred"] == pytest.approx(npred, rel=0.2)
    gta.simulate_roi(randomize=False)
    found = gta.extension("disk", spatial_model="DiskSource", width_max=0.8, width=[0.2, 0.4, 0.6], sqrt_ts_threshold=3.0, update=True, fit_ebin=True)
    assert found.ext == pytest.approx(0.4, abs=0.02) and found.ts_ext > 25 and found["is_extended"]
    assert {0.0, 0.2, 0.4, 0.6} <= set(np.round(found["width"], 9)) and found["ext_err_lo"] > 0
    assert len(found["ebin_ext"]) == gta.enumbins and found["tsmap"].data.ndim == 2
    assert gta.roi["disk"]["SpatialWidth"] == pytest.approx(found.ext) and gta.roi["disk"]["ts"] > 25
    with pytest.raises(roifit.OptionError, match="spatial_model"):
        gta.extension("disk", spatial_model="Square")
    with pytest.raises(roifit.RoiFitError):
        gta.extension("isodiff")


def test_models_go_from_one_analysis_to_another(gta: GTAnalysis) -> None:
    gta.fit()
    name, before = nearest(gta), gta.like()
    other = gta.clone(gta._configuration.path, logging={"verbosity": 0})
    assert other.like() == pytest.approx(before, abs=1e-6)
    gta.sed(name, write_fits=False, write_npy=False)
    assert gta.roi[name]["sed"] is not None
    locked = gta.get_source_params(name)[-1]
    gta.lock_parameter(name, locked)
    gta.set_source_morphology(name, spatial_model="RadialGaussian", spatial_pars={"SpatialWidth": 0.3})
    assert gta.roi[name]["sed"] is None and (name, locked) in gta._engine.locked_parameters()
    assert gta.roi[name]["SpatialModel"] == "RadialGaussian" and gta.roi[name]["SpatialWidth"] == pytest.approx(0.3) and gta.like() > before
    with pytest.raises(roifit.RoiFitError):
        gta.set_source_morphology(name, spatial_model="Square")
    assert gta.roi[name]["SpatialWidth"] == pytest.approx(0.3) and (name, locked) in gta._engine.locked_parameters()
    par, names, npred = gta.roi[name]["norm_par"], gta.roi[name].names, gta.roi[name]["npred"]
    with pytest.raises(roifit.OptionError, match="Index"):
        gta.set_source_morphology(name, spatial_pars={"Index": 3.0})
    # What has nothing to do with the shape stays.
    gta.add_gauss_prior(name, par, gta.get_norm(name) + 1.0, 0.5)
    gta.zero_source(name)
    gta.set_source_morphology(name, spatial_pars={"Sigma": 0.2})
    assert gta.roi[name]["SpatialWidth"] == pytest.approx(0.2 * 1.5095921854516636) and gta.roi[name].names == names
    assert gta.roi[name]["npred"] < 1e-8 * npred
    gta.unzero_source(name)
    with_prior = gta.like()
    gta.remove_prior(name, par)
    assert with_prior - gta.like() == pytest.approx(2.0, abs=1e-6)
    gta.free_source(name, pars="norm")
    source = gta.roi[name]
    ra, dec = source["ra"], source["dec"]
    gta.set_source_morphology(name, spatial_model="PointSource", spatial_pars={"ra": ra, "dec": dec + 0.1})
    # The very object tells where its source is now, whatever is asked of it first.
    assert source.skydir.dec.deg == pytest.approx(dec + 0.1)
    gta.set_source_morphology(name, spatial_pars={"dec": dec})
    gta.sed(name, write_fits=False, write_npy=False)
    assert gta.like() == pytest.approx(before, abs=0.5) and gta.roi[name].is_free == other.roi[name].is_free
    gta.reload_sources([name])
    gta.delete_source(name)
    gta.add_sources_from_roi([name], other.roi, free=True)
    assert gta.roi[name]["sed"] is None
    assert gta.roi[name].is_free and gta.like() == pytest.approx(before, abs=0.5)


def test_correlations_tables_and_models_of_files(gta: GTAnalysis) -> None:
    gta.fit()
    before, vector = gta.like(), gta.get_free_param_vector()
    gta.fit_correlation()
    assert gta.like() == before and gta.get_free_param_vector() == vector
    found = {source.name: source["correlation"] for source in gta.roi.sources}
    for name, row in found.items():
        assert row[name] == pytest.approx(1.0) and all(found[other][name] == pytest.approx(value) for other, value in row.items())
    assert found["galdiff"]["isodiff"] < -0.3
    table = gta.create_roi_table()
    assert len(table) == 2 and list(table["component"]) == [-1, 0]
    assert table["counts"].shape == (2, gta.enumbins) and table["npred"][0] == pytest.approx(sum(source["npred"] for source in gta.roi.sources))
    loge, dnde = gta.get_source_dnde(nearest(gta))
    assert loge[0] <= 0.5 < loge[1] and loge[-2] < 6.5 <= loge[-1] and len(dnde) == len(loge)
    # Energies of files are single precision.
    np.testing.assert_allclose(np.diff(loge), loge[1] - loge[0], rtol=1e-6)
    gta.write_xml("one")
    total = gta.model_counts_map().data.sum()
    gta.set_norm(nearest(gta), 10 * gta.get_norm(nearest(gta)))
    gta.generate_model("one")
    from roifit.maps import Map

    assert Map.from_fits(Path(gta.workdir, "mcube_one.fits")).data.sum() == pytest.approx(total, rel=1e-6)
    assert gta.model_counts_map().data.sum() > 1.1 * total
