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
# # From fermipy to roifit
#
# A fermipy script needs one line changed: its import. Each call is shown beside that of the native interface, which has typed results.

# %%
import roifit
from roifit.gtanalysis import GTAnalysis  # instead of fermipy.gtanalysis

config = roifit.simulate("from_fermipy", seed=3, npix=40, ebins=10, sources=5, response=True)
gta = GTAnalysis(str(config), logging={"verbosity": 1})
roi = roifit.Analysis(config)

# %% [markdown]
# | fermipy | native |
# |---|---|
# | `gta.setup()` | opening is enough |
# | `gta.optimize()` | `roi.optimize()` |
# | `gta.free_sources(distance=3, pars="norm")` | the same |
# | `gta.fit()["loglike"]` | `roi.fit().loglike` |
# | `gta.roi[name]["ts"]` | `roi.properties(name)["ts"]` |

# %%
gta.setup()
gta.optimize()
roi.optimize()
gta.free_sources(distance=3, pars="norm")
roi.free_sources(distance=3, pars="norm")
theirs, ours = gta.fit(), roi.fit()
assert theirs["loglike"] == ours.loglike

# %%
name = gta.roi.point_sources[0].name
print(gta.roi[name])
assert gta.roi[name]["ts"] == roi.properties(name)["ts"]

# %% [markdown]
# Files of results are the same as fermipy's: an `.npy` with a dictionary, FITS tables, XML, pictures.

# %%
gta.write_roi("fit0", make_plots=True)
sed = gta.sed(name, make_plots=True)
print(sed["file"], sed["e2dnde"])
