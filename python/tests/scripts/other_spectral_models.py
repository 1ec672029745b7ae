"""Which spectrum does a source have? Power law against log-parabola, by hand and by the estimator."""

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 2})
gta.setup()
gta.optimize()
source = max(gta.roi.point_sources, key=lambda one: one["ts"]).name
gta.free_sources(free=False)
gta.free_source(source)

gta.set_source_spectrum(source, spectrum_type="PowerLaw")
gta.free_source(source)
power_law = gta.fit()["loglike"]
gta.set_source_spectrum(source, "LogParabola")
gta.free_source(source)
gta.set_parameter(source, "beta", 0.05, true_value=False, bounds=[-1.0, 5.0])
log_parabola = gta.fit(reoptimize=True)["loglike"]
ts_curv = 2.0 * (log_parabola - power_law)
gta.logger.info("TS of curvature: %.2f", ts_curv)
assert ts_curv > -0.01
gta.set_source_spectrum(source, "PowerLaw", {"Prefactor": {"value": 1.0, "scale": 1e-12}, "Index": {"value": 2.0, "scale": -1.0, "min": 0.0, "max": 5.0}})
gta.free_source(source)
gta.fit()
assert abs(gta.curvature(source)["lp_ts_curv"] - ts_curv) < 0.5
