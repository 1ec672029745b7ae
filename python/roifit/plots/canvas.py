"""Axes to draw into, and files of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

# Pictures are as large as fermipy's.
SIZE = (8.0, 6.0)
MISSING = "pictures need matplotlib: pip install 'roifit[plot]'"


def axes(ax: Any = None, wcs: Any = None) -> Any:
    """The given axes, or those of a new figure of pyplot, with world coordinates if there are any."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(MISSING) from error
    figure = pyplot.figure(figsize=SIZE)
    return figure.add_subplot(projection=wcs) if wcs is not None else figure.add_subplot()


def panels(figure: Any = None, heights: tuple[float, float] = (3.0, 1.0)) -> tuple[Any, Any]:
    """Two panels above each other that share their horizontal axis."""
    if figure is None:
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError(MISSING) from error
        figure = pyplot.figure(figsize=SIZE)
    grid = figure.add_gridspec(2, 1, height_ratios=heights, hspace=0.05)
    upper = figure.add_subplot(grid[0])
    return upper, figure.add_subplot(grid[1], sharex=upper)


def save(path: Path, draw: Callable[[Any], object]) -> Path:
    """Draws into a figure of its own, which nobody else sees, and writes it; the ending of the path is the format."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(MISSING) from error
    figure = Figure(figsize=SIZE)
    FigureCanvasAgg(figure)
    draw(figure)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    return path
