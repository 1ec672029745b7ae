"""The model of an analysis: its sources as it stands, with what was measured and what estimators found of them."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table

from .._engine import ModelError
from .roi_model import ROIModel, true_values

if TYPE_CHECKING:
    from .core import Core


class AnalysisModel(ROIModel):
    """The sources of a region: a view of the analysis as it stands."""

    _planned = None

    def __init__(self, core: Core) -> None:
        # A reference back would keep a large analysis alive until the collector runs.
        self._weak = weakref.ref(core)
        # What estimators found, by source.
        self._found: dict[str, dict[str, Any]] = {}
        self._begin()

    def _of(self) -> Core | None:
        return self._weak()

    @property
    def _core(self) -> Core:
        core = self._of()
        if core is None:
            raise ModelError("the analysis of this model is gone; keep the GTAnalysis as long as its roi is used")
        return core

    def _model_without_data(self) -> Any:
        return self._core._engine.model()

    def _known(self, name: str, now: list[float]) -> dict[str, Any]:
        """What the analysis knows of a source as its parameters are now."""
        known = self._core._engine.properties(name)
        return known if np.array_equal(known["param_values"], now) else self._outdated(name, known, now)

    def _outdated(self, name: str, known: dict[str, Any], now: list[float]) -> dict[str, Any]:
        """Of a source whose parameters were set: what follows from them; what was measured before is not known any more."""
        core = self._core
        kept = {"pivot_energy", "param_names", "model_counts_wt", "npred_wt"}
        data = {key: value if key in kept else None for key, value in known.items()}
        counts = core._engine.npred(name)
        data.update(param_values=np.array(now), npred=float(sum(part.sum() for part in counts)))
        data["npred_wt"] = float(sum(part.sum() for part in core._engine.npred(name, True)))
        data["model_counts"] = data["model_counts_wt"] = None
        if self._descriptions()[name]["diffuse"]:
            return data
        # A template that is no background holds all of its flux.
        for suffix, ends in (("", core._engine.energy_range()), *((f"{emin}", (float(emin), 10.0**5.5)) for emin in (100, 1000, 10000))):
            data[f"flux{suffix}"], data[f"eflux{suffix}"] = core._engine.flux(name, *ends)
        energies = {"dnde": float(known["pivot_energy"]), "dnde100": 100.0, "dnde1000": 1000.0, "dnde10000": 10000.0}
        values = core._engine.dnde(name, list(energies.values()))
        data.update(zip(energies, (float(value) for value in values), strict=True))
        return data

    def _fresh(self, name: str, now: list[float]) -> dict[str, Any]:
        """What estimators found of the source as its parameters are now."""
        found = self._found.get(name)
        if found is None:
            return {}
        if not np.array_equal(found["of"], now):
            del self._found[name]
            return {}
        return {key: value for key, value in found.items() if key != "of"}

    def _take(self, name: str, found: dict[str, Any]) -> None:
        """Keeps what an estimator found, as long as the parameters of the source stay."""
        of = true_values(self._core._engine.source(name))
        self._found[name] = {**self._fresh(name, of), **found, "of": of}

    def _saved_table(self, name: str) -> Table:
        with tempfile.TemporaryDirectory(dir=self._core.workdir) as folder:
            self._core._engine.write_roi(Path(folder, "roi"))
            table = Table.read(Path(folder, "roi.fits"), hdu=name)
        # Text is text, not bytes.
        table.convert_bytestring_to_unicode()
        return table
