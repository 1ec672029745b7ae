//! The result dictionary of each command, explained.

use roi_estimators::{
    Curvature, Extension, FittedPositions, FoundSources, LightCurve, Localization, LocatedSources, PsMap, ResidMap,
    SedResult, ToyLimit, TsCube, TsMap,
};
use roi_fit::{
    ComponentSpectrum, Dictionary, FitResult, Holds, LoglikeResult, MadeMaps, OptimizeResult, Prepared, Profile,
    ResultKey, SourceProperties,
};

use super::report_keys::REPORT;

const fn key(names: &'static [&'static str], unit: &'static str, doc: &'static str) -> ResultKey {
    ResultKey::new(names, unit, doc)
}

/// The result dictionaries of a command.
pub(crate) struct OfCommand {
    pub(crate) command: &'static str,
    pub(crate) dictionary: &'static Dictionary,
    /// What else the dictionary holds.
    pub(crate) more: &'static [&'static Dictionary],
}

/// What all commands on a region have beside their own.
const REGION: &[&Dictionary] = &[&OF_REGIONS, &WITH_PROVENANCE];

/// What `localize` has instead for several sources.
const POSITIONS: &[&Dictionary] = &[&LocatedSources::KEYS, &FittedPositions::KEYS, &OF_REGIONS, &WITH_PROVENANCE];

/// Every command with a result dictionary that is explained here. That of `config` has the keys of the configuration.
pub(crate) const COMMANDS: &[OfCommand] = &[
    OfCommand { command: "demo", dictionary: &DEMO, more: &[&WITH_PROVENANCE] },
    OfCommand { command: "simulate", dictionary: &SIMULATE, more: &[&WITH_PROVENANCE] },
    OfCommand { command: "prepare", dictionary: &Prepared::KEYS, more: &[&WITH_PROVENANCE] },
    OfCommand { command: "srcmaps", dictionary: &SRCMAPS, more: &[&WITH_PROVENANCE] },
    OfCommand { command: "loglike", dictionary: &LoglikeResult::KEYS, more: REGION },
    OfCommand { command: "optimize", dictionary: &OptimizeResult::KEYS, more: REGION },
    OfCommand { command: "fit", dictionary: &FitResult::KEYS, more: REGION },
    OfCommand { command: "batch", dictionary: &BATCH, more: &[&WITH_PROVENANCE] },
    OfCommand { command: "params", dictionary: &PARAMS, more: REGION },
    OfCommand { command: "model", dictionary: &MODEL, more: REGION },
    OfCommand { command: "model-map", dictionary: &MODEL_MAP, more: REGION },
    OfCommand { command: "ts", dictionary: &TS, more: REGION },
    OfCommand { command: "profile", dictionary: &Profile::KEYS, more: REGION },
    OfCommand { command: "limit", dictionary: &ToyLimit::KEYS, more: REGION },
    OfCommand { command: "sed", dictionary: &SedResult::KEYS, more: REGION },
    OfCommand { command: "lightcurve", dictionary: &LightCurve::KEYS, more: REGION },
    OfCommand { command: "curvature", dictionary: &Curvature::KEYS, more: REGION },
    OfCommand { command: "localize", dictionary: &Localization::KEYS, more: POSITIONS },
    OfCommand { command: "extension", dictionary: &Extension::KEYS, more: REGION },
    OfCommand { command: "residmap", dictionary: &ResidMap::KEYS, more: REGION },
    OfCommand { command: "psmap", dictionary: &PsMap::KEYS, more: REGION },
    OfCommand { command: "tsmap", dictionary: &TsMap::KEYS, more: REGION },
    OfCommand { command: "tscube", dictionary: &TsCube::KEYS, more: REGION },
    OfCommand { command: "find-sources", dictionary: &FoundSources::KEYS, more: REGION },
    OfCommand { command: "report", dictionary: &REPORT, more: REGION },
    OfCommand { command: "srcprob", dictionary: &SRCPROB, more: REGION },
    OfCommand { command: "spectrum", dictionary: &SPECTRUM, more: &[&WITH_PROVENANCE] },
    OfCommand { command: "check", dictionary: &CHECK, more: &[&WITH_PROVENANCE] },
];

/// Commands without a result dictionary of keys to explain.
pub(crate) const WITHOUT: &[&str] = &["config", "keys", "completions", "man", "help"];

