"""What a model is a view of where there is no analysis: what catalogs and the configuration tell of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astropy.coordinates import SkyCoord

from .. import _engine
from .configuration import Configuration
from .source import selection_of

# What only an analysis knows of a source.
MEASURED = ("ts", "loglike", "npred", "npred_wt", "pivot_energy", "model_counts", "model_counts_wt")
FLUXES = tuple(f"{kind}{emin}{of}" for kind in ("flux", "eflux", "dnde") for emin in ("", "100", "1000", "10000") for of in ("", "_err", "_ul95"))


class Planned:
    """The sources of a section ``model`` around a place."""

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


def centre(skydir: Any) -> dict[str, float]:
    """A direction as section ``selection`` has it."""
    place = skydir if isinstance(skydir, SkyCoord) else SkyCoord(*skydir, unit="deg", frame="icrs")
    return {"ra": float(place.icrs.ra.deg), "dec": float(place.icrs.dec.deg)}
