//! `LogParabola`: N (E/Eb)^-(alpha + beta ln(E/Eb)); alpha and beta are positive for a falling, steepening spectrum.

use std::sync::Arc;

use crate::spectrum::family::{Family, Layout, Make, free, index, norm};
use crate::spectrum::formula::{Formula, Number, bind};

pub(crate) const FAMILY: Family = Family {
    name: "LogParabola",
    layout: Layout::Listed(&[norm("norm", 1.0), index("alpha", 1.0), index("beta", 2.0), free("Eb", 100.0)]),
    make: Make::Plain(|| Arc::new(LogParabola)),
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