impl OfCommand {
    /// All keys with their paths; the same key once.
    pub(crate) fn paths(&self) -> Vec<(String, ResultKey)> {
        let mut all = self.dictionary.paths();
        for (path, key) in self.more.iter().flat_map(|more| more.paths()) {
            if !all.iter().any(|(known, _)| *known == path) {
                all.push((path, key));
            }
        }
        all
    }
}

const INPUT: Dictionary = Dictionary::new(
    "Inputs",
    "A file that was read.",
    &[
        key(&["what"], "", "What it is for: `config`, or a key of section `files`, `model`, `template`, ..."),
        key(&["path"], "", "The file."),
        key(&["bytes"], "bytes", "Its size; `null` for a folder or a file that is not there."),
        key(&["sha256"], "", "SHA-256 of it; `null` above 256 MiB."),
        key(&["modified"], "", "When it was changed, UTC; only without a digest."),
    ],
);

const PROVENANCE: Dictionary = Dictionary::new(
    "Provenance",
    "Where a result comes from.",
    &[
        key(&["program"], "", "`roi-fit`."),
        key(&["version"], "", "Its version, and the commit that it was built from."),
        key(
            &["date"],
            "",
            "When the result was written, UTC; not in those of `batch`, which do not depend on the time.",
        ),
        key(&["inputs"], "", "The files that were read.").holding(Holds::List(&INPUT)),
        key(&["options"], "", "The words of the command line."),
    ],
);

const WITH_PROVENANCE: Dictionary = Dictionary::new(
    "Every result",
    "What every result has.",
    &[key(&["provenance"], "", "Where it comes from.").holding(Holds::One(&PROVENANCE))],
);

const OF_REGIONS: Dictionary = Dictionary::new(
    "Results on a region",
    "What the result of every command on a region has.",
    &[
        key(
            &["energy_range"],
            "MeV",
            "Lowest and highest energy of the bins that count: those between `--emin` and `--emax`, or all.",
        ),
        key(&["warnings"], "", "What is odd about the data."),
        key(
            &["optimize"],
            "",
            "The optimization that went before, with `--optimize-first`; its keys are those of `optimize`.",
        )
        .holding(Holds::One(&OptimizeResult::KEYS)),
        key(&["interrupted"], "", "`true` when a signal (Ctrl-C) ended the work; else it is not there."),
    ],
);

const DEMO: Dictionary = Dictionary::new(
    "demo",
    "A region that was simulated, optimized and fitted.",
    &[
        key(&["config"], "", "The configuration that was written."),
        key(&["optimize"], "", "The optimization.").holding(Holds::One(&OptimizeResult::KEYS)),
        key(&["fit"], "", "The fit.").holding(Holds::One(&FitResult::KEYS)),
        key(&["report"], "", "The report.").holding(Holds::One(&REPORT)),
    ],
);

const SIMULATE: Dictionary = Dictionary::new(
    "simulate",
    "What was written.",
    &[
        key(&["config"], "", "The configuration."),
        key(&["configs"], "", "The configurations, with `--regions`."),
        key(&["photons"], "", "Number of photons, with `--events`."),
        key(&["rows"], "", "Rows of spacecraft data, with `--events`."),
        key(&["good_time"], "s", "Good time, with `--events`."),
    ],
);

const SRCMAPS: Dictionary = Dictionary::new(
    "srcmaps",
    "What was made.",
    &[key(&["components"], "", "The components.").holding(Holds::List(&MadeMaps::KEYS))],
);

const REGION_OF_BATCH: Dictionary = Dictionary::new(
    "Regions of a batch",
    "How the work on a region ended.",
    &[
        key(&["config"], "", "The configuration, as it was named."),
        key(&["digest"], "", "SHA-256 of its text; `null` when it could not be read."),
        key(
            &["ending"],
            "",
            "`done`, `failed` (the fit), `error` (bad input) or `internal` (a defect of the program).",
        ),
        key(&["message"], "", "Why it did not end well."),
        key(
            &["result"],
            "",
            "The file of its result, beside the journal; that has the keys of `fit`, or of `optimize`.",
        ),
        key(&["logLike"], "", "Its log-likelihood."),
        key(&["fit_quality"], "", "Quality of its fit, 3 is best."),
    ],
);

const BATCH: Dictionary = Dictionary::new(
    "batch",
    "The summary of all regions.",
    &[
        key(&["n_done", "n_failed", "n_error", "n_internal"], "", "Number of regions that ended so."),
        key(&["regions"], "", "The regions, in the order given.").holding(Holds::List(&REGION_OF_BATCH)),
    ],
);

