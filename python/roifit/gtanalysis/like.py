"""What scripts use of the likelihood object of pyLikelihood."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from .._engine import ModelError, OptionError

if TYPE_CHECKING:
    from .core import Core


class Parameter:
    """A parameter, with the getters and setters of pyLikelihood; values have the scale not applied."""

    def __init__(self, core: Core, source: str, name: str) -> None:
        self._core = core
        self.srcName = source
        self.name = name

    def _now(self) -> dict[str, Any]:
        for parameter in self._core._engine.params():
            if parameter["src_name"] == self.srcName and parameter["par_name"] == self.name:
                return parameter
        raise ModelError(f"source '{self.srcName}' has no parameter '{self.name}' any more")

    def getName(self) -> str:
        """Its name."""
        return self.name

    def getValue(self) -> float:
        """Its value."""
        value: float = self._now()["value"]
        return value

    def getTrueValue(self) -> float:
        """Value times scale."""
        value: float = self._now()["true_value"]
        return value

    def value(self) -> float:
        """As `getValue`."""
        return self.getValue()

    def error(self) -> float:
        """Its error, 0 where there is none."""
        error: float = self._now()["error"]
        return error

    def getScale(self) -> float:
        """Its scale."""
        scale: float = self._now()["scale"]
        return scale

    def getBounds(self) -> tuple[float, float]:
        """Its bounds."""
        now = self._now()
        return now["min"], now["max"]

    def isFree(self) -> bool:
        """Whether a fit varies it."""
        free: bool = self._now()["free"]
        return free

    def setValue(self, value: float) -> None:
        """Sets the value; bounds are widened to hold it."""
        self._core._engine.set_parameter(self.srcName, self.name, value, true_value=False)
        self._core._changed()

    def setBounds(self, low: float, high: float) -> None:
        """Sets the bounds."""
        self._core._engine.set_parameter_bounds(self.srcName, self.name, low, high)
        self._core._changed()

    def setScale(self, scale: float) -> None:
        """Sets the scale; the true value stays."""
        self._core._engine.set_parameter_scale(self.srcName, self.name, scale)
        self._core._changed()

    def setFree(self, free: bool) -> None:
        """Frees or fixes it."""
        self._core._engine.free_parameter(self.srcName, self.name, bool(free))
        self._core._changed()

    def __repr__(self) -> str:
        now = self._now()
        return f"{self.srcName} {self.name}: {now['value']:.6g} +/- {now['error']:.3g} [{now['min']:.6g}, {now['max']:.6g}]"


class Likelihood:
    """The likelihood of the model as it stands. Parameters are numbered over all sources, in the order of their names."""

    def __init__(self, core: Core) -> None:
        self._of = weakref.ref(core)

    @property
    def _core(self) -> Core:
        core = self._of()
        if core is None:
            raise ModelError("the analysis of this likelihood is gone; keep the GTAnalysis as long as its like is used")
        return core

    def __call__(self) -> float:
        """-lnL, without the ln N! term."""
        return -self._core._engine.loglike()

    @property
    def model(self) -> Likelihood:
        """The model: its parameters by their numbers."""
        return self

    @property
    def params(self) -> list[Parameter]:
        """All parameters."""
        return [Parameter(self._core, p["src_name"], p["par_name"]) for p in self._core._engine.params()]

    @property
    def components(self) -> list[Likelihood]:
        """The likelihood, which is of all components together."""
        return [self]

    @property
    def covariance(self) -> np.ndarray[Any, Any] | None:
        """Covariance of the parameters that the last good fit varied, in units of ``value``; None before there was one."""
        return self._core._covariance

    def par_index(self, source: str, parameter: str) -> int:
        """The number of a parameter."""
        name = self._core._engine.source_name(source)
        for known in self._core._engine.params():
            if known["src_name"] == name and known["par_name"] == parameter:
                index: int = known["idx"]
                return index
        raise ModelError(f"source '{name}' has no parameter '{parameter}'")

    def normPar(self, source: str) -> Parameter:
        """The normalisation of a source."""
        name = self._core._engine.source_name(source)
        return Parameter(self._core, name, self._core._engine.source(name)["norm_par"])

    def freeze(self, index: int) -> None:
        """Fixes a parameter by its number."""
        self._at(index).setFree(False)

    def thaw(self, index: int) -> None:
        """Frees a parameter by its number."""
        self._at(index).setFree(True)

    def nFreeParams(self) -> int:
        """How many parameters are free."""
        return len(self._core._engine.params(True))

    def sourceNames(self) -> tuple[str, ...]:
        """Names of all sources."""
        return tuple(source["name"] for source in self._core._engine.sources())

    def flux(self, source: str, emin: float = 100.0, emax: float = 3e5) -> float:
        """Photon flux of a spectrum between two energies in MeV, ph cm^-2 s^-1."""
        return self._core._engine.flux(source, emin, emax)[0]

    def energyFlux(self, source: str, emin: float = 100.0, emax: float = 3e5) -> float:
        """Energy flux of a spectrum between two energies in MeV, MeV cm^-2 s^-1."""
        return self._core._engine.flux(source, emin, emax)[1]

    def fluxError(self, source: str, emin: float = 100.0, emax: float = 3e5) -> float:
        """Its error from the covariance of the last fit, ph cm^-2 s^-1."""
        return self._error(source, emin, emax, 0)

    def energyFluxError(self, source: str, emin: float = 100.0, emax: float = 3e5) -> float:
        """Its error from the covariance of the last fit, MeV cm^-2 s^-1."""
        return self._error(source, emin, emax, 1)

    def _error(self, source: str, emin: float, emax: float, which: int) -> float:
        error = self._core._engine.flux_errors(source, emin, emax)[which]
        if error is None:
            raise ModelError(f"no error of the flux of '{source}' is known: free it and fit first")
        return error

    def Ts(self, source: str, reoptimize: bool = False) -> float:
        """Test statistic of a source as the model stands."""
        ts: float = self._core._engine.ts(source, reoptimize=reoptimize)["ts"]
        return ts

    def writeXml(self, path: str) -> None:
        """Writes the model."""
        self._core._engine.write_xml(path)

    def _at(self, index: int) -> Parameter:
        params = self._core._engine.params()
        if not 0 <= index < len(params):
            raise OptionError(f"parameter {index}: there are {len(params)}, numbered from 0")
        return Parameter(self._core, params[index]["src_name"], params[index]["par_name"])

    def __getitem__(self, key: int | str) -> Any:
        return self._core.roi[key] if isinstance(key, str) else self._at(key)

    def __len__(self) -> int:
        return len(self._core._engine.params())
