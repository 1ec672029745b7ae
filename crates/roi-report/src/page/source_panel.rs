//! The panel of a source.

use roi_estimators::{Localization, SedResult};
use roi_fit::{Measured, SourceProperties, fixed};
use roi_model::{Parameter, Source};

use crate::figures::drawing::Figure;
use crate::figures::light_curve_figure::light_curve_figure;
use crate::figures::position_figure::position_figure;
use crate::figures::profile_figure::profile_figure;
use crate::figures::sed_figure::{model_figure, sed_figure};
use crate::input::light_curve_panel::LightCurvePanel;
use crate::input::report_input::ReportInput;
use crate::page::shown::{Cell, decimal, power};
use crate::page::source_rows::anchor;

/// Correlations that are listed at most, and the least that is.
const CORRELATIONS: usize = 12;
const LEAST_CORRELATION: f64 = 0.05;

/// A table of words: its title, its columns, its rows. The first cell of a row is its header.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The panel of a source.
pub(crate) struct Panel {
    pub(crate) anchor: String,
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) remarks: Vec<String>,
    pub(crate) tables: Vec<Table>,
    pub(crate) figures: Vec<Figure>,
}

/// A panel for each source, in the order of the model.
pub(crate) fn panels(input: &ReportInput) -> Vec<Panel> {
    let sources = input.roi.sources().iter().enumerate();
    sources.map(|(index, source)| panel(index, source, input)).collect()
}

fn panel(index: usize, source: &Source, input: &ReportInput) -> Panel {
    let (anchor, name) = (anchor(index), source.name());
    let nothing = SourceProperties::default();
    let known = input.sources.get(name).unwrap_or(&nothing);
    let sed = input.seds.iter().find(|sed| sed.name == name);
    let place = input.localizations.iter().find(|found| found.name == name);
    let curve = input.light_curves.iter().find(|curve| curve.name == name);
    let id = |what: &str| format!("{anchor}-{what}");
    let model = known.model_flux.as_ref();
    // On the heap: a figure is large.
    let figures = vec![
        match sed {
            Some(sed) => sed_figure(&id("sed"), sed),
            None => model.and_then(|model| model_figure(&id("sed"), name, model)),
        },
        known.scan.as_ref().and_then(|scan| profile_figure(&id("profile"), name, scan, known.norm_limits.as_ref())),
        place.map(|found| position_figure(&id("position"), found, &near(input, name, found))),
        curve.and_then(|curve| light_curve_figure(&id("light-curve"), curve)),
    ];
    let tables = [
        Some(parameters(source)),
        fluxes(known),
        sed.map(sed_table),
        place.map(position_table),
        curve.map(curve_table),
        correlations(known),
    ];
    let mut remarks: Vec<String> = sed.map(|sed| sed.warnings.clone()).unwrap_or_default();
    remarks.extend(place.map(|found| found.warnings.clone()).unwrap_or_default());
    remarks.extend(curve.map(|curve| curve.remarks.clone()).unwrap_or_default());
    remarks.dedup();
    Panel {
        anchor,
        name: name.to_owned(),
        summary: summary(source, known),
        remarks,
        tables: tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect(),
        figures: figures.into_iter().flatten().collect(),
    }
}

fn summary(source: &Source, known: &SourceProperties) -> String {
    let ts = known.ts.map_or_else(String::new, |ts| format!("TS {}, ", Cell::fixed(Some(ts), 1).text));
    let state = if source.is_free() { "free" } else { "fixed" };
    let npred = decimal(known.npred, 1);
    format!(
        "{}, {}, {ts}{npred} predicted counts, {state}",
        source.spectrum().type_name(),
        source.spatial().type_name()
    )
}

/// Names of the other sources and where they lie, as seen from the old place.
fn near(input: &ReportInput, name: &str, found: &Localization) -> Vec<(String, f64, f64)> {
    let others = input.roi.sources().iter().filter(|source| source.name() != name);
    let place = |source: &Source| {
        let (east, north) = found.preloc.offset(&source.direction()?);
        Some((source.name().to_owned(), east, north))
    };
    others.filter_map(place).collect()
}

fn parameters(source: &Source) -> Table {
    let row = |p: &Parameter| {
        let (low, high) = (p.min() * p.scale(), p.max() * p.scale());
        let bounds = if p.min() == 0.0 && p.max() == 0.0 {
            "none".to_owned()
        } else {
            format!("{} to {}", power(Some(low.min(high)), 2), power(Some(low.max(high)), 2))
        };
        let is_at_bound = p.is_free() && p.min() < p.max() && (p.value() == p.min() || p.value() == p.max());
        let error = (p.is_free() && p.error() > 0.0).then(|| p.true_error());
        let state = match (p.is_free(), is_at_bound) {
            (true, true) => "free, at its bound",
            (true, false) => "free",
            _ => "fixed",
        };
        vec![p.name().to_owned(), power(Some(p.true_value()), 4), power(error, 2), bounds, state.to_owned()]
    };
    Table {
        title: "Parameters (true values)".to_owned(),
        columns: vec!["parameter", "value", "error", "bounds", "state"],
        rows: source.spectrum().parameters().iter().map(row).collect(),
    }
}

