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
# # Many regions on a cluster
#
# The cluster is this machine; `docs/clusters.md` tells how it becomes that of Slurm, HTCondor or Kubernetes.

# %%
from roifit import cluster

# %%
if __name__ == "__main__":
    from dask.distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local, Client(local) as client:
        configs = cluster.simulate("many", 4, client, npix=30, ebins=8, sources=4)
        batch = cluster.fit_regions(configs, client, "results", distance=3.0, pars="norm")
        # Whatever is there already is not done again.
        again = cluster.fit_regions(configs, client, "results", distance=3.0, pars="norm", resume=True)
    assert batch.summary["n_done"] == 4 and again.entries == batch.entries
    print(batch.to_table())
