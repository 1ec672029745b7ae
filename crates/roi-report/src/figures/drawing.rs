//! What all figures share: numbers, colours, axes.

use plotly::common::{ColorScale, ColorScaleElement, DashType, Font, Line, Orientation, Title};
use plotly::configuration::DisplayModeBar;
use plotly::layout::{Axis, AxisType, DragMode, HoverMode, Legend, Margin};
use plotly::{Configuration, Layout, Plot};

/// Of data. These colours can be told apart by the colour blind, and stand out from white and from black (Okabe & Ito 2008).
pub(crate) const DATA: &str = "#0080c0";
/// Of a model.
pub(crate) const MODEL: &str = "#d55e00";
/// Of what is expected.
pub(crate) const EXPECTED: &str = "#808890";
/// Of a band around a model.
pub(crate) const BAND: &str = "rgba(213, 94, 0, 0.25)";
/// Of parts of a model, one after the other.
pub(crate) const PARTS: [&str; 8] =
    ["#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7f6fd0", "#8c6d31", "#e07b91", "#4d9a4d"];

/// Digits of numbers in figures: more than an eye sees.
const DIGITS: usize = 4;

/// A figure, and what is said of it to those who do not see it.
#[derive(Clone)]
pub(crate) struct Figure {
    /// Its name in the page.
    pub(crate) id: String,
    pub(crate) plot: Plot,
    /// What stands above it.
    pub(crate) title: String,
    /// What it shows, in words: for those who do not see it.
    pub(crate) label: String,
    /// What stands below it.
    pub(crate) caption: String,
    /// The kind of its place in the page.
    pub(crate) shape: Shape,
}

/// The kind of a figure's place in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As wide as the page.
    Wide,
    /// A square, or nearly.
    Square,
}

impl Shape {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Square => "square",
        }
    }
}

/// A number with the digits that an eye sees; `None`, a gap in the figure, for one that is not finite.
pub(crate) fn seen(value: f64) -> Option<f64> {
    value.is_finite().then(|| format!("{value:.*e}", DIGITS - 1).parse().ok()).flatten()
}

/// The same of many.
pub(crate) fn all_seen(values: impl IntoIterator<Item = f64>) -> Vec<Option<f64>> {
    values.into_iter().map(seen).collect()
}

/// The same, 0 for what is not known: the lengths of error bars.
pub(crate) fn lengths(values: impl IntoIterator<Item = Option<f64>>) -> Vec<f64> {
    values.into_iter().map(|value| value.and_then(seen).unwrap_or(0.0)).collect()
}

/// A name as the library shows it as it is, whatever characters it has: of a few elements it would make styles and links.
pub(crate) fn plain(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A line of a colour.
pub(crate) fn line(color: &'static str, width: f64) -> Line {
    Line::new().color(color).width(width)
}

/// A broken one.
pub(crate) fn dashed(color: &'static str, width: f64) -> Line {
    line(color, width).dash(DashType::Dash)
}

/// An axis with its title.
pub(crate) fn axis(title: &str) -> Axis {
    Axis::new().title(Title::with_text(title)).auto_margin(true).zero_line(false)
}

/// A logarithmic one.
pub(crate) fn log_axis(title: &str) -> Axis {
    axis(title).type_(AxisType::Log).exponent_format(plotly::common::ExponentFormat::Power)
}

/// The layout of all figures; the page adds the colours of its scheme.
pub(crate) fn layout(x: Axis, y: Axis) -> Layout {
    Layout::new()
        .auto_size(true)
        .margin(Margin::new().left(60).right(20).top(30).bottom(65))
        .font(Font::new().size(13))
        .hover_mode(HoverMode::Closest)
        .drag_mode(DragMode::Pan)
        .legend(Legend::new().orientation(Orientation::Horizontal).y(1.02).y_anchor(plotly::common::Anchor::Bottom))
        .x_axis(x)
        .y_axis(y)
}

/// A figure without data yet.
pub(crate) fn plot(layout: Layout) -> Plot {
    let mut plot = Plot::new();
    plot.set_layout(layout);
    let configuration = Configuration::new().responsive(true).display_logo(false).scroll_zoom(true);
    plot.set_configuration(configuration.display_mode_bar(DisplayModeBar::Hover));
    plot
}

/// Colours of numbers from zero, which brighten as the root of the number: faint parts of a map show beside bright ones. The colours are those of
/// matplotlib's `viridis`.
pub(crate) fn root_scale() -> ColorScale {
    let colors = ["#440154", "#482878", "#3e4a89", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#fde725"];
    let last = (colors.len() - 1) as f64;
    let place = |at: usize| (at as f64 / last) * (at as f64 / last);
    let elements = colors.iter().enumerate().map(|(at, color)| ColorScaleElement(place(at), (*color).to_owned()));
    ColorScale::Vector(elements.collect())
}

/// Colours of a likelihood: what is likely is seen, on white and on black, and what is not is clear.
pub(crate) fn likelihood_scale() -> ColorScale {
    let element = |place: f64, clear: f64| ColorScaleElement(place, format!("rgba(0, 158, 115, {clear})"));
    ColorScale::Vector(vec![element(0.0, 0.02), element(0.6, 0.12), element(1.0, 0.5)])
}

/// Colours of numbers to both sides of zero: blue, white, red.
pub(crate) fn diverging_scale() -> ColorScale {
    let colors = ["#053061", "#4393c3", "#f7f7f7", "#d6604d", "#67001f"];
    let last = (colors.len() - 1) as f64;
    let elements =
        colors.iter().enumerate().map(|(at, color)| ColorScaleElement(at as f64 / last, (*color).to_owned()));
    ColorScale::Vector(elements.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_what_is_none_is_a_gap() {
        assert_eq!(seen(1.234567e-9), Some(1.235e-9));
        assert_eq!([seen(f64::NAN), seen(f64::INFINITY)], [None, None]);
        assert_eq!(serde_json::to_string(&all_seen([0.1 + 0.2, f64::NAN])).unwrap(), "[0.3,null]");
        assert_eq!(lengths([None, Some(2.0)]), [0.0, 2.0]);
    }

    #[test]
    fn a_name_is_text_for_the_library() {
        assert_eq!(plain("<b>A & B</b>"), "&lt;b&gt;A &amp; B&lt;/b&gt;");
    }
}
