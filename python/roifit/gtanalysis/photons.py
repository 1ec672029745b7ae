"""What photons and the instrument tell: probabilities of photons, PSF and energy dispersion as files, simulated counts in the place of observed ones."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .. import _engine
from .editing import Editing

# fermipy's source that is simulated where nothing is told of it.
SIMULATED_SOURCE = {"SpatialModel": "PointSource", "SpectrumType": "PowerLaw", "Index": 2.0, "Prefactor": 1e-13}


class Photons(Editing):
    """Photons, instrument, simulations."""

    def compute_srcprob(self, xmlfile: str | os.PathLike[str] | None = None, overwrite: bool = False) -> None:
        """Writes ``ft1_srcprob_XX.fits``: the photons with a column a source, the probability that the photon came from it.

        Parameters
        ----------
        xmlfile
            The model; by default as it stands.
        overwrite
            Write files that are there already, too.
        """
        names = [component["name"] for component in self._engine.components()]
        if not overwrite and all(self._path(f"ft1_srcprob_{name}.fits").exists() for name in names):
            self.logger.info("Skipping srcprob: the files are there already")
            return
        engine = self._engine
        if xmlfile is not None:
            engine = _engine.Analysis.open(self._configuration.path)
            engine.load_xml(self._path(xmlfile))
        for component in engine.source_probabilities():
            self.logger.info("Wrote %s: %d of %d photons lie in the counts cube", component["path"], component["inside"], component["photons"])

    def compute_psf(self, overwrite: bool = False) -> None:
        """Writes ``psf_XX.fits``: the PSF at the centre of each component, averaged over the observation, as gtpsf does. The analysis does not read it."""
        for path in self._engine.write_psf(overwrite):
            self.logger.info("Wrote %s", path)

    def compute_drm(self, edisp_bins: int = 1, overwrite: bool = False) -> None:
        """Writes ``drm_XX.fits``: the detector response matrix of each component, as gtdrm does, with so many true energy bins more on either side. The analysis
        does not read it."""
        for path in self._engine.write_detector_response(edisp_bins, overwrite):
            self.logger.info("Wrote %s", path)

    def simulate_roi(self, name: str | None = None, randomize: bool = True, restore: bool = False) -> None:
        """Puts simulated counts in the place of the observed ones, which stay on disk as they are; what was measured is forgotten, the model stays.

        Parameters
        ----------
        name
            Draw from this source alone.
        randomize
            Draw Poisson numbers; otherwise the counts are those that the model predicts.
        restore
            Take the observed counts again, and draw nothing.
        """
        if restore:
            self._open_with("ccube", {})
            return
        names = [] if name is None else [self.roi[name].name]
        self._analyse(self._drawn(sources=names, randomize=randomize))

    def simulate_source(self, src_dict: Mapping[str, Any] | None = None) -> None:
        """Adds counts of a source that the model does not have, drawn from what it would give; by default a weak point at the centre."""
        described = {**SIMULATED_SOURCE, **dict(src_dict or {})}
        self.add_source("mcsource", described, free=False)
        try:
            drawn = self._drawn(sources=["mcsource"], add=True)
        finally:
            self.delete_source("mcsource")
        self._analyse(drawn)

    def set_random_seed(self, seed: int | None) -> None:
        """The seed of the simulations that follow: the same seed gives the same counts. Nothing else is random here."""
        self._random = np.random.default_rng(seed)

    @cached_property
    def _random(self) -> np.random.Generator:
        """Seeds of simulations, from ``mc: {seed}`` of the configuration if it has one."""
        section = self._configuration.raw.get("mc") or {}
        return np.random.default_rng(section.get("seed"))

    def _seed(self) -> int:
        return int(self._random.integers(2**63))

    def _drawn(self, **options: Any) -> list[dict[str, Any]]:
        """Draws counts into ``ccubemc_new_XX.fits``: an earlier simulation may be what is analysed, which is no place to write to."""
        return self._engine.simulate_counts(out=str(self._path("ccubemc_new.fits")), seed=self._seed(), **options)

    def _analyse(self, drawn: list[dict[str, Any]]) -> None:
        """Puts counts that were drawn into the place of an earlier simulation, ``ccubemc_XX.fits``, and opens them; if they cannot be opened, the earlier one, which
        may be what is analysed, is there again."""
        files = {component["component"]: self._path(f"ccubemc_{component['component']}.fits") for component in drawn}
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            earlier = {path: Path(folder, path.name) for path in files.values() if path.exists()}
            for path, aside in earlier.items():
                path.replace(aside)
            try:
                for component in drawn:
                    Path(component["path"]).replace(files[component["component"]])
                self._open_with("ccube", {name: str(path) for name, path in files.items()})
            except BaseException:
                for path in files.values():
                    path.unlink(missing_ok=True)
                for path, aside in earlier.items():
                    aside.replace(path)
                raise
        for component in drawn:
            path = files[component["component"]]
            self.logger.info("Simulated %g counts of %.2f expected in %s", component["counts"], component["expected"], path)
