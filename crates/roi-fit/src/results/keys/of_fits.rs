//! `fit`, `optimize` and `loglike`.

use crate::fit::attempts::Attempt;
use crate::known::options::{FitOptions, OptimizeOptions};
use crate::known::source_properties::SourceProperties;
use crate::known::timing::Timing;
use crate::results::dictionary::{Dictionary, Holds, ResultKey, key};
use crate::results::fit_result::FitResult;
use crate::results::loglike_result::LoglikeResult;
use crate::results::optimize_result::{Convergence, OptimizeResult, OptimizeStep};

/// Passes over the data.
pub(super) const CALLS: Dictionary = Dictionary::new(
    "Calls",
    "Evaluations of the likelihood, each one pass over the data.",
    &[
        key(&["values"], "", "Of the value alone."),
        key(&["gradients"], "", "Of value and first derivatives."),
        key(&["hessians"], "", "Of value, first and second derivatives."),
    ],
);

const QUALITY: &str = "3: full accurate covariance; 2: full, but forced to be positive definite; 1: diagonal approximation; 0: not calculated.";
const STATUS: &str = "0 when all is well; each other number is a reason, which `message` tells in words.";
const LOGLIKE: &str = "Log-likelihood, larger is better, without the ln N! term, priors included.";
const RANGE: ResultKey = key(
    &["energy_range"],
    "MeV",
    "Lowest and highest energy of the bins that count: those between `--emin` and `--emax`, or all.",
);
const TIMING: ResultKey = key(&["timing"], "", "What it took.").holding(Holds::One(&Timing::KEYS));

impl Attempt {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Attempts",
        "What a fit tried, in order.",
        &[
            key(&["method"], "", "The optimizer."),
            key(&["start"], "", "Where it began."),
            key(&["loglike"], "", LOGLIKE),
            key(&["fit_quality"], "", QUALITY),
            key(&["fit_status"], "", STATUS),
            key(&["message"], "", "The status in words."),
            key(&["calls"], "", "Evaluations of this attempt.").holding(Holds::One(&CALLS)),
            key(&["is_best"], "", "Whether the result is that of this attempt."),
        ],
    );
}

impl FitOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a fit",
        "The options with which a fit was made.",
        &[
            key(&["update"], "", Self::UPDATE.doc),
            key(&["optimizer"], "", Self::OPTIMIZER.doc),
            key(&["tol"], "", Self::TOL.doc),
            key(&["max_iter"], "", Self::MAX_ITER.doc),
            key(&["max_calls"], "", Self::MAX_CALLS.doc),
            key(&["init_lambda"], "", Self::INIT_LAMBDA.doc),
            key(&["retries"], "", Self::RETRIES.doc),
            key(&["min_fit_quality"], "", Self::MIN_FIT_QUALITY.doc),
            key(&["verbosity"], "", Self::VERBOSITY.doc),
            key(&["minos"], "", Self::MINOS.doc),
            key(&["reoptimize"], "", Self::REOPTIMIZE.doc),
            key(&["scan"], "", Self::SCAN.doc),
        ],
    );
}

/// Errors of MINOS.
const MINOS: Dictionary = Dictionary::new(
    "MINOS errors",
    "Asymmetric errors, one entry a free parameter, the scale not applied.",
    &[
        key(
            &["lower"],
            "of the parameter",
            "How far down `logL` falls by 0.5, a negative number; `null` where that was not found.",
        ),
        key(&["upper"], "of the parameter", "The same upwards."),
    ],
);

