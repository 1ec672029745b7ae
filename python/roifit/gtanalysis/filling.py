"""What fills the model of a region that has no data: sources of catalogs, of files, of dictionaries, of other models."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table

from .._engine import ModelError, OptionError
from .source import Source, described_source

if TYPE_CHECKING:
    from .planned import Planned

# Keys of section ``model`` that name sources.
DIFFUSE = ("isodiff", "galdiff", "limbdiff", "diffuse", "diffuse_xml")
SOURCES = (*DIFFUSE, "catalogs", "sources")


class Filling:
    """Methods that fill a model without data, a `ROIModel` that is not that of an analysis. The model of an analysis is changed by the methods of `GTAnalysis`."""

    _planned: Planned | None = None

    def _to_fill(self, method: str) -> Planned:
        if self._planned is None:
            raise ModelError(f"{method}: this is the model of an analysis, or a copy of one; GTAnalysis.add_source, delete_source and load_xml change it")
        return self._planned

    def _model_without_data(self) -> Any:
        """The sources as the engine has them; None of a copy."""
        return None

    @property
    def extdir(self) -> Any:
        """The folders of templates that section ``model`` names."""
        return self._to_fill("extdir").section.get("extdir")

    def clear(self) -> None:
        """Deletes all sources."""
        planned = self._to_fill("clear")
        planned._engine.clear()
        planned.changed()

    def load(self, **kwargs: Any) -> None:
        """Begins anew with the sources of section ``model``, with keys over it."""
        planned = self._to_fill("load")
        read = planned.read({**planned.section, **kwargs})
        self.clear()
        planned.take(read)

    def load_diffuse_srcs(self) -> None:
        """Adds the diffuse sources that section ``model`` names."""
        planned = self._to_fill("load_diffuse_srcs")
        planned.take(planned.read(_only(planned.section, DIFFUSE)))

    def load_fits_catalog(self, name: str | os.PathLike[str], **kwargs: Any) -> None:
        """Adds the sources of a catalog, a file or a name (``4FGL-DR3``), within ``src_radius`` and ``src_roiwidth`` of section ``model``, or of ``kwargs``."""
        planned = self._to_fill("load_fits_catalog")
        planned.take(planned.read({**_only(planned.section), **kwargs, "catalogs": [os.fspath(name)]}))

    def load_existing_catalog(self, cat: Any, **kwargs: Any) -> None:
        """Adds the sources of a catalog in memory, an astropy table with the columns of a catalog file or an object that has one as ``table``.

        Extended sources are left out, with a warning: their shapes are in another table of the file.
        """
        self._to_fill("load_existing_catalog")
        table = getattr(cat, "table", cat)
        if not isinstance(table, Table):
            raise OptionError(f"load_existing_catalog: expected an astropy Table, or an object with one as its attribute table, found {type(cat).__name__}")
        if "Extended_Source_Name" in table.colnames:
            # Of a table that was read they are text, bytes, or masked.
            is_extended = np.array([str(name).strip() not in ("", "--", "b''") for name in table["Extended_Source_Name"]], dtype=bool)
            if is_extended.any():
                logging.getLogger("roifit").warning("load_existing_catalog: %d extended sources are left out; load_fits_catalog takes the file", is_extended.sum())
            table = table[~is_extended]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "catalog.fits")
            table.write(path, format="fits")
            self.load_fits_catalog(path, **kwargs)

    def load_xml(self, xmlfile: str | os.PathLike[str], **kwargs: Any) -> None:
        """Adds the sources of an XML, as those of a catalog."""
        self._to_fill("load_xml")
        self.load_fits_catalog(xmlfile, **kwargs)

    def create_source(
        self, name: str, src_dict: Mapping[str, Any] | Source, build_index: bool = True, merge_sources: bool = True, rescale: bool = True
    ) -> Source:
        """Adds a source that a dictionary tells, as `GTAnalysis.add_source` takes one, and returns it.

        Parameters
        ----------
        merge_sources
            Takes the place of a source of this name or alias, and its names; otherwise that one stays. ``build_index`` and ``rescale`` are without effect.
        """
        planned = self._to_fill("create_source")
        planned.take(planned.read({**_only(planned.section), "sources": [_as_configured(name, src_dict)]}), merge=merge_sources)
        return self._named(name)

    def load_source(self, src: Source, build_index: bool = True, merge_sources: bool = True, min_separation: float | None = None) -> None:
        """Adds a source of another model; with ``min_separation`` (deg) only where no source that is not diffuse is as near."""
        planned = self._to_fill("load_source")
        if min_separation is not None and any(own.separation(src).deg < min_separation for own in self._with_a_place()):
            return
        of = src._model_without_data()
        if of is None:
            self.create_source(src.name, src, merge_sources=merge_sources)
        else:
            planned.take(of, [src.name], merge_sources)

    def load_sources(self, sources: Iterable[Source]) -> None:
        """Begins anew with these sources."""
        planned = self._to_fill("load_sources")
        read = planned.read(_only(planned.section))
        for source in sources:
            of = source._model_without_data()
            if of is None:
                read.take(planned.read({**_only(planned.section), "sources": [_as_configured(source.name, source)]}), [], False)
            else:
                read.take(of, [source.name], False)
        self.clear()
        planned.take(read)

    def delete_sources(self, srcs: Iterable[Source | str]) -> None:
        """Deletes sources."""
        planned = self._to_fill("delete_sources")
        for source in srcs:
            planned._engine.delete_source(source if isinstance(source, str) else source.name)
            planned.changed()

    def _named(self, name: str) -> Source:
        raise NotImplementedError

    def _with_a_place(self) -> list[Source]:
        raise NotImplementedError


def _only(section: Mapping[str, Any], keys: Iterable[str] = ()) -> dict[str, Any]:
    """A section without the keys that name sources, but some of them."""
    return {key: value for key, value in section.items() if key not in SOURCES or key in keys}


def _as_configured(name: str, source: Mapping[str, Any] | Source) -> dict[str, Any]:
    """A source as section ``model`` tells one."""
    given = described_source(source) if isinstance(source, Source) else source
    described = {key: value for key, value in given.items() if key not in ("name", "names", "skydir")}
    if "skydir" in given:
        described["ra"], described["dec"] = given["skydir"].icrs.ra.deg, given["skydir"].icrs.dec.deg
    return {"name": name, **described}
