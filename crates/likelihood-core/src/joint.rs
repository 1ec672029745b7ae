//! The likelihood of several components that share one model: the sum of theirs.

use ndarray::Array2;
use roi_model::parameter::Parameter;
use roi_model::roi::Roi;
use roi_model::source::Source;

use crate::error::{Error, Result};
use crate::likelihood::BinnedLikelihood;
use crate::plan::Plan;
use crate::source_map::SourceMap;

/// A joint likelihood: the sum of its components' log-likelihoods over one region model.
///
/// The region ([`Roi`]) owns the parameters; the likelihood owns data and caches. Every evaluation is of the region as it is at that
/// moment. `logL` is positive-going (larger is better) and lacks the `ln N!` term; derivatives are with respect to the free
/// parameters' scaled `value`, in the region's order ([`Roi::free_parameters`]).
///
/// A result is the same to the last bit for any number of threads.
#[derive(Clone, Debug)]
pub struct JointLikelihood {
    components: Vec<BinnedLikelihood>,
    muted: Vec<String>,
    plan: Plan,
    /// The fixed sources that the components' caches hold; `None` when they hold nothing.
    fixed: Option<Vec<Latched>>,
}

/// What a fixed source was when it was added to the caches.
#[derive(Clone, Debug)]
struct Latched {
    name: String,
    spectrum: String,
    apply_edisp: bool,
    true_values: Vec<f64>,
}

impl Latched {
    fn new(source: &Source) -> Self {
        let spectrum = source.spectrum();
        Self {
            name: source.name().to_owned(),
            spectrum: spectrum.type_name().to_owned(),
            apply_edisp: source.apply_edisp(),
            true_values: spectrum.parameters().iter().map(Parameter::true_value).collect(),
        }
    }

    fn is_of(&self, source: &Source) -> bool {
        let spectrum = source.spectrum();
        self.name == source.name()
            && self.spectrum == spectrum.type_name()
            && self.apply_edisp == source.apply_edisp()
            && self.true_values.len() == spectrum.parameters().len()
            && self.true_values.iter().zip(spectrum.parameters()).all(|(&value, p)| p.true_value() == value)
    }
}

impl JointLikelihood {
    /// The likelihood of at least one component.
    ///
    /// # Errors
    /// [`Error::NoComponents`].
    pub fn new(components: Vec<BinnedLikelihood>) -> Result<Self> {
        if components.is_empty() {
            return Err(Error::NoComponents);
        }
        Ok(Self { components, muted: Vec::new(), plan: Plan::default(), fixed: None })
    }

    /// The components.
    pub fn components(&self) -> &[BinnedLikelihood] {
        &self.components
    }

    /// Adds the map of a source to each component, in their order, or replaces what stands there. Nothing changes on an error.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one map a component, or one does not fit its counts cube.
    pub fn set_source_maps(&mut self, source_name: &str, maps: &[SourceMap]) -> Result<()> {
        if maps.len() != self.components.len() {
            return Err(Error::Shape {
                what: format!("source maps of '{source_name}'"),
                expected: format!("{} (one a component)", self.components.len()),
                found: maps.len().to_string(),
            });
        }
        let made = self.components.iter().zip(maps).map(|(c, map)| c.template_of(source_name, map));
        let templates = made.collect::<Result<Vec<_>>>()?;
        for (component, template) in self.components.iter_mut().zip(templates) {
            component.templates.insert(source_name.to_owned(), template);
        }
        (self.plan, self.fixed) = (Plan::default(), None);
        Ok(())
    }

    /// Leaves the named sources out of the model, as if they had been deleted, until the next call; an empty list brings all back.
    ///
    /// Their free parameters stay in the vector of free parameters, with derivatives of zero.
    pub fn mute(&mut self, sources: &[&str]) {
        self.muted = sources.iter().map(|&name| name.to_owned()).collect();
    }

    /// Forgets the cached model of the fixed sources. Needed only when a spectrum was replaced by one of the same type and parameter
    /// values (a file function with another table, say).
    pub fn forget_fixed(&mut self) {
        self.fixed = None;
    }

    /// Observed counts of all components.
    pub fn total_counts(&self) -> f64 {
        self.components.iter().flat_map(BinnedLikelihood::counts_spectrum).sum()
    }

