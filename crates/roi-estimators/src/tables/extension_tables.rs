//! The table of `extension`, `EXT_DATA`, as fermipy names it, and its curve as ECSV.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header, write_ecsv};
use serde_json::json;

use crate::error::Result;
use crate::extension::extension_result::Extension;
use crate::tables::sed_tables::ascii;

impl Extension {
    /// Writes fermipy's `_ext.fits`: an empty primary HDU and the one row of table `EXT_DATA`, and beside it the curve as table `EXT_CURVE` and the TS map
    /// around as `TSMAP` if there is one; the cubes `EXT_BKG_MAP` and the like with their energies in `EBOUNDS`, if there are any. What is not known is NaN.
    ///
    /// # Errors
    /// When the file cannot be written, or the name of the source holds what FITS cannot.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let header = self.header();
        writer.empty_primary(&header)?;
        if let Some(map) = &self.tsmap {
            writer.sky_image(&map.grid, "TSMAP", &Header::default(), &map.ts)?;
        }
        writer.table("EXT_DATA", &header, &self.row())?;
        writer.table("EXT_CURVE", &header, &self.curve())?;
        if let Some(cubes) = &self.model_cubes {
            for (name, cube) in cubes.named() {
                writer.model_cube((&cubes.grid, &cubes.axis), &name.to_uppercase(), &cube)?;
            }
            writer.energy_bounds(&cubes.axis)?;
        }
        Ok(writer.finish()?)
    }

    /// Writes the curve as ECSV, which astropy reads: a row a width.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ecsv(&self, path: &Path) -> Result<()> {
        Ok(write_ecsv(path, &self.header(), &self.curve())?)
    }

    fn header(&self) -> Header {
        let mut header = Header::default();
        header.set("SRCNAME", ascii(&self.name).as_str(), "source");
        header.set("CREATOR", concat!("roi-fit ", env!("CARGO_PKG_VERSION")), "");
        header.set("CONFIG", ascii(&json!(self.config).to_string()).as_str(), "");
        header
    }

    fn row(&self) -> Vec<Column> {
        let name = ColumnValues::Text(vec![self.name.clone()]);
        let mut columns = vec![Column { name: "name".into(), unit: String::new(), values: name }];
        for (key, value) in self.numbers() {
            let unit = if key.contains("loglike") || key == "ts_ext" { "" } else { "deg" };
            let values = ColumnValues::Double(vec![value.unwrap_or(f64::NAN)]);
            columns.push(Column { name: key.into(), unit: unit.into(), values });
        }
        let lists = self.curve().into_iter().map(|column| match column.values {
            ColumnValues::Double(values) => {
                Column { values: ColumnValues::Doubles { width: values.len(), values }, ..column }
            }
            _ => column,
        });
        columns.extend(lists);
        columns
    }

    fn curve(&self) -> Vec<Column> {
        let column = |name: &str, unit: &str, values: Vec<f64>| Column {
            name: name.into(),
            unit: unit.into(),
            values: ColumnValues::Double(values),
        };
        vec![
            column("width", "deg", self.width.clone()),
            column("loglike", "", self.loglike.clone()),
            column("dloglike", "", self.loglike.iter().map(|loglike| loglike - self.loglike_ptsrc).collect()),
        ]
    }
}
