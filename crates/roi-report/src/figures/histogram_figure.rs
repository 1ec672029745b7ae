//! Histograms of pulls with what is expected.

use plotly::common::{LineShape, Marker, Mode};
use plotly::layout::BarMode;
use plotly::{Bar, Scatter};
use roi_estimators::PullHistogram;
use roi_fit::fixed;

use crate::figures::drawing::{DATA, Figure, MODEL, Shape, all_seen, axis, layout, line, log_axis, plot};

/// The figure of a histogram.
pub(crate) fn histogram_figure(id: &str, histogram: &PullHistogram, what: &str, caption: &str) -> Figure {
    let mut plot = plot(layout(axis("pull [sigma]"), log_axis("pixels")).bar_mode(BarMode::Overlay).bar_gap(0.02));
    let centers = || histogram.edges.windows(2).map(|edges| 0.5 * (edges[0] + edges[1]));
    // A logarithmic axis shows nothing of what is far below one pixel.
    let shown = |values: &[f64], least: f64| all_seen(values.iter().map(|v| if *v >= least { *v } else { f64::NAN }));
    let bars = Bar::new(all_seen(centers()), shown(&histogram.found, 1.0)).name("found");
    plot.add_trace(bars.marker(Marker::new().color(DATA)));
    let expected = Scatter::new(all_seen(centers()), shown(&histogram.expected, 0.1)).name("expected");
    plot.add_trace(expected.mode(Mode::Lines).line(line(MODEL, 2.0).shape(LineShape::Hvh)));
    Figure {
        id: id.to_owned(),
        plot,
        title: format!("Histogram of {what}"),
        label: words(histogram, what),
        caption: caption.to_owned(),
        shape: Shape::Square,
    }
}

fn words(histogram: &PullHistogram, what: &str) -> String {
    let beyond = |values: &[f64]| -> f64 {
        let bins = histogram.edges.windows(2).zip(values);
        bins.filter(|(edges, _)| edges[1] <= -3.0 || edges[0] >= 3.0).map(|(_, value)| value).sum()
    };
    format!(
        "Histogram of {what}: {} values; beyond 3 sigma {}, expected {}.",
        fixed(histogram.found.iter().sum(), 0),
        fixed(beyond(&histogram.found), 0),
        fixed(beyond(&histogram.expected), 1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_tell_how_many_lie_far_out() {
        let histogram = PullHistogram::of_normal([0.0, 4.0, -7.0]);
        let figure = histogram_figure("pulls", &histogram, "pulls", "");
        assert!(figure.label.starts_with("Histogram of pulls: 3 values; beyond 3 sigma 2, expected 0.0"));
    }
}
