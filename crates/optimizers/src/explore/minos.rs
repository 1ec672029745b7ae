//! MINOS: asymmetric errors from the shape of the objective, not from its curvature at the minimum.
//!
//! (F. James, MINUIT Reference Manual, CERN D506, section 1.3.3.)

use super::explorer::{Crossing, Explorer};
use crate::error::Result;
use crate::problem::observer::Observer;

/// One side of a MINOS error.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OneSided {
    /// The error: negative on the lower side, positive on the upper one. At a limit, the distance to it.
    pub error: f64,
    /// How the search for it ended.
    pub crossing: Crossing,
    /// Every parameter's value there.
    pub values: Vec<f64>,
    /// The objective there.
    pub fval: f64,
}

/// The MINOS errors of one parameter.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MinosErrors {
    /// Position of the parameter in the problem.
    pub parameter: usize,
    /// Towards smaller values.
    pub lower: OneSided,
    /// Towards larger values.
    pub upper: OneSided,
}

impl MinosErrors {
    /// Whether both sides were found.
    pub fn is_valid(&self) -> bool {
        self.lower.crossing == Crossing::Found && self.upper.crossing == Crossing::Found
    }

    /// Every parameter's value where a side came upon a clearly lower value, the lower of both: minimise again from
    /// there. `None` where none did.
    pub fn new_minimum(&self) -> Option<&[f64]> {
        [&self.lower, &self.upper]
            .into_iter()
            .filter(|side| side.crossing == Crossing::NewMinimum)
            .min_by(|a, b| a.fval.total_cmp(&b.fval))
            .map(|side| side.values.as_slice())
    }
}

impl Explorer<'_> {
    /// The values of a free parameter on either side of the minimum at which the objective, minimised over the others,
    /// has risen by the error definition.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption) when the parameter is not free in the problem,
    /// [`Error::Objective`](crate::Error::Objective) for a fatal error.
    pub fn minos(&mut self, parameter: usize, observer: &mut dyn Observer) -> Result<MinosErrors> {
        let k = self.position(parameter)?;
        let sigma = self.covariance(k, k).sqrt();
        let best = self.minimum.values[parameter];
        let mut side = |direction: f64| -> Result<OneSided> {
            let reached = self.cross(&[(parameter, direction * sigma)], observer)?;
            let error = reached.values[parameter] - best;
            Ok(OneSided { error, crossing: reached.crossing, values: reached.values, fval: reached.fval })
        };
        Ok(MinosErrors { parameter, lower: side(-1.0)?, upper: side(1.0)? })
    }

    /// [`minos`](Self::minos) of every free parameter, in their order.
    ///
    /// # Errors
    /// As there.
    pub fn minos_of_all(&mut self, observer: &mut dyn Observer) -> Result<Vec<MinosErrors>> {
        self.problem().free().into_iter().map(|parameter| self.minos(parameter, observer)).collect()
    }
}
