//! `BrokenPowerLaw`: N (E/Eb)^g1 below the break energy Eb, N (E/Eb)^g2 from it on.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, free, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "BrokenPowerLaw",
    layout: Layout::Listed(&[
        norm("Prefactor", 1.0),
        index("Index1", -1.5),
        index("Index2", -2.5),
        free("BreakValue", 1000.0),
    ]),
    make: Make::Plain(|| Arc::new(BrokenPowerLaw)),
};

#[derive(Debug)]
struct BrokenPowerLaw;

impl Formula for BrokenPowerLaw {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index1, index2, break_energy] = bind(p);
        move |energy| {
            let index = if energy < break_energy { index1 } else { index2 };
            norm * ((energy / break_energy).ln() * index).exp()
        }
    }
}
