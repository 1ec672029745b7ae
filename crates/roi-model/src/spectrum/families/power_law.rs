//! `PowerLaw`: N (E/Es)^g.

use std::sync::Arc;

use crate::spectrum::family::{Family, Make, fixed, free};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PowerLaw",
    parameters: &[free("Prefactor", 1.0), free("Index", -2.0), fixed("Scale", 1.0)],
    norm: Some("Prefactor"),
    shape: &["Index"],
    index: &["Index"],
    kernel: Make::Plain(|| Arc::new(PowerLaw)),
};

#[derive(Debug)]
struct PowerLaw;

impl Formula for PowerLaw {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale] = bind(p);
        move |energy| norm * ((energy / scale).ln() * index).exp()
    }
}
