//! A natural logarithm without branches or table look-ups, so that loops over it vectorise.

/// `ln x` for finite normal `x > 0`, at most 1 unit in the last place off; anything else gives an unspecified number, no panic.
///
/// The argument is split as `x = 2^k (1 + f)` with `1 + f` in `[sqrt(1/2), sqrt(2))`; with `s = f / (2 + f)`,
/// `ln(1 + f) = 2 artanh(s)` is an odd series in `s`, whose tail is replaced by a minimax polynomial of degree 14 in `s`
/// (the polynomial published with FDLIBM's `e_log`). Only additions, multiplications and one division are used, in a fixed
/// order and without fused operations, so the result is the same bits on every instruction set.
#[inline(always)] // compiled for the instruction set of the multiversioned loops that it is inlined into
pub(crate) fn ln(x: f64) -> f64 {
    const LN2_HI: f64 = 6.931_471_803_691_238e-1;
    const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
    // Even and odd halves of the polynomial in s^2.
    const ODD: [f64; 4] =
        [6.666_666_666_666_735e-1, 2.857_142_874_366_239e-1, 1.818_357_216_161_805e-1, 1.479_819_860_511_658_6e-1];
    const EVEN: [f64; 3] = [3.999_999_999_940_942e-1, 2.222_219_843_214_978_4e-1, 1.531_383_769_920_937_3e-1];
    // Bit pattern of sqrt(1/2): subtracting it moves the borders of the binade to [sqrt(1/2), sqrt(2)).
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const TWO_52: u64 = 0x4330_0000_0000_0000;

    let shifted = x.to_bits().wrapping_sub(SQRT_HALF).wrapping_add(ONE);
    // The biased exponent as a float: put it into the mantissa of 2^52 and subtract that again (no integer conversion needed).
    let k = f64::from_bits((shifted >> 52) | TWO_52) - (4_503_599_627_370_496.0 + 1023.0);
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + SQRT_HALF) - 1.0;

    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (EVEN[0] + w * (EVEN[1] + w * EVEN[2]));
    let odd = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3])));
    let half_square = 0.5 * f * f;
    k * LN2_HI - ((half_square - (s * (half_square + even + odd) + k * LN2_LO)) - f)
}

#[cfg(test)]
mod tests {
    use super::ln;
    use proptest::prelude::*;

    /// Distance in units in the last place.
    fn ulps(a: f64, b: f64) -> u64 {
        let ordered = |x: f64| {
            let bits = x.to_bits().cast_signed();
            if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
        };
        ordered(a).abs_diff(ordered(b))
    }

    #[test]
    fn exact_at_one_and_close_at_the_borders_of_the_range() {
        assert_eq!(ln(1.0), 0.0);
        for x in
            [f64::MIN_POSITIVE, f64::MAX, 0.5, 2.0, 0.5f64.sqrt(), 2f64.sqrt(), 1.0 - f64::EPSILON, 1.0 + f64::EPSILON]
        {
            assert!(ulps(ln(x), x.ln()) <= 1, "ln({x:e}) = {:e}, expected {:e}", ln(x), x.ln());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn within_one_unit_in_the_last_place_of_the_standard_library(exponent in -1022i32..1023, mantissa in 1.0..2.0f64) {
            let x = mantissa * 2f64.powi(exponent);
            prop_assert!(ulps(ln(x), x.ln()) <= 1, "ln({:e})", x);
        }

        #[test]
        fn within_one_unit_near_one(x in 0.5..2.0f64) {
            prop_assert!(ulps(ln(x), x.ln()) <= 1, "ln({:e})", x);
        }
    }
}
