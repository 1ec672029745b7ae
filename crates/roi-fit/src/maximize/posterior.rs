//! The log-likelihood of an analysis: that of the data, and the logarithms of the parameters' priors, each counted once.
//!
//! The priors of fixed parameters count as well, so that fixing a parameter changes no likelihood.

use likelihood_core::{Data, NormLines, PointGradient, Workspace};
use ndarray::Array2;
use roi_model::{Prior, Roi};

use crate::error::{Error, Result};
use crate::maximize::recorder::Recorder;

/// `logL` with priors as a function of the values of a region's free parameters. It writes into the workspace alone.
pub(crate) struct Posterior<'a> {
    data: &'a Data,
    work: &'a mut Workspace,
    priors: Vec<Term>,
    /// Who is told of the points at which derivatives are taken.
    recorder: Option<&'a Recorder>,
}

/// The prior of a parameter.
struct Term {
    source_name: String,
    parameter: String,
    prior: Prior,
    at: At,
}

/// Where the value of a parameter comes from.
enum At {
    /// From this row of the free parameters.
    Row(usize),
    /// It is fixed.
    Value(f64),
}

impl Term {
    fn value(&self, values: &[f64]) -> f64 {
        match self.at {
            At::Row(row) => values[row],
            At::Value(value) => value,
        }
    }
}

impl<'a> Posterior<'a> {
    /// For a workspace that follows this region.
    pub(crate) fn new(data: &'a Data, work: &'a mut Workspace, roi: &Roi) -> Self {
        let (mut priors, mut row) = (Vec::new(), 0);
        for (id, parameter) in roi.parameters() {
            let at = if parameter.is_free() { At::Row(row) } else { At::Value(parameter.value()) };
            row += usize::from(parameter.is_free());
            if let Some(&prior) = parameter.prior() {
                let source_name = roi[id.source].name().to_owned();
                priors.push(Term { source_name, parameter: parameter.name().to_owned(), prior, at });
            }
        }
        Self { data, work, priors, recorder: None }
    }

    /// The same, which tells a recorder of each point.
    pub(crate) fn recorded(mut self, recorder: Option<&'a Recorder>) -> Self {
        self.recorder = recorder;
        self
    }

    /// How many free parameters there are.
    pub(crate) fn n_free(&self) -> usize {
        self.work.n_parameters()
    }

    /// `logL` with priors.
    pub(crate) fn value(&mut self, values: &[f64]) -> Result<f64> {
        Ok(self.data.value(values, self.work)? + self.ln_prior()?)
    }

    /// `logL` with priors, and its derivatives.
    pub(crate) fn gradient(&mut self, values: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let value = self.data.gradient(values, self.work, gradient)? + self.ln_prior()?;
        for (row, [first, _]) in self.derivatives() {
            gradient[row] += first;
        }
        if let Some(recorder) = self.recorder {
            recorder.record(values, gradient, None);
        }
        Ok(value)
    }

    /// `logL` with priors, and its first and second derivatives.
    pub(crate) fn hessian(&mut self, values: &[f64], gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64> {
        let value = self.data.hessian(values, self.work, gradient, hessian)? + self.ln_prior()?;
        for (row, [first, second]) in self.derivatives() {
            gradient[row] += first;
            hessian[[row, row]] += second;
        }
        if let Some(recorder) = self.recorder {
            recorder.record(values, gradient, Some(hessian));
        }
        Ok(value)
    }

    /// `logL` with priors and its derivatives at many points, in one reading of the data; `None` where the model is not allowed.
    pub(crate) fn gradients(&mut self, points: &[Vec<f64>]) -> Result<Vec<Option<PointGradient>>> {
        let mut found = self.data.gradients(points, self.work)?;
        for (values, found) in points.iter().zip(&mut found) {
            let ln_prior: f64 = self.priors.iter().map(|term| term.prior.ln(term.value(values))).sum();
            let Some(at) = found.as_mut().filter(|_| ln_prior.is_finite()) else {
                *found = None;
                continue;
            };
            at.value += ln_prior;
            for term in &self.priors {
                if let At::Row(row) = term.at {
                    at.gradient[row] += term.prior.derivatives(values[row])[0];
                }
            }
        }
        Ok(found)
    }

    /// The sources whose norms can be moved, without priors, around these values.
    pub(crate) fn norm_lines(&mut self, values: &[f64]) -> Result<NormLines<'_>> {
        Ok(self.data.norm_lines(values, self.work)?)
    }

    /// Sum of the logarithms of all priors at the values of the last evaluation, or of the region if there was none; an error names the
    /// parameter whose prior excludes its value.
    pub(crate) fn ln_prior(&self) -> Result<f64> {
        if self.priors.is_empty() {
            return Ok(0.0);
        }
        // As the parameters take them: what is next to a bound is the bound.
        let values = self.work.values();
        let total: f64 = self.priors.iter().map(|term| term.prior.ln(term.value(&values))).sum();
        if total.is_finite() {
            return Ok(total);
        }
        let excluded = self.priors.iter().find(|term| !term.prior.ln(term.value(&values)).is_finite());
        let (source_name, parameter, value) = excluded.map_or_else(Default::default, |term| {
            (term.source_name.clone(), term.parameter.clone(), term.value(&values))
        });
        Err(Error::ExcludedByPrior { source_name, parameter, value })
    }

    /// Derivatives of the priors by row of the free parameters.
    fn derivatives(&self) -> Vec<(usize, [f64; 2])> {
        let values = if self.priors.is_empty() { Vec::new() } else { self.work.values() };
        let of_term = |term: &Term| match term.at {
            At::Row(row) => Some((row, term.prior.derivatives(values[row]))),
            At::Value(_) => None,
        };
        self.priors.iter().filter_map(of_term).collect()
    }
}
