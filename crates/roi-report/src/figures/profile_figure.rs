//! The likelihood along the norm of a source.

use plotly::Scatter;
use plotly::common::{Marker, Mode};
use plotly::layout::AxisRange;
use roi_fit::{ParameterLimits, Profile, scientific};

use crate::figures::drawing::{DATA, EXPECTED, Figure, Shape, all_seen, axis, dashed, layout, line, plot};

/// How far down the figure goes.
const DEEPEST: f64 = -6.0;
/// How far `logL` has fallen at the one-sided limit of 95 %: half the square of 1.645.
const FALL_OF_95: f64 = -1.3528;

/// The figure of a profile; `None` for one of fewer than two points.
pub(crate) fn profile_figure(id: &str, name: &str, scan: &Profile, limits: Option<&ParameterLimits>) -> Option<Figure> {
    let (first, last) = (*scan.xvals.first()?, *scan.xvals.last()?);
    if scan.xvals.len() < 2 {
        return None;
    }
    let highest = scan.dloglike.iter().copied().filter(|value| value.is_finite()).fold(DEEPEST, f64::max);
    let y = axis("&#916; ln L").range(AxisRange::new(DEEPEST, 0.5));
    let fallen: Vec<f64> = scan.dloglike.iter().map(|value| value - highest).collect();
    let (low, high) = shown(&scan.xvals, &fallen);
    let x = axis(&format!("{} [as in the model]", scan.par_name)).range(AxisRange::new(low, high));
    let mut plot = plot(layout(x, y));
    let curve = Scatter::new(all_seen(scan.xvals.iter().copied()), all_seen(fallen)).name("likelihood");
    plot.add_trace(curve.mode(Mode::LinesMarkers).line(line(DATA, 2.0)).marker(Marker::new().color(DATA).size(5)));
    for (fall, words) in [(-0.5, "1 sigma"), (FALL_OF_95, "95 % upper limit")] {
        let level = Scatter::new(all_seen([low, high]), all_seen([fall, fall])).name(words);
        plot.add_trace(level.mode(Mode::Lines).line(dashed(EXPECTED, 1.2)));
    }
    let limit = limits.and_then(|limits| limits.ul);
    let told = limit.map_or_else(String::new, |limit| format!("; upper limit of 95 % at {}", scientific(limit, 3)));
    Some(Figure {
        id: id.to_owned(),
        plot,
        title: format!("Likelihood along {}", scan.par_name),
        label: format!(
            "Likelihood along {} of {name}: {} points from {} to {}{told}.",
            scan.par_name,
            scan.xvals.len(),
            scientific(first, 2),
            scientific(last, 2)
        ),
        caption: "How far the logarithm of the likelihood falls along the norm, all else held; the broken lines are the levels of 1 sigma and of the upper limit of 95 %.".to_owned(),
        shape: Shape::Square,
    })
}

/// The values of the parameter that are not far below the maximum, with a margin: a profile has points as far as zero.
fn shown(values: &[f64], fallen: &[f64]) -> (f64, f64) {
    let near = || values.iter().zip(fallen).filter(|(_, fall)| **fall >= DEEPEST).map(|(value, _)| *value);
    let (low, high) = (near().fold(f64::INFINITY, f64::min), near().fold(f64::NEG_INFINITY, f64::max));
    let margin = 0.2 * (high - low);
    if margin > 0.0 && margin.is_finite() {
        return (low - margin, high + margin);
    }
    values.first().copied().zip(values.last().copied()).unwrap_or((0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_shows_the_maximum_and_not_the_way_to_zero() {
        let values: Vec<f64> = std::iter::once(0.0).chain((0..11).map(|i| 95.0 + f64::from(i))).collect();
        let fallen: Vec<f64> = values.iter().map(|x| -0.5 * (x - 100.0) * (x - 100.0) / 4.0).collect();
        let (low, high) = shown(&values, &fallen);
        assert!(low > 90.0 && low <= 95.0 && high >= 105.0, "{low} {high}");
        assert_eq!(shown(&[1.0, 2.0], &[-100.0, -100.0]), (1.0, 2.0));
    }
}
