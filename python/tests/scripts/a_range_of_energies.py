"""The same fit above an energy, with a source that is added for it."""

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 1})
gta.setup()
gta.set_energy_range(3.0, None)
print(gta.loge_bounds)
center = gta.roi.skydir
gta.add_source(
    "extra",
    {
        "ra": center.ra.deg + 0.7,
        "dec": center.dec.deg - 0.4,
        "SpatialModel": "PointSource",
        "SpectrumType": "PowerLaw",
        "Index": 2.0,
        "Scale": 1000,
        "Prefactor": {"value": 1.0, "scale": 1e-13, "min": 0.001, "max": 1000.0},
    },
    free=True,
)
gta.free_sources(distance=3.0, pars="norm")
fit = gta.fit(update=True, tol=1e-5)
assert fit["fit_success"] and "extra" in fit["src_names"]
print(gta.roi["extra"]["ts"], gta.roi["extra"]["flux_ul95"])
gta.delete_source("extra")
gta.set_energy_range(None, None)
