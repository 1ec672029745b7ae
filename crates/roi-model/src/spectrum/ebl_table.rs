//! Optical depths of the extragalactic background light.

use super::formula::Number;
use crate::error::{Error, Result, finite};

const KIND: &str = "table of EBL optical depths";

/// The unit of the energies in a text of optical depths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnergyUnit {
    /// MeV: the tables of Gilmore et al. 2012.
    MeV,
    /// `GeV`: the other tables of the LAT tools.
    GeV,
}

/// Optical depth tau as a function of energy and redshift, for one model of the extragalactic background light.
///
/// Between the entries, tau is linear in redshift, and then ln tau linear in ln E; it is zero up to the first redshift, up to
/// the first energy, and beside an entry of zero. The reference does the same in single precision.
#[derive(Debug, Clone, PartialEq)]
pub struct EblTable {
    /// MeV, strictly increasing.
    energies: Vec<f64>,
    /// Strictly increasing.
    redshifts: Vec<f64>,
    /// One row an energy, one column a redshift.
    depths: Vec<Vec<f64>>,
}

impl EblTable {
    /// A table from energies (MeV), redshifts, and for each energy a row of optical depths, one a redshift.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a wrong shape, for energies or redshifts that do not increase, and for negative or
    /// infinite depths.
    pub fn new(energies: Vec<f64>, redshifts: Vec<f64>, depths: Vec<Vec<f64>>) -> Result<Self> {
        let invalid = |place: String, reason: String| Error::InvalidTable { table: KIND, place, reason };
        for (what, values) in [("energies", &energies), ("redshifts", &redshifts)] {
            let rising = values.is_sorted_by(|a, b| a < b) && values.iter().all(|x| x.is_finite() && *x >= 0.0);
            if values.len() < 2 || !rising {
                let reason = "two or more, not negative and strictly increasing, are needed".to_owned();
                return Err(invalid(what.to_owned(), reason));
            }
        }
        if energies.first().is_some_and(|&first| first == 0.0) {
            return Err(invalid("energies".to_owned(), "the first energy is zero".to_owned()));
        }
        if !energies.is_sorted_by(|a, b| a.ln() < b.ln()) {
            let reason = "two energies are so close that their logarithms are the same".to_owned();
            return Err(invalid("energies".to_owned(), reason));
        }
        if depths.len() != energies.len() {
            let reason = format!("{} rows of optical depths for {} energies", depths.len(), energies.len());
            return Err(invalid("the whole".to_owned(), reason));
        }
        for (row, n) in depths.iter().zip(1..) {
            if row.len() != redshifts.len() {
                let reason = format!("{} optical depths for {} redshifts", row.len(), redshifts.len());
                return Err(invalid(format!("row {n}"), reason));
            }
            if let Some(bad) = row.iter().find(|tau| !(tau.is_finite() && **tau >= 0.0)) {
                let reason = format!("an optical depth is {bad}; it must be finite and not negative");
                return Err(invalid(format!("row {n}"), reason));
            }
        }
        Ok(Self { energies, redshifts, depths })
    }

    /// A table in the format of the LAT tools: after sixteen characters, the first line lists the redshifts, separated
    /// by commas; each further line has an energy and one optical depth a redshift. Lines with another number of columns
    /// are skipped.
    ///
    /// # Errors
    /// [`Error::InvalidTable`].
    pub fn parse(text: &str, unit: EnergyUnit) -> Result<Self> {
        let mut lines = (1..).zip(text.lines());
        let number = |line: usize, word: &str| {
            word.trim().parse::<f64>().map_err(|_| Error::InvalidTable {
                table: KIND,
                place: format!("line {line}"),
                reason: format!("{:?} is no number", word.trim()),
            })
        };
        let header = lines.next().map_or("", |(_, line)| line);
        let list = header.char_indices().nth(16).and_then(|(start, _)| header.get(start..)).unwrap_or("");
        let redshifts: Vec<f64> = list.split(',').map(|word| number(1, word)).collect::<Result<_>>()?;
        let (mut energies, mut depths) = (Vec::new(), Vec::new());
        for (n, line) in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Some((energy, row)) = words.split_first().filter(|(_, row)| row.len() == redshifts.len()) {
                let factor = if unit == EnergyUnit::GeV { 1000.0 } else { 1.0 };
                energies.push(factor * number(n, energy)?);
                depths.push(row.iter().map(|word| number(n, word)).collect::<Result<_>>()?);
            }
        }
        Self::new(energies, redshifts, depths)
    }

    /// The optical depth at an energy (MeV) and a redshift.
    ///
    /// # Errors
    /// [`Error::EnergyOutsideTable`] above the last energy; [`Error::InvalidTable`] beyond the last redshift.
    pub fn optical_depth(&self, energy: f64, redshift: f64) -> Result<f64> {
        finite(energy, || "an energy".to_owned())?;
        finite(redshift, || "a redshift".to_owned())?;
        if energy > self.last_energy() {
            return Err(Error::EnergyOutsideTable {
                function: KIND.to_owned(),
                energy,
                min: 0.0,
                max: self.last_energy(),
            });
        }
        if redshift > self.last_redshift() {
            let reason = format!("redshift {redshift} is beyond the last one, {}", self.last_redshift());
            return Err(Error::InvalidTable { table: KIND, place: "redshifts".to_owned(), reason });
        }
        Ok(self.interpolate(energy, redshift))
    }

    pub(crate) fn last_energy(&self) -> f64 {
        self.energies.last().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn last_redshift(&self) -> f64 {
        self.redshifts.last().copied().unwrap_or(f64::NAN)
    }

    /// The optical depth; NaN beyond the table.
    pub(crate) fn interpolate<D: Number>(&self, energy: D, redshift: D) -> D {
        let (Some((e0, e1, row)), Some((z0, z1, column))) =
            (bracket(&self.energies, energy.re()), bracket(&self.redshifts, redshift.re()))
        else {
            let inside = energy.re() <= self.last_energy() && redshift.re() <= self.last_redshift();
            return D::from(if inside { 0.0 } else { f64::NAN });
        };
        let entry = |row: usize, column: usize| self.depths.get(row).and_then(|r| r.get(column)).copied();
        let weight = (redshift - z0) / (z1 - z0);
        let at = |row: usize| {
            let (low, high) = (entry(row, column).unwrap_or(f64::NAN), entry(row, column + 1).unwrap_or(f64::NAN));
            weight * (high - low) + low
        };
        let (tau0, tau1) = (at(row), at(row + 1));
        if tau0.re() == 0.0 || tau1.re() == 0.0 {
            return D::from(0.0);
        }
        // Differences of logarithms, because ratios of very large and very small numbers overflow.
        let (low, high) = (tau0.ln(), tau1.ln());
        ((energy.ln() - e0.ln()) / (e1.ln() - e0.ln()) * (high - low) + low).exp()
    }
}

