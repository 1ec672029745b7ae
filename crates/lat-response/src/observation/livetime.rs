//! How long each direction of the sky was seen at each inclination.

use std::f64::consts::FRAC_PI_4;

use ndarray::{Array2, Axis};
use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::geometry::HealpixGrid;

/// Bins of the cosine of the inclination from 1 downwards, in the LAT's livetime cubes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineBins {
    /// Number of bins.
    pub n: usize,
    /// The least cosine.
    pub minimum: f64,
    /// Whether the bins are equal in the square root of 1 - cosine (as usual), and not in the cosine.
    pub square_root: bool,
}

impl CosineBins {
    /// The cosines at which the LAT tools evaluate the response: the middle of each bin, in the variable that the bins are equal in.
    ///
    /// ```
    /// use lat_response::CosineBins;
    /// let bins = CosineBins { n: 2, minimum: 0.0, square_root: true };
    /// assert_eq!(bins.centers(), [1.0 - 0.0625, 1.0 - 0.5625]);
    /// ```
    pub fn centers(&self) -> Vec<f64> {
        let middle = |bin: usize| {
            let f = (bin as f64 + 0.5) / self.n as f64;
            if self.square_root { f * f } else { f }
        };
        (0..self.n).map(|bin| 1.0 - middle(bin) * (1.0 - self.minimum)).collect()
    }
}

/// Livetime in seconds by direction and inclination (gtltcube's table), and the same weighted with the fraction of time that the instrument
/// was live.
///
/// It may be known by azimuth too, in bins of equal size between 0 and 45 deg into which the LAT tools fold the whole circle.
#[derive(Clone, Debug)]
pub struct LivetimeCube {
    pixels: HealpixGrid,
    cosines: Vec<f64>,
    /// Radians; none when the livetime is not known by azimuth.
    azimuths: Vec<f64>,
    /// `[pixel, bin]`, all cosine bins of the first azimuth, then those of the next.
    livetime: Array2<f32>,
    weighted: Option<Array2<f32>>,
}

impl LivetimeCube {
    /// A cube of seconds, shape `[pixel, cosine bin]`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::BadValue`] for tables that do not fit pixels and bins, are negative or not finite, and for pixels or bins that
    /// cannot be, or pixels that are not the whole sky.
    pub fn new(
        pixels: HealpixGrid,
        bins: CosineBins,
        livetime: Array2<f32>,
        weighted: Option<Array2<f32>>,
    ) -> Result<Self> {
        Self::by_azimuth(pixels, bins, 0, livetime, weighted)
    }

    /// A cube of seconds, shape `[pixel, bin]`, with bins of azimuth: all cosine bins of the first, then those of the next. With none as
    /// [`LivetimeCube::new`].
    ///
    /// # Errors
    /// As [`LivetimeCube::new`].
    pub fn by_azimuth(
        pixels: HealpixGrid,
        bins: CosineBins,
        n_azimuths: usize,
        livetime: Array2<f32>,
        weighted: Option<Array2<f32>>,
    ) -> Result<Self> {
        if !pixels.is_full_sky() {
            let reason = "a livetime cube of a part of the sky, expected all of it".into();
            return Err(Error::Healpix { reason });
        }
        Self::of_part(pixels, bins, n_azimuths, livetime, weighted)
    }

    /// The same in some pixels of the sky: elsewhere nothing is known, and what is asked there ends in an error.
    ///
    /// # Errors
    /// As [`LivetimeCube::new`], but for the pixels that are not all of the sky.
    pub fn of_part(
        pixels: HealpixGrid,
        bins: CosineBins,
        n_azimuths: usize,
        livetime: Array2<f32>,
        weighted: Option<Array2<f32>>,
    ) -> Result<Self> {
        if !(-1.0..1.0).contains(&bins.minimum) {
            let what = "the least cosine of a livetime cube".into();
            return Err(Error::BadValue { what, value: bins.minimum, expected: "a cosine of at least -1 and below 1" });
        }
        let tables = [("livetime", Some(&livetime)), ("weighted livetime", weighted.as_ref())];
        let n_bins = bins.n.saturating_mul(n_azimuths.max(1));
        for (what, table) in tables.into_iter().filter_map(|(what, table)| Some((what, table?))) {
            if table.dim() != (pixels.n_pixels(), n_bins) || n_bins == 0 {
                return Err(Error::Shape {
                    what: what.into(),
                    found: format!("{:?}", table.shape()),
                    expected: format!(
                        "[{} pixels, {} bins of cosine (at least 1) and azimuth]",
                        pixels.n_pixels(),
                        n_bins
                    ),
                });
            }
            if let Some(((pixel, bin), &value)) = table.indexed_iter().find(|(_, t)| !(t.is_finite() && **t >= 0.0)) {
                return Err(Error::BadValue {
                    what: format!("{what}, pixel {pixel}, bin {bin}"),
                    value: f64::from(value),
                    expected: "a finite time of at least 0 s",
                });
            }
        }
        let azimuths = (0..n_azimuths).map(|bin| FRAC_PI_4 * (bin as f64 + 0.5) / n_azimuths as f64).collect();
        Ok(Self { pixels, cosines: bins.centers(), azimuths, livetime, weighted })
    }

