"""Sources that the data do not ask for leave the model, in the ways that scripts have for it."""

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 1})
gta.setup()
opt = gta.optimize(npred_threshold=0.5, shape_ts_threshold=16.0, skip=["isodiff"])
print(opt["loglike0"], "->", opt["loglike1"])
before = len(gta.roi.sources)
weak = gta.delete_sources(minmax_ts=[-1, 9], exclude=["isodiff", "galdiff"])
gta.delete_sources(minmax_npred=[None, 1e-3])
assert len(gta.roi.sources) <= before - len(weak) and "isodiff" in gta.roi and "galdiff" in gta.roi
for source in gta.roi.sources:
    if source.name not in ("isodiff", "galdiff"):
        assert source["ts"] > 9, source
near = gta.get_sources(distance=3.0, exclude=["galdiff", "isodiff"])
assert near == sorted(near, key=lambda source: source["offset"])
gta.free_sources(skydir=near[0].skydir, distance=2.0, pars="norm", exclude=["isodiff"])
assert gta.fit()["fit_success"]
table = gta.roi.create_table()
table["Source_Name", "ra", "dec", "ts", "npred"].write("kept.ecsv", overwrite=True)
