"""The native interface: verbs, typed results, tables, arrays, progress, copies."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

import roifit
from roifit.progress import COUNTED, Bars, opened


def test_a_region_is_optimized_and_fitted_and_the_results_are_tables(region: Path) -> None:
    roi = roifit.Analysis(region / "config.yaml")
    start = roi.loglike()
    optimized = roi.optimize()
    assert optimized.loglike1 > start
    assert optimized["loglike0"] == pytest.approx(start, abs=1e-9)
    assert len(optimized.to_table()) == len(optimized["steps"])
    roi.free_sources(distance=3.0, pars="norm")
    fit = roi.fit()
    assert fit.fit_success and fit.fit_quality == 3
    n = len(fit.src_names)
    assert n > 1 and fit.values.shape == (n,) and fit.covariance.shape == (n, n)
    np.testing.assert_allclose(fit.true_values, fit.values * fit.scales)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), fit.errors, rtol=1e-6)
    table = fit.to_table()
    assert isinstance(table, Table) and list(table["source"]) == fit.src_names
    assert fit.src_names[0] in fit._repr_html_() and "quality 3" in repr(fit)
    assert roi.loglike() == pytest.approx(fit.loglike, abs=1e-9)
    assert fit.src_names[0] in roi._repr_html_()


def test_the_gradient_of_the_engine_is_that_of_differences(region: Path) -> None:
    roi = roifit.Analysis(region / "config.yaml")
    engine = roi._engine
    free = engine.params(True)[0]
    at = engine.derivatives()
    step = 1e-4 * max(abs(free["value"]), 1e-3)
    sides = []
    for sign in (-1, 1):
        engine.set_parameter(free["src_name"], free["par_name"], free["value"] + sign * step, true_value=False)
        sides.append(engine.loglike())
    assert (sides[1] - sides[0]) / (2 * step) == pytest.approx(at["gradient"][0], rel=1e-4)


def test_a_spectrum_a_profile_and_a_band(region: Path) -> None:
    roi = roifit.Analysis(region / "config.yaml")
    name = str(roi.sources()[0]["name"])
    roi.fit()
    before = roi.loglike()
    sed = roi.sed(name)
    table = sed.to_table()
    assert len(table) == len(sed["norm"]) and str(table["e_min"].unit) == "MeV"
    np.testing.assert_allclose(sed["dnde"], sed["norm"] * sed["ref_dnde"])
    profile = roi.profile(name)
    assert profile["limits"]["ul"] > profile["limits"]["x0"]
    assert len(profile.to_table()) == len(profile["xvals"])
    band = roi.bowtie(name, [1e3, 1e4])
    assert (band["dnde_hi"] >= band["dnde"]).all()
    assert roi.curvature(name)["lp_ts_curv"] > -0.1
    assert roi.loglike() == before


def test_a_limit_by_toys(region: Path) -> None:
    events: list[dict[str, object]] = []
    roi = roifit.Analysis(region / "config.yaml", progress=events.append)
    name = str(roi.sources()[0]["name"])
    roi.fit()
    before = roi.loglike()
    limit = roi.limit(name, toys=100, cls=True, seed=3)
    assert limit.norm_ul > limit.norm and limit.norm_ul_cls >= limit.norm_ul - 3 * limit.norm_ul_cls_err
    assert limit.p_value == pytest.approx(0.05, abs=0.02) and roi.loglike() == before
    assert len(limit.to_table()) == len(limit.tested) and limit.par_name in str(limit)
    assert {event["source"] for event in events if event["event"] == "toys"} == {name}
    with pytest.raises(roifit.RoiFitError, match="at least 100"):
        roi.limit(name, toys=99)


def test_results_are_copied_and_pickled(region: Path) -> None:
    fit = roifit.Analysis(region / "config.yaml").fit()
    for other in (copy.deepcopy(fit), pickle.loads(pickle.dumps(fit))):
        assert other.loglike == fit.loglike
        np.testing.assert_array_equal(other.values, fit.values)


def test_progress_is_told_and_what_it_raises_stops_the_work(region: Path) -> None:
    events: list[str] = []
    roi = roifit.Analysis(region / "config.yaml", progress=lambda event: events.append(event["event"]))
    roi.optimize()
    assert {"iteration", "fit"} <= set(events)

    class Enough(Exception):
        pass

    def stop(event: dict[str, object]) -> None:
        if event["event"] == "iteration":
            raise Enough

    roi = roifit.Analysis(region / "config.yaml", progress=stop)
    values = [par["value"] for par in roi._engine.params()]
    with pytest.raises(Enough):
        roi.fit()
    assert [par["value"] for par in roi._engine.params()] == values


def test_a_watcher_that_calls_its_own_analysis_is_refused(region: Path) -> None:
    hold: list[roifit.Analysis] = []

    def ask(event: object) -> None:
        hold[0].loglike()

    hold.append(roifit.Analysis(region / "config.yaml", progress=lambda event: ask(event) if hold else None))
    with pytest.raises(roifit.RoiFitError, match="at work"):
        hold[0].fit()


def test_ctrl_c_ends_a_fit_and_restores_the_model(region: Path) -> None:
    script = """
