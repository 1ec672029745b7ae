//! Numbers as the LAT tools print them into headers.

/// A number with at most so many significant digits, as the format `%.{digits}g` of C prints it: trailing zeros left out, an exponent for
/// what is below 1e-4 or has more whole digits than `digits`.
pub(super) fn general(value: f64, digits: usize) -> String {
    let digits = digits.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    match usize::try_from(i64::from(exponent) + 4) {
        Ok(shifted) if shifted < digits + 4 => trimmed(&format!("{value:.*}", digits + 3 - shifted)).to_owned(),
        _ => format!("{}e{}{:02}", trimmed(mantissa), if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}

/// Without zeros at the end of the decimals.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn numbers_look_as_c_prints_them() {
        // Printed by printf("%.10g") and printf("%.20g").
        for (value, digits, expected) in [
            (194.04652741, 10, "194.0465274"),
            (-5.78931254, 10, "-5.78931254"),
            (10.0, 10, "10"),
            (0.0, 10, "0"),
            (100_000.0, 20, "100000"),
            (0.1, 20, "0.10000000000000000555"),
            (1e-5, 10, "1e-05"),
            (0.0001, 10, "0.0001"),
            (12_345_678_901.0, 10, "1.23456789e+10"),
            (9_999_999_999.0, 10, "9999999999"),
            (538_032_601.25, 20, "538032601.25"),
            (1e300, 5, "1e+300"),
        ] {
            assert_eq!(general(value, digits), expected);
        }
    }
}
