//! Numbers as the page shows them: never `NaN`, never `inf`.

use roi_fit::{fixed, scientific};

/// What stands where nothing is known.
pub(crate) const UNKNOWN: &str = "\u{2014}";

/// A cell of a table: what is read, and what it is sorted by (nothing where nothing is known).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) key: String,
}

impl Cell {
    /// A number with so many decimals.
    pub(crate) fn fixed(value: Option<f64>, decimals: usize) -> Self {
        Self::of(value, |value| fixed(value, decimals))
    }

    /// A number in powers of ten with so many decimals.
    pub(crate) fn scientific(value: Option<f64>, decimals: usize) -> Self {
        Self::of(value, |value| scientific(value, decimals))
    }

    fn of(value: Option<f64>, text: impl Fn(f64) -> String) -> Self {
        match value {
            Some(value) if value.is_finite() => Self { text: text(value), key: format!("{value:e}") },
            // A TS without which the data are impossible: above all others.
            Some(value) if value == f64::INFINITY => Self { text: "\u{221e}".into(), key: "1e999".into() },
            _ => Self { text: UNKNOWN.into(), key: String::new() },
        }
    }

    /// A value with its error.
    pub(crate) fn measured(value: Option<f64>, error: Option<f64>) -> Self {
        let mut cell = Self::scientific(value, 3);
        if let Some(error) = error.filter(|error| error.is_finite() && !cell.key.is_empty()) {
            cell.text = format!("{} \u{b1} {}", cell.text, scientific(error, 1));
        }
        cell
    }
}

/// A number with so many decimals, or a dash.
pub(crate) fn decimal(value: f64, decimals: usize) -> String {
    Cell::fixed(Some(value), decimals).text
}

/// A number in powers of ten, or a dash.
pub(crate) fn power(value: Option<f64>, decimals: usize) -> String {
    Cell::scientific(value, decimals).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dash_and_sorts_as_nothing() {
        for value in [None, Some(f64::NAN), Some(f64::NEG_INFINITY)] {
            let cell = Cell::measured(value, Some(1.0));
            assert_eq!((cell.text.as_str(), cell.key.as_str()), (UNKNOWN, ""));
        }
        let cell = Cell::measured(Some(1.5e-9), Some(f64::NAN));
        assert_eq!((cell.text.as_str(), cell.key.as_str()), ("1.500e-09", "1.5e-9"));
        assert_eq!(Cell::measured(Some(1.5e-9), Some(2e-10)).text, "1.500e-09 \u{b1} 2.0e-10");
        assert_eq!(Cell::fixed(Some(f64::INFINITY), 1).text, "\u{221e}");
    }
}
