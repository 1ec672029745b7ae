"""Read a source model that roi-fit wrote with other eyes: a reader that knows the published schema alone, and gammapy's formulas.

Needs Python 3.11 or later. From the repository:

    cargo build --release -p roi-cli
    python3 -m venv venv && venv/bin/pip install gammapy==2.1 regions==0.11
    venv/bin/python benches/peers/read_models.py target/release/roi-fit

It simulates regions in a temporary directory, fits them and reads the fitted XML. gammapy has no reader of LAT model files, so the XML
is read here, with the standard library, by the rules of the LAT documentation: true value = value * scale, both bounds or none, every
parameter once. From what was read a gammapy spectral model is made for each source. Compared are

- dN/dE of gammapy at 50 energies with that of `roi-fit spectrum` (which reads the same XML),
- dnde100, dnde1000, dnde10000 of gammapy with those in the dictionary of the fit,
- positions with those of the SOURCES in the catalog table, through astropy,
- free flags and errors with those of the fit's result.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import numpy as np
from astropy import units as u
from astropy.io import fits
from gammapy.modeling.models import (
    BrokenPowerLawSpectralModel,
    LogParabolaSpectralModel,
    PowerLaw2SpectralModel,
    PowerLawSpectralModel,
    SuperExpCutoffPowerLaw4FGLDR3SpectralModel,
    SuperExpCutoffPowerLaw4FGLSpectralModel,
)

DNDE = u.Unit("cm-2 s-1 MeV-1")
FLUX = u.Unit("cm-2 s-1")
SOURCE_TYPES = {"PointSource", "DiffuseSource", "CompositeSource"}


def read_parameters(element):
    """The parameters of a spectrum or a spatial model by name; anything against the schema is an error."""
    parameters = {}
    for item in element:
        if item.tag != "parameter":
            raise ValueError(f"<{item.tag}> in <{element.tag}>")
        numbers = {key: float(item.attrib[key]) for key in ("value", "scale", "min", "max")}
        name = item.attrib["name"]
        if name in parameters:
            raise ValueError(f"parameter {name} twice")
        if item.attrib["free"] not in ("0", "1", "true", "false"):
            raise ValueError(f"free = {item.attrib['free']}")
        unbound = numbers["min"] == numbers["max"] == 0
        if not unbound and not numbers["min"] <= numbers["value"] <= numbers["max"]:
            raise ValueError(f"{name} lies outside its bounds")
        parameters[name] = {
            **numbers,
            "true": numbers["value"] * numbers["scale"],
            "free": item.attrib["free"] in ("1", "true"),
            "error": float(item.attrib.get("error", 0)),
        }
    return parameters


def read_library(path):
    """The sources of a model file by name: type, spectrum and spatial model."""
    root = ElementTree.parse(path).getroot()
    if root.tag != "source_library":
        raise ValueError(f"the root is <{root.tag}>")
    sources = {}
    for source in root:
        if source.tag != "source" or source.attrib["type"] not in SOURCE_TYPES:
            raise ValueError(f"<{source.tag} type={source.attrib.get('type')}>")
        spectrum, spatial = source.find("spectrum"), source.find("spatialModel")
        sources[source.attrib["name"]] = {
            "type": spectrum.attrib["type"],
            "spectrum": read_parameters(spectrum),
            "spatial_type": spatial.attrib["type"],
            "spatial": read_parameters(spatial),
        }
    return sources


def gammapy_model(kind, p):
    """gammapy's spectral model of a LAT one, None for those that it does not have."""
    true = {name: parameter["true"] for name, parameter in p.items()}
    mev = {name: value * u.MeV for name, value in true.items()}
    if kind == "PowerLaw":
        return PowerLawSpectralModel(
            amplitude=true["Prefactor"] * DNDE, index=-true["Index"], reference=mev["Scale"]
        )
    if kind == "PowerLaw2":
        return PowerLaw2SpectralModel(
            amplitude=true["Integral"] * FLUX, index=-true["Index"], emin=mev["LowerLimit"], emax=mev["UpperLimit"]
        )
    if kind == "LogParabola":
        return LogParabolaSpectralModel(
            amplitude=true["norm"] * DNDE, alpha=true["alpha"], beta=true["beta"], reference=mev["Eb"]
        )
    if kind == "BrokenPowerLaw":
        return BrokenPowerLawSpectralModel(
            amplitude=true["Prefactor"] * DNDE,
            index1=-true["Index1"],
            index2=-true["Index2"],
            ebreak=mev["BreakValue"],
        )
    if kind == "PLSuperExpCutoff2":
        # gammapy's amplitude is dN/dE at the reference energy, the LAT's that of the power law alone.
        damping = np.exp(-true["Expfactor"] * true["Scale"] ** true["Index2"])
        return SuperExpCutoffPowerLaw4FGLSpectralModel(
            amplitude=true["Prefactor"] * damping * DNDE,
            reference=mev["Scale"],
            expfactor=true["Expfactor"],
            index_1=-true["Index1"],
            index_2=true["Index2"],
        )
    if kind == "PLSuperExpCutoff4":
        return SuperExpCutoffPowerLaw4FGLDR3SpectralModel(
            amplitude=true["Prefactor"] * DNDE,
            reference=mev["Scale"],
            expfactor=true["ExpfactorS"],
            index_1=-true["IndexS"],
            index_2=true["Index2"],
        )
    return None


