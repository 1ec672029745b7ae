"""What the package costs: importing, calling, memory. `ROIFIT_TEST_MANY=1` takes the numbers of the documentation, which takes minutes."""

from __future__ import annotations

import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

import roifit
from roifit.gtanalysis import GTAnalysis

MANY = bool(os.environ.get("ROIFIT_TEST_MANY"))
ANALYSES, CALLS = (1000, 10_000) if MANY else (60, 1000)


def resident() -> int:
    """Bytes that the process holds."""
    path = Path("/proc/self/statm")
    if not path.exists():
        pytest.skip("memory is told by /proc alone")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_importing_takes_less_than_half_a_second() -> None:
    code = "import time; a = time.process_time(); import roifit; print(time.process_time() - a)"
    seconds = min(float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout) for _ in range(3))
    print(f"import roifit: {seconds:.3f} s")
    assert seconds < 0.5


def test_a_call_costs_less_than_fifty_microseconds(simulated: Path) -> None:
    roi = roifit.Analysis(simulated)
    name = str(roi.sources()[0]["name"])
    times = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(2000):
            roi._engine.norm(name)
        times.append((time.process_time() - begin) / 2000)
    print(f"a call: {1e6 * min(times):.2f} us")
    assert min(times) < 50e-6


def test_memory_is_flat_over_many_calls(simulated: Path) -> None:
    roi = roifit.Analysis(simulated)
    gta = GTAnalysis(simulated / "config.yaml", logging={"verbosity": 0})
    name = str(roi.sources()[0]["name"])

    def calls(number: int) -> None:
        for at in range(number):
            roi.loglike()
            roi._engine.sources()
            gta.set_norm(name, 1.0 + 1e-3 * (at % 7))
            assert gta.roi[name]["npred"] > 0
            roifit.minimize(lambda x: (x[0] - 1.0) ** 2, [0.0], errordef=1.0)

    calls(CALLS // 5)
    gc.collect()
    before = resident()
    calls(CALLS)
    gc.collect()
    grown = resident() - before
    print(f"{5 * CALLS} calls: {grown / 2**20:.2f} MiB more")
    assert grown < 4 * 2**20


def test_memory_is_flat_over_many_analyses(simulated: Path) -> None:
    def open_and_drop(number: int) -> None:
        for _ in range(number):
            analysis = GTAnalysis(simulated / "config.yaml", logging={"verbosity": 0})
            analysis.setup()
            analysis.fit(update=False)

    open_and_drop(ANALYSES // 4)
    gc.collect()
    before = resident()
    open_and_drop(ANALYSES)
    gc.collect()
    grown = resident() - before
    print(f"{ANALYSES} analyses: {grown / 2**20:.2f} MiB more")
    assert grown < 8 * 2**20


def test_a_fit_takes_as_long_as_in_the_program(tmp_path: Path) -> None:
    program = os.environ.get("ROI_FIT_PROGRAM") or shutil.which("roi-fit")
    if program is None or not MANY:
        pytest.skip("no program roi-fit of the same profile (ROI_FIT_PROGRAM, ROIFIT_TEST_MANY)")
    roifit.simulate(tmp_path / "region", seed=2)
    config = tmp_path / "region" / "config.yaml"
    ours, theirs = [], []
    for at in range(9):
        out = tmp_path / f"{at}.json"
        subprocess.run([program, "fit", config, "--json", out, "--quiet", "--threads", "2"], check=True)
        timing = json.loads(out.read_text())["timing"]
        theirs.append(timing["fit"] + timing["update"])
        roi = roifit.Analysis(config)
        begin = time.perf_counter()
        roi.fit()
        ours.append(time.perf_counter() - begin)
    ratio = min(ours) / min(theirs)
    print(f"fit: {min(ours):.4f} s here, {min(theirs):.4f} s in the program, medians {statistics.median(ours):.4f} and {statistics.median(theirs):.4f}, ratio {ratio:.3f}")
    assert ratio < 1.02
