//! `PowerLaw`: N (E/Es)^g.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, fixed, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PowerLaw",
    layout: Layout::Listed(&[norm("Prefactor", 1.0), index("Index", -2.0), fixed("Scale", 1.0)]),
    make: Make::Plain(|| Arc::new(PowerLaw)),
};

#[derive(Debug)]
struct PowerLaw;

impl Formula for PowerLaw {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale] = bind(p);
        move |energy| norm * ((energy / scale).ln() * index).exp()
    }
}
