"""Many regions on a Dask cluster, one task a region, with the journal of ``roi-fit batch``; and the time bins of a light curve.

``pip install roifit[cluster]``. A client of `dask.distributed` is the cluster: that of this machine (`LocalCluster`), of Slurm or HTCondor (dask-jobqueue), or
of Kubernetes (dask-kubernetes); see ``docs/clusters.md``.
"""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _engine
from ._engine import OptionError, RoiFitError

if TYPE_CHECKING:
    from distributed import Client

    from .results import LightCurveResult

MISSING = "a cluster needs dask.distributed: pip install 'roifit[cluster]'"
# Options of `fit_regions` by the part of the plan that they belong to.
EDITING = frozenset({"delete", "add_source", "spectrum", "set", "fix"})
ENERGIES = frozenset({"emin", "emax"})
FREEING = frozenset({"free", "fix_all", "distance", "pars", "minmax_ts", "minmax_npred"})
FITTING = frozenset({"optimizer", "tol", "max_iter", "max_calls", "retries", "min_fit_quality", "minos", "reoptimize", "no_update"})
# Options of `lightcurve`: where its bins lie, and which files this process writes. What each worker is told alone cannot be chosen.
BINS = ("time_bins", "nbins", "binsz", "adaptive", "adaptive_radius")
FILES = ("fits", "ecsv")
TAKEN = ("only",)
# What is waiting on the cluster for each of its threads: enough that none is idle, few enough that a large batch does not drown the scheduler. A cluster that
# grows by what waits for it, and has no worker yet, is given so many.
WAITING, LEAST_WAITING = 4, 16


