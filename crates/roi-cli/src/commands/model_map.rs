//! `roi-fit model-map`.

use std::path::PathBuf;

use clap::Args;
use roi_fit::ModelMapOptions;
use serde_json::json;

use super::dictionary::completed;
use super::first::First;
use crate::failure::Failure;
use crate::output::Output;
use crate::region::Region;

/// Predicted counts in every pixel as a cube, and the spectra of counts, model and residual
#[derive(Args)]
#[command(after_help = "Examples:
  roi-fit model-map config.yaml --out mcube.fits
  roi-fit model-map config.yaml --model fitted.xml --source galdiff --source isodiff --out diffuse.fits
  roi-fit model-map config.yaml --model fitted.xml --residual --out residual.fits --json -")]
pub(crate) struct ModelMap {
    #[command(flatten)]
    region: Region,
    #[command(flatten)]
    first: First,
    /// The file to write; with several components, _NAME is added. Without it only the spectra are printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only this source (may be repeated)
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
    /// Write counts minus model instead of the model
    #[arg(long)]
    residual: bool,
}

impl ModelMap {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut analysis = self.region.open_to_write(output, self.out.as_deref(), &[])?;
        let optimized = self.first.run(output, &mut analysis, |_| ())?;
        let options = ModelMapOptions::default()
            .with_out(self.out.clone())
            .with_sources(self.source.clone())
            .with_residual(self.residual);
        let spectra = analysis.model_map(&options)?;
        for spectrum in &spectra {
            output.text(spectrum.print());
            if let Some(path) = &spectrum.path {
                output.text(format_args!("written to {}\n", path.display()));
            }
        }
        self.region.save(output, &mut analysis)?;
        output.json(|| {
            completed(json!({ "components": spectra }), &analysis, optimized.as_ref(), self.region.provenance())
        })
    }
}
