"""Maps of HEALPix pixels as the LAT tools write them: a table with a row a pixel and a column an energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

# Names of the column of pixel numbers, which is there where the table does not hold the whole sphere.
NUMBERS = {"PIX", "PIXEL"}


@dataclass(frozen=True)
class Healpix:
    """Which pixels a map has.

    Attributes
    ----------
    nside, ordering, coordsys
        Sides of a base pixel, ``RING`` or ``NESTED``, ``GAL`` or ``CEL``.
    pixels : array or None
        Numbers of the pixels, in the order of the data; None for the whole sphere.
    region : str
        fermipy's word on the part of the sphere (``HPX_REG``), if there is one.
    """

    nside: int
    ordering: str
    coordsys: str
    pixels: NDArray[np.int64] | None = None
    region: str = ""

    @classmethod
    def of_table(cls, table: Any) -> Healpix:
        """The pixels of a table."""
        header = table.header
        nside = header.get("NSIDE") or 2 ** header["ORDER"]
        ordering = "NESTED" if str(header.get("ORDERING", "RING")).strip().upper().startswith("NEST") else "RING"
        coordsys = "GAL" if str(header.get("COORDSYS", "GAL")).strip().upper().startswith("G") else "CEL"
        column = next((name for name in table.columns.names if name.upper() in NUMBERS), None)
        pixels = None if column is None else np.asarray(table.data[column], dtype=np.int64)
        return cls(int(nside), ordering, coordsys, pixels, str(header.get("HPX_REG", "")).strip())

    def is_like(self, other: Healpix) -> bool:
        """Whether the other are the same pixels in the same order."""
        kinds = [(of.nside, of.ordering, of.coordsys) for of in (self, other)]
        mine, theirs = (np.arange(12 * of.nside**2) if of.pixels is None else of.pixels for of in (self, other))
        return kinds[0] == kinds[1] and bool(np.array_equal(mine, theirs))

    def table(self, data: NDArray[Any]) -> Any:
        """The table of data ``[energy, pixel]``."""
        columns = [] if self.pixels is None else [fits.Column("PIX", "J", array=self.pixels)]
        columns += [fits.Column(f"CHANNEL{at}", "D", array=plane) for at, plane in enumerate(data, start=1)]
        table = fits.BinTableHDU.from_columns(columns, name="SKYMAP")
        order = int(np.log2(self.nside))
        table.header.update(
            PIXTYPE="HEALPIX",
            ORDERING=self.ordering,
            ORDER=order if 2**order == self.nside else -1,
            NSIDE=self.nside,
            FIRSTPIX=0,
            LASTPIX=12 * self.nside**2 - 1,
            INDXSCHM="IMPLICIT" if self.pixels is None else "EXPLICIT",
            COORDSYS=self.coordsys,
            HPX_CONV="FGST_CCUBE",
        )
        if self.region:
            table.header["HPX_REG"] = self.region
        return table


def table_of(hdus: Any) -> Any:
    """The first table of HEALPix pixels of a file whose primary HDU has no image, or None."""
    if hdus[0].header.get("NAXIS", 0) > 0:
        return None
    return next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and _is_healpix(hdu.header)), None)


def planes(table: Any) -> NDArray[Any]:
    """Data ``[energy, pixel]`` of a table: a numbered column a plane, or one column with all planes of a pixel."""
    names = [name for name in table.columns.names if name.upper() not in NUMBERS]
    numbered = sorted((name for name in names if name[-1:].isdigit()), key=_number)
    columns = [np.asarray(table.data[name]) for name in (numbered or names[:1])]
    data: NDArray[Any] = columns[0].T if len(columns) == 1 and columns[0].ndim == 2 else np.stack(columns)
    return data


def _is_healpix(header: Any) -> bool:
    return str(header.get("PIXTYPE", "")).strip().upper() == "HEALPIX" or str(header.get("HPX_CONV", "")).strip().upper() == "FGST_SRCMAP"


def _number(name: str) -> int:
    return int(name[len(name.rstrip("0123456789")) :])
