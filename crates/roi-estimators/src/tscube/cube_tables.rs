//! The file of a TS cube.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header};
use lat_response::SkyGrid;

use crate::error::Result;
use crate::sed::sed_result::Reference;
use crate::tables::map_tables::header_of;
use crate::tscube::cube_point::{BinPoint, CubePoint};
use crate::tscube::tscube_result::TsCube;

/// A number of a bin.
type OfBin = fn(&BinPoint) -> f64;
/// A number of a pixel.
type OfPoint = fn(&CubePoint) -> f64;

impl TsCube {
    /// Writes fermipy's `_tscube.fits`: TS in the primary HDU (of HEALPix pixels: in table `TS_MAP`), a row a pixel in `SCANDATA` (with `do_sed`) and
    /// `FITDATA`, in the order of the image; the fit without a test source in `BASELINE`, the bins with their reference spectra in `EBOUNDS`. Energies are in MeV.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let config = header_of(&self.config.to_json());
        let first = if matches!(self.grid, SkyGrid::Healpix(_)) { "TS_MAP" } else { "PRIMARY" };
        writer.sky_image(&self.grid, first, &config, &self.ts)?;
        if self.config.do_sed {
            let (bins, points) = (self.references.len(), self.config.nnorm);
            let mut header = Header::default();
            // The scans are the last two columns: points of a bin, then bins.
            for column in [SCANS_FROM, SCANS_FROM + 1] {
                header.set(&format!("TDIM{column}"), format!("({points},{bins})").as_str(), "");
            }
            writer.table("SCANDATA", &header, &self.scan_columns())?;
        }
        writer.table("FITDATA", &Header::default(), &self.fit_columns())?;
        self.write_baseline(&mut writer)?;
        writer.table("EBOUNDS", &Header::default(), &self.energy_columns())?;
        Ok(writer.finish()?)
    }

    fn scan_columns(&self) -> Vec<Column> {
        let width = self.references.len();
        let numbers: [(&str, OfBin); 8] = [
            ("ts", |bin| bin.ts),
            ("norm", |bin| bin.norm),
            ("norm_ul", |bin| bin.norm_ul),
            ("norm_err", |bin| bin.norm_err),
            ("norm_errp", |bin| bin.norm_errp),
            ("norm_errn", |bin| bin.norm_errn),
            ("loglike", |bin| bin.loglike),
            ("ref_npred", |bin| bin.ref_npred),
        ];
        let of = |number: OfBin| self.points.iter().flat_map(|point| &point.bins).map(number).collect();
        let mut columns: Vec<Column> =
            numbers.map(|(name, number)| column(name, "", ColumnValues::Doubles { width, values: of(number) })).into();
        columns.insert(
            1,
            column("bin_status", "", ColumnValues::Doubles { width, values: of(|bin| f64::from(bin.status)) }),
        );
        let scans = |of: fn(&CubePoint) -> &[f64]| {
            let values = self.points.iter().flat_map(of).copied().collect();
            ColumnValues::Doubles { width: width * self.config.nnorm, values }
        };
        columns.push(column("norm_scan", "", scans(|point| &point.scans.0)));
        columns.push(column("dloglike_scan", "", scans(|point| &point.scans.1)));
        columns
    }

    fn fit_columns(&self) -> Vec<Column> {
        let numbers: [(&str, OfPoint); 5] = [
            ("fit_ts", |point| point.ts),
            ("fit_norm", |point| point.norm),
            ("fit_norm_err", |point| point.norm_err),
            ("fit_norm_errp", |point| point.norm_err),
            ("fit_norm_errn", |point| point.norm_err),
        ];
        let of = |number: OfPoint| ColumnValues::Double(self.points.iter().map(number).collect());
        let mut columns: Vec<Column> = numbers.map(|(name, number)| column(name, "", of(number))).into();
        let status = self.points.iter().map(|point| point.status).collect();
        columns.insert(1, column("fit_status", "", ColumnValues::Int(status)));
        columns
    }

    /// One row a free norm; nothing where none is free.
    fn write_baseline(&self, writer: &mut FitsWriter) -> Result<()> {
        let baseline = &self.baseline;
        let mut columns = vec![
            column("NAME", "", ColumnValues::Text(baseline.names.clone())),
            column("PARAMS", "", ColumnValues::Double(baseline.values.clone())),
        ];
        if !baseline.names.is_empty() {
            let values = baseline.covariance.clone();
            columns.push(column("COVS", "", ColumnValues::Doubles { width: baseline.names.len(), values }));
        }
        let mut header = Header::default();
        header.set("LOGLIKE", self.loglike, "log-likelihood without a test source");
        Ok(writer.table("BASELINE", &header, &columns)?)
    }

    fn energy_columns(&self) -> Vec<Column> {
        let (low, high) = (&self.energies[..self.energies.len() - 1], &self.energies[1..]);
        let doubles = |name: &str, unit: &str, values: Vec<f64>| column(name, unit, ColumnValues::Double(values));
        let centers = low.iter().zip(high).map(|(low, high)| (low * high).sqrt()).collect();
        let mut columns = vec![
            column("CHANNEL", "", ColumnValues::Int((1..).take(low.len()).collect())),
            doubles("E_MIN", "MeV", low.to_vec()),
            doubles("E_MAX", "MeV", high.to_vec()),
            doubles("E_REF", "MeV", centers),
        ];
        if self.config.do_sed {
            let of = |number: fn(&Reference) -> f64| self.references.iter().map(number).collect();
            columns.extend([
                doubles("REF_DNDE", "ph / (MeV cm2 s)", of(|reference| reference.dnde)),
                doubles("REF_FLUX", "ph / (cm2 s)", of(|reference| reference.flux)),
                doubles("REF_EFLUX", "MeV / (cm2 s)", of(|reference| reference.eflux)),
                doubles("REF_NPRED", "", of(|reference| reference.npred)),
            ]);
        }
        columns
    }
}

/// The number of the first of the two columns of scans.
const SCANS_FROM: usize = 10;

fn column(name: &str, unit: &str, values: ColumnValues) -> Column {
    Column { name: name.into(), unit: unit.into(), values }
}
