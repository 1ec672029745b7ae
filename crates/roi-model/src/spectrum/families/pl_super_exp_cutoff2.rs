//! `PLSuperExpCutoff2`: N (E/Es)^g exp(-a E^b), with E in MeV and a in MeV^-b; the exponent -a E^b is at most 100 ln 10.

use std::sync::Arc;

use crate::spectrum::exponential::clamp_exponent;
use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PLSuperExpCutoff2",
    layout: Layout::Listed(&[
        norm("Prefactor", 10.0),
        index("Index1", -2.1),
        fixed("Scale", 1000.0),
        shape("Expfactor", 0.0),
        free("Index2", 2.0).and_index(),
    ]),
    make: Make::Plain(|| Arc::new(PLSuperExpCutoff2)),
};

#[derive(Debug)]
struct PLSuperExpCutoff2;

impl Formula for PLSuperExpCutoff2 {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale, factor, curvature] = bind(p);
        move |energy| {
            let cutoff = clamp_exponent(-factor * (energy.ln() * curvature).exp());
            norm * ((energy / scale).ln() * index).exp() * cutoff.exp()
        }
    }
}
