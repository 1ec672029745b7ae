"""Fit and optimize a Fermi-LAT region of interest.

`Analysis` is the way in: it opens a fermipy ``config.yaml``, fits and optimizes. Scripts written for fermipy find their ``GTAnalysis`` in
`roifit.gtanalysis`. Energies are MeV, angles degrees, directions ICRS; a parameter's ``value`` has its scale not applied, its ``true_value`` has.
"""

from __future__ import annotations

import logging as _logging
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ._engine import (
    ConfigError,
    FileError,
    InternalError,
    LikelihoodError,
    MemoryLimitError,
    ModelError,
    OptionError,
    RoiFitError,
    __version__,
    forward_log as _forward_log,
    optimizers,
    simulate,
)
from .analysis import Analysis
from .minimizing import MinimizeResult, minimize
from .minuit import Minuit
from .results import ExtensionResult, FitResult, LightCurveResult, LocalizeResult, LocatedSources, OptimizeResult, PositionsResult, Result, SedResult, SkyResult

__all__ = [
    "Analysis",
    "ConfigError",
    "ExtensionResult",
    "FileError",
    "FitResult",
    "InternalError",
    "LightCurveResult",
    "LikelihoodError",
    "LocalizeResult",
    "LocatedSources",
    "Map",
    "MemoryLimitError",
    "MinimizeResult",
    "Minuit",
    "ModelError",
    "OptimizeResult",
    "OptionError",
    "PositionsResult",
    "Result",
    "RoiFitError",
    "SedResult",
    "SkyMap",
    "SkyResult",
    "__version__",
    "minimize",
    "optimizers",
    "simulate",
]


if _TYPE_CHECKING:
    from .maps import Map, SkyMap


def __getattr__(name: str) -> _Any:
    """Maps need much of astropy, which is imported when one is asked for."""
    if name in ("Map", "SkyMap"):
        from . import maps

        return getattr(maps, name)
    raise AttributeError(f"module 'roifit' has no attribute '{name}'")


def _to_logging(level: int, target: str, message: str) -> None:
    """A line of the engine, for whoever listens to the logger ``roifit.engine``."""
    _logging.getLogger("roifit.engine").log(level, "%s: %s", target, message)


_forward_log(_to_logging)
