"""Likelihood weights: other ones, and their maps."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from .. import _engine
from .._engine import OptionError
from ..maps import Map
from .core import Core


class Weighting(Core):
    """Likelihood weights."""

    def set_weights_map(self, wmap: str | os.PathLike[str] | Sequence[str | os.PathLike[str] | None] | None, update_roi: bool = True) -> None:
        """Weights the likelihood by another map; what was measured before is forgotten, the model stays.

        Parameters
        ----------
        wmap
            A file, for all components; a list with a file or None a component; None for no weights. A relative path is relative to the configuration.
        update_roi
            Nothing to choose: predicted counts follow at once.
        """
        names = [component["name"] for component in self._engine.components()]
        if wmap is None or isinstance(wmap, str | os.PathLike):
            paths: list[Any] = [wmap] * len(names)
        else:
            paths = list(wmap)
        if len(paths) != len(names):
            raise OptionError(f"set_weights_map: {len(paths)} maps for {len(names)} components; give one file, or one a component")
        self._open_with("wmap", dict(zip(names, paths, strict=True)))
        self.logger.info("Weights: %s", ", ".join(str(path) for path in paths))

    def weight_map(self) -> Map:
        """Weights of each bin, between 0 and 1: the mean of the components', which have the same pixels and energies."""
        maps = self._weight_maps()
        summed = reduce(add, maps)
        return Map(summed.data / np.float32(len(maps)), summed.wcs, summed.energies)

    def write_weight_map(self, model_name: str) -> list[Map]:
        """Writes weights: ``wcube_NAME.fits``, the mean of all components, and ``wcube_NAME_XX.fits`` of each. Returns the maps in this order."""
        names = [component["name"] for component in self._engine.components()]
        total = self._path(f"wcube_{model_name}.fits")
        files = [self._path(f"wcube_{model_name}_{name}.fits") for name in names]
        maps = self._weight_maps()
        for of, file in zip(maps, files, strict=True):
            of.write(file)
        if len(maps) == 1:
            shutil.copyfile(files[0], total)
            return [maps[0], *maps]
        mean = self.weight_map()
        mean.write(total)
        return [mean, *maps]

    def _weight_maps(self) -> list[Map]:
        """Weights of each component, 1 where it has none."""
        files = [Path(path) for what, path in _engine.input_files(self._open_configuration.path) if what == "ccube"]
        maps = []
        for file, weights in zip(files, self._engine.weights(), strict=True):
            counts = Map.from_fits(file)
            values = np.ones(counts.data.shape, dtype=np.float32) if weights is None else weights
            maps.append(Map(values.reshape(counts.data.shape), counts.wcs, counts.energies))
        return maps
