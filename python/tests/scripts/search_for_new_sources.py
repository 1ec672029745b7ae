"""Maps of residuals and TS, a search, and a position for what it finds."""

from pathlib import Path

from roifit.gtanalysis import GTAnalysis

gta = GTAnalysis("config.yaml", logging={"verbosity": 2})
gta.setup()
gta.optimize()
gta.free_sources(free=False)
gta.free_sources(pars="norm")
gta.fit()
lost = max(gta.roi.point_sources, key=lambda source: source["ts"])
gta.delete_source(lost.name)

model = {"SpatialModel": "PointSource", "Index": 2.0}
before = gta.tsmap("before", model=model, make_plots=True)
resid = gta.residmap("before", model=model, make_plots=True, write_npy=False)
assert before["sqrt_ts"].data.max() > 5 and abs(resid["sigma"].data).max() > 3
assert Path(before["file"]).exists()

found = gta.find_sources(sqrt_ts_threshold=5.0, min_separation=0.5, model=model, max_iter=2, multithread=True)
names = [source.name for source in found["sources"]]
assert names and min(source.separation(lost).deg for source in found["sources"]) < 0.5
for name in names:
    place = gta.localize(name, update=True, nstep=3)
    print(name, place["ra"], place["dec"], place.pos_r95)
gta.fit()
after = gta.tsmap("after", model=model)
assert after["sqrt_ts"].data.max() < before["sqrt_ts"].data.max()
