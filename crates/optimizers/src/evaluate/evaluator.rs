//! The objective as the algorithms see it: free parameters only, counted, limited, never outside the bounds.

use super::coordinates::Coordinate;
use super::finite_difference::Differences;
use super::task::Task;
use crate::error::{BoxError, Error, EvalError, Result};
use crate::linalg;
use crate::problem::minimum::{Calls, Status};
use crate::problem::objective::{Derivatives, Objective};
use crate::problem::observer::{Iteration, Observer};
use crate::problem::parameters::Parameter;
use ndarray::Array2;
use std::ops::ControlFlow;
use std::time::Instant;

/// Relative rise of the objective that is taken for rounding noise when derivatives say that a step is good.
const ROUNDING: f64 = 1e-10;
/// The relative accuracy of a Hessian that comes from a formula.
const EXACT: f64 = 1e-11;

/// Why an algorithm must stop at once.
#[derive(Debug)]
pub(crate) enum Halt {
    Stop(Status),
    Fatal(BoxError),
}

/// A point with the value and gradient there. The value is infinite where the objective is not defined; the gradient
/// is then meaningless.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) x: Vec<f64>,
    pub(crate) f: f64,
    pub(crate) g: Vec<f64>,
}

impl Point {
    fn undefined(x: &[f64]) -> Self {
        Self { x: x.to_vec(), f: f64::INFINITY, g: vec![f64::NAN; x.len()] }
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.f.is_finite()
    }
}

/// A Hessian and the relative accuracy below which its eigenvalues mean nothing.
#[derive(Debug, Clone)]
pub(crate) struct Hessian {
    pub(crate) matrix: Array2<f64>,
    pub(crate) accuracy: f64,
}

/// What an iteration of an algorithm has come to: see [`Iteration`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) fval: f64,
    pub(crate) edm: f64,
    pub(crate) step: f64,
    pub(crate) damping: f64,
}