/// fermipy's words for fluxes, explained.
fn fluxes(known: &SourceProperties) -> Option<Table> {
    let words = |key: &str| {
        let (what, unit) = if key.starts_with('e') {
            ("energy flux", "MeV cm\u{207b}\u{b2} s\u{207b}\u{b9}")
        } else {
            ("photon flux", "cm\u{207b}\u{b2} s\u{207b}\u{b9}")
        };
        let from = key.trim_start_matches('e').trim_start_matches("flux");
        let range = if from.is_empty() {
            "over the range of the analysis".to_owned()
        } else {
            format!("from {from} MeV to 316 GeV")
        };
        format!("{what} {range} [{unit}]")
    };
    let row = |(key, flux): (&String, &Measured)| {
        flux.value.map(|value| {
            vec![
                words(key),
                power(Some(value), 3),
                power(flux.error, 2),
                power(flux.ul95, 3),
                power(flux.ul95_profile, 3),
            ]
        })
    };
    let rows: Vec<Vec<String>> = known.fluxes.iter().filter_map(row).collect();
    let columns = vec!["flux", "value", "error", "limit 95 %, all else held", "limit 95 %, all refitted"];
    (!rows.is_empty()).then(|| Table { title: "Fluxes".to_owned(), columns, rows })
}

fn sed_table(sed: &SedResult) -> Table {
    let rows = sed.bins.iter().map(|bin| {
        let scaled = |norm: Option<f64>| power(norm.map(|norm| norm * bin.reference.e2dnde), 3);
        vec![
            format!("{} to {}", decimal(bin.e_min, 0), decimal(bin.e_max, 0)),
            scaled(bin.norm),
            scaled(bin.norm_err_lo),
            scaled(bin.norm_err_hi),
            scaled(bin.norm_ul),
            Cell::fixed(Some(bin.ts), 1).text,
            decimal(bin.npred, 1),
        ]
    });
    // 100 times 0.683 is no 68.3 in binary.
    let percent = (1e8 * sed.config.ul_confidence).round() / 1e6;
    Table {
        title: format!("Spectrum points: E\u{b2} dN/dE in MeV cm\u{207b}\u{b2} s\u{207b}\u{b9}, limits at {percent} %"),
        columns: vec![
            "energy [MeV]",
            "E\u{b2} dN/dE",
            "error down",
            "error up",
            "upper limit",
            "TS",
            "predicted counts",
        ],
        rows: rows.collect(),
    }
}

fn position_table(found: &Localization) -> Table {
    let place = |what: &str, at: &roi_model::SkyDirection| {
        let (l, b) = at.to_galactic();
        vec![
            what.to_owned(),
            format!("RA {}, Dec {}; l {}, b {}", fixed(at.ra(), 5), fixed(at.dec(), 5), fixed(l, 5), fixed(b, 5)),
        ]
    };
    let mut rows = vec![place("in the model [deg]", &found.preloc), place("fitted [deg]", &found.position)];
    rows.push(vec!["offset [deg]".to_owned(), decimal(found.pos_offset(), 5)]);
    if let Some(ellipse) = &found.ellipse {
        let axes = format!(
            "{} by {}, {} degrees from north to east",
            decimal(ellipse.semimajor, 5),
            decimal(ellipse.semiminor, 5),
            decimal(ellipse.angle, 1)
        );
        rows.push(vec!["ellipse of 1 sigma [deg]".to_owned(), axes]);
        let radii = [ellipse.r68, ellipse.r95, ellipse.r99].map(|radius| decimal(radius, 5)).join(", ");
        rows.push(vec!["radii of 68, 95, 99 % [deg]".to_owned(), radii]);
    }
    rows.push(vec!["gain in ln L".to_owned(), decimal(found.loglike_loc - found.loglike_base, 3)]);
    rows.push(vec!["fit".to_owned(), if found.fit_success { "succeeded" } else { "did not succeed" }.to_owned()]);
    Table { title: "Position".to_owned(), columns: vec!["what", "value"], rows }
}

fn curve_table(curve: &LightCurvePanel) -> Table {
    let rows = curve.bins.iter().map(|bin| {
        vec![
            format!("{} to {}", decimal(bin.tmin, 0), decimal(bin.tmax, 0)),
            power(bin.flux, 3),
            power(bin.flux_err, 2),
            power(bin.flux_ul95, 3),
            Cell::fixed(bin.ts, 1).text,
            bin.problem.clone().unwrap_or_default(),
        ]
    });
    Table {
        title: "Light curve: photon flux in cm\u{207b}\u{b2} s\u{207b}\u{b9}".to_owned(),
        columns: vec!["mission elapsed time [s]", "flux", "error", "limit 95 %", "TS", "remark"],
        rows: rows.collect(),
    }
}

/// The strongest correlations of the norm with other norms.
fn correlations(known: &SourceProperties) -> Option<Table> {
    let mut all: Vec<(&String, f64)> = known.correlation.iter().map(|(name, value)| (name, *value)).collect();
    all.retain(|(_, value)| value.abs() >= LEAST_CORRELATION && value.abs() < 1.0);
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    all.truncate(CORRELATIONS);
    let rows: Vec<Vec<String>> = all.into_iter().map(|(name, value)| vec![name.clone(), decimal(value, 3)]).collect();
    let columns = vec!["norm of", "correlation"];
    (!rows.is_empty()).then(|| Table { title: "Correlation of the norm with other norms".to_owned(), columns, rows })
}
