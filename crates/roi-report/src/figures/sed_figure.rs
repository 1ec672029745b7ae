//! The spectrum of a source: its points and limits, the fitted model with its band, and the likelihood of each bin.

use plotly::common::{ColorBar, ErrorData, ErrorType, Fill, Marker, MarkerSymbol, Mode, Title};
use plotly::layout::AxisRange;
use plotly::{HeatMap, Plot, Scatter};
use roi_estimators::{SedBin, SedResult};
use roi_fit::{ModelFlux, scientific};

use crate::figures::drawing::{
    BAND, DATA, Figure, MODEL, Shape, all_seen, layout, lengths, likelihood_scale, line, log_axis, plot, seen,
};

/// Rows of the picture of the likelihood.
const ROWS: usize = 40;
/// What has fallen farther is not coloured.
const DEEPEST: f64 = -5.0;

/// The figure of the model of a source alone.
pub(crate) fn model_figure(id: &str, name: &str, model: &ModelFlux) -> Option<Figure> {
    let range = range_of(model.energies.iter().zip(&model.dnde).map(|(e, f)| e * e * f))?;
    let mut plot = empty(range);
    add_model(&mut plot, model);
    let label = format!("Spectrum of {name}: the fitted model with its error band, {}.", span(model));
    let caption = "E\u{b2} dN/dE of the model, with its band of one sigma where the fit freed it.".to_owned();
    let title = "Spectrum".to_owned();
    Some(Figure { id: id.to_owned(), plot, title, label, caption, shape: Shape::Wide })
}

/// The figure of a spectrum bin by bin.
pub(crate) fn sed_figure(id: &str, sed: &SedResult) -> Option<Figure> {
    let threshold = sed.config.ul_ts_threshold;
    let (points, limits): (Vec<&SedBin>, Vec<&SedBin>) =
        sed.bins.iter().partition(|bin| bin.ts >= threshold && bin.norm.is_some());
    let model = &sed.model_flux;
    let own = points.iter().map(|bin| bin.e2dnde()).chain(limits.iter().filter_map(|bin| limit(bin)));
    let range = range_of(own.chain(model.energies.iter().zip(&model.dnde).map(|(e, f)| e * e * f)))?;
    let mut plot = empty(range);
    if let Some(picture) = likelihood(&sed.bins, range) {
        plot.add_trace(picture);
    }
    add_model(&mut plot, model);
    add_points(&mut plot, &points);
    add_limits(&mut plot, &limits);
    let label = format!(
        "Spectrum of {}: {} points and {} upper limits over {} energy bins, and the fitted model, {}.",
        sed.name,
        points.len(),
        limits.iter().filter(|bin| limit(bin).is_some()).count(),
        sed.bins.len(),
        span(model)
    );
    let caption = format!(
        "E\u{b2} dN/dE: points where TS is at least {threshold}, upper limits elsewhere, the fitted model with its band. Colours show how far the likelihood of a bin has fallen from its maximum."
    );
    let title = "Spectrum".to_owned();
    Some(Figure { id: id.to_owned(), plot, title, label, caption, shape: Shape::Wide })
}

fn limit(bin: &SedBin) -> Option<f64> {
    bin.norm_ul.map(|norm| norm * bin.reference.e2dnde).filter(|limit| *limit > 0.0)
}

/// From a third of the smallest to three times the largest number above 0, within five decades.
fn range_of(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .filter(|value| *value > 0.0 && value.is_finite())
        .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
    (high > 0.0).then(|| ((low / 3.0).max(high * 1e-5), high * 3.0))
}

fn empty((low, high): (f64, f64)) -> Plot {
    let y = log_axis("E\u{b2} dN/dE [MeV cm\u{207b}\u{b2} s\u{207b}\u{b9}]");
    plot(layout(log_axis("energy [MeV]"), y.range(AxisRange::new(low.log10(), high.log10()))))
}

fn add_model(plot: &mut Plot, model: &ModelFlux) {
    let e2 = |values: &[f64]| -> Vec<f64> { model.energies.iter().zip(values).map(|(e, f)| e * e * f).collect() };
    if model.dnde_err.iter().any(|error| *error > 0.0) {
        let (low, high) = (e2(&model.dnde_lo), e2(&model.dnde_hi));
        // Around the band: along its upper edge, and back along the lower.
        let x = all_seen(model.energies.iter().chain(model.energies.iter().rev()).copied());
        let band = Scatter::new(x, all_seen(high.into_iter().chain(low.into_iter().rev()))).name("band of 1 sigma");
        plot.add_trace(band.mode(Mode::Lines).fill(Fill::ToSelf).fill_color(BAND).line(line(BAND, 0.0)));
    }
    let trace = Scatter::new(all_seen(model.energies.iter().copied()), all_seen(e2(&model.dnde))).name("model");
    plot.add_trace(trace.mode(Mode::Lines).line(line(MODEL, 2.0)));
}

