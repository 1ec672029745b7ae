//! The tables of `sed`: `SED`, `MODEL_FLUX`, `PARAMS`, as fermipy names them ("likelihood SED" of the `gamma-astro-data-formats`).

use std::fmt::Write;
use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header, write_ecsv};
use serde_json::json;

use crate::error::Result;
use crate::sed::sed_json::{NormOfBin, OfReference};
use crate::sed::sed_result::{SedBin, SedResult};

const ENERGY: &str = "MeV";
const DIFFERENTIAL: &str = "ph / (MeV cm2 s)";
const PHOTONS: &str = "ph / (cm2 s)";
const ENERGY_FLUX: &str = "MeV / (cm2 s)";

impl SedResult {
    /// Writes fermipy's `_sed.fits`: tables `SED`, `MODEL_FLUX` and `PARAMS`. What is not defined is NaN. All upper limits are at `UL_CONF`, the
    /// `ul_confidence` of the options.
    ///
    /// # Errors
    /// When the file cannot be written, or the name of the source holds what FITS cannot.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let header = self.header();
        writer.empty_primary(&header)?;
        let mut of_sed = header.clone();
        of_sed.set("UL_CONF", self.config.ul_confidence, "confidence level of the upper limits");
        of_sed.set("SED_TYPE", "likelihood", "norms relative to a reference spectrum, with scans");
        writer.table("SED", &of_sed, &self.columns())?;
        writer.table("MODEL_FLUX", &header, &self.model_columns())?;
        writer.table("PARAMS", &header, &self.parameter_columns())?;
        Ok(writer.finish()?)
    }

    /// Writes table `SED` as ECSV, which astropy reads.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ecsv(&self, path: &Path) -> Result<()> {
        let mut header = self.header();
        header.set("UL_CONF", self.config.ul_confidence, "");
        header.set("SED_TYPE", "likelihood", "");
        Ok(write_ecsv(path, &header, &self.columns())?)
    }

    fn header(&self) -> Header {
        let mut header = Header::default();
        header.set("SRCNAME", ascii(&self.name).as_str(), "source");
        header.set("CREATOR", concat!("roi-fit ", env!("CARGO_PKG_VERSION")), "");
        header.set("CONFIG", ascii(&json!(self.config).to_string()).as_str(), "");
        header
    }

    /// Table `SED`.
    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![
            self.column("e_min", ENERGY, |bin| bin.e_min),
            self.column("e_ref", ENERGY, SedBin::e_ref),
            self.column("e_max", ENERGY, |bin| bin.e_max),
            self.column("ref_dnde_e_min", DIFFERENTIAL, |bin| bin.reference.dnde_e_min),
            self.column("ref_dnde_e_max", DIFFERENTIAL, |bin| bin.reference.dnde_e_max),
            self.column("ref_dnde", DIFFERENTIAL, |bin| bin.reference.dnde),
            self.column("ref_flux", PHOTONS, |bin| bin.reference.flux),
            self.column("ref_eflux", ENERGY_FLUX, |bin| bin.reference.eflux),
            self.column("ref_npred", "", |bin| bin.reference.npred),
        ];
        let factors: [(&str, &str, OfReference); 3] = [
            ("dnde", DIFFERENTIAL, |reference| reference.dnde),
            ("e2dnde", ENERGY_FLUX, |reference| reference.e2dnde),
            ("norm", "", |_| 1.0),
        ];
        let norms: [(&str, NormOfBin); 5] = [
            ("", |bin| bin.norm),
            ("_err", |bin| bin.norm_err),
            ("_errp", |bin| bin.norm_err_hi),
            ("_errn", |bin| bin.norm_err_lo),
            ("_ul", |bin| bin.norm_ul),
        ];
        for (name, unit, factor) in factors {
            for (suffix, norm) in norms {
                let value = |bin: &SedBin| norm(bin).unwrap_or(f64::NAN) * factor(&bin.reference);
                columns.push(self.column(&format!("{name}{suffix}"), unit, value));
            }
        }
        columns.push(self.column("ts", "", |bin| bin.ts));
        columns.push(self.column("loglike", "", |bin| bin.loglike));
        columns.push(self.scan("norm_scan", |bin| &bin.norm_scan));
        columns.push(self.scan("dloglike_scan", |bin| &bin.dloglike_scan));
        columns.push(self.column("npred", "", |bin| bin.npred));
        columns.push(self.column("counts", "", |bin| bin.counts));
        let status = self.bins.iter().map(|bin| bin.fit_status).collect();
        columns.push(Column { name: "fit_status".into(), unit: String::new(), values: ColumnValues::Int(status) });
        columns
    }

    fn column(&self, name: &str, unit: &str, of: impl Fn(&SedBin) -> f64) -> Column {
        let values = ColumnValues::Double(self.bins.iter().map(of).collect());
        Column { name: name.into(), unit: unit.into(), values }
    }

    /// A list a bin; all NaN where there is no scan.
    fn scan(&self, name: &str, of: impl Fn(&SedBin) -> &[f64]) -> Column {
        let width = self.config.llscan_npts;
        let row = |bin: &SedBin| (0..width).map(|at| of(bin).get(at).copied().unwrap_or(f64::NAN)).collect::<Vec<_>>();
        let values = self.bins.iter().flat_map(row).collect();
        Column { name: name.into(), unit: String::new(), values: ColumnValues::Doubles { width, values } }
    }

    /// Table `MODEL_FLUX`.
    fn model_columns(&self) -> Vec<Column> {
        let flux = &self.model_flux;
        let column = |name: &str, unit: &str, values: &[f64]| Column {
            name: name.into(),
            unit: unit.into(),
            values: ColumnValues::Float(single(values)),
        };
        vec![
            column("energy", ENERGY, &flux.energies),
            column("dnde", DIFFERENTIAL, &flux.dnde),
            column("dnde_lo", DIFFERENTIAL, &flux.dnde_lo),
            column("dnde_hi", DIFFERENTIAL, &flux.dnde_hi),
            column("dnde_err", DIFFERENTIAL, &flux.dnde_err),
            column("dnde_ferr", "", &flux.dnde_ferr),
        ]
    }

    /// Table `PARAMS`: one row a parameter of the source.
    fn parameter_columns(&self) -> Vec<Column> {
        let parameters = &self.parameters;
        let width = parameters.names.len();
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let errors: Vec<f64> = parameters.errors.iter().map(|error| number(*error)).collect();
        let matrix = |of: &dyn Fn(usize, usize) -> Option<f64>| {
            let all: Vec<f64> =
                (0..width).flat_map(|i| (0..width).map(move |j| (i, j))).map(|(i, j)| number(of(i, j))).collect();
            ColumnValues::FloatVectors { width, values: single(&all) }
        };
        let names = ColumnValues::Text(parameters.names.clone());
        let column = |name: &str, values: ColumnValues| Column { name: name.into(), unit: String::new(), values };
        vec![
            column("name", names),
            column("value", ColumnValues::Float(single(&parameters.values))),
            column("error", ColumnValues::Float(single(&errors))),
            column("covariance", matrix(&|i, j| parameters.covariance[i][j])),
            column("correlation", matrix(&|i, j| parameters.correlation(i, j))),
        ]
    }
}

/// As fermipy stores it.
#[expect(clippy::cast_possible_truncation, reason = "the layout's single precision")]
pub(crate) fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Printable ASCII, which is all that FITS headers hold; other characters as JSON escapes them.
pub(crate) fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if (' '..='~').contains(&c) {
            plain.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing into a string does not fail.
                let _ = write!(plain, "\\u{unit:04x}");
            }
        }
    }
    plain
}
