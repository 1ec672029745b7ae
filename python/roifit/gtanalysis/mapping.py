"""Maps of the sky, new sources, positions."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord

from ..analysis import place
from ..healpix import Healpix
from ..maps import SkyMap
from .._engine import RoiFitError
from .estimating import Estimating
from .npyfile import write_dictionary

# Keywords of fermipy that ask for what the engine does anyway, or for pictures.
WITHOUT_EFFECT = {"multithread", "nthread", "ra_format", "use_pylike", "loglevel", "use_cache", "tsmap_fitter", "chatter"}


class Located(dict[str, Any]):
    """A dictionary whose keys are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Mapping(Estimating):
    """Estimators over the sky."""

    def tsmap(self, prefix: str = "", **kwargs: Any) -> dict[str, Any]:
        """What one more source would gain at each pixel.

        Parameters
        ----------
        prefix
            Begins the names of files.
        **kwargs
            ``model`` (a dictionary of the test source), ``exclude``, ``loge_bounds``, ``max_kernel_radius``, ``threshold``, ``map_skydir``, ``map_size``, ``outfile``,
            ``write_fits``, ``write_npy``, ``make_plots``.

        Returns
        -------
        dict
            ``ts``, ``sqrt_ts``, ``npred``, ``amplitude`` (maps with ``data`` and ``wcs``), ``loglike``, ``name``, ``src_dict``, ``file``, ``config``.
        """
        make_plots = self._are_plots_wanted("tsmap", kwargs)
        options = self._options("tsmap", kwargs)
        options["map_skydir"] = place(options.get("map_skydir"))
        return self._mapped("tsmap", prefix, options, ("ts", "sqrt_ts", "npred", "amplitude"), make_plots)

    def tscube(self, prefix: str = "", **kwargs: Any) -> dict[str, Any]:
        """As `tsmap` with the norms that are free in the model fitted at each pixel, and the spectrum of the test source there. It takes some 10 ms a pixel
        and component: use ``map_size``.

        Parameters
        ----------
        prefix
            Begins the names of files.
        **kwargs
            ``model``, ``exclude``, ``map_skydir``, ``map_size``, ``do_sed``, ``nnorm``, ``cov_scale_bb`` and ``cov_scale`` (below 0 or None for no priors; with
            ``cov_scale`` the background is fitted in the bins, too), ``outfile``, ``write_fits``, ``write_npy``, ``make_plots``.

        Returns
        -------
        dict
            ``ts``, ``sqrt_ts``, ``npred``, ``amplitude``, ``amplitude_err`` (maps with ``data`` and ``wcs``), ``bin_ts`` and ``bin_dnde`` (arrays, energy bin
            first), ``energies`` (MeV), ``loglike``, ``name``, ``src_dict``, ``file``, ``config``. Scans are in the FITS file.
        """
        make_plots = self._are_plots_wanted("tscube", kwargs)
        options = self._options("tscube", kwargs)
        options["map_skydir"] = place(options.get("map_skydir"))
        for key in ("cov_scale", "cov_scale_bb"):
            if options.get(key) is not None and options[key] < 0:
                options[key] = None
        # How fermipy's own Newton ends, and images of its shifted kernel.
        for key in ("norm_sigma", "tol", "max_iter", "tol_type", "remake_test_source", "st_scan_level", "init_lambda"):
            options.pop(key, None)
        return self._mapped("tscube", prefix, options, ("ts", "sqrt_ts", "npred", "amplitude", "amplitude_err"), make_plots)

    def residmap(self, prefix: str = "", **kwargs: Any) -> dict[str, Any]:
        """How far the counts lie above the model around each pixel: ``sigma``, ``data``, ``model``, ``excess`` as maps.

        Keywords: ``model``, ``exclude``, ``loge_bounds``, ``use_weights``, ``write_fits``, ``write_npy``, ``make_plots``.
        """
        make_plots = self._are_plots_wanted("residmap", kwargs)
        return self._mapped("residmap", prefix, self._options("residmap", kwargs), ("sigma", "data", "model", "excess"), make_plots)

    def psmap(self, prefix: str = "", **kwargs: Any) -> dict[str, Any]:
        """How improbable the counts around each pixel are (the PS of Bruel 2021): ``psmap``, ``psmapsigma``. The cubes are those of the analysis."""
        for name in ("cmap", "mmap", "wmap"):
            if kwargs.pop(name, None):
                self.logger.info("psmap: counts, model and weights are those of the analysis; %s is not read", name)
        if (kwargs.get("fixedradius") or 0) < 0:
            kwargs["fixedradius"] = None
        make_plots = self._are_plots_wanted("psmap", kwargs)
        return self._mapped("PSmap", prefix, self._options("psmap", kwargs), ("psmap", "psmapsigma"), make_plots)

    def find_sources(self, prefix: str = "", **kwargs: Any) -> dict[str, Any]:
        """Finds sources that the model lacks, adds them to it and fits them.

        Parameters
        ----------
        **kwargs
            ``model``, ``min_separation``, ``sqrt_ts_threshold``, ``max_iter``, ``sources_per_iter``, ``free_params``, ``search_skydir``,
            ``search_minmax_radius``, ``tsmap`` (a dictionary); of the engine also ``joint_fit``.

        Returns
        -------
        dict
            ``sources`` (a list of `Source`), ``peaks``.
        """
        options = self._options("sourcefind", kwargs)
        for section in ("tsmap", "tscube"):
            of_map = {key: value for key, value in (options.pop(section, None) or {}).items() if key not in WITHOUT_EFFECT}
            if section == "tsmap":
                options = {**of_map, **options}
        for key in ("make_plots", "write_fits", "write_npy", "outfile"):
            options.pop(key, None)
        for key in ("search_skydir", "map_skydir"):
            options[key] = place(options.get(key))
        try:
            found = self._engine.find_sources(**options)
        finally:
            self._changed()
        sources = []
        for known in found["sources"]:
            self.roi._take(known["name"], {key: known[key] for key in ("pos_r68", "pos_r95", "pos_r99") if known[key] is not None})
            sources.append(self.roi[known["name"]])
            self.logger.info("Found source name: %s ts: %f", known["name"], known["ts"])
        for peak in found["peaks"]:
            peak["skydir"] = SkyCoord(peak["ra"], peak["dec"], unit="deg", frame="icrs")
        for warning in found["warnings"]:
            self.logger.warning("%s", warning)
        self._changed()
        return {**found, "sources": sources}

    def localize(self, name: str, **kwargs: Any) -> Located:
        """The position of a source with its error ellipse; with ``update`` (the default) the source is moved there.

        Parameters
        ----------
        **kwargs
            ``nstep``, ``dtheta_max``, ``free_background``, ``free_radius``, ``fix_shape``, ``update``, ``prefix``, ``write_fits``, ``write_npy``, ``make_plots``.

        Returns
        -------
        dict
            ``ra``, ``dec``, ``pos_r68``, ``pos_r95``, ``pos_angle``, ``fit_success`` ...; keys are attributes as well.
        """
        make_plots = self._are_plots_wanted("localize", kwargs)
        options = self._options("localize", kwargs)
        name = self.roi[name].name
        write_fits, write_npy = options.pop("write_fits", True), options.pop("write_npy", True)
        prefix, outfile = options.pop("prefix", ""), options.pop("outfile", None)
        stem = self._stem(prefix, name, "loc", outfile)
        self._without_effect("localize", optimizer=(options.pop("optimizer", None), None))
        file = stem.with_name(stem.name + ".fits") if write_fits else None
        self.logger.info("Running localization for %s", name)
        try:
            result = self._engine.localize(name, fits=file, **options)
        finally:
            self._changed()
        result = Located({key: np.nan if value is None else value for key, value in result.items()})
        result["file"] = file.name if file else None
        result["skydir"] = SkyCoord(result["ra"], result["dec"], unit="deg", frame="icrs")
        self._keep_position(name, result)
        if write_npy:
            write_dictionary(stem.with_name(stem.name + ".npy"), {key: value for key, value in result.items() if key != "skydir"})
        for warning in result["warnings"]:
            self.logger.warning("%s", warning)
        self.logger.info("New position: (ra,dec) = (%.4f,%.4f), r95 = %.4f", result["ra"], result["dec"], result["pos_r95"])
        if make_plots:
            reach = float(result["config"]["dtheta_max"])
            around = self._small_map(name, result["skydir"], 2.0 * reach, {"SpatialModel": "PointSource", "Index": 2.0}, "ts")
            self._localize_pictures(prefix, name, result, around)
        return result

    def _small_map(self, name: str, place: SkyCoord, size: float, model: dict[str, Any], key: str) -> SkyMap | None:
        """A map around a place, the source left out; None where none can be made."""
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            written = Path(folder, "map.fits")
            try:
                found = self._engine.tsmap(fits=written, model=model, exclude=[name], map_skydir=(place.ra.deg, place.dec.deg), map_size=size)
            except RoiFitError as error:
                self.logger.warning("no map around %s: %s", name, error)
                return None
            return SkyMap(found[key], SkyMap.pixels_of(written))

    def _keep_position(self, name: str, result: dict[str, Any]) -> None:
        """Errors of a position that was taken over."""
        moved = self._engine.source(name)
        if np.isclose(moved["ra"], result["ra"], atol=1e-9) and np.isclose(moved["dec"], result["dec"], atol=1e-9):
            errors = {key: value for key, value in result.items() if key.startswith("pos_") or key.endswith("_err")}
            # As after fermipy's fit at the new place: TS, profile and limits are of there.
            self._changed()
            self.roi._take(name, {**errors, **self._measured(name, False, None)})
        self._changed()

    def _options(self, section: str, given: dict[str, Any]) -> dict[str, Any]:
        """The options of a method, over those of the configuration."""
        options = {**(self.config.get(section) or {}), **given}
        if "erange" in options:
            self.logger.warning("%s: erange is an old keyword; loge_bounds is its name", section)
            options["loge_bounds"] = options.pop("erange")
        options.pop("make_plots", None)
        return {key: value for key, value in options.items() if key not in WITHOUT_EFFECT}

    def _mapped(self, kind: str, prefix: str, options: dict[str, Any], maps: tuple[str, ...], make_plots: bool) -> dict[str, Any]:
        """Computes maps, gives them their world coordinates, and writes their files."""
        write_fits, write_npy = options.pop("write_fits", True), options.pop("write_npy", kind != "PSmap")
        outfile = options.pop("outfile", None) or None
        self.logger.info("Generating %s", kind)
        # The name of the file depends on the name of the model, which the engine makes.
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            written = Path(folder, "map.fits")
            result: dict[str, Any] = getattr(self._engine, kind.lower())(fits=written, **options)
            pixels = SkyMap.pixels_of(written)
            name = result["name"] if kind != "PSmap" else ""
            result["name"] = f"{prefix}_{result['name']}" if prefix else result["name"]
            stem = self._stem(prefix, name, kind, outfile)
            file = stem.with_name(stem.name + ".fits")
            if write_fits:
                os.replace(written, file)
        result["file"] = file.name if write_fits else None
        if write_npy:
            plain = {key: value for key, value in result.items() if key not in maps}
            write_dictionary(stem.with_name(stem.name + ".npy"), plain)
        for key in maps:
            result[key] = SkyMap(result[key], pixels)
        if isinstance(pixels, Healpix):
            result |= {key: result[key].reshape(len(result[key]), -1) for key in ("bin_ts", "bin_dnde") if key in result}
        for warning in result.get("warnings", ()):
            self.logger.warning("%s", warning)
        if make_plots:
            self._map_pictures(kind, prefix if kind == "PSmap" else result["name"], result)
        return result

