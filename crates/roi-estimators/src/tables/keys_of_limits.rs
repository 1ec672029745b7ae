//! The keys of the limits by toys, explained.

use roi_fit::{Dictionary, Holds};

use crate::tables::keys::key;
use crate::toy_limit::toy_limit_options::ToyLimitOptions;
use crate::toy_limit::toy_limit_result::{TestedNorm, ToyLimit};

const NORM: &str = "of the norm";
const PHOTONS: &str = "1 / (cm2 s)";
const ENERGY: &str = "MeV / (cm2 s)";
const STATISTIC: &str = "Test statistic of the data: twice the fall of `logL` from its maximum to this norm, 0 where the best norm lies above.";
const P_VALUE: &str = "Share of the toys with the source at this norm whose statistic is at least as large, of those that were fitted; its standard deviation.";
const RANGE: &str = "What the share would be if none of the toys whose fits failed lay as far out, and if all did.";
const CLS: &str = "`p_value` over the same share of toys without the source; its standard deviation; `null` where CLs was not asked for.";

impl ToyLimitOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a limit",
        "The options of `limit`.",
        &[
            key(&["toys"], "", Self::TOYS.doc),
            key(&["confidence"], "", Self::CONFIDENCE.doc),
            key(&["seed"], "", "The seed of the toys."),
            key(&["cls"], "", Self::CLS.doc),
        ],
    );
}

impl TestedNorm {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Tests of a norm",
        "A value of the norm that was tested by toys.",
        &[
            key(&["norm"], NORM, "The value, the scale not applied."),
            key(&["statistic"], "", STATISTIC),
            key(&["p_value", "p_value_err"], "", P_VALUE),
            key(&["p_value_range"], "", RANGE),
            key(&["toys", "toys_failed"], "", "Toys that were drawn, and those of them whose fits came to no maximum."),
            key(
                &["p_value_without", "toys_failed_without"],
                "",
                "The share of toys without the source, and how many of their fits failed; `null` where CLs was not asked for.",
            ),
            key(&["cls", "cls_err"], "", CLS),
        ],
    );
}

impl ToyLimit {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "limit",
        "Upper limits by toys. Norms are those of the model's units, the scale not applied; fluxes are over the range of the analysis, and `null` where the shape is free.",
        &[
            key(&["name"], "", "The source."),
            key(&["par_name"], "", "Its norm."),
            key(&["norm"], NORM, "The norm that fits the data best."),
            key(&["confidence"], "", ToyLimitOptions::CONFIDENCE.doc),
            key(
                &["status", "cls_status"],
                "",
                "How the search for the limit ended, and that by CLs (`null` where that was not asked for): `converged`; `nothing allowed`, where the data are unlikely even without the source; `nothing excluded`.",
            ),
            key(
                &["norm_ul", "norm_ul_err"],
                NORM,
                "The limit by toys; its standard deviation from the number of toys; `null` where there is none.",
            ),
            key(&["norm_ul_asymptotic"], NORM, "The limit from the fall of `logL`, without toys."),
            key(
                &["norm_ul_cls", "norm_ul_cls_err"],
                NORM,
                "The limit by CLs, and its standard deviation, if it was asked for.",
            ),
            key(&["flux_ul", "flux_ul_asymptotic", "flux_ul_cls"], PHOTONS, "Photon flux at these limits."),
            key(&["eflux_ul", "eflux_ul_asymptotic", "eflux_ul_cls"], ENERGY, "Energy flux at these limits."),
            key(&["statistic"], "", STATISTIC),
            key(&["p_value", "p_value_err"], "", P_VALUE),
            key(&["p_value_range"], "", RANGE),
            key(&["cls", "cls_err"], "", CLS),
            key(
                &["toys", "toys_failed"],
                "",
                "Toys at each value, and fits of toys that failed, at all values together.",
            ),
            key(&["seed"], "", "The seed of the toys."),
            key(&["refitted"], "", "Parameters that were fitted again in each toy beside the norm."),
            key(&["tested"], "", "The values that were tested, by norm.").holding(Holds::List(&TestedNorm::KEYS)),
            key(&["warnings"], "", "What else there is to know."),
            key(&["config"], "", "The options.").holding(Holds::One(&ToyLimitOptions::KEYS)),
        ],
    );
}
