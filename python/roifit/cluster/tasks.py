"""Tasks on a cluster: given out, taken back, done again where a worker was lost."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

from .._engine import OptionError, RoiFitError

MISSING = "a cluster needs dask.distributed: pip install 'roifit[cluster]'"
# What is waiting on the cluster for each of its threads: enough that none is idle, few enough that a large batch does not drown the scheduler. A cluster that
# grows by what waits for it, and has no worker yet, is given so many.
WAITING, LEAST_WAITING = 4, 16
# A share of short tasks takes about so many seconds: what a scheduler does for it, some ten milliseconds, is little beside it.
SHARE = 0.5
# For so many seconds the number of its threads is taken to be the same.
FRESH = 1.0


@dataclass(frozen=True)
class Lost:
    """What there is of a task whose workers were lost again and again."""

    workers: int

    def __str__(self) -> str:
        return f"{self.workers} workers were lost that had it; it may need more memory than workers have"


def run(client: Any, task: Any, tasks: list[Any], take: Any, retries: int, words: str | None, most: int = 1) -> None:
    """Gives tasks out, a few more than there are threads, and takes their results as they come, `Lost` of one whose workers were lost too often. What a task
    raises ends the batch: it would raise it again. Short ones go out in shares, up to ``most`` at a time."""
    from distributed import KilledWorker, as_completed

    bar = _bar(len(tasks), words)
    waiting = list(reversed(range(len(tasks))))
    places: dict[Any, list[int]] = {}
    # How many workers were lost each time; and what was in a share whose worker was lost, one of which it may have been.
    lost: list[list[int]] = [[] for _ in tasks]
    suspected: set[int] = set()
    # Results come along, side by side, and are not asked for one by one.
    running: Any = as_completed(loop=client.loop, with_results=True, raise_errors=False)  # type: ignore[no-untyped-call]
    threads = _Threads(client)
    size = 1

    def refill() -> None:
        while waiting and len(places) < max(WAITING * threads.number(), LEAST_WAITING):
            share = [waiting.pop()]
            # Towards the end shares are small, so that no thread waits for another.
            room = min(size, len(waiting) // (WAITING * max(threads.number(), 1)))
            while len(share) < room and not suspected.intersection((share[0], waiting[-1])):
                share.append(waiting.pop())
            # Never taken for another of the same name: the file may have changed.
            future = client.submit(task, *tasks[share[0]], pure=False) if most == 1 else client.submit(_in_turn, task, [tasks[at] for at in share], pure=False)
            places[future.key] = share
            running.add(future)

    try:
        refill()
        for future, found in running:
            share = places.pop(future.key)
            if future.status == "finished":
                seconds, results = (0.0, [found]) if most == 1 else found
                size = min(max(int(SHARE * len(share) / max(seconds, 1e-9)), 1), most)
            else:
                error = _why(future, found)
                if not isinstance(error, KilledWorker):
                    raise error
                if len(share) == 1:
                    lost[share[0]].append(error.allowed_failures + 1)
                suspected.update(share)
                if len(share) > 1 or len(lost[share[0]]) <= retries:
                    waiting.extend(reversed(share))
                    refill()
                    continue
                results = [Lost(sum(lost[share[0]]))]
            # The next goes out before these are written.
            refill()
            for at, result in zip(share, results, strict=True):
                take(at, result)
                if bar is not None:
                    bar.update(1)
    finally:
        client.cancel([future for future in running.futures if not future.done()])
        if bar is not None:
            bar.close()


def _in_turn(task: Any, tasks: list[Any]) -> tuple[float, list[Any]]:
    """What a worker does with a share: the seconds that it took, and the results."""
    begin = time.monotonic()
    results = [task(*arguments) for arguments in tasks]
    return time.monotonic() - begin, results


def _why(future: Any, result: Any) -> BaseException:
    """Why a task has no result: what it raised, with its traceback, or that it was cancelled."""
    if future.status == "error" and isinstance(result, tuple):
        _, error, traceback = result
        raised: BaseException = error.with_traceback(traceback)
        return raised
    return RoiFitError(f"a task of the cluster ended as '{future.status}'; was it cancelled elsewhere?")


class _Threads:
    """How many threads a cluster has. It may grow and shrink, but the scheduler is not asked for each task."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._number = 0
        self._asked = -math.inf

    def number(self) -> int:
        """The number, at most so old as `FRESH`; one without workers is asked each time."""
        now = time.monotonic()
        if self._number == 0 or now - self._asked > FRESH:
            self._number, self._asked = threads_of(self._client), now
        return self._number


def threads_of(client: Any) -> int:
    """How many threads a cluster has now."""
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
