//! Bins of energy and time, and the bin that a value falls in by the rules of gtbin: the lower end belongs to a bin, the upper one to the
//! next.

use likelihood_core::EnergyAxis;
use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// Many times what any map needs.
const MOST_BINS: usize = 1_000_000;

/// Energies of a file are 32-bit floats: edges that are equal steps of the logarithm up to this are logarithmic bins.
const ROUNDING: f64 = 1e-6;

/// Bins of energy.
#[derive(Clone, Debug, PartialEq)]
pub struct EnergyBinning {
    axis: EnergyAxis,
    logarithmic: bool,
}

/// Edges, and whether they were asked for as logarithmic.
impl Serialize for EnergyBinning {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        (self.axis.edges(), self.logarithmic).serialize(serializer)
    }
}

impl EnergyBinning {
    /// `n` bins between two energies in MeV, of equal width in ln E (`ebinalg=LOG`).
    ///
    /// # Errors
    /// [`Error::Option`] for energies or a number of bins that cannot be.
    ///
    /// ```
    /// use lat_events::EnergyBinning;
    /// let bins = EnergyBinning::logarithmic(100.0, 1e5, 24)?;
    /// assert_eq!(bins.axis().n_bins(), 24);
    /// assert_eq!((bins.bin(100.0), bins.bin(1e5)), (Some(0), None));
    /// # Ok::<(), lat_events::Error>(())
    /// ```
    pub fn logarithmic(emin: f64, emax: f64, n: usize) -> Result<Self> {
        if !(emin.is_finite() && emax.is_finite() && 0.0 < emin && emin < emax) {
            return Err(Error::option(
                "emin:emax",
                format!("{emin}:{emax}"),
                "two energies in MeV, the first below the second",
            ));
        }
        if !(1..=MOST_BINS).contains(&n) {
            return Err(Error::option("enumbins", n, "a number of bins, at least 1"));
        }
        let step = (emax / emin).ln();
        let edge = |bin: usize| match bin {
            0 => emin,
            bin if bin == n => emax,
            bin => emin * (bin as f64 * step / n as f64).exp(),
        };
        Ok(Self { axis: EnergyAxis::new((0..=n).map(edge).collect())?, logarithmic: true })
    }

    /// Bins with these edges in MeV (`ebinalg=FILE`).
    ///
    /// # Errors
    /// [`Error::Counts`] when the edges are not positive and increasing.
    pub fn edges(edges: Vec<f64>) -> Result<Self> {
        Ok(Self { axis: EnergyAxis::new(edges)?, logarithmic: false })
    }

    /// The bins of a file in the layout of gtbindef, or of the counts cube of another analysis (`ebinalg=FILE`).
    ///
    /// # Errors
    /// When it cannot be read, or its bins do not follow each other.
    pub fn read(path: &std::path::Path) -> Result<Self> {
        let edges = lat_io::read_energy_bins(path)?;
        Ok(Self { axis: edges, logarithmic: false })
    }

    /// The bins of a counts cube as its photons were counted: logarithmic ones by their formula, as their edges in a file are rounded to 32-bit
    /// floats of keV.
    ///
    /// # Errors
    /// In principle only: the edges are those of an axis.
    pub fn counted(axis: &EnergyAxis) -> Result<Self> {
        let (edges, n) = (axis.edges(), axis.n_bins());
        if let (Some(&first), Some(&last)) = (edges.first(), edges.last()) {
            let (first, last) = (shortest(first), shortest(last));
            let step = (last / first).ln() / n as f64;
            let regular = |(bin, edge): (usize, &f64)| (edge.ln() - first.ln() - step * bin as f64).abs() < ROUNDING;
            if edges.iter().enumerate().all(regular) {
                return Self::logarithmic(first, last, n);
            }
        }
        Self::edges(edges.to_vec())
    }

    /// The edges.
    pub fn axis(&self) -> &EnergyAxis {
        &self.axis
    }

    /// The bin that an energy in MeV falls in. Logarithmic bins are counted by their formula and not by their edges, which are rounded.
    pub fn bin(&self, energy: f64) -> Option<usize> {
        let edges = self.axis.edges();
        let (&first, &last) = (edges.first()?, edges.last()?);
        if !(first <= energy && energy < last) {
            return None;
        }
        if !self.logarithmic {
            return Some(edges.partition_point(|edge| *edge <= energy) - 1);
        }
        let n = self.axis.n_bins();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, at most n by the test above"
        )]
        let bin = (n as f64 * (energy / first).ln() / (last / first).ln()) as usize;
        Some(bin.min(n - 1))
    }
}

/// The energy of the fewest digits that a file of 32-bit keV tells as this one.
fn shortest(energy: f64) -> f64 {
    let told = |energy: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "as the file format has it")]
        let kev = (energy * 1000.0) as f32;
        f64::from(kev) / 1000.0
    };
    let candidate = |digits: usize| format!("{energy:.digits$e}").parse::<f64>().ok();
    (0..9).filter_map(candidate).find(|short| told(*short) == energy).unwrap_or(energy)
}

/// Bins of time that follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeBinning {
    edges: Vec<f64>,
    /// Width of equal bins; the last may be shorter.
    width: Option<f64>,
}

