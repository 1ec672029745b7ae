# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # A light curve
#
# The photons of thirty days are drawn. With data of your own, name a `config.yaml` with `evfile` and `scfile` in place of the simulated one.

# %%
import roifit

config = roifit.simulate("light_curve", events=True, days=30.0, seed=6, npix=30, ebins=6, sources=3)
roi = roifit.Analysis(config)
roi.sources()

# %% [markdown]
# The model of the whole time comes first: bins are compared with it.

# %%
roi.optimize()
fit = roi.fit()
print(fit)
name = "SIM J0534.5+2200"

# %%
curve = roi.lightcurve(name, nbins=5, free_radius=2.0)
curve

# %% [markdown]
# Arrows are upper limits, where the TS of a bin is below `ul_ts_threshold`; the step is a Bayesian block.

# %%
curve.plot()

# %% [markdown]
# Does the flux vary? `ts_var` is compared with a chi-square of `ts_var_dof` degrees of freedom.

# %%
print(f"TS_var {curve.ts_var:.2f}, {curve.ts_var_dof} degrees of freedom: by chance with probability {curve.ts_var_p_value:.3f}")
curve.blocks_table()

# %% [markdown]
# Every bin has a record, whatever became of it: `status`, `message`, the fits that were tried. Here a bin lies before all data.

# %%
begin = float(curve.tmin[0])
gap = roi.lightcurve(name, time_bins=[[begin - 172800.0, begin - 86400.0], [begin, begin + 432000.0]])
assert list(gap.status) == ["no data", "ok"], gap.message
gap.to_table()["tmin_mjd", "tmax_mjd", "flux", "flux_ul", "ts", "status", "message"]

# %% [markdown]
# One page for all of it, which a browser shows:

# %%
roi.report("light_curve/report.html", sed=[name], tsmap=False, light_curves=[curve])
