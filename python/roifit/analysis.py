"""The native interface: an analysis of one region."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from . import _engine
from .progress import bars, opened
from .results import (
    ENERGY_FLUX,
    PHOTONS,
    BandResult,
    CurvatureResult,
    ExtensionResult,
    FitResult,
    LightCurveResult,
    LimitResult,
    LocalizeResult,
    LocatedSources,
    OptimizeResult,
    PositionsResult,
    ProfileResult,
    Result,
    SedResult,
    SkyResult,
    _table,
)

if TYPE_CHECKING:
    from astropy.table import Table

    from .maps import Map

Pars = str | Iterable[str] | None
# What a report shows of a light curve.
SHOWN = ("name", "tmin", "tmax", "flux", "flux_err", "flux_ul95", "ts", "status", "message", "ts_var", "ts_var_p_value")


def place(skydir: Any) -> tuple[float, float] | None:
    """Right ascension and declination in degrees of a `SkyCoord`, or of two numbers."""
    if skydir is None:
        return None
    if hasattr(skydir, "icrs"):
        return float(skydir.icrs.ra.deg), float(skydir.icrs.dec.deg)
    ra, dec = skydir
    return float(ra), float(dec)


class Analysis:
    """An analysis of one region: open it, free parameters, fit.

    Parameters
    ----------
    config
        A fermipy ``config.yaml``, or the folder that has one.
    progress
        Called with a dictionary an event of long work; what it raises stops the work. True shows bars, in terminals and notebooks that can.
    max_memory
        The most bytes of memory that may be taken.
    """

    def __init__(
        self,
        config: str | PathLike[str],
        *,
        progress: Callable[[dict[str, Any]], object] | bool | None = None,
        max_memory: int | None = None,
    ) -> None:
        self.path = Path(fspath(config))
        if self.path.is_dir():
            self.path /= "config.yaml"
        watcher = bars() if progress is True else (progress or None)
        self._engine = opened(lambda: _engine.Analysis.open(self.path, progress=watcher, max_memory=max_memory), watcher)

    # What it is.

    @property
    def notes(self) -> list[str]:
        """What the files had to say: keys that were ignored, for example."""
        return self._engine.notes()

    @property
    def energy_range(self) -> tuple[float, float]:
        """Lowest and highest energy that count, MeV."""
        return self._engine.energy_range()

    @property
    def components(self) -> list[dict[str, Any]]:
        """Energies (MeV) and counts of each component."""
        return self._engine.components()

    def sources(self) -> Table:
        """A row a source: place, spectrum, TS, predicted counts, flux."""
        known = self._engine.all_properties()
        rows = []
        for source in self._engine.sources():
            of = known.get(source["name"], {})
            numbers = [of.get(key) for key in ("ts", "npred", "flux", "eflux")]
            rows.append([source["name"], source["ra"], source["dec"], source["offset"], source["SpectrumType"], source["free"], *numbers])
        names = ["name", "ra", "dec", "offset", "spectrum", "free", "ts", "npred", "flux", "eflux"]
        columns = {name: _column([row[at] for row in rows]) for at, name in enumerate(names)}
        return _table(columns, {"ra": "deg", "dec": "deg", "offset": "deg", "flux": PHOTONS, "eflux": ENERGY_FLUX})

    def params(self, free_only: bool = False) -> Table:
        """A row a parameter; ``value``, ``error``, ``min`` and ``max`` have the scale not applied."""
        rows = self._engine.params(free_only)
        names = ["idx", "src_name", "par_name", "is_norm", "value", "true_value", "error", "scale", "min", "max", "free"]
        return _table({name: [row[name] for row in rows] for name in names})

    def properties(self, name: str) -> dict[str, Any]:
        """What is known of a source, under fermipy's keys; what is not known is ``None``."""
        return self._engine.properties(name)

    # What is fitted.

    def free_source(self, name: str, free: bool = True, pars: Pars = None) -> None:
        """Frees (or fixes) parameters of a source: norm and shape, ``"norm"``, ``"shape"``, or named ones."""
        self._engine.free_source(name, free, _pars(pars))

    def free_sources(self, free: bool = True, pars: Pars = None, **selection: Any) -> list[str]:
        """Frees (or fixes) parameters of the selected sources, whose names are returned.

        Keywords: ``distance`` (deg), ``skydir`` (`SkyCoord` or ra and dec in degrees), ``square``, ``minmax_ts``, ``minmax_npred``, ``cuts``, ``exclude``.
        Diffuse sources pass every distance.
        """
        selection["skydir"] = place(selection.get("skydir"))
        return self._engine.free_sources(free, _pars(pars), **selection)

    def fix_all(self) -> None:
        """Fixes every parameter."""
        self._engine.fix_all()

    def set_parameter(self, name: str, parameter: str, value: float, **keywords: Any) -> None:
        """Sets a parameter to a true value; keywords ``true_value``, ``scale``, ``bounds``, ``error``."""
        self._engine.set_parameter(name, parameter, value, **keywords)

    def set_source_spectrum(self, name: str, spectrum_type: str, pars: Mapping[str, Any] | None = None) -> None:
        """Gives a source another spectrum."""
        self._engine.set_source_spectrum(name, spectrum_type, None if pars is None else dict(pars))

    def delete_source(self, name: str) -> None:
        """Deletes a source."""
        self._engine.delete_source(name)

    # The verbs.

    def fit(self, **options: Any) -> FitResult:
        """Fits all free parameters; options are those of ``roi-fit fit`` (``optimizer``, ``tol``, ``retries``, ``minos`` ...)."""
        return FitResult(self._engine.fit(**options))

    def optimize(self, **options: Any) -> OptimizeResult:
        """Brings the whole region near its maximum in three steps."""
        return OptimizeResult(self._engine.optimize(**options))

    def loglike(self) -> float:
        """logL of the model as it stands, without the ln N! term."""
        return self._engine.loglike()

    def ts(self, name: str, reoptimize: bool = False) -> float:
        """Test statistic of a source as the model stands."""
        found: float = self._engine.ts(name, reoptimize=reoptimize)["ts"]
        return found

    def profile(self, name: str, parameter: str | None = None, **options: Any) -> ProfileResult:
        """logL along a parameter, the norm if none is named; options ``reoptimize``, ``xvals``, ``npts``, ``fix_shape``."""
        return ProfileResult(self._engine.profile(name, parameter, **options))

    def sed(self, name: str, **options: Any) -> SedResult:
        """The spectrum of a source, bin by bin."""
        return SedResult(self._engine.sed(name, **options))

    def limit(self, name: str, **options: Any) -> LimitResult:
        """The upper limit of the norm of a source by toys, for few counts and norms at their bound.

        Options are those of ``roi-fit limit``: ``toys``, ``confidence``, ``seed``, ``cls``. The norm must be free, and the analysis have files; the
        model is left as it was. Fit first.
        """
        return LimitResult(self._engine.limit(name, **options))

    def lightcurve(self, name: str, **options: Any) -> LightCurveResult:
        """The flux of a source in time bins, whether it varies, and when it changed.

        The model is that of the whole time: fit it first; it is left as it was. The analysis needs event files.

        Parameters
        ----------
        name
            The source, by name or alias.
        **options
            The bins: ``time_bins``, edges or pairs of begin and end, mission times in s; ``nbins``; ``binsz``, s; or ``adaptive``, how many times its error the flux in
            each bin shall be, with ``adaptive_radius``, deg. Otherwise those of the configuration.

            What is fitted in them: ``free_radius``, deg; ``free_sources``, ``free_params``, ``free_background``, ``free_diffuse``, ``max_free_sources``,
            ``shape_ts_threshold``, ``systematic``, ``ul_confidence``, ``ul_ts_threshold``, ``blocks_p0``, ``source_maps`` (``"automatic"``, ``"exact"``, ``"scaled"``),
            ``psf_tolerance``, and ``optimizer``, a dictionary of options of the fits.

            Files: ``fits``, ``ecsv``; and ``records``, where each bin is recorded as it is done: a run that was ended goes on there. ``threads``, how many bins are
            fitted at once; results have the same bits for any number.

        Returns
        -------
        LightCurveResult
            Fluxes in ph cm^-2 s^-1 and all else that is known of each bin.
        """
        return LightCurveResult(self._engine.lightcurve(name, **options))

    def curvature(self, name: str, **options: Any) -> CurvatureResult:
        """Whether the spectrum of a source is curved."""
        return CurvatureResult(self._engine.curvature(name, **options))

    def bowtie(self, name: str, energies: Iterable[float] | None = None) -> BandResult:
        """dN/dE with its error band at energies in MeV."""
        return BandResult(self._engine.bowtie(name, None if energies is None else [float(energy) for energy in energies]))

    @overload
    def localize(self, name: str, **options: Any) -> LocalizeResult: ...

    @overload
    def localize(self, name: Iterable[str], **options: Any) -> LocatedSources: ...

    def localize(self, name: str | Iterable[str], **options: Any) -> LocalizeResult | LocatedSources:
        """The position of a source with its error ellipse, or of several, each for itself. They are moved there in the model, unless ``update=False``.

        Parameters
        ----------
        name
            Name or alias of a source, or several. All others stay where the model has them; for sources whose positions depend on each other see `fit_positions`.
        **options
            ``nstep``, ``dtheta_max``, ``free_background``, ``free_radius``, ``fix_shape``, ``update``, ``fits``, ``ecsv``.

        Returns
        -------
        LocalizeResult or LocatedSources
            That of one source, or those of several; of these, one that cannot be localized stands in ``failed`` with the reason.
        """
        if isinstance(name, str):
            return LocalizeResult(self._engine.localize(name, **options))
        return LocatedSources(self._engine.localize_many(list(name), **options))

    def fit_positions(self, names: Iterable[str], **options: Any) -> PositionsResult:
        """The positions of several sources in one fit together with everything that is free. They are moved there in the model, unless ``update=False``.

        Parameters
        ----------
        names
            Names or aliases of sources.
        **options
            ``dtheta_max``, ``free_background``, ``free_radius``, ``fix_shape``, ``update``, ``fits``, ``ecsv``.
        """
        return PositionsResult(self._engine.fit_positions(list(names), **options))

    def extension(self, name: str, **options: Any) -> ExtensionResult:
        """Whether a source is wider than a point, and how wide; with ``update=True`` the source is given its width."""
        return ExtensionResult(self._engine.extension(name, **options))

    def tsmap(self, **options: Any) -> SkyResult:
        """What one more source would gain at each pixel: ``ts``, ``sqrt_ts``, ``npred``, ``amplitude``."""
        options["map_skydir"] = place(options.get("map_skydir"))
        return self._maps("tsmap", ("ts", "sqrt_ts", "npred", "amplitude"), options)

    def tscube(self, **options: Any) -> SkyResult:
        """As `tsmap` with the free norms fitted at each pixel: also ``amplitude_err``, and the test source's spectrum there, ``bin_ts`` and ``bin_dnde``."""
        options["map_skydir"] = place(options.get("map_skydir"))
        return self._maps("tscube", ("ts", "sqrt_ts", "npred", "amplitude", "amplitude_err"), options)

    def psmap(self, **options: Any) -> SkyResult:
        """How improbable the counts around each pixel are (the PS of Bruel 2021): ``psmap``, ``psmapsigma``."""
        return self._maps("psmap", ("psmap", "psmapsigma"), options)

    def residmap(self, **options: Any) -> SkyResult:
        """How far the counts lie above the model around each pixel: ``sigma``, ``data``, ``model``, ``excess``."""
        return self._maps("residmap", ("sigma", "data", "model", "excess"), options)

    def _maps(self, method: str, keys: tuple[str, ...], options: dict[str, Any]) -> SkyResult:
        """Maps with their world coordinates, which stand in the file of them."""
        from .maps import SkyMap

        with tempfile.TemporaryDirectory() as folder:
            written = options.pop("fits", None) or Path(folder, "map.fits")
            found = getattr(self._engine, method)(fits=written, **options)
            pixels = SkyMap.pixels_of(written)
        return SkyResult({**found, **{key: SkyMap(found[key], pixels) for key in keys}})

    def find_sources(self, **options: Any) -> dict[str, Any]:
        """Finds sources that the model lacks, adds them to it and fits them: ``sources``, ``peaks``."""
        for key in ("search_skydir", "map_skydir"):
            options[key] = place(options.get(key))
        return self._engine.find_sources(**options)

    def report(self, path: str | PathLike[str], *, light_curves: Iterable[Result | Mapping[str, Any]] = (), **options: Any) -> Result:
        """Writes one page of the region that a browser shows without a network: status of the fit, maps, spectra, sources, goodness of fit.

        Parameters
        ----------
        path
            The page.
        light_curves
            Light curves that it shows, as `lightcurve` returned them.
        **options
            ``sed``, ``localize``, ``extension``, ``curvature`` and ``lightcurve``, of which sources spectra, positions, widths, curvatures and light curves (in the
            time bins of the configuration) are fitted: ``"none"``, ``"notable"``, ``"all"``, or a list of names; ``residmap`` and ``tsmap``, whether the maps are made;
            ``loge_bins``, edges of the bins of spectra, log10 of MeV; ``nstep``; ``fits``, whether FITS files are written beside the page, too; ``optimize_first`` and
            ``fit_first``, which change the model.

        Returns
        -------
        Result
            What the page has, under the keys of ``roi-fit report --json``: ``report``, ``bytes``, ``sources``, ``images``, ``seds``, ``localized``, ``widths``,
            ``curvatures``, ``light_curves``, ``files``, ``goodness``, ``fit_success``, and ``problems``, what it lacks and why.
        """
        curves = [{key: np.asarray(curve[key]).tolist() for key in SHOWN} for curve in light_curves]
        return Result(self._engine.report(Path(fspath(path)), config=self.path, light_curves=curves, **options))

    # Files and maps.

    def write_roi(self, prefix: str | PathLike[str]) -> None:
        """Saves the analysis as ``PREFIX.json``, ``PREFIX.fits`` and one ``PREFIX_NAME.xml`` a component."""
        self._engine.write_roi(Path(fspath(prefix)))

    def load_roi(self, prefix: str | PathLike[str]) -> None:
        """Takes up an analysis that `write_roi` saved."""
        self._engine.load_roi(Path(fspath(prefix)))

    def write_xml(self, path: str | PathLike[str]) -> None:
        """Writes the model."""
        self._engine.write_xml(Path(fspath(path)))

    def model_map(self, out: str | PathLike[str], sources: Iterable[str] = ()) -> list[Map]:
        """Predicted counts in every pixel, written to ``out``; a map a component."""
        from .maps import Map

        spectra = self._engine.model_map(Path(fspath(out)), list(sources))
        return [Map.from_fits(spectrum["path"]) for spectrum in spectra]

    def _repr_html_(self) -> str:
        html: str = self.sources()._repr_html_()
        return html

    def __repr__(self) -> str:
        return f"Analysis of {self.path}: {len(self._engine.sources())} sources, {len(self.components)} component(s)"


def _pars(pars: Pars) -> str | list[str] | None:
    return pars if pars is None or isinstance(pars, str) else list(pars)


def _column(values: list[Any]) -> Any:
    """Numbers of which some are not known as NaN; others as they are."""
    if any(isinstance(value, str) for value in values):
        return values
    return np.array([np.nan if value is None else value for value in values])
