//! A region of interest: its centre and its sources.

use std::ops::{Index, IndexMut};

use super::id::{ParameterId, SourceId};
use super::names::{ParameterName, normalized_name};
use crate::error::{Error, Result, nearest};
use crate::parameter::{Parameter, ParameterState};
use crate::sky::SkyDirection;
use crate::source::Source;

/// A region of interest. Its sources are sorted by name, byte by byte; the global order of the parameters follows from it:
/// source after source, and within a source the spectral parameters in declaration order.
#[derive(Debug, Clone)]
pub struct Roi {
    title: String,
    center: SkyDirection,
    sources: Vec<Source>,
}

/// Value, scale, bounds, freedom and error of every parameter of a ROI, to the last bit; see [`Roi::state`].
#[derive(Debug, Clone, PartialEq)]
pub struct RoiState {
    sources: Vec<(String, Vec<ParameterState>)>,
}

impl Roi {
    /// A ROI from its centre and its sources, in any order.
    ///
    /// # Errors
    /// [`Error::DuplicateSource`].
    pub fn new(center: SkyDirection, mut sources: Vec<Source>) -> Result<Self> {
        sources.sort_by(|a, b| a.name().cmp(b.name()));
        let twice = sources.windows(2).find_map(|pair| match pair {
            [a, b] if a.name() == b.name() => Some(a.name().to_owned()),
            _ => None,
        });
        match twice {
            Some(name) => Err(Error::DuplicateSource { name }),
            None => Ok(Self { title: "source library".to_owned(), center, sources }),
        }
    }

    /// Its title, written into the XML.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Sets the title.
    pub fn set_title(&mut self, title: impl Into<String>) {
        self.title = title.into();
    }

    /// Its centre.
    pub fn center(&self) -> SkyDirection {
        self.center
    }

    /// Its sources, sorted by name.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Its sources, to change their parameters.
    pub fn sources_mut(&mut self) -> &mut [Source] {
        &mut self.sources
    }

    /// The source of this name or alias. An exact name wins; otherwise case and white space do not matter.
    ///
    /// # Errors
    /// [`Error::UnknownSource`] with the nearest names, or [`Error::AmbiguousSource`].
    pub fn source(&self, name: &str) -> Result<&Source> {
        let index = self.id_of(name)?.position();
        self.sources.get(index).ok_or(Error::Index { what: "source", index, count: self.sources.len() })
    }

    /// The source of this name or alias, as [`Roi::source`].
    ///
    /// # Errors
    /// As [`Roi::source`].
    pub fn source_mut(&mut self, name: &str) -> Result<&mut Source> {
        let index = self.id_of(name)?.position();
        let count = self.sources.len();
        self.sources.get_mut(index).ok_or(Error::Index { what: "source", index, count })
    }

