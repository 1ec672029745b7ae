//! The optimizers that consist of one algorithm and the common judgement.

use super::optimizer::Optimizer;
use crate::error::{EvalError, Result};
use crate::evaluate::evaluator::{Evaluator, Halt, Point};
use crate::evaluate::task::Task;
use crate::judge::driver::{self, Search};
use crate::problem::minimum::Minimum;
use crate::problem::objective::Objective;
use crate::problem::observer::Observer;
use crate::problem::options::Options;
use crate::problem::parameters::Problem;
use crate::search::{lbfgs, levenberg_marquardt, newton, quasi_newton, simplex};

/// The algorithm behind a name.
type Algorithm = fn(&mut Evaluator<'_>, Point, &Options) -> std::result::Result<Search, Halt>;

macro_rules! single {
    ($(#[$doc:meta])* $type:ident, $name:literal, $algorithm:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $type;

        impl Optimizer for $type {
            fn name(&self) -> &'static str {
                $name
            }

            fn minimize(
                &self,
                objective: &mut dyn Objective,
                problem: &Problem,
                options: &Options,
                observer: &mut dyn Observer,
            ) -> Result<Minimum> {
                run($name, $algorithm, Task { objective, problem, options, observer })
            }
        }
    };
}

single!(
    /// Damped Newton within the bounds: the fastest for objectives that offer a Hessian.
    ///
    /// It converges quadratically, so that it ends far closer to the minimum than its tolerance demands. Without a
    /// Hessian it takes differences of gradients, or of values.
    Newton,
    "NEWTON",
    newton::search
);

single!(
    /// Levenberg and Marquardt's method for sums of squares: objectives that show their
    /// [`residuals`](Objective::residuals), as [`LeastSquares`](crate::LeastSquares) does.
    ///
    /// An objective without residuals is minimised by damped Newton steps, the same idea without that structure.
    LevenbergMarquardt,
    "LM",
    levenberg_marquardt::search
);

single!(
    /// Limited-memory quasi-Newton within the bounds, for very many parameters.
    Lbfgs,
    "LBFGS",
    lbfgs::search
);

single!(
    /// Bounded quasi-Newton with the objective's gradient: a secant model of the Hessian, minimised within the bounds.
    Drmngb,
    "DRMNGB",
    quasi_newton::search
);

single!(
    /// Nelder and Mead's simplex, for objectives without usable derivatives; HESSE gives the covariance.
    Simplex,
    "SIMPLEX",
    |evaluator, start, options| simplex::search(evaluator, &start, options)
);

fn run(name: &'static str, algorithm: Algorithm, task: Task<'_>) -> Result<Minimum> {
    let options = task.options;
    let search = |evaluator: &mut Evaluator<'_>, start: Point, _round: usize| algorithm(evaluator, start, options);
    driver::run(name, task, &search)
}

/// [`Drmngb`] with numerical gradients, whatever the objective offers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drmnfb;

impl Optimizer for Drmnfb {
    fn name(&self) -> &'static str {
        "DRMNFB"
    }

    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum> {
        let objective = &mut ValuesOnly(objective);
        run("DRMNFB", quasi_newton::search, Task { objective, problem, options, observer })
    }
}

/// An objective whose derivatives are not used.
struct ValuesOnly<'a>(&'a mut dyn Objective);

impl Objective for ValuesOnly<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn precision(&self) -> f64 {
        self.0.precision()
    }

    fn value(&mut self, x: &[f64]) -> std::result::Result<f64, EvalError> {
        self.0.value(x)
    }
}
