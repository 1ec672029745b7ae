"""How pixels of maps scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .canvas import axes


def sigma_histogram(sigma: NDArray[Any], ax: Any = None, *, reach: float = 6.0, bins: int = 120) -> Any:
    """Significances of pixels, with the Gaussian of their mean and deviation, and the one of deviation 1."""
    ax = axes(ax)
    values = np.asarray(sigma, dtype=float).ravel()
    values = values[np.isfinite(values)]
    edges = np.linspace(-reach, reach, bins + 1)
    ax.hist(np.clip(values, -reach, reach), edges, density=True, histtype="stepfilled", color="0.75")
    fine = np.linspace(-reach, reach, 400)
    if values.size > 1 and values.std() > 0.0:
        mu, width = float(values.mean()), float(values.std())
        ax.plot(fine, _normal(fine, mu, width), "--", color="tab:red", label=f"$\\mu$ = {mu:.2f}, $\\sigma$ = {width:.2f}")
    ax.plot(fine, _normal(fine, 0.0, 1.0), "-", color="black", label="$\\mu$ = 0, $\\sigma$ = 1")
    ax.set_xlim(-reach, reach)
    ax.set_xlabel("Significance [$\\sigma$]")
    ax.set_ylabel("Probability density")
    ax.legend(loc="upper right")
    return ax


def ts_histogram(ts: NDArray[Any], ax: Any = None, *, reach: float = 25.0, bins: int = 100) -> Any:
    """TS of pixels, with what is expected where there is no source: half a chi-square distribution of one degree of freedom."""
    ax = axes(ax)
    values = np.asarray(ts, dtype=float).ravel()
    values = values[np.isfinite(values)]
    edges = np.linspace(0.0, reach, bins + 1)
    ax.hist(np.clip(values, 0.0, reach), edges, density=True, histtype="stepfilled", color="0.75")
    fine = np.linspace(edges[1] / 2.0, reach, 400)
    ax.plot(fine, 0.5 * np.exp(-0.5 * fine) / np.sqrt(2.0 * np.pi * fine), "-", color="black", label="$\\frac{1}{2}\\chi^2_1$")
    ax.set_yscale("log")
    ax.set_xlim(0.0, reach)
    ax.set_ylim(1e-4, None)
    ax.set_xlabel("TS")
    ax.set_ylabel("Probability density")
    ax.legend(loc="upper right")
    return ax


def _normal(x: NDArray[Any], mu: float, sigma: float) -> NDArray[Any]:
    found: NDArray[Any] = np.exp(-0.5 * ((x - mu) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    return found
