//! A workspace's own copy of what a source's model depends on.

use roi_model::{Parameter, Source, Spectrum};

use crate::bin_model::named_spectrum::NamedSpectrum;

/// A source's name, spectrum and parameters: as they were when something was computed from them, or as they are evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    name: String,
    spectrum: Spectrum,
    apply_edisp: bool,
}

impl Snapshot {
    pub(crate) fn new(source: &Source) -> Self {
        Self { name: source.name().to_owned(), spectrum: source.spectrum().clone(), apply_edisp: source.apply_edisp() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn apply_edisp(&self) -> bool {
        self.apply_edisp
    }

    pub(crate) fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// Its spectrum, to be evaluated.
    pub(crate) fn named(&self) -> NamedSpectrum<'_> {
        NamedSpectrum { name: &self.name, spectrum: &self.spectrum }
    }

    /// The `value` of a parameter; `None` when there is no such parameter.
    pub(crate) fn value(&self, parameter: usize) -> Option<f64> {
        self.spectrum.parameters().get(parameter).map(Parameter::value)
    }

    /// Sets the `value` of a parameter, as [`Parameter::set_value`].
    pub(crate) fn set_value(&mut self, parameter: usize, value: f64) -> roi_model::Result<()> {
        match self.spectrum.parameters_mut().get_mut(parameter) {
            Some(parameter) => parameter.set_value(value).map_err(|error| error.in_source(&self.name)),
            None => Ok(()),
        }
    }

    /// Whether a new copy of the source would be the same.
    pub(crate) fn is_of(&self, source: &Source) -> bool {
        let (own, its) = (self.spectrum.parameters(), source.spectrum().parameters());
        let numbers = |p: &Parameter| (p.value().to_bits(), p.scale(), p.min(), p.max(), p.is_free());
        self.name == source.name()
            && self.apply_edisp == source.apply_edisp()
            && self.spectrum.is_function_of(source.spectrum())
            && own.len() == its.len()
            && own.iter().zip(its).all(|(own, its)| numbers(own) == numbers(its))
    }

    /// Whether its model is that of another one.
    pub(crate) fn predicts_as(&self, other: &Self) -> bool {
        self.predicts_as_but_for(other, None)
    }

    /// Whether its model is that of another one, but for the value of one parameter.
    pub(crate) fn predicts_as_but_for(&self, other: &Self, varying: Option<usize>) -> bool {
        let (own, others) = (self.spectrum.parameters(), other.spectrum.parameters());
        let is_same = |(index, (own, other)): (usize, (&Parameter, &Parameter))| {
            if varying == Some(index) { own.scale() == other.scale() } else { own.true_value() == other.true_value() }
        };
        std::ptr::eq(self, other)
            || (self.name == other.name
                && self.apply_edisp == other.apply_edisp
                && self.spectrum.is_function_of(&other.spectrum)
                && own.len() == others.len()
                && own.iter().zip(others).enumerate().all(is_same))
    }
}
