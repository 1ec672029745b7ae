"""The interface of fermipy's ``GTAnalysis`` over the engine of roifit.

Names, keywords, defaults and keys of results are fermipy's. What differs, and what is not there yet, tells ``docs/python.md``; what is not there raises a
`NotImplementedError` that names another way.
"""

from __future__ import annotations

from .extending import Extending
from .fitting import Fitting
from .freeing import Freeing
from .missing import Missing
from .photons import Photons
from .printing import Printing
from .roi_model import ROIModel
from .saving import Saving
from .source import Source
from .timing import Timing

__all__ = ["GTAnalysis", "ROIModel", "Source"]


class GTAnalysis(Fitting, Freeing, Photons, Saving, Extending, Timing, Printing, Missing):
    """An analysis of one region, under fermipy's names.

    Parameters
    ----------
    config
        A ``config.yaml``, the folder that has one, or a dictionary.
    **kwargs
        Sections that replace keys of the configuration: ``logging={"verbosity": 3}``, ``selection={...}``.
    """
