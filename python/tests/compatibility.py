"""Every public name of fermipy 1.4.3's GTAnalysis, ROIModel and Source that is not here as it is there.

What is not listed is the same. The table of docs/python.md is made of this.
"""

from __future__ import annotations

GTANALYSIS = """
add_gauss_prior add_source add_sources_from_roi binsz bowtie cleanup clone components compute_drm compute_psf compute_srcprob config configdir
constrain_norms counts_map create create_roi_table curvature delete_source delete_sources delete_workdir energies enumbins extension files find_sources
fit fit_correlation free_index free_norm free_parameter free_shape free_source free_sources free_sources_by_name generate_model
get_free_param_vector get_free_source_params get_norm get_params get_source_dnde get_source_name get_source_params get_sources get_src_model
lightcurve like load_parameters_from_yaml load_roi load_xml localize lock_parameter lock_source log_energies loge_bounds logger loglevel make_plots
make_template model_counts_map model_counts_spectrum optimize outdir print_config print_model print_params print_roi profile profile_norm psmap
reload_source reload_sources remove_prior remove_priors residmap roi scale_parameter sed set_edisp_flag set_energy_range set_free_param_vector
set_log_level set_norm set_norm_bounds set_norm_scale set_parameter set_parameter_bounds set_parameter_error set_parameter_scale set_random_seed
set_source_dnde set_source_morphology set_source_spectrum set_weights_map setup simulate_roi simulate_source stage_input stage_output tscube tsmap
unzero_source update_source weight_map workdir write_fits write_model_map write_roi write_weight_map write_xml zero_source
""".split()

ROIMODEL = """
create_table diffuse_sources get_nearby_sources get_source_by_name get_sources get_sources_by_name get_sources_by_position get_sources_by_property
has_source point_sources skydir sources to_ds9 write_ds9region write_fits write_xml clear copy_source create create_from_position create_from_source
create_param_table create_source create_source_table delete_sources extdir geom load load_diffuse_srcs load_existing_catalog load_fits_catalog
load_source load_sources load_xml match_source
""".split()

SOURCE = """
assoc associations data diffuse extended is_free items name names params radec separation skydir spatial_pars spectral_pars add_name
add_to_table check_cuts create_from_dict create_from_xml create_from_xmlfile get_catalog_dict get_norm psf_scale_fn set_name set_position
set_psf_scale_fn set_radec set_roi_direction set_roi_geom set_spatial_model set_spectral_pars update_data update_from_source
update_spectral_pars write_xml
""".split()

