//! The keys of light curves, explained.

use roi_fit::{Dictionary, FitOptions, Holds, SliceOptions};

use crate::light_curve::bin::time_bin::BinAttempt;
use crate::light_curve::light_curve_options::LightCurveOptions;
use crate::light_curve::light_curve_result::LightCurve;
use crate::light_curve::series::bayesian_blocks::Block;
use crate::tables::keys::key;

const PHOTONS: &str = "1 / (cm2 s)";
const ENERGY: &str = "MeV / (cm2 s)";
const DIFFERENTIAL: &str = "1 / (cm2 s MeV)";

/// What of the options of `optimize` is not decided by those of `lightcurve`.
const ROIOPT: Dictionary = Dictionary::new(
    "Optimization of a bin",
    "The options of the optimization that goes before the fits of a bin.",
    &[
        key(&["npred_frac"], "", "Share of the predicted counts that its first step covers."),
        key(&["npred_threshold"], "counts", "Sources with fewer predicted counts are left out."),
        key(&["skip"], "", "Sources that are never fitted, beside diffuse ones."),
        key(&["optimizer"], "", "How its fits are made.").holding(Holds::One(&FitOptions::KEYS)),
    ],
);

/// How the data of bins are made.
const SLICES: Dictionary = Dictionary::new(
    "Data of time bins",
    "How the data of time bins are made.",
    &[
        key(&["source_maps"], "", SliceOptions::SOURCE_MAPS.doc),
        key(&["psf_tolerance"], "", SliceOptions::PSF_TOLERANCE.doc),
    ],
);

impl LightCurveOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a light curve",
        "The options of `lightcurve`.",
        &[
            key(&["shape_ts_threshold"], "", Self::SHAPE_TS_THRESHOLD.doc),
            key(&["free_background"], "", Self::FREE_BACKGROUND.doc),
            key(&["free_diffuse"], "", Self::FREE_DIFFUSE.doc),
            key(&["free_radius"], "deg", Self::FREE_RADIUS.doc),
            key(&["free_sources"], "", Self::FREE_SOURCES.doc),
            key(&["free_params"], "", Self::FREE_PARAMS.doc),
            key(&["max_free_sources"], "", Self::MAX_FREE_SOURCES.doc),
            key(&["systematic"], "", Self::SYSTEMATIC.doc),
            key(&["ul_confidence"], "", Self::UL_CONFIDENCE.doc),
            key(&["ul_ts_threshold"], "", Self::UL_TS_THRESHOLD.doc),
            key(&["blocks_p0"], "", Self::BLOCKS_P0.doc),
            key(&["slices"], "", "How the data of bins are made.").holding(Holds::One(&SLICES)),
            key(&["optimizer"], "", "How bins are fitted.").holding(Holds::One(&FitOptions::KEYS)),
            key(&["roiopt"], "", "How bins are optimized before.").holding(Holds::One(&ROIOPT)),
        ],
    );
}

impl BinAttempt {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Fits of a bin",
        "A fit of the ladder.",
        &[
            key(&["rung"], "", "Its rung, from 0."),
            key(&["free"], "", "The parameters that were free."),
            key(&["fit_success"], "", "Whether it was good enough."),
            key(&["fit_quality"], "", "Its quality, 3 is best."),
            key(&["fit_status"], "", "Its status, 0 when all is well."),
            key(&["message"], "", "The status in words."),
        ],
    );
}

impl Block {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Bayesian blocks",
        "A stretch of constant flux.",
        &[
            key(&["tmin", "tmax"], "s", "Begin of its first bin and end of its last one, mission time."),
            key(&["bins"], "", "How many bins it has."),
            key(
                &["flux", "flux_err"],
                PHOTONS,
                "Mean flux of its bins, weighted by their errors, and its 1 sigma error.",
            ),
        ],
    );
}

/// A bin that takes no part in the test of variability.
const EXCLUDED: Dictionary = Dictionary::new(
    "Bins without a part",
    "A bin that was fitted, and takes no part in the test of variability.",
    &[key(&["bin"], "", "Its number, from 0."), key(&["reason"], "", "Why.")],
);

const HELD: &str = "With the shape of the whole time the same keys end in `_fixed`.";

