//! The width of a source from the curve of `logL` over it.

use roi_fit::{Progress, fall_of_limit};

use crate::curve::crossing::find_crossing;
use crate::curve::level::DROP_ERROR;
use crate::curve::peak::find_peak;
use crate::error::Result;
use crate::extension::width_curve::WidthCurve;
use crate::localize::localize_verb::HIGHER;
use crate::trial::trial_session::TrialSession;

/// The confidence of the limit.
const CL95: f64 = 0.95;

/// The best width, its errors, its limit, and the curve that they lie on. Widths are 68 % containment radii in degrees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Width {
    pub(crate) ext: f64,
    pub(crate) err_hi: Option<f64>,
    pub(crate) err_lo: Option<f64>,
    pub(crate) ul95: Option<f64>,
    pub(crate) loglike: f64,
    /// Whether the maximum was found, and none of the widths that were visited is better.
    pub(crate) is_found: bool,
    /// By how much `logL` is higher at another width that was visited.
    pub(crate) higher: f64,
    /// All widths that were visited, rising, and `logL` there.
    pub(crate) curve: Vec<(f64, f64)>,
}

impl Width {
    /// The error: the mean of both, or the one that there is.
    pub(crate) fn err(&self) -> Option<f64> {
        match (self.err_lo, self.err_hi) {
            (Some(low), Some(high)) => Some(0.5 * (low + high)),
            (one, other) => one.or(other),
        }
    }
}

/// Visits the widths of a grid, and then the maximum, errors and limit on the same curve, up to `widest`.
///
/// With it the fit at the maximum, of which `logL` is told.
pub(crate) fn width<'a>(
    curve: &mut WidthCurve<'a>,
    grid: &[f64],
    widest: f64,
    progress: &mut dyn Progress,
) -> Result<(Width, TrialSession<'a>)> {
    curve.visit(grid, progress)?;
    let visited = curve.visited.iter().filter(|(width, _)| *width <= widest);
    let start = visited.fold((0.0, f64::NEG_INFINITY), |best, own| if own.1 > best.1 { *own } else { best }).0;
    // It is visited once more, with its slope.
    curve.visited.retain(|(width, _)| *width != start);
    let widest = widest * widest;
    let (peak, is_found) = find_peak(curve, start * start, (0.0, widest))?;
    let fitted = curve.standing();
    let mut visited = Vec::new();
    let ext = peak.x.sqrt();
    let mut up = |curve: &mut WidthCurve<'_>, drop: f64| -> Result<Option<f64>> {
        Ok(find_crossing(curve, &peak, drop, widest, &mut visited)?.map(f64::sqrt))
    };
    let err_hi = up(curve, DROP_ERROR)?.map(|width| width - ext);
    let ul95 = up(curve, fall_of_limit(CL95))?;
    let err_lo = if peak.x > 0.0 { find_crossing(curve, &peak, DROP_ERROR, 0.0, &mut visited)? } else { None };
    let err_lo = err_lo.map(|square| ext - square.sqrt());
    // Also where errors and limit were looked for.
    let within = curve.visited.iter().filter(|(width, _)| *width <= widest.sqrt());
    let higher = within.fold(0.0, |most: f64, (_, loglike)| most.max(loglike - peak.loglike));
    let is_found = is_found && higher <= HIGHER;
    let mut points = curve.visited.clone();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|a, b| a.0 == b.0);
    let found = Width { ext, err_hi, err_lo, ul95, loglike: peak.loglike, is_found, higher, curve: points };
    Ok((found, fitted))
}
