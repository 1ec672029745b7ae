//! The table of `lightcurve`, `LIGHTCURVE`, as fermipy names it.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header, MJDREFF, MJDREFI, write_ecsv};
use roi_fit::{SourceProperties, SpectralParameter};
use serde_json::json;

use crate::error::Result;
use crate::light_curve::bin::time_bin::TimeBin;
use crate::light_curve::light_curve_json::{FIXED, OWN, PHOTONS, SCANS, numbers};
use crate::light_curve::light_curve_result::LightCurve;
use crate::light_curve::series::bayesian_blocks::Block;
use crate::tables::sed_tables::ascii;

impl LightCurve {
    /// Writes fermipy's `_lightcurve.fits`: an empty primary HDU, table `LIGHTCURVE` with a row a bin and the columns that are keys of the dictionary, and
    /// table `BLOCKS`. The header has `TS_VAR`, `TSVARDOF` and `TSVAR_P`. What is not defined is NaN.
    ///
    /// # Errors
    /// When the file cannot be written, or the name of the source holds what FITS cannot.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let header = self.header();
        writer.empty_primary(&header)?;
        writer.table("LIGHTCURVE", &header, &self.columns(true))?;
        writer.table("BLOCKS", &header, &self.block_columns())?;
        Ok(writer.finish()?)
    }

    /// Writes table `LIGHTCURVE` without its scans as ECSV, which astropy reads.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ecsv(&self, path: &Path) -> Result<()> {
        Ok(write_ecsv(path, &self.header(), &self.columns(false))?)
    }

    fn header(&self) -> Header {
        let mut header = Header::default();
        header.set("SRCNAME", ascii(&self.name).as_str(), "source");
        header.set("CREATOR", concat!("roi-fit ", env!("CARGO_PKG_VERSION")), "");
        header.set("CONFIG", ascii(&json!(self.config).to_string()).as_str(), "");
        header.set("TIMESYS", "TT", "time system");
        header.set("MJDREFI", i64::from(MJDREFI), "day of mission time 0, whole part");
        header.set("MJDREFF", MJDREFF, "and fraction");
        header.set("UL_CONF", self.config.ul_confidence, "confidence level of columns ending in _ul");
        header.set("TS_VAR", self.variability.ts_var, "test statistic of variability");
        header.set("TSVARDOF", i64::try_from(self.variability.dof).unwrap_or(i64::MAX), "its degrees of freedom");
        if let Some(p_value) = self.variability.p_value {
            header.set("TSVAR_P", p_value, "its chance");
        }
        header
    }

    /// Table `LIGHTCURVE`, with scans or without.
    fn columns(&self, with_scans: bool) -> Vec<Column> {
        let mut columns: Vec<Column> = OWN.iter().map(|(key, unit, of)| self.numbers_of(key, unit, of)).collect();
        columns.push(self.numbers_of("flux_const", PHOTONS, |_| self.flux_const()));
        columns.push(self.numbers_of("counts", "", |bin| Some(bin.counts)));
        columns.push(self.texts("status", |bin| bin.status.as_str().into()));
        columns.push(self.texts("message", |bin| bin.message.clone()));
        columns.push(self.texts("message_fixed", |bin| bin.message_fixed.clone()));
        columns.push(self.texts("maps", |bin| bin.maps.clone()));
        columns.push(self.flags("fit_success", TimeBin::fit_success));
        columns.push(self.flags("fit_success_fixed", |bin| bin.fixed.is_some()));
        columns.push(self.flags("is_ul", |bin| bin.is_ul));
        let last =
            |bin: &TimeBin| bin.attempts.last().map_or((-1, -1), |last| (i32::from(last.fit_quality), last.fit_status));
        columns.push(self.whole("fit_quality", |bin| last(bin).0));
        columns.push(self.whole("fit_status", |bin| last(bin).1));
        columns.push(self.whole("num_free_params", |bin| i32::try_from(bin.num_free_params).unwrap_or(i32::MAX)));
        let contributions = self.variability.contributions.iter().map(|c| c.unwrap_or(f64::NAN)).collect();
        columns.push(Column {
            name: "ts_var_bins".into(),
            unit: String::new(),
            values: ColumnValues::Double(contributions),
        });
        for suffix in ["", FIXED] {
            for (key, unit) in numbers() {
                let key = format!("{key}{suffix}");
                columns.push(self.numbers_of(&key, unit, |bin| bin.number(&key)));
            }
            columns.extend(self.parameters(suffix));
            if with_scans {
                columns.extend(SCANS.iter().filter_map(|(key, unit)| self.scan(key, unit, suffix)));
            }
        }
        columns
    }

    fn numbers_of(&self, name: &str, unit: &str, of: impl Fn(&TimeBin) -> Option<f64>) -> Column {
        let values = self.bins.iter().map(|bin| of(bin).unwrap_or(f64::NAN)).collect();
        Column { name: name.into(), unit: unit.into(), values: ColumnValues::Double(values) }
    }

    fn texts(&self, name: &str, of: impl Fn(&TimeBin) -> String) -> Column {
        let values = self.bins.iter().map(|bin| ascii(&of(bin))).collect();
        Column { name: name.into(), unit: String::new(), values: ColumnValues::Text(values) }
    }

    fn flags(&self, name: &str, of: impl Fn(&TimeBin) -> bool) -> Column {
        let values = self.bins.iter().map(|bin| i16::from(of(bin))).collect();
        Column { name: name.into(), unit: String::new(), values: ColumnValues::Short(values) }
    }

    fn whole(&self, name: &str, of: impl Fn(&TimeBin) -> i32) -> Column {
        let values = self.bins.iter().map(of).collect();
        Column { name: name.into(), unit: String::new(), values: ColumnValues::Int(values) }
    }

    /// Names, values and errors of the parameters, the scale applied, a vector a bin.
    fn parameters(&self, suffix: &str) -> [Column; 3] {
        let names: Vec<&str> = self.whole.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let width = names.len();
        let list = |of: fn(&SpectralParameter) -> f64| {
            let row = |bin: &TimeBin| -> Vec<f64> {
                let known = source(bin, suffix).map(|source| source.parameters.iter().map(of).collect::<Vec<_>>());
                known.filter(|row| row.len() == width).unwrap_or_else(|| vec![f64::NAN; width])
            };
            ColumnValues::Doubles { width, values: self.bins.iter().flat_map(row).collect() }
        };
        let texts = self.bins.iter().flat_map(|_| names.iter().map(|name| ascii(name))).collect();
        let column = |name: &str, values| Column { name: format!("{name}{suffix}"), unit: String::new(), values };
        [
            column("param_names", ColumnValues::Texts { width, values: texts }),
            column("param_values", list(|parameter| parameter.value * parameter.scale)),
            column("param_errors", list(|p| p.error.map_or(f64::NAN, |error| (error * p.scale).abs()))),
        ]
    }

    /// Points of the profile of the norm; `None` where no bin has any.
    fn scan(&self, key: &str, unit: &str, suffix: &str) -> Option<Column> {
        let of = |bin: &TimeBin| -> Vec<f64> {
            let scan = source(bin, suffix).and_then(|source| source.scan.clone()).unwrap_or_default();
            match key {
                "norm_scan" => scan.xvals,
                "flux_scan" => scan.flux,
                "eflux_scan" => scan.eflux,
                "dloglike_scan" => scan.dloglike,
                _ => scan.loglike,
            }
        };
        let rows: Vec<Vec<f64>> = self.bins.iter().map(of).collect();
        let width = rows.iter().map(Vec::len).max().filter(|width| *width > 0)?;
        let filled = |row: &Vec<f64>| (0..width).map(|at| row.get(at).copied().unwrap_or(f64::NAN)).collect::<Vec<_>>();
        let values = ColumnValues::Doubles { width, values: rows.iter().flat_map(filled).collect() };
        Some(Column { name: format!("{key}{suffix}"), unit: unit.into(), values })
    }

    /// Table `BLOCKS`.
    fn block_columns(&self) -> Vec<Column> {
        let column = |name: &str, unit: &str, of: fn(&Block) -> f64| Column {
            name: name.into(),
            unit: unit.into(),
            values: ColumnValues::Double(self.blocks.iter().map(of).collect()),
        };
        vec![
            column("tmin", "s", |block| block.tmin),
            column("tmax", "s", |block| block.tmax),
            column("bins", "", |block| block.bins as f64),
            column("flux", PHOTONS, |block| block.flux),
            column("flux_err", PHOTONS, |block| block.flux_err),
        ]
    }
}

/// What is known of the source in a bin; with the suffix of the fit with the shape of the whole time, after that.
fn source<'a>(bin: &'a TimeBin, suffix: &str) -> Option<&'a SourceProperties> {
    if suffix == FIXED { bin.fixed.as_ref().map(|fixed| &fixed.source) } else { bin.source.as_ref() }
}
