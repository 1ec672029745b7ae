//! `roi-fit loglike`.

use clap::Args;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Log-likelihood of the model as it stands, predicted counts by source, component and energy bin, and the gradient
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit loglike config.yaml --json -")]
pub(crate) struct Loglike {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
}

impl Loglike {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let result = analysis.loglike_report()?;
        output.text(analysis.print_roi());
        output.text(format_args!(
            "\nlogL {:.6}   npred {}   counts {}",
            result.loglike,
            roi_fit::fixed(result.npred, 2),
            result.counts
        ));
        self.region.save(output, &mut analysis)?;
        output.json(|| completed(result.to_json(), &analysis, optimized.as_ref(), self.region.provenance()))
    }
}
