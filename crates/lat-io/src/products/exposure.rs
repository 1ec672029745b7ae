//! Binned exposure in the layout of gtexpcube2.

use std::path::Path;

use lat_response::{Exposure, ExposureLookup};

use crate::error::{Error, Result};
use crate::products::map_cube::{self, MapLayout};

/// Reads an exposure cube, cm^2 s: an image `[energy, y, x]` or a table of HEALPix pixels (HPXEXPOSURES),
/// and a table ENERGIES whose column Energy is in MeV unless it states another
/// unit. It is looked up as the LAT tools do, see [`ExposureLookup`].
///
/// # Errors
/// When the file is missing or damaged, or holds exposure or energies that cannot be.
///
/// ```no_run
/// let exposure = lat_io::read_exposure("bexpmap_00.fits".as_ref())?;
/// println!("at the energies {:?} MeV", exposure.cube().energies());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_exposure(path: &Path) -> Result<Exposure> {
    let (hdu, cube) = map_cube::read_named(path)?;
    Exposure::new(cube, ExposureLookup::Fermitools).map_err(|source| Error::map(path, hdu, source))
}

/// Writes an exposure cube as gtexpcube2 does: an image, or table HPXEXPOSURES; gzip when the name ends in `.gz`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_exposure(path: &Path, exposure: &Exposure) -> Result<()> {
    write_exposure_from(path, exposure, None)
}

/// As [`write_exposure`], with a digest of what the exposure is made from in the header of an image.
///
/// # Errors
/// As [`write_exposure`].
pub fn write_exposure_from(path: &Path, exposure: &Exposure, inputs: Option<&str>) -> Result<()> {
    let layout = MapLayout { table: "HPXEXPOSURES", layout: "FGST_BEXPCUBE", inputs, bins: None };
    map_cube::write_map_table(path, exposure.cube(), "cm2 s", &layout)
}
