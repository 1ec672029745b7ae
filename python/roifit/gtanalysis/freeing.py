"""Which parameters a fit varies, and selections of sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .core import Core
from .source import Source


class Freeing(Core):
    """Freeing, fixing, locking."""

    def free_source(self, name: str, free: bool = True, pars: Any = None, **kwargs: Any) -> None:
        """Frees (or fixes) norm and shape of a source; with ``pars`` only ``"norm"``, ``"shape"`` or named parameters."""
        self._known_keywords("free_source", kwargs, {"loglevel"})
        self._engine.free_source(name, bool(free), _pars(pars))
        self._changed()

    def free_sources(
        self,
        free: bool = True,
        pars: Any = None,
        cuts: Any = None,
        distance: float | None = None,
        skydir: Any = None,
        minmax_ts: Any = None,
        minmax_npred: Any = None,
        exclude: Any = None,
        square: bool = False,
        **kwargs: Any,
    ) -> list[Source]:
        """Frees (or fixes) parameters of the selected sources, which are returned. Diffuse sources pass every distance."""
        self._known_keywords("free_sources", kwargs, {"loglevel", "exclude_diffuse"})
        given = {"cuts": cuts, "distance": distance, "skydir": skydir, "minmax_ts": minmax_ts, "minmax_npred": minmax_npred}
        given = self._selection("free_sources", {**given, "exclude": exclude, "square": square, **kwargs})
        chosen = set(self._engine.free_sources(bool(free), _pars(pars), **given))
        self._changed()
        return [source for source in self.roi.sources if source.name in chosen]

    def free_sources_by_name(self, names: Iterable[str], free: bool = True, pars: Any = None, **kwargs: Any) -> list[Source]:
        """Frees (or fixes) parameters of sources by their names."""
        self._known_keywords("free_sources_by_name", kwargs, {"loglevel"})
        chosen = self._engine.free_sources_by_name([names] if isinstance(names, str) else list(names), bool(free), _pars(pars))
        self._changed()
        return [self.roi[name] for name in chosen]

    def free_norm(self, name: str, free: bool = True, **kwargs: Any) -> None:
        """Frees (or fixes) the normalisation of a source."""
        self.free_source(name, free, "norm", **kwargs)

    def free_shape(self, name: str, free: bool = True, **kwargs: Any) -> None:
        """Frees (or fixes) the shape of a source."""
        self.free_source(name, free, "shape", **kwargs)

    def free_index(self, name: str, free: bool = True, **kwargs: Any) -> None:
        """Frees (or fixes) the spectral index of a source."""
        self._known_keywords("free_index", kwargs, {"loglevel"})
        self._engine.free_index(name, bool(free))
        self._changed()

    def free_parameter(self, name: str, par: str, free: bool = True) -> None:
        """Frees (or fixes) a parameter."""
        self._engine.free_parameter(name, par, bool(free))
        self._changed()

    def lock_parameter(self, name: str, par: str, lock: bool = True) -> None:
        """Locks (or unlocks) a parameter: nothing frees a locked one."""
        self._engine.lock_parameter(name, par, bool(lock))
        self._changed()

    def lock_source(self, name: str, lock: bool = True) -> None:
        """Locks (or unlocks) all parameters of a source."""
        self._engine.lock_source(name, bool(lock))
        self._changed()

    def get_sources(
        self,
        cuts: Any = None,
        distance: float | None = None,
        skydir: Any = None,
        minmax_ts: Any = None,
        minmax_npred: Any = None,
        exclude: Any = None,
        square: bool = False,
    ) -> list[Source]:
        """The sources of a selection, nearest first, then diffuse ones, which pass every distance."""
        return self.roi.get_sources(skydir, distance, cuts, minmax_ts, minmax_npred, exclude, square)

    def get_free_param_vector(self) -> list[bool]:
        """Which parameters are free."""
        return self._engine.free_vector()

    def set_free_param_vector(self, free: Iterable[bool]) -> None:
        """Frees and fixes parameters as `get_free_param_vector` gave them."""
        self._engine.set_free_vector([bool(flag) for flag in free])
        self._changed()

    def get_free_source_params(self, name: str) -> list[str]:
        """Names of the free parameters of a source."""
        source = self._engine.source(name)
        return [par for par in source["par_names"] if source["spectral_pars"][par]["free"]]

    def get_source_params(self, name: str) -> list[str]:
        """Names of the parameters of a source."""
        return list(self._engine.source(name)["par_names"])

    def get_source_name(self, name: str) -> str:
        """The name of the source that has this name or alias."""
        return self._engine.source_name(name)

    def get_params(self, freeonly: bool = False) -> list[dict[str, Any]]:
        """A dictionary a parameter; values have the scale not applied."""
        return self._engine.params(freeonly)


def _pars(pars: Any) -> Any:
    return pars if pars is None or isinstance(pars, str) else list(pars)
