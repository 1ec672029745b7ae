//! `LogNormal`: N ln 10/(sqrt(2 pi) E s) exp(-z^2/2), z = (log10 E - m)/s.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "LogNormal",
    layout: Layout::Listed(&[norm("Prefactor", 1.0), shape("Log10_Mean", 3.0), shape("Log10_Sigma", 2.0)]),
    make: Make::Plain(|| Arc::new(LogNormal)),
};

#[derive(Debug)]
struct LogNormal;

impl Formula for LogNormal {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, mean, sigma] = bind(p);
        let peak = norm * std::f64::consts::LN_10 / (sigma * std::f64::consts::TAU.sqrt());
        move |energy| {
            let z = (energy.log10() - mean) / sigma;
            peak / energy * (z * z * -0.5).exp()
        }
    }
}
