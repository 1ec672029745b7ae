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
    let mut plot = plot(layout(axis(&format!("{} [as in the model]", scan.par_name)), y));
    let fallen = scan.dloglike.iter().map(|value| value - highest);
    let curve = Scatter::new(all_seen(scan.xvals.iter().copied()), all_seen(fallen)).name("likelihood");
    plot.add_trace(curve.mode(Mode::LinesMarkers).line(line(DATA, 2.0)).marker(Marker::new().color(DATA).size(5)));
    for (fall, words) in [(-0.5, "1 sigma"), (FALL_OF_95, "95 % upper limit")] {
        let level = Scatter::new(all_seen([first, last]), all_seen([fall, fall])).name(words);
        plot.add_trace(level.mode(Mode::Lines).line(dashed(EXPECTED, 1.2)));
    }
    let limit = limits.and_then(|limits| limits.ul);
    let told = limit.map_or_else(String::new, |limit| format!("; upper limit of 95 % at {}", scientific(limit, 3)));
    Some(Figure {
        id: id.to_owned(),
        plot,
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
