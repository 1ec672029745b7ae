//! Energies on the command line, and the range of them that a command looks at.

use clap::Args;
use roi_fit::Analysis;

use crate::failure::Failure;

/// Where the help lists them.
const HEADING: &str = "Range of energies";

/// The range of energies.
#[derive(Args, Debug, Default)]
pub(crate) struct Energies {
    /// Use only the energy bins above this energy, in MeV or with a unit, as in 1GeV: an edge of the bins [default: all bins]
    #[arg(help_heading = HEADING, long, value_name = "E", allow_negative_numbers = true, value_parser = energy)]
    emin: Option<f64>,
    /// Use only the energy bins below this energy, in MeV or with a unit: an edge of the bins [default: all bins]
    #[arg(help_heading = HEADING, long, value_name = "E", allow_negative_numbers = true, value_parser = energy)]
    emax: Option<f64>,
}

impl Energies {
    /// Narrows the range of an analysis; an end that is not given stays.
    pub(crate) fn apply(&self, analysis: &mut Analysis) -> Result<(), Failure> {
        Ok(self.plain().apply(analysis)?)
    }

    /// The same on a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let ends = [("--emin", self.emin), ("--emax", self.emax)];
        ends.into_iter()
            .filter_map(|(option, energy)| energy.map(|energy| [option.to_owned(), energy.to_string()]))
            .flatten()
            .collect()
    }

    /// Without the command line.
    pub(crate) fn plain(&self) -> roi_batch::Energies {
        let mut plain = roi_batch::Energies::default();
        (plain.emin, plain.emax) = (self.emin, self.emax);
        plain
    }
}

/// An energy in MeV, from a number in MeV or one with a unit.
pub(crate) fn energy(text: &str) -> Result<f64, &'static str> {
    let bad = "expected an energy: a number in MeV, or with a unit (keV, MeV, GeV, TeV), as in 1GeV";
    let text = text.trim();
    let unit = text.len() - text.chars().rev().take_while(char::is_ascii_alphabetic).count();
    // A number may end in letters of its own: 1e3, inf.
    if let Ok(energy) = text.parse() {
        return Ok(energy);
    }
    let factor = match text[unit..].to_ascii_lowercase().as_str() {
        "kev" => 1e-3,
        "mev" => 1.0,
        "gev" => 1e3,
        "tev" => 1e6,
        _ => return Err(bad),
    };
    text[..unit].trim_end().parse().map(|number: f64| number * factor).map_err(|_| bad)
}

#[cfg(test)]
mod tests {
    use super::energy;

    #[test]
    fn energies_are_in_mev_or_have_a_unit() {
        for (text, mev) in
            [("100", 100.0), ("1e3", 1e3), ("1GeV", 1e3), (" 0.1 gev", 100.0), ("2TeV", 2e6), ("500keV", 0.5)]
        {
            assert!((energy(text).unwrap() / mev - 1.0).abs() < 1e-15, "{text}");
        }
        for text in ["", "GeV", "1 G", "1 erg", "1,2", "x GeV"] {
            assert!(energy(text).is_err(), "{text}");
        }
    }
}
