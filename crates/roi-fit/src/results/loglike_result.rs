//! The result of `loglike`.

use std::collections::BTreeMap;

use optimizers::Calls;
use serde_json::{Map, Value, json};

use crate::known::source_properties::json_number;
use crate::known::timing::Timing;

/// What [`crate::Analysis::loglike_report`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoglikeResult {
    /// `logL` of the model as it stands.
    pub loglike: f64,
    /// Predicted counts of all sources.
    pub npred: f64,
    /// Observed counts.
    pub counts: f64,
    /// Lowest and highest energy of the bins that count, in MeV.
    pub energy_range: (f64, f64),
    /// Per component its name, counts per energy bin, and predicted counts of each source per energy bin.
    pub components: Vec<ComponentCounts>,
    /// `d logL / d value` of each free parameter, by `SOURCE:PAR`.
    pub gradient: Vec<(String, f64)>,
    /// Seconds spent.
    pub timing: Timing,
}

/// Observed and predicted counts of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentCounts {
    /// The component's name.
    pub name: String,
    /// Energy edges in MeV.
    pub energies: Vec<f64>,
    /// Observed counts per energy bin.
    pub counts: Vec<f64>,
    /// Predicted counts of each source per energy bin.
    pub npred: BTreeMap<String, Vec<f64>>,
    /// The same times the likelihood weights, where there are any.
    pub weighted: Option<WeightedCounts>,
}

/// Observed and predicted counts of one component times its likelihood weights.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedCounts {
    /// Observed counts per energy bin.
    pub counts: Vec<f64>,
    /// Predicted counts of each source per energy bin.
    pub npred: BTreeMap<String, Vec<f64>>,
}

impl ComponentCounts {
    /// Weighted predicted counts of each source per energy bin; the plain ones without weights.
    pub fn npred_wt(&self) -> &BTreeMap<String, Vec<f64>> {
        self.weighted.as_ref().map_or(&self.npred, |weighted| &weighted.npred)
    }

    /// Weighted observed counts per energy bin; the plain ones without weights.
    pub fn counts_wt(&self) -> &[f64] {
        self.weighted.as_ref().map_or(&self.counts, |weighted| &weighted.counts)
    }
}

impl LoglikeResult {
    /// The dictionary of the `loglike` command.
    pub fn to_json(&self) -> Value {
        let weighted = self.components.iter().any(|c| c.weighted.is_some());
        let names = self.components.first().map(|c| c.npred.keys()).into_iter().flatten();
        let sources: Map<String, Value> = names
            .map(|name| {
                let by_component: Vec<&Vec<f64>> = self.components.iter().filter_map(|c| c.npred.get(name)).collect();
                let npred: f64 = by_component.iter().flat_map(|bins| bins.iter()).sum();
                // Adding 0 makes a positive zero of the sum of nothing, which is -0.
                let npred = npred + 0.0;
                // A list for each component, one or several, as their bins may differ.
                let mut entry = json!({ "npred": npred, "npred_by_bin": by_component });
                if weighted {
                    let by_component = self.components.iter().filter_map(|c| c.npred_wt().get(name));
                    entry["npred_wt"] = by_component.flatten().sum::<f64>().into();
                }
                (name.clone(), entry)
            })
            .collect();
        let components: Vec<Value> = self
            .components
            .iter()
            .map(|c| {
                let mut entry = json!({
                    "name": c.name,
                    "energies": c.energies,
                    "counts": c.counts,
                    "npred": c.npred.values().flatten().sum::<f64>(),
                    "sources": c.npred,
                });
                if let Some(weighted) = &c.weighted {
                    entry["counts_wt"] = json!(weighted.counts);
                    entry["npred_wt"] = weighted.npred.values().flatten().sum::<f64>().into();
                    entry["sources_wt"] = json!(weighted.npred);
                }
                entry
            })
            .collect();
        let gradient: Map<String, Value> =
            self.gradient.iter().map(|(name, value)| (name.clone(), json_number(Some(*value)))).collect();
        let mut result = json!({
            "logLike": json_number(Some(self.loglike)),
            "loglike": json_number(Some(self.loglike)),
            "npred": self.npred,
            "counts": self.counts,
            "energy_range": self.energy_range,
            "sources": sources,
            "components": components,
            "gradient": gradient,
            "calls": Calls { gradients: 1, ..Calls::default() },
            "timing": self.timing,
        });
        if weighted {
            let npred_wt = self.components.iter().flat_map(|c| c.npred_wt().values().flatten());
            result["npred_wt"] = npred_wt.sum::<f64>().into();
            result["counts_wt"] = self.components.iter().flat_map(ComponentCounts::counts_wt).sum::<f64>().into();
        }
        result
    }
}
