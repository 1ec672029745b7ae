"""The model of a region as scripts read it: sources with their properties under fermipy's keys."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table

from .._engine import ModelError
from .filling import Filling
from .planned import FLUXES, MEASURED, Planned, centre
from .source import Source

if TYPE_CHECKING:
    from .kept_model import KeptModel

# fermipy's names of spatial models where they differ from those of the XML.
SPATIAL_MODELS = {"SkyDirFunction": "PointSource"}
# Radius of 68 % containment over the width parameter.
WIDTHS = {"RadialDisk": ("Radius", 0.8246211251235321), "RadialGaussian": ("Sigma", 1.5095921854516636)}
# Lists of a source that is not known yet are as long as a scan.
SCANS = ("norm_scan", "flux_scan", "eflux_scan", "dloglike_scan", "loglike_scan")
N_SCAN = 20
# Keys whose value is text or nothing.
TEXTS = {"Spectrum_Filename", "Spatial_Filename", "ts_definition", "sed", "norm_par"}


class ROIModel(Filling):
    """The sources of a region, without data: what catalogs and a section ``model`` tell. That of an analysis is its attribute ``roi``.

    TS, predicted counts and fluxes are NaN: there are no data.

    Parameters
    ----------
    config
        A section ``model``.
    skydir
        The centre, by default right ascension and declination 0 as fermipy's; with ``srcname`` that of the source.
    coordsys
        Of the square of ``src_roiwidth``: ``CEL`` or ``GAL``.
    srcname
        A source of the catalogs, or of ``sources``, that is the centre.
    geom
        Without effect: sources are chosen by ``src_radius`` and ``src_roiwidth``.
    **kwargs
        Keys over those of the section.
    """

    def __init__(
        self, config: Mapping[str, Any] | None = None, skydir: Any = None, coordsys: str = "CEL", srcname: str | None = None, geom: Any = None, **kwargs: Any
    ) -> None:
        selection = centre(SkyCoord(0.0, 0.0, unit="deg") if skydir is None else skydir) if srcname is None else {"target": srcname}
        self._plan(selection, config, {"coordsys": coordsys, **kwargs})

    def _plan(self, selection: Mapping[str, Any], config: Mapping[str, Any] | None, given: Mapping[str, Any]) -> None:
        keys = dict(given)
        binning = {"coordsys": keys.pop("coordsys", "CEL")}
        self._planned = Planned({"selection": dict(selection), "binning": binning, "model": {**(config or {}), **keys}})
        self._begin()

    def _begin(self) -> None:
        """Nothing has been read of the model yet."""
        self._described: dict[str, dict[str, Any]] = {}
        self._own: dict[str, Source] = {}
        self._version = -1

    def _of(self) -> Any:
        """What the model is a view of; None when that is gone."""
        return self._planned

    @property
    def _core(self) -> Any:
        """The same, which has to be there."""
        return self._of()

    def _descriptions(self) -> dict[str, dict[str, Any]]:
        core = self._core
        if self._version != core._version or not self._described:
            self._described = {source["name"]: source for source in core._engine.sources()}
            self._version = core._version
        return self._described

    def _has(self, name: str) -> bool:
        return name in self._descriptions()

    def _model_without_data(self) -> Any:
        return self._core._engine

    def _named(self, name: str) -> Source:
        return self.get_source_by_name(name)

    def _with_a_place(self) -> list[Source]:
        return self.point_sources

    def _dictionary(self, name: str) -> dict[str, Any]:
        """What a source is, what is known of it, and what estimators found."""
        described = dict(self._descriptions()[name])
        spectral = described["spectral_pars"]
        now = true_values(described)
        known = self._known(name, now)
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

    def _known(self, name: str, now: list[float]) -> dict[str, Any]:
        """What is known of a source as its parameters are now."""
        return {"param_names": self._descriptions()[name]["par_names"], "param_values": np.array(now), **dict.fromkeys((*MEASURED, *FLUXES))}

    def _fresh(self, name: str, now: list[float]) -> dict[str, Any]:
        """What estimators found of the source as its parameters are now."""
        return {}

    def _source(self, name: str) -> Source:
        """The one object of a source."""
        if name not in self._own:
            self._own[name] = Source(self, name)
        return self._own[name]

    # What scripts use.

    @classmethod
    def create(cls, selection: Mapping[str, Any], config: Mapping[str, Any] | None, **kwargs: Any) -> ROIModel:
        """The model around the target (it comes first, as in fermipy) or the place of a section ``selection``; the rest is as of the class."""
        target = selection.get("target")
        model = ROIModel.__new__(ROIModel)
        model._plan(selection if target is None else {"target": target}, config, kwargs)
        return model

    @classmethod
    def create_from_position(cls, skydir: Any, config: Mapping[str, Any] | None, **kwargs: Any) -> ROIModel:
        """As `create` around a direction."""
        return cls.create(centre(skydir), config, **kwargs)

    @classmethod
    def create_from_source(cls, name: str, config: Mapping[str, Any] | None, **kwargs: Any) -> ROIModel:
        """As `create` around a source of the catalogs, or of ``sources``."""
        return cls.create({"target": name}, config, **kwargs)

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

    def create_source_table(self) -> Table:
        """A row a source: all that is known of it, as the FITS files of `GTAnalysis.write_roi` have it."""
        return self._saved_table("SOURCES")

    def create_param_table(self) -> Table:
        """A row a parameter, likewise."""
        return self._saved_table("PARAMS")

    def _saved_table(self, name: str) -> Table:
        raise ModelError(f"a model without an analysis has no table {name}; create_table has what is known of its sources")

    def copy_source(self, name: str) -> Source:
        """A source as it is now; later changes of the model do not change it."""
        return copy.deepcopy(self.get_source_by_name(name))

    def match_source(self, src: Source) -> bool:
        """Whether there is a source of the name, or one of the aliases, of another."""
        return any(self.has_source(name) for name in src.names)

    def __deepcopy__(self, memo: dict[int, Any]) -> KeptModel:
        """The sources as they are now, which later changes do not change."""
        from .kept_model import KeptModel

        return KeptModel([copy.deepcopy(source, memo) for source in self.sources], self.skydir)

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


def true_values(described: dict[str, Any]) -> list[float]:
    """Values times scales of the parameters of a spectrum, in their order."""
    entries = (described["spectral_pars"][par] for par in described["par_names"])
    return [entry["value"] * entry["scale"] for entry in entries]


def _numbers(data: dict[str, Any]) -> dict[str, Any]:
    """Numbers that are not known as NaN."""
    return {key: np.nan if value is None and key not in TEXTS else value for key, value in data.items()}
