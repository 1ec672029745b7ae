//! The tables of `localize`: the scan as an image, and `LOC_DATA`, as fermipy names them.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header, write_ecsv};
use ndarray::Array3;
use serde_json::json;

use crate::error::Result;
use crate::localize::fitted_positions::FittedPositions;
use crate::localize::localization::Localization;
use crate::localize::peak_scan::PeakScan;
use crate::tables::map_tables::header_of;
use crate::tables::sed_tables::{ascii, single};

/// How the names of columns begin that have no unit; all others but log-likelihoods are in degrees.
const WITHOUT_UNIT: [&str; 4] = ["xpix", "ypix", "pos_ecc", "pos_deviation"];

impl Localization {
    /// Writes fermipy's `_loc.fits`: the TS of the scan as primary image, that of the map around as `TSMAP` if there is one, and the one row of table
    /// `LOC_DATA`. What is not known is NaN.
    ///
    /// # Errors
    /// When the file cannot be written, or the name of the source holds what FITS cannot.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let mut header = self.header();
        match &self.scan {
            Some(scan) => {
                self.place(scan, &mut header);
                let ts = single(&scan.ts());
                writer.image(&header, &Array3::from_shape_fn((1, scan.n, scan.n), |(_, y, x)| ts[y * scan.n + x]))?;
            }
            None => writer.empty_primary(&header)?,
        }
        if let Some(map) = &self.tsmap {
            writer.sky_image(&map.grid, "TSMAP", &Header::default(), &map.ts)?;
        }
        writer.table("LOC_DATA", &self.header(), &self.columns())?;
        Ok(writer.finish()?)
    }

    /// Writes table `LOC_DATA` as ECSV, which astropy reads.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ecsv(&self, path: &Path) -> Result<()> {
        Ok(write_ecsv(path, &self.header(), &self.columns())?)
    }

    fn header(&self) -> Header {
        let mut header = Header::default();
        header.set("SRCNAME", ascii(&self.name).as_str(), "source");
        header.set("CREATOR", concat!("roi-fit ", env!("CARGO_PKG_VERSION")), "");
        header.set("CONFIG", ascii(&json!(self.config).to_string()).as_str(), "");
        header
    }

    /// Where the pixels of the scan are: separations from the position are true to scale (ARC).
    fn place(&self, scan: &PeakScan, header: &mut Header) {
        let middle = 0.5 * (scan.n as f64 + 1.0);
        let axes = [("RA---ARC", self.position.ra(), -scan.step), ("DEC--ARC", self.position.dec(), scan.step)];
        for (n, (ctype, crval, cdelt)) in (1..).zip(axes) {
            header.set(&format!("CTYPE{n}"), ctype, "axis and projection");
            header.set(&format!("CRPIX{n}"), middle, "reference pixel");
            header.set(&format!("CRVAL{n}"), crval, "coordinate at the reference pixel");
            header.set(&format!("CDELT{n}"), cdelt, "increment per pixel");
            header.set(&format!("CUNIT{n}"), "deg", "");
        }
        header.set("RADESYS", "ICRS", "");
    }

    fn columns(&self) -> Vec<Column> {
        let name = ColumnValues::Text(vec![self.name.clone()]);
        let mut columns = vec![Column { name: "name".into(), unit: String::new(), values: name }];
        for (key, value) in self.numbers() {
            let values = ColumnValues::Double(vec![value.unwrap_or(f64::NAN)]);
            columns.push(Column { name: key.into(), unit: unit(key).into(), values });
        }
        for (key, matrix) in self.matrices() {
            let unit = if key.ends_with("cov") { "deg2" } else { "" };
            let values = matrix.map_or_else(|| vec![f64::NAN; 4], |rows| rows.concat());
            columns.push(Column {
                name: key.into(),
                unit: unit.into(),
                values: ColumnValues::Doubles { width: 4, values },
            });
        }
        for (key, flag) in [("fit_success", self.fit_success), ("fit_inbounds", self.fit_inbounds)] {
            let values = ColumnValues::Short(vec![i16::from(flag)]);
            columns.push(Column { name: key.into(), unit: String::new(), values });
        }
        columns
    }
}

/// The names of sources and their numbers, one row a source; those of all have the same keys. What is not known is NaN.
pub(crate) fn rows(sources: impl Iterator<Item = (String, Vec<(&'static str, Option<f64>)>)>) -> Vec<Column> {
    let (names, numbers): (Vec<String>, Vec<_>) = sources.unzip();
    let mut columns = vec![Column { name: "name".into(), unit: String::new(), values: ColumnValues::Text(names) }];
    for (index, (key, _)) in numbers.first().into_iter().flatten().enumerate() {
        let value = |of: &Vec<(&str, Option<f64>)>| of.get(index).and_then(|(_, value)| *value).unwrap_or(f64::NAN);
        let values = ColumnValues::Double(numbers.iter().map(value).collect());
        columns.push(Column { name: (*key).into(), unit: unit(key).into(), values });
    }
    columns
}

/// Writes table `LOC_DATA` of several sources.
pub(crate) fn write_positions(path: &Path, header: &Header, columns: &[Column]) -> Result<()> {
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(header)?;
    writer.table("LOC_DATA", header, columns)?;
    Ok(writer.finish()?)
}

impl FittedPositions {
    /// Writes table `LOC_DATA` with one row a source; its column `pos_cov` has the two rows of the covariance that are the source's, deg^2.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        write_positions(path, &header_of(&json!(self.config)), &self.columns())
    }

    /// Writes the same table as ECSV.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ecsv(&self, path: &Path) -> Result<()> {
        Ok(write_ecsv(path, &header_of(&json!(self.config)), &self.columns())?)
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = rows(self.sources.iter().map(|source| (source.name.clone(), source.numbers())));
        if let Some(cov) = &self.cov {
            let values = ColumnValues::Doubles { width: 2 * cov.ncols(), values: cov.iter().copied().collect() };
            columns.push(Column { name: "pos_cov".into(), unit: "deg2".into(), values });
        }
        columns
    }
}

/// The unit of a column.
fn unit(key: &str) -> &'static str {
    let has_none = key.contains("loglike") || WITHOUT_UNIT.iter().any(|start| key.starts_with(start));
    if has_none { "" } else { "deg" }
}
