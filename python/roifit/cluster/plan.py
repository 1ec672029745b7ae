"""What is done with each region, as the engine takes it."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from .._engine import OptionError

# Options of `fit_regions` by the part of the plan that they belong to.
EDITING = frozenset({"delete", "add_source", "spectrum", "set", "fix"})
ENERGIES = frozenset({"emin", "emax"})
FREEING = frozenset({"free", "fix_all", "distance", "pars", "minmax_ts", "minmax_npred"})
FITTING = frozenset({"optimizer", "tol", "max_iter", "max_calls", "retries", "min_fit_quality", "minos", "reoptimize", "no_update"})


def plan_of(model: Any, optimize: str | bool, options: Mapping[str, Any]) -> dict[str, Any]:
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
