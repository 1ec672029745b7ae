"""Every method of classes A and B that is there, on a simulated region."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import roifit
from roifit.gtanalysis import GTAnalysis, Source
from roifit.gtanalysis.npyfile import read_dictionary, write_dictionary


def nearest(gta: GTAnalysis) -> str:
    return gta.roi.point_sources[0].name


def logged(gta: GTAnalysis) -> str:
    return Path(gta.outdir, "fermipy.log").read_text()


def test_a_script_of_fit_and_optimize(gta: GTAnalysis) -> None:
    start = gta.like()
    result = gta.optimize(npred_frac=0.9, skip=["isodiff"])
    assert result["loglike1"] >= result["loglike0"] == pytest.approx(-start)
    gta.free_sources(free=False)
    assert not any(gta.get_free_param_vector())
    freed = gta.free_sources(distance=3.0, pars="norm", exclude=["isodiff"])
    assert all(isinstance(source, Source) for source in freed) and "isodiff" not in [s.name for s in freed]
    name = nearest(gta)
    gta.free_source(name)
    assert set(gta.get_free_source_params(name)) <= set(gta.get_source_params(name))
    fit = gta.fit(optimizer="NEWTON", retries=2, min_fit_quality=3, reoptimize=False, tol=1e-4, covar=True, verbosity=0)
    assert fit["fit_success"] and set(fit["src_names"]) == {source.name for source in freed} | {name}
    assert gta.like() == pytest.approx(-fit["loglike"])
    source = gta.roi[name]
    assert source["ts"] > 0 and source["npred"] > 0 and source["flux"] > 0 and source["flux_ul95"] > source["flux"]
    assert source["norm_scan"].shape == (20,)
    assert np.isnan(gta.roi.diffuse_sources[0]["offset"])


def test_the_region_is_read_as_scripts_read_it(gta: GTAnalysis) -> None:
    gta.fit()
    roi = gta.roi
    names = [source.name for source in roi.sources]
    assert len(roi) == len(names) and {"galdiff", "isodiff"} <= set(names)
    offsets = [source["offset"] for source in roi.point_sources]
    assert offsets == sorted(offsets) and [s.diffuse for s in roi.sources] == sorted(s.diffuse for s in roi.sources)
    source = roi.get_source_by_name(names[0].upper().replace("_", "_"))
    assert source is roi[names[0]] and names[0] in roi and "nobody" not in roi
    for key in ("name", "ra", "dec", "glon", "glat", "ts", "npred", "flux", "eflux", "dnde", "SpectrumType", "SpatialModel", "offset"):
        assert key in source, key
    assert source["SpatialModel"] == "PointSource"
    assert isinstance(source.skydir, SkyCoord) and float(source.skydir.separation(roi.skydir).deg) == pytest.approx(source["offset"], abs=1e-6)
    par = source.spectral_pars[gta.get_source_params(names[0])[0]]
    assert source.params[gta.get_source_params(names[0])[0]]["value"] == pytest.approx(par["value"] * par["scale"])
    table = roi.create_table()
    assert isinstance(table, Table) and len(table) == len(roi.point_sources) and "ts" in table.colnames
    assert len(roi.get_sources(distance=0.01)) >= len(roi.diffuse_sources)
    assert [s.name for s in gta.get_sources(minmax_ts=[1.0, None], exclude=["galdiff", "isodiff"])] == [
        s.name for s in roi.point_sources if s["ts"] >= 1.0
    ]
    assert any(line.startswith("fk5; point(") for line in roi.to_ds9())
    radii, found = roi.get_sources_by_position(roi.skydir, 90.0)
    assert len(found) == len(roi.point_sources) and (np.diff(radii) >= 0).all()
    with pytest.raises(roifit.ModelError, match="nobody"):
        roi["nobody"]


def test_a_model_of_a_moment_stays(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)
    kept, ts, norm = copy.deepcopy(gta.roi), gta.roi[name]["ts"], gta.roi[name].get_norm()
    one = gta.roi.copy_source(name)
    assert gta.roi.match_source(one) and gta.roi[name].check_cuts({"ts": [1.0, None]}) and not gta.roi[name].check_cuts([("ts", None, 1.0)])
    gta.set_norm(name, 2.0 * norm)
    assert gta.roi[name].get_norm() == 2.0 * norm and np.isnan(gta.roi[name]["ts"])
    gta.delete_source(name)
    assert name in kept and name not in gta.roi and len(kept) == len(gta.roi) + 1
    assert kept[name.upper()]["ts"] == one["ts"] == ts and kept[name].get_norm() == norm
    assert [source.name for source in kept.sources][-2:] == [source.name for source in gta.roi.diffuse_sources] and name in str(kept)
    params = gta.roi.create_param_table()
    assert (params["group"] == "spectrum").sum() == len(gta.get_params()) and len(gta.roi.create_source_table()) == len(gta.roi)
    with pytest.raises(roifit.ModelError, match="nobody"):
        kept["nobody"]


def test_printed_tables_have_fermipys_layout(gta: GTAnalysis) -> None:
    gta.fit()
    gta.print_roi()
    gta.print_model(loglevel=20)
    gta.print_params(True)
    text = logged(gta)
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO    GTAnalysis\.print_roi\(\): \n", text)
    assert f"{'name':<20}{'SpatialModel':<15}{'SpectrumType':<15}{'offset':>8}{'ts':>10}{'npred':>12}" in text
    assert f"{'sourcename':<20}{'offset':>8}{'norm':>8}" in text
    assert f"{'idx':>4} {'parname':<20}{'value':>10}{'error':>10}" in text
    row = next(line for line in str(gta.roi).splitlines() if line.startswith(nearest(gta)))
    assert len(row) == 80
    shown = str(gta.roi[nearest(gta)])
    assert shown.startswith("Name           : ") and "b'" not in shown and "Spectral Parameters\n" in shown
    count = len(text.splitlines())
    gta.print_params()
    assert len(logged(gta).splitlines()) > count


def test_parameters_are_set(gta: GTAnalysis) -> None:
    name = nearest(gta)
    norm = gta.get_source_params(name)[0]
    scale = gta.roi[name].spectral_pars[norm]["scale"]
    gta.set_parameter(name, norm, 3.0 * scale)
    assert gta.get_norm(name) == pytest.approx(3.0)
    gta.set_parameter(name, norm, 2.0, true_value=False, bounds=[0.1, 100.0])
    entry = gta.roi[name].spectral_pars[norm]
    assert (entry["value"], entry["min"], entry["max"]) == pytest.approx((2.0, 0.1, 100.0))
    before = gta.like()
    gta.set_norm(name, 4.0)
    assert gta.like() != before and gta.get_norm(name) == 4.0 == gta.roi[name].spectral_pars[norm]["value"]
    gta.set_norm_bounds(name, [1.0, 50.0])
    gta.set_norm_scale(name, scale * 10)
    assert gta.get_norm(name) == pytest.approx(0.4)
    gta.set_parameter_scale(name, norm, scale)
    gta.set_parameter_bounds(name, norm, [0.5, 60.0])
    gta.set_parameter_error(name, norm, 0.25)
    assert gta.like() == pytest.approx(-roifit_loglike(gta))
    npred = sum(float(np.sum(c)) for c in gta.model_counts_spectrum(name))
    gta.zero_source(name)
    assert sum(float(np.sum(c)) for c in gta.model_counts_spectrum(name)) < 1e-6 * npred
    gta.unzero_source(name)
    assert sum(float(np.sum(c)) for c in gta.model_counts_spectrum(name)) == pytest.approx(npred)


def roifit_loglike(gta: GTAnalysis) -> float:
    return gta._engine.loglike()


def test_locked_parameters_stay_fixed_and_vectors_come_back(gta: GTAnalysis) -> None:
    name = nearest(gta)
    gta.free_sources(free=False)
    gta.free_norm(name)
    gta.free_shape(name)
    vector = gta.get_free_param_vector()
    assert sum(vector) == len(gta.get_free_source_params(name)) > 1
    gta.free_index(name, False)
    gta.free_parameter(name, gta.get_source_params(name)[0], False)
    gta.set_free_param_vector(vector)
    assert gta.get_free_param_vector() == vector
    gta.lock_source(name)
    gta.free_source(name, False)
    gta.free_source(name)
    assert gta.get_free_source_params(name) == []
    gta.lock_source(name, False)
    gta.lock_parameter(name, gta.get_source_params(name)[0])
    gta.free_sources_by_name([name])
    assert gta.get_source_params(name)[0] not in gta.get_free_source_params(name)


def test_sources_are_deleted_and_diffuse_ones_stay(gta: GTAnalysis) -> None:
    gta.fit()
    name = nearest(gta)
    ts = gta.roi[name]["ts"]
    deleted = gta.delete_source(name)
    assert deleted.name == name and deleted["ts"] == ts and name not in gta.roi
    rest = gta.delete_sources(minmax_npred=[None, 1e9])
    assert rest and gta.roi.point_sources == [] and len(gta.roi.diffuse_sources) == 2
    assert [source.name for source in gta.delete_sources(names=["isodiff"])] == ["isodiff"]
    with pytest.raises(roifit.ModelError):
        gta.delete_source(name)


def test_spectra_are_exchanged(gta: GTAnalysis) -> None:
    name = next(s.name for s in gta.roi.point_sources if s["SpectrumType"] == "PowerLaw")
    before = gta.like()
    gta.set_source_spectrum(name, "LogParabola")
    assert gta.roi[name]["SpectrumType"] == "LogParabola" and gta.like() == pytest.approx(before, abs=1e-6)
    gta.set_source_spectrum(name, "PowerLaw", spectrum_pars={"Prefactor": {"value": 1.0, "scale": 1e-12}, "Index": -2.0})
    assert gta.roi[name].params["Prefactor"]["value"] == pytest.approx(1e-12)


def test_estimators_leave_the_model_and_write_their_files(gta: GTAnalysis) -> None:
    gta.fit()
    name, before = nearest(gta), gta.like()
    sed = gta.sed(name, prefix="test", free_radius=1.0, bin_index=2.2, cov_scale=None, make_plots=True)
    stem = f"test_{name.lower().replace(' ', '_')}_sed"
    assert sed["file"] == stem + ".fits" and Path(gta.workdir, stem + ".npy").is_file()
    assert gta.roi[name]["sed"]["ts"].shape == sed["ts"].shape
    gta.sed(name, write_fits=False, write_npy=False, fix_background=True, loge_bins=list(gta.log_energies[::2]))
    profile = gta.profile(name, gta.get_source_params(name)[0], reoptimize=True, npts=5)
    assert len(profile["xvals"]) == 5
    assert gta.profile_norm(name)["limits"]["ul"] > 0
    assert gta.bowtie(name, loge=[3.0, 4.0])["dnde"].shape == (2,)
    assert gta.curvature(name)["ts_curv"] > -0.1
    assert gta.like() == before


def test_the_range_of_energies_is_set(gta: GTAnalysis) -> None:
    whole = gta.like()
    edges = gta.log_energies
    found = gta.set_energy_range(edges[2] + 0.01, None)
    np.testing.assert_allclose(found, [edges[2], edges[-1]])
    np.testing.assert_allclose(gta.loge_bounds, found)
    assert gta.like() != whole
    np.testing.assert_allclose(gta.set_energy_range(None, None), edges[[0, -1]])
    assert gta.like() == whole
    with pytest.raises(roifit.OptionError):
        gta.set_energy_range(float("nan"), None)


def test_a_source_is_updated(gta: GTAnalysis) -> None:
    gta.fit(update=False)
    name = next(s.name for s in gta.roi.point_sources if s.is_free)
    model = gta.get_src_model(name, npts=7)
    assert model["ts"] > 0 and len(model["norm_scan"]) == 7
    gta.update_source(name, reoptimize=True)
    assert gta.roi[name]["ts"] == pytest.approx(gta.like.Ts(name, reoptimize=True), rel=1e-6)
    assert gta.roi[name]["flux_ul95"] > gta.roi[name]["flux"]
    source = gta.roi[name]
    flux, npred, limit = source["flux"], source["npred"], source["flux_ul95"]
    gta.set_norm(name, 2.0 * gta.get_norm(name))
    # What follows from the parameters follows them; what was measured is not known any more.
    assert (source["flux"], source["npred"]) == pytest.approx((2.0 * flux, 2.0 * npred), rel=1e-6)
    assert np.isnan(source["flux_ul95"]) and np.isnan(source["ts"]) and limit > 0
    gta.set_norm(name, 0.5 * gta.get_norm(name))
    assert source["flux"] == pytest.approx(flux, rel=1e-6)


def test_the_likelihood_is_used_as_that_of_pylikelihood(gta: GTAnalysis) -> None:
    name = nearest(gta)
    par = gta.get_source_params(name)[0]
    like = gta.like
    index = like.par_index(name, par)
    assert like.model[index].getName() == par == like.normPar(name).getName()
    like.freeze(index)
    n = like.nFreeParams()
    like.thaw(index)
    assert like.nFreeParams() == n + 1 and like[index].isFree()
    value = like[index].getValue()
    like[index].setValue(value * 1.1)
    assert like.normPar(name).getValue() == pytest.approx(value * 1.1)
    assert like[index].getTrueValue() == pytest.approx(value * 1.1 * like[index].getScale())
    assert like.flux(name, 100, 1e5) > 0 and like.energyFlux(name, 100, 1e5) > 0
    assert set(like.sourceNames()) == {source.name for source in gta.roi.sources}
    assert like.components[0]() == like() and len(like) == len(gta.get_params())
    gta.free_source(name)
    gta.fit()
    assert like.covariance is not None and like.covariance.shape == (like.nFreeParams(),) * 2
    # Over the ranges of which results have errors they are the same.
    source = gta.roi[name]
    ends = 10.0 ** gta.loge_bounds
    assert like.fluxError(name, *ends) == pytest.approx(source["flux_err"], rel=1e-12)
    assert like.energyFluxError(name, 1000.0, 10.0**5.5) == pytest.approx(source["eflux1000_err"], rel=1e-9)
    gta.free_source(name, False)
    gta.fit()
    with pytest.raises(roifit.ModelError, match="fit first"):
        like.fluxError(name)


def test_counts_and_predicted_counts(gta: GTAnalysis) -> None:
    counts = gta.counts_map()
    (component,) = gta.components
    np.testing.assert_allclose(counts.data.sum(axis=(1, 2), dtype=float), component.counts)
    model = gta.model_counts_map()
    spectra = np.sum([gta.model_counts_spectrum(s.name, summed=True) for s in gta.roi.sources], axis=0)
    np.testing.assert_allclose(model.data.sum(axis=(1, 2), dtype=float), spectra, rtol=1e-4)
    diffuse = gta.model_counts_map("diffuse")
    without = gta.model_counts_map(exclude=[s.name for s in gta.roi.point_sources])
    np.testing.assert_allclose(diffuse.data, without.data)
    maps = gta.write_model_map("model01")
    assert len(maps) == 2 and Path(gta.workdir, "mcube_model01.fits").is_file() and Path(gta.workdir, "mcube_model01_00.fits").is_file()
    part = gta.model_counts_spectrum(nearest(gta), logemin=gta.log_energies[2], logemax=gta.log_energies[5], summed=True)
    assert len(part) == 3
    assert len(gta.energies) == gta.enumbins + 1
    np.testing.assert_allclose(gta.loge_bounds, gta.log_energies[[0, -1]])


def test_models_are_written_and_read(gta: GTAnalysis) -> None:
    gta.fit()
    fitted, params = gta.like(), gta.get_params()
    gta.write_xml("fitted")
    gta.lock_parameter(nearest(gta), gta.get_source_params(nearest(gta))[0])
    gta.write_roi("roi0", save_model_map=True, clobber=True)
    for name in ("fitted_00.xml", "roi0.npy", "roi0.fits", "roi0.json", "roi0_00.xml", "mcube_roi0.fits"):
        assert Path(gta.workdir, name).is_file(), name
    state = np.load(Path(gta.workdir, "roi0.npy"), allow_pickle=True).flat[0]
    assert set(state) == {"roi", "config", "version", "stversion", "sources", "lck_params"}
    assert state["lck_params"] == {nearest(gta): [gta.get_source_params(nearest(gta))[0]]}
    np.testing.assert_allclose(state["roi"]["counts"], gta.components[0].counts)
    assert state["roi"]["npred"] == pytest.approx(sum(s["npred"] for s in gta.roi.sources))
    gta.set_norm(nearest(gta), 0.5)
    gta.load_xml("fitted")
    assert gta.like() == pytest.approx(fitted, abs=1e-6)
    gta.set_norm(nearest(gta), 0.5)
    gta.load_roi("roi0.npy")
    gta.lock_source(nearest(gta), False)
    assert gta.like() == fitted and [p["value"] for p in gta.get_params()] == [p["value"] for p in params]
    gta.write_fits("tables.fits")
    assert len(Table.read(Path(gta.workdir, "tables.fits"), hdu="PARAMS")) > 0
    # As if fermipy had written it: no JSON.
    Path(gta.workdir, "roi0.json").unlink()
    ts = gta.roi[nearest(gta)]["ts"]
    gta.set_norm(nearest(gta), 0.5)
    gta.load_roi("roi0")
    assert gta.like() == pytest.approx(fitted, abs=1e-6) and gta.roi[nearest(gta)]["ts"] == pytest.approx(ts)
    other = GTAnalysis.create(Path(gta.workdir, "roi0.npy"))
    assert other.like() == pytest.approx(fitted, abs=1e-6)


def test_dictionaries_are_read_without_running_anything(tmp_path: Path) -> None:
    data = {"a": np.arange(3.0), "b": {"c": ["x", None, np.float64(2.0)]}, "d": np.nan}
    write_dictionary(tmp_path / "a.npy", data)
    again = read_dictionary(tmp_path / "a.npy")
    np.testing.assert_array_equal(again["a"], data["a"])
    assert again["b"] == data["b"]
    assert np.load(tmp_path / "a.npy", allow_pickle=True).flat[0]["b"]["c"][0] == "x"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os

            return os.system, (f"touch {tmp_path}/ran",)

    np.save(tmp_path / "evil.npy", np.array({"a": Evil()}, dtype=object), allow_pickle=True)
    with pytest.raises(roifit.FileError, match="system"):
        read_dictionary(tmp_path / "evil.npy")
    assert not (tmp_path / "ran").exists()
    (tmp_path / "short.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:90])
    with pytest.raises(roifit.FileError):
        read_dictionary(tmp_path / "short.npy")


def test_an_analysis_that_nobody_has_is_gone_at_once(region: Path) -> None:
    import gc
    import weakref

    analysis = GTAnalysis(region / "config.yaml", logging={"verbosity": 0})
    analysis.setup()
    source, npred = analysis.roi.sources[0], analysis.roi.sources[0]["npred"]
    analysis.like()
    seen = weakref.ref(analysis)
    gc.disable()
    try:
        del analysis
        assert seen() is None
    finally:
        gc.enable()
    assert source["npred"] == npred


def test_priors(gta: GTAnalysis) -> None:
    name = nearest(gta)
    norm = gta.get_source_params(name)[0]
    free = gta.like()
    gta.add_gauss_prior(name, norm, gta.get_norm(name) + 1.0, 0.5)
    assert gta.like() > free
    gta.remove_prior(name, norm)
    assert gta.like() == free
    gta.free_norm(name)
    gta.fit()
    gta.constrain_norms([name], cov_scale=2.0)
    gta.remove_priors()


def test_configurations_are_files_folders_and_dictionaries(region: Path) -> None:
    import yaml

    file = GTAnalysis(region / "config.yaml", logging={"verbosity": 0})
    folder = GTAnalysis(region, logging={"verbosity": 0})
    raw = yaml.safe_load((region / "config.yaml").read_text())
    changed = GTAnalysis(region, logging={"verbosity": 0}, optimizer={"tol": 1e-5}, fileio={"outdir": "elsewhere"})
    assert file.like() == folder.like()
    assert file.config["optimizer"]["tol"] == 1e-3 and changed.config["optimizer"]["tol"] == 1e-5
    assert changed.outdir == str(region / "elsewhere") == changed.workdir
    made = list(region.glob(".roifit_*"))
    assert len(made) == 1
    del changed
    import gc

    gc.collect()
    assert not made[0].exists()
    assert raw["selection"]["emin"] == file.config["selection"]["emin"]
    with pytest.raises(roifit.RoiFitError, match="nonsense"):
        GTAnalysis(region, selection={"nonsense": 1}).setup()


def test_old_habits_are_accepted(gta: GTAnalysis) -> None:
    freed = gta.free_sources(distance=10.0, pars="norm", exclude_diffuse=True)
    assert all(not source.diffuse for source in freed)
    gta.free_sources(skydir=gta.roi[nearest(gta)].skydir, distance=1.0, free=False)
    gta.free_sources(skydir=(gta.roi.skydir.ra.deg, gta.roi.skydir.dec.deg), distance=1.0, free=False)
    gta.free_sources(minmax_ts=[-1, 4], free=False)
    gta.free_sources(cuts=("ts", -1, 4), free=False)
    gta.free_sources(cuts={"npred": [1.0, None]}, square=True, distance=2.0)
    with pytest.raises(roifit.OptionError, match="distanz"):
        gta.free_sources(distanz=3.0)
    with pytest.raises(roifit.OptionError, match="optimizer"):
        gta.fit(optimiser="MINUIT")


def test_a_template_is_not_needed(gta: GTAnalysis) -> None:
    told: list[str] = []
    gta.logger.info = lambda text, *args: told.append(text % args)  # type: ignore[method-assign]
    before = set(Path(gta.workdir).iterdir())
    assert gta.make_template(gta.roi.point_sources[0]) is None and "nothing is written" in told[0]
    assert set(Path(gta.workdir).iterdir()) == before
    with pytest.raises(roifit.ModelError, match="nobody"):
        gta.make_template("nobody")
