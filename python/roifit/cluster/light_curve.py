"""The time bins of a light curve, a few a task."""

from __future__ import annotations

import logging
import math
import os
import tempfile
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _engine
from .._engine import OptionError, RoiFitError
from .records import Records, gather
from .tasks import WAITING, Lost, check_client, config_file, run, same_folder, threads_of

if TYPE_CHECKING:
    from distributed import Client

    from ..results import LightCurveResult

# Options of `lightcurve`: where its bins lie, and which files this process writes. What each worker is told alone cannot be chosen.
BINS = ("time_bins", "nbins", "binsz", "adaptive", "adaptive_radius")
FILES = ("fits", "ecsv")
TAKEN = ("only",)


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
    from ..results import LightCurveResult

    check_client(client)
    for key in TAKEN:
        if key in options:
            raise OptionError(f"{key}: this is what workers are told; it cannot be chosen")
    if bins_per_task is not None and bins_per_task < 1:
        raise OptionError(f"bins_per_task: {bins_per_task} is not allowed; expected 1 or more")
    if options.get("keep_records") and options.get("records") is None:
        raise OptionError("keep_records: there are no records to keep; records=FILE names where they go")
    path, start = config_file(config), None if model is None else fspath(model)
    region = region_of(path, start, max_memory)
    times = region.light_curve_bins(name, **{key: options.pop(key) for key in BINS if key in options})
    files = {key: options.pop(key) for key in FILES if key in options}
    kept, keep_records = options.pop("records", None), bool(options.pop("keep_records", False))
    options["time_bins"] = [list(ends) for ends in times]
    size = bins_per_task or max(math.ceil(len(times) / max(WAITING * threads_of(client), 1)), 1)
    shares = [list(range(len(times))[at : at + size]) for at in range(0, len(times), size)]
    earlier = Records() if kept is None else Records.of_file(Path(fspath(kept)))
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
            gather([*found.values(), *others], Path(fspath(kept)))

    run(client, fit_time_bins, tasks, take, task_retries, "time bins" if progress else None)
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder, "records") if kept is None else Path(fspath(kept))
        head = gather([found[at] for at in range(len(shares))], records)
        result = region.lightcurve(name, records=records, keep_records=True, threads=threads, **options, **files)
        is_of_here = records.read_text(encoding="utf-8").partition("\n")[0] == head
        if not keep_records:
            records.unlink()
        if not is_of_here:
            logging.getLogger("roifit.cluster").warning("what workers found is of another model, version or data; every bin was fitted here again")
    return LightCurveResult(result)


# What workers do.


def fit_time_bins(
    config: str, model: str | None, name: str, share: list[int], options: Mapping[str, Any], threads: int, max_memory: int | None, folder: str, earlier: str
) -> str:
    """Fits some bins, but those that an earlier call has told of, and returns their records."""
    for file in (config, model):
        if file is not None:
            same_folder(file, folder)
    region = region_of(config, model, max_memory)
    with tempfile.TemporaryDirectory() as place:
        records = Path(place, "records")
        if earlier:
            records.write_text(earlier, encoding="utf-8")
        region.lightcurve(name, only=share, records=records, keep_records=True, threads=threads, **options)
        return records.read_text(encoding="utf-8")


def region_of(config: str, model: str | None, max_memory: int | None) -> _engine.Analysis:
    """A region with the model of a file."""
    region = _engine.Analysis.open(config, max_memory=max_memory)
    if model is not None:
        load = region.load_xml if model.lower().endswith(".xml") else region.load_roi
        load(model)
    return region
