//! What it took, and what was made.

use crate::data::model_map::ComponentSpectrum;
use crate::data::prepare::Prepared;
use crate::data::source_maps::MadeMaps;
use crate::known::memory::{MemoryEstimate, MemoryUse};
use crate::known::timing::Timing;
use crate::results::dictionary::{Dictionary, Holds, key};

impl MemoryEstimate {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Parts of the memory",
        "What was expected before the work began.",
        &[
            key(&["program"], "bytes", "The program itself."),
            key(&["data"], "bytes", "Counts, weights and what lies on file."),
            key(&["kept_maps"], "bytes", "Source maps at the filled bins."),
            key(&["maps_in_flight"], "bytes", "Source maps while they are read or made."),
            key(&["fixed"], "bytes", "Sums of the fixed sources."),
            key(&["columns"], "bytes", "Models at norm 1 of free sources whose shape is fixed."),
            key(&["work"], "bytes", "Buffers of an evaluation."),
            key(&["profiles"], "bytes", "Bins near sources, while their profiles are made."),
        ],
    );
}

impl MemoryUse {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Memory",
        "Memory of the process.",
        &[
            key(&["estimate"], "bytes", "The peak that was expected."),
            key(&["parts"], "", "What it was made of.").holding(Holds::One(&MemoryEstimate::KEYS)),
            key(&["limit"], "bytes", "The most that may be taken; `null` for no limit."),
            key(&["maps_at_a_time"], "", "How many source maps were read or made at a time."),
            key(&["columns_limit"], "bytes", "The most that models at norm 1 may take; `null` for no limit."),
            key(&["peak"], "bytes", "The peak so far; `null` where the system does not tell."),
        ],
    );
}

impl Timing {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Timing",
        "What it took.",
        &[
            key(&["load"], "s", "Reading configuration, model and counts."),
            key(&["srcmaps"], "s", "Reading or making source maps."),
            key(&["fit"], "s", "The work itself."),
            key(&["update"], "s", "TS and fluxes after a fit."),
            key(&["memory"], "", "Memory of the process.").holding(Holds::One(&MemoryUse::KEYS)),
        ],
    );
}

impl MadeMaps {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Source maps of a component",
        "What `srcmaps` did for a component.",
        &[
            key(&["component"], "", "The component."),
            key(&["path"], "", "The file."),
            key(&["made"], "", "Names of the sources whose maps were made."),
            key(&["kept"], "", "How many maps of the present file were taken over."),
            key(&["seconds"], "s", "What it took."),
            key(&["memory"], "", "Memory of the process.").holding(Holds::One(&MemoryUse::KEYS)),
        ],
    );
}

/// A product of `prepare`.
const PRODUCT: Dictionary = Dictionary::new(
    "Products",
    "A file that is made from event files.",
    &[
        key(&["component"], "", "The component."),
        key(
            &["product"],
            "",
            "`ft1`, `ltcube`, `ccube`, `bexpmap`, `bexpmap_roi`, `srcmap`, `srcmdl` or, of several components, `ccube_all`.",
        ),
        key(&["path"], "", "The file."),
        key(
            &["state"],
            "",
            "How it was found: `current`, `stale`, `missing`, `given` (another program's, taken as it is) or `unneeded`.",
        ),
        key(&["bytes"], "bytes", "Its size; 0 where it is given or not needed."),
        key(&["seconds"], "s", "About how long it takes to make; 0 where it is not made."),
    ],
);

impl Prepared {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "prepare",
        "The products of all components, as they were found; those that were missing or stale have been made, unless it was a dry run.",
        &[
            key(&["products"], "", "The products.").holding(Holds::List(&PRODUCT)),
            key(&["dry_run"], "", "Whether nothing was made because only a plan was asked for."),
            key(&["seconds"], "s", "What it took."),
        ],
    );
}

impl ComponentSpectrum {
    /// The keys of its dictionary.
    pub const KEYS: Dictionary = Dictionary::new(
        "Counts spectrum of a component",
        "Lists have one entry an energy bin.",
        &[
            key(&["component"], "", "The component."),
            key(&["path"], "", "The file that was written; `null` for none."),
            key(&["energies"], "MeV", "Edges of the bins."),
            key(&["counts"], "counts", "Observed counts."),
            key(&["model"], "counts", "Predicted counts of the chosen sources."),
            key(&["residual"], "counts", "`counts` - `model`."),
            key(
                &["significance"],
                "sigma",
                "`residual` / sqrt(`model`); `null` where the model is not positive, or of some of the sources only.",
            ),
        ],
    );
}