impl FitResult {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "fit",
        "Lists have one entry a free parameter, in the order of sources by name and of the parameters in their spectrum. Of a fit that failed, values, errors, matrices and `loglike` are those of its best attempt.",
        &[
            key(
                &["fit_success"],
                "",
                "Whether the quality reached `min_fit_quality`; if not, every parameter is as it was before.",
            ),
            key(&["fit_quality"], "", QUALITY),
            key(&["fit_status"], "", STATUS),
            key(&["message"], "", "The status in words."),
            key(&["edm"], "", "Estimated distance to the maximum: the rise of `logL` that is estimated to be left."),
            key(&["niter"], "", "Number of attempts."),
            key(&["attempts"], "", "What was tried, in order.").holding(Holds::List(&Attempt::KEYS)),
            key(&["loglike", "logLike"], "", LOGLIKE),
            key(&["dloglike", "dlogLike"], "", "What the fit gained in `logL`."),
            key(&["restored"], "", "Whether the model is again what it was before the fit."),
            key(&["start_values"], "of the parameter", "Values before the fit, the scale not applied."),
            key(&["values"], "of the parameter", "Values, the scale not applied."),
            key(&["errors"], "of the parameter", "1 sigma errors, the scale not applied."),
            key(&["covariance"], "of the parameters", "Covariance of `values`; `null` when it was not calculated."),
            key(&["correlation"], "", "Correlation of the parameters; `null` when it was not calculated."),
            key(&["true_values"], "of the parameter", "Values times scale."),
            key(&["true_errors"], "of the parameter", "Errors times the absolute scale."),
            key(&["true_covariance"], "of the parameters", "Covariance of `true_values`."),
            key(&["minos"], "", "Asymmetric errors; `null` unless they were asked for.").holding(Holds::One(&MINOS)),
            key(&["src_names"], "", "Source of each parameter."),
            key(&["par_names"], "", "Name of each parameter."),
            key(&["is_norm"], "", "Whether the parameter is the normalisation of its source."),
            key(&["indices"], "", "Position of the parameter among all spectral parameters of the region, from 0."),
            key(&["at_limit"], "", "Positions in these lists of the parameters that ended at a bound, from 0."),
            key(&["warnings"], "", "What else there is to know of the fit, and what is odd about the data."),
            key(&["config"], "", "The options.").holding(Holds::One(&FitOptions::KEYS)),
            key(&["sources"], "", "The sources with free parameters after the fit, by name.")
                .holding(Holds::ByName(&SourceProperties::KEYS)),
            key(&["calls"], "", "Evaluations of all attempts.").holding(Holds::One(&CALLS)),
            RANGE,
            TIMING,
        ],
    );
}

impl OptimizeStep {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Steps of an optimization",
        "Its fits, in order.",
        &[
            key(
                &["step"],
                "",
                "1: the largest components jointly; 2: one other norm; 3: norm and shape of one source; 4: everything jointly, of `until_converged`.",
            ),
            key(&["sources"], "", "Names of the sources that were freed."),
            key(&["npred"], "counts", "Predicted counts of them before the fit."),
            key(&["ts"], "", "TS of the source before the fit, by which step 3 is ordered; `null` in other steps."),
            key(&["logLike"], "", LOGLIKE),
            key(&["dlogLike"], "", "What the fit gained in `logL`."),
            key(&["fit_quality"], "", QUALITY),
            key(&["fit_status"], "", STATUS),
            key(&["fit_success"], "", "Whether its parameters were taken over."),
            key(&["message"], "", "The status in words."),
        ],
    );
}

impl Convergence {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Convergence",
        "How the joint fits of `until_converged` ended.",
        &[
            key(&["converged"], "", "Whether the joint maximum was reached."),
            key(&["rounds"], "", "Number of joint fits."),
            key(&["n_free"], "", "Number of parameters of the last one."),
            key(&["fit_quality"], "", QUALITY),
            key(&["edm"], "", "The rise of `logL` that is estimated to be left."),
            key(&["largest_pull"], "", "Largest |d logL / d value| times error of the parameters within their bounds."),
            key(&["at_limit"], "", "Pairs of a parameter at a bound, as SOURCE:PAR, and d logL / d value there."),
        ],
    );
}

