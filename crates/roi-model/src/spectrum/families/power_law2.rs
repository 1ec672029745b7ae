//! `PowerLaw2`: a power law E^g whose norm is its integral F over [E1, E2].
//!
//! dN/dE = F (1+g) E^g / (E2^(1+g) - E1^(1+g)), here written with (e^x - 1)/x, so that g = -1 is no special case and
//! its neighbourhood loses no digits (the reference switches to F / (E ln(E2/E1)) at exactly g = -1).

use std::sync::Arc;

use crate::spectrum::exponential::exprel;
use crate::spectrum::family::{Family, Layout, Make, always_fixed, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PowerLaw2",
    layout: Layout::Listed(&[
        norm("Integral", 1.0),
        index("Index", -2.0),
        always_fixed("LowerLimit", 100.0),
        always_fixed("UpperLimit", 200_000.0),
    ]),
    make: Make::Plain(|| Arc::new(PowerLaw2)),
};

#[derive(Debug)]
struct PowerLaw2;

impl Formula for PowerLaw2 {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [integral, index, lower, upper] = bind(p);
        let log_range = (upper / lower).ln();
        let norm = integral / (lower * log_range * exprel((index + 1.0) * log_range));
        move |energy| norm * ((energy / lower).ln() * index).exp()
    }
}
