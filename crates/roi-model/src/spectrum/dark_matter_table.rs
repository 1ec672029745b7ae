//! Photon yields of dark matter annihilation, as DMFIT tabulates them (Jeltema & Profumo 2008, JCAP 11, 003).

use super::formula::Number;
use crate::error::{Error, Result};

const KIND: &str = "table of dark matter yields";
/// Masses of the particle, `GeV`.
const MASSES: [f64; 24] = [
    2.0, 4.0, 6.0, 8.0, 10.0, 25.0, 50.0, 80.3, 91.2, 100.0, 150.0, 176.0, 200.0, 250.0, 350.0, 500.0, 750.0, 1000.0,
    1500.0, 2000.0, 3000.0, 5000.0, 7000.0, 10_000.0,
];
/// Final states.
const CHANNELS: usize = 12;
/// Bins of z = (log10(E/mass) + 10)/10 in [0, 1].
const BINS: usize = 250;
/// The position of channels 1 to 12 of the spectrum in the table: e+e-, mu+mu-, tau+tau-, bb, tt, gg, W+W-, ZZ, cc, ss, uu, dd.
const POSITIONS: [usize; CHANNELS] = [8, 6, 3, 1, 2, 7, 4, 5, 0, 9, 10, 11];
/// The position of every other channel: tau+tau-.
const OTHER: usize = 3;

/// E dN/dE of photons per annihilation, for twelve final states and twenty-four masses (the file `gammamc_dif.dat`).
#[derive(Debug, Clone, PartialEq)]
pub struct DarkMatterTable {
    /// By channel, mass and bin; in single precision, as in the reference.
    yields: Vec<f32>,
}

