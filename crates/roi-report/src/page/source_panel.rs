//! The panel of a source.

use roi_estimators::Localization;
use roi_fit::SourceProperties;
use roi_model::Source;

use crate::figures::drawing::Figure;
use crate::figures::extension_figure::extension_figure;
use crate::figures::light_curve_figure::light_curve_figure;
use crate::figures::position_figure::position_figure;
use crate::figures::profile_figure::profile_figure;
use crate::figures::sed_figure::{model_figure, sed_figure};
use crate::input::report_input::ReportInput;
use crate::page::links::{Link, links};
use crate::page::shown::{Cell, decimal};
use crate::page::source_rows::anchor;
use crate::page::source_tables::{
    Table, correlations, curvature_table, curve_table, fluxes, parameters, position_table, sed_table, width_table,
};

/// The panel of a source.
pub(crate) struct Panel {
    pub(crate) anchor: String,
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) remarks: Vec<String>,
    pub(crate) tables: Vec<Table>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) files: Vec<Link>,
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
    let width = input.extensions.iter().find(|found| found.name == name);
    let curved = input.curvatures.iter().find(|found| found.name == name);
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
        width.and_then(|found| extension_figure(&id("width"), found)),
        curve.and_then(|curve| light_curve_figure(&id("light-curve"), curve)),
    ];
    let tables = [
        Some(parameters(source)),
        fluxes(known),
        sed.map(sed_table),
        place.map(position_table),
        width.map(width_table),
        curved.map(curvature_table),
        curve.map(curve_table),
        correlations(known),
    ];
    let mut remarks: Vec<String> = sed.map(|sed| sed.warnings.clone()).unwrap_or_default();
    remarks.extend(place.map(|found| found.warnings.clone()).unwrap_or_default());
    remarks.extend(width.map(|found| found.warnings.clone()).unwrap_or_default());
    remarks.extend(curve.map(|curve| curve.remarks.clone()).unwrap_or_default());
    remarks.dedup();
    Panel {
        anchor,
        name: name.to_owned(),
        summary: summary(source, known),
        remarks,
        tables: tables.into_iter().flatten().filter(|table| !table.rows.is_empty()).collect(),
        figures: figures.into_iter().flatten().collect(),
        files: links(input, name),
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
