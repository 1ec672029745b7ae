//! `LogParabola`: N (E/Eb)^-(alpha + beta ln(E/Eb)); alpha and beta are positive for a falling, steepening spectrum.

use std::sync::Arc;

use crate::spectrum::family::{Family, Make, free};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "LogParabola",
    parameters: &[free("norm", 1.0), free("alpha", 1.0), free("beta", 2.0), free("Eb", 100.0)],
    norm: Some("norm"),
    shape: &["alpha", "beta"],
    index: &["alpha", "beta"],
    kernel: Make::Plain(|| Arc::new(LogParabola)),
};

#[derive(Debug)]
struct LogParabola;

impl Formula for LogParabola {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let [norm, alpha, beta, pivot] = bind(p);
        move |energy| {
            let y = (energy / pivot).ln();
            norm * (-(alpha + beta * y) * y).exp()
        }
    }
}
