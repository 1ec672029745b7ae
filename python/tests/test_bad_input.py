"""Wrong input ends in an exception that says what is wrong, and the analysis is as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import roifit
from roifit.gtanalysis import GTAnalysis

WRONG: list[tuple[str, type[Exception], str, Callable[[Any], Any]]] = [
    ("an unknown source", roifit.ModelError, "nobody", lambda roi: roi.free_source("nobody")),
    ("a source that is no text", TypeError, "", lambda roi: roi.free_source(3)),
    ("pars that are a number", TypeError, "pars|not iterable", lambda roi: roi.free_source("isodiff", pars=3)),
    ("an unknown parameter", roifit.ModelError, "Slope", lambda roi: roi.free_source("isodiff", pars=["Slope"])),
    ("a distance that is NaN", roifit.OptionError, "distance", lambda roi: roi.free_sources(distance=float("nan"))),
    ("a distance below zero", roifit.OptionError, "distance", lambda roi: roi.free_sources(distance=-1.0)),
    ("a distance that is text", TypeError, "distance", lambda roi: roi.free_sources(distance="near")),
    ("a tolerance that is NaN", roifit.OptionError, "tol", lambda roi: roi.fit(tol=float("nan"))),
    ("a tolerance that is text", TypeError, "tol", lambda roi: roi.fit(tol="small")),
    ("retries below zero", (TypeError, OverflowError, roifit.OptionError), "retries", lambda roi: roi.fit(retries=-1)),  # type: ignore[list-item]
    ("an unknown optimizer", roifit.OptionError, "MINUTE", lambda roi: roi.fit(optimizer="MINUTE")),
    ("a keyword with a slip", roifit.OptionError, "optimizer", lambda roi: roi.fit(optimiser="MINUIT")),
    ("a value that is NaN", roifit.ModelError, "", lambda roi: roi.set_parameter("isodiff", "Normalization", float("nan"))),
    ("a value that is no number", TypeError, "", lambda roi: roi.set_parameter("isodiff", "Normalization", "one")),
    ("a scale of zero", roifit.ModelError, "scale", lambda roi: roi.set_parameter("isodiff", "Normalization", 1.0, scale=0.0)),
    ("bounds in the wrong order", roifit.ModelError, "", lambda roi: roi.set_parameter("isodiff", "Normalization", 1.0, bounds=[3.0, 2.0])),
    ("three bounds", (TypeError, ValueError), "", lambda roi: roi.set_parameter("isodiff", "Normalization", 1.0, bounds=[1.0, 2.0, 3.0])),  # type: ignore[list-item]
    ("an unknown spectrum", roifit.ModelError, "PowerLow", lambda roi: roi.set_source_spectrum("isodiff", "PowerLow")),
    ("an array for a number", TypeError, "", lambda roi: roi.set_parameter("isodiff", "Normalization", np.array([1.0, 2.0]))),
    ("an SED of nobody", roifit.ModelError, "nobody", lambda roi: roi.sed("nobody")),
    ("energies that are no edges", roifit.OptionError, "edge|loge", lambda roi: roi.sed("isodiff", loge_bins=[2.0, 2.01, 9.0])),
    ("bins that are text", TypeError, "loge_bins|float|str", lambda roi: roi.sed("isodiff", loge_bins=["a", "b"])),
    ("profile points that are NaN", roifit.RoiFitError, "", lambda roi: roi.profile("isodiff", "Normalization", xvals=[float("nan"), 1.0, 2.0])),
    ("an energy below zero", roifit.RoiFitError, "", lambda roi: roi.bowtie("isodiff", [-1.0])),
    ("a state that is not there", roifit.FileError, "nowhere", lambda roi: roi.load_roi("/nowhere/fit")),
    ("a folder that cannot be written", roifit.FileError, "nowhere", lambda roi: roi.write_xml("/nowhere/model.xml")),
]


@pytest.fixture(scope="module")
def shared(simulated: Path) -> roifit.Analysis:
    return roifit.Analysis(simulated / "config.yaml")


@pytest.mark.parametrize(("what", "kind", "words", "call"), WRONG, ids=[case[0] for case in WRONG])
def test_wrong_input_is_an_exception(
    shared: roifit.Analysis, what: str, kind: type[Exception], words: str, call: Callable[[Any], Any]
) -> None:
    before = shared.loglike(), shared._engine.free_vector(), shared._engine.xml_text()
    with pytest.raises(kind, match=words or None):
        call(shared)
    assert (shared.loglike(), shared._engine.free_vector(), shared._engine.xml_text()) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("- a list\n", "sections"),
        ("selection: {emin: 100", ""),
        ("selektion: {emin: 100}\n", "selektion"),
    ],
)
def test_a_wrong_configuration_is_an_exception(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(roifit.RoiFitError, match=words or None):
        GTAnalysis(tmp_path / "config.yaml").setup()


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(roifit.FileError, match="nothing.yaml"):
        GTAnalysis(tmp_path / "nothing.yaml")
    with pytest.raises(roifit.RoiFitError, match="nothing.yaml"):
        roifit.Analysis(tmp_path / "nothing.yaml")


def test_the_children_of_the_exception_are_its_children() -> None:
    for name in ("ConfigError", "FileError", "ModelError", "OptionError", "LikelihoodError", "MemoryLimitError", "InternalError"):
        assert issubclass(getattr(roifit, name), roifit.RoiFitError), name


def test_too_little_memory_is_told_before_it_is_taken(simulated: Path) -> None:
    with pytest.raises(roifit.MemoryLimitError, match="memory"):
        roifit.Analysis(simulated / "config.yaml", max_memory=1000)


def test_simulations_refuse_what_they_cannot(tmp_path: Path) -> None:
    with pytest.raises(roifit.OptionError):
        roifit.simulate(tmp_path / "a", npix=0)
    with pytest.raises(roifit.OptionError, match="npix"):
        roifit.simulate(tmp_path / "a", npixs=10)
    (tmp_path / "config.yaml").write_text("mine: 1\n")
    with pytest.raises(roifit.OptionError, match="another directory"):
        roifit.simulate(tmp_path)