@dataclass(frozen=True)
class Lost:
    """What there is of a task whose workers were lost again and again."""

    workers: int

    def __str__(self) -> str:
        return f"{self.workers} workers were lost that had it; it may need more memory than workers have"


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
        from .results import _table

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
    """Fits many regions, one task each, and writes results and summary as ``roi-fit batch`` does, to the last byte.

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
    _check_client(client)
    paths = [_config_file(config) for config in configs]
    if not paths:
        raise OptionError("there is no region: name a configuration")
    plan = json.dumps(_plan(model, optimize, options))
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
        _run(client, _fit, tasks, take, task_retries, "regions" if progress else None)
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
    _check_client(client)
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

    _run(client, _simulate, tasks, take, task_retries, "simulations" if progress else None)
    return [made[at] for at in range(regions)]


def lightcurve(
    config: str | PathLike[str],
    name: str,
    client: Client,
    *,
    model: str | PathLike[str] | None = None,
    bins_per_task: int | None = None,
    threads: int = 1,
    max_memory: int | None = None,
    task_retries: int = 1,
    progress: bool = True,
    **options: Any,
) -> LightCurveResult:
    """The flux of a source in time bins, a few bins a task: the result has the bits of `Analysis.lightcurve`.

    This process opens the region first, so that what is made from event files is there, and says where the bins lie. Each worker opens it again, reads the photons
    once a task, fits its bins and returns their records; this process puts them together.

    Parameters
    ----------
    config
        A ``config.yaml``, or the folder that has one. Workers read it at the same path.
    name
        The source, by name or alias.
    client
        The cluster.
    model
        The model of the whole time, fitted: an XML, or what ``write_roi`` saved. By default that of the configuration.
    bins_per_task
        By default as many as make some four tasks for each thread of the cluster.
    threads
        Threads of each task.
    max_memory
        The most bytes that each task may take.
    task_retries
        As of `fit_regions`.
    progress
        Whether a bar tells how far it is, where one can be shown.
    **options
        As of `Analysis.lightcurve`; ``fits`` and ``ecsv`` are written by this process, and ``records``, too: the bins of each task as it ends, from which a call that was
        ended goes on. It is removed at the end, unless ``keep_records`` is true.

    Returns
    -------
    LightCurveResult
        As of `Analysis.lightcurve`.
    """
    from .results import LightCurveResult

    _check_client(client)
    for key in TAKEN:
        if key in options:
            raise OptionError(f"{key}: this is what workers are told; it cannot be chosen")
    if bins_per_task is not None and bins_per_task < 1:
        raise OptionError(f"bins_per_task: {bins_per_task} is not allowed; expected 1 or more")
    if options.get("keep_records") and options.get("records") is None:
        raise OptionError("keep_records: there are no records to keep; records=FILE names where they go")
    path, start = _config_file(config), None if model is None else fspath(model)
    region = _region(path, start, max_memory)
    times = region.light_curve_bins(name, **{key: options.pop(key) for key in BINS if key in options})
    files = {key: options.pop(key) for key in FILES if key in options}
    kept, keep_records = options.pop("records", None), bool(options.pop("keep_records", False))
    options["time_bins"] = [list(ends) for ends in times]
    size = bins_per_task or max(math.ceil(len(times) / max(WAITING * _threads(client), 1)), 1)
    shares = [list(range(len(times))[at : at + size]) for at in range(0, len(times), size)]
    earlier = _Records() if kept is None else _Records.of_file(Path(fspath(kept)))
    known = [earlier.of([times[bin] for bin in share]) for share in shares]
    tasks = [(path, start, name, share, options, threads, max_memory, os.getcwd(), text) for share, text in zip(shares, known, strict=True)]
    found: dict[int, str] = {}

    def take(at: int, records: str | Lost) -> None:
        if isinstance(records, Lost):
            raise RoiFitError(f"time bins {shares[at][0]} to {shares[at][-1]} of {name}: {records}")
        found[at] = records
        if kept is not None:
            # What an earlier call found of other bins stays, if it is of the same model, options and data.
            others = [text for place, text in enumerate(known) if place not in found and text.partition("\n")[0] == records.partition("\n")[0]]
            _gather([*found.values(), *others], Path(fspath(kept)))

    _run(client, _time_bins, tasks, take, task_retries, "time bins" if progress else None)
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder, "records") if kept is None else Path(fspath(kept))
        head = _gather([found[at] for at in range(len(shares))], records)
        result = region.lightcurve(name, records=records, keep_records=True, threads=threads, **options, **files)
        is_of_here = records.read_text(encoding="utf-8").partition("\n")[0] == head
        if not keep_records:
            records.unlink()
        if not is_of_here:
            logging.getLogger("roifit.cluster").warning("what workers found is of another model, version or data; every bin was fitted here again")
    return LightCurveResult(result)


def _gather(parts: list[str], records: Path) -> str:
    """Puts records of all workers into one file and returns its first line, which tells model, options and data apart."""
    heads = {part.partition("\n")[0] for part in parts}
    if len(heads) != 1:
        raise RoiFitError("workers do not agree about model, options or data; install the same version everywhere, and let them read the same files")
    head = heads.pop()
    # Whole or not there: a kill must not leave half of it.
    written = records.with_name(records.name + ".tmp")
    written.write_text(head + "\n" + "".join(part.partition("\n")[2] for part in parts), encoding="utf-8")
    written.replace(records)
    return head


class _Records:
    """What an earlier call wrote of bins: a first line that tells model, options and data apart, and a line a bin."""

    def __init__(self, head: str = "", bins: Mapping[tuple[float, float], str] | None = None) -> None:
        self.head = head
        self.bins = bins or {}

    @classmethod
    def of_file(cls, path: Path) -> _Records:
        """Nothing of a file that is not there; a line that is cut short or damaged does not count."""
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return cls()
        bins = {}
        for line in lines[1:]:
            try:
                record = json.loads(line)
                bins[record["tmin"], record["tmax"]] = line
            except (ValueError, TypeError, KeyError):
                continue
        return cls(lines[0] if lines else "", bins)

    def of(self, times: Iterable[tuple[float, float]]) -> str:
        """The records of some bins as a text; workers see from its first line whether they hold."""
        found = [self.bins[begin, end] for begin, end in times if (begin, end) in self.bins]
        return "".join(line + "\n" for line in [self.head, *found]) if found else ""


# What workers do.


def _fit(config: str, plan: str, threads: int, max_memory: int | None, folder: str) -> str:
    known = json.loads(plan)
    files = [config, known["model"], *known["editing"].get("add_source", [])]
    for file in files:
        if file is not None:
            _same_folder(file, folder)
    return _engine.fit_region(config, plan, threads, max_memory)


def _simulate(directory: str, options: Mapping[str, Any], folder: str) -> str:
    _same_folder(directory, folder)
    return str(_engine.simulate(directory, **options))


def _time_bins(
    config: str, model: str | None, name: str, share: list[int], options: Mapping[str, Any], threads: int, max_memory: int | None, folder: str, earlier: str
) -> str:
    """Fits some bins, but those that an earlier call has told of, and returns their records."""
    for file in (config, model):
        if file is not None:
            _same_folder(file, folder)
    region = _region(config, model, max_memory)
    with tempfile.TemporaryDirectory() as place:
        records = Path(place, "records")
        if earlier:
            records.write_text(earlier, encoding="utf-8")
        region.lightcurve(name, only=share, records=records, keep_records=True, threads=threads, **options)
        return records.read_text(encoding="utf-8")


def _region(config: str, model: str | None, max_memory: int | None) -> _engine.Analysis:
    """A region with the model of a file."""
    region = _engine.Analysis.open(config, max_memory=max_memory)
    if model is not None:
        load = region.load_xml if model.lower().endswith(".xml") else region.load_roi
        load(model)
    return region


def _same_folder(path: str, folder: str) -> None:
    """A path that is not absolute means another file on a worker that runs in another folder."""
    if not os.path.isabs(path) and os.path.realpath(os.getcwd()) != os.path.realpath(folder):
        raise OptionError(f"{path}: the worker runs in {os.getcwd()}, not in {folder}; name it by an absolute path")


# What this process does.


def _run(client: Any, task: Any, tasks: list[Any], take: Any, retries: int, words: str | None) -> None:
    """Submits tasks, a few more than there are threads, and takes their results as they come, `Lost` of one whose workers were lost too often. What a task
    raises ends the batch: it would raise it again."""
    from distributed import KilledWorker, as_completed

    bar = _bar(len(tasks), words)
    waiting = list(reversed(range(len(tasks))))
    places: dict[Any, int] = {}
    # How many workers were lost each time.
    lost: list[list[int]] = [[] for _ in tasks]
    running: Any = as_completed(loop=client.loop)  # type: ignore[no-untyped-call]

    def refill() -> None:
        # The cluster may have grown or shrunk.
        while waiting and len(places) < max(WAITING * _threads(client), LEAST_WAITING):
            at = waiting.pop()
            # Never taken for another of the same name: the file may have changed.
            future = client.submit(task, *tasks[at], pure=False)
            places[future.key] = at
            running.add(future)

    try:
        refill()
        for future in running:
            at = places.pop(future.key)
            try:
                result = future.result()
            except KilledWorker as error:
                lost[at].append(error.allowed_failures + 1)
                if len(lost[at]) <= retries:
                    waiting.append(at)
                    refill()
                    continue
                result = Lost(sum(lost[at]))
            # The next goes out before this one is written.
            refill()
            take(at, result)
            if bar is not None:
                bar.update(1)
    finally:
        client.cancel([future for future in running.futures if not future.done()])
        if bar is not None:
            bar.close()


def _threads(client: Any) -> int:
    return sum(client.nthreads().values())


def _bar(total: int, words: str | None) -> Any:
    from .progress import bars

    shown = bars() if words is not None else None
    return None if shown is None else shown._tqdm(total=total, desc=words, unit="task")  # type: ignore[attr-defined]


def _check_client(client: Any) -> None:
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(MISSING) from error
    if not isinstance(client, Client):
        raise OptionError(f"client: expected a dask.distributed.Client, found {type(client).__name__}")
    if client.asynchronous:
        raise OptionError("client: an asynchronous one cannot be waited for; make it with asynchronous=False")


def _config_file(config: str | PathLike[str]) -> str:
    """The configuration: in a folder it is its config.yaml."""
    path = fspath(config)
    return os.path.join(path, "config.yaml") if os.path.isdir(path) else path


def _plan(model: Any, optimize: str | bool, options: Mapping[str, Any]) -> dict[str, Any]:
    """What is done with each region, as the engine takes it."""
    kinds = {False: "no", True: "first", "no": "no", "first": "first", "only": "only"}
    if optimize not in kinds:
        raise OptionError(f"optimize: {optimize!r} is not allowed; expected False, 'first' or 'only'")
    plan: dict[str, Any] = {"model": None if model is None else fspath(model), "optimize": kinds[optimize]}
    parts = {"editing": EDITING, "energies": ENERGIES, "freeing": FREEING, "fitting": FITTING}
    known = frozenset().union(*parts.values())
    for name in options:
        if name not in known:
            raise OptionError(f"fit_regions() has no keyword '{name}'; it takes {', '.join(sorted(known))}")
    for part, names in parts.items():
        plan[part] = {name: value for name, value in options.items() if name in names and value is not None}
    freeing = plan["freeing"]
    if "pars" in freeing:
        if not isinstance(freeing["pars"], str):
            freeing["pars"] = ",".join(freeing["pars"])
        if not freeing.keys() & {"distance", "minmax_ts", "minmax_npred"}:
            raise OptionError("pars says what a selection frees; give distance, minmax_ts or minmax_npred too")
    for part, name in (("editing", "spectrum"), ("editing", "set")):
        if isinstance(plan[part].get(name), Mapping):
            plan[part][name] = list(plan[part][name].items())
    for part, name in (("editing", "delete"), ("editing", "fix"), ("editing", "add_source"), ("freeing", "free")):
        if isinstance(plan[part].get(name), str | PathLike):
            plan[part][name] = [fspath(plan[part][name])]
    if "add_source" in plan["editing"]:
        plan["editing"]["add_source"] = [fspath(file) for file in plan["editing"]["add_source"]]
    return plan
