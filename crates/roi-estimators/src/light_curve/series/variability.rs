//! Whether the flux varies: `TS_var` and its chance.

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::light_curve::bin::time_bin::TimeBin;

/// The test of a constant flux.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Variability {
    /// `2 sum w_i (logL_i(norm fitted) - logL_i(as at the whole time))`.
    pub ts_var: f64,
    /// Bins that take part, less one.
    pub dof: usize,
    /// The chance that a constant source has a larger `ts_var`; `None` with fewer than two bins.
    pub p_value: Option<f64>,
    /// What each bin adds to `ts_var`; `None` of one that takes no part.
    pub contributions: Vec<Option<f64>>,
    /// The bins that were fitted and take no part, and why.
    pub excluded: Vec<(usize, String)>,
}

/// `TS_var` (2FGL: Nolan et al. 2012, `ApJS` 199, 31, eq. 4) with the weights of its systematic error, `w = s^2 / (s^2 + (f F)^2)`, `s` the error of the flux of a
/// bin, `F` the flux of the whole time and `f` the `systematic`. It is compared with a chi-square of as many degrees of freedom as there are bins, less one
/// (Wilks 1938), as `F` was fitted to the same data.
pub(crate) fn variability(bins: &[TimeBin], systematic: f64) -> Variability {
    let mut contributions = Vec::with_capacity(bins.len());
    let mut excluded = Vec::new();
    for (index, bin) in bins.iter().enumerate() {
        let contribution = match contribution(bin, systematic) {
            Some(Ok(contribution)) => Some(contribution),
            Some(Err(why)) => {
                excluded.push((index, why));
                None
            }
            None => None,
        };
        contributions.push(contribution);
    }
    let taking_part: Vec<f64> = contributions.iter().copied().flatten().collect();
    let ts_var = taking_part.iter().sum();
    let dof = taking_part.len().saturating_sub(1);
    Variability { ts_var, dof, p_value: p_value(ts_var, dof), contributions, excluded }
}

/// What a bin adds; why not, of one that was fitted; `None` of another.
fn contribution(bin: &TimeBin, systematic: f64) -> Option<Result<f64, String>> {
    let fixed = bin.fixed.as_ref()?;
    if let Some(why) = &fixed.excluded {
        return Some(Err(why.clone()));
    }
    let weight = match (systematic > 0.0, fixed.ratio_err) {
        (true, Some(error)) => error * error / (error * error + systematic * systematic),
        // Without a flux of the whole time there is no part of it.
        (true, None) if fixed.ratio.is_some() => return Some(Err("the error of its flux is not known".into())),
        _ => 1.0,
    };
    // What fits leave below 0 is none.
    Some(Ok(2.0 * weight * (fixed.loglike_fixed - fixed.loglike_const).max(0.0)))
}

/// The chance of a chi-square above `ts`.
fn p_value(ts: f64, dof: usize) -> Option<f64> {
    let distribution = ChiSquared::new(dof as f64).ok().filter(|_| dof > 0)?;
    Some(distribution.sf(ts)).filter(|p| p.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_is_that_of_published_tables() {
        // Abramowitz and Stegun, table 26.8: the 5 % and 0.1 % points.
        for (ts, dof, chance) in [(3.841_46, 1, 0.05), (19.675_1, 11, 0.05), (31.264_1, 11, 0.001)] {
            let found = p_value(ts, dof).unwrap_or(f64::NAN);
            assert!((found / chance - 1.0).abs() < 1e-4, "{ts} {dof}: {found}");
        }
        assert_eq!(p_value(0.0, 0), None);
    }
}
