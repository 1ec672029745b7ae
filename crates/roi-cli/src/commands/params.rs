//! `roi-fit params`.

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

use super::dictionary::completed;
use super::first::First;

/// Table of the parameters of the sources that have a free one
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit params config.yaml --all")]
pub(crate) struct Params {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// All sources, also those without a free parameter
    #[arg(long)]
    all: bool,
}

impl Params {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open(output)?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        output.text(analysis.print_params(self.all));
        let mut rows = Vec::new();
        for (idx, (id, parameter)) in analysis.roi().parameters().enumerate() {
            let source = &analysis.roi()[id.source];
            if self.all || source.is_free() {
                rows.push(json!({
                    "idx": idx,
                    "src_name": source.name(),
                    "par_name": parameter.name(),
                    "is_norm": source.spectrum().norm_index() == Some(id.parameter),
                    "value": parameter.value(),
                    "true_value": parameter.true_value(),
                    "error": parameter.error(),
                    "scale": parameter.scale(),
                    "min": parameter.min(),
                    "max": parameter.max(),
                    "free": parameter.is_free(),
                }));
            }
        }
        self.region.save(output, &mut analysis)?;
        let json = json!({ "parameters": rows });
        output.json(|| completed(json, &analysis, optimized.as_ref(), self.region.provenance()))
    }
}
