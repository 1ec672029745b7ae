"""The configuration that a ``GTAnalysis`` was made with: a file, a dictionary, sections over them."""

from __future__ import annotations

import copy
import json
import os
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .. import _engine

# Sections that the engine does not need to hear of.
OWN_SECTIONS = frozenset({"logging", "plotting"})


class Configuration:
    """A configuration as a file, which is what the engine opens.

    A dictionary, and a file with sections over it, are written beside the file (or into the present folder), as relative paths are relative to it; the
    file goes when the object goes.
    """

    def __init__(self, config: str | os.PathLike[str] | Mapping[str, Any], sections: Mapping[str, Any]) -> None:
        self.made: Path | None = None
        if isinstance(config, Mapping):
            self.configdir = Path.cwd()
            raw, path = copy.deepcopy(dict(config)), None
        else:
            path = Path(os.path.expandvars(os.fspath(config))).expanduser().absolute()
            if path.is_dir():
                path = path / "config.yaml"
            self.configdir = path.parent
            raw = _read(path)
        merged = merge(raw, sections)
        self.raw = merged
        if path is None or any(merged.get(key) != raw.get(key) for key in set(merged) - OWN_SECTIONS):
            path = self._write(merged)
        self.path = path
        self.resolved: dict[str, Any] = _engine.resolved_config(path)
        for name in OWN_SECTIONS & set(merged):
            self.resolved[name] = {**self.resolved.get(name, {}), **(merged[name] or {})}

    def with_files(self, product: str, names: list[str], paths: Mapping[str, Any]) -> Configuration:
        """The same with other files of a product (``ccube``, ``wmap``): a path a component, by its name; None takes the product away."""
        if not paths:
            return self
        raw = copy.deepcopy(self.raw)
        components = raw.get("components") or []
        if components and len(components) != len(names):
            raise _engine.ConfigError(
                f"the configuration lists {len(components)} components, the analysis has {len(names)}: their {product} files cannot be replaced"
            )
        if set(names) <= set(paths):
            # What the whole configuration names is what a component has that names none.
            _forget_file(raw, product)
        for name, section in zip(names, components or [raw], strict=True):
            if name in paths:
                _forget_file(section, product)
                _name_file(section, product, paths[name])
        other = copy.copy(self)
        other.raw = raw
        other.path = other._write(raw)
        other.resolved = {**_engine.resolved_config(other.path), **{name: self.resolved[name] for name in OWN_SECTIONS & set(self.raw)}}
        return other

    def _write(self, raw: Mapping[str, Any]) -> Path:
        with tempfile.NamedTemporaryFile(
            "w", dir=self.configdir, prefix=".roifit_", suffix=".yaml", delete=False, encoding="utf-8"
        ) as file:
            # JSON is YAML, too.
            json.dump(raw, file, default=plain)
        weakref.finalize(self, _remove, file.name)
        return Path(file.name)


def merge(config: Mapping[str, Any], sections: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with the keys of sections over its own."""
    merged = dict(config)
    for name, section in sections.items():
        own = merged.get(name)
        merged[name] = {**(own or {}), **section} if isinstance(section, Mapping) and isinstance(own, Mapping | None) else section
    return merged


def _name_file(section: dict[str, Any], product: str, path: Any) -> None:
    """Names the file of a product in a configuration, or in one of its components."""
    if path is not None:
        section["files"] = {**(section.get("files") or {}), product: os.fspath(path)}


def _forget_file(section: dict[str, Any], product: str) -> None:
    """Takes the name of a product's file away, wherever it stands: some have a place in ``gtlike``, too."""
    for place in ("files", "gtlike"):
        if product in (section.get(place) or {}):
            section[place] = {key: value for key, value in section[place].items() if key != product}


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _engine.FileError(f"{path}: {error.strerror}; name a fermipy config.yaml") from error
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _engine.ConfigError(f"{path}: {error}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise _engine.ConfigError(f"{path}: expected sections with keys, found {type(raw).__name__}")
    return raw


def plain(value: Any) -> Any:
    """Numbers and arrays of numpy, and paths, as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise _engine.ConfigError(f"a configuration holds text, numbers, lists and dictionaries; found {type(value).__name__}")


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)
