//! What the instrument does: exposure and PSF of a group of event types.

use crate::instrument::psf::Psf;

/// The groups of PSF event types that play the components: for 1 to 4 components, the quarters (0 worst, 3 best) of each.
const GROUPS: [&[&[usize]]; 4] =
    [&[&[0, 1, 2, 3]], &[&[0, 1], &[2, 3]], &[&[0, 1], &[2], &[3]], &[&[0], &[1], &[2], &[3]]];
/// 68 % containment radius of each quarter over that of all events.
const QUARTER_WIDTHS: [f64; 4] = [1.83, 1.22, 0.82, 0.55];
/// Exposure of all events at high energies in [`PLATEAU_YEARS`], cm^2 s.
const PLATEAU: f64 = 4e11;
const PLATEAU_YEARS: f64 = 10.0;
/// The start of the mission's science operations, mission elapsed seconds.
const START: f64 = 239_557_417.0;
/// A year, seconds.
const YEAR: f64 = 31_557_600.0;
/// Energy at which the exposure is half the plateau, MeV, and the slope of its rise.
const RISE: (f64, f64) = (600.0, 1.65);

/// The response to one component's events. It is the same all over the region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Response {
    /// The component's event types.
    quarters: &'static [usize],
    /// Time of observation in years.
    years: f64,
}

impl Response {
    /// The responses of `components` groups of event types, from the widest PSF to the narrowest; 1 to 4 groups, in ten years.
    pub(crate) fn groups(components: usize) -> impl Iterator<Item = Self> {
        let groups: &[&[usize]] = components.checked_sub(1).and_then(|n| GROUPS.get(n)).copied().unwrap_or_default();
        groups.iter().map(|quarters| Self { quarters, years: PLATEAU_YEARS })
    }

    /// The same in another time.
    pub(crate) fn in_years(self, years: f64) -> Self {
        Self { years, ..self }
    }

    /// The good time interval, mission elapsed seconds.
    pub(crate) fn good_time(&self) -> (f64, f64) {
        (START, START + YEAR * self.years)
    }

    /// The bits of the LAT event types: 4 for PSF0 to 32 for PSF3, and 3 (front and back) for all events.
    pub(crate) fn event_type(&self) -> u32 {
        if self.quarters.len() == QUARTER_WIDTHS.len() {
            3
        } else {
            self.quarters.iter().map(|quarter| 4 << quarter).sum()
        }
    }

    /// Exposure in cm^2 s at an energy in MeV: `X / (1 + (E0/E)^a)`, rising from 2e10 at 100 MeV to 4e11 for all events, and an equal
    /// share of it for each event type, in ten years.
    pub(crate) fn exposure(&self, energy: f64) -> f64 {
        let (half, slope) = RISE;
        let share = self.quarters.len() as f64 / QUARTER_WIDTHS.len() as f64;
        self.years / PLATEAU_YEARS * share * PLATEAU / (1.0 + (half / energy).powf(slope))
    }

    /// The PSF at an energy in MeV: for all events, the 68 % containment radius is 5 deg at 100 MeV and falls as E^-0.8 to 0.1 deg.
    pub(crate) fn psf(&self, energy: f64) -> Psf {
        let all_events = (5.0 * (energy / 100.0).powf(-0.8)).hypot(0.1);
        Psf::new(self.width() * all_events)
    }

    /// Geometric mean of the widths of the event types; 1 for all of them.
    fn width(&self) -> f64 {
        let mean = |widths: &mut dyn Iterator<Item = f64>, n: usize| widths.product::<f64>().powf(1.0 / n as f64);
        let all = mean(&mut QUARTER_WIDTHS.into_iter(), QUARTER_WIDTHS.len());
        let mut own = self.quarters.iter().filter_map(|&quarter| QUARTER_WIDTHS.get(quarter).copied());
        mean(&mut own, self.quarters.len()) / all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exposure_rises_and_the_components_share_it() {
        for components in 1..=4 {
            let responses: Vec<_> = Response::groups(components).collect();
            assert_eq!(responses.len(), components);
            let total = |energy| responses.iter().map(|r| r.exposure(energy)).sum::<f64>();
            approx::assert_relative_eq!(total(100.0), 2e10, max_relative = 0.05);
            approx::assert_relative_eq!(total(3e5), 4e11, max_relative = 1e-4);
            let energies = [30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 1e5, 1e6];
            assert!(energies.windows(2).all(|e| total(e[0]) < total(e[1])));
        }
        assert_eq!(Response::groups(0).count(), 0);
        assert_eq!(Response::groups(5).count(), 0);
    }

    #[test]
    fn exposure_and_good_time_grow_with_the_years() {
        let ten = Response::groups(1).next().unwrap();
        let thirty = ten.in_years(30.0);
        assert_eq!(ten.good_time(), (239_557_417.0, 555_133_417.0));
        assert_eq!(thirty.good_time().1 - thirty.good_time().0, 3.0 * 315_576_000.0);
        approx::assert_relative_eq!(thirty.exposure(1e3), 3.0 * ten.exposure(1e3), max_relative = 1e-15);
    }

    #[test]
    fn the_psf_shrinks_with_energy_and_with_event_type() {
        let r68 = |response: &Response, energy| {
            let psf = response.psf(energy);
            let mut bracket = (0.0, 4.0);
            for _ in 0..100 {
                let middle = 0.5 * (bracket.0 + bracket.1);
                if psf.containment(middle) < 0.68 { bracket.0 = middle } else { bracket.1 = middle }
            }
            bracket.0.sqrt().to_degrees()
        };
        for components in 1..=4 {
            let responses: Vec<_> = Response::groups(components).collect();
            for energies in [100.0, 300.0, 1e3, 1e4, 1e5, 1e6].windows(2) {
                assert!(responses.iter().all(|r| r68(r, energies[0]) > r68(r, energies[1])));
                assert!(responses.windows(2).all(|r| r68(&r[0], energies[0]) > r68(&r[1], energies[0])));
            }
        }
        let all = Response::groups(1).next().unwrap();
        approx::assert_relative_eq!(r68(&all, 100.0), 5.0, max_relative = 1e-2);
        approx::assert_relative_eq!(r68(&all, 1e6), 0.1, max_relative = 1e-2);
    }

    #[test]
    fn event_types_are_the_bits_of_the_lat() {
        let bits = |n| Response::groups(n).map(|r| r.event_type()).collect::<Vec<_>>();
        assert_eq!(bits(1), [3]);
        assert_eq!(bits(2), [12, 48]);
        assert_eq!(bits(3), [12, 16, 32]);
        assert_eq!(bits(4), [4, 8, 16, 32]);
    }
}
