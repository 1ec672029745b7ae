"""Fits: `fit`, `optimize`, and the likelihood."""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from .core import Core
from .like import Likelihood


class Fitting(Core):
    """Fits of free parameters."""

    def fit(self, update: bool = True, **kwargs: Any) -> dict[str, Any]:
        """Fits all free parameters.

        Parameters
        ----------
        update
            Compute TS, predicted counts and fluxes of the free sources after a good fit.
        **kwargs
            ``optimizer``, ``tol``, ``max_iter``, ``init_lambda``, ``retries``, ``min_fit_quality``, ``verbosity``, ``reoptimize``, ``covar``, ``loglevel``; of the engine
            also ``minos``, ``max_calls``, ``scan``.

        Returns
        -------
        dict
            ``fit_success``, ``fit_quality``, ``values``, ``errors``, ``covariance`` ...; values are those of the XML, the scale not applied.
        """
        kwargs.pop("loglevel", None)
        # The engine always has the covariance.
        covar = kwargs.pop("covar", True)
        self.logger.info("Starting fit.")
        try:
            result = self._engine.fit(update=update, **kwargs)
        finally:
            self._changed()
        if result["fit_success"]:
            self._covariance = result["covariance"]
        if not covar:
            result["covariance"] = result["correlation"] = None
        if result["fit_success"]:
            self.logger.info("Fit returned successfully. Quality: %d Status: %d", result["fit_quality"], result["fit_status"])
            self.logger.info("LogLike: %12.3f DeltaLogLike: %12.3f", result["loglike"], result["dloglike"])
        else:
            self.logger.error("%s. Every parameter is as it was.", result["message"])
        for warning in result["warnings"]:
            self.logger.warning("%s", warning)
        return result

    def fit_correlation(self) -> None:
        """Correlations of the normalisations of all sources, into ``gta.roi[name]["correlation"]``: a fit of all of them with everything else held. The model
        stays as it is."""
        engine = self._engine
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            before = Path(folder, "before")
            engine.write_roi(before)
            try:
                engine.fix_all()
                engine.free_sources(True, "norm")
                result = engine.fit(update=False, min_fit_quality=2)
            finally:
                engine.load_roi(before)
                self._changed()
        if not result["fit_success"]:
            self.logger.error("fit_correlation: %s", result["message"])
            return
        names = list(result["src_names"])
        for name, row in zip(names, result["correlation"], strict=True):
            self.roi._take(name, {"correlation": dict(zip(names, (float(value) for value in row), strict=True))})
        self._changed()

    def optimize(self, **kwargs: Any) -> dict[str, Any]:
        """Brings the whole region near its maximum: the largest norms together, then each norm, then shapes.

        Parameters
        ----------
        **kwargs
            ``npred_frac``, ``npred_threshold``, ``shape_ts_threshold``, ``max_free_sources``, ``skip``, ``optimizer`` (a dictionary); of the engine also
            ``until_converged`` and ``max_rounds``.

        Returns
        -------
        dict
            ``loglike0``, ``loglike1``, ``dloglike``, ``config``, and what the engine tells of every step.
        """
        kwargs.pop("loglevel", None)
        self.logger.info("Starting")
        try:
            result = self._engine.optimize(**kwargs)
        finally:
            self._changed()
        self.logger.info("Finished. LogLike: %f Delta-LogLike: %f", result["loglike1"], result["dloglike"])
        return result

    @cached_property
    def like(self) -> Likelihood:
        """The likelihood: ``gta.like()`` is -lnL."""
        return Likelihood(self)

    @property
    def components(self) -> list[Component]:
        """The components, each with energies and counts."""
        return [Component(self, at, known) for at, known in enumerate(self._engine.components())]


class Component:
    """A set of data with cuts of its own."""

    def __init__(self, core: Core, index: int, known: dict[str, Any]) -> None:
        self._core = core
        self.index = index
        self.name: str = known["name"]
        self.energies = known["energies"]
        self.counts = known["counts"]
        self.enumbins = len(self.counts)

    @property
    def like(self) -> Likelihood:
        """The likelihood of all components together."""
        return Likelihood(self._core)

    def model_counts_spectrum(self, name: str, weighted: bool = False) -> Any:
        """Predicted counts of a source in each energy bin."""
        return self._core._engine.npred(name, weighted)[self.index]

    def __repr__(self) -> str:
        return f"<Component {self.name}: {self.enumbins} energy bins, {self.counts.sum():.0f} counts>"
