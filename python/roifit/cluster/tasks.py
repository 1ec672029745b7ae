"""Tasks on a cluster: given out, taken back, done again where a worker was lost."""

from __future__ import annotations

import os
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

from .._engine import OptionError

MISSING = "a cluster needs dask.distributed: pip install 'roifit[cluster]'"
# What is waiting on the cluster for each of its threads: enough that none is idle, few enough that a large batch does not drown the scheduler. A cluster that
# grows by what waits for it, and has no worker yet, is given so many.
WAITING, LEAST_WAITING = 4, 16


@dataclass(frozen=True)
class Lost:
    """What there is of a task whose workers were lost again and again."""

    workers: int

    def __str__(self) -> str:
        return f"{self.workers} workers were lost that had it; it may need more memory than workers have"


def run(client: Any, task: Any, tasks: list[Any], take: Any, retries: int, words: str | None) -> None:
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
        while waiting and len(places) < max(WAITING * threads_of(client), LEAST_WAITING):
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


def threads_of(client: Any) -> int:
    return sum(client.nthreads().values())


def _bar(total: int, words: str | None) -> Any:
    from ..progress import bars

    shown = bars() if words is not None else None
    return None if shown is None else shown._tqdm(total=total, desc=words, unit="task")  # type: ignore[attr-defined]


def check_client(client: Any) -> None:
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(MISSING) from error
    if not isinstance(client, Client):
        raise OptionError(f"client: expected a dask.distributed.Client, found {type(client).__name__}")
    if client.asynchronous:
        raise OptionError("client: an asynchronous one cannot be waited for; make it with asynchronous=False")


def config_file(config: str | PathLike[str]) -> str:
    """The configuration: in a folder it is its config.yaml."""
    path = fspath(config)
    return os.path.join(path, "config.yaml") if os.path.isdir(path) else path


def same_folder(path: str, folder: str) -> None:
    """A path that is not absolute means another file on a worker that runs in another folder."""
    if not os.path.isabs(path) and os.path.realpath(os.getcwd()) != os.path.realpath(folder):
        raise OptionError(f"{path}: the worker runs in {os.getcwd()}, not in {folder}; name it by an absolute path")
