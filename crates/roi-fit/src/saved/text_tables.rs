//! The three text tables of an analysis: parameters, model, and region.
//!
//! Columns and their order are fermipy's `print_params`, `print_model` and `print_roi`. Values are in units of `value` (the scale not
//! applied). The functions return text; where it goes is the caller's choice.

use comfy_table::{CellAlignment, Table, presets};
use roi_model::Source;

use crate::analysis::Analysis;
use crate::data::model_map::ComponentSpectrum;
use crate::known::source_properties::SourceProperties;
use crate::known::written_number::{fixed, scientific};
use crate::results::fit_result::FitResult;

impl ComponentSpectrum {
    /// One line an energy bin: edges in MeV, counts, model, residual and its significance.
    pub fn print(&self) -> String {
        let mut table = table(&["emin [MeV]", "emax [MeV]", "counts", "model", "residual", "sigma"], 0);
        let rows =
            self.energies.windows(2).zip(&self.counts).zip(&self.model).zip(&self.residual).zip(&self.significance);
        for ((((edges, counts), model), residual), sigma) in rows {
            let sigma = sigma.map_or_else(|| UNKNOWN.into(), |sigma| fixed(sigma, 2));
            let [emin, emax] = [edges[0], edges[1]].map(|edge| format!("{edge:.1}"));
            let [counts, model, residual] = [counts, model, residual].map(|number| fixed(*number, 1));
            table.add_row([&emin, &emax, &counts, &model, &residual, &sigma]);
        }
        table.to_string()
    }
}

/// Distances to where the likelihood has fallen, below and above, where they were found.
type MinosErrors = [Option<f64>; 2];

impl Analysis {
    /// Parameters of the sources that have a free one, or of all sources.
    pub fn print_params(&self, allpars: bool) -> String {
        self.parameter_table(allpars, None)
    }

    /// Parameters of the sources that have a free one, with the MINOS errors of a fit if it has any.
    pub fn print_fit(&self, fit: &FitResult) -> String {
        self.parameter_table(false, fit.minos.as_deref().map(|minos| (&fit.indices[..], minos)))
    }

    /// The table of parameters; the MINOS errors are those of the parameters at these indices.
    fn parameter_table(&self, allpars: bool, minos: Option<(&[usize], &[MinosErrors])>) -> String {
        // What a parameter has is in units of its scale; a scale is in units of cm, s and MeV.
        let mut header = vec![
            "idx",
            "parname",
            "value [scale]",
            "error [scale]",
            "min [scale]",
            "max [scale]",
            "scale [cm, s, MeV]",
            "free",
        ];
        if minos.is_some() {
            header.splice(4..4, ["minos- [scale]", "minos+ [scale]"]);
        }
        let mut table = table(&header, 2);
        let mut index = 0;
        for source in self.session.roi.sources() {
            let parameters = source.spectrum().parameters();
            if allpars || source.is_free() {
                table.add_row([source.name()]);
                for (offset, p) in parameters.iter().enumerate() {
                    let idx = index + offset;
                    // What is fixed, or was not fitted, has no error.
                    let error = Some(p.error()).filter(|error| p.is_free() && *error > 0.0);
                    let mut row = vec![idx.to_string(), p.name().to_owned(), general(p.value(), 4), known(error)];
                    if let Some((indices, minos)) = minos {
                        let found = indices.iter().position(|known| *known == idx).and_then(|at| minos.get(at));
                        row.extend(found.copied().unwrap_or_default().map(known));
                    }
                    row.extend([p.min(), p.max(), p.scale()].map(|number| general(number, 4)));
                    row.push(if p.is_free() { "*".into() } else { String::new() });
                    table.add_row(row);
                }
            }
            index += parameters.len();
        }
        table.to_string()
    }

