"""Likelihood, parameters and counts by hand."""

import numpy as np

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 1})
gta.setup()
gta.fit()
name = gta.roi.point_sources[0].name
index = gta.like.par_index(name, gta.roi[name].data["par_names"][0])
gta.like.freeze(index)
gta.like.thaw(index)
norm = gta.like.normPar(name)
best, value = gta.like(), norm.getValue()
scan = []
for factor in np.linspace(0.8, 1.2, 5):
    norm.setValue(factor * value)
    scan.append(gta.like())
norm.setValue(value)
assert scan[2] == best == min(scan)
print(gta.like.flux(name, 100.0, 1e5), "+-", gta.like.fluxError(name, 100.0, 1e5), gta.like.energyFlux(name, 100.0, 1e5))

spectrum = gta.model_counts_spectrum(name, summed=True)
assert len(spectrum) == len(gta.energies) - 1
for component in gta.components:
    total = sum(component.model_counts_spectrum(source.name).sum() for source in gta.roi.sources)
    print(component.name, component.counts.sum(), total)
model = gta.get_src_model(name, reoptimize=True)
gta.update_source(name, reoptimize=True, npts=9)
assert np.isclose(model["ts"], gta.roi[name]["ts"]) and len(gta.roi[name]["norm_scan"]) == 9
gta.write_model_map("byhand")
gta.write_model_map("one", name=name)
print(gta.workdir, gta.config["binning"])
