"""What fermipy has and the engine has not yet: a clear refusal that names another way."""

from __future__ import annotations

from typing import Any, NoReturn

from .core import Core

# Another way for each method that is not there.
ELSEWHERE = {
    "add_sources_from_roi": "use add_source for each source",
    "compute_drm": "the engine makes what a configuration asks for: `gtlike: {edisp: true}`",
    "compute_psf": "the engine makes the PSF where a configuration names response functions",
    "compute_srcprob": "use `roi-fit srcprob` with the model of write_xml",
    "cleanup": "there is no scratch directory",
    "clone": "make another GTAnalysis with the configuration",
    "create_roi_table": "read the table ROI of the FITS file of write_roi",
    "delete_workdir": "there is no scratch directory",
    "extension": "profile the width in the XML: one analysis a width, logL of each",
    "fit_correlation": "the result of fit has the matrix `correlation`",
    "generate_model": "use write_model_map",
    "get_source_dnde": "use roifit.Analysis, or bowtie(name)['dnde']",
    "lightcurve": "make a configuration for each time bin and fit them with `roi-fit batch`",
    "make_plots": "draw the files of write_roi and sed with matplotlib",
    "make_template": "name a template file in the XML",
    "reload_source": "change the XML and open it again",
    "reload_sources": "change the XML and open it again",
    "set_edisp_flag": "name the sources under `gtlike: {edisp_disable: [...]}`",
    "set_random_seed": "nothing is random here; `roi-fit simulate` has a seed of its own",
    "set_source_dnde": "use set_source_spectrum with spectrum_type='FileFunction' and edit the table",
    "set_source_morphology": "change the spatial model in the XML and open it again",
    "set_weights_map": "name the weights under `gtlike: {wmap: FILE}`",
    "simulate_roi": "use roifit.simulate, which makes a region from a seed",
    "simulate_source": "use roifit.simulate, which makes a region from a seed",
    "stage_input": "there is no scratch directory",
    "stage_output": "there is no scratch directory",
    "tscube": "use tsmap, bin by bin with loge_bounds",
    "weight_map": "read the file of `gtlike: {wmap: FILE}`",
    "write_weight_map": "read the file of `gtlike: {wmap: FILE}`",
}


class Missing(Core):
    """Refusals."""

    def __getattr__(self, name: str) -> Any:
        if name in ELSEWHERE:
            message = f"GTAnalysis.{name}: not there yet; {ELSEWHERE[name]}"

            def refuse(*_: Any, **__: Any) -> NoReturn:
                raise NotImplementedError(message)

            return refuse
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
