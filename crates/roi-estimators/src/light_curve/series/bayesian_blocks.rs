//! Bayesian blocks: the stretches of constant flux that explain measured fluxes best.

use serde::Serialize;

use crate::light_curve::bin::time_bin::TimeBin;

/// A stretch of constant flux.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Block {
    /// Begin of its first bin, mission time in s.
    pub tmin: f64,
    /// End of its last bin.
    pub tmax: f64,
    /// How many bins it has.
    pub bins: usize,
    /// Mean flux of its bins, weighted by their errors, cm^-2 s^-1.
    pub flux: f64,
    /// Its 1 sigma error.
    pub flux_err: f64,
}

/// The first points of the blocks of measurements with Gaussian errors that explain them best: the partition with the largest sum of `(sum x/s^2)^2 / (2 sum
/// 1/s^2) - prior` over its blocks (Scargle et al. 2013, ApJ 764, 167, section 3.3; `a = sum 1/(2 s^2)`, `b = -sum x/s^2`, fitness `b^2/4a`). Found exactly,
/// by dynamic programming in n^2 steps.
///
/// ```
/// let (fluxes, errors) = ([1.0, 1.1, 0.9, 5.0, 5.2, 4.9], [0.2; 6]);
/// assert_eq!(roi_estimators::bayesian_blocks(&fluxes, &errors, 4.0), [0, 3]);
/// ```
pub fn bayesian_blocks(values: &[f64], errors: &[f64], prior: f64) -> Vec<usize> {
    let n = values.len().min(errors.len());
    let weights: Vec<f64> = errors[..n].iter().map(|error| 1.0 / (error * error)).collect();
    // Best sum of the first k points, and the first point of its last block.
    let (mut best, mut first) = (vec![0.0; n + 1], vec![0; n + 1]);
    for end in 1..=n {
        let (mut weight, mut sum) = (0.0, 0.0);
        let mut top = f64::NEG_INFINITY;
        for begin in (0..end).rev() {
            weight += weights[begin];
            sum += weights[begin] * values[begin];
            let total = best[begin] + 0.5 * sum * sum / weight - prior;
            if total > top {
                (top, first[end]) = (total, begin);
            }
        }
        best[end] = top;
    }
    let mut blocks = Vec::new();
    let mut end = n;
    while end > 0 {
        blocks.push(first[end]);
        end = first[end];
    }
    blocks.reverse();
    blocks
}

/// What a block costs, so that a constant source of `n` points is cut with probability `p0`: `4 - ln(73.53 p0 n^-0.478)` (Scargle et al. 2013, eq. 21).
///
/// ```
/// assert!((roi_estimators::ncp_prior(100, 0.05) - 4.899_2).abs() < 1e-3);
/// ```
pub fn ncp_prior(n: usize, p0: f64) -> f64 {
    4.0 - (73.53 * p0 * (n as f64).powf(-0.478)).ln()
}

/// The blocks of the bins' fluxes with the shape of the whole time, and the errors that [`FixedShape::measured`] tells. Bins without data, without a fit or left
/// out of the test of variability are passed over: a block reaches across them.
///
/// [`FixedShape::measured`]: crate::light_curve::bin::time_bin::FixedShape::measured
pub(crate) fn blocks_of(bins: &[TimeBin], flux_const: Option<f64>, p0: f64) -> Vec<Block> {
    let Some(scale) = flux_const.filter(|flux| *flux > 0.0) else { return Vec::new() };
    let known: Vec<Measured<'_>> = bins.iter().filter_map(|bin| Some((bin, bin.fixed.as_ref()?.measured()?))).collect();
    let (values, errors): (Vec<f64>, Vec<f64>) = known.iter().map(|(_, measured)| *measured).unzip();
    let firsts = bayesian_blocks(&values, &errors, ncp_prior(known.len().max(1), p0));
    let ends = firsts.iter().skip(1).copied().chain([known.len()]);
    firsts.iter().zip(ends).filter_map(|(&begin, end)| block(known.get(begin..end)?, scale)).collect()
}

/// A bin with its flux and error, over the flux of the whole time.
type Measured<'a> = (&'a TimeBin, (f64, f64));

fn block(bins: &[Measured<'_>], scale: f64) -> Option<Block> {
    let (first, last) = (bins.first()?.0, bins.last()?.0);
    let (mut weight, mut sum) = (0.0, 0.0);
    for (_, (ratio, error)) in bins {
        weight += 1.0 / (error * error);
        sum += ratio / (error * error);
    }
    let flux_err = scale / f64::sqrt(weight);
    Some(Block { tmin: first.tmin, tmax: last.tmax, bins: bins.len(), flux: scale * sum / weight, flux_err })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best partition of all.
    fn by_all_partitions(values: &[f64], errors: &[f64], prior: f64) -> (f64, Vec<usize>) {
        let n = values.len();
        let mut best = (f64::NEG_INFINITY, Vec::new());
        for cuts in 0_u32..1 << (n - 1) {
            let firsts: Vec<usize> = (0..n).filter(|&i| i == 0 || cuts >> (i - 1) & 1 == 1).collect();
            let ends = firsts.iter().skip(1).copied().chain([n]);
            let total: f64 = firsts.iter().zip(ends).map(|(&a, b)| fitness(&values[a..b], &errors[a..b]) - prior).sum();
            if total > best.0 + 1e-12 {
                best = (total, firsts);
            }
        }
        best
    }

    /// Twice over: the gain in logL of the mean over 0, as Gaussian errors have it.
    fn fitness(values: &[f64], errors: &[f64]) -> f64 {
        let chi = |mean: f64| values.iter().zip(errors).map(|(x, s)| ((x - mean) / s).powi(2)).sum::<f64>();
        let (mut low, mut high) = (-100.0, 100.0);
        // The lowest chi-square, by halving its slope.
        for _ in 0..200 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if chi(a) < chi(b) { high = b } else { low = a }
        }
        0.5 * (chi(0.0) - chi(0.5 * (low + high)))
    }

    #[test]
    fn blocks_are_the_best_of_all_partitions() {
        let mut state = 7_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for round in 0..40 {
            let n = 2 + round % 9;
            let values: Vec<f64> = (0..n).map(|i| if i > n / 2 { 3.0 } else { 1.0 } + 2.0 * draw()).collect();
            let errors: Vec<f64> = (0..n).map(|_| 0.2 + draw()).collect();
            let prior = 0.5 + 3.0 * draw();
            let (_, expected) = by_all_partitions(&values, &errors, prior);
            assert_eq!(bayesian_blocks(&values, &errors, prior), expected, "{values:?} {errors:?} {prior}");
        }
        assert!(bayesian_blocks(&[], &[], 1.0).is_empty());
    }
}