    /// Weighted counts of all components; the counts themselves where there are no weights.
    pub fn total_weighted_counts(&self) -> f64 {
        self.components.iter().flat_map(BinnedLikelihood::weighted_counts_spectrum).sum()
    }

    /// Predicted counts of a source (by its index in the region) in all components; 0 when there is no such source.
    ///
    /// # Errors
    /// As [`BinnedLikelihood::npred`].
    pub fn npred(&self, roi: &Roi, source: usize) -> Result<f64> {
        self.predicted(roi, source, BinnedLikelihood::npred)
    }

    /// The same with each pixel's counts times its weight.
    ///
    /// # Errors
    /// As [`BinnedLikelihood::npred`].
    pub fn weighted_npred(&self, roi: &Roi, source: usize) -> Result<f64> {
        self.predicted(roi, source, BinnedLikelihood::weighted_npred)
    }

    fn predicted(
        &self,
        roi: &Roi,
        source: usize,
        of_component: impl Fn(&BinnedLikelihood, &Source) -> Result<Vec<f64>>,
    ) -> Result<f64> {
        let mut npred = 0.0;
        if let Some(source) = roi.sources().get(source) {
            for component in &self.components {
                npred += of_component(component, source)?.iter().sum::<f64>();
            }
        }
        Ok(npred)
    }

    /// `logL` of the region as it is.
    ///
    /// # Errors
    /// [`Error::NoSourceMap`]; a spectrum that is not finite; counts where nothing is predicted ([`Error::UnmodelledCounts`]).
    pub fn value(&mut self, roi: &Roi) -> Result<f64> {
        self.prepare(roi)?;
        let mut total = 0.0;
        for component in &mut self.components {
            total += component.value(roi, &self.plan)?;
        }
        Ok(total)
    }

    /// `logL`, and its first derivatives written to `gradient`, one a free parameter.
    ///
    /// # Errors
    /// Also when `gradient` is not as long as there are free parameters.
    pub fn gradient(&mut self, roi: &Roi, gradient: &mut [f64]) -> Result<f64> {
        self.prepare(roi)?;
        self.check_length("gradient", gradient.len())?;
        gradient.fill(0.0);
        let mut total = 0.0;
        for component in &mut self.components {
            total += component.gradient(roi, &self.plan, gradient)?;
        }
        Ok(total)
    }

    /// `logL`, and its first and second derivatives written to `gradient` and `hessian` (a symmetric matrix over the free parameters).
    ///
    /// # Errors
    /// Also when a buffer's size is not that of the free parameters.
    pub fn hessian(&mut self, roi: &Roi, gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64> {
        self.prepare(roi)?;
        self.check_length("gradient", gradient.len())?;
        self.check_length("rows of the Hessian", hessian.nrows())?;
        self.check_length("columns of the Hessian", hessian.ncols())?;
        gradient.fill(0.0);
        hessian.fill(0.0);
        let mut total = 0.0;
        for component in &mut self.components {
            total += component.hessian(roi, &self.plan, gradient, hessian)?;
        }
        Ok(total)
    }

    /// Brings plan and caches up to the region's state.
    fn prepare(&mut self, roi: &Roi) -> Result<()> {
        if !self.plan.fits(roi, &self.muted) {
            self.plan = Plan::new(roi, &self.muted);
        }
        // Kept when another plan has the same fixed sources: freeing nothing new, or muting a free source, costs no rebuild.
        let is_current = self.fixed.as_ref().is_some_and(|fixed| {
            fixed.len() == self.plan.fixed.len()
                && self.plan.fixed.iter().zip(fixed).all(|(&index, latched)| latched.is_of(&roi.sources()[index]))
        });
        if is_current {
            return Ok(());
        }
        self.fixed = None;
        for component in &mut self.components {
            component.rebuild_fixed(roi, &self.plan)?;
        }
        self.fixed = Some(self.plan.fixed.iter().map(|&index| Latched::new(&roi.sources()[index])).collect());
        Ok(())
    }

    fn check_length(&self, what: &str, found: usize) -> Result<()> {
        let expected = self.plan.n_parameters;
        if found == expected {
            return Ok(());
        }
        Err(Error::Shape {
            what: what.into(),
            expected: format!("{expected} (the number of free parameters)"),
            found: found.to_string(),
        })
    }
}
