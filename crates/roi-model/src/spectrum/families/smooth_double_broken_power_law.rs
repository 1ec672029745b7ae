//! `SmoothDoubleBrokenPowerLaw`: N (E/Es)^g1 [1 + (E/E12)^((g1-g2)/b12)]^-b12 [1 + (E/E23)^((g2-g3)/b23)]^-b23.

use std::sync::Arc;

use crate::spectrum::exponential::softplus;
use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "SmoothDoubleBrokenPowerLaw",
    layout: Layout::Listed(&[
        norm("Prefactor", 10.0),
        index("Index1", -1.5),
        fixed("Scale", 100.0),
        index("Index2", -2.0),
        free("BreakValue12", 1000.0),
        free("Beta12", 0.1),
        index("Index3", -2.5),
        free("BreakValue23", 10_000.0),
        free("Beta23", 0.1),
    ]),
    make: Make::Plain(|| Arc::new(SmoothDoubleBrokenPowerLaw)),
};

#[derive(Debug)]
struct SmoothDoubleBrokenPowerLaw;

impl Formula for SmoothDoubleBrokenPowerLaw {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index1, scale, index2, break12, beta12, index3, break23, beta23] = bind(p);
        let (power12, power23) = ((index1 - index2) / beta12, (index2 - index3) / beta23);
        move |energy| {
            let bend12 = softplus((energy / break12).ln() * power12);
            let bend23 = softplus((energy / break23).ln() * power23);
            norm * ((energy / scale).ln() * index1 - beta12 * bend12 - beta23 * bend23).exp()
        }
    }
}
