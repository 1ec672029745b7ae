"""Correlations of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .canvas import axes


def correlation(matrix: ArrayLike, names: Sequence[str], ax: Any = None) -> Any:
    """A correlation matrix as colours, with its numbers where there is room."""
    ax = axes(ax)
    values = np.asarray(matrix, dtype=float)
    shown = ax.imshow(values, cmap="RdBu_r", vmin=-1.0, vmax=1.0)
    places = np.arange(len(names))
    ax.set_xticks(places, names, rotation=90, fontsize=7)
    ax.set_yticks(places, names, fontsize=7)
    if len(names) <= 15:
        for row in places:
            for column in places:
                ink = "white" if abs(values[row, column]) > 0.6 else "black"
                ax.text(column, row, f"{values[row, column]:.2f}", ha="center", va="center", fontsize=6, color=ink)
    ax.figure.colorbar(shown, ax=ax, shrink=0.85).set_label("Correlation")
    return ax
