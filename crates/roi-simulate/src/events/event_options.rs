//! What the user may choose of simulated photons.

use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::instrument::pixels::CENTER;

/// The observation and the query of which photons are simulated. The same options give the same files, bit for bit.
///
/// ```
/// let options = roi_simulate::EventOptions::default().with_seed(7).with_days(30.0).with_energies(300.0, 30_000.0);
/// assert_eq!(options.times().1 - options.times().0, 30.0 * 86_400.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventOptions {
    /// Seed of all photons.
    pub seed: u64,
    /// Begin of the observation, mission time in s, 0 to 1e9.
    pub start: f64,
    /// Length of the observation, days, 0.01 to 40 000.
    pub days: f64,
    /// Right ascension and declination of the middle of the cone of photons, degrees.
    pub center: [f64; 2],
    /// Radius of the cone, degrees, 0.1 to 60.
    pub radius: f64,
    /// Least and largest measured energy, MeV, within 10 to 3e6.
    pub energies: (f64, f64),
    /// Whether energies are measured with the dispersion of the response functions; otherwise as they are.
    pub edisp: bool,
    /// Whether the effective area depends on the azimuth, where the response functions tell how; otherwise it is the mean over the azimuth.
    pub azimuth: bool,
    /// The bits of the event class of every photon: 128 for SOURCE, 256 for CLEAN.
    pub event_class: u32,
}

impl Default for EventOptions {
    /// Seed 1, a week from the begin of 2018 on, 12 deg around the centre of the built-in region, 100 to 300 000 MeV, with energy dispersion
    /// and dependence on the azimuth, SOURCE.
    fn default() -> Self {
        Self {
            seed: 1,
            start: 536_457_605.0,
            days: 7.0,
            center: CENTER,
            radius: 12.0,
            energies: (100.0, 300_000.0),
            edisp: true,
            azimuth: true,
            event_class: 128,
        }
    }
}

impl EventOptions {
    /// Seed of all photons.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Begin of the observation, mission time in s.
    #[must_use]
    pub fn with_start(mut self, start: f64) -> Self {
        self.start = start;
        self
    }

    /// Length of the observation, days.
    #[must_use]
    pub fn with_days(mut self, days: f64) -> Self {
        self.days = days;
        self
    }

    /// The cone of the photons: middle and radius, degrees.
    #[must_use]
    pub fn with_cone(mut self, center: [f64; 2], radius: f64) -> Self {
        (self.center, self.radius) = (center, radius);
        self
    }

    /// Least and largest measured energy, MeV.
    #[must_use]
    pub fn with_energies(mut self, emin: f64, emax: f64) -> Self {
        self.energies = (emin, emax);
        self
    }

    /// Whether energies are measured with dispersion.
    #[must_use]
    pub fn with_edisp(mut self, edisp: bool) -> Self {
        self.edisp = edisp;
        self
    }

    /// Whether the effective area depends on the azimuth.
    #[must_use]
    pub fn with_azimuth(mut self, azimuth: bool) -> Self {
        self.azimuth = azimuth;
        self
    }

    /// The bits of the event class of every photon.
    #[must_use]
    pub fn with_event_class(mut self, bits: u32) -> Self {
        self.event_class = bits;
        self
    }

    /// Begin and end of the observation, mission time in s.
    pub fn times(&self) -> (f64, f64) {
        (self.start, self.start + self.days * 86_400.0)
    }

    /// Checks every range, and gives the middle of the cone.
    pub(super) fn check(&self) -> Result<SkyDirection> {
        let refuse = |option, found: String, expected| Err(Error::Option { option, found, expected });
        if !(0.0..=1e9).contains(&self.start) {
            return refuse("start", format!("{} s", self.start), "a mission time of 0 to 1e9 s");
        }
        if !(0.01..=40_000.0).contains(&self.days) {
            return refuse("days", self.days.to_string(), "0.01 to 40 000 days");
        }
        if !(0.1..=60.0).contains(&self.radius) {
            return refuse("radius", format!("{} deg", self.radius), "0.1 to 60 deg");
        }
        let (emin, emax) = self.energies;
        if !(emin >= 10.0 && emin < emax && emax <= 3e6) {
            return refuse("energies", format!("{emin} to {emax} MeV"), "two energies in order, within 10 to 3e6 MeV");
        }
        if self.event_class == 0 {
            return refuse("event_class", "0".into(), "at least one bit, such as 128 for SOURCE");
        }
        Ok(SkyDirection::new(self.center[0], self.center[1])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_option_is_named() {
        let good = EventOptions::default;
        good().check().unwrap();
        for (name, bad) in [
            ("start", good().with_start(-1.0)),
            ("start", good().with_start(f64::NAN)),
            ("days", good().with_days(0.0)),
            ("days", good().with_days(f64::INFINITY)),
            ("radius", good().with_cone(CENTER, 0.0)),
            ("energies", good().with_energies(1e3, 1e3)),
            ("energies", good().with_energies(100.0, f64::NAN)),
            ("energies", good().with_energies(1.0, 1e3)),
            ("event_class", good().with_event_class(0)),
        ] {
            match bad.check() {
                Err(Error::Option { option, .. }) => assert_eq!(option, name, "{bad:?}"),
                other => panic!("{bad:?}: {other:?}"),
            }
        }
        assert!(good().with_cone([0.0, 91.0], 5.0).check().is_err());
    }
}
