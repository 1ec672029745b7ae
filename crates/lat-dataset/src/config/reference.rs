//! Every key that a configuration may hold: its kind, its default, what it does. Checks, defaults and the page of keys come from here.

use super::component_settings::{ComponentConfig, EnergyDispersion};
use super::definition::{Definition, Kind, OptionValue};
use super::events::{BinningConfig, EventConfig, LivetimeConfig};
use super::fit_sections::{LightcurveConfig, OptimizerConfig, RoioptConfig};
use super::model::ModelConfig;
use super::slice_options::SliceOptions;

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
    default: Usual,
    pub(super) unit: Option<&'static str>,
    /// The numbers that are allowed, in words, if not all are.
    pub(super) range: Option<&'static str>,
    pub(super) doc: &'static str,
}

/// The default of a key.
enum Usual {
    /// As YAML; `null` for none.
    Yaml(&'static str),
    /// That of an option that is defined elsewhere.
    Of(&'static dyn Defaulted),
}

trait Defaulted: Sync {
    fn yaml(&self) -> String;
}

impl<T: OptionValue + Sync> Defaulted for Definition<T> {
    fn yaml(&self) -> String {
        self.default.yaml()
    }
}

impl Key {
    /// The default as YAML; `null` for none.
    pub(super) fn default(&self) -> String {
        match self.default {
            Usual::Yaml(text) => text.to_owned(),
            Usual::Of(option) => option.yaml(),
        }
    }

    const fn in_unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }
}

/// A section.
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Whether each component may have its own.
    pub(super) by_component: bool,
    pub(super) doc: &'static str,
    pub(super) keys: &'static [Key],
}

const fn key(name: &'static str, kind: Kind, role: Role, default: &'static str, doc: &'static str) -> Key {
    Key { name, kind, role, default: Usual::Yaml(default), unit: None, range: None, doc }
}

const fn used(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    key(name, kind, Role::Used, default, doc)
}

const fn ignored(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    key(name, kind, Role::Ignored, default, doc)
}

/// A key that is defined with the setting that it becomes.
const fn defined<T: OptionValue + Sync>(option: &'static Definition<T>) -> Key {
    Key {
        name: option.name,
        kind: T::KIND,
        role: Role::Used,
        default: Usual::Of(option),
        unit: option.unit,
        range: match &option.range {
            Some(range) => Some(range.expected()),
            None => None,
        },
        doc: option.doc,
    }
}

use Kind::{Flag, List, Map, Number, Text, Texts, Whole};

