"""Simulated counts in the place of the observed ones: do parameters come back?"""

import numpy as np

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 1}, mc={"seed": 11})
gta.setup()
gta.fit()
observed = gta.counts_map().data.sum()
gta.write_xml("truth")
truth = {(par["src_name"], par["par_name"]): par["value"] for par in gta.get_params(freeonly=True)}
pulls = []
for _ in range(3):
    gta.load_xml("truth")
    gta.simulate_roi(randomize=True)
    fit = gta.fit(update=False)
    rows = zip(fit["src_names"], fit["par_names"], fit["values"], fit["errors"], strict=True)
    pulls += [(value - truth[source, par]) / error for source, par, value, error in rows]
gta.simulate_roi(restore=True)
assert gta.counts_map().data.sum() == observed
assert abs(np.mean(pulls)) < 5.0 / np.sqrt(len(pulls)) and np.std(pulls) < 3.0, pulls
