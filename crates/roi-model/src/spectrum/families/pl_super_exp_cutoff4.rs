//! `PLSuperExpCutoff4`, the pulsar spectrum of 4FGL-DR3 and later (Abdollahi et al. 2022, `ApJS` 260, 53, equations 2-4).
//!
//! With y = ln(E/Es), spectral index gS and curvature d at Es: N exp(gS y + (d/b) y + (d/b^2)(1 - e^(b y))), that is
//! N exp(gS y - d y^2 (e^u - 1 - u)/u^2) with u = b y.
//!
//! For |u| < 0.01 the reference cuts the series of the last factor after its third term, which is off by up to
//! d y^2 |u|^3 / 120 in the exponent; the same is done here, so that values agree to the last digits. It also makes
//! dN/dE jump by up to that much at |u| = 0.01. From there on the exponent is at most 100 ln 10.

use std::sync::Arc;

use crate::spectrum::exponential::{clamp_exponent, exprel2};
use crate::spectrum::family::{Family, Layout, Make, fixed, free, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

/// Below this |b y| the reference uses a short series.
const SERIES_LIMIT: f64 = 0.01;

pub(crate) const FAMILY: Family = Family {
    name: "PLSuperExpCutoff4",
    layout: Layout::Listed(&[
        norm("Prefactor", 1.0),
        index("IndexS", -1.5),
        fixed("Scale", 1000.0),
        shape("ExpfactorS", 0.4),
        free("Index2", 0.5).and_index(),
    ]),
    make: Make::Plain(|| Arc::new(PLSuperExpCutoff4)),
};

#[derive(Debug)]
struct PLSuperExpCutoff4;

impl Formula for PLSuperExpCutoff4 {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, index, scale, curvature, steepening] = bind(p);
        move |energy| {
            let y = (energy / scale).ln();
            let u = steepening * y;
            let exponent = if u.re().abs() < SERIES_LIMIT {
                y * (index - curvature * y * 0.5 * ((u / 3.0) * (u / 4.0 + 1.0) + 1.0))
            } else {
                clamp_exponent(y * (index - curvature * y * exprel2(u)))
            };
            norm * exponent.exp()
        }
    }
}
