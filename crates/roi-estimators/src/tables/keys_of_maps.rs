//! The keys of the results of maps and of the search for new sources, explained.

use roi_fit::{Dictionary, FitOptions, Holds};

use crate::find::find_options::FindSourcesOptions;
use crate::find::find_result::FoundSources;
use crate::goodness::goodness_result::Goodness;
use crate::psmap::ps_options::PsMapOptions;
use crate::psmap::ps_result::PsMap;
use crate::residmap::resid_options::ResidMapOptions;
use crate::residmap::resid_result::ResidMap;
use crate::tables::keys::key;
use crate::tscube::tscube_options::TsCubeOptions;
use crate::tscube::tscube_result::TsCube;
use crate::tsmap::ts_options::TsMapOptions;
use crate::tsmap::ts_result::TsMap;

const EXCLUDE: &str = "Sources that were left out of the model.";
const BOUNDS: &str = "Range of energies that was asked for; `null` for an end that was not.";

/// A test source.
const TEST_SOURCE: Dictionary = Dictionary::new(
    "Test source",
    "The source whose norm is fitted at each pixel; beside these keys it has those of the parameters that were given, by their names.",
    &[
        key(&["SpatialModel"], "", "`PointSource`, `RadialDisk`, `RadialGaussian` or `Gaussian`."),
        key(&["SpatialWidth"], "deg", "Radius that holds 68 % of it; of no meaning for a point."),
        key(&["SpectrumType"], "", "Type of its spectrum."),
        key(&["Index"], "", "Index of a power law, a positive number."),
        key(&["Prefactor"], "1 / (cm2 s MeV)", "Prefactor of a power law, from which the fit begins."),
        key(&["ra", "dec"], "deg", "Where it stands for the kernel: the middle of the map."),
    ],
);

impl Goodness {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Goodness of fit",
        "How well the counts agree with the model: sums over pixels, energy bins and components, beside what Poisson counts of the predicted means would give.",
        &[
            key(&["deviance"], "", "`2 sum (N ln(N/M) - N + M)`, of counts N and model M."),
            key(
                &["deviance_expected"],
                "",
                "Its expectation for a true model; fitting lowers it by about the number of fitted parameters.",
            ),
            key(&["deviance_sigma"], "", "Its standard deviation for a true model."),
            key(&["deviance_pull"], "sigma", "How far the deviance lies above its expectation."),
            key(&["p_value"], "", "Probability of a deviance as large, for a true model."),
            key(
                &["impossible"],
                "",
                "Pixels and energy bins with counts where the model predicts none; they are in no sum.",
            ),
        ],
    );
}

impl ResidMapOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a residual map",
        "The options of `residmap`.",
        &[
            key(&["model"], "", "The test source.").holding(Holds::One(&TEST_SOURCE)),
            key(&["exclude"], "", EXCLUDE),
            key(&["loge_bounds"], "log10 of MeV", BOUNDS),
            key(&["use_weights"], "", Self::USE_WEIGHTS.doc),
        ],
    );
}

impl ResidMap {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "residmap",
        "Maps are lists of rows.",
        &[
            key(&["name"], "", "Name of the test source, as files have it."),
            key(&["projtype"], "", "`WCS` or `HPX`."),
            key(&["src_dict"], "", "The test source.").holding(Holds::One(&TEST_SOURCE)),
            key(&["sigma"], "sigma", "Significance, negative where there are too few counts."),
            key(&["data"], "counts", "Counts, smoothed with the test source."),
            key(&["model"], "counts", "Model, smoothed likewise."),
            key(&["excess"], "counts", "Their difference."),
            key(&["mask"], "", "Where likelihood weights are above 0; `null` where none are used."),
            key(&["config"], "", "The options.").holding(Holds::One(&ResidMapOptions::KEYS)),
        ],
    );
}

impl TsMapOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a TS map",
        "The options of `tsmap`.",
        &[
            key(&["model"], "", "The test source.").holding(Holds::One(&TEST_SOURCE)),
            key(&["exclude"], "", EXCLUDE),
            key(&["loge_bounds"], "log10 of MeV", BOUNDS),
            key(&["max_kernel_radius"], "deg", Self::MAX_KERNEL_RADIUS.doc),
            key(&["local_psf"], "", Self::LOCAL_PSF.doc),
            key(&["refit_background"], "", Self::REFIT_BACKGROUND.doc),
            key(&["threshold"], "", Self::THRESHOLD.doc),
            key(&["map_skydir"], "deg", "RA and Dec of the middle of the map; `null` for that of the region."),
            key(&["map_size"], "deg", "Side of the map; `null` for all of the region."),
        ],
    );
}

