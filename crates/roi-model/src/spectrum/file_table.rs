//! A tabulated spectrum, as `FileFunction` and `scaling_file` read it.

use super::formula::Number;
use crate::error::{Error, Result};

/// dN/dE at increasing energies; between them, linear interpolation of ln dN/dE in ln E.
///
/// ```
/// use roi_model::FileTable;
///
/// let table = FileTable::parse("# energy dN/dE error\n100 1e-8 0\n1000 1e-10 0\n")?;
/// assert_eq!(table.energies(), [100.0, 1000.0]);
/// assert!((table.dnde(10f64.powf(2.5))? / 1e-9 - 1.0).abs() < 1e-14);
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FileTable {
    /// MeV, strictly increasing.
    energies: Vec<f64>,
    ln_energies: Vec<f64>,
    dnde: Vec<f64>,
    /// Minus infinity where dN/dE is zero.
    ln_dnde: Vec<f64>,
}

const KIND: &str = "spectrum table";

impl FileTable {
    /// A table from energies (MeV, strictly increasing, positive) and dN/dE (not negative), of equal length, at least two.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] naming the first row that is wrong.
    pub fn new(energies: Vec<f64>, dnde: Vec<f64>) -> Result<Self> {
        let rows: Vec<String> = (1..=energies.len()).map(|row| format!("row {row}")).collect();
        Self::checked(energies, dnde, &rows)
    }

