"""Pictures: each is drawn, has its axes, and lies where fermipy's scripts look for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import roifit
from roifit.gtanalysis import GTAnalysis

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

KEPT = os.environ.get("ROIFIT_KEEP_PICTURES")


@pytest.fixture(scope="module")
def gta(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> GTAnalysis:
    folder = tmp_path_factory.mktemp("pictures")
    analysis = GTAnalysis(recorded / "config.yaml", logging={"verbosity": 0}, fileio={"outdir": str(recorded)}, plotting={"loge_bounds": [[3.0, 4.0]]})
    analysis.setup()
    analysis.fit()
    analysis.workdir = str(folder)
    return analysis


def pictures(gta: GTAnalysis, *names: str) -> None:
    """Each is a picture that shows something."""
    for name in names:
        path = Path(gta.workdir, name + ".png")
        assert path.is_file(), f"{name}; there are {sorted(p.name for p in Path(gta.workdir).glob('*.png'))}"
        pixels = pyplot.imread(path)
        assert pixels.shape[0] > 300 and np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0).shape[0] > 20, name
        if KEPT:
            shutil.copyfile(path, Path(KEPT, path.name))


def test_pictures_of_the_region(gta: GTAnalysis) -> None:
    gta.write_roi("fit0", make_plots=True)
    low, high = gta.loge_bounds
    names = [f"fit0_{what}_{ends}" for what in ("counts_map", "model_map", "counts_map_xproj", "counts_map_yproj") for ends in (f"{low:.3f}_{high:.3f}", "3.000_4.000")]
    pictures(gta, "fit0_counts_spectrum", *names)
    assert pyplot.get_fignums() == []


def test_pictures_of_maps(gta: GTAnalysis) -> None:
    resid = gta.residmap("fit0", make_plots=True)
    pictures(gta, *(f"{resid['name']}_residmap_{what}" for what in ("sigma", "sigma_hist", "data", "model", "excess")))
    ts = gta.tsmap("fit0", model={"Index": 2.0}, exclude=[gta.roi.point_sources[0].name], make_plots=True)
    pictures(gta, *(f"{ts['name']}_tsmap_{what}" for what in ("sqrt_ts", "npred", "ts_hist")))
    gta.psmap("fit0", make_plots=True, emin=1000.0, emax=10000.0, nbinloge=4)
    pictures(gta, "fit0_psmap", "fit0_psmap_sigma", "fit0_ps_hist_sigma")


def test_pictures_of_sources(gta: GTAnalysis) -> None:
    name = gta.roi.point_sources[0].name
    gta.sed(name, prefix="a", make_plots=True)
    pictures(gta, f"a_{name}_sed", f"a_{name}_sedlnl")
    gta.localize(name, prefix="a", update=False, make_plots=True)
    pictures(gta, f"a_{name}_localize", f"a_{name}_localize_peak")
    gta.extension(name, prefix="a", fit_ebin=True, width_nstep=5, make_plots=True)
    pictures(gta, *(f"a_{name}_{what}" for what in ("extension", "extension_curve", "extension_ebin", "extension_ebin_llh")))


@pytest.fixture(scope="module")
def roi(tmp_path_factory: pytest.TempPathFactory) -> roifit.Analysis:
    folder = tmp_path_factory.mktemp("drawn")
    roifit.simulate(folder, npix=30, ebins=8, sources=4, seed=3, response=True)
    return roifit.Analysis(folder)


def test_results_draw_themselves(roi: roifit.Analysis, tmp_path: Path) -> None:
    fit = roi.fit()
    name = str(roi.sources()[0]["name"])
    drawn: list[Any] = [fit.plot(), roi.sed(name).plot(show_lnl=True), roi.profile(name).plot(), roi.bowtie(name).plot()]
    drawn.append(roi.model_map(tmp_path / "model.fits")[0].plot())
    for ax in drawn:
        assert ax.has_data() and ax.get_xlabel() is not None
    own = pyplot.figure().add_subplot()
    assert roi.sed(name).plot(own) is own and own.get_xscale() == own.get_yscale() == "log"
    name = str(roi.sources()[0]["name"])
    for found in (roi.localize(name, nstep=3), roi.extension(name, width_nstep=4, width_max=0.5)):
        assert found.plot().has_data() and len(found.to_table()) > 3 and name in str(found)
    residuals = roi.residmap()
    ax = residuals.plot(sources=[("middle", SkyCoord_of(roi))])
    assert ax.images[0].get_clim() == (-5.0, 5.0) and residuals.histogram().has_data()
    assert any(text.get_text() == "middle" for text in ax.texts)
    pyplot.close("all")


def SkyCoord_of(roi: roifit.Analysis) -> Any:
    from astropy.coordinates import SkyCoord

    region = roi._engine.region()
    return SkyCoord(region["ra"], region["dec"], unit="deg")


def test_points_and_limits_of_a_spectrum_are_told_apart() -> None:
    from roifit.plots.spectra import sed

    result = {
        "name": "s", "e_min": [1e3, 1e4], "e_max": [1e4, 1e5], "e_ref": [3e3, 3e4], "ts": [25.0, 1.0], "e2dnde": [1e-6, 1e-8], "e2dnde_err_lo": [2e-7, np.nan],
        "e2dnde_err_hi": [2e-7, 5e-8], "e2dnde_ul95": [1.4e-6, 1e-7],
    }
    ax = sed(result)
    points, limits = (container.lines for container in ax.containers)
    np.testing.assert_allclose(points[0].get_xdata(), [3e3])
    np.testing.assert_allclose(points[0].get_ydata(), [1e-6])
    # The limit is an arrow from its height downwards, without a point.
    assert limits[0] is None
    segments = [segment for bars in limits[2] for segment in bars.get_segments()]
    (arrow,) = [segment for segment in segments if segment[0, 0] == segment[1, 0]]
    assert arrow[0, 0] == 3e4 and arrow[:, 1].max() == 1e-7 and 0 < arrow[:, 1].min() < 1e-7
    pyplot.close("all")


def test_minima_draw_themselves() -> None:
    m = roifit.Minuit(lambda a, b: (a - 1.0) ** 2 + (b + a) ** 2, a=0.0, b=0.0).migrad()
    ax = m.plot_contour("a", "b", size=20)
    assert len(ax.lines) == 3 and (ax.get_xlabel(), ax.get_ylabel()) == ("a", "b")
    assert m.plot_profile("a").has_data()
    pyplot.close("all")
