//! `roi-fit loglike`.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::output::Output;

/// Log-likelihood of the model as it stands, predicted counts by source, component and energy bin, and the gradient
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit loglike config.yaml --json -")]
pub(crate) struct Loglike {
    /// A fermipy config.yaml
    config: PathBuf,
}

impl Loglike {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = output.open(&self.config)?;
        let result = analysis.loglike_report()?;
        output.text(analysis.print_roi());
        output
            .text(format_args!("\nlogL {:.6}   npred {:.2}   counts {}", result.loglike, result.npred, result.counts));
        output.json(&result.to_json())
    }
}