# What is there and differs, and how.
DIFFERENT = {
    "GTAnalysis.fit": "unknown keywords are refused; a retry starts elsewhere; `minos`, `max_calls`, `scan` beside fermipy's",
    "GTAnalysis.optimize": "every spectral type takes part in the third step; `until_converged` and `max_rounds` beside fermipy's",
    "GTAnalysis.sed": "stored in `gta.roi[name]['sed']`",
    "GTAnalysis.add_source": "files are not touched: `save_source_maps`, `use_pylike` and `use_single_psf` are without effect",
    "GTAnalysis.set_energy_range": "what was found in another range (TS, covariance, limits) is forgotten",
    "GTAnalysis.tsmap": "maps are objects with `data` and `wcs`; weights are obeyed",
    "GTAnalysis.tscube": "the test source's map is made at each pixel; `bin_ts`, `bin_dnde` and `energies` in place of the object `tscube`, scans are in the file; `norm_sigma` and the options of its Newton fit are without effect",
    "GTAnalysis.residmap": "maps are objects with `data` and `wcs`",
    "GTAnalysis.psmap": "counts, model and weights are those of the analysis, not of files",
    "GTAnalysis.find_sources": "`tsmap_fitter` is always the TS map; `joint_fit` beside fermipy's",
    "GTAnalysis.localize": "one fit with exact derivatives in place of a scan; `fit_init`, `fit_scan` and `tsmap` are not there; `pos_contour` beside fermipy's keys",
    "GTAnalysis.extension": "one curve with its maximum, errors and limit in place of two scans; kept in `gta.roi[name]['extension']`; `is_extended` tells whether the source was given its width; `psf_scale_fn` not with `update`",
    "GTAnalysis.lightcurve": "bins are fitted by threads over one set of data: `nthread` is their number, `multithread` and `use_local_ltcube` are without effect; no folders of bins: one file in `outdir` has what each has told, `save_bin_data=True` keeps it; bins that a call gives go before those of the configuration; pairs with gaps, `adaptive`, `free_diffuse`, `ul_confidence` and others beside fermipy's keywords; `status`, `message`, `is_ul`, `flux_ul`, `blocks`, `ts_var_p_value` and others beside its keys; `make_plots` makes a picture",
    "GTAnalysis.simulate_roi": "simulated counts lie in `ccubemc_XX.fits`; observed counts and source maps stay on disk as they are; what was measured is forgotten",
    "GTAnalysis.simulate_source": "as `simulate_roi`",
    "GTAnalysis.set_random_seed": "of the simulations of this analysis alone",
    "GTAnalysis.compute_srcprob": "energy dispersion is in the probabilities, which are those of the pixel and energy bin; no diffuse responses are written into `ft1_XX.fits`",
    "GTAnalysis.compute_psf": "out to 70 deg; the analysis does not read the file",
    "GTAnalysis.compute_drm": "the analysis does not read the file, so that its own `edisp_bins` hold",
    "GTAnalysis.set_source_morphology": "maps are always exact: `use_pylike` and `psf_scale_fn` are without effect",
    "GTAnalysis.make_template": "a word in the log: shapes are computed from their formulas, no file is written",
    "GTAnalysis.reload_source": "nothing to do: maps follow a source when it is changed",
    "GTAnalysis.reload_sources": "as `reload_source`",
    "GTAnalysis.fit_correlation": "properties of the sources stay those of the model, too",
    "GTAnalysis.clone": "the data are opened at once; moved, zeroed and locked sources and the range of energies come with the model, and what was measured where the data are the same",
    "GTAnalysis.make_plots": "the counts and their projections of all components together",
    "GTAnalysis.curvature": "options do not stay for the next call; the fits tell their quality; beta may be negative",
    "GTAnalysis.profile": "the named parameter is moved, `npts` is heeded; `logemin`, `logemax` are moved to the nearest edges",
    "GTAnalysis.profile_norm": "`limits` beside fermipy's keys; `logemin`, `logemax` are moved to the nearest edges",
    "GTAnalysis.delete_sources": "diffuse sources are deleted only by name",
    "GTAnalysis.delete_source": "an unknown name is an error",
    "GTAnalysis.free_sources": "unknown keywords are refused; `exclude_diffuse` of old versions works",
    "GTAnalysis.setup": "does what is needed and no more; the model is read before, when `roi` is first used",
    "GTAnalysis.write_roi": "beside fermipy's files `OUTFILE.json`, from which `load_roi` restores everything",
    "GTAnalysis.load_roi": "of fermipy's own files: the model and TS; `reload_sources` is without effect",
    "GTAnalysis.create": "`config.yaml` beside the file comes before the configuration in it",
    "GTAnalysis.print_model": "the headings of eflux and index are as wide as their columns",
    "GTAnalysis.like": "a view with the members that scripts use; `covariance` is that of the last fit",
    "GTAnalysis.components": "energies, counts, predicted counts; nothing can be set",
    "GTAnalysis.config": "a copy: changes after the construction are without effect",
    "GTAnalysis.counts_map": "an object with `data`, `wcs`, `energies`, not a map of gammapy",
    "GTAnalysis.model_counts_map": "an object with `data`, `wcs`, `energies`, not a map of gammapy; `use_mask` is without effect",
    "GTAnalysis.write_model_map": "returns objects with `data`, `wcs`, `energies`",
    "GTAnalysis.set_weights_map": "the data are opened again; what was measured is forgotten",
    "GTAnalysis.weight_map": "the mean of the components' weights, not their sum; an object with `data`, `wcs`, `energies`",
    "GTAnalysis.write_weight_map": "as `weight_map`",
    "GTAnalysis.get_source_dnde": "of a table the table itself, its normalisation not applied, as `set_source_dnde` takes it",
    "GTAnalysis.bowtie": "`fd` is without effect",
    "GTAnalysis.update_source": "a source without free parameters keeps what is known of it",
    "ROIModel.create": "TS, predicted counts and fluxes are NaN; a GTAnalysis takes its sources by `add_sources_from_roi`",
    "ROIModel.create_from_position": "as `create`",
    "ROIModel.create_from_source": "as `create`",
    "ROIModel.load": "of a model that is not that of an analysis",
    "ROIModel.clear": "as `load`",
    "ROIModel.extdir": "as `load`; what section `model` names",
    "ROIModel.load_diffuse_srcs": "as `load`",
    "ROIModel.load_fits_catalog": "as `load`; a name of a catalog, too",
    "ROIModel.load_existing_catalog": "as `load`; an astropy table, or an object with one as `table`, without its extended sources",
    "ROIModel.load_xml": "as `load`",
    "ROIModel.create_source": "as `load`; `build_index` and `rescale` are without effect",
    "ROIModel.load_source": "as `load`",
    "ROIModel.load_sources": "as `load`",
    "ROIModel.delete_sources": "as `load`; names are taken, too",
    "ROIModel.sources": "a view of the analysis as it stands",
    "ROIModel.skydir": "a view of the analysis as it stands",
    "GTAnalysis.set_parameter": "what was measured before (TS, errors, limits) is NaN until it is measured again",
    "GTAnalysis.set_norm": "as `set_parameter`",
    "Source.data": "a view of the analysis as it stands; `assoc`, `catalog` and `class` are empty",
    "Source.assoc": "empty; names of the catalog are among `names`",
    "Source.separation": "takes a source or a direction (fermipy's fails)",
    "Source.spectral_pars": "names are text, not bytes",
}

# Members of ROIModel and Source that are not there, and what to do instead.
NOT_YET = {
    "ROIModel": "no objects of gammapy: `GTAnalysis.counts_map().wcs` tells where pixels lie",
    "Source": "the source is changed through the methods of GTAnalysis",
}
