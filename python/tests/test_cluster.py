"""Many regions on a cluster of two workers: the bytes of the program's batch, workers that are killed, batches that are resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import roifit
from roifit import cluster
from roifit.cluster.plan import plan_of
from roifit.cluster.tasks import run

distributed = pytest.importorskip("distributed")
REGIONS = int(os.environ.get("ROIFIT_TEST_REGIONS", "8"))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    # What is killed below must not be restarted slowly by a scheduler that waits.
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0) as local, distributed.Client(local) as client:
        yield client


@pytest.fixture(scope="module")
def regions(client: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of simulated regions."""
    folder = tmp_path_factory.mktemp("regions")
    made = cluster.simulate(folder, REGIONS, client, seed=5, npix=30, ebins=8, sources=4, progress=False)
    assert [path.parent.name for path in made] == [f"seed_{seed:0{len(str(4 + REGIONS))}}" for seed in range(5, 5 + REGIONS)]
    # As one process makes them.
    roifit.simulate(folder / "alone", seed=6, npix=30, ebins=8, sources=4)
    assert (folder / "alone" / "ccube_00.fits").read_bytes() == made[1].with_name("ccube_00.fits").read_bytes()
    shutil.rmtree(folder / "alone")
    return folder


def configs(regions: Path) -> list[Path]:
    return sorted(path / "config.yaml" for path in regions.iterdir() if path.name.startswith("seed_"))


def results(folder: Path) -> dict[str, bytes]:
    """Everything that does not tell seconds."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".json"}


def alone(regions: Path, out: Path) -> None:
    """The same with nobody's help."""
    plan = json.dumps(plan_of(None, False, {"distance": 3.0, "pars": "norm"}))
    batch = roifit._engine.Regions.open(out, configs(regions), plan)
    for at, config in enumerate(configs(regions)):
        batch.record(at, roifit._engine.fit_region(config, plan, 2))
    batch.finish()


def test_results_are_those_of_one_machine_when_a_worker_is_killed(client: Any, regions: Path, tmp_path: Path) -> None:
    alone(regions, tmp_path / "alone")
    killed: list[int] = []

    def kill() -> None:
        while len(list((tmp_path / "out").glob("*.json"))) < 2:
            time.sleep(0.01)
        pid = next(iter(client.run(os.getpid).values()))
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    batch = cluster.fit_regions(configs(regions), client, tmp_path / "out", distance=3.0, pars="norm", progress=False)
    thread.join()
    assert killed and all(entry["ending"] == "done" for entry in batch.entries) and batch.summary["n_done"] == REGIONS
    assert results(tmp_path / "out") == results(tmp_path / "alone")
    assert len(results(tmp_path / "out")) == REGIONS + 1
    assert batch.result(0)["fit_success"] and len(batch.to_table()) == REGIONS
    assert [Path(entry["config"]) for entry in batch.entries] == configs(regions)


def test_a_batch_is_resumed_and_only_what_is_missing_is_done(client: Any, regions: Path, tmp_path: Path) -> None:
    some = configs(regions)[:3]
    first = cluster.fit_regions(some[:2], client, tmp_path / "out", progress=False)
    with pytest.raises(roifit.RoiFitError, match="earlier batch"):
        cluster.fit_regions(some, client, tmp_path / "out", progress=False)
    with pytest.raises(roifit.RoiFitError, match="other settings"):
        cluster.fit_regions(some, client, tmp_path / "out", resume=True, tol=1e-5, progress=False)
    again = cluster.fit_regions(some, client, tmp_path / "out", resume=True, progress=False)
    assert [entry["seconds"] for entry in again.entries[:2]] == [entry["seconds"] for entry in first.entries]
    lines = [json.loads(line) for line in (tmp_path / "out" / "journal.jsonl").read_text().splitlines()]
    assert len(lines) == 4 and list(lines[0]) == ["batch"]


