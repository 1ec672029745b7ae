//! The light curve of a source.

use plotly::Scatter;
use plotly::common::{ErrorData, ErrorType, Marker, MarkerSymbol, Mode};
use plotly::layout::RangeMode;
use roi_estimators::mjd_of_mission_time;

use crate::figures::drawing::{DATA, Figure, Shape, all_seen, axis, layout, lengths, plot};
use crate::input::light_curve_panel::{LightCurveBin, LightCurvePanel};

/// Below this TS the limit is drawn.
pub(crate) const LEAST_TS: f64 = 4.0;
/// Seconds of a day.
const DAY: f64 = 86400.0;

/// The figure of a light curve; `None` for one without bins.
pub(crate) fn light_curve_figure(id: &str, curve: &LightCurvePanel) -> Option<Figure> {
    if curve.bins.is_empty() {
        return None;
    }
    let (points, rest): (Vec<&LightCurveBin>, Vec<&LightCurveBin>) =
        curve.bins.iter().partition(|bin| bin.flux.is_some() && bin.ts.is_none_or(|ts| ts >= LEAST_TS));
    let limits: Vec<&LightCurveBin> = rest.into_iter().filter(|bin| bin.flux_ul95.is_some()).collect();
    let y = axis("flux [cm\u{207b}\u{b2} s\u{207b}\u{b9}]").range_mode(RangeMode::ToZero);
    let mut plot = plot(layout(axis("time [MJD, TT]"), y));
    let middle = |bin: &&LightCurveBin| mjd_of_mission_time(0.5 * (bin.tmin + bin.tmax));
    // Four digits are no date.
    let times =
        |bins: &[&LightCurveBin]| bins.iter().map(middle).map(|time| (time * 1e5).round() / 1e5).collect::<Vec<f64>>();
    let widths = |bins: &[&LightCurveBin]| {
        let half = lengths(bins.iter().map(|bin| Some(0.5 * (bin.tmax - bin.tmin) / DAY)));
        ErrorData::new(ErrorType::Data).array(half).color(DATA).thickness(1.0).width(0)
    };
    let fluxes = all_seen(points.iter().map(|bin| bin.flux.unwrap_or(f64::NAN)));
    let errors =
        ErrorData::new(ErrorType::Data).array(lengths(points.iter().map(|bin| bin.flux_err))).color(DATA).width(0);
    let trace = Scatter::new(times(&points), fluxes).name("flux").mode(Mode::Markers);
    plot.add_trace(trace.marker(Marker::new().color(DATA).size(7)).error_x(widths(&points)).error_y(errors));
    if !limits.is_empty() {
        let values = all_seen(limits.iter().map(|bin| bin.flux_ul95.unwrap_or(f64::NAN)));
        let marker = Marker::new().color(DATA).size(9).symbol(MarkerSymbol::TriangleDownOpen);
        let trace = Scatter::new(times(&limits), values).name("upper limits of 95 %").mode(Mode::Markers);
        plot.add_trace(trace.marker(marker).error_x(widths(&limits)));
    }
    let (n_points, n_limits) = (points.len(), limits.len());
    Some(Figure {
        id: id.to_owned(),
        plot,
        title: "Light curve".to_owned(),
        label: format!(
            "Light curve of {}: {} bins, {n_points} fluxes and {n_limits} upper limits.",
            curve.name,
            curve.bins.len()
        ),
        caption: format!("Photon flux in each bin of time; upper limits where TS is below {LEAST_TS}."),
        shape: Shape::Wide,
    })
}
