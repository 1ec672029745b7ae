//! Numbers as tables show them.

/// With so many decimals; what rounds to zero has no sign.
///
/// ```
/// assert_eq!(roi_fit::fixed(-0.001, 2), "0.00");
/// assert_eq!(roi_fit::fixed(-1.5, 1), "-1.5");
/// ```
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// In powers of ten with so many decimals, as C and Python write them: a sign and two digits in the exponent.
///
/// ```
/// assert_eq!(roi_fit::scientific(0.1611, 3), "1.611e-01");
/// assert_eq!(roi_fit::scientific(-0.0, 1), "0.0e+00");
/// assert_eq!(roi_fit::scientific(f64::NAN, 3), "NaN");
/// ```
pub fn scientific(value: f64, decimals: usize) -> String {
    // The sum of a zero with 0 has no sign.
    let text = format!("{:.decimals$e}", value + 0.0);
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}
