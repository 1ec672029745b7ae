//! A spectrum times a table: the attribute `scaling_file` of the XML.

use std::sync::Arc;

use super::file_table::FileTable;
use super::formula::{Formula, Kernel, Number};

/// The inner spectrum times the table.
#[derive(Debug)]
pub(crate) struct Scaled {
    pub(crate) inner: Arc<dyn Kernel>,
    pub(crate) table: Arc<FileTable>,
}

impl Formula for Scaled {
    fn dnde<'a, D: Number>(&'a self, p: &'a [D]) -> impl Fn(D) -> D + 'a {
        let inner = D::curve(self.inner.as_ref(), p);
        move |energy| inner(energy) * self.table.interpolate(energy)
    }

    fn domain(&self) -> (f64, f64) {
        let ((a, b), (c, d)) = (self.inner.energies(), self.table.energy_range());
        (a.max(c), b.min(d))
    }
}
