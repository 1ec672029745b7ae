//! `roi-fit spectrum`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::Output;

/// dN/dE of a source of a model file, and its derivatives with respect to the parameters' values
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit spectrum srcmdl_00.xml galdiff --energies 100,1000,10000 --derivatives")]
pub(crate) struct Spectrum {
    /// A source model
    xml: PathBuf,
    /// Name of the source
    source: String,
    /// Energies in MeV, separated by commas
    #[arg(long, value_name = "E1,E2,...", value_delimiter = ',', required = true, allow_hyphen_values = true)]
    energies: Vec<f64>,
    /// Also the derivatives with respect to each parameter's `value` (the scale not applied)
    #[arg(long)]
    derivatives: bool,
}

impl Spectrum {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let mut files = Files::default();
        files.reads("the model", Some(&self.xml)).writes("--json", output.json_file()).check()?;
        let spectrum = roi_fit::tabulate(&self.xml, &self.source, &self.energies)?;
        let mut text = format!("{:>14} {:>23}", "energy (MeV)", "dN/dE");
        let shown = if self.derivatives { &spectrum.derivatives[..] } else { &[] };
        // Writing to a String cannot fail.
        for (name, _) in shown {
            let _ = write!(text, " {:>23}", format!("d/d {name}"));
        }
        for (row, (energy, dnde)) in spectrum.energies.iter().zip(&spectrum.dnde).enumerate() {
            let _ = write!(text, "\n{energy:>14} {dnde:>23.15e}");
            for derivative in shown.iter().filter_map(|(_, column)| column.get(row)) {
                let _ = write!(text, " {derivative:>23.15e}");
            }
        }
        output.text(text);
        let mut result = json!(spectrum);
        if let (false, Some(map)) = (self.derivatives, result.as_object_mut()) {
            map.remove("derivatives");
        }
        output.json(&result)
    }
}
