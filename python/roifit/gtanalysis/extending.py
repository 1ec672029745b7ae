"""Widths of sources."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord

from ..maps import Map, SkyMap
from .mapping import Located, Mapping
from .npyfile import write_dictionary

# A map of the sky around a source is at least so wide, degrees; the test source of it is a disk of this 68 % radius.
LEAST_WIDTH, TEST_WIDTH = 1.0, 0.0825
ERRORS = ("ra_err", "dec_err", "glon_err", "glat_err", "pos_err", "pos_r68", "pos_r95", "pos_r99", "pos_err_semimajor", "pos_err_semiminor", "pos_angle")
CUBES = tuple(f"{of}_{what}_map" for of in ("ext", "ptsrc") for what in ("bkg", "src", "tot"))
OLD_SHAPES = {"GaussianSource": "RadialGaussian", "DiskSource": "RadialDisk"}


def _without_maps(result: Any) -> dict[str, Any]:
    """What of a result is kept with the source and in a file of numpy."""
    return {key: value for key, value in result.items() if key != "tsmap" and key not in CUBES}


class Extending(Mapping):
    """Estimators of widths."""

    def extension(self, name: str, **kwargs: Any) -> Located:
        """Whether a source is wider than a point, as a disk or a Gaussian, and how wide; with ``update`` the source is given its width.

        Parameters
        ----------
        **kwargs
            ``spatial_model``, ``width`` (68 % radii of the reported curve), ``width_min``, ``width_max``, ``width_nstep``, ``fit_position``, ``free_background``,
            ``free_radius``, ``fix_shape``, ``fit_ebin``, ``reoptimize``, ``update``, ``sqrt_ts_threshold``, ``psf_scale_fn`` (energies, log10 of MeV, and the parts by
            which the PSF of the source is wider there; not with ``update``), ``save_model_map``, ``make_tsmap``, ``prefix``, ``outfile``, ``write_fits``,
            ``write_npy``, ``make_plots``.

        Returns
        -------
        dict
            ``ext``, ``ext_err``, ``ext_ul95`` (68 % containment radii, deg), ``ts_ext``, ``width``, ``loglike``, ``dloglike`` ...; with ``save_model_map`` predicted
            counts (`roifit.Map`) of the point and of the best width: ``ptsrc_tot_map``, ``ptsrc_src_map``, ``ptsrc_bkg_map``, ``ext_tot_map`` ..., else None; keys are
            attributes as well.
        """
        make_plots = self._are_plots_wanted("extension", kwargs)
        options = self._options("extension", kwargs)
        name = self.roi[name].name
        prefix, outfile = options.pop("prefix", ""), options.pop("outfile", None)
        write_fits, write_npy = options.pop("write_fits", True), options.pop("write_npy", True)
        make_tsmap = options.pop("make_tsmap", True)
        stem = self._stem(prefix, name, "ext", outfile)
        for key, default in (("optimizer", None), ("loge_bins", None)):
            self._without_effect("extension", **{key: (options.pop(key, default) or default, default)})
        width = options.get("width")
        options["width"] = None if width is None or len(width) == 0 else [float(radius) for radius in width]
        scale = options.get("psf_scale_fn")
        options["psf_scale_fn"] = None if scale is None else [[float(number) for number in numbers] for numbers in scale]
        shape = options.get("spatial_model")
        options["spatial_model"] = OLD_SHAPES.get(str(shape), shape)
        file = stem.with_name(stem.name + ".fits") if write_fits else None
        self.logger.info("Running extension fit for %s", name)
        try:
            found = self._engine.extension(name, fits=file, **options)
        finally:
            self._changed()
        result = Located({key: np.nan if value is None else value for key, value in found.items()})
        result["file"] = file.name if file else None
        cubes = self._model_cubes(result)
        result.update(cubes)
        around = self._around(name, result, max(LEAST_WIDTH, 4.0 * result["ext"])) if make_tsmap or make_plots else None
        result["tsmap"] = around
        self._keep_width(name, result)
        if write_npy:
            write_dictionary(stem.with_name(stem.name + ".npy"), _without_maps(result))
        for warning in result["warnings"]:
            self.logger.warning("%s", warning)
        self.logger.info("Best-fit extension: %6.4f + %6.4f - %6.4f", *(result[key] for key in ("ext", "ext_err_hi", "ext_err_lo")))
        self.logger.info("TS_ext: %.3f Extension UL: %6.4f LogLike: %12.3f", *(result[key] for key in ("ts_ext", "ext_ul95", "loglike_ext")))
        if make_plots:
            self._extension_pictures(prefix, name, result, around)
        return result

    def _around(self, name: str, result: Any, size: float) -> SkyMap | None:
        """sqrt(TS) around a place, the source left out; None where no map can be made."""
        place = SkyCoord(result["ra"], result["dec"], unit="deg", frame="icrs")
        model = {"SpatialModel": "RadialDisk", "SpatialWidth": TEST_WIDTH, "SpectrumType": "PowerLaw", "Index": 2.0}
        return self._small_map(name, place, size, model, "sqrt_ts")

    def _model_cubes(self, result: Any) -> dict[str, Map | None]:
        """Predicted counts by their keys, on the pixels of the counts and in the energy bins that count."""
        cubes: dict[str, Map | None] = dict.fromkeys(CUBES)
        if CUBES[0] in result:
            counts = self._counts_maps()[0]
            low, high = self._engine.energy_range()
            edges = counts.energies[(counts.energies > low * (1 - 1e-5)) & (counts.energies < high * (1 + 1e-5))]
            cubes = {key: Map(result[key] if counts.healpix is None else result[key][:, 0, :], counts.pixels, edges) for key in CUBES}
        return cubes

    def _keep_width(self, name: str, result: Any) -> None:
        """What was found is kept; position errors only of a position that was taken over."""
        kept: dict[str, Any] = {"extension": _without_maps(result)}
        if result["is_extended"]:
            if result["config"]["fit_position"]:
                kept |= {key: result[key] for key in ERRORS}
            # As after fermipy's fit with the new shape: TS, profile and limits are of it.
            kept |= self._measured(name, False, None)
        self.roi._take(name, kept)
        self._changed()
