"""The surroundings of a minimum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .canvas import axes


def contours(minuit: Any, x: int | str, y: int | str, levels: Sequence[float], size: int, ax: Any = None) -> Any:
    """Contours in the plane of two parameters."""
    ax = axes(ax)
    for level in levels:
        points = minuit.mncontour(x, y, cl=level, size=size)
        words = f"{100 * level:.0f} %" if level < 1.0 else f"{level:g} $\\sigma$"
        ax.plot(points[:, 0], points[:, 1], "-", label=words)
    ax.plot(minuit.values[x], minuit.values[y], "x", color="black")
    names = [minuit.params[minuit.parameters.index(one) if isinstance(one, str) else one].name for one in (x, y)]
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    ax.legend()
    return ax


def profile(minuit: Any, vname: int | str, ax: Any = None) -> Any:
    """The function minimised over the others along a parameter."""
    ax = axes(ax)
    values, heights, _ = minuit.mnprofile(vname, subtract_min=True)
    ax.plot(values, heights, "-", color="black")
    ax.axhline(minuit.errordef, linestyle="--", color="0.5", label="errordef")
    ax.axvline(minuit.values[vname], color="tab:red")
    ax.set_xlabel(str(vname))
    ax.set_ylabel("rise of the function")
    ax.legend()
    return ax
