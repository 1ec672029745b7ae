//! `Gaussian`: N/(sqrt(2 pi) s) exp(-(E - m)^2 / (2 s^2)), a line at m of width s (MeV).

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, norm, shape};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "Gaussian",
    layout: Layout::Listed(&[norm("Prefactor", 1.0), shape("Mean", 150.0), shape("Sigma", 15.0)]),
    make: Make::Plain(|| Arc::new(Gaussian)),
};

#[derive(Debug)]
struct Gaussian;

impl Formula for Gaussian {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, mean, sigma] = bind(p);
        let peak = norm / (sigma * std::f64::consts::TAU.sqrt());
        move |energy| {
            let z = (energy - mean) / sigma;
            peak * (z * z * -0.5).exp()
        }
    }
}
