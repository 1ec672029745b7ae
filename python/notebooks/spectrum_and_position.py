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
# # The spectrum of a source, its position and its width

# %%
import roifit

config = roifit.simulate("spectrum", seed=4, npix=50, ebins=12, sources=5, response=True)
roi = roifit.Analysis(config)
roi.optimize()
roi.fit()
# Diffuse components have no place.
points = [row for row in roi.sources() if row["ra"] == row["ra"]]
name = str(max(points, key=lambda row: row["ts"])["name"])
name

# %%
sed = roi.sed(name)
sed.plot(show_lnl=True)

# %%
sed

# %% [markdown]
# How improbable is a straight power law?

# %%
roi.curvature(name)

# %%
place = roi.localize(name)
place.plot()

# %%
width = roi.extension(name, width_max=0.5)
print(width)
width.plot()
