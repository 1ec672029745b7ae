//! Every key that a configuration may hold: its kind, its default, what it does. Checks, defaults and the page of keys come from here.

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Whole,
    Flag,
    Text,
    /// A list of texts; a text alone is a list of one.
    Texts,
    /// A list of anything, or one thing alone.
    List,
    Map,
}

/// Whether a key decides anything here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Used,
    /// Only steps of fermipy that come before the products exist, or its own house-keeping, use it: accepted and ignored.
    Ignored,
}

/// A key of a section.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) role: Role,
    /// As YAML; `null` for none.
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
}

/// A section.
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Whether each component may have its own.
    pub(super) by_component: bool,
    pub(super) doc: &'static str,
    pub(super) keys: &'static [Key],
}

const fn used(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { name, kind, role: Role::Used, default, doc }
}

const fn ignored(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { name, kind, role: Role::Ignored, default, doc }
}

use Kind::{Flag, List, Map, Number, Text, Texts, Whole};

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "files",
        by_component: true,
        doc: "The products to load; fermipy has no such section. What is not named is looked for in `fileio.outdir`, see above.",
        keys: &[
            used("ccube", Text, "null", "Counts cube."),
            used("srcmap", Text, "null", "Source maps in the layout of gtsrcmaps."),
            used("bexpmap", Text, "null", "Binned exposure."),
            used("psf", Text, "null", "Point spread function, from gtpsf."),
            used("drm", Text, "null", "Energy dispersion matrix, from gtdrm."),
            used(
                "ltcube",
                Text,
                "null",
                "Livetime cube: with response functions, exposure, PSF and energy dispersion matrix are computed where no file holds them. In its absence `data.ltcube`.",
            ),
            used(
                "irfs",
                Text,
                "null",
                "Folder of the response functions that `gtlike.irfs` names: one that holds the files, or the root of a calibration database; by default `$CALDB`.",
            ),
            used("wmap", Text, "null", "Map of likelihood weights."),
            used("xml", Text, "null", "Source model; without one the region is built from section `model`."),
            used(
                "priors",
                Text,
                "null",
                "Priors of parameters, YAML as pyLikelihood writes them; by default the file beside the source model whose name ends in `_priors.yaml` instead of `.xml`, if it is there.",
            ),
        ],
    },
    Section {
        name: "model",
        by_component: true,
        doc: "What the region is made of when there is no source model XML. A component may name other templates (its own isotropic spectrum, for example); the sources must be of the same kind in all components, and share their parameters.",
        keys: &[
            used("src_radius", Number, "null", "Catalog sources within this angle of the centre, degrees."),
            used(
                "src_roiwidth",
                Number,
                "null",
                "Catalog sources within a square of this full width, degrees. With `src_radius` both must hold.",
            ),
            used(
                "src_radius_roi",
                Number,
                "null",
                "Half of `src_roiwidth` under its old name; used if that is absent.",
            ),
            used("isodiff", List, "null", "Isotropic template: a file, `{name, file}`, or a list of them."),
            used("galdiff", List, "null", "Galactic template, likewise."),
            used("limbdiff", List, "null", "Template of the Earth limb, likewise."),
            used(
                "diffuse",
                List,
                "null",
                "Further templates, likewise: `.txt` is an isotropic spectrum, all else a map cube.",
            ),
            used(
                "diffuse_xml",
                Texts,
                "null",
                "Source libraries (XML) whose diffuse sources are taken, wherever they lie.",
            ),
            used("sources", List, "null", "Sources written out: `{name, ra, dec, SpectrumType, SpatialModel, ...}`."),
            used("diffuse_dir", Texts, "null", "Folders in which templates are looked for."),
            used(
                "catalogs",
                Texts,
                "[]",
                "Catalogs: 3FGL, 3FHL, 2FHL, FL8Y, 4FGL, 4FGL-DR2, 4FGL-DR3, 4FGL-DR4, FL16Y, a FITS file, or a source library XML.",
            ),
            used("extdir", Text, "null", "Folder of the templates of extended catalog sources."),
            used(
                "merge_sources",
                Flag,
                "true",
                "Whether a source that a later catalog has again takes the later values.",
            ),
            used(
                "assoc_xmatch_columns",
                Texts,
                "[3FGL_Name]",
                "Catalog columns by which sources of two catalogs are the same.",
            ),
            ignored(
                "extract_diffuse",
                Flag,
                "false",
                "Whether map cubes are cut out; here the part that a region needs is read.",
            ),
        ],
    },
    Section {
        name: "selection",
        by_component: true,
        doc: "The data. The counts are made already, so only the energies and the centre matter; the event type where the response is computed.",
        keys: &[
            used(
                "emin",
                Number,
                "null",
                "Lowest energy, MeV. The counts cube decides: all of its bins are used, and a difference is a warning.",
            ),
            used("emax", Number, "null", "Highest energy, MeV; as `emin`."),
            used("logemin", Number, "null", "Its log10; goes before `emin`."),
            used("logemax", Number, "null", "Its log10; goes before `emax`."),
            used("target", Text, "null", "Centre on this source of the model; goes before coordinates."),
            used("ra", Number, "null", "Right ascension of the centre, degrees."),
            used("dec", Number, "null", "Declination of the centre, degrees."),
            used("glon", Number, "null", "Galactic longitude of the centre, degrees."),
            used("glat", Number, "null", "Galactic latitude of the centre, degrees."),
            ignored("tmin", Number, "null", "First time, MET seconds."),
            ignored("tmax", Number, "null", "Last time, MET seconds."),
            ignored("zmax", Number, "null", "Largest zenith angle, degrees."),
            ignored("evclass", Whole, "null", "Event class."),
            used(
                "evtype",
                Whole,
                "null",
                "Event types of the response functions, a sum of one partition: 1 FRONT, 2 BACK; 4, 8, 16, 32 PSF0-3; 64 to 512 EDISP0-3. By default what `convtype` says.",
            ),
            used("convtype", Whole, "null", "Conversion type: 0 front, 1 back, -1 or none both."),
            ignored("phasemin", Number, "null", "First pulse phase."),
            ignored("phasemax", Number, "null", "Last pulse phase."),
            ignored("radius", Number, "null", "Radius of the events, degrees."),
            ignored("filter", Text, "null", "Filter of good time intervals."),
            ignored("roicut", Text, "'no'", "Cut on the zenith angle of the region."),
        ],
    },
    Section {
        name: "binning",
        by_component: true,
        doc: "The pixel grid. Products carry their own; only the frame is compared.",
        keys: &[
            used("projtype", Text, "WCS", "WCS or HPX."),
            used("coordsys", Text, "CEL", "CEL or GAL: the frame of the grid, and of square selections."),
            ignored("binsperdec", Number, "8", "Energy bins in a decade."),
            ignored("enumbins", Whole, "null", "Energy bins in all; goes before `binsperdec`."),
            ignored("proj", Text, "AIT", "Projection."),
            ignored("npix", Whole, "null", "Pixels on a side; from `roiwidth` and `binsz` when absent."),
            ignored("roiwidth", Number, "10.0", "Width of the region, degrees."),
            ignored("binsz", Number, "0.1", "Size of a pixel, degrees."),
            ignored("hpx_order", Whole, "10", "HEALPix order."),
            ignored("hpx_ordering_scheme", Text, "RING", "HEALPix ordering."),
            ignored("hpx_ebin", Flag, "true", "Whether HEALPix cubes have energy bins."),
        ],
    },
    Section {
        name: "gtlike",
        by_component: true,
        doc: "The likelihood.",
        keys: &[
            used("edisp", Flag, "true", "Energy dispersion."),
            used("edisp_bins", Whole, "-1", "Its mode: 0 none, n > 0 extra planes, n < 0 ratios."),
            used("edisp_disable", Texts, "[]", "Sources without energy dispersion."),
            used(
                "energy_integration",
                Text,
                "log-trapezoid",
                "How predicted counts are integrated over an energy bin; fermipy has no such key. `log-trapezoid`: the rule of the LAT tools, which makes too much of steep spectra in wide bins (at 10 bins a decade 1 % for an index of 2.5, at 5 bins 4 %). `quadrature`: the integral of the spectrum itself, for 5 to 7 bins a decade or indices above 2.5.",
            ),
            used("srcmap", Text, "null", "As `files.srcmap`."),
            used("bexpmap", Text, "null", "As `files.bexpmap`."),
            used("wmap", Text, "null", "As `files.wmap`."),
            used("expscale", Number, "null", "Factor of the exposure of all sources."),
            used("src_expscale", Map, "{}", "Factor of the exposure of single sources, instead of `expscale`."),
            used(
                "irfs",
                Text,
                "null",
                "Name of the response functions, such as P8R3_SOURCE_V3; see `files.irfs` for where they lie.",
            ),
            used("minbinsz", Number, "0.05", "Templates with finer pixels are rebinned, degrees."),
            used("rfactor", Whole, "2", "Fine pixels along a pixel of the counts, for diffuse source maps."),
            used("convolve", Flag, "true", "Whether source maps are convolved with the PSF."),
            used(
                "resample",
                Flag,
                "true",
                "Whether diffuse source maps are made on finer pixels; `rfactor` says how fine.",
            ),
            ignored("srcmap_base", Text, "null", "Base name of source maps."),
            ignored("bexpmap_base", Text, "null", "Base name of exposures."),
            ignored("bexpmap_roi", Text, "null", "Exposure of the region."),
            ignored("bexpmap_roi_base", Text, "null", "Its base name."),
            ignored(
                "use_external_srcmap",
                Flag,
                "false",
                "Whether source maps come from outside; here they always do if they are there.",
            ),
            ignored("use_scaled_srcmap", Flag, "false", "Whether source maps are scaled."),
            ignored("llscan_npts", Whole, "20", "Points of the profile after a fit."),
        ],
    },
    Section {
        name: "optimizer",
        by_component: false,
        doc: "Options of `fit`.",
        keys: &[
            used("optimizer", Text, "MINUIT", "MINUIT, NEWMINUIT, NEWTON, LM, LBFGS, DRMNGB, DRMNFB or SIMPLEX."),
            used("tol", Number, "0.001", "Tolerance on the estimated distance to the minimum."),
            used("max_iter", Whole, "1000", "Most iterations (fermipy: 100, used by its NEWTON alone)."),
            used("init_lambda", Number, "0.0001", "First damping of NEWTON."),
            used("retries", Whole, "3", "Most attempts, the first included: 1 is no repetition."),
            used("min_fit_quality", Whole, "3", "A fit below it is undone (fermipy's code: 2, its documentation: 3)."),
            used(
                "max_memory",
                Text,
                "null",
                "The most memory that the program may take, such as `2GiB`: fewer threads and fewer kept sums when need be, or a refusal that tells what is needed (docs/performance.md, Memory). MB is 10^6, MiB 2^20, a bare number bytes. `--max-memory` goes before it.",
            ),
            ignored("verbosity", Whole, "0", "Without effect; `--verbose` and `RUST_LOG` choose what is logged."),
        ],
    },
    Section {
        name: "roiopt",
        by_component: false,
        doc: "Options of `optimize`.",
        keys: &[
            used("npred_frac", Number, "0.95", "Share of the predicted counts that the first step covers."),
            used("npred_threshold", Number, "1.0", "Sources with fewer predicted counts are left out."),
            used("shape_ts_threshold", Number, "25.0", "Sources with a higher TS get their shape fitted."),
            used("max_free_sources", Whole, "5", "Most sources of the first step."),
            used("skip", Texts, "[]", "Sources that are never fitted."),
            used("optimizer", Map, "{}", "Keys of section `optimizer` that differ here."),
        ],
    },
    Section {
        name: "fileio",
        by_component: false,
        doc: "Where files lie.",
        keys: &[
            used("outdir", Text, "null", "Folder of the products; that of the configuration file by default."),
            ignored("logfile", Text, "null", "Log file."),
            ignored("scratchdir", Text, "/scratch", "Scratch folder."),
            ignored("usescratch", Flag, "false", "Whether it is used."),
            ignored("savefits", Flag, "true", "Whether FITS files are saved."),
            ignored("workdir", Text, "null", "Working folder."),
            ignored("workdir_regex", Texts, "[]", "Files copied to it."),
            ignored("outdir_regex", Texts, "[]", "Files copied from it."),
        ],
    },
    Section {
        name: "data",
        by_component: true,
        doc: "The event data, which the counts were made from.",
        keys: &[
            ignored("evfile", Texts, "null", "Events."),
            ignored("scfile", Text, "null", "Spacecraft file."),
            used("ltcube", Text, "null", "As `files.ltcube`, where it exists."),
            ignored("cacheft1", Flag, "true", "Whether events are cached."),
        ],
    },
    Section {
        name: "ltcube",
        by_component: true,
        doc: "How a livetime cube is made.",
        keys: &[
            ignored("binsz", Number, "1.0", "Pixel, degrees."),
            ignored("phibins", Whole, "0", "Bins of the azimuth; those of the livetime cube are used."),
            ignored("dcostheta", Number, "0.025", "Bins of the cosine of the inclination."),
            ignored("use_local_ltcube", Flag, "false", "Whether one is made."),
            ignored("zmax", Number, "null", "Largest zenith angle, degrees."),
            ignored("dir", Text, "null", "Folder of livetime cubes."),
        ],
    },
    Section {
        name: "logging",
        by_component: false,
        doc: "What is logged: see `--verbose`, `--quiet` and `RUST_LOG`.",
        keys: &[
            ignored("prefix", Text, "''", "Prefix of messages."),
            ignored("chatter", Whole, "3", "Of the LAT tools."),
            ignored("verbosity", Whole, "3", "Of fermipy."),
        ],
    },
    Section {
        name: "mc",
        by_component: false,
        doc: "Simulation: see `--seed`.",
        keys: &[ignored("seed", Whole, "null", "Seed of random numbers.")],
    },
];

/// Sections of fermipy methods that do not exist here; what they hold is not looked at.
pub(super) const OTHER_METHODS: &[&str] = &[
    "curvature",
    "extension",
    "lightcurve",
    "localize",
    "plotting",
    "psmap",
    "residmap",
    "sed",
    "sensitivity",
    "sourcefind",
    "tscube",
    "tsmap",
];

/// The section of this name.
pub(super) fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

impl Section {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Kind {
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Whole => "a whole number",
            Self::Flag => "true or false",
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::List => "a list",
            Self::Map => "a mapping",
        }
    }
}
