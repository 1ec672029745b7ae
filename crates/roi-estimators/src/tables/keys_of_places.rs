//! The keys of the results of positions and extensions, explained.

use roi_fit::{Dictionary, Holds, ResultKey};

use crate::extension::extension_options::ExtensionOptions;
use crate::extension::extension_result::Extension;
use crate::localize::fitted_positions::FittedPositions;
use crate::localize::localization::Localization;
use crate::localize::localize_many::LocatedSources;
use crate::localize::localize_options::LocalizeOptions;
use crate::localize::positions_options::PositionsOptions;
use crate::tables::keys::key;

const PLACE: ResultKey = key(&["ra", "dec", "glon", "glat"], "deg", "The position that was found.");
const ERRORS: ResultKey =
    key(&["ra_err", "dec_err", "glon_err", "glat_err"], "deg", "1 sigma errors along these coordinates, on the sky.");
const OFFSET: ResultKey = key(&["pos_offset"], "deg", "How far the position lies from where it was.");
const ERROR: ResultKey = key(&["pos_err"], "deg", "Geometric mean of the 1 sigma half axes of the error ellipse.");
const RADII: ResultKey = key(
    &["pos_r68", "pos_r95", "pos_r99"],
    "deg",
    "Radii of circles as large as the ellipses that hold the position with 68, 95 and 99 %.",
);
const AXES: ResultKey =
    key(&["pos_err_semimajor", "pos_err_semiminor"], "deg", "1 sigma half axes of the error ellipse.");
const ANGLE: ResultKey = key(&["pos_angle"], "deg", "Position angle of the major axis, from north to east.");
const WARNINGS: ResultKey = key(&["warnings"], "", "What else there is to know, and what is odd about the data.");

impl LocalizeOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of a position",
        "The options of `localize`.",
        &[
            key(&["nstep"], "", Self::NSTEP.doc),
            key(&["dtheta_max"], "deg", Self::DTHETA_MAX.doc),
            key(&["free_background"], "", Self::FREE_BACKGROUND.doc),
            key(&["free_radius"], "deg", Self::FREE_RADIUS.doc),
            key(&["fix_shape"], "", Self::FIX_SHAPE.doc),
            key(&["update"], "", Self::UPDATE.doc),
        ],
    );
}

/// The scan around a position.
const SCAN: Dictionary = Dictionary::new(
    "Scan around a position",
    "A square of points around the position that was found.",
    &[
        key(&["nstep"], "", "Points along a side."),
        key(&["step"], "deg", "Distance of two points."),
        key(&["ts"], "", "Rows of twice the gain in `logL` over the model without the source."),
        key(&["loglike"], "", "Rows of `logL`."),
        key(&["loglike_null"], "", "`logL` without the source."),
    ],
);

impl Localization {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "localize",
        "The position of a source; what is not known is `null`.",
        &[
            key(&["name"], "", "The source."),
            PLACE,
            key(&["ra_preloc", "dec_preloc", "glon_preloc", "glat_preloc"], "deg", "The position before."),
            key(&["xpix", "ypix"], "", "Pixel of the position in the counts cube, from 0."),
            key(&["deltax", "deltay"], "deg", "How far it was moved along the axes of the map."),
            ERRORS,
            OFFSET,
            ERROR,
            RADII,
            AXES,
            ANGLE,
            key(&["pos_ecc", "pos_ecc2"], "", "First and second eccentricity of the error ellipse."),
            key(&["pos_deviation"], "", "How far `logL` on the ellipse is from that of a parabola."),
            key(
                &["pos_gal_cov", "pos_cel_cov"],
                "deg2",
                "Covariance of the position in galactic and in celestial coordinates.",
            ),
            key(&["pos_gal_corr", "pos_cel_corr"], "", "The correlations."),
            key(&["pos_contour"], "deg", "Points of the contour of `logL`."),
            key(&["loglike_init"], "", "`logL` of the model as it was."),
            key(&["loglike_base"], "", "`logL` of the fit at the old position."),
            key(&["loglike_loc"], "", "`logL` at the new position."),
            key(&["dloglike_loc"], "", "What the new position gained."),
            key(&["fit_success"], "", "Whether the fit of the position was good enough."),
            key(&["fit_inbounds"], "", "Whether the position lies within `dtheta_max` of the old one."),
            key(&["tsmap_peak"], "", "The scan around the position, if there was one.").holding(Holds::One(&SCAN)),
            WARNINGS,
            key(&["config"], "", "The options.").holding(Holds::One(&LocalizeOptions::KEYS)),
        ],
    );
}

/// A source of several that could not be localized.
const FAILED: Dictionary = Dictionary::new(
    "Sources that were not localized",
    "A source that has no position to fit, or none that could be fitted.",
    &[key(&["name"], "", "The source."), key(&["error"], "", "Why.")],
);

impl LocatedSources {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "localize, several sources",
        "The positions of several sources, each for itself.",
        &[
            key(&["sources"], "", "The sources that were localized.").holding(Holds::List(&Localization::KEYS)),
            key(&["failed"], "", "The others.").holding(Holds::List(&FAILED)),
            key(&["config"], "", "The options.").holding(Holds::One(&LocalizeOptions::KEYS)),
        ],
    );
}

impl PositionsOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of positions of one fit",
        "The options of `localize --joint`.",
        &[
            key(&["dtheta_max"], "deg", LocalizeOptions::DTHETA_MAX.doc),
            key(&["free_background"], "", Self::FREE_BACKGROUND.doc),
            key(&["free_radius"], "deg", LocalizeOptions::FREE_RADIUS.doc),
            key(&["fix_shape"], "", LocalizeOptions::FIX_SHAPE.doc),
            key(&["update"], "", LocalizeOptions::UPDATE.doc),
        ],
    );
}

