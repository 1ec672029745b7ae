//! Special functions.

use std::f64::consts::PI;
use std::sync::LazyLock;

/// Width of the intervals that have a polynomial of their own.
const WIDTH: f64 = 0.5;
/// Intervals, up to 25: beyond it the asymptotic series is exact.
const INTERVALS: usize = 50;
/// Coefficients of a polynomial: what is left out is below 1e-14 half an interval away.
const COEFFICIENTS: usize = 14;
/// Terms of the asymptotic series: the next one is below 1e-15 at 25.
const TERMS: usize = 16;

/// The polynomials around the middles of the intervals, and the asymptotic series.
struct Series {
    taylor: Vec<[f64; COEFFICIENTS]>,
    asymptotic: [f64; TERMS],
}

static SERIES: LazyLock<Series> = LazyLock::new(|| Series {
    taylor: (0..INTERVALS).map(|interval| taylor((interval as f64 + 0.5) * WIDTH)).collect(),
    asymptotic: asymptotic(),
});

/// `exp(-x) I0(x)` for `x >= 0`, see [`bessel_i0_scaled_with_slope`].
pub fn bessel_i0_scaled(x: f64) -> f64 {
    bessel_i0_scaled_with_slope(x).0
}

/// `y = exp(-x) I0(x)` for `x >= 0` and its derivative `exp(-x) (I1(x) - I0(x))`. Below 25 the Taylor series around the nearest of 50 points, above it the
/// asymptotic one (Abramowitz & Stegun 9.7.1).
///
/// ```
/// let (value, slope) = numerics::bessel_i0_scaled_with_slope(1.0);
/// assert!((value - 0.465_759_607_59).abs() < 1e-11 && (slope + 0.257_849_192_24).abs() < 1e-11);
/// ```
pub fn bessel_i0_scaled_with_slope(x: f64) -> (f64, f64) {
    let series = &*SERIES;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an interval; what is beyond them all is far"
    )]
    let interval = (x / WIDTH) as usize;
    if let Some(coefficients) = series.taylor.get(interval) {
        let d = x - (interval as f64 + 0.5) * WIDTH;
        let (mut value, mut slope) = (0.0, 0.0);
        for &coefficient in coefficients.iter().rev() {
            slope = slope * d + value;
            value = value * d + coefficient;
        }
        return (value, slope);
    }
    // sum a_k x^(-k - 1/2), and its derivative.
    let t = 1.0 / x;
    let (mut value, mut slope) = (0.0, 0.0);
    for (k, &coefficient) in series.asymptotic.iter().enumerate().rev() {
        value = value * t + coefficient;
        slope = slope * t - (k as f64 + 0.5) * coefficient;
    }
    let root = t.sqrt();
    (value * root, slope * root * t)
}

/// Taylor coefficients of `y = exp(-x) I0(x)` around a point, from its equation `x y'' + (2 x + 1) y' + y = 0`; the first two from the power series
/// (Abramowitz & Stegun 9.6.12 and, for `I1`, 9.6.10).
fn taylor(x: f64) -> [f64; COEFFICIENTS] {
    let quarter = 0.25 * x * x;
    let (mut i0, mut i1) = (1.0, 1.0);
    let (mut term0, mut term1) = (1.0, 1.0);
    for k in 1..200 {
        let k = f64::from(k);
        term0 *= quarter / (k * k);
        term1 *= quarter / (k * (k + 1.0));
        i0 += term0;
        i1 += term1;
        if term0 < 1e-18 * i0 {
            break;
        }
    }
    let scale = (-x).exp();
    let mut a = [0.0; COEFFICIENTS];
    (a[0], a[1]) = (i0 * scale, (0.5 * x * i1 - i0) * scale);
    for k in 0..COEFFICIENTS - 2 {
        let n = k as f64;
        let known = (n + 1.0) * (n + 1.0 + 2.0 * x) * a[k + 1] + (2.0 * n + 1.0) * a[k];
        a[k + 2] = -known / (x * (n + 2.0) * (n + 1.0));
    }
    a
}

/// `((1 3 5 .. (2k - 1))^2 / (8^k k!)) / sqrt(2 pi)`.
fn asymptotic() -> [f64; TERMS] {
    let mut term = 1.0 / (2.0 * PI).sqrt();
    std::array::from_fn(|k| {
        if k > 0 {
            let odd = 2.0 * k as f64 - 1.0;
            term *= odd * odd / (8.0 * k as f64);
        }
        term
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scaled_bessel_function_has_its_tabulated_values() {
        // Abramowitz & Stegun, table 9.8, and mpmath beyond it.
        for (x, expected) in [
            (0.0, 1.0),
            (1.0, 0.465_759_607_7),
            (5.0, 0.183_540_812_6),
            (20.0, 0.089_780_311_9),
            (100.0, 0.039_944_379_4),
        ] {
            approx::assert_relative_eq!(bessel_i0_scaled(x), expected, epsilon = 2e-10);
        }
    }

    #[test]
    fn neighbouring_series_meet_and_fulfil_the_equation() {
        for interval in 1..=INTERVALS {
            let edge = interval as f64 * WIDTH;
            let (below, above) = (bessel_i0_scaled_with_slope(edge - 1e-12), bessel_i0_scaled_with_slope(edge + 1e-12));
            approx::assert_relative_eq!(below.0, above.0, max_relative = 3e-12);
            approx::assert_relative_eq!(below.1, above.1, max_relative = 1e-10);
        }
        for x in [1e-6, 0.01, 0.3, 1.7, 6.2, 13.0, 24.9, 25.1, 60.0, 1e4] {
            let h = 1e-4 * x;
            let ((low, slope_low), (value, slope), (high, slope_high)) = (
                bessel_i0_scaled_with_slope(x - h),
                bessel_i0_scaled_with_slope(x),
                bessel_i0_scaled_with_slope(x + h),
            );
            approx::assert_relative_eq!(
                (high - low) / (2.0 * h),
                slope,
                max_relative = 1e-6,
                epsilon = 1e-9 / x.max(1.0)
            );
            let second = (slope_high - slope_low) / (2.0 * h);
            let rest = x * second + (2.0 * x + 1.0) * slope + value;
            assert!(rest.abs() < 1e-6 * value, "{x}: {rest}");
        }
    }
}
