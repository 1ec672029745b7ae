//! The functions (e^x - 1)/x and (e^x - 1 - x)/x^2, accurate with their derivatives for every x.
//!
//! Integrals of power laws and exponential cutoffs contain them; written out, their digits cancel near x = 0, and those
//! of their derivatives even more.

use super::formula::Number;

/// Below this |x| the power series is used for derivatives: there it converges fast, above it the closed forms keep their digits.
const DERIVATIVE_LIMIT: f64 = 1.0;
/// The same for values, where fewer digits cancel.
const VALUE_LIMIT: f64 = 0.25;

/// (e^x - 1)/x, and 1 at x = 0.
#[inline]
pub(crate) fn exprel<D: Number>(x: D) -> D {
    let re = x.re();
    let f = if re == 0.0 { 1.0 } else { re.exp_m1() / re };
    if D::NDERIV == 0 {
        return D::from(f);
    }
    let [f1, f2] = if re.abs() < DERIVATIVE_LIMIT {
        taylor_derivatives(re, 1)
    } else {
        let f1 = (re.exp() - f) / re;
        [f1, (re.exp() - 2.0 * f1) / re]
    };
    x.chain(f, f1, f2)
}

/// (e^x - 1 - x)/x^2, and 1/2 at x = 0.
#[inline]
pub(crate) fn exprel2<D: Number>(x: D) -> D {
    let re = x.re();
    let f = if re.abs() < VALUE_LIMIT { taylor(re, 2) } else { (re.exp_m1() - re) / (re * re) };
    if D::NDERIV == 0 {
        return D::from(f);
    }
    let [f1, f2] = if re.abs() < DERIVATIVE_LIMIT {
        taylor_derivatives(re, 2)
    } else {
        let f1 = (re.exp_m1() / re - 2.0 * f) / re;
        [f1, (re.exp() - 4.0 * re * f1 - 2.0 * f) / (re * re)]
    };
    x.chain(f, f1, f2)
}

/// The exponent, but at most 100 ln 10, as in the reference; beyond, its derivatives are zero.
#[inline]
pub(crate) fn clamp_exponent<D: Number>(exponent: D) -> D {
    let most = 100.0 * std::f64::consts::LN_10;
    if exponent.re() > most { D::from(most) } else { exponent }
}

/// ln(1 + e^x), also where e^x overflows.
#[inline]
pub(crate) fn softplus<D: Number>(x: D) -> D {
    if x.re() > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// 1/n!
const INVERSE_FACTORIALS: [f64; 21] = {
    let mut table = [1.0; 21];
    let mut n = 1;
    while n < table.len() {
        table[n] = table[n - 1] / n as f64;
        n += 1;
    }
    table
};

/// Sum over n of x^n/(n + k)!, for |x| < 0.25: the terms that are left out are below 1e-17 of the first.
#[inline]
fn taylor(x: f64, k: usize) -> f64 {
    INVERSE_FACTORIALS.iter().skip(k).take(11).rev().fold(0.0, |f, coefficient| f * x + coefficient)
}

/// Its first and second derivative, for |x| < 1 and k = 1 or 2: what is left out is below 1e-16 of what is kept.
fn taylor_derivatives(x: f64, k: usize) -> [f64; 2] {
    let [mut f, mut f1, mut f2] = [0.0; 3];
    for coefficient in INVERSE_FACTORIALS.iter().skip(k).rev() {
        // Horner's rule for a polynomial and its derivatives.
        f2 = f2 * x + 2.0 * f1;
        f1 = f1 * x + f;
        f = f * x + coefficient;
    }
    [f1, f2]
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
        for limit in [-DERIVATIVE_LIMIT, DERIVATIVE_LIMIT, -VALUE_LIMIT, VALUE_LIMIT] {
            for f in [exprel::<HyperDual64>, exprel2::<HyperDual64>] {
                let (below, above) = (both(f, limit * (1.0 - 1e-15)), both(f, limit));
                for (a, b) in below.into_iter().zip(above) {
                    assert!((a / b - 1.0).abs() < 3e-14, "{a:e} against {b:e}");
                }
            }
        }
        assert_eq!(exprel(0.0), 1.0);
        for x in [-3.0, -0.3, -1e-3, 1e-3, 0.2, 0.3, 2.0] {
            assert_eq!(exprel(x), exprel(HyperDual64::from_re(x)).re);
            assert_eq!(exprel2(x), exprel2(HyperDual64::from_re(x)).re);
        }
    }
}
