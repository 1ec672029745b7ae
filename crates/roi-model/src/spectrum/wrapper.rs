//! How a spectrum that modifies another one describes itself.

use std::sync::Arc;

use super::ebl_table::EblTable;
use super::family::Declared;
use super::formula::{Curve, Kernel, Number};

/// The spectrum that is modified, and how many of the parameters, the first ones, are its own.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) kernel: Arc<dyn Kernel>,
    pub(crate) parameters: usize,
}

impl Inner {
    /// Its curve, and the parameters that the wrapper adds. Their number was checked when the spectrum was made; what is missing is NaN, see
    /// [`bind`](super::formula::bind).
    pub(crate) fn curve<'a, D: Number>(&'a self, p: &'a [D]) -> (Curve<'a, D>, &'a [D]) {
        let (own, added) = p.split_at_checked(self.parameters).unwrap_or((p, &[]));
        (D::curve(self.kernel.as_ref(), own), added)
    }

    pub(crate) fn check(&self, p: &[f64]) -> Result<(), String> {
        self.kernel.objection(p.get(..self.parameters).unwrap_or(p))
    }
}

/// How the formula of a wrapper is made.
pub(crate) enum Wrap {
    /// From nothing but the inner spectrum.
    Plain(fn(Inner) -> Arc<dyn Kernel>),
    /// From the inner spectrum and a table of optical depths.
    Ebl(fn(Inner, Arc<EblTable>) -> Arc<dyn Kernel>),
}

/// One wrapper: what stands before the `::` of the XML type, the parameters that it adds, and its formula.
pub(crate) struct Wrapper {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [Declared],
    pub(crate) wrap: Wrap,
}