    /// The same cube without the time at inclinations (degrees) outside a range: `thmin` and `thmax` of gtexpcube2. A bin counts by its centre.
    #[must_use]
    pub fn limited_to(mut self, inclinations: std::ops::RangeInclusive<f64>) -> Self {
        let bins: Vec<f64> = self.bins().map(|(cosine, _)| cosine).collect();
        for (bin, cosine) in bins.into_iter().enumerate() {
            if !inclinations.contains(&cosine.acos().to_degrees()) {
                self.livetime.column_mut(bin).fill(0.0);
                if let Some(weighted) = &mut self.weighted {
                    weighted.column_mut(bin).fill(0.0);
                }
            }
        }
        self
    }

    /// Cosines of the inclination at which the response is to be evaluated, one a bin.
    pub fn cosines(&self) -> &[f64] {
        &self.cosines
    }

    /// All bins in their order: the cosine of the inclination and, where it is known, the azimuth in radians.
    pub fn bins(&self) -> impl Iterator<Item = (f64, Option<f64>)> {
        let azimuths =
            self.azimuths.iter().map(|azimuth| Some(*azimuth)).chain(self.azimuths.is_empty().then_some(None));
        azimuths.flat_map(|azimuth| self.cosines.iter().map(move |&cosine| (cosine, azimuth)))
    }

    /// Whether the livetime is known weighted, too.
    pub fn is_weighted(&self) -> bool {
        self.weighted.is_some()
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let tables = 1 + usize::from(self.weighted.is_some());
        tables * size_of::<f32>() * self.livetime.len()
    }

    /// The pixels.
    pub fn pixels(&self) -> &HealpixGrid {
        &self.pixels
    }

    /// The same in some of its pixels alone, by their numbers in the table. Memory: 8 bytes a pixel and bin.
    ///
    /// # Errors
    /// [`Error::Healpix`] for no pixels, or one that is not there.
    pub fn part(&self, pixels: &[usize]) -> Result<Self> {
        let numbers = pixels.iter().map(|&pixel| {
            let missing = || Error::Healpix { reason: format!("pixel {pixel} is not in the livetime cube") };
            self.pixels.sphere_pixel(pixel).ok_or_else(missing)
        });
        let numbers = numbers.collect::<Result<Vec<u64>>>()?;
        let sphere = HealpixGrid::new(self.pixels.nside(), self.pixels.ordering(), self.pixels.frame())?;
        let rows = |table: &Array2<f32>| table.select(Axis(0), pixels);
        Ok(Self {
            pixels: sphere.with_pixels(numbers)?,
            cosines: self.cosines.clone(),
            azimuths: self.azimuths.clone(),
            livetime: rows(&self.livetime),
            weighted: self.weighted.as_ref().map(rows),
        })
    }

    /// The times of the pixel that a direction falls in.
    ///
    /// # Errors
    /// [`Error::Healpix`] for a direction that a cube of a part of the sky does not hold.
    pub fn at(&self, direction: &SkyDirection) -> Result<Livetime<'_>> {
        let pixel = self.pixels.local_pixel(self.pixels.sphere_pixel_of(direction)).ok_or_else(|| Error::Healpix {
            reason: format!(
                "RA {:.4}, Dec {:.4} deg lies beyond the part of the sky that the livetime is known of; sum it over a larger region",
                direction.ra(),
                direction.dec()
            ),
        })?;
        Ok(Livetime { cube: self, pixel })
    }
}

/// The times in seconds of one direction, a bin each ([`LivetimeCube::bins`]).
#[derive(Clone, Copy, Debug)]
pub struct Livetime<'a> {
    cube: &'a LivetimeCube,
    pixel: usize,
}

