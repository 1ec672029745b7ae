//! The likelihood over the width of a source.

use plotly::Scatter;
use plotly::common::{Marker, Mode};
use plotly::layout::AxisRange;
use roi_estimators::Extension;
use roi_fit::fixed;

use crate::figures::drawing::{DATA, EXPECTED, Figure, Shape, all_seen, axis, dashed, layout, line, plot};

/// How far down the figure goes below the maximum.
const DEEPEST: f64 = -6.0;
/// How far `logL` has fallen at the one-sided limit of 95 %: half the square of 1.645.
const FALL_OF_95: f64 = -1.3528;

/// The figure of a width; `None` for a curve of fewer than two points.
pub(crate) fn extension_figure(id: &str, found: &Extension) -> Option<Figure> {
    let last = *found.width.last()?;
    if found.width.len() < 2 {
        return None;
    }
    let fallen: Vec<f64> = found.loglike.iter().map(|value| value - found.loglike_ext).collect();
    let y = axis("&#916; ln L").range(AxisRange::new(DEEPEST, 0.5));
    let mut plot = plot(layout(axis("68 % containment radius [deg]"), y));
    let curve = Scatter::new(all_seen(found.width.iter().copied()), all_seen(fallen)).name("likelihood");
    plot.add_trace(curve.mode(Mode::LinesMarkers).line(line(DATA, 2.0)).marker(Marker::new().color(DATA).size(5)));
    for (fall, words) in [(-0.5, "1 sigma"), (FALL_OF_95, "95 % upper limit")] {
        let level = Scatter::new(all_seen([0.0, last]), all_seen([fall, fall])).name(words);
        plot.add_trace(level.mode(Mode::Lines).line(dashed(EXPECTED, 1.2)));
    }
    let limit = found.ext_ul95.map_or_else(
        || "no upper limit up to the largest width".to_owned(),
        |limit| format!("upper limit of 95 %: {}", fixed(limit, 4)),
    );
    Some(Figure {
        id: id.to_owned(),
        plot,
        title: "Width".to_owned(),
        label: format!(
            "Likelihood over the width of {}: {} points from 0 to {} degrees; best at {}, {limit}.",
            found.name,
            found.width.len(),
            fixed(last, 3),
            fixed(found.ext, 4)
        ),
        caption: "How far the logarithm of the likelihood falls from its maximum; a width of 0 is a point. The broken lines are the levels of 1 sigma and of the upper limit of 95 %.".to_owned(),
        shape: Shape::Square,
    })
}
