"""The model of a configuration before there is an analysis: what catalogs and the configuration tell of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from .. import _engine
from .._engine import ModelError
from .configuration import Configuration
from .roi_model import ROIModel
from .source import selection_of

# What only an analysis knows of a source.
MEASURED = ("ts", "loglike", "npred", "npred_wt", "pivot_energy", "model_counts", "model_counts_wt")
FLUXES = tuple(f"{kind}{emin}{of}" for kind in ("flux", "eflux", "dnde") for emin in ("", "100", "1000", "10000") for of in ("", "_err", "_ul95"))


class Planned:
    """What a model is a view of where there is no analysis."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = dict(raw)
        self._version = 0
        self._engine = self._read(raw)
        region = self._engine.region()
        # Sources that come later come around the same place, whatever the target was.
        self._raw["selection"] = {"ra": region["ra"], "dec": region["dec"]}

    @property
    def section(self) -> dict[str, Any]:
        """Section ``model``."""
        section: dict[str, Any] = self._raw["model"]
        return section

    @staticmethod
    def _read(raw: Mapping[str, Any]) -> _engine.ConfiguredModel:
        # Its file is there as long as it is.
        configuration = Configuration(raw, {})
        return _engine.ConfiguredModel.read(configuration.path)

    def read(self, section: Mapping[str, Any]) -> _engine.ConfiguredModel:
        """The model of another section around the same place."""
        return self._read({**self._raw, "model": dict(section)})

    def take(self, other: _engine.ConfiguredModel, names: list[str] | None = None, merge: bool = True) -> None:
        """Takes up sources of another model, all if none are named."""
        self._engine.take(other, names or [], merge)
        self.changed()

    def changed(self) -> None:
        """What has been read of the model is good no longer."""
        self._version += 1

    def _selection(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        return selection_of(given)


class PlannedModel(ROIModel):
    """The model of a configuration. TS, predicted counts and fluxes are NaN: there are no data."""

    def __init__(self, planned: Planned) -> None:
        super().__init__(planned)
        # Nobody else has it.
        self._planned = planned

    def _known(self, name: str, now: list[float]) -> dict[str, Any]:
        return {"param_names": self._descriptions()[name]["par_names"], "param_values": np.array(now), **dict.fromkeys((*MEASURED, *FLUXES))}

    def _saved_table(self, name: str) -> Table:
        raise ModelError(f"a model without an analysis has no table {name}; create_table has what is known of its sources")


def planned(selection: Mapping[str, Any], model: Mapping[str, Any] | None, given: Mapping[str, Any]) -> PlannedModel:
    """The model of a section ``model``, with keys over it, around the place or target of a section ``selection``."""
    keys = dict(given)
    raw = {"selection": dict(selection), "binning": {"coordsys": keys.pop("coordsys", "CEL")}, "model": {**(model or {}), **keys}}
    return PlannedModel(Planned(raw))


def centre(skydir: Any) -> dict[str, float]:
    """A direction as section ``selection`` has it."""
    place = skydir if isinstance(skydir, SkyCoord) else SkyCoord(*skydir, unit="deg", frame="icrs")
    return {"ra": float(place.icrs.ra.deg), "dec": float(place.icrs.dec.deg)}