/// A source of several that were fitted together.
const FITTED: Dictionary = Dictionary::new(
    "A position of one fit",
    "A source and its position; what is not known is `null`.",
    &[
        key(&["name"], "", "The source."),
        PLACE,
        key(&["ra_preloc", "dec_preloc"], "deg", "The position before."),
        key(&["ra_err", "dec_err"], "deg", "1 sigma errors along these coordinates, on the sky."),
        OFFSET,
        ERROR,
        RADII,
        AXES,
        ANGLE,
    ],
);

impl FittedPositions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "localize --joint",
        "The positions of several sources of one fit.",
        &[
            key(&["sources"], "", "The sources.").holding(Holds::List(&FITTED)),
            key(&["pos_cov"], "deg2", "Covariance of all positions: of each source to the east and to the north."),
            key(&["loglike_init"], "", "`logL` of the model as it was."),
            key(&["loglike_base"], "", "`logL` of the fit at the old positions."),
            key(&["loglike_loc"], "", "`logL` at the new positions."),
            key(&["dloglike_loc"], "", "What the new positions gained."),
            key(&["fit_success"], "", "Whether the fit of the positions was good enough."),
            key(&["fit_inbounds"], "", "Whether all positions lie within `dtheta_max` of the old ones."),
            WARNINGS,
            key(&["config"], "", "The options.").holding(Holds::One(&PositionsOptions::KEYS)),
        ],
    );
}

impl ExtensionOptions {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Options of an extension",
        "The options of `extension`.",
        &[
            key(&["spatial_model"], "", Self::SPATIAL_MODEL.doc),
            key(&["width"], "deg", "Widths of the curve that were asked for; none for the usual ones."),
            key(&["width_min"], "deg", Self::WIDTH_MIN.doc),
            key(&["width_max"], "deg", Self::WIDTH_MAX.doc),
            key(&["width_nstep"], "", Self::WIDTH_NSTEP.doc),
            key(&["fit_position"], "", Self::FIT_POSITION.doc),
            key(&["free_background"], "", Self::FREE_BACKGROUND.doc),
            key(&["free_radius"], "deg", Self::FREE_RADIUS.doc),
            key(&["fix_shape"], "", Self::FIX_SHAPE.doc),
            key(&["fit_ebin"], "", Self::FIT_EBIN.doc),
            key(&["reoptimize"], "", Self::REOPTIMIZE.doc),
            key(&["update"], "", Self::UPDATE.doc),
            key(&["sqrt_ts_threshold"], "", Self::SQRT_TS_THRESHOLD.doc),
            key(&["save_model_map"], "", Self::SAVE_MODEL_MAP.doc),
            key(
                &["psf_scale_fn"],
                "",
                "Two lists, energies (log10 of MeV) and parts by which the PSF of the source is wider there; `null` for the PSF as it is.",
            ),
        ],
    );
}

impl Extension {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "extension",
        "The width of a source: the radius that holds 68 % of it. Keys that begin with `ebin_` are lists with one entry an energy bin, with `fit_ebin`.",
        &[
            key(&["name"], "", "The source."),
            key(&["width"], "deg", "Widths of the curve."),
            key(&["loglike"], "", "`logL` of each."),
            key(&["dloglike"], "", "The same relative to a point."),
            key(&["ext"], "deg", "The width that was found."),
            key(&["ext_err", "ext_err_hi", "ext_err_lo"], "deg", "Its 1 sigma error, that upwards and that downwards."),
            key(&["ext_ul95"], "deg", "Its 95 % upper limit."),
            key(&["ts_ext"], "", "Twice the gain in `logL` over a point."),
            key(&["loglike_init"], "", "`logL` of the model as it was."),
            key(&["loglike_base"], "", "`logL` after the first fit."),
            key(&["loglike_ptsrc"], "", "`logL` of a point."),
            key(&["loglike_ext"], "", "`logL` of the extended source."),
            PLACE,
            ERRORS,
            OFFSET,
            ERROR,
            RADII,
            AXES,
            ANGLE,
            key(&["fit_success"], "", "Whether the fit of the width was good enough."),
            key(
                &["ebin_e_min", "ebin_e_ctr", "ebin_e_max"],
                "MeV",
                "Lower edge, logarithmic middle and upper edge of the bin.",
            ),
            key(&["ebin_ext"], "deg", "The width in the bin."),
            key(&["ebin_ext_err", "ebin_ext_err_hi", "ebin_ext_err_lo"], "deg", "Its 1 sigma errors."),
            key(&["ebin_ext_ul95"], "deg", "Its 95 % upper limit."),
            key(&["ebin_ts_ext"], "", "Twice the gain in `logL` over a point."),
            key(&["ebin_loglike_ptsrc"], "", "`logL` of a point in the bin."),
            key(&["ebin_loglike_ext"], "", "`logL` of the extended source in the bin."),
            key(&["ebin_width"], "deg", "A list a bin: widths of its curve."),
            key(&["ebin_loglike"], "", "A list a bin: `logL` of each."),
            key(&["ebin_dloglike"], "", "A list a bin: the same relative to a point."),
            WARNINGS,
            key(&["config"], "", "The options.").holding(Holds::One(&ExtensionOptions::KEYS)),
        ],
    );
}
