//! What a source was when something was computed from it and kept.

use roi_model::{Parameter, Source};

/// A source's name, spectrum and parameters at one time.
#[derive(Clone, Debug)]
pub(crate) struct Latched {
    name: String,
    spectrum: String,
    apply_edisp: bool,
    true_values: Vec<f64>,
    scales: Vec<f64>,
}

impl Latched {
    pub(crate) fn new(source: &Source) -> Self {
        let spectrum = source.spectrum();
        Self {
            name: source.name().to_owned(),
            spectrum: spectrum.type_name().to_owned(),
            apply_edisp: source.apply_edisp(),
            true_values: spectrum.parameters().iter().map(Parameter::true_value).collect(),
            scales: spectrum.parameters().iter().map(Parameter::scale).collect(),
        }
    }

    /// Whether the source is still what it was.
    pub(crate) fn is_of(&self, source: &Source) -> bool {
        self.is_of_but_for(source, None)
    }

    /// Whether the source is still what it was, but for the value of one parameter.
    pub(crate) fn is_of_but_for(&self, source: &Source, varying: Option<usize>) -> bool {
        let parameters = source.spectrum().parameters();
        self.name == source.name()
            && self.spectrum == source.spectrum().type_name()
            && self.apply_edisp == source.apply_edisp()
            && self.true_values.len() == parameters.len()
            && self.true_values.iter().zip(&self.scales).zip(parameters).enumerate().all(
                |(index, ((&value, &scale), p))| {
                    if varying == Some(index) { p.scale() == scale } else { p.true_value() == value }
                },
            )
    }
}
