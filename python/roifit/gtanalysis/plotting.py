"""Pictures under fermipy's file names, in the work directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord

from ..maps import NO_SUM, Map, SkyMap, are_alike, total
from .core import Core

# The file names of the maps of each kind, and how they are drawn.
MAPS = {
    "residmap": ("sigma", "data", "model", "excess"),
    "tsmap": ("sqrt_ts", "npred"),
    "tscube": ("sqrt_ts", "npred"),
    "PSmap": ("psmap", "psmapsigma"),
}
# Half the height of the strips that counts are projected from, degrees.
STRIP = 1.0
UNDRAWN = "HEALPix pixels are not drawn here; healpy draws them"


class Plotting(Core):
    """Pictures. Each is a figure of its own: nothing of pyplot is touched."""

    def make_plots(self, prefix: str, mcube_map: Map | None = None, **kwargs: Any) -> None:
        """The pictures of the whole region: counts and model on the sky, their projections, the spectrum of counts.

        Parameters
        ----------
        prefix
            Begins the file names.
        mcube_map
            Predicted counts; they are computed if they are not given.
        **kwargs
            ``plotting`` and ``loglevel``, which are accepted.
        """
        self._known_keywords("make_plots", kwargs, {"loglevel", "plotting", "format"})
        observed = self._counts_maps()
        if not are_alike(observed):
            self.logger.warning("no pictures of counts on the sky: %s", NO_SUM)
        elif observed[0].wcs is None:
            self.logger.warning("no pictures of counts on the sky: %s", UNDRAWN)
        else:
            self._counts_pictures(prefix, total(observed, "counts"), self.model_counts_map() if mcube_map is None else mcube_map)
        self._spectrum_picture(f"{prefix}_counts_spectrum")

    def _counts_pictures(self, prefix: str, counts: Map, model: Map) -> None:
        """Counts and model on the sky, and their projections."""
        diffuse = self.model_counts_map("diffuse") if self.roi.diffuse_sources else None
        wanted = [None, *((self.config.get("plotting") or {}).get("loge_bounds") or [])]
        for bounds in wanted:
            low, high = self.loge_bounds if not bounds else bounds
            ends = f"{low:.3f}_{high:.3f}"
            parts = [_within(of, low, high) for of in (counts, model)]
            for name, kind, data in (("counts", "counts", parts[0]), ("model", "counts of the model", parts[1])):
                self._sky_picture(f"{prefix}_{name}_map_{ends}", data, counts.wcs, kind)
            strips = [*parts, np.zeros_like(parts[1]) if diffuse is None else _within(diffuse, low, high)]
            for along, axis in (("xproj", 0), ("yproj", 1)):
                self._projection_picture(f"{prefix}_counts_map_{along}_{ends}", strips, counts, axis)

    def _picture(self, name: str, draw: Any) -> None:
        """Draws a file; a picture that fails costs no result."""
        from ..plots import canvas

        ending = (self.config.get("plotting") or {}).get("format") or "png"
        try:
            path = canvas.save(Path(self.workdir, f"{name}.{ending}"), draw)
        except ImportError:
            raise
        except Exception as error:
            self.logger.warning("no picture %s.%s: %s", name, ending, error)
        else:
            self.logger.debug("wrote %s", path)

    def _marks(self) -> list[tuple[str, SkyCoord]]:
        """Sources that are shown, with the names of those above the threshold of TS."""
        threshold = (self.config.get("plotting") or {}).get("label_ts_threshold", 0.0)
        marks = []
        for source in self.roi.point_sources:
            ts = source["ts"]
            is_named = threshold is not None and not (np.isfinite(ts) and ts < threshold)
            marks.append((source.name if is_named else "", source.skydir))
        return marks

    def _sky_picture(self, name: str, data: Any, wcs: Any, kind: str) -> None:
        from ..plots import sky

        if wcs is None:
            self.logger.warning("no picture %s: %s", name, UNDRAWN)
            return
        marks = self._marks()

        def draw(figure: Any) -> None:
            sky.image(data, wcs, figure.add_subplot(projection=wcs), kind=kind, sources=marks)

        self._picture(name, draw)

    def _projection_picture(self, name: str, strips: list[Any], counts: Map, axis: int) -> None:
        """Counts in a strip through the centre of the map, along one of its axes."""
        from ..plots import spectra

        size = abs(float(counts.wcs.wcs.cdelt[0]))
        middle = (strips[0].shape[axis] - 1) / 2.0
        half = max(int(round(STRIP / size)), 0)
        rows = slice(max(int(np.floor(middle)) - half, 0), int(np.ceil(middle)) + half + 1)
        seen, model, diffuse = (strip[rows, :].sum(axis=0) if axis == 0 else strip[:, rows].sum(axis=1) for strip in strips)
        step = float(counts.wcs.wcs.cdelt[axis])
        offsets = (np.arange(len(seen)) - (len(seen) - 1) / 2.0) * step
        label = ("LON", "LAT")[axis]
        self._picture(name, lambda figure: spectra.projection(offsets, seen, model, diffuse, label, figure.add_subplot()))

    def _spectrum_picture(self, name: str) -> None:
        from ..plots import spectra

        components = self._engine.components()
        edges = components[0]["energies"]
        if any(len(of["energies"]) != len(edges) or not np.allclose(of["energies"], edges, rtol=1e-5) for of in components):
            self.logger.warning("no picture %s: the components have different energy bins", name)
            return
        counts = np.sum([of["counts"] for of in components], axis=0)
        of_sources = {source.name: np.sum(self._engine.npred(source.name), axis=0) for source in self.roi.sources}
        self._picture(name, lambda figure: spectra.counts_spectrum(edges, counts, of_sources, figure))

    def _map_pictures(self, kind: str, prefix: str, result: Mapping[str, Any]) -> None:
        """Pictures of the maps of an estimator, and how their pixels scatter."""
        from ..plots import histograms

        for key in MAPS[kind]:
            name = {"psmap": "psmap", "psmapsigma": "psmap_sigma"}.get(key, f"{kind}_{key}")
            self._sky_picture(f"{prefix}_{name}" if prefix else name, result[key].data, result[key].wcs, key)
        if kind in {"tsmap", "tscube"}:
            ts = result["ts"].data
            self._picture(f"{prefix}_{kind}_ts_hist", lambda figure: histograms.ts_histogram(ts, figure.add_subplot()))
        else:
            sigma = result["sigma" if kind == "residmap" else "psmapsigma"].data
            name = "residmap_sigma_hist" if kind == "residmap" else "ps_hist_sigma"
            name = f"{prefix}_{name}" if prefix else name
            self._picture(name, lambda figure: histograms.sigma_histogram(sigma, figure.add_subplot()))

    def _sed_pictures(self, prefix: str, name: str, result: Mapping[str, Any]) -> None:
        from ..plots import spectra

        threshold = float((self.config.get("sed") or {}).get("ul_ts_threshold") or 4.0)
        for ending, is_with in (("sed", False), ("sedlnl", True)):
            stem = self._stem(prefix, name, ending).name
            self._picture(stem, lambda figure, on=is_with: spectra.sed(result, figure.add_subplot(), ul_ts_threshold=threshold, show_lnl=on))

    def _light_curve_picture(self, name: str, result: Mapping[str, Any]) -> None:
        from ..plots import times

        self._picture(name, lambda figure: times.light_curve(result, figure.add_subplot()))

    def _localize_pictures(self, prefix: str, name: str, result: Mapping[str, Any], ts: SkyMap | None) -> None:
        from ..plots import places

        if ts is not None and ts.wcs is not None:
            stem = self._stem(prefix, name, "localize").name
            self._picture(stem, lambda figure: places.localization(result, ts, figure.add_subplot(projection=ts.wcs)))
        if result.get("tsmap_peak") is not None:
            stem = self._stem(prefix, name, "localize_peak").name
            self._picture(stem, lambda figure: places.peak(result, figure.add_subplot()))

    def _extension_pictures(self, prefix: str, name: str, result: Mapping[str, Any], sqrt_ts: SkyMap | None) -> None:
        from ..plots import places

        if sqrt_ts is not None and sqrt_ts.wcs is not None:
            stem = self._stem(prefix, name, "extension").name
            self._picture(stem, lambda figure: places.extension_map(result, sqrt_ts, figure.add_subplot(projection=sqrt_ts.wcs)))
        stem = self._stem(prefix, name, "extension_curve").name
        self._picture(stem, lambda figure: places.extension_curve(result, figure.add_subplot()))
        if len(result["ebin_e_min"]):
            for ending, is_with in (("extension_ebin", False), ("extension_ebin_llh", True)):
                stem = self._stem(prefix, name, ending).name
                self._picture(stem, lambda figure, on=is_with: places.extension_of_bins(result, figure.add_subplot(), show_lnl=on))

    def _counts_maps(self) -> list[Map]:
        """Observed counts of each component."""
        raise NotImplementedError

    def model_counts_map(self, name: Any = None, exclude: Any = None, use_mask: bool = False) -> Map:
        """Predicted counts, all components together."""
        raise NotImplementedError


def _within(of: Map, low: float, high: float) -> Any:
    """Counts between two energies, a number a pixel."""
    edges = np.log10(of.energies)
    chosen = (edges[:-1] >= low - 1e-3) & (edges[1:] <= high + 1e-3)
    return np.asarray(of.data, dtype=float)[chosen].sum(axis=0)
