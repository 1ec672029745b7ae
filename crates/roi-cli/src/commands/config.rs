//! `roi-fit config`.

use std::path::PathBuf;

use clap::Args;

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::Output;
use crate::region::config_file;

/// The configuration as it was understood: defaults filled in, paths whole, overrides of components applied
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit config config.yaml")]
pub(crate) struct Config {
    /// A fermipy config.yaml, or the directory that holds one
    #[arg(required_unless_present = "reference")]
    config: Option<PathBuf>,
    /// Print the page of all keys instead, as Markdown
    #[arg(long, conflicts_with = "config")]
    reference: bool,
}

impl Config {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let Some(path) = &self.config else {
            output.text(roi_fit::configuration_reference().trim_end());
            return Ok(());
        };
        let path = config_file(path);
        let mut files = Files::default();
        files.reads_config(&path);
        files.writes("--json", output.json_file()).check()?;
        let config = roi_fit::resolved_config(&path).map_err(roi_fit::Error::from)?;
        output.text(format_args!("{config:#}"));
        output.json(|| config)
    }
}
