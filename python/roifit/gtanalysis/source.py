"""A source as scripts read it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.coordinates import SkyCoord

from ..analysis import place

if TYPE_CHECKING:
    from .roi_model import ROIModel

# The version of a source that is a copy of what it once was.
FROZEN = -2


class Source:
    """A source. ``src["ts"]`` and its like are read from the analysis as it stands; of a source that was deleted, or whose analysis is gone, what it was last."""

    def __init__(self, model: ROIModel, name: str) -> None:
        # Not the analysis: it goes when nobody else has it.
        self._model = model
        self._name = name
        self._data: dict[str, Any] = {}
        self._version = -1

    @property
    def data(self) -> dict[str, Any]:
        """Everything that is known of it."""
        core = self._model._of()
        if core is not None and self._version not in (FROZEN, core._version):
            if self._model._has(self._name):
                self._data = self._model._dictionary(self._name)
            self._version = core._version
        return self._data

    def __getitem__(self, key: str) -> Any:
        return self._name if key == "name" else self.data[key]

    def __contains__(self, key: object) -> bool:
        return key in self.data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self._name)

    def get(self, key: str, default: Any = None) -> Any:
        """A property, or a default."""
        return self.data.get(key, default)

    def items(self) -> Any:
        """Keys and values."""
        return self.data.items()

    def keys(self) -> Any:
        """Keys."""
        return self.data.keys()

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def names(self) -> list[str]:
        """Its name and aliases."""
        names: list[str] = self.data["names"]
        return names

    @property
    def associations(self) -> list[str]:
        """As `names`."""
        return self.names

    @property
    def assoc(self) -> dict[str, str]:
        """Names of the catalog by column; not known here."""
        return {}

    @property
    def skydir(self) -> SkyCoord:
        """Its direction."""
        return SkyCoord(self["ra"], self["dec"], unit="deg", frame="icrs")

    @property
    def radec(self) -> np.ndarray[Any, Any]:
        """Right ascension and declination, deg."""
        return np.array([self["ra"], self["dec"]])

    @property
    def diffuse(self) -> bool:
        """Whether it is a diffuse background."""
        return bool(self.data["diffuse"])

    @property
    def extended(self) -> bool:
        """Whether it has a size."""
        return not self.diffuse and self["SpatialModel"] != "PointSource"

    @property
    def is_free(self) -> bool:
        """Whether a fit varies one of its parameters."""
        return bool(self.data["free"])

    @property
    def spectral_pars(self) -> dict[str, Any]:
        """Parameters of its spectrum, the scale not applied."""
        pars: dict[str, Any] = self.data["spectral_pars"]
        return pars

    @property
    def spatial_pars(self) -> dict[str, Any]:
        """Parameters of its template."""
        pars: dict[str, Any] = self.data["spatial_pars"]
        return pars

    @property
    def params(self) -> dict[str, dict[str, float]]:
        """True values and errors of its parameters."""
        return {
            name: {"value": par["value"] * par["scale"], "error": abs(par["error"] * par["scale"])}
            for name, par in self.spectral_pars.items()
        }

    def get_norm(self) -> float:
        """The normalisation, the scale not applied."""
        norm: float = self.spectral_pars[self.data["norm_par"]]["value"]
        return norm

    def check_cuts(self, cuts: Any) -> bool:
        """Whether properties lie in ranges: ``{key: [min, max]}``, or a list of a key and two ends each. What is not known, or NaN, lies in none."""
        pairs = [(key, *ends) for key, ends in cuts.items()] if isinstance(cuts, dict) else [cuts] if isinstance(cuts, tuple) else list(cuts)
        for key, low, high in pairs:
            value = self.data.get(key)
            if value is None or np.isnan(value) or (low is not None and value < low) or (high is not None and value > high):
                return False
        return True

    def __deepcopy__(self, memo: dict[int, Any]) -> Source:
        """What it is now, which does not change any more."""
        other = Source(self._model, self._name)
        other._data, other._version = copy.deepcopy(self.data, memo), FROZEN
        return other

    def _model_without_data(self) -> Any:
        """The model that it is a view of, as the engine has it; None of a copy, and of a source that is there no longer."""
        model = self._model
        is_there = self._version != FROZEN and model._of() is not None and model._has(self._name)
        return model._model_without_data() if is_there else None

    def separation(self, other: Source | SkyCoord) -> Any:
        """Angle to another source or direction."""
        return self.skydir.separation(other.skydir if isinstance(other, Source) else other)

    def __repr__(self) -> str:
        return f"<Source {self._name}>"

    def __str__(self) -> str:
        data = self.data
        lines: list[tuple[str, str]] = [("Name", self.name)]
        if not self.diffuse:
            lines += [
                ("Associations", str(self.names)),
                ("RA/DEC", f"{data['ra']:10.3f}/{data['dec']:10.3f}"),
                ("GLON/GLAT", f"{data['glon']:10.3f}/{data['glat']:10.3f}"),
            ]
        lines += [("TS", f"{data['ts']:.2f}"), ("Npred", f"{data['npred']:.2f}")]
        if not self.diffuse:
            lines += [
                ("Flux", f"{data['flux']:9.4g} +/- {data['flux_err']:8.3g}"),
                ("EnergyFlux", f"{data['eflux']:9.4g} +/- {data['eflux_err']:8.3g}"),
            ]
        lines += [("SpatialModel", data["SpatialModel"]), ("SpectrumType", data["SpectrumType"])]
        text = [f"{label:<15}: {value}" for label, value in lines]
        text.append("Spectral Parameters")
        text += [f"{name:<15}: {par['value']:10.4g} +/- {par['error']:10.4g}" for name, par in self.params.items()]
        return "\n".join(text)


def selection_of(given: dict[str, Any]) -> dict[str, Any]:
    """Keywords of a selection as the engine has them: a list of names, a place in degrees."""
    exclude = given.pop("exclude", None)
    names = [exclude] if isinstance(exclude, str | Source) else list(exclude or [])
    given["exclude"] = [name.name if isinstance(name, Source) else name for name in names]
    given["skydir"] = place(given.get("skydir"))
    return given


def described_place(source: Source) -> dict[str, Any]:
    """Place and shape of a source as `GTAnalysis.add_source` takes them."""
    known = source.data
    keys = ["ra", "dec", "SpatialModel", *(key for key in ("Spatial_Filename",) if known.get(key))]
    described: dict[str, Any] = {key: known[key] for key in keys}
    if np.isfinite(known["SpatialWidth"]):
        described["SpatialWidth"] = known["SpatialWidth"]
    return described


def described_source(source: Source) -> dict[str, Any]:
    """A source as `GTAnalysis.add_source` takes one."""
    known = source.data
    described = described_place(source)
    described.update({key: known[key] for key in ("SpectrumType", "Spectrum_Filename") if known.get(key)})
    described.update({par: {key: entry[key] for key in ("value", "scale", "min", "max", "free")} for par, entry in source.spectral_pars.items()})
    return described
