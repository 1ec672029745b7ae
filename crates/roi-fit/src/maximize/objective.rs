//! The one place where a likelihood meets a minimiser: `-logL` (with priors) of a region as a function of its free parameters.

use ndarray::Array2;
use optimizers::{
    Calls, Crossing, Derivatives, EvalError, Explorer, Minimum, Objective, Observer, Optimizer, Options, Parameter,
    Problem, Silent,
};
use roi_model::{ParameterName, Roi};

use crate::error::{Error, Result};
use crate::maximize::posterior::Posterior;

/// `-logL` over the free parameters' scaled `value`, in the region's order.
struct NegativeLogLikelihood<'a>(Posterior<'a>);

/// A trial point that the model does not allow is one to step back from; a defect of data or set-up is not.
fn recoverable(error: Error) -> EvalError {
    match error {
        Error::Likelihood(error) if error.depends_on_parameters() => EvalError::NotFinite,
        Error::ExcludedByPrior { .. } => EvalError::NotFinite,
        // The cause itself, as the minimiser will wrap it.
        Error::Likelihood(error) => EvalError::Fatal(error.into()),
        error => EvalError::Fatal(error.into()),
    }
}

impl Objective for NegativeLogLikelihood<'_> {
    fn dim(&self) -> usize {
        self.0.n_free()
    }

    fn derivatives(&self) -> Derivatives {
        Derivatives::Hessian
    }

    fn value(&mut self, x: &[f64]) -> std::result::Result<f64, EvalError> {
        self.0.value(x).map(|value| -value).map_err(recoverable)
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> std::result::Result<f64, EvalError> {
        let value = self.0.gradient(x, gradient).map_err(recoverable)?;
        negate(gradient);
        Ok(-value)
    }

    fn hessian(
        &mut self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut Array2<f64>,
    ) -> std::result::Result<f64, EvalError> {
        let value = self.0.hessian(x, gradient, hessian).map_err(recoverable)?;
        negate(gradient);
        hessian.mapv_inplace(|h| -h);
        Ok(-value)
    }
}

/// Other coordinates of the free parameters.
pub(crate) trait Chart {
    /// The values at a point; `None` where it has none.
    fn values(&self, point: &[f64]) -> Option<Vec<f64>>;
    /// First derivatives of `logL` with respect to the coordinates, from those with respect to the values.
    fn gradient(&self, values: &[f64], gradient: &[f64]) -> Option<Vec<f64>>;
    /// Minus the second derivatives, from both with respect to the values.
    fn curvature(&self, values: &[f64], gradient: &[f64], curvature: &Array2<f64>) -> Option<Array2<f64>>;
}

/// `-logL` in other coordinates.
struct Charted<'a, 'b, C> {
    posterior: &'a mut Posterior<'b>,
    chart: &'a C,
    dim: usize,
}

impl<C: Chart> Objective for Charted<'_, '_, C> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn derivatives(&self) -> Derivatives {
        Derivatives::Hessian
    }

    fn value(&mut self, x: &[f64]) -> std::result::Result<f64, EvalError> {
        let values = self.chart.values(x).ok_or(EvalError::NotFinite)?;
        self.posterior.value(&values).map(|value| -value).map_err(recoverable)
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> std::result::Result<f64, EvalError> {
        let values = self.chart.values(x).ok_or(EvalError::NotFinite)?;
        let value = self.posterior.gradient(&values, gradient).map_err(recoverable)?;
        let found = self.chart.gradient(&values, gradient).ok_or(EvalError::NotFinite)?;
        gradient.copy_from_slice(&found);
        negate(gradient);
        Ok(-value)
    }

    fn hessian(
        &mut self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut Array2<f64>,
    ) -> std::result::Result<f64, EvalError> {
        let values = self.chart.values(x).ok_or(EvalError::NotFinite)?;
        let value = self.posterior.hessian(&values, gradient, hessian).map_err(recoverable)?;
        let curvature = self.chart.curvature(&values, gradient, &-&*hessian).ok_or(EvalError::NotFinite)?;
        let found = self.chart.gradient(&values, gradient).ok_or(EvalError::NotFinite)?;
        hessian.assign(&curvature);
        gradient.copy_from_slice(&found);
        negate(gradient);
        Ok(-value)
    }
}

/// Minimises `-logL` over the coordinates of a chart; quantities of the result are in these.
pub(crate) fn minimize_in_chart(
    posterior: &mut Posterior<'_>,
    chart: &impl Chart,
    problem: &Problem,
    (optimizer, options): (&dyn Optimizer, &Options),
) -> Result<Minimum> {
    let mut objective = Charted { posterior, chart, dim: problem.parameters().len() };
    Ok(optimizer.minimize(&mut objective, problem, options, &mut Silent)?)
}