/// The options of `optimize`.
const OPTIMIZE_OPTIONS: Dictionary = Dictionary::new(
    "Options of an optimization",
    "The options with which a region was optimized.",
    &[
        key(&["npred_frac"], "", OptimizeOptions::NPRED_FRAC.doc),
        key(&["npred_threshold"], "counts", OptimizeOptions::NPRED_THRESHOLD.doc),
        key(&["shape_ts_threshold"], "", OptimizeOptions::SHAPE_TS_THRESHOLD.doc),
        key(&["max_free_sources"], "", OptimizeOptions::MAX_FREE_SOURCES.doc),
        key(&["skip"], "", OptimizeOptions::SKIP.doc),
        key(&["until_converged"], "", OptimizeOptions::UNTIL_CONVERGED.doc),
        key(&["max_rounds"], "", OptimizeOptions::MAX_ROUNDS.doc),
        key(&["optimizer"], "", "How each fit is made.").holding(Holds::One(&FitOptions::KEYS)),
    ],
);

impl OptimizeResult {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "optimize",
        "A region after the three steps.",
        &[
            key(&["loglike0", "logLike0"], "", "`logL` before."),
            key(&["loglike1", "logLike1"], "", "`logL` after."),
            key(&["dloglike", "dlogLike"], "", "What was gained in `logL`."),
            key(&["cancelled"], "", "Whether it was stopped before its end."),
            key(&["n_failed"], "", "Number of fits that failed; their parameters were restored."),
            key(&["steps"], "", "Its fits, in order.").holding(Holds::List(&OptimizeStep::KEYS)),
            key(&["convergence"], "", "How the joint fits ended; `null` unless they were asked for.")
                .holding(Holds::One(&Convergence::KEYS)),
            key(&["sources"], "", "All sources, by name.").holding(Holds::ByName(&SourceProperties::KEYS)),
            key(&["calls"], "", "Evaluations of all fits.").holding(Holds::One(&CALLS)),
            key(&["config"], "", "The options.").holding(Holds::One(&OPTIMIZE_OPTIONS)),
            RANGE,
            TIMING,
        ],
    );
}

const WEIGHTED: &str = "The same, each pixel's counts times its likelihood weight; only with weights.";

/// A source in the result of `loglike`.
const COUNTS_OF_SOURCE: Dictionary = Dictionary::new(
    "Predicted counts of a source",
    "A source in the result of `loglike`.",
    &[
        key(&["npred"], "counts", "Predicted counts in all components."),
        key(&["npred_by_bin"], "counts", "A list for each component: predicted counts of each energy bin."),
        key(&["npred_wt"], "counts", WEIGHTED),
    ],
);

/// A component in the result of `loglike`.
const COUNTS_OF_COMPONENT: Dictionary = Dictionary::new(
    "Counts of a component",
    "A component in the result of `loglike`, its bins those in the range of energies.",
    &[
        key(&["name"], "", "The component."),
        key(&["energies"], "MeV", "Edges of the energy bins."),
        key(&["counts"], "counts", "Observed counts of each bin."),
        key(&["npred"], "counts", "Predicted counts of all sources and bins."),
        key(&["sources"], "counts", "Predicted counts of each bin, by source.").holding(Holds::ValuesByName),
        key(&["counts_wt"], "counts", "Observed counts of each bin times the likelihood weights; only with weights."),
        key(&["npred_wt"], "counts", WEIGHTED),
        key(&["sources_wt"], "counts", WEIGHTED).holding(Holds::ValuesByName),
    ],
);

impl LoglikeResult {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "loglike",
        "The model as it stands.",
        &[
            key(&["loglike", "logLike"], "", LOGLIKE),
            key(&["npred"], "counts", "Predicted counts of all sources and components."),
            key(&["counts"], "counts", "Observed counts of all components."),
            key(&["npred_wt"], "counts", WEIGHTED),
            key(&["counts_wt"], "counts", "Observed counts times the likelihood weights; only with weights."),
            key(&["sources"], "", "The sources, by name.").holding(Holds::ByName(&COUNTS_OF_SOURCE)),
            key(&["components"], "", "The components, in the order of the configuration.")
                .holding(Holds::List(&COUNTS_OF_COMPONENT)),
            key(&["gradient"], "of 1 / the parameter", "d logL / d value of each free parameter, by SOURCE:PAR.")
                .holding(Holds::ValuesByName),
            key(&["calls"], "", "Evaluations.").holding(Holds::One(&CALLS)),
            RANGE,
            TIMING,
        ],
    );
}
