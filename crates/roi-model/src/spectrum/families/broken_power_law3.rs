//! `BrokenPowerLaw3`: two power laws, each with its integral F over a band of its own; they meet where they cross.
//!
//! Below the crossing dN/dE = F1 E^g1 / I1, from it on F2 E^g2 / I2, with I the integral of E^g over the band. The
//! spectrum is not proportional to its norm, `Integral1`: that moves the first branch alone.

use std::sync::Arc;

use crate::spectrum::exponential::exprel;
use crate::spectrum::family::{Family, Layout, Make, always_fixed, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "BrokenPowerLaw3",
    layout: Layout::Listed(&[
        norm("Integral1", 1.0).but_no_factor(),
        index("Index1", -2.0),
        shape("Integral2", 1.0),
        index("Index2", -3.0),
        always_fixed("LowerLimit1", 100.0),
        always_fixed("UpperLimit1", 10_000.0),
        always_fixed("LowerLimit2", 20_000.0),
        always_fixed("UpperLimit2", 100_000.0),
    ]),
    make: Make::Plain(|| Arc::new(BrokenPowerLaw3)),
};

#[derive(Debug)]
struct BrokenPowerLaw3;

impl Formula for BrokenPowerLaw3 {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [flux1, index1, flux2, index2, lower1, upper1, lower2, upper2] = bind(p);
        // dN/dE of a branch at its lower limit.
        let at_lower = |flux: D, index: D, lower: D, upper: D| {
            let log_range = (upper / lower).ln();
            flux / (lower * log_range * exprel((index + 1.0) * log_range))
        };
        let norm1 = at_lower(flux1, index1, lower1, upper1);
        let norm2 = at_lower(flux2, index2, lower2, upper2);
        let intercept = |norm: D, index: D, lower: D| norm.re().ln() - index.re() * lower.re().ln();
        let ratio = intercept(norm1, index1, lower1) - intercept(norm2, index2, lower2);
        let crossing = (ratio / (index2.re() - index1.re())).exp();
        move |energy| {
            if energy < crossing {
                norm1 * ((energy / lower1).ln() * index1).exp()
            } else {
                norm2 * ((energy / lower2).ln() * index2).exp()
            }
        }
    }
}
