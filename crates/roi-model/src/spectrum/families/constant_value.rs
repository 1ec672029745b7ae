//! `ConstantValue`: the same dN/dE at every energy.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "ConstantValue",
    layout: Layout::Listed(&[norm("Value", 1.0)]),
    make: Make::Plain(|| Arc::new(ConstantValue)),
};

#[derive(Debug)]
struct ConstantValue;

impl Formula for ConstantValue {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [value] = bind(p);
        move |_| value
    }
}
