//! The region that the benchmarks share: the built-in one, 100 x 100 pixels, 30 energy bins, 20 point sources.

use likelihood_core::JointLikelihood;
use roi_fit::simulate::{SimulationOptions, simulate};
use roi_model::roi::Roi;

/// The simulated region's starting model and its likelihood.
///
/// # Errors
/// When the simulation fails.
pub fn built_in() -> roi_fit::Result<(Roi, JointLikelihood)> {
    let simulated = simulate(&SimulationOptions::default())?;
    let likelihood = simulated.likelihood()?;
    Ok((simulated.start, likelihood))
}
