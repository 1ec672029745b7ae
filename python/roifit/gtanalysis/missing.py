"""What there is nothing to do for: there is no scratch directory, and no file that shapes are read from."""

from __future__ import annotations

from typing import Any

from .core import Core


class Missing(Core):
    """Methods that do nothing."""

    def cleanup(self) -> None:
        """Nothing: there is no scratch directory."""

    def delete_workdir(self) -> None:
        """Nothing: there is no scratch directory."""

    def stage_input(self) -> None:
        """Nothing: there is no scratch directory."""

    def stage_output(self) -> None:
        """Nothing: there is no scratch directory."""

    def make_template(self, src: Any) -> None:
        """Nothing but a word in the log: disks and Gaussians are computed from their formulas, so that no template is written for them."""
        name = self.roi[src if isinstance(src, str) else src.name].name
        self.logger.info("make_template: nothing is written for %s; disks and Gaussians are computed from their formulas", name)
