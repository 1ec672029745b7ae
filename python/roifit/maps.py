"""Counts on the sky, in energy bins, with their world coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from os import PathLike
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from ._engine import FileError, OptionError
from .healpix import Healpix, planes, table_of

# Why components cannot be added.
NO_SUM = "the components have different pixels or energies, of which there is no sum"


class _OnSky:
    """Data on pixels of the sky: ``wcs`` of an image, ``healpix`` of HEALPix pixels; the other is None."""

    def __init__(self, pixels: WCS | Healpix) -> None:
        is_healpix = isinstance(pixels, Healpix)
        self.wcs: Any = None if is_healpix else pixels
        self.healpix: Healpix | None = pixels if is_healpix else None

    @property
    def pixels(self) -> WCS | Healpix:
        """What there is of the two."""
        return self.wcs if self.healpix is None else self.healpix


class SkyMap(_OnSky):
    """A number a pixel: ``data`` of shape (y, x) with ``wcs``, or of shape (pixel,) with ``healpix``."""

    def __init__(self, data: NDArray[Any], pixels: WCS | Healpix) -> None:
        super().__init__(pixels)
        self.data = data if self.healpix is None else np.ravel(data)

    @staticmethod
    def pixels_of(path: str | PathLike[str]) -> WCS | Healpix:
        """World coordinates of the first image of a file, or its HEALPix pixels."""
        with fits.open(path) as hdus:
            table = table_of(hdus)
            if table is not None:
                return Healpix.of_table(table)
            image = next((hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS", 0) >= 2), None)
            if image is None:
                raise FileError(f"{path}: it has neither an image nor a table of HEALPix pixels")
            return WCS(image.header).celestial

    @property
    def geom(self) -> SkyMap:
        """Where the pixels lie: an object with ``wcs``."""
        return self

    def plot(self, ax: Any = None, *, kind: str = "", sources: Any = (), **options: Any) -> Any:
        """Draws the map and returns its axes.

        Parameters
        ----------
        ax
            Axes with the map's world coordinates; by default those of a new figure.
        kind
            What it is of (``sigma``, ``excess``, ``sqrt_ts``, ``counts`` ...), which sets colours, range and contours.
        sources
            Names and directions of sources that are marked.
        **options
            ``cmap``, ``vmin``, ``vmax``, ``levels``, ``label``, ``power``, ``color_bar``.
        """
        from .plots import sky

        if self.wcs is None:
            raise OptionError(f"HEALPix pixels are not drawn here; healpy draws them: hp.mollview(data, nest={self._is_nested}) of the whole sphere")
        return sky.image(self.data, self.wcs, ax, kind=kind, sources=sources, **options)

    @property
    def _is_nested(self) -> bool:
        return self.healpix is not None and self.healpix.ordering == "NESTED"

    def __repr__(self) -> str:
        axes = "(y, x)" if self.healpix is None else "(HEALPix pixel)"
        return f"SkyMap of {self.data.shape} {axes}, {float(np.nanmin(self.data)):.6g} to {float(np.nanmax(self.data)):.6g}"


class Map(_OnSky):
    """A cube of counts.

    Attributes
    ----------
    data : array of shape (energy bins, y, x), or (energy bins, pixel)
        Counts; of an image in a file that is not compressed it is mapped into memory, not copied.
    wcs : `astropy.wcs.WCS` or None
        World coordinates of the pixels of an image.
    healpix : `roifit.healpix.Healpix` or None
        Pixels of a HEALPix table.
    energies : array
        Edges of the energy bins in MeV.
    """

    def __init__(self, data: NDArray[Any], pixels: WCS | Healpix, energies: NDArray[np.float64]) -> None:
        super().__init__(pixels)
        self.data = data
        self.energies = energies

    @classmethod
    def from_fits(cls, path: str | PathLike[str]) -> Map:
        """Reads a counts cube: its first image, or its table of HEALPix pixels, and the energies of its ``EBOUNDS``."""
        with fits.open(path, memmap=True) as hdus:
            if "EBOUNDS" not in hdus:
                raise FileError(f"{path}: it has no table EBOUNDS, which a counts cube has")
            bounds = hdus["EBOUNDS"].data
            # Energies of EBOUNDS are in keV.
            edges = np.append(bounds["E_MIN"], bounds["E_MAX"][-1:]).astype(float) / 1000.0
            table = table_of(hdus)
            if table is not None:
                return cls(planes(table), Healpix.of_table(table), edges)
            image = next((hdu for hdu in hdus if getattr(hdu, "data", None) is not None and hdu.is_image), None)
            if image is None:
                raise FileError(f"{path}: it has neither an image nor a table of HEALPix pixels")
            data = image.data
            return cls(data if data.ndim == 3 else data[np.newaxis], WCS(image.header).celestial, edges)

    def with_data(self, data: NDArray[Any]) -> Map:
        """Other numbers in the same bins."""
        return Map(data, self.pixels, self.energies)

    @property
    def geom(self) -> Map:
        """Where pixels and bins lie: an object with ``wcs`` and ``energies``."""
        return self

    def sum_over_axes(self) -> NDArray[Any]:
        """Counts a pixel, all energies together."""
        total: NDArray[Any] = self.data.sum(axis=0)
        return total

    def plot(self, ax: Any = None, *, kind: str = "counts", sources: Any = (), **options: Any) -> Any:
        """Draws the counts of all energies together, as `SkyMap.plot` does, and returns the axes."""
        return SkyMap(np.asarray(self.sum_over_axes(), dtype=float), self.pixels).plot(ax, kind=kind, sources=sources, **options)

    def is_like(self, other: Map) -> bool:
        """Whether the other has the same pixels and energies."""
        if self.data.shape != other.data.shape or not np.allclose(self.energies, other.energies, rtol=1e-5):
            return False
        if self.healpix is None or other.healpix is None:
            return self.healpix is other.healpix and bool(self.wcs.wcs.compare(other.wcs.wcs, tolerance=1e-9))
        return self.healpix.is_like(other.healpix)

    def __add__(self, other: Map) -> Map:
        if not self.is_like(other):
            raise ValueError("maps of different pixels or energies cannot be added; take them one by one")
        return self.with_data(self.data + other.data)

    def write(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Writes the cube in the layout of a counts cube."""
        channels = np.arange(1, len(self.energies), dtype=np.int16)
        columns = [
            fits.Column("CHANNEL", "I", array=channels),
            fits.Column("E_MIN", "1D", unit="keV", array=self.energies[:-1] * 1000.0),
            fits.Column("E_MAX", "1D", unit="keV", array=self.energies[1:] * 1000.0),
        ]
        bounds = fits.BinTableHDU.from_columns(columns, name="EBOUNDS")
        if self.healpix is None:
            hdus = [fits.PrimaryHDU(np.asarray(self.data, dtype=np.float32), self.wcs.to_header()), bounds]
        else:
            hdus = [fits.PrimaryHDU(), self.healpix.table(self.data), bounds]
        fits.HDUList(hdus).writeto(path, overwrite=overwrite)

    def __repr__(self) -> str:
        e_min, e_max = self.energies[0], self.energies[-1]
        axes = "(energy, y, x)" if self.healpix is None else "(energy, HEALPix pixel)"
        return f"Map of {self.data.shape} {axes} from {e_min:.6g} to {e_max:.6g} MeV, {float(self.data.sum()):.6g} counts"


def are_alike(maps: Sequence[Map]) -> bool:
    """Whether maps have the same pixels and energies."""
    return all(of.is_like(maps[0]) for of in maps[1:])


def total(maps: Sequence[Map], what: str) -> Map:
    """The sum of the maps of all components."""
    if not are_alike(maps):
        raise OptionError(f"{what}: {NO_SUM}; take them one by one")
    return reduce(add, maps)
