"""Many regions, one task each or, of short ones, a few: fits with the journal of ``roi-fit batch``, and simulations."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _engine
from .._engine import OptionError, RoiFitError
from .plan import plan_of
from .tasks import Lost, check_client, config_file, run, same_folder

if TYPE_CHECKING:
    from distributed import Client

# So many short regions go out together at most.
SHARED = 8


@dataclass(frozen=True)
class Batch:
    """How a batch of regions ended.

    Attributes
    ----------
    entries
        The lines of the journal in the order of the regions: ``config``, ``ending`` (done, failed, error, internal), ``message``, ``result``, ``logLike`` ...
    summary
        What ``summary.json`` has.
    directory
        Where results and journal lie.
    """

    directory: Path
    entries: list[dict[str, Any]]
    summary: dict[str, Any] = field(repr=False)

    def result(self, region: int) -> dict[str, Any]:
        """The result dictionary of a region, by its number."""
        entry = self.entries[region]
        if entry["result"] is None:
            raise OptionError(f"{entry['config']} has no result: {entry['message']}")
        found: dict[str, Any] = json.loads(Path(self.directory, entry["result"]).read_text(encoding="utf-8"))
        return found

    def to_table(self) -> Any:
        """A row a region, as an astropy table."""
        from ..results import _table

        columns = ("config", "ending", "fit_quality", "logLike", "seconds", "message")
        return _table({name: [entry[name] if entry[name] is not None else float("nan") for entry in self.entries] for name in columns})


def fit_regions(
    configs: Iterable[str | PathLike[str]],
    client: Client,
    out: str | PathLike[str] = "roi-fit-batch",
    *,
    resume: bool = False,
    model: str | PathLike[str] | None = None,
    optimize: str | bool = False,
    threads: int = 1,
    max_memory: int | None = None,
    task_retries: int = 1,
    progress: bool = True,
    **options: Any,
) -> Batch:
    """Fits many regions, one task each, and writes results and summary as ``roi-fit batch`` does, to the last byte. Of regions that take less than a quarter of a second
    a few go out together.

    Each result goes to a file in ``out`` as soon as it is there, and a line to the journal, which tells seconds too and has the regions in the order in which
    they ended; it can be continued by either. A worker that is lost loses nothing: its regions are done again elsewhere. No region stops the others.

    Parameters
    ----------
    configs
        A ``config.yaml``, or a folder that has one, for each region. Workers read them at the same paths.
    client
        The cluster.
    out
        The folder of results and journal, written by this process alone.
    resume
        Go on where an earlier batch in ``out`` ended.
    model
        Begin each region with the model of this file.
    optimize
        ``True`` or ``"first"``: optimize each region before it is fitted; ``"only"``: and do not fit it.
    threads
        Threads of each task; results have the same bits for any number.
    max_memory
        The most bytes that each task may take.
    task_retries
        How often a region is given to the cluster again after Dask gave it up: after ``distributed.scheduler.allowed-failures`` + 1 workers (4, unless Dask is told
        otherwise) were lost that had it.
    progress
        Whether a bar tells how far it is, where one can be shown.
    **options
        As for ``roi-fit batch``: ``delete``, ``add_source``, ``spectrum``, ``set``, ``fix``; ``emin``, ``emax``; ``free``, ``fix_all``, ``distance``, ``pars``,
        ``minmax_ts``, ``minmax_npred``; ``optimizer``, ``tol``, ``max_iter``, ``max_calls``, ``retries``, ``min_fit_quality``, ``minos``, ``reoptimize``,
        ``no_update``.

    Returns
    -------
    Batch
        How each region ended.
    """
    check_client(client)
    paths = [config_file(config) for config in configs]
    if not paths:
        raise OptionError("there is no region: name a configuration")
    plan = json.dumps(plan_of(model, optimize, options))
    directory = Path(fspath(out))
    regions = _engine.Regions.open(directory, paths, plan, resume)
    missing = regions.missing()
    tasks = [(paths[at], plan, threads, max_memory, os.getcwd()) for at in missing]

    def take(at: int, ended: str | Lost) -> None:
        if isinstance(ended, Lost):
            regions.record_lost(missing[at], str(ended))
        else:
            regions.record(missing[at], ended)

    try:
        run(client, fit_region, tasks, take, task_retries, "regions" if progress else None, most=SHARED)
        summary = json.loads(regions.finish())
        entries = [json.loads(entry) for entry in regions.entries() if entry is not None]
    finally:
        # The lock of the journal goes with it; the traceback of an exception would keep it.
        del regions
    return Batch(directory, entries, summary)


def simulate(
    directory: str | PathLike[str],
    regions: int,
    client: Client,
    *,
    seed: int = 1,
    task_retries: int = 1,
    progress: bool = True,
    **options: Any,
) -> list[Path]:
    """Simulates regions of consecutive seeds, one task each, each into a folder of its own in ``directory``, as ``roi-fit simulate --regions`` does.

    Parameters
    ----------
    directory
        A folder that the workers write to.
    seed
        The first seed.
    task_retries
        As of `fit_regions`.
    **options
        ``sources``, ``npix``, ``ebins``, ``components``, ``emin``, ``emax`` (MeV), ``binsz`` (deg), ``years``.

    Returns
    -------
    list of Path
        The ``config.yaml`` of each.
    """
    check_client(client)
    if regions < 1 or seed < 0:
        raise OptionError(f"regions {regions}, seed {seed}: expected at least 1 region and a seed of 0 or more")
    digits = len(str(seed + regions - 1))
    seeds = range(seed, seed + regions)
    folders = [Path(fspath(directory), f"seed_{one:0{digits}}") for one in seeds]
    tasks = [(fspath(folder), {"seed": one, **options}, os.getcwd()) for folder, one in zip(folders, seeds, strict=True)]
    made: dict[int, Path] = {}

    def take(at: int, path: str | Lost) -> None:
        if isinstance(path, Lost):
            raise RoiFitError(f"{folders[at]}: {path}")
        made[at] = Path(path)

    run(client, simulate_region, tasks, take, task_retries, "simulations" if progress else None)
    return [made[at] for at in range(regions)]


# What workers do.


def fit_region(config: str, plan: str, threads: int, max_memory: int | None, folder: str) -> str:
    known = json.loads(plan)
    files = [config, known["model"], *known["editing"].get("add_source", [])]
    for file in files:
        if file is not None:
            same_folder(file, folder)
    return _engine.fit_region(config, plan, threads, max_memory)


def simulate_region(directory: str, options: Mapping[str, Any], folder: str) -> str:
    same_folder(directory, folder)
    return str(_engine.simulate(directory, **options))
