"""The model of a region as it once was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astropy.coordinates import SkyCoord

from .._engine import ModelError
from .roi_model import ROIModel
from .source import Source

if TYPE_CHECKING:
    from .core import Core


class KeptModel(ROIModel):
    """The model as it once was: a deep copy of `ROIModel`. It can be read, but no selection be made of it."""

    def __init__(self, sources: list[Source], skydir: SkyCoord) -> None:
        self._kept = {source.name: source for source in sources}
        self._skydir = skydir

    @property
    def _core(self) -> Core:
        raise ModelError("this is a copy of a model; ask the analysis that it is of")

    def _model_without_data(self) -> Any:
        return None

    def _descriptions(self) -> dict[str, dict[str, Any]]:
        return {name: {"offset": None if source.diffuse else source["offset"], "diffuse": source.diffuse} for name, source in self._kept.items()}

    def _source(self, name: str) -> Source:
        return self._kept[name]

    @property
    def skydir(self) -> SkyCoord:
        """The centre of the region."""
        return self._skydir

    def get_source_by_name(self, name: str) -> Source:
        """The source of a name or alias; case and blanks do not count."""
        wanted = _plain(name)
        for source in self._kept.values():
            if wanted in (_plain(one) for one in source.names):
                return source
        raise ModelError(f"the model had no source '{name}'; it had {', '.join(self._kept)}")

    def has_source(self, name: str) -> bool:
        """Whether there was such a source."""
        return any(_plain(name) in map(_plain, source.names) for source in self._kept.values())

    def __deepcopy__(self, memo: dict[int, Any]) -> KeptModel:
        return KeptModel(list(self._kept.values()), self._skydir)


def _plain(name: str) -> str:
    return name.replace(" ", "").lower()
