//! `EnergyBand::X`: X from Emin to Emax, both included, and zero elsewhere.

use std::sync::Arc;

use crate::spectrum::family::fixed;
use crate::spectrum::formula::{Formula, Number, bind};
use crate::spectrum::wrapper::{Inner, Wrap, Wrapper};

pub(crate) const WRAPPER: Wrapper = Wrapper {
    name: "EnergyBand",
    parameters: &[fixed("Emin", 100.0), fixed("Emax", 300_000.0)],
    wrap: Wrap::Plain(|inner| Arc::new(EnergyBand(inner))),
};

#[derive(Debug)]
struct EnergyBand(Inner);

impl Formula for EnergyBand {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let (inner, added) = self.0.curve(p);
        let [min, max] = bind(added);
        // A table need not cover energies outside the band; one that does not cover the band gives NaN there.
        move |energy| if min <= energy && energy <= max { inner(energy) } else { D::from(0.0) }
    }

    fn check(&self, p: &[f64]) -> Result<(), String> {
        self.0.check(p)
    }
}
