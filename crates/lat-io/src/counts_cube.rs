//! Counts cubes in the layout of gtbin's CCUBE: counts in the primary HDU, energies in EBOUNDS, times in GTI.

use std::path::Path;

use likelihood_core::CountsCube;

use crate::error::{Error, Result};
use crate::fits::{FitsFile, FitsWriter, Header};
use crate::wcs_header::WcsHeader;
use crate::{energy_bounds, good_time, wcs_header};

/// A counts cube with its place on the sky and in time.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsCubeFile {
    /// Counts, shape `[energy bin, y, x]`, and the energy axis in MeV.
    pub cube: CountsCube,
    /// The sky projection.
    pub wcs: WcsHeader,
    /// Good time intervals (start, stop) in mission elapsed seconds; empty when the file has none.
    pub gti: Vec<(f64, f64)>,
}

/// Reads a counts cube, plain or gzip. Source map files, whose primary HDU is a counts cube, are read as well.
///
/// # Errors
/// When the file is missing, damaged or no WCS counts cube, or holds counts or energies that cannot be.
///
/// ```no_run
/// let counts = lat_io::counts_cube::read("ccube_00.fits".as_ref())?;
/// println!("{} counts in {} energy bins", counts.cube.total(), counts.cube.axis().n_bins());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read(path: &Path) -> Result<CountsCubeFile> {
    let file = FitsFile::open(path)?;
    let primary = file.primary()?;
    if primary.image_axes().is_some_and(<[usize]>::is_empty) && file.table("SKYMAP").is_ok() {
        return Err(Error::Unsupported {
            path: path.to_owned(),
            what: "a HEALPix counts cube".into(),
            remedy: "bin the events in a WCS projection (binning.projtype: WCS)".into(),
        });
    }
    let counts = file.read_cube_f32(primary)?;
    let wcs = wcs_header::read(&file, primary)?;
    let axis = energy_bounds::read(&file)?;
    let gti = good_time::read(&file)?;
    let cube = CountsCube::new(axis, counts).map_err(|source| Error::data(path, primary.label(), source))?;
    Ok(CountsCubeFile { cube, wcs, gti })
}

/// Writes a counts cube; gzip when the name ends in `.gz`. The file appears whole or not at all.
///
/// Energy edges are stored as gtbin stores them, in 32-bit keV: they come back with a relative precision of 6e-8.
///
/// # Errors
/// When cube and projection have different pixels, or the file cannot be written.
pub fn write(path: &Path, counts: &CountsCubeFile) -> Result<()> {
    let mut writer = FitsWriter::create(path)?;
    write_primary(&mut writer, counts, "ccube")?;
    energy_bounds::write(&mut writer, counts.cube.axis())?;
    good_time::write(&mut writer, &counts.gti)?;
    writer.finish()
}

/// Writes the counts as primary HDU.
pub(crate) fn write_primary(writer: &mut FitsWriter, counts: &CountsCubeFile, product: &str) -> Result<()> {
    let (_, ny, nx) = counts.cube.counts().dim();
    if (nx, ny) != (counts.wcs.nx, counts.wcs.ny) {
        return Err(Error::Shape {
            path: writer.path().to_owned(),
            hdu: "'PRIMARY'".into(),
            found: format!("{nx} x {ny} pixels"),
            expected: format!("{} x {} pixels, as in the sky projection", counts.wcs.nx, counts.wcs.ny),
        });
    }
    let mut header = header(counts);
    header.set("CREATOR", format!("roi-fit {product}").as_str(), "software creating this file");
    writer.image(&header, counts.cube.counts())
}

/// The keywords of an image over the pixels and energies of `counts`.
pub(crate) fn header(counts: &CountsCubeFile) -> Header {
    let mut header = Header::default();
    wcs_header::write(&counts.wcs, &mut header);
    let edges = counts.cube.axis().edges();
    header.set("CTYPE3", "Energy", "energy axis");
    header.set("CRPIX3", 1.0, "reference plane");
    if let [first, second, ..] = edges {
        header.set("CRVAL3", *first, "energy at the reference plane");
        header.set("CDELT3", second - first, "width of the first bin");
    }
    header.set("CUNIT3", "MeV", "unit of the energy axis");
    header.set("TELESCOP", "GLAST", "name of telescope generating data");
    header.set("INSTRUME", "LAT", "name of instrument generating data");
    header.set("EQUINOX", 2000.0, "equinox of RA and DEC");
    header
}
