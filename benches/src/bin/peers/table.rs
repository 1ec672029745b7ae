//! Rows of times, ours and a peer's, and their ratio.

/// The median of some times; NaN of none.
pub(crate) fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get((sorted.len().max(1) - 1) / 2), sorted.get(sorted.len() / 2)) {
        (Some(a), Some(b)) => 0.5 * (a + b),
        _ => f64::NAN,
    }
}

/// What is demanded of a row.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// Nothing.
    None,
    /// The peer needs at least so many times our time.
    Ratio(f64),
    /// We need at most so many seconds.
    Seconds(f64),
}

/// Prints the head of a table.
pub(crate) fn head(peer: &str) {
    println!("\n{:44}{:>12}{:>16}{:>9}  bar", "what", "ours", peer, "ratio");
}

/// Prints a row from the medians.
pub(crate) fn row(what: &str, ours: f64, peer: f64, bar: Bar) {
    let ratio = peer / ours;
    let verdict = |kept: bool| if kept { "kept" } else { "MISSED" };
    let bar = match bar {
        Bar::None => String::new(),
        Bar::Ratio(least) => format!(">= {least}: {}", verdict(ratio >= least)),
        Bar::Seconds(most) => format!("ours <= {most} s: {}", verdict(ours <= most)),
    };
    println!("{what:44}{ours:12.6}{peer:16.4}{ratio:9.1}  {bar}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }
}
