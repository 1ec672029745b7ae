//! `BPLExpCutoff`: a broken power law, N (E/Eb)^g with g1 below Eb and g2 from it on, times exp(-(E - Ea)/P1) above Ea.
//!
//! The reference returns 0 where E is exactly Eb or Ea; here dN/dE is continuous there.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "BPLExpCutoff",
    layout: Layout::Listed(&[
        norm("Prefactor", 10.0),
        index("Index1", -2.1),
        index("Index2", -2.1),
        fixed("BreakValue", 1000.0),
        free("Eabs", 10.0),
        shape("P1", 150.0),
    ]),
    make: Make::Plain(|| Arc::new(BPLExpCutoff)),
};

#[derive(Debug)]
struct BPLExpCutoff;

impl Formula for BPLExpCutoff {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index1, index2, break_energy, absorption, scale] = bind(p);
        move |energy| {
            let index = if energy < break_energy { index1 } else { index2 };
            let power = norm * ((energy / break_energy).ln() * index).exp();
            if energy > absorption { power * ((absorption - energy) / scale).exp() } else { power }
        }
    }
}
