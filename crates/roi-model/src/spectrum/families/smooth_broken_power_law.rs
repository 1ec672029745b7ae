//! `SmoothBrokenPowerLaw`: N (E/Es)^g1 [1 + (E/Eb)^((g1-g2)/b)]^-b.

use std::sync::Arc;

use crate::spectrum::exponential::softplus;
use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "SmoothBrokenPowerLaw",
    layout: Layout::Listed(&[
        norm("Prefactor", 10.0),
        index("Index1", -2.1),
        fixed("Scale", 100.0),
        index("Index2", -2.1),
        free("BreakValue", 1000.0),
        free("Beta", 0.2),
    ]),
    make: Make::Plain(|| Arc::new(SmoothBrokenPowerLaw)),
};

#[derive(Debug)]
struct SmoothBrokenPowerLaw;

impl Formula for SmoothBrokenPowerLaw {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index1, scale, index2, break_energy, beta] = bind(p);
        let power = (index1 - index2) / beta;
        move |energy| {
            let bend = softplus((energy / break_energy).ln() * power);
            norm * ((energy / scale).ln() * index1 - beta * bend).exp()
        }
    }
}
