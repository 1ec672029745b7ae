"""gammapy + iminuit on the Galactic-centre region: a worker that fits when it is told to.

    venv/bin/pip install gammapy==2.1 regions==0.11 iminuit==2.33.0
    echo A | venv/bin/python benches/peers/gammapy_galactic_center.py DATA

DATA holds `gc-3fhl` and `gc-3fhl-srcmaps` of the reference data. The worker builds the dataset once, says `{"ready": true}`, and then
answers every line of its input with a line of JSON:
- `A`: 9 norms, the free parameters of `gc-3fhl-srcmaps/model_fitA.xml`;
- `B`: 14 parameters: those of A, the isotropic norm, the Galactic tilt, three indices;
- `C`: 33 parameters, those free in `gc-3fhl-srcmaps/model_fitC.xml`;
- `value`: one evaluation of the statistic after all 9 norms of A have changed.

A fit is stopped after LIMIT seconds, and the answer says so: `{"stopped": LIMIT}`.

Every fit starts from the catalogue's values and holds what gammapy's `Fit.run` does: MIGRAD, then HESSE for the covariance. Differences of
the two models are gammapy's ways to integrate: true energies at 4 points a bin instead of the log-trapezoid rule, a PSF kernel of 99.9 %,
diffuse emission that ends with the cut-out. So its minimum is another one than ours; each is compared with its own reference.
"""

import json
import signal
import sys
import time
import warnings
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from gammapy.datasets import Datasets, MapDataset
from gammapy.irf import EDispKernelMap, PSFMap
from gammapy.maps import Map, MapAxis, WcsNDMap
from gammapy.modeling import Fit
from gammapy.modeling.models import (
    DiskSpatialModel,
    Models,
    PointSpatialModel,
    PowerLawNormSpectralModel,
    PowerLawSpectralModel,
    SkyModel,
    TemplateSpatialModel,
    create_fermi_isotropic_diffuse_model,
)

warnings.filterwarnings("ignore")


LIMIT = 120


class Stopped(BaseException):
    """Not an Exception, so that no library takes it for a failure of its own."""


def stop(_signal, _frame):
    raise Stopped


def sources(folder):
    """The point sources and disks of the catalogue, as the reference lists them."""
    models = []
    for source in json.loads((folder / "sources.json").read_text())["sources"]:
        position = SkyCoord(source["ra"], source["dec"], unit="deg", frame="icrs")
        spectrum = PowerLawSpectralModel(
            index=source["index"],
            amplitude=source["flux_density_MeV"] * 1e3 / u.Unit("GeV cm2 s"),
            reference=source["pivot_MeV"] / 1e3 * u.GeV,
        )
        if "ext" in source:
            shape = DiskSpatialModel(
                lon_0=position.ra, lat_0=position.dec, r_0=source["ext"]["semimajor"] * u.deg, edge_width=0.01, frame="icrs"
            )
        else:
            shape = PointSpatialModel(lon_0=position.ra, lat_0=position.dec, frame="icrs")
        models.append(SkyModel(spectral_model=spectrum, spatial_model=shape, name=source["name"]))
    return models


def dataset(data):
    """Counts, exposure, PSF and models; the likelihood covers |l| < 6, |b| < 3 deg."""
    folder = data / "gc-3fhl"
    counts = Map.read(folder / "fermi-3fhl-gc-counts-cube.fits.gz")
    energy = MapAxis.from_energy_bounds("10 GeV", "500 GeV", nbin=11)
    counts = WcsNDMap.from_geom(counts.geom.to_image().to_cube([energy]), data=counts.data)
    counts = counts.cutout(SkyCoord(0, 0, unit="deg", frame="galactic"), width=(14.4 * u.deg, 7.6 * u.deg))
    true_energy = MapAxis.from_energy_bounds("10 GeV", "500 GeV", nbin=44, name="energy_true")

    with fits.open(folder / "fermi-3fhl-gc-exposure-cube.fits.gz") as hdus:
        nodes = hdus["ENERGIES"].data.field(0) * u.MeV
        values = hdus[0].data.astype(float)
    nodes = MapAxis.from_nodes(nodes.to("GeV"), name="energy_true", interp="log")
    # The header lacks the units of the coordinates; the pixels are those of the counts.
    whole = Map.read(folder / "fermi-3fhl-gc-counts-cube.fits.gz").geom.to_image()
    assert values.shape[1:] == whole.data_shape, "the exposure has the pixels of the counts"
    exposure = WcsNDMap(whole.to_cube([nodes]), values, unit="cm2 s")
    exposure = exposure.interp_to_geom(counts.geom.to_image().to_cube([true_energy]))
    psf = PSFMap.read(folder / "fermi-3fhl-gc-psf-cube.fits.gz", format="gtpsf")
    # Kernels are made plane by plane: the PSF needs the planes of the other maps.
    planes = psf.psf_map.geom.to_image().to_cube([psf.psf_map.geom.axes["rad"], true_energy])
    psf = PSFMap(psf.psf_map.interp_to_geom(planes))
    edisp = EDispKernelMap.from_diagonal_response(energy, true_energy)

    lon = counts.geom.get_coord().skycoord.galactic
    inside = (np.abs(lon.l.wrap_at("180d").deg) < 6) & (np.abs(lon.b.deg) < 3)
    diffuse = Map.read(folder / "gll_iem_v06_gc.fits.gz")
    diffuse = WcsNDMap(diffuse.geom, diffuse.data, unit="cm-2 s-1 MeV-1 sr-1")
    galactic = SkyModel(
        spectral_model=PowerLawNormSpectralModel(reference="20 GeV"),
        spatial_model=TemplateSpatialModel(diffuse, normalize=False),
        name="galdiff",
    )
    isotropic = create_fermi_isotropic_diffuse_model(folder / "iso_P8R2_SOURCE_V6_v06.txt")
    isotropic._name = "isodiff"
    made = MapDataset(
        name="gc",
        counts=counts,
        exposure=exposure,
        psf=psf,
        edisp=edisp,
        mask_fit=Map.from_geom(counts.geom, data=inside),
    )
    made.models = Models([*sources(data / "gc-3fhl-srcmaps"), galactic, isotropic])
    return made


