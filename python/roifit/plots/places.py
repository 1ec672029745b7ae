"""Positions and widths of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord

from ..maps import SkyMap
from .canvas import axes
from .sky import circle, ellipse, image, pixels

# Half axes of the ellipses of two parameters that hold 68 % and 99 %, in standard deviations.
R68, R99 = 1.5095921854516636, 3.0348542587702925
# Contours of twice the fall of logL.
FALLS = [-200.0, -100.0, -50.0, -20.0, -9.21, -5.99, -2.3, -1.0]
# Colours go no deeper.
DEEPEST = -500.0


def localization(result: Mapping[str, Any], ts: SkyMap, ax: Any = None) -> Any:
    """Twice the fall of logL around a source: where it was, where it is, with ellipses that hold 68 % and 99 %."""
    fall = np.asarray(ts.data, dtype=float) - float(np.nanmax(ts.data))
    ax = image(fall, ts.wcs, ax, cmap="BuGn", vmin=max(float(np.nanmin(fall)), DEEPEST), vmax=0.0, levels=FALLS, label="2 $\\times$ $\\Delta\\log L$")
    _place(ax, ts.wcs, result["ra_preloc"], result["dec_preloc"], "+", "black", "old position")
    found = _place(ax, ts.wcs, result["ra"], result["dec"], "x", "tab:red", "new position")
    axis = [_number(result.get(key)) for key in ("pos_err_semimajor", "pos_err_semiminor", "pos_angle")]
    if np.isfinite(axis).all():
        for scale, line in ((R68, "-"), (R99, "--")):
            ellipse(ax, ts.wcs, found, scale * axis[0], scale * axis[1], axis[2], color="tab:red", linestyle=line)
    ax.legend(loc="upper right", fontsize=8)
    ax.set_title(str(result.get("name", "")))
    return ax


def _place(ax: Any, wcs: Any, ra: float, dec: float, marker: str, color: str, label: str) -> SkyCoord:
    direction = SkyCoord(ra, dec, unit="deg", frame="icrs")
    (x,), (y,) = pixels(wcs, direction)
    ax.plot(x, y, marker, color=color, markersize=9, markeredgewidth=1.6, label=label, linestyle="none")
    return direction


def peak(result: Mapping[str, Any], ax: Any = None) -> Any:
    """The scan around the new position, in steps on the sky, with the ellipses that hold 68 % and 99 %."""
    from matplotlib.patches import Ellipse

    ax = axes(ax)
    scanned = result["tsmap_peak"]
    ts, step = np.asarray(scanned["ts"], dtype=float), float(scanned["step"])
    reach = step * ts.shape[0] / 2.0
    fall = ts - float(np.nanmax(ts))
    # East is on the left.
    shown = ax.imshow(fall, origin="lower", extent=(reach, -reach, -reach, reach), cmap="BuGn", vmin=-50.0, vmax=0.0)
    middles = (np.arange(ts.shape[0]) - (ts.shape[0] - 1) / 2.0) * step
    inside = [level for level in FALLS if np.nanmin(fall) < level < 0.0]
    if inside:
        ax.contour(-middles, middles, fall, levels=inside, colors="black", linewidths=0.7)
    axis = [_number(result.get(key)) for key in ("pos_err_semimajor", "pos_err_semiminor", "pos_angle")]
    if np.isfinite(axis).all():
        for scale, line in ((R68, "-"), (R99, "--")):
            # From north over east, which is on the left of an axis that runs backwards.
            patch = Ellipse((0.0, 0.0), 2 * scale * axis[1], 2 * scale * axis[0], angle=-axis[2], fill=False, color="tab:red", linestyle=line)
            ax.add_patch(patch)
    ax.plot(0.0, 0.0, "x", color="tab:red", markersize=9)
    ax.figure.colorbar(shown, ax=ax, shrink=0.85).set_label("2 $\\times$ $\\Delta\\log L$")
    ax.set_xlabel("East [deg]")
    ax.set_ylabel("North [deg]")
    ax.set_title(str(result.get("name", "")))
    return ax


def extension_map(result: Mapping[str, Any], sqrt_ts: SkyMap, ax: Any = None, *, ts_threshold: float = 9.0) -> Any:
    """The sky around a source without it, and the circle of its 68 % radius with its errors, or the 95 % limit where it is not extended."""
    # The source itself is in the map: it may be very bright.
    brightest = float(np.nanmax(sqrt_ts.data))
    ax = image(sqrt_ts.data, sqrt_ts.wcs, ax, kind="sqrt_ts", vmax=max(brightest, 5.0))
    center = SkyCoord(result["ra"], result["dec"], unit="deg", frame="icrs")
    ext, ts = float(result["ext"]), float(result["ts_ext"])
    if ts > ts_threshold and ext > 0.0:
        circle(ax, sqrt_ts.wcs, center, ext, label=f"68 % radius {ext:.3f} deg")
        for error in (result.get("ext_err_hi"), -_number(result.get("ext_err_lo"))):
            radius = ext + _number(error)
            if np.isfinite(radius) and radius > 0.0:
                circle(ax, sqrt_ts.wcs, center, radius, linestyle=":")
    elif np.isfinite(_number(result.get("ext_ul95"))):
        circle(ax, sqrt_ts.wcs, center, float(result["ext_ul95"]), linestyle="--", label=f"95 % limit {result['ext_ul95']:.3f} deg")
    ax.set_title(f"{result.get('name', '')}: $TS_{{ext}}$ = {ts:.1f}")
    handles, _ = ax.get_legend_handles_labels()
    if handles:
        ax.legend(loc="upper right", fontsize=8, facecolor="0.3", labelcolor="white")
    return ax


def extension_curve(result: Mapping[str, Any], ax: Any = None) -> Any:
    """logL over the width, relative to that of a point."""
    ax = axes(ax)
    width, fall = np.asarray(result["width"], dtype=float), np.asarray(result["dloglike"], dtype=float)
    ax.plot(width, fall, "-o", color="black", markersize=3)
    ax.axvline(float(result["ext"]), color="tab:red", label=f"ext = {result['ext']:.4f} deg")
    if np.isfinite(_number(result.get("ext_ul95"))):
        ax.axvline(float(result["ext_ul95"]), color="tab:red", linestyle=":", label=f"95 % limit {result['ext_ul95']:.4f} deg")
    near = fall[np.isfinite(fall)]
    if near.size:
        top = float(near.max())
        ax.set_ylim(top - max(10.0, 1.1 * top + 3.0), top + 0.05 * max(10.0, top))
    ax.set_xlabel("68 % containment radius [deg]")
    ax.set_ylabel("$\\Delta\\log L$ to a point")
    ax.legend()
    ax.set_title(f"{result.get('name', '')}: $TS_{{ext}}$ = {float(result['ts_ext']):.1f}")
    return ax


def extension_of_bins(result: Mapping[str, Any], ax: Any = None, *, show_lnl: bool = False) -> Any:
    """The width in each energy bin: points, or 95 % limits where a bin does not prefer a width (TS up to 4); the band is the width of all energies."""
    ax = axes(ax)
    e = {key: np.asarray(result[f"ebin_{key}"], dtype=float) for key in ("e_min", "e_ctr", "e_max", "ext", "ext_err", "ext_ul95", "ts_ext")}
    if show_lnl:
        _bins_likelihood(ax, result, e)
    ends = np.array([e["e_ctr"] - e["e_min"], e["e_max"] - e["e_ctr"]])
    is_point = e["ts_ext"] > 4.0
    ax.errorbar(e["e_ctr"][is_point], e["ext"][is_point], xerr=ends[:, is_point], yerr=np.nan_to_num(e["ext_err"][is_point]), fmt="o", color="black", markersize=4)
    limits = ~is_point & np.isfinite(e["ext_ul95"])
    ax.errorbar(e["e_ctr"][limits], e["ext_ul95"][limits], xerr=ends[:, limits], yerr=0.2 * e["ext_ul95"][limits], uplims=True, fmt="none", color="black")
    ext, error = float(result["ext"]), _number(result.get("ext_err"))
    ax.axhline(ext, color="tab:red")
    if np.isfinite(error):
        ax.axhspan(max(ext - error, 0.0), ext + error, color="tab:red", alpha=0.2, linewidth=0.0)
    ax.set_xscale("log")
    ax.set_ylim(0.0, None)
    ax.set_xlabel("Energy [MeV]")
    ax.set_ylabel("68 % containment radius [deg]")
    ax.set_title(str(result.get("name", "")))
    return ax


def _bins_likelihood(ax: Any, result: Mapping[str, Any], e: Mapping[str, Any]) -> None:
    """How logL falls with the width, as colours, bin by bin."""
    top = float(np.nanmax(np.concatenate([e["ext_ul95"], e["ext"], [float(result["ext"])]]))) * 1.5
    heights = np.linspace(0.0, top, 201)
    middles = 0.5 * (heights[:-1] + heights[1:])
    columns = []
    for widths, logs in zip(result["ebin_width"], result["ebin_dloglike"], strict=True):
        widths, logs = np.asarray(widths, dtype=float), np.asarray(logs, dtype=float)
        columns.append(np.interp(middles, widths, logs, right=-np.inf) - np.nanmax(logs))
    image_of_bins = np.ma.masked_less(np.array(columns).T, -2.7)
    edges = np.append(e["e_min"], e["e_max"][-1])
    ax.pcolormesh(edges, heights, image_of_bins, cmap="BuGn", vmin=-2.7, vmax=0.0, shading="flat", rasterized=True)


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
