//! `AbsEdge`: 1 below the edge E0, exp(-tau (E/E0)^g) from it on. It has no norm.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, index, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "AbsEdge",
    layout: Layout::Listed(&[shape("Tau0", 1.0), shape("E0", 1.0), index("Index", -3.0)]),
    make: Make::Plain(|| Arc::new(AbsEdge)),
};

#[derive(Debug)]
struct AbsEdge;

impl Formula for AbsEdge {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [depth, edge, index] = bind(p);
        move |energy| {
            if energy < edge { D::from(1.0) } else { (-depth * ((energy / edge).ln() * index).exp()).exp() }
        }
    }
}
