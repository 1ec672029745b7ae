"""What one script saved another goes on with."""

import numpy as np

from roifit.gtanalysis import GTAnalysis

first = GTAnalysis("config.yaml", logging={"verbosity": 1})
first.setup()
first.fit()
first.write_roi("session")
first.write_xml("session_model")
name = first.roi.point_sources[0].name

gta = GTAnalysis.create("session.npy")
assert gta.like() == first.like()
gta.load_roi("session")
gta.print_params(True)
gta.print_model()
assert gta.roi.get_source_by_name(name)["ts"] == first.roi[name]["ts"]

vector = gta.get_free_param_vector()
gta.free_sources(free=False)
gta.free_norm(name)
assert sum(gta.get_free_param_vector()) == 1
gta.set_free_param_vector(vector)
gta.set_norm(name, 3.0 * gta.get_norm(name))
assert gta.like() > first.like()
gta.load_xml("session_model")
assert abs(gta.like() - first.like()) < 1e-6

saved = np.load("session.npy", allow_pickle=True, encoding="latin1").flat[0]
for source, properties in saved["sources"].items():
    print(source, properties["ts"], properties["flux"], properties["eflux_err"])
