//! The one place where a result becomes known, and where what is no longer true is forgotten.

use std::collections::BTreeMap;

use crate::known::covariance::Covariance;
use crate::known::limits::ParameterLimits;
use crate::known::profile_curve::Profile;
use crate::known::refitted_limit::RefittedLimit;
use crate::known::source_properties::{Fluxes, PredictedCounts, SourceProperties, TestStatistic};

/// What is known of the sources of an analysis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    properties: BTreeMap<String, SourceProperties>,
    covariance: Option<Covariance>,
}

impl Known {
    /// As it was saved.
    pub(crate) fn new(properties: BTreeMap<String, SourceProperties>, covariance: Option<Covariance>) -> Self {
        Self { properties, covariance }
    }

    /// What is known of the source of this name.
    pub(crate) fn of(&self, source: &str) -> Option<&SourceProperties> {
        self.properties.get(source)
    }

    /// What is known of all sources.
    pub(crate) fn all(&self) -> &BTreeMap<String, SourceProperties> {
        &self.properties
    }

    /// The covariance of the last fit that was good enough.
    pub(crate) fn covariance(&self) -> Option<&Covariance> {
        self.covariance.as_ref()
    }

    /// A fit was good enough: errors come from its covariance from now on.
    pub(crate) fn take_covariance(&mut self, covariance: Option<Covariance>) {
        self.covariance = covariance;
    }

    /// Predicted counts of a source.
    pub(crate) fn take_counts(&mut self, source: &str, counts: PredictedCounts) {
        self.entry(source).set_counts(counts);
    }

    /// The TS of a source.
    pub(crate) fn take_ts(&mut self, source: &str, ts: &TestStatistic) {
        self.entry(source).set_ts(ts);
    }

    /// Fluxes and parameters of a source.
    pub(crate) fn take_fluxes(&mut self, source: &str, fluxes: Fluxes) {
        self.entry(source).set_fluxes(fluxes);
    }

    /// The profile of a source's norm and its limits; `None` forgets those that were known.
    pub(crate) fn take_scan(&mut self, source: &str, scan: Option<(Profile, ParameterLimits)>) {
        let (scan, limits) = scan.unzip();
        let properties = self.entry(source);
        (properties.scan, properties.norm_limits) = (scan, limits);
    }

    /// The limit of a source with all that is free refitted; `None` forgets the one that was known.
    pub(crate) fn take_refitted_limit(&mut self, source: &str, limit: Option<RefittedLimit>) {
        self.entry(source).refitted_limit = limit;
    }

    /// TS, profile and limits of a source were those of other parameters.
    pub(crate) fn forget_measured(&mut self, source: &str) {
        let properties = self.entry(source);
        (properties.ts, properties.loglike_null, properties.ts_definition) = (None, None, None);
        (properties.scan, properties.norm_limits, properties.refitted_limit) = (None, None, None);
    }

    /// A parameter was multiplied by a factor.
    pub(crate) fn rescale(&mut self, source: &str, parameter: &str, factor: f64) {
        let kept = self.covariance.take();
        self.covariance = kept.map(|covariance| covariance.rescaled(source, parameter, factor));
    }

    /// A source is no longer there. What was known of the others together stays.
    pub(crate) fn forget_source(&mut self, source: &str) {
        self.properties.remove(source);
        self.covariance = self.covariance.take().map(|covariance| covariance.without(source));
    }

    /// A source has another spectrum: TS, profile and limits were those of the old one, and the covariance is that of other parameters.
    pub(crate) fn forget_spectrum(&mut self, source: &str) {
        self.properties.remove(source);
        self.covariance = None;
    }

    fn entry(&mut self, source: &str) -> &mut SourceProperties {
        self.properties.entry(source.to_owned()).or_default()
    }
}