    /// One line a source: normalisation, energy flux, spectral index at 1 GeV, TS and npred. What was computed for other parameter values
    /// (before a fit without an update, say) is not shown.
    pub fn print_model(&self) -> String {
        let mut table = table(
            &["sourcename", "offset [deg]", "norm", "eflux [MeV/cm2/s]", "index (1 GeV)", "ts", "npred", "free"],
            1,
        );
        for (source, offset) in self.by_offset() {
            let unknown = SourceProperties::default();
            let properties = self.known.of(source.name()).unwrap_or(&unknown);
            let is_fresh = properties.are_of(source.spectrum());
            let spectrum = source.spectrum();
            let norm = spectrum.norm_index().map(|norm| spectrum.parameters()[norm].value());
            // The spectrum of a map cube is a factor, and its slope no index of the source.
            let is_factor = source.spatial().type_name() == "MapCubeFunction";
            let (_, index) = self.differential(source, properties.pivot());
            let index = index.get("dnde1000").copied().filter(|_| !is_factor);
            let eflux = properties.fluxes.get("eflux").and_then(|flux| flux.value).filter(|_| is_fresh);
            table.add_row([
                source.name().to_owned(),
                decimals(offset, 3),
                decimals(norm, 3),
                eflux.map_or(UNKNOWN.into(), |eflux| general(eflux, 3)),
                decimals(index, 2),
                decimals(properties.ts.filter(|_| is_fresh), 2),
                decimals(Some(properties.npred).filter(|_| is_fresh), 1),
                if source.is_free() { "*".into() } else { String::new() },
            ]);
        }
        table.to_string()
    }

    /// One line a source: its models, offset from the centre, TS and npred.
    pub fn print_roi(&self) -> String {
        let mut table = table(&["name", "SpatialModel", "SpectrumType", "offset [deg]", "ts", "npred"], 3);
        for (source, offset) in self.by_offset() {
            let properties = self.known.of(source.name());
            table.add_row([
                source.name().to_owned(),
                source.spatial().type_name().to_owned(),
                source.spectrum().type_name().to_owned(),
                decimals(offset, 3),
                decimals(properties.and_then(|p| p.ts), 2),
                decimals(properties.map(|p| p.npred), 1),
            ]);
        }
        table.to_string()
    }

    /// The sources with their separation from the centre in degrees: nearest first, those without a position last.
    fn by_offset(&self) -> Vec<(&Source, Option<f64>)> {
        let offset =
            |source: &Source| source.direction().map(|direction| self.session.roi.center().separation(&direction));
        let mut sources: Vec<_> = self.session.roi.sources().iter().map(|source| (source, offset(source))).collect();
        sources.sort_by(|(_, a), (_, b)| a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY)));
        sources
    }
}

/// What stands for a number that is not known.
const UNKNOWN: &str = "---";

/// A number with so many decimals, if it is known.
fn decimals(value: Option<f64>, decimals: usize) -> String {
    value.map_or(UNKNOWN.into(), |value| fixed(value, decimals))
}

/// A number, if it is known.
fn known(value: Option<f64>) -> String {
    value.map_or(UNKNOWN.into(), |value| general(value, 4))
}

/// A table without lines, its columns from `numbers` on aligned to the right.
fn table(header: &[&str], numbers: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut() {
        if column.index >= numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A number with so many significant digits, plain or in powers of ten, whichever is shorter to read.
fn general(value: f64, digits: i32) -> String {
    let magnitude = value.abs();
    let is_plain = value == 0.0 || (1e-3..1e5).contains(&magnitude);
    #[expect(clippy::cast_possible_truncation, reason = "the magnitude is between 1e-3 and 1e5")]
    let exponent = if is_plain && value != 0.0 { magnitude.log10().floor() as i32 } else { 0 };
    let decimals = usize::try_from(digits - 1 - exponent).unwrap_or(0);
    if is_plain { fixed(value, decimals) } else { scientific(value, decimals) }
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn numbers_keep_their_significant_digits() {
        let cases = [
            (0.0, "0.000"),
            (1.0, "1.000"),
            (-2.345_67, "-2.346"),
            (12_345.6, "12346"),
            (1e5, "1.000e+05"),
            (3.456_7e-13, "3.457e-13"),
            (-0.0, "0.000"),
            (0.001_234_5, "0.001234"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(general(value, 4), expected);
        }
    }
}
