"""Changes of the model."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._engine import OptionError
from ..analysis import place
from .configuration import plain
from .core import Core
from .source import Source, described_place, described_source

# What tells a place and a shape.
PLACE = {"SpatialModel", "SpatialType", "SpatialWidth", "Spatial_Filename", "Radius", "Sigma", "ra", "dec"}


class Editing(Core):
    """Changes of sources and parameters."""

    def add_source(
        self,
        name: str,
        src_dict: Mapping[str, Any] | Source,
        free: bool | None = None,
        init_source: bool = True,
        save_source_maps: bool = True,
        use_pylike: bool = True,
        use_single_psf: bool = False,
        **kwargs: Any,
    ) -> None:
        """Adds a source, with maps made for it.

        Parameters
        ----------
        name
            Its name, which no source has.
        src_dict
            ``ra``, ``dec`` (or ``glon``, ``glat``), ``SpatialModel``, ``SpectrumType``, parameters by their names (true values, or dictionaries); what is missing is
            a point at the centre with a power law of index 2. Or a source.
        free
            Frees or fixes the norm; by default it is as ``src_dict`` says, free in a flat one.
        """
        self._known_keywords("add_source", kwargs, {"loglevel"})
        self._without_effect("add_source", use_single_psf=(use_single_psf, False), use_pylike=(use_pylike, True))
        if isinstance(src_dict, Source):
            described = described_source(src_dict)
        else:
            described = {key: value for key, value in src_dict.items() if key not in ("name", "names")}
        skydir = described.pop("skydir", None)
        if skydir is not None:
            described["ra"], described["dec"] = place(skydir) or (None, None)
        with described_file(name, described) as file:
            self._engine.add_sources_of_file(file)
        self._changed()
        if free is not None:
            self._engine.free_source(name, bool(free), "norm")
            self._changed()
        self.logger.info("Adding source %s", name)

    def set_energy_range(self, logemin: float | None, logemax: float | None) -> NDArray[np.float64]:
        """Sets which energies count from now on, log10 of MeV, moved to the nearest edges; None is that of the data. Returns the range."""
        if any(end is not None and np.isnan(float(end)) for end in (logemin, logemax)):
            raise OptionError("set_energy_range: an end is NaN; expected log10 of MeV, or None")
        edges, logs = self.energies, self.log_energies
        wanted = (logs[0] if logemin is None else float(logemin), logs[-1] if logemax is None else float(logemax))
        emin, emax = (float(edges[int(np.argmin(np.abs(logs - end)))]) for end in wanted)
        self._engine.set_energy_range(emin, emax)
        self._forget_found()
        return self.loge_bounds

    def delete_source(
        self,
        name: str,
        save_template: bool = True,
        delete_source_map: bool = False,
        build_fixed_wts: bool = True,
        **kwargs: Any,
    ) -> Source:
        """Deletes a source and returns what it was. Files are not touched."""
        self._known_keywords("delete_source", kwargs, {"loglevel"})
        self._without_effect("delete_source", delete_source_map=(delete_source_map, False))
        source = self.roi[name]
        # What it was is read before it goes.
        source.data  # noqa: B018
        self._engine.delete_source(source.name)
        # Another source of this name begins anew.
        self._forget_source(source.name)
        self.logger.info("Deleting source %s", source.name)
        return source

    def delete_sources(
        self,
        cuts: Any = None,
        distance: float | None = None,
        skydir: Any = None,
        minmax_ts: Any = None,
        minmax_npred: Any = None,
        exclude: Any = None,
        square: bool = False,
        names: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> list[Source]:
        """Deletes the selected sources, or those of ``names``, and returns them. Diffuse sources are deleted only by name."""
        self._known_keywords("delete_sources", kwargs, {"loglevel"})
        if names is not None:
            wanted = [self.roi[name] for name in ([names] if isinstance(names, str) else names)]
        else:
            chosen = self.roi.get_sources(skydir, distance, cuts, minmax_ts, minmax_npred, exclude, square)
            wanted = [source for source in chosen if not source.diffuse]
            spared = [source.name for source in chosen if source.diffuse]
            if spared:
                self.logger.info("diffuse sources stay: %s; name them to delete them", ", ".join(spared))
        return [self.delete_source(source.name) for source in wanted]

    def set_source_spectrum(
        self,
        name: str,
        spectrum_type: str = "PowerLaw",
        spectrum_pars: Mapping[str, Any] | None = None,
        update_source: bool = True,
    ) -> None:
        """Gives a source another spectrum; a power law becomes the log-parabola without curvature, ``FileFunction`` is a table of what it was."""
        self._engine.set_source_spectrum(name, spectrum_type, None if spectrum_pars is None else dict(spectrum_pars))
        self._forget_source(name)

    def set_source_dnde(self, name: str, dnde: Any, update_source: bool = True) -> None:
        """Sets dN/dE (ph cm^-2 s^-1 MeV^-1) of a source of type ``FileFunction``, at the energies that `get_source_dnde` gives for it; the normalisation stays."""
        self._engine.set_source_dnde(name, np.asarray(dnde, dtype=float).tolist())
        self._forget_source(name)

    def set_edisp_flag(self, name: str, flag: bool = True) -> None:
        """Sets whether energy dispersion acts on a source; where the configuration takes it off it stays off."""
        self._engine.set_apply_edisp(name, bool(flag))
        self._forget_source(name)

    def set_source_morphology(self, name: str, **kwargs: Any) -> None:
        """Gives a source another shape or place; all that has nothing to do with it stays: spectrum, what is free, locked or zeroed, priors, other names.

        Parameters
        ----------
        **kwargs
            ``spatial_model`` (``PointSource``, ``RadialDisk``, ``RadialGaussian``, ``SpatialMap``; by default the present one), ``spatial_pars`` (``SpatialWidth``, ``ra``,
            ``dec``, ``Spatial_Filename``); ``use_pylike``, ``psf_scale_fn`` and ``update_source`` are without effect: maps are always exact.
        """
        self._known_keywords("set_source_morphology", kwargs, {"spatial_model", "spatial_pars", "use_pylike", "psf_scale_fn", "update_source"})
        self._without_effect("set_source_morphology", psf_scale_fn=(kwargs.get("psf_scale_fn"), None))
        source = self.roi[name]
        pars = dict(kwargs.get("spatial_pars") or {})
        self._known_keywords("spatial_pars of set_source_morphology", pars, PLACE)
        after = {**described_place(source), **pars}
        after["SpatialModel"] = kwargs.get("spatial_model") or after["SpatialModel"]
        # A point has no width, and what is told in another way is not that of before.
        if after["SpatialModel"] == "PointSource" or ({"Radius", "Sigma"} & set(pars) and "SpatialWidth" not in pars):
            after.pop("SpatialWidth", None)
        with described_file(source.name, after) as file:
            self._engine.set_source_spatial_of_file(source.name, file)
        self._forget_source(source.name)

    def reload_source(self, name: str, init_source: bool = True) -> None:
        """Nothing to do but to see that the source is there: maps follow a source when it is changed."""
        self._engine.source_name(name)

    def reload_sources(self, names: Iterable[str], init_source: bool = True) -> None:
        """As `reload_source`."""
        for name in names:
            self.reload_source(name)

    def add_sources_from_roi(self, names: Iterable[str], roi: Any, free: bool = False, **kwargs: Any) -> None:
        """Adds sources of another region's model, as they are there, with priors and other names where that model is no copy."""
        self._known_keywords("add_sources_from_roi", kwargs, {"loglevel"})
        wanted = [roi[name].name for name in ([names] if isinstance(names, str) else names)]
        model = roi._model_without_data()
        if model is None:
            for name in wanted:
                self.add_source(name, roi[name], free=free)
            return
        self._engine.add_sources_of(model, wanted)
        for name in wanted:
            self._engine.free_source(name, bool(free), "norm")
        self._changed()

    def set_parameter(
        self,
        name: str,
        par: str,
        value: float,
        true_value: bool = True,
        scale: float | None = None,
        bounds: Any = None,
        error: float | None = None,
        update_source: bool = True,
    ) -> None:
        """Sets a parameter; value and error are true ones unless ``true_value`` is False, bounds never have the scale applied."""
        bounds = None if bounds is None else [float(bound) for bound in bounds]
        self._engine.set_parameter(name, par, value, true_value=true_value, scale=scale, bounds=bounds, error=error)
        self._changed()

    def set_parameter_scale(self, name: str, par: str, scale: float) -> None:
        """Sets a scale; the true value and bounds stay."""
        self._engine.set_parameter_scale(name, par, scale)
        self._changed()

    def set_parameter_bounds(self, name: str, par: str, bounds: Any) -> None:
        """Sets bounds, the scale not applied."""
        low, high = bounds
        self._engine.set_parameter_bounds(name, par, low, high)
        self._changed()

    def set_parameter_error(self, name: str, par: str, error: float) -> None:
        """Sets an error, the scale not applied."""
        self._engine.set_parameter_error(name, par, error)
        self._changed()

    def scale_parameter(self, name: str, par: str, scale: float) -> None:
        """Multiplies the scale, and with it the true value."""
        self._engine.scale_parameter(name, par, scale)
        self._changed()

    def get_norm(self, name: str) -> float:
        """The normalisation, the scale not applied."""
        return self._engine.norm(name)

    def set_norm(self, name: str, value: float, update_source: bool = True) -> None:
        """Sets the normalisation, the scale not applied."""
        self._engine.set_norm(name, value)
        self._changed()

    def set_norm_bounds(self, name: str, bounds: Any) -> None:
        """Sets the bounds of the normalisation."""
        low, high = bounds
        self._engine.set_norm_bounds(name, low, high)
        self._changed()

    def set_norm_scale(self, name: str, value: float) -> None:
        """Sets the scale of the normalisation; its true value stays."""
        self._engine.set_norm_scale(name, value)
        self._changed()

    def zero_source(self, name: str, **kwargs: Any) -> None:
        """Takes the emission of a source away."""
        self._known_keywords("zero_source", kwargs, {"loglevel"})
        self._engine.zero_source(name)
        self._changed()

    def unzero_source(self, name: str, **kwargs: Any) -> None:
        """Gives a zeroed source its emission back."""
        self._known_keywords("unzero_source", kwargs, {"loglevel"})
        self._engine.unzero_source(name)
        self._changed()

    def add_gauss_prior(self, name: str, parName: str, mean: float, sigma: float) -> None:
        """Gives a parameter a Gaussian prior, the scale not applied."""
        self._engine.add_gauss_prior(name, parName, mean, sigma)
        self._changed()

    def remove_prior(self, name: str, parName: str) -> None:
        """Takes a prior away."""
        self._engine.remove_prior(name, parName)
        self._changed()

    def remove_priors(self) -> None:
        """Takes all priors away."""
        self._engine.remove_priors()
        self._changed()

    def constrain_norms(self, srcNames: Iterable[str], cov_scale: float = 1.0) -> None:
        """Gives free normalisations priors of their errors times ``cov_scale``."""
        self._engine.constrain_norms(list(srcNames), cov_scale)
        self._changed()

    def load_parameters_from_yaml(self, yamlfile: str | os.PathLike[str], update_sources: bool = False) -> None:
        """Sets parameters from a YAML file, the scale not applied."""
        self._engine.load_parameters_from_yaml(yamlfile)
        self._changed()


@contextmanager
def described_file(name: str, described: Mapping[str, Any]) -> Iterator[Path]:
    """A source as a file that the engine reads, for as long as it reads it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "source.yaml")
        # JSON is YAML, too.
        file.write_text(json.dumps([{"name": name, **described}], default=plain), encoding="utf-8")
        yield file
