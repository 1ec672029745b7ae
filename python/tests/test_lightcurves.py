"""Light curves: of the native interface, under fermipy's names, on a cluster; and the page of a region that shows one."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from astropy.units import Unit

import roifit
from roifit import cluster
from roifit.cluster import light_curve as of_cluster
from roifit.cluster.records import gather
from roifit.cluster.tasks import run
from roifit.gtanalysis import GTAnalysis
from roifit.gtanalysis.npyfile import read_dictionary

SOURCE = "SIM J0534.5+2200"
DAY = 86400.0
# Columns that fermipy's tables of light curves have.
COLUMNS = """
tmin tmax tmin_mjd tmax_mjd loglike_const flux_const fit_success fit_success_fixed fit_status fit_quality num_free_params flux flux_err flux_ul95 eflux eflux_err
eflux_ul95 dnde dnde_err dnde_index ts npred npred_wt pivot_energy loglike param_names param_values param_errors norm_scan dloglike_scan loglike_scan flux_fixed
flux_err_fixed ts_fixed loglike_fixed param_values_fixed
""".split()


@pytest.fixture(scope="module")
def photons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region of six days of photons, its model fitted to all of them."""
    folder = tmp_path_factory.mktemp("light_curves")
    roifit.simulate(folder, events=True, days=6.0, npix=20, ebins=4, sources=2, seed=6)
    roi = roifit.Analysis(folder)
    roi.optimize()
    roi.write_roi(folder / "whole")
    return folder


@pytest.fixture
def roi(photons: Path) -> roifit.Analysis:
    return whole(photons)


def whole(photons: Path, **keywords: Any) -> roifit.Analysis:
    analysis = roifit.Analysis(photons, **keywords)
    analysis.load_roi(photons / "whole")
    return analysis


@pytest.fixture(scope="module")
def curve(photons: Path) -> roifit.LightCurveResult:
    return whole(photons).lightcurve(SOURCE, nbins=3)


def test_a_light_curve_is_a_table(roi: roifit.Analysis, curve: roifit.LightCurveResult) -> None:
    before = roi.loglike()
    assert list(curve.status) == ["ok"] * 3 and curve.fit_success.all() and curve.flux.shape == (3,)
    table = curve.to_table()
    assert isinstance(table, Table) and len(table) == 3
    units = {"tmin": "s", "tmin_mjd": "d", "flux": "1 / (cm2 s)", "eflux": "MeV / (cm2 s)"}
    assert all(table[key].unit == Unit(unit) for key, unit in units.items())
    assert table.meta["source"] == SOURCE and SOURCE in curve._repr_html_() and "3 time bins" in repr(curve)
    np.testing.assert_allclose(table["tmax"][:-1], table["tmin"][1:])
    # MJD (TT) of mission time 0: 2001-01-01 00:00:00 UTC.
    np.testing.assert_allclose(table["tmin_mjd"], 51910.0 + 7.428703703703703e-4 + table["tmin"] / DAY, rtol=0.0, atol=1e-9)
    limits = table["flux_ul"] > table["flux"]
    assert limits.all() and (table["flux_ul"][table["is_ul"]] > 0.0).all()
    # What is a list in each bin has two dimensions.
    n = len(curve.param_names[0])
    assert curve.param_values.shape == curve.param_errors_fixed.shape == (3, n) and curve.norm_scan.ndim == 2
    assert curve.ts_var_dof == 2 and curve.ts_var >= 0.0 and 0.0 <= curve.ts_var_p_value <= 1.0
    assert curve.ts_var == pytest.approx(np.nansum(curve.ts_var_bins), rel=1e-9)
    blocks = curve.blocks_table()
    assert blocks["bins"].sum() == 3 and blocks["tmin"][0] == curve.tmin[0] and blocks["tmax"][-1] == curve.tmax[-1]
    assert roi.loglike() == before
    for other in (copy.deepcopy(curve), pickle.loads(pickle.dumps(curve))):
        np.testing.assert_array_equal(other.flux, curve.flux)


def test_all_photons_are_in_one_bin_or_another(roi: roifit.Analysis, curve: roifit.LightCurveResult) -> None:
    one = roi.lightcurve(SOURCE, nbins=1)
    observed = sum(float(np.sum(component["counts"])) for component in roi.components)
    assert one.counts[0] == curve.counts.sum() == observed
    assert one.livetime[0] == pytest.approx(curve.livetime.sum(), rel=1e-6)
    # Too few bins to tell.
    assert one.ts_var_p_value is None and "too few" in str(one)


