"""Many regions on a Dask cluster, one task a region, with the journal of ``roi-fit batch``; and the time bins of a light curve.

``pip install roifit[cluster]``. A client of `dask.distributed` is the cluster: that of this machine (`LocalCluster`), of Slurm or HTCondor (dask-jobqueue), or
of Kubernetes (dask-kubernetes); see ``docs/clusters.md``.
"""

from __future__ import annotations

from .light_curve import lightcurve
from .regions import Batch, fit_regions, simulate
from .tasks import Lost

__all__ = ["Batch", "Lost", "fit_regions", "lightcurve", "simulate"]
