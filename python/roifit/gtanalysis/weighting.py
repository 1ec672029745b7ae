"""Likelihood weights: other ones, and their maps."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._engine import OptionError
from ..maps import NO_SUM, Map, are_alike, total
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
        maps = self._maps_of_weights("set_weights_map", wmap)
        self._open_with("wmap", maps)
        self.logger.info("Weights: %s", ", ".join(str(path) for path in maps.values()))

    def _maps_of_weights(self, method: str, wmap: Any) -> dict[str, Any]:
        """The map of each component, by its name."""
        names = [component["name"] for component in self._engine.components()]
        paths: list[Any] = [wmap] * len(names) if wmap is None or isinstance(wmap, str | os.PathLike) else list(wmap)
        if len(paths) != len(names):
            raise OptionError(f"{method}: {len(paths)} maps for {len(names)} components; give one file, or one a component")
        return dict(zip(names, paths, strict=True))

    def weight_map(self) -> Map:
        """Weights of each bin, between 0 and 1: the mean of the components', which have the same pixels and energies."""
        maps = self._weight_maps()
        summed = total(maps, "weights")
        return summed.with_data(summed.data / np.float32(len(maps)))

    def write_weight_map(self, model_name: str) -> list[Map]:
        """Writes weights: ``wcube_NAME.fits``, the mean of all components, and ``wcube_NAME_XX.fits`` of each. Returns the maps in this order.
        Components with other pixels or energies have no mean, and the first is left out."""
        names = [component["name"] for component in self._engine.components()]
        file = self._path(f"wcube_{model_name}.fits")
        files = [self._path(f"wcube_{model_name}_{name}.fits") for name in names]
        maps = self._weight_maps()
        for of, path in zip(maps, files, strict=True):
            of.write(path)
        if len(maps) == 1:
            shutil.copyfile(files[0], file)
            return [maps[0], *maps]
        if not are_alike(maps):
            self.logger.warning("no %s: %s", file.name, NO_SUM)
            return maps
        mean = self.weight_map()
        mean.write(file)
        return [mean, *maps]

    def _weight_maps(self) -> list[Map]:
        """Weights of each component, 1 where it has none."""
        maps = []
        for component, weights in zip(self._engine.components(), self._engine.weights(), strict=True):
            counts = Map.from_fits(component["file"])
            values = np.ones(counts.data.shape, dtype=np.float32) if weights is None else weights
            maps.append(counts.with_data(values.reshape(counts.data.shape)))
        return maps
