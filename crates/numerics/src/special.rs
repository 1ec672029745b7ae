//! Special functions.

use std::f64::consts::PI;

/// `exp(-x) I0(x)` for `x >= 0`: the series for small, the asymptotic one for large arguments (Abramowitz & Stegun 9.6.12, 9.7.1).
pub fn bessel_i0_scaled(x: f64) -> f64 {
    let mut sum = 1.0;
    let mut term = 1.0;
    if x < 25.0 {
        let quarter = 0.25 * x * x;
        for k in 1..200 {
            term *= quarter / f64::from(k * k);
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        return sum * (-x).exp();
    }
    for k in 1..20 {
        let odd = f64::from(2 * k - 1);
        let next = term * odd * odd / (8.0 * f64::from(k) * x);
        if next >= term {
            break;
        }
        term = next;
        sum += term;
    }
    sum / (2.0 * PI * x).sqrt()
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
        approx::assert_relative_eq!(bessel_i0_scaled(24.999_999), bessel_i0_scaled(25.0), max_relative = 1e-7);
    }
}