const ROW: Dictionary = Dictionary::new(
    "Rows of parameters",
    "A parameter of the region.",
    &[
        key(&["idx"], "", "Position among all spectral parameters of the region, from 0."),
        key(&["src_name"], "", "The source."),
        key(&["par_name"], "", "The parameter."),
        key(&["is_norm"], "", "Whether it is the normalisation of its source."),
        key(&["value"], "of the parameter", "Value, the scale not applied."),
        key(&["true_value"], "of the parameter", "Value times scale."),
        key(&["error"], "of the parameter", "1 sigma error, the scale not applied; 0 for none."),
        key(&["scale"], "", "Scale."),
        key(&["min", "max"], "of the parameter", "Bounds of `value`; both 0 mean none."),
        key(&["free"], "", "Whether a fit varies it."),
    ],
);

const PARAMS: Dictionary = Dictionary::new(
    "params",
    "The parameters of the model.",
    &[key(&["parameters"], "", "The parameters.").holding(Holds::List(&ROW))],
);

const MODEL: Dictionary = Dictionary::new(
    "model",
    "The sources of the model.",
    &[key(&["sources"], "", "The sources, by name.").holding(Holds::ByName(&SourceProperties::KEYS))],
);

const MODEL_MAP: Dictionary = Dictionary::new(
    "model-map",
    "What was written, and its sums.",
    &[key(&["components"], "", "The components.").holding(Holds::List(&ComponentSpectrum::KEYS))],
);

const PROBABILITIES: Dictionary = Dictionary::new(
    "Photons of a component",
    "The file of photons with the probability of each source.",
    &[
        key(&["component"], "", "The component."),
        key(&["path"], "", "The file that was written."),
        key(&["photons"], "", "Number of photons in it."),
        key(
            &["inside"],
            "",
            "Number of photons within the energies and pixels of the counts cube; the others have no probabilities.",
        ),
        key(&["sums"], "counts", "Sum of the probabilities of each source.").holding(Holds::ValuesByName),
    ],
);

const SRCPROB: Dictionary = Dictionary::new(
    "srcprob",
    "What was written.",
    &[key(&["components"], "", "The components.").holding(Holds::List(&PROBABILITIES))],
);

const TS_OF_SOURCE: Dictionary = Dictionary::new(
    "TS of a source",
    "Its test statistic.",
    &[
        key(&["ts"], "", "2 (logL with the source - logL without it); `null` where it is infinite."),
        key(&["ts_infinite"], "", "Whether the data are impossible without the source."),
        key(&["loglike_null"], "", "`logL` without the source."),
        key(
            &["ts_definition"],
            "",
            "`rescaled`: the other free norms follow approximately; `reoptimized`: all other free parameters were fitted again.",
        ),
    ],
);

const TS: Dictionary = Dictionary::new(
    "ts",
    "Test statistics at the parameter values of the model.",
    &[
        key(&["loglike", "logLike"], "", "Log-likelihood of the model."),
        key(&["sources"], "", "The sources, by name.").holding(Holds::ByName(&TS_OF_SOURCE)),
    ],
);

const SPECTRUM: Dictionary = Dictionary::new(
    "spectrum",
    "Lists have one entry an energy.",
    &[
        key(&["energies"], "MeV", "Energies."),
        key(&["dnde"], "1 / (cm2 s MeV)", "dN/dE; of a map cube the factor of it, which has no unit."),
        key(&["is_factor"], "", "Whether it is the factor of a map cube."),
        key(
            &["derivatives"],
            "of dnde / the parameter",
            "Derivatives with respect to the `value` of each parameter, by its name, with `--derivatives`.",
        )
        .holding(Holds::ValuesByName),
    ],
);

const FOUND: Dictionary = Dictionary::new(
    "Files that are found",
    "A file that a fit would read.",
    &[
        key(&["product"], "", "Its key in section `files`, or `template`."),
        key(&["path"], "", "Where it is."),
        key(&["is_named"], "", "Whether configuration or model name it; else it was found under its usual name."),
        key(&["bytes"], "bytes", "Its size; `null` for a folder."),
    ],
);

const COUNTS: Dictionary = Dictionary::new(
    "Counts",
    "The counts of a component in numbers.",
    &[
        key(&["total"], "counts", "All counts."),
        key(&["energy_bins"], "", "Number of energy bins."),
        key(&["emin", "emax"], "MeV", "Lowest and highest edge."),
        key(&["pixels"], "", "Number of pixels."),
    ],
);

