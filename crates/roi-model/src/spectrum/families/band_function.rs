//! `BandFunction`, the spectrum of gamma-ray bursts (Band et al. 1993, `ApJ` 413, 281), in e = E/Es and p = Ep/Es.
//!
//! N e^alpha exp(-e/p) below eb = p (alpha - beta); N e^beta eb^(alpha-beta) exp(beta-alpha) from it on; N e^beta if alpha <= beta.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, fixed, index, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "BandFunction",
    layout: Layout::Listed(&[
        norm("norm", 1.0),
        index("alpha", -1.0),
        index("beta", -2.0),
        shape("Ep", 0.1),
        fixed("Scale", 0.1),
    ]),
    make: Make::Plain(|| Arc::new(BandFunction)),
};

#[derive(Debug)]
struct BandFunction;

impl Formula for BandFunction {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, alpha, beta, peak, scale] = bind(p);
        let (peak, bend) = (peak / scale, alpha - beta);
        let break_energy = peak * bend;
        move |energy| {
            let e = energy / scale;
            if bend <= 0.0 {
                norm * (e.ln() * beta).exp()
            } else if e < break_energy {
                norm * (e.ln() * alpha - e / peak).exp()
            } else {
                norm * (e.ln() * beta + (break_energy.ln() - 1.0) * bend).exp()
            }
        }
    }
}
