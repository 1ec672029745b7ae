//! The result of a minimisation: values, errors, and how far they can be trusted.

use crate::error::{Error, Result};
use crate::linalg;
use crate::linalg::nearest_covariance::sound;
use ndarray::Array2;
use std::fmt;

/// How far the covariance can be trusted, numbered as in MINUIT and fermipy.
///
/// Quality 3 is a claim that has been checked at the minimum: the estimated distance to the minimum is below the goal,
/// the Hessian of the parameters off their bounds is positive definite as it stands, the objective indeed rises as
/// this Hessian says, and no parameter on a bound would move inwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum FitQuality {
    /// 0: not calculated.
    None,
    /// 1: an approximation only, not measured at the minimum or not confirmed there.
    Approximate,
    /// 2: a full covariance, but either it had to be forced positive definite or the minimum is not reached.
    Forced,
    /// 3: full and accurate.
    Accurate,
}

impl From<FitQuality> for u8 {
    fn from(quality: FitQuality) -> Self {
        match quality {
            FitQuality::None => 0,
            FitQuality::Approximate => 1,
            FitQuality::Forced => 2,
            FitQuality::Accurate => 3,
        }
    }
}

impl fmt::Display for FitQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "0 (no covariance)",
            Self::Approximate => "1 (approximate covariance)",
            Self::Forced => "2 (full covariance, forced positive definite or not at the minimum)",
            Self::Accurate => "3 (full accurate covariance)",
        })
    }
}

/// Why a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum Status {
    /// At a minimum, with an accurate covariance.
    Converged,
    /// At a stationary point, but the Hessian is not positive definite: a saddle or a maximum in some direction.
    NotPositiveDefinite,
    /// Some combination of parameters leaves the objective unchanged.
    Degenerate,
    /// The objective does not change around the minimum as its gradient and Hessian say: it is not parabolic, however
    /// near one looks. Its covariance tells little; MINOS errors tell more.
    NotQuadratic,
    /// The objective's gradient is not the derivative of its value. Differences of values took its place.
    WrongDerivatives,
    /// At a minimum as far as the search can tell, but without a Hessian to confirm it.
    NoHessian,
    /// No step lowers the objective although the estimated distance to the minimum is above the goal.
    NoProgress,
    /// The algorithm reached its limit of iterations.
    IterationLimit,
    /// The limit of calls was reached.
    CallLimit,
    /// The time limit was reached.
    TimeLimit,
    /// The observer cancelled the minimisation.
    Cancelled,
    /// The objective is not finite at the start values.
    StartNotFinite,
    /// The objective is finite at the start values, but not around them, or its derivatives are not.
    SurroundingsNotFinite,
}

impl Status {
    /// The number that the Fermi-LAT tools' MINUIT gives: 0 for a minimum of quality 3; 1 for a limit of calls,
    /// iterations or time, or cancellation; 100 + quality for a minimum of lower quality; 110 otherwise.
    pub fn code(self) -> i32 {
        match self {
            Self::Converged => 0,
            Self::IterationLimit | Self::CallLimit | Self::TimeLimit | Self::Cancelled => 1,
            Self::NoHessian => 100,
            Self::NotQuadratic | Self::WrongDerivatives => 101,
            Self::NotPositiveDefinite | Self::Degenerate => 102,
            Self::NoProgress | Self::StartNotFinite | Self::SurroundingsNotFinite => 110,
        }
    }

    /// Whether the search itself ended at a minimum, whatever is known of the covariance there.
    pub fn is_converged(self) -> bool {
        self == Self::Converged
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::NotPositiveDefinite => "stationary point, but the Hessian is not positive definite there",
            Self::Degenerate => "minimum found, but some combination of parameters is not constrained",
            Self::NotQuadratic => "minimum found, but the objective is not parabolic there: MINOS errors tell more",
            Self::WrongDerivatives => "the objective's derivatives do not agree with its values",
            Self::NoHessian => "minimum found, but the Hessian could not be calculated",
            Self::NoProgress => "no further progress although the minimum is not reached",
            Self::IterationLimit => "limit of iterations reached",
            Self::CallLimit => "limit of calls reached",
            Self::TimeLimit => "time limit reached",
            Self::Cancelled => "cancelled",
            Self::StartNotFinite => "the objective is not finite at the start values",
            Self::SurroundingsNotFinite => "the objective is finite at the start values, but not around them",
        })
    }
}

/// Calls of the objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Calls {
    /// Calls of [`Objective::value`](crate::Objective::value).
    pub values: usize,
    /// Calls of [`Objective::gradient`](crate::Objective::gradient).
    pub gradients: usize,
    /// Calls of [`Objective::hessian`](crate::Objective::hessian).
    pub hessians: usize,
}