impl TsMap {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "tsmap",
        "Maps are lists of rows.",
        &[
            key(&["name"], "", "Name of the test source, as files have it."),
            key(&["src_dict"], "", "The test source.").holding(Holds::One(&TEST_SOURCE)),
            key(&["ts"], "", "Twice the gain in `logL` of a test source at the pixel."),
            key(&["sqrt_ts"], "", "Root of `ts`."),
            key(&["npred"], "counts", "Predicted counts of the test source at its maximum, also those beyond the map."),
            key(&["amplitude"], "of the norm parameter", "Its norm there, the scale applied."),
            key(&["loglike"], "", "`logL` of the model as it is, with what was excluded."),
            key(&["config"], "", "The options.").holding(Holds::One(&TsMapOptions::KEYS)),
        ],
    );
}

impl TsCubeOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a TS cube",
        "The options of `tscube`.",
        &[
            key(&["model"], "", "The test source.").holding(Holds::One(&TEST_SOURCE)),
            key(&["exclude"], "", EXCLUDE),
            key(&["map_skydir"], "deg", "RA and Dec of the middle of the map; `null` for that of the region."),
            key(&["map_size"], "deg", "Side of the map; `null` for all of the region."),
            key(&["do_sed"], "", Self::DO_SED.doc),
            key(&["nnorm"], "", Self::NNORM.doc),
            key(&["cov_scale_bb"], "", Self::COV_SCALE_BB.doc),
            key(&["cov_scale"], "", Self::COV_SCALE.doc),
        ],
    );
}

impl TsCube {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "tscube",
        "Maps are lists of rows; those of bins are lists of maps, empty without `do_sed`.",
        &[
            key(&["name"], "", "Name of the test source, as files have it."),
            key(&["src_dict"], "", "The test source.").holding(Holds::One(&TEST_SOURCE)),
            key(
                &["ts"],
                "",
                "Twice the gain in `logL` of a test source at the pixel, the free norms fitted with and without it.",
            ),
            key(&["sqrt_ts"], "", "Root of `ts`."),
            key(&["npred"], "counts", "Predicted counts of the test source at its maximum, also those beyond the map."),
            key(&["amplitude"], "of the norm parameter", "Its norm there, the scale applied."),
            key(
                &["amplitude_err"],
                "of the norm parameter",
                "Its 1 sigma error, from the Hessian of all that is free.",
            ),
            key(&["energies"], "MeV", "Edges of the energy bins."),
            key(&["bin_ts"], "", "TS of the test source in each energy bin."),
            key(&["bin_dnde"], "ph / (MeV cm2 s)", "Its dN/dE at the geometric centre of each energy bin."),
            key(&["loglike"], "", "`logL` without a test source, the free norms at their maximum."),
            key(&["config"], "", "The options.").holding(Holds::One(&TsCubeOptions::KEYS)),
        ],
    );
}

impl PsMapOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a PS map",
        "The options of `psmap`.",
        &[
            key(&["exclude"], "", EXCLUDE),
            key(&["emin"], "MeV", Self::EMIN.doc),
            key(&["emax"], "MeV", Self::EMAX.doc),
            key(&["nbinloge"], "", Self::NBINLOGE.doc),
            key(&["fixedradius"], "deg", "Radius for all energies; `null` for one that follows the PSF."),
            key(&["psfpar0"], "deg", Self::PSFPAR0.doc),
            key(&["psfpar1"], "MeV", Self::PSFPAR1.doc),
            key(&["psfpar2"], "", Self::PSFPAR2.doc),
            key(&["psfpar3"], "deg", Self::PSFPAR3.doc),
            key(&["psfpar0lst"], "deg", "`psfpar0` of each component, where they differ."),
            key(&["dpix"], "", Self::DPIX.doc),
            key(&["maxpoissoncount"], "counts", Self::MAXPOISSONCOUNT.doc),
            key(&["prob_epsilon"], "", Self::PROB_EPSILON.doc),
            key(&["nbinpdf"], "", Self::NBINPDF.doc),
            key(&["scaleaxis"], "", Self::SCALEAXIS.doc),
            key(&["use_weights"], "", Self::USE_WEIGHTS.doc),
            key(
                &["ipix", "jpix"],
                "",
                "Column and row of the one pixel that was asked for, from 1; `null` for the map.",
            ),
        ],
    );
}

