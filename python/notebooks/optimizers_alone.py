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
# # The optimizers without astronomy

# %%
import numpy as np

from roifit import Minuit, minimize, optimizers

optimizers()

# %% [markdown]
# A histogram with a peak over a background, by its Poisson likelihood.

# %%
edges = np.linspace(0.0, 10.0, 41)
middle, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]


def expected(signal, mean, sigma, background):
    peak = np.exp(-0.5 * ((middle - mean) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    return width * (signal * peak + background / 10.0)


counts = np.random.default_rng(1).poisson(expected(300.0, 4.0, 0.5, 500.0))


def nll(signal, mean, sigma, background):
    model = expected(signal, mean, sigma, background)
    return (model - counts * np.log(model)).sum()


m = Minuit(nll, signal=200.0, mean=5.0, sigma=1.0, background=400.0)
m.errordef = Minuit.LIKELIHOOD
m.limits["signal", "background"] = (0.0, None)
m.limits["sigma"] = (0.05, 5.0)
m.migrad()
m.minos()
m

# %%
assert m.valid and abs(m.values["mean"] - 4.0) < 4 * m.errors["mean"]
m.plot_contour("signal", "sigma", size=40)

# %%
m.plot_profile("mean")

# %% [markdown]
# The same by `minimize`, which takes a function of an array.

# %%
result = minimize(lambda x: nll(*x), [200.0, 5.0, 1.0, 400.0], bounds=[(0, None), None, (0.05, 5.0), (0, None)], names=m.parameters)
np.testing.assert_allclose(result.x, list(m.values), rtol=0.01)
result