impl Calls {
    /// All calls together.
    pub fn total(self) -> usize {
        self.values + self.gradients + self.hessians
    }
}

impl std::ops::AddAssign for Calls {
    fn add_assign(&mut self, other: Self) {
        self.values += other.values;
        self.gradients += other.gradients;
        self.hessians += other.hessians;
    }
}

/// What kept a result from the best quality, or ended the run, each on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "independent answers to independent questions")]
pub struct Flags {
    /// The estimated distance to the minimum is above the goal, or unknown.
    pub is_edm_above_goal: bool,
    /// The covariance is that of a Hessian which had to be made positive definite.
    pub is_forced_positive_definite: bool,
    /// A limit of calls, iterations or time ended the run.
    pub has_reached_limit: bool,
    /// At least one parameter ended at a bound that holds it.
    pub has_parameters_at_limit: bool,
}

/// The result of a minimisation, converged or not: see [`status`](Self::status) and [`quality`](Self::quality).
///
/// **Parameters at a limit.** Where the best value lies on a bound and the objective falls towards the outside, the
/// parameter is listed in `at_limit` and the others get the covariance that they have with it held there. Its own row
/// and column of the covariance are zero but for the diagonal, the square of its error. That error is one-sided: the
/// distance into the allowed range at which the objective, minimised over the other parameters, has risen by the error
/// definition, in the quadratic approximation: `2 U / (g + sqrt(g² + 2 h U))` for a slope `g` and a profile curvature
/// `h`. Quality 3 then claims the same as elsewhere, for the parameters off their bounds, and the sign of the slope.
///
/// **Errors at a range.** An error is never longer than the range that the bounds leave; where it is about as long, row
/// and column are shortened alike, the quality is 2 at most, and a warning names the parameter.
///
/// **As text and as data.** `{minimum}` is a table of the parameters by name under a line on the whole; `serde` writes every
/// field, matrices row by row.
///
/// ```
/// use optimizers::{Options, Parameter, Problem, Silent, from_fn, optimizer};
/// let problem = Problem::new(vec![Parameter::new("mean", 1.0), Parameter::new("width", 2.0).with_bounds(0.5, 9.0)])?;
/// let mut objective = from_fn(2, |x| 0.5 * (x[0] - 3.0).powi(2) + x[1]);
/// let minimum = optimizer("MINUIT")?.minimize(&mut objective, &problem, &Options::default(), &mut Silent)?;
/// let table = minimum.to_string();
/// assert!(table.contains("mean") && table.contains("at its bound"), "{table}");
/// assert!(minimum.flags.has_parameters_at_limit && !minimum.flags.is_edm_above_goal);
/// assert_eq!(serde_json::to_value(&minimum).unwrap()["names"][1], "width");
/// # Ok::<(), optimizers::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Minimum {
    /// Every parameter's name, in the problem's order; `p0`, `p1`, ... where nobody gave names.
    pub names: Vec<String>,
    /// Every parameter's value, fixed ones included.
    pub values: Vec<f64>,
    /// Every parameter's one-standard-deviation error; 0 for fixed ones, and for all when there is no covariance.
    pub errors: Vec<f64>,
    /// The objective at `values`.
    pub fval: f64,
    /// Estimated distance to the minimum: how much lower the quadratic approximation's minimum within the bounds lies.
    /// NaN when unknown.
    pub edm: f64,
    /// Covariance of the free parameters, in their order; its diagonal holds the squared errors.
    #[serde(serialize_with = "rows")]
    pub covariance: Option<Array2<f64>>,
    /// Correlation of the free parameters.
    #[serde(serialize_with = "rows")]
    pub correlation: Option<Array2<f64>>,
    /// How far the covariance can be trusted.
    pub quality: FitQuality,
    /// Why the minimisation ended.
    pub status: Status,
    /// Calls of the objective, for everything: search, covariance, checks.
    pub calls: Calls,
    /// Iterations of the search.
    pub iterations: usize,
    /// Parameters whose best value lies on a bound with the objective falling towards the outside.
    pub at_limit: Vec<usize>,
    /// What stands behind quality and status, question by question.
    pub flags: Flags,
    /// Remarks that do not change the verdict, in words.
    pub warnings: Vec<String>,
}

