//! From the numbers of a catalog to the parameters of a spectrum: fermipy's scales and bounds.

use roi_model::{Parameter, Spectrum, power_of_ten};

use super::table::Table;
use crate::error::Result;

/// A spectrum as a catalog tells it: a type and its true values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Law {
    kind: &'static str,
    parameters: Vec<(&'static str, f64)>,
}

/// The type of spectrum of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    PowerLaw,
    LogParabola,
    /// `PLExpCutoff` and `PLSuperExpCutoff`.
    Cutoff,
}

/// The column `SpectrumType`.
pub(super) fn kinds(table: &Table<'_>) -> Result<Vec<Kind>> {
    let kind = |(row, text): (usize, &String)| match text.as_str() {
        "PowerLaw" => Ok(Kind::PowerLaw),
        "LogParabola" => Ok(Kind::LogParabola),
        "PLExpCutoff" | "PLSuperExpCutoff" | "PLSuperExpCutoff2" | "PLSuperExpCutoff4" => Ok(Kind::Cutoff),
        other => {
            let expected = "PowerLaw, LogParabola, PLExpCutoff or PLSuperExpCutoff";
            Err(table.bad("SpectrumType", format!("row {} is '{other}', expected {expected}", row + 1)))
        }
    };
    table.texts("SpectrumType")?.iter().enumerate().map(kind).collect()
}

/// One value of each column for a row; NaN where a column is short, which the model refuses with the source's name.
pub(super) fn at(column: &[f64], row: usize) -> f64 {
    column.get(row).copied().unwrap_or(f64::NAN)
}

impl Law {
    pub(super) fn new(kind: &'static str, parameters: impl Into<Vec<(&'static str, f64)>>) -> Self {
        Self { kind, parameters: parameters.into() }
    }

    /// N (E/S)^-index.
    pub(super) fn power_law(density: f64, index: f64, pivot: f64) -> Self {
        Self::new("PowerLaw", [("Prefactor", density), ("Index", -index), ("Scale", pivot)])
    }

    /// A power law by its integral over a range of energy.
    pub(super) fn power_law_2(flux: f64, index: f64, range: (f64, f64)) -> Self {
        let limits = [("LowerLimit", range.0), ("UpperLimit", range.1)];
        Self::new("PowerLaw2", [[("Integral", flux), ("Index", -index)], limits].concat())
    }

    /// N (E/Eb)^-(alpha + beta ln(E/Eb)).
    pub(super) fn log_parabola(density: f64, alpha: f64, beta: f64, pivot: f64) -> Self {
        Self::new("LogParabola", [("norm", density), ("alpha", alpha), ("beta", beta), ("Eb", pivot)])
    }

    /// `PLSuperExpCutoff2` from the flux density at the pivot, where the cutoff already bites.
    pub(super) fn cutoff2(density: f64, index: f64, factor: f64, exponent: f64, pivot: f64) -> Self {
        let prefactor = density * (factor * pivot.powf(exponent)).exp();
        Self::new(
            "PLSuperExpCutoff2",
            [
                ("Prefactor", prefactor),
                ("Index1", -index),
                ("Scale", pivot),
                ("Expfactor", factor),
                ("Index2", exponent),
            ],
        )
    }

    pub(super) fn spectrum(&self) -> roi_model::Result<Spectrum> {
        let parameters = self
            .parameters
            .iter()
            .map(|&(name, value)| catalog_parameter(self.kind, name, value))
            .collect::<roi_model::Result<_>>()?;
        Spectrum::new(self.kind, parameters)
    }
}

/// A fixed parameter of this true value with the scale and bounds that fermipy gives it; bounds are widened to hold the value.
fn catalog_parameter(kind: &str, name: &str, truth: f64) -> roi_model::Result<Parameter> {
    let (scale, bounds) = match name {
        "Cutoff" => (power_of_ten(truth), (0.001, 1000.0)),
        "Expfactor" => (power_of_ten(truth), (-0.5, 0.5)),
        "ExpfactorS" => (power_of_ten(truth), (0.0, 5.0)),
        "Prefactor" | "norm" | "Integral" | "Expfactor2" => (power_of_ten(truth), (1e-5, 1000.0)),
        "Index" if kind == "PowerLaw" => (-1.0, ((-truth - 1.0).min(0.0), (-truth + 1.0).max(5.0))),
        "Index" | "Index1" | "IndexS" => (-1.0, (0.0, 5.0)),
        "alpha" => (1.0, (-5.0, 5.0)),
        "beta" => (1.0, (-2.0, 2.0)),
        "Index2" if kind == "PLSuperExpCutoff4" => (1.0, (-0.5, 2.0)),
        "Index2" => (1.0, (0.0, 2.0)),
        _ => (1.0, (truth, truth)),
    };
    let value = truth / scale;
    let parameter = Parameter::new(name, value)?.with_scale(scale)?;
    parameter.with_bounds(bounds.0.min(value), bounds.1.max(value))
}
