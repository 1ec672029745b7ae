//! A source's spectrum out of a model file: dN/dE and its derivatives at given energies.

use std::path::Path;

use roi_model::{Parameter, Roi, SkyDirection};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// A spectrum at some energies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TabulatedSpectrum {
    /// Energies in MeV.
    pub energies: Vec<f64>,
    /// dN/dE, in ph cm^-2 s^-1 MeV^-1 (and sr^-1 for a diffuse source whose template has no unit).
    pub dnde: Vec<f64>,
    /// Whether `dnde` is no flux but what a map cube is multiplied by.
    pub is_factor: bool,
    /// Derivatives of `dnde` with respect to the `value` of each parameter, by its name, in the spectrum's order.
    #[serde(serialize_with = "as_map")]
    pub derivatives: Vec<(String, Vec<f64>)>,
}

/// Tabulates the spectrum of a source of a model file, found by name. Tables that the model names are looked for beside it.
///
/// # Errors
/// When the file cannot be read, has no such source, or an energy is not positive and finite.
pub fn tabulate(model: &Path, source: &str, energies: &[f64]) -> Result<TabulatedSpectrum> {
    if let Some(bad) = energies.iter().find(|energy| !(energy.is_finite() && **energy > 0.0)) {
        return Err(Error::Option {
            option: "energies",
            found: bad.to_string(),
            expected: "finite energies above 0, in MeV",
        });
    }
    let library = read_library(model)?;
    // A region finds names as the other commands do; where its centre lies does not matter.
    let roi = Roi::new(SkyDirection::new(0.0, 0.0)?, library.sources)?;
    let source = roi.source(source)?;
    let (spectrum, is_factor) = (source.spectrum(), source.spatial().type_name() == "MapCubeFunction");

    let mut dnde = vec![0.0; energies.len()];
    spectrum.evaluate(energies, &mut dnde)?;
    let wanted: Vec<usize> = (0..spectrum.parameters().len()).collect();
    let mut derivatives = Vec::with_capacity(wanted.len());
    for (parameter, index) in spectrum.parameters().iter().map(Parameter::name).zip(wanted) {
        let mut column = vec![0.0; energies.len()];
        spectrum.gradient(energies, &[index], &mut column)?;
        derivatives.push((parameter.to_owned(), column));
    }
    Ok(TabulatedSpectrum { energies: energies.to_vec(), dnde, is_factor, derivatives })
}

/// A source library; tables that it names are looked for beside it.
pub(crate) fn read_library(model: &Path) -> Result<roi_model::SourceLibrary> {
    let failed = |error: &dyn std::fmt::Display| Error::State { path: model.to_owned(), reason: error.to_string() };
    let text = lat_io::read_text(model)?;
    roi_model::read_xml_with(&text, &lat_io::tables_beside(model)).map_err(|error| failed(&error))
}

fn as_map<S: serde::Serializer>(
    derivatives: &[(String, Vec<f64>)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let map: Map<String, Value> =
        derivatives.iter().map(|(name, column)| (name.clone(), column.clone().into())).collect();
    map.serialize(serializer)
}
