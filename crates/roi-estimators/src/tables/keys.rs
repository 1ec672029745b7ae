//! The keys of the result dictionaries, explained.

use roi_fit::{Dictionary, FitOptions, Holds, ModelFlux, ResultKey};

use crate::sed::sed_options::SedOptions;
use crate::sed::sed_result::SedResult;
use crate::shape::curvature::Curvature;

const PHOTONS: &str = "1 / (cm2 s)";
const ENERGY: &str = "MeV / (cm2 s)";
const DIFFERENTIAL: &str = "1 / (cm2 s MeV)";
const LOGLIKE: &str = "`logL` at the maximum.";

/// Keys of one meaning, at which values stand.
pub(crate) const fn key(names: &'static [&'static str], unit: &'static str, doc: &'static str) -> ResultKey {
    ResultKey::new(names, unit, doc)
}

impl SedOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a spectrum",
        "The options of `sed`.",
        &[
            key(&["bin_index"], "", Self::BIN_INDEX.doc),
            key(&["use_local_index"], "", Self::USE_LOCAL_INDEX.doc),
            key(&["free_background"], "", Self::FREE_BACKGROUND.doc),
            key(
                &["free_radius"],
                "deg",
                "Within which the norms of other sources are free in each bin; `null` for none.",
            ),
            key(
                &["free_pars"],
                "",
                "Parameters of the source that are free in the fit of the whole range; none for norm and shape.",
            ),
            key(&["ul_ts_threshold"], "", Self::UL_TS_THRESHOLD.doc),
            key(&["ul_confidence"], "", Self::UL_CONFIDENCE.doc),
            key(&["cov_scale"], "", Self::COV_SCALE.doc),
            key(
                &["loge_bins"],
                "log10 of MeV",
                "Edges of the bins that were asked for; `null` for all of the analysis.",
            ),
            key(&["llscan_npts"], "", Self::LLSCAN_NPTS.doc),
            key(&["optimizer"], "", "How the whole range is fitted.").holding(Holds::One(&FitOptions::KEYS)),
        ],
    );
}

impl SedResult {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "sed",
        "Lists have one entry a bin, unless said otherwise; what is not defined is `null`. A `norm` is in units of the reference spectrum, whose flux is `ref_flux`.",
        &[
            key(&["name"], "", "The source."),
            key(&["e_min", "e_max"], "MeV", "Edges of the bin."),
            key(&["e_ctr", "e_ref"], "MeV", "Logarithmic middle of the bin, where `dnde` is."),
            key(&["loge_min", "loge_max", "loge_ctr", "loge_ref"], "log10 of MeV", "The same energies as logarithms."),
            key(&["ref_flux"], PHOTONS, "Photon flux of the reference spectrum in the bin."),
            key(&["ref_eflux"], ENERGY, "Its energy flux in the bin."),
            key(
                &["ref_dnde", "ref_dnde_e_min", "ref_dnde_e_max"],
                DIFFERENTIAL,
                "Its dN/dE in the middle and at the edges of the bin.",
            ),
            key(&["ref_e2dnde"], ENERGY, "Its E^2 dN/dE in the middle of the bin."),
            key(&["ref_npred"], "counts", "Its predicted counts."),
            key(&["norm", "norm_err", "norm_err_hi", "norm_err_lo", "norm_ul95", "norm_ul"], "reference", NORMS),
            key(
                &["flux", "flux_err", "flux_err_hi", "flux_err_lo", "flux_ul95", "flux_ul"],
                PHOTONS,
                "Photon flux in the bin, as `norm`.",
            ),
            key(
                &["eflux", "eflux_err", "eflux_err_hi", "eflux_err_lo", "eflux_ul95", "eflux_ul"],
                ENERGY,
                "Energy flux in the bin, as `norm`.",
            ),
            key(
                &["dnde", "dnde_err", "dnde_err_hi", "dnde_err_lo", "dnde_ul95", "dnde_ul"],
                DIFFERENTIAL,
                "dN/dE in the middle of the bin, as `norm`.",
            ),
            key(
                &["e2dnde", "e2dnde_err", "e2dnde_err_hi", "e2dnde_err_lo", "e2dnde_ul95", "e2dnde_ul"],
                ENERGY,
                "E^2 dN/dE in the middle of the bin, as `norm`.",
            ),
            key(&["index"], "", "Index of the power law in the bin."),
            key(&["npred"], "counts", "Predicted counts of the source."),
            key(&["counts"], "counts", "Observed counts."),
            key(&["ts"], "", "Test statistic of the source in the bin."),
            key(&["loglike"], "", LOGLIKE),
            key(&["fit_quality"], "", "Quality of the fit of the bin, 3 is best."),
            key(&["fit_status"], "", "Status of the fit of the bin, 0 when all is well."),
            key(&["norm_scan"], "reference", "A list a bin: points of the profile of the norm."),
            key(
                &["dloglike_scan"],
                "",
                "`logL` at these points relative to the maximum; `null` where the data are impossible.",
            ),
            key(&["loglike_scan"], "", "`logL` at these points."),
            key(&["correlation"], "", "Correlation of the norm with the norms of other free sources, by their names.")
                .holding(Holds::ValuesByName),
            key(&["model_flux"], "", "The spectrum of the fit of the whole range.")
                .holding(Holds::One(&ModelFlux::KEYS)),
            key(&["SpectrumType"], "", "Its type."),
            key(&["param_names"], "", "Its parameters, filled up to ten entries."),
            key(
                &["param_values", "param_errors"],
                "of the parameter",
                "Their values and 1 sigma errors, the scale applied.",
            ),
            key(&["param_covariance"], "of the parameters", "Their covariance, the scale applied."),
            key(&["param_correlation"], "", "Their correlation; `null` for fixed ones."),
            key(&["warnings"], "", "What else there is to know, and what is odd about the data."),
            key(&["config"], "", "The options.").holding(Holds::One(&SedOptions::KEYS)),
        ],
    );
}