def test_bins_lie_where_they_are_asked_for(roi: roifit.Analysis, curve: roifit.LightCurveResult) -> None:
    begin, end = float(curve.tmin[0]), float(curve.tmax[-1])
    engine = roi._engine
    assert engine.light_curve_bins(SOURCE, binsz=DAY)[0] == (begin, begin + DAY)
    assert engine.light_curve_bins(SOURCE, nbins=2, binsz=DAY)[1] == (pytest.approx(0.5 * (begin + end)), end)
    edges = np.array([begin, begin + DAY, begin + 2 * DAY])
    assert engine.light_curve_bins(SOURCE, time_bins=edges, nbins=7) == [(begin, begin + DAY), (begin + DAY, begin + 2 * DAY)]
    pairs = np.array([[begin - 2 * DAY, begin - DAY], [begin, begin + DAY]])
    assert engine.light_curve_bins(SOURCE, time_bins=pairs) == [tuple(pair) for pair in pairs.tolist()]
    # A bin before all data is no failure, and has a place in every array.
    gap = roi.lightcurve(SOURCE, time_bins=pairs, systematic=0.1, free_params="norm", shape_ts_threshold=-1.0)
    assert list(gap.status) == ["no data", "ok"] and list(gap.fit_success) == [False, True]
    assert np.isnan(gap.flux[0]) and gap.flux[1] > 0.0 and np.isnan(gap.param_values[0]).all() and gap.message[0]
    assert gap.config["systematic"] == 0.1 and f"{SOURCE}: norm" in gap.attempts[1][-1]["free"]
    assert not any(free.startswith(SOURCE) and not free.endswith(": norm") for free in gap.attempts[1][-1]["free"])
    assert len(gap.to_table()) == 2
    # Bins follow the photons.
    adaptive = engine.light_curve_bins(SOURCE, adaptive=1.0, adaptive_radius=1.0)
    assert adaptive[0][0] == begin and adaptive[-1][1] == end


def test_what_cannot_be_is_told(roi: roifit.Analysis, curve: roifit.LightCurveResult) -> None:
    t = float(curve.tmin[0])
    for words, options in {
        "time_bins": {"time_bins": [t]},
        "pairs": {"time_bins": [[t, t + 1.0, t + 2.0]]},
        "binsz": {"binsz": -1.0},
        "nbins": {"nbins": 0},
        "adaptive": {"adaptive": 3.0, "nbins": 2},
        "adaptive_radius": {"adaptive_radius": 1.0},
        "source_maps": {"source_maps": "fast"},
        "did you mean 'nbins'": {"nbin": 3},
        "ul_confidence": {"ul_confidence": 2.0},
        "only": {"nbins": 2, "only": [5]},
        "threads": {"nbins": 2, "threads": 0},
        "optimiser": {"optimizer": {"optimiser": "MINUIT"}},
    }.items():
        with pytest.raises(roifit.RoiFitError, match=words):
            roi.lightcurve(SOURCE, **options)  # type: ignore[arg-type]
    with pytest.raises(roifit.ModelError):
        roi.lightcurve("nobody", nbins=1)
    for wrong in ("x", object(), {"a": 1}):
        with pytest.raises((roifit.RoiFitError, TypeError)):
            roi.lightcurve(SOURCE, time_bins=wrong)
        with pytest.raises((roifit.RoiFitError, TypeError)):
            roi.lightcurve(SOURCE, nbins=wrong)


def test_a_light_curve_needs_photons(region: Path) -> None:
    roi = roifit.Analysis(region)
    with pytest.raises(roifit.RoiFitError):
        roi.lightcurve(str(roi.sources()[0]["name"]), nbins=2)


def test_some_bins_are_those_of_all_and_what_is_recorded_is_not_fitted_again(photons: Path, curve: roifit.LightCurveResult, tmp_path: Path) -> None:
    records = tmp_path / "records"
    some = whole(photons).lightcurve(SOURCE, nbins=3, only=[2, 0], records=records, keep_records=True, threads=1)
    np.testing.assert_array_equal(some.flux, curve.flux[[0, 2]])
    assert len(records.read_text().splitlines()) == 3
    # What stands in the record comes from there.
    marked = tmp_path / "marked"
    head, *lines = records.read_text().splitlines()
    marked.write_text("\n".join([head, *(json.dumps({**json.loads(line), "message": "of the record"}) for line in lines), ""]))
    again = whole(photons).lightcurve(SOURCE, nbins=3, records=marked)
    assert [message == "of the record" for message in again.message] == [True, False, True]
    told: list[int] = []
    rest = whole(photons, progress=lambda event: told.append(event["done"]) if event["event"] == "estimate" else None)
    full = rest.lightcurve(SOURCE, nbins=3, records=records, fits=tmp_path / "resumed.fits", threads=2)
    assert told == [0, 1, 2] and not records.exists()
    np.testing.assert_array_equal(full.flux, curve.flux)
    whole(photons).lightcurve(SOURCE, nbins=3, fits=tmp_path / "one.fits", ecsv=tmp_path / "one.ecsv")
    assert (tmp_path / "one.fits").read_bytes() == (tmp_path / "resumed.fits").read_bytes()
    assert len(Table.read(tmp_path / "one.ecsv")) == 3