impl Livetime<'_> {
    /// Livetime.
    pub fn times(&self) -> impl Iterator<Item = f64> {
        self.cube.livetime.row(self.pixel).into_iter().map(|&t| f64::from(t))
    }

    /// Livetime weighted with the livetime fraction, where the cube has it.
    pub fn weighted(&self) -> Option<impl Iterator<Item = f64>> {
        self.cube.weighted.as_ref().map(|table| table.row(self.pixel).into_iter().map(|&t| f64::from(t)))
    }

    /// Livetime of each bin of inclination, whatever the azimuth.
    pub fn by_inclination(&self) -> Vec<f64> {
        let times: Vec<f64> = self.times().collect();
        self.summed(&times)
    }

    /// Exposure of each bin of inclination, cm^2 s, with these effective areas, cm^2 a bin: area times livetime, with these factors of livetime and
    /// weighted livetime that correct for the trigger rate, summed over the azimuth.
    ///
    /// # Errors
    /// [`Error::NoWeightedLivetime`] when the correction needs weighted livetime and the cube has none.
    pub(crate) fn exposure(&self, areas: &[f64], (f1, f2): (f64, f64)) -> Result<Vec<f64>> {
        let mut times: Vec<f64> = self.times().map(|t| f1 * t).collect();
        if f2 != 0.0 {
            let weighted = self.weighted().ok_or(Error::NoWeightedLivetime)?;
            times.iter_mut().zip(weighted).for_each(|(t, w)| *t += f2 * w);
        }
        times.iter_mut().zip(areas).for_each(|(time, area)| *time *= area);
        Ok(self.summed(&times))
    }

    /// Sums over the azimuth.
    fn summed(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.cube.cosines.len()];
        for part in values.chunks(sums.len().max(1)) {
            for (sum, value) in sums.iter_mut().zip(part) {
                *sum += value;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Frame, HealpixOrdering};

    const BINS: CosineBins = CosineBins { n: 5, minimum: 0.0, square_root: true };

    fn pixels() -> HealpixGrid {
        HealpixGrid::new(4, HealpixOrdering::Nested, Frame::Celestial).unwrap()
    }

    #[test]
    fn times_of_a_direction_and_a_range_of_inclinations() {
        let table = Array2::from_shape_fn((192, 5), |(pixel, bin)| (pixel * 5 + bin) as f32);
        let cube = LivetimeCube::new(pixels(), BINS, table, None).unwrap();
        let direction = SkyDirection::new(83.6, 22.0).unwrap();
        let pixel = pixels().pixel(&direction).unwrap() as f64;
        assert_eq!(
            cube.at(&direction).unwrap().times().collect::<Vec<_>>(),
            [0.0, 1.0, 2.0, 3.0, 4.0].map(|bin| pixel * 5.0 + bin)
        );
        // Centres at 0.99, 0.91, 0.75, 0.51, 0.19: 8.1, 24.5, 41.4, 59.3, 79.0 deg.
        let limited = cube.limited_to(10.0..=60.0);
        assert_eq!(
            limited.at(&direction).unwrap().by_inclination(),
            [0.0, 1.0, 2.0, 3.0, 0.0].map(|bin| if bin == 0.0 { 0.0 } else { pixel * 5.0 + bin })
        );
    }

    #[test]
    fn bins_of_azimuth_follow_each_other() {
        let table = Array2::from_shape_fn((192, 10), |(_, bin)| (bin + 1) as f32);
        let cube = LivetimeCube::by_azimuth(pixels(), BINS, 2, table, None).unwrap();
        let direction = SkyDirection::new(83.6, 22.0).unwrap();
        assert_eq!(cube.at(&direction).unwrap().by_inclination(), [7.0, 9.0, 11.0, 13.0, 15.0]);
        let bins: Vec<_> = cube.bins().collect();
        assert_eq!((bins.len(), bins[6].0), (10, cube.cosines()[1]));
        for (bin, degrees) in [(0, 11.25), (4, 11.25), (5, 33.75)] {
            approx::assert_relative_eq!(bins[bin].1.unwrap().to_degrees(), degrees, max_relative = 1e-12);
        }
        let limited = cube.limited_to(0.0..=60.0);
        assert_eq!(limited.at(&direction).unwrap().by_inclination(), [7.0, 9.0, 11.0, 13.0, 0.0]);
        assert!(LivetimeCube::by_azimuth(pixels(), BINS, 3, Array2::zeros((192, 10)), None).is_err());
        assert!(LivetimeCube::by_azimuth(pixels(), BINS, usize::MAX, Array2::zeros((192, 10)), None).is_err());
    }

    #[test]
    fn cubes_that_cannot_be_are_refused() {
        let table = |value: f32| Array2::from_elem((192, 5), value);
        assert!(LivetimeCube::new(pixels(), BINS, table(1.0), Some(table(0.9))).is_ok());
        assert!(LivetimeCube::new(pixels(), BINS, table(-1.0), None).is_err());
        assert!(LivetimeCube::new(pixels(), BINS, table(1.0), Some(table(f32::NAN))).is_err());
        assert!(LivetimeCube::new(pixels(), CosineBins { n: 4, ..BINS }, table(1.0), None).is_err());
        assert!(LivetimeCube::new(pixels(), CosineBins { minimum: 1.0, ..BINS }, table(1.0), None).is_err());
        let part = pixels().with_pixels(vec![0, 7]).unwrap();
        assert!(LivetimeCube::new(part, BINS, Array2::from_elem((2, 5), 1.0), None).is_err());
    }

    #[test]
    fn a_part_has_the_times_of_its_pixels_and_refuses_others() {
        let table = Array2::from_shape_fn((192, 5), |(pixel, bin)| (pixel * 5 + bin) as f32);
        let all = LivetimeCube::new(pixels(), BINS, table, None).unwrap();
        let (inside, outside) = (SkyDirection::new(83.6, 22.0).unwrap(), SkyDirection::new(263.6, -22.0).unwrap());
        let part = all.part(&[3, pixels().pixel(&inside).unwrap()]).unwrap();
        assert_eq!(part.pixels().n_pixels(), 2);
        let times = |cube: &LivetimeCube| cube.at(&inside).unwrap().times().collect::<Vec<_>>();
        assert_eq!(times(&part), times(&all));
        assert!(part.at(&outside).unwrap_err().to_string().contains("larger region"));
        assert!(all.part(&[192]).is_err() && all.part(&[]).is_err());
    }
}
