//! The fit of a session, for who holds no analysis.

use std::time::Instant;

use crate::error::Result;
use crate::fit::fit_free::fit_free;
use crate::known::options::FitOptions;
use crate::known::progress::Progress;
use crate::known::timing::Timing;
use crate::results::fit_result::{FitResult, Updated};
use crate::session::Session;

/// Fits all free parameters of a session. On success the model has the values and errors of the fit; otherwise, also on an error, it is what it
/// was, bit for bit. Of what follows a fit ([`FitOptions::update`]) nothing is done.
///
/// ```
/// # use roi_simulate::{SimulationOptions, simulate};
/// # use roi_fit::{FitOptions, Quiet, Session};
/// # let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
/// # let (roi, data) = (simulated.start.clone(), simulated.likelihood()?);
/// let mut session = Session::new(roi, data);
/// let mut other = session.clone();
/// let fit = roi_fit::fit(&mut session, &FitOptions::default(), &mut Quiet)?;
/// assert!(fit.fit_success);
/// // The other has the same data and a model of its own.
/// assert_eq!(other.roi().free_values(), fit.start_values.to_vec());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Analysis::fit`](crate::Analysis::fit).
pub fn fit(session: &mut Session, options: &FitOptions, progress: &mut dyn Progress) -> Result<FitResult> {
    let start = Instant::now();
    let fitted = fit_free(session, options, progress)?;
    let timing = Timing { fit: start.elapsed().as_secs_f64(), ..Timing::default() };
    Ok(FitResult::new(fitted, options, Updated::default(), timing))
}
