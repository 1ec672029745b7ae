//! The result dictionary of `report`, explained.

use roi_estimators::Goodness;
use roi_fit::{Dictionary, Holds, ResultKey};

const fn key(names: &'static [&'static str], unit: &'static str, doc: &'static str) -> ResultKey {
    ResultKey::new(names, unit, doc)
}

const PROBLEM: Dictionary = Dictionary::new(
    "What a report lacks",
    "Something that could not be made; the report says so, too.",
    &[
        key(&["source"], "", "The source; empty for what is of the whole region."),
        key(&["what"], "", "What was asked for."),
        key(&["message"], "", "Why it is not there."),
    ],
);

/// The keys of the dictionary of `report`.
pub(crate) const REPORT: Dictionary = Dictionary::new(
    "report",
    "The page that was written, and what it shows.",
    &[
        key(&["report"], "", "The page."),
        key(&["bytes"], "bytes", "Its size."),
        key(&["sources"], "", "Number of sources, each with a row and a panel."),
        key(&["images"], "", "Number of maps."),
        key(&["seds"], "", "Sources with a spectrum that was fitted bin by bin."),
        key(&["localized"], "", "Sources with a position that was fitted."),
        key(&["widths"], "", "Sources with a width that was fitted."),
        key(&["curvatures"], "", "Sources whose spectrum was tested for curvature."),
        key(&["light_curves"], "", "Sources with a light curve."),
        key(&["files"], "", "FITS files beside the page (`--fits`), as seen from its folder."),
        key(&["problems"], "", "What could not be made.").holding(Holds::List(&PROBLEM)),
        key(&["goodness"], "", "How well the counts agree with the model; `null` where it was not computed.")
            .holding(Holds::One(&Goodness::KEYS)),
        key(&["fit_success"], "", "Whether the fit of `--fit-first` succeeded; `null` without it."),
    ],
);