def test_a_function_that_watches_stops_it_and_cannot_call_the_analysis(photons: Path, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(event: dict[str, Any]) -> None:
        if event["event"] == "estimate":
            raise Enough

    roi = whole(photons, progress=stop)
    records = tmp_path / "records"
    with pytest.raises(Enough) as caught:
        roi.lightcurve(SOURCE, nbins=6, records=records, threads=1)
    result = caught.value.result  # type: ignore[attr-defined]
    assert result["status"].count("not done") == 5 and result["status"].count("ok") == 1
    # The bin that was done stands.
    assert len(records.read_text().splitlines()) == 2
    hold: list[roifit.Analysis] = []
    hold.append(whole(photons, progress=lambda event: hold[0].loglike() if hold and event["event"] == "estimate" else None))
    with pytest.raises(roifit.RoiFitError, match="at work"):
        hold[0].lightcurve(SOURCE, nbins=2)


def test_ctrl_c_ends_a_light_curve(photons: Path, tmp_path: Path) -> None:
    script = """
import os, signal, sys, time, roifit
# A shell's background job has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
def interrupt(event):
    if event["event"] == "estimate":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
roi = roifit.Analysis(sys.argv[1], progress=interrupt)
roi.load_roi(sys.argv[1] + "/whole")
before = roi.loglike()
try:
    roi.lightcurve(sys.argv[2], nbins=6, fits=sys.argv[3], threads=1)
except KeyboardInterrupt as stopped:
    status = stopped.result["status"]
    assert status.count("not done") == 5, status
    assert not os.path.exists(sys.argv[3]) and roi.loglike() == before
    print("stopped")
"""
    run = [sys.executable, "-c", script, str(photons), SOURCE, str(tmp_path / "curve.fits")]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=300)
    assert ended.stdout.strip() == "stopped", ended.stderr


# Under fermipy's names.


@pytest.fixture
def gta(photons: Path, tmp_path: Path) -> GTAnalysis:
    analysis = GTAnalysis(photons / "config.yaml", logging={"verbosity": 0}, fileio={"outdir": str(photons)})
    analysis.setup()
    analysis.load_roi("whole")
    analysis.workdir = str(tmp_path)
    return analysis


def test_the_files_are_those_of_fermipy(gta: GTAnalysis, curve: roifit.LightCurveResult) -> None:
    found = gta.lightcurve(SOURCE, nbins=3, multithread=True, nthread=2, save_bin_data=False, make_plots=False, free_radius=None)
    stem = SOURCE.lower().replace(" ", "_") + "_lightcurve"
    assert found["file"] == f"{stem}.fits" and found["name"] == SOURCE
    assert {path.name for path in Path(gta.workdir).iterdir()} == {f"{stem}.fits", f"{stem}.npy"}
    np.testing.assert_array_equal(found["flux"], curve.flux)
    assert not set(COLUMNS) - set(found) and found["param_names"].dtype.kind == "U" and found["param_names"].shape == found["param_values"].shape
    assert isinstance(found["ts_var"], float) and found["status"].tolist() == ["ok"] * 3
    table = Table.read(Path(gta.workdir, found["file"]), hdu="LIGHTCURVE")
    assert not set(COLUMNS) - set(table.colnames) and table.meta["SRCNAME"] == SOURCE
    np.testing.assert_array_equal(table["flux"], found["flux"])
    for read in (read_dictionary(Path(gta.workdir, f"{stem}.npy")), np.load(Path(gta.workdir, f"{stem}.npy"), allow_pickle=True).flat[0]):
        np.testing.assert_array_equal(read["flux"], found["flux"])
        assert read["ts_var"] == found["ts_var"] and read["config"]["systematic"] == 0.02