impl PsMap {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "psmap",
        "Maps are lists of rows, `null` where a pixel was not computed.",
        &[
            key(&["name"], "", "`PSmap`."),
            key(
                &["psmap"],
                "",
                "PS: -log10 of the probability of a deviation as large as that of the counts around a pixel, negative where there are too few.",
            ),
            key(&["psmapsigma"], "sigma", "The same in Gaussian sigmas."),
            key(&["psmax"], "", "The largest PS."),
            key(&["psmaxsigma"], "sigma", "The same in Gaussian sigmas."),
            key(&["coordname1", "coordname2"], "", "Names of the coordinates of the map."),
            key(&["coordx", "coordy"], "deg", "Where the largest PS is, as text."),
            key(&["ipix", "jpix"], "", "Its column and row, from 1."),
            key(&["datcounts"], "counts", "Counts around it, in each bin of the spectrum."),
            key(&["modcounts"], "counts", "The model there."),
            key(&["weights"], "", "The weights there."),
            key(&["hlogebin"], "log10 of MeV", "Edges of the bins of the spectrum."),
            key(&["warnings"], "", "What else there is to know, and what is odd about the data."),
            key(&["config"], "", "The options.").holding(Holds::One(&PsMapOptions::KEYS)),
        ],
    );
}

impl FindSourcesOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of the search for sources",
        "The options of `find-sources`.",
        &[
            key(&["tsmap"], "", "How the maps are made.").holding(Holds::One(&TsMapOptions::KEYS)),
            key(&["min_separation"], "deg", Self::MIN_SEPARATION.doc),
            key(&["sqrt_ts_threshold"], "", Self::SQRT_TS_THRESHOLD.doc),
            key(&["max_iter"], "", Self::MAX_ITER.doc),
            key(&["sources_per_iter"], "", Self::SOURCES_PER_ITER.doc),
            key(&["free_params"], "", "Parameters of a new source that are fitted; none for norm and shape."),
            key(&["search_skydir"], "deg", "RA and Dec of the middle of the search region; `null` for all of the map."),
            key(&["search_minmax_radius"], "deg", "Least and largest distance from it; `null` for an open end."),
            key(&["joint_fit"], "", Self::JOINT_FIT.doc),
            key(&["optimizer"], "", "How each fit is made.").holding(Holds::One(&FitOptions::KEYS)),
        ],
    );
}

/// A new source.
const FOUND: Dictionary = Dictionary::new(
    "Sources that were found",
    "A new source, which stays in the model.",
    &[
        key(&["name"], "", "Its name."),
        key(&["iteration"], "", "The map that it was found on, from 0."),
        key(&["ra", "dec", "glon", "glat"], "deg", "Where it is."),
        key(
            &["pos_r68", "pos_r95", "pos_r99"],
            "deg",
            "Radii of circles as large as the ellipses that hold it with 68, 95 and 99 %; `null` where `logL` has no maximum.",
        ),
        key(
            &["pos_err_semimajor", "pos_err_semiminor"],
            "deg",
            "1 sigma half axes of the error ellipse; `null` where `logL` has no maximum.",
        ),
        key(&["pos_angle"], "deg", "Position angle of the major axis, from north to east."),
        key(&["ts"], "", "TS after its fit, the others held."),
        key(&["sqrt_ts_map"], "", "Root of the TS in the pixel of the map."),
        key(&["npred"], "counts", "Predicted counts."),
        key(&["fit_quality"], "", "Quality of its fit, 3 is best."),
    ],
);

/// A peak of a map.
const PEAK: Dictionary = Dictionary::new(
    "Peaks of TS maps",
    "A peak above the threshold.",
    &[
        key(&["iteration"], "", "The map, from 0."),
        key(&["ix", "iy"], "", "Column and row of its pixel, from 0."),
        key(&["ra", "dec"], "deg", "Where it is, between the pixels."),
        key(&["amp"], "", "Root of the TS in the pixel."),
        key(
            &["status"],
            "",
            "What became of it: `added`, `below_threshold`, `not_fitted`, `rejected`, `outside` or `later`.",
        ),
        key(&["source"], "", "The source that was added; `null` for none."),
    ],
);

impl FoundSources {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "find-sources",
        "The new sources of a region.",
        &[
            key(&["sources"], "", "The new sources, in the order in which they were added.")
                .holding(Holds::List(&FOUND)),
            key(&["peaks"], "", "All peaks of all maps above the threshold.").holding(Holds::List(&PEAK)),
            key(&["iterations"], "", "Number of maps that were made."),
            key(&["computed_pixels"], "", "Number of maxima that were computed for them."),
            key(&["loglike"], "", "`logL` at the end."),
            key(&["warnings"], "", "What else there is to know, and what is odd about the data."),
            key(&["config"], "", "The options.").holding(Holds::One(&FindSourcesOptions::KEYS)),
        ],
    );
}
