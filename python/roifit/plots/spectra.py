"""Spectra: of a source bin by bin, of counts, error bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .canvas import axes, panels

E2DNDE = "$E^2\\,dN/dE$ [MeV cm$^{-2}$ s$^{-1}$]"
# Length of the arrow of a limit, as a part of the limit.
ARROW = 0.2


def sed(result: Mapping[str, Any], ax: Any = None, *, ul_ts_threshold: float = 4.0, show_lnl: bool = False, color: str = "black") -> Any:
    """Points where TS is above the threshold, 95 % upper limits elsewhere, and the model with its error band.

    Parameters
    ----------
    result
        What ``sed`` returns.
    show_lnl
        Also how logL falls with the flux in every bin.
    """
    ax = axes(ax)
    bins = {key: np.asarray(result[key], dtype=float) for key in ("e_min", "e_max", "e_ref", "ts", "e2dnde", "e2dnde_err_lo", "e2dnde_err_hi", "e2dnde_ul95")}
    if show_lnl:
        _likelihood(ax, result, bins)
    is_point = bins["ts"] >= ul_ts_threshold
    _points(ax, bins, is_point, color)
    _limits(ax, bins, ~is_point, color)
    model = result.get("model_flux")
    if model:
        band(model, ax, is_band_shown=bool(np.nanmax(bins["ts"], initial=0.0) > 9.0))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(float(bins["e_min"].min()), float(bins["e_max"].max()))
    heights = np.concatenate([bins["e2dnde"][is_point], bins["e2dnde_ul95"]])
    heights = heights[np.isfinite(heights) & (heights > 0.0)]
    if heights.size:
        ax.set_ylim(0.3 * float(heights.min()), 3.0 * float(heights.max()))
    ax.set_xlabel("Energy [MeV]")
    ax.set_ylabel(E2DNDE)
    ax.set_title(str(result.get("name", "")))
    return ax


def _points(ax: Any, bins: Mapping[str, NDArray[Any]], chosen: NDArray[np.bool_], color: str) -> None:
    x, y = bins["e_ref"][chosen], bins["e2dnde"][chosen]
    ends = np.array([x - bins["e_min"][chosen], bins["e_max"][chosen] - x])
    errors = np.abs(np.nan_to_num(np.array([bins["e2dnde_err_lo"][chosen], bins["e2dnde_err_hi"][chosen]])))
    # On a logarithmic axis an error that reaches zero has no end.
    errors[0] = np.minimum(errors[0], 0.999 * np.maximum(y, 0.0))
    ax.errorbar(x, y, xerr=ends, yerr=errors, fmt="o", color=color, markersize=4, linewidth=1.2)


def _limits(ax: Any, bins: Mapping[str, NDArray[Any]], chosen: NDArray[np.bool_], color: str) -> None:
    chosen = chosen & np.isfinite(bins["e2dnde_ul95"]) & (bins["e2dnde_ul95"] > 0.0)
    x, y = bins["e_ref"][chosen], bins["e2dnde_ul95"][chosen]
    ends = np.array([x - bins["e_min"][chosen], bins["e_max"][chosen] - x])
    ax.errorbar(x, y, xerr=ends, yerr=ARROW * y, uplims=True, fmt="none", color=color, linewidth=1.2)


def _likelihood(ax: Any, result: Mapping[str, Any], bins: Mapping[str, NDArray[Any]]) -> None:
    """The fall of logL with the flux, as colours, bin by bin."""
    norms, falls = np.atleast_2d(result["norm_scan"]), np.atleast_2d(result["dloglike_scan"])
    fluxes = norms * np.asarray(result["ref_e2dnde"], dtype=float)[:, np.newaxis]
    shown = fluxes[np.isfinite(fluxes) & (fluxes > 0.0)]
    if not shown.size:
        return
    limits = bins["e2dnde_ul95"][np.isfinite(bins["e2dnde_ul95"])]
    top = 3.0 * float(limits.max()) if limits.size else float(shown.max())
    heights = np.geomspace(max(float(shown.min()), 1e-4 * top), top, 201)
    middles = np.sqrt(heights[:-1] * heights[1:])
    columns = [np.interp(middles, flux, fall, right=-np.inf) - np.nanmax(fall) for flux, fall in zip(fluxes, falls, strict=True)]
    edges = np.append(bins["e_min"], bins["e_max"][-1])
    image = np.ma.masked_less(np.array(columns).T, -2.7)
    ax.pcolormesh(edges, heights, image, cmap="BuGn", vmin=-2.7, vmax=0.0, shading="flat", rasterized=True)


def band(result: Mapping[str, Any], ax: Any = None, *, is_band_shown: bool = True, color: str = "tab:red") -> Any:
    """E^2 dN/dE of a model with its error band."""
    ax = axes(ax)
    energies = np.asarray(result["energies"], dtype=float)
    squared = energies**2
    ax.plot(energies, squared * result["dnde"], "-", color=color, linewidth=1.2)
    low, high = (squared * np.asarray(result[key], dtype=float) for key in ("dnde_lo", "dnde_hi"))
    if is_band_shown:
        ax.fill_between(energies, low, high, color=color, alpha=0.2, linewidth=0.0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("Energy [MeV]")
    ax.set_ylabel(E2DNDE)
    return ax


def counts_spectrum(
    energies: NDArray[Any], counts: NDArray[Any], of_sources: Mapping[str, NDArray[Any]], figure: Any = None, *, most: int = 6
) -> tuple[Any, Any]:
    """Counts in each energy bin beside the model: all of it, the sources with most counts, and the rest; below, how far the counts lie from it.

    Parameters
    ----------
    energies
        Edges in MeV.
    counts
        Observed, a number a bin.
    of_sources
        Predicted counts of each source by name.
    """
    upper, lower = panels(figure)
    middle = np.sqrt(energies[:-1] * energies[1:])
    total = np.sum(list(of_sources.values()), axis=0) if of_sources else np.zeros(len(counts))
    upper.errorbar(middle, counts, yerr=np.sqrt(counts), fmt="o", color="black", markersize=3, label="Counts")
    upper.step(energies, np.append(total, total[-1]), where="post", color="black", label="Model")
    by_counts = sorted(of_sources, key=lambda name: -float(of_sources[name].sum()))
    for name in by_counts[:most]:
        upper.plot(middle, of_sources[name], "-", linewidth=1.0, label=name)
    rest = [of_sources[name] for name in by_counts[most:]]
    if rest:
        upper.plot(middle, np.sum(rest, axis=0), ":", color="0.4", label="Other sources")
    upper.set_xscale("log")
    upper.set_yscale("log")
    seen = np.concatenate([counts[counts > 0], total[total > 0]])
    if seen.size:
        upper.set_ylim(max(0.3 * float(seen.min()), 0.1), 3.0 * float(seen.max()))
    upper.set_ylabel("Counts")
    upper.legend(fontsize=7, ncols=2)
    upper.tick_params(labelbottom=False)
    fits = total > 0.0
    lower.errorbar(middle[fits], (counts[fits] - total[fits]) / total[fits], yerr=np.sqrt(counts[fits]) / total[fits], fmt="o", color="black", markersize=3)
    lower.axhline(0.0, color="black", linewidth=0.8)
    lower.set_ylim(-0.4, 0.4)
    lower.set_xlabel("Energy [MeV]")
    lower.set_ylabel("(data - model) / model")
    return upper, lower


def projection(offsets: NDArray[Any], counts: NDArray[Any], model: NDArray[Any], diffuse: NDArray[Any], name: str, ax: Any = None) -> Any:
    """Counts in a strip through the centre, along it: observed, of the model, of its diffuse components."""
    ax = axes(ax)
    ax.errorbar(offsets, counts, yerr=np.sqrt(counts), fmt="o", color="black", markersize=3, label="Counts")
    ax.step(offsets, model, where="mid", color="tab:red", label="Model")
    ax.step(offsets, diffuse, where="mid", color="tab:blue", linestyle="--", label="Diffuse")
    ax.set_ylim(0.0, None)
    ax.set_xlabel(f"{name} offset [deg]")
    ax.set_ylabel("Counts")
    ax.legend()
    return ax


def profile(values: Sequence[float], dloglike: Sequence[float], ax: Any = None, *, name: str = "value", limits: Mapping[str, Any] | None = None) -> Any:
    """logL along a parameter, relative to its maximum, with the levels of one standard deviation and of the 95 % limit."""
    ax = axes(ax)
    x, y = np.asarray(values, dtype=float), np.asarray(dloglike, dtype=float)
    order, seen = np.argsort(x), np.isfinite(y)
    top = float(np.nanmax(y[seen])) if seen.any() else 0.0
    ax.plot(x[order], y[order] - top, "-o", markersize=3, color="black")
    for fall, style in ((-0.5, "--"), (-1.3528, ":")):
        ax.axhline(fall, linestyle=style, color="0.5", linewidth=1.0)
    ul = (limits or {}).get("ul")
    if ul is not None and np.isfinite(ul):
        ax.axvline(ul, linestyle=":", color="tab:red", label=f"95 % limit {ul:.4g}")
        ax.legend()
    ax.set_ylim(-5.0, 0.3)
    ax.set_xlabel(name)
    ax.set_ylabel("$\\Delta\\log L$")
    return ax