const MAP_TO_MAKE: Dictionary = Dictionary::new(
    "Source maps to make",
    "A source map that would be made.",
    &[
        key(&["source"], "", "The source."),
        key(&["reason"], "", "`missing`: no file has it; `stale`: what it was made from has changed."),
        key(&["planes"], "", "How many planes it would have."),
        key(&["bytes"], "bytes", "Size of its pixels."),
    ],
);

const MAPS: Dictionary = Dictionary::new(
    "Source maps",
    "The source maps of a component.",
    &[
        key(&["kept"], "", "How many maps of the file are used as they are."),
        key(&["to_make"], "", "Those that would be made.").holding(Holds::List(&MAP_TO_MAKE)),
        key(&["file"], "", "The file that would keep them; `null` where none would."),
        key(&["bytes"], "bytes", "Pixels of all maps together."),
        key(&["memory"], "bytes", "About what it takes of memory to make them."),
        key(
            &["seconds"],
            "s",
            "About how long it takes to make them with the threads that there are: told from their sizes and from times on one machine, so roughly.",
        ),
    ],
);

const COMPONENT: Dictionary = Dictionary::new(
    "Components",
    "What was found of a component.",
    &[
        key(&["name"], "", "The component."),
        key(&["files"], "", "The files that a fit would read.").holding(Holds::List(&FOUND)),
        key(&["counts"], "", "Its counts; `null` where they cannot be read.").holding(Holds::One(&COUNTS)),
        key(&["maps"], "", "Its source maps; `null` where the model or the counts cannot be read.")
            .holding(Holds::One(&MAPS)),
        key(
            &["computed"],
            "",
            "What would be computed from livetime and response functions: `exposure`, `psf`, `energy_dispersion`.",
        ),
    ],
);

const SUBJECT: Dictionary = Dictionary::new(
    "Subjects",
    "What a problem is about.",
    &[
        key(&["kind"], "", "`configuration`, `model`, `component`, `file` or `source`."),
        key(&["component"], "", "The component, where it is about one."),
        key(&["product"], "", "What the file is under section `files`."),
        key(&["path"], "", "The file."),
        key(&["source"], "", "The source."),
    ],
);

const PROBLEM: Dictionary = Dictionary::new(
    "Problems",
    "Something that keeps a configuration from being used.",
    &[
        key(&["subject"], "", "What it is about.").holding(Holds::One(&SUBJECT)),
        key(&["message"], "", "What is wrong, and what to do."),
    ],
);

const SUMMARY: Dictionary = Dictionary::new(
    "Model in numbers",
    "The model of the region.",
    &[
        key(&["sources"], "", "Number of sources."),
        key(&["free_parameters"], "", "Number of free parameters."),
        key(&["ra", "dec"], "deg", "Centre of the region."),
    ],
);

const CHECK: Dictionary = Dictionary::new(
    "check",
    "What a configuration comes to.",
    &[
        key(&["config"], "", "The configuration."),
        key(&["is_usable"], "", "Whether there is no problem."),
        key(&["problems"], "", "All problems.").holding(Holds::List(&PROBLEM)),
        key(&["notes"], "", "What the user should know."),
        key(&["model"], "", "The model in numbers; `null` where it cannot be read.").holding(Holds::One(&SUMMARY)),
        key(&["components"], "", "The components.").holding(Holds::List(&COMPONENT)),
        key(
            &["memory"],
            "",
            "What the region takes; `null` where it cannot be opened, or its counts are not made yet.",
        )
        .holding(Holds::One(&MEMORY_OF_CHECK)),
    ],
);

const MEMORY_OF_CHECK: Dictionary = Dictionary::new(
    "Memory of a region",
    "What a region takes, with all threads, told from sizes before anything is opened. Estimators are those with their usual options.",
    &[
        key(&["analysis"], "bytes", "The program with a fit of the region: the peak."),
        key(&["limit"], "bytes", "What it may take (`optimizer.max_memory`); `null` without a limit."),
        key(&["sed"], "bytes", "An SED, beside the fit."),
        key(&["localize"], "bytes", "A localization of one source, beside the fit."),
        key(&["extension"], "bytes", "An extension, beside the fit."),
        key(&["tsmap"], "bytes", "A TS map of the whole region, beside the fit."),
    ],
);