    /// The sources' ids, in their order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = SourceId> + ExactSizeIterator + use<> {
        (0..self.sources.len()).map(SourceId)
    }

    /// The id of the source of this name or alias, as [`Roi::source`].
    ///
    /// # Errors
    /// As [`Roi::source`].
    pub fn id_of(&self, name: &str) -> Result<SourceId> {
        if let Some(exact) = self.sources.iter().position(|source| source.name() == name) {
            return Ok(SourceId(exact));
        }
        let wanted = normalized_name(name);
        let mut matches = self.ids().zip(&self.sources).filter(|(_, source)| {
            std::iter::once(source.name())
                .chain(source.aliases().iter().map(String::as_str))
                .any(|n| normalized_name(n) == wanted)
        });
        match (matches.next(), matches.next()) {
            (Some((id, _)), None) => Ok(id),
            (Some((_, first)), Some((_, second))) => {
                let all = [first, second].into_iter().chain(matches.map(|(_, source)| source));
                Err(Error::AmbiguousSource {
                    name: name.to_owned(),
                    matches: all.map(|source| source.name().to_owned()).collect(),
                })
            }
            _ => Err(Error::UnknownSource {
                name: name.to_owned(),
                nearest: nearest(name, self.sources.iter().map(Source::name)),
            }),
        }
    }

    /// Adds a source, at its place in the order of names.
    ///
    /// # Errors
    /// [`Error::DuplicateSource`]; the ROI is then unchanged.
    pub fn add_source(&mut self, source: Source) -> Result<()> {
        if self.sources.iter().any(|present| present.name() == source.name()) {
            return Err(Error::DuplicateSource { name: source.name().to_owned() });
        }
        let place = self.sources.partition_point(|present| present.name() < source.name());
        self.sources.insert(place, source);
        Ok(())
    }

    /// Removes the source of this name or alias and returns it.
    ///
    /// # Errors
    /// As [`Roi::source`].
    pub fn remove_source(&mut self, name: &str) -> Result<Source> {
        let id = self.id_of(name)?;
        Ok(self.sources.remove(id.position()))
    }

    /// All spectral parameters, in global order.
    pub fn parameters(&self) -> impl Iterator<Item = (ParameterId, &Parameter)> {
        self.ids().zip(&self.sources).flat_map(|(source, s)| {
            (0..).zip(s.spectrum().parameters()).map(move |(parameter, p)| (ParameterId { source, parameter }, p))
        })
    }

    /// One spectral parameter.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn parameter(&self, id: ParameterId) -> Result<&Parameter> {
        Ok(self.source_and_parameter(id)?.1)
    }

    /// The name of one spectral parameter, written `SOURCE:PAR`.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn parameter_name(&self, id: ParameterId) -> Result<ParameterName<'_>> {
        let (source, parameter) = self.source_and_parameter(id)?;
        Ok(ParameterName { source: source.name(), parameter: parameter.name() })
    }

    fn source_and_parameter(&self, id: ParameterId) -> Result<(&Source, &Parameter)> {
        let count = self.sources.len();
        let index = id.source.position();
        let source = self.sources.get(index).ok_or(Error::Index { what: "source", index, count })?;
        let parameters = source.spectrum().parameters();
        let missing = Error::Index { what: "parameter", index: id.parameter, count: parameters.len() };
        Ok((source, parameters.get(id.parameter).ok_or(missing)?))
    }

    /// One spectral parameter.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn parameter_mut(&mut self, id: ParameterId) -> Result<&mut Parameter> {
        let count = self.sources.len();
        let index = id.source.position();
        let source = self.sources.get_mut(index).ok_or(Error::Index { what: "source", index, count })?;
        let parameters = source.spectrum_mut().parameters_mut();
        let missing = Error::Index { what: "parameter", index: id.parameter, count: parameters.len() };
        parameters.get_mut(id.parameter).ok_or(missing)
    }

    /// The free parameters, in global order.
    pub fn free_parameters(&self) -> Vec<ParameterId> {
        self.parameters().filter(|(_, p)| p.is_free()).map(|(id, _)| id).collect()
    }

    /// The values of the free parameters, in scaled units and global order.
    pub fn free_values(&self) -> Vec<f64> {
        self.parameters().filter(|(_, p)| p.is_free()).map(|(_, p)| p.value()).collect()
    }

    /// Sets the values of the free parameters, in scaled units and global order.
    ///
    /// # Errors
    /// [`Error::Length`], or an error of [`Parameter::set_value`] with the source; no parameter is then changed.
    pub fn set_free_values(&mut self, values: &[f64]) -> Result<()> {
        let free = || self.sources.iter().flat_map(|s| s.spectrum().parameters().iter().map(move |p| (s, p)));
        let free = || free().filter(|(_, p)| p.is_free());
        let (expected, found) = (free().count(), values.len());
        if expected != found {
            return Err(Error::Length { what: "the list of free values", expected, found });
        }
        for ((source, parameter), &value) in free().zip(values) {
            parameter.accepted(value).map_err(|error| error.in_source(source.name()))?;
        }
        let parameters = self.sources.iter_mut().flat_map(|s| s.spectrum_mut().parameters_mut());
        parameters.filter(|p| p.is_free()).zip(values).try_for_each(|(p, &value)| p.set_value(value))
    }

    /// The sum of the logarithms of all priors, those of fixed parameters included; to be added once to a log-likelihood.
    pub fn ln_prior(&self) -> f64 {
        self.parameters().filter_map(|(_, p)| Some(p.prior()?.ln(p.value()))).sum()
    }

    /// Everything that a fit can change.
    pub fn state(&self) -> RoiState {
        let parameters = |s: &Source| s.spectrum().parameters().iter().map(Parameter::state).collect();
        RoiState { sources: self.sources.iter().map(|s| (s.name().to_owned(), parameters(s))).collect() }
    }

    /// Puts every parameter back as it was when the state was taken, bit for bit.
    ///
    /// # Errors
    /// [`Error::StateMismatch`] when sources or their numbers of parameters differ; nothing is then changed.
    pub fn restore(&mut self, state: &RoiState) -> Result<()> {
        let (ours, theirs) = (self.sources.len(), state.sources.len());
        if ours != theirs {
            return Err(Error::StateMismatch { reason: format!("the ROI has {ours} sources, the state {theirs}") });
        }
        for (source, (name, parameters)) in self.sources.iter().zip(&state.sources) {
            let (ours, theirs) = (source.spectrum().parameters().len(), parameters.len());
            if source.name() != name || ours != theirs {
                let reason = format!(
                    "source {:?} with {ours} parameters stands where the state has {name:?} with {theirs}",
                    source.name()
                );
                return Err(Error::StateMismatch { reason });
            }
        }
        for (source, (_, parameters)) in self.sources.iter_mut().zip(&state.sources) {
            for (parameter, saved) in source.spectrum_mut().parameters_mut().iter_mut().zip(parameters) {
                parameter.restore(saved);
            }
        }
        Ok(())
    }
}

/// The source of an id that this ROI (or the one that it is a copy of) gave.
///
/// # Panics
/// As a slice does, when the ROI has fewer sources.
impl Index<SourceId> for Roi {
    type Output = Source;

    fn index(&self, id: SourceId) -> &Source {
        &self.sources[id.position()]
    }
}

impl IndexMut<SourceId> for Roi {
    fn index_mut(&mut self, id: SourceId) -> &mut Source {
        &mut self.sources[id.position()]
    }
}
