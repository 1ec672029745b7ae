"""What the page of a region is asked for, from Python."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import roifit

SOURCE = "SIM J0534.5+2200"


def test_widths_curvatures_and_files(tmp_path: Path) -> None:
    roi = roifit.Analysis(roifit.simulate(tmp_path / "region", npix=20, ebins=4, sources=1, response=True))
    page = tmp_path / "page.html"
    told = roi.report(page, sed="none", extension=[SOURCE, SOURCE.lower()], curvature=[SOURCE], residmap=False, tsmap=False, fits=True)
    # Who names a source twice does not want it twice.
    assert told.widths == [SOURCE] == told.curvatures and told.seds == [] == told.light_curves and not told.problems, told.problems
    assert told.report == str(page) and told.bytes == page.stat().st_size
    (file,) = told.files
    assert (tmp_path / file).read_bytes().startswith(b"SIMPLE") and file.startswith("page_files/width_")
    assert "68 % containment radius" in page.read_text(encoding="utf-8")


def test_light_curves_by_name_and_those_that_were_made_before(tmp_path: Path) -> None:
    config = Path(roifit.simulate(tmp_path / "region", events=True, days=4.0, npix=20, ebins=4, sources=1, seed=6))
    raw = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({**raw, "lightcurve": {"nbins": 2}}))
    roi = roifit.Analysis(config)
    roi.optimize()
    curve = roi.lightcurve(SOURCE, nbins=3)
    told = roi.report(tmp_path / "page.html", sed="none", residmap=False, tsmap=False, lightcurve=[SOURCE], light_curves=[curve], fits=True)
    assert told.light_curves == [SOURCE, SOURCE] and len(told.files) == 1
    # What cannot be kept is refused, not forgotten.
    with pytest.raises(roifit.OptionError, match="records=FILE"):
        roi.lightcurve(SOURCE, nbins=2, keep_records=True)
