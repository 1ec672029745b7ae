//! `roi-fit model`.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Table of the sources: normalisation, index, predicted counts
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit model config.yaml")]
pub(crate) struct Model {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
}

impl Model {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        output.text(analysis.print_model());
        self.region.save(output, &mut analysis)?;
        let properties = analysis.all_properties()?;
        let sources: Map<String, Value> = properties.into_iter().map(|(name, p)| (name, p.to_json())).collect();
        output
            .json(|| completed(json!({ "sources": sources }), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}