    /// A table from text: one row a line, columns separated by blanks, tabs or commas; the first is the energy in MeV, the second
    /// dN/dE, further ones are ignored. Lines that start with `#` and empty lines are skipped.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] naming the first line that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut energies, mut dnde, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let place = format!("line {number}");
            let invalid = |reason: String| Error::InvalidTable { table: KIND, place: place.clone(), reason };
            let mut columns = line.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
            for (column, what) in [(&mut energies, "an energy in MeV"), (&mut dnde, "dN/dE")] {
                let word =
                    columns.next().ok_or_else(|| invalid(format!("{what} is missing; a row is: energy dN/dE")))?;
                column.push(word.parse::<f64>().map_err(|_| invalid(format!("{what} was expected, found {word:?}")))?);
            }
            places.push(place);
        }
        Self::checked(energies, dnde, &places)
    }

    fn checked(energies: Vec<f64>, dnde: Vec<f64>, places: &[String]) -> Result<Self> {
        let invalid = |row: usize, reason: String| {
            let place = places.get(row).cloned().unwrap_or_else(|| "the whole".to_owned());
            Error::InvalidTable { table: KIND, place, reason }
        };
        if energies.len() != dnde.len() || energies.len() < 2 {
            let reason = format!(
                "it has {} energies and {} values of dN/dE; as many of each are needed, and at least two",
                energies.len(),
                dnde.len()
            );
            return Err(invalid(usize::MAX, reason));
        }
        let mut previous = 0.0;
        for (row, (&energy, &value)) in energies.iter().zip(&dnde).enumerate() {
            if !(energy > previous && energy.is_finite()) {
                return Err(invalid(
                    row,
                    format!("energy {energy} MeV; energies must be finite, positive and increasing"),
                ));
            }
            if !(value >= 0.0 && value.is_finite()) {
                return Err(invalid(row, format!("dN/dE is {value}; it must be finite and not negative")));
            }
            previous = energy;
        }
        let ln_energies: Vec<f64> = energies.iter().map(|e| e.ln()).collect();
        if let Some(row) = ln_energies.windows(2).position(|pair| pair.first() == pair.last()) {
            return Err(invalid(row + 1, "its energy has the same logarithm as the one before; remove one".to_owned()));
        }
        let ln_dnde = dnde.iter().map(|f| f.ln()).collect();
        Ok(Self { energies, ln_energies, dnde, ln_dnde })
    }

    /// The table as text, which [`parse`](Self::parse) reads back to the last bit.
    pub fn to_text(&self) -> String {
        let row = |(energy, dnde): (&f64, &f64)| format!("{energy:e} {dnde:e}\n");
        self.energies.iter().zip(&self.dnde).map(row).collect()
    }

    /// The energies, MeV.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    /// dN/dE at the [energies](Self::energies).
    pub fn values(&self) -> &[f64] {
        &self.dnde
    }

    /// dN/dE at `energy` (MeV); between an energy where it is zero and its neighbour it is zero.
    ///
    /// # Errors
    /// [`Error::EnergyOutsideTable`]: there is no extrapolation.
    pub fn dnde(&self, energy: f64) -> Result<f64> {
        let (min, max) = self.energy_range();
        if (min..=max).contains(&energy) {
            Ok(self.interpolate(energy))
        } else {
            Err(Error::EnergyOutsideTable { function: KIND.to_owned(), energy, min, max })
        }
    }

    /// First and last energy, MeV.
    pub(crate) fn energy_range(&self) -> (f64, f64) {
        match (self.energies.first(), self.energies.last()) {
            (Some(&first), Some(&last)) => (first, last),
            _ => (f64::NAN, f64::NAN),
        }
    }

    /// dN/dE at an energy within the table; NaN outside.
    pub(crate) fn interpolate<D: Number>(&self, energy: D) -> D {
        let re = energy.re();
        let (min, max) = self.energy_range();
        if !(min..=max).contains(&re) {
            return D::from(f64::NAN);
        }
        let next = self.energies.partition_point(|&e| e <= re).clamp(1, self.energies.len() - 1);
        let at = |k: usize| Some((*self.ln_energies.get(k)?, *self.ln_dnde.get(k)?));
        let (Some((x0, y0)), Some((x1, y1))) = (at(next - 1), at(next)) else { return D::from(f64::NAN) };
        if y0 == f64::NEG_INFINITY || y1 == f64::NEG_INFINITY {
            // An edge of the table that lies on a non-zero value keeps it; all else of the segment is zero.
            let nearest = if re >= max { next } else { next - 1 };
            let on_knot = self.energies.get(nearest) == Some(&re);
            return D::from(if on_knot { self.dnde.get(nearest).copied().unwrap_or(f64::NAN) } else { 0.0 });
        }
        ((energy.ln() - x0) * ((y1 - y0) / (x1 - x0)) + y0).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knots_are_exact_and_power_laws_are_kept() {
        let energies = vec![30.0, 100.0, 1234.5, 3e5];
        let dnde: Vec<f64> = energies.iter().map(|e: &f64| 2e-7 * e.powf(-2.3)).collect();
        let table = FileTable::new(energies.clone(), dnde.clone()).unwrap();
        for (e, f) in energies.iter().zip(&dnde) {
            assert!((table.dnde(*e).unwrap() / f - 1.0).abs() < 1e-14);
        }
        for e in [31.0, 99.0, 2e5] {
            assert!((table.dnde(e).unwrap() / (2e-7 * e.powf(-2.3)) - 1.0).abs() < 1e-13);
        }
        for e in [29.999, 300_000.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(table.dnde(e), Err(Error::EnergyOutsideTable { .. })));
        }
    }

    #[test]
    fn zeros_are_allowed() {
        let table = FileTable::new(vec![1.0, 2.0, 4.0, 8.0], vec![1.0, 0.0, 0.0, 3.0]).unwrap();
        let values: Vec<f64> = [1.0, 1.5, 2.0, 3.0, 4.0, 7.9, 8.0].iter().map(|&e| table.dnde(e).unwrap()).collect();
        assert_eq!(values, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0]);
    }

    #[test]
    fn bad_tables_name_their_line() {
        for (text, place) in [
            ("", "the whole"),
            ("100 1\n", "the whole"),
            ("# x\n100 1\n100 2\n", "line 3"),
            ("100 1\n200 -1\n", "line 2"),
            ("100 1\n200 nan\n", "line 2"),
            ("-1 1\n200 1\n", "line 1"),
            ("100 1\n200\n", "line 2"),
            ("100 1\nabc 1\n", "line 2"),
            ("100 1\ninf 1\n", "line 2"),
            ("1 1\n100 1\n100.00000000000001 1\n", "line 3"),
        ] {
            match FileTable::parse(text) {
                Err(Error::InvalidTable { place: found, .. }) => assert_eq!(found, place, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }
}
