//! Counts by time, energy and place: the cubes of all bins of a light curve from one reading of the photons.

use lat_io::{BinnedHeader, Photon};
use lat_response::SkyGrid;
use likelihood_core::{CountsCube, EnergyAxis};
use ndarray::Array3;
use rayon::prelude::*;

use super::bins::EnergyBinning;
use super::maps::{BinnedCube, header, pixel_of};
use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::photons::Selection;
use crate::time_bins::TimeBins;

/// Counts cubes of bins of time, kept as the places of their photons: 8 bytes a photon, however many bins there are.
#[derive(Clone, Debug)]
pub struct CubesByTime {
    bins: TimeBins,
    grid: SkyGrid,
    axis: EnergyAxis,
    /// For each bin the places of its photons in a cube, energy bin by energy bin.
    places: Vec<Vec<usize>>,
    header: BinnedHeader,
}

impl CubesByTime {
    /// The bins.
    pub fn bins(&self) -> &TimeBins {
        &self.bins
    }

    /// How many photons a bin has in its cube; 0 for a bin that is not there.
    pub fn photons(&self, bin: usize) -> usize {
        self.places.get(bin).map_or(0, Vec::len)
    }

    /// How many bytes so many photons take.
    pub fn expected_bytes(photons: usize) -> usize {
        photons * size_of::<usize>()
    }

    /// The cube of a bin, with the good times within the bin in its header.
    ///
    /// # Errors
    /// [`Error::Option`] for a bin that is not there, or a cube larger than memory.
    pub fn cube(&self, bin: usize) -> Result<BinnedCube> {
        let (Some(places), Some(&(start, stop))) = (self.places.get(bin), self.bins.bins().get(bin)) else {
            return Err(Error::option("time bin", bin, "the number of a bin, counted from 0"));
        };
        let [ny, nx] = self.grid.shape();
        let mut counts = Array3::<f32>::zeros((self.axis.n_bins(), ny, nx));
        if let Some(counts) = counts.as_slice_mut() {
            for &place in places {
                // Whole numbers of 32-bit floats are exact up to 2^24; more photons no bin has.
                if let Some(count) = counts.get_mut(place) {
                    *count += 1.0;
                }
            }
        }
        let mut header = self.header.clone();
        let good_times = GoodTimes::new(header.good_times);
        header.good_times = good_times.intersection(&GoodTimes::new([(start, stop)])).intervals().to_vec();
        header.times = (header.times.0.max(start), header.times.1.min(stop));
        let cube = CountsCube::new(self.axis.clone(), counts)?;
        Ok(BinnedCube { cube, grid: self.grid.clone(), header })
    }
}

/// Counts the photons of a selection by energy and pixel in each bin of time, as [`bin_cube`](crate::bin_cube) counts them all, in one reading
/// of the files. Of bins that follow each other over all photons the sum is the cube of them all: a photon at the very end of a good time belongs to the bin
/// that has this good time ([`TimeBins::bin_of_photon`]).
///
/// Memory: 8 bytes a photon that lies in a bin.
///
/// # Errors
/// When photons cannot be read.
///
/// ```no_run
/// # let photons = lat_events::PhotonFiles::open(&["ft1_00.fits"])?;
/// use lat_events::{EnergyBinning, Selection, TimeBins};
/// use lat_response::{Frame, SkyGrid, WcsHeader};
/// let grid = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [83.63, 22.01]))?;
/// let weeks = TimeBins::new((0..52).map(|week| (5.4e8 + 604_800.0 * f64::from(week), 5.4e8 + 604_800.0 * f64::from(week + 1))).collect())?;
/// let cubes = lat_events::bin_cubes(&Selection::all(&photons), &grid, &EnergyBinning::logarithmic(100.0, 3e5, 28)?, &weeks)?;
/// cubes.cube(17)?.write("ccube_week17.fits".as_ref())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn bin_cubes(
    selection: &Selection<'_>,
    grid: &SkyGrid,
    energies: &EnergyBinning,
    bins: &TimeBins,
) -> Result<CubesByTime> {
    let pixels = grid.n_pixels();
    let good_times = selection.good_times();
    let place = |photon: &Photon| {
        let bin = bins.bin_of_photon(photon.time, good_times)?;
        let energy = energies.bin(photon.energy)?;
        Some((bin, energy * pixels + pixel_of(grid, photon)?))
    };
    let mut places: Vec<Vec<usize>> = vec![Vec::new(); bins.bins().len()];
    selection.visit(|_, kept| {
        let found: Vec<_> = kept.par_iter().with_min_len(1024).map(|(_, photon)| place(photon)).collect();
        for (bin, place) in found.into_iter().flatten() {
            if let Some(places) = places.get_mut(bin) {
                places.push(place);
            }
        }
        Ok::<(), Error>(())
    })?;
    Ok(CubesByTime {
        bins: bins.clone(),
        grid: grid.clone(),
        axis: energies.axis().clone(),
        places,
        header: header(selection),
    })
}
