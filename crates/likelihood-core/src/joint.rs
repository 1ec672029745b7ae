//! The likelihood of several components that share one model: the sum of theirs.

use ndarray::Array2;
use roi_model::{Roi, Source};

use crate::error::{Error, Result};
use crate::fixed;
use crate::latched::Latched;
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
    /// The fixed sources that the components' caches hold, group by group; `None` for a group that was not summed.
    fixed: Vec<Option<Vec<Latched>>>,
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
        Ok(Self { components, muted: Vec::new(), plan: Plan::default(), fixed: Vec::new() })
    }

    /// The components.
    pub fn components(&self) -> &[BinnedLikelihood] {
        &self.components
    }

    pub(crate) fn components_mut(&mut self) -> &mut [BinnedLikelihood] {
        &mut self.components
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
        self.plan = Plan::default();
        self.forget();
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
        self.forget();
    }

    fn forget(&mut self) {
        self.fixed.clear();
        for component in &mut self.components {
            component.columns.clear();
        }
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

    /// How many bytes an evaluation of value and gradient reads once at least: counts, the sum of the fixed sources, and what is kept of
    /// each free source within its reach. Divided by the bandwidth of the memory it is the floor of the evaluation's time.
    ///
    /// # Errors
    /// As [`JointLikelihood::value`].
    pub fn bytes_per_pass(&mut self, roi: &Roi) -> Result<usize> {
        self.prepare(roi)?;
        self.components.iter().map(|component| component.bytes_per_pass(roi, &self.plan)).sum()
    }

    /// The roles of the sources, as of the last evaluation.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Brings plan and caches up to the region's state.
    pub(crate) fn prepare(&mut self, roi: &Roi) -> Result<()> {
        if !self.plan.fits(roi, &self.muted) {
            self.plan = Plan::new(roi, &self.muted);
        }
        for component in &mut self.components {
            component.collapse(roi, &self.plan)?;
        }
        // Only groups whose fixed sources are no longer what they were are summed anew: muting a free source costs nothing.
        let mut stale = Vec::new();
        let mut fixed = self.plan.fixed.iter().copied().peekable();
        for (group, members) in fixed::groups(roi.sources().len()).enumerate() {
            let own: Vec<usize> = std::iter::from_fn(|| fixed.next_if(|index| *index < members.end)).collect();
            let latched = self.fixed.get(group).and_then(Option::as_ref);
            let is_current = latched.is_some_and(|latched| {
                latched.len() == own.len() && own.iter().zip(latched).all(|(&i, was)| was.is_of(&roi.sources()[i]))
            });
            stale.push((!is_current).then_some(own));
        }
        if self.fixed.len() == stale.len() && stale.iter().all(Option::is_none) {
            return Ok(());
        }
        self.fixed.resize(stale.len(), None);
        for (latched, _) in self.fixed.iter_mut().zip(&stale).filter(|(_, stale)| stale.is_some()) {
            *latched = None;
        }
        for component in &mut self.components {
            if let Err(error) = component.rebuild_fixed(roi, &stale) {
                // The component has lost its sums: nothing of the caches is to be believed.
                self.fixed.clear();
                return Err(error);
            }
        }
        for (latched, sources) in self.fixed.iter_mut().zip(stale) {
            if let Some(sources) = sources {
                *latched = Some(sources.iter().map(|&index| Latched::new(&roi.sources()[index])).collect());
            }
        }
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
