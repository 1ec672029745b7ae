//! How the fitted parameters hang together.

use plotly::HeatMap;
use plotly::common::ColorBar;
use roi_fit::{FitResult, fixed};

use crate::figures::drawing::{Figure, Shape, axis, diverging_scale, layout, plain, plot, seen};

/// More rows than this cannot be read.
const MOST: usize = 80;

/// The figure of the correlation matrix of a fit; `None` without one, and for one that cannot be read.
pub(crate) fn correlation_figure(id: &str, fit: &FitResult) -> Option<Figure> {
    let matrix = fit.correlation.as_ref().filter(|matrix| (2..=MOST).contains(&matrix.nrows()))?;
    let names: Vec<String> = fit
        .src_names
        .iter()
        .zip(&fit.par_names)
        .map(|(source, parameter)| plain(&format!("{source} {parameter}")))
        .collect();
    let values: Vec<Vec<Option<f64>>> =
        matrix.outer_iter().map(|row| row.iter().map(|value| seen((value * 1e3).round() / 1e3)).collect()).collect();
    let y = axis("").auto_range(true).show_grid(false);
    // The names beside the rows are those of the columns, too.
    let mut plot = plot(layout(axis("").show_grid(false).show_tick_labels(false), y));
    let map = HeatMap::new(names.clone(), names, values).zmin(-1.0).zmax(1.0).color_scale(diverging_scale());
    plot.add_trace(
        map.color_bar(ColorBar::new().thickness(10)).hover_template("%{y}<br>%{x}<br><b>%{z}</b><extra></extra>"),
    );
    let strongest = matrix
        .indexed_iter()
        .filter(|((i, j), value)| i < j && value.is_finite())
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let strongest = strongest.map_or_else(String::new, |((i, j), value)| {
        let name = |at: usize| format!("{} {}", fit.src_names[at], fit.par_names[at]);
        format!("; the strongest, {}, between {} and {}", fixed(*value, 3), name(i), name(j))
    });
    let caption = "Correlation of each pair of free parameters: red together, blue against each other.".to_owned();
    let label = format!("Correlation matrix of {} free parameters{strongest}.", matrix.nrows());
    let title = "Correlations of the fit".to_owned();
    Some(Figure { id: id.to_owned(), plot, title, label, caption, shape: Shape::Square })
}
