//! Rules of integration over an interval: points and weights.

use std::f64::consts::PI;

/// Points in (-1, 1), increasing, and weights of Gauss's rule of 2 points: exact for polynomials up to the third degree.
pub const GAUSS_LEGENDRE_2: [(f64, f64); 2] = [(-0.577_350_269_189_625_7, 1.0), (0.577_350_269_189_625_7, 1.0)];

/// Points in (-1, 1), increasing, and weights of Gauss's rule of 8 points (Abramowitz & Stegun 1964, table 25.4): exact for polynomials up to
/// the 15th degree.
///
/// ```
/// // The integral of e^x from 0 to 1.
/// let integral: f64 = numerics::GAUSS_LEGENDRE_8.iter().map(|(x, weight)| 0.5 * weight * (0.5 * (1.0 + x)).exp()).sum();
/// assert!((integral - (1f64.exp() - 1.0)).abs() < 1e-15);
/// ```
pub const GAUSS_LEGENDRE_8: [(f64, f64); 8] = [
    (-0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    (-0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (-0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (-0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// Fejer's first rule of `points` points on (0, 1): positions and weights (Fejer 1933, Math. Z. 37, 287). It is exact for polynomials of a degree
/// below `points` and keeps away from the ends, where an integrand may have infinite slope. None for no points.
pub fn fejer(points: usize) -> Vec<(f64, f64)> {
    let n = points as f64;
    let point = |k: usize| {
        let angle = PI * (k as f64 + 0.5) / n;
        let series: f64 = (1..=points / 2)
            .map(|j| {
                let j = j as f64;
                (2.0 * j * angle).cos() / (4.0 * j * j - 1.0)
            })
            .sum();
        (0.5 - 0.5 * angle.cos(), (1.0 - 2.0 * series) / n)
    };
    (0..points).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `x^degree` from -1 to 1.
    fn integral(rule: &[(f64, f64)], degree: i32) -> f64 {
        rule.iter().map(|(x, weight)| weight * x.powi(degree)).sum()
    }

    #[test]
    fn rules_are_exact_for_the_polynomials_that_they_are_made_for() {
        let fejer: Vec<(f64, f64)> = fejer(12).iter().map(|(x, weight)| (2.0 * x - 1.0, 2.0 * weight)).collect();
        for (rule, highest) in [(&GAUSS_LEGENDRE_2[..], 3), (&GAUSS_LEGENDRE_8, 15), (&fejer, 11)] {
            for degree in 0..=highest {
                let expected = if degree % 2 == 0 { 2.0 / f64::from(degree + 1) } else { 0.0 };
                approx::assert_abs_diff_eq!(integral(rule, degree), expected, epsilon = 4e-16);
            }
            let next = highest + 1;
            assert!((integral(rule, next) - 2.0 / f64::from(next + 1)).abs() > 1e-8, "{next}");
        }
        assert!(super::fejer(0).is_empty());
    }
}
