//! `BrokenPowerLaw2`: a broken power law whose norm is its integral F over [E1, E2].
//!
//! The integrals are written with (e^x - 1)/x, so that an index of -1 is no special case.

use std::sync::Arc;

use crate::spectrum::exponential::exprel;
use crate::spectrum::family::{Family, Layout, Make, always_fixed, free, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "BrokenPowerLaw2",
    layout: Layout::Listed(&[
        norm("Integral", 1.0),
        index("Index1", -2.0),
        index("Index2", -3.0),
        free("BreakValue", 1000.0),
        always_fixed("LowerLimit", 20.0),
        always_fixed("UpperLimit", 200_000.0),
    ]),
    make: Make::Plain(|| Arc::new(BrokenPowerLaw2)),
};

#[derive(Debug)]
struct BrokenPowerLaw2;

impl Formula for BrokenPowerLaw2 {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [integral, index1, index2, break_energy, lower, upper] = bind(p);
        // The integral of (E/Eb)^g from a to b, both on one side of the break, divided by Eb.
        let piece = |index: D, a: D, b: D| {
            let log_range = (b / a).ln();
            let slope = index + 1.0;
            ((a / break_energy).ln() * slope).exp() * log_range * exprel(slope * log_range)
        };
        let pieces = if lower > break_energy {
            piece(index2, lower, upper)
        } else if upper < break_energy {
            piece(index1, lower, upper)
        } else {
            piece(index1, lower, break_energy) + piece(index2, break_energy, upper)
        };
        let norm = integral / (break_energy * pieces);
        move |energy| {
            let index = if energy < break_energy { index1 } else { index2 };
            norm * ((energy / break_energy).ln() * index).exp()
        }
    }
}