pub(super) static SECTIONS: &[Section] = &[
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
            used("src_radius", Number, "null", "Catalog sources within this angle of the centre.").in_unit("degrees"),
            used(
                "src_roiwidth",
                Number,
                "null",
                "Catalog sources within a square of this full width. With `src_radius` both must hold.",
            )
            .in_unit("degrees"),
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
            defined(&ModelConfig::CATALOGS),
            used("extdir", Text, "null", "Folder of the templates of extended catalog sources."),
            defined(&ModelConfig::MERGE_SOURCES),
            defined(&ModelConfig::ASSOC_XMATCH_COLUMNS),
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
        doc: "The data: which photons and times `prepare` selects. Where the counts are there already only the energies and the centre matter; the event type where the response is computed.",
        keys: &[
            used(
                "emin",
                Number,
                "null",
                "Lowest energy. The counts cube decides: all of its bins are used, and a difference is a warning.",
            )
            .in_unit("MeV"),
            used("emax", Number, "null", "Highest energy; as `emin`.").in_unit("MeV"),
            used("logemin", Number, "null", "Its log10; goes before `emin`."),
            used("logemax", Number, "null", "Its log10; goes before `emax`."),
            used("target", Text, "null", "Centre on this source of the model; goes before coordinates."),
            used("ra", Number, "null", "Right ascension of the centre.").in_unit("degrees"),
            used("dec", Number, "null", "Declination of the centre.").in_unit("degrees"),
            used("glon", Number, "null", "Galactic longitude of the centre.").in_unit("degrees"),
            used("glat", Number, "null", "Galactic latitude of the centre.").in_unit("degrees"),
            used("tmin", Number, "null", "First mission time; that of the photon files by default.").in_unit("s"),
            used("tmax", Number, "null", "Last mission time; likewise.").in_unit("s"),
            used("zmax", Number, "null", "Largest zenith angle of photons and livetime; none by default.")
                .in_unit("degrees"),
            used(
                "evclass",
                Whole,
                "null",
                "Event classes, a sum of bits: 128 SOURCE, 256 CLEAN, 512 ULTRACLEAN, 1024 ULTRACLEANVETO, 2048 SOURCEVETO.",
            ),
            used(
                "evtype",
                Whole,
                "null",
                "Event types of the response functions, a sum of one partition: 1 FRONT, 2 BACK; 4, 8, 16, 32 PSF0-3; 64 to 512 EDISP0-3. By default what `convtype` says.",
            ),
            used("convtype", Whole, "null", "Conversion type: 0 front, 1 back, -1 or none both."),
            used("phasemin", Number, "null", "First pulse phase, 0 to 1 (column PULSE_PHASE)."),
            used("phasemax", Number, "null", "Last pulse phase."),
            used(
                "radius",
                Number,
                "null",
                "Radius of the cone of photons; by default half a diagonal of the region and 0.5 degrees.",
            )
            .in_unit("degrees"),
            used(
                "filter",
                Text,
                "null",
                "Filter of good times, a condition on columns of the spacecraft file such as `DATA_QUAL>0 && LAT_CONFIG==1`.",
            ),
            defined(&EventConfig::ROICUT),
        ],
    },
    Section {
        name: "binning",
        by_component: true,
        doc: "The pixel grid and the energy bins of the counts cube that `prepare` makes. Products carry their own; of these only the frame is compared.",
        keys: &[
            used("projtype", Text, "WCS", "WCS or HPX."),
            used("coordsys", Text, "CEL", "CEL or GAL: the frame of the grid, and of square selections."),
            defined(&BinningConfig::BINSPERDEC),
            used("enumbins", Whole, "null", "Energy bins in all; goes before `binsperdec`."),
            defined(&BinningConfig::PROJ),
            used("npix", List, "null", "Pixels on a side, or `[nx, ny]`; from `roiwidth` and `binsz` when absent."),
            defined(&BinningConfig::ROIWIDTH),
            defined(&BinningConfig::BINSZ),
            defined(&BinningConfig::HPX_ORDER),
            defined(&BinningConfig::HPX_ORDERING),
            defined(&BinningConfig::HPX_EBIN),
        ],
    },
    Section {
        name: "gtlike",
        by_component: true,
        doc: "The likelihood.",
        keys: &[
            defined(&EnergyDispersion::EDISP),
            defined(&EnergyDispersion::BINS),
            defined(&EnergyDispersion::DISABLE),
            defined(&ComponentConfig::ENERGY_INTEGRATION),
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
            defined(&ComponentConfig::MINBINSZ),
            defined(&ComponentConfig::RFACTOR),
            defined(&ComponentConfig::CONVOLVE),
            defined(&ComponentConfig::RESAMPLE),
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
            defined(&OptimizerConfig::OPTIMIZER),
            defined(&OptimizerConfig::TOL),
            defined(&OptimizerConfig::MAX_ITER),
            defined(&OptimizerConfig::INIT_LAMBDA),
            defined(&OptimizerConfig::RETRIES),
            defined(&OptimizerConfig::MIN_FIT_QUALITY),
            used(
                "max_memory",
                Text,
                "null",
                "The most memory that the program may take, such as `2GiB`: fewer threads and fewer kept sums when need be, or a refusal that tells what is needed (docs/performance.md, Memory). MB is 10^6, MiB 2^20, a bare number bytes. `--max-memory` goes before it.",
            ),
            defined(&OptimizerConfig::VERBOSITY),
        ],
    },
    Section {
        name: "roiopt",
        by_component: false,
        doc: "Options of `optimize`.",
        keys: &[
            defined(&RoioptConfig::NPRED_FRAC),
            defined(&RoioptConfig::NPRED_THRESHOLD),
            defined(&RoioptConfig::SHAPE_TS_THRESHOLD),
            defined(&RoioptConfig::MAX_FREE_SOURCES),
            defined(&RoioptConfig::SKIP),
            used("optimizer", Map, "{}", "Keys of section `optimizer` that differ here."),
        ],
    },
    Section {
        name: "lightcurve",
        by_component: false,
        doc: "Options of `lightcurve`.",
        keys: &[
            defined(&LightcurveConfig::BINSZ),
            defined(&LightcurveConfig::NBINS),
            used(
                "time_bins",
                List,
                "[]",
                "Edges of the bins, mission times, or pairs `[begin, end]` with gaps between them; goes before `nbins`.",
            )
            .in_unit("s"),
            defined(&LightcurveConfig::USE_SCALED_SRCMAP),
            defined(&SliceOptions::SOURCE_MAPS),
            defined(&SliceOptions::PSF_TOLERANCE),
            defined(&LightcurveConfig::SHAPE_TS_THRESHOLD),
            defined(&LightcurveConfig::FREE_BACKGROUND),
            defined(&LightcurveConfig::FREE_DIFFUSE),
            defined(&LightcurveConfig::FREE_RADIUS),
            defined(&LightcurveConfig::FREE_SOURCES),
            defined(&LightcurveConfig::FREE_PARAMS),
            defined(&LightcurveConfig::MAX_FREE_SOURCES),
            defined(&LightcurveConfig::SYSTEMATIC),
            defined(&LightcurveConfig::UL_CONFIDENCE),
            defined(&LightcurveConfig::UL_TS_THRESHOLD),
            ignored("outdir", Text, "null", "Folder of the bins; here they lie in memory."),
            ignored("use_local_ltcube", Flag, "true", "Whether livetimes are approximate; they are exact here."),
            ignored("save_bin_data", Flag, "true", "Whether the folders of the bins are kept."),
            ignored("multithread", Flag, "false", "Whether bins are worked on side by side; here they always are."),
            ignored("nthread", Whole, "null", "How many at once: `--threads` here."),
            ignored("make_plots", Flag, "false", "Whether plots are made."),
            ignored("write_fits", Flag, "true", "Whether FITS is written: `--fits` here."),
            ignored("write_npy", Flag, "true", "Whether NPY is written: `--json` here."),
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
        doc: "The event data, which products are made from where they are absent: `roi-fit prepare`.",
        keys: &[
            used("evfile", Texts, "null", "Photon files (FT1), or text files that list them, a path a line."),
            used("scfile", Texts, "null", "Spacecraft files (FT2), likewise."),
            used("ltcube", Text, "null", "As `files.ltcube`, where it exists."),
            defined(&EventConfig::CACHEFT1),
        ],
    },
    Section {
        name: "ltcube",
        by_component: true,
        doc: "How a livetime cube is made.",
        keys: &[
            defined(&LivetimeConfig::BINSZ),
            defined(&LivetimeConfig::PHIBINS),
            defined(&LivetimeConfig::DCOSTHETA),
            ignored("use_local_ltcube", Flag, "false", "Whether an approximate one is made; it is always exact here."),
            ignored("zmax", Number, "null", "Largest zenith angle.").in_unit("degrees"),
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
