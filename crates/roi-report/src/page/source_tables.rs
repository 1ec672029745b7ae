//! The tables in the panel of a source.

use roi_estimators::{Curvature, CurvatureFit, Extension, Localization, SedResult};
use roi_fit::{Measured, SourceProperties, fixed};
use roi_model::{Parameter, Source};

use crate::input::light_curve_panel::LightCurvePanel;
use crate::page::shown::{Cell, UNKNOWN, decimal, power};

/// Correlations that are listed at most, and the least that is.
const CORRELATIONS: usize = 12;
const LEAST_CORRELATION: f64 = 0.05;

/// A table of words: its title, its columns, its rows. The first cell of a row is its header.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

pub(crate) fn parameters(source: &Source) -> Table {
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
pub(crate) fn fluxes(known: &SourceProperties) -> Option<Table> {
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

pub(crate) fn sed_table(sed: &SedResult) -> Table {
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

pub(crate) fn position_table(found: &Localization) -> Table {
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

pub(crate) fn width_table(found: &Extension) -> Table {
    let degrees = |value: Option<f64>| value.map_or_else(|| UNKNOWN.to_owned(), |value| decimal(value, 5));
    let row = |what: &str, value: String| vec![what.to_owned(), value];
    let mut rows = vec![
        row("shape", found.config.spatial_model.name().to_owned()),
        row("68 % containment radius [deg]", decimal(found.ext, 5)),
        row("error up, down [deg]", format!("{}, {}", degrees(found.ext_err_hi), degrees(found.ext_err_lo))),
        row("upper limit of 95 % [deg]", degrees(found.ext_ul95)),
        row("TS of the width", Cell::fixed(Some(found.ts_ext()), 1).text),
        row("fit", if found.fit_success { "succeeded" } else { "did not succeed" }.to_owned()),
    ];
    for bin in &found.ebins {
        let value = format!(
            "{} \u{b1} {} deg, limit {}, TS {}",
            decimal(bin.ext(), 5),
            degrees(bin.ext_err()),
            degrees(bin.ext_ul95()),
            Cell::fixed(Some(bin.ts_ext()), 1).text
        );
        rows.push(row(&format!("{} to {} MeV", decimal(bin.e_min, 0), decimal(bin.e_max, 0)), value));
    }
    Table { title: "Width".to_owned(), columns: vec!["what", "value"], rows }
}

pub(crate) fn curvature_table(found: &Curvature) -> Table {
    let row = |name: &str, fit: &CurvatureFit, ts: Option<f64>| {
        vec![name.to_owned(), decimal(fit.loglike, 3), Cell::fixed(ts, 2).text, fit.message.clone()]
    };
    let mut rows = vec![
        row("power law", &found.pl, None),
        row("log-parabola", &found.lp, found.lp_ts_curv()),
        row("power law with a cutoff", &found.ple, found.ple_ts_curv()),
    ];
    rows.extend(found.ple_free.as_ref().map(|fit| row("the same, its Index2 free", fit, found.ple_free_ts_curv())));
    Table {
        title: "Curvature of the spectrum".to_owned(),
        columns: vec!["spectrum", "ln L", "TS of curvature", "fit"],
        rows,
    }
}

pub(crate) fn curve_table(curve: &LightCurvePanel) -> Table {
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
pub(crate) fn correlations(known: &SourceProperties) -> Option<Table> {
    let mut all: Vec<(&String, f64)> = known.correlation.iter().map(|(name, value)| (name, *value)).collect();
    all.retain(|(_, value)| value.abs() >= LEAST_CORRELATION && value.abs() < 1.0);
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    all.truncate(CORRELATIONS);
    let rows: Vec<Vec<String>> = all.into_iter().map(|(name, value)| vec![name.clone(), decimal(value, 3)]).collect();
    let columns = vec!["norm of", "correlation"];
    (!rows.is_empty()).then(|| Table { title: "Correlation of the norm with other norms".to_owned(), columns, rows })
}
