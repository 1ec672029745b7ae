//! `roi-fit config`.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::output::Output;

/// The configuration as it was understood: defaults filled in, paths whole, overrides of components applied
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit config config.yaml")]
pub(crate) struct Config {
    /// A fermipy config.yaml
    config: PathBuf,
}

impl Config {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let config = roi_fit::resolved_config(&self.config)?;
        output.text(format_args!("{config:#}"));
        output.json(&config)
    }
}
