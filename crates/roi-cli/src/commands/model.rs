//! `roi-fit model`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;

/// Table of the sources: normalisation, index, predicted counts
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit model config.yaml")]
pub(crate) struct Model {
    /// A fermipy config.yaml
    config: PathBuf,
}

impl Model {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let analysis = output.open(&self.config)?;
        output.text(analysis.print_model());
        output.json(&json!({ "sources": analysis.all_properties() }))
    }
}
