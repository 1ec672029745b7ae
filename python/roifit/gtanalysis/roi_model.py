"""The model of a region as scripts read it: sources with their properties under fermipy's keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from .._engine import ModelError

if TYPE_CHECKING:
    from .core import Core

# fermipy's names of spatial models where they differ from those of the XML.
SPATIAL_MODELS = {"SkyDirFunction": "PointSource"}
# Radius of 68 % containment over the width parameter.
WIDTHS = {"RadialDisk": ("Radius", 0.8246211251235321), "RadialGaussian": ("Sigma", 1.5095921854516636)}
# Lists of a source that is not known yet are as long as a scan.
SCANS = ("norm_scan", "flux_scan", "eflux_scan", "dloglike_scan", "loglike_scan")
N_SCAN = 20
# Keys whose value is text or nothing.
TEXTS = {"Spectrum_Filename", "Spatial_Filename", "ts_definition", "sed", "norm_par"}


class Source:
    """A source. ``src["ts"]`` and its like are read from the analysis as it stands; of a source that was deleted what it was last."""

    def __init__(self, core: Core, name: str) -> None:
        self._core = core
        self._name = name
        self._data: dict[str, Any] = {}
        self._version = -1

    @property
    def data(self) -> dict[str, Any]:
        """Everything that is known of it."""
        if self._version != self._core._version:
            model = self._core.roi
            if model._has(self._name):
                self._data = model._dictionary(self._name)
            self._version = self._core._version
        return self._data

    def __getitem__(self, key: str) -> Any:
        if key in ("name", "ra", "dec") and self._data:
            return self._data[key]
        return self.data[key]

    def __contains__(self, key: object) -> bool:
        return key in self.data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self._name)

    def get(self, key: str, default: Any = None) -> Any:
        """A property, or a default."""
        return self.data.get(key, default)

    def items(self) -> Any:
        """Keys and values."""
        return self.data.items()

    def keys(self) -> Any:
        """Keys."""
        return self.data.keys()

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def names(self) -> list[str]:
        """Its name and aliases."""
        names: list[str] = self.data["names"]
        return names

    @property
    def associations(self) -> list[str]:
        """As `names`."""
        return self.names

    @property
    def assoc(self) -> dict[str, str]:
        """Names of the catalog by column; not known here."""
        return {}

    @property
    def skydir(self) -> SkyCoord:
        """Its direction."""
        return SkyCoord(self["ra"], self["dec"], unit="deg", frame="icrs")

    @property
    def radec(self) -> np.ndarray[Any, Any]:
        """Right ascension and declination, deg."""
        return np.array([self["ra"], self["dec"]])

    @property
    def diffuse(self) -> bool:
        """Whether it is a diffuse background."""
        return bool(self.data["diffuse"])

    @property
    def extended(self) -> bool:
        """Whether it has a size."""
        return not self.diffuse and self["SpatialModel"] != "PointSource"

    @property
    def is_free(self) -> bool:
        """Whether a fit varies one of its parameters."""
        return bool(self.data["free"])

    @property
    def spectral_pars(self) -> dict[str, Any]:
        """Parameters of its spectrum, the scale not applied."""
        pars: dict[str, Any] = self.data["spectral_pars"]
        return pars

    @property
    def spatial_pars(self) -> dict[str, Any]:
        """Parameters of its template."""
        pars: dict[str, Any] = self.data["spatial_pars"]
        return pars

    @property
    def params(self) -> dict[str, dict[str, float]]:
        """True values and errors of its parameters."""
        return {
            name: {"value": par["value"] * par["scale"], "error": abs(par["error"] * par["scale"])}
            for name, par in self.spectral_pars.items()
        }

    def separation(self, other: Source | SkyCoord) -> Any:
        """Angle to another source or direction."""
        return self.skydir.separation(other.skydir if isinstance(other, Source) else other)

    def __repr__(self) -> str:
        return f"<Source {self._name}>"

    def __str__(self) -> str:
        data = self.data
        lines: list[tuple[str, str]] = [("Name", self.name)]
        if not self.diffuse:
            lines += [
                ("Associations", str(self.names)),
                ("RA/DEC", f"{data['ra']:10.3f}/{data['dec']:10.3f}"),
                ("GLON/GLAT", f"{data['glon']:10.3f}/{data['glat']:10.3f}"),
            ]
        lines += [("TS", f"{data['ts']:.2f}"), ("Npred", f"{data['npred']:.2f}")]
        if not self.diffuse:
            lines += [
                ("Flux", f"{data['flux']:9.4g} +/- {data['flux_err']:8.3g}"),
                ("EnergyFlux", f"{data['eflux']:9.4g} +/- {data['eflux_err']:8.3g}"),
            ]
        lines += [("SpatialModel", data["SpatialModel"]), ("SpectrumType", data["SpectrumType"])]
        text = [f"{label:<15}: {value}" for label, value in lines]
        text.append("Spectral Parameters")
        text += [f"{name:<15}: {par['value']:10.4g} +/- {par['error']:10.4g}" for name, par in self.params.items()]
        return "\n".join(text)


class ROIModel:
    """The sources of a region: a view of the analysis as it stands."""

    def __init__(self, core: Core) -> None:
        # A reference back would keep a large analysis alive until the collector runs.
        import weakref

        self._of = weakref.ref(core)
        self._described: dict[str, dict[str, Any]] = {}
        self._own: dict[str, Source] = {}
        self._version = -1
        # What estimators found, by source.
        self._found: dict[str, dict[str, Any]] = {}

    @property
    def _core(self) -> Core:
        core = self._of()
        if core is None:
            raise ModelError("the analysis of this model is gone; keep the GTAnalysis as long as its roi is used")
        return core

    def _descriptions(self) -> dict[str, dict[str, Any]]:
        core = self._core
        if self._version != core._version or not self._described:
            self._described = {source["name"]: source for source in core._engine.sources()}
            self._version = core._version
        return self._described

    def _has(self, name: str) -> bool:
        return name in self._descriptions()

    def _dictionary(self, name: str) -> dict[str, Any]:
        """What a source is, what is known of it, and what estimators found."""
        described = dict(self._descriptions()[name])
        spectral = described["spectral_pars"]
        known = self._core._engine.properties(name)
        now = _true_values(described)
        if not np.array_equal(known["param_values"], now):
            known = self._outdated(name, known, now)
        data = {**known, **described, **self._fresh(name, now)}
        names = [name, *(alias for alias in described["names"] if alias != name)]
        spatial = described["SpatialType"]
        model = SPATIAL_MODELS.get(spatial, spatial)
        parameter, factor = WIDTHS.get(spatial, ("", np.nan))
        width = described["spatial_pars"].get(parameter)
        data.update(
            names=names,
            SpatialModel=model,
            SpatialWidth=np.nan if width is None else width["value"] * width["scale"] * factor,
            radec=np.array([described["ra"], described["dec"]], dtype=float),
            assoc={},
            catalog={},
            spectral_pars={par: _numbers(entry) for par, entry in spectral.items()},
            spatial_pars={par: _numbers(entry) for par, entry in described["spatial_pars"].items()},
        )
        data["class"] = ""
        for key in SCANS:
            if data.get(key) is None:
                data[key] = np.full(N_SCAN, np.nan)
        if data.get("model_flux") is None:
            data["model_flux"] = {}
        data.setdefault("sed", None)
        return _numbers(data)

    def _outdated(self, name: str, known: dict[str, Any], now: list[float]) -> dict[str, Any]:
        """Of a source whose parameters were set: what follows from them; what was measured before is not known any more."""
        core = self._core
        kept = {"pivot_energy", "param_names", "model_counts_wt", "npred_wt"}
        data = {key: value if key in kept else None for key, value in known.items()}
        counts = core._engine.npred(name)
        data.update(param_values=np.array(now), npred=float(sum(part.sum() for part in counts)))
        data["npred_wt"] = float(sum(part.sum() for part in core._engine.npred(name, True)))
        data["model_counts"] = data["model_counts_wt"] = None
        if self._descriptions()[name]["diffuse"]:
            return data
        # A template that is no background holds all of its flux.
        for suffix, ends in (("", core._engine.energy_range()), *((f"{emin}", (float(emin), 10.0**5.5)) for emin in (100, 1000, 10000))):
            data[f"flux{suffix}"], data[f"eflux{suffix}"] = core._engine.flux(name, *ends)
        energies = {"dnde": float(known["pivot_energy"]), "dnde100": 100.0, "dnde1000": 1000.0, "dnde10000": 10000.0}
        values = core._engine.dnde(name, list(energies.values()))
        data.update(zip(energies, (float(value) for value in values), strict=True))
        return data

    def _fresh(self, name: str, now: list[float]) -> dict[str, Any]:
        """What estimators found of the source as its parameters are now."""
        found = self._found.get(name)
        if found is None:
            return {}
        if not np.array_equal(found["of"], now):
            del self._found[name]
            return {}
        return {key: value for key, value in found.items() if key != "of"}

    def _take(self, name: str, found: dict[str, Any]) -> None:
        """Keeps what an estimator found, as long as the parameters of the source stay."""
        of = _true_values(self._core._engine.source(name))
        self._found[name] = {**self._fresh(name, of), **found, "of": of}

    def _source(self, name: str) -> Source:
        """The one object of a source."""
        if name not in self._own:
            self._own[name] = Source(self._core, name)
        return self._own[name]

    # What scripts use.

    @property
    def sources(self) -> list[Source]:
        """Sources with a position by their distance from the centre, then diffuse ones."""
        described = self._descriptions()

        def order(name: str) -> tuple[bool, float]:
            offset = described[name]["offset"]
            return bool(described[name]["diffuse"]), np.inf if offset is None else float(offset)

        return [self._source(name) for name in sorted(described, key=order)]

    @property
    def point_sources(self) -> list[Source]:
        """All but the diffuse ones."""
        return [source for source in self.sources if not source.diffuse]

    @property
    def diffuse_sources(self) -> list[Source]:
        """The diffuse ones."""
        return [source for source in self.sources if source.diffuse]

    @property
    def skydir(self) -> SkyCoord:
        """The centre of the region."""
        region = self._core._engine.region()
        return SkyCoord(region["ra"], region["dec"], unit="deg", frame="icrs")

    def get_source_by_name(self, name: str) -> Source:
        """The source of a name or alias; case and blanks do not count."""
        return self._source(self._core._engine.source_name(name))

    def get_sources_by_name(self, name: str) -> list[Source]:
        """The source in a list."""
        return [self.get_source_by_name(name)]

    def has_source(self, name: str) -> bool:
        """Whether there is such a source."""
        try:
            self._core._engine.source_name(name)
        except ModelError:
            return False
        return True

    def get_sources(
        self,
        skydir: Any = None,
        distance: float | None = None,
        cuts: Any = None,
        minmax_ts: Any = None,
        minmax_npred: Any = None,
        exclude: Any = None,
        square: bool = False,
        coordsys: str = "CEL",
        names: Any = None,
    ) -> list[Source]:
        """The sources of a selection; diffuse ones pass every distance."""
        given = self._core._selection(
            "get_sources",
            {
                "skydir": skydir,
                "distance": distance,
                "cuts": cuts,
                "minmax_ts": minmax_ts,
                "minmax_npred": minmax_npred,
                "exclude": exclude,
                "square": square,
                "coordsys": coordsys,
            },
        )
        chosen = set(self._core._engine.selected(**given))
        if names is not None:
            chosen &= {self._core._engine.source_name(name) for name in names}
        return [source for source in self.sources if source.name in chosen]

    def get_sources_by_position(
        self, skydir: Any, dist: float, min_dist: float | None = None, square: bool = False, coordsys: str = "CEL"
    ) -> tuple[np.ndarray[Any, Any], list[Source]]:
        """Radii in degrees and sources around a direction, nearest first; diffuse ones are left out."""
        found = [s for s in self.get_sources(skydir, dist, square=square, coordsys=coordsys) if not s.diffuse]
        centre = skydir if isinstance(skydir, SkyCoord) else SkyCoord(*skydir, unit="deg", frame="icrs")
        pairs = [(float(source.skydir.separation(centre).deg), source) for source in found]
        pairs = sorted((pair for pair in pairs if min_dist is None or pair[0] > min_dist), key=lambda pair: pair[0])
        return np.array([radius for radius, _ in pairs]), [source for _, source in pairs]

    def get_nearby_sources(
        self, name: str, distance: float, min_dist: float | None = None, square: bool = False
    ) -> tuple[np.ndarray[Any, Any], list[Source]]:
        """As `get_sources_by_position` around a source."""
        return self.get_sources_by_position(self.get_source_by_name(name).skydir, distance, min_dist, square)

    def get_sources_by_property(self, pname: str, pmin: float | None, pmax: float | None = None) -> list[Source]:
        """Sources with a property in a range; diffuse ones are left out."""
        found = self.get_sources(cuts=[(pname, pmin, pmax)])
        return [source for source in found if not source.diffuse]

    def create_table(self, names: list[str] | None = None) -> Table:
        """A row a source that is not diffuse: all its scalar properties."""
        chosen = [source for source in self.point_sources if names is None or source.name in names]
        scalar = {key for source in chosen for key, value in source.items() if isinstance(value, str | int | float | bool)}
        columns = {"Source_Name": [source.name for source in chosen]}
        columns |= {key: [source.get(key, np.nan) for source in chosen] for key in ["name", *sorted(scalar - {"name"})]}
        return Table(columns)

    def to_ds9(self, free: str = "box", fixed: str = "cross", frame: str = "fk5", color: str = "green", header: bool = True) -> list[str]:
        """Lines of a region file."""
        lines = ["# Region file format: DS9 version 4.1", f"global color={color}"] if header else []
        for source in self.point_sources:
            sign = free if source.is_free else fixed
            place = source.skydir.fk5 if frame == "fk5" else source.skydir.galactic
            lon, lat = place.spherical.lon.deg, place.spherical.lat.deg
            lines.append(f"{frame}; point( {lon:.5f}, {lat:.5f}) # point={sign} text={{{source.name}}} color={color}")
        return lines

    def write_ds9region(self, file: str, **keywords: Any) -> None:
        """Writes a region file."""
        with open(file, "w", encoding="utf-8") as out:
            out.write("\n".join(self.to_ds9(**keywords)) + "\n")

    def write_xml(self, file: str, config: Any = None) -> None:
        """Writes the model."""
        self._core._engine.write_xml(file)

    def write_fits(self, file: str) -> None:
        """Writes `create_table` as FITS."""
        self.create_table().write(file, format="fits", overwrite=True)

    def __getitem__(self, name: str) -> Source:
        return self.get_source_by_name(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has_source(name)

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self._descriptions())

    def __str__(self) -> str:
        head = f"{'name':<20}{'SpatialModel':<15}{'SpectrumType':<15}{'offset':>8}{'ts':>10}{'npred':>12}"
        lines = [head, "-" * 80]
        for source in self.sources:
            offset = "-----" if source.diffuse else f"{source['offset']:.3f}"
            names = f"{source.name:<20.19}{source['SpatialModel']:<15.14}{source['SpectrumType']:<15.14}"
            lines.append(f"{names}{offset:>8}{source['ts']:10.2f}{source['npred']:12.1f}")
        return "\n".join(lines)


def _true_values(described: dict[str, Any]) -> list[float]:
    """Values times scales of the parameters of a spectrum, in their order."""
    entries = (described["spectral_pars"][par] for par in described["par_names"])
    return [entry["value"] * entry["scale"] for entry in entries]


def _numbers(data: dict[str, Any]) -> dict[str, Any]:
    """Numbers that are not known as NaN."""
    return {key: np.nan if value is None and key not in TEXTS else value for key, value in data.items()}
