"""Files of a whole analysis, of the model, and maps."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.table import Table

from .. import __name__ as _package
from .. import _engine
from .._engine import FileError, ModelError, RoiFitError
from ..maps import NO_SUM, Map, are_alike, total
from .npyfile import read_dictionary, write_dictionary
from .plotting import Plotting
from .weighting import Weighting

ENDINGS = {".fits", ".npy", ".yaml", ".json", ".xml"}


class Saving(Plotting, Weighting):
    """Saving and opening."""

    def write_roi(self, outfile: str | os.PathLike[str] | None = None, save_model_map: bool = False, **kwargs: Any) -> None:
        """Saves the analysis: ``OUTFILE.npy`` (fermipy's dictionary), ``OUTFILE.fits`` (tables), ``OUTFILE.json``, ``OUTFILE_XX.xml``.

        Parameters
        ----------
        outfile
            The name without an ending, in the work directory; ``results`` by default.
        save_model_map
            Write the predicted counts, too.
        **kwargs
            ``make_plots``: also the pictures of `make_plots`; ``save_weight_map``: also the maps of `write_weight_map`; ``clobber``, which is accepted.
        """
        self._known_keywords("write_roi", kwargs, {"make_plots", "save_weight_map", "clobber", "loglevel", "plotting"})
        prefix = self._prefix(outfile)
        self._engine.write_roi(prefix)
        write_dictionary(prefix.with_name(prefix.name + ".npy"), self._state())
        if save_model_map:
            self.write_model_map(prefix.name)
        if kwargs.get("save_weight_map", False):
            self.write_weight_map(prefix.name)
        if kwargs.get("make_plots", False):
            self.make_plots(prefix.name)
        self.logger.info("Writing %s.npy", prefix)

    def _prefix(self, outfile: str | os.PathLike[str] | None) -> Path:
        path = self._path("results" if outfile is None else outfile)
        return path.with_suffix("") if path.suffix in ENDINGS else path

    def _state(self) -> dict[str, Any]:
        """fermipy's dictionary of an analysis."""
        report = self._engine.loglike_report()
        components = []
        for component in self._engine.components():
            components.append(self._totals(component, report))
        totals: dict[str, Any] = {
            "loglike": report["loglike"],
            "components": components,
            "loge_bounds": self.loge_bounds,
            "energies": np.sqrt(self.energies[:-1] * self.energies[1:]),
            "log_energies": self.log_energies,
        }
        for key in ("npred", "npred_wt"):
            totals[key] = float(sum(component[key] for component in components))
        for key in ("counts", "counts_wt", "model_counts", "model_counts_wt"):
            spectra = [component[key] for component in components]
            totals[key] = reduce(add, spectra) if len({len(spectrum) for spectrum in spectra}) == 1 else spectra
        locked: dict[str, list[str]] = {}
        for source, parameter in self._engine.locked_parameters():
            locked.setdefault(source, []).append(parameter)
        return {
            "roi": totals,
            "config": self.config,
            "version": f"{_package} {_engine.__version__}",
            "stversion": "none",
            "sources": {source.name: dict(source.data) for source in self.roi.sources},
            "lck_params": locked,
        }

    def _totals(self, component: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any]:
        names = [source.name for source in self.roi.sources]
        at = [known["name"] for known in self._engine.components()].index(component["name"])
        counts = reduce(add, (self._engine.npred(name)[at] for name in names), np.zeros(len(component["counts"])))
        weighted = reduce(add, (self._engine.npred(name, True)[at] for name in names), np.zeros(len(component["counts"])))
        edges = component["energies"]
        return {
            "name": component["name"],
            "counts": component["counts"],
            "counts_wt": component["counts_wt"],
            "model_counts": counts,
            "model_counts_wt": weighted,
            "npred": float(counts.sum()),
            "npred_wt": float(weighted.sum()),
            "energies": np.sqrt(edges[:-1] * edges[1:]),
            "log_energies": np.log10(np.sqrt(edges[:-1] * edges[1:])),
            "src_expscale": {},
        }

    def load_roi(
        self,
        infile: str | os.PathLike[str],
        reload_sources: bool = False,
        params: str | os.PathLike[str] | None = None,
        mask: str | os.PathLike[str] | None = None,
    ) -> None:
        """Takes up an analysis that `write_roi` saved. Of files that fermipy wrote itself the model is taken, from the XML beside them, and what is
        known of the sources. ``mask`` is a map of weights, as `set_weights_map` takes it."""
        self._without_effect("load_roi", reload_sources=(reload_sources, False))
        prefix = self._prefix(infile)
        saved = _Saved.found(prefix)
        # What cannot be taken up changes nothing: neither model nor weights.
        other = None if mask is None else self._with_files("wmap", self._maps_of_weights("load_roi", mask))
        engine = self._engine if other is None else other.engine
        if other is not None and not saved.is_whole:
            engine.set_energy_range(*self._engine.energy_range())
        (engine.load_roi if saved.is_whole else engine.load_xml)(saved.path)
        if other is None:
            self._forget_found()
        if params is not None:
            engine.load_parameters_from_yaml(params)
        if other is not None:
            self._take_opened(other)
        self._changed()
        for name, data in saved.sources.items():
            if self.roi.has_source(name):
                known = {key: data[key] for key in ("ts", "loglike", "flux_ul95", "eflux_ul95", "flux_err", "eflux_err") if key in data}
                self.roi._take(self.roi[name].name, known)
        self._changed()

    @classmethod
    def create(
        cls,
        infile: str | os.PathLike[str],
        config: Any = None,
        params: str | os.PathLike[str] | None = None,
        mask: str | os.PathLike[str] | None = None,
    ) -> Saving:
        """An analysis from the file of `write_roi`, with its configuration or another one."""
        path = Path(infile)
        path = path if path.suffix in ENDINGS else path.with_name(path.name + ".npy")
        path = path.with_suffix(".npy").absolute()
        state = read_dictionary(path)
        if config is None:
            config = _configuration(state, path)
        analysis = cls(config)
        analysis.setup(init_sources=False)
        analysis.load_roi(path, params=params, mask=mask)
        return analysis

    def write_xml(self, xmlfile: str | os.PathLike[str], config: Any = None) -> None:
        """Writes the model, in the work directory; of a name without an ending one file a component, ``NAME_XX.xml``, as fermipy does."""
        path = self._path(xmlfile)
        if path.suffix == ".xml":
            self._engine.write_xml(path)
            return
        for component in self._engine.components():
            self._engine.write_xml(path.with_name(f"{path.name}_{component['name']}.xml"))

    def load_xml(self, xmlfile: str | os.PathLike[str]) -> None:
        """Takes parameters from a model."""
        path = self._path(xmlfile)
        if not path.is_file() and path.suffix != ".xml":
            path = path.with_name(f"{path.name}_{self._engine.components()[0]['name']}.xml")
        self._engine.load_xml(path)
        self._forget_found()

    def write_fits(self, fitsfile: str | os.PathLike[str]) -> None:
        """Writes the tables CATALOG, ROI, SOURCES and PARAMS."""
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            self._engine.write_roi(Path(folder, "roi"))
            shutil.copyfile(Path(folder, "roi.fits"), self._path(fitsfile))

    def create_roi_table(self) -> Table:
        """A row for all components together, with component -1, and one a component."""
        totals = self._state()["roi"]
        rows = [totals, *totals["components"]]
        table = Table({"component": range(-1, len(rows) - 1), "name": ["", *(row["name"] for row in rows[1:])]})
        for key in ("npred", "npred_wt"):
            table[key] = [row[key] for row in rows]
        for key in ("counts", "counts_wt", "model_counts", "model_counts_wt"):
            spectra = [np.asarray(row[key], dtype=float) for row in rows if not isinstance(row[key], list)]
            # Components with other bins have no sum: each row is filled up.
            width = max(len(spectrum) for spectrum in spectra)
            filled = np.full((len(rows), width), np.nan)
            for at, row in enumerate(rows):
                if not isinstance(row[key], list):
                    filled[at, : len(row[key])] = row[key]
            table[key] = filled
        return table

    def clone(self, config: Any, **kwargs: Any) -> Saving:
        """An analysis of another configuration with the model of this one: sources, parameters, what is free, locked or zeroed, and the energies that count. What was
        measured comes with it where the data are the same."""
        other = type(self)(config, **kwargs)
        engine = other._engine
        emin, emax = self._engine.energy_range()
        edges = self.energies
        with self._saved_model() as model:
            if not np.allclose((emin, emax), (edges[0], edges[-1]), rtol=1e-5):
                # It has bins of its own, of which these may be no edges.
                try:
                    engine.set_energy_range(emin, emax)
                except RoiFitError as error:
                    self.logger.warning("clone: all energies count there: %s", error)
            if engine.carry_over(model):
                other.roi._found = dict(self.roi._found)
        other._changed()
        return other

    def generate_model(self, model_name: str | None = None) -> None:
        """Writes ``mcube_NAME.fits`` and ``mcube_NAME_XX.fits``: predicted counts of the model ``NAME_XX.xml``, or of the present one."""
        if model_name is None:
            self.write_model_map("model")
            return
        present = self._opened
        engine = _engine.Analysis.open(self._open_configuration.path)
        prefix = self._path(model_name)
        if prefix.with_name(prefix.name + ".json").is_file():
            # A model may have moved sources, which an XML alone does not tell.
            engine.carry_over(prefix)
        else:
            engine.load_xml(self._path(f"{model_name}_{engine.components()[0]['name']}.xml"))
        try:
            self._opened = engine
            self._changed()
            self.write_model_map(model_name)
        finally:
            self._opened = present
            self._changed()

    def counts_map(self) -> Map:
        """Observed counts, all components together, which have the same pixels and energies."""
        return total(self._counts_maps(), "counts_map")

    def _counts_maps(self) -> list[Map]:
        """Observed counts of each component."""
        return [Map.from_fits(component["file"]) for component in self._engine.components()]

    def model_counts_map(self, name: str | Iterable[str] | None = None, exclude: Iterable[str] | None = None, use_mask: bool = False) -> Map:
        """Predicted counts, all components together: of all sources, of a name or several, of ``"diffuse"``; without those of ``exclude``."""
        self._without_effect("model_counts_map", use_mask=(use_mask, False))
        names = self._model_names(name, exclude)
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            spectra = self._engine.model_map(Path(folder, "model.fits"), names)
            maps = [Map.from_fits(spectrum["path"]) for spectrum in spectra]
            # The file is mapped into memory, and goes.
            for of in maps:
                of.data = np.array(of.data)
        return total(maps, "model_counts_map")

    def _model_names(self, name: str | Iterable[str] | None, exclude: Iterable[str] | None) -> list[str]:
        if name is None or name == "all":
            names = [source.name for source in self.roi.sources]
        elif name == "diffuse":
            names = [source.name for source in self.roi.diffuse_sources]
        else:
            names = [self.roi[one].name for one in ([name] if isinstance(name, str) else name)]
        without = {self.roi[one].name for one in ([exclude] if isinstance(exclude, str) else exclude or [])}
        names = [one for one in names if one not in without]
        if not names:
            raise ModelError("no source is left of which counts could be predicted")
        return names

    def write_model_map(self, model_name: str, name: str | Iterable[str] | None = None) -> list[Map]:
        """Writes predicted counts: ``mcube_NAME.fits`` of all components together, ``mcube_NAME_XX.fits`` of each. Returns the maps in this order.
        Components with other pixels or energies have no sum, and the first is left out."""
        names = self._model_names(name, None)
        file = self._path(f"mcube_{model_name}.fits")
        spectra = self._engine.model_map(file, names)
        maps = [Map.from_fits(spectrum["path"]) for spectrum in spectra]
        if len(spectra) == 1:
            shutil.copyfile(file, self._path(f"mcube_{model_name}_{spectra[0]['component']}.fits"))
            return [maps[0], maps[0]]
        if not are_alike(maps):
            self.logger.warning("no %s: %s", file.name, NO_SUM)
            return maps
        summed = total(maps, "write_model_map")
        summed.write(file)
        return [summed, *maps]


class _Saved(NamedTuple):
    """What is taken up: an analysis that was saved here (``is_whole``), or the model that fermipy saved, with what it knew of the sources."""

    path: Path
    is_whole: bool
    sources: Mapping[str, Any]

    @classmethod
    def found(cls, prefix: Path) -> _Saved:
        """What there is of a prefix."""
        if prefix.with_name(prefix.name + ".json").is_file():
            return cls(prefix, True, {})
        state = read_dictionary(prefix.with_name(prefix.name + ".npy"))
        models = sorted(prefix.parent.glob(f"{prefix.name}_*.xml"))
        if not models:
            raise FileError(f"{prefix}_00.xml: there is no such model beside the dictionary; name the prefix given to write_roi")
        return cls(models[0], False, state.get("sources", {}))


def _configuration(state: Mapping[str, Any], path: Path) -> Any:
    """The configuration that a saved analysis had, or the file that lies beside it."""
    beside = path.with_name("config.yaml")
    if beside.is_file():
        return beside
    if not isinstance(state.get("config"), dict):
        raise FileError(f"{path}: it has no configuration; name one")
    return state["config"]
