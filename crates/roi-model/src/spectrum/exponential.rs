//! The functions (e^x - 1)/x and (e^x - 1 - x)/x^2, accurate with their derivatives for every x.
//!
//! Integrals of power laws and exponential cutoffs contain them; written out, their digits cancel near x = 0, and those
//! of their derivatives even more.

use super::formula::Number;

/// Below this |x| the power series is used: there it needs few terms, above it the closed forms keep their digits.
const SERIES_LIMIT: f64 = 1.0;

/// (e^x - 1)/x, and 1 at x = 0.
#[inline]
pub(crate) fn exprel<D: Number>(x: D) -> D {
    let re = x.re();
    if D::NDERIV == 0 {
        return D::from(if re == 0.0 { 1.0 } else { re.exp_m1() / re });
    }
    let [f, f1, f2] = if re.abs() < SERIES_LIMIT {
        taylor(re, 1)
    } else {
        let f = re.exp_m1() / re;
        let f1 = (re.exp() - f) / re;
        [f, f1, (re.exp() - 2.0 * f1) / re]
    };
    x.chain(f, f1, f2)
}

/// (e^x - 1 - x)/x^2, and 1/2 at x = 0.
#[inline]
pub(crate) fn exprel2<D: Number>(x: D) -> D {
    let re = x.re();
    let [f, f1, f2] = if re.abs() < SERIES_LIMIT {
        taylor(re, 2)
    } else {
        let f = (re.exp_m1() - re) / (re * re);
        let f1 = (re.exp_m1() / re - 2.0 * f) / re;
        [f, f1, (re.exp() - 4.0 * re * f1 - 2.0 * f) / (re * re)]
    };
    x.chain(f, f1, f2)
}

/// The exponent, but at most 100 ln 10, as in the reference; beyond, its derivatives are zero.
#[inline]
pub(crate) fn clamp_exponent<D: Number>(exponent: D) -> D {
    let most = 100.0 * std::f64::consts::LN_10;
    if exponent.re() > most { D::from(most) } else { exponent }
}

/// Value, first and second derivative of sum over n of x^n/(n + k)!.
fn taylor(x: f64, k: u32) -> [f64; 3] {
    // With |x| < 1 the terms beyond the twentieth are below 1e-18 of the first, in the second derivative too.
    const TERMS: u32 = 20;
    let factorial = |n: u32| (1..=n).fold(1.0, |product, i| product * f64::from(i));
    let mut coefficient = 1.0 / factorial(TERMS + k);
    let [mut f, mut f1, mut f2] = [0.0; 3];
    for n in (0..=TERMS).rev() {
        // Horner's rule for the value and its derivatives.
        f2 = f2 * x + 2.0 * f1;
        f1 = f1 * x + f;
        f = f * x + coefficient;
        coefficient *= f64::from(n + k);
    }
    [f, f1, f2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::HyperDual64;

    fn both(f: impl Fn(HyperDual64) -> HyperDual64, x: f64) -> [f64; 3] {
        let y = f(HyperDual64::new(x, 1.0, 1.0, 0.0));
        [y.re, y.eps1, y.eps1eps2]
    }

    #[test]
    #[expect(clippy::unreadable_literal, reason = "digits as they were computed")]
    fn reference_values() {
        // (x, exprel and its derivatives, exprel2 and its derivatives) from sixty-digit arithmetic.
        let cases = [
            (
                1e-9,
                [1.0000000005, 0.5000000003333334, 0.33333333358333334],
                [0.5000000001666667, 0.16666666675, 0.08333333338333333],
            ),
            (
                0.5,
                [1.2974425414002564, 0.7025574585997437, 0.48721270700128144],
                [0.5948850828005126, 0.21534475159846223, 0.11304640760871398],
            ),
            (
                -0.5,
                [0.7869386805747332, 0.36081604172419945, 0.230202847471531],
                [0.4261226388505337, 0.13061319425266849, 0.06204708206761191],
            ),
            (
                1.5,
                [2.321126046892043, 1.4403753489640143, 1.0672922482733573],
                [0.8807506979280288, 0.3730831006906571, 0.21408403126136213],
            ),
            (
                -30.0,
                [0.03333333333333022, 0.001111111111107888, 7.407407407073999e-05],
                [0.032222222222222326, 0.0010370370370371479, 6.66666666667852e-05],
            ),
        ];
        for (x, first, second) in cases {
            for (got, want) in both(exprel, x).into_iter().chain(both(exprel2, x)).zip(first.into_iter().chain(second))
            {
                assert!((got / want - 1.0).abs() < 2e-14, "at {x}: {got:e} against {want:e}");
            }
        }
        assert_eq!(both(exprel, 0.0), [1.0, 0.5, 1.0 / 3.0]);
        assert_eq!(both(exprel2, 0.0), [0.5, 1.0 / 6.0, 1.0 / 12.0]);
    }

    #[test]
    fn series_and_closed_forms_meet() {
        for sign in [-1.0, 1.0] {
            for f in [exprel::<HyperDual64>, exprel2::<HyperDual64>] {
                let (below, above) = (both(f, sign * (1.0 - 1e-15)), both(f, sign));
                for (a, b) in below.into_iter().zip(above) {
                    assert!((a / b - 1.0).abs() < 2e-14, "{a:e} against {b:e}");
                }
            }
        }
        assert_eq!(exprel(0.0), 1.0);
        assert!((exprel(1e-3) / exprel(HyperDual64::from_re(1e-3)).re - 1.0).abs() < 1e-15);
    }
}