/// The free part of a problem during one minimisation.
pub(crate) struct Evaluator<'a> {
    pub(super) objective: &'a mut dyn Objective,
    observer: &'a mut dyn Observer,
    pub(super) free: Vec<usize>,
    pub(super) full: Vec<f64>,
    /// The start values of the free parameters.
    start: Vec<f64>,
    differences: Differences,
    max_calls: usize,
    /// By how much the limit of calls grows where gradients become numerical; 1 for a limit that was asked for.
    numerical_calls: usize,
    deadline: Option<Instant>,
    pub(super) calls: Calls,
    iterations: usize,
    /// Whether a minimum in doubt is looked at from elsewhere.
    pub(crate) has_second_look: bool,
    /// The objective's derivatives contradict its values: differences of values take their place.
    distrusts: bool,
    /// The free parameter beside whose value the objective was not finite.
    undefined_beside: Option<usize>,
    best: Option<(Vec<f64>, f64)>,
    /// First steps of the free parameters.
    pub(crate) steps: Vec<f64>,
    /// The algorithm's current approximation of the inverse Hessian, for results that end early.
    pub(crate) approximation: Option<Array2<f64>>,
    /// The inverse Hessian that the problem brings along, for the first search.
    pub(crate) warm: Option<Array2<f64>>,
    /// Estimated distance to the minimum of the last iteration.
    pub(crate) edm: f64,
    /// The distance below which the search has converged.
    pub(crate) edm_goal: f64,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(task: Task<'a>) -> Result<Self> {
        let Task { objective, problem, options, observer } = task;
        options.check()?;
        let parameters = problem.parameters();
        if objective.dim() != parameters.len() {
            return Err(Error::Dimension { objective: objective.dim(), problem: parameters.len() });
        }
        let free = problem.free();
        let pick = |value: &dyn Fn(usize) -> f64| -> Vec<f64> { free.iter().map(|&i| value(i)).collect() };
        let steps = pick(&|i| parameters[i].step());
        let mut differences = Differences {
            lower: pick(&|i| parameters[i].lower()),
            upper: pick(&|i| parameters[i].upper()),
            scale: steps.clone(),
            error_definition: problem.error_definition(),
            precision: objective.precision().max(f64::EPSILON),
        };
        let up = problem.error_definition();
        let warm = problem.known_hessian().and_then(|hessian| {
            for (scale, h) in differences.scale.iter_mut().zip(hessian.diag()) {
                *scale = (2.0 * up / h).sqrt();
            }
            linalg::inverse(&hessian)
        });
        let n = free.len();
        let per_gradient = if objective.derivatives() >= Derivatives::Gradient { 1 } else { 2 * n + 1 };
        Ok(Self {
            numerical_calls: if options.max_calls.is_none() && per_gradient == 1 { 2 * n + 1 } else { 1 },
            max_calls: options.max_calls.unwrap_or((200 + 100 * n + 5 * n * n) * per_gradient),
            deadline: options.time_limit.and_then(|limit| Instant::now().checked_add(limit)),
            full: parameters.iter().map(Parameter::value).collect(),
            start: pick(&|i| parameters[i].value()),
            edm_goal: options.edm_goal(problem.error_definition()),
            objective,
            observer,
            free,
            differences,
            calls: Calls::default(),
            iterations: 0,
            has_second_look: options.second_look,
            distrusts: false,
            undefined_beside: None,
            best: None,
            steps,
            approximation: warm.clone(),
            warm,
            edm: f64::NAN,
        })
    }

    /// Number of free parameters.
    pub(crate) fn n(&self) -> usize {
        self.free.len()
    }

    /// Positions of the free parameters in the problem.
    pub(crate) fn free(&self) -> &[usize] {
        &self.free
    }

    pub(crate) fn lower(&self) -> &[f64] {
        &self.differences.lower
    }

    pub(crate) fn upper(&self) -> &[f64] {
        &self.differences.upper
    }

    pub(crate) fn error_definition(&self) -> f64 {
        self.differences.error_definition
    }

    /// Estimated lengths over which the objective rises by the error definition.
    pub(crate) fn scales(&self) -> &[f64] {
        &self.differences.scale
    }

    pub(crate) fn set_scales(&mut self, scales: Vec<f64>) {
        self.differences.scale = scales;
    }

    pub(crate) fn derivatives(&self) -> Derivatives {
        if self.distrusts { Derivatives::None } else { self.objective.derivatives() }
    }

    /// From here on takes differences of values instead of the objective's derivatives.
    pub(crate) fn distrust_derivatives(&mut self) {
        if !self.distrusts {
            self.distrusts = true;
            self.max_calls = self.max_calls.saturating_mul(self.numerical_calls);
            self.differences.scale.clone_from(&self.steps);
        }
    }

    pub(crate) fn distrusts_derivatives(&self) -> bool {
        self.distrusts
    }

    /// The free parameter beside whose value the objective was not finite when differences were taken last.
    pub(crate) fn undefined_beside(&self) -> Option<usize> {
        self.undefined_beside
    }

    pub(crate) fn calls(&self) -> Calls {
        self.calls
    }

    pub(crate) fn iterations(&self) -> usize {
        self.iterations
    }

    pub(crate) fn best(&self) -> Option<&(Vec<f64>, f64)> {
        self.best.as_ref()
    }

    /// The start values of the free parameters.
    pub(crate) fn start(&self) -> Vec<f64> {
        self.start.clone()
    }

    /// The distance to the minimum that searches aim at: well below the goal, so that the covariance is accurate too
    /// (an error changes by about the distance in errors, over the square root of the counts that carry it).
    pub(crate) fn aim(&self) -> f64 {
        (1e-4 * self.edm_goal).max(1e-7 * self.error_definition()).min(0.1 * self.edm_goal)
    }

    /// A rise of the objective from `f` that may be nothing but rounding.
    pub(crate) fn slack(&self, f: f64) -> f64 {
        ROUNDING.max(10.0 * self.differences.precision) * (f.abs() + self.error_definition())
    }

    /// The value's rounding noise as far as the objective declares it.
    pub(crate) fn noise(&self, f: f64) -> f64 {
        self.differences.precision * (f.abs() + self.error_definition())
    }

    /// Whether `new` is better than `old`, going by the distances to the minimum where values drown in rounding.
    pub(crate) fn improves(&self, old: (f64, f64), new: (f64, f64)) -> bool {
        let ((f_old, edm_old), (f_new, edm_new)) = (old, new);
        let slack = self.slack(f_old);
        f_new < f_old && edm_old > slack || edm_old <= slack && f_new - f_old <= slack && edm_new < 0.9 * edm_old
    }

    /// Tells the observer of an iteration and logs it.
    pub(crate) fn report(&mut self, algorithm: &'static str, progress: Progress) -> std::result::Result<(), Halt> {
        let Progress { fval, edm, step, damping } = progress;
        self.iterations += 1;
        self.edm = edm;
        let iteration =
            Iteration { algorithm, iteration: self.iterations, fval, edm, step, damping, calls: self.calls };
        tracing::debug!(algorithm, iteration = self.iterations, fval, edm, step, damping);
        match self.observer.iteration(&iteration) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Halt::Stop(Status::Cancelled)),
        }
    }

    /// Lowers the limit of calls to what has been called so far and some times as many, and returns what it was.
    pub(crate) fn limit_calls(&mut self, times: usize) -> usize {
        let whole = self.max_calls;
        self.max_calls = whole.min(self.calls.total().saturating_mul(times.saturating_add(1)));
        whole
    }

    pub(crate) fn restore_limit(&mut self, whole: usize) {
        self.max_calls = whole;
    }

    /// Whether `x` may be evaluated at all; ends the run at a limit.
    fn admits(&self, x: &[f64]) -> std::result::Result<bool, Halt> {
        if self.observer.is_cancelled() {
            return Err(Halt::Stop(Status::Cancelled));
        }
        if self.calls.total() >= self.max_calls {
            return Err(Halt::Stop(Status::CallLimit));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Halt::Stop(Status::TimeLimit));
        }
        Ok(x.iter().all(|v| v.is_finite()))
    }

    /// Puts `x` among the fixed values. The clamp only catches rounding: algorithms stay inside by themselves.
    fn place(&mut self, x: &[f64]) {
        for (k, &i) in self.free.iter().enumerate() {
            self.full[i] = x[k].clamp(self.differences.lower[k], self.differences.upper[k]);
        }
    }

    /// `x` as it is evaluated.
    fn inside(&self, x: &[f64]) -> Vec<f64> {
        (0..x.len()).map(|k| x[k].clamp(self.differences.lower[k], self.differences.upper[k])).collect()
    }

    /// Asks the objective for something at `x`: `None` where that is not defined, or `x` no point.
    pub(super) fn ask<T>(
        &mut self,
        x: &[f64],
        count: fn(&mut Calls) -> &mut usize,
        question: impl FnOnce(&mut dyn Objective, &[f64]) -> std::result::Result<T, EvalError>,
    ) -> std::result::Result<Option<T>, Halt> {
        if !self.admits(x)? {
            return Ok(None);
        }
        self.place(x);
        *count(&mut self.calls) += 1;
        match question(self.objective, &self.full) {
            Ok(answer) => Ok(Some(answer)),
            Err(EvalError::NotFinite) => Ok(None),
            Err(EvalError::Fatal(error)) => Err(Halt::Fatal(error)),
        }
    }

    /// The value as a number, infinite where it is not defined; keeps the best point.
    pub(super) fn settle(&mut self, x: &[f64], value: Option<f64>) -> f64 {
        let Some(f) = value.filter(|f| f.is_finite()) else { return f64::INFINITY };
        if self.best.as_ref().is_none_or(|(_, lowest)| f < *lowest) {
            self.best = Some((self.inside(x), f));
        }
        f
    }

    /// The value at `x`, infinite where it is not defined.
    pub(crate) fn value(&mut self, x: &[f64]) -> std::result::Result<f64, Halt> {
        let value = self.ask(x, |calls| &mut calls.values, |objective, x| objective.value(x))?;
        Ok(self.settle(x, value))
    }

    fn analytic(&mut self, x: &[f64]) -> std::result::Result<Point, Halt> {
        let mut gradient = vec![0.0; self.full.len()];
        let value = self.ask(x, |calls| &mut calls.gradients, |objective, x| objective.gradient(x, &mut gradient))?;
        let g: Vec<f64> = self.free.iter().map(|&i| gradient[i]).collect();
        let value = value.filter(|_| g.iter().all(|v| v.is_finite()));
        Ok(if value.is_none() { Point::undefined(x) } else { Point { f: self.settle(x, value), x: self.inside(x), g } })
    }

    /// Value and gradient at `x`; the gradient by differences when the objective has none.
    pub(crate) fn point(&mut self, x: &[f64]) -> std::result::Result<Point, Halt> {
        if self.derivatives() >= Derivatives::Gradient {
            return self.analytic(x);
        }
        let f = self.value(x)?;
        self.complete(x, f)
    }

    /// The point at `x` whose value is known already.
    pub(crate) fn complete(&mut self, x: &[f64], f: f64) -> std::result::Result<Point, Halt> {
        if self.derivatives() >= Derivatives::Gradient {
            return self.analytic(x);
        }
        if !f.is_finite() {
            return Ok(Point::undefined(x));
        }
        let mut differences = self.differences.clone();
        let gradient = differences.gradient(&mut |x: &[f64]| self.value(x), x, f)?;
        self.differences = differences;
        match gradient {
            Ok(g) => Ok(Point { x: self.inside(x), f, g }),
            Err(i) => {
                self.undefined_beside = Some(i);
                Ok(Point::undefined(x))
            }
        }
    }

    /// The Hessian at a point: the objective's own, else from differences of gradients, else of values. `None` where
    /// it is not finite.
    pub(crate) fn hessian(&mut self, point: &Point) -> std::result::Result<Option<Hessian>, Halt> {
        if self.derivatives() == Derivatives::Hessian
            && let Some(matrix) = self.exact_hessian(&point.x)?
        {
            return Ok(Some(Hessian { matrix, accuracy: EXACT }));
        }
        let noise = self.noise(point.f) / self.error_definition();
        let mut differences = self.differences.clone();
        let (matrix, accuracy) = if self.derivatives() >= Derivatives::Gradient {
            let mut gradient = |x: &[f64]| self.analytic(x).map(|point| point.is_finite().then_some(point.g));
            let matrix = differences.hessian_from_gradients(&mut gradient, &point.x, (point.f, &point.g))?;
            (matrix, noise.powf(2.0 / 3.0).max(1e-7))
        } else {
            let matrix = differences.hessian_from_values(&mut |x: &[f64]| self.value(x), &point.x, point.f)?;
            (matrix, noise.sqrt().max(1e-6))
        };
        self.differences = differences;
        Ok(matrix.filter(|m| m.iter().all(|v| v.is_finite())).map(|matrix| Hessian { matrix, accuracy }))
    }

    /// Value, gradient and Hessian at `x` in one call of the objective that offers all three; the Hessian is `None` where it is
    /// not finite, or differences would have to make it.
    pub(crate) fn point_with_hessian(&mut self, x: &[f64]) -> std::result::Result<(Point, Option<Hessian>), Halt> {
        if self.derivatives() < Derivatives::Hessian {
            return Ok((self.point(x)?, None));
        }
        match self.exact(x)? {
            (point, Some(matrix)) if point.is_finite() => Ok((point, Some(Hessian { matrix, accuracy: EXACT }))),
            _ => Ok((self.point(x)?, None)),
        }
    }

    fn exact_hessian(&mut self, x: &[f64]) -> std::result::Result<Option<Array2<f64>>, Halt> {
        let (point, matrix) = self.exact(x)?;
        Ok(matrix.filter(|_| point.f.is_finite()))
    }

    /// What the objective's own Hessian comes with; without a matrix where that is not finite.
    fn exact(&mut self, x: &[f64]) -> std::result::Result<(Point, Option<Array2<f64>>), Halt> {
        let dim = self.full.len();
        let mut gradient = vec![0.0; dim];
        let mut full = Array2::zeros((dim, dim));
        let value =
            self.ask(x, |calls| &mut calls.hessians, |objective, x| objective.hessian(x, &mut gradient, &mut full))?;
        let f = self.settle(x, value);
        let n = self.n();
        let matrix = Array2::from_shape_fn((n, n), |(a, b)| {
            let (i, j) = (self.free[a], self.free[b]);
            0.5 * (full[[i, j]] + full[[j, i]])
        });
        let g: Vec<f64> = self.free.iter().map(|&i| gradient[i]).collect();
        let f = if g.iter().all(|v| v.is_finite()) { f } else { f64::INFINITY };
        Ok((Point { x: self.inside(x), f, g }, Some(matrix).filter(|matrix| matrix.iter().all(|v| v.is_finite()))))
    }

    /// MINUIT's free coordinates of the parameters.
    pub(crate) fn coordinates(&self) -> Vec<Coordinate> {
        (0..self.n()).map(|i| Coordinate::new(self.lower()[i], self.upper()[i], self.steps[i])).collect()
    }
}
