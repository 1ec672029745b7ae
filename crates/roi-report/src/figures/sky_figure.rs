//! Maps of the sky with the sources on them.

use plotly::common::{Anchor, ColorBar, Font, Line, Marker, MarkerSymbol, Mode, Orientation, Position, Title};
use plotly::layout::{Axis, AxisConstrain, AxisRange, Legend};
use plotly::{HeatMap, Scatter};
use roi_fit::fixed;
use roi_model::{Frame, SkyDirection};

use crate::figures::drawing::{Figure, Shape, axis, diverging_scale, layout, plain, plot, root_scale, seen};
use crate::input::sky_image::{ImageKind, SkyImage};

/// Sigmas at the ends of the colours of a significance.
const MOST_SIGMA: f64 = 5.0;

/// A source on a map.
pub(crate) struct Spot {
    pub(crate) name: String,
    pub(crate) place: SkyDirection,
    /// What is said under the pointer beside its name.
    pub(crate) words: String,
    /// Whether its name is written on the map: of all names none could be read.
    pub(crate) is_labelled: bool,
}

/// The figure of an image; its coordinates under the pointer come from [`coordinates`], which images of the same pixels share.
/// `top` is the number that has the brightest colour, the highest there is without it.
pub(crate) fn sky_figure(id: &str, image: &SkyImage, spots: &[Spot], top: Option<f64>) -> Figure {
    let [columns, rows] = image.offsets();
    let mut layout = layout(along("longitude", &columns, true), along("latitude", &rows, false));
    // The marks are white on most maps, and black on the white one.
    let back = if image.kind == ImageKind::Significance { "#d9dee4" } else { "#4a545f" };
    let legend = Legend::new().orientation(Orientation::Horizontal).y(1.01).y_anchor(Anchor::Bottom);
    layout = layout.legend(legend.background_color(back).font(Font::new().color(ink(image.kind))));
    let mut plot = plot(layout);
    let values: Vec<Vec<Option<f64>>> =
        image.values.outer_iter().map(|row| row.iter().map(|value| seen(*value)).collect()).collect();
    let axis_values = |values: &[f64]| values.iter().map(|value| seen(*value)).collect::<Vec<_>>();
    let map = HeatMap::new(axis_values(&columns), axis_values(&rows), values)
        .name(image.kind.title())
        .color_bar(ColorBar::new().title(Title::with_text(image.kind.unit())).thickness(12))
        .hover_template(format!("%{{text}}<br>{}: <b>%{{z}}</b><extra></extra>", image.kind.unit()));
    let map = if image.kind == ImageKind::Significance {
        map.color_scale(diverging_scale()).zmin(-MOST_SIGMA).zmax(MOST_SIGMA)
    } else {
        let highest = image.all.range.map_or(1.0, |(_, high)| high);
        let top = top.unwrap_or(highest);
        // Both ends: the library takes one alone for none.
        map.color_scale(root_scale()).zmin(0.0).zmax(if top > 0.0 { top } else { 1.0 })
    };
    plot.add_trace(map);
    for is_labelled in [true, false] {
        let chosen: Vec<(&Spot, [f64; 2])> = spots
            .iter()
            .filter(|spot| spot.is_labelled == is_labelled)
            .filter_map(|spot| Some((spot, image.offset_of(&spot.place)?)))
            .collect();
        if !chosen.is_empty() {
            plot.add_trace(sources(&chosen, is_labelled, image.kind));
        }
    }
    let (title, label, caption) = (image.kind.title().to_owned(), words(image, spots), caption(image));
    Figure { id: id.to_owned(), plot, title, label, caption, shape: Shape::Square }
}