/// The two neighbours of x, the first below and the second not, and the position of the first.
fn bracket(values: &[f64], x: f64) -> Option<(f64, f64, usize)> {
    let above = values.partition_point(|&v| v < x);
    let below = above.checked_sub(1)?;
    Some((*values.get(below)?, *values.get(above)?, below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> EblTable {
        EblTable::parse(
            "# redshifts are:0.1, 0.5,1.0\n10 0 0.1 0.2\nskipped\n100 0.01 1 2\n1000 0.1 10 20\n",
            EnergyUnit::GeV,
        )
        .unwrap()
    }

    #[test]
    fn entries_and_interpolation() {
        let table = table();
        for (energy, redshift, tau) in [
            (1e5, 0.5, 1.0),
            (1e6, 1.0, 20.0),
            (1e5, 0.75, 1.5),
            (10f64.powf(5.5), 0.5, 10f64.sqrt()),
            (1e5, 0.1, 0.0),
            (1e4, 0.7, 0.0),
            (1.0, 0.7, 0.0),
            (1e5, 0.0, 0.0),
            // In redshift halfway between 0 and 0.1, and between 0.01 and 1.
            (10f64.powf(4.5), 0.3, (0.05f64 * 0.505).sqrt()),
        ] {
            let got = table.optical_depth(energy, redshift).unwrap();
            assert!((got - tau).abs() <= 1e-12 * tau, "{energy} {redshift}: {got} against {tau}");
        }
        assert!(matches!(table.optical_depth(1.1e6, 0.5), Err(Error::EnergyOutsideTable { .. })));
        assert!(table.optical_depth(1e5, 1.1).is_err());
        assert!(table.optical_depth(f64::NAN, 0.5).is_err());
    }

    #[test]
    fn extreme_entries_are_interpolated_without_overflow() {
        let table =
            EblTable::new(vec![1e-320, 1e300], vec![0.0, 1.0], vec![vec![0.0, 1e-320], vec![0.0, 1e300]]).unwrap();
        for (energy, expected) in [(1e-320, 0.0), (1e-10, 1e-10), (1.0, 1.0), (1e150, 1e150), (1e300, 1e300)] {
            let got = table.optical_depth(energy, 1.0).unwrap();
            // The first entries are known to four digits only, that is how coarse such small numbers are.
            assert!((got - expected).abs() <= 1e-3 * expected, "{energy}: {got}");
        }
        let close = vec![100.0, 100.00000000000001];
        assert!(EblTable::new(close, vec![0.0, 1.0], vec![vec![0.0, 1.0], vec![0.0, 1.0]]).is_err());
    }

    #[test]
    fn bad_tables_are_refused() {
        for text in [
            "",
            "0123456789abcdef0.1",
            "0123456789abcdef0.1,x\n1 2 3\n2 3 4",
            "0123456789abcdef0.1,0.2\n1 2 3",
            "0123456789abcdef0.1,0.2\n1 2 3\n1 2 3",
            "0123456789abcdef0.2,0.1\n1 2 3\n2 2 3",
            "0123456789abcdef0.1,0.2\n1 2 3\n2 2 -3",
            "0123456789abcdef0.1,0.2\n1 2 3\n2 2 nan",
            "0123456789abcdef0.1,0.2\n0 2 3\n2 2 3",
            "äöüäöüäöüäöüäöüä0.1,0.2\n1 2 3\n2 2 y",
        ] {
            assert!(matches!(EblTable::parse(text, EnergyUnit::MeV), Err(Error::InvalidTable { .. })), "{text}");
        }
        assert!(EblTable::new(vec![1.0, 2.0], vec![0.0, 1.0], vec![vec![0.0; 2]]).is_err());
        assert!(EblTable::new(vec![1.0, 2.0], vec![0.0, 1.0], vec![vec![0.0; 2], vec![0.0]]).is_err());
    }
}
