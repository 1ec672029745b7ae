//! `ScaleFactor::X`: X times a factor.

use std::sync::Arc;

use crate::spectrum::family::free;
use crate::spectrum::formula::{Formula, Number, bind};
use crate::spectrum::wrapper::{Inner, Wrap, Wrapper};

pub(crate) const WRAPPER: Wrapper = Wrapper {
    name: "ScaleFactor",
    parameters: &[free("ScaleFactor", 1.0)],
    wrap: Wrap::Plain(|inner| Arc::new(ScaleFactor(inner))),
};

#[derive(Debug)]
struct ScaleFactor(Inner);

impl Formula for ScaleFactor {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let (inner, added) = self.0.curve(p);
        let [factor] = bind(added);
        move |energy| factor * inner(energy)
    }

    fn domain(&self) -> (f64, f64) {
        self.0.kernel.energies()
    }

    fn check(&self, p: &[f64]) -> Result<(), String> {
        self.0.check(p)
    }
}
