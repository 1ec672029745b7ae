//! A spectrum with the name of its source, and which of its derivatives is evaluated.

use roi_model::{Source, Spectrum};

use crate::error::Result;

/// A spectrum and the source that an error names.
#[derive(Clone, Copy)]
pub(crate) struct NamedSpectrum<'a> {
    pub(crate) name: &'a str,
    pub(crate) spectrum: &'a Spectrum,
}

/// What is evaluated: rows of numbers, one a parameter or a pair of parameters.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// The value itself, one row.
    Value,
    /// First derivatives with respect to these parameters.
    First(&'a [usize]),
    /// Second derivatives with respect to the pairs of these parameters: the upper triangle, row by row.
    Second(&'a [usize]),
}

impl<'a> Rows<'a> {
    /// How many rows there are.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Value => 1,
            Self::First(wanted) => wanted.len(),
            Self::Second(wanted) => wanted.len() * (wanted.len() + 1) / 2,
        }
    }

    /// The parameters.
    pub(crate) fn wanted(self) -> &'a [usize] {
        match self {
            Self::Value => &[],
            Self::First(wanted) | Self::Second(wanted) => wanted,
        }
    }
}

impl NamedSpectrum<'_> {
    /// The rows at each of `energies` (MeV), into `out` of as many numbers.
    pub(crate) fn evaluate(self, rows: Rows<'_>, energies: &[f64], out: &mut [f64]) -> Result<()> {
        let done = match rows {
            Rows::Value => self.spectrum.evaluate(energies, out),
            Rows::First(wanted) => self.spectrum.gradient(energies, wanted, out),
            Rows::Second(wanted) => self.spectrum.hessian(energies, wanted, out),
        };
        Ok(done.map_err(|error| error.in_source(self.name))?)
    }
}

impl<'a> From<&'a Source> for NamedSpectrum<'a> {
    fn from(source: &'a Source) -> Self {
        Self { name: source.name(), spectrum: source.spectrum() }
    }
}