def test_habits_of_scripts_are_accepted(gta: GTAnalysis, curve: roifit.LightCurveResult, tmp_path: Path) -> None:
    source = gta.roi.get_source_by_name(SOURCE)
    other = next(one for one in gta.roi.point_sources if one.name != SOURCE)
    edges = [float(curve.tmin[0]), float(curve.tmin[1]), float(curve.tmin[2])]
    found = gta.lightcurve(
        source.name, time_bins=edges, free_sources=[other], free_params=["norm"], free_background=False, use_scaled_srcmap=True, use_local_ltcube=True,
        shape_ts_threshold=16, max_free_sources=3, systematic=0.02, outdir="lightcurve", save_bin_data=True, prefix="two", write_fits=False, multithread=False,
    )  # fmt: skip
    stem = "two_" + SOURCE.lower().replace(" ", "_") + "_lightcurve"
    assert found["file"] is None
    assert len(found["flux"]) == 2 and all("scaled" in maps for maps in found["maps"]) and found["config"]["free_sources"] == [other.name]
    assert (tmp_path / f"{stem}.npy").is_file() and not (tmp_path / f"{stem}.fits").exists()
    # The record of the bins, which nothing has to be fitted again with.
    assert len((tmp_path / "lightcurve" / f"{stem}.fits.bins").read_text().splitlines()) == 3
    with pytest.raises(roifit.OptionError, match="did you mean 'nbins'"):
        gta.lightcurve(SOURCE, nbin=3)
    nothing = gta.lightcurve(SOURCE, nbins=1, write_fits=False, write_npy=False)
    # What is not defined is NaN.
    assert np.isnan(nothing["ts_var_p_value"])


# Pictures and the page.


