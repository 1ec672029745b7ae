//! Where a source is: its error ellipses, the place that the model had, and the likelihood around.

use plotly::common::{ColorBar, Line, Marker, MarkerSymbol, Mode, Title};
use plotly::layout::AxisConstrain;
use plotly::{HeatMap, Plot, Scatter};
use roi_estimators::{ErrorEllipse, Localization};
use roi_fit::fixed;

use crate::figures::drawing::{
    DATA, Figure, MODEL, Shape, all_seen, axis, layout, likelihood_scale, line, plain, plot, seen,
};

/// Points of an ellipse.
const POINTS: usize = 72;

/// The figure of a localisation, with other sources near by: their names and offsets from the old place, degrees east and north.
pub(crate) fn position_figure(id: &str, found: &Localization, others: &[(String, f64, f64)]) -> Figure {
    let x = axis("offset to the east [deg]").auto_range(false).constrain(AxisConstrain::Domain);
    let reach = reach(found);
    let x = x.range(plotly::layout::AxisRange::new(reach, -reach));
    let y = axis("offset to the north [deg]").scale_anchor("x").range(plotly::layout::AxisRange::new(-reach, reach));
    let mut plot = plot(layout(x, y));
    let (east, north) = found.preloc.offset(&found.position);
    add_scan(&mut plot, found, (east, north));
    if let Some(ellipse) = &found.ellipse {
        for (radius, name, width) in
            [(ellipse.r68, "68 %", 2.0), (ellipse.r95, "95 %", 1.5), (ellipse.r99, "99 %", 1.0)]
        {
            let [x, y] = around(ellipse, radius, (east, north));
            plot.add_trace(Scatter::new(x, y).name(name).mode(Mode::Lines).line(line(MODEL, width)));
        }
    }
    add_place(&mut plot, (0.0, 0.0), "place in the model", MarkerSymbol::CrossThinOpen);
    if found.fit_success {
        add_place(&mut plot, (east, north), "fitted place", MarkerSymbol::Circle);
    }
    let near: Vec<&(String, f64, f64)> = others.iter().filter(|(_, x, y)| x.abs() < reach && y.abs() < reach).collect();
    if !near.is_empty() {
        let at = |of: fn(&(String, f64, f64)) -> f64| all_seen(near.iter().map(|other| of(other)));
        let trace =
            Scatter::new(at(|other| other.1), at(|other| other.2)).name("other sources").mode(Mode::MarkersText);
        let trace = trace.text_array(near.iter().map(|(name, ..)| plain(name)).collect::<Vec<String>>());
        plot.add_trace(trace.marker(Marker::new().size(8).color(DATA).symbol(MarkerSymbol::CircleOpen)));
    }
    let caption = "Error ellipses around the fitted place, and where the model had the source; where the likelihood was scanned, colours show how far it has fallen.";
    let (title, label) = ("Position".to_owned(), words(found));
    Figure { id: id.to_owned(), plot, title, label, caption: caption.to_owned(), shape: Shape::Square }
}

/// Degrees to either side that show all there is.
fn reach(found: &Localization) -> f64 {
    let radius =
        found.ellipse.as_ref().map_or(0.05, |ellipse| ellipse.r99 * (ellipse.semimajor / ellipse.semiminor).sqrt());
    1.3 * (found.pos_offset() + radius).max(1e-3)
}

fn add_place(plot: &mut Plot, (x, y): (f64, f64), name: &str, symbol: MarkerSymbol) {
    let marker = Marker::new().size(10).color(MODEL).symbol(symbol).line(Line::new().color(MODEL).width(2.0));
    plot.add_trace(Scatter::new(all_seen([x]), all_seen([y])).name(name).mode(Mode::Markers).marker(marker));
}

/// The scan: rows from south to north, each from east to west around the fitted place.
fn add_scan(plot: &mut Plot, found: &Localization, (east, north): (f64, f64)) {
    let Some(scan) = found.scan.as_ref().filter(|scan| scan.n > 1) else { return };
    let middle = 0.5 * (scan.n as f64 - 1.0);
    let along = |of: f64, sign: f64| all_seen((0..scan.n).map(move |at| of + sign * (at as f64 - middle) * scan.step));
    let values = scan
        .loglike
        .chunks(scan.n)
        .map(|row| row.iter().map(|value| seen(2.0 * (value - found.loglike_loc))).collect());
    let picture = HeatMap::new(along(east, -1.0), along(north, 1.0), values.collect::<Vec<Vec<Option<f64>>>>())
        .name("2 ln L")
        .zmin(-12.0)
        .zmax(0.0)
        .color_scale(likelihood_scale())
        .color_bar(ColorBar::new().title(Title::with_text("2 &#916; ln L")).thickness(10));
    plot.add_trace(picture);
}

/// The ellipse that is as large as a circle of this radius, around a place.
fn around(ellipse: &ErrorEllipse, radius: f64, (east, north): (f64, f64)) -> [Vec<Option<f64>>; 2] {
    let scale = radius / (ellipse.semimajor * ellipse.semiminor).sqrt();
    let (sin, cos) = ellipse.angle.to_radians().sin_cos();
    let point = |at: usize| {
        let turn = std::f64::consts::TAU * at as f64 / POINTS as f64;
        let (long, short) = (scale * ellipse.semimajor * turn.cos(), scale * ellipse.semiminor * turn.sin());
        // The angle is counted from north through east.
        (east + long * sin + short * cos, north + long * cos - short * sin)
    };
    [all_seen((0..=POINTS).map(|at| point(at).0)), all_seen((0..=POINTS).map(|at| point(at).1))]
}

fn words(found: &Localization) -> String {
    let name = &found.name;
    let place = format!("RA {}, Dec {} degrees", fixed(found.position.ra(), 4), fixed(found.position.dec(), 4));
    let offset = fixed(found.pos_offset(), 4);
    match &found.ellipse {
        Some(ellipse) => format!(
            "Position of {name}: {place}, {offset} degrees from where the model had it; radius of 95 %: {} degrees.",
            fixed(ellipse.r95, 4)
        ),
        None => format!("Position of {name}: no maximum of the likelihood was found near {place}."),
    }
}
