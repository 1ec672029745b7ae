//! The trait behind which all optimizers stand.

use crate::error::Result;
use crate::problem::minimum::Minimum;
use crate::problem::objective::Objective;
use crate::problem::observer::Observer;
use crate::problem::options::Options;
use crate::problem::parameters::Problem;

/// A bounded minimiser with error analysis.
pub trait Optimizer: Send + Sync {
    /// The name under which it is registered, in capitals.
    fn name(&self) -> &str;

    /// Minimises `objective` from the problem's start values.
    ///
    /// A run that does not converge returns a [`Minimum`] whose status says why; it is the best point found.
    ///
    /// # Errors
    /// Misuse ([`Error::Dimension`](crate::Error::Dimension), [`Error::InvalidOption`](crate::Error::InvalidOption),
    /// [`Error::NotOffered`](crate::Error::NotOffered)) or a fatal error of the objective
    /// ([`Error::Objective`](crate::Error::Objective)).
    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum>;
}
