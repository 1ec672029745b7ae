//! `PLSuperExpCutoff3`: N exp((gS + a b) ln x + a (1 - x^b)), x = E/Es; the exponent is at most 100 ln 10.

use std::sync::Arc;

use crate::spectrum::exponential::clamp_exponent;
use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "PLSuperExpCutoff3",
    layout: Layout::Listed(&[
        norm("Prefactor", 1.0),
        index("IndexS", -2.0),
        fixed("Scale", 1000.0),
        shape("Expfactor2", 1.0),
        free("Index2", 0.5).and_index(),
    ]),
    make: Make::Plain(|| Arc::new(PLSuperExpCutoff3)),
};

#[derive(Debug)]
struct PLSuperExpCutoff3;

impl Formula for PLSuperExpCutoff3 {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale, factor, curvature] = bind(p);
        let slope = index + factor * curvature;
        move |energy| {
            let y = (energy / scale).ln();
            norm * clamp_exponent(slope * y - factor * (curvature * y).exp_m1()).exp()
        }
    }
}
