//! `--optimize-first`.

use clap::Args;
use roi_fit::{Analysis, OptimizeOptions, OptimizeResult};

use crate::failure::Failure;
use crate::output::Output;

/// Whether the region is optimized before the command.
#[derive(Args, Debug)]
pub(crate) struct First {
    /// Optimize the region first
    #[arg(long)]
    optimize_first: bool,
}

impl First {
    /// Whether it was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.optimize_first
    }

    /// Optimizes, if it was asked for; `change` sets the options that the command line has beside those of the configuration.
    pub(crate) fn run(
        &self,
        output: &Output,
        analysis: &mut Analysis,
        change: impl FnOnce(&mut OptimizeOptions),
    ) -> Result<Option<OptimizeResult>, Failure> {
        if !self.optimize_first {
            return Ok(None);
        }
        let mut options = analysis.optimize_options();
        change(&mut options);
        let result = analysis.optimize(&options)?;
        super::optimize::show(output, analysis, &result);
        Ok(Some(result))
    }
}
