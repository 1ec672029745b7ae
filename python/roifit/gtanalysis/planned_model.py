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
    """What a model is a view of where there is no analysis: its sources do not change."""

    _version = 0

    def __init__(self, configuration: Configuration) -> None:
        self._engine = _engine.ConfiguredModel.read(configuration.path)

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
    return PlannedModel(Planned(Configuration(raw, {})))


def centre(skydir: Any) -> dict[str, float]:
    """A direction as section ``selection`` has it."""
    place = skydir if isinstance(skydir, SkyCoord) else SkyCoord(*skydir, unit="deg", frame="icrs")
    return {"ra": float(place.icrs.ra.deg), "dec": float(place.icrs.dec.deg)}
