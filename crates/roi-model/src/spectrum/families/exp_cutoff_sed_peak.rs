//! `ExpCutoffSEDPeak`: (F/Ep^2) (E/Ep)^g exp((1 - E/Ep)(g + 2)); E^2 dN/dE has its peak F at Ep.
//!
//! The reference underflows to zero for E/Ep above 745; this does so only where the result is that small.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "ExpCutoffSEDPeak",
    layout: Layout::Listed(&[norm("Fpeak", 10.0), index("Index", -2.1), shape("Epeak", 1000.0)]),
    make: Make::Plain(|| Arc::new(ExpCutoffSEDPeak)),
};

#[derive(Debug)]
struct ExpCutoffSEDPeak;

impl Formula for ExpCutoffSEDPeak {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [peak_flux, index, peak] = bind(p);
        let norm = peak_flux / (peak * peak);
        move |energy| {
            let x = energy / peak;
            norm * (x.ln() * index + (-x + 1.0) * (index + 2.0)).exp()
        }
    }
}
