"""A baseline fit, then the spectrum of the brightest source in coarse bins, with limits where it is faint."""

import numpy as np

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 3})
gta.setup(overwrite=False)
gta.optimize()
gta.print_roi()

target = max(gta.roi.point_sources, key=lambda source: source["npred"]).name
gta.free_sources(distance=5.0, pars="norm", minmax_ts=[4, None])
gta.free_source("galdiff")
gta.free_source("isodiff")
gta.free_source(target)
result = gta.fit(optimizer="NEWMINUIT", min_fit_quality=3, retries=3)
assert result["fit_quality"] == 3
gta.write_roi("fit0", make_plots=True, save_model_map=True)

edges = gta.log_energies[::2]
sed = gta.sed(target, loge_bins=edges, free_radius=2.0, outfile="coarse", make_plots=True)
saved = np.load("coarse.npy", allow_pickle=True, encoding="latin1").flat[0]
shown = np.where(sed["ts"] > 4, sed["e2dnde"], sed["e2dnde_ul95"])
assert len(shown) == len(edges) - 1 and np.array_equal(saved["norm"], sed["norm"])
print(dict(zip(sed["e_ctr"], shown, strict=True)))
