"""A source as a disk, and how wide it may be at most."""

import numpy as np

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 2})
gta.setup()
gta.free_sources(distance=2.0, pars="norm")
gta.fit()
name = max(gta.roi.point_sources, key=lambda source: source["ts"]).name
width = list(np.logspace(-2, -0.3, 8))
ext = gta.extension(name, width=width, width_max=0.5, spatial_model="RadialDisk", sqrt_ts_threshold=3.0, update=True, free_radius=1.0, make_plots=True, outfile="ext_test")
print("TS_ext", ext["ts_ext"], "ext", ext["ext"], ext["ext_err"], "limit", ext["ext_ul95"])
assert ext["ts_ext"] < 9 and ext["ext_ul95"] < 0.5 and gta.roi[name]["SpatialModel"] == "PointSource"