/// The sources of one kind.
fn sources(chosen: &[(&Spot, [f64; 2])], is_labelled: bool, kind: ImageKind) -> Box<Scatter<f64, f64>> {
    let ink = ink(kind);
    let of = |at: usize| chosen.iter().map(|(_, place)| seen(place[at]).unwrap_or(0.0)).collect::<Vec<f64>>();
    let marker = Marker::new()
        .symbol(if is_labelled { MarkerSymbol::CrossThinOpen } else { MarkerSymbol::CircleOpen })
        .size(if is_labelled { 10 } else { 6 })
        .color(ink)
        .line(Line::new().color(ink).width(1.5));
    let hover = chosen.iter().map(|(spot, _)| format!("{}<br>{}", plain(&spot.name), plain(&spot.words)));
    let trace = Scatter::new(of(0), of(1))
        .name(if is_labelled { "named sources" } else { "other sources" })
        .mode(if is_labelled { Mode::MarkersText } else { Mode::Markers })
        .marker(marker)
        .hover_template("%{hovertext}<extra></extra>")
        .hover_text_array(hover.collect::<Vec<String>>())
        .text_font(Font::new().color(ink).size(11))
        .text_position(Position::TopCenter);
    if is_labelled {
        trace.text_array(chosen.iter().map(|(spot, _)| plain(&spot.name)).collect::<Vec<String>>())
    } else {
        trace
    }
}

/// The colour of marks: on the white middle of the diverging colours what is white does not show.
fn ink(kind: ImageKind) -> &'static str {
    if kind == ImageKind::Significance { "#111111" } else { "#ffffff" }
}

/// An axis over all pixels, degrees a degree; longitude grows to the left.
fn along(what: &str, places: &[f64], is_reversed: bool) -> Axis {
    let half = places.get(1).zip(places.first()).map_or(0.5, |(second, first)| 0.5 * (second - first).abs());
    let (low, high) = places.iter().fold((0.0, 0.0), |(low, high): (f64, f64), &x| (low.min(x), high.max(x)));
    let (low, high) = (low - half, high + half);
    let (from, to) = if is_reversed { (high, low) } else { (low, high) };
    let axis = axis(&format!("offset in {what} [deg]")).range(AxisRange::new(from, to)).show_grid(false);
    let axis = axis.constrain(AxisConstrain::Domain);
    if is_reversed { axis } else { axis.scale_anchor("x") }
}

/// Coordinates of each pixel, as they stand under the pointer.
pub(crate) fn coordinates(image: &SkyImage) -> Vec<Vec<String>> {
    let [lon, lat] = names(image);
    let text = |place: &Option<(f64, f64)>| {
        place.map_or_else(String::new, |(x, y)| format!("{lon} {}, {lat} {}", fixed(x, 3), fixed(y, 3)))
    };
    image.places().outer_iter().map(|row| row.iter().map(text).collect()).collect()
}

fn names(image: &SkyImage) -> [&'static str; 2] {
    if image.grid.frame() == Frame::Galactic { ["l", "b"] } else { ["RA", "Dec"] }
}

/// The image in words.
fn words(image: &SkyImage, spots: &[Spot]) -> String {
    let (rows, columns) = image.values.dim();
    let on_it = spots.iter().filter(|spot| image.offset_of(&spot.place).is_some()).count();
    let range = image.all.range.map_or_else(
        || "no value is known".to_owned(),
        |(low, high)| format!("values from {} to {} {}", fixed(low, 2), fixed(high, 2), image.kind.unit()),
    );
    let highest = image.all.highest.map_or_else(String::new, |(_, place)| {
        format!(", the highest at RA {}, Dec {} degrees", fixed(place.ra(), 2), fixed(place.dec(), 2))
    });
    format!("Map of {}: {columns} by {rows} pixels, {range}{highest}; {on_it} sources on it.", image.kind.title())
}

fn caption(image: &SkyImage) -> String {
    let what = match image.kind {
        ImageKind::Counts => "Counts of all energies.",
        ImageKind::Model => "Predicted counts of all energies, in the colours of the counts.",
        ImageKind::Significance => {
            "How far the counts lie above (red) or below (blue) the model, both smoothed with the image of a test source."
        }
        ImageKind::Ts => {
            "TS that one more source, a power law of index 2, would have at each pixel; 25 is about 4 to 5 sigma."
        }
    };
    let blocks = match (image.factor, image.kind) {
        (1, _) => String::new(),
        (n, ImageKind::Counts | ImageKind::Model) => format!(" Pixels are added in blocks of {n} by {n}."),
        (n, _) => format!(" Of each block of {n} by {n} pixels the value farthest from zero is shown."),
    };
    format!("{what}{blocks}")
}
