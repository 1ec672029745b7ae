//! The verbs `report` and `write_report`.

use std::collections::BTreeMap;
use std::path::Path;

use askama::Template;
use roi_fit::fixed;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::figures::correlation_figure::correlation_figure;
use crate::figures::counts_figure::counts_figure;
use crate::figures::drawing::Figure;
use crate::figures::histogram_figure::histogram_figure;
use crate::figures::sky_figure::{Spot, coordinates, sky_figure};
use crate::input::report_input::ReportInput;
use crate::input::sky_image::ImageKind;
use crate::page::fit_status::{Advice, Level, advice, worst};
use crate::page::goodness_rows::{GoodnessRow, goodness_rows, spectra};
use crate::page::links::{Link, links};
use crate::page::origin::Origin;
use crate::page::packed::{SCRIPT, packed};
use crate::page::shown::decimal;
use crate::page::source_panel::{Panel, panels};
use crate::page::source_rows::{SourceRow, source_rows};

/// TS from which a source's name is written on maps.
const LABELLED_TS: f64 = 25.0;
/// Names on a map at most.
const MOST_LABELS: usize = 15;

/// Everything that the template shows.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    facts: Vec<(&'static str, String)>,
    level: Level,
    advice: Vec<Advice>,
    maps: Vec<Figure>,
    files: Vec<Link>,
    spectra: Vec<Figure>,
    rows: Vec<SourceRow>,
    panels: Vec<Panel>,
    histograms: Vec<Figure>,
    correlation: Option<Figure>,
    goodness: Vec<GoodnessRow>,
    impossible: usize,
    origin: Origin,
    style: &'static str,
    script: &'static str,
    figures: String,
    library: &'static str,
}

/// A figure as the page's script takes it.
#[derive(Serialize)]
struct Drawn<'a> {
    plot: &'a plotly::Plot,
    /// The coordinates that its pixels have, by their key.
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<usize>,
}

/// All figures, and coordinates of pixels that several share.
#[derive(Serialize)]
struct AllDrawn<'a> {
    figures: BTreeMap<&'a str, Drawn<'a>>,
    places: Vec<Vec<Vec<String>>>,
}

/// The page: one HTML document that needs nothing else. The same input gives the same bytes.
///
/// # Errors
/// Internal ones alone: what it shows was checked where it was made.
pub fn report(input: &ReportInput) -> Result<String> {
    let (maps, places, at) = maps(input);
    let advice = advice(input);
    let mut page = Page {
        title: title(input),
        facts: facts(input),
        level: worst(&advice),
        advice,
        maps,
        files: links(input, ""),
        spectra: spectra(input)
            .iter()
            .enumerate()
            .map(|(at, own)| counts_figure(&format!("counts-{at}"), own))
            .collect(),
        rows: source_rows(input),
        panels: panels(input),
        histograms: histograms(input),
        correlation: input.fit.as_ref().and_then(|fit| correlation_figure("correlation", fit)),
        goodness: input.goodness.as_ref().map(goodness_rows).unwrap_or_default(),
        impossible: input.goodness.as_ref().map_or(0, |goodness| goodness.impossible),
        origin: Origin::new(input),
        style: include_str!("../../templates/report.css"),
        script: include_str!("../../templates/report.js"),
        figures: String::new(),
        library: SCRIPT,
    };
    page.figures = packed(&page.drawn(places, &at)?)?;
    Ok(page.render()?)
}

/// Writes the page: whole, or not at all.
///
/// # Errors
/// As [`report`]; when the file cannot be written.
pub fn write_report(input: &ReportInput, path: &Path) -> Result<usize> {
    let page = report(input)?;
    roi_fit::write_text(path, &page).map_err(|error| Error::File(error.into()))?;
    Ok(page.len())
}

impl Page {
    /// All figures as JSON.
    fn drawn(&self, places: Vec<Vec<Vec<String>>>, at: &[usize]) -> Result<String> {
        let of_panels = self.panels.iter().flat_map(|panel| &panel.figures);
        let others = self.spectra.iter().chain(&self.histograms).chain(&self.correlation).chain(of_panels);
        let maps = self.maps.iter().zip(at).map(|(figure, at)| (figure, Some(*at)));
        let all = maps.chain(others.map(|figure| (figure, None)));
        let figures = all.map(|(figure, places)| (figure.id.as_str(), Drawn { plot: &figure.plot, places }));
        Ok(serde_json::to_string(&AllDrawn { figures: figures.collect(), places })?)
    }
}

