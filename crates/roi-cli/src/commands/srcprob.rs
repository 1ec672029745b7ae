//! `roi-fit srcprob`.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use roi_fit::{ProbabilityOptions, SourceProbabilities, fixed};
use serde_json::json;

use super::dictionary::completed;
use super::first::First;
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// Write the photons with a column a source: the probability that the photon came from it
///
/// The photons are those that `prepare` has selected (`ft1_00.fits`). A probability is the part that the source has in the counts that the model
/// predicts in the energy bin and pixel of the photon; photons outside the counts cube have none (NaN). At the maximum of the likelihood the
/// probabilities of a source with a free norm sum to its predicted counts.
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit srcprob config.yaml --model fitted.xml
  roi-fit srcprob config.yaml --model fitted.xml --out photons_3c279.fits --json sums.json")]
pub(crate) struct Srcprob {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// The file to write; with several components, _NAME is added [default: `ft1_srcprob_NAME.fits` in fileio.outdir]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Srcprob {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open_to_write(output, self.out.as_deref(), &[])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let written = analysis.source_probabilities(&ProbabilityOptions::default().with_out(self.out.clone()))?;
        for component in &written {
            output.text(sums(component));
            output.text(format_args!(
                "{} of {} photons lie in the counts cube; written to {}\n",
                component.inside,
                component.photons,
                component.path.display()
            ));
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| {
            completed(json!({ "components": written }), &analysis, optimized.as_ref(), self.region.provenance())
        })
    }
}

/// The sources by the sum of their probabilities.
fn sums(component: &SourceProbabilities) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["source", "photons (sum of probabilities)"]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut sources: Vec<_> = component.sums.iter().collect();
    sources.sort_by(|a, b| b.1.total_cmp(a.1));
    for (name, sum) in sources {
        table.add_row([name.clone(), fixed(*sum, 2)]);
    }
    table
}
