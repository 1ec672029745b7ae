//! Counts by energy and place.

use std::path::Path;

use lat_io::{BinnedHeader, Photon};
use lat_response::{Frame, HealpixGrid, HealpixOrdering, SkyGrid, WcsGrid, WcsHeader};
use likelihood_core::CountsCube;
use ndarray::Array3;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::bins::EnergyBinning;
use crate::error::{Error, Result};
use crate::photons::Selection;

/// Counts of photons by energy and pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedCube {
    /// Counts, shape `[energy bin, y, x]`, or `[energy bin, 1, pixel]` for HEALPix pixels.
    pub cube: CountsCube,
    /// The pixels.
    pub grid: SkyGrid,
    /// What headers tell of the photons.
    pub header: BinnedHeader,
}

/// Counts of photons by pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedMap {
    /// Counts, a number a pixel, x the fastest.
    pub counts: Vec<f32>,
    /// The pixels.
    pub wcs: WcsHeader,
    /// What headers tell of the photons.
    pub header: BinnedHeader,
}

impl BinnedCube {
    /// Sets the livetime that headers tell, s; see [`livetime_within`](crate::livetime_within).
    #[must_use]
    pub fn with_exposure(mut self, livetime: f64) -> Self {
        self.header.exposure = Some(livetime);
        self
    }

    /// Sets the digest of what the cube is made from that its header tells.
    #[must_use]
    pub fn with_inputs(mut self, inputs: impl Into<String>) -> Self {
        self.header.inputs = Some(inputs.into());
        self
    }

    /// Writes the cube as gtbin lays it out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(lat_io::write_binned_cube(path, &self.grid, &self.cube, &self.header)?)
    }
}

impl BinnedMap {
    /// Sets the livetime that headers tell, s; see [`livetime_within`](crate::livetime_within).
    #[must_use]
    pub fn with_exposure(mut self, livetime: f64) -> Self {
        self.header.exposure = Some(livetime);
        self
    }

    /// Writes the map as gtbin lays it out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(lat_io::write_binned_map(path, &self.wcs, &self.counts, &self.header)?)
    }
}

/// Counts the photons of a selection by energy and pixel (gtbin, CCUBE and HEALPIX). Photons beyond the energies or off the map are not
/// counted.
///
/// # Errors
/// When photons cannot be read, or the map has more pixels than memory.
///
/// ```no_run
/// # let photons = lat_events::PhotonFiles::open(&["ft1_00.fits"])?;
/// use lat_events::{EnergyBinning, Selection};
/// use lat_response::{Frame, SkyGrid, WcsHeader};
/// let grid = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [83.63, 22.01]))?;
/// let cube = lat_events::bin_cube(&Selection::all(&photons), &grid, &EnergyBinning::logarithmic(100.0, 3e5, 28)?)?;
/// cube.write("ccube_00.fits".as_ref())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bin_cube(selection: &Selection<'_>, grid: &SkyGrid, energies: &EnergyBinning) -> Result<BinnedCube> {
    let [ny, nx] = grid.shape();
    let (bins, pixels) = (energies.axis().n_bins(), grid.n_pixels());
    let place = |photon: &Photon| {
        let bin = energies.bin(photon.energy)?;
        Some(bin * pixels + pixel_of(grid, photon)?)
    };
    let counts = counted(selection, bins.saturating_mul(pixels), place)?;
    let counts = Array3::from_shape_vec((bins, ny, nx), counts)
        .map_err(|error| Error::option("pixels", error, "rows and columns of a map"))?;
    let cube = CountsCube::new(energies.axis().clone(), counts)?;
    Ok(BinnedCube { cube, grid: grid.clone(), header: header(selection) })
}

/// Counts the photons of a selection by pixel, whatever their energy (gtbin, CMAP).
///
/// # Errors
/// When photons cannot be read, or the projection is unknown.
///
/// ```no_run
/// # let photons = lat_events::PhotonFiles::open(&["ft1_00.fits"])?;
/// use lat_response::{Frame, WcsHeader};
/// let wcs = WcsHeader::centered([200, 200], 0.1, Frame::Galactic, "STG", [184.56, -5.78]);
/// lat_events::bin_map(&lat_events::Selection::all(&photons), &wcs)?.write("cmap.fits".as_ref())?;
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn bin_map(selection: &Selection<'_>, wcs: &WcsHeader) -> Result<BinnedMap> {
    let grid = SkyGrid::Wcs(WcsGrid::new(wcs.clone())?);
    let counts = counted(selection, grid.n_pixels(), |photon| pixel_of(&grid, photon))?;
    Ok(BinnedMap { counts, wcs: wcs.clone(), header: header(selection) })
}