fn title(input: &ReportInput) -> String {
    match input.roi.title() {
        "" => {
            let center = input.roi.center();
            format!("Region around RA {}, Dec {}", fixed(center.ra(), 3), fixed(center.dec(), 3))
        }
        title => title.to_owned(),
    }
}

/// What is told first.
fn facts(input: &ReportInput) -> Vec<(&'static str, String)> {
    let (center, known) = (input.roi.center(), &input.loglike);
    let (l, b) = center.to_galactic();
    let (low, high) = known.energy_range;
    let place = format!(
        "RA {}\u{b0}, Dec {}\u{b0}; l {}\u{b0}, b {}\u{b0}",
        fixed(center.ra(), 4),
        fixed(center.dec(), 4),
        fixed(l, 4),
        fixed(b, 4)
    );
    let free = input.roi.free_parameters().len();
    let components: Vec<&str> = known.components.iter().map(|own| own.name.as_str()).collect();
    vec![
        ("Centre", place),
        ("Energies", format!("{} MeV to {} MeV", decimal(low, 1), decimal(high, 1))),
        (
            "Data",
            format!(
                "{} counts in {} component(s): {}",
                decimal(known.counts, 0),
                components.len(),
                components.join(", ")
            ),
        ),
        (
            "Model",
            format!(
                "{} sources, {free} free parameters, {} predicted counts",
                input.roi.sources().len(),
                decimal(known.npred, 1)
            ),
        ),
        ("ln L", decimal(known.loglike, 4)),
    ]
}

/// Maps, the coordinates of their pixels, and which of these each map has: images of the same pixels share them.
fn maps(input: &ReportInput) -> (Vec<Figure>, Vec<Vec<Vec<String>>>, Vec<usize>) {
    let spots = spots(input);
    // The model has the colours of the counts, so that the two can be compared.
    let counts = input.images.iter().find(|image| image.kind == ImageKind::Counts);
    let brightest = counts.and_then(|image| image.all.range).map(|(_, high)| high);
    let (mut figures, mut places, mut at, mut kinds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, image) in input.images.iter().enumerate() {
        let top = if image.kind == ImageKind::Model { brightest } else { None };
        figures.push(sky_figure(&format!("map-{index}"), image, &spots, top));
        let kind = (&image.grid, image.factor);
        let known = kinds.iter().position(|known| *known == kind);
        at.push(known.unwrap_or_else(|| {
            kinds.push(kind);
            places.push(coordinates(image));
            kinds.len() - 1
        }));
    }
    (figures, places, at)
}

/// The sources as maps show them: names of those that are free or bright.
fn spots(input: &ReportInput) -> Vec<Spot> {
    let ts = |name: &str| input.sources.get(name).and_then(|known| known.ts);
    let mut bright: Vec<(bool, f64, &str)> = input
        .roi
        .sources()
        .iter()
        .filter(|source| source.direction().is_some())
        .map(|source| (source.is_free(), ts(source.name()).filter(|ts| !ts.is_nan()).unwrap_or(0.0), source.name()))
        .filter(|(is_free, ts, _)| *is_free || *ts >= LABELLED_TS)
        .collect();
    bright.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    bright.truncate(MOST_LABELS);
    let spot = |source: &roi_model::Source| {
        let name = source.name();
        let known = ts(name).map_or_else(|| "TS not known".to_owned(), |ts| format!("TS {}", decimal(ts, 1)));
        let npred = input.sources.get(name).map_or(f64::NAN, |known| known.npred);
        let state = if source.is_free() { "free" } else { "fixed" };
        Some(Spot {
            name: name.to_owned(),
            place: source.direction()?,
            words: format!("{known}, {} counts, {state}", decimal(npred, 1)),
            is_labelled: bright.iter().any(|(_, _, bright)| *bright == name),
        })
    };
    input.roi.sources().iter().filter_map(spot).collect()
}

/// Pulls of pixels and of the residual map.
fn histograms(input: &ReportInput) -> Vec<Figure> {
    let mut all = Vec::new();
    if let Some(goodness) = &input.goodness {
        let caption = "(N - M) / \u{221a}M of each pixel, all energies added, and what Poisson counts of the predicted means would give. The outermost bars hold all that lies beyond.";
        all.push(histogram_figure("pulls", &goodness.pulls, "pulls of the pixels", caption));
    }
    if let Some(image) = input.images.iter().find(|image| image.kind == ImageKind::Significance) {
        let caption = "Significance of each pixel of the residual map, and a normal distribution. Neighbours are smoothed together: the histogram scatters more than its numbers say. The outermost bars hold all that lies beyond.";
        all.push(histogram_figure("residuals", &image.all.histogram, "residual significances", caption));
    }
    all
}