impl LightCurve {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "lightcurve",
        "Lists have one entry a bin, unless said otherwise; what is not defined is `null`. Keys that end in `_fixed` are of the fit of the norm with the shape of the whole time.",
        &[
            key(&["name"], "", "The source."),
            key(&["SpectrumType"], "", "Type of its spectrum."),
            key(&["tmin", "tmax"], "s", "Begin and end of the bin, mission time."),
            key(&["tmin_mjd", "tmax_mjd"], "d", "The same as Modified Julian Date, TT."),
            key(&["good_time", "livetime"], "s", "Good time and livetime of the bin."),
            key(&["status"], "", "`ok`, `no data`, `failed`, or `not done` where the work was ended before."),
            key(&["message"], "", "The same in words."),
            key(
                &["message_fixed"],
                "",
                "Why the fits with the spectrum of the whole time failed; empty when they did not.",
            ),
            key(&["maps"], "", "How the source maps were made, in words."),
            key(&["counts"], "counts", "Observed counts of the region."),
            key(&["fit_success"], "", "Whether a fit of the bin was good enough."),
            key(&["fit_success_fixed"], "", "Whether the fits with the spectrum of the whole time were."),
            key(&["fit_quality", "fit_status"], "", "Quality and status of the last fit of the ladder."),
            key(&["num_free_params"], "", "How many parameters were free in it."),
            key(&["attempts"], "", "The fits of the ladder.").holding(Holds::List(&BinAttempt::KEYS)),
            key(&["is_ul"], "", "Whether the TS is below `ul_ts_threshold`, so that the limit stands for the bin."),
            key(
                &["norm_ul"],
                "of the parameter",
                "Upper limit of the norm at `ul_confidence`, other free norms fitted again, the scale not applied.",
            ),
            key(&["flux_ul"], PHOTONS, "Upper limit of the photon flux at `ul_confidence`."),
            key(&["eflux_ul"], ENERGY, "Upper limit of the energy flux at `ul_confidence`."),
            key(
                &["norm_ul_bayes", "flux_ul_bayes", "eflux_ul_bayes"],
                "of the parameter, ph / (cm2 s), MeV / (cm2 s)",
                "The same below which `ul_confidence` of the likelihood lies, all norms from 0 on taken for equally likely: the limits of few counts, where the bin is a limit (`is_ul`); `null` elsewhere.",
            ),
            key(&["flux_const"], PHOTONS, "Flux of the whole time in the range of the analysis, the same in all bins."),
            key(&["loglike_const"], "", "`logL` with the spectrum of the whole time, other free parameters fitted."),
            key(&["ts", "ts_fixed"], "", "Test statistic of the source in the bin."),
            key(&["loglike", "loglike_fixed"], "", "`logL` of the fit."),
            key(&["npred", "npred_fixed"], "counts", "Predicted counts of the source."),
            key(&["npred_wt", "npred_wt_fixed"], "counts", "The same, weighted."),
            key(&["pivot_energy", "pivot_energy_fixed"], "MeV", "Where the error band of the spectrum is narrowest."),
            key(
                &["flux", "flux100", "flux1000", "flux10000"],
                PHOTONS,
                "Photon flux in the range of energies, and from 100, 1000 and 10000 MeV to 316 GeV.",
            ),
            key(&["flux_err", "flux100_err", "flux1000_err", "flux10000_err"], PHOTONS, "Its 1 sigma error."),
            key(
                &["flux_ul95", "flux100_ul95", "flux1000_ul95", "flux10000_ul95"],
                PHOTONS,
                "Its one-sided 95 % upper limit, everything but the norm held.",
            ),
            key(
                &["flux_ul95_profile", "flux100_ul95_profile", "flux1000_ul95_profile", "flux10000_ul95_profile"],
                PHOTONS,
                "The same with all that was free fitted again.",
            ),
            key(&["flux_fixed", "flux100_fixed", "flux1000_fixed", "flux10000_fixed"], PHOTONS, HELD),
            key(&["flux_err_fixed", "flux100_err_fixed", "flux1000_err_fixed", "flux10000_err_fixed"], PHOTONS, HELD),
            key(
                &["flux_ul95_fixed", "flux100_ul95_fixed", "flux1000_ul95_fixed", "flux10000_ul95_fixed"],
                PHOTONS,
                HELD,
            ),
            key(
                &[
                    "flux_ul95_profile_fixed",
                    "flux100_ul95_profile_fixed",
                    "flux1000_ul95_profile_fixed",
                    "flux10000_ul95_profile_fixed",
                ],
                PHOTONS,
                HELD,
            ),
            key(
                &["eflux", "eflux100", "eflux1000", "eflux10000"],
                ENERGY,
                "Energy flux in the range of energies, and from 100, 1000 and 10000 MeV to 316 GeV.",
            ),
            key(&["eflux_err", "eflux100_err", "eflux1000_err", "eflux10000_err"], ENERGY, "Its 1 sigma error."),
            key(
                &["eflux_ul95", "eflux100_ul95", "eflux1000_ul95", "eflux10000_ul95"],
                ENERGY,
                "Its one-sided 95 % upper limit, everything but the norm held.",
            ),
            key(
                &["eflux_ul95_profile", "eflux100_ul95_profile", "eflux1000_ul95_profile", "eflux10000_ul95_profile"],
                ENERGY,
                "The same with all that was free fitted again.",
            ),
            key(&["eflux_fixed", "eflux100_fixed", "eflux1000_fixed", "eflux10000_fixed"], ENERGY, HELD),
            key(
                &["eflux_err_fixed", "eflux100_err_fixed", "eflux1000_err_fixed", "eflux10000_err_fixed"],
                ENERGY,
                HELD,
            ),
            key(
                &["eflux_ul95_fixed", "eflux100_ul95_fixed", "eflux1000_ul95_fixed", "eflux10000_ul95_fixed"],
                ENERGY,
                HELD,
            ),
            key(
                &[
                    "eflux_ul95_profile_fixed",
                    "eflux100_ul95_profile_fixed",
                    "eflux1000_ul95_profile_fixed",
                    "eflux10000_ul95_profile_fixed",
                ],
                ENERGY,
                HELD,
            ),
            key(
                &["dnde", "dnde100", "dnde1000", "dnde10000"],
                DIFFERENTIAL,
                "dN/dE at the pivot energy, and at 100, 1000 and 10000 MeV.",
            ),
            key(&["dnde_err", "dnde100_err", "dnde1000_err", "dnde10000_err"], DIFFERENTIAL, "Its 1 sigma error."),
            key(
                &["dnde_index", "dnde100_index", "dnde1000_index", "dnde10000_index"],
                "",
                "Minus the slope of the spectrum there.",
            ),
            key(&["dnde_fixed", "dnde100_fixed", "dnde1000_fixed", "dnde10000_fixed"], DIFFERENTIAL, HELD),
            key(
                &["dnde_err_fixed", "dnde100_err_fixed", "dnde1000_err_fixed", "dnde10000_err_fixed"],
                DIFFERENTIAL,
                HELD,
            ),
            key(
                &["dnde_index_fixed", "dnde100_index_fixed", "dnde1000_index_fixed", "dnde10000_index_fixed"],
                "",
                HELD,
            ),
            key(&["param_names", "param_names_fixed"], "", "A list a bin: names of the parameters."),
            key(
                &["param_values", "param_values_fixed"],
                "of the parameter",
                "A list a bin: their values, the scale applied.",
            ),
            key(
                &["param_errors", "param_errors_fixed"],
                "of the parameter",
                "A list a bin: their 1 sigma errors; `null` of what was held.",
            ),
            key(
                &["norm_scan", "norm_scan_fixed"],
                "of the parameter",
                "A list a bin: points of the profile of the norm.",
            ),
            key(&["flux_scan", "flux_scan_fixed"], PHOTONS, "Photon flux at these points."),
            key(&["eflux_scan", "eflux_scan_fixed"], ENERGY, "Energy flux at these points."),
            key(&["dloglike_scan", "dloglike_scan_fixed"], "", "`logL` at these points relative to that of the fit."),
            key(&["loglike_scan", "loglike_scan_fixed"], "", "`logL` at these points."),
            key(&["ts_var"], "", "Test statistic of variability, one number."),
            key(&["ts_var_dof"], "", "Its degrees of freedom, one number: bins that take part, less one."),
            key(&["ts_var_p_value"], "", "The chance that a constant source has a larger one, one number."),
            key(&["ts_var_bins"], "", "What each bin adds to it; `null` of one that takes no part."),
            key(&["ts_var_excluded"], "", "Bins that were fitted and take no part.").holding(Holds::List(&EXCLUDED)),
            key(&["blocks"], "", "Stretches of constant flux.").holding(Holds::List(&Block::KEYS)),
            key(&["warnings"], "", "What else there is to know, and what is odd about the data."),
            key(&["config"], "", "The options.").holding(Holds::One(&LightCurveOptions::KEYS)),
        ],
    );
}
