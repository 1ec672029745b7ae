//! `PLSuperExpCutoff`: N (E/Es)^g exp(-(E/Ec)^b).

use std::sync::Arc;

use crate::spectrum::family::{Family, Make, fixed, free};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PLSuperExpCutoff",
    parameters: &[
        free("Prefactor", 10.0),
        free("Index1", -2.1),
        fixed("Scale", 1000.0),
        free("Cutoff", 10_000.0),
        free("Index2", 2.0),
    ],
    norm: Some("Prefactor"),
    shape: &["Index1", "Cutoff"],
    index: &["Index1", "Index2"],
    kernel: Make::Plain(|| Arc::new(PLSuperExpCutoff)),
};

#[derive(Debug)]
struct PLSuperExpCutoff;

impl Formula for PLSuperExpCutoff {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale, cutoff, curvature] = bind(p);
        move |energy| {
            let steepening = ((energy / cutoff).ln() * curvature).exp();
            norm * ((energy / scale).ln() * index - steepening).exp()
        }
    }
}
