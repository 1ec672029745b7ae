//! What to select.

use lat_io::Cut;
use serde::Serialize;

use super::masks::is_bit_number;
use crate::error::{Error, Result};

/// Which photons to select. Nothing is cut unless it is asked for.
///
/// ```
/// use lat_events::SelectOptions;
/// let options = SelectOptions::default().with_energies(100.0, 3e5).with_event_class(128).with_event_type(3);
/// assert_eq!(options.energies, Some((100.0, 3e5)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SelectOptions {
    /// Right ascension, declination and radius of a cone, degrees. A radius of 180 is no cut.
    pub cone: Option<(f64, f64, f64)>,
    /// Mission times, s.
    pub times: Option<(f64, f64)>,
    /// Energies, MeV.
    pub energies: Option<(f64, f64)>,
    /// 0 for photons converted in the front of the tracker, 1 for the back.
    pub conversion_type: Option<i32>,
    /// Bits of event classes (before Pass 8: the number of the bit).
    pub event_class: Option<u32>,
    /// Bits of event types.
    pub event_type: Option<u32>,
    /// Angles to the zenith, degrees; `(0, 180)` is no cut.
    pub zenith: Option<(f64, f64)>,
    /// Pulse phases, 0 to 1; `(0, 1)` is no cut.
    pub phases: Option<(f64, f64)>,
}

impl SelectOptions {
    /// Selects photons nearer than `radius` to a direction (degrees).
    #[must_use]
    pub fn with_cone(mut self, ra: f64, dec: f64, radius: f64) -> Self {
        self.cone = Some((ra, dec, radius));
        self
    }

    /// Selects photons after `tmin` and up to `tmax` (s), and good times within.
    #[must_use]
    pub fn with_times(mut self, tmin: f64, tmax: f64) -> Self {
        self.times = Some((tmin, tmax));
        self
    }

    /// Selects energies above `emin` and up to `emax` (MeV).
    #[must_use]
    pub fn with_energies(mut self, emin: f64, emax: f64) -> Self {
        self.energies = Some((emin, emax));
        self
    }

    /// Selects photons converted in the front (0) or back (1) of the tracker.
    #[must_use]
    pub fn with_conversion_type(mut self, conversion_type: i32) -> Self {
        self.conversion_type = Some(conversion_type);
        self
    }

    /// Selects photons of any of the event classes whose bits are set, for example 128 for SOURCE.
    #[must_use]
    pub fn with_event_class(mut self, mask: u32) -> Self {
        self.event_class = Some(mask);
        self
    }

    /// Selects photons of any of the event types whose bits are set, for example 3 for FRONT and BACK.
    #[must_use]
    pub fn with_event_type(mut self, mask: u32) -> Self {
        self.event_type = Some(mask);
        self
    }

    /// Selects angles to the zenith above `zmin` and up to `zmax` (degrees).
    #[must_use]
    pub fn with_zenith(mut self, zmin: f64, zmax: f64) -> Self {
        self.zenith = Some((zmin, zmax));
        self
    }

    /// Selects pulse phases above `phasemin` and up to `phasemax`.
    #[must_use]
    pub fn with_phases(mut self, phasemin: f64, phasemax: f64) -> Self {
        self.phases = Some((phasemin, phasemax));
        self
    }

    /// The cuts in the order in which gtselect adds them.
    pub(super) fn cuts(&self, pass: &str) -> Result<Vec<Cut>> {
        let mut cuts = Vec::new();
        cuts.extend(self.cone()?);
        cuts.extend(range("TIME", "s", "tmin:tmax", self.times, f64::NEG_INFINITY..=f64::INFINITY)?);
        cuts.extend(range("ENERGY", "MeV", "emin:emax", self.energies, 0.0..=f64::INFINITY)?);
        if let Some(conversion) = self.conversion_type {
            if ![0, 1].contains(&conversion) {
                return Err(Error::option("convtype", conversion, "0 (front) or 1 (back)"));
            }
            let value = f64::from(conversion);
            cuts.push(Cut::range("CONVERSION_TYPE", "dimensionless", value, value));
        }
        cuts.extend(self.event_class.map(|mask| mask_cut("EVENT_CLASS", "evclass", mask, pass)).transpose()?);
        cuts.extend(self.event_type.map(|mask| mask_cut("EVENT_TYPE", "evtype", mask, pass)).transpose()?);
        let zenith = self.zenith.filter(|zenith| *zenith != (0.0, 180.0));
        cuts.extend(range("ZENITH_ANGLE", "deg", "zmin:zmax", zenith, 0.0..=180.0)?);
        let phases = self.phases.filter(|phases| *phases != (0.0, 1.0));
        cuts.extend(range("PULSE_PHASE", "dimensionless", "phasemin:phasemax", phases, 0.0..=1.0)?);
        Ok(cuts)
    }

    fn cone(&self) -> Result<Option<Cut>> {
        let Some((ra, dec, radius)) = self.cone else { return Ok(None) };
        if !(-360.0..=360.0).contains(&ra) {
            return Err(Error::option("ra", ra, "a right ascension in degrees"));
        }
        if !(-90.0..=90.0).contains(&dec) {
            return Err(Error::option("dec", dec, "a declination from -90 to 90 degrees"));
        }
        if !(radius > 0.0 && radius <= 180.0) {
            return Err(Error::option("rad", radius, "a radius above 0 and up to 180 degrees"));
        }
        Ok((radius < 180.0).then_some(Cut::Cone { ra, dec, radius }))
    }
}

/// A range of a column, its ends within what can be.
fn range(
    column: &str,
    unit: &str,
    option: &'static str,
    ends: Option<(f64, f64)>,
    possible: std::ops::RangeInclusive<f64>,
) -> Result<Option<Cut>> {
    let Some((min, max)) = ends else { return Ok(None) };
    if min <= max && min.is_finite() && max.is_finite() && possible.contains(&min) && possible.contains(&max) {
        return Ok(Some(Cut::range(column, unit, min, max)));
    }
    Err(Error::option(option, format!("{min}:{max}"), "two finite numbers in order, within what the column can hold"))
}

fn mask_cut(column: &str, option: &'static str, mask: u32, pass: &str) -> Result<Cut> {
    if pass.is_empty() || pass == "NONE" {
        return Err(Error::option(
            option,
            mask,
            "none: the files do not tell their pass version (PASS_VER), so masks mean nothing",
        ));
    }
    if is_bit_number(pass) {
        if mask > 31 {
            return Err(Error::option(option, mask, "the number of a bit, 0 to 31, in files before Pass 8"));
        }
    } else if mask == 0 {
        let expected = "a mask with at least one bit set, such as 128 (SOURCE) or 3 (FRONT+BACK)";
        return Err(Error::option(option, mask, expected));
    }
    Ok(Cut::Mask { column: column.into(), mask, pass: Some(pass.to_owned()) })
}
