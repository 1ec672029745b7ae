//! Livetime cubes in the layout of gtltcube: livetime by HEALPix pixel and inclination.

use std::path::Path;

use lat_response::{CosineBins, Frame, HealpixGrid, HealpixOrdering, LivetimeCube};
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu};
use crate::tables::keywords::Keywords;

/// By how much a bound in `CTHETABOUNDS` (32-bit floats) may differ from what the keywords tell.
const TOLERANCE: f64 = 1e-5;

/// Reads a livetime cube, plain or gzip: table `EXPOSURE` and, where it is there, `WEIGHTED_EXPOSURE`.
///
/// With bins of azimuth (`PHIBINS`) a row of `COSBINS` has first the times of the cosine bins whatever the azimuth, then those of each bin of it,
/// which are the ones that are kept.
///
/// # Errors
/// When the file is missing or damaged, its keywords do not tell pixels and bins or contradict the tables, or it holds times that cannot be.
///
/// ```no_run
/// let livetime = lat_io::read_livetime_cube("ltcube_00.fits".as_ref())?;
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_livetime_cube(path: &Path) -> Result<LivetimeCube> {
    let file = FitsFile::open(path)?;
    let hdu = file.table("EXPOSURE")?;
    let (pixels, bins) = (pixels(&file, hdu)?, bins(&file, hdu)?);
    check_bounds(&file, &bins)?;
    let n_azimuths = azimuths(&file, hdu)?;
    let livetime = times(&file, hdu, bins.n, n_azimuths)?;
    let weighted = match file.table("WEIGHTED_EXPOSURE") {
        Err(Error::MissingHdu { .. }) => None,
        found => Some(times(&file, found?, bins.n, n_azimuths)?),
    };
    LivetimeCube::by_azimuth(pixels, bins, n_azimuths, livetime, weighted).map_err(|error| Error::BadFits {
        path: path.to_owned(),
        hdu: hdu.label(),
        reason: error.to_string(),
    })
}

fn pixels(file: &FitsFile, hdu: &Hdu) -> Result<HealpixGrid> {
    let text = |keyword: &str| hdu.header().text(keyword).map(|text| text.trim().to_ascii_uppercase());
    let ordering = match text("ORDERING").as_deref() {
        Some("NESTED" | "NEST") => HealpixOrdering::Nested,
        Some("RING") => HealpixOrdering::Ring,
        _ => return Err(Keywords { file, hdu }.wrong("ORDERING", "NESTED or RING")),
    };
    let frame = match text("COORDSYS").as_deref() {
        Some("EQU" | "CEL" | "C") => Frame::Celestial,
        Some("GAL" | "G") => Frame::Galactic,
        _ => return Err(Keywords { file, hdu }.wrong("COORDSYS", "EQU or GAL")),
    };
    let nside = hdu.header().integer("NSIDE").and_then(|nside| u32::try_from(nside).ok());
    let nside = nside.filter(|nside| (1..=8192).contains(nside));
    let nside = nside.ok_or_else(|| Keywords { file, hdu }.wrong("NSIDE", "a whole number from 1 to 8192"))?;
    HealpixGrid::new(nside, ordering, frame).map_err(|error| Error::BadFits {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        reason: error.to_string(),
    })
}

fn bins(file: &FitsFile, hdu: &Hdu) -> Result<CosineBins> {
    let n = hdu.header().integer("NBRBINS").and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let n = n.ok_or_else(|| Keywords { file, hdu }.wrong("NBRBINS", "the number of cosine bins, at least 1"))?;
    let minimum = hdu.header().real("COSMIN").filter(|minimum| (-1.0..1.0).contains(minimum));
    let minimum =
        minimum.ok_or_else(|| Keywords { file, hdu }.wrong("COSMIN", "the least cosine, at least -1 and below 1"))?;
    let square_root = match hdu.header().text("THETABIN").map(str::trim) {
        Some("SQRT(1-COSTHETA)") => true,
        Some("COSTHETA") => false,
        _ => return Err(Keywords { file, hdu }.wrong("THETABIN", "SQRT(1-COSTHETA) or COSTHETA")),
    };
    Ok(CosineBins { n, minimum, square_root })
}

/// The bounds of the bins are told a second time in a table of their own.
fn check_bounds(file: &FitsFile, bins: &CosineBins) -> Result<()> {
    let hdu = match file.table("CTHETABOUNDS") {
        Err(Error::MissingHdu { .. }) => return Ok(()),
        found => found?,
    };
    let lower = file.read_column(hdu, "CTHETA_MIN")?;
    let expected = (1..=bins.n).map(|bin| {
        let f = bin as f64 / bins.n as f64;
        1.0 - (if bins.square_root { f * f } else { f }) * (1.0 - bins.minimum)
    });
    let agree = lower.len() == bins.n && lower.iter().zip(expected).all(|(a, b)| (a - b).abs() <= TOLERANCE);
    if agree {
        return Ok(());
    }
    Err(Error::Column {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        column: "CTHETA_MIN".into(),
        reason: "the bounds are not those that THETABIN, NBRBINS and COSMIN of table EXPOSURE tell".into(),
    })
}

/// The number of bins of azimuth, 0 for none.
fn azimuths(file: &FitsFile, hdu: &Hdu) -> Result<usize> {
    if hdu.header().get("PHIBINS").is_none() {
        return Ok(0);
    }
    let n = hdu.header().integer("PHIBINS").and_then(|n| usize::try_from(n).ok());
    n.filter(|n| *n <= 10_000)
        .ok_or_else(|| Keywords { file, hdu }.wrong("PHIBINS", "a number of bins from 0 to 10000"))
}

/// The times of all pixels, `[pixel, bin]`. Behind the bins of the cosine alone those of azimuth follow; where they do, they are taken.
fn times(file: &FitsFile, hdu: &Hdu, n: usize, n_azimuths: usize) -> Result<Array2<f32>> {
    const COLUMN: &str = "COSBINS";
    let width = file.column_repeat(hdu, COLUMN)?;
    let taken = n.saturating_mul(n_azimuths.max(1));
    let skipped = if n_azimuths > 0 { n } else { 0 };
    if width != taken.saturating_add(skipped) {
        return Err(Error::Column {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            column: COLUMN.into(),
            reason: format!(
                "{width} values a row, expected NBRBINS ({n}) times 1 + PHIBINS ({n_azimuths}); check the two keywords"
            ),
        });
    }
    let values = file.read_column(hdu, COLUMN)?;
    // There is a bin at least, so that no row is empty.
    let rows = values.chunks_exact(width);
    #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
    let times: Vec<f32> = rows.flat_map(|row| row.iter().skip(skipped).map(|&time| time as f32)).collect();
    let shape = (times.len() / taken, taken);
    Array2::from_shape_vec(shape, times).map_err(|error| Error::Shape {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found: format!("{shape:?}"),
        expected: error.to_string(),
    })
}
