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
# # A first fit in ten minutes
#
# A region is simulated, optimized and fitted; then come its pictures and tables. With data of your own, name your fermipy `config.yaml` in place of the simulated one.

# %%
import roifit

config = roifit.simulate("first_fit", seed=7, npix=50, ebins=12, sources=6, response=True)
roi = roifit.Analysis(config, progress=True)
roi

# %% [markdown]
# `optimize` brings the whole region near its maximum, `fit` finds it, with errors. Everything that is free in the model is fitted; more can be freed.

# %%
roi.optimize()
roi.free_sources(distance=3.0, pars="norm")
fit = roi.fit()
fit

# %% [markdown]
# The fit tells how far it can be trusted (`fit_quality` 3: the covariance is accurate). Its picture is the matrix of correlations.

# %%
assert fit.fit_success and fit.fit_quality == 3
fit.plot()

# %%
roi.sources()

# %% [markdown]
# Residuals on the sky, and how the pixels scatter:

# %%
residuals = roi.residmap()
residuals.plot()

# %%
residuals.histogram()

# %%
roi.write_roi("first_fit/result")