impl DarkMatterTable {
    /// Reads the text of `gammamc_dif.dat`: 12 channels x 24 masses x 250 bins, the bins fastest.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] for a word that is no finite number, and for a wrong number of them.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |place: String, reason: String| Error::InvalidTable { table: KIND, place, reason };
        let mut yields = Vec::with_capacity(CHANNELS * MASSES.len() * BINS);
        for (line, n) in text.lines().zip(1..) {
            for word in line.split_whitespace() {
                let number = word.parse::<f32>().ok().filter(|x| x.is_finite());
                yields
                    .push(number.ok_or_else(|| invalid(format!("line {n}"), format!("{word:?} is no finite number")))?);
            }
        }
        if yields.len() != CHANNELS * MASSES.len() * BINS {
            let expected = CHANNELS * MASSES.len() * BINS;
            return Err(invalid("the whole".to_owned(), format!("{} numbers; {expected} are needed", yields.len())));
        }
        Ok(Self { yields })
    }

    /// dN/dE in `GeV^-1` per annihilation at an energy and for a mass, both in `GeV`; zero from the mass on and for masses beyond the
    /// table, NaN below its first mass.
    ///
    /// Linear in z between the centres of the bins and in mass squared between the masses.
    pub(crate) fn dnde<D: Number>(&self, channel: f64, mass: D, energy: D) -> D {
        let zero = D::from(0.0);
        let heavier = MASSES.partition_point(|&m| m <= mass.re());
        if energy >= mass || mass.re() > MASSES[MASSES.len() - 1] {
            return zero;
        }
        let Some(lighter) = heavier.checked_sub(1).map(|k| k.min(MASSES.len() - 2)) else { return D::from(f64::NAN) };
        // Position in units of bins, counted from the centre of the first.
        let place = ((energy / mass).log10() + 10.0) * 0.1 * BINS as f64 - 0.5;
        if !place.re().is_finite() || place.re() < -0.5 {
            return zero;
        }
        let below = place.re().floor();
        let weight = place - below;
        let at = |mass: usize| {
            // The outer halves of the first and last bin take the value of its centre.
            let bin = |offset: f64| (below + offset).clamp(0.0, (BINS - 1) as f64);
            let (low, high) = (self.entry(channel, mass, bin(0.0)), self.entry(channel, mass, bin(1.0)));
            weight * (high - low) + low
        };
        let square = |k: usize| MASSES.get(k).map_or(f64::NAN, |m| m * m);
        let (m0, m1) = (square(lighter), square(lighter + 1));
        let (y0, y1) = (at(lighter), at(lighter + 1));
        ((mass * mass - m0) / (m1 - m0) * (y1 - y0) + y0) / energy
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are small and not negative")]
    fn entry(&self, channel: f64, mass: usize, bin: f64) -> f64 {
        let known = (1.0..=CHANNELS as f64).contains(&channel.trunc());
        let position = if known { POSITIONS[channel as usize - 1] } else { OTHER };
        self.yields.get((position * MASSES.len() + mass) * BINS + bin as usize).map_or(f64::NAN, |&y| f64::from(y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_dual::Dual64;

    /// A table whose entries are linear in the bin and in mass squared, so that interpolation is exact.
    fn linear() -> DarkMatterTable {
        let entries = (0..CHANNELS).flat_map(|channel| {
            MASSES.into_iter().flat_map(move |mass| {
                // Multiples of 1/4, exact in single precision.
                let step = if mass >= 10.0 { 0.25 } else { 0.0 };
                (0..BINS).map(move |bin| channel as f64 * 1000.0 + bin as f64 + step)
            })
        });
        let text = entries.map(|entry| entry.to_string()).collect::<Vec<_>>().join("\n");
        DarkMatterTable::parse(&text).unwrap()
    }

    #[test]
    fn interpolation_in_energy_and_mass() {
        let table = linear();
        let energy = |mass: f64, bin: f64| mass * 10f64.powf((bin + 0.5) / 25.0 - 10.0);
        for (channel, position) in [(1.0, 8.0), (4.9, 1.0), (12.0, 11.0), (0.0, 3.0), (13.0, 3.0), (-1.0, 3.0)] {
            for (mass, bin, step) in
                [(10.0, 100.0, 0.25), (10.0, 100.3, 0.25), (4.0, 7.5, 0.0), (10_000.0, 240.75, 0.25)]
            {
                let e = energy(mass, bin);
                let got = table.dnde(channel, mass, e) * e;
                assert!((got - (position * 1000.0 + bin + step)).abs() < 1e-9, "{channel} {mass} {bin}: {got}");
            }
        }
        // Between 8 and 10 GeV the step grows with the square of the mass.
        let (mass, e) = (9.0, energy(9.0, 50.0));
        let weight = (81.0 - 64.0) / (100.0 - 64.0);
        assert!((table.dnde(9.0, mass, e) * e - (50.0 + 0.25 * weight)).abs() < 1e-9);
        // The outer half of the last bin is flat; there is nothing from the mass on, and nothing below the table.
        assert!((table.dnde(9.0, 10.0, energy(10.0, 249.4)) * energy(10.0, 249.4) - 249.25).abs() < 1e-9);
        assert_eq!(table.dnde(9.0, 10.0, 10.0), 0.0);
        assert_eq!(table.dnde(9.0, 10_001.0, 1.0), 0.0);
        assert_eq!(table.dnde(9.0, 100.0, 1e-12), 0.0);
        assert!(table.dnde(9.0, 1.9, 1.0).is_nan());
        // Its derivative with respect to the mass, between the masses of the table.
        let at = |mass: f64| table.dnde(9.0, mass, 0.3);
        let slope = table.dnde(9.0, Dual64::new(9.0, 1.0), Dual64::from_re(0.3)).eps;
        assert!((slope - (at(9.0001) - at(8.9999)) / 2e-4).abs() < 1e-6 * slope.abs());
    }

    #[test]
    fn bad_tables_are_refused() {
        assert!(matches!(DarkMatterTable::parse("1 2 x"), Err(Error::InvalidTable { .. })));
        assert!(matches!(DarkMatterTable::parse("1 2\n3 inf"), Err(Error::InvalidTable { .. })));
        assert!(matches!(DarkMatterTable::parse("1 2 3"), Err(Error::InvalidTable { .. })));
    }
}
