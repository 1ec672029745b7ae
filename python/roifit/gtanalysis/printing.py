"""Tables in fermipy's layout, through the logger."""

from __future__ import annotations

import logging

import numpy as np

from .core import Core


class Printing(Core):
    """Printed tables."""

    def print_roi(self, loglevel: int = logging.INFO) -> None:
        """The sources with TS and predicted counts."""
        self.logger.log(_level(loglevel), "\n%s", self.roi)

    def print_model(self, loglevel: int = logging.INFO) -> None:
        """The sources with norms, energy fluxes and indices."""
        head = f"{'sourcename':<20}{'offset':>8}{'norm':>8}{'eflux':>10}{'index':>7}{'ts':>10}{'npred':>12}{'free':>5}"
        lines = [head, "-" * 80]
        for source in self.roi.sources:
            offset = "---" if source.diffuse else f"{source['offset']:.3f}"
            index = source["dnde1000_index"]
            if source["SpectrumType"] != "PowerLaw":
                index = 0.5 * (index + source["dnde10000_index"])
            norm = source.spectral_pars.get(source["norm_par"], {}).get("value", np.nan)
            lines.append(
                f"{source.name:<20.19}{offset:>8}{norm:8.3f}{source['eflux']:10.3g}{index:7.2f}"
                f"{source['ts']:10.2f}{source['npred']:12.1f}{'*' if source.is_free else '':>5}"
            )
        self.logger.log(_level(loglevel), "\n%s", "\n".join(lines))

    def print_params(self, allpars: bool = False, loglevel: int = logging.INFO) -> None:
        """The parameters of the sources that have a free one, or of all; the scale not applied."""
        lines = [f"{'idx':>4} {'parname':<20}{'value':>10}{'error':>10}{'min':>10}{'max':>10}{'scale':>10}{'free':>5}", "-" * 80]
        params = self._engine.params()
        shown = {par["src_name"] for par in params if par["free"] or allpars}
        last = None
        for par in params:
            if par["src_name"] not in shown:
                continue
            if par["src_name"] != last:
                last = par["src_name"]
                lines.append(last)
            numbers = "".join(f"{par[key]:10.3g}" for key in ("value", "error", "min", "max", "scale"))
            lines.append(f"{par['idx']:4d} {par['par_name']:<20.19}{numbers}{'    *' if par['free'] else '     '}")
        self.logger.log(_level(loglevel), "\n%s", "\n".join(lines))

    def print_config(self, logger: logging.Logger | None = None, loglevel: int = logging.INFO) -> None:
        """The configuration as it is understood."""
        import yaml

        (logger or self.logger).log(_level(loglevel), "\n%s", yaml.safe_dump(self.config))


def _level(level: int) -> int:
    """A level of the log; ``True``, which old scripts pass, is the usual one."""
    return logging.INFO if isinstance(level, bool) else level