fn negate(gradient: &mut [f64]) {
    for g in gradient {
        *g = -*g;
    }
}

/// Minimises `-logL` over free parameters.
///
/// Quantities of the result are in the region's order of free parameters, in units of `value`; parameters whose bounds leave no room
/// are held and have no place in the covariance (see [`expand`]).
pub(crate) fn minimize(
    posterior: Posterior<'_>,
    problem: &Problem,
    optimizer: &dyn Optimizer,
    options: &Options,
    observer: &mut dyn Observer,
) -> Result<Minimum> {
    let mut minimum = optimizer.minimize(&mut NegativeLogLikelihood(posterior), problem, options, observer)?;
    expand(&mut minimum.covariance, problem);
    expand(&mut minimum.correlation, problem);
    Ok(minimum)
}

/// MINOS errors of free parameters around a minimum that [`minimize`] found: how far each may move down and up, the others refitted, until
/// `logL` has fallen by 0.5. `None` on a side where that was not found within the bounds.
pub(crate) struct MinosOfAll {
    pub(crate) errors: Vec<[Option<f64>; 2]>,
    /// The free parameters where the search came upon a clearly higher `logL`, and whose error was sought there: then the minimum was none.
    pub(crate) higher: Option<(Vec<f64>, usize)>,
    /// The evaluations that it took.
    pub(crate) calls: Calls,
}

/// [`MinosOfAll`]; where a higher `logL` turns up, the search ends.
pub(crate) fn minos(
    posterior: Posterior<'_>,
    problem: &Problem,
    minimum: &Minimum,
    observer: &mut dyn Observer,
) -> Result<MinosOfAll> {
    let free = problem.free();
    let mut compact = minimum.clone();
    let select =
        |full: &Array2<f64>| Array2::from_shape_fn((free.len(), free.len()), |(i, j)| full[[free[i], free[j]]]);
    compact.covariance = minimum.covariance.as_ref().map(select);
    compact.correlation = minimum.correlation.as_ref().map(select);
    let mut errors = vec![[None; 2]; problem.parameters().len()];
    let mut objective = NegativeLogLikelihood(posterior);
    let mut explorer = Explorer::new(&mut objective, problem, &compact)?;
    let mut higher = None;
    for &row in &free {
        let found = explorer.minos(row, observer)?;
        if let Some(values) = found.new_minimum() {
            higher = Some((values.to_vec(), row));
            break;
        }
        errors[row] =
            [&found.lower, &found.upper].map(|side| Some(side.error).filter(|_| side.crossing == Crossing::Found));
    }
    Ok(MinosOfAll { errors, higher, calls: explorer.calls() })
}

/// The region's free parameters as a minimiser sees them. The one of row `hold` is held where it stands; it stays free in the region's eyes,
/// so that the likelihood keeps what it has summed while the held value changes.
pub(crate) fn problem(roi: &Roi, hold: Option<usize>) -> Result<Problem> {
    problem_with_held(roi, |row| hold == Some(row))
}

/// The same with all rows held that `is_held` names.
pub(crate) fn problem_with_held(roi: &Roi, is_held: impl Fn(usize) -> bool) -> Result<Problem> {
    let parameters = roi
        .free_parameters()
        .into_iter()
        .enumerate()
        .map(|(row, id)| {
            let source = &roi[id.source];
            let parameter = &source.spectrum().parameters()[id.parameter];
            let (lower, upper) = parameter.bounds();
            let held = lower == upper || is_held(row);
            let name = ParameterName { source: source.name(), parameter: parameter.name() };
            let mut out = Parameter::new(name.to_string(), parameter.value()).with_fixed(held);
            if !held {
                out = out.with_bounds(lower, upper);
            }
            if parameter.error() > 0.0 && parameter.error().is_finite() {
                out = out.with_step(parameter.error());
            }
            out
        })
        .collect::<Vec<_>>();
    Ok(Problem::new(parameters)?)
}

/// Gives held parameters a row and a column of zeros, so that matrices cover all of the region's free parameters.
fn expand(matrix: &mut Option<Array2<f64>>, problem: &Problem) {
    let (free, n) = (problem.free(), problem.parameters().len());
    if let Some(compact) = matrix.take() {
        let mut full = Array2::zeros((n, n));
        for (i, &a) in free.iter().enumerate() {
            for (j, &b) in free.iter().enumerate() {
                full[[a, b]] = compact[[i, j]];
            }
        }
        *matrix = Some(full);
    }
}