impl Minimum {
    /// The result of an optimizer of one's own: every parameter's value, the objective there, and why it ended. Nothing
    /// is claimed of a covariance until [`with_covariance`](Self::with_covariance) does.
    pub fn new(values: Vec<f64>, fval: f64, status: Status) -> Self {
        Self {
            names: (0..values.len()).map(|i| format!("p{i}")).collect(),
            errors: vec![0.0; values.len()],
            values,
            fval,
            edm: f64::NAN,
            covariance: None,
            correlation: None,
            quality: FitQuality::None,
            status,
            calls: Calls::default(),
            iterations: 0,
            at_limit: Vec::new(),
            flags: Flags { is_edm_above_goal: true, ..Flags::default() },
            warnings: Vec::new(),
        }
    }

    /// Names the parameters, all of them.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when there are not as many names as values.
    pub fn with_names(mut self, names: Vec<String>) -> Result<Self> {
        if names.len() != self.values.len() {
            return Err(Error::InvalidOption {
                name: "names",
                value: format!("{} of them", names.len()),
                reason: "needs one name for each value",
            });
        }
        self.names = names;
        Ok(self)
    }

    /// Takes the covariance of the parameters at the positions `free`, made symmetric and positive semi-definite where
    /// it is not, with the errors and correlations that follow, and what is claimed of it.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when it has not as many rows and columns as there are positions, when a position is none
    /// of the parameters, or when an entry is not finite or a variance negative.
    pub fn with_covariance(mut self, free: &[usize], covariance: Array2<f64>, quality: FitQuality) -> Result<Self> {
        let invalid = |value: String, reason| Error::InvalidOption { name: "covariance", value, reason };
        if covariance.dim() != (free.len(), free.len()) || free.iter().any(|i| *i >= self.values.len()) {
            let value = format!("{:?} for the parameters {free:?}", covariance.dim());
            return Err(invalid(value, "needs a row and a column for each free parameter, and parameters that exist"));
        }
        let covariance = sound(covariance)
            .ok_or_else(|| invalid("not finite".into(), "needs finite entries and no negative variance"))?;
        for (k, &i) in free.iter().enumerate() {
            self.errors[i] = covariance[[k, k]].sqrt();
        }
        self.correlation = Some(correlation(&covariance));
        self.covariance = Some(covariance);
        self.quality = quality;
        Ok(self)
    }

    /// Sets the estimated distance to the minimum, the calls and the iterations that it took.
    #[must_use]
    pub fn with_effort(mut self, edm: f64, calls: Calls, iterations: usize) -> Self {
        (self.edm, self.calls, self.iterations) = (edm, calls, iterations);
        self
    }

    /// The standard deviation of a quantity with the given derivatives with respect to the free parameters, in the order
    /// of the covariance: `sqrt(d·C d)`. `None` without a covariance of that many parameters.
    pub fn propagated_error(&self, derivatives: &[f64]) -> Option<f64> {
        let covariance = self.covariance.as_ref().filter(|c| c.nrows() == derivatives.len())?;
        let rows = covariance.rows().into_iter().zip(derivatives);
        let variance: f64 = rows.map(|(row, d)| d * row.iter().zip(derivatives).map(|(c, e)| c * e).sum::<f64>()).sum();
        variance.is_finite().then(|| variance.max(0.0).sqrt())
    }

    /// The global correlation of every free parameter: the largest correlation that it has with any combination of the
    /// others, `sqrt(1 - 1 / (C_kk (C⁻¹)_kk))`. `None` without a positive definite covariance.
    ///
    /// (W. T. Eadie et al., Statistical Methods in Experimental Physics, 1971, section 2.)
    pub fn global_correlations(&self) -> Option<Vec<f64>> {
        // Of the correlation matrix: the same, and well scaled.
        let correlation = self.correlation.as_ref()?;
        let inverse = linalg::inverse(correlation)?;
        Some(inverse.diag().iter().map(|d| (1.0 - 1.0 / d).max(0.0).sqrt()).collect())
    }
}

/// A matrix as a list of its rows.
#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn rows<S: serde::Serializer>(matrix: &Option<Array2<f64>>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let rows = |matrix: &Array2<f64>| matrix.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    serde::Serialize::serialize(&matrix.as_ref().map(rows), serializer)
}

/// `covariance` divided by the errors on both sides; entries of a parameter without error are 0.
pub(crate) fn correlation(covariance: &Array2<f64>) -> Array2<f64> {
    let error: Vec<f64> = covariance.diag().iter().map(|v| v.max(0.0).sqrt()).collect();
    Array2::from_shape_fn(covariance.dim(), |(i, j)| {
        let scale = error[i] * error[j];
        if i == j && scale > 0.0 {
            1.0
        } else if scale > 0.0 {
            (covariance[[i, j]] / scale).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    })
}
