"""What all methods stand on: the configuration, the engine, the log."""

from __future__ import annotations

import logging
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _engine
from ..progress import bars, opened
from .analysis_model import AnalysisModel
from .configuration import Configuration
from .source import selection_of

LEVELS = {0: logging.CRITICAL, 1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO}
FORMAT = "%(asctime)s %(levelname)-8s%(name)s.%(funcName)s(): %(message)s"


class Opened(NamedTuple):
    """An engine, the configuration that it was opened with, and the files in it that are not those of the analysis's own."""

    engine: _engine.Analysis
    configuration: Configuration
    files: dict[str, dict[str, Any]]


class Core:
    """The engine is opened when it is first needed, `setup` at the latest."""

    def __init__(self, config: Any, roi: Any = None, **kwargs: Any) -> None:
        if roi is not None:
            raise NotImplementedError("roi=: the model is that of the configuration; use add_source, or files: {xml: FILE}")
        self.loglevel = int(kwargs.pop("loglevel", logging.INFO))
        kwargs.pop("validate", None)
        self._configuration = Configuration(config, kwargs)
        self.config: dict[str, Any] = self._configuration.resolved
        self.configdir = str(self._configuration.configdir)
        fileio = self.config.get("fileio") or {}
        outdir = os.path.expandvars(str(fileio.get("outdir") or ""))
        self.outdir = str(Path(self.configdir, outdir).absolute())
        self.workdir = self.outdir
        Path(self.outdir).mkdir(parents=True, exist_ok=True)
        self.logger = self._new_logger(fileio.get("logfile") or "fermipy.log")
        self._opened: _engine.Analysis | None = None
        # What it was opened with, and the files in it that are not those of the configuration: by product, and name of a component.
        self._open_configuration = self._configuration
        self._other_files: dict[str, dict[str, Any]] = {}
        verbosity = int((self.config.get("logging") or {}).get("verbosity", 3))
        self._progress = bars() if verbosity >= 3 else None
        # How often the model has changed; what has been read of it is good for one number.
        self._version = 0
        # Of the last good fit.
        self._covariance: NDArray[np.float64] | None = None
        self.roi = AnalysisModel(self)

    def _new_logger(self, logfile: str) -> logging.Logger:
        """A logger of this analysis alone: on the terminal what ``logging: {verbosity}`` asks for, everything in the log file."""
        logger = logging.Logger(type(self).__name__, logging.DEBUG)
        verbosity = int((self.config.get("logging") or {}).get("verbosity", 3))
        formatter = logging.Formatter(FORMAT, "%Y-%m-%d %H:%M:%S")
        name = Path(self.outdir, logfile).with_suffix(".log")
        terminal, file = logging.StreamHandler(), logging.FileHandler(name, delay=True, encoding="utf-8")
        terminal.setLevel(LEVELS.get(verbosity, logging.DEBUG))
        for handler in (terminal, file):
            handler.setFormatter(formatter)
            logger.addHandler(handler)
        weakref.finalize(self, file.close)
        return logger

    @property
    def _engine(self) -> _engine.Analysis:
        if self._opened is None:
            self._opened = opened(lambda: _engine.Analysis.open(self._configuration.path, progress=self._progress), self._progress)
            for note in self._opened.notes():
                self.logger.debug(note)
        return self._opened

    def _open_with(self, product: str, paths: Mapping[str, Any]) -> None:
        """Opens the configuration again, with other files of a product in some components (no paths: those of the configuration), and takes the model over."""
        other = self._with_files(product, paths)
        with self._saved_model() as model:
            # What was saved is of the same range of energies, of which parameters and norms may be the only good ones.
            other.engine.set_energy_range(*self._engine.energy_range())
            other.engine.carry_over(model)
        self._take_opened(other)

    def _with_files(self, product: str, paths: Mapping[str, Any]) -> Opened:
        """The configuration opened again, with other files of a product and the model of the configuration; this analysis stays as it is."""
        names = [component["name"] for component in self._engine.components()]
        files = {**self._other_files, product: dict(paths)}
        configuration = self._configuration
        for changed, of_components in files.items():
            configuration = configuration.with_files(changed, names, of_components)
        for what, path in _engine.input_files(configuration.path):
            # Where the source map file holds weights, a map that cannot be read is passed over.
            if what == product and paths and not path.exists():
                raise _engine.FileError(f"{path}: there is no such file; a relative path is relative to {self.configdir}")
        engine = opened(lambda: _engine.Analysis.open(configuration.path, progress=self._progress), self._progress)
        # What is odd about these files is told; keys that are ignored are no news.
        known = {*self._engine.notes(), *configuration.resolved.get("notes", ())}
        for note in engine.notes():
            if note not in known:
                self.logger.warning("%s", note)
        return Opened(engine, configuration, files)

    def _take_opened(self, other: Opened) -> None:
        """Goes on with another engine; nothing that estimators found is known of it."""
        # The file of the configuration goes with the last one who has it.
        self._opened, self._open_configuration, self._other_files = other.engine, other.configuration, other.files
        self._forget_found()

    @contextmanager
    def _saved_model(self) -> Iterator[Path]:
        """The analysis as `write_roi` saves it, for as long as another one reads it."""
        with tempfile.TemporaryDirectory(dir=self.workdir) as folder:
            model = Path(folder, "model")
            self._engine.write_roi(model)
            yield model

    def _forget_source(self, name: str) -> None:
        """What estimators found of a source was of another spectrum, place or shape, whose parameters may have the same values."""
        source = self._engine.source_name(name) if self.roi.has_source(name) else name
        self.roi._found.pop(source, None)
        self._changed()

    def _forget_found(self) -> None:
        """What estimators found, and the last covariance, were those of other data or of another model."""
        self._covariance = None
        self.roi._found.clear()
        self._changed()

    def _changed(self) -> None:
        """The model, or what is known of it, has changed."""
        self._version += 1

    def setup(self, init_sources: bool = True, overwrite: bool = False, **kwargs: Any) -> None:
        """Opens data and model, and makes the products that are missing; with ``overwrite`` those from event files are made again."""
        self._known_keywords("setup", kwargs, {"loglevel"})
        engine = self._engine
        if overwrite:
            engine.setup(overwrite=True)
            self._forget_found()
        self._changed()
        self.logger.info("Finished setup: %d sources, logL %.4f", len(self.roi.sources), engine.loglike())

    def set_log_level(self, level: int) -> None:
        """Level of the terminal."""
        self.logger.handlers[0].setLevel(level)

    @property
    def energies(self) -> NDArray[np.float64]:
        """Edges of the energy bins of all components, MeV."""
        edges = np.unique(np.concatenate([component["energies"] for component in self._engine.components()]))
        apart = np.append(True, np.diff(np.log10(edges)) > 1e-5)
        together: NDArray[np.float64] = edges[apart]
        return together

    @property
    def log_energies(self) -> NDArray[np.float64]:
        """Their logarithms."""
        logs: NDArray[np.float64] = np.log10(self.energies)
        return logs

    @property
    def enumbins(self) -> int:
        """Number of energy bins."""
        return len(self.energies) - 1

    @property
    def loge_bounds(self) -> NDArray[np.float64]:
        """Range of the fit, log10 of MeV."""
        bounds: NDArray[np.float64] = np.log10(self._engine.energy_range())
        return bounds

    @property
    def binsz(self) -> float:
        """Size of a pixel, deg."""
        return float(self.config["binning"]["binsz"])

    @property
    def files(self) -> dict[str, str]:
        """The file of counts; of several components that of the last."""
        return {"ccube": str(component["file"]) for component in self._engine.components()}

    def _known_keywords(self, method: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
        """Refuses keywords that are not heeded: a slip must not be silent."""
        for name in given:
            if name not in set(known):
                raise _engine.OptionError(f"{method}() has no keyword '{name}'; it takes {', '.join(sorted(known))}")

    def _selection(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        """Keywords of a selection as the engine has them; habits of old scripts are accepted."""
        given.pop("loglevel", None)
        diffuse = []
        if given.pop("exclude_diffuse", False):
            self.logger.warning("%s: exclude_diffuse is an old keyword; name the sources in exclude", method)
            diffuse = [source.name for source in self.roi.diffuse_sources]
        selection = selection_of(given)
        selection["exclude"] += diffuse
        return selection

    def _path(self, name: str | os.PathLike[str]) -> Path:
        """A file of the work directory."""
        return Path(self.workdir, name)

    def _stem(self, prefix: str, name: str, kind: str, outfile: str | None = None) -> Path:
        """Where the files of a result go, without their endings."""
        if outfile is not None:
            path = self._path(outfile)
            return path.with_suffix("") if path.suffix in {".fits", ".npy", ".yaml"} else path
        parts = [prefix, name.lower().replace(" ", "_"), kind]
        return self._path("_".join(part for part in parts if part))

    def _without_effect(self, method: str, **given: tuple[Any, Any]) -> None:
        """Says which keywords, given with another value than fermipy's default, are not heeded."""
        for name, (value, default) in given.items():
            if value != default:
                self.logger.warning("%s: %s=%r is without effect here", method, name, value)

    def _are_plots_wanted(self, section: str, given: Mapping[str, Any]) -> bool:
        """Whether a call, or the configuration, asks for pictures."""
        return bool(given.get("make_plots", (self.config.get(section) or {}).get("make_plots", False)))
