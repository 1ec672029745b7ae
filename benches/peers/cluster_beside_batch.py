"""Throughput of `roifit.cluster.fit_regions` on a LocalCluster of two workers beside `roi-fit batch --jobs 2`: the same regions, in turns.

Needs the wheel of roifit with its extra `cluster`, and the program of the same profile:

    python3 benches/peers/cluster_beside_batch.py target/release/roi-fit [REGIONS [TURNS]]

Of each the least wall-clock time of all turns, and the least processor time (user and system, of all processes). Starting the cluster is not counted: it is there
before the regions are, as on a batch system.
"""

import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import psutil
from distributed import Client, LocalCluster

from roifit import cluster


def processor(workers):
    """Processor seconds of this process and of the workers until now."""
    own = time.process_time()
    return own + sum(sum(worker.cpu_times()[:2]) for worker in workers)


def of_children():
    """Processor seconds of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    program = sys.argv[1]
    regions, turns = (int(word) for word in [*sys.argv[2:], "200", "4"][:2])
    batch, ours = [], []
    with tempfile.TemporaryDirectory() as folder, LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local, Client(local) as client:
        place = pathlib.Path(folder)
        configs = cluster.simulate(place / "many", regions, client, npix=50, ebins=20, sources=10, progress=False)
        workers = [psutil.Process(pid) for pid in client.run(lambda: __import__("os").getpid()).values()]
        options = ["--distance", "3", "--pars", "norm", "--jobs", "2", "--threads", "2", "--quiet"]
        for turn in range(turns):
            out = [place / f"{kind}{turn}" for kind in ("batch", "cluster")]
            begin, before = time.perf_counter(), of_children()
            subprocess.run([program, "batch", *map(str, configs), *options, "--out", str(out[0])], check=True, stdout=subprocess.DEVNULL)
            batch.append((time.perf_counter() - begin, of_children() - before))
            begin, before = time.perf_counter(), processor(workers)
            cluster.fit_regions(configs, client, out[1], distance=3.0, pars="norm", progress=False)
            ours.append((time.perf_counter() - begin, processor(workers) - before))
            print(f"turn {turn}: batch {batch[-1][0]:.2f} s ({batch[-1][1]:.2f} s of processors), cluster {ours[-1][0]:.2f} s ({ours[-1][1]:.2f} s)", flush=True)
            for one in out:
                shutil.rmtree(one)
    (wall, used), (wall_ours, used_ours) = (tuple(map(min, zip(*times))) for times in (batch, ours))
    print(f"{regions} regions, least of {turns}: batch {wall:.2f} s, cluster {wall_ours:.2f} s, ratio {wall_ours / wall:.3f}")
    print(f"processor time: batch {used:.2f} s, cluster {used_ours:.2f} s, ratio {used_ours / used:.3f}")


if __name__ == "__main__":
    main()
