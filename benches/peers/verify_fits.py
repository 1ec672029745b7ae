"""Check with astropy, and with fitsverify where it is installed, every FITS file that roi-fit writes.

Needs Python 3.9 or later and astropy. From the repository:

    cargo build --release -p roi-cli
    python3 -m venv venv && venv/bin/pip install astropy
    venv/bin/python benches/peers/verify_fits.py target/release/roi-fit

It simulates a region in a temporary directory, fits it and saves the analysis. `verify_fits.py PROGRAM FILE...` checks the named files
instead. For each file: `verify('exception')`, every HDU read to its last byte, units parsed, a celestial WCS where there are
celestial axes, and fitsverify without a warning. For the tables of write_roi also the values themselves, against the JSON beside them.
"""

import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from astropy import units
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

CELESTIAL = ("RA--", "DEC-", "GLON", "GLAT")


def check_units(hdu, problems):
    """Every TUNIT and CUNIT and BUNIT is one that astropy knows."""
    texts = [(key, hdu.header[key]) for key in hdu.header if key.startswith(("TUNIT", "CUNIT", "BUNIT"))]
    for key, text in texts:
        try:
            units.Unit(text, format="fits")
        except ValueError as error:
            problems.append(f"{hdu.name}: {key} {text!r}: {error}")


def check_wcs(hdu, problems):
    """The celestial axes lead from a pixel to the sky and back."""
    header = hdu.header
    kinds = [str(header.get(f"CTYPE{axis}", "")) for axis in (1, 2)]
    if not all(kind.startswith(CELESTIAL) for kind in kinds):
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Times of the mission are turned into dates, as of every counts cube of the LAT's tools: no fault of the file.
        warnings.filterwarnings("ignore", message="'datfix' made the change", category=FITSFixedWarning)
        celestial = WCS(header).celestial
    middle = [0.5 * (header[f"NAXIS{axis}"] - 1) for axis in (1, 2)]
    back = celestial.world_to_pixel(celestial.pixel_to_world(*middle))
    if not np.allclose(back, middle, atol=1e-8):
        problems.append(f"{hdu.name}: pixel {middle} comes back as {back}")
    return 1


def check(path):
    """What is wrong with a file, and how many HDUs and WCS it has."""
    problems, n_wcs = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(path, memmap=False) as hdus:
            hdus.verify("exception")
            for hdu in hdus:
                hdu.data  # read whole
                check_units(hdu, problems)
                if hdu.is_image and hdu.data is not None:
                    n_wcs += check_wcs(hdu, problems)
                    if not np.isfinite(hdu.data).all():
                        problems.append(f"{hdu.name}: pixels that are not finite")
            count = len(hdus)
    if shutil.which("fitsverify"):
        done = subprocess.run(["fitsverify", str(path)], capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        problems += [line for line in lines if "Warning" in line and line.startswith("***") or "Error:" in line]
        if not any("0 warning(s) and 0 error(s)" in line for line in lines):
            problems.append("fitsverify: " + next((line for line in lines if "Verification found" in line), "no verdict"))
    return problems, count, n_wcs


def compare_with_state(tables, state):
    """The CATALOG of write_roi against the dictionaries of its JSON, number by number."""
    problems, compared = [], 0
    sources = json.loads(pathlib.Path(state).read_text())["sources"]
    with fits.open(tables, memmap=False) as hdus:
        names = [hdu.name for hdu in hdus[1:]]
        if names != ["CATALOG", "ROI", "SOURCES", "PARAMS", "CONFIG"]:
            problems.append(f"tables {names}")
        catalog = hdus["CATALOG"].data
        for row in catalog:
            source = sources[row["Source_Name"]]
            for column in catalog.columns.names:
                if column not in source:
                    continue
                found, expected = row[column], source[column]
                if column == "param_names":
                    found = [name for name in found if name]
                    same = found == expected
                elif isinstance(expected, list):
                    found = found[: len(expected)]
                    expected = [math.nan if x is None else x for x in expected]
                    same = np.array_equal(found, expected, equal_nan=True)
                elif isinstance(expected, str):
                    same = found == expected
                else:
                    expected = math.nan if expected is None else expected
                    same = found == expected or math.isnan(found) and math.isnan(expected) or source.get("ts_infinite")
                compared += 1
                if not same:
                    problems.append(f"{row['Source_Name']} {column}: {found} in the table, {expected} in the JSON")
        scan = hdus["CATALOG"].columns["norm_scan"]
        if scan.format not in ("20D",):
            problems.append(f"norm_scan has format {scan.format}")
    return problems, compared


def main():
    program, files = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        problems = []
        if not files:
            def run(*arguments):
                subprocess.run([program, *map(str, arguments), "--quiet"], check=True)

            for components, name in ((1, "one"), (2, "two")):
                out = directory / name
                run("simulate", "--out", out, "--npix", 30, "--ebins", 6, "--sources", 6, "--components", components)
                run("fit", out / "config.yaml", "--write-roi", out / "saved")
                found, compared = compare_with_state(out / "saved.fits", out / "saved.json")
                problems += found
                print(f"{name}/saved.fits: {compared} entries of CATALOG compared with the JSON")
            files = sorted(directory.glob("*/*.fits*"))
        for path in files:
            found, hdus, n_wcs = check(path)
            problems += [f"{path.name}: {problem}" for problem in found]
            print(f"{path.parent.name}/{path.name}: {hdus} HDUs, {n_wcs} WCS, {len(found)} problems")
    for problem in problems:
        print("PROBLEM", problem)
    tool = "astropy and fitsverify" if shutil.which("fitsverify") else "astropy (no fitsverify here)"
    print(f"{len(files)} files checked with {tool}: {len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
