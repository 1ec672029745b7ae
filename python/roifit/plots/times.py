"""Fluxes in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .canvas import axes

FLUX = "Flux [ph cm$^{-2}$ s$^{-1}$]"
# Length of the arrow of a limit, as a part of the limit.
ARROW = 0.2
# Seconds of a day.
DAY = 86400.0


def light_curve(result: Mapping[str, Any], ax: Any = None, *, show_blocks: bool = True, color: str = "black") -> Any:
    """Fluxes with errors, upper limits as arrows where they stand for a bin, and Bayesian blocks as steps, over MJD.

    Parameters
    ----------
    result
        What ``lightcurve`` returns.
    show_blocks
        Whether the stretches of constant flux are drawn.
    """
    ax = axes(ax)
    begin, end = (np.asarray(result[key], dtype=float) for key in ("tmin_mjd", "tmax_mjd"))
    middle, half = 0.5 * (begin + end), 0.5 * (end - begin)
    flux, error, limit = (np.asarray(result[key], dtype=float) for key in ("flux", "flux_err", "flux_ul"))
    is_limit = np.asarray(result["is_ul"], dtype=bool)
    # A flux at its bound may have no error.
    shown = ~is_limit & np.isfinite(flux)
    bars = np.nan_to_num(np.abs(error[shown]))
    ax.errorbar(middle[shown], flux[shown], xerr=half[shown], yerr=bars, fmt="o", color=color, markersize=4, linewidth=1.2, label="flux")
    shown = is_limit & np.isfinite(limit)
    ax.errorbar(middle[shown], limit[shown], xerr=half[shown], yerr=ARROW * limit[shown], uplims=True, fmt="none", color=color, linewidth=1.2, label="upper limit")
    if show_blocks and len(result["blocks"]):
        _blocks(ax, result, begin)
    ax.set_ylim(bottom=min(0.0, float(ax.get_ylim()[0])))
    # Days of five digits need room.
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel("Time [MJD]")
    ax.set_ylabel(FLUX)
    ax.set_title(str(result.get("name", "")))
    return ax


def _blocks(ax: Any, result: Mapping[str, Any], begin: NDArray[Any]) -> None:
    """Steps, with their errors; a gap between two blocks stays one."""
    start = float(np.asarray(result["tmin"], dtype=float)[0])
    times: list[float] = []
    heights: list[float] = []
    for block in result["blocks"]:
        ends = [float(begin[0]) + (float(block[key]) - start) / DAY for key in ("tmin", "tmax")]
        if times and ends[0] > times[-1]:
            times.append(np.nan)
            heights.append(np.nan)
        times += ends
        heights += [block["flux"]] * 2
        ax.fill_between(ends, block["flux"] - block["flux_err"], block["flux"] + block["flux_err"], color="tab:red", alpha=0.2, linewidth=0.0)
    ax.plot(times, heights, "-", color="tab:red", linewidth=1.2, label="Bayesian blocks")
