//! The table of sources.

use roi_fit::{Measured, SourceProperties};
use roi_model::Source;

use crate::input::report_input::ReportInput;
use crate::page::shown::Cell;

/// A row.
pub(crate) struct SourceRow {
    pub(crate) anchor: String,
    pub(crate) name: String,
    pub(crate) aliases: String,
    pub(crate) spectrum: String,
    pub(crate) shape: String,
    pub(crate) is_free: bool,
    /// RA, Dec, offset, TS, npred, flux, energy flux, index.
    pub(crate) numbers: [Cell; 8],
}

/// The place of a source's panel in the page.
pub(crate) fn anchor(index: usize) -> String {
    format!("source-{}", index + 1)
}

/// A row for each source, the highest TS first; without any, in the order of the model.
pub(crate) fn source_rows(input: &ReportInput) -> Vec<SourceRow> {
    let nothing = SourceProperties::default();
    let mut rows: Vec<(f64, SourceRow)> = input
        .roi
        .sources()
        .iter()
        .enumerate()
        .map(|(index, source)| {
            let known = input.sources.get(source.name()).unwrap_or(&nothing);
            let ts = known.ts.filter(|ts| !ts.is_nan()).unwrap_or(f64::NEG_INFINITY);
            (ts, row(index, source, known, input))
        })
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn row(index: usize, source: &Source, known: &SourceProperties, input: &ReportInput) -> SourceRow {
    let place = source.direction();
    let flux = |key: &str| known.fluxes.get(key).copied().unwrap_or_default();
    let measured = |measured: Measured| Cell::measured(measured.value, measured.error);
    SourceRow {
        anchor: anchor(index),
        name: source.name().to_owned(),
        aliases: source.aliases().join(", "),
        spectrum: source.spectrum().type_name().to_owned(),
        shape: source.spatial().type_name().to_owned(),
        is_free: source.is_free(),
        numbers: [
            Cell::fixed(place.map(|place| place.ra()), 3),
            Cell::fixed(place.map(|place| place.dec()), 3),
            Cell::fixed(place.map(|place| input.roi.center().separation(&place)), 2),
            Cell::fixed(known.ts, 1),
            Cell::fixed(Some(known.npred), 1),
            measured(flux("flux")),
            measured(flux("eflux")),
            Cell::fixed(known.dnde_index.get("dnde").copied(), 2),
        ],
    }
}