def test_a_region_that_fails_stops_no_other(client: Any, regions: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.yaml").write_text("nonsense: {")
    batch = cluster.fit_regions([broken, configs(regions)[0]], client, tmp_path / "out", optimize="only", progress=False)
    assert [entry["ending"] for entry in batch.entries] == ["error", "done"] and batch.summary["n_error"] == 1
    with pytest.raises(roifit.OptionError, match="no result"):
        batch.result(0)
    same = configs(regions)[0]
    for wrong in ({"configs": []}, {"configs": [same, same]}, {"configs": [same], "tolerance": 1.0}, {"configs": [same], "pars": "norm"}, {"configs": [same], "optimize": "maybe"}, {"configs": [same], "client": None}):
        arguments = {"client": client, "out": tmp_path / "other", "progress": False, **wrong}
        with pytest.raises(roifit.OptionError):
            cluster.fit_regions(**arguments)
    # What would go wrong in every region is told before any.
    for word, options in {
        "set": {"set": {"Index": -2.0}},
        "distance": {"distance": -1.0},
        "norms": {"distance": 3.0, "pars": "norms"},
        "minmax_ts": {"minmax_ts": (25.0, 10.0)},
    }.items():
        with pytest.raises(roifit.OptionError, match=word):
            cluster.fit_regions([same], client, tmp_path / "never", progress=False, **options)  # type: ignore[arg-type]
    assert not (tmp_path / "never").exists()


def test_a_region_that_kills_its_workers_is_told(client: Any, regions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[int, Any]] = []

    losing = Standing(client, _killed)
    run(losing, None, [("a",), ("b",)], lambda at, result: taken.append((at, result)), 2, None)
    # Three times those four workers that Dask allows.
    assert sorted(taken) == [(0, cluster.Lost(12)), (1, cluster.Lost(12))] and losing.submitted == 6
    assert str(taken[0][1]).startswith("12 workers")


class Standing:
    """A client that does something else than what it is asked for, and whose cluster grows when it has work."""

    def __init__(self, client: Any, task: Any) -> None:
        self.client, self.task, self.loop, self.submitted = client, task, client.loop, 0

    def nthreads(self) -> dict[str, int]:
        return {"a": 10} if self.submitted >= 16 else {}

    def submit(self, _: Any, *__: Any, pure: bool) -> Any:
        # No retries: what a task raises it would raise again.
        self.submitted += 1
        return self.client.submit(self.task, pure=pure)

    def cancel(self, futures: Any) -> None:
        self.client.cancel(futures)


def test_a_cluster_that_grows_is_given_more(client: Any) -> None:
    growing = Standing(client, _nothing)
    submitted: list[int] = []
    run(growing, None, [()] * 60, lambda at, result: submitted.append(growing.submitted), 0, None)
    # Sixteen for a cluster without workers; when the first came back four a thread were to be under way.
    assert growing.submitted == len(submitted) == 60 and submitted[0] == 1 + 4 * 10


def test_short_tasks_go_out_in_shares_and_one_that_kills_is_found_out(client: Any) -> None:
    for task, lost in ((_double, {}), (_double_but_one, {150: cluster.Lost(4)})):
        passing, taken = Passing(client), {}
        run(passing, task, [(i,) for i in range(300)], taken.__setitem__, 0, None, most=8)
        assert taken == {i: 2 * i for i in range(300)} | lost
        # Sixteen alone; then eight together, but for the last ones.
        assert passing.submitted < 150
    passing, taken = Passing(client), {}
    run(passing, _slow, [(i,) for i in range(12)], taken.__setitem__, 0, None, most=8)
    assert len(taken) == passing.submitted == 12


class Passing:
    """A client that counts what it is asked for."""

    def __init__(self, client: Any) -> None:
        self.client, self.loop, self.submitted = client, client.loop, 0

    def nthreads(self) -> Any:
        return self.client.nthreads()

    def submit(self, *given: Any, **options: Any) -> Any:
        self.submitted += 1
        return self.client.submit(*given, **options)

    def cancel(self, futures: Any) -> None:
        self.client.cancel(futures)


def _double(number: int) -> int:
    return 2 * number


def _double_but_one(number: int) -> int:
    return _killed() if number == 150 else 2 * number  # type: ignore[func-returns-value]


def _slow(number: int) -> int:
    time.sleep(0.3)
    return number


def test_files_of_a_plan_mean_the_same_everywhere_and_an_error_lets_the_journal_go(
    client: Any, regions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan_of(None, False, {"add_source": [tmp_path / "a.yaml", "b.yaml"]})["editing"]["add_source"] == [str(tmp_path / "a.yaml"), "b.yaml"]
    (tmp_path / "more.yaml").write_text("[]")
    roifit.Analysis(configs(regions)[0]).write_xml(tmp_path / "model.xml")
    # Workers run elsewhere.
    monkeypatch.chdir(tmp_path)
    some = configs(regions)[:1]
    for at, (name, options) in enumerate([("model.xml", {"model": "model.xml"}), ("more.yaml", {"add_source": [Path("more.yaml")]})]):
        with pytest.raises(roifit.OptionError, match=f"{name}.*absolute") as caught:
            cluster.fit_regions(some, client, tmp_path / f"out{at}", progress=False, **options)  # type: ignore[arg-type]
        # Whoever keeps the exception does not keep the journal.
        with pytest.raises(roifit.OptionError, match="absolute"):
            cluster.fit_regions(some, client, tmp_path / f"out{at}", progress=False, resume=True, **options)  # type: ignore[arg-type]
        assert caught.tb is not None
    batch = cluster.fit_regions(some, client, tmp_path / "out", model=tmp_path / "model.xml", progress=False)
    assert batch.entries[0]["ending"] == "done"


def _nothing() -> None:
    pass


def _killed() -> None:
    raise distributed.KilledWorker("task", SimpleNamespace(address="nowhere"), 3)


def test_the_program_goes_on_from_the_journal(client: Any, regions: Path, tmp_path: Path) -> None:
    program = os.environ.get("ROI_FIT_PROGRAM") or shutil.which("roi-fit")
    if program is None:
        pytest.skip("no program roi-fit; ROI_FIT_PROGRAM can name it")
    paths = [str(path) for path in configs(regions)]
    cluster.fit_regions(paths[:2], client, tmp_path / "out", optimize="first", tol=1e-4, progress=False)
    run = [program, "batch", *paths, "--optimize-first", "--tol", "1e-4", "--jobs", "2", "--quiet"]
    subprocess.run([*run, "--out", tmp_path / "out", "--resume"], check=True)
    subprocess.run([*run, "--out", tmp_path / "program"], check=True)
    assert results(tmp_path / "out") == results(tmp_path / "program")
    # And the other way.
    shutil.copytree(tmp_path / "program", tmp_path / "both")
    journal = tmp_path / "both" / "journal.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:3]))
    cluster.fit_regions(paths, client, tmp_path / "both", optimize="first", tol=1e-4, resume=True, progress=False)
    assert results(tmp_path / "both") == results(tmp_path / "program")


def test_records_that_nobody_names_are_not_kept(client: Any, regions: Path) -> None:
    with pytest.raises(roifit.OptionError, match="records=FILE"):
        cluster.lightcurve(regions, "any", client, fits=regions / "curve.fits", keep_records=True)
