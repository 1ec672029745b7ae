"""Light curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .estimating import Estimating, _with_nan
from .npyfile import write_dictionary
from .source import Source

# What is text in each bin, or a list of texts.
TEXTS = ("status", "message", "message_fixed", "maps", "param_names", "param_names_fixed")
# Options that the engine does not need to hear of.
OWN = ("write_fits", "write_npy", "make_plots", "outdir", "prefix", "multithread", "nthread", "save_bin_data", "use_local_ltcube")


class Timing(Estimating):
    """Estimators of fluxes in time."""

    def lightcurve(self, name: str, **kwargs: Any) -> dict[str, Any]:
        """The flux of a source in time bins, and whether it varies. The model, which is that of the whole time, stays as it is.

        Parameters
        ----------
        name
            The source.
        **kwargs
            ``binsz`` (s), ``nbins``, ``time_bins`` (edges, or pairs of begin and end, mission times in s), ``free_radius`` (deg), ``free_sources``, ``free_params``,
            ``free_background``, ``max_free_sources``, ``shape_ts_threshold``, ``systematic``, ``use_scaled_srcmap``, ``optimizer``, ``prefix``, ``write_fits``, ``write_npy``,
            ``make_plots``, ``outdir``, ``save_bin_data``, ``multithread``, ``nthread``; beside fermipy's ``adaptive``, ``adaptive_radius``, ``free_diffuse``, ``ul_confidence``,
            ``ul_ts_threshold``, ``blocks_p0``, ``source_maps``, ``psf_tolerance``.

            Bins are fitted by threads that share the data, ``nthread`` of them, otherwise as many as there are cores. There are no folders of bins: what each has told lies in
            one file beside the result, in ``outdir`` if that is given, from which a call that was ended goes on; ``save_bin_data=True`` keeps it.

        Returns
        -------
        dict
            An array a quantity, one entry a bin, under fermipy's keys; what is not defined is NaN. ``ts_var`` with ``ts_var_dof`` and ``ts_var_p_value``; ``file`` is the
            name of the FITS file.
        """
        kwargs.pop("loglevel", None)
        name = self.roi[name].name
        section = self._configuration.raw.get("lightcurve") or {}
        own = {key: section[key] for key in OWN if key in section} | {key: kwargs.pop(key) for key in OWN if key in kwargs}
        self._without_effect("lightcurve", use_local_ltcube=(own.get("use_local_ltcube", True), True))
        if self._other_files.get("ccube"):
            self.logger.warning("lightcurve: bins are made of the observed photons; simulated counts are not heeded")
        stem = self._stem(own.get("prefix") or "", name, "lightcurve")
        file, npy = (stem.with_name(stem.name + ending) for ending in (".fits", ".npy"))
        write_fits, write_npy = own.get("write_fits", True), own.get("write_npy", True)
        if write_fits or write_npy:
            kwargs |= {"records": self._records(file, own.get("outdir")), "keep_records": bool(own.get("save_bin_data", False))}
        for key in ("free_sources", "free_params"):
            kwargs[key] = _names(kwargs.get(key))
        self.logger.info("Computing Lightcurve for %s", name)
        found = self._engine.lightcurve(name, fits=file if write_fits else None, threads=own.get("nthread"), **kwargs)
        result = _with_nan({key: np.array(value, dtype=str) if key in TEXTS else value for key, value in found.items()})
        result["file"] = file.name if write_fits else None
        for warning in result["warnings"]:
            self.logger.warning("%s", warning)
        if write_npy:
            write_dictionary(npy, result)
        if own.get("make_plots", False):
            self._light_curve_picture(stem.name, result)
        self.logger.info("TS_var: %.3f with %d degrees of freedom", result["ts_var"], result["ts_var_dof"])
        self.logger.info("Finished Lightcurve")
        return result

    def _records(self, file: Path, outdir: Any) -> Path:
        """Where bins are recorded as they are done."""
        folder = file.parent if outdir is None else self._path(str(outdir))
        folder.mkdir(parents=True, exist_ok=True)
        return folder / (file.name + ".bins")


def _names(given: Any) -> Any:
    """Names of sources or parameters; None where none are given."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, Source):
        return given.name
    return [item.name if isinstance(item, Source) else str(item) for item in given]
