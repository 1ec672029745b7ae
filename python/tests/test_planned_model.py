"""The model of a region without an analysis: what a configuration tells of its sources."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import roifit
from roifit.gtanalysis import GTAnalysis, ROIModel

CRAB, FAR = (83.63, 22.01), (88.0, 25.0)
SECTION = {
    "sources": [
        {"name": "Crab", "ra": CRAB[0], "dec": CRAB[1], "SpectrumType": "PowerLaw", "Index": 2.1, "Prefactor": 2e-12, "SpatialModel": "PointSource"},
        {"name": "Far one", "ra": FAR[0], "dec": FAR[1], "SpectrumType": "LogParabola", "SpatialModel": "RadialDisk", "SpatialWidth": 0.5},
    ],
}


def test_a_model_needs_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = ROIModel.create({"ra": CRAB[0], "dec": CRAB[1]}, SECTION)
    assert [source.name for source in model.sources] == ["Crab", "Far one"] == [source.name for source in model] and len(model) == 2
    crab = model["cra b"]
    assert crab == model.get_source_by_name("Crab") and "Crab" in model and "nobody" not in model
    assert crab["offset"] < 1e-6 and crab["SpatialModel"] == "PointSource" and crab.params["Index"]["value"] == pytest.approx(-2.1)
    assert np.isnan(crab["ts"]) and np.isnan(crab["npred"]) and np.isnan(crab["flux"])
    distance = SkyCoord(*CRAB, unit="deg").separation(SkyCoord(*FAR, unit="deg")).deg
    assert [source.name for source in model.get_sources(distance=distance - 0.1)] == ["Crab"]
    assert len(model.get_sources(distance=distance + 0.1)) == 2 and model.get_sources(minmax_ts=[1.0, None]) == []
    assert [source.name for source in model.get_sources(cuts={"offset": [1.0, None]}, exclude=["Crab"])] == ["Far one"]
    assert [source.name for source in model.get_nearby_sources("Crab", 10.0, min_dist=1.0)[1]] == ["Far one"]
    for text in (str(model), str(crab)):
        assert "Crab" in text and "nan" in text
    assert model.create_table()["ra"].tolist() == pytest.approx([CRAB[0], FAR[0]])
    with pytest.raises(roifit.ModelError, match="create_table"):
        model.create_source_table()
    kept = copy.deepcopy(model)
    assert kept["Crab"].params["Index"]["value"] == crab.params["Index"]["value"] and len(kept) == 2
    model.write_xml("model.xml")
    text = Path("model.xml").read_text()
    assert 'name="Far one"' in text and "RadialDisk" in text


def test_around_a_place_or_a_source_with_other_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    around = ROIModel.create_from_position(SkyCoord(*FAR, unit="deg"), SECTION)
    of = ROIModel.create_from_source("Far one", SECTION)
    both = ROIModel.create({"target": "Far one", "ra": 1.0, "dec": 2.0}, SECTION)
    for model in (around, of, both):
        assert model.skydir.separation(SkyCoord(*FAR, unit="deg")).deg < 1e-6 and model.sources[0].name == "Far one"
    only = ROIModel.create_from_position(FAR, SECTION, sources=SECTION["sources"][:1])
    assert [source.name for source in only.sources] == ["Crab"]
    with pytest.raises(roifit.RoiFitError, match="nobody"):
        ROIModel.create_from_source("nobody", SECTION)
    # The configuration that it was read from does not stay.
    assert not list(tmp_path.iterdir())


def test_it_is_made_as_fermipys_class_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    at_crab = ROIModel(SECTION, SkyCoord(*CRAB, unit="deg"))
    of_far = ROIModel(config=SECTION, srcname="far one", coordsys="GAL")
    assert [source.name for source in at_crab] == ["Crab", "Far one"] and [source.name for source in of_far] == ["Far one", "Crab"]
    assert of_far.skydir.separation(SkyCoord(*FAR, unit="deg")).deg < 1e-6
    nowhere = ROIModel()
    assert len(nowhere) == 0 and nowhere.skydir.separation(SkyCoord(0.0, 0.0, unit="deg")).deg < 1e-6
    nowhere.load_source(at_crab["Crab"])
    assert "Crab" in nowhere and ROIModel(SECTION, CRAB, sources=[]).sources == []


def test_it_takes_the_sources_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    rows = {
        "Source_Name": ["4FGL J0534.5+2200", "4FGL J0552.0+2500"],
        "RAJ2000": [CRAB[0], FAR[0]],
        "DEJ2000": [CRAB[1], FAR[1]],
        "SpectrumType": ["PowerLaw", "PowerLaw"],
        "Pivot_Energy": [1000.0, 2000.0],
        "PL_Flux_Density": [2e-12, 3e-13],
        "PL_Index": [2.1, 2.4],
    }
    rows |= {f"{law}_Flux_Density": rows["PL_Flux_Density"] for law in ("LP", "PLEC")}
    rows |= {name: [np.nan, np.nan] for name in ("LP_Index", "LP_beta", "PLEC_Index", "PLEC_Expfactor", "PLEC_Exp_Index")}
    # As `Table.read` of a catalog has it.
    table = Table(rows, meta={"CDS-NAME": "4FGL"})
    model = ROIModel(skydir=CRAB, src_radius=1.0)
    model.load_existing_catalog(table)
    assert [source.name for source in model] == ["4FGL J0534.5+2200"] and model.sources[0].params["Index"]["value"] == pytest.approx(-2.1)
    model.load_existing_catalog(SimpleNamespace(table=table), src_radius=20.0)
    assert len(model) == 2 and model["4FGL J0552.0+2500"].params["Prefactor"]["value"] == pytest.approx(3e-13)
    table["Extended_Source_Name"] = ["", "IC 443"]
    points = ROIModel(skydir=CRAB, src_radius=20.0)
    points.load_existing_catalog(table)
    assert [source.name for source in points] == ["4FGL J0534.5+2200"] and "1 extended" in caplog.text
    with pytest.raises(roifit.OptionError, match="str"):
        model.load_existing_catalog("4FGL")


def test_it_is_filled_source_by_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = ROIModel.create({"target": "Crab"}, {**SECTION, "src_radius": 20.0})
    crab = model["Crab"]
    model.write_xml("model.xml")
    model.clear()
    assert len(model) == 0 and model.sources == [] and "Crab" not in model
    model.load_xml("model.xml")
    assert [source.name for source in model.sources] == ["Crab", "Far one"] and model["Crab"] == crab
    assert model.skydir.separation(SkyCoord(*CRAB, unit="deg")).deg < 1e-6, "the place stays that of the target"
    model.clear()
    model.load_xml("model.xml", src_radius=1.0)
    assert [source.name for source in model.sources] == ["Crab"]
    model.load()
    assert len(model) == 2

    # One of a name that is there takes its place, and its names.
    made = model.create_source("cra b", {"ra": CRAB[0], "dec": CRAB[1], "Index": 3.0, "SpatialModel": "PointSource"})
    assert len(model) == 2 and made.name == "cra b" and made.params["Index"]["value"] == pytest.approx(-3.0) and "Crab" in made.names
    model.create_source("Crab", {"Index": 1.0}, merge_sources=False)
    assert len(model) == 2 and model["Crab"].params["Index"]["value"] == pytest.approx(-3.0)
    model.delete_sources([made, "Far one"])
    assert len(model) == 0
    with pytest.raises(roifit.ModelError, match="Far one"):
        model.delete_sources(["Far one"])
    other = ROIModel.create_from_position(FAR, SECTION)
    model.load_source(other["Far one"])
    model.load_source(other["Crab"], min_separation=1.0)
    # Where one stands there is no room.
    model.create_source("near", {"ra": FAR[0], "dec": FAR[1] + 0.2})
    model.load_source(copy.deepcopy(other["Far one"]), min_separation=1.0)
    assert sorted(source.name for source in model) == ["Crab", "Far one", "near"]
    model.load_sources([copy.deepcopy(model["near"]), other["Crab"]])
    assert sorted(source.name for source in model) == ["Crab", "near"]
    assert model.skydir.separation(SkyCoord(*CRAB, unit="deg")).deg < 1e-6


def test_diffuse_sources_and_catalogs_come_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("iso.txt").write_text("100 1e-8\n1000 1e-10\n100000 1e-14\n")
    model = ROIModel.create({"ra": CRAB[0], "dec": CRAB[1]}, {**SECTION, "isodiff": "iso.txt"})
    assert len(model) == 3 and [source.name for source in model.diffuse_sources] == ["isodiff"]
    model.clear()
    model.load_diffuse_srcs()
    assert [source.name for source in model.sources] == ["isodiff"]
    model.load_diffuse_srcs()
    assert len(model) == 1
    with pytest.raises(roifit.RoiFitError, match="nothing.fits"):
        model.load_fits_catalog("nothing.fits")
    assert len(model) == 1


def test_the_model_of_an_analysis_is_filled_by_its_methods(tmp_path: Path) -> None:
    gta = GTAnalysis(roifit.simulate(tmp_path, npix=24, ebins=4, sources=1, response=True), logging={"verbosity": 0})
    gta.setup()
    name = gta.roi.point_sources[0].name
    for model in (gta.roi, copy.deepcopy(gta.roi)):
        for method in (model.clear, model.load, model.load_diffuse_srcs):
            with pytest.raises(roifit.ModelError, match="add_source"):
                method()
    # Sources of an analysis are taken as they are there, and go back so; the simulator's own maps differ from those that are made.
    gta.set_source_morphology(name)
    gta.add_gauss_prior(name, gta.roi[name]["norm_par"], gta.get_norm(name) + 1.0, 0.5)
    with_prior = gta.like()
    model = ROIModel.create_from_position(gta.roi.skydir, {})
    model.load_source(gta.roi[name])
    gta.delete_source(name)
    gta.add_sources_from_roi([name], model, free=True)
    assert gta.like() == pytest.approx(with_prior, rel=1e-9)
    gta.remove_priors()
    assert with_prior - gta.like() == pytest.approx(2.0, abs=1e-6)


def test_its_sources_go_into_an_analysis(tmp_path: Path) -> None:
    gta = GTAnalysis(roifit.simulate(tmp_path, npix=24, ebins=4, sources=1, response=True), logging={"verbosity": 0})
    gta.setup()
    place = gta.roi.skydir
    section = {"sources": [{"name": "new", "ra": place.ra.deg + 0.5, "dec": place.dec.deg, "Index": 2.3, "SpatialModel": "PointSource"}]}
    model = ROIModel.create_from_position(place, section)
    gta.add_sources_from_roi(["new"], model)
    assert gta.roi["new"].params["Index"]["value"] == pytest.approx(-2.3) and gta.roi["new"]["npred"] > 0
