"""What follows a fit: spectra bin by bin, curvature, profiles, predicted counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .npyfile import write_dictionary
from .plotting import Plotting

FERMIPY_FLUXES = ("", "100", "1000", "10000")


class Estimating(Plotting):
    """Estimators."""

    def sed(self, name: str, **kwargs: Any) -> dict[str, Any]:
        """The spectrum of a source, bin by bin.

        Parameters
        ----------
        **kwargs
            ``bin_index``, ``use_local_index``, ``free_background``, ``free_radius``, ``free_pars``, ``ul_ts_threshold``, ``ul_confidence``, ``cov_scale`` (None for no
            priors), ``loge_bins``, ``optimizer``, ``prefix``, ``outfile``, ``write_fits``, ``write_npy``, ``make_plots``.

        Returns
        -------
        dict
            A list a quantity, one entry a bin, under fermipy's keys; ``file`` is the name of the FITS file.
        """
        name = self.roi[name].name
        kwargs.pop("loglevel", None)
        options = {**(self.config.get("sed") or {}), **kwargs}
        make_plots = self._are_plots_wanted("sed", options)
        options.pop("make_plots", None)
        write_fits, write_npy = options.pop("write_fits", True), options.pop("write_npy", True)
        prefix, outfile = options.pop("prefix", ""), options.pop("outfile", None)
        stem = self._stem(prefix, name, "sed", outfile)
        if "fix_background" in options:
            self.logger.warning("sed: fix_background is an old keyword; free_background is its opposite")
            options["free_background"] = not options.pop("fix_background")
        if "cov_scale" in options and options["cov_scale"] is None:
            options["cov_scale"] = False
        bins = options.get("loge_bins")
        options["loge_bins"] = None if bins is None or len(bins) == 0 else [float(edge) for edge in bins]
        file = stem.with_name(stem.name + ".fits") if write_fits else None
        self.logger.info("Computing SED for %s", name)
        result = self._engine.sed(name, fits=file, **options)
        result["file"] = file.name if file else None
        for warning in result["warnings"]:
            self.logger.warning("%s", warning)
        if write_npy:
            write_dictionary(stem.with_name(stem.name + ".npy"), result)
        self.roi._take(name, {"sed": result})
        self._changed()
        if make_plots:
            self._sed_pictures(prefix, name, result)
        self.logger.info("Finished SED")
        return result

    def curvature(self, name: str, **kwargs: Any) -> dict[str, Any]:
        """Whether the spectrum of a source is curved; keywords ``Index2``, ``free_Index2``, ``optimizer``. The model stays as it is."""
        kwargs.pop("loglevel", None)
        result = _with_nan(self._engine.curvature(name, **kwargs))
        for model, key in (("LogParabola", "lp_ts_curv"), ("PLSuperExpCutoff4", "ple_ts_curv")):
            self.logger.info("%s TS_curv: %.3f", model, result[key])
        return result

    def bowtie(self, name: str, fd: Any = None, loge: Iterable[float] | None = None) -> dict[str, Any]:
        """dN/dE with its error band, at 50 energies or at those of ``loge`` (log10 of MeV)."""
        self._without_effect("bowtie", fd=(fd, None))
        energies = None if loge is None else [10.0 ** float(x) for x in loge]
        return _with_nan(self._engine.bowtie(name, energies))

    def get_source_dnde(self, name: str) -> tuple[Any, Any]:
        """dN/dE of a source, ph cm^-2 s^-1 MeV^-1, at log10 of energies in MeV: those of the bins, and at their step on to 0.5 and 6.5. Of a ``FileFunction`` the
        table as it is, the normalisation not applied, which is what `set_source_dnde` takes."""
        table = self._engine.spectrum_table(name)
        if table is not None:
            return np.log10(table[0]), table[1]
        logs = self.log_energies
        step = (logs[-1] - logs[0]) / self.enumbins
        below = logs[0] - step * np.arange(int(np.ceil((logs[0] - 0.5) / step)), 0, -1)
        above = logs[-1] + step * np.arange(1, int(np.ceil((6.5 - logs[-1]) / step)) + 1)
        loge = np.concatenate([below, logs, above])
        return loge, self._engine.dnde(name, [float(10.0**x) for x in loge])

    def profile(
        self,
        name: str,
        parName: str,
        logemin: float | None = None,
        logemax: float | None = None,
        reoptimize: bool = False,
        xvals: Iterable[float] | None = None,
        npts: int | None = None,
        savestate: bool = True,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """logL along a parameter, of the bins between ``logemin`` and ``logemax`` (log10 of MeV, moved to the nearest edges). The model stays as it is."""
        self._known_keywords("profile", kwargs, {"loglevel", "optimizer", "fix_shape"})
        self._without_effect("profile", savestate=(savestate, True), optimizer=(kwargs.get("optimizer"), None))
        points = None if xvals is None else [float(x) for x in xvals]
        fix_shape = kwargs.get("fix_shape", False)
        within = [logemin, logemax]
        return self._engine.profile(name, parName, reoptimize=reoptimize, xvals=points, npts=npts, fix_shape=fix_shape, loge_bounds=within)

    def profile_norm(
        self,
        name: str,
        logemin: float | None = None,
        logemax: float | None = None,
        reoptimize: bool = False,
        xvals: Iterable[float] | None = None,
        npts: int | None = None,
        fix_shape: bool = True,
        savestate: bool = True,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """logL along the normalisation, otherwise as `profile`."""
        self._known_keywords("profile_norm", kwargs, {"loglevel", "optimizer"})
        self._without_effect("profile_norm", savestate=(savestate, True), optimizer=(kwargs.get("optimizer"), None))
        points = None if xvals is None else [float(x) for x in xvals]
        within = [logemin, logemax]
        return self._engine.profile(name, None, reoptimize=reoptimize, xvals=points, npts=npts, fix_shape=fix_shape, loge_bounds=within)

    def get_src_model(
        self, name: str, paramsonly: bool = False, reoptimize: bool = False, npts: int | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """What is known of a source, TS and profile computed as the model stands; nothing is stored."""
        self._known_keywords("get_src_model", kwargs, {"loglevel", "optimizer"})
        self._without_effect("get_src_model", optimizer=(kwargs.get("optimizer"), None))
        source = self.roi[name]
        data = dict(source.data)
        return data if paramsonly or not source.is_free else {**data, **self._measured(source.name, reoptimize, npts)}

    def update_source(self, name: str, paramsonly: bool = False, reoptimize: bool = False, **kwargs: Any) -> None:
        """As `get_src_model`, stored in ``gta.roi``."""
        self._known_keywords("update_source", kwargs, {"loglevel", "optimizer", "npts"})
        self._without_effect("update_source", optimizer=(kwargs.get("optimizer"), None))
        source = self.roi[name]
        if not paramsonly and source.is_free:
            self.roi._take(source.name, self._measured(source.name, reoptimize, kwargs.get("npts")))
        self._changed()

    def _measured(self, name: str, reoptimize: bool, npts: int | None) -> dict[str, Any]:
        """TS, and the profile of the norm with the limits that follow from it."""
        found = self._engine.ts(name, reoptimize=reoptimize)
        scan = self._engine.profile(name, None, reoptimize=reoptimize, npts=npts)
        keys = (("norm_scan", "xvals"), ("flux_scan", "flux"), ("eflux_scan", "eflux"), ("dloglike_scan", "dloglike"), ("loglike_scan", "loglike"))
        found |= {key: scan[of] for key, of in keys if of in scan}
        found["loglike"] = float(np.max(scan["loglike"]))
        norm, limit = self._engine.norm(name), scan["limits"]["ul"]
        known = self.roi[name].data
        for quantity in ("flux", "eflux"):
            for emin in FERMIPY_FLUXES:
                flux = known.get(quantity + emin, np.nan)
                # Fluxes are proportional to the norm.
                if norm and limit is not None and not np.isnan(flux):
                    found[f"{quantity}{emin}_ul95"] = flux * limit / norm
        return found

    def model_counts_spectrum(
        self,
        name: str,
        logemin: float | None = None,
        logemax: float | None = None,
        summed: bool = False,
        weighted: bool = False,
    ) -> Any:
        """Predicted counts of a source a bin: a list of an array a component, or their sum (of the same bins)."""
        spectra = []
        for counts, component in zip(self._engine.npred(name, weighted), self._engine.components(), strict=True):
            edges = np.log10(component["energies"])
            low = -np.inf if logemin is None else logemin - 1e-3
            high = np.inf if logemax is None else logemax + 1e-3
            spectra.append(counts[(edges[:-1] >= low) & (edges[1:] <= high)])
        return np.sum(spectra, axis=0) if summed else spectra


def _with_nan(data: dict[str, Any]) -> dict[str, Any]:
    return {key: np.nan if value is None else value for key, value in data.items()}
