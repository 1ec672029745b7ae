"""Results of the native interface: mappings with the documented keys, which are attributes as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table

DIFFERENTIAL = u.Unit("1 / (MeV cm2 s)")
PHOTONS = u.Unit("1 / (cm2 s)")
ENERGY_FLUX = u.Unit("MeV / (cm2 s)")


class Result(Mapping[str, Any]):
    """A dictionary of the engine. Keys are attributes as well; ``to_table`` gives the main table of it."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

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
        rows = [(key, str(value)) for key, value in self._data.items() if np.ndim(value) == 0 and not isinstance(value, Mapping)]
        return Table(rows=rows, names=["key", "value"])

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
        return Table(
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
        table = Table({key: [step[key] for step in steps] for key in columns})
        table.add_column([", ".join(step["sources"]) for step in steps], name="sources", index=1)
        return table

    def _title(self) -> str:
        return f"optimize: logL {self['loglike0']:.4f} -> {self['loglike1']:.4f}, {self['n_failed']} of {len(self['steps'])} fits failed"


class SedResult(Result):
    """What `Analysis.sed` returns: a list a quantity, one entry an energy bin."""

    def to_table(self) -> Table:
        """A row a bin."""
        table = Table(meta={"source": self["name"], "SED_TYPE": "likelihood"})
        for key in ("e_min", "e_ref", "e_max"):
            table[key] = np.asarray(self[key]) * u.MeV
        quantities = (("norm", u.dimensionless_unscaled), ("flux", PHOTONS), ("eflux", ENERGY_FLUX), ("dnde", DIFFERENTIAL), ("e2dnde", ENERGY_FLUX))
        for key, unit in quantities:
            for suffix in ("", "_err", "_err_lo", "_err_hi", "_ul95", "_ul"):
                table[key + suffix] = np.asarray(self[key + suffix], dtype=float) * unit
        for key in ("ts", "npred", "counts", "loglike", "fit_status"):
            table[key] = self[key]
        return table

    def _title(self) -> str:
        return f"spectrum of {self['name']} in {len(self['e_min'])} bins"


class ProfileResult(Result):
    """What `Analysis.profile` returns: logL along a parameter."""

    def to_table(self) -> Table:
        """A row a point."""
        units = {"npred": u.dimensionless_unscaled, "flux": PHOTONS, "eflux": ENERGY_FLUX}
        table = Table({"value": self["xvals"], "loglike": self["loglike"], "dloglike": self["dloglike"]})
        for key, unit in units.items():
            if len(self.get(key, ())) == len(table):
                table[key] = np.asarray(self[key]) * unit
        return table


class BandResult(Result):
    """What `Analysis.bowtie` returns: dN/dE with its error band."""

    def to_table(self) -> Table:
        """A row an energy."""
        table = Table({"energy": np.asarray(self["energies"]) * u.MeV})
        for key in ("dnde", "dnde_err", "dnde_lo", "dnde_hi"):
            table[key] = np.asarray(self[key]) * DIFFERENTIAL
        table["dnde_ferr"] = self["dnde_ferr"]
        return table


class CurvatureResult(Result):
    """What `Analysis.curvature` returns."""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
