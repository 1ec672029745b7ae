//! One week of the Crab: the published gtlike/NEWMINUIT run. Its source map of the Crab was not published; the one used here was
//! rebuilt by hand and is good to about 0.3 in -logL.

use std::collections::BTreeMap;
use std::path::Path;

use roi_fit::Analysis;
use serde::Deserialize;

use super::harness::{Outcome, options, quality, row};
use crate::comparison::Comparison;
use crate::data;

#[derive(Deserialize)]
struct Reference {
    nll: f64,
    counts: f64,
    params: BTreeMap<String, (f64, f64)>,
}

/// The fit of four free parameters.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn all(data: &Path) -> Outcome {
    let directory = data.join("crab-p7v6");
    let reference: Reference = data::json(&directory.join("p7v6_gtlike_reference.json"))?;
    let mut comparisons = Vec::new();
    for optimizer in ["MINUIT", "NEWTON"] {
        let mut analysis = Analysis::open(directory.join("config.yaml"))?;
        let counts = analysis.loglike_report()?.counts;
        comparisons.push(Comparison::absolute("observed counts", reference.counts, counts, 0.0));
        let result = analysis.fit(&options(optimizer, 1e-3))?;
        comparisons.push(quality(optimizer, &result));
        comparisons.push(Comparison::absolute(format!("{optimizer}: -logL"), reference.nll, -result.loglike, 1.0));
        for (theirs, ours) in [
            ("Crab:Integral(1e-7)", "Crab:Integral"),
            ("Crab:Index", "Crab:Index"),
            ("Extragal:Normalization", "Extragal_diffuse:Normalization"),
            ("Galactic:Value", "Galactic_diffuse:Value"),
        ] {
            let &(value, error) =
                reference.params.get(theirs).ok_or_else(|| format!("no {theirs} in the reference"))?;
            let found = row(&result, ours).map_or(f64::NAN, |row| result.values[row]);
            comparisons.push(Comparison::sigma(format!("{optimizer}: {ours}"), value, found, error, 0.2));
        }
    }
    Ok(comparisons)
}
