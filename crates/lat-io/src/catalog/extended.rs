//! Extended sources of a catalog: disks and Gaussians by their size, all others by their template.

use roi_model::{SkyDirection, SpatialModel};

use super::archives::Archives;
use super::table::Table;
use crate::error::Result;
use crate::fits::FitsFile;

/// 68 % containment radius of a two-dimensional Gaussian over its sigma: sqrt(-2 ln 0.32), to fermipy's digits.
pub const R68_OF_SIGMA: f64 = 1.509_592_185_451_663_6;

/// 68 % containment radius of a disk over its radius, to fermipy's digits.
pub const R68_OF_RADIUS: f64 = 0.824_621_125_123_532_1;

/// The same of the LAT catalogs, which state the radius of 68.27 % containment: sqrt(-2 ln 0.3173). With it the sigmas are those of the XML that is
/// published beside them (IC 443: 0.27 deg is 0.178195 deg).
const CATALOG_RADIUS_OF_SIGMA: f64 = 1.515_194_760_017_989_8;

/// The shape of an extended source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Radius in degrees.
    Disk(f64),
    /// 68.27 % containment radius in degrees.
    Gaussian(f64),
    /// File name of the template.
    Template(String),
}

impl Shape {
    pub(super) fn model(&self, center: SkyDirection, archives: &Archives<'_>) -> roi_model::Result<SpatialModel> {
        match self {
            Self::Disk(radius) => SpatialModel::disk(center, *radius),
            Self::Gaussian(r68) => SpatialModel::gaussian(center, r68 / CATALOG_RADIUS_OF_SIGMA),
            Self::Template(name) => SpatialModel::map(archives.template(name).to_string_lossy()),
        }
    }
}

/// The table `ExtendedSources`, which not all catalogs have.
pub(super) struct Extensions {
    shapes: Vec<(String, Shape)>,
}

impl Extensions {
    pub(super) fn read(file: &FitsFile) -> Result<Self> {
        let Ok(hdu) = file.table("ExtendedSources") else { return Ok(Self { shapes: Vec::new() }) };
        let table = Table::new(file, hdu)?;
        let names = table.texts("Source_Name")?;
        // Only newer catalogs name the function; before, all had templates.
        let functions = table.optional_texts("Spatial_Function")?;
        let (sizes, files) = (table.numbers("Model_SemiMajor")?, table.texts("Spatial_Filename")?);
        let shape = |(row, ((name, size), file)): (usize, ((String, f64), String))| {
            let shape = match functions.as_ref().and_then(|texts| texts.get(row)).map(String::as_str) {
                Some("RadialDisk") => Shape::Disk(size),
                Some("RadialGauss" | "RadialGaussian") => Shape::Gaussian(size),
                _ => Shape::Template(file),
            };
            (name, shape)
        };
        Ok(Self { shapes: names.into_iter().zip(sizes).zip(files).enumerate().map(shape).collect() })
    }

    /// The shape that a source names.
    pub(super) fn get(&self, table: &Table<'_>, source: &str, name: &str) -> Result<Shape> {
        let found = self.shapes.iter().find(|(known, _)| known == name).map(|(_, shape)| shape.clone());
        match found {
            Some(Shape::Template(file)) if file.is_empty() => {
                let reason =
                    format!("the template of '{name}' (source '{source}') has no file name in ExtendedSources");
                Err(table.bad("Extended_Source_Name", reason))
            }
            Some(shape) => Ok(shape),
            None => {
                let reason = format!("'{name}' of source '{source}' is not in table ExtendedSources");
                Err(table.bad("Extended_Source_Name", reason))
            }
        }
    }
}