def free_parameters(data, fit):
    """`source:parameter` of gammapy, free in a fit: those that the XML models of the reference free."""
    import xml.etree.ElementTree as tree

    names = {"Prefactor": "amplitude", "Index": "index", "Normalization": "norm"}
    diffuse = {"Prefactor": "norm", "Index": "tilt"}
    model = "model_fitC.xml" if fit == "C" else "model_fitA.xml"
    found = set()
    for source in tree.parse(data / "gc-3fhl-srcmaps" / model).getroot().iter("source"):
        words = diffuse if source.get("name") == "galdiff" else names
        for parameter in source.find("spectrum").iter("parameter"):
            if parameter.get("free") == "1":
                found.add(f"{source.get('name')}:{words[parameter.get('name')]}")
    if fit == "B":
        found |= {"isodiff:norm", "galdiff:tilt"}
        found |= {f"3FHL {name}:index" for name in ("J1745.6-2900", "J1745.8-3028e", "J1746.2-2852")}
    return found


class Clock:
    """Elapsed time, and the processor's: on a busy machine they differ."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self):
        return {"seconds": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu}


class Worker:
    def __init__(self, data):
        self.data = data
        self.datasets = Datasets([dataset(data)])
        self.start = {id(p): p.value for p in self.datasets.models.parameters}

    def restart(self, fit):
        """Frees what the fit frees and puts every parameter back to its start."""
        free = free_parameters(self.data, fit)
        freed = []
        for model in self.datasets.models:
            for parameter in model.parameters:
                parameter.value = self.start[id(parameter)]
                parameter.error = 0
                parameter.frozen = f"{model.name}:{parameter.name}" not in free
                if not parameter.frozen:
                    freed.append((model.name, parameter))
        assert len(freed) == len(free), f"fit {fit}: {len(freed)} of {len(free)} parameters found"
        return freed

    def fit(self, name):
        freed = self.restart(name)
        initial = self.datasets.stat_sum()
        clock = Clock()
        signal.alarm(LIMIT)
        try:
            result = Fit().run(self.datasets)
        except Stopped:
            return {"stopped": LIMIT}
        finally:
            signal.alarm(0)
        times = clock.read()
        gc = self.datasets["gc"]
        return {
            **times,
            "free": len(freed),
            "calls": int(result.nfev),
            "success": bool(result.success),
            "loglike": -0.5 * float(self.datasets.stat_sum()),
            "initial": -0.5 * float(initial),
            "npred": float(gc.npred().data[gc.mask_fit.data].sum()),
            "counts": float(gc.counts.data[gc.mask_fit.data].sum()),
            "values": {f"{source}:{p.name}": p.value for source, p in freed},
            "errors": {f"{source}:{p.name}": p.error for source, p in freed},
        }

    def value(self):
        freed = self.restart("A")
        self.datasets.stat_sum()
        for _, parameter in freed:
            parameter.value *= 1.001
        clock = Clock()
        stat = self.datasets.stat_sum()
        return {**clock.read(), "free": len(freed), "loglike": -0.5 * float(stat)}


def main():
    signal.signal(signal.SIGALRM, stop)
    worker = Worker(Path(sys.argv[1]))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = line.strip()
        try:
            answer = worker.value() if request == "value" else worker.fit(request)
        except Exception as error:  # told to the caller, who goes on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