import os, signal, sys, time, roifit
def interrupt(event):
    if event["event"] == "iteration":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
roi = roifit.Analysis(sys.argv[1], progress=interrupt)
values = [par["value"] for par in roi._engine.params()]
try:
    roi.optimize()
    print("not interrupted")
except KeyboardInterrupt:
    pass
roi = roifit.Analysis(sys.argv[1], progress=interrupt)
try:
    roi.fit()
    print("not interrupted")
except KeyboardInterrupt:
    print("restored", [par["value"] for par in roi._engine.params()] == values)
"""
    out = subprocess.run([sys.executable, "-c", script, str(region / "config.yaml")], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1:] == ["restored True"], out.stdout + out.stderr


def test_ctrl_c_after_a_fit_was_accepted_leaves_it_and_tells_it(region: Path) -> None:
    script = """
import os, signal, sys, time, roifit
def interrupt(event):
    if event["event"] == "update":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
roi = roifit.Analysis(sys.argv[1], progress=interrupt)
try:
    roi.fit()
    print("not interrupted")
except KeyboardInterrupt as stopped:
    print(stopped.result["fit_success"], abs(roi.loglike() - stopped.result["loglike"]) < 1e-6)
"""
    out = subprocess.run([sys.executable, "-c", script, str(region / "config.yaml")], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1:] == ["True True"], out.stdout + out.stderr


def test_the_interpreter_is_free_while_the_engine_works(region: Path) -> None:
    roi = roifit.Analysis(region / "config.yaml")
    counted = 0

    def work() -> None:
        roi.optimize(until_converged=True)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        counted += 1
        time.sleep(0)
    assert counted > 10


def test_analyses_in_several_threads_give_the_bits_of_one(region: Path) -> None:
    found: list[float] = []

    def work() -> None:
        found.append(roifit.Analysis(region / "config.yaml").fit().loglike)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 3


def test_warnings_of_the_engine_come_by_logging(region: Path, caplog: pytest.LogCaptureFixture) -> None:
    roi = roifit.Analysis(region / "config.yaml")
    with caplog.at_level(logging.INFO, logger="roifit.engine"):
        roi.fit(verbosity=2)
    assert any(record.name == "roifit.engine" for record in caplog.records)


def test_maps_have_the_counts_of_the_spectra(region: Path, tmp_path: Path) -> None:
    roi = roifit.Analysis(region / "config.yaml")
    (model,) = roi.model_map(tmp_path / "model.fits")
    total = sum(float(np.sum(counts)) for name in roi.sources()["name"] for counts in roi._engine.npred(str(name)))
    assert float(model.data.sum(dtype=float)) == pytest.approx(total, rel=1e-5)
    np.testing.assert_allclose(model.energies, roi.components[0]["energies"], rtol=1e-5)


def test_the_package_is_imported_quickly_and_without_much() -> None:
    code = "import time; start = time.perf_counter(); import roifit; print(time.perf_counter() - start)"
    times = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(3)]
    print("import roifit:", min(times), "s")


class Bar:
    """What tqdm makes."""

    shown = 0
    made = 0
    # What a notebook leaves in red.
    unfinished = 0

    def __init__(self, total: int, **_: object) -> None:
        self.total, self.n = total, 0
        Bar.shown += 1
        Bar.made += 1

    def update(self, more: int) -> None:
        self.n += more

    def close(self) -> None:
        Bar.shown -= 1
        Bar.unfinished += self.n < self.total


def test_no_bar_is_left_when_a_call_returns(region: Path) -> None:
    shown = Bars(Bar)
    kinds: list[str] = []

    class Noting(Bars):
        def __call__(self, event: dict[str, object]) -> None:
            kinds.append(str(event["event"]))
            shown(event)
            # As of a call that ends in the middle.
            if event["event"] in COUNTED:
                shown({"event": event["event"], "done": 0, "total": 1000})

        def close(self) -> None:
            shown.close()

    watcher = Noting(Bar)
    engine = opened(lambda: roifit._engine.Analysis.open(region / "config.yaml", progress=watcher), watcher)
    assert Bar.shown == 0
    assert engine.optimize()["loglike1"] >= engine.loglike() - 1.0 and set(kinds) & set(COUNTED) and Bar.shown == 0
    shown({"event": "sky_map", "done": 1, "total": 9})
    assert Bar.shown == 1
    with pytest.raises(roifit.ModelError):
        engine.free_source("nobody")
    assert Bar.shown == 0 and Bar.unfinished == 0


def test_work_within_work_keeps_its_bars() -> None:
    shown, before = Bars(Bar), Bar.made
    for fit in range(1, 4):
        for done in range(1, 3):
            shown({"event": "update", "done": done, "total": 2})
        shown({"event": "fit", "done": fit, "total": 9})
    # One of all fits, and one of the fluxes after each.
    assert Bar.made == before + 4 and Bar.shown == 1
    shown.close()
    assert Bar.shown == 0 and Bar.unfinished == 0