impl TimeBinning {
    /// Bins of `width` seconds from `start` on; the last ends at `stop` and may be shorter (`tbinalg=LIN`).
    ///
    /// # Errors
    /// [`Error::Option`] for times or a width that cannot be.
    ///
    /// ```
    /// let bins = lat_events::TimeBinning::linear(0.0, 25.0, 10.0)?;
    /// assert_eq!(bins.edges(), [0.0, 10.0, 20.0, 25.0]);
    /// # Ok::<(), lat_events::Error>(())
    /// ```
    pub fn linear(start: f64, stop: f64, width: f64) -> Result<Self> {
        if !(start.is_finite() && stop.is_finite() && start < stop) {
            return Err(Error::option(
                "tstart:tstop",
                format!("{start}:{stop}"),
                "two times in s, the first before the second",
            ));
        }
        let n = ((stop - start) / width).ceil();
        if !(width > 0.0 && n <= MOST_BINS as f64) {
            return Err(Error::option("dtime", width, "a width in s above 0 that makes at most a million bins"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to a million")]
        let n = n as usize;
        let edges = (0..n).map(|bin| start + bin as f64 * width).chain([stop]).collect();
        Ok(Self { edges, width: Some(width) })
    }

    /// Bins with these edges in s.
    ///
    /// # Errors
    /// [`Error::Option`] when there are fewer than two, or they do not increase.
    pub fn from_edges(edges: Vec<f64>) -> Result<Self> {
        let increase = edges.windows(2).all(|pair| pair[0] < pair[1]) && edges.iter().all(|edge| edge.is_finite());
        if edges.len() < 2 || !increase {
            return Err(Error::option("time bins", format!("{edges:?}"), "at least two times in s, increasing"));
        }
        Ok(Self { edges, width: None })
    }

    /// The edges, one more than there are bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Begin of the first and end of the last bin.
    pub fn span(&self) -> (f64, f64) {
        let end = |edge: Option<&f64>| edge.copied().unwrap_or_default();
        (end(self.edges.first()), end(self.edges.last()))
    }

    /// The bin that a time falls in.
    pub fn bin(&self, time: f64) -> Option<usize> {
        let (start, stop) = self.span();
        if !(start <= time && time < stop) {
            return None;
        }
        let Some(width) = self.width else { return Some(self.edges.partition_point(|edge| *edge <= time) - 1) };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a million by construction"
        )]
        let bin = ((time - start) / width) as usize;
        Some(bin.min(self.edges.len() - 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_and_explicit_bins_agree_away_from_their_edges() {
        let logarithmic = EnergyBinning::logarithmic(100.0, 1e5, 7).unwrap();
        let explicit = EnergyBinning::edges(logarithmic.axis().edges().to_vec()).unwrap();
        for step in 0..2000 {
            let energy = 99.0 * 1.0036f64.powi(step);
            assert_eq!(logarithmic.bin(energy), explicit.bin(energy), "{energy}");
        }
        assert_eq!((explicit.bin(100.0), explicit.bin(99.99), explicit.bin(1e5)), (Some(0), None, None));
        assert_eq!(explicit.bin(f64::NAN), None);
    }

    #[test]
    fn bins_of_a_file_count_as_they_were_made() {
        let made = EnergyBinning::logarithmic(100.0, 300_000.0, 28).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "as the file format has it")]
        let told = |edge: &f64| f64::from((edge * 1000.0) as f32) / 1000.0;
        let read = EnergyAxis::new(made.axis().edges().iter().map(told).collect()).unwrap();
        let read = EnergyBinning::counted(&read).unwrap();
        for i in 0..10_000 {
            #[expect(clippy::cast_possible_truncation, reason = "as photon files have it")]
            let energy = f64::from((100.0 * 3000f64.powf(f64::from(i) / 10_000.0)) as f32);
            assert_eq!(read.bin(energy), made.bin(energy), "{energy}");
        }
        for edge in made.axis().edges().iter().flat_map(|edge| [edge * (1.0 - 1e-13), *edge, edge * (1.0 + 1e-13)]) {
            assert_eq!(read.bin(edge), made.bin(edge), "{edge}");
        }
        let irregular = EnergyAxis::new(vec![100.0, 200.0, 500.0]).unwrap();
        let expected = EnergyBinning::edges(vec![100.0, 200.0, 500.0]).unwrap();
        assert_eq!(EnergyBinning::counted(&irregular).unwrap(), expected);
    }

    #[test]
    fn times_at_edges_belong_to_the_bin_that_begins() {
        let linear = TimeBinning::linear(10.0, 35.0, 10.0).unwrap();
        let explicit = TimeBinning::from_edges(vec![10.0, 20.0, 30.0, 35.0]).unwrap();
        for bins in [linear, explicit] {
            let found: Vec<_> = [9.9, 10.0, 19.9, 20.0, 30.0, 34.9, 35.0].map(|time| bins.bin(time)).to_vec();
            assert_eq!(found, [None, Some(0), Some(0), Some(1), Some(2), Some(2), None]);
        }
    }

    #[test]
    fn bins_that_cannot_be_are_refused() {
        assert!(EnergyBinning::logarithmic(0.0, 10.0, 3).is_err());
        assert!(EnergyBinning::logarithmic(10.0, 10.0, 3).is_err());
        assert!(EnergyBinning::logarithmic(1.0, f64::NAN, 3).is_err());
        assert!(EnergyBinning::logarithmic(1.0, 10.0, 0).unwrap_err().to_string().contains("enumbins"));
        assert!(EnergyBinning::edges(vec![1.0, 1.0]).is_err());
        assert!(TimeBinning::linear(0.0, 10.0, 0.0).is_err());
        assert!(TimeBinning::linear(0.0, 10.0, f64::NAN).is_err());
        assert!(TimeBinning::linear(0.0, 1e300, 1.0).is_err());
        assert!(TimeBinning::from_edges(vec![0.0, f64::INFINITY]).is_err());
    }
}
