"""A region on HEALPix pixels: its maps are tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from astropy.io import fits

import roifit
from roifit.gtanalysis import GTAnalysis
from roifit.maps import Map


@pytest.fixture(scope="module")
def gta(tmp_path_factory: pytest.TempPathFactory) -> GTAnalysis:
    folder = tmp_path_factory.mktemp("healpix")
    config = Path(roifit.simulate(folder, events=True, days=3.0, npix=30, ebins=4, sources=1, seed=5))
    raw = yaml.safe_load(config.read_text())
    raw["binning"] |= {"projtype": "HPX", "hpx_order": 5, "hpx_ordering_scheme": "NESTED", "coordsys": "GAL"}
    config.write_text(yaml.safe_dump(raw))
    analysis = GTAnalysis(config, logging={"verbosity": 0})
    analysis.setup()
    return analysis


def test_counts_model_and_weights_are_tables(gta: GTAnalysis) -> None:
    counts = gta.counts_map()
    with fits.open(gta.files["ccube"]) as hdus:
        table, pixels = hdus["SKYMAP"].data, hdus["SKYMAP"].data["PIX"]
        assert hdus["SKYMAP"].header["NSIDE"] == 32
        np.testing.assert_array_equal(counts.data, np.stack([table[f"CHANNEL{at}"] for at in range(1, 5)]))
    assert counts.wcs is None and counts.healpix is not None
    assert (counts.healpix.nside, counts.healpix.ordering, counts.healpix.coordsys) == (32, "NESTED", "GAL")
    np.testing.assert_array_equal(counts.healpix.pixels, pixels)
    assert counts.data.sum() == pytest.approx(gta.components[0].counts.sum()) and counts.data.sum() > 0
    model = gta.model_counts_map()
    assert model.is_like(counts)
    assert model.data.sum() == pytest.approx(sum(source["npred"] for source in gta.roi.sources), rel=1e-5)
    np.testing.assert_array_equal(gta.weight_map().data, np.ones(counts.data.shape))
    assert (counts + model).data.sum() == pytest.approx(counts.data.sum() + model.data.sum())
    with pytest.raises(roifit.OptionError, match="healpy"):
        counts.plot()


def test_files_of_tables_are_read_again(gta: GTAnalysis) -> None:
    counts = gta.counts_map()
    path = Path(gta.workdir, "written.fits")
    counts.write(path)
    again = Map.from_fits(path)
    assert again.is_like(counts)
    np.testing.assert_array_equal(again.data, counts.data)
    for kind, written in (("mcube", gta.write_model_map("h")), ("wcube", gta.write_weight_map("h"))):
        assert len(written) == 2
        assert Map.from_fits(Path(gta.workdir, f"{kind}_h_00.fits")).is_like(counts)
    # The engine takes such a table for weights.
    half = Path(gta.workdir, "half.fits")
    counts.with_data(np.full(counts.data.shape, 0.5)).write(half)
    before = gta.like()
    gta.set_weights_map(half)
    assert gta.like() == pytest.approx(0.5 * before, rel=1e-12)
    gta.set_weights_map(None)
    assert gta.like() == pytest.approx(before, rel=1e-12)
    gta.generate_model()
    gta.make_plots("h")
    assert Path(gta.workdir, "h_counts_spectrum.png").is_file() and not list(Path(gta.workdir).glob("h_counts_map*"))


def test_maps_of_the_sky_are_tables(gta: GTAnalysis) -> None:
    npix = gta.counts_map().data.shape[1]
    maps = gta.tsmap("h", make_plots=True)
    assert maps["ts"].data.shape == (npix,) and maps["ts"].healpix.nside == 32 and maps["ts"].wcs is None
    with fits.open(Path(gta.workdir, maps["file"])) as hdus:
        assert hdus[1].header["NSIDE"] == 32
    residuals = gta.residmap("h", make_plots=True)
    assert residuals["sigma"].data.shape == (npix,)
    gta.free_sources(free=False)
    cube = gta.tscube("h", make_plots=False)
    assert cube["ts"].data.ndim == 1 and cube["bin_ts"].shape[1:] == cube["ts"].data.shape
    with pytest.raises(roifit.OptionError, match="healpy"):
        maps["ts"].plot()
    assert "HEALPix" in repr(maps["ts"]) and "HEALPix" in repr(gta.counts_map())