def worst(ours, theirs):
    return float(np.max(np.abs(np.asarray(ours) / np.asarray(theirs) - 1)))


def main():
    program, problems, tally = sys.argv[1], [], {}
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)

        def run(*arguments):
            done = subprocess.run(
                [program, *map(str, arguments), "--json", "-"], check=True, capture_output=True, text=True
            )
            return json.loads(done.stdout)

        for seed in (1, 2, 3):
            out = directory / str(seed)
            run("simulate", "--out", out, "--npix", 25, "--ebins", 6, "--sources", 8, "--seed", seed)
            # Beside the original, so that tables are found by both readers.
            xml = out / "fitted.xml"
            result = run("fit", out / "config.yaml", "--optimize-first", "--xml", xml, "--write-roi", out / "saved")
            dictionaries = json.loads((out / "saved.json").read_text())["sources"]
            library = read_library(xml)
            if sorted(library) != sorted(dictionaries):
                problems.append(f"seed {seed}: sources {sorted(library)}")
            with fits.open(out / "saved.fits", memmap=False) as hdus:
                rows = {row["Source_Name"]: row for row in hdus["CATALOG"].data}
                for name, source in library.items():
                    if source["spatial_type"] == "SkyDirFunction":
                        found = [source["spatial"][key]["true"] for key in ("RA", "DEC")]
                        if found != [rows[name]["RAJ2000"], rows[name]["DEJ2000"]]:
                            problems.append(f"{name}: position {found}")
            fitted = zip(result["src_names"], result["par_names"], result["values"], result["errors"])
            for name, parameter, value, error in fitted:
                read = library[name]["spectrum"][parameter]
                if (read["value"], read["error"], read["free"]) != (value, error, True):
                    problems.append(f"{name} {parameter}: {read} in the XML, {value} +- {error} in the result")

            energies = np.geomspace(50, 4e5, 50)
            for name, source in library.items():
                model = gammapy_model(source["type"], source["spectrum"])
                key = source["type"] if model is not None else f"{source['type']} (not in gammapy)"
                count, largest = tally.get(key, (0, 0.0))
                if model is not None:
                    listed = ",".join(repr(float(energy)) for energy in energies)
                    ours = run("spectrum", xml, name, "--energies", listed)["dnde"]
                    difference = worst(ours, model(energies * u.MeV).to_value(DNDE))
                    for at in (100, 1000, 10000):
                        theirs = model(at * u.MeV).to_value(DNDE)
                        difference = max(difference, worst(dictionaries[name][f"dnde{at}"], theirs))
                    largest = max(largest, difference)
                    if not difference < 1e-9:
                        problems.append(f"{name} ({source['type']}): dN/dE differs by {difference}")
                tally[key] = (count + 1, largest)
    for kind, (count, largest) in sorted(tally.items()):
        print(f"{kind}: {count} sources, largest relative difference of dN/dE {largest:.1e}")
    for problem in problems:
        print("PROBLEM", problem)
    print(f"{len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