const NORMS: &str = "Normalisation in the bin; its 1 sigma error, that upwards and that downwards; its upper limits: one-sided at 95 %, and at `ul_confidence`.";

/// The fit of one spectrum.
const FIT: Dictionary = Dictionary::new(
    "Fits of spectra",
    "How the fit of one type of spectrum ended.",
    &[
        key(&["loglike"], "", LOGLIKE),
        key(&["fit_success"], "", "Whether the fit was good enough."),
        key(&["fit_quality"], "", "Its quality, 3 is best."),
        key(&["fit_status"], "", "Its status, 0 when all is well."),
        key(&["message"], "", "The status in words."),
    ],
);

/// The fits of all spectra.
const FITS: Dictionary = Dictionary::new(
    "Spectra of `curvature`",
    "The types of spectrum that are compared.",
    &[
        key(&["pl"], "", "Power law.").holding(Holds::One(&FIT)),
        key(&["lp"], "", "Log-parabola.").holding(Holds::One(&FIT)),
        key(&["ple"], "", "Power law with a cutoff of fixed shape.").holding(Holds::One(&FIT)),
        key(&["ple_free"], "", "The same, its shape free; `null` unless that was asked for.").holding(Holds::One(&FIT)),
    ],
);

/// The options of `curvature`.
const CURVATURE_OPTIONS: Dictionary = Dictionary::new(
    "Options of `curvature`",
    "The options.",
    &[
        key(&["Index2"], "", "Shape of the cutoff."),
        key(&["free_Index2"], "", "Whether the cutoff is also fitted with its shape free."),
        key(&["optimizer"], "", "How each spectrum is fitted.").holding(Holds::One(&FitOptions::KEYS)),
    ],
);

impl Curvature {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "curvature",
        "Power law against curved spectra; a TS is `null` where a fit was not good enough.",
        &[
            key(&["name"], "", "The source."),
            key(&["ts_curv", "lp_ts_curv"], "", "2 (logL of the log-parabola - logL of the power law)."),
            key(&["ple_ts_curv"], "", "The same for the cutoff of fixed shape."),
            key(&["ple_free_ts_curv"], "", "The same for the cutoff of free shape."),
            key(&["loglike_pl", "loglike_lp", "loglike_ple", "loglike_ple_free"], "", "`logL` of each fit."),
            key(&["Index2"], "", "Shape of the cutoff that was held."),
            key(&["fits"], "", "How each fit ended.").holding(Holds::One(&FITS)),
            key(&["config"], "", "The options.").holding(Holds::One(&CURVATURE_OPTIONS)),
        ],
    );
}
