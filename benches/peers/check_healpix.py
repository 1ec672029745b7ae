"""Products in HEALPix pixels that lat-io writes, checked with astropy (headers, units) and healpy (pixels).

    python3 -m venv venv && venv/bin/pip install numpy astropy healpy
    cargo run -p lat-io --example healpix_products DIR && venv/bin/python benches/peers/check_healpix.py DIR

Every value is (plane + 1) (offset + z), z the third component of the pixel's direction in the map's own frame.
Exits with 1 at the first file that is not what it should be.
"""

import pathlib
import sys
import warnings

import healpy
import numpy as np
from astropy.io import fits
from astropy.units import Unit

PRODUCTS = {  # table, prefix of columns, planes, offset
    "ccube": ("SKYMAP", "CHANNEL", 2, 2.0),
    "mapcube": ("SKYMAP", "ENERGY", 2, 4.0),
    "bexpmap": ("HPXEXPOSURES", "ENERGY", 2, 4.0),
}


def pixels_of(hdu):
    header = hdu.header
    assert header["PIXTYPE"] == "HEALPIX" and header["NSIDE"] == 2 ** header["ORDER"]
    if header["INDXSCHM"] == "EXPLICIT":
        return hdu.data["PIX"]
    return np.arange(healpy.nside2npix(header["NSIDE"]))


def z_of(hdu, pixels):
    header = hdu.header
    return healpy.pix2vec(header["NSIDE"], pixels, nest=header["ORDERING"] == "NESTED")[2]


def check_region(name, hdu, pixels):
    """The pixels are those whose centres lie within HPX_REG."""
    header = hdu.header
    assert header["COORDSYS"] == ("GAL" if name.startswith("gal") else "CEL")
    assert header["ORDERING"] == ("NESTED" if "nested" in name else "RING")
    if "sphere" in name:
        assert len(pixels) == len(hdu.data)
        return
    lon, lat, radius = (float(x) for x in header["HPX_REG"][5:-1].split(","))
    nest = header["ORDERING"] == "NESTED"
    center = healpy.ang2vec(lon, lat, lonlat=True)
    disk = healpy.query_disc(header["NSIDE"], center, np.radians(radius), nest=nest)
    assert sorted(pixels) == sorted(disk), f"{len(pixels)} pixels, query_disc has {len(disk)}"


def check_planes(hdu, prefix, planes, offset):
    pixels = pixels_of(hdu)
    z = z_of(hdu, pixels)
    names = [n for n in hdu.columns.names if n != "PIX"]
    assert names == [f"{prefix}{k + 1}" for k in range(planes)], names
    for k, name in enumerate(names):
        assert np.allclose(hdu.data[name], (k + 1) * (offset + z), rtol=3e-7, atol=0)
    return pixels


def check_sparse(hdu, planes, offset):
    data, z = hdu.data, z_of(hdu, hdu.data["PIX"])
    assert hdu.header["N_ENERGY"] == planes and (z > 0.8).all()
    assert np.allclose(data["VALUE"], (data["CHANNEL"] + 1) * (offset + z), rtol=3e-7, atol=0)
    whole = z_of(hdu, np.arange(healpy.nside2npix(hdu.header["NSIDE"])))
    assert len(data) == planes * (whole > 0.8).sum(), "a row a pixel and plane"


def check(path):
    name = path.stem
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(path) as file:
            file.verify("exception")
            for hdu in file[1:]:
                for column in hdu.columns:
                    Unit(column.unit or "")
            product = name.rsplit("_", 1)[1]
            if product == "srcmap":
                check_region(name, file["SKYMAP"], check_planes(file["SKYMAP"], "CHANNEL", 2, 2.0))
                check_planes(file["dense"], "CHANNEL", 3, 3.0)
                if "sphere" in name:
                    check_sparse(file["polar"], 3, 3.0)
                return
            table, prefix, planes, offset = PRODUCTS[product]
            check_region(name, file[table], check_planes(file[table], prefix, planes, offset))
            if product == "ccube":
                assert np.allclose(file["EBOUNDS"].data["E_MIN"], [1e5, 1e6])
            else:
                assert np.allclose(file["ENERGIES"].data["Energy"], [100, 1000])


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.fits"))
    if len(paths) != 32:
        sys.exit(f"{len(paths)} files in {sys.argv[1]}, expected 32")
    for path in paths:
        try:
            check(path)
        except Exception as error:
            print(f"{path.name}: {type(error).__name__}: {error}")
            sys.exit(1)
    print(f"{len(paths)} files are what they should be")


main()
