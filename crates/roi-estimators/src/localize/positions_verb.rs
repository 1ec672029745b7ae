//! The verb `fit_positions`.

use ndarray::Array2;
use roi_fit::{Progress, Session, TrialMaker, climb};
use roi_model::SourceId;

use crate::error::{Error, Result};
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::fitted_positions::{FittedPosition, FittedPositions};
use crate::localize::localize_verb::{HIGHER, check_seen, with_errors};
use crate::localize::positions_options::PositionsOptions;
use crate::trial::freedom::{Freedom, set_free};
use crate::trial::memory::{self, Moves};
use crate::trial::settle::{Moving, Settled, inverse_of, movable, settle_all};
use crate::trial::slopes::PlaceDerivatives;
use crate::trial::together::Together;
use crate::trial::trial_session::TrialSession;

/// The positions of several sources, found by name or alias, in one fit together with everything that is free: what they have of each other and of the
/// background is in their errors. The session is left as it was; [`FittedPositions::apply`] moves the sources in an analysis. `makers`:
/// [`roi_fit::Analysis::trial_makers`].
///
/// One Newton's method over all positions and free parameters, with exact derivatives, each source at most `dtheta_max` from where it was. The covariance of
/// all is minus the inverse of the second derivatives at the maximum.
///
/// # Errors
/// As [`crate::localize`], for each of the sources; an option without a source.
pub fn fit_positions(
    session: &Session,
    makers: &[TrialMaker],
    names: &[String],
    options: &PositionsOptions,
    progress: &mut dyn Progress,
) -> Result<FittedPositions> {
    options.check()?;
    if names.is_empty() {
        let expected = "the names of at least one source";
        return Err(Error::Option { option: "sources", found: "none".into(), expected });
    }
    memory::check(session, makers, Moves::of(names.len(), names.len()))?;
    let loglike_init = session.clone().loglike()?;
    let check = |trial: &TrialSession<'_>| check_seen(trial, makers);
    let mut together = Together::new(session, makers, names, options.dtheta_max, check)?;
    let freedom = Freedom {
        free_background: options.free_background,
        free_radius: options.free_radius,
        fix_shape: options.fix_shape,
    };
    let moved: Vec<SourceId> = together.movers.iter().map(|mover| mover.source).collect();
    set_free(together.session_mut(), &moved, freedom)?;
    let base = climb(together.session_mut(), None)?;
    let settled = settle_all(&mut together, progress)?;
    let (at, higher) = together.peak()?;
    let cov = covariance(&together, &at).filter(|_| settled.is_converged && settled.is_inside);
    let sources = together.movers.iter().enumerate().map(|(index, mover)| FittedPosition {
        name: together.session().roi()[mover.source].name().to_owned(),
        preloc: mover.start,
        position: mover.place.direction,
        ellipse: cov.as_ref().and_then(|cov| {
            let of = |k: usize, l: usize| cov[[2 * index + k, 2 * index + l]];
            ErrorEllipse::new(&mover.place.direction, [[of(0, 0), of(0, 1)], [of(1, 0), of(1, 1)]])
        }),
    });
    let mut sources: Vec<FittedPosition> = sources.collect();
    let has_errors = sources.iter().all(|source| source.ellipse.is_some());
    let fit_success = has_errors && higher <= HIGHER;
    if !fit_success {
        // Errors of a maximum that is not the one that was looked for tell nothing.
        for source in &mut sources {
            source.ellipse = None;
        }
    }
    Ok(FittedPositions {
        fit_success,
        fit_inbounds: settled.is_inside,
        warnings: words(&settled, (base.is_converged, has_errors, higher), options),
        sources,
        cov: cov.filter(|_| fit_success),
        loglike_init,
        loglike_base: base.loglike,
        loglike_loc: settled.loglike,
        config: options.clone(),
        roi: with_errors(together.session(), &at)?,
        maps: together.movers.iter().map(crate::trial::together::Mover::source_maps).collect(),
    })
}

/// The covariance of all coordinates, everything else fitted; `None` when it is none.
fn covariance(together: &Together<'_>, at: &PlaceDerivatives) -> Option<Array2<f64>> {
    let rows = movable(together.session(), at);
    let inverse = inverse_of(&at.hessian, &rows)?;
    let m = at.gradient.len() - at.n_free;
    let first = rows.len() - m;
    let cov = Array2::from_shape_fn((m, m), |(k, l)| inverse[[first + k, first + l]]);
    cov.diag().iter().all(|variance| *variance > 0.0 && variance.is_finite()).then_some(cov)
}

/// What the user should know of the fit.
fn words(
    settled: &Settled,
    (is_base_fitted, has_errors, higher): (bool, bool, f64),
    options: &PositionsOptions,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if !is_base_fitted {
        warnings.push(
            "at the old positions the fit of the parameters did not converge: loglike_base is too low".to_owned(),
        );
    }
    if !settled.is_inside {
        warnings.push(format!(
            "logL still rises where a source would leave dtheta_max, {} degrees from its old position",
            options.dtheta_max
        ));
    } else if !settled.is_converged {
        warnings.push("the fit of the positions ended before a maximum of logL".to_owned());
    } else if !has_errors {
        warnings.push("logL has no maximum in all coordinates here: errors are not known".to_owned());
    } else if higher > HIGHER {
        warnings
            .push(format!("logL is {higher:.2} higher near by: there are several maxima, and this is not the highest"));
    }
    warnings
}