def test_a_light_curve_draws_itself(curve: roifit.LightCurveResult, gta: GTAnalysis) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    data = {**curve.to_dict(), "is_ul": np.array([False, True, False]), "flux": np.array([3e-7, 1e-7, 2e-7]), "flux_err": np.full(3, 5e-8), "flux_ul": np.full(3, 4e-7)}
    data["blocks"] = [
        {"tmin": curve.tmin[0], "tmax": curve.tmax[0], "bins": 1, "flux": 3e-7, "flux_err": 5e-8},
        {"tmin": curve.tmin[1], "tmax": curve.tmax[2], "bins": 2, "flux": 1.5e-7, "flux_err": 4e-8},
    ]
    ax = roifit.LightCurveResult(data).plot()
    points, limits = (container.lines for container in ax.containers)
    middle = 0.5 * (curve.tmin_mjd + curve.tmax_mjd)
    np.testing.assert_allclose(points[0].get_xdata(), middle[[0, 2]], rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(points[0].get_ydata(), [3e-7, 2e-7])
    # The limit is an arrow from its height downwards, without a point.
    assert limits[0] is None
    segments = [segment for bars in limits[2] for segment in bars.get_segments()]
    (arrow,) = [segment for segment in segments if segment[0, 0] == segment[1, 0]]
    assert arrow[0, 0] == pytest.approx(middle[1]) and arrow[:, 1].max() == 4e-7 > arrow[:, 1].min() > 0.0
    (steps,) = [line for line in ax.lines if line.get_label() == "Bayesian blocks"]
    np.testing.assert_allclose(steps.get_xdata(), [curve.tmin_mjd[0], curve.tmax_mjd[0], curve.tmin_mjd[1], curve.tmax_mjd[2]], rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(steps.get_ydata(), [3e-7, 3e-7, 1.5e-7, 1.5e-7])
    assert ax.get_xlabel() == "Time [MJD]" and len(roifit.LightCurveResult(data).plot(show_blocks=False).lines) < len(ax.lines)
    found = gta.lightcurve(SOURCE, nbins=2, prefix="a", make_plots=True)
    assert Path(gta.workdir, found["file"]).with_suffix(".png").stat().st_size > 1000
    pyplot.close("all")


def test_the_page_of_a_region(photons: Path, curve: roifit.LightCurveResult, tmp_path: Path) -> None:
    roi = whole(photons)
    before = roi.loglike()
    path = tmp_path / "page.html"
    written = roi.report(path, sed=[SOURCE], tsmap=False, light_curves=[curve])
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and text.count(SOURCE) > 1 and "TS_var" in text
    assert written.bytes == path.stat().st_size and written.seds == [SOURCE] and written.light_curves == [SOURCE] and written.images == 3
    assert roi.loglike() == before and written.fit_success is None
    fitted = roi.report(tmp_path / "fitted.html", sed="none", residmap=False, tsmap=False, fit_first=True)
    assert fitted.fit_success is not None and fitted.images == 2 and roi.loglike() >= before - 1e-6
    for words, options in {"sed": {"sed": 3}, "names": {"localize": 1.5}, "no keyword": {"seds": "all"}, "nobody": {"sed": ["nobody"]}}.items():
        with pytest.raises(roifit.RoiFitError, match=words):
            roi.report(tmp_path / "never.html", tsmap=False, residmap=False, **options)  # type: ignore[arg-type]
    with pytest.raises(roifit.RoiFitError):
        roi.report(tmp_path / "nowhere" / "page.html", sed="none", tsmap=False, residmap=False)
    assert not (tmp_path / "never.html").exists()


# On a cluster.


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0) as local, distributed.Client(local) as client:
        yield client


def test_a_cluster_finds_what_one_machine_finds(client: Any, photons: Path, tmp_path: Path) -> None:
    whole(photons).lightcurve(SOURCE, nbins=5, fits=tmp_path / "alone.fits", ecsv=tmp_path / "alone.ecsv")
    for size in (1, 2, None):
        found = cluster.lightcurve(
            photons, SOURCE, client, model=photons / "whole.json", bins_per_task=size, progress=False, nbins=5, fits=tmp_path / "many.fits", ecsv=tmp_path / "many.ecsv"
        )
        assert isinstance(found, roifit.LightCurveResult) and len(found.flux) == 5
        for ending in ("fits", "ecsv"):
            assert (tmp_path / f"many.{ending}").read_bytes() == (tmp_path / f"alone.{ending}").read_bytes(), ending


def test_workers_fit_every_bin_and_this_process_none(client: Any, photons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(logging.getLogger("roifit.cluster"), "warning", lambda *words: logged.append(words[0]))
    kept: list[int] = []

    def noting(parts: list[str], records: Path) -> str:
        head = gather(parts, records)
        kept.append(len(records.read_text().splitlines()))
        return head

    monkeypatch.setattr(of_cluster, "gather", noting)
    cluster.lightcurve(photons, SOURCE, client, model=photons / "whole", bins_per_task=2, progress=False, nbins=3)
    assert kept == [4] and not logged


def test_what_cannot_be_on_a_cluster_is_told(client: Any, photons: Path, tmp_path: Path) -> None:
    for words, options in {"only": {"only": [0]}, "bins_per_task": {"bins_per_task": 0}, "no keyword": {"nbin": 3}, "binsz": {"binsz": 0.0}}.items():
        with pytest.raises(roifit.OptionError, match=words):
            cluster.lightcurve(photons, SOURCE, client, progress=False, **options)  # type: ignore[arg-type]
    with pytest.raises(roifit.OptionError, match="client"):
        cluster.lightcurve(photons, SOURCE, None, nbins=2)  # type: ignore[arg-type]
    with pytest.raises(roifit.RoiFitError, match="do not agree"):
        gather(["a\nx\n", "b\ny\n"], tmp_path / "records")
    assert gather(["a\nx\n", "a\n"], tmp_path / "records") == "a" and (tmp_path / "records").read_text() == "a\nx\n"


def test_a_call_that_was_ended_goes_on(client: Any, photons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = tmp_path / "curve.bins"
    sent: list[int] = []

    def ended(client: Any, task: Any, tasks: list[Any], take: Any, *rest: Any) -> None:
        """As a kill after the first share."""
        run(client, task, tasks[:1], take, *rest)
        raise KeyboardInterrupt

    def counting(client: Any, task: Any, tasks: list[Any], *rest: Any) -> None:
        sent.extend(len(one[-1].splitlines()) for one in tasks)
        run(client, task, tasks, *rest)

    def call(**options: Any) -> roifit.LightCurveResult:
        return cluster.lightcurve(photons, SOURCE, client, model=photons / "whole", bins_per_task=2, progress=False, nbins=5, **options)

    monkeypatch.setattr(of_cluster, "run", ended)
    with pytest.raises(KeyboardInterrupt):
        call(records=records)
    lines = records.read_text().splitlines()
    assert len(lines) == 3
    # A line that a kill cut short does not count, and what was told of a bin is taken as it stands.
    marked = {**json.loads(lines[1]), "message": "of the record"}
    records.write_text("\n".join([lines[0], json.dumps(marked), lines[2], lines[1][:40]]))
    monkeypatch.setattr(of_cluster, "run", counting)
    found = call(records=records, keep_records=True)
    assert sent == [3, 0, 0] and len(records.read_text().splitlines()) == 6
    monkeypatch.setattr(of_cluster, "run", run)
    fresh = call()
    assert list(found.flux) == list(fresh.flux) and [message == "of the record" for message in found.message] == [True] + 4 * [False]
    # Of other options nothing is taken, and at the end the file goes.
    other = call(records=records, free_radius=2.0)
    assert other.flux[0] != found.flux[0] and not records.exists()
