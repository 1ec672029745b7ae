//! `ExpCutoff`: N (E/Es)^g, from Eb on times exp(-[(E-Eb)/P1 + P2 L + P3 L^2]) with L = ln(E/Eb).
//!
//! fermipy names its shape parameters `Index1` and `Cutoff`, which it does not have; here they are `Index` and `P1`.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "ExpCutoff",
    layout: Layout::Listed(&[
        norm("Prefactor", 10.0),
        index("Index", -2.1),
        fixed("Scale", 100.0),
        free("Ebreak", 10.0),
        shape("P1", 150.0),
        free("P2", 0.0),
        free("P3", 0.0),
    ]),
    make: Make::Plain(|| Arc::new(ExpCutoff)),
};

#[derive(Debug)]
struct ExpCutoff;

impl Formula for ExpCutoff {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale, break_energy, p1, p2, p3] = bind(p);
        move |energy| {
            let power = (energy / scale).ln() * index;
            if energy < break_energy {
                norm * power.exp()
            } else {
                let bend = (energy / break_energy).ln();
                norm * (power - (energy - break_energy) / p1 - (p2 + p3 * bend) * bend).exp()
            }
        }
    }
}
