//! Pictures of the page, as SVG.

use plotters::prelude::*;

use crate::calibration::draws::Outcome;

/// A histogram of pulls.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Above it.
    pub title: String,
    /// The pulls.
    pub values: Vec<f64>,
}

/// A line from point to point.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name in the legend; none where it is empty.
    pub name: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Whether it is what is expected: black and thin.
    pub is_law: bool,
}

/// Panels side by side, and their size in pixels.
const COLUMNS: usize = 4;
const PANEL: (u32, u32) = (220, 170);
/// Pulls are shown up to here, in bins of this width.
const REACH: f64 = 4.0;
const BIN: f64 = 0.4;
/// Size of a picture of lines.
const LINES: (u32, u32) = (760, 440);
const COLORS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(255, 127, 14),
    RGBColor(44, 160, 44),
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
];

/// The density of pulls within [`REACH`], bin by bin: left edge and density.
fn densities(values: &[f64]) -> Vec<(f64, f64)> {
    let steps = (2.0 * REACH / BIN).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bins")]
    let bins = steps as usize;
    let edges = (0..bins).map(|bin| -REACH + BIN * bin as f64);
    let inside = |low: f64| values.iter().filter(|x| (low..low + BIN).contains(*x)).count();
    edges.map(|low| (low, inside(low) as f64 / (values.len().max(1) as f64 * BIN))).collect()
}

/// Histograms beside the standard normal density, as SVG.
///
/// # Errors
/// When it cannot be drawn.
pub fn histograms(panels: &[Panel]) -> Outcome<String> {
    let rows = panels.len().div_ceil(COLUMNS).max(1);
    let size = (PANEL.0 * u32::try_from(COLUMNS)?, PANEL.1 * u32::try_from(rows)?);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(told)?;
        for (area, panel) in root.split_evenly((rows, COLUMNS)).iter().zip(panels) {
            let mut chart = ChartBuilder::on(area)
                .caption(&panel.title, ("sans-serif", 11))
                .margin(6)
                .x_label_area_size(16)
                .build_cartesian_2d(-REACH..REACH, 0.0..0.6)
                .map_err(told)?;
            chart.configure_mesh().disable_mesh().disable_y_axis().x_labels(5).draw().map_err(told)?;
            let bar = |(low, density): (f64, f64)| {
                Rectangle::new([(low, 0.0), (low + BIN, density)], COLORS[0].mix(0.5).filled())
            };
            chart.draw_series(densities(&panel.values).into_iter().map(bar)).map_err(told)?;
            let density = |x: f64| (x, (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt());
            let law = (0..=40).map(|i| density(-REACH + 0.05 * REACH * f64::from(i)));
            chart.draw_series(LineSeries::new(law, BLACK)).map_err(told)?;
        }
        root.present().map_err(told)?;
    }
    Ok(svg)
}

/// Lines with a legend, as SVG; `logarithmic` along y.
///
/// # Errors
/// When it cannot be drawn.
pub fn curves((x_name, y_name): (&str, &str), lines: &[Curve], logarithmic: bool) -> Outcome<String> {
    let all = || lines.iter().flat_map(|line| line.points.iter());
    let right = all().map(|point| point.0).fold(0.0, f64::max).max(1.0);
    let least = all().map(|point| point.1).filter(|y| *y > 0.0).fold(1.0, f64::min);
    let bottom = if logarithmic { least } else { (20.0 * least - 1.0).floor().max(0.0) / 20.0 };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, LINES).into_drawing_area();
        root.fill(&WHITE).map_err(told)?;
        let mut builder = ChartBuilder::on(&root);
        builder.margin(10).x_label_area_size(36).y_label_area_size(60);
        if logarithmic {
            let chart = builder.build_cartesian_2d(0.0..right, (bottom..1.0).log_scale()).map_err(told)?;
            drawn(chart, (x_name, y_name), lines)?;
        } else {
            drawn(builder.build_cartesian_2d(0.0..right, bottom..1.0).map_err(told)?, (x_name, y_name), lines)?;
        }
        root.present().map_err(told)?;
    }
    Ok(svg)
}

fn drawn<'a, Y>(
    mut chart: ChartContext<'a, SVGBackend<'a>, Cartesian2d<plotters::coord::types::RangedCoordf64, Y>>,
    (x_name, y_name): (&str, &str),
    lines: &[Curve],
) -> Outcome<()>
where
    Y: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64> + 'a,
{
    let mesh = |y: &f64| if *y < 0.01 { format!("{y:.0e}") } else { format!("{}", (1000.0 * y).round() / 1000.0) };
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(x_name)
        .y_desc(y_name)
        .y_label_formatter(&mesh)
        .draw()
        .map_err(told)?;
    for (line, color) in lines.iter().zip(COLORS.iter().cycle()) {
        let style = if line.is_law { BLACK.stroke_width(1) } else { color.stroke_width(2) };
        let series = chart.draw_series(LineSeries::new(line.points.iter().copied(), style)).map_err(told)?;
        if !line.name.is_empty() {
            series.label(&line.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(WHITE).draw().map_err(told)
}

/// What plotting says, without what it borrows.
fn told(error: impl std::fmt::Display) -> Box<dyn std::error::Error + Send + Sync> {
    format!("a picture could not be drawn: {error}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_add_up_to_what_is_within_reach() {
        let found = densities(&[-9.0, -4.0, 0.1, 0.2, 3.9]);
        assert!((found.iter().map(|bin| bin.1 * BIN).sum::<f64>() - 0.8).abs() < 1e-12);
        assert_eq!(found.len(), 20);
    }

    #[test]
    fn pictures_are_pictures_of_what_they_get() {
        let line = |name: &str, is_law| Curve { name: name.into(), points: vec![(0.0, 0.9), (5.0, 1e-3)], is_law };
        let svg = curves(("TS", "share"), &[line("found", false), line("law", true)], true).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("found") && svg.trim_end().ends_with("</svg>"));
        let svg = histograms(&[Panel { title: "index".into(), values: vec![0.0, 1.0] }]).unwrap();
        assert!(svg.contains("index") && !svg.contains("NaN"));
    }
}
