"""Bars that tell how far long work is, in terminals and notebooks, where tqdm is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from . import _engine

# What is counted, by the event that tells it, and its words.
COUNTED = {
    "fit": ("fits", "fit"),
    "product": ("products", "product"),
    "source_map": ("source maps", "source"),
    "update": ("TS and fluxes", "source"),
    "sky_map": ("map", "pixel"),
    "estimate": ("estimates", "step"),
    "toys": ("toys", "toy"),
}


class Bars:
    """A bar a kind of work. It is called with the events of the engine."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        # Work goes on within work, such as fluxes after each of many fits: each kind keeps its bar meanwhile.
        self._bars: dict[str, Any] = {}

    def __call__(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind not in COUNTED:
            return
        if kind in self._bars and self._bars[kind].total != event["total"]:
            self._end(kind)
        if kind not in self._bars:
            words, unit = COUNTED[kind]
            self._bars[kind] = self._tqdm(total=event["total"], desc=words, unit=unit, leave=False)
        bar = self._bars[kind]
        bar.update(event["done"] - bar.n)
        if event["done"] >= event["total"]:
            self._end(kind)

    def close(self) -> None:
        """Takes all bars away."""
        for kind in list(self._bars):
            self._end(kind)

    def _end(self, kind: str) -> None:
        bar = self._bars.pop(kind)
        # A notebook leaves what did not come to its end, in red; here that is a call that was stopped, which says so.
        bar.total = bar.n
        bar.close()


class Watched:
    """The engine of an analysis with bars: they go when a call returns, however it ends, though the work may not have come to what it had before it."""

    def __init__(self, engine: _engine.Analysis, shown: Bars) -> None:
        self._engine, self._shown = engine, shown

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        if not callable(found):
            return found

        def call(*args: Any, **keywords: Any) -> Any:
            try:
                return found(*args, **keywords)
            finally:
                self._shown.close()

        return call


def opened(open_it: Callable[[], _engine.Analysis], watcher: object) -> _engine.Analysis:
    """Opens an analysis that a watcher was given to; if that shows bars, none is left when a call returns."""
    if not isinstance(watcher, Bars):
        return open_it()
    try:
        return cast("_engine.Analysis", Watched(open_it(), watcher))
    finally:
        watcher.close()


def bars() -> Callable[[dict[str, Any]], object] | None:
    """Bars in a notebook, or in a terminal that shows them; None elsewhere, and without tqdm."""
    is_notebook = "ipykernel" in sys.modules
    if not is_notebook and not (sys.stderr is not None and sys.stderr.isatty()):
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return Bars(tqdm)