fn add_points(plot: &mut Plot, points: &[&SedBin]) {
    if points.is_empty() {
        return;
    }
    let scaled = |of: fn(&SedBin) -> Option<f64>| {
        lengths(points.iter().map(|bin| of(bin).map(|norm| norm * bin.reference.e2dnde)))
    };
    let errors = ErrorData::new(ErrorType::Data).symmetric(false).array(scaled(|bin| bin.norm_err_hi.or(bin.norm_err)));
    let errors = errors.array_minus(scaled(|bin| bin.norm_err_lo.or(bin.norm))).color(DATA).thickness(1.5).width(0);
    let hover = points.iter().map(|bin| format!("TS {}", scientific(bin.ts, 2))).collect::<Vec<String>>();
    let trace =
        Scatter::new(all_seen(points.iter().map(|bin| bin.e_ref())), all_seen(points.iter().map(|bin| bin.e2dnde())))
            .name("points")
            .mode(Mode::Markers)
            .marker(Marker::new().color(DATA).size(8))
            .hover_text_array(hover)
            .error_x(widths(points))
            .error_y(errors);
    plot.add_trace(trace);
}

fn add_limits(plot: &mut Plot, limits: &[&SedBin]) {
    let limits: Vec<&SedBin> = limits.iter().copied().filter(|bin| limit(bin).is_some()).collect();
    if limits.is_empty() {
        return;
    }
    let values = all_seen(limits.iter().map(|bin| limit(bin).unwrap_or(f64::NAN)));
    let trace = Scatter::new(all_seen(limits.iter().map(|bin| bin.e_ref())), values)
        .name("upper limits")
        .mode(Mode::Markers)
        .marker(Marker::new().color(DATA).size(9).symbol(MarkerSymbol::TriangleDownOpen))
        .error_x(widths(&limits));
    plot.add_trace(trace);
}

/// The widths of bins.
fn widths(bins: &[&SedBin]) -> ErrorData {
    let up = lengths(bins.iter().map(|bin| Some(bin.e_max - bin.e_ref())));
    let down = lengths(bins.iter().map(|bin| Some(bin.e_ref() - bin.e_min)));
    ErrorData::new(ErrorType::Data).symmetric(false).array(up).array_minus(down).color(DATA).thickness(1.0).width(0)
}

type Picture = HeatMap<Option<f64>, Option<f64>, Vec<Option<f64>>>;

/// The likelihood of each bin as colours over energy and flux; `None` for bins that are not side by side, of which no picture is one image.
fn likelihood(bins: &[SedBin], (low, high): (f64, f64)) -> Option<Box<Picture>> {
    let is_adjoining = bins.windows(2).all(|two| two[0].e_max == two[1].e_min);
    let has_scan = bins.iter().any(|bin| !bin.norm_scan.is_empty());
    if !(is_adjoining && has_scan) {
        return None;
    }
    let edge = |row: usize| low * (high / low).powf(row as f64 / ROWS as f64);
    let row = |row: usize| {
        let flux = (edge(row) * edge(row + 1)).sqrt();
        bins.iter()
            .map(|bin| fall(bin, flux / bin.reference.e2dnde).filter(|fall| *fall >= DEEPEST).and_then(seen))
            .collect()
    };
    let x = bins.first().map(|bin| bin.e_min).into_iter().chain(bins.iter().map(|bin| bin.e_max));
    let picture = HeatMap::new(all_seen(x), all_seen((0..=ROWS).map(edge)), (0..ROWS).map(row).collect())
        .name("likelihood")
        .zmin(DEEPEST)
        .zmax(0.0)
        .color_scale(likelihood_scale())
        .color_bar(ColorBar::new().title(Title::with_text("&#916; ln L")).thickness(10))
        .hover_info(plotly::common::HoverInfo::Skip);
    Some(picture)
}

/// `logL` of a bin below its maximum, linear between the points of its scan.
fn fall(bin: &SedBin, norm: f64) -> Option<f64> {
    let at = bin.norm_scan.partition_point(|point| *point <= norm);
    let (before, after) = (at.checked_sub(1)?, at);
    let (x0, x1) = (*bin.norm_scan.get(before)?, *bin.norm_scan.get(after)?);
    let (y0, y1) = (*bin.dloglike_scan.get(before)?, *bin.dloglike_scan.get(after)?);
    Some(y0 + (y1 - y0) * (norm - x0) / (x1 - x0)).filter(|fall| fall.is_finite())
}

/// The energies of a model in words.
fn span(model: &ModelFlux) -> String {
    match (model.energies.first(), model.energies.last()) {
        (Some(low), Some(high)) => format!("from {} to {} MeV", scientific(*low, 1), scientific(*high, 1)),
        _ => "without energies".to_owned(),
    }
}
