//! `roi-fit spectrum`.

use std::path::PathBuf;

use clap::Args;
use roi_fit::scientific;
use serde_json::json;

use crate::collisions::Files;
use crate::failure::Failure;
use crate::output::Output;
use crate::provenance::provenance;

use super::ecsv::{Column, ecsv, quoted};
use super::energies::energy;

/// dN/dE of a source of a model file, and its derivatives with respect to the parameters' values
#[derive(Args)]
#[command(after_help = "Example:\n  roi-fit spectrum srcmdl_00.xml galdiff --energies 100,1000,10000 --derivatives")]
pub(crate) struct Spectrum {
    /// A source model
    xml: PathBuf,
    /// Name of the source
    source: String,
    /// Energies, separated by commas: numbers in MeV, or with a unit, as in 1GeV
    #[arg(
        long,
        value_name = "E1,E2,...",
        value_delimiter = ',',
        required = true,
        allow_hyphen_values = true,
        value_parser = energy
    )]
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
        let (name, unit) = if spectrum.is_factor { ("factor", "") } else { ("dnde", "1 / (cm2 s MeV)") };
        let numbers = |list: &[f64]| list.iter().map(|number| scientific(*number, 15)).collect();
        let mut columns = vec![
            Column {
                name: "energy".into(),
                unit: "MeV",
                values: spectrum.energies.iter().map(f64::to_string).collect(),
            },
            Column { name: name.into(), unit, values: numbers(&spectrum.dnde) },
        ];
        let shown = if self.derivatives { &spectrum.derivatives[..] } else { &[] };
        columns.extend(shown.iter().map(|(parameter, list)| Column {
            name: format!("d_{name}/d_{parameter}"),
            unit,
            values: numbers(list),
        }));
        output.text(ecsv(&[("source", quoted(&self.source))], &columns));
        let mut result = json!(spectrum);
        if let (false, Some(map)) = (self.derivatives, result.as_object_mut()) {
            map.remove("derivatives");
        }
        if let Some(map) = result.as_object_mut() {
            map.insert("provenance".into(), provenance(None, &[("model", &self.xml)], true));
        }
        output.json(|| result)
    }
}
