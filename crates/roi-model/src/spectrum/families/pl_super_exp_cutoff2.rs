//! `PLSuperExpCutoff2`: N (E/Es)^g exp(-a E^b), with E in MeV and a in MeV^-b; the exponent is at most 100 ln 10.

use std::sync::Arc;

use crate::spectrum::exponential::clamp_exponent;
use crate::spectrum::family::{Family, Make, fixed, free};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PLSuperExpCutoff2",
    parameters: &[
        free("Prefactor", 10.0),
        free("Index1", -2.1),
        fixed("Scale", 1000.0),
        free("Expfactor", 0.0),
        free("Index2", 2.0),
    ],
    norm: Some("Prefactor"),
    shape: &["Index1", "Expfactor"],
    index: &["Index1", "Index2"],
    kernel: Make::Plain(|| Arc::new(PLSuperExpCutoff2)),
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
