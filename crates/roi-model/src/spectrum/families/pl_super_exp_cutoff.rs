//! `PLSuperExpCutoff`: N (E/Es)^g exp(-(E/Ec)^b).

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PLSuperExpCutoff",
    layout: Layout::Listed(&[
        norm("Prefactor", 10.0),
        index("Index1", -2.1),
        fixed("Scale", 1000.0),
        shape("Cutoff", 10_000.0),
        free("Index2", 2.0).and_index(),
    ]),
    make: Make::Plain(|| Arc::new(PLSuperExpCutoff)),
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
