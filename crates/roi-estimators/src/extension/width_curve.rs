//! `logL` along the width of a source.
//!
//! A source that is a little wider than a point differs from one by the square of its width. So the curve is one over the square of the 68 %
//! containment radius: there its slope at 0 tells whether a point or something wider is better.

use rayon::prelude::*;
use roi_fit::{Event, Progress, Quiet, climb};

use crate::curve::point::{Curve, Point, Precision};
use crate::curve::session_curve::is_impossible;
use crate::error::{Error, Result};
use crate::trial::place::{TrialPlace, TrialShape};
use crate::trial::settle::{inverse_of, movable, settle};
use crate::trial::slopes::Coordinate;
use crate::trial::together::POSITION;
use crate::trial::trial_session::TrialSession;

/// The width that stands for 0, degrees: a tenth of the sharpest PSF's hundredth.
const NARROWEST: f64 = 1e-3;
/// The farthest that the position may move while the width is fitted, degrees.
pub(crate) const REACH: f64 = 1.0;

/// Widths that are visited between two looks at whether to stop.
pub(crate) const AT_ONCE: usize = 8;

/// The curve, with everything else that is free fitted at every point.
pub(crate) struct WidthCurve<'a> {
    trial: TrialSession<'a>,
    shape: TrialShape,
    /// Where the position is fitted, too.
    fits_position: bool,
    /// Widths that were visited, degrees, and `logL` there.
    pub(crate) visited: Vec<(f64, f64)>,
}

impl<'a> WidthCurve<'a> {
    pub(crate) fn new(trial: TrialSession<'a>, shape: TrialShape, fits_position: bool) -> Self {
        Self { trial, shape, fits_position, visited: Vec::new() }
    }

    /// The fit at the width that was evaluated last.
    pub(crate) fn standing(&self) -> TrialSession<'a> {
        self.trial.clone()
    }

    /// The place of a width.
    fn place(&self, width: f64) -> TrialPlace {
        TrialPlace::of_r68(self.trial.place().direction, self.shape, width.max(NARROWEST))
    }

    /// Visits some widths, without slopes: one after another where the position is fitted, which goes on from the last one, otherwise side by side.
    pub(crate) fn visit(&mut self, widths: &[f64], progress: &mut dyn Progress) -> Result<()> {
        let (apart, source) = (self.trial.apart()?, self.trial.model().name().to_owned());
        let (at_once, total) = (if self.fits_position { 1 } else { AT_ONCE }, widths.len());
        for (part, widths) in widths.chunks(at_once).enumerate() {
            let event = Event::Estimate { verb: "extension", source: source.clone(), done: part * at_once, total };
            if progress.event(&event).is_break() || progress.is_cancelled() {
                return Err(Error::Stopped);
            }
            if self.fits_position {
                widths.iter().try_for_each(|&width| self.go(width, progress).map(drop))?;
                continue;
            }
            let visit = |&width: &f64| -> Result<(f64, f64)> {
                let mut other = apart.clone();
                other.look_at(self.place(width))?;
                Ok((width, climb(other.session_mut(), None)?.loglike))
            };
            // All of them first: the error is that of the first width, for any number of threads.
            let visited: Vec<Result<(f64, f64)>> = widths.par_iter().map(visit).collect();
            self.visited.extend(visited.into_iter().collect::<Result<Vec<_>>>()?);
        }
        Ok(())
    }

    /// `logL` at a width, and whether the maximum of everything else was found; the source stands there then.
    fn go(&mut self, width: f64, progress: &mut dyn Progress) -> Result<(f64, bool)> {
        if progress.is_cancelled() {
            return Err(Error::Stopped);
        }
        self.trial.set_place(self.place(width))?;
        let (loglike, is_converged) = if self.fits_position {
            let settled = settle(&mut self.trial, &POSITION, REACH, progress)?;
            (settled.loglike, settled.is_converged && settled.is_inside)
        } else {
            let summit = climb(self.trial.session_mut(), None)?;
            (summit.loglike, summit.is_converged)
        };
        self.visited.push((width, loglike));
        Ok((loglike, is_converged))
    }

    fn evaluate(&mut self, square: f64) -> Result<Point> {
        let (loglike, is_converged) = self.go(square.max(0.0).sqrt(), &mut Quiet)?;
        let coordinates: &[Coordinate] = if self.fits_position {
            &[Coordinate::East, Coordinate::North, Coordinate::Size]
        } else {
            &[Coordinate::Size]
        };
        let at = self.trial.derivatives(coordinates)?;
        let rows = movable(self.trial.session(), &at);
        let (last, row) = (rows.len() - 1, at.gradient.len() - 1);
        let own = -at.hessian[[row, row]];
        let variance = inverse_of(&at.hessian, &rows).map(|inverse| inverse[[last, last]]);
        let by_size = variance.filter(|variance| *variance > 0.0).map_or(own, |variance| 1.0 / variance);
        // From the size to the square of the width: the width is a multiple of the size.
        let size = self.trial.place().size;
        let factor = 2.0 * self.shape.r68_of_size().powi(2) * size;
        let slope = at.gradient[row] / factor;
        let curvature = (by_size + at.gradient[row] / size) / (factor * factor);
        Ok(Point { x: square, loglike, slope, curvature, is_converged })
    }
}

impl Curve for WidthCurve<'_> {
    /// Maps are sums over grids of points that are refined pixel by pixel.
    fn precision(&self) -> Precision {
        Precision { gain: 1e-5, fall: 2e-3 }
    }

    fn at(&mut self, x: f64) -> Result<Point> {
        match self.evaluate(x) {
            Err(Error::Fit(error)) if is_impossible(&error) => Ok(Point::impossible(x)),
            other => other,
        }
    }
}