/// The HEALPix pixels within a radius (degrees) of a direction (longitude and latitude in the frame), with the text that gtbin describes
/// the region by.
///
/// # Errors
/// [`Error::Response`] for an order, direction or radius that cannot be.
///
/// ```
/// use lat_response::{Frame, HealpixOrdering};
/// let pixels = lat_events::pixels_within(6, HealpixOrdering::Ring, Frame::Celestial, [194.0465, -5.7893], 7.0)?;
/// assert_eq!((pixels.n_pixels(), pixels.region()), (183, Some("DISK(194.0465,-5.7893,7)")));
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn pixels_within(
    order: u8,
    ordering: HealpixOrdering,
    frame: Frame,
    [lon, lat]: [f64; 2],
    radius: f64,
) -> Result<HealpixGrid> {
    let nside = 1u32.checked_shl(order.into()).unwrap_or(0);
    let center = frame.direction(lon, lat);
    let center = center.map_err(|error| Error::option("xref,yref", error, "longitude and latitude in degrees"))?;
    let grid = HealpixGrid::new(nside, ordering, frame)?.disk(&center, radius)?;
    Ok(grid.with_region(format!("DISK({lon},{lat},{radius})")))
}

/// What headers tell of the photons of a selection.
pub(super) fn header(selection: &Selection<'_>) -> BinnedHeader {
    BinnedHeader {
        cuts: selection.cuts().to_vec(),
        good_times: selection.good_times().intervals().to_vec(),
        times: selection.times(),
        exposure: None,
        inputs: None,
    }
}

/// The pixel that a photon falls in. Of an image the left and lower edges belong to a pixel, as gtbin counts.
///
/// ```
/// use lat_response::{Frame, SkyGrid, WcsHeader};
/// let grid = SkyGrid::wcs(WcsHeader::centered([3, 3], 0.1, Frame::Celestial, "AIT", [83.63, 22.01]))?;
/// let photon = lat_io::Photon { time: 3e8, energy: 500.0, ra: 83.63, dec: 22.01 };
/// assert_eq!(lat_events::pixel_of(&grid, &photon), Some(4));
/// # Ok::<(), lat_response::Error>(())
/// ```
pub fn pixel_of(grid: &SkyGrid, photon: &Photon) -> Option<usize> {
    let direction = SkyDirection::new(photon.ra, photon.dec).ok()?;
    let SkyGrid::Wcs(wcs) = grid else { return grid.pixel(&direction) };
    let (x, y) = wcs.to_pixel(&direction)?;
    let [nx, ny] = wcs.size();
    let place = |x: f64, n: usize| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the image by the test")]
        (0.5 <= x && x < n as f64 + 0.5).then(|| ((x - 0.5) as usize).min(n - 1))
    };
    Some(place(y, ny)? * nx + place(x, nx)?)
}

/// Counts the photons of a selection by the place that each has, if it has one.
pub(super) fn counted(
    selection: &Selection<'_>,
    places: usize,
    place: impl Fn(&Photon) -> Option<usize> + Sync,
) -> Result<Vec<f32>> {
    let mut counts: Vec<f32> = Vec::new();
    counts
        .try_reserve_exact(places)
        .map_err(|_| Error::option("bins", format!("{places} in all"), "as many as fit in memory"))?;
    counts.resize(places, 0.0);
    selection.visit(|_, kept| {
        let found: Vec<_> = kept.par_iter().with_min_len(1024).map(|(_, photon)| place(photon)).collect();
        for place in found.into_iter().flatten() {
            // Whole numbers of 32-bit floats are exact up to 2^24; more photons no bin has.
            if let Some(count) = counts.get_mut(place) {
                *count += 1.0;
            }
        }
        Ok::<(), Error>(())
    })?;
    Ok(counts)
}
