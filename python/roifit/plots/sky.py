"""Images of the sky with their world coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from numpy.typing import NDArray

from .canvas import axes

Sources = Iterable[tuple[str, SkyCoord]]
# Colours, range, contours of each map; levels are in the units of the map.
STYLES: dict[str, dict[str, Any]] = {
    "sigma": {"cmap": "RdBu_r", "vmin": -5.0, "vmax": 5.0, "levels": [-5, -3, 3, 5, 7], "label": "Significance [$\\sigma$]"},
    "excess": {"cmap": "RdBu_r", "label": "Excess counts", "is_even": True},
    "data": {"power": 0.5, "label": "Smoothed counts"},
    "model": {"power": 0.5, "label": "Smoothed counts of the model"},
    "sqrt_ts": {"vmin": 0.0, "vmax": 5.0, "levels": [3, 5, 7], "label": "$\\sqrt{TS}$"},
    "ts": {"vmin": 0.0, "label": "TS"},
    "npred": {"vmin": 0.0, "label": "Predicted counts of the test source"},
    "amplitude": {"label": "Amplitude"},
    "psmap": {"cmap": "RdBu_r", "vmin": -6.24, "vmax": 6.24, "levels": [2.57, 4.20, 6.24], "label": "PS"},
    "psmapsigma": {"cmap": "RdBu_r", "vmin": -5.0, "vmax": 5.0, "levels": [3, 4, 5], "label": "PS [$\\sigma$]"},
    "counts": {"power": 0.5, "label": "Counts"},
    "counts of the model": {"power": 1.0 / 3.0, "label": "Counts of the model"},
}
# Contours of a map that rises far above its range.
FAR = np.round(np.logspace(1.0, 3.0, 17), 1)


def image(
    data: NDArray[Any],
    wcs: WCS,
    ax: Any = None,
    *,
    kind: str = "",
    sources: Sources = (),
    cmap: str | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    levels: Sequence[float] | None = None,
    label: str | None = None,
    power: float | None = None,
    color_bar: bool = True,
) -> Any:
    """An image with its axes in degrees on the sky, contours and sources.

    Parameters
    ----------
    data, wcs
        Pixels ``[y, x]``, and their world coordinates.
    kind
        What it is of, which sets the other options unless they are given: a key of `STYLES`.
    sources
        Names and directions of sources that are marked.
    power
        Colours follow this power of the value.
    """
    from matplotlib.colors import Normalize, PowerNorm

    style = STYLES.get(kind, {})
    data = np.asarray(data, dtype=float)
    ax = axes(ax, wcs)
    low, high = (vmin if vmin is not None else style.get("vmin")), (vmax if vmax is not None else style.get("vmax"))
    finite = data[np.isfinite(data)]
    if style.get("is_even") and low is None and finite.size:
        high = float(np.abs(finite).max()) or 1.0
        low = -high
    power = power or style.get("power")
    norm = PowerNorm(power, vmin=0.0 if low is None else low, vmax=high, clip=True) if power else Normalize(vmin=low, vmax=high)
    shown = ax.imshow(data, origin="lower", cmap=cmap or style.get("cmap", "magma"), norm=norm, interpolation="nearest")
    _contours(ax, data, style.get("levels") if levels is None else levels, is_far=levels is None and "levels" in style)
    _grid(ax)
    mark(ax, wcs, data.shape, sources)
    if color_bar:
        bar = ax.figure.colorbar(shown, ax=ax, shrink=0.85)
        bar.set_label(style.get("label", "") if label is None else label)
    return ax


def _contours(ax: Any, data: NDArray[Any], levels: Sequence[float] | None, *, is_far: bool) -> None:
    if levels is None or not np.isfinite(data).any():
        return
    every = np.unique(np.concatenate([np.asarray(levels, dtype=float), FAR if is_far else []]))
    inside = every[(every > np.nanmin(data)) & (every < np.nanmax(data))]
    if inside.size:
        ax.contour(data, levels=inside, colors="white", linewidths=0.7, alpha=0.8)


def _grid(ax: Any) -> None:
    """World coordinates with their names, where the axes have them."""
    if not hasattr(ax, "coords"):
        return
    is_galactic = "GLON" in str(ax.wcs.wcs.ctype[0])
    names = ("Galactic longitude [deg]", "Galactic latitude [deg]") if is_galactic else ("Right ascension [deg]", "Declination [deg]")
    for coordinate, name in zip(ax.coords, names, strict=True):
        coordinate.set_axislabel(name)
        coordinate.set_major_formatter("d.d")
        coordinate.grid(color="white", alpha=0.25, linestyle=":")


def pixels(wcs: WCS, directions: SkyCoord) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pixels, from 0, of directions; NaN for those that the projection does not show."""
    x, y = wcs.world_to_pixel(directions)
    return np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))


def mark(ax: Any, wcs: WCS, shape: tuple[int, ...], sources: Sources) -> None:
    """Marks sources that lie in the image, with their names."""
    from matplotlib import patheffects

    outline = [patheffects.withStroke(linewidth=2.0, foreground="black")]
    for name, direction in sources:
        (x,), (y,) = pixels(wcs, direction)
        if not (-0.5 <= x <= shape[1] - 0.5 and -0.5 <= y <= shape[0] - 0.5):
            continue
        ax.plot(x, y, "+", color="white", markersize=8, path_effects=outline)
        if name:
            ax.annotate(name, (x, y), (5, 4), textcoords="offset points", color="white", fontsize=8, path_effects=outline, annotation_clip=True, clip_on=True)


def ellipse(ax: Any, wcs: WCS, center: SkyCoord, semimajor: float, semiminor: float, angle: float, **line: Any) -> None:
    """An ellipse on the sky: half axes in degrees, the angle of the longer one east of north in degrees."""
    import astropy.units as u

    around = np.linspace(0.0, 2.0 * np.pi, 73)
    along, across = semimajor * np.cos(around), semiminor * np.sin(around)
    separation, turn = np.hypot(along, across), np.degrees(np.arctan2(across, along))
    points = center.directional_offset_by((angle + turn) * u.deg, separation * u.deg)
    x, y = pixels(wcs, points)
    ax.plot(x, y, **{"color": "white", "linewidth": 1.2, **line})


def circle(ax: Any, wcs: WCS, center: SkyCoord, radius: float, **line: Any) -> None:
    """A circle on the sky of a radius in degrees."""
    ellipse(ax, wcs, center, radius, radius, 0.0, **line)
