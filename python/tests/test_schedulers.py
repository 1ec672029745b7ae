"""The recipes for Slurm and HTCondor of docs/clusters.md, with programs that stand in for theirs: jobs are what dask-jobqueue submits, and run here."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from test_cluster import alone, configs, results

import roifit
from roifit import cluster

distributed = pytest.importorskip("distributed")
jobqueue = pytest.importorskip("dask_jobqueue")

# Starts what it is given in a session of its own, under a number that it prints as the scheduler does.
SUBMIT = """#!{python}
import os, re, subprocess, sys
script = open(sys.argv[-1]).read()
jobs = {jobs!r}
{command}
number = 1
while True:
    # Two that submit at once get two numbers.
    try:
        log = os.open(os.path.join(jobs, str(number) + ".log"), os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        break
    except FileExistsError:
        number += 1
job = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
open(os.path.join(jobs, "%d.%d.pid" % (number, job.pid)), "w").close()
print({answer})
"""
CANCEL = """#!{python}
import glob, os, signal, sys
for number in sys.argv[1:]:
    for path in glob.glob(os.path.join({jobs!r}, number.split(".")[0] + ".*.pid")):
        try:
            os.killpg(int(path.split(".")[-2]), signal.SIGTERM)
        except ProcessLookupError:
            pass
"""
# The arguments of a submit description are in double quotes, each in single ones, and both are doubled within.
CONDOR = """
arguments = re.search(r'^Arguments = "(.*)"$', script, re.MULTILINE).group(1).replace('""', '"')
command = ["/bin/sh"] + [part.replace("''", "'") for part in re.findall(r"'((?:[^']|'')*)'|(\\S+)", arguments) for part in part if part]
"""
SLURM = (jobqueue.SLURMCluster, ("sbatch", "scancel"), "command = ['/bin/sh', '-c', script]", "'Submitted batch job %d' % number", {"queue": "standard", "walltime": "02:00:00"})
HTCONDOR = (jobqueue.HTCondorCluster, ("condor_submit", "condor_rm"), CONDOR, "'1 job(s) submitted to cluster %d.' % number", {"disk": "2GB"})


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    folder = tmp_path / "regions"
    for seed in range(5, 9):
        roifit.simulate(folder / f"seed_{seed}", seed=seed, npix=30, ebins=8, sources=4)
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def waited_for(what: str, is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60.0
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.mark.parametrize("scheduler", [SLURM, HTCONDOR], ids=["slurm", "htcondor"])
def test_a_recipe_gives_the_results_of_one_machine_though_a_job_is_killed(scheduler: Any, regions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, (submit, cancel), command, answer, options = scheduler
    jobs = tmp_path / "jobs"
    programs = tmp_path / "programs"
    jobs.mkdir()
    programs.mkdir()
    fields = {"python": sys.executable, "jobs": str(jobs), "command": command, "answer": answer}
    program(programs / submit, SUBMIT.format(**fields))
    program(programs / cancel, CANCEL.format(**fields))
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    alone(regions, tmp_path / "alone")
    out = tmp_path / "out"
    ran: list[int] = []

    def pids() -> list[int]:
        return [int(path.name.split(".")[1]) for path in jobs.glob("*.pid")]

    with (
        kind(cores=1, memory="2GB", processes=1, local_directory=str(tmp_path / "scratch"), scheduler_options={"dashboard_address": None}, **options) as queue,
        distributed.Client(queue) as client,
    ):
        queue.scale(jobs=2)
        client.wait_for_workers(2, timeout=120)

        def kill_one() -> None:
            waited_for("a first result", lambda: any(out.glob("*.json")))
            ran.extend(pids())
            os.killpg(ran[0], signal.SIGKILL)

        with ThreadPoolExecutor(1) as beside:
            killed = beside.submit(kill_one)
            batch = cluster.fit_regions(configs(regions), client, out, distance=3.0, pars="norm", progress=False)
            killed.result()
    assert len(ran) >= 2 and batch.summary["n_done"] == 4
    assert results(out) == results(tmp_path / "alone")
