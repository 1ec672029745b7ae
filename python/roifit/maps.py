"""Counts on the sky, in energy bins, with their world coordinates."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray


class SkyMap:
    """A number a pixel: ``data`` of shape (y, x), ``wcs``."""

    def __init__(self, data: NDArray[Any], wcs: WCS) -> None:
        self.data = data
        self.wcs = wcs

    @staticmethod
    def wcs_of(path: str | PathLike[str]) -> WCS:
        """World coordinates of the first image of a file."""
        with fits.open(path) as hdus:
            image = next(hdu for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS", 0) >= 2)
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

        return sky.image(self.data, self.wcs, ax, kind=kind, sources=sources, **options)

    def __repr__(self) -> str:
        return f"SkyMap of {self.data.shape} (y, x), {float(np.nanmin(self.data)):.6g} to {float(np.nanmax(self.data)):.6g}"


class Map:
    """A cube of counts.

    Attributes
    ----------
    data : array of shape (energy bins, y, x)
        Counts; of a file that is not compressed it is mapped into memory, not copied.
    wcs : `astropy.wcs.WCS`
        World coordinates of the pixels.
    energies : array
        Edges of the energy bins in MeV.
    """

    def __init__(self, data: NDArray[Any], wcs: WCS, energies: NDArray[np.float64]) -> None:
        self.data = data
        self.wcs = wcs
        self.energies = energies

    @classmethod
    def from_fits(cls, path: str | PathLike[str]) -> Map:
        """Reads a counts cube: its first image, and the energies of its ``EBOUNDS``."""
        with fits.open(path, memmap=True) as hdus:
            image = next(hdu for hdu in hdus if getattr(hdu, "data", None) is not None and hdu.is_image)
            data = image.data
            wcs = WCS(image.header).celestial
            bounds = hdus["EBOUNDS"].data
            # Energies of EBOUNDS are in keV.
            edges = np.append(bounds["E_MIN"], bounds["E_MAX"][-1:]).astype(float) / 1000.0
        return cls(data if data.ndim == 3 else data[np.newaxis], wcs, edges)

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
        return SkyMap(np.asarray(self.sum_over_axes(), dtype=float), self.wcs).plot(ax, kind=kind, sources=sources, **options)

    def is_like(self, other: Map) -> bool:
        """Whether the other has the same pixels and energies."""
        same_shape: bool = self.data.shape == other.data.shape
        return same_shape and bool(np.allclose(self.energies, other.energies, rtol=1e-5)) and bool(self.wcs.wcs.compare(other.wcs.wcs, tolerance=1e-9))

    def __add__(self, other: Map) -> Map:
        if not self.is_like(other):
            raise ValueError("maps of different pixels or energies cannot be added; take them one by one")
        return Map(self.data + other.data, self.wcs, self.energies)

    def write(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Writes the cube in the layout of a counts cube."""
        header = self.wcs.to_header()
        channels = np.arange(1, len(self.energies), dtype=np.int16)
        columns = [
            fits.Column("CHANNEL", "I", array=channels),
            fits.Column("E_MIN", "1D", unit="keV", array=self.energies[:-1] * 1000.0),
            fits.Column("E_MAX", "1D", unit="keV", array=self.energies[1:] * 1000.0),
        ]
        primary = fits.PrimaryHDU(np.asarray(self.data, dtype=np.float32), header)
        fits.HDUList([primary, fits.BinTableHDU.from_columns(columns, name="EBOUNDS")]).writeto(path, overwrite=overwrite)

    def __repr__(self) -> str:
        e_min, e_max = self.energies[0], self.energies[-1]
        return f"Map of {self.data.shape} (energy, y, x) from {e_min:.6g} to {e_max:.6g} MeV, {float(self.data.sum()):.6g} counts"
