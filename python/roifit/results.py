"""Results of the native interface: dictionaries with the documented keys, which are attributes as well.

astropy is imported when the first table is made: it takes longer than all else.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from astropy.table import Table

DIFFERENTIAL = "1 / (MeV cm2 s)"
PHOTONS = "1 / (cm2 s)"
ENERGY_FLUX = "MeV / (cm2 s)"


def _table(columns: Mapping[str, Any], units: Mapping[str, str] | None = None, meta: Mapping[str, Any] | None = None) -> Table:
    """A table, some of its columns with units."""
    from astropy.table import Table

    table = Table(dict(columns), meta=dict(meta or {}))
    for name, unit in (units or {}).items():
        table[name].unit = unit
    return table


class Result:
    """A dictionary of the engine. Keys are attributes as well (``values`` is the array, not a method); ``to_table`` gives its main table."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def keys(self) -> KeysView[str]:
        """Keys."""
        return self._data.keys()

    def items(self) -> ItemsView[str, Any]:
        """Keys and values."""
        return self._data.items()

    def get(self, key: str, default: Any = None) -> Any:
        """A value, or a default."""
        return self._data.get(key, default)

    def __getattr__(self, name: str) -> Any:
        # Copies and pickles ask before there are data.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._data[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no '{name}'; it has {', '.join(self._data)}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._data]

    def to_dict(self) -> dict[str, Any]:
        """The dictionary."""
        return dict(self._data)

    def to_table(self) -> Table:
        """A row a key that is one number or text."""
        scalars = {key: value for key, value in self._data.items() if np.ndim(value) == 0 and not isinstance(value, Mapping)}
        return _table({"key": list(scalars), "value": [str(value) for value in scalars.values()]})

    def _title(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"{self._title()}\n{self.to_table()}"

    def _repr_html_(self) -> str:
        return f"<p>{_escaped(self._title())}</p>{self.to_table()._repr_html_()}"


class FitResult(Result):
    """What `Analysis.fit` returns.

    ``values``, ``errors``, ``covariance`` and ``correlation`` are those of the free parameters in units of ``value``; ``true_values``, ``true_errors``
    and ``true_covariance`` have the scales applied. A fit with ``fit_success`` False has left every parameter as it was.
    """

    def to_table(self) -> Table:
        """A row a free parameter."""
        at_limit = np.zeros(len(self["src_names"]), dtype=bool)
        at_limit[np.asarray(self["at_limit"], dtype=int)] = True
        return _table(
            {
                "source": list(self["src_names"]),
                "parameter": list(self["par_names"]),
                "value": self["values"],
                "error": self["errors"],
                "true_value": self["true_values"],
                "true_error": self["true_errors"],
                "at_limit": at_limit,
            },
            meta={key: self[key] for key in ("loglike", "dloglike", "fit_quality", "fit_status", "message")},
        )

    def plot(self, ax: Any = None) -> Any:
        """Draws the correlations of the free parameters and returns the axes."""
        from .plots.matrices import correlation

        if self["correlation"] is None:
            raise ValueError("this fit has no covariance to be drawn")
        names = [f"{source} {parameter}" for source, parameter in zip(self["src_names"], self["par_names"], strict=True)]
        return correlation(self["correlation"], names, ax)

    def _title(self) -> str:
        end = "" if self["fit_success"] else " (failed; every parameter is as it was)"
        return (
            f"fit: quality {self['fit_quality']}, {self['message']}{end}; "
            f"logL {self['loglike']:.4f}, gain {self['dloglike']:.4f}, {self['niter']} attempt(s)"
        )


class OptimizeResult(Result):
    """What `Analysis.optimize` returns."""

    def to_table(self) -> Table:
        """A row a fit of the optimization."""
        steps = self["steps"]
        columns = ("step", "npred", "logLike", "dlogLike", "fit_quality", "fit_success")
        sources = [", ".join(step["sources"]) for step in steps]
        return _table({"sources": sources, **{key: [step[key] for step in steps] for key in columns}})

    def _title(self) -> str:
        return f"optimize: logL {self['loglike0']:.4f} -> {self['loglike1']:.4f}, {self['n_failed']} of {len(self['steps'])} fits failed"


class SedResult(Result):
    """What `Analysis.sed` returns: a list a quantity, one entry an energy bin."""

    def to_table(self) -> Table:
        """A row a bin."""
        units = {key: "MeV" for key in ("e_min", "e_ref", "e_max")}
        for key, unit in (("norm", ""), ("flux", PHOTONS), ("eflux", ENERGY_FLUX), ("dnde", DIFFERENTIAL), ("e2dnde", ENERGY_FLUX)):
            units |= {key + suffix: unit for suffix in ("", "_err", "_err_lo", "_err_hi", "_ul95", "_ul")}
        plain = ("ts", "npred", "counts", "loglike", "fit_status")
        return _table({key: self[key] for key in (*units, *plain)}, units, {"source": self["name"], "SED_TYPE": "likelihood"})

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draws points, limits and model and returns the axes; options ``ul_ts_threshold``, ``show_lnl``, ``color``."""
        from .plots.spectra import sed

        return sed(self._data, ax, **options)

    def _title(self) -> str:
        return f"spectrum of {self['name']} in {len(self['e_min'])} bins"


class LightCurveResult(Result):
    """What `Analysis.lightcurve` returns: a list a quantity, one entry a time bin, under fermipy's keys.

    Times are mission times in s (``tmin``, ``tmax``) and days (``tmin_mjd``, ``tmax_mjd``: MJD, TT); fluxes are ph cm^-2 s^-1, energy fluxes MeV cm^-2 s^-1. ``status``
    tells what became of a bin (``ok``, ``no data``, ``failed``, ``not done``), ``is_ul`` whether its upper limit stands for it; ``ts_var`` with ``ts_var_dof`` and
    ``ts_var_p_value`` whether the flux varies, ``blocks`` when it changed.
    """

    def to_table(self) -> Table:
        """A row a bin."""
        units = {"tmin": "s", "tmax": "s", "tmin_mjd": "d", "tmax_mjd": "d", "good_time": "s", "livetime": "s"}
        for key, unit in (("flux", PHOTONS), ("eflux", ENERGY_FLUX)):
            units |= {key + suffix: unit for suffix in ("", "_err", "_ul95", "_ul")}
        units |= {key: PHOTONS for key in ("flux_fixed", "flux_err_fixed", "flux_const")}
        plain = ("is_ul", "ts", "npred", "counts", "loglike", "fit_success", "fit_quality", "status", "message")
        meta = {"source": self["name"], **{key: self[key] for key in ("ts_var", "ts_var_dof", "ts_var_p_value")}}
        return _table({key: self[key] for key in (*units, *plain)}, units, meta)

    def blocks_table(self) -> Table:
        """A row a Bayesian block: a stretch of constant flux."""
        units = {"tmin": "s", "tmax": "s", "bins": "", "flux": PHOTONS, "flux_err": PHOTONS}
        return _table({key: np.array([block[key] for block in self["blocks"]], dtype=float) for key in units}, units)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draws fluxes, limits (arrows) and Bayesian blocks (steps) over time, MJD, and returns the axes; options ``show_blocks``, ``color``."""
        from .plots.times import light_curve

        return light_curve(self._data, ax, **options)

    def _title(self) -> str:
        chance = self["ts_var_p_value"]
        found = "too few bins to tell whether it varies" if chance is None else f"TS_var {self['ts_var']:.2f}, by chance with probability {chance:.2e}"
        return f"{self['name']} in {len(self['tmin'])} time bins; {found}"


class ProfileResult(Result):
    """What `Analysis.profile` returns: logL along a parameter."""

    def to_table(self) -> Table:
        """A row a point."""
        units = {"npred": "", "flux": PHOTONS, "eflux": ENERGY_FLUX}
        # What cannot be computed is left out.
        units = {key: unit for key, unit in units.items() if len(self.get(key, ())) == len(self["xvals"])}
        columns = {"value": self["xvals"], "loglike": self["loglike"], "dloglike": self["dloglike"]}
        return _table({**columns, **{key: self[key] for key in units}}, units)

    def plot(self, ax: Any = None) -> Any:
        """Draws logL along the parameter and returns the axes."""
        from .plots.spectra import profile

        return profile(self["xvals"], self["dloglike"], ax, name=str(self.get("parameter", "value")), limits=self.get("limits"))


class LimitResult(Result):
    """What `Analysis.limit` returns: ``norm_ul`` with ``norm_ul_err``, ``flux_ul``, ``eflux_ul``, ``p_value``; ``tested``, what was found at each norm."""

    def to_table(self) -> Table:
        """A row a norm that was tested."""
        keys = ("norm", "statistic", "p_value", "p_value_err", "toys", "toys_failed", "cls", "cls_err")
        # What was not asked for is NaN.
        return _table({key: [np.nan if row[key] is None else row[key] for row in self["tested"]] for key in keys})

    def _title(self) -> str:
        return f"{self['name']}: {self['par_name']} < {_or_nan(self['norm_ul']):.4g} at {100 * self['confidence']:.4g} %, {self['toys']} toys"


class BandResult(Result):
    """What `Analysis.bowtie` returns: dN/dE with its error band."""

    def to_table(self) -> Table:
        """A row an energy."""
        units = {"energy": "MeV", **{key: DIFFERENTIAL for key in ("dnde", "dnde_err", "dnde_lo", "dnde_hi")}}
        columns = {key: self["energies" if key == "energy" else key] for key in units}
        return _table({**columns, "dnde_ferr": self["dnde_ferr"]}, units)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draws the band and returns the axes; options ``is_band_shown``, ``color``."""
        from .plots.spectra import band

        return band(self._data, ax, **options)


class CurvatureResult(Result):
    """What `Analysis.curvature` returns."""


class LocalizeResult(Result):
    """What `Analysis.localize` returns: ``ra``, ``dec``, ``pos_r68``, ``pos_r95``, ``pos_angle`` ..., degrees."""

    def plot(self, ax: Any = None) -> Any:
        """Draws the scan around the position with its error ellipses and returns the axes."""
        from .plots.places import peak

        return peak(self._data, ax)

    def _title(self) -> str:
        return f"{self['name']}: RA {self['ra']:.5f}, Dec {self['dec']:.5f} deg, r95 {_or_nan(self['pos_r95']):.5f} deg"


class _Places(Result):
    """Positions of several sources."""

    _columns: Mapping[str, str] = {key: "deg" for key in ("ra", "dec", "pos_offset", "pos_r68", "pos_r95", "pos_r99", "pos_err_semimajor", "pos_err_semiminor", "pos_angle")}

    def to_table(self) -> Table:
        """A row a source that was localized: what is not known is NaN."""
        found = self["sources"]
        columns = {key: [_or_nan(source[key]) for source in found] for key in self._columns}
        return _table({"name": [source["name"] for source in found], **columns}, self._columns)


class LocatedSources(_Places):
    """What `Analysis.localize` returns for several sources: ``sources``, a `LocalizeResult` each, ``failed``, a ``name`` and ``error`` each, and ``moved``, how many
    were moved in the model."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__({**data, "sources": [LocalizeResult(source) for source in data["sources"]]})

    def of(self, name: str) -> LocalizeResult:
        """That of one source, by its name in the model."""
        for source in self["sources"]:
            if isinstance(source, LocalizeResult) and source["name"] == name:
                return source
        known = ", ".join(source["name"] for source in self["sources"]) or "none"
        raise KeyError(f"'{name}' was not localized; found: {known}")

    def _title(self) -> str:
        return f"{len(self['sources'])} sources localized, {len(self['failed'])} not; {self['moved']} moved"


class PositionsResult(_Places):
    """What `Analysis.fit_positions` returns: ``sources``, with ``ra``, ``dec``, ``pos_r95`` ... each, ``pos_cov`` of all coordinates, ``fit_success``, ``is_moved``."""

    def _title(self) -> str:
        return f"{len(self['sources'])} positions of one fit, logL {self['dloglike_loc']:+.3f}"


class ExtensionResult(Result):
    """What `Analysis.extension` returns: 68 % containment radii ``ext``, ``ext_err``, ``ext_ul95`` in degrees, ``ts_ext``, and the curve of logL."""

    def to_table(self) -> Table:
        """A row a width."""
        columns = {key: self[key] for key in ("width", "loglike", "dloglike")}
        return _table(columns, {"width": "deg"}, {"ext": self["ext"], "ts_ext": self["ts_ext"]})

    def plot(self, ax: Any = None) -> Any:
        """Draws logL over the width and returns the axes."""
        from .plots.places import extension_curve

        return extension_curve(self._data, ax)

    def _title(self) -> str:
        return f"{self['name']}: 68 % radius {self['ext']:.5f} +- {_or_nan(self['ext_err']):.5f} deg, TS_ext {self['ts_ext']:.3f}"


class SkyResult(Result):
    """What `Analysis.tsmap` and `Analysis.residmap` return: maps (`roifit.SkyMap`) under their keys."""

    def plot(self, ax: Any = None, key: str | None = None, **options: Any) -> Any:
        """Draws a map, the main one by default, and returns the axes; options are those of `SkyMap.plot`."""
        key = key or next(name for name in ("sqrt_ts", "sigma", "psmap") if name in self)
        return self[key].plot(ax, kind=key, **options)

    def histogram(self, ax: Any = None) -> Any:
        """Draws how the pixels scatter, with what is expected of noise, and returns the axes."""
        from .plots.histograms import sigma_histogram, ts_histogram

        return ts_histogram(self["ts"].data, ax) if "ts" in self else sigma_histogram(self["sigma"].data, ax)

    def _title(self) -> str:
        return f"maps of {self['name']}"


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
