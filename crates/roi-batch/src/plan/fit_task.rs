//! The task of a batch of fits: from a configuration to a result dictionary.

use std::path::{Path, PathBuf};

use roi_fit::Analysis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::editing::Editing;
use super::energies::Energies;
use super::fitting::Fitting;
use super::freeing::Freeing;
use crate::entry::{Ending, Entry};
use crate::error::Result;
use crate::provenance::{completed, provenance};
use crate::result_name::file_digest;
use crate::task::TaskResult;

/// Whether regions are optimized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Optimization {
    /// They are fitted as they are.
    #[default]
    No,
    /// They are optimized, then fitted.
    First,
    /// They are optimized and not fitted.
    Only,
}

/// What is done with every region: the model is taken and changed, the region optimized, parameters freed and fitted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FitTask {
    /// Begin with the model of this file: a source model XML, or what `write_roi` saved.
    pub model: Option<PathBuf>,
    /// Whether it is optimized.
    pub optimize: Optimization,
    /// How the model is changed.
    pub editing: Editing,
    /// Which energies count.
    pub energies: Energies,
    /// What is freed.
    pub freeing: Freeing,
    /// How it is fitted.
    pub fitting: Fitting,
}

impl FitTask {
    /// That what is asked for can be, as far as it is told without a region: what is wrong here is wrong of every one.
    ///
    /// # Errors
    /// A setting without a parameter, a distance below 0, a parameter that no spectrum has, a range whose ends are in the wrong order.
    pub fn check(&self) -> roi_fit::Result<()> {
        self.editing.check()?;
        self.freeing.check()
    }

    /// Everything that changes a number, in words. A journal made with other settings is not continued.
    ///
    /// # Errors
    /// When the file of the model cannot be read.
    pub fn settings(&self) -> Result<String> {
        let model = match &self.model {
            Some(path) => format!("{} {}", path.display(), file_digest(path)?),
            None => "of the configuration".into(),
        };
        let optimize: &[&str] = match self.optimize {
            Optimization::No => &[],
            Optimization::First => &["--optimize-first"],
            Optimization::Only => &["--only-optimize"],
        };
        let optimize = optimize.iter().map(|word| (*word).to_owned()).collect();
        let words = [optimize, self.editing.words(), self.energies.words(), self.freeing.words(), self.fitting.words()]
            .concat();
        let words = if words.is_empty() { "no options".to_owned() } else { words.join(" ") };
        Ok(format!("roi-fit {}; model {model}; {words}", env!("CARGO_PKG_VERSION")))
    }

    /// Does it with an analysis that was opened from a configuration.
    ///
    /// # Errors
    /// Whatever keeps the region from a result; a fit that ends below the quality asked for is a result.
    pub fn run(&self, analysis: &mut Analysis, config: &Path) -> roi_fit::Result<TaskResult> {
        if let Some(model) = &self.model {
            analysis.load_model(model)?;
        }
        self.energies.apply(analysis)?;
        self.editing.apply(analysis)?;
        // Results hold no date: a batch that was killed and resumed leaves the bytes of one that was not.
        let mut from = provenance(Some(config), &self.model_inputs(), false);
        if let (Ok(settings), Some(map)) = (self.settings(), from.as_object_mut()) {
            map.insert("options".into(), settings.into());
        }
        let mut optimized = None;
        if self.optimize != Optimization::No {
            let mut options = analysis.optimize_options();
            self.fitting.change(&mut options.fit);
            let result = analysis.optimize(&options)?;
            if self.optimize == Optimization::Only {
                let failure = result.failure();
                return Ok(TaskResult::new(completed(result.to_json(), analysis, None, from)).with_failure(failure));
            }
            optimized = Some(result);
        }
        self.freeing.apply(analysis)?;
        let result = analysis.fit(&self.fitting.options(analysis))?;
        let dictionary = completed(result.to_json(), analysis, optimized.as_ref(), from);
        Ok(TaskResult::new(dictionary).with_failure((!result.fit_success).then_some(result.message)))
    }

    /// All regions in the order given. It holds no seconds, so that it is the same after a kill; they are in the journal.
    ///
    /// # Errors
    /// When the file of the model cannot be read.
    pub fn summary(&self, entries: &[Entry]) -> Result<Value> {
        let regions: Vec<Value> = entries
            .iter()
            .map(|entry| {
                let mut value = json!(entry);
                if let Some(map) = value.as_object_mut() {
                    map.remove("seconds");
                }
                value
            })
            .collect();
        let count = |ending| entries.iter().filter(|entry| entry.ending == ending).count();
        let mut from = provenance(None, &self.model_inputs(), false);
        from["options"] = self.settings()?.into();
        Ok(json!({
            "n_done": count(Ending::Done),
            "n_failed": count(Ending::Failed),
            "n_error": count(Ending::Error),
            "n_internal": count(Ending::Internal),
            "regions": regions,
            "provenance": from,
        }))
    }

    /// The files beside the configuration that a model comes from, and what they are.
    fn model_inputs(&self) -> Vec<(&'static str, &Path)> {
        let added = self.editing.add_source.iter().map(|path| ("added sources", path.as_path()));
        self.model.as_deref().map(|path| ("model", path)).into_iter().chain(added).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_of_every_region_is_told_before_any() {
        let check = |plan: Value| serde_json::from_value::<FitTask>(plan).unwrap().check();
        let good = json!({
            "editing": { "set": [["a:b:Index", -2.0]] },
            "freeing": { "distance": 0.0, "pars": "norm", "minmax_ts": [10.0, null], "minmax_npred": [1.0, 1.0] },
        });
        check(good).unwrap();
        for (wrong, option) in [
            (json!({ "editing": { "set": [["Index", -2.0]] } }), "set"),
            (json!({ "editing": { "set": [["Crab:", -2.0]] } }), "set"),
            (json!({ "freeing": { "distance": -1.0 } }), "distance"),
            (json!({ "freeing": { "distance": 3.0, "pars": "norms" } }), "pars"),
            (json!({ "freeing": { "minmax_ts": [25.0, 10.0] } }), "minmax_ts"),
            (json!({ "freeing": { "minmax_npred": [2.0, 1.0] } }), "minmax_npred"),
        ] {
            let error = check(wrong).unwrap_err();
            assert!(
                matches!(&error, roi_fit::Error::Option { option: told, .. } if *told == option),
                "{option}: {error}"
            );
        }
    }
}
