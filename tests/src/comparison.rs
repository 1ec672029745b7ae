//! One recorded answer beside ours.

use comfy_table::{CellAlignment, Table, presets};

/// A recorded answer, ours, how far they are apart, and how far they may be.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What is compared.
    pub what: String,
    /// The recorded answer.
    pub theirs: f64,
    /// Our answer.
    pub ours: f64,
    /// How far apart, in the measure of the bar.
    pub difference: f64,
    /// How far apart they may be.
    pub bar: f64,
    /// The measure: `relative`, `absolute`, `sigma`, `below` (how much ours lies below theirs).
    pub measure: &'static str,
}

impl Comparison {
    /// Relative difference.
    pub fn relative(what: impl Into<String>, theirs: f64, ours: f64, bar: f64) -> Self {
        let difference = if theirs == ours { 0.0 } else { ((ours - theirs) / theirs).abs() };
        Self { what: what.into(), theirs, ours, difference, bar, measure: "relative" }
    }

    /// Absolute difference.
    pub fn absolute(what: impl Into<String>, theirs: f64, ours: f64, bar: f64) -> Self {
        Self { what: what.into(), theirs, ours, difference: (ours - theirs).abs(), bar, measure: "absolute" }
    }

    /// Difference in units of an error.
    pub fn sigma(what: impl Into<String>, theirs: f64, ours: f64, error: f64, bar: f64) -> Self {
        Self { what: what.into(), theirs, ours, difference: ((ours - theirs) / error).abs(), bar, measure: "sigma" }
    }

    /// How much ours lies below theirs; being above is as good as can be.
    pub fn not_below(what: impl Into<String>, theirs: f64, ours: f64, bar: f64) -> Self {
        Self { what: what.into(), theirs, ours, difference: (theirs - ours).max(0.0), bar, measure: "below" }
    }

    /// Whether the bar is met; a difference that is not a number never meets it.
    pub fn passes(&self) -> bool {
        self.difference <= self.bar
    }
}

/// The worst of many like comparisons, as one line; `what` says of what.
pub fn worst(what: &str, comparisons: impl IntoIterator<Item = Comparison>) -> Option<Comparison> {
    let comparisons: Vec<Comparison> = comparisons.into_iter().collect();
    let n = comparisons.len();
    // A NaN counts as worst of all.
    let key = |c: &Comparison| if c.difference.is_nan() { f64::INFINITY } else { c.difference };
    let mut worst = comparisons.into_iter().max_by(|a, b| key(a).total_cmp(&key(b)))?;
    worst.what = format!("{what} (worst of {n}: {})", worst.what);
    Some(worst)
}

/// The comparisons as a Markdown table.
pub fn markdown(comparisons: &[Comparison]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["what", "theirs", "ours", "difference", "bar", "measure", ""]);
    for c in comparisons {
        table.add_row([
            c.what.replace('|', "/"),
            format!("{:.10}", Number(c.theirs)),
            format!("{:.10}", Number(c.ours)),
            format!("{:.1e}", c.difference),
            format!("{:.1e}", c.bar),
            c.measure.to_owned(),
            if c.passes() { "met" } else { "NOT MET" }.to_owned(),
        ]);
    }
    for column in table.column_iter_mut().skip(1).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// A number as people write it: plain when its size allows.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let magnitude = self.0.abs();
        if self.0 == 0.0 || (1e-2..1e7).contains(&magnitude) {
            write!(f, "{:.6}", self.0)
        } else {
            write!(f, "{:.6e}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_that_is_not_a_number_never_passes() {
        assert!(!Comparison::relative("x", 1.0, f64::NAN, 1.0).passes());
        assert!(
            !worst("all", [Comparison::relative("a", 1.0, 1.0, 1.0), Comparison::relative("b", 1.0, f64::NAN, 1.0)])
                .unwrap()
                .passes()
        );
        assert!(Comparison::not_below("x", 1.0, 2.0, 0.0).passes());
        assert!(!Comparison::not_below("x", 2.0, 1.0, 0.5).passes());
    }
}
